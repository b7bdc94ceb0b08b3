//! Reading the qualifiers of a list, before names and concepts: “not in shop” neither names shop nor negates
//! the question.
//!
//! A qualifier that is not understood is found by [`left_over`]: a list that ignores it would be wrong.

use domain::{
    snapshot::ClusterSnapshot,
    time::Seconds,
    units::{Bytes, MilliCores},
};

use super::{
    filters::{Amount, Filters, Setting},
    lexicon::Concept,
    names::number,
    phrasings::Intent,
    question::{Question, Role},
};

/// Finds the qualifiers that are understood and takes their words out of the question.
pub(super) fn consume<'a>(question: &mut Question<'a>, snapshot: &'a ClusterSnapshot) {
    let mut filters = Filters::default();
    let mut at = 0;
    while at < question.words.len() {
        let words: Vec<&str> = question.words[at..].iter().map(String::as_str).collect();
        let length = excluded(&words, snapshot, &mut filters)
            .or_else(|| lacking(&words, &mut filters))
            .or_else(|| aged(&words, &mut filters))
            .or_else(|| ordered(&words, &mut filters))
            .or_else(|| compared(&words, &mut filters))
            .or_else(|| recent(&words, &mut filters));
        if let Some(length) = length {
            question.roles[at..at + length].fill(Role::Qualifier);
        }
        at += length.unwrap_or(1);
    }
    question.filters = filters;
}

/// The words of the first of `phrases` that `words` begin with.
fn begin(words: &[&str], phrases: &[&str]) -> Option<usize> {
    phrases.iter().find_map(|phrase| {
        let parts: Vec<&str> = phrase.split(' ').collect();
        words.starts_with(&parts).then_some(parts.len())
    })
}

/// How many words from `at` on are among `skipped`.
fn skip(words: &[&str], at: usize, skipped: &[&str]) -> usize {
    words[at.min(words.len())..]
        .iter()
        .take_while(|word| skipped.contains(word))
        .count()
}

/// Phrases that leave out what follows.
const EXCLUDING: &[&str] = &[
    "all except for",
    "except for",
    "except",
    "excluding",
    "exclude",
    "excludes",
    "but not",
    "but",
    "outside of",
    "outside",
    "besides",
    "other than",
    "apart from",
    "aside from",
    "without",
    "ignoring",
    "ignore",
    "minus",
    "not",
];

/// “not in kube-system”, “except those in shop and blog”, “but not the running ones”.
fn excluded<'a>(
    words: &[&str],
    snapshot: &'a ClusterSnapshot,
    filters: &mut Filters<'a>,
) -> Option<usize> {
    const BETWEEN: &[&str] = &[
        "in",
        "from",
        "the",
        "those",
        "these",
        "ones",
        "of",
        "for",
        "pods",
        "namespace",
        "namespaces",
        "ns",
        "that",
        "are",
    ];
    const LIST: &[&str] = &[
        "and",
        "or",
        "nor",
        "the",
        "namespace",
        "namespaces",
        "ns",
        "in",
    ];
    let marker = begin(words, EXCLUDING)?;
    let mut at = marker + skip(words, marker, BETWEEN);
    if words.get(at) == Some(&"running") && at > marker {
        filters.not_running = true;
        return Some(at + 1 + skip(words, at + 1, &["ones", "pods"]));
    }
    let mut end = None;
    while let Some(name) = words
        .get(at)
        .and_then(|word| snapshot.namespaces.iter().find(|known| known == word))
    {
        filters.outside.push(name);
        at += 1;
        end = Some(at + skip(words, at, &["namespace", "namespaces", "ns"]));
        at += skip(words, at, LIST);
    }
    end
}

/// “without a memory limit”, “have no requests”, “do not have limits”.
fn lacking(words: &[&str], filters: &mut Filters<'_>) -> Option<usize> {
    let marker = begin(
        words,
        &[
            "without",
            "with no",
            "have no",
            "has no",
            "having no",
            "that have no",
            "missing",
            "lacking",
            "lack",
            "lacks",
            "do not have",
            "does not have",
            "not having",
            "do not set",
            "no",
            "do not define",
        ],
    )?;
    let mut at = marker + skip(words, marker, &["a", "an", "any", "the", "set", "resource"]);
    let mut found = Vec::new();
    loop {
        let resource = words.get(at).copied().filter(|word| is_resource(word));
        let noun = words.get(at + usize::from(resource.is_some())).copied()?;
        let is_memory = resource.is_none_or(|word| !is_cpu(word));
        found.push(match (noun, resource) {
            ("request" | "requests", None) => Setting::Requests,
            ("request" | "requests", Some(word)) if is_cpu(word) => Setting::CpuRequest,
            ("request" | "requests", Some(_)) => Setting::MemoryRequest,
            ("limit" | "limits", _) if is_memory => Setting::MemoryLimit,
            _ => return None,
        });
        at += 1 + usize::from(resource.is_some());
        at += skip(words, at, &["set", "defined", "configured"]);
        let next = skip(words, at, &["or", "and", "nor", "any", "a", "resource"]);
        let goes_on = next > 0
            && words.get(at + next).is_some_and(|word| {
                is_resource(word) || matches!(*word, "limit" | "limits" | "request" | "requests")
            });
        if !goes_on {
            break;
        }
        at += next;
    }
    filters.lacks.extend(found);
    Some(at)
}

fn is_resource(word: &str) -> bool {
    is_cpu(word) || matches!(word, "memory" | "mem" | "ram")
}

fn is_cpu(word: &str) -> bool {
    matches!(word, "cpu" | "cpus" | "core" | "cores")
}

/// A span of time at the beginning of `words`: “30 days”, “1h”; how many words it takes.
fn span(words: &[&str]) -> Option<(Seconds, usize)> {
    let first = *words.first()?;
    let digits = first.len() - first.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (amount, unit, length) = if digits > 0 && digits < first.len() {
        (number(&first[..digits])?, &first[digits..], 1)
    } else if matches!(first, "a" | "an") {
        (1, *words.get(1)?, 2)
    } else if let Some(amount) = number(first) {
        (amount, *words.get(1)?, 2)
    } else {
        (1, first, 1)
    };
    let seconds = match unit {
        "s" | "sec" | "secs" | "second" | "seconds" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600,
        "d" | "day" | "days" => 86_400,
        "w" | "week" | "weeks" => 604_800,
        "month" | "months" => 2_592_000,
        "y" | "year" | "years" => 31_536_000,
        _ => return None,
    };
    Some((Seconds(i64::from(amount) * seconds), length))
}

/// “older than 30 days”, “younger than 1h”, “created in the last hour”, “more than 3 days old”.
fn aged(words: &[&str], filters: &mut Filters<'_>) -> Option<usize> {
    if let Some(start) = begin(words, &["older than", "older then"]) {
        let (limit, length) = span(&words[start..])?;
        filters.older = Some(limit);
        return Some(start + length);
    }
    let younger = [
        "younger than",
        "newer than",
        "created in the last",
        "started in the last",
        "created within the last",
    ];
    if let Some(start) = begin(words, &younger) {
        let (limit, length) = span(&words[start..])?;
        filters.younger = Some(limit);
        return Some(start + length);
    }
    let more = begin(words, &["more than", "over"]);
    let start = more.or_else(|| begin(words, &["less than", "under"]))?;
    let (limit, length) = span(&words[start..])?;
    let end = start + length;
    if words.get(end) != Some(&"old") {
        return None;
    }
    if more.is_some() {
        filters.older = Some(limit);
    } else {
        filters.younger = Some(limit);
    }
    Some(end + 1)
}

/// “the 2 oldest pods”, “newest pod”.
fn ordered(words: &[&str], filters: &mut Filters<'_>) -> Option<usize> {
    let count = words.first().and_then(|word| number(word));
    let at = usize::from(count.is_some());
    let is_oldest = match *words.get(at)? {
        "oldest" => true,
        "newest" | "youngest" => false,
        _ => return None,
    };
    let after = words.get(at + 1).and_then(|word| number(word));
    let is_plural = words.get(at + 1).is_some_and(|word| word.ends_with('s'));
    let all = if is_plural { 5 } else { 1 };
    let count = count.or(after).map_or(all, |count| count as usize);
    filters.order = Some((is_oldest, count));
    Some(at + 1 + usize::from(after.is_some()))
}

/// “using more than 200m cpu”, “above 5 GB memory”.
fn compared(words: &[&str], filters: &mut Filters<'_>) -> Option<usize> {
    const MORE: &[&str] = &[
        "more than",
        "greater than",
        "over",
        "above",
        "at least",
        "exceeding",
    ];
    const LESS: &[&str] = &["less than", "under", "below", "at most", "fewer than"];
    let lead = skip(
        words,
        0,
        &["using", "use", "uses", "with", "consuming", "that"],
    );
    let more = begin(&words[lead..], MORE);
    let start = lead + more.or_else(|| begin(&words[lead..], LESS))?;
    let (amount, length) = quantity(&words[start..])?;
    filters.amount = Some((more.is_some(), amount));
    let end = start + length;
    let of = skip(words, end, &["of"]);
    let noun = words.get(end + of).copied();
    Some(match noun {
        Some("cpu" | "cpus" | "memory" | "mem" | "ram" | "core" | "cores") => end + of + 1,
        Some(_) | None => end,
    })
}

/// `200m`, `0.5 cpu`, `5 GB`, `512Mi` at the beginning of `words`; how many words it takes.
pub(super) fn quantity(words: &[&str]) -> Option<(Amount, usize)> {
    let first = *words.first()?;
    let cut = first.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (digits, unit, length) = match cut {
        Some(0) => return None,
        Some(cut) => (&first[..cut], &first[cut..], 1),
        None => (first, *words.get(1)?, 2),
    };
    let value: f64 = digits.parse().ok()?;
    let scaled = |factor: f64| (value * factor).round() as u64;
    let bytes = |factor: f64| Amount::Memory(Bytes(scaled(factor)));
    let amount = match unit {
        "m" | "mcpu" | "millicore" | "millicores" | "millicpu" => {
            Amount::Cpu(MilliCores(scaled(1.0)))
        }
        "cpu" | "cpus" | "core" | "cores" | "vcpu" | "vcpus" => {
            Amount::Cpu(MilliCores(scaled(1000.0)))
        }
        "k" | "kb" => bytes(1e3),
        "mb" | "megabyte" | "megabytes" => bytes(1e6),
        "g" | "gb" | "gigabyte" | "gigabytes" | "gig" | "gigs" => bytes(1e9),
        "ki" | "kib" => bytes(1024.0),
        "mi" | "mib" => bytes(1024.0 * 1024.0),
        "gi" | "gib" => bytes(1024.0 * 1024.0 * 1024.0),
        _ => return None,
    };
    Some((amount, length))
}

/// “since 10 minutes ago”, “the last hour”.
fn recent(words: &[&str], filters: &mut Filters<'_>) -> Option<usize> {
    let start = begin(words, &["since the last", "since", "last", "past"])?;
    let (limit, length) = span(&words[start..])?;
    filters.since = Some(limit);
    let end = start + length;
    Some(end + skip(words, end, &["ago"]))
}

/// Phrases that narrow a list in ways the snapshot does not tell.
const QUALIFIERS: &[&str] = &[
    "without",
    "except",
    "excluding",
    "exclude",
    "besides",
    "other than",
    "apart from",
    "but",
    "outside",
    "older",
    "younger",
    "newer",
    "oldest",
    "newest",
    "youngest",
    "of type",
    "with type",
    "as root",
    "as user",
    "root",
    "privileged",
    "labelled",
    "labeled",
    "with label",
    "with the label",
    "matching",
    "starting with",
    "ending with",
    "beginning with",
    "containing",
    "with no",
    "have no",
    "has no",
    "having no",
    "more than",
    "less than",
    "fewer than",
    "greater than",
    "orphaned",
    "orphan",
    "missing",
    "lacking",
    "owned by",
    "created by",
    "do not have",
    "does not have",
];

/// The qualifier of a list that was not understood, with up to two words after it.
pub(super) fn left_over(question: &Question<'_>, intent: Intent) -> Option<String> {
    let words: Vec<&str> = question.words.iter().map(String::as_str).collect();
    let starts = (0..words.len()).find(|&at| {
        question.is_free(at)
            && (begin(&words[at..], QUALIFIERS).is_some()
                || is_unused(question, at)
                || is_plain_not(question, at, intent))
    })?;
    let length = if is_unused(question, starts) { 1 } else { 4 };
    Some(words[starts..words.len().min(starts + length)].join(" "))
}

/// “unused configmaps”: what refers to them is not in the snapshot.
fn is_unused(question: &Question<'_>, at: usize) -> bool {
    matches!(question.word(at), "unused" | "dangling" | "unreferenced")
        && question
            .concepts
            .has_any(&[Concept::OtherKind, Concept::Service, Concept::Image])
}

/// A “not” that no known phrase (“not ready”) contains, in a question for a list.
fn is_plain_not(question: &Question<'_>, at: usize, intent: Intent) -> bool {
    let is_list = matches!(
        intent,
        Intent::Pods | Intent::Workloads | Intent::OtherKinds | Intent::Count | Intent::Images
    );
    let before = at.checked_sub(1).map_or("", |n| question.word(n));
    let is_in_phrase = question
        .spans
        .iter()
        .any(|(_, range)| range.len() > 1 && range.contains(&at));
    is_list && question.word(at) == "not" && !matches!(before, "can" | "will") && !is_in_phrase
}
