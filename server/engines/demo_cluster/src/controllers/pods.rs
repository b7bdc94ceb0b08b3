//! What controllers of pods have in common: making pods from a template, judging them, removing them.

use std::sync::Arc;

use domain::time::{Seconds, Timestamp};
use serde_json::{Value, json};

use crate::{
    api,
    events::{self, Report, component},
    registry,
    status::Status,
    value::{self, wire_time},
    world::World,
};

/// A pod made from the template in `owner`'s spec, owned by it and not yet bound.
pub(crate) fn from_template(owner: &Value, template: &Value, name: &str) -> Value {
    let mut pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": value::namespace(owner),
            "ownerReferences": [owner_reference(owner)],
        },
        "spec": template["spec"],
    });
    for field in ["labels", "annotations"] {
        if let Some(map) = template["metadata"]
            .get(field)
            .filter(|map| map.is_object())
        {
            pod["metadata"][field] = map.clone();
        }
    }
    (registry::POD.spec().rules.defaults)(&mut pod);
    pod
}

/// Adds a pod that a controller made, with the owner's event about it.
///
/// # Errors
/// What admission says against it: a quota that is used up, mostly.
pub(crate) fn create(
    world: &mut World,
    owner: &Value,
    controller: &'static str,
    pod: Value,
) -> Result<Arc<Value>, Status> {
    let added = api::install(&mut world.store, registry::POD, pod, world.now);
    match &added {
        Ok(pod) => {
            let message = format!("Created pod: {}", value::name(pod));
            let report = Report::normal("SuccessfulCreate", &message);
            events::record(world, owner, component(controller), report);
        }
        Err(refusal) => {
            let message = format!("Error creating: {}", refusal.message());
            let report = Report::warning("FailedCreate", &message);
            events::record(world, owner, component(controller), report);
        }
    }
    added
}

/// A reference that makes `owner` the managing owner.
pub(crate) fn owner_reference(owner: &Value) -> Value {
    json!({
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": value::name(owner),
        "uid": value::uid(owner),
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// Whether a controller counts the pod: not ended and not being deleted.
pub(crate) fn is_active(pod: &Value) -> bool {
    !value::is_terminating(pod)
        && !matches!(value::text(pod, "/status/phase"), "Succeeded" | "Failed")
}

/// Since when the pod is ready; `None` when it is not.
pub(crate) fn ready_since(pod: &Value) -> Option<Timestamp> {
    value::items(pod, "/status/conditions")
        .iter()
        .find(|condition| {
            value::text(condition, "/type") == "Ready"
                && value::text(condition, "/status") == "True"
        })
        .and_then(|condition| value::time(condition, "/lastTransitionTime"))
}

/// Whether the pod is ready.
pub(crate) fn is_ready(pod: &Value) -> bool {
    ready_since(pod).is_some()
}

/// Whether the pod has been ready for `minReadySeconds`.
pub(crate) fn is_available(pod: &Value, min_ready: i64, now: Timestamp) -> bool {
    ready_since(pod).is_some_and(|since| now.seconds_since(since) >= min_ready)
}

/// Begins the graceful deletion of a pod; one that was never bound is gone at once.
pub(crate) fn delete(world: &mut World, pod: &Value) {
    let (namespace, name) = (value::namespace(pod), value::name(pod));
    if value::is_terminating(pod) {
        return;
    }
    if value::text(pod, "/spec/nodeName").is_empty() {
        world.store.remove(registry::POD, namespace, name);
        return;
    }
    let grace = value::integer(pod, "/spec/terminationGracePeriodSeconds").unwrap_or(30);
    let deadline = wire_time(world.now + Seconds(grace));
    world.update(registry::POD, namespace, name, |pod| {
        pod["metadata"]["deletionTimestamp"] = json!(deadline);
        pod["metadata"]["deletionGracePeriodSeconds"] = json!(grace);
    });
}

/// Sets or replaces a condition of a workload's status; its transition time stays unless its truth
/// changes. Returns whether anything changed.
pub(crate) fn set_condition(
    status: &mut Value,
    kind: &str,
    truth: &str,
    reason: &str,
    message: &str,
    now: Timestamp,
) -> bool {
    if !status["conditions"].is_array() {
        status["conditions"] = json!([]);
    }
    let Some(conditions) = status["conditions"].as_array_mut() else {
        return false;
    };
    let old = conditions
        .iter_mut()
        .find(|condition| value::text(condition, "/type") == kind);
    let now = wire_time(now);
    let mut condition = json!({
        "type": kind,
        "status": truth,
        "reason": reason,
        "message": message,
        "lastUpdateTime": now,
        "lastTransitionTime": now,
    });
    let Some(old) = old else {
        conditions.push(condition);
        return true;
    };
    if value::text(old, "/status") == truth {
        if value::text(old, "/reason") == reason {
            return false;
        }
        condition["lastTransitionTime"] = old["lastTransitionTime"].clone();
    }
    *old = condition;
    true
}

/// A count or a percentage of `total`, as in `maxSurge` and `maxUnavailable`.
pub(crate) fn int_or_percent(amount: &Value, total: i64, round_up: bool) -> i64 {
    if let Some(number) = amount.as_i64() {
        return number;
    }
    let percent = amount
        .as_str()
        .and_then(|text| text.strip_suffix('%')?.parse::<i64>().ok());
    match percent {
        Some(percent) if round_up => (total * percent + 99) / 100,
        Some(percent) => total * percent / 100,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surge_rounds_up_and_unavailable_rounds_down() {
        assert_eq!(int_or_percent(&json!("25%"), 3, true), 1);
        assert_eq!(int_or_percent(&json!("25%"), 3, false), 0);
        assert_eq!(int_or_percent(&json!(2), 3, true), 2);
    }

    #[test]
    fn a_condition_keeps_its_transition_time_while_its_truth_stays() {
        let mut status = json!({});
        let at = Timestamp::from_seconds;
        set_condition(&mut status, "Progressing", "True", "A", "", at(10));
        set_condition(&mut status, "Progressing", "True", "B", "", at(20));
        let condition = &status["conditions"][0];
        assert_eq!(condition["lastTransitionTime"], wire_time(at(10)));
        assert_eq!(condition["lastUpdateTime"], wire_time(at(20)));
    }
}
