//! The node lifecycle controller: nodes that fall silent become unknown, and taints say what nodes are not
//! fit for.
//!
//! Source: Kubernetes documentation, "Nodes", "Node controller" and "Node status", and "Taints and
//! Tolerations", "Taint based Evictions". Evicting pods is [`super::eviction`]'s.

use domain::time::{Seconds, Timestamp};
use serde_json::{Value, json};

use super::{
    heartbeat, kubelet,
    taints::{NOT_READY, PRESSURES, UNREACHABLE, UNSCHEDULABLE},
};
use crate::{
    events::{self, Report, Source, component},
    registry, value,
    world::{World, key_of, workload_of},
};

const CONTROLLER: &str = "node-controller";
/// Silence after which a node counts as unknown (`--node-monitor-grace-period`).
const GRACE: i64 = 50;

/// Takes the power from a node: its kubelet falls silent and nothing on it can be reached.
pub(crate) fn lose(world: &mut World, node: &str) {
    if world.store.get(registry::NODE, "", node).is_none() {
        return;
    }
    world
        .state
        .lost_nodes
        .entry(node.to_owned())
        .or_insert(world.now);
    mark_workloads(world, node);
}

/// Gives a node its power back: its kubelet reports, ends the pods that were deleted meanwhile and goes on
/// with the others.
pub(crate) fn regain(world: &mut World, node: &str) {
    if world.state.lost_nodes.remove(node).is_none() {
        return;
    }
    heartbeat::report_ready(world, node);
    kubelet::look_around(world, node);
    mark_workloads(world, node);
}

/// What the pods of the node do counts, or counts no more, from now on.
fn mark_workloads(world: &mut World, node: &str) {
    let keys: Vec<_> = world
        .store
        .list(registry::POD, None)
        .filter(|pod| value::text(pod, "/spec/nodeName") == node)
        .map(|pod| workload_of(pod))
        .collect();
    world.queue.workloads.extend(keys);
}

/// When the next silent node will count as unknown.
pub(crate) fn next_due(world: &World) -> Option<Timestamp> {
    world
        .state
        .lost_nodes
        .values()
        .map(|since| *since + Seconds(GRACE))
        .filter(|due| *due > world.now)
        .min()
}

/// Declares nodes unknown that have been silent for too long.
pub(crate) fn watch(world: &mut World) {
    let gone: Vec<_> = world
        .state
        .lost_nodes
        .keys()
        .filter(|name| world.store.get(registry::NODE, "", name).is_none())
        .cloned()
        .collect();
    for name in gone {
        world.state.lost_nodes.remove(&name);
    }
    let silent: Vec<_> = world
        .state
        .lost_nodes
        .iter()
        .filter(|(_, since)| world.now.seconds_since(**since) >= GRACE)
        .map(|(name, _)| name.clone())
        .collect();
    for name in silent {
        declare_unknown(world, &name);
    }
}

fn declare_unknown(world: &mut World, name: &str) {
    let now = value::wire_time(world.now);
    let Some(node) = world.get(registry::NODE, "", name) else {
        return;
    };
    if condition(&node, "Ready") == "Unknown" {
        return;
    }
    world.update(registry::NODE, "", name, |node| {
        let conditions = node["status"]["conditions"].as_array_mut();
        for condition in conditions.into_iter().flatten() {
            condition["status"] = json!("Unknown");
            condition["reason"] = json!("NodeStatusUnknown");
            condition["message"] = json!("Kubelet stopped posting node status.");
            condition["lastTransitionTime"] = json!(now);
        }
    });
    say(world, &node, component(CONTROLLER), "NodeNotReady");
    mark_pods_not_ready(world, name);
}

/// The status of a condition: `True`, `False`, `Unknown` or, where there is none, empty.
pub(super) fn condition<'a>(node: &'a Value, kind: &str) -> &'a str {
    value::items(node, "/status/conditions")
        .iter()
        .find(|condition| value::text(condition, "/type") == kind)
        .map_or("", |condition| value::text(condition, "/status"))
}

/// `Node node-2 status is now: NodeNotReady`, in the words of kubelet and node controller alike.
pub(super) fn say(world: &mut World, node: &Value, source: Source<'_>, reason: &str) {
    let message = format!("Node {} status is now: {reason}", value::name(node));
    events::record(world, node, source, Report::normal(reason, &message));
}

fn mark_pods_not_ready(world: &mut World, node: &str) {
    let pods: Vec<_> = world
        .store
        .list(registry::POD, None)
        .filter(|pod| value::text(pod, "/spec/nodeName") == node)
        .cloned()
        .collect();
    let now = value::wire_time(world.now);
    for pod in pods {
        let (namespace, name) = key_of(&pod);
        let mut changed = false;
        world.update(registry::POD, &namespace, &name, |pod| {
            let conditions = pod["status"]["conditions"].as_array_mut();
            for condition in conditions.into_iter().flatten() {
                if condition["type"] == "Ready" && condition["status"] != "False" {
                    condition["status"] = json!("False");
                    condition["lastTransitionTime"] = json!(now);
                    changed = true;
                }
            }
        });
        if changed {
            let report = Report::warning("NodeNotReady", "Node is not ready");
            events::record(world, &pod, component(CONTROLLER), report);
        }
    }
}

/// Brings the taints this controller keeps in line with the node's conditions and whether it is cordoned.
pub(crate) fn reconcile(world: &mut World, name: &str) {
    let Some(node) = world.get(registry::NODE, "", name) else {
        return;
    };
    let present = value::items(&node, "/spec/taints");
    let mut wanted: Vec<Value> = present
        .iter()
        .filter(|taint| !is_kept_here(value::text(taint, "/key")))
        .cloned()
        .collect();
    for (key, effect) in due_taints(&node) {
        let old = present
            .iter()
            .find(|taint| taint["key"] == key && taint["effect"] == effect);
        wanted.push(old.cloned().unwrap_or_else(
            || json!({"key": key, "effect": effect, "timeAdded": value::wire_time(world.now)}),
        ));
    }
    if wanted.len() == present.len() && wanted.iter().all(|taint| present.contains(taint)) {
        return;
    }
    announce_cordon(world, &node, &wanted);
    world.update(registry::NODE, "", name, |node| {
        if wanted.is_empty() {
            value::remove(node, &["spec", "taints"]);
        } else {
            node["spec"]["taints"] = json!(wanted);
        }
    });
}

/// Says that scheduling onto a node ended or began again.
fn announce_cordon(world: &mut World, node: &Value, wanted: &[Value]) {
    let closed = |taints: &[Value]| taints.iter().any(|taint| taint["key"] == UNSCHEDULABLE);
    let (before, after) = (closed(value::items(node, "/spec/taints")), closed(wanted));
    if before == after {
        return;
    }
    let reason = if after {
        "NodeNotSchedulable"
    } else {
        "NodeSchedulable"
    };
    let host = value::name(node);
    say(
        world,
        node,
        Source {
            component: "kubelet",
            host,
        },
        reason,
    );
}

fn is_kept_here(key: &str) -> bool {
    [NOT_READY, UNREACHABLE, UNSCHEDULABLE].contains(&key)
        || PRESSURES.iter().any(|(_, taint)| *taint == key)
}

fn due_taints(node: &Value) -> Vec<(&'static str, &'static str)> {
    let mut due = Vec::new();
    if value::truth(node, "/spec/unschedulable") {
        due.push((UNSCHEDULABLE, "NoSchedule"));
    }
    let trouble = match condition(node, "Ready") {
        "False" => Some(NOT_READY),
        "Unknown" => Some(UNREACHABLE),
        _ => None,
    };
    if let Some(key) = trouble {
        due.extend([(key, "NoSchedule"), (key, "NoExecute")]);
    }
    for (pressure, key) in PRESSURES {
        if condition(node, pressure) == "True" {
            due.push((key, "NoSchedule"));
        }
    }
    due
}
