//! JSON of the objects kubectl makes itself: in the order of the fields of Go's types.
//!
//! What comes from a server has sorted keys; what kubectl makes of its own types has not.

use serde_json::Value;

use super::{json::members, objects::compact};

/// Fields as `k8s.io/api` declares them. One order does for all types that are made here: where two types share
/// names, they share their order.
const ORDER: [&str; 79] = [
    "kind",
    "apiGroup",
    "name",
    "apiVersion",
    "metadata",
    "namespace",
    "username",
    "uid",
    "groups",
    "extra",
    "creationTimestamp",
    "labels",
    "annotations",
    "ownerReferences",
    "subjects",
    "roleRef",
    "rules",
    "spec",
    "hard",
    "scopes",
    "schedule",
    "jobTemplate",
    "minAvailable",
    "scaleTargetRef",
    "minReplicas",
    "maxReplicas",
    "metrics",
    "replicas",
    "protocol",
    "port",
    "targetPort",
    "nodePort",
    "image",
    "command",
    "args",
    "ports",
    "selector",
    "maxUnavailable",
    "matchLabels",
    "template",
    "strategy",
    "clusterIP",
    "data",
    "binaryData",
    "type",
    "resource",
    "target",
    "averageUtilization",
    "externalIPs",
    "sessionAffinity",
    "loadBalancerIP",
    "externalName",
    "env",
    "verbs",
    "apiGroups",
    "resources",
    "resourceNames",
    "nonResourceURLs",
    "value",
    "globalDefault",
    "description",
    "preemptionPolicy",
    "imagePullPolicy",
    "securityContext",
    "privileged",
    "containerPort",
    "containers",
    "restartPolicy",
    "dnsPolicy",
    "status",
    "userInfo",
    "disruptionsAllowed",
    "currentHealthy",
    "desiredHealthy",
    "expectedPods",
    "desiredReplicas",
    "currentMetrics",
    "loadBalancer",
    "controller",
];

/// Fields whose members are a map's keys and not a type's fields.
const MAPS: [&str; 8] = [
    "labels",
    "annotations",
    "matchLabels",
    "data",
    "binaryData",
    "hard",
    "limits",
    "requests",
];

/// The value on lines indented by four spaces.
pub(super) fn pretty(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, 0, false);
    out
}

fn write(out: &mut String, value: &Value, level: usize, is_map: bool) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let mut keys: Vec<&str> = fields.keys().map(String::as_str).collect();
            keys.sort_by_key(|key| (if is_map { 0 } else { rank(key) }, *key));
            let fields = members(value, "");
            let lines = keys.iter().map(|key| (Some(*key), fields[key]));
            block(out, ['{', '}'], level, lines);
        }
        Value::Array(items) if !items.is_empty() => {
            block(
                out,
                ['[', ']'],
                level,
                items.iter().map(|item| (None, item)),
            );
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => out.push_str(&compact(value)),
    }
}

fn block<'v>(
    out: &mut String,
    [open, close]: [char; 2],
    level: usize,
    lines: impl Iterator<Item = (Option<&'v str>, &'v Value)>,
) {
    out.push(open);
    for (index, (key, value)) in lines.enumerate() {
        out.push_str(if index > 0 { ",\n" } else { "\n" });
        out.push_str(&"    ".repeat(level + 1));
        if let Some(key) = key {
            out.push_str(&compact(&Value::from(key)));
            out.push_str(": ");
        }
        write(
            out,
            value,
            level + 1,
            key.is_some_and(|key| MAPS.contains(&key)),
        );
    }
    out.push('\n');
    out.push_str(&"    ".repeat(level));
    out.push(close);
}

fn rank(key: &str) -> usize {
    ORDER
        .iter()
        .position(|known| *known == key)
        .unwrap_or(ORDER.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As kubectl 1.33 prints them.
    #[test]
    fn fields_stand_in_the_order_of_their_type_and_keys_of_maps_are_sorted() {
        let object = json!({"apiVersion": "v1", "kind": "Pod", "spec": {},
            "metadata": {"labels": {"b": "<", "a": "2", "name": "x"}, "name": "web"}});
        assert_eq!(
            pretty(&object),
            r#"{
    "kind": "Pod",
    "apiVersion": "v1",
    "metadata": {
        "name": "web",
        "labels": {
            "a": "2",
            "b": "\u003c",
            "name": "x"
        }
    },
    "spec": {}
}"#
        );
    }
}
