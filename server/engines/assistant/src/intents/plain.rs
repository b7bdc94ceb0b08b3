//! Plain requests that need no weighing: what a word means, stop and start, everything at once.

use domain::{cluster::Severity, snapshot::ClusterSnapshot};

use super::{
    authors, busiest,
    compose::{Reply, counted, pod_subject, pods_meant, scale_command, since},
    lexicon::Concept,
    listing, lookalike, news,
    question::Question,
    usage,
};

/// States of pods in two sentences (Kubernetes, “Debug Pods” and “Pod Lifecycle”).
const TERMS: &[(&str, &str)] = &[
    (
        "crashloopbackoff",
        "CrashLoopBackOff means that a container ended again and again after it was started. The kubelet waits longer before each new start, up to five minutes; the log of the previous container says why it ended.",
    ),
    (
        "oomkilled",
        "OOMKilled means that the kernel ended a container because it reached its memory limit, or because the node ran out of memory. Raise the limit if the need is real, else look for a leak.",
    ),
    (
        "imagepullbackoff",
        "ImagePullBackOff means that the image of a container could not be fetched and the kubelet waits before it tries again. The name or tag may be wrong, or the registry wants credentials.",
    ),
    (
        "pending",
        "Pending means that a pod is accepted but not all of its containers run yet. It waits for a node with room, for a volume, or for its images.",
    ),
];

/// The answer to a question of one of these fixed forms.
pub(super) fn answer(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Option<Reply> {
    meaning(question)
        .or_else(|| stop_or_start(question))
        .or_else(|| everything(question))
        .or_else(|| running_on(question, snapshot))
        .or_else(|| per_namespace(question, snapshot))
        .or_else(|| leak(question, snapshot))
        .or_else(|| busiest::answer(question, snapshot))
        .or_else(|| authors::answer(question, snapshot))
        .or_else(|| lookalike::answer(question, snapshot))
        .or_else(|| news::answer(question, snapshot))
}

fn says(question: &Question<'_>, words: &[&str]) -> bool {
    question
        .words
        .iter()
        .any(|word| words.contains(&word.as_str()))
}

/// “What is CrashLoopBackOff?”, “what does OOMKilled mean?”
fn meaning(question: &Question<'_>) -> Option<Reply> {
    let words: Vec<&str> = question.words.iter().map(String::as_str).collect();
    let rest: Vec<&str> = match words.as_slice() {
        ["what", "is" | "does", rest @ ..] | ["explain" | "define", rest @ ..] => rest
            .iter()
            .copied()
            .filter(|word| !matches!(*word, "a" | "an" | "the" | "mean" | "status" | "state"))
            .collect(),
        _ => return None,
    };
    let [term] = rest.as_slice() else {
        return None;
    };
    let (_, text) = TERMS.iter().find(|(known, _)| known == term)?;
    Some(Reply::new(*text))
}

/// “Stop the storefront”: a workload is not stopped but scaled to 0, which is asked for by name.
fn stop_or_start(question: &Question<'_>) -> Option<Reply> {
    let words: Vec<&str> = question
        .words
        .iter()
        .map(String::as_str)
        .filter(|word| *word != "please")
        .collect();
    let is_stop = match words.as_slice() {
        ["stop", ..] | ["turn" | "switch" | "shut", "off" | "down", ..] => true,
        ["start", ..] | ["turn" | "switch", "on", ..] => false,
        _ => return None,
    };
    let [workload] = question.workloads.as_slice() else {
        return None;
    };
    let is_other = question.concepts.has_any(&[
        Concept::Predictive,
        Concept::Autoscale,
        Concept::Hpa,
        Concept::Scale,
        Concept::RestartVerb,
        Concept::Restarts,
    ]);
    let reference = &workload.reference;
    if is_other || !reference.kind.is_scalable() {
        return None;
    }
    let count = if is_stop {
        0
    } else {
        workload.replicas.0.max(1)
    };
    if count == workload.replicas.0 {
        return Some(Reply::new(format!(
            "{reference} already has {}; there is nothing to {}.",
            counted(count as usize, "replica"),
            if is_stop { "stop" } else { "start" }
        )));
    }
    let verb = if is_stop { "Stopping" } else { "Starting" };
    Some(
        Reply::new(format!(
            "{verb} {reference} means scaling it to {count}; it has {} now. Nothing has been changed.",
            workload.replicas
        ))
        .choice(
            "Do you want that planned?",
            vec![(
                format!("{reference} to {count}"),
                scale_command(reference, count),
            )],
        ),
    )
}

/// “Scale everything in shop to 1”.
fn everything(question: &Question<'_>) -> Option<Reply> {
    let first = question.words.iter().find(|word| *word != "please")?;
    let is_change = matches!(first.as_str(), "scale" | "restart");
    let is_all = says(question, &["everything", "all", "every"]);
    (is_change && is_all && question.workloads.is_empty() && question.pods.is_empty()).then(|| {
        Reply::failed(
            "Nothing has been changed: one workload at a time is changed, and it has to be named.",
        )
    })
}

/// “What runs on node-2?”
fn running_on(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Option<Reply> {
    let is_what = question.words.first().is_some_and(|word| word == "what");
    let runs = says(question, &["runs", "running", "run"]);
    let is_other = question.concepts.has_any(&[
        Concept::Cpu,
        Concept::Memory,
        Concept::Wrong,
        Concept::Version,
    ]);
    (is_what && runs && !question.nodes.is_empty() && !is_other)
        .then(|| listing::pods(question, snapshot))
}

/// “Count pods per namespace”.
fn per_namespace(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Option<Reply> {
    let is_per = question.words.windows(2).any(|pair| {
        matches!(pair[0].as_str(), "per" | "each" | "by") && pair[1].starts_with("namespace")
    });
    let is_measured =
        question
            .concepts
            .has_any(&[Concept::Cpu, Concept::Memory, Concept::Restarts]);
    let is_plain = question.namespaces.is_empty() && !question.filters.narrows();
    (is_per && is_plain && !is_measured && question.concepts.has(Concept::Pod))
        .then(|| listing::namespaces(snapshot))
}

/// “Is there a memory leak somewhere?”: what uses much of its limit, and what was killed for it.
fn leak(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Option<Reply> {
    let is_asked = says(question, &["leak", "leaks", "leaking"]);
    if !is_asked || !question.concepts.has(Concept::Memory) {
        return None;
    }
    let reply = usage::high(question, snapshot);
    let killed: Vec<_> = pods_meant(question, snapshot)
        .into_iter()
        .filter(|pod| pod.last_termination.as_deref() == Some("OOMKilled"))
        .collect();
    let reply = reply.text(format!(
        "{} last ended because memory ran out (OOMKilled). A leak shows as use that grows over time; this is one moment.",
        counted(killed.len(), "pod")
    ));
    Some(killed.into_iter().take(5).fold(reply, |reply, pod| {
        let when = pod.last_restart_at.map_or_else(String::new, |at| {
            format!(", the last time {} ago", since(at, snapshot.taken_at))
        });
        reply.finding(
            Severity::Warning,
            pod_subject(pod),
            format!("{}{when}", counted(pod.restarts as usize, "restart")),
        )
    }))
}
