//! The core group but pods, services and events; and leases.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{AGE, NAME, age, column, name, or, wide};
use crate::{
    registry::{
        Description::{Field, Text},
        Printer,
    },
    value::{self, items, text, truth},
};

pub(crate) const NAMESPACE: Printer = Printer {
    columns: &[
        NAME,
        column("Status", Text("The status of the namespace")),
        AGE,
    ],
    cells: |namespace, now| {
        vec![
            name(namespace),
            json!(text(namespace, "/status/phase")),
            age(namespace, now),
        ]
    },
};

pub(crate) const NODE: Printer = Printer {
    columns: &[
        NAME,
        column("Status", Text("The status of the node")),
        column("Roles", Text("The roles of the node")),
        AGE,
        column("Version", Field("NodeSystemInfo", "kubeletVersion")),
        wide(column("Internal-IP", Field("NodeStatus", "addresses"))),
        wide(column("External-IP", Field("NodeStatus", "addresses"))),
        wide(column("OS-Image", Field("NodeSystemInfo", "osImage"))),
        wide(column(
            "Kernel-Version",
            Field("NodeSystemInfo", "kernelVersion"),
        )),
        wide(column(
            "Container-Runtime",
            Field("NodeSystemInfo", "containerRuntimeVersion"),
        )),
    ],
    cells: |node, now| {
        let info = |field: &str| text(node, &format!("/status/nodeInfo/{field}"));
        vec![
            name(node),
            json!(node_status(node)),
            json!(node_roles(node)),
            age(node, now),
            json!(info("kubeletVersion")),
            json!(node_address(node, "InternalIP")),
            json!(node_address(node, "ExternalIP")),
            json!(or(info("osImage"), "<unknown>")),
            json!(or(info("kernelVersion"), "<unknown>")),
            json!(or(info("containerRuntimeVersion"), "<unknown>")),
        ]
    },
};

fn node_status(node: &Value) -> String {
    let ready = items(node, "/status/conditions")
        .iter()
        .rfind(|condition| text(condition, "/type") == "Ready");
    let word = match ready.map(|condition| text(condition, "/status")) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    if truth(node, "/spec/unschedulable") {
        format!("{word},SchedulingDisabled")
    } else {
        word.to_owned()
    }
}

fn node_roles(node: &Value) -> String {
    let roles: BTreeSet<&str> = value::map(node, "/metadata/labels")
        .into_iter()
        .flatten()
        .filter_map(
            |(key, label)| match key.strip_prefix("node-role.kubernetes.io/") {
                Some(role) => Some(role),
                None if key == "kubernetes.io/role" => label.as_str(),
                None => None,
            },
        )
        .filter(|role| !role.is_empty())
        .collect();
    or(&roles.into_iter().collect::<Vec<_>>().join(","), "<none>").to_owned()
}

fn node_address<'a>(node: &'a Value, kind: &str) -> &'a str {
    items(node, "/status/addresses")
        .iter()
        .find(|address| text(address, "/type") == kind)
        .map_or("<none>", |address| text(address, "/address"))
}

pub(crate) const CONFIG_MAP: Printer = Printer {
    columns: &[NAME, column("Data", Field("ConfigMap", "data")), AGE],
    cells: |config_map, now| {
        let entries = |field| value::map(config_map, field).map_or(0, serde_json::Map::len);
        vec![
            name(config_map),
            json!(entries("/data") + entries("/binaryData")),
            age(config_map, now),
        ]
    },
};

pub(crate) const SECRET: Printer = Printer {
    columns: &[
        NAME,
        column("Type", Field("Secret", "type")),
        column("Data", Field("Secret", "data")),
        AGE,
    ],
    cells: |secret, now| {
        let entries = value::map(secret, "/data").map_or(0, serde_json::Map::len);
        vec![
            name(secret),
            json!(text(secret, "/type")),
            json!(entries),
            age(secret, now),
        ]
    },
};

pub(crate) const SERVICE_ACCOUNT: Printer = Printer {
    columns: &[
        NAME,
        column("Secrets", Field("ServiceAccount", "secrets")),
        AGE,
    ],
    cells: |account, now| {
        vec![
            name(account),
            json!(items(account, "/secrets").len()),
            age(account, now),
        ]
    },
};

pub(crate) const LEASE: Printer = Printer {
    columns: &[
        NAME,
        column("Holder", Field("LeaseSpec", "holderIdentity")),
        AGE,
    ],
    cells: |lease, now| {
        vec![
            name(lease),
            json!(text(lease, "/spec/holderIdentity")),
            age(lease, now),
        ]
    },
};

pub(crate) const RESOURCE_QUOTA: Printer = Printer {
    columns: &[
        NAME,
        column(
            "Request",
            Text("Request represents a minimum amount of cpu/memory that a container may consume."),
        ),
        column(
            "Limit",
            Text(
                "Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.",
            ),
        ),
        AGE,
    ],
    cells: |quota, now| {
        let is_limit = |resource: &str| resource.starts_with("limits.");
        vec![
            name(quota),
            json!(quota_words(quota, |resource| !is_limit(resource))),
            json!(quota_words(quota, is_limit)),
            age(quota, now),
        ]
    },
};

fn quota_words(quota: &Value, is_shown: impl Fn(&str) -> bool) -> String {
    let mut words: Vec<String> = value::map(quota, "/status/hard")
        .into_iter()
        .flatten()
        .filter(|(resource, _)| is_shown(resource))
        .map(|(resource, hard)| {
            let used = quota["status"]["used"][resource].as_str().unwrap_or("0");
            format!("{resource}: {used}/{}", hard.as_str().unwrap_or_default())
        })
        .collect();
    words.sort();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::Timestamp;

    const NOW: Timestamp = Timestamp(1_763_930_096_000);

    #[track_caller]
    fn check(printer: Printer, mut object: Value, expected: Value) {
        object["metadata"]["name"] = json!("x");
        object["metadata"]["creationTimestamp"] = json!("2025-11-23T20:24:56Z");
        assert_eq!(json!((printer.cells)(&object, NOW)), expected);
    }

    #[test]
    fn shows_nodes() {
        check(
            NODE,
            json!({
                "metadata": {"labels": {"node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/control-plane": ""}},
                "spec": {"unschedulable": true},
                "status": {"conditions": [{"type": "Ready", "status": "True"}], "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}],
                    "nodeInfo": {"kubeletVersion": "v1.33.1", "osImage": "Linux"}},
            }),
            json!([
                "x",
                "Ready,SchedulingDisabled",
                "control-plane,worker",
                "10m",
                "v1.33.1",
                "10.0.0.1",
                "<none>",
                "Linux",
                "<unknown>",
                "<unknown>"
            ]),
        );
        assert_eq!(
            node_status(
                &json!({"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}})
            ),
            "NotReady"
        );
        assert_eq!(node_status(&json!({})), "Unknown");
    }

    #[test]
    fn shows_quotas_and_small_kinds() {
        check(
            RESOURCE_QUOTA,
            json!({"status": {"hard": {"pods": "10", "limits.cpu": "4"}, "used": {"pods": "3"}}}),
            json!(["x", "pods: 3/10", "limits.cpu: 0/4", "10m"]),
        );
        check(
            NAMESPACE,
            json!({"status": {"phase": "Active"}}),
            json!(["x", "Active", "10m"]),
        );
        check(
            SECRET,
            json!({"type": "Opaque", "data": {"a": ""}}),
            json!(["x", "Opaque", 1, "10m"]),
        );
        check(
            LEASE,
            json!({"spec": {"holderIdentity": "n1"}}),
            json!(["x", "n1", "10m"]),
        );
        check(SERVICE_ACCOUNT, json!({}), json!(["x", 0, "10m"]));
    }
}
