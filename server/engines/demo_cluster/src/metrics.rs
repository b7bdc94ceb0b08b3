//! What metrics-server and the kubelets would report: `metrics.k8s.io` objects and the node summary.

use domain::time::{Seconds, Timestamp};
use serde_json::{Value, json};

use crate::{
    api::{Request, Selection, Verb},
    controllers::kubelet::PodRuntime,
    meter::{self, Count},
    registry,
    status::Status,
    usage::Usage,
    value::{self, wire_time},
    world::{World, workload_of},
};

/// How far apart samples are, and how long a pod must have run to have one (`--metric-resolution`).
pub(crate) const WINDOW: Seconds = Seconds(15);

/// Answers a get or list of `metrics.k8s.io`; like metrics-server it knows selectors but no paging.
pub(crate) fn answer(world: &World, request: &Request) -> Result<Value, Status> {
    let measured = if request.kind == registry::NODE_METRICS {
        node_metrics(world)
    } else {
        pod_metrics(world)
    };
    let selection = Selection::of(request)?;
    let mut selected = measured.into_iter().filter(|one| selection.matches(one));
    if request.verb == Verb::Get {
        let name = request.name.as_deref().unwrap_or_default();
        return selected.next().ok_or_else(|| {
            let is_node = request.kind == registry::NODE_METRICS;
            Status::not_measured(if is_node { "node" } else { "pods" }, name)
        });
    }
    let spec = request.kind.spec();
    Ok(json!({
        "kind": format!("{}List", spec.kind),
        "apiVersion": spec.api_version(),
        "metadata": {},
        "items": selected.collect::<Vec<_>>(),
    }))
}

/// When the newest sample was taken that can be had.
fn sampled_at(world: &World) -> Timestamp {
    let now = (world.now - world.metrics_delay).seconds();
    Timestamp::from_seconds(now - now.rem_euclid(WINDOW.0))
}

/// The newest sample of a pod; `None` when it has none: not running, or not for long enough.
pub(crate) fn pod_usage(world: &World, pod: &Value) -> Option<Usage> {
    let runtime = world.state.runtimes.get(value::uid(pod))?;
    let at = sampled_at(world);
    let sampled = running_for(runtime, at).is_some_and(|age| age >= WINDOW.0);
    if !sampled {
        return None;
    }
    usage_at(world, pod, at)
}

fn running_for(runtime: &PodRuntime, at: Timestamp) -> Option<i64> {
    let starts = runtime
        .containers
        .iter()
        .filter_map(|one| one.running_since());
    starts.min().map(|since| at.seconds_since(since))
}

fn usage_at(world: &World, pod: &Value, at: Timestamp) -> Option<Usage> {
    let key = workload_of(pod);
    let slots = world.state.ledger.current(&key);
    let place = slots.iter().position(|slot| slot.pod == value::name(pod))?;
    world.model.of_pods(&key, slots, at).get(place).copied()
}

/// The `PodMetrics` of every pod that has a sample.
fn pod_metrics(world: &World) -> Vec<Value> {
    world
        .store
        .list(registry::POD, None)
        .filter_map(|pod| Some(pod_metrics_of(world, pod, pod_usage(world, pod)?)))
        .collect()
}

fn pod_metrics_of(world: &World, pod: &Value, usage: Usage) -> Value {
    let containers = value::items(pod, "/spec/containers");
    let shares = shares(containers.len());
    let containers: Vec<_> = containers
        .iter()
        .zip(shares)
        .map(|(container, share)| {
            json!({
                "name": container["name"],
                "usage": {
                    "cpu": format!("{}n", (usage.cpu * share * 1e6).round() as u64),
                    "memory": format!("{}Ki", (usage.memory * share / 1024.0).round() as u64),
                },
            })
        })
        .collect();
    let mut metadata = json!({
        "name": value::name(pod),
        "namespace": value::namespace(pod),
        "creationTimestamp": wire_time(world.now),
    });
    if let Some(labels) = pod["metadata"].get("labels") {
        metadata["labels"] = labels.clone();
    }
    json!({
        "apiVersion": "metrics.k8s.io/v1beta1",
        "kind": "PodMetrics",
        "metadata": metadata,
        "timestamp": wire_time(sampled_at(world)),
        "window": "15s",
        "containers": containers,
    })
}

/// The share of a pod's use that falls on one of its containers; `None` when it has none of this name.
pub(crate) fn container_share(pod: &Value, container: &str) -> Option<f64> {
    let containers = value::items(pod, "/spec/containers");
    let place = containers
        .iter()
        .position(|one| value::text(one, "/name") == container)?;
    shares(containers.len()).get(place).copied()
}

/// How a pod's use falls on its containers: nine tenths on the first, the rest evenly.
fn shares(containers: usize) -> Vec<f64> {
    let others = containers.saturating_sub(1);
    let first = if others == 0 { 1.0 } else { 0.9 };
    (0..containers)
        .map(|index| {
            if index == 0 {
                first
            } else {
                0.1 / others as f64
            }
        })
        .collect()
}

/// The `NodeMetrics` of every node.
fn node_metrics(world: &World) -> Vec<Value> {
    world
        .store
        .list(registry::NODE, None)
        .filter(|node| !world.state.lost_nodes.contains_key(value::name(node)))
        .map(|node| {
            let usage = node_usage(world, value::name(node), sampled_at(world));
            json!({
                "apiVersion": "metrics.k8s.io/v1beta1",
                "kind": "NodeMetrics",
                "metadata": {
                    "name": value::name(node),
                    "creationTimestamp": wire_time(world.now),
                    "labels": node["metadata"]["labels"],
                },
                "timestamp": wire_time(sampled_at(world)),
                "window": "15s",
                "usage": {
                    "cpu": format!("{}n", (usage.cpu * 1e6).round() as u64),
                    "memory": format!("{}Ki", (usage.memory / 1024.0).round() as u64),
                },
            })
        })
        .collect()
}

/// The address at which a node's kubelet is reached; empty for an unknown node.
pub(crate) fn address<'a>(world: &'a World, node: &str) -> &'a str {
    world
        .store
        .get(registry::NODE, "", node)
        .map_or("", |node| value::text(node, "/status/addresses/0/address"))
}

/// A node's pods together with what the node itself uses.
fn node_usage(world: &World, node: &str, at: Timestamp) -> Usage {
    let mut sum = world.model.of_system(node, at);
    for (key, slots) in world.state.ledger.all_current() {
        if !slots.iter().any(|slot| slot.node == node) {
            continue;
        }
        let usages = world.model.of_pods(key, slots, at);
        for (slot, usage) in slots.iter().zip(usages) {
            if slot.node == node {
                sum += usage;
            }
        }
    }
    sum
}

/// The kubelet's `/stats/summary` of a node; `None` when there is no such node.
///
/// Source: `k8s.io/kubelet/pkg/apis/stats/v1alpha1`.
pub(crate) fn summary(world: &World, node: &str) -> Option<Value> {
    let object = world.store.get(registry::NODE, "", node)?;
    let usage = node_usage(world, node, world.now);
    let count = world
        .state
        .counters
        .nodes
        .get(node)
        .copied()
        .unwrap_or_default();
    let time = wire_time(world.now);
    let started = value::text(object, "/metadata/creationTimestamp");
    let mut summary = json!({
        "nodeName": node,
        "startTime": started,
        "network": network(&time, &count),
        "fs": filesystem(&time, 107_374_182_400, 31_000_000_000 + count.written % 9_000_000_000),
        "swap": {"time": time, "swapUsageBytes": 0, "swapAvailableBytes": 0},
        "rlimit": {"time": time, "maxpid": 4_194_304, "curproc": 412},
    });
    merge(
        &mut summary,
        compute(&time, &usage, &count, Some(17_179_869_184.0)),
    );
    let pods: Vec<_> = world
        .store
        .list(registry::POD, None)
        .filter(|pod| value::text(pod, "/spec/nodeName") == node)
        .filter_map(|pod| pod_summary(world, pod))
        .collect();
    Some(json!({"node": summary, "pods": pods}))
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

fn compute(time: &str, usage: &Usage, count: &Count, capacity: Option<f64>) -> Value {
    let mut memory = json!({
        "time": time,
        "usageBytes": (usage.memory * 1.12) as u64,
        "workingSetBytes": usage.memory as u64,
        "rssBytes": (usage.memory * 0.81) as u64,
        "pageFaults": count.cpu / 2_000_000,
        "majorPageFaults": count.read / 40_000_000,
    });
    if let Some(capacity) = capacity {
        memory["availableBytes"] = json!((capacity - usage.memory).max(0.0) as u64);
    }
    json!({
        "cpu": {
            "time": time,
            "usageNanoCores": (usage.cpu * 1e6) as u64,
            "usageCoreNanoSeconds": count.cpu,
        },
        "memory": memory,
        // Bytes read and written are an addition: the real summary leaves disk traffic to cAdvisor.
        "diskIo": {"time": time, "readBytes": count.read, "writeBytes": count.written},
    })
}

fn network(time: &str, count: &Count) -> Value {
    let interface = json!({
        "name": "eth0",
        "rxBytes": count.received,
        "rxErrors": 0,
        "txBytes": count.sent,
        "txErrors": 0,
    });
    let mut network = interface.clone();
    network["time"] = json!(time);
    network["interfaces"] = json!([interface]);
    network
}

fn filesystem(time: &str, capacity: u64, used: u64) -> Value {
    json!({
        "time": time,
        "availableBytes": capacity.saturating_sub(used),
        "capacityBytes": capacity,
        "usedBytes": used,
        "inodes": 6_553_600,
        "inodesFree": 6_100_000,
        "inodesUsed": 453_600,
    })
}

fn pod_summary(world: &World, pod: &Value) -> Option<Value> {
    let runtime = world.state.runtimes.get(value::uid(pod))?;
    running_for(runtime, world.now)?;
    let usage = usage_at(world, pod, world.now)?;
    let key = meter::pod_key(value::namespace(pod), value::name(pod));
    let count = world
        .state
        .counters
        .pods
        .get(&key)
        .copied()
        .unwrap_or_default();
    let time = wire_time(world.now);
    let specs = value::items(pod, "/spec/containers");
    let containers: Vec<_> = specs
        .iter()
        .zip(shares(specs.len()))
        .map(|(spec, share)| container_summary(spec, &time, share, &usage, &count))
        .collect();
    let mut summary = json!({
        "podRef": {
            "name": value::name(pod),
            "namespace": value::namespace(pod),
            "uid": value::uid(pod),
        },
        "startTime": pod["status"]["startTime"],
        "containers": containers,
        "network": network(&time, &count),
        "ephemeral-storage": filesystem(&time, 107_374_182_400, 120_000),
        "process_stats": {"process_count": 1},
    });
    merge(&mut summary, compute(&time, &usage, &count, None));
    Some(summary)
}

fn container_summary(spec: &Value, time: &str, share: f64, usage: &Usage, count: &Count) -> Value {
    let part = |amount: u64| (amount as f64 * share) as u64;
    let usage = Usage {
        cpu: usage.cpu * share,
        memory: usage.memory * share,
        ..*usage
    };
    let count = Count {
        cpu: part(count.cpu),
        received: part(count.received),
        sent: part(count.sent),
        read: part(count.read),
        written: part(count.written),
    };
    let limit = crate::amounts::quantity(&spec["resources"]["limits"]["memory"]);
    let mut summary = json!({
        "name": spec["name"],
        "startTime": time,
        "rootfs": filesystem(time, 107_374_182_400, 60_000),
        "logs": filesystem(time, 107_374_182_400, 240_000),
    });
    merge(&mut summary, compute(time, &usage, &count, limit));
    summary
}
