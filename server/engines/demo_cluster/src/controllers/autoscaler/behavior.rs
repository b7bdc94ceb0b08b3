//! Stabilisation, scaling policies and bounds: how much of a proposal is carried out now.

use domain::time::Seconds;
use serde_json::Value;

use super::Recommendation;
use crate::{controllers::pods::set_condition, value, world::World};

/// Replicas to have now, when the metrics ask for `wanted`; notes the reason in the status.
pub(super) fn limit(
    world: &mut World,
    autoscaler: &Value,
    status: &mut Value,
    current: i64,
    wanted: i64,
) -> i64 {
    let stable = stabilise(world, autoscaler, current, wanted);
    let now = world.now;
    if stable != wanted {
        let (reason, message) = if stable > wanted {
            (
                "ScaleDownStabilized",
                "recent recommendations were higher than current one, applying the highest recent recommendation",
            )
        } else {
            (
                "ScaleUpStabilized",
                "recent recommendations were lower than current one, applying the lowest recent recommendation",
            )
        };
        set_condition(status, "AbleToScale", "True", reason, message, now);
    } else if wanted == current {
        let message = "recommended size matches current size";
        set_condition(
            status,
            "AbleToScale",
            "True",
            "ReadyForNewScale",
            message,
            now,
        );
    }
    let paced = pace(autoscaler, current, stable);
    bound(world, autoscaler, status, stable, paced)
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

/// What the policies allow in one step: by default doubling or four pods up, everything down.
fn pace(autoscaler: &Value, current: i64, wanted: i64) -> i64 {
    if wanted > current {
        let rules = &autoscaler["spec"]["behavior"]["scaleUp"];
        let most = allowed(rules, current, &[("Pods", 4), ("Percent", 100)]);
        wanted.min(current + most)
    } else {
        let rules = &autoscaler["spec"]["behavior"]["scaleDown"];
        let most = allowed(rules, current, &[("Percent", 100)]);
        wanted.max(current - most)
    }
}

fn allowed(rules: &Value, current: i64, default: &[(&str, i64)]) -> i64 {
    let policies: Vec<_> = value::items(rules, "/policies")
        .iter()
        .map(|policy| {
            (
                value::text(policy, "/type"),
                value::integer(policy, "/value").unwrap_or(0),
            )
        })
        .collect();
    let policies = if policies.is_empty() {
        default
    } else {
        &policies
    };
    let steps = policies.iter().map(|(kind, amount)| match *kind {
        "Percent" => (current * amount + 99) / 100,
        _ => *amount,
    });
    match value::text(rules, "/selectPolicy") {
        "Disabled" => 0,
        "Min" => steps.min().unwrap_or(0),
        _ => steps.max().unwrap_or(0),
    }
}

fn bound(world: &World, autoscaler: &Value, status: &mut Value, wanted: i64, paced: i64) -> i64 {
    let min = value::integer(autoscaler, "/spec/minReplicas").unwrap_or(1);
    let max = value::integer(autoscaler, "/spec/maxReplicas").unwrap_or(1);
    let bounded = paced.clamp(min.min(max), max);
    let (truth, reason, message) = if wanted > max {
        (
            "True",
            "TooManyReplicas",
            "the desired replica count is more than the maximum replica count",
        )
    } else if wanted < min {
        (
            "True",
            "TooFewReplicas",
            "the desired replica count is less than the minimum replica count",
        )
    } else if paced != wanted {
        (
            "True",
            "ScaleUpLimit",
            "the desired replica count is increasing faster than the maximum scale rate",
        )
    } else {
        (
            "False",
            "DesiredWithinRange",
            "the desired count is within the acceptable range",
        )
    };
    set_condition(status, "ScalingLimited", truth, reason, message, world.now);
    bounded
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn doubles_or_adds_four_by_default() {
        let autoscaler = json!({"spec": {}});
        assert_eq!(pace(&autoscaler, 2, 50), 6);
        assert_eq!(pace(&autoscaler, 10, 50), 20);
        assert_eq!(pace(&autoscaler, 10, 1), 1);
    }

    #[test]
    fn follows_written_policies() {
        let autoscaler = json!({"spec": {"behavior": {
            "scaleUp": {"policies": [{"type": "Pods", "value": 1}]},
            "scaleDown": {"selectPolicy": "Disabled"},
        }}});
        assert_eq!(pace(&autoscaler, 3, 9), 4);
        assert_eq!(pace(&autoscaler, 3, 1), 3);
    }
}
