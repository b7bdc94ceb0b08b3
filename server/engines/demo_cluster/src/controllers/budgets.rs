//! `PodDisruptionBudget`s: how many pods may be evicted now.
//!
//! Source: Kubernetes documentation, "Specifying a Disruption Budget for your Application", and
//! `k8s.io/kubernetes/pkg/controller/disruption`. Refusing evictions is the API's.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};

use super::pods;
use crate::{
    registry,
    selector::LabelSelector,
    value,
    world::{Key, World},
};

/// Writes the status of a budget.
pub(crate) fn reconcile(world: &mut World, (namespace, name): &Key) {
    let Some(budget) = world.get(registry::POD_DISRUPTION_BUDGET, namespace, name) else {
        return;
    };
    if value::is_terminating(&budget) {
        return;
    }
    let members = members(world, &budget);
    let healthy = members.iter().filter(|pod| pods::is_ready(pod)).count() as i64;
    let expected = expected(world, &budget, &members);
    let desired = desired(&budget, expected);
    let allowed = if expected > 0 {
        (healthy - desired).max(0)
    } else {
        0
    };
    let mut status = json!({
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "expectedPods": expected,
        "disruptionsAllowed": allowed,
        "observedGeneration": budget["metadata"]["generation"],
        "conditions": budget["status"]["conditions"],
    });
    let (truth, reason) = if allowed > 0 {
        ("True", "SufficientPods")
    } else {
        ("False", "InsufficientPods")
    };
    pods::set_condition(
        &mut status,
        "DisruptionAllowed",
        truth,
        reason,
        "",
        world.now,
    );
    for condition in status["conditions"].as_array_mut().into_iter().flatten() {
        // Conditions of this kind have no update time but say which generation they are about.
        value::remove(condition, &["lastUpdateTime"]);
        condition["observedGeneration"] = budget["metadata"]["generation"].clone();
    }
    world.update(registry::POD_DISRUPTION_BUDGET, namespace, name, |budget| {
        budget["status"] = status;
    });
}

/// The budgets of the pod's namespace that cover it.
pub(crate) fn covering(world: &World, pod: &Value) -> Vec<Key> {
    world
        .store
        .list(registry::POD_DISRUPTION_BUDGET, Some(value::namespace(pod)))
        .filter(|budget| selector(budget).matches_object(pod))
        .map(|budget| crate::world::key_of(budget))
        .collect()
}

fn selector(budget: &Value) -> LabelSelector {
    LabelSelector::from_object(budget["spec"].get("selector"))
}

fn members(world: &World, budget: &Value) -> Vec<Arc<Value>> {
    let selector = selector(budget);
    world
        .store
        .list(registry::POD, Some(value::namespace(budget)))
        .filter(|pod| selector.matches_object(pod) && pods::is_active(pod))
        .cloned()
        .collect()
}

/// Pods there should be: those there are or, where the budget is relative or says how many may be missing,
/// those their controllers ask for.
fn expected(world: &World, budget: &Value, members: &[Arc<Value>]) -> i64 {
    let least = &budget["spec"]["minAvailable"];
    if least.is_number() || (least.is_null() && budget["spec"]["maxUnavailable"].is_null()) {
        return members.len() as i64;
    }
    let mut controllers = BTreeMap::new();
    for pod in members {
        let Some(owner) = value::controller_of(pod) else {
            continue;
        };
        let uid = value::text(owner, "/uid");
        let replicas = world
            .store
            .by_uid(uid)
            .map_or(0, |owner| scale(world, owner));
        controllers.insert(uid.to_owned(), replicas);
    }
    controllers.values().sum()
}

/// Replicas asked for by the controller; a set of a Deployment counts what the Deployment asks for.
fn scale(world: &World, owner: &Value) -> i64 {
    let own = value::integer(owner, "/spec/replicas").unwrap_or(1);
    let deployment = value::controller_of(owner)
        .and_then(|reference| world.store.by_uid(value::text(reference, "/uid")));
    match deployment {
        Some(deployment) if own > 0 => value::integer(deployment, "/spec/replicas").unwrap_or(1),
        Some(_) | None => own,
    }
}

fn desired(budget: &Value, expected: i64) -> i64 {
    let (least, most_missing) = (
        &budget["spec"]["minAvailable"],
        &budget["spec"]["maxUnavailable"],
    );
    if !most_missing.is_null() {
        let missing = pods::int_or_percent(most_missing, expected, true);
        return (expected - missing).max(0);
    }
    if least.is_null() {
        return 1.min(expected);
    }
    pods::int_or_percent(least, expected, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(spec: Value, expected: i64, healthy: i64) {
        assert_eq!(desired(&json!({"spec": spec}), expected), healthy);
    }

    #[test]
    fn percentages_round_up() {
        check(json!({"minAvailable": "50%"}), 7, 4);
        check(json!({"maxUnavailable": "30%"}), 7, 4);
        check(json!({"minAvailable": 2}), 7, 2);
        check(json!({"maxUnavailable": 10}), 7, 0);
    }
}
