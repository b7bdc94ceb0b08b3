//! `DaemonSet`: one pod on every node.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{deployment::template_hash, pods};
use crate::{
    events::{self, Report, component},
    registry, value,
    world::{Key, World, key_of},
};

const CONTROLLER: &str = "daemonset-controller";

/// Gives every node its pod, replaces outdated ones one at a time, and writes the status.
pub(crate) fn reconcile(world: &mut World, (namespace, name): &Key) {
    let Some(set) = world.get(registry::DAEMON_SET, namespace, name) else {
        return;
    };
    if value::is_terminating(&set) {
        return;
    }
    let revision = template_hash(&set);
    let members = world.controlled_by(registry::POD, namespace, value::uid(&set));
    let nodes: Vec<_> = world.store.list(registry::NODE, None).cloned().collect();
    for node in &nodes {
        let node = value::name(node);
        if !members.iter().any(|pod| node_of(pod) == node) {
            create(world, &set, node, &revision);
        }
    }
    for pod in &members {
        let strayed = !nodes.iter().any(|node| value::name(node) == node_of(pod));
        if strayed || !pods::is_active(pod) {
            pods::delete(world, pod);
        }
    }
    replace_one(world, &set, &members, &revision);
    write_status(world, &set, nodes.len(), &revision);
}

fn node_of(pod: &Value) -> &str {
    value::text(pod, "/spec/nodeName")
}

fn is_current(pod: &Value, revision: &str) -> bool {
    pod["metadata"]["labels"]["controller-revision-hash"] == revision
}

fn replace_one(world: &mut World, set: &Value, members: &[Arc<Value>], revision: &str) {
    let all_ready = members
        .iter()
        .all(|pod| pods::is_ready(pod) && pods::is_active(pod));
    let outdated = members.iter().find(|pod| !is_current(pod, revision));
    let rolling = value::text(set, "/spec/updateStrategy/type") != "OnDelete";
    if let Some(pod) = outdated.filter(|_| all_ready && rolling) {
        pods::delete(world, pod);
        let message = format!("Deleted pod: {}", value::name(pod));
        let report = Report::normal("SuccessfulDelete", &message);
        events::record(world, set, component(CONTROLLER), report);
    }
}

fn create(world: &mut World, set: &Value, node: &str, revision: &str) {
    let name = format!("{}-{}", value::name(set), world.store.name_suffix());
    let mut pod = pods::from_template(set, &set["spec"]["template"], &name);
    pod["metadata"]["generateName"] = json!(format!("{}-", value::name(set)));
    pod["metadata"]["labels"]["controller-revision-hash"] = json!(revision);
    pod["spec"]["nodeName"] = json!(node);
    if world.store.insert(registry::POD, pod, world.now).is_ok() {
        let message = format!("Created pod: {name}");
        let report = Report::normal("SuccessfulCreate", &message);
        events::record(world, set, component(CONTROLLER), report);
    }
}

fn write_status(world: &mut World, set: &Value, nodes: usize, revision: &str) {
    let (namespace, name) = key_of(set);
    let members: Vec<_> = world
        .controlled_by(registry::POD, &namespace, value::uid(set))
        .into_iter()
        .filter(|pod| pods::is_active(pod))
        .collect();
    let ready = members.iter().filter(|pod| pods::is_ready(pod)).count();
    let updated = members
        .iter()
        .filter(|pod| is_current(pod, revision))
        .count();
    let mut status = json!({
        "observedGeneration": set["metadata"]["generation"],
        "desiredNumberScheduled": nodes,
        "currentNumberScheduled": members.len(),
        "updatedNumberScheduled": updated,
        "numberReady": ready,
        "numberMisscheduled": 0,
    });
    if ready > 0 {
        status["numberAvailable"] = json!(ready);
    }
    if ready < nodes {
        status["numberUnavailable"] = json!(nodes - ready);
    }
    world.update(registry::DAEMON_SET, &namespace, &name, |set| {
        set["status"] = status
    });
}
