//! Disruption budgets, priorities, role bindings and API services.

use serde_json::{Value, json};

use super::{AGE, NAME, age, column, integer, name, number, or, wide};
use crate::{
    registry::{
        Column,
        Description::{Field, Text},
        Printer,
    },
    value::{self, items, text, truth},
};

pub(crate) const POD_DISRUPTION_BUDGET: Printer = Printer {
    columns: &[
        NAME,
        column(
            "Min Available",
            Text("The minimum number of pods that must be available."),
        ),
        column(
            "Max Unavailable",
            Text("The maximum number of pods that may be unavailable."),
        ),
        integer(column(
            "Allowed Disruptions",
            Text("Calculated number of pods that may be disrupted at this time."),
        )),
        AGE,
    ],
    cells: |budget, now| {
        let bound = |field: &str| match &budget["spec"][field] {
            Value::String(percent) => percent.clone(),
            Value::Number(count) => count.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => "N/A".to_owned(),
        };
        vec![
            name(budget),
            json!(bound("minAvailable")),
            json!(bound("maxUnavailable")),
            json!(number(budget, "/status/disruptionsAllowed")),
            age(budget, now),
        ]
    },
};

pub(crate) const PRIORITY_CLASS: Printer = Printer {
    columns: &[
        NAME,
        integer(column("Value", Field("PriorityClass", "value"))),
        Column {
            kind: "boolean",
            ..column("Global-Default", Field("PriorityClass", "globalDefault"))
        },
        AGE,
        column(
            "PreemptionPolicy",
            Field("PriorityClass", "preemptionPolicy"),
        ),
    ],
    cells: |class, now| {
        vec![
            name(class),
            json!(number(class, "/value")),
            json!(truth(class, "/globalDefault")),
            age(class, now),
            json!(text(class, "/preemptionPolicy")),
        ]
    },
};

pub(crate) const ROLE_BINDING: Printer = Printer {
    columns: &[
        NAME,
        column("Role", Field("RoleBinding", "roleRef")),
        AGE,
        wide(column("Users", Text("Users in the roleBinding"))),
        wide(column("Groups", Text("Groups in the roleBinding"))),
        wide(column(
            "ServiceAccounts",
            Text("ServiceAccounts in the roleBinding"),
        )),
    ],
    cells: binding,
};

pub(crate) const CLUSTER_ROLE_BINDING: Printer = Printer {
    columns: &[
        NAME,
        column("Role", Field("ClusterRoleBinding", "roleRef")),
        AGE,
        wide(column("Users", Text("Users in the clusterRoleBinding"))),
        wide(column("Groups", Text("Groups in the clusterRoleBinding"))),
        wide(column(
            "ServiceAccounts",
            Text("ServiceAccounts in the clusterRoleBinding"),
        )),
    ],
    cells: binding,
};

fn binding(binding: &Value, now: domain::time::Timestamp) -> Vec<Value> {
    let role = [
        text(binding, "/roleRef/kind"),
        text(binding, "/roleRef/name"),
    ]
    .join("/");
    let subjects = |kind: &str| {
        let named: Vec<String> = items(binding, "/subjects")
            .iter()
            .filter(|subject| text(subject, "/kind") == kind)
            .map(|subject| match text(subject, "/namespace") {
                "" => text(subject, "/name").to_owned(),
                namespace => format!("{namespace}/{}", text(subject, "/name")),
            })
            .collect();
        json!(named.join(", "))
    };
    vec![
        name(binding),
        json!(role),
        age(binding, now),
        subjects("User"),
        subjects("Group"),
        subjects("ServiceAccount"),
    ]
}

pub(crate) const API_SERVICE: Printer = Printer {
    columns: &[
        NAME,
        column(
            "Service",
            Text("The reference to the service that hosts this API endpoint."),
        ),
        column("Available", Text("Whether this service is available.")),
        AGE,
    ],
    cells: |service, now| {
        let host = match service
            .pointer("/spec/service")
            .filter(|host| host.is_object())
        {
            Some(host) => format!("{}/{}", text(host, "/namespace"), text(host, "/name")),
            None => "Local".to_owned(),
        };
        vec![
            name(service),
            json!(host),
            json!(available(service)),
            age(service, now),
        ]
    },
};

/// `True`, or why not: `False (MissingEndpoints)`.
fn available(service: &Value) -> String {
    let condition = items(service, "/status/conditions")
        .iter()
        .find(|condition| text(condition, "/type") == "Available");
    let Some(condition) = condition else {
        return "Unknown".to_owned();
    };
    match (text(condition, "/status"), text(condition, "/reason")) {
        ("True", _) => "True".to_owned(),
        (status, reason) => format!("{status} ({reason})"),
    }
}

pub(crate) const CONTROLLER_REVISION: Printer = Printer {
    columns: &[
        NAME,
        column("Controller", Text("Controller of the object")),
        column("Revision", Field("ControllerRevision", "revision")),
        AGE,
    ],
    cells: |revision, now| {
        vec![
            name(revision),
            json!(controller(revision)),
            json!(number(revision, "/revision")),
            age(revision, now),
        ]
    },
};

/// `statefulset.apps/postgres`.
fn controller(object: &Value) -> String {
    let Some(owner) = value::controller_of(object) else {
        return "<none>".to_owned();
    };
    let kind = text(owner, "/kind").to_lowercase();
    let name = text(owner, "/name");
    match text(owner, "/apiVersion").split_once('/') {
        Some((group, _)) => format!("{kind}.{group}/{name}"),
        None => format!("{}/{name}", or(&kind, "<unknown>")),
    }
}

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
    fn shows_budgets_and_priorities() {
        let budget = json!({"spec": {"minAvailable": "50%"}, "status": {"disruptionsAllowed": 2}});
        check(
            POD_DISRUPTION_BUDGET,
            budget,
            json!(["x", "50%", "N/A", 2, "10m"]),
        );
        let budget = json!({"spec": {"maxUnavailable": 1}});
        check(
            POD_DISRUPTION_BUDGET,
            budget,
            json!(["x", "N/A", "1", 0, "10m"]),
        );
        let class = json!({"value": 1000, "preemptionPolicy": "Never"});
        check(
            PRIORITY_CLASS,
            class,
            json!(["x", 1000, false, "10m", "Never"]),
        );
    }

    #[test]
    fn shows_who_is_bound_to_what() {
        check(
            ROLE_BINDING,
            json!({"roleRef": {"kind": "Role", "name": "reader"}, "subjects": [{"kind": "User", "name": "ada"}, {"kind": "User", "name": "bob"},
                {"kind": "ServiceAccount", "name": "default", "namespace": "shop"}]}),
            json!(["x", "Role/reader", "10m", "ada, bob", "", "shop/default"]),
        );
    }

    #[test]
    fn shows_whether_an_api_is_served() {
        check(
            API_SERVICE,
            json!({}),
            json!(["x", "Local", "Unknown", "10m"]),
        );
        check(
            API_SERVICE,
            json!({"spec": {"service": {"namespace": "kube-system", "name": "metrics-server"}},
                "status": {"conditions": [{"type": "Available", "status": "False", "reason": "MissingEndpoints"}]}}),
            json!([
                "x",
                "kube-system/metrics-server",
                "False (MissingEndpoints)",
                "10m"
            ]),
        );
    }

    #[test]
    fn shows_whose_revision_it_is() {
        let owner = json!({"kind": "StatefulSet", "apiVersion": "apps/v1", "name": "db", "controller": true});
        let mut revision = json!({"revision": 3});
        revision["metadata"]["ownerReferences"] = json!([owner]);
        check(
            CONTROLLER_REVISION,
            revision,
            json!(["x", "statefulset.apps/db", 3, "10m"]),
        );
        check(
            CONTROLLER_REVISION,
            json!({}),
            json!(["x", "<none>", 0, "10m"]),
        );
    }
}
