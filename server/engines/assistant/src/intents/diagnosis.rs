//! Why something is wrong: the pod that needs explaining, its likely cause and the evidence for it.
//!
//! The causes themselves are in [`causes`](super::causes).

use domain::{cluster::Severity, resources::Pod, snapshot::ClusterSnapshot};

use super::{
    causes::{cause_of, nothing_wrong, times, warnings},
    compose::{Reply, are, counted, pod_subject, pods_meant, quote, since},
    last_words,
    lexicon::Concept,
    listing::read_command,
    question::Question,
    trouble,
};

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
    let reply = match cause.severity {
        Severity::Ok | Severity::Info => reply,
        Severity::Warning | Severity::Critical => with_log(reply, &cause.command),
    };
    reply
        .recommend(cause.advice, cause.command)
        .tool("pods_list")
        .tool("events_list")
        .tool("pods_top")
}

/// Asks for the log that the cause's next step would show, and for the line in it that tells why.
fn with_log(reply: Reply, command: &str) -> Reply {
    let Some((command, words)) = read_command(command).and_then(last_words::of) else {
        return reply;
    };
    let mut reply = reply.running(command).tool("pods_log");
    reply.settings = Some(words.into());
    reply
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
    let waits = trouble::is_pending(pod) || trouble::is_unready(pod);
    pod.is_failing()
        || waits && !trouble::is_starting(pod, snapshot)
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
            "{} has no pods although {} {} asked for; its controller's events say why.",
            workload.reference,
            counted(workload.replicas.0 as usize, "replica"),
            are(workload.replicas.0 as usize)
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
