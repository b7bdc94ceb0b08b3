//! What is wrong, and how everything is.

use domain::{
    cluster::Severity,
    resources::{Pod, PodPhase, Workload},
    snapshot::ClusterSnapshot,
};

use super::{
    compose::{
        HIGH_PERCENT, Measured, Reply, are, belongs, counted, joined, percent, place, pod_subject,
        pods_meant, quote, since, workloads_meant,
    },
    lexicon::Concept,
    question::Question,
};

/// Restarts within this time count as trouble, in seconds.
const RECENT_SECONDS: i64 = 3600;
/// A pod younger than this, in seconds, is starting and not in trouble. Kubernetes aims to start a pod within 5 s where
/// its image is present already (SIG Scalability, “Pod startup latency SLO”); a minute leaves time to pull one and to
/// pass a first readiness probe. The overview's list has the same patience.
const START_SECONDS: i64 = 60;

/// One thing somebody should look at.
struct Trouble {
    severity: Severity,
    subject: String,
    text: String,
    question: String,
}

/// Whether a pod waits to be placed or started.
pub(super) fn is_pending(pod: &Pod) -> bool {
    pod.phase == PodPhase::Pending && !pod.is_failing()
}

/// Whether a pod runs and is not ready.
pub(super) fn is_unready(pod: &Pod) -> bool {
    pod.phase == PodPhase::Running && pod.ready_containers < pod.containers && !pod.is_failing()
}

/// Whether a pod has only just been made and nothing speaks against it: no container has ended, and neither the
/// scheduler nor the kubelet has complained.
pub(super) fn is_starting(pod: &Pod, snapshot: &ClusterSnapshot) -> bool {
    let is_young = snapshot.taken_at.seconds_since(pod.created_at) < START_SECONDS;
    let has_complaint = pod.message.is_some()
        || snapshot.events.iter().any(|event| {
            event.is_warning() && event.namespace == pod.namespace && event.object_name == pod.name
        });
    (is_pending(pod) || is_unready(pod)) && is_young && pod.restarts == 0 && !has_complaint
}

/// Whether a pod restarted within the last hour.
pub(super) fn has_restarted_lately(pod: &Pod, snapshot: &ClusterSnapshot) -> bool {
    pod.last_restart_at
        .is_some_and(|at| snapshot.taken_at.seconds_since(at) <= RECENT_SECONDS)
}

/// What is wrong within the question's scope, most urgent first.
fn troubles(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Vec<Trouble> {
    let mut found = Vec::new();
    if question.namespaces.is_empty() && question.workloads.is_empty() && question.pods.is_empty() {
        found.extend(node_troubles(snapshot));
    }
    let pods = pods_meant(question, snapshot);
    found.extend(pods.iter().filter_map(|pod| pod_trouble(pod, snapshot)));
    found.extend(pods.iter().filter_map(|pod| memory_trouble(pod, snapshot)));
    found.extend(
        workloads_meant(question, snapshot)
            .into_iter()
            .filter_map(|workload| workload_trouble(workload, &pods)),
    );
    found.sort_by_key(|trouble| std::cmp::Reverse(trouble.severity));
    found
}

fn node_troubles(snapshot: &ClusterSnapshot) -> impl Iterator<Item = Trouble> + '_ {
    snapshot
        .nodes
        .iter()
        .filter(|node| !node.ready)
        .map(|node| Trouble {
            severity: Severity::Critical,
            subject: node.name.clone(),
            text: "the node is not ready".to_owned(),
            question: format!("what is wrong with node {}?", node.name),
        })
}

fn pod_trouble(pod: &Pod, snapshot: &ClusterSnapshot) -> Option<Trouble> {
    if is_starting(pod, snapshot) {
        return None;
    }
    let age = since(pod.created_at, snapshot.taken_at);
    let (severity, text) = if pod.is_failing() {
        let ended = pod
            .last_termination
            .as_deref()
            .map(|reason| format!(", last ended with {}", quote(reason)))
            .unwrap_or_default();
        let text = format!(
            "{}, {}{ended}",
            quote(&pod.status),
            counted(pod.restarts as usize, "restart")
        );
        (Severity::Critical, text)
    } else if is_pending(pod) {
        let why = pod
            .message
            .as_deref()
            .map(|message| format!(": {}", quote(message)))
            .unwrap_or_default();
        (
            Severity::Warning,
            format!("{} for {age}{why}", quote(&pod.status)),
        )
    } else if is_unready(pod) {
        let text = format!(
            "running, but {} of {} containers ready",
            pod.ready_containers, pod.containers
        );
        (Severity::Warning, text)
    } else if has_restarted_lately(pod, snapshot) {
        let when = pod
            .last_restart_at
            .map(|at| since(at, snapshot.taken_at))
            .unwrap_or_default();
        let why = pod
            .last_termination
            .as_deref()
            .map_or_else(String::new, |reason| format!(" after {}", quote(reason)));
        let text = format!(
            "restarted {when} ago{why}, {} in all",
            counted(pod.restarts as usize, "restart")
        );
        (Severity::Warning, text)
    } else {
        return None;
    };
    Some(Trouble {
        severity,
        subject: pod_subject(pod),
        text,
        question: format!("why is {} failing in {}?", pod.name, pod.namespace),
    })
}

fn memory_trouble(pod: &Pod, snapshot: &ClusterSnapshot) -> Option<Trouble> {
    let used = Measured::of(snapshot).ok()?.pod(pod)?.memory;
    let limit = pod.memory_limit?;
    let share = percent(used.0, limit.0).filter(|share| *share >= HIGH_PERCENT)?;
    Some(Trouble {
        severity: Severity::Warning,
        subject: pod_subject(pod),
        text: format!(
            "{used} of its {limit} memory limit in use ({share:.0} %): at the limit it is killed"
        ),
        question: format!(
            "how much memory does {} use in {}?",
            pod.name, pod.namespace
        ),
    })
}

/// A workload short of replicas whose pods do not already say why.
fn workload_trouble(workload: &Workload, pods: &[&Pod]) -> Option<Trouble> {
    let is_short = workload.ready_replicas < workload.replicas;
    let is_explained = pods.iter().any(|pod| {
        belongs(pod, &workload.reference)
            && (pod.is_failing() || is_pending(pod) || is_unready(pod))
    });
    (is_short && !is_explained).then(|| Trouble {
        severity: Severity::Warning,
        subject: workload.reference.to_string(),
        text: format!(
            "{} of {} replicas ready",
            workload.ready_replicas, workload.replicas
        ),
        question: format!(
            "why is {} not ready in {}?",
            workload.reference.name, workload.reference.namespace
        ),
    })
}

/// “What is wrong?”, “any crashing pods in payments?”, “which pods are pending?”
pub(super) fn answer(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let only_pending = question.concepts.has(Concept::Pending)
        && !question.concepts.has_any(&[Concept::Wrong, Concept::Crash]);
    if only_pending {
        return pending(question, snapshot);
    }
    let troubles = troubles(question, snapshot);
    let place = place(question);
    if troubles.is_empty() {
        return healthy(question, snapshot);
    }
    let critical = troubles
        .iter()
        .filter(|trouble| trouble.severity == Severity::Critical)
        .count();
    let reply = Reply::new(format!(
        "I found {}{place} to look at, {} (as of {} UTC).",
        counted(troubles.len(), "thing"),
        critical_in_words(critical, troubles.len()),
        snapshot.taken_at.clock()
    ));
    listed(reply, &troubles)
        .tool("pods_list")
        .tool("events_list")
}

fn critical_in_words(critical: usize, all: usize) -> String {
    match (critical, all) {
        (0, 1) => "and it is not critical".to_owned(),
        (_, 1) => "and it is critical".to_owned(),
        (0, _) => "none of them critical".to_owned(),
        (critical, all) if critical == all => "all of them critical".to_owned(),
        (critical, _) => format!("{critical} of them critical"),
    }
}

fn listed(reply: Reply, troubles: &[Trouble]) -> Reply {
    let reply = troubles.iter().take(12).fold(reply, |reply, trouble| {
        reply.finding(
            trouble.severity,
            trouble.subject.as_str(),
            trouble.text.as_str(),
        )
    });
    let reply = match troubles.len().saturating_sub(12) {
        0 => reply,
        more => reply.text(format!("… and {more} more.")),
    };
    match troubles.first() {
        Some(first) => reply.recommend(
            format!("Begin with {}: ask for its likely cause.", first.subject),
            first.question.as_str(),
        ),
        None => reply,
    }
}

fn healthy(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let pods = pods_meant(question, snapshot);
    let running = pods
        .iter()
        .filter(|pod| pod.phase == PodPhase::Running)
        .count();
    Reply::new(format!(
        "Nothing is wrong{} that I can see: {running} of {} running, none failing, pending or restarted in the last hour (as of {} UTC).",
        place(question),
        counted(pods.len(), "pod"),
        snapshot.taken_at.clock()
    ))
    .tool("pods_list")
    .tool("events_list")
}

fn pending(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let pods: Vec<_> = pods_meant(question, snapshot)
        .into_iter()
        .filter(|pod| is_pending(pod))
        .collect();
    let (starting, waiting): (Vec<&Pod>, Vec<&Pod>) =
        pods.iter().partition(|pod| is_starting(pod, snapshot));
    let troubles: Vec<_> = waiting
        .into_iter()
        .filter_map(|pod| pod_trouble(pod, snapshot))
        .collect();
    let reply = Reply::new(format!(
        "{} {} pending{}.",
        match pods.len() {
            0 => "No pod".to_owned(),
            count => counted(count, "pod"),
        },
        are(pods.len().max(1)),
        place(question)
    ));
    let reply = starting.into_iter().take(5).fold(reply, |reply, pod| {
        let age = since(pod.created_at, snapshot.taken_at);
        let text = format!("{}, made {age} ago: it is starting", quote(&pod.status));
        reply.finding(Severity::Info, pod_subject(pod), text)
    });
    listed(reply, &troubles).tool("pods_list")
}

/// “Is everything OK?”
pub(super) fn health(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let pods = pods_meant(question, snapshot);
    let troubles = troubles(question, snapshot);
    let critical = troubles
        .iter()
        .filter(|trouble| trouble.severity == Severity::Critical)
        .count();
    let verdict = match (critical, troubles.len()) {
        (0, 0) => "is healthy",
        (0, _) => "is running with warnings",
        _ => "needs attention",
    };
    let subject = match question.namespaces.as_slice() {
        [] => "The cluster".to_owned(),
        [one] => format!("Namespace {one}"),
        several => format!("The namespaces {}", joined(several)),
    };
    let reply = Reply::new(format!(
        "{subject} {verdict}: {}{} (as of {} UTC).",
        pods_in_words(&pods),
        nodes_in_words(question, snapshot),
        snapshot.taken_at.clock()
    ));
    let reply = if troubles.is_empty() {
        reply.finding(Severity::Ok, "", "no pod failing, pending or restarted in the last hour; every workload has its replicas")
    } else {
        reply
    };
    listed(reply, &troubles)
        .tool("pods_list")
        .tool("nodes_top")
        .tool("events_list")
}

fn pods_in_words(pods: &[&Pod]) -> String {
    let count = |test: fn(&Pod) -> bool| pods.iter().filter(|pod| test(pod)).count();
    let running = count(|pod| pod.phase == PodPhase::Running && !pod.is_failing());
    let others: Vec<_> = [
        (count(Pod::is_failing), "failing"),
        (count(is_pending), "pending"),
        (count(is_unready), "not ready"),
        (count(|pod| pod.phase == PodPhase::Succeeded), "completed"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    let rest = if others.is_empty() {
        String::new()
    } else {
        format!(" ({})", others.join(", "))
    };
    format!("{running} of {} running{rest}", counted(pods.len(), "pod"))
}

fn nodes_in_words(question: &Question<'_>, snapshot: &ClusterSnapshot) -> String {
    if !question.namespaces.is_empty() || snapshot.nodes.is_empty() {
        return String::new();
    }
    let ready = snapshot.nodes.iter().filter(|node| node.ready).count();
    format!(
        ", {ready} of {} ready",
        counted(snapshot.nodes.len(), "node")
    )
}
