//! Who changed something: the cluster does not say, and what it does say about changes.

use domain::{cluster::Severity, snapshot::ClusterSnapshot};

use super::{
    compose::{Reply, joined, place, quote, since},
    errands::{events_meant, kind_word, names_meant},
    listing::read_command,
    question::Question,
};

/// Words for changes, as somebody made them.
const CHANGES: &[&str] = &[
    "change",
    "changed",
    "changes",
    "modified",
    "modify",
    "edited",
    "updated",
    "update",
    "deployed",
    "redeployed",
    "touched",
    "altered",
    "scaled",
    "restarted",
    "rolled",
    "released",
    "configured",
];
/// Events that are shown.
const SHOWN: usize = 5;

/// “Who changed storefront last?”, “when was storefront last updated?”; `None` for any other question.
pub(super) fn answer(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Option<Reply> {
    let says = |known: &[&str]| {
        question
            .words
            .iter()
            .any(|word| known.contains(&word.as_str()))
    };
    let asks_who = says(&["who", "whom", "whose"]);
    let asks_when = question.word(0) == "when" && says(&["was", "were", "did", "has"]);
    let is_named = !question.workloads.is_empty();
    if !says(CHANGES) || !(asks_who || asks_when && is_named && says(&["last"])) {
        return None;
    }
    let is_change = |at: usize| CHANGES.contains(&question.word(at));
    if !(is_named || is_change(1) || is_change(2)) {
        return None;
    }
    let names = names_meant(question);
    let subject = match names.as_slice() {
        [] => format!("anything{}", place(question)),
        names => joined(names),
    };
    let reply = Reply::new(format!(
        "The cluster does not record who changed {subject}: neither objects nor events name a person. Changes made from here are in this server's audit log, with who asked for and approved them. Nothing has been changed now."
    ));
    let reply = revisions(events(reply, question, &names, snapshot), question);
    Some(reply.tool("events_list"))
}

fn events(
    reply: Reply,
    question: &Question<'_>,
    names: &[&str],
    snapshot: &ClusterSnapshot,
) -> Reply {
    let found = events_meant(question, names, snapshot);
    if found.is_empty() {
        return reply.text(
            "There is no event about it either; a cluster usually keeps events for one hour.",
        );
    }
    found.into_iter().take(SHOWN).fold(reply, |reply, event| {
        let severity = if event.is_warning() {
            Severity::Warning
        } else {
            Severity::Info
        };
        let text = format!(
            "{} ago, {}: {}",
            since(event.last_seen, snapshot.taken_at),
            quote(&event.reason),
            quote(&event.message)
        );
        let subject = format!("{}/{}", event.namespace, quote(&event.object_name));
        reply.finding(severity, subject, text)
    })
}

/// The rollout history of the one workload that is meant.
fn revisions(reply: Reply, question: &Question<'_>) -> Reply {
    let [workload] = question.workloads.as_slice() else {
        return reply;
    };
    let reference = &workload.reference;
    let line = format!(
        "kubectl rollout history {}/{} --namespace={}",
        kind_word(reference.kind),
        reference.name,
        reference.namespace
    );
    match read_command(&line) {
        Some(command) => reply
            .text("Its revisions, the newest last:")
            .running(command),
        None => reply,
    }
}
