//! Ingresses, their classes, and network policies.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{AGE, NAME, age, column, name, or};
use crate::{
    registry::{
        Description::{Field, Text},
        Printer,
    },
    selector::LabelSelector,
    value::{items, text},
};

pub(crate) const INGRESS: Printer = Printer {
    columns: &[
        NAME,
        column(
            "Class",
            Text(
                "The name of the IngressClass resource that should be used for additional configuration",
            ),
        ),
        column(
            "Hosts",
            Text("Hosts that incoming requests are matched against before the ingress rule"),
        ),
        column(
            "Address",
            Text("Address is a list containing ingress points for the load-balancer"),
        ),
        column("Ports", Text("Ports of TLS configurations that open")),
        AGE,
    ],
    cells: |ingress, now| {
        let ports = match items(ingress, "/spec/tls") {
            [] => "80",
            [..] => "80, 443",
        };
        vec![
            name(ingress),
            json!(or(text(ingress, "/spec/ingressClassName"), "<none>")),
            json!(hosts(ingress)),
            json!(addresses(ingress)),
            json!(ports),
            age(ingress, now),
        ]
    },
};

/// `a.example,b.example,c.example + 2 more...`; `*` where no rule names a host.
fn hosts(ingress: &Value) -> String {
    const SHOWN: usize = 3;
    let rules = items(ingress, "/spec/rules");
    let named: Vec<&str> = rules
        .iter()
        .map(|rule| text(rule, "/host"))
        .filter(|host| !host.is_empty())
        .collect();
    let listed = named[..named.len().min(SHOWN)].join(",");
    match rules.len().checked_sub(SHOWN) {
        _ if named.is_empty() => "*".to_owned(),
        Some(more @ 1..) if named.len() >= SHOWN => format!("{listed} + {more} more..."),
        Some(_) | None => listed,
    }
}

fn addresses(ingress: &Value) -> String {
    let points: BTreeSet<&str> = items(ingress, "/status/loadBalancer/ingress")
        .iter()
        .map(|point| or(text(point, "/ip"), text(point, "/hostname")))
        .filter(|address| !address.is_empty())
        .collect();
    points.into_iter().collect::<Vec<_>>().join(",")
}

pub(crate) const INGRESS_CLASS: Printer = Printer {
    columns: &[
        NAME,
        column(
            "Controller",
            Text("Controller that is responsible for handling this class"),
        ),
        column(
            "Parameters",
            Text("A reference to a resource with additional parameters"),
        ),
        AGE,
    ],
    cells: |class, now| {
        let parameters = class.pointer("/spec/parameters").map(|parameters| {
            let group = text(parameters, "/apiGroup");
            let dot = if group.is_empty() { "" } else { "." };
            let (kind, name) = (text(parameters, "/kind"), text(parameters, "/name"));
            format!("{kind}{dot}{group}/{name}")
        });
        vec![
            name(class),
            json!(text(class, "/spec/controller")),
            json!(parameters.as_deref().unwrap_or("<none>")),
            age(class, now),
        ]
    },
};

pub(crate) const NETWORK_POLICY: Printer = Printer {
    columns: &[
        NAME,
        column("Pod-Selector", Field("NetworkPolicySpec", "podSelector")),
        AGE,
    ],
    cells: |policy, now| {
        let selector = LabelSelector::from_object(policy.pointer("/spec/podSelector")).to_string();
        vec![
            name(policy),
            json!(or(&selector, "<none>")),
            age(policy, now),
        ]
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::Timestamp;

    #[track_caller]
    fn check(printer: Printer, mut object: Value, expected: Value) {
        object["metadata"]["name"] = json!("x");
        object["metadata"]["creationTimestamp"] = json!("2025-11-23T20:24:56Z");
        assert_eq!(
            json!((printer.cells)(&object, Timestamp(1_763_930_096_000))),
            expected
        );
    }

    #[test]
    fn shows_where_requests_come_in() {
        let rules: Vec<Value> = ["a", "b", "c", "d"]
            .map(|host| json!({"host": host}))
            .into();
        check(
            INGRESS,
            json!({"spec": {"ingressClassName": "nginx", "rules": rules, "tls": [{}]}, "status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.9"}]}}}),
            json!([
                "x",
                "nginx",
                "a,b,c + 1 more...",
                "10.0.0.9",
                "80, 443",
                "10m"
            ]),
        );
        check(
            INGRESS,
            json!({"spec": {"rules": [{}]}}),
            json!(["x", "<none>", "*", "", "80", "10m"]),
        );
    }

    #[test]
    fn shows_classes_and_policies() {
        check(
            INGRESS_CLASS,
            json!({"spec": {"controller": "k8s.io/ingress-nginx", "parameters": {"apiGroup": "sea.example", "kind": "Harbour", "name": "y"}}}),
            json!(["x", "k8s.io/ingress-nginx", "Harbour.sea.example/y", "10m"]),
        );
        check(
            NETWORK_POLICY,
            json!({"spec": {"podSelector": {}}}),
            json!(["x", "<none>", "10m"]),
        );
        let policy = json!({"spec": {"podSelector": {"matchLabels": {"app": "db"}}}});
        check(NETWORK_POLICY, policy, json!(["x", "app=db", "10m"]));
    }
}
