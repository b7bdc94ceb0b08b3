//! Moving replicas from old sets to the new one within `maxSurge` and `maxUnavailable`.

use serde_json::Value;

use super::{Fleet, scale};
use crate::{registry, value, world::World};

pub(super) fn wanted(set: &Value) -> i64 {
    value::integer(set, "/spec/replicas").unwrap_or(0)
}

pub(super) fn available(set: &Value) -> i64 {
    value::integer(set, "/status/availableReplicas").unwrap_or(0)
}

/// One step of the rollout, or of plain scaling when there is nothing to roll.
pub(super) fn advance(world: &mut World, fleet: &Fleet) {
    let Some(new) = &fleet.new else {
        return retire_all(world, fleet);
    };
    if fleet.is_recreate() {
        retire_all(world, fleet);
        if !old_pods_remain(world, fleet) {
            scale(world, fleet, new, fleet.replicas());
        }
        return;
    }
    let target = replicas_of_new(fleet, wanted(new));
    if target != wanted(new) {
        return scale(world, fleet, new, target);
    }
    shrink_old(world, fleet, new);
}

/// How many replicas the new set, which has `current`, may have now: all that are wanted as far as the surge
/// allows.
pub(super) fn replicas_of_new(fleet: &Fleet, current: i64) -> i64 {
    let replicas = fleet.replicas();
    if current >= replicas || fleet.is_recreate() {
        return replicas;
    }
    let others: i64 = fleet.old.iter().map(|set| wanted(set)).sum();
    let room = replicas + fleet.max_surge() - others - current;
    current + room.clamp(0, replicas - current)
}

/// Takes replicas from the old sets: the unhealthy ones first, then as many as availability allows.
fn shrink_old(world: &mut World, fleet: &Fleet, new: &Value) {
    let total: i64 = fleet.all().map(|set| wanted(set)).sum();
    let least = fleet.replicas() - fleet.max_unavailable();
    let new_unavailable = wanted(new) - available(new);
    let mut budget = total - least - new_unavailable;
    for set in &fleet.old {
        let unhealthy = (wanted(set) - available(set)).min(budget).max(0);
        budget -= unhealthy;
        let all_available: i64 = fleet.all().map(|set| available(set)).sum();
        let spare = (all_available - least).max(0).min(budget);
        let healthy = (wanted(set) - unhealthy).min(spare).max(0);
        budget -= healthy;
        if unhealthy + healthy > 0 {
            scale(world, fleet, set, wanted(set) - unhealthy - healthy);
        }
    }
}

fn retire_all(world: &mut World, fleet: &Fleet) {
    for set in &fleet.old {
        scale(world, fleet, set, 0);
    }
}

/// Whether a pod of an old set is still there, ending ones included.
pub(super) fn old_pods_remain(world: &World, fleet: &Fleet) -> bool {
    fleet.old.iter().any(|set| {
        wanted(set) > 0
            || !world
                .controlled_by(registry::POD, value::namespace(set), value::uid(set))
                .is_empty()
    })
}
