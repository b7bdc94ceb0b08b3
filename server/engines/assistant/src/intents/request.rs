//! Whether a sentence asks for a change, and for which: a small grammar of its own, stricter than the
//! intents, because a misread question costs nothing and a misread change does.
//!
//! A request begins with its verb (after “please” and the like) and consists of nothing but the verb, one
//! workload, a place and an amount. Negations, conditions, suppositions and questions never are one.

use super::{
    lexicon::Concept,
    question::{Question, Role},
};

/// How many replicas are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Amount {
    /// So many.
    To(u32),
    /// So many more.
    More(u32),
    /// So many fewer.
    Fewer(u32),
    /// This multiple.
    Times(u32),
    /// Half of what there are, rounded up.
    Half,
    /// More, without a number.
    Up,
    /// Fewer, without a number.
    Down,
    /// It is not said, or not clear.
    Unstated,
    /// Something that is no number of replicas.
    NotANumber(String),
}

/// A change that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Request {
    /// Set the replica count.
    Scale(Amount),
    /// Restart all pods.
    Restart,
}

/// Concepts that may occur in a request besides its verb.
const ALLOWED: &[Concept] = &[
    Concept::Scale,
    Concept::ScaleUp,
    Concept::ScaleDown,
    Concept::Multiply,
    Concept::SetTo,
    Concept::RestartVerb,
    Concept::Replicas,
    Concept::Pod,
    Concept::Deployment,
    Concept::StatefulSet,
    Concept::DaemonSet,
    Concept::Workload,
    Concept::Service,
    Concept::Namespace,
    Concept::Polite,
];

/// Words of other meaning that are part of an amount: “scale it down to 2”, “to a total number of 5”.
const AMOUNT_WORDS: &[&str] = &["down", "up", "out", "in", "all", "total", "number"];

/// Words that may stand before the verb.
const SKIPPED: [&str; 13] = [
    "ok", "okay", "so", "and", "then", "also", "well", "now", "please", "just", "you", "i",
    "alright",
];

/// The change a question asks for, if it is a request at all.
pub(super) fn of(question: &Question<'_>) -> Option<Request> {
    if question.roles.contains(&Role::Qualifier) {
        return None;
    }
    let is_allowed = |concept: Concept, range: &std::ops::Range<usize>| {
        ALLOWED.contains(&concept)
            || range.len() == 1 && AMOUNT_WORDS.contains(&question.words[range.start].as_str())
            || concept == Concept::HowMany && question.words[range.clone()] == ["number", "of"]
            || range.len() == 1 && range.start == 0 && SKIPPED.contains(&question.word(0))
    };
    if !question
        .spans
        .iter()
        .all(|(concept, range)| is_allowed(*concept, range))
    {
        return None;
    }
    let verb = verb(question)?;
    if verb == Concept::RestartVerb {
        let is_pure = !question.concepts.has_any(&[
            Concept::Scale,
            Concept::ScaleUp,
            Concept::ScaleDown,
            Concept::Multiply,
        ]);
        return (is_pure && question.numbers.is_empty()).then_some(Request::Restart);
    }
    if question.concepts.has(Concept::RestartVerb) {
        return None;
    }
    let speaks_of_replicas = question
        .concepts
        .has_any(&[Concept::Replicas, Concept::Pod]);
    let is_set = has_pair(question, "to") || has_pair(question, "at");
    let is_about_replicas = if verb == Concept::SetTo {
        speaks_of_replicas || is_set || says_how_many_more(question)
    } else if verb == Concept::ScaleUp || verb == Concept::ScaleDown {
        // “add the storefront”, “increase the timeout” are not about replicas.
        !question.numbers.is_empty() || speaks_of_replicas || begins_with_scale(question)
    } else {
        true
    };
    is_about_replicas.then(|| Request::Scale(amount(question, verb)))
}

/// The concept of the first word that is neither politeness nor filler, if it is a verb of change.
fn verb(question: &Question<'_>) -> Option<Concept> {
    let verbs = [
        Concept::RestartVerb,
        Concept::ScaleUp,
        Concept::ScaleDown,
        Concept::Multiply,
        Concept::Scale,
        Concept::SetTo,
    ];
    let mut at = place_in_front(question);
    while at < question.words.len() {
        let here: Vec<_> = question
            .spans
            .iter()
            .filter(|(_, range)| range.start == at)
            .collect();
        if let Some((_, range)) = here.iter().find(|(concept, _)| *concept == Concept::Polite) {
            at = range.end;
        } else if SKIPPED.contains(&question.words[at].as_str()) {
            at += 1;
        } else {
            return verbs
                .into_iter()
                .find(|verb| here.iter().any(|(concept, _)| concept == verb));
        }
    }
    None
}

/// How many words “in shop” or “in the shop namespace” takes at the beginning.
fn place_in_front(question: &Question<'_>) -> usize {
    if question.word(0) != "in" {
        return 0;
    }
    let the = usize::from(question.word(1) == "the");
    if question.roles.get(1 + the) != Some(&Role::Name) || question.namespaces.is_empty() {
        return 0;
    }
    2 + the + usize::from(question.word(2 + the) == "namespace")
}

/// “2 more replicas”, “fewer pods”: phrases that say replicas and direction at once.
fn says_how_many_more(question: &Question<'_>) -> bool {
    question
        .concepts
        .has_any(&[Concept::ScaleUp, Concept::ScaleDown])
}

fn begins_with_scale(question: &Question<'_>) -> bool {
    question.words.iter().take(6).any(|word| {
        word.starts_with("scal") || word.starts_with("upscal") || word.starts_with("downscal")
    })
}

/// Whether `word` stands before a number.
fn has_pair(question: &Question<'_>, word: &str) -> bool {
    (1..question.words.len())
        .any(|at| question.roles[at] == Role::Number && question.words[at - 1] == word)
}

fn amount(question: &Question<'_>, verb: Concept) -> Amount {
    if let Some(word) = question
        .words
        .iter()
        .enumerate()
        .find_map(|(at, word)| is_bad_number(question, at).then_some(word))
    {
        return Amount::NotANumber(word.clone());
    }
    let direction = direction(question, verb);
    if question.concepts.has(Concept::Multiply) && question.numbers.is_empty() {
        return multiple(question);
    }
    match stated(question) {
        Stated::None => match direction {
            Some(true) => Amount::Up,
            Some(false) => Amount::Down,
            None => Amount::Unstated,
        },
        Stated::Unclear => Amount::Unstated,
        Stated::To(number) => Amount::To(number),
        Stated::By(number) => match direction {
            Some(true) => Amount::More(number),
            Some(false) => Amount::Fewer(number),
            None => Amount::Unstated,
        },
        // “add 2 replicas” adds; “scale to/up 5” and “scale web 5” set.
        Stated::Bare(number) if adds(question) => Amount::More(number),
        Stated::Bare(number) if verb == Concept::ScaleUp || verb == Concept::ScaleDown => {
            match begins_with_scale(question) {
                true => Amount::To(number),
                false => Amount::Unstated,
            }
        }
        Stated::Bare(number) => Amount::To(number),
    }
}

fn adds(question: &Question<'_>) -> bool {
    question.words.iter().any(|word| word == "add")
}

/// Digits in some other form than plain ones: `1e9`, `0x10`, `-1`, `2.5`, `50%`, `٣`.
fn is_bad_number(question: &Question<'_>, at: usize) -> bool {
    let word = &question.words[at];
    let is_like = word
        .chars()
        .next()
        .is_some_and(|c| c.is_numeric() || c == '-');
    let is_percent = word.ends_with('%');
    is_percent || question.roles[at] == Role::Plain && is_like
}

/// Up, down, or neither said.
fn direction(question: &Question<'_>, verb: Concept) -> Option<bool> {
    let says = |known: &[&str]| {
        question
            .words
            .iter()
            .any(|word| known.contains(&word.as_str()))
    };
    let is_down = verb == Concept::ScaleDown
        || question.concepts.has(Concept::ScaleDown)
        || says(&["down", "fewer", "less"]);
    let is_up = verb == Concept::ScaleUp
        || question.concepts.has(Concept::ScaleUp)
        || says(&["up", "out", "more", "another", "additional", "extra"]);
    match (is_up, is_down) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

fn multiple(question: &Question<'_>) -> Amount {
    let says = |known: &str| question.words.iter().any(|word| word == known);
    if says("triple") {
        Amount::Times(3)
    } else if says("quadruple") {
        Amount::Times(4)
    } else if says("halve") || says("half") || says("halving") {
        Amount::Half
    } else {
        Amount::Times(2)
    }
}

enum Stated {
    None,
    Unclear,
    To(u32),
    By(u32),
    Bare(u32),
}

/// The number with the word before it. “from 3 to 5” states 5.
fn stated(question: &Question<'_>) -> Stated {
    let before = |at: usize, back: usize| {
        at.checked_sub(back)
            .map_or("", |n| question.words[n].as_str())
    };
    let after = |at: usize| question.words.get(at + 1).map_or("", String::as_str);
    let mut numbers = Vec::new();
    let mut index = 0;
    for at in 0..question.words.len() {
        if question.roles[at] != Role::Number || question.words[at].ends_with('%') {
            continue;
        }
        let value = question.numbers.get(index).copied().unwrap_or_default();
        index += 1;
        if before(at, 1) == "from" {
            continue;
        }
        let is_more = ["more", "additional", "extra", "fewer", "less", "another"]
            .contains(&after(at))
            || before(at, 1) == "another";
        numbers.push(match before(at, 1) {
            "by" => Stated::By(value),
            _ if is_more => Stated::By(value),
            "to" | "at" | "with" | "of" => Stated::To(value),
            "total" if before(at, 2) == "a" => Stated::To(value),
            _ => Stated::Bare(value),
        });
    }
    match numbers.len() {
        0 => Stated::None,
        1 => numbers.remove(0),
        _ => Stated::Unclear,
    }
}
