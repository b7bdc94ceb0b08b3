//! Signs of life of the nodes: leases every ten seconds, the node's own status every five minutes.
//!
//! Source: Kubernetes documentation, "Node heartbeats".

use domain::time::Timestamp;
use serde_json::json;

use super::nodes;
use crate::{
    events::Source,
    registry,
    value::{self, wire_micro_time, wire_time},
    world::World,
};

/// The conditions of a healthy node: type, status, reason and message.
pub(crate) const HEALTHY: [(&str, &str, &str, &str); 4] = [
    (
        "MemoryPressure",
        "False",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
    ),
    (
        "DiskPressure",
        "False",
        "KubeletHasNoDiskPressure",
        "kubelet has no disk pressure",
    ),
    (
        "PIDPressure",
        "False",
        "KubeletHasSufficientPID",
        "kubelet has sufficient PID available",
    ),
    (
        "Ready",
        "True",
        "KubeletReady",
        "kubelet is posting ready status",
    ),
];

/// Renews leases and reports status where it is time to.
pub(crate) fn beat(world: &mut World) {
    if world.is_due("leases", 10) {
        renew_leases(world);
    }
    if world.is_due("node-status", 300) {
        report_status(world);
    }
}

/// Names of the nodes whose kubelets speak.
fn alive(world: &World) -> Vec<String> {
    world
        .store
        .list(registry::NODE, None)
        .map(|node| value::name(node).to_owned())
        .filter(|name| !world.state.lost_nodes.contains_key(name))
        .collect()
}

fn renew_leases(world: &mut World) {
    let now = world.now;
    for name in alive(world) {
        world.update(registry::LEASE, "kube-node-lease", &name, |lease| {
            lease["spec"]["renewTime"] = json!(wire_micro_time(now));
        });
    }
}

fn report_status(world: &mut World) {
    for name in alive(world) {
        report(world, &name, world.now);
    }
}

/// A kubelet's first report after it was away: the node is ready again.
pub(super) fn report_ready(world: &mut World, name: &str) {
    let Some(node) = world.get(registry::NODE, "", name) else {
        return;
    };
    let was_ready = nodes::condition(&node, "Ready") == "True";
    let now = value::wire_time(world.now);
    world.update(registry::NODE, "", name, |node| {
        let conditions = node["status"]["conditions"].as_array_mut();
        for condition in conditions.into_iter().flatten() {
            let kind = value::text(condition, "/type").to_owned();
            let Some((_, status, reason, message)) =
                HEALTHY.iter().find(|(healthy, ..)| *healthy == kind)
            else {
                continue;
            };
            if condition["status"] != *status {
                condition["lastTransitionTime"] = json!(now);
            }
            condition["status"] = json!(status);
            condition["reason"] = json!(reason);
            condition["message"] = json!(message);
        }
    });
    report(world, name, world.now);
    if !was_ready {
        let host = value::name(&node);
        let source = Source {
            component: "kubelet",
            host,
        };
        nodes::say(world, &node, source, "NodeReady");
    }
}

fn report(world: &mut World, name: &str, now: Timestamp) {
    let images: Vec<_> = world
        .state
        .images
        .get(name)
        .into_iter()
        .flatten()
        .map(|image| {
            let names = [
                super::kubelet::images::digest(image),
                super::kubelet::images::complete(image),
            ];
            json!({"names": names, "sizeBytes": super::kubelet::images::size(image)})
        })
        .collect();
    world.update(registry::NODE, "", name, |node| {
        node["status"]["images"] = json!(images);
        let conditions = node["status"]["conditions"].as_array_mut();
        for condition in conditions.into_iter().flatten() {
            condition["lastHeartbeatTime"] = json!(wire_time(now));
        }
    });
}
