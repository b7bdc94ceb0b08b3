//! `DaemonSet`: one pod on every node it may run on.
//!
//! Source: Kubernetes documentation, "`DaemonSet`", "How Daemon Pods are scheduled" and "Taints and
//! tolerations", and "Perform a Rolling Update on a `DaemonSet`". What differs: `maxSurge` is not followed,
//! an outdated pod always goes before its successor comes.

use std::{collections::BTreeMap, sync::Arc};

use domain::time::Seconds;
use serde_json::{Value, json};

use super::{
    adoption, affinity,
    deployment::template_hash,
    pods, revisions,
    taints::{self, NOT_READY, PRESSURES, UNREACHABLE, UNSCHEDULABLE},
};
use crate::{
    events::{self, Report, component},
    kinds, registry, value,
    world::{Key, World, key_of},
};

const CONTROLLER: &str = "daemonset-controller";
/// How long after a pod was refused another is tried.
const RETRY: Seconds = Seconds(20);
const HASH: &str = "controller-revision-hash";
/// Which of the set's templates a pod is of, by number.
const GENERATION: &str = "pod-template-generation";

/// What a node is to a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fitness {
    /// Gets a pod.
    Runs,
    /// Keeps the pod it has but gets none.
    Keeps,
    /// Must not have one.
    Refuses,
}

/// The pods of a set by node; a node may have several for a moment.
type ByNode = BTreeMap<String, Vec<Arc<Value>>>;

/// Gives every eligible node its pod, replaces outdated ones as fast as `maxUnavailable` allows, and writes
/// the status.
pub(crate) fn reconcile(world: &mut World, (namespace, name): &Key) {
    let Some(set) = world.get(registry::DAEMON_SET, namespace, name) else {
        return;
    };
    if value::is_terminating(&set) {
        return;
    }
    drop(revisions::sync(world, &set));
    let nodes: Vec<_> = world.store.list(registry::NODE, None).cloned().collect();
    let sample = sample(&set);
    let fitness: BTreeMap<String, Fitness> = nodes
        .iter()
        .map(|node| (value::name(node).to_owned(), fitness(node, &sample)))
        .collect();
    let members = members(world, &set);
    place(world, &set, &members, &fitness);
    roll(world, &set, &fitness);
    write_status(world, &set, &fitness);
    revisions::trim(world, registry::DAEMON_SET, &set);
}

/// A pod of the set as far as nodes are concerned.
fn sample(set: &Value) -> Value {
    let mut pod = json!({"spec": set["spec"]["template"]["spec"]});
    tolerate(&mut pod);
    pod
}

fn fitness(node: &Value, sample: &Value) -> Fitness {
    if !affinity::admits(node, sample)
        || taints::untolerated(node, sample, &["NoExecute"]).is_some()
    {
        Fitness::Refuses
    } else if taints::untolerated(node, sample, &["NoSchedule"]).is_some() {
        Fitness::Keeps
    } else {
        Fitness::Runs
    }
}

fn members(world: &mut World, set: &Value) -> ByNode {
    let mut members = ByNode::new();
    for pod in adoption::claim(world, registry::POD, set) {
        let node = affinity::target(&pod).to_owned();
        members.entry(node).or_default().push(pod);
    }
    members
}

/// Creates what is missing; deletes what has ended, strayed or is there twice.
fn place(world: &mut World, set: &Value, members: &ByNode, fitness: &BTreeMap<String, Fitness>) {
    for (node, fitness) in fitness {
        if *fitness == Fitness::Runs && !members.contains_key(node) {
            create(world, set, node);
        }
    }
    for (node, pods) in members {
        let stays = fitness.get(node).is_some_and(|it| *it != Fitness::Refuses);
        let mut kept = 0;
        for pod in pods.iter().filter(|pod| !value::is_terminating(pod)) {
            let has_failed = !pods::is_active(pod);
            if has_failed {
                let message = format!(
                    "Found failed daemon pod {}/{} on node {node}, will try to kill it",
                    value::namespace(pod),
                    value::name(pod)
                );
                let report = Report::warning("FailedDaemonPod", &message);
                events::record(world, set, component(CONTROLLER), report);
            }
            kept += usize::from(!has_failed);
            if has_failed || !stays || kept > 1 {
                remove(world, set, pod);
            }
        }
    }
}

/// Deletes outdated pods: those that do not serve anyway, and others while enough nodes are served.
fn roll(world: &mut World, set: &Value, fitness: &BTreeMap<String, Fitness>) {
    if value::text(set, "/spec/updateStrategy/type") == "OnDelete" {
        return;
    }
    let hash = template_hash(set);
    let members = members(world, set);
    let desired = count(fitness);
    let served = members
        .iter()
        .filter(|(node, pods)| {
            fitness.get(*node) == Some(&Fitness::Runs)
                && pods.iter().any(|pod| is_available(world, set, pod))
        })
        .count();
    let mut budget = max_unavailable(set, desired) - (desired as i64 - served as i64);
    let outdated: Vec<_> = members
        .into_values()
        .flatten()
        .filter(|pod| pods::is_active(pod) && pod["metadata"]["labels"][HASH] != hash)
        .collect();
    let (serving, idle): (Vec<_>, Vec<_>) = outdated
        .into_iter()
        .partition(|pod| is_available(world, set, pod));
    for pod in idle {
        remove(world, set, &pod);
    }
    for pod in serving {
        if budget <= 0 {
            return;
        }
        budget -= 1;
        remove(world, set, &pod);
    }
}

fn count(fitness: &BTreeMap<String, Fitness>) -> usize {
    fitness.values().filter(|it| **it == Fitness::Runs).count()
}

/// Never 0: the rollout could not move.
fn max_unavailable(set: &Value, desired: usize) -> i64 {
    let amount = &set["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"];
    if amount.is_null() {
        return 1;
    }
    pods::int_or_percent(amount, desired as i64, true).max(1)
}

fn is_available(world: &World, set: &Value, pod: &Value) -> bool {
    let min_ready = value::integer(set, "/spec/minReadySeconds").unwrap_or(0);
    pods::is_active(pod) && pods::is_available(pod, min_ready, world.now)
}

fn create(world: &mut World, set: &Value, node: &str) {
    let name = format!("{}-{}", value::name(set), world.store.name_suffix());
    let mut pod = pods::from_template(set, &set["spec"]["template"], &name);
    pod["metadata"]["generateName"] = json!(format!("{}-", value::name(set)));
    pod["metadata"]["labels"][HASH] = json!(template_hash(set));
    let generation = kinds::template_generation(set).to_string();
    pod["metadata"]["labels"][GENERATION] = json!(generation);
    tolerate(&mut pod);
    affinity::pin(&mut pod, node);
    if pods::create(world, set, CONTROLLER, pod).is_err() {
        world.wake_at(world.now + RETRY, registry::DAEMON_SET, set);
    }
}

fn remove(world: &mut World, set: &Value, pod: &Value) {
    pods::delete(world, pod);
    let message = format!("Deleted pod: {}", value::name(pod));
    let report = Report::normal("SuccessfulDelete", &message);
    events::record(world, set, component(CONTROLLER), report);
}

/// The tolerations every daemon pod gets: it outlives trouble of its node and runs on cordoned ones.
/// Source: `AddOrUpdateDaemonPodTolerations` of `pkg/controller/daemon/util`.
fn tolerate(pod: &mut Value) {
    let [memory, disk, pids, network] = PRESSURES.map(|(_, key)| (key, "NoSchedule"));
    let mut due = vec![
        (NOT_READY, "NoExecute"),
        (UNREACHABLE, "NoExecute"),
        disk,
        memory,
        pids,
        (UNSCHEDULABLE, "NoSchedule"),
    ];
    if value::truth(pod, "/spec/hostNetwork") {
        due.push(network);
    }
    let mut tolerations = value::items(pod, "/spec/tolerations").to_vec();
    for (key, effect) in due {
        let wanted = json!({"key": key, "operator": "Exists", "effect": effect});
        tolerations.retain(|toleration| toleration["key"] != key || toleration["effect"] != effect);
        tolerations.push(wanted);
    }
    pod["spec"]["tolerations"] = json!(tolerations);
}

fn write_status(world: &mut World, set: &Value, fitness: &BTreeMap<String, Fitness>) {
    let (namespace, name) = key_of(set);
    let hash = template_hash(set);
    let members: Vec<_> = world
        .controlled_by(registry::POD, &namespace, value::uid(set))
        .into_iter()
        .filter(|pod| pods::is_active(pod))
        .collect();
    let is_wanted = |pod: &Value| fitness.get(affinity::target(pod)) == Some(&Fitness::Runs);
    let count_if = |test: &dyn Fn(&Value) -> bool| {
        members
            .iter()
            .filter(|pod| is_wanted(pod) && test(pod))
            .count()
    };
    let desired = count(fitness);
    let available = count_if(&|pod| is_available(world, set, pod));
    let ready = count_if(&|pod| pods::is_ready(pod));
    let mut status = json!({
        "observedGeneration": set["metadata"]["generation"],
        "desiredNumberScheduled": desired,
        "currentNumberScheduled": count_if(&|_| true),
        "updatedNumberScheduled": count_if(&|pod| pod["metadata"]["labels"][HASH] == hash),
        "numberReady": ready,
        "numberMisscheduled": members.iter().filter(|pod| !is_wanted(pod)).count(),
    });
    if available > 0 {
        status["numberAvailable"] = json!(available);
    }
    if available < desired {
        status["numberUnavailable"] = json!(desired - available);
    }
    if available < ready {
        world.look_again(registry::DAEMON_SET, set);
    }
    world.update(registry::DAEMON_SET, &namespace, &name, |set| {
        set["status"] = status
    });
}
