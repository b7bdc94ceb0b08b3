//! Counters that only rise: CPU seconds, bytes over the network and to disk, per pod and per node.
//!
//! Integrated from the usage rates as time passes, so that a client that differentiates them finds the rates.

use std::collections::BTreeMap;

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{registry, usage::Usage, value, world::World};

/// Cumulative amounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Count {
    /// CPU, nanoseconds of one core.
    pub cpu: u64,
    /// Bytes received.
    pub received: u64,
    /// Bytes sent.
    pub sent: u64,
    /// Bytes read.
    pub read: u64,
    /// Bytes written.
    pub written: u64,
}

impl Count {
    fn add(&mut self, usage: &Usage, seconds: f64) {
        // A millicore is a thousandth of a core: a million nanoseconds a second.
        self.cpu += (usage.cpu * 1e6 * seconds) as u64;
        self.received += (usage.received * seconds) as u64;
        self.sent += (usage.sent * seconds) as u64;
        self.read += (usage.read * seconds) as u64;
        self.written += (usage.written * seconds) as u64;
    }
}

/// All counters.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counters {
    /// Up to when they count.
    pub until: Timestamp,
    /// By node; pods that ran there and are gone included.
    pub nodes: BTreeMap<String, Count>,
    /// By `namespace/name` of pods that are there.
    pub pods: BTreeMap<String, Count>,
}

/// The counters' key of a pod.
pub(crate) fn pod_key(namespace: &str, name: &str) -> String {
    format!("{namespace}/{name}")
}

/// A pod whose memory has reached its limit.
pub(crate) struct OverLimit {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// Brings the counters up to now and returns the pods that use all the memory they may.
pub(crate) fn read(world: &mut World) -> Vec<OverLimit> {
    let mut counters = std::mem::take(&mut world.state.counters);
    if counters.until == Timestamp::default() {
        counters.until = world.now;
    }
    let seconds = (world.now.0 - counters.until.0).max(0) as f64 / 1000.0;
    let mut over = Vec::new();
    for (key, slots) in world.state.ledger.all_current() {
        let usages = world.model.of_pods(key, slots, world.now);
        for (slot, usage) in slots.iter().zip(usages) {
            let pod = counters
                .pods
                .entry(pod_key(&key.namespace, &slot.pod))
                .or_default();
            pod.add(&usage, seconds);
            counters
                .nodes
                .entry(slot.node.clone())
                .or_default()
                .add(&usage, seconds);
            let limit = slot.memory_limit.filter(|_| slot.serving);
            if limit.is_some_and(|limit| usage.memory >= limit) {
                over.push(OverLimit {
                    namespace: key.namespace.clone(),
                    name: slot.pod.clone(),
                });
            }
        }
    }
    for node in world.store.list(registry::NODE, None) {
        let name = value::name(node);
        if world.state.lost_nodes.contains_key(name) {
            continue;
        }
        let usage = world.model.of_system(name, world.now);
        let count = counters.nodes.entry(name.to_owned()).or_default();
        count.add(&usage, seconds);
    }
    counters.until = world.now;
    world.state.counters = counters;
    over
}

/// Forgets the counters of pods that are gone.
pub(crate) fn forget_pod(world: &mut World, namespace: &str, name: &str) {
    world.state.counters.pods.remove(&pod_key(namespace, name));
}
