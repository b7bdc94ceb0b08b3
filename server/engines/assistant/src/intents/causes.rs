//! Likely causes: what a pod's state, last end, events, limits and use say is wrong, and the next step.
//!
//! Which pod a question is about, and the evidence shown beside the cause, is decided in
//! [`diagnosis`](super::diagnosis).

use domain::{
    cluster::Severity,
    resources::{Event, Pod, PodPhase, Workload},
    snapshot::ClusterSnapshot,
};

use super::{
    compose::{
        HIGH_PERCENT, Measured, belongs, counted, describe_command, logs_command, percent, quote,
        since,
    },
    lexicon::Concept,
    nodes,
    question::Question,
    replicas, trouble,
    usage::workload_cpu,
};

/// A likely cause and the next step.
pub(super) struct Cause {
    pub(super) severity: Severity,
    pub(super) text: String,
    pub(super) advice: String,
    pub(super) command: String,
}

/// Warning events about a pod or its workload, newest first.
pub(super) fn warnings<'a>(
    pod: &'a Pod,
    snapshot: &'a ClusterSnapshot,
) -> impl Iterator<Item = &'a Event> {
    snapshot.events.iter().filter(move |event| {
        let is_owner = pod
            .owner
            .as_ref()
            .is_some_and(|owner| owner.name.as_str() == event.object_name);
        event.is_warning()
            && event.namespace == pod.namespace
            && (event.object_name == pod.name || is_owner)
    })
}

fn has_warning(pod: &Pod, snapshot: &ClusterSnapshot, reason: &str) -> bool {
    warnings(pod, snapshot).any(|event| event.reason == reason)
}

/// What is wrong with a pod; nothing when its state, its last end and its events are in order.
pub(super) fn cause_of(pod: &Pod, snapshot: &ClusterSnapshot) -> Option<Cause> {
    let ended = pod.last_termination.as_deref().unwrap_or_default();
    let status = pod.status.as_str();
    if ended == "OOMKilled" || status == "OOMKilled" {
        return Some(out_of_memory(pod, snapshot));
    }
    if matches!(
        status,
        "ImagePullBackOff" | "ErrImagePull" | "InvalidImageName"
    ) {
        return Some(image(pod, snapshot));
    }
    if status == "CreateContainerConfigError" {
        return Some(configuration(pod));
    }
    if has_warning(pod, snapshot, "Evicted") || status == "Evicted" {
        return Some(evicted(pod));
    }
    if trouble::is_starting(pod, snapshot) {
        return Some(starting(pod, snapshot));
    }
    if trouble::is_pending(pod) {
        return Some(pending(pod, snapshot));
    }
    if pod.phase == PodPhase::Unknown {
        return Some(lost_node(pod));
    }
    if trouble::is_unready(pod) {
        return Some(unready(pod, snapshot));
    }
    if pod.is_failing() || trouble::has_restarted_lately(pod, snapshot) {
        return Some(exited(pod, snapshot));
    }
    None
}

fn out_of_memory(pod: &Pod, snapshot: &ClusterSnapshot) -> Cause {
    let limit = pod.memory_limit.map_or_else(
        || "the node's memory (it has no limit of its own)".to_owned(),
        |limit| format!("its memory limit of {limit}"),
    );
    let used = Measured::of(snapshot)
        .ok()
        .and_then(|measured| Some((measured.pod(pod)?.memory, measured.age())))
        .map(|(used, age)| format!("; it uses {used} at the moment ({age})"))
        .unwrap_or_default();
    Cause {
        severity: Severity::Critical,
        text: format!(
            "it ran out of memory. The kernel killed it (OOMKilled) when it reached {limit}, and it has restarted {}{used}.",
            times(pod.restarts)
        ),
        advice: "Raise the memory limit if the need is real, or look for a leak: the last lines before the end are in the previous container's log.".to_owned(),
        command: logs_command(pod, true),
    }
}

/// How often something happened, as an adverb.
pub(super) fn times(count: u32) -> String {
    match count {
        0 => "not yet".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}

fn images_of(pod: &Pod, snapshot: &ClusterSnapshot) -> String {
    snapshot
        .workloads
        .iter()
        .find(|workload| belongs(pod, &workload.reference))
        .map(|workload| workload.images.join(", "))
        .filter(|images| !images.is_empty())
        .map(|images| format!(" ({})", quote(&images)))
        .unwrap_or_default()
}

fn image(pod: &Pod, snapshot: &ClusterSnapshot) -> Cause {
    Cause {
        severity: Severity::Critical,
        text: format!(
            "its image cannot be pulled{}. The name or tag does not exist, or the registry wants credentials.",
            images_of(pod, snapshot)
        ),
        advice: "Check the image's name and tag, and the imagePullSecrets when the registry is private; the event in the description has the registry's own words.".to_owned(),
        command: describe_command(pod),
    }
}

fn configuration(pod: &Pod) -> Cause {
    Cause {
        severity: Severity::Critical,
        text: "its container cannot be created because something it refers to, usually a ConfigMap, a Secret or a key in one, does not exist.".to_owned(),
        advice: "The message names what is missing; create it or correct the name.".to_owned(),
        command: describe_command(pod),
    }
}

fn evicted(pod: &Pod) -> Cause {
    Cause {
        severity: Severity::Critical,
        text: "the node evicted it to protect itself, because memory or disk ran short there."
            .to_owned(),
        advice: "See how full the nodes are; pods without requests are evicted first.".to_owned(),
        command: "how much room is left on the nodes?".to_owned(),
    }
    .with_message(pod)
}

impl Cause {
    fn with_message(mut self, pod: &Pod) -> Self {
        if let Some(message) = &pod.message {
            self.text = format!("{} The cluster says: {}", self.text, quote(message));
        }
        self
    }
}

/// What to say for each way in which a pod does not fit, by words of the scheduler's message.
const SCHEDULING: &[(&str, &str)] = &[
    (
        "insufficient cpu",
        "no node has enough unrequested CPU for it",
    ),
    (
        "insufficient memory",
        "no node has enough unrequested memory for it",
    ),
    ("too many pods", "the nodes run as many pods as they may"),
    (
        "untolerated taint",
        "the nodes carry taints it does not tolerate",
    ),
    (
        "node affinity",
        "no node matches its node selector or affinity",
    ),
    (
        "node selector",
        "no node matches its node selector or affinity",
    ),
    (
        "persistentvolumeclaim",
        "its volume claim is missing or not bound",
    ),
    ("volume", "its volume cannot be attached"),
    ("unschedulable", "nodes are cordoned"),
];

fn starting(pod: &Pod, snapshot: &ClusterSnapshot) -> Cause {
    Cause {
        severity: Severity::Info,
        text: format!(
            "it was made {} ago and is still starting ({}), which is normal for the first minute.",
            since(pod.created_at, snapshot.taken_at),
            quote(&pod.status)
        ),
        advice: "Ask again in a minute; its events say what it is waiting for.".to_owned(),
        command: describe_command(pod),
    }
}

fn pending(pod: &Pod, snapshot: &ClusterSnapshot) -> Cause {
    let event = warnings(pod, snapshot).find(|event| {
        matches!(
            event.reason.as_str(),
            "FailedScheduling" | "FailedMount" | "FailedAttachVolume"
        )
    });
    let message = pod
        .message
        .as_deref()
        .or(event.map(|event| event.message.as_str()))
        .unwrap_or_default();
    let lower = message.to_lowercase();
    let reasons: Vec<&str> = SCHEDULING
        .iter()
        .filter(|(sign, _)| lower.contains(sign))
        .map(|(_, reason)| *reason)
        .collect();
    let age = since(pod.created_at, snapshot.taken_at);
    let asked = pod.cpu_request.map(|cpu| format!("it asks for {cpu} CPU"));
    let memory = pod.memory_request.map(|memory| format!("{memory} memory"));
    let asks: Vec<String> = asked.into_iter().chain(memory).collect();
    let room = nodes::most_room(snapshot)
        .map(|(cpu, memory)| {
            format!(" (the roomiest node has {cpu} CPU and {memory} memory unrequested)")
        })
        .unwrap_or_default();
    let text = match (reasons.first(), pod.node.as_deref()) {
        (Some(reason), _) => format!(
            "it has been pending for {age} because {reason}; {}{room}.",
            asks.join(" and ")
        ),
        (None, Some(node)) => format!(
            "it has been placed on {node} and is still starting after {age} ({}).",
            quote(&pod.status)
        ),
        (None, None) => format!("it has been pending for {age}; the scheduler has not placed it."),
    };
    Cause {
        severity: Severity::Warning,
        text: text.replace("; (", " ("),
        advice: "Lower its requests, free room by scaling something down, or add a node. The scheduler's own words are in the pod's events.".to_owned(),
        command: describe_command(pod),
    }
}

fn lost_node(pod: &Pod) -> Cause {
    Cause {
        severity: Severity::Critical,
        text: format!(
            "its node{} no longer answers, so its state is not known.",
            pod.node
                .as_deref()
                .map(|node| format!(" {node}"))
                .unwrap_or_default()
        ),
        advice: "Look at the nodes first.".to_owned(),
        command: "are all nodes ready?".to_owned(),
    }
}

fn unready(pod: &Pod, snapshot: &ClusterSnapshot) -> Cause {
    let probe = if has_warning(pod, snapshot, "Unhealthy") {
        "its readiness probe fails"
    } else {
        "it runs but does not report ready yet"
    };
    Cause {
        severity: Severity::Warning,
        text: format!(
            "{probe}: {} of {} containers ready, so Services send it no traffic.",
            pod.ready_containers, pod.containers
        ),
        advice: "See what the application logs, and what the probe asks for in the description."
            .to_owned(),
        command: logs_command(pod, false),
    }
}

fn exited(pod: &Pod, snapshot: &ClusterSnapshot) -> Cause {
    let is_liveness = warnings(pod, snapshot).any(|event| {
        event.reason == "Unhealthy" && event.message.to_lowercase().contains("liveness")
    });
    let how = match pod.last_termination.as_deref() {
        _ if is_liveness => "its liveness probe fails and the kubelet restarts it".to_owned(),
        Some("Error") => "its process exits with an error".to_owned(),
        Some("Completed") => {
            "its process ends normally, and a pod of a workload is then started again".to_owned()
        }
        Some(reason) => format!("its container last ended with {}", quote(reason)),
        None => format!("its state is {}", quote(&pod.status)),
    };
    let when = pod
        .last_restart_at
        .map(|at| format!(", the last time {} ago", since(at, snapshot.taken_at)))
        .unwrap_or_default();
    Cause {
        severity: if pod.is_failing() {
            Severity::Critical
        } else {
            Severity::Warning
        },
        text: format!("{how}; it has restarted {}{when}.", times(pod.restarts)),
        advice: "The reason is in the log of the container that ended; for more of it:".to_owned(),
        command: logs_command(pod, pod.restarts > 0),
    }
}

/// Nothing wrong by its state: what use says, for “slow”, and the evidence for “fine”.
pub(super) fn nothing_wrong(
    pod: &Pod,
    question: &Question<'_>,
    snapshot: &ClusterSnapshot,
) -> Cause {
    let workload = pod
        .owner
        .as_ref()
        .and_then(|owner| snapshot.workloads.iter().find(|w| w.reference == *owner));
    if let Some(cause) = workload.and_then(|workload| overloaded(workload, snapshot)) {
        return cause;
    }
    let is_slow = question.concepts.has(Concept::Slow);
    let slow = if is_slow {
        " CPU is below 90 % of the request and memory is below its limit, so the cause lies elsewhere: a dependency, a lock, or the network, which are not measured here."
    } else {
        ""
    };
    let ready = workload
        .map(|w| {
            format!(
                "; {} of {} replicas of its workload are ready",
                w.ready_replicas, w.replicas
            )
        })
        .unwrap_or_default();
    Cause {
        severity: Severity::Ok,
        text: format!(
            "nothing is wrong with it now. It is {}, {} of {} containers ready, {}{ready}.{slow}",
            quote(&pod.status),
            pod.ready_containers,
            pod.containers,
            counted(pod.restarts as usize, "restart"),
        ),
        advice: "If it misbehaves all the same, read what it logs.".to_owned(),
        command: logs_command(pod, false),
    }
}

fn overloaded(workload: &Workload, snapshot: &ClusterSnapshot) -> Option<Cause> {
    let (used, pods) = workload_cpu(snapshot, &workload.reference)?;
    let request = workload.cpu_request?;
    let share = percent(used.0, request.0 * pods as u64).filter(|share| *share >= HIGH_PERCENT)?;
    let reference = &workload.reference;
    let step = replicas::for_more_cpu(reference, snapshot);
    Some(Cause {
        severity: Severity::Warning,
        text: format!(
            "{reference} is short of CPU: its {} use {used}, {share:.0} % of what they request, which makes requests wait.",
            counted(pods, "pod"),
        ),
        advice: step.text,
        command: step.command,
    })
}
