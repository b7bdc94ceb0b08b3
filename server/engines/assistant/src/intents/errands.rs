//! Things a command answers best: logs and descriptions, with what the snapshot already says.

use domain::{
    cluster::Severity,
    resources::{Event, Pod, Workload, WorkloadKind},
    snapshot::ClusterSnapshot,
};

use super::{
    compose::{Reply, belongs, counted, place, pod_subject, pods_meant, quote, since},
    guidance,
    lexicon::Concept,
    listing::read_command,
    nodes,
    question::Question,
    trouble,
};

/// “Show me the logs of the ledger”.
pub(super) fn logs(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    if question.pods.is_empty() && question.workloads.is_empty() {
        return whose_logs(question, snapshot);
    }
    if question.workloads.len() > 1 && question.pods.is_empty() {
        return which(question, "Whose logs?", |workload| {
            format!(
                "logs of {} in {}",
                workload.reference.name, workload.reference.namespace
            )
        });
    }
    let pods = pods_meant(question, snapshot);
    let Some(pod) = pods
        .iter()
        .copied()
        .max_by_key(|pod| (pod.is_failing(), pod.restarts, std::cmp::Reverse(&pod.name)))
    else {
        return Reply::failed("It runs no pods, so there are no logs.").tool("pods_log");
    };
    let asks_before = question
        .words
        .iter()
        .any(|word| matches!(word.as_str(), "previous" | "crashed" | "before"));
    let previous = pod.restarts > 0 && (pod.is_failing() || asks_before);
    let (extent, flag) = log_extent(question);
    let mut line = format!(
        "kubectl logs {} --namespace={} {flag}",
        pod.name, pod.namespace
    );
    if previous {
        line.push_str(" --previous");
    }
    let which = match (pods.len(), previous) {
        (1, false) => String::new(),
        (1, true) => ", of the container before its last restart".to_owned(),
        (count, previous) => format!(
            ", one of {}{}",
            counted(count, "pod"),
            if previous {
                ", of the container before its last restart"
            } else {
                ""
            }
        ),
    };
    let reply = Reply::new(format!("{extent} of {}{which}:", pod_subject(pod))).tool("pods_log");
    match read_command(&line) {
        Some(command) => reply.running(command),
        None => reply,
    }
}

/// How much of a log is asked for, in words and as a flag.
fn log_extent(question: &Question<'_>) -> (String, String) {
    if let Some(since) = question.filters.since {
        return (
            format!("The log of the last {}", since.human()),
            format!("--since={}s", since.0),
        );
    }
    let lines = question
        .numbers
        .first()
        .copied()
        .filter(|n| (1..=500).contains(n))
        .unwrap_or(100);
    (format!("The last {lines} lines"), format!("--tail={lines}"))
}

fn whose_logs(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    if let Some(unknown) = question.unknown.first() {
        return guidance::unknown_name(unknown, question, snapshot);
    }
    let mut pods = pods_meant(question, snapshot);
    pods.sort_by_key(|pod| !pod.is_failing());
    let options = pods
        .into_iter()
        .take(5)
        .map(|pod| {
            (
                pod_subject(pod),
                format!("logs of {} in {}", pod.name, pod.namespace),
            )
        })
        .collect();
    Reply::failed(format!(
        "Logs belong to a pod; which one{}?",
        place(question)
    ))
    .choice("Whose logs?", options)
}

/// Choices between workloads of one name.
fn which(question: &Question<'_>, ask: &str, message: impl Fn(&Workload) -> String) -> Reply {
    let options = question
        .workloads
        .iter()
        .map(|workload| {
            (
                format!("{} ({})", workload.reference, workload.reference.kind),
                message(workload),
            )
        })
        .collect();
    Reply::new(format!(
        "There are {} of that name.",
        counted(question.workloads.len(), "workload")
    ))
    .choice(ask, options)
}

/// “Tell me about the storefront”.
pub(super) fn details(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    if let ([], [], [node]) = (
        question.workloads.as_slice(),
        question.pods.as_slice(),
        question.nodes.as_slice(),
    ) {
        let reply = nodes::overview(question, snapshot);
        return described(
            reply,
            &format!("kubectl describe node {}", node.name),
            question,
        );
    }
    match (question.pods.as_slice(), question.workloads.as_slice()) {
        ([pod, ..], _) => pod_details(pod, question, snapshot),
        ([], [one]) if question.words.iter().any(|word| word == "pod") => {
            details_of_its_pod(one, question, snapshot)
        }
        ([], [one]) => workload_details(one, question, snapshot),
        ([], []) => guidance::fallback(question, snapshot),
        ([], _) => which(question, "Which one?", |workload| {
            format!(
                "tell me about {} in {}",
                workload.reference.name, workload.reference.namespace
            )
        }),
    }
}

/// “Describe the spark-driver pod”: the workload's one pod, or which of several.
fn details_of_its_pod(
    workload: &Workload,
    question: &Question<'_>,
    snapshot: &ClusterSnapshot,
) -> Reply {
    let mut pods = pods_meant(question, snapshot);
    pods.sort_by_key(|pod| !pod.is_failing());
    match pods.as_slice() {
        [] => workload_details(workload, question, snapshot),
        [pod] => pod_details(pod, question, snapshot),
        several => {
            let option = |pod: &&Pod| {
                let label = format!("{} ({})", pod_subject(pod), quote(&pod.status));
                (
                    label,
                    format!("describe pod {} in {}", pod.name, pod.namespace),
                )
            };
            Reply::new(format!(
                "{} has {}.",
                workload.reference,
                counted(several.len(), "pod")
            ))
            .choice("Which one?", several.iter().take(8).map(option).collect())
            .tool("pods_list_in_namespace")
        }
    }
}

/// Adds the description when it was asked for by name.
fn described(reply: Reply, line: &str, question: &Question<'_>) -> Reply {
    if question.concepts.has(Concept::Describe)
        && let Some(command) = read_command(line)
    {
        return reply.running(command);
    }
    reply.recommend("For everything the cluster knows about it:", line)
}

fn workload_details(
    workload: &Workload,
    question: &Question<'_>,
    snapshot: &ClusterSnapshot,
) -> Reply {
    let reference = &workload.reference;
    let age = since(workload.created_at, snapshot.taken_at);
    let state = if workload.ready_replicas < workload.replicas {
        Severity::Warning
    } else {
        Severity::Ok
    };
    let images = quote(&workload.images.join(", "));
    let reply = Reply::new(format!(
        "{reference} is a {} with {} of {} replicas ready, running {images}, {age} old.",
        reference.kind, workload.ready_replicas, workload.replicas
    ))
    .finding(
        state,
        reference.to_string(),
        format!(
            "{} of {} replicas ready, {} updated",
            workload.ready_replicas, workload.replicas, workload.updated_replicas
        ),
    );
    let requests = match (workload.cpu_request, workload.memory_request) {
        (Some(cpu), Some(memory)) => format!("each pod requests {cpu} CPU and {memory} memory"),
        _ => "not every container has requests, so its pods may be starved or evicted first"
            .to_owned(),
    };
    let limit = workload.memory_limit.map_or_else(
        || ", no memory limit".to_owned(),
        |limit| format!(", memory limit {limit}"),
    );
    let reply = reply.finding(Severity::Info, "requests", format!("{requests}{limit}"));
    let cells = snapshot
        .pods
        .iter()
        .filter(|pod| belongs(pod, reference))
        .map(|pod| {
            vec![
                pod.name.clone(),
                quote(&pod.status),
                pod.restarts.to_string(),
                pod.node.clone().unwrap_or_else(|| "none".to_owned()),
            ]
        })
        .collect();
    let reply = reply
        .table(&["Pod", "Status", "Restarts", "Node"], cells)
        .tool("resources_get")
        .tool("pods_list_in_namespace");
    let line = format!(
        "kubectl describe {} {} --namespace={}",
        kind_word(reference.kind),
        reference.name,
        reference.namespace
    );
    described(reply, &line, question)
}

/// The kind as kubectl takes it.
pub(super) const fn kind_word(kind: WorkloadKind) -> &'static str {
    match kind {
        WorkloadKind::Deployment => "deployment",
        WorkloadKind::StatefulSet => "statefulset",
        WorkloadKind::DaemonSet => "daemonset",
    }
}

fn pod_details(pod: &Pod, question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let owner = pod
        .owner
        .as_ref()
        .map(|owner| format!(", a pod of {} {}", owner.kind, owner.name))
        .unwrap_or_default();
    let node = pod
        .node
        .as_deref()
        .map(|node| format!(" on {node}"))
        .unwrap_or_default();
    let severity = if pod.is_failing() {
        Severity::Critical
    } else if trouble::is_pending(pod) || trouble::is_unready(pod) {
        Severity::Warning
    } else {
        Severity::Ok
    };
    let mut reply = Reply::new(format!(
        "{}{owner}, is {}{node}: {} of {} containers ready, {}, {} old.",
        pod_subject(pod),
        quote(&pod.status),
        pod.ready_containers,
        pod.containers,
        counted(pod.restarts as usize, "restart"),
        since(pod.created_at, snapshot.taken_at)
    ))
    .finding(severity, pod_subject(pod), quote(&pod.status));
    if let Some(message) = &pod.message {
        reply = reply.finding(Severity::Info, "message", quote(message));
    }
    described(
        reply.tool("pods_get"),
        &format!(
            "kubectl describe pod {} --namespace={}",
            pod.name, pod.namespace
        ),
        question,
    )
}

/// “Recent warnings”, “events of the ledger”.
pub(super) fn events(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let only_warnings = question.concepts.has(Concept::Warning);
    let names = names_meant(question);
    let found = events_meant(question, &names, snapshot);
    let what = if only_warnings {
        "warning event"
    } else {
        "event"
    };
    let about = if names.is_empty() {
        String::new()
    } else {
        format!(" about {}", super::compose::joined(&names))
    };
    let Some(newest) = found.first() else {
        return Reply::new(format!(
            "There are no {what}s{about}{} in the cluster's memory; it usually keeps events for one hour.",
            place(question)
        ))
        .tool("events_list");
    };
    let warnings = found.iter().filter(|event| event.is_warning()).count();
    let share = if only_warnings {
        String::new()
    } else {
        format!(", {warnings} of them warnings")
    };
    let reply = Reply::new(format!(
        "{}{about}{}{share}; the newest is {} ago.",
        counted(found.len(), what),
        place(question),
        since(newest.last_seen, snapshot.taken_at)
    ));
    let cells = found
        .iter()
        .map(|event| event_cells(event, snapshot))
        .collect();
    reply
        .table(
            &["Last seen", "Type", "Reason", "Object", "Message", "Count"],
            cells,
        )
        .tool("events_list")
}

fn event_cells(event: &Event, snapshot: &ClusterSnapshot) -> Vec<String> {
    vec![
        since(event.last_seen, snapshot.taken_at),
        event.kind.clone(),
        quote(&event.reason),
        format!("{}/{}", event.namespace, quote(&event.object_name)),
        quote(&event.message),
        event.count.to_string(),
    ]
}

/// Names of what a question is about.
pub(super) fn names_meant<'a>(question: &Question<'a>) -> Vec<&'a str> {
    let workloads = question.workloads.iter().map(|w| w.reference.name.as_str());
    workloads
        .chain(question.pods.iter().map(|pod| pod.name.as_str()))
        .chain(question.nodes.iter().map(|node| node.name.as_str()))
        .collect()
}

/// Events about `names` or their pods, or all within the question's namespaces.
pub(super) fn events_meant<'a>(
    question: &Question<'a>,
    names: &[&str],
    snapshot: &'a ClusterSnapshot,
) -> Vec<&'a Event> {
    let only_warnings = question.concepts.has(Concept::Warning);
    let pods = pods_meant(question, snapshot);
    let is_about = |event: &Event| {
        names.is_empty()
            || names.contains(&event.object_name.as_str())
            || pods.iter().any(|pod| pod.name == event.object_name)
    };
    let is_inside = |event: &Event| {
        question.namespaces.is_empty() || question.namespaces.contains(&event.namespace.as_str())
    };
    snapshot
        .events
        .iter()
        .filter(|event| !only_warnings || event.is_warning())
        .filter(|event| question.filters.has_namespace(&event.namespace))
        .filter(|event| {
            let age = snapshot.taken_at.seconds_since(event.last_seen);
            question.filters.since.is_none_or(|since| age <= since.0)
        })
        .filter(|event| is_inside(event) && is_about(event))
        .collect()
}
