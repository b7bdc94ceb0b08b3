//! Taints of nodes and what pods tolerate.
//!
//! Source: Kubernetes documentation, "Taints and Tolerations".

use serde_json::Value;

use crate::value;

/// Put on a node whose `Ready` condition is `False`.
pub(crate) const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// Put on a node whose `Ready` condition is `Unknown`.
pub(crate) const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// Put on a node that is cordoned.
pub(crate) const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// Put on nodes under pressure: the condition that is `True`, and the taint.
pub(crate) const PRESSURES: [(&str, &str); 4] = [
    ("MemoryPressure", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "node.kubernetes.io/disk-pressure"),
    ("PIDPressure", "node.kubernetes.io/pid-pressure"),
    (
        "NetworkUnavailable",
        "node.kubernetes.io/network-unavailable",
    ),
];

/// How long a pod bears a taint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tolerance {
    /// Not at all.
    Never,
    /// So many seconds from the taint on.
    Seconds(i64),
    /// For good.
    Always,
}

/// How long the pod bears a taint: the shortest time that a matching toleration names.
pub(crate) fn tolerance(pod: &Value, taint: &Value) -> Tolerance {
    let matching = value::items(pod, "/spec/tolerations")
        .iter()
        .filter(|toleration| matches(toleration, taint));
    let mut found = Tolerance::Never;
    for toleration in matching {
        let seconds =
            value::integer(toleration, "/tolerationSeconds").map(|seconds| seconds.max(0));
        found = match (found, seconds) {
            (Tolerance::Never, None) => Tolerance::Always,
            (Tolerance::Never | Tolerance::Always, Some(seconds)) => Tolerance::Seconds(seconds),
            (Tolerance::Seconds(least), Some(seconds)) => Tolerance::Seconds(least.min(seconds)),
            (kept @ (Tolerance::Seconds(_) | Tolerance::Always), None) => kept,
        };
    }
    found
}

fn matches(toleration: &Value, taint: &Value) -> bool {
    let given = |field: &str| value::text(toleration, field);
    let same = |field: &str| given(field) == value::text(taint, field);
    (given("/key").is_empty() || same("/key"))
        && (given("/effect").is_empty() || same("/effect"))
        && (given("/operator") == "Exists" || same("/value"))
}

/// The first of a node's taints with one of these effects that the pod does not bear.
pub(crate) fn untolerated<'a>(node: &'a Value, pod: &Value, effects: &[&str]) -> Option<&'a Value> {
    value::items(node, "/spec/taints")
        .iter()
        .filter(|taint| effects.contains(&value::text(taint, "/effect")))
        .find(|taint| tolerance(pod, taint) == Tolerance::Never)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(tolerations: Value, expected: Tolerance) {
        let taint = json!({"key": "disk", "value": "slow", "effect": "NoExecute"});
        let pod = json!({"spec": {"tolerations": tolerations}});
        assert_eq!(tolerance(&pod, &taint), expected);
    }

    #[test]
    fn a_toleration_matches_by_key_value_and_effect() {
        check(json!([]), Tolerance::Never);
        check(json!([{"operator": "Exists"}]), Tolerance::Always);
        check(json!([{"key": "disk", "value": "slow"}]), Tolerance::Always);
        check(json!([{"key": "disk", "value": "fast"}]), Tolerance::Never);
        check(
            json!([{"key": "disk", "operator": "Exists", "effect": "NoSchedule"}]),
            Tolerance::Never,
        );
    }

    #[test]
    fn the_shortest_time_counts() {
        check(
            json!([
                {"operator": "Exists"},
                {"key": "disk", "operator": "Exists", "tolerationSeconds": 60},
                {"key": "disk", "operator": "Exists", "tolerationSeconds": 20},
            ]),
            Tolerance::Seconds(20),
        );
    }
}
