//! The status of a deployment, with its `Available` and `Progressing` conditions.

use serde_json::{Value, json};

use super::Fleet;
use crate::{
    controllers::pods::set_condition,
    registry, value,
    world::{World, key_of},
};

/// Notes in the conditions that a new set was made.
pub(super) fn note_new_set(world: &mut World, deployment: &Value, set: &Value) {
    let (namespace, name) = key_of(deployment);
    let message = format!("Created new replica set \"{}\"", value::name(set));
    let now = world.now;
    world.update(registry::DEPLOYMENT, &namespace, &name, |deployment| {
        set_condition(
            &mut deployment["status"],
            "Progressing",
            "True",
            "NewReplicaSetCreated",
            &message,
            now,
        );
    });
}

/// Writes counts and conditions.
pub(super) fn write(world: &mut World, fleet: &Fleet) {
    let (namespace, name) = key_of(&fleet.deployment);
    let Some(current) = world.get(registry::DEPLOYMENT, &namespace, &name) else {
        return;
    };
    let old = &current["status"];
    let mut status = counts(fleet);
    status["observedGeneration"] = current["metadata"]["generation"].clone();
    status["conditions"] = old["conditions"].clone();
    set_available(world, fleet, &mut status);
    set_progressing(world, fleet, old, &mut status);
    set_failure(world, fleet, &mut status);
    world.update(registry::DEPLOYMENT, &namespace, &name, |deployment| {
        deployment["status"] = status;
    });
}

fn counts(fleet: &Fleet) -> Value {
    let sum = |field: &str| -> i64 {
        fleet
            .all()
            .map(|set| value::integer(set, field).unwrap_or(0))
            .sum()
    };
    let updated = fleet
        .new
        .as_ref()
        .and_then(|set| value::integer(set, "/status/replicas"))
        .unwrap_or(0);
    let (total, available) = (sum("/status/replicas"), sum("/status/availableReplicas"));
    let asked: i64 = fleet
        .all()
        .map(|set| value::integer(set, "/spec/replicas").unwrap_or(0))
        .sum();
    let mut status = json!({});
    for (field, amount) in [
        ("replicas", total),
        ("updatedReplicas", updated),
        ("readyReplicas", sum("/status/readyReplicas")),
        ("availableReplicas", available),
        ("unavailableReplicas", (asked - available).max(0)),
    ] {
        if amount > 0 {
            status[field] = json!(amount);
        }
    }
    status
}

fn set_available(world: &World, fleet: &Fleet, status: &mut Value) {
    let available = value::integer(status, "/availableReplicas").unwrap_or(0);
    let enough = available >= fleet.replicas() - fleet.max_unavailable();
    let (truth, reason, message) = if enough {
        (
            "True",
            "MinimumReplicasAvailable",
            "Deployment has minimum availability.",
        )
    } else {
        (
            "False",
            "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.",
        )
    };
    if set_condition(status, "Available", truth, reason, message, world.now) {
        put_last(status, "Available");
    }
}

/// A condition that was written goes to the end of the list. Source: `SetDeploymentCondition` of
/// `pkg/controller/deployment/util`.
fn put_last(status: &mut Value, kind: &str) {
    if let Some(conditions) = status["conditions"].as_array_mut() {
        conditions.sort_by_key(|condition| condition["type"] == kind);
    }
}

/// Repeats what keeps a set from making its pods, as long as it does.
fn set_failure(world: &World, fleet: &Fleet, status: &mut Value) {
    let failure = fleet.new.iter().chain(&fleet.old).find_map(|set| {
        value::items(set, "/status/conditions")
            .iter()
            .find(|condition| condition["type"] == "ReplicaFailure")
    });
    match failure {
        Some(failure) => drop(set_condition(
            status,
            "ReplicaFailure",
            "True",
            value::text(failure, "/reason"),
            value::text(failure, "/message"),
            world.now,
        )),
        None => {
            if let Some(conditions) = status["conditions"].as_array_mut() {
                conditions.retain(|condition| condition["type"] != "ReplicaFailure");
            }
        }
    }
}

/// Truth, reason and message of the `Progressing` condition.
type Progress = (&'static str, &'static str, String);

fn set_progressing(world: &World, fleet: &Fleet, old: &Value, status: &mut Value) {
    let Some((truth, reason, message)) = progress(world, fleet, old, status) else {
        return;
    };
    if reason == "ReplicaSetUpdated" {
        touch(status);
    }
    if set_condition(status, "Progressing", truth, reason, &message, world.now) {
        put_last(status, "Progressing");
    }
}

/// Complete, progressing or out of time; `None` when nothing has changed. Source: "Deployments",
/// "Deployment status".
fn progress(world: &World, fleet: &Fleet, old: &Value, status: &Value) -> Option<Progress> {
    if value::truth(&fleet.deployment, "/spec/paused") {
        return Some((
            "Unknown",
            "DeploymentPaused",
            "Deployment is paused".to_owned(),
        ));
    }
    if condition(old, "/reason") == "DeploymentPaused" {
        return Some((
            "Unknown",
            "DeploymentResumed",
            "Deployment is resumed".to_owned(),
        ));
    }
    let set = format!("ReplicaSet \"{}\"", value::name(fleet.new.as_ref()?));
    if is_complete(fleet, status) {
        let message = format!("{set} has successfully progressed.");
        Some(("True", "NewReplicaSetAvailable", message))
    } else if has_progressed(old, status) {
        Some((
            "True",
            "ReplicaSetUpdated",
            format!("{set} is progressing."),
        ))
    } else if is_late(world, fleet, old) {
        let message = format!("{set} has timed out progressing.");
        Some(("False", "ProgressDeadlineExceeded", message))
    } else {
        None
    }
}

/// Forgets the reason, so that setting the same one again renews the update time.
fn touch(status: &mut Value) {
    let conditions = status["conditions"].as_array_mut();
    for condition in conditions.into_iter().flatten() {
        if condition["type"] == "Progressing" {
            condition["reason"] = json!("");
        }
    }
}

fn condition<'a>(status: &'a Value, field: &str) -> &'a str {
    value::items(status, "/conditions")
        .iter()
        .find(|condition| value::text(condition, "/type") == "Progressing")
        .map_or("", |condition| value::text(condition, field))
}

/// Whether every replica is of the newest template and available, and no other is left.
fn is_complete(fleet: &Fleet, status: &Value) -> bool {
    let replicas = fleet.replicas();
    ["/updatedReplicas", "/replicas", "/availableReplicas"]
        .iter()
        .all(|field| value::integer(status, field).unwrap_or(0) == replicas)
}

fn has_progressed(old: &Value, new: &Value) -> bool {
    let rose = |field: &str| {
        value::integer(new, field).unwrap_or(0) > value::integer(old, field).unwrap_or(0)
    };
    let outdated = |status: &Value| {
        value::integer(status, "/replicas").unwrap_or(0)
            - value::integer(status, "/updatedReplicas").unwrap_or(0)
    };
    rose("/updatedReplicas")
        || rose("/readyReplicas")
        || rose("/availableReplicas")
        || outdated(new) < outdated(old)
}

/// Whether nothing has moved for `progressDeadlineSeconds`; a rollout that was complete cannot be late.
fn is_late(world: &World, fleet: &Fleet, old: &Value) -> bool {
    let deadline =
        value::integer(&fleet.deployment, "/spec/progressDeadlineSeconds").unwrap_or(600);
    let since = value::items(old, "/conditions")
        .iter()
        .find(|condition| value::text(condition, "/type") == "Progressing")
        .and_then(|condition| value::time(condition, "/lastUpdateTime"));
    condition(old, "/reason") != "NewReplicaSetAvailable"
        && since.is_some_and(|since| world.now.seconds_since(since) > deadline)
}
