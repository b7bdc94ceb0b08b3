//! The scheduler: binds pods to nodes that have room for what they request.
//!
//! Source: Kubernetes documentation, "Kubernetes Scheduler"; messages as `k8s.io/kubernetes/pkg/scheduler`
//! writes them. Filters: cordon, node selector, taints, CPU, memory and number of pods. Score: the least
//! allocated node, pods of one owner spread.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde_json::{Value, json};

use super::{affinity, kubelet::status::condition, taints, volumes};
use crate::{
    amounts::{self, Amounts},
    events::{self, Report},
    registry, value,
    world::{World, key_of, workload_of},
};

const SCHEDULER: &str = "default-scheduler";
/// Pods one node may hold, as its `allocatable.pods` says on every node here.
const MOST_PODS: usize = 110;

/// One node with what is taken of it.
struct Candidate {
    node: Arc<Value>,
    free: Amounts,
    total: Amounts,
    pods: usize,
    /// Pods per workload, for spreading.
    workloads: BTreeMap<Arc<str>, usize>,
}

/// What a pod takes of its node. Remembered by uid, because it hardly ever changes and is asked for whenever any
/// pod is to be scheduled.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    requests: Amounts,
    workload: Arc<str>,
}

impl Load {
    fn of(pod: &Value) -> Self {
        Self {
            requests: amounts::requests(pod),
            workload: workload_name(pod).into(),
        }
    }
}

/// Why a node cannot take a pod, and whether others are looked for to evict.
struct Refusal {
    reason: String,
    preemption_helps: bool,
}

/// Binds every unbound pod that fits somewhere; the others get their condition and a `FailedScheduling`
/// event.
pub(crate) fn run(world: &mut World) {
    let waiting: Vec<_> = world
        .store
        .list(registry::POD, None)
        .filter(|pod| waits(pod))
        .cloned()
        .collect();
    if waiting.is_empty() {
        return;
    }
    let mut candidates = candidates(world);
    for pod in waiting {
        if let Some(why) = volumes::obstacle(world, &pod) {
            let nodes = candidates.len();
            let message = format!(
                "0/{nodes} nodes are available: {why}. preemption: 0/{nodes} nodes are available: {nodes} \
                 Preemption is not helpful for scheduling."
            );
            refuse(world, &pod, &message);
            continue;
        }
        match choose(&candidates, &pod) {
            Ok(index) => {
                take(&mut candidates[index], &Load::of(&pod));
                let node = value::name(&candidates[index].node).to_owned();
                bind(world, &pod, &node);
            }
            Err(message) => refuse(world, &pod, &message),
        }
    }
}

fn waits(pod: &Value) -> bool {
    value::text(pod, "/spec/nodeName").is_empty()
        && !value::is_terminating(pod)
        && value::items(pod, "/spec/schedulingGates").is_empty()
        && matches!(value::text(pod, "/spec/schedulerName"), "" | SCHEDULER)
        && !matches!(value::text(pod, "/status/phase"), "Succeeded" | "Failed")
}

fn candidates(world: &mut World) -> Vec<Candidate> {
    let mut candidates: Vec<_> = world
        .store
        .list(registry::NODE, None)
        .map(|node| Candidate {
            node: Arc::clone(node),
            free: amounts::allocatable(node),
            total: amounts::allocatable(node),
            pods: 0,
            workloads: BTreeMap::new(),
        })
        .collect();
    let mut known = std::mem::take(&mut world.loads);
    let mut loads = HashMap::with_capacity(known.len());
    // Nodes are listed by name, so that a pod's is found by halving.
    for pod in world.store.list(registry::POD, None) {
        let name = value::text(pod, "/spec/nodeName");
        let ended = matches!(value::text(pod, "/status/phase"), "Succeeded" | "Failed");
        let place = candidates.binary_search_by(|one| value::name(&one.node).cmp(name));
        if let Some(index) = place.ok().filter(|_| !ended) {
            let uid = value::uid(pod);
            let (uid, load) = known
                .remove_entry(uid)
                .unwrap_or_else(|| (uid.to_owned(), Load::of(pod)));
            take(&mut candidates[index], &load);
            loads.insert(uid, load);
        }
    }
    world.loads = loads;
    candidates
}

fn workload_name(pod: &Value) -> String {
    let key = workload_of(pod);
    format!("{}/{}/{}", key.kind, key.namespace, key.name)
}

fn take(candidate: &mut Candidate, load: &Load) {
    candidate.free.cpu -= load.requests.cpu;
    candidate.free.memory -= load.requests.memory;
    candidate.pods += 1;
    *candidate
        .workloads
        .entry(Arc::clone(&load.workload))
        .or_default() += 1;
}

/// Index of the best node, or the message that says why there is none.
fn choose(candidates: &[Candidate], pod: &Value) -> Result<usize, String> {
    let requests = amounts::requests(pod);
    let workload = workload_name(pod);
    let mut refusals = Vec::new();
    let mut best: Option<(usize, f64)> = None;
    for (index, candidate) in candidates.iter().enumerate() {
        let against = filter(candidate, pod, requests);
        if !against.is_empty() {
            refusals.push(against);
            continue;
        }
        let score = score(candidate, requests, &workload);
        if best.is_none_or(|(_, top)| score > top) {
            best = Some((index, score));
        }
    }
    best.map(|(index, _)| index)
        .ok_or_else(|| message(candidates.len(), &refusals))
}

fn score(candidate: &Candidate, requests: Amounts, workload: &str) -> f64 {
    let left = |free: f64, asked: f64, total: f64| (free - asked) / total.max(1.0);
    let cpu = left(candidate.free.cpu, requests.cpu, candidate.total.cpu);
    let memory = left(
        candidate.free.memory,
        requests.memory,
        candidate.total.memory,
    );
    let siblings = candidate.workloads.get(workload).copied().unwrap_or(0);
    (cpu + memory) / 2.0 - siblings as f64
}

fn filter(candidate: &Candidate, pod: &Value, requests: Amounts) -> Vec<Refusal> {
    let refuse = |reason: &str, preemption_helps: bool| Refusal {
        reason: reason.to_owned(),
        preemption_helps,
    };
    let node = &candidate.node;
    if is_closed(node, pod) {
        return vec![refuse("node(s) were unschedulable", false)];
    }
    if let Some(taint) = untolerated_taint(node, pod) {
        return vec![refuse(
            &format!("node(s) had untolerated taint {taint}"),
            false,
        )];
    }
    if !affinity::admits(node, pod) {
        return vec![refuse(
            "node(s) didn't match Pod's node affinity/selector",
            false,
        )];
    }
    let mut refusals = Vec::new();
    if candidate.pods >= MOST_PODS {
        refusals.push(refuse("Too many pods", true));
    }
    if requests.cpu > 0.0 && requests.cpu > candidate.free.cpu {
        refusals.push(refuse("Insufficient cpu", true));
    }
    if requests.memory > 0.0 && requests.memory > candidate.free.memory {
        refusals.push(refuse("Insufficient memory", true));
    }
    refusals
}

/// The first taint that keeps the pod away, as `{key: value}`.
fn untolerated_taint(node: &Value, pod: &Value) -> Option<String> {
    taints::untolerated(node, pod, &["NoSchedule", "NoExecute"]).map(|taint| {
        let (key, text) = (value::text(taint, "/key"), value::text(taint, "/value"));
        format!("{{{key}: {text}}}")
    })
}

/// Whether the node is cordoned and the pod does not bear that, as those of a `DaemonSet` do.
fn is_closed(node: &Value, pod: &Value) -> bool {
    if !value::truth(node, "/spec/unschedulable") {
        return false;
    }
    let taint = json!({"key": taints::UNSCHEDULABLE, "effect": "NoSchedule"});
    taints::tolerance(pod, &taint) == taints::Tolerance::Never
}

/// `0/3 nodes are available: 3 Insufficient cpu. preemption: …`, reasons counted and sorted.
fn message(nodes: usize, refusals: &[Vec<Refusal>]) -> String {
    if nodes == 0 {
        return "no nodes available to schedule pods".to_owned();
    }
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut preemption: BTreeMap<&str, usize> = BTreeMap::new();
    for against in refusals {
        for refusal in against {
            *reasons.entry(&refusal.reason).or_default() += 1;
        }
        let verdict = if against.iter().all(|refusal| refusal.preemption_helps) {
            "No preemption victims found for incoming pod"
        } else {
            "Preemption is not helpful for scheduling"
        };
        *preemption.entry(verdict).or_default() += 1;
    }
    let list = |counts: &BTreeMap<&str, usize>| {
        let mut parts: Vec<_> = counts
            .iter()
            .map(|(reason, count)| format!("{count} {reason}"))
            .collect();
        parts.sort();
        parts.join(", ")
    };
    format!(
        "0/{nodes} nodes are available: {}. preemption: 0/{nodes} nodes are available: {}.",
        list(&reasons),
        list(&preemption)
    )
}

fn bind(world: &mut World, pod: &Value, node: &str) {
    let (namespace, name) = key_of(pod);
    let scheduled = condition(pod, "PodScheduled", true, None, world.now);
    // A binding raises no generation. A pod that is gone by now needs no node.
    let bind = |pod: &mut Value| {
        pod["spec"]["nodeName"] = json!(node);
        pod["status"]["conditions"] = json!([scheduled]);
    };
    drop(
        world
            .store
            .update_uncounted(registry::POD, &namespace, &name, bind),
    );
    let message = format!("Successfully assigned {namespace}/{name} to {node}");
    let report = Report::normal("Scheduled", &message);
    events::record_action(world, pod, SCHEDULER, report, "Binding");
}

fn refuse(world: &mut World, pod: &Value, message: &str) {
    let (namespace, name) = key_of(pod);
    let why = ("Unschedulable", message.to_owned());
    let condition = condition(pod, "PodScheduled", false, Some(&why), world.now);
    let before = value::text(pod, "/status/conditions/0/message").to_owned();
    let duty = format!("unschedulable/{}", value::uid(pod));
    // The queue of a real scheduler retries for a changed cluster at once and otherwise every five minutes.
    if before == message && !world.is_due(&duty, 300) {
        return;
    }
    world.state.duties.insert(duty, world.now);
    world.update(registry::POD, &namespace, &name, |pod| {
        pod["status"]["conditions"] = json!([condition]);
    });
    let report = Report::warning("FailedScheduling", message);
    events::record_action(world, pod, SCHEDULER, report, "Scheduling");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(cpu: f64, free: f64, node: Value) -> Candidate {
        let amounts = |cpu| Amounts { cpu, memory: 1e10 };
        Candidate {
            node: Arc::new(node),
            free: amounts(free),
            total: amounts(cpu),
            pods: 0,
            workloads: BTreeMap::new(),
        }
    }

    fn pod(cpu: &str) -> Value {
        json!({"metadata": {"name": "p", "namespace": "n"},
               "spec": {"containers": [{"resources": {"requests": {"cpu": cpu}}}]}})
    }

    #[test]
    fn says_why_no_node_fits_in_the_schedulers_own_words() {
        let nodes: Vec<_> = (0..3)
            .map(|_| candidate(4000.0, 1000.0, json!({})))
            .collect();
        assert_eq!(
            choose(&nodes, &pod("2")).unwrap_err(),
            "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No \
             preemption victims found for incoming pod."
        );
        let cordoned = json!({"spec": {"unschedulable": true}});
        let nodes = [
            candidate(4000.0, 4000.0, cordoned),
            candidate(4000.0, 4000.0, json!({})),
        ];
        assert_eq!(
            choose(&nodes, &pod("6")).unwrap_err(),
            "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable. preemption: 0/2 nodes \
             are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for \
             scheduling."
        );
    }

    #[test]
    fn prefers_the_emptier_node() {
        let nodes = [
            candidate(4000.0, 1000.0, json!({})),
            candidate(4000.0, 3000.0, json!({})),
        ];
        assert_eq!(choose(&nodes, &pod("500m")), Ok(1));
    }
}
