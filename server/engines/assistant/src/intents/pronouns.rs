//! Which words of a question refer back to the conversation, and to what kind of thing.
//!
//! English uses the same words within a sentence (“pods at their limit”) and for nothing at all (“is it safe to …”);
//! both are left alone.

use super::{lexicon::Concept, question::Question, request};

/// What kind of thing is referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Any,
    /// A workload or a pod.
    Running,
    Node,
    Namespace,
}

/// A reference to what was spoken of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    /// The word or words as typed; empty when the subject was left out (“why?”).
    pub(super) typed: String,
    /// Where they are.
    at: std::ops::Range<usize>,
    pub(super) wanted: Wanted,
    /// “them”: all that was spoken of is meant.
    pub(super) is_plural: bool,
    /// Whether there is nothing to answer without a subject.
    pub(super) needs_subject: bool,
    /// Whether to ask which one is meant when several could be.
    pub(super) may_ask: bool,
}

impl Reference {
    /// A reference of these words to a single thing.
    pub(super) fn to(words: &[String], at: std::ops::Range<usize>, wanted: Wanted) -> Self {
        Self {
            typed: words[at.clone()].join(" "),
            at,
            wanted,
            is_plural: false,
            needs_subject: true,
            may_ask: true,
        }
    }

    /// Whether a word belongs to “that one”, whose “one” is no number.
    pub(super) fn counts_as_number(&self, at: usize) -> bool {
        self.at.len() == 2 && at == self.at.start + 1 && self.typed.ends_with(" one")
    }

    /// The question with a name in place of the reference.
    pub(super) fn replaced(&self, words: &[String], name: &str) -> String {
        let (before, after) = match self.typed.as_str() {
            "" => (words, &[][..]),
            _ => (&words[..self.at.start], &words[self.at.end..]),
        };
        let words = before.iter().map(String::as_str);
        let words = words.chain([name]).chain(after.iter().map(String::as_str));
        words.collect::<Vec<_>>().join(" ")
    }
}

/// Phrases whose “it” stands for nothing.
const EMPTY: &[&str] = &[
    "is it ok to",
    "is it okay to",
    "is it safe",
    "is it possible",
    "is it true",
    "is it worth",
    "is it time",
    "how is it going",
    "it looks like",
    "it seems",
    "time is it",
    "does it matter",
    "does it make sense",
    "got it",
    "that is it",
    "it is raining",
    "it is fine",
    "make it so",
    "leave it",
    "forget it",
];

/// The reference in a question that names nothing itself.
pub(super) fn of(question: &Question<'_>) -> Option<Reference> {
    let names_one =
        !(question.workloads.is_empty() && question.pods.is_empty() && question.nodes.is_empty());
    let compares = question.concepts.has(Concept::Compare);
    if names_one && !compares
        || question.concepts.has(Concept::Undo)
        || question.missing_namespace.is_some()
        || question.missing_number.is_some()
    {
        return None;
    }
    let pronoun = (0..question.words.len()).find_map(|at| pronoun(question, at));
    pronoun.or_else(|| if names_one { None } else { left_out(question) })
}

fn pronoun(question: &Question<'_>, at: usize) -> Option<Reference> {
    if !question.is_free(at) || is_empty(question, at) {
        return None;
    }
    let word = question.word(at);
    let before = at.checked_sub(1).map_or("", |n| question.word(n));
    let after = question.word(at + 1);
    let (length, wanted, is_plural) = match word {
        "it" if !follows_a_noun(question, at) || !is_linking(before) => (1, Wanted::Any, false),
        "its" | "itself" if !follows_a_noun(question, at) => (1, Wanted::Any, false),
        "they" | "them" | "their" if !follows_a_noun(question, at) => (1, Wanted::Any, true),
        "this" | "that" => (pointed_at(before, after)?, kind_of(after), false),
        "those" | "these" => (pointed_at(before, after)?, kind_of(after), true),
        "there" if after.is_empty() && !matches!(before, "is" | "are" | "hi" | "hello") => {
            (1, Wanted::Namespace, false)
        }
        _ => return None,
    };
    let range = at..at + length;
    let wanted = if needs_running(question) {
        Wanted::Running
    } else {
        wanted
    };
    Some(Reference {
        typed: question.words[range.clone()].join(" "),
        at: range,
        wanted,
        is_plural,
        needs_subject: question.namespaces.is_empty() && asks_about_one(question),
        may_ask: true,
    })
}

fn is_empty(question: &Question<'_>, at: usize) -> bool {
    EMPTY.iter().any(|phrase| {
        let parts: Vec<&str> = phrase.split(' ').collect();
        let Some(offset) = parts.iter().position(|part| *part == question.word(at)) else {
            return false;
        };
        at >= offset
            && parts
                .iter()
                .enumerate()
                .all(|(n, part)| question.word(at - offset + n) == *part)
    })
}

/// Whether something of the same sentence can be what the word at `at` refers to.
fn follows_a_noun(question: &Question<'_>, at: usize) -> bool {
    const NOUNS: &[Concept] = &[
        Concept::Pod,
        Concept::Node,
        Concept::Workload,
        Concept::Deployment,
        Concept::StatefulSet,
        Concept::DaemonSet,
        Concept::Service,
        Concept::OtherKind,
    ];
    let is_noun = |(concept, range): &(Concept, std::ops::Range<usize>)| {
        NOUNS.contains(concept) && range.end <= at
    };
    question.spans.iter().any(is_noun)
        || question.words[..at].iter().any(|word| {
            matches!(
                word.as_str(),
                "anything" | "something" | "everything" | "nothing"
            )
        })
}

/// Words after which “it” is what the sentence spoke of before.
fn is_linking(word: &str) -> bool {
    matches!(
        word,
        "if" | "when"
            | "because"
            | "until"
            | "unless"
            | "once"
            | "and"
            | "so"
            | "before"
            | "after"
            | "that"
    )
}

/// How many words “this”, “that pod” or “that one” has; `None` where it points at nothing.
fn pointed_at(before: &str, after: &str) -> Option<usize> {
    let is_object = matches!(
        before,
        "of" | "about"
            | "for"
            | "with"
            | "on"
            | "scale"
            | "restart"
            | "describe"
            | "stop"
            | "start"
            | "compare"
            | "why"
            | "bounce"
            | "is"
            | "reboot"
    );
    let is_end = matches!(
        after,
        "" | "to" | "up" | "down" | "by" | "please" | "now" | "again" | "in"
    );
    if kind_of(after) != Wanted::Any || matches!(after, "one" | "ones") {
        Some(2)
    } else {
        (is_object && is_end).then_some(1)
    }
}

fn kind_of(word: &str) -> Wanted {
    match word {
        "pod" | "pods" | "deployment" | "deployments" | "workload" | "workloads" | "app"
        | "apps" | "statefulset" | "daemonset" | "container" | "containers" => Wanted::Running,
        "node" | "nodes" | "machine" => Wanted::Node,
        "namespace" | "namespaces" => Wanted::Namespace,
        _ => Wanted::Any,
    }
}

fn needs_running(question: &Question<'_>) -> bool {
    request::of(question).is_some() || question.concepts.has(Concept::Log)
}

/// Whether a question is about one thing: then a pronoun without anything to refer to is asked about.
fn asks_about_one(question: &Question<'_>) -> bool {
    request::of(question).is_some()
        || question.concepts.has_any(&[
            Concept::Log,
            Concept::Describe,
            Concept::Why,
            Concept::Manifest,
            Concept::Setting,
            Concept::Cpu,
            Concept::Memory,
            Concept::Use,
            Concept::Wrong,
            Concept::Crash,
            Concept::Pending,
            Concept::Slow,
            Concept::Restarts,
            Concept::Event,
            Concept::Image,
            Concept::Where,
            Concept::Replicas,
            Concept::Compare,
            Concept::Delete,
            Concept::Fit,
        ])
}

/// Whether a question goes on from the last: “and …”, “what about …”.
pub(super) fn continues(question: &Question<'_>) -> bool {
    let words: Vec<&str> = question.words.iter().map(String::as_str).collect();
    matches!(
        words.as_slice(),
        ["and" | "also", ..] | ["what" | "how", "about", ..] | ["same", "for", ..]
    )
}

/// Kinds of things: a question that speaks of one is about those, not about what was spoken of.
const KINDS: &[Concept] = &[
    Concept::Pod,
    Concept::Node,
    Concept::Namespace,
    Concept::NamedNamespace,
    Concept::Workload,
    Concept::Deployment,
    Concept::StatefulSet,
    Concept::DaemonSet,
    Concept::Service,
    Concept::OtherKind,
    Concept::Most,
    Concept::Help,
];
/// What is only ever asked about one thing.
const OF_ONE: &[Concept] = &[
    Concept::Log,
    Concept::Describe,
    Concept::Manifest,
    Concept::Setting,
    Concept::Compare,
];
/// What “and the …?” goes on to ask about the same thing.
const FURTHER: &[Concept] = &[
    Concept::Event,
    Concept::Warning,
    Concept::Cpu,
    Concept::Memory,
    Concept::Use,
    Concept::Restarts,
    Concept::Image,
    Concept::Version,
    Concept::Network,
    Concept::Autoscale,
    Concept::Hpa,
    Concept::Replicas,
    Concept::Forecast,
    Concept::Cost,
    Concept::Predictive,
];

/// A short question whose subject is left out: “why?”, “logs”, “and the events?”, “scale to 4”.
fn left_out(question: &Question<'_>) -> Option<Reference> {
    const LONGEST: usize = 7;
    let concepts = question.concepts;
    let names_its_kind = names_its_kind(question);
    if concepts.has_any(KINDS) && !names_its_kind
        || is_general(question)
        || question.words.len() > LONGEST
        || !question.unknown.is_empty()
        || question.filters.narrows()
    {
        return None;
    }
    let is_about_one = request::of(question).is_some()
        || concepts.has_any(OF_ONE)
        || concepts.has(Concept::Why) && question.words.len() <= 3
        || names_its_kind;
    let goes_on = continues(question) && concepts.has_any(FURTHER);
    let wanted = if needs_running(question) {
        Wanted::Running
    } else {
        Wanted::Any
    };
    (is_about_one || goes_on).then(|| Reference {
        typed: String::new(),
        at: 0..0,
        wanted,
        is_plural: false,
        needs_subject: false,
        may_ask: is_about_one && !names_its_kind,
    })
}

fn is_general(question: &Question<'_>) -> bool {
    question.words.iter().any(|word| {
        matches!(
            word.as_str(),
            "everything"
                | "anything"
                | "all"
                | "every"
                | "any"
                | "cluster"
                | "which"
                | "who"
                | "there"
        )
    })
}

/// “restart the deployment”, “why is the pod crashing”: one thing, called by its kind.
fn names_its_kind(question: &Question<'_>) -> bool {
    question.words.windows(2).any(|pair| {
        pair[0] == "the"
            && matches!(
                pair[1].as_str(),
                "pod" | "deployment" | "workload" | "app" | "statefulset" | "container"
            )
    })
}
