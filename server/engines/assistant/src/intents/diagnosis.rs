//! Why something is wrong: the likely cause from status, last termination, events, limits and use.

use domain::{
    cluster::Severity,
    resources::{Event, Pod, PodPhase, Workload},
    snapshot::ClusterSnapshot,
};

use super::{
    compose::{
        HIGH_PERCENT, Measured, Reply, belongs, counted, describe_command, logs_command, percent,
        place, pod_subject, pods_meant, quote, since,
    },
    lexicon::Concept,
    names::Question,
    nodes, trouble,
    usage::workload_cpu,
};

/// A likely cause and the next step.
struct Cause {
    severity: Severity,
    text: String,
    advice: String,
    command: String,
}

/// “Why is the ledger crashing?”
pub(super) fn answer(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let pods = pods_meant(question, snapshot);
    let Some(pod) = worst(&pods, question, snapshot) else {
        return without_pods(question, snapshot);
    };
    let is_general = question.pods.is_empty() && question.workloads.is_empty();
    if is_general && !is_bad(pod, snapshot) {
        return trouble::answer(question, snapshot);
    }
    let cause = cause_of(pod, snapshot).unwrap_or_else(|| nothing_wrong(pod, question, snapshot));
    let reply = Reply::new(format!("{}: {}", pod_subject(pod), cause.text));
    let reply = evidence(reply, pod, cause.severity, snapshot);
    let reply = siblings(reply, pod, &pods, snapshot);
    reply
        .recommend(cause.advice, cause.command)
        .tool("pods_list")
        .tool("events_list")
        .tool("pods_top")
}

/// The pod that needs explaining most.
fn worst<'a>(
    pods: &[&'a Pod],
    question: &Question<'_>,
    snapshot: &ClusterSnapshot,
) -> Option<&'a Pod> {
    let asks_pending = question.concepts.has(Concept::Pending);
    let asks_crash = question
        .concepts
        .has_any(&[Concept::Crash, Concept::Restarts]);
    let urgency = |pod: &&Pod| {
        let fits = asks_pending && trouble::is_pending(pod) || asks_crash && pod.is_failing();
        let rank = if pod.is_failing() {
            4
        } else if trouble::is_pending(pod) {
            3
        } else if trouble::is_unready(pod) {
            2
        } else {
            u8::from(trouble::has_restarted_lately(pod, snapshot))
        };
        (
            fits,
            rank,
            pod.restarts,
            std::cmp::Reverse(pod.name.clone()),
        )
    };
    pods.iter().copied().max_by_key(urgency)
}

fn is_bad(pod: &Pod, snapshot: &ClusterSnapshot) -> bool {
    pod.is_failing()
        || trouble::is_pending(pod)
        || trouble::is_unready(pod)
        || trouble::has_restarted_lately(pod, snapshot)
}

fn without_pods(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    match question.workloads.first() {
        Some(workload) if workload.replicas.0 == 0 => Reply::new(format!(
            "{} runs no pods because it is scaled to 0 replicas.",
            workload.reference
        ))
        .recommend(
            "Scale it up to start it.",
            super::compose::scale_command(&workload.reference, 1),
        )
        .tool("pods_list"),
        Some(workload) => Reply::new(format!(
            "{} has no pods although {} replicas are asked for; its controller's events say why.",
            workload.reference, workload.replicas
        ))
        .recommend(
            "Look at the workload's events.",
            format!(
                "kubectl describe {} {} --namespace={}",
                workload.reference.kind.as_str().to_ascii_lowercase(),
                workload.reference.name,
                workload.reference.namespace
            ),
        )
        .tool("pods_list"),
        None => trouble::answer(question, snapshot),
    }
}

/// Warning events about a pod or its workload, newest first.
fn warnings<'a>(pod: &'a Pod, snapshot: &'a ClusterSnapshot) -> impl Iterator<Item = &'a Event> {
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

fn cause_of(pod: &Pod, snapshot: &ClusterSnapshot) -> Option<Cause> {
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

fn times(count: u32) -> String {
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
        advice: "The reason is in the log of the container that ended.".to_owned(),
        command: logs_command(pod, pod.restarts > 0),
    }
}

/// Nothing wrong by its state: what use says, for “slow”, and the evidence for “fine”.
fn nothing_wrong(pod: &Pod, question: &Question<'_>, snapshot: &ClusterSnapshot) -> Cause {
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
    Some(Cause {
        severity: Severity::Warning,
        text: format!(
            "{reference} is short of CPU: its {} use {used}, {share:.0} % of what they request, which makes requests wait.",
            counted(pods, "pod"),
        ),
        advice: format!(
            "Give {reference} another replica, or switch on predictive autoscaling for it."
        ),
        command: format!(
            "scale up {} in {} by 1",
            reference.name, reference.namespace
        ),
    })
}

fn evidence(reply: Reply, pod: &Pod, severity: Severity, snapshot: &ClusterSnapshot) -> Reply {
    let status = format!(
        "{}, {} of {} containers ready, {}{}",
        quote(&pod.status),
        pod.ready_containers,
        pod.containers,
        counted(pod.restarts as usize, "restart"),
        pod.node
            .as_deref()
            .map(|node| format!(", on {node}"))
            .unwrap_or_default(),
    );
    let reply = reply.finding(severity, pod_subject(pod), status);
    let reply = match &pod.message {
        Some(message) => reply.finding(Severity::Info, "message", quote(message)),
        None => reply,
    };
    warnings(pod, snapshot).take(3).fold(reply, |reply, event| {
        reply.finding(
            Severity::Warning,
            format!("event {}", quote(&event.reason)),
            format!(
                "{} (seen {}, last {} ago)",
                quote(&event.message),
                times(event.count),
                since(event.last_seen, snapshot.taken_at)
            ),
        )
    })
}

/// Other pods of the same question that are in trouble too.
fn siblings(reply: Reply, pod: &Pod, pods: &[&Pod], snapshot: &ClusterSnapshot) -> Reply {
    let others: Vec<_> = pods
        .iter()
        .filter(|other| {
            (other.name.as_str(), other.namespace.as_str())
                != (pod.name.as_str(), pod.namespace.as_str())
        })
        .filter(|other| is_bad(other, snapshot))
        .collect();
    match others.len() {
        0 => reply,
        count => others.iter().take(5).fold(
            reply.text(format!("{} more in trouble:", counted(count, "pod"))),
            |reply, other| {
                reply.finding(
                    Severity::Warning,
                    pod_subject(other),
                    format!(
                        "{}, {}",
                        quote(&other.status),
                        counted(other.restarts as usize, "restart")
                    ),
                )
            },
        ),
    }
}

/// “What about restarts?”: pods by how often they restarted.
pub(super) fn restarts(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let mut pods: Vec<_> = pods_meant(question, snapshot)
        .into_iter()
        .filter(|pod| pod.restarts > 0)
        .collect();
    pods.sort_by_key(|pod| std::cmp::Reverse(pod.restarts));
    let place = place(question);
    let total: u32 = pods.iter().map(|pod| pod.restarts).sum();
    let Some(first) = pods.first() else {
        return Reply::new(format!("No pod{place} has restarted.")).tool("pods_list");
    };
    let reply = Reply::new(format!(
        "{}{place} restarted, {} in all; most often {} ({}).",
        counted(pods.len(), "pod"),
        counted(total as usize, "restart"),
        pod_subject(first),
        first.restarts
    ));
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
    reply
        .table(&["Pod", "Restarts", "Last", "Ended with", "Status"], cells)
        .recommend(
            "Ask for the likely cause.",
            format!("why is {} restarting in {}?", first.name, first.namespace),
        )
        .tool("pods_list")
}
