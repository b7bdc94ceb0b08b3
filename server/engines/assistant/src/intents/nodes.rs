//! Nodes: whether they are ready, how full they are, and what room is left.

use domain::{
    cluster::Severity,
    resources::{Node, NodeUsage, PodPhase},
    snapshot::ClusterSnapshot,
    units::{Bytes, MilliCores},
};

use super::{
    compose::{HIGH_PERCENT, MODERATE_PERCENT, Reply, age_of, are, counted, percent, quote, since},
    lexicon::Concept,
    question::Question,
};

/// A node with what is asked of it.
pub(super) struct Load<'a> {
    pub(super) node: &'a Node,
    usage: Option<&'a NodeUsage>,
    requested_cpu: u64,
    requested_memory: u64,
    pods: usize,
}

impl Load<'_> {
    pub(super) fn cpu_percent(&self) -> Option<f64> {
        percent(self.usage?.cpu.0, self.node.allocatable_cpu.0)
    }

    pub(super) fn memory_percent(&self) -> Option<f64> {
        percent(self.usage?.memory.0, self.node.allocatable_memory.0)
    }

    /// The share of its memory, else of its CPU, that pods request, in percent.
    pub(super) fn requested_percent(&self, is_memory: bool) -> Option<f64> {
        if is_memory {
            percent(self.requested_memory, self.node.allocatable_memory.0)
        } else {
            percent(self.requested_cpu, self.node.allocatable_cpu.0)
        }
    }

    /// CPU that no pod has asked for.
    pub(super) fn free_cpu(&self) -> MilliCores {
        MilliCores(
            self.node
                .allocatable_cpu
                .0
                .saturating_sub(self.requested_cpu),
        )
    }

    /// Memory that no pod has asked for.
    pub(super) fn free_memory(&self) -> Bytes {
        Bytes(
            self.node
                .allocatable_memory
                .0
                .saturating_sub(self.requested_memory),
        )
    }

    pub(super) fn state(&self) -> &'static str {
        match (self.node.ready, self.node.unschedulable) {
            (false, _) => "NotReady",
            (true, true) => "Ready, cordoned",
            (true, false) => "Ready",
        }
    }
}

/// What the pods bound to each of `nodes` ask for; pods that ended ask for nothing.
pub(super) fn loads<'a>(nodes: &[&'a Node], snapshot: &'a ClusterSnapshot) -> Vec<Load<'a>> {
    let usage = snapshot.node_usage.as_option();
    nodes
        .iter()
        .map(|&node| {
            let bound: Vec<_> = snapshot
                .pods
                .iter()
                .filter(|pod| pod.node.as_deref() == Some(node.name.as_str()))
                .filter(|pod| !matches!(pod.phase, PodPhase::Succeeded | PodPhase::Failed))
                .collect();
            Load {
                node,
                usage: usage.and_then(|all| all.iter().find(|usage| usage.name == node.name)),
                requested_cpu: bound
                    .iter()
                    .filter_map(|pod| pod.cpu_request)
                    .map(|cpu| cpu.0)
                    .sum(),
                requested_memory: bound
                    .iter()
                    .filter_map(|pod| pod.memory_request)
                    .map(|memory| memory.0)
                    .sum(),
                pods: bound.len(),
            }
        })
        .collect()
}

/// Free CPU and memory of the roomiest schedulable node, by requests; `None` without nodes.
pub(super) fn most_room(snapshot: &ClusterSnapshot) -> Option<(MilliCores, Bytes)> {
    let open: Vec<&Node> = snapshot
        .nodes
        .iter()
        .filter(|node| node.ready && !node.unschedulable)
        .collect();
    let loads = loads(&open, snapshot);
    let cpu = loads.iter().map(Load::free_cpu).max()?;
    let memory = loads.iter().map(Load::free_memory).max()?;
    Some((cpu, memory))
}

/// “How much room is left on the nodes?”, “is node-2 healthy?”
pub(super) fn overview(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let nodes: Vec<&Node> = if question.nodes.is_empty() {
        snapshot.nodes.iter().collect()
    } else {
        question.nodes.clone()
    };
    if nodes.is_empty() {
        return Reply::failed("The cluster shows no nodes to these credentials.").tool("nodes_top");
    }
    let loads = loads(&nodes, snapshot);
    let reply = Reply::new(gist(question, &loads, snapshot));
    let reply = findings(reply, &loads);
    let cells = loads.iter().map(cells_of).collect();
    let reply = reply.table(
        &[
            "Node",
            "State",
            "CPU used",
            "Memory used",
            "CPU requested",
            "Memory requested",
            "Free to request",
            "Pods",
            "Version",
        ],
        cells,
    );
    node_events(reply, question, snapshot).tool("nodes_top")
}

fn gist(question: &Question<'_>, loads: &[Load<'_>], snapshot: &ClusterSnapshot) -> String {
    let ready = loads.iter().filter(|load| load.node.ready).count();
    let nodes = match loads {
        [one] => format!("{} is {}", one.node.name, one.state()),
        all => format!(
            "{ready} of {} {} ready",
            counted(all.len(), "node"),
            are(ready)
        ),
    };
    let sum = |value: fn(&Load<'_>) -> u64| loads.iter().map(value).sum::<u64>();
    let allocatable_cpu = sum(|load| load.node.allocatable_cpu.0);
    let allocatable_memory = sum(|load| load.node.allocatable_memory.0);
    let free_cpu = MilliCores(sum(|load| load.free_cpu().0));
    let free_memory = Bytes(sum(|load| load.free_memory().0));
    let measured: Vec<_> = loads.iter().filter_map(|load| load.usage).collect();
    let room = format!(
        "{free_cpu} CPU and {free_memory} memory are not requested by any pod{}",
        if question.concepts.has(Concept::Capacity) {
            " and are the headroom"
        } else {
            ""
        }
    );
    if measured.is_empty() {
        let why = match &snapshot.node_usage {
            domain::resources::Availability::Unavailable(why) => quote(why),
            domain::resources::Availability::Available(_) => "nothing measured yet".to_owned(),
        };
        return format!(
            "{nodes}; {room}. Use is not shown: {}.",
            why.trim_end_matches('.')
        );
    }
    let cpu: u64 = measured.iter().map(|usage| usage.cpu.0).sum();
    let memory: u64 = measured.iter().map(|usage| usage.memory.0).sum();
    let age = age_of(
        measured.iter().map(|usage| usage.measured_at).max(),
        snapshot.taken_at,
    );
    format!(
        "{nodes}, using {:.0} % of {} allocatable CPU and {:.0} % of {} allocatable memory ({age}); {room}.",
        percent(cpu, allocatable_cpu).unwrap_or(0.0),
        MilliCores(allocatable_cpu),
        percent(memory, allocatable_memory).unwrap_or(0.0),
        Bytes(allocatable_memory),
    )
}

fn findings(reply: Reply, loads: &[Load<'_>]) -> Reply {
    loads.iter().fold(reply, |mut reply, load| {
        let name = load.node.name.as_str();
        if !load.node.ready {
            reply = reply.finding(
                Severity::Critical,
                name,
                "is not ready: its pods are moved away after five minutes",
            );
        }
        if load.node.unschedulable {
            reply = reply.finding(
                Severity::Warning,
                name,
                "is cordoned: no new pods are placed on it",
            );
        }
        for (what, share) in [
            ("CPU", load.cpu_percent()),
            ("memory", load.memory_percent()),
        ] {
            let Some(share) = share.filter(|share| *share >= MODERATE_PERCENT) else {
                continue;
            };
            let (severity, word) = if share >= HIGH_PERCENT {
                (Severity::Warning, "HIGH")
            } else {
                (Severity::Info, "MODERATE")
            };
            reply = reply.finding(
                severity,
                name,
                format!("{share:.0} % of allocatable {what} in use ({word})"),
            );
        }
        reply
    })
}

fn cells_of(load: &Load<'_>) -> Vec<String> {
    let used = |amount: Option<String>, share: Option<f64>| match (amount, share) {
        (Some(amount), Some(share)) => format!("{amount} ({share:.0} %)"),
        _ => "not measured".to_owned(),
    };
    let share_of = |part, whole| {
        percent(part, whole).map_or_else(String::new, |share| format!(" ({share:.0} %)"))
    };
    vec![
        load.node.name.clone(),
        load.state().to_owned(),
        used(
            load.usage.map(|usage| usage.cpu.to_string()),
            load.cpu_percent(),
        ),
        used(
            load.usage.map(|usage| usage.memory.to_string()),
            load.memory_percent(),
        ),
        format!(
            "{}{}",
            MilliCores(load.requested_cpu),
            share_of(load.requested_cpu, load.node.allocatable_cpu.0)
        ),
        format!(
            "{}{}",
            Bytes(load.requested_memory),
            share_of(load.requested_memory, load.node.allocatable_memory.0)
        ),
        format!("{}, {}", load.free_cpu(), load.free_memory()),
        load.pods.to_string(),
        load.node.version.clone(),
    ]
}

fn node_events(reply: Reply, question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let is_about = |name: &str| question.nodes.iter().any(|node| node.name == name);
    snapshot
        .events
        .iter()
        .filter(|event| {
            event.object_kind == "Node" && event.is_warning() && is_about(&event.object_name)
        })
        .take(3)
        .fold(reply, |reply, event| {
            reply.finding(
                Severity::Warning,
                event.object_name.as_str(),
                format!(
                    "{}: {} ({} ago)",
                    quote(&event.reason),
                    quote(&event.message),
                    since(event.last_seen, snapshot.taken_at)
                ),
            )
        })
}
