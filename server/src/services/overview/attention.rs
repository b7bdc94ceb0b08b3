//! What somebody should look at, most urgent first.

use std::{cmp::Reverse, collections::BTreeMap};

use domain::{
    cluster::{Attention, Severity},
    resources::{Pod, PodPhase},
    snapshot::ClusterSnapshot,
    time::Seconds,
};

/// A pod may wait this long before it is worth a look.
const PENDING_PATIENCE: Seconds = Seconds(60);
/// Memory this close to its limit is about to be killed.
const MEMORY_ALARM_PERCENT: f64 = 90.0;
/// Longest detail, in characters; the assistant quotes messages whole.
const DETAIL: usize = 140;
/// At most this many entries.
const ENTRIES: usize = 8;

/// Nodes that are down, pods that fail or wait, and pods close to their memory limit.
pub(super) fn find(snapshot: &ClusterSnapshot) -> Vec<Attention> {
    let mut found: Vec<_> = nodes(snapshot)
        .chain(failing(snapshot))
        .chain(pending(snapshot))
        .chain(close_to_limit(snapshot))
        .collect();
    found.sort_by_key(|entry| Reverse(entry.severity));
    found.truncate(ENTRIES);
    found
}

fn nodes(snapshot: &ClusterSnapshot) -> impl Iterator<Item = Attention> {
    snapshot
        .nodes
        .iter()
        .filter(|node| !node.ready)
        .map(|node| Attention {
            severity: Severity::Critical,
            subject: format!("node/{}", node.name),
            summary: "is not ready".to_owned(),
            detail: "its pods are moved elsewhere after five minutes".to_owned(),
            question: format!("What is wrong with node {}?", node.name),
        })
}

/// One entry for each owner, however many of its pods fail.
fn failing(snapshot: &ClusterSnapshot) -> impl Iterator<Item = Attention> {
    let mut by_owner: BTreeMap<String, Vec<&Pod>> = BTreeMap::new();
    for pod in snapshot.pods.iter().filter(|pod| pod.is_failing()) {
        by_owner.entry(subject(pod)).or_default().push(pod);
    }
    by_owner.into_iter().map(|(subject, pods)| {
        let pod = pods[0];
        let restarts: u32 = pods.iter().map(|pod| pod.restarts).sum();
        Attention {
            severity: Severity::Critical,
            summary: format!("{} ({} of its pods)", pod.status, pods.len()),
            detail: failure_detail(pod, restarts),
            question: format!("Why is {subject} failing?"),
            subject,
        }
    })
}

fn failure_detail(pod: &Pod, restarts: u32) -> String {
    match (&pod.last_termination, &pod.message) {
        (Some(reason), _) if restarts > 0 => {
            format!("last ended with {reason}; {restarts} restarts")
        }
        (_, Some(message)) => shortened(message),
        _ => format!("{restarts} restarts"),
    }
}

fn pending(snapshot: &ClusterSnapshot) -> impl Iterator<Item = Attention> {
    snapshot
        .pods
        .iter()
        .filter(|pod| pod.phase == PodPhase::Pending && !pod.is_failing())
        .filter_map(|pod| {
            let waiting = Seconds(snapshot.taken_at.seconds_since(pod.created_at));
            (waiting > PENDING_PATIENCE).then(|| Attention {
                severity: Severity::Warning,
                subject: subject(pod),
                summary: format!("pending for {}", waiting.human()),
                detail: pod
                    .message
                    .as_deref()
                    .map_or_else(|| "no reason given by the cluster".to_owned(), shortened),
                question: format!("Why is {} pending?", subject(pod)),
            })
        })
}

fn close_to_limit(snapshot: &ClusterSnapshot) -> impl Iterator<Item = Attention> {
    let usage = super::usage_by_pod(snapshot.pod_usage.as_option());
    snapshot
        .pods
        .iter()
        .filter(|pod| !pod.is_failing())
        .filter_map(move |pod| {
            let limit = pod.memory_limit.filter(|limit| limit.0 > 0)?;
            let used = usage
                .get(&(pod.namespace.as_str(), pod.name.as_str()))?
                .memory;
            let percent = used.0 as f64 * 100.0 / limit.0 as f64;
            (percent >= MEMORY_ALARM_PERCENT).then(|| Attention {
                severity: Severity::Warning,
                subject: subject(pod),
                summary: format!("memory at {percent:.0} % of its limit"),
                detail: format!("{used} of {limit}; at the limit the container is killed"),
                question: format!("Why does {} use so much memory?", subject(pod)),
            })
        })
}

/// A message cut to [`DETAIL`], at the end of a word.
fn shortened(message: &str) -> String {
    let Some((end, _)) = message.char_indices().nth(DETAIL) else {
        return message.to_owned();
    };
    let cut = &message[..end];
    let words = cut.rsplit_once(' ').map_or(cut, |(words, _)| words);
    format!("{words} …")
}

/// The owner where there is one, since pods come and go.
fn subject(pod: &Pod) -> String {
    match &pod.owner {
        Some(owner) => owner.to_string(),
        None => format!("{}/{}", pod.namespace, pod.name),
    }
}
