//! From one look at a cluster to the overview page: counting, summing, and what needs attention.
//!
//! Pure: the snapshot and the history come from elsewhere.

mod attention;

use std::collections::HashMap;

use domain::{
    autoscaling::ENABLED_ANNOTATION,
    cluster::{Cluster, Overview, PodCounts, Utilisation, WorkloadUsage},
    resources::{
        Autoscaler, Availability, NodeUsage, Pod, PodPhase, PodUsage, Workload, WorkloadRef,
    },
    series::Series,
    snapshot::ClusterSnapshot,
    time::{Seconds, Timestamp},
    units::{Bytes, MilliCores},
};

/// How far back warning events are shown.
const WARNINGS_SINCE: Seconds = Seconds(3600);
/// At most this many of them.
const WARNINGS: usize = 20;

/// Puts the overview together. Histories are in cores and GiB.
#[must_use]
pub fn compose(
    cluster: Cluster,
    snapshot: &ClusterSnapshot,
    cpu_history: Availability<Series>,
    memory_history: Availability<Series>,
) -> Overview {
    let mut workloads = usage_of_workloads(snapshot);
    workloads.sort_by(|a, b| {
        let is_short =
            |usage: &WorkloadUsage| usage.workload.ready_replicas < usage.workload.replicas;
        let pressure = by_pressure(b).total_cmp(&by_pressure(a));
        is_short(b).cmp(&is_short(a)).then(pressure)
    });
    Overview {
        taken_at: snapshot.taken_at,
        stale: None,
        nodes_ready: count(snapshot.nodes.iter().filter(|node| node.ready)),
        nodes_total: count(snapshot.nodes.iter()),
        pods: count_pods(&snapshot.pods),
        cpu: utilisation(snapshot, |usage| usage.cpu.0, |node| node.allocatable_cpu.0)
            .map(|(used, of)| share(MilliCores(used), MilliCores(of), used, of)),
        memory: utilisation(
            snapshot,
            |usage| usage.memory.0,
            |node| node.allocatable_memory.0,
        )
        .map(|(used, of)| share(Bytes(used), Bytes(of), used, of)),
        measured_at: measured_at(&snapshot.node_usage),
        cpu_history,
        memory_history,
        attention: attention::find(snapshot),
        warnings: snapshot
            .events
            .iter()
            .filter(|event| {
                event.is_warning() && event.last_seen >= snapshot.taken_at - WARNINGS_SINCE
            })
            .take(WARNINGS)
            .cloned()
            .collect(),
        workloads,
        cluster,
    }
}

/// Workloads with what their pods use now, in the snapshot's order.
#[must_use]
pub fn usage_of_workloads(snapshot: &ClusterSnapshot) -> Vec<WorkloadUsage> {
    let usage = usage_by_pod(snapshot.pod_usage.as_option());
    let mut totals: HashMap<&WorkloadRef, Totals> = HashMap::new();
    for pod in &snapshot.pods {
        let (Some(owner), Some(used)) = (
            &pod.owner,
            usage.get(&(pod.namespace.as_str(), pod.name.as_str())),
        ) else {
            continue;
        };
        totals.entry(owner).or_default().add(pod, used);
    }
    snapshot
        .workloads
        .iter()
        .map(|workload| WorkloadUsage {
            owned_by: owner_of(&snapshot.autoscalers, &workload.reference),
            ..with_usage(workload, totals.get(&workload.reference))
        })
        .collect()
}

/// What the measured pods of one workload use and ask for together.
#[derive(Default)]
struct Totals {
    cpu: u64,
    memory: u64,
    cpu_request: u64,
    memory_request: u64,
    requests_complete: [bool; 2],
    measured: bool,
}

impl Totals {
    fn add(&mut self, pod: &Pod, used: &PodUsage) {
        if !self.measured {
            self.measured = true;
            self.requests_complete = [true, true];
        }
        self.cpu += used.cpu.0;
        self.memory += used.memory.0;
        self.requests_complete[0] &= pod.cpu_request.is_some();
        self.requests_complete[1] &= pod.memory_request.is_some();
        self.cpu_request += pod.cpu_request.map_or(0, |request| request.0);
        self.memory_request += pod.memory_request.map_or(0, |request| request.0);
    }
}

fn with_usage(workload: &Workload, totals: Option<&Totals>) -> WorkloadUsage {
    let totals = totals.filter(|totals| totals.measured);
    let percent = |used: u64, request: u64, complete: bool| {
        (complete && request > 0).then(|| used as f64 * 100.0 / request as f64)
    };
    WorkloadUsage {
        cpu: totals.map(|t| MilliCores(t.cpu)),
        memory: totals.map(|t| Bytes(t.memory)),
        cpu_percent_of_request: totals
            .and_then(|t| percent(t.cpu, t.cpu_request, t.requests_complete[0])),
        memory_percent_of_request: totals
            .and_then(|t| percent(t.memory, t.memory_request, t.requests_complete[1])),
        predictive: workload
            .annotations
            .get(ENABLED_ANNOTATION)
            .is_some_and(|value| value == "true"),
        owned_by: None,
        workload: workload.clone(),
    }
}

fn usage_by_pod(usage: Option<&Vec<PodUsage>>) -> HashMap<(&str, &str), &PodUsage> {
    usage
        .into_iter()
        .flatten()
        .map(|pod| ((pod.namespace.as_str(), pod.name.as_str()), pod))
        .collect()
}

/// The autoscaler that sets a workload's replica count.
#[must_use]
pub fn owner_of(autoscalers: &[Autoscaler], workload: &WorkloadRef) -> Option<String> {
    autoscalers
        .iter()
        .find(|autoscaler| {
            autoscaler.namespace == workload.namespace.as_str()
                && autoscaler.target_kind == workload.kind.as_str()
                && autoscaler.target_name == workload.name.as_str()
        })
        .map(|autoscaler| autoscaler.name.clone())
}

/// Workloads without a figure come last.
fn by_pressure(usage: &WorkloadUsage) -> f64 {
    usage.cpu_percent_of_request.unwrap_or(-1.0)
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

fn count_pods(pods: &[Pod]) -> PodCounts {
    let mut counts = PodCounts {
        total: count(pods.iter()),
        ..PodCounts::default()
    };
    for pod in pods {
        let slot = match pod.phase {
            _ if pod.is_failing() => &mut counts.failing,
            PodPhase::Running => &mut counts.running,
            PodPhase::Pending => &mut counts.pending,
            PodPhase::Succeeded => &mut counts.succeeded,
            PodPhase::Failed | PodPhase::Unknown => &mut counts.failing,
        };
        *slot += 1;
    }
    counts
}

/// Sum over the measured nodes, and the allocatable of the same nodes: a node without a measurement must not
/// make the rest look idle.
fn utilisation(
    snapshot: &ClusterSnapshot,
    used: impl Fn(&NodeUsage) -> u64,
    allocatable: impl Fn(&domain::resources::Node) -> u64,
) -> Availability<(u64, u64)> {
    snapshot.node_usage.clone().map(|usage| {
        usage.iter().fold((0, 0), |(sum, of), measured| {
            let node = snapshot
                .nodes
                .iter()
                .find(|node| node.name == measured.name);
            (sum + used(measured), of + node.map_or(0, &allocatable))
        })
    })
}

fn share<T>(used: T, allocatable: T, part: u64, whole: u64) -> Utilisation<T> {
    let percent = if whole == 0 {
        0.0
    } else {
        part as f64 * 100.0 / whole as f64
    };
    Utilisation {
        used,
        allocatable,
        percent,
    }
}

/// The oldest measurement counts: the page says how old its numbers may be.
fn measured_at(usage: &Availability<Vec<NodeUsage>>) -> Option<Timestamp> {
    usage.as_option()?.iter().map(|node| node.measured_at).min()
}

#[cfg(test)]
mod tests;
