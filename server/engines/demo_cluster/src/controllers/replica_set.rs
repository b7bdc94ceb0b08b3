//! `ReplicaSet`: as many pods of its template as it asks for.

use std::sync::Arc;

use domain::time::Seconds;
use serde_json::{Value, json};

use super::{adoption, pods};
use crate::{
    events::{self, Report, component},
    registry,
    status::Status,
    value,
    world::{Key, World},
};

const CONTROLLER: &str = "replicaset-controller";
/// How long after a pod was refused another is tried.
const RETRY: Seconds = Seconds(20);

/// Creates or deletes pods until the count is right, and writes the status.
pub(crate) fn reconcile(world: &mut World, (namespace, name): &Key) {
    let Some(set) = world.get(registry::REPLICA_SET, namespace, name) else {
        return;
    };
    let active: Vec<_> = adoption::claim(world, registry::POD, &set)
        .into_iter()
        .filter(|pod| pods::is_active(pod))
        .collect();
    let mut trouble = None;
    if !value::is_terminating(&set) {
        let wanted = value::integer(&set, "/spec/replicas").unwrap_or(1).max(0);
        let have = active.len() as i64;
        if have < wanted {
            trouble = (have..wanted).find_map(|_| create(world, &set).err());
        } else if have > wanted {
            let surplus = (have - wanted) as usize;
            remove(world, &set, active.clone(), surplus);
        }
    }
    write_status(world, &set, &active, trouble.as_ref());
}

fn create(world: &mut World, set: &Value) -> Result<(), Status> {
    let name = format!("{}-{}", value::name(set), world.store.name_suffix());
    let mut pod = pods::from_template(set, &set["spec"]["template"], &name);
    pod["metadata"]["generateName"] = json!(format!("{}-", value::name(set)));
    pods::create(world, set, CONTROLLER, pod).map(drop)
}

fn remove(world: &mut World, set: &Value, mut active: Vec<Arc<Value>>, surplus: usize) {
    active.sort_by_key(|pod| deletion_rank(pod));
    for pod in active.iter().take(surplus) {
        pods::delete(world, pod);
        let message = format!("Deleted pod: {}", value::name(pod));
        let report = Report::normal("SuccessfulDelete", &message);
        events::record(world, set, component(CONTROLLER), report);
    }
}

/// Lowest first: unbound, then pending, then not ready, then the youngest.
/// Source: `k8s.io/kubernetes/pkg/controller`, `ActivePodsWithRanks`.
fn deletion_rank(pod: &Value) -> (bool, bool, bool, std::cmp::Reverse<String>, String) {
    let ready = pods::is_ready(pod);
    (
        !value::text(pod, "/spec/nodeName").is_empty(),
        value::text(pod, "/status/phase") == "Running",
        ready,
        std::cmp::Reverse(value::text(pod, "/metadata/creationTimestamp").to_owned()),
        value::name(pod).to_owned(),
    )
}

fn write_status(world: &mut World, set: &Value, active: &[Arc<Value>], trouble: Option<&Status>) {
    let min_ready = value::integer(set, "/spec/minReadySeconds").unwrap_or(0);
    let labels = value::map(set, "/spec/template/metadata/labels").cloned();
    let count = |test: &dyn Fn(&Value) -> bool| active.iter().filter(|pod| test(pod)).count();
    let ready = count(&|pod| pods::is_ready(pod));
    let available = count(&|pod| pods::is_available(pod, min_ready, world.now));
    let labelled = labels.map_or(0, |labels| {
        count(&|pod| crate::world::has_labels(pod, &labels))
    });
    let mut status = json!({
        "replicas": active.len(),
        "observedGeneration": set["metadata"]["generation"],
    });
    for (field, amount) in [
        ("fullyLabeledReplicas", labelled),
        ("readyReplicas", ready),
        ("availableReplicas", available),
    ] {
        if amount > 0 {
            status[field] = json!(amount);
        }
    }
    if available < ready {
        // Availability comes with time alone.
        world.look_again(registry::REPLICA_SET, set);
    }
    if let Some(trouble) = trouble {
        note_failure(world, set, &mut status, trouble);
    }
    let (namespace, name) = crate::world::key_of(set);
    world.update(registry::REPLICA_SET, &namespace, &name, |set| {
        set["status"] = status;
    });
}

/// Says in the status why pods are missing, and tries again later.
fn note_failure(world: &mut World, set: &Value, status: &mut Value, trouble: &Status) {
    status["conditions"] = set["status"]["conditions"].clone();
    pods::set_condition(
        status,
        "ReplicaFailure",
        "True",
        "FailedCreate",
        trouble.message(),
        world.now,
    );
    for condition in status["conditions"].as_array_mut().into_iter().flatten() {
        // Conditions of this kind have no update time.
        value::remove(condition, &["lastUpdateTime"]);
    }
    world.wake_at(world.now + RETRY, registry::REPLICA_SET, set);
}
