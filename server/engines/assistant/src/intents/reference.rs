//! Words that refer back: “scale it to 4”, “show its logs”, “why?”, “and cart?”.
//!
//! What they refer to comes from the [`Focus`] of the conversation. The answer says what they were taken to be; where
//! several things could be meant, or nothing, the answer is a question.

use domain::{resources::Workload, snapshot::ClusterSnapshot};

use super::{
    compose::Reply,
    corrections::{self, Ordinal},
    focus::{Focus, Subject},
    lexicon::Concept,
    names,
    pronouns::{self, Reference, Wanted},
    question::Question,
    request::{self, Request},
    words,
};

/// The most that are offered to choose from.
const MOST_OPTIONS: usize = 6;

/// A question with what it refers back to put into it.
///
/// # Errors
/// The question to ask when it refers to several things, or to nothing that was spoken of.
pub(super) fn read<'a>(
    text: &str,
    focus: &Focus<'a>,
    snapshot: &'a ClusterSnapshot,
) -> Result<Question<'a>, Box<Reply>> {
    let words = words::of(text);
    if let Some(read) = corrections::scaling(&words, focus, snapshot) {
        return read;
    }
    let question = names::link_words(words.clone(), snapshot);
    if let Some(ordinal) = ordinal(&question) {
        return counted_off(&ordinal, &words, focus, snapshot);
    }
    if let Some(question) = asked_again(&question, focus, snapshot) {
        return Ok(question);
    }
    let Some(reference) = pronouns::of(&question) else {
        return Ok(question);
    };
    let is_scaling = matches!(request::of(&question), Some(Request::Scale(_)));
    let subjects = focus.latest(|subject| fits(subject, reference.wanted));
    let subjects = united(subjects, is_scaling, snapshot);
    match subjects.as_slice() {
        [] if reference.needs_subject => {
            Err(Box::new(which(&reference, &words, suggestions(snapshot))))
        }
        [] => Ok(question),
        [one] => Ok(resolved(&reference, &words, &[*one], snapshot)),
        all if reference.is_plural => Ok(resolved(&reference, &words, all, snapshot)),
        several if reference.may_ask => Err(Box::new(several_meant(&reference, &words, several))),
        _ => Ok(question),
    }
}

/// “The first one” in a question that names nothing itself.
fn ordinal(question: &Question<'_>) -> Option<Ordinal> {
    let names_one =
        !(question.workloads.is_empty() && question.pods.is_empty() && question.nodes.is_empty());
    Ordinal::of(&question.words).filter(|_| !names_one)
}

/// Whether nothing else is said: “the first one, please” answers which one is meant by the last question.
fn is_an_answer(ordinal: &Ordinal, words: &[String]) -> bool {
    words.iter().enumerate().all(|(at, word)| {
        ordinal.at.contains(&at) || matches!(word.as_str(), "the" | "please" | "ok" | "okay")
    })
}

/// The question about the one that is meant of the last list.
fn counted_off<'a>(
    ordinal: &Ordinal,
    words: &[String],
    focus: &Focus<'a>,
    snapshot: &'a ClusterSnapshot,
) -> Result<Question<'a>, Box<Reply>> {
    let reference = Reference::to(words, ordinal.at.clone(), ordinal.wanted);
    let listed = focus.listed(|subject| fits(subject, ordinal.wanted));
    match ordinal.pick(&listed) {
        Some(one) if is_an_answer(ordinal, words) && !focus.asked().is_empty() => {
            let first = ordinal.at.start;
            let reference = Reference::to(words, first..first + 1, ordinal.wanted);
            Ok(resolved(&reference, focus.asked(), &[one], snapshot))
        }
        Some(one) => Ok(resolved(&reference, words, &[one], snapshot)),
        None if listed.is_empty() => Err(Box::new(which(&reference, words, suggestions(snapshot)))),
        None => Err(Box::new(several_meant(&reference, words, &listed))),
    }
}

/// Whether a question asks for a change.
pub(super) fn asks_for_change(question: &Question<'_>) -> bool {
    request::of(question).is_some()
}

fn fits(subject: &Subject<'_>, wanted: Wanted) -> bool {
    match subject {
        Subject::Workload(_) | Subject::Pod(_) => matches!(wanted, Wanted::Any | Wanted::Running),
        Subject::Node(_) => matches!(wanted, Wanted::Any | Wanted::Node),
        Subject::Namespace(_) => matches!(wanted, Wanted::Any | Wanted::Namespace),
    }
}

/// Pods of one workload are that workload; so is a single pod when it is to be scaled, which only its owner can be.
fn united<'a>(
    subjects: Vec<Subject<'a>>,
    is_scaling: bool,
    snapshot: &'a ClusterSnapshot,
) -> Vec<Subject<'a>> {
    if subjects.len() < 2 && !is_scaling {
        return subjects;
    }
    let owner = |subject: &Subject<'a>| -> Option<&'a Workload> {
        match subject {
            Subject::Workload(workload) => Some(workload),
            Subject::Pod(pod) => {
                let owner = pod.owner.as_ref()?;
                snapshot.workloads.iter().find(|w| w.reference == *owner)
            }
            Subject::Node(_) | Subject::Namespace(_) => None,
        }
    };
    let Some(first) = subjects.first().and_then(owner) else {
        return subjects;
    };
    let is_one = subjects.iter().all(|other| owner(other) == Some(first));
    if is_one {
        vec![Subject::Workload(first)]
    } else {
        subjects
    }
}

/// The question with its subjects named at its end, where no phrase is torn apart.
fn resolved<'a>(
    reference: &Reference,
    words: &[String],
    subjects: &[Subject<'a>],
    snapshot: &'a ClusterSnapshot,
) -> Question<'a> {
    let names: Vec<String> = subjects.iter().map(Subject::words).collect();
    let kept = words.iter().enumerate();
    let mut full: Vec<String> = kept
        .filter(|(at, _)| !reference.counts_as_number(*at))
        .map(|(_, word)| word.clone())
        .collect();
    full.extend(
        names
            .iter()
            .flat_map(|name| name.split(' ').map(str::to_owned)),
    );
    let mut question = names::link_words(full, snapshot);
    let taken = super::compose::joined(&names);
    question.notes.push(match reference.typed.as_str() {
        "" => format!("took this to be about {taken}"),
        typed => format!("took “{typed}” to be {taken}"),
    });
    question
}

/// “and cart?”, “what about payments?”: the last question about something else.
fn asked_again<'a>(
    question: &Question<'a>,
    focus: &Focus<'a>,
    snapshot: &'a ClusterSnapshot,
) -> Option<Question<'a>> {
    let names: Vec<String> = match (question.workloads.as_slice(), question.pods.as_slice()) {
        ([one], []) => vec![Subject::Workload(one).words()],
        ([], [one]) => vec![Subject::Pod(one).words()],
        ([], []) => match (question.nodes.as_slice(), question.namespaces.as_slice()) {
            ([one], []) => vec![Subject::Node(one).words()],
            ([], [one]) => vec![Subject::Namespace(one).words()],
            _ => return None,
        },
        _ => return None,
    };
    let asks_nothing_itself = question.spans.iter().all(|(concept, _)| {
        matches!(
            concept,
            Concept::Show | Concept::Polite | Concept::Namespace | Concept::Node
        )
    }) && question.numbers.is_empty();
    let continues = pronouns::continues(question);
    if !continues
        || !asks_nothing_itself
        || !question.unknown.is_empty()
        || focus.asked().is_empty()
    {
        return None;
    }
    let mut full = focus.asked().to_vec();
    full.extend(
        names
            .iter()
            .flat_map(|name| name.split(' ').map(str::to_owned)),
    );
    let mut question = names::link_words(full, snapshot);
    // “storefront restart” asks for nothing; without its name it would.
    if asks_for_change(&question) {
        return None;
    }
    question.notes.push(format!(
        "took this to be the last question, about {}",
        names[0]
    ));
    Some(question)
}

fn several_meant(reference: &Reference, words: &[String], subjects: &[Subject<'_>]) -> Reply {
    let typed = match reference.typed.as_str() {
        "" => "That".to_owned(),
        typed => format!("“{typed}”"),
    };
    let shown = subjects.len().min(MOST_OPTIONS);
    Reply::new(format!(
        "{typed} could be any of {} that were spoken of; nothing has been changed.",
        subjects.len()
    ))
    .choice(
        "Which one do you mean?",
        options(reference, words, &subjects[..shown]),
    )
}

fn which(reference: &Reference, words: &[String], subjects: Vec<Subject<'_>>) -> Reply {
    Reply::failed(format!(
        "I cannot tell what “{}” is: nothing that fits was named in this conversation so far. Nothing has been changed.",
        reference.typed
    ))
    .choice("Which one do you mean?", options(reference, words, &subjects))
}

fn options(
    reference: &Reference,
    words: &[String],
    subjects: &[Subject<'_>],
) -> Vec<(String, String)> {
    subjects
        .iter()
        .map(|subject| {
            let name = subject.words();
            (name.clone(), reference.replaced(words, &name))
        })
        .collect()
}

/// What a first question may mean by “it”: what fails first, then whatever can be scaled.
fn suggestions(snapshot: &ClusterSnapshot) -> Vec<Subject<'_>> {
    let failing = snapshot.pods.iter().filter(|pod| pod.is_failing());
    let owners = failing.filter_map(|pod| pod.owner.as_ref());
    let failing =
        owners.filter_map(|owner| snapshot.workloads.iter().find(|w| w.reference == *owner));
    let scalable = snapshot
        .workloads
        .iter()
        .filter(|w| w.reference.kind.is_scalable());
    let mut found = Vec::new();
    for workload in failing.chain(scalable) {
        let subject = Subject::Workload(workload);
        if !found.contains(&subject) && found.len() < MOST_OPTIONS {
            found.push(subject);
        }
    }
    found
}
