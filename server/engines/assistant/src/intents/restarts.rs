//! Restarts: which pods restart, how often, why, and what to do about it.

use domain::{
    cluster::Severity,
    resources::{Pod, WorkloadRef},
    snapshot::ClusterSnapshot,
    time::Seconds,
};

use super::{
    causes::{cause_of, warnings},
    compose::{Reply, counted, place, pod_subject, pods_meant, quote, since},
    lexicon::Concept,
    question::Question,
};

/// Pods whose cause is told one by one.
const EXPLAINED: usize = 6;
/// Workloads for which the next step is told.
const ADVISED: usize = 3;

fn restarted_within(pod: &Pod, span: Option<Seconds>, snapshot: &ClusterSnapshot) -> bool {
    let Some(span) = span else {
        return true;
    };
    let last = pod.last_restart_at;
    last.is_some_and(|at| snapshot.taken_at.seconds_since(at) <= span.0)
}

/// “What about restarts?”, “which pods restart and why?”: most restarts first, each with its cause where why is asked.
pub(super) fn answer(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let mut pods: Vec<_> = pods_meant(question, snapshot)
        .into_iter()
        .filter(|pod| pod.restarts > 0)
        .filter(|pod| restarted_within(pod, question.filters.since, snapshot))
        .collect();
    pods.sort_by_key(|pod| std::cmp::Reverse(pod.restarts));
    let lately = question.filters.since.map_or_else(String::new, |since| {
        format!(" within the last {}", since.human())
    });
    let place = format!("{}{lately}", place(question));
    let total: u32 = pods.iter().map(|pod| pod.restarts).sum();
    let Some(first) = pods.first() else {
        return Reply::new(format!("No pod has restarted{place}.")).tool("pods_list");
    };
    let reply = Reply::new(format!(
        "{} restarted{place}, {} since they were made; most often {} ({}).",
        counted(pods.len(), "pod"),
        counted(total as usize, "restart"),
        pod_subject(first),
        first.restarts
    ));
    let reply = if question.concepts.has(Concept::Why) {
        explained(reply, &pods, snapshot).tool("events_list")
    } else {
        listed(reply, &pods, snapshot)
    };
    advised(reply, &pods, snapshot).tool("pods_list")
}

fn listed(reply: Reply, pods: &[&Pod], snapshot: &ClusterSnapshot) -> Reply {
    let cells = pods
        .iter()
        .map(|pod| {
            vec![
                pod_subject(pod),
                pod.restarts.to_string(),
                pod.last_restart_at.map_or_else(
                    || "not known".to_owned(),
                    |at| format!("{} ago", since(at, snapshot.taken_at)),
                ),
                pod.last_termination
                    .as_deref()
                    .map_or_else(|| "not known".to_owned(), quote),
                quote(&pod.status),
            ]
        })
        .collect();
    reply.table(&["Pod", "Restarts", "Last", "Ended with", "Status"], cells)
}

/// The pods one by one with their causes; those beyond [`EXPLAINED`] as a table.
fn explained(reply: Reply, pods: &[&Pod], snapshot: &ClusterSnapshot) -> Reply {
    let (told, rest) = pods.split_at(pods.len().min(EXPLAINED));
    let reply = told.iter().fold(reply, |reply, pod| {
        let severity = if pod.is_failing() {
            Severity::Critical
        } else {
            Severity::Warning
        };
        let last = pod.last_restart_at.map_or_else(String::new, |at| {
            format!(", the last {} ago", since(at, snapshot.taken_at))
        });
        let text = format!(
            "{}{last}: {}",
            counted(pod.restarts as usize, "restart"),
            why(pod, snapshot)
        );
        reply.finding(severity, pod_subject(pod), text)
    });
    if rest.is_empty() {
        reply
    } else {
        listed(reply, rest, snapshot)
    }
}

/// How a container of a pod last ended, with the cluster's own words where there are any.
fn why(pod: &Pod, snapshot: &ClusterSnapshot) -> String {
    let is_liveness = warnings(pod, snapshot).any(|event| {
        event.reason == "Unhealthy" && event.message.to_lowercase().contains("liveness")
    });
    let how = match pod.last_termination.as_deref() {
        Some("OOMKilled") => match pod.memory_limit {
            Some(limit) => {
                format!("it reached its memory limit of {limit} and was killed (OOMKilled)")
            }
            None => "its node ran out of memory and it was killed (OOMKilled)".to_owned(),
        },
        _ if is_liveness => "its liveness probe failed, so the kubelet restarted it".to_owned(),
        Some("Error") => "its process exited with an error; its log says which".to_owned(),
        Some("Completed") => {
            "its process ended without an error, and was started again as a workload's is"
                .to_owned()
        }
        Some(reason) => format!("it last ended with {}", quote(reason)),
        None => "the cluster does not say how it ended".to_owned(),
    };
    match warnings(pod, snapshot).next() {
        Some(event) => format!("{how}. Latest warning: {}", quote(&event.message)),
        None => format!("{how}."),
    }
}

/// The next step for the workloads whose pods restart most, each once.
fn advised(reply: Reply, pods: &[&Pod], snapshot: &ClusterSnapshot) -> Reply {
    let mut seen: Vec<Option<&WorkloadRef>> = Vec::new();
    let mut reply = reply;
    for pod in pods {
        let owner = pod.owner.as_ref();
        if seen.len() == ADVISED || owner.is_some() && seen.contains(&owner) {
            continue;
        }
        seen.push(owner);
        let advice = cause_of(pod, snapshot).map_or_else(
            || "It runs now; its previous container's log says why it ended.".to_owned(),
            |cause| cause.advice,
        );
        reply = reply.recommend(
            format!("{}: {advice}", pod_subject(pod)),
            format!("why is {} restarting in {}?", pod.name, pod.namespace),
        );
    }
    reply
}
