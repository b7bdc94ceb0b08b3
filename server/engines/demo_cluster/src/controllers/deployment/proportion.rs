//! Scaling while pods of several templates run: every set grows or shrinks by its share.
//!
//! Follows `scale` of `pkg/controller/deployment/sync.go` and `getReplicaSetFraction` of
//! `pkg/controller/deployment/util`; see also "Proportional scaling" in the documentation of Deployments.

use std::{cmp::Reverse, sync::Arc};

use serde_json::Value;

use super::{
    DESIRED, Fleet, MAX, resize,
    rollout::{available, wanted},
    scale as scale_set,
};
use crate::{value, world::World};

/// Whether the deployment was scaled since its sets were sized.
pub(super) fn is_due(fleet: &Fleet) -> bool {
    active(fleet).any(|set| noted(set, DESIRED).is_some_and(|size| size != fleet.replicas()))
}

/// Brings the sets together to the deployment's size, without moving replicas from one to the other.
pub(super) fn scale(world: &mut World, fleet: &Fleet) {
    let sets: Vec<&Arc<Value>> = active(fleet).collect();
    match sets.as_slice() {
        [] => {
            if let Some(set) = fleet.new.as_ref().or(fleet.old.last()) {
                scale_set(world, fleet, set, fleet.replicas());
            }
        }
        [one] => resize(world, fleet, one, fleet.replicas()),
        [..] if is_saturated(fleet) => {
            for set in &fleet.old {
                scale_set(world, fleet, set, 0);
            }
        }
        [..] => spread(world, fleet, sets),
    }
}

fn active(fleet: &Fleet) -> impl Iterator<Item = &Arc<Value>> {
    fleet.all().filter(|set| wanted(set) > 0)
}

/// Whether the new set has all its replicas, so that no other is needed.
fn is_saturated(fleet: &Fleet) -> bool {
    fleet.new.as_ref().is_some_and(|new| {
        let counts = [Some(wanted(new)), Some(available(new)), noted(new, DESIRED)];
        counts == [Some(fleet.replicas()); 3]
    })
}

/// A size that was noted when the set was last sized.
fn noted(set: &Value, key: &str) -> Option<i64> {
    set["metadata"]["annotations"]
        .get(key)?
        .as_str()?
        .parse()
        .ok()
}

fn spread(world: &mut World, fleet: &Fleet, mut sets: Vec<&Arc<Value>>) {
    let may_have = match fleet.replicas() {
        0 => 0,
        replicas => replicas + fleet.max_surge(),
    };
    let has: i64 = sets.iter().map(|set| wanted(set)).sum();
    // The largest first; of two of one size the newer grows and the older shrinks. They come oldest first.
    if may_have > has {
        sets.reverse();
    }
    sets.sort_by_key(|set| Reverse(wanted(set)));
    let known = value::integer(&fleet.deployment, "/status/replicas").unwrap_or(0);
    let parts: Vec<Part> = sets
        .iter()
        .map(|set| Part {
            replicas: wanted(set),
            of: noted(set, MAX).filter(|size| *size > 0).unwrap_or(known),
        })
        .collect();
    for (set, replicas) in sets.iter().zip(shares(&parts, may_have)) {
        resize(world, fleet, set, replicas);
    }
}

/// A set's replicas, and those that all sets might have had together when it was sized.
#[derive(Debug, Clone, Copy)]
struct Part {
    replicas: i64,
    of: i64,
}

/// Replicas of every part when all together are to have `total`: each its share, the first what is left over.
fn shares(parts: &[Part], total: i64) -> Vec<i64> {
    let change = total - parts.iter().map(|part| part.replicas).sum::<i64>();
    let mut left = change;
    let mut out: Vec<i64> = Vec::with_capacity(parts.len());
    for part in parts {
        let share = fraction(*part, total);
        let share = if change > 0 {
            share.min(left)
        } else {
            share.max(left)
        };
        let share = if left == 0 { 0 } else { share };
        left -= share;
        out.push(part.replicas + share);
    }
    if let Some(largest) = out.first_mut() {
        *largest = (*largest + left).max(0);
    }
    out
}

/// How many replicas a part gains or loses when all together are to have `total`.
fn fraction(part: Part, total: i64) -> i64 {
    if total == 0 {
        return -part.replicas;
    }
    if part.of == 0 {
        return 0;
    }
    let size = (part.replicas * total) as f64 / part.of as f64;
    size.round() as i64 - part.replicas
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(replicas: &[i64], of: i64, total: i64, expected: &[i64]) {
        let parts: Vec<Part> = replicas
            .iter()
            .map(|replicas| Part {
                replicas: *replicas,
                of,
            })
            .collect();
        assert_eq!(shares(&parts, total), expected);
    }

    /// The example of the documentation: 10 replicas with a surge of 3, a rollout that is stuck, scaled to 15.
    #[test]
    fn spreads_new_replicas_as_the_documentation_says() {
        check(&[8, 5], 13, 18, &[11, 7]);
    }

    #[test]
    fn takes_replicas_from_all_sets() {
        check(&[8, 5], 13, 7, &[4, 3]);
        check(&[8, 5], 13, 0, &[0, 0]);
    }

    #[test]
    fn gives_what_is_left_over_to_the_largest() {
        check(&[1, 1, 1], 3, 4, &[2, 1, 1]);
    }
}
