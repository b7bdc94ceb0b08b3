//! The built-in intent engine: questions in English, answered from one snapshot of the cluster.
//!
//! Words, then names ([`names`]), then concepts ([`lexicon`]), then the intent ([`phrasings`]); one file per
//! family of intents composes the answer. Requests for changes have a stricter reader ([`request`]) and end
//! in a proposal at most. Text of the cluster (names, messages, events) is shown and never obeyed.

mod approvals;
mod authors;
mod autoscaling;
mod busiest;
mod causes;
mod changes;
mod compare;
mod compose;
mod corrections;
mod cost;
mod diagnosis;
mod errands;
mod filters;
mod fit;
mod focus;
mod forecast;
mod guidance;
mod last_words;
mod lexicon;
mod limits;
mod listing;
mod lookalike;
mod names;
mod news;
mod nodes;
mod phrasings;
mod plain;
mod pronouns;
mod qualifiers;
mod question;
mod reference;
mod replicas;
mod request;
mod restarts;
mod settings;
mod traffic;
mod trouble;
mod usage;
mod words;

use domain::{chat::Block, resources::Availability, snapshot::ClusterSnapshot};

pub use compose::Reply;
pub use focus::Focus;
pub use phrasings::Intent;
pub use settings::SettingsWanted;
pub use traffic::TrafficWanted;

use lexicon::Concept;
use question::Question;
use request::Request;

/// The answer to a question about the cluster as the snapshot shows it, asked outside any conversation.
///
/// Never fails: a question that is not understood is answered with examples that work here and
/// `success: false`. Takes time linear in the snapshot; reads at most 2,000 characters of the question.
#[must_use]
pub fn understand(question: &str, snapshot: &ClusterSnapshot) -> Reply {
    understand_in(question, &Focus::default(), snapshot)
}

/// The answer to a question within a conversation: “it” is what the conversation is about.
///
/// What a word was taken to refer to is said in the answer. As [`understand`] otherwise.
#[must_use]
pub fn understand_in<'a>(
    question: &str,
    focus: &Focus<'a>,
    snapshot: &'a ClusterSnapshot,
) -> Reply {
    if let Some(reply) = approvals::answer(question, focus) {
        return reply;
    }
    match reference::read(question, focus, snapshot) {
        Ok(question) => with_notes(answer(&question, snapshot), &question),
        Err(asking) => *asking,
    }
}

/// What [`understand`] takes the question to want.
#[must_use]
pub fn intent_of(question: &str, snapshot: &ClusterSnapshot) -> Intent {
    intent(&names::link(question, snapshot)).0
}

fn intent(question: &Question<'_>) -> (Intent, Option<Request>) {
    match request::of(question) {
        Some(request @ Request::Restart) => (Intent::Restart, Some(request)),
        Some(request @ Request::Scale(_)) => (Intent::Scale, Some(request)),
        None if forecast::is_about_memory_to_come(question) => (Intent::Forecast, None),
        None => (filtered(phrasings::best(question.concepts), question), None),
    }
}

/// A list that is narrowed is a list of pods or workloads, whatever its qualifiers speak of.
fn filtered(intent: Intent, question: &Question<'_>) -> Intent {
    let filters = &question.filters;
    let is_listed = match intent {
        Intent::Unknown => filters.narrows(),
        Intent::Health => {
            filters.narrows() && question.words.iter().any(|word| word == "everything")
        }
        Intent::HighUse | Intent::TopUse | Intent::Use | Intent::Cost => {
            filters.narrows_by_property()
        }
        Intent::NoChange
        | Intent::Nodes
        | Intent::Trouble
        | Intent::Diagnosis
        | Intent::Pods
        | Intent::Workloads
        | Intent::Namespaces
        | Intent::OtherKinds
        | Intent::Count
        | Intent::Restarts
        | Intent::Events
        | Intent::Images
        | Intent::Logs
        | Intent::Details
        | Intent::Compare
        | Intent::Manifest
        | Intent::Settings
        | Intent::Fit
        | Intent::ClusterVersion
        | Intent::Autoscaling
        | Intent::Predictive
        | Intent::Forecast
        | Intent::Traffic
        | Intent::Scale
        | Intent::Restart
        | Intent::Refused
        | Intent::Help => false,
    };
    let of_workloads = question.concepts.has_any(&[
        Concept::Workload,
        Concept::Deployment,
        Concept::StatefulSet,
        Concept::DaemonSet,
    ]);
    match (is_listed, of_workloads && filters.amount().is_none()) {
        (false, _) => intent,
        (true, true) => Intent::Workloads,
        (true, false) => Intent::Pods,
    }
}

/// The qualifier that an answer of this intent would ignore.
fn ignored_qualifier(intent: Intent, question: &Question<'_>) -> Option<String> {
    match intent {
        Intent::OtherKinds | Intent::Namespaces | Intent::Nodes if question.filters.narrows() => {
            let words = question.filters.words();
            Some(words.trim().to_owned())
        }
        Intent::OtherKinds
        | Intent::Namespaces
        | Intent::Nodes
        | Intent::Pods
        | Intent::Workloads
        | Intent::Count
        | Intent::Images
        | Intent::HighUse
        | Intent::TopUse
        | Intent::Use
        | Intent::Restarts
        | Intent::Cost
        | Intent::Health
        | Intent::Trouble
        | Intent::Events
        | Intent::Unknown => qualifiers::left_over(question, intent),
        Intent::Diagnosis
        | Intent::Logs
        | Intent::Details
        | Intent::Compare
        | Intent::Manifest
        | Intent::Settings
        | Intent::Fit
        | Intent::ClusterVersion
        | Intent::Autoscaling
        | Intent::Predictive
        | Intent::Forecast
        | Intent::Traffic
        | Intent::Scale
        | Intent::Restart
        | Intent::NoChange
        | Intent::Refused
        | Intent::Help => None,
    }
}

fn answer(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    if let Some(name) = &question.missing_namespace {
        return guidance::missing_namespace(name, question, snapshot);
    }
    if let Some(name) = &question.missing_number {
        return guidance::missing_number(name, question, snapshot);
    }
    // “Why did the ledger crash on Friday?” names no node.
    let may_name_a_node =
        question.workloads.is_empty() || question.concepts.has_any(&[Concept::Pod, Concept::Node]);
    if let Some(name) = question.missing_node.as_ref().filter(|_| may_name_a_node) {
        return guidance::missing_node(name, question, snapshot);
    }
    if let Some(elsewhere) = &question.elsewhere {
        return guidance::elsewhere(question, elsewhere);
    }
    if let Some(reply) = limits::answer(question, snapshot) {
        return reply;
    }
    let (intent, request) = intent(question);
    if let Some(request) = request {
        return changes::answer(&request, question, snapshot);
    }
    if let Some(reply) = plain::answer(question, snapshot) {
        return reply;
    }
    if let Some(name) = missing_subject(intent, question) {
        return guidance::unknown_name(name, question, snapshot);
    }
    if let Some(name) = missing_place(intent, question) {
        return guidance::unknown_name(name, question, snapshot);
    }
    if let Some(qualifier) = ignored_qualifier(intent, question) {
        return guidance::cannot_filter(&qualifier, question);
    }
    if let (Some(_), Availability::Unavailable(why)) =
        (question.filters.amount(), &snapshot.pod_usage)
    {
        return compose::no_metrics(why).tool("pods_top");
    }
    compose(intent, question, snapshot)
}

fn compose(intent: Intent, question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    match intent {
        Intent::HighUse => usage::high(question, snapshot),
        Intent::TopUse => usage::top(question, snapshot),
        Intent::Use => usage::of_subject(question, snapshot),
        Intent::Nodes => nodes::overview(question, snapshot),
        Intent::Trouble => trouble::answer(question, snapshot),
        Intent::Diagnosis => diagnosis::answer(question, snapshot),
        Intent::Health => trouble::health(question, snapshot),
        Intent::Pods => listing::pods(question, snapshot),
        Intent::Workloads => listing::workloads(question, snapshot),
        Intent::Namespaces => listing::namespaces(snapshot),
        Intent::OtherKinds => listing::other_kinds(question, snapshot),
        Intent::Count => listing::count(question, snapshot),
        Intent::Restarts => restarts::answer(question, snapshot),
        Intent::Events => errands::events(question, snapshot),
        Intent::Images => listing::images(question, snapshot),
        Intent::Logs => errands::logs(question, snapshot),
        Intent::Details => errands::details(question, snapshot),
        Intent::Compare => compare::answer(question, snapshot),
        Intent::Manifest => settings::manifest(question, snapshot),
        Intent::Settings => settings::answer(question, snapshot),
        Intent::Fit => fit::answer(question, snapshot),
        Intent::ClusterVersion => listing::version(snapshot),
        Intent::Cost => cost::answer(question, snapshot),
        Intent::Autoscaling => autoscaling::status(question, snapshot),
        Intent::Predictive => autoscaling::switch(question, snapshot),
        Intent::Forecast => forecast::answer(question, snapshot),
        Intent::Traffic => traffic::answer(question),
        Intent::Scale | Intent::Restart | Intent::NoChange => {
            changes::not_asked(question, snapshot)
        }
        Intent::Refused => guidance::refused(question, snapshot),
        Intent::Help => guidance::help(snapshot),
        Intent::Unknown => guidance::fallback(question, snapshot),
    }
}

/// The unknown word that must be the subject: intents about one thing, with nothing known named.
fn missing_subject<'q>(intent: Intent, question: &'q Question<'_>) -> Option<&'q str> {
    let is_about_one = match intent {
        Intent::Diagnosis
        | Intent::Details
        | Intent::Manifest
        | Intent::Settings
        | Intent::Fit
        | Intent::Logs
        | Intent::Trouble
        | Intent::Use
        | Intent::Restarts => true,
        Intent::Compare
        | Intent::HighUse
        | Intent::TopUse
        | Intent::Nodes
        | Intent::Health
        | Intent::Pods
        | Intent::Workloads
        | Intent::Namespaces
        | Intent::OtherKinds
        | Intent::Count
        | Intent::Events
        | Intent::Images
        | Intent::ClusterVersion
        | Intent::Cost
        | Intent::Autoscaling
        | Intent::Predictive
        | Intent::Forecast
        | Intent::Traffic
        | Intent::Scale
        | Intent::Restart
        | Intent::NoChange
        | Intent::Refused
        | Intent::Help
        | Intent::Unknown => false,
    };
    let names_something = question.concepts.has_any(&[
        Concept::NamedWorkload,
        Concept::NamedPod,
        Concept::NamedNode,
        Concept::NamedNamespace,
    ]);
    let is_general = question.concepts.has_any(&[
        Concept::Pod,
        Concept::Workload,
        Concept::Deployment,
        Concept::Node,
    ]);
    let looks_like_name = |word: &&String| word.contains(['-', '/']) && word.len() > 3;
    let unknown = question.unknown.iter().find(looks_like_name);
    let unknown = unknown.or_else(|| {
        question
            .unknown
            .first()
            .filter(|_| !is_general && question.unknown.len() == 1)
    });
    unknown
        .filter(|_| is_about_one && !names_something)
        .map(String::as_str)
}

/// The unknown word that a list is to be narrowed by: “pods of nobody”, “warnings in nowhere”.
fn missing_place<'q>(intent: Intent, question: &'q Question<'_>) -> Option<&'q str> {
    let is_list = matches!(
        intent,
        Intent::HighUse
            | Intent::TopUse
            | Intent::Trouble
            | Intent::Health
            | Intent::Pods
            | Intent::Workloads
            | Intent::Count
            | Intent::Restarts
            | Intent::Events
            | Intent::Images
            | Intent::Cost
            | Intent::Compare
            | Intent::Fit
    );
    let introduces = |word: &str| {
        matches!(
            word,
            "of" | "in" | "from" | "for" | "on" | "within" | "inside" | "named" | "called"
        )
    };
    let at = (1..question.words.len()).find(|&at| {
        let is_introduced = introduces(question.word(at - 1))
            || intent == Intent::Compare && matches!(question.word(at - 1), "with" | "to" | "and");
        is_introduced
            && question
                .unknown
                .iter()
                .any(|word| word == question.word(at))
    });
    at.filter(|_| is_list).map(|at| question.word(at))
}

/// Says how slips and references were read, below the answer.
fn with_notes(mut reply: Reply, question: &Question<'_>) -> Reply {
    let is_said = |note: &str| {
        let says = |block: &Block| matches!(block, Block::Text { text } if text.contains(note));
        reply.blocks.iter().any(says)
    };
    let notes: Vec<&str> = question
        .notes
        .iter()
        .map(String::as_str)
        .filter(|note| !is_said(note))
        .collect();
    if !notes.is_empty() && question.missing_namespace.is_none() {
        let text = format!("I {}.", notes.join(" and "));
        reply.blocks.push(Block::Text { text });
    }
    reply
}
