//! What runs on the busiest node.

use domain::{resources::Node, snapshot::ClusterSnapshot, units::MilliCores};

use super::{
    compose::{Measured, Reply, age_of, counted, pod_subject, quote},
    lexicon::Concept,
    nodes::{self, Load},
    question::Question,
};

/// “Which pods are on the busiest node?”; `None` where no node is described so, or its pods are not asked for.
pub(super) fn answer(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Option<Reply> {
    let asks_pods = question
        .concepts
        .has_any(&[Concept::Pod, Concept::Workload])
        || question
            .words
            .iter()
            .any(|word| matches!(word.as_str(), "run" | "runs" | "running" | "on"));
    if !describes_busiest(question) || !asks_pods || !question.nodes.is_empty() {
        return None;
    }
    let nodes: Vec<&Node> = snapshot.nodes.iter().collect();
    let is_memory = question.concepts.has(Concept::Memory) && !question.concepts.has(Concept::Cpu);
    let loads = nodes::loads(&nodes, snapshot);
    let Some((busiest, words)) = busiest(&loads, is_memory, snapshot) else {
        return Some(
            Reply::failed("The cluster shows no nodes to these credentials.").tool("nodes_top"),
        );
    };
    Some(listed(busiest, &words, is_memory, snapshot))
}

/// “the busiest node”, “the most loaded machine”, “the node with the highest CPU”.
fn describes_busiest(question: &Question<'_>) -> bool {
    let is_node = |word: &str| matches!(word, "node" | "machine" | "host" | "server" | "vm");
    let is_most = |word: &str| {
        matches!(
            word,
            "busiest" | "hottest" | "fullest" | "heaviest" | "highest" | "most" | "biggest"
        )
    };
    let is_load = |word: &str| {
        matches!(
            word,
            "cpu"
                | "memory"
                | "load"
                | "use"
                | "usage"
                | "utilization"
                | "utilisation"
                | "pressure"
        )
    };
    let word = |at: usize| question.word(at);
    (0..question.words.len())
        .filter(|&at| is_node(word(at)))
        .any(|at| {
            let before = at >= 1
                && matches!(word(at - 1), "busiest" | "hottest" | "fullest" | "heaviest")
                || at >= 2
                    && word(at - 2) == "most"
                    && matches!(
                        word(at - 1),
                        "loaded" | "used" | "utilized" | "utilised" | "busy"
                    );
            let the = usize::from(word(at + 2) == "the");
            let after = matches!(word(at + 1), "with" | "using")
                && is_most(word(at + 2 + the))
                && is_load(word(at + 3 + the));
            before || after
        })
}

/// The node with the largest share of its CPU or memory in use, by requests where nothing is measured.
fn busiest<'l, 'a>(
    loads: &'l [Load<'a>],
    is_memory: bool,
    snapshot: &ClusterSnapshot,
) -> Option<(&'l Load<'a>, String)> {
    let what = if is_memory { "memory" } else { "CPU" };
    let measured = |load: &Load<'_>| match is_memory {
        true => load.memory_percent(),
        false => load.cpu_percent(),
    };
    // Of equals the first, as they are listed.
    let by = |share: &dyn Fn(&Load<'_>) -> Option<f64>| {
        loads
            .iter()
            .rev()
            .filter_map(|load| Some((load, share(load)?)))
            .max_by(|(_, a), (_, b)| a.total_cmp(b))
    };
    if let Some((load, share)) = by(&measured) {
        let usage = snapshot.node_usage.as_option();
        let at = usage.and_then(|all| all.iter().map(|usage| usage.measured_at).max());
        let age = age_of(at, snapshot.taken_at);
        return Some((
            load,
            format!("{share:.0} % of its allocatable {what} in use ({age})"),
        ));
    }
    let requested = |load: &Load<'_>| load.requested_percent(is_memory);
    let (load, share) = by(&requested)?;
    Some((
        load,
        format!("{share:.0} % of its allocatable {what} requested (use is not measured)"),
    ))
}

fn listed(load: &Load<'_>, words: &str, is_memory: bool, snapshot: &ClusterSnapshot) -> Reply {
    let name = load.node.name.as_str();
    let measured = Measured::of(snapshot).ok();
    let usage = |pod| measured.as_ref().and_then(|measured| measured.pod(pod));
    let mut pods: Vec<_> = snapshot
        .pods
        .iter()
        .filter(|pod| pod.node.as_deref() == Some(name))
        .map(|pod| (pod, usage(pod)))
        .collect();
    pods.sort_by_key(|(_, usage)| {
        let used = usage.map_or(0, |usage| {
            if is_memory {
                usage.memory.0
            } else {
                usage.cpu.0
            }
        });
        std::cmp::Reverse(used)
    });
    let total: u64 = pods
        .iter()
        .filter_map(|(_, usage)| *usage)
        .map(|usage| usage.cpu.0)
        .sum();
    let together = match measured {
        Some(_) => format!(", using {} CPU together", MilliCores(total)),
        None => String::new(),
    };
    let cells = pods
        .iter()
        .map(|(pod, usage)| {
            let shown =
                |amount: Option<String>| amount.unwrap_or_else(|| "not measured".to_owned());
            vec![
                pod_subject(pod),
                shown(usage.map(|usage| usage.cpu.to_string())),
                shown(usage.map(|usage| usage.memory.to_string())),
                quote(&pod.status),
            ]
        })
        .collect();
    Reply::new(format!(
        "{name} is the busiest node: {words}. {} on it{together}.",
        counted(pods.len(), "pod")
    ))
    .table(&["Pod", "CPU", "Memory", "Status"], cells)
    .tool("nodes_top")
    .tool("pods_top")
}
