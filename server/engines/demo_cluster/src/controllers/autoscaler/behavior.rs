//! Stabilisation, scaling policies and bounds: how much of a proposal is carried out now.
//!
//! Source: Kubernetes documentation, "Horizontal Pod Autoscaling", "Configurable scaling behavior", and
//! `k8s.io/kubernetes/pkg/controller/podautoscaler/horizontal.go`.

use domain::time::{Seconds, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Recommendation;
use crate::{controllers::pods::set_condition, value, world::World};

/// Without `behavior`, one step at most doubles the replicas, or brings them to this many.
const LEAST_STEP_UP: i64 = 4;
/// The longest `periodSeconds` of a policy that the API accepts.
const LONGEST_PERIOD: Seconds = Seconds(1800);

/// A change of replicas that was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rescaling {
    /// When.
    pub at: Timestamp,
    /// By how many replicas, negative for fewer.
    pub change: i64,
}

/// What a step may come to, and why not more: the reason and message of `ScalingLimited`.
type Verdict = (i64, &'static str, &'static str);

/// Replicas to have now, when the metrics ask for `wanted`; notes the reasons in the status.
pub(super) fn limit(
    world: &mut World,
    autoscaler: &Value,
    status: &mut Value,
    current: i64,
    wanted: i64,
) -> i64 {
    let stable = stabilise(world, autoscaler, current, wanted);
    let now = world.now;
    if let Some((reason, message)) = able(current, wanted, stable) {
        set_condition(status, "AbleToScale", "True", reason, message, now);
    }
    let past = world
        .state
        .rescalings
        .get(value::uid(autoscaler))
        .map_or(&[][..], Vec::as_slice);
    let (replicas, reason, message) = bound(autoscaler, past, current, stable, now);
    let truth = if reason == "DesiredWithinRange" {
        "False"
    } else {
        "True"
    };
    set_condition(status, "ScalingLimited", truth, reason, message, now);
    replicas
}

/// What was there when an autoscaler was first looked at counts as its first recommendation, with or without
/// metrics: nothing is scaled down before the window has passed. Source: `recordInitialRecommendation`.
pub(super) fn remember_first(world: &mut World, autoscaler: &Value, current: i64) {
    let uid = value::uid(autoscaler).to_owned();
    let first = Recommendation {
        at: world.now,
        replicas: current,
    };
    let recommendations = &mut world.state.recommendations;
    recommendations.entry(uid).or_insert_with(|| vec![first]);
}

/// Remembers that replicas were changed, for the policies of later steps.
pub(super) fn note(world: &mut World, autoscaler: &Value, change: i64) {
    let now = world.now;
    let past = world
        .state
        .rescalings
        .entry(value::uid(autoscaler).to_owned())
        .or_default();
    past.retain(|one| one.at > now - LONGEST_PERIOD);
    past.push(Rescaling { at: now, change });
}

fn able(current: i64, wanted: i64, stable: i64) -> Option<(&'static str, &'static str)> {
    if stable > wanted {
        Some((
            "ScaleDownStabilized",
            "recent recommendations were higher than current one, applying the highest recent recommendation",
        ))
    } else if stable < wanted {
        Some((
            "ScaleUpStabilized",
            "recent recommendations were lower than current one, applying the lowest recent recommendation",
        ))
    } else {
        (wanted == current).then_some(("ReadyForNewScale", "recommended size matches current size"))
    }
}

/// The highest recommendation of the down window and the lowest of the up window hold.
fn stabilise(world: &mut World, autoscaler: &Value, current: i64, wanted: i64) -> i64 {
    let window = |direction: &str, default: i64| {
        value::integer(
            autoscaler,
            &format!("/spec/behavior/{direction}/stabilizationWindowSeconds"),
        )
        .unwrap_or(default)
    };
    let (up, down) = (window("scaleUp", 0), window("scaleDown", 300));
    let now = world.now;
    let history = world
        .state
        .recommendations
        .entry(value::uid(autoscaler).to_owned())
        .or_default();
    history.retain(|one| one.at > now - Seconds(up.max(down)));
    let within = |seconds: i64| {
        history
            .iter()
            .filter(move |one| one.at > now - Seconds(seconds))
            .map(|one| one.replicas)
            .chain([wanted])
    };
    let ceiling = within(down).max().unwrap_or(wanted);
    let floor = within(up).min().unwrap_or(wanted);
    history.push(Recommendation {
        at: now,
        replicas: wanted,
    });
    current.max(floor).min(ceiling)
}

/// `wanted`, held by the policies first and by the bounds of the spec where they are tighter.
fn bound(
    autoscaler: &Value,
    past: &[Rescaling],
    current: i64,
    wanted: i64,
    now: Timestamp,
) -> Verdict {
    let min = value::integer(autoscaler, "/spec/minReplicas").unwrap_or(1);
    let max = value::integer(autoscaler, "/spec/maxReplicas").unwrap_or(1);
    let within = (
        "DesiredWithinRange",
        "the desired count is within the acceptable range",
    );
    let (replicas, (reason, message)) = if wanted > current || wanted > max {
        let pace = highest(autoscaler, past, current, now).max(current);
        let most = pace.min(max);
        let why = if pace < max {
            (
                "ScaleUpLimit",
                "the desired replica count is increasing faster than the maximum scale rate",
            )
        } else {
            (
                "TooManyReplicas",
                "the desired replica count is more than the maximum replica count",
            )
        };
        (wanted.min(most), if wanted > most { why } else { within })
    } else {
        let pace = lowest(autoscaler, past, current, now).min(current);
        let least = pace.max(min);
        let why = if pace > min {
            (
                "ScaleDownLimit",
                "the desired replica count is decreasing faster than the maximum scale rate",
            )
        } else {
            (
                "TooFewReplicas",
                "the desired replica count is less than the minimum replica count",
            )
        };
        (wanted.max(least), if wanted < least { why } else { within })
    };
    (replicas.clamp(min.min(max), max), reason, message)
}

/// The most replicas the policies allow now.
fn highest(autoscaler: &Value, past: &[Rescaling], current: i64, now: Timestamp) -> i64 {
    let Some(rules) = rules(autoscaler, "scaleUp") else {
        return (2 * current).max(LEAST_STEP_UP);
    };
    let policies = policies(rules, &[("Pods", 4, 15), ("Percent", 100, 15)]);
    let steps = policies.iter().map(|(kind, amount, period)| {
        let start = at_start(past, current, *period, now);
        match kind.as_str() {
            "Percent" => start + div_up(start * amount, 100),
            _ => start + amount,
        }
    });
    match value::text(rules, "/selectPolicy") {
        "Disabled" => current,
        "Min" => steps.min().unwrap_or(current),
        _ => steps.max().unwrap_or(current),
    }
}

/// The fewest replicas the policies allow now.
fn lowest(autoscaler: &Value, past: &[Rescaling], current: i64, now: Timestamp) -> i64 {
    let Some(rules) = rules(autoscaler, "scaleDown") else {
        return 0;
    };
    let policies = policies(rules, &[("Percent", 100, 15)]);
    let steps = policies.iter().map(|(kind, amount, period)| {
        let start = at_start(past, current, *period, now);
        match kind.as_str() {
            "Percent" => start * (100 - amount) / 100,
            _ => start - amount,
        }
    });
    match value::text(rules, "/selectPolicy") {
        "Disabled" => current,
        "Min" => steps.max().unwrap_or(current),
        _ => steps.min().unwrap_or(current),
    }
}

/// The rules of a direction; a `behavior` that is silent about it still has the defaults.
fn rules<'a>(autoscaler: &'a Value, direction: &str) -> Option<&'a Value> {
    let behavior = autoscaler["spec"].get("behavior")?;
    Some(&behavior[direction])
}

/// Kind, amount and period in seconds of each policy.
fn policies(rules: &Value, default: &[(&str, i64, i64)]) -> Vec<(String, i64, i64)> {
    let given: Vec<_> = value::items(rules, "/policies")
        .iter()
        .map(|policy| {
            let number = |field: &str| value::integer(policy, field).unwrap_or(0);
            let kind = value::text(policy, "/type").to_owned();
            (kind, number("/value"), number("/periodSeconds"))
        })
        .collect();
    if !given.is_empty() {
        return given;
    }
    default
        .iter()
        .map(|(kind, amount, period)| ((*kind).to_owned(), *amount, *period))
        .collect()
}

/// Replicas when the period that ends now began.
fn at_start(past: &[Rescaling], current: i64, period: i64, now: Timestamp) -> i64 {
    let changed: i64 = past
        .iter()
        .filter(|one| one.at > now - Seconds(period))
        .map(|one| one.change)
        .sum();
    current - changed
}

fn div_up(dividend: i64, divisor: i64) -> i64 {
    (dividend + divisor - 1).div_euclid(divisor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp::from_seconds(1000);

    fn autoscaler(behavior: Value) -> Value {
        json!({"spec": {"minReplicas": 1, "maxReplicas": 30, "behavior": behavior}})
    }

    #[track_caller]
    fn check(autoscaler: &Value, past: &[(i64, i64)], step: (i64, i64), expected: (i64, &str)) {
        let past: Vec<_> = past
            .iter()
            .map(|(second, change)| Rescaling {
                at: Timestamp::from_seconds(*second),
                change: *change,
            })
            .collect();
        let (replicas, reason, _) = bound(autoscaler, &past, step.0, step.1, NOW);
        assert_eq!((replicas, reason), expected);
    }

    #[test]
    fn without_behavior_a_step_doubles_or_brings_four() {
        let plain = json!({"spec": {"minReplicas": 1, "maxReplicas": 30}});
        check(&plain, &[], (1, 20), (4, "ScaleUpLimit"));
        check(&plain, &[], (10, 25), (20, "ScaleUpLimit"));
        check(&plain, &[], (20, 50), (30, "TooManyReplicas"));
        check(&plain, &[], (20, 1), (1, "DesiredWithinRange"));
        check(&plain, &[], (20, 0), (1, "TooFewReplicas"));
    }

    #[test]
    fn what_was_added_within_the_period_counts() {
        let slow = autoscaler(json!({"scaleUp": {"policies": [
            {"type": "Pods", "value": 2, "periodSeconds": 60}]}}));
        check(&slow, &[], (3, 9), (5, "ScaleUpLimit"));
        check(&slow, &[(990, 2)], (5, 9), (5, "ScaleUpLimit"));
        check(&slow, &[(930, 2)], (5, 9), (7, "ScaleUpLimit"));
    }

    #[test]
    fn the_policy_that_changes_most_holds_unless_the_least_is_selected() {
        let policies = json!([
            {"type": "Pods", "value": 4, "periodSeconds": 60},
            {"type": "Percent", "value": 10, "periodSeconds": 60}]);
        let most = autoscaler(json!({"scaleDown": {"policies": policies}}));
        check(&most, &[], (20, 5), (16, "ScaleDownLimit"));
        let least = autoscaler(json!({"scaleDown": {"policies": policies, "selectPolicy": "Min"}}));
        check(&least, &[], (20, 5), (18, "ScaleDownLimit"));
    }

    #[test]
    fn a_disabled_direction_stands_still() {
        let up_only = autoscaler(json!({"scaleDown": {"selectPolicy": "Disabled"}}));
        check(&up_only, &[], (3, 1), (3, "ScaleDownLimit"));
    }
}
