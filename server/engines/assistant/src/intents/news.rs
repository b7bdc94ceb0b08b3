//! What is new since some time: warnings, restarts and what was created, as far back as the cluster tells.

use std::collections::BTreeMap;

use domain::{
    cluster::Severity,
    resources::Pod,
    snapshot::ClusterSnapshot,
    time::{Seconds, Timestamp},
};

use super::{
    compose::{
        Reply, belongs, counted, place, pod_subject, pods_meant, quote, since, workloads_meant,
    },
    errands::{events_meant, names_meant},
    question::Question,
};

/// How far back “yesterday”, “overnight” and no time at all reach.
const A_DAY: Seconds = Seconds(86_400);
/// Findings of each kind that are shown.
const SHOWN: usize = 5;

/// “What's new since yesterday?”, “did I miss anything overnight?”; `None` for any other question.
pub(super) fn answer(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Option<Reply> {
    let (span, words) = asked(question)?;
    let start = snapshot.taken_at - span;
    let pods = pods_meant(question, snapshot);
    let restarted: Vec<&Pod> = pods
        .iter()
        .copied()
        .filter(|pod| pod.last_restart_at.is_some_and(|at| at >= start))
        .collect();
    let warnings: Vec<_> = events_meant(question, &names_meant(question), snapshot)
        .into_iter()
        .filter(|event| event.is_warning() && event.last_seen >= start)
        .collect();
    let made = made(question, &pods, start, snapshot);
    let reply = Reply::new(format!(
        "Since {words}{}: {}, {}, and {} created or with new pods. Events go back about an hour in most clusters, so earlier warnings may be missing; who made a change is not recorded.",
        place(question),
        counted(warnings.len(), "warning event"),
        match restarted.len() {
            1 => "1 pod that restarted".to_owned(),
            several => format!("{several} pods that restarted"),
        },
        counted(made.len(), "workload")
    ));
    let reply = restarted.iter().take(SHOWN).fold(reply, |reply, pod| {
        let at = pod.last_restart_at.map_or_else(String::new, |at| {
            format!(", the last {} ago", since(at, snapshot.taken_at))
        });
        let text = format!("{}{at}", counted(pod.restarts as usize, "restart"));
        reply.finding(Severity::Warning, pod_subject(pod), text)
    });
    let reply = warnings.iter().take(SHOWN).fold(reply, |reply, event| {
        let subject = format!("{}/{}", event.namespace, quote(&event.object_name));
        let text = format!(
            "{}: {} ({} ago)",
            quote(&event.reason),
            quote(&event.message),
            since(event.last_seen, snapshot.taken_at)
        );
        reply.finding(Severity::Warning, subject, text)
    });
    let reply = reply.table(&["Workload", "What is new", "Age"], made);
    Some(reply.tool("events_list").tool("pods_list"))
}

/// How far back is asked, and how to say it.
fn asked(question: &Question<'_>) -> Option<(Seconds, String)> {
    let sentence = format!(" {} ", question.words.join(" "));
    let says = |phrases: &[&str]| {
        phrases
            .iter()
            .any(|phrase| sentence.contains(&format!(" {phrase} ")))
    };
    let asks_news = says(&[
        "what is new",
        "anything new",
        "something new",
        "whats new",
        "what did i miss",
        "did i miss",
        "have i missed",
        "what have i missed",
        "any news",
        "news since",
        "show me news",
    ]);
    let asks_changes = says(&[
        "what changed",
        "what has changed",
        "what happened",
        "what has happened",
        "anything happened",
        "anything happen",
        "anything changed",
        "anything change",
    ]);
    let says_when = says(&[
        "yesterday",
        "overnight",
        "last night",
        "this morning",
        "today",
    ]);
    let is_of_node = !question.nodes.is_empty();
    if !(asks_news || asks_changes && says_when) || is_of_node {
        return None;
    }
    Some(match question.filters.since {
        Some(span) => (span, format!("{} ago", span.human())),
        None => (A_DAY, "this time yesterday".to_owned()),
    })
}

/// Workloads created since then, and those whose pods are all newer than they are: rolled out, scaled or moved.
fn made(
    question: &Question<'_>,
    pods: &[&Pod],
    start: Timestamp,
    snapshot: &ClusterSnapshot,
) -> Vec<Vec<String>> {
    let mut rows = BTreeMap::new();
    for workload in workloads_meant(question, snapshot) {
        let reference = &workload.reference;
        let all = pods.iter().filter(|pod| belongs(pod, reference)).count();
        let new: Vec<_> = pods
            .iter()
            .filter(|pod| belongs(pod, reference) && pod.created_at >= start)
            .collect();
        let newest = new.iter().map(|pod| pod.created_at).max();
        let (what, at) = match newest {
            _ if workload.created_at >= start => ("created".to_owned(), workload.created_at),
            Some(at) => (format!("{} of {} new", new.len(), counted(all, "pod")), at),
            None => continue,
        };
        let age = since(at, snapshot.taken_at);
        rows.insert(
            (std::cmp::Reverse(at), reference),
            vec![reference.to_string(), what, age],
        );
    }
    rows.into_values().collect()
}
