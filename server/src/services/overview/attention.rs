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
    let failing = snapshot.pods.iter().filter(|pod| pod.is_failing());
    by_owner(failing.map(|pod| (pod, ()))).map(|(subject, pods)| {
        let (pod, ()) = pods[0];
        let restarts: u32 = pods.iter().map(|(pod, ())| pod.restarts).sum();
        Attention {
            severity: Severity::Critical,
            summary: format!("{} ({} of its pods)", pod.status, pods.len()),
            detail: failure_detail(pod, restarts),
            question: format!("Why is {subject} failing?"),
            subject,
        }
    })
}

/// Pods with what is said about each, by their owner.
fn by_owner<'p, T>(
    pods: impl Iterator<Item = (&'p Pod, T)>,
) -> impl Iterator<Item = (String, Vec<(&'p Pod, T)>)> {
    let mut found: BTreeMap<String, Vec<(&Pod, T)>> = BTreeMap::new();
    for (pod, what) in pods {
        found.entry(subject(pod)).or_default().push((pod, what));
    }
    found.into_iter()
}

/// ` (2 of its pods)`, where it is more than one.
fn how_many<T>(pods: &[T]) -> String {
    match pods.len() {
        0 | 1 => String::new(),
        several => format!(" ({several} of its pods)"),
    }
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
    let waiting = snapshot
        .pods
        .iter()
        .filter(|pod| pod.phase == PodPhase::Pending && !pod.is_failing())
        .map(|pod| (pod, snapshot.taken_at.seconds_since(pod.created_at)))
        .filter(|(_, waiting)| *waiting > PENDING_PATIENCE.0);
    by_owner(waiting).filter_map(|(subject, pods)| {
        let (pod, longest) = pods.iter().max_by_key(|(_, waiting)| *waiting)?;
        let message = pod.message.as_deref();
        Some(Attention {
            severity: Severity::Warning,
            summary: format!(
                "pending for {}{}",
                Seconds(*longest).human(),
                how_many(&pods)
            ),
            detail: message.map_or_else(|| "no reason given by the cluster".to_owned(), shortened),
            question: format!("Why is {subject} pending?"),
            subject,
        })
    })
}

fn close_to_limit(snapshot: &ClusterSnapshot) -> impl Iterator<Item = Attention> {
    let usage = super::usage_by_pod(snapshot.pod_usage.as_option());
    let close = snapshot
        .pods
        .iter()
        .filter(|pod| !pod.is_failing())
        .filter_map(move |pod| {
            let limit = pod.memory_limit.filter(|limit| limit.0 > 0)?;
            let used = usage
                .get(&(pod.namespace.as_str(), pod.name.as_str()))?
                .memory;
            let percent = used.0 as f64 * 100.0 / limit.0 as f64;
            (percent >= MEMORY_ALARM_PERCENT).then_some((pod, (percent, used, limit)))
        });
    by_owner(close).filter_map(|(subject, pods)| {
        let fullest = pods.iter().max_by(|(_, a), (_, b)| a.0.total_cmp(&b.0));
        let (_, (percent, used, limit)) = fullest?;
        Some(Attention {
            severity: Severity::Warning,
            summary: format!("memory at {percent:.0} % of its limit{}", how_many(&pods)),
            detail: format!("{used} of {limit}; at the limit the container is killed"),
            question: format!("Why does {subject} use so much memory?"),
            subject,
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
