//! The taint eviction controller: pods leave nodes whose `NoExecute` taints they do not bear, or no longer.
//!
//! Source: Kubernetes documentation, "Taints and Tolerations", "Taint based Evictions".

use std::{collections::BTreeMap, sync::Arc};

use domain::time::{Seconds, Timestamp};
use serde_json::Value;

use super::{
    pods,
    taints::{Tolerance, tolerance},
};
use crate::{
    events::{self, Report, component},
    registry, value,
    world::World,
};

const CONTROLLER: &str = "taint-eviction-controller";

/// Deletes the pods whose time on a tainted node is over.
pub(crate) fn run(world: &mut World) {
    let nodes = tainted(world);
    note_arrivals(world, &nodes);
    if nodes.is_empty() {
        return;
    }
    let over: Vec<_> = bound_to(world, &nodes)
        .into_iter()
        .filter(|(pod, node)| deadline(world, pod, node).is_some_and(|at| at <= world.now))
        .map(|(pod, _)| pod)
        .collect();
    for pod in over {
        let message = format!(
            "Marking for deletion Pod {}/{}",
            value::namespace(&pod),
            value::name(&pod)
        );
        let report = Report::normal("TaintManagerEviction", &message);
        events::record(world, &pod, component(CONTROLLER), report);
        pods::delete(world, &pod);
    }
}

/// When the next pod will be deleted for a taint.
pub(crate) fn next_due(world: &World) -> Option<Timestamp> {
    let nodes = tainted(world);
    bound_to(world, &nodes)
        .iter()
        .filter_map(|(pod, node)| deadline(world, pod, node))
        .filter(|at| *at > world.now)
        .min()
}

fn no_execute(node: &Value) -> impl Iterator<Item = &Value> {
    value::items(node, "/spec/taints")
        .iter()
        .filter(|taint| value::text(taint, "/effect") == "NoExecute")
}

/// Nodes with a `NoExecute` taint, by name.
fn tainted(world: &World) -> BTreeMap<String, Arc<Value>> {
    world
        .store
        .list(registry::NODE, None)
        .filter(|node| no_execute(node).next().is_some())
        .map(|node| (value::name(node).to_owned(), Arc::clone(node)))
        .collect()
}

fn bound_to(world: &World, nodes: &BTreeMap<String, Arc<Value>>) -> Vec<(Arc<Value>, Arc<Value>)> {
    if nodes.is_empty() {
        return Vec::new();
    }
    world
        .store
        .list(registry::POD, None)
        .filter(|pod| pods::is_active(pod))
        .filter_map(|pod| {
            let node = nodes.get(value::text(pod, "/spec/nodeName"))?;
            Some((Arc::clone(pod), Arc::clone(node)))
        })
        .collect()
}

/// When the pod has to go: the earliest end of what it bears; `None` when it may stay.
fn deadline(world: &World, pod: &Value, node: &Value) -> Option<Timestamp> {
    no_execute(node)
        .filter_map(|taint| {
            let seconds = match tolerance(pod, taint) {
                Tolerance::Never => 0,
                Tolerance::Seconds(seconds) => seconds,
                Tolerance::Always => return None,
            };
            Some(since(world, node, taint) + Seconds(seconds))
        })
        .min()
}

/// Since when the taint is there: as it says, or as it was first seen.
fn since(world: &World, node: &Value, taint: &Value) -> Timestamp {
    value::time(taint, "/timeAdded")
        .or_else(|| world.state.tainted.get(&name_of(node, taint)).copied())
        .unwrap_or(world.now)
}

fn name_of(node: &Value, taint: &Value) -> String {
    let part = |field: &str| value::text(taint, field);
    format!("{}/{}={}", value::name(node), part("/key"), part("/value"))
}

/// Remembers when taints without a time of their own were first seen, as those of `kubectl taint` are.
fn note_arrivals(world: &mut World, nodes: &BTreeMap<String, Arc<Value>>) {
    let names: Vec<_> = nodes
        .values()
        .flat_map(|node| no_execute(node).map(|taint| name_of(node, taint)))
        .collect();
    world.state.tainted.retain(|name, _| names.contains(name));
    for name in names {
        world.state.tainted.entry(name).or_insert(world.now);
    }
}
