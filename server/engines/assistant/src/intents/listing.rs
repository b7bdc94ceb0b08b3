//! Lists and counts: pods, workloads, namespaces, images, and types that only a command can list.

use domain::{
    command::{KubectlCommand, ReadCommand},
    ids::NamespaceScope,
    resources::{Pod, PodPhase, Workload, WorkloadKind},
    snapshot::ClusterSnapshot,
};

use super::{
    compose::{
        Reply, are, counted, get_command, joined, place, pod_subject, pods_meant, print_read,
        quote, scope_meant, since, workloads_meant,
    },
    lexicon::{self, Concept},
    question::Question,
    trouble, usage,
};
use crate::grammar::parse_command;

const fn list_tool(question: &Question<'_>) -> &'static str {
    if question.namespaces.is_empty() {
        "pods_list"
    } else {
        "pods_list_in_namespace"
    }
}

/// Pods that have the state the question asks for; all when it asks for none.
fn by_state<'a>(question: &Question<'_>, pods: Vec<&'a Pod>) -> (Vec<&'a Pod>, &'static str) {
    let keep = |test: fn(&Pod) -> bool| {
        pods.iter()
            .copied()
            .filter(|pod| test(pod))
            .collect::<Vec<_>>()
    };
    let says = |word: &str| {
        (0..question.words.len()).any(|at| question.is_free(at) && question.word(at) == word)
    };
    if question.concepts.has(Concept::Pending) {
        (keep(trouble::is_pending), "pending ")
    } else if question.concepts.has(Concept::Crash) {
        (keep(Pod::is_failing), "failing ")
    } else if question.concepts.has(Concept::Wrong) {
        (
            keep(|pod| pod.is_failing() || trouble::is_unready(pod)),
            "unhealthy ",
        )
    } else if (0..question.words.len()).any(|at| {
        question.is_free(at) && question.word(at) == "running" && question.word(at + 1) != "on"
    }) {
        (
            keep(|pod| pod.phase == PodPhase::Running && !pod.is_failing()),
            "running ",
        )
    } else if says("completed") || says("succeeded") {
        (keep(|pod| pod.phase == PodPhase::Succeeded), "completed ")
    } else {
        (pods, "")
    }
}

/// “Pods on node-1”, “list pods in shop”, “where does the ledger run?”
pub(super) fn pods(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    if question.filters.amount().is_some() {
        return usage::compared(question, snapshot);
    }
    let (pods, state) = by_state(question, pods_meant(question, snapshot));
    let subject = match question.workloads.as_slice() {
        [] => String::new(),
        [one, ..] => format!(" of {}", one.reference.name),
    };
    let nodes: std::collections::BTreeSet<&str> =
        pods.iter().filter_map(|pod| pod.node.as_deref()).collect();
    let nodes: Vec<&str> = nodes.into_iter().collect();
    let spread = match nodes.as_slice() {
        [] => String::new(),
        _ if !question.nodes.is_empty() => String::new(),
        nodes if nodes.len() <= 4 => format!(", on {}", joined(nodes)),
        nodes => format!(", on {} nodes", nodes.len()),
    };
    let reply = Reply::new(format!(
        "{state}{}{subject}{}: {}{spread}.",
        if state.is_empty() { "Pods" } else { "pods" },
        place(question),
        if pods.is_empty() {
            "none".to_owned()
        } else {
            pods.len().to_string()
        }
    ));
    let cells = pods.iter().map(|pod| pod_cells(pod, snapshot)).collect();
    capitalised(reply)
        .table(
            &["Pod", "Ready", "Status", "Restarts", "Node", "Age"],
            cells,
        )
        .tool(list_tool(question))
}

/// The first letter of an answer in upper case.
fn capitalised(mut reply: Reply) -> Reply {
    if let Some(domain::chat::Block::Text { text }) = reply.blocks.first_mut()
        && let Some(first) = text.get(..1)
    {
        *text = format!("{}{}", first.to_uppercase(), &text[1..]);
    }
    reply
}

fn pod_cells(pod: &Pod, snapshot: &ClusterSnapshot) -> Vec<String> {
    vec![
        pod_subject(pod),
        format!("{}/{}", pod.ready_containers, pod.containers),
        quote(&pod.status),
        pod.restarts.to_string(),
        pod.node.clone().unwrap_or_else(|| "none".to_owned()),
        since(pod.created_at, snapshot.taken_at),
    ]
}

fn kinds_meant(question: &Question<'_>) -> Vec<WorkloadKind> {
    [
        (Concept::Deployment, WorkloadKind::Deployment),
        (Concept::StatefulSet, WorkloadKind::StatefulSet),
        (Concept::DaemonSet, WorkloadKind::DaemonSet),
    ]
    .into_iter()
    .filter(|(concept, _)| question.concepts.has(*concept))
    .map(|(_, kind)| kind)
    .collect()
}

fn workloads_of_kinds<'a>(
    question: &Question<'a>,
    snapshot: &'a ClusterSnapshot,
) -> (Vec<&'a Workload>, String) {
    let kinds = kinds_meant(question);
    let workloads = workloads_meant(question, snapshot)
        .into_iter()
        .filter(|workload| kinds.is_empty() || kinds.contains(&workload.reference.kind))
        .collect();
    let word = match kinds.as_slice() {
        [kind] => kind.as_str().to_ascii_lowercase(),
        _ => "workload".to_owned(),
    };
    (workloads, word)
}

/// “List the deployments in shop”.
pub(super) fn workloads(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let (workloads, word) = workloads_of_kinds(question, snapshot);
    let short = workloads
        .iter()
        .filter(|w| w.ready_replicas < w.replicas)
        .count();
    let state = match short {
        _ if workloads.is_empty() => String::new(),
        0 => ", all with their replicas ready".to_owned(),
        short => format!(", {short} short of replicas"),
    };
    let reply = Reply::new(format!(
        "There {} {}{}{state}.",
        are(workloads.len()),
        counted(workloads.len(), &word),
        place(question)
    ));
    let cells = workloads
        .iter()
        .map(|workload| {
            vec![
                workload.reference.to_string(),
                workload.reference.kind.to_string(),
                format!("{}/{}", workload.ready_replicas, workload.replicas),
                quote(&workload.images.join(", ")),
                since(workload.created_at, snapshot.taken_at),
            ]
        })
        .collect();
    reply
        .table(&["Workload", "Kind", "Ready", "Images", "Age"], cells)
        .tool("resources_list")
}

/// “Which namespaces are there?”
pub(super) fn namespaces(snapshot: &ClusterSnapshot) -> Reply {
    let reply = Reply::new(format!(
        "There {} {}.",
        are(snapshot.namespaces.len()),
        counted(snapshot.namespaces.len(), "namespace")
    ));
    let cells = snapshot
        .namespaces
        .iter()
        .map(|name| {
            let pods = snapshot.pods.iter().filter(|pod| pod.namespace == *name);
            let failing = pods.clone().filter(|pod| pod.is_failing()).count();
            let workloads = snapshot
                .workloads
                .iter()
                .filter(|w| w.reference.namespace.as_str() == name)
                .count();
            vec![
                name.clone(),
                workloads.to_string(),
                pods.count().to_string(),
                failing.to_string(),
            ]
        })
        .collect();
    reply
        .table(&["Namespace", "Workloads", "Pods", "Failing pods"], cells)
        .tool("namespaces_list")
}

/// “How many pods are running in shop?”
pub(super) fn count(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let concepts = question.concepts;
    if concepts.has(Concept::OtherKind) {
        return other_kinds(question, snapshot);
    }
    if concepts.has(Concept::Replicas) && !question.workloads.is_empty() {
        return replicas(question);
    }
    if concepts.has(Concept::Pod) {
        return count_pods(question, snapshot);
    }
    if concepts.has(Concept::Node) {
        let ready = snapshot.nodes.iter().filter(|node| node.ready).count();
        return Reply::new(format!(
            "{}, {ready} of them ready.",
            counted(snapshot.nodes.len(), "node")
        ))
        .tool("nodes_top");
    }
    if concepts.has(Concept::Hpa) {
        return Reply::new(format!(
            "{}.",
            counted(snapshot.autoscalers.len(), "horizontal pod autoscaler")
        ))
        .tool("resources_list");
    }
    if concepts.has(Concept::Namespace) && question.namespaces.is_empty() {
        return namespaces(snapshot);
    }
    if concepts.has(Concept::Service) {
        return other_kinds(question, snapshot);
    }
    count_workloads(question, snapshot)
}

fn count_workloads(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let place = place(question);
    let (workloads, word) = workloads_of_kinds(question, snapshot);
    let reply = Reply::new(format!("{}{place}.", counted(workloads.len(), &word)));
    if question.namespaces.is_empty() && word == "workload" {
        let of = |kind| {
            workloads
                .iter()
                .filter(|w| w.reference.kind == kind)
                .count()
        };
        return reply
            .text(format!(
                "{}, {} and {}.",
                counted(of(WorkloadKind::Deployment), "deployment"),
                counted(of(WorkloadKind::StatefulSet), "stateful set"),
                counted(of(WorkloadKind::DaemonSet), "daemon set")
            ))
            .tool("resources_list");
    }
    reply.tool("resources_list")
}

fn count_pods(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let (pods, state) = by_state(question, pods_meant(question, snapshot));
    let reply = Reply::new(format!(
        "{} {state}{}{}.",
        pods.len(),
        if pods.len() == 1 { "pod" } else { "pods" },
        place(question)
    ))
    .tool(list_tool(question));
    if state.is_empty() {
        return reply.text(states(&pods));
    }
    let cells = pods.iter().map(|pod| pod_cells(pod, snapshot)).collect();
    reply.table(
        &["Pod", "Ready", "Status", "Restarts", "Node", "Age"],
        cells,
    )
}

fn states(pods: &[&Pod]) -> String {
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for pod in pods {
        *counts.entry(quote(&pod.status)).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let words: Vec<_> = counts
        .iter()
        .map(|(status, count)| format!("{count} {status}"))
        .collect();
    format!("By status: {}.", words.join(", "))
}

fn replicas(question: &Question<'_>) -> Reply {
    let words: Vec<_> = question
        .workloads
        .iter()
        .map(|w| {
            format!(
                "{} has {} of {} replicas ready",
                w.reference, w.ready_replicas, w.replicas
            )
        })
        .collect();
    Reply::new(format!("{}.", joined(&words))).tool("resources_list")
}

/// “Which images are in use?”
pub(super) fn images(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let workloads = workloads_meant(question, snapshot);
    let mut used = std::collections::BTreeMap::<&str, Vec<String>>::new();
    for workload in &workloads {
        for image in &workload.images {
            used.entry(image)
                .or_default()
                .push(workload.reference.to_string());
        }
    }
    let text = match (workloads.as_slice(), question.workloads.len()) {
        ([one], 1) => format!("{} runs {}.", one.reference, quote(&one.images.join(", "))),
        _ => format!(
            "{} in use by {}{}.",
            counted(used.len(), "image"),
            counted(workloads.len(), "workload"),
            place(question)
        ),
    };
    let cells = used
        .iter()
        .map(|(image, users)| vec![quote(image), users.join(", ")])
        .collect();
    let unpinned = used
        .keys()
        .filter(|image| {
            image.ends_with(":latest")
                || !image
                    .rsplit('/')
                    .next()
                    .unwrap_or(image)
                    .contains([':', '@'])
        })
        .count();
    let reply = Reply::new(text).table(&["Image", "Used by"], cells);
    match unpinned {
        0 => reply,
        count => reply.recommend(
            format!("{} by the tag latest or by none: what runs can change without a rollout. Name a version.", if count == 1 { "1 image is named".to_owned() } else { format!("{count} images are named") }),
            "",
        ),
    }
    .tool("resources_list")
}

/// Services, ingresses and whatever else is not in the snapshot: a command lists them.
pub(super) fn other_kinds(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let words: Vec<&str> = question.words.iter().map(String::as_str).collect();
    let kind = lexicon::other_kind(&words).unwrap_or("services");
    let is_cluster_wide = matches!(
        kind,
        "persistentvolumes" | "storageclasses" | "customresourcedefinitions"
    );
    let scope = (!is_cluster_wide).then(|| scope_meant(question));
    run_listing(kind, scope, snapshot)
}

fn run_listing(kind: &str, scope: Option<NamespaceScope>, snapshot: &ClusterSnapshot) -> Reply {
    let place = match &scope {
        Some(NamespaceScope::One(name)) => format!(" in {name}"),
        Some(NamespaceScope::All) => " in all namespaces".to_owned(),
        None => String::new(),
    };
    let command = get_command(kind, scope);
    let line = print_read(&command);
    Reply::new(format!(
        "The {kind}{place}, as {line} lists them (asked at {} UTC):",
        snapshot.taken_at.clock()
    ))
    .running(command)
    .tool("resources_list")
}

/// “Which Kubernetes version is this?”
pub(super) fn version(snapshot: &ClusterSnapshot) -> Reply {
    let versions: std::collections::BTreeSet<&str> = snapshot
        .nodes
        .iter()
        .map(|node| node.version.as_str())
        .collect();
    let versions: Vec<&str> = versions.into_iter().collect();
    let text = if versions.is_empty() {
        "The API server's version:".to_owned()
    } else {
        format!(
            "The nodes run kubelet {}; the API server's own version:",
            joined(&versions)
        )
    };
    Reply::new(text)
        .running(ReadCommand::Version)
        .tool("nodes_top")
}

/// A read command from its line; for lines built from names of the cluster that may not be names at all.
pub(super) fn read_command(line: &str) -> Option<ReadCommand> {
    match parse_command(line)? {
        Ok(KubectlCommand::Read(command)) => Some(command),
        Ok(KubectlCommand::Write(_)) | Err(_) => None,
    }
}
