//! Signs of life of the nodes: leases every ten seconds, the node's own status every five minutes.
//!
//! Source: Kubernetes documentation, "Node heartbeats".

use domain::time::Timestamp;
use serde_json::json;

use crate::{
    registry,
    value::{self, wire_micro_time, wire_time},
    world::World,
};

/// Renews leases and reports status where it is time to.
pub(crate) fn beat(world: &mut World) {
    if world.is_due("leases", 10) {
        renew_leases(world);
    }
    if world.is_due("node-status", 300) {
        report_status(world);
    }
}

fn renew_leases(world: &mut World) {
    let names: Vec<_> = world
        .store
        .list(registry::NODE, None)
        .map(|node| value::name(node).to_owned())
        .collect();
    let now = world.now;
    for name in names {
        world.update(registry::LEASE, "kube-node-lease", &name, |lease| {
            lease["spec"]["renewTime"] = json!(wire_micro_time(now));
        });
    }
}

fn report_status(world: &mut World) {
    let names: Vec<_> = world
        .store
        .list(registry::NODE, None)
        .map(|node| value::name(node).to_owned())
        .collect();
    for name in names {
        report(world, &name, world.now);
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
