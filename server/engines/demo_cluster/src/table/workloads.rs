//! Workloads: deployments, replica sets, stateful sets and daemon sets.

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{AGE, NAME, age, column, integer, labels, name, number, or, wide};
use crate::{
    registry::{
        Column,
        Description::{Field, Text},
        Printer,
    },
    selector::LabelSelector,
    value::{items, text},
};

const READY: Column = column("Ready", Text("Number of the pod with ready state"));
pub(super) const CONTAINERS: Column = wide(column(
    "Containers",
    Text("Names of each container in the template."),
));
pub(super) const IMAGES: Column = wide(column(
    "Images",
    Text("Images referenced by each container in the template."),
));

const fn count(name: &'static str, structure: &'static str, field: &'static str) -> Column {
    integer(column(name, Field(structure, field)))
}

const fn selector(structure: &'static str) -> Column {
    wide(column("Selector", Field(structure, "selector")))
}

pub(crate) const DEPLOYMENT: Printer = Printer {
    columns: &[
        NAME,
        READY,
        column("Up-to-date", Field("DeploymentStatus", "updatedReplicas")),
        column("Available", Field("DeploymentStatus", "availableReplicas")),
        AGE,
        CONTAINERS,
        IMAGES,
        selector("DeploymentSpec"),
    ],
    cells: |deployment, now| {
        let [containers, images] = containers(deployment);
        vec![
            name(deployment),
            ready_of_desired(deployment),
            json!(number(deployment, "/status/updatedReplicas")),
            json!(number(deployment, "/status/availableReplicas")),
            age(deployment, now),
            containers,
            images,
            json!(LabelSelector::from_object(deployment.pointer("/spec/selector")).to_string()),
        ]
    },
};

pub(crate) const REPLICA_SET: Printer = Printer {
    columns: &[
        NAME,
        count("Desired", "ReplicaSetSpec", "replicas"),
        count("Current", "ReplicaSetStatus", "replicas"),
        count("Ready", "ReplicaSetStatus", "readyReplicas"),
        AGE,
        CONTAINERS,
        IMAGES,
        selector("ReplicaSetSpec"),
    ],
    cells: |replica_set, now| {
        let counts = [
            "/spec/replicas",
            "/status/replicas",
            "/status/readyReplicas",
        ];
        counted(replica_set, &counts, now, &[])
    },
};

pub(crate) const STATEFUL_SET: Printer = Printer {
    columns: &[NAME, READY, AGE, CONTAINERS, IMAGES],
    cells: |stateful_set, now| {
        let [containers, images] = containers(stateful_set);
        vec![
            name(stateful_set),
            ready_of_desired(stateful_set),
            age(stateful_set, now),
            containers,
            images,
        ]
    },
};

pub(crate) const DAEMON_SET: Printer = Printer {
    columns: &[
        NAME,
        count("Desired", "DaemonSetStatus", "desiredNumberScheduled"),
        count("Current", "DaemonSetStatus", "currentNumberScheduled"),
        count("Ready", "DaemonSetStatus", "numberReady"),
        count("Up-to-date", "DaemonSetStatus", "updatedNumberScheduled"),
        count("Available", "DaemonSetStatus", "numberAvailable"),
        column("Node Selector", Field("PodSpec", "nodeSelector")),
        AGE,
        CONTAINERS,
        IMAGES,
        selector("DaemonSetSpec"),
    ],
    cells: |daemon_set, now| {
        let counts = [
            "/status/desiredNumberScheduled",
            "/status/currentNumberScheduled",
            "/status/numberReady",
            "/status/updatedNumberScheduled",
            "/status/numberAvailable",
        ];
        let nodes = labels(daemon_set, "/spec/template/spec/nodeSelector");
        counted(daemon_set, &counts, now, &[json!(nodes)])
    },
};

/// Name, counts, `between`, age, and the wide columns with the selector.
fn counted(workload: &Value, counts: &[&str], now: Timestamp, between: &[Value]) -> Vec<Value> {
    let mut cells = vec![name(workload)];
    cells.extend(
        counts
            .iter()
            .map(|pointer| json!(number(workload, pointer))),
    );
    cells.extend_from_slice(between);
    cells.push(age(workload, now));
    cells.extend(containers(workload));
    let selector = LabelSelector::from_object(workload.pointer("/spec/selector")).to_string();
    cells.push(json!(or(&selector, "<none>")));
    cells
}

fn ready_of_desired(workload: &Value) -> Value {
    let ready = number(workload, "/status/readyReplicas");
    json!(format!("{ready}/{}", number(workload, "/spec/replicas")))
}

/// Names and images of the template's containers.
fn containers(workload: &Value) -> [Value; 2] {
    containers_at(workload, "/spec/template/spec/containers")
}

/// Names and images of the containers listed at `pointer`.
pub(super) fn containers_at(workload: &Value, pointer: &str) -> [Value; 2] {
    ["/name", "/image"].map(|field| {
        let words: Vec<&str> = items(workload, pointer)
            .iter()
            .map(|container| text(container, field))
            .collect();
        json!(words.join(","))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload() -> Value {
        json!({
            "metadata": {"name": "web", "creationTimestamp": "2025-11-23T20:24:56Z"},
            "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}},
                "template": {"spec": {"nodeSelector": {"disk": "ssd"}, "containers": [{"name": "a", "image": "x:1"}, {"name": "b", "image": "y:2"}]}}},
            "status": {"replicas": 3, "readyReplicas": 2, "updatedReplicas": 1, "availableReplicas": 2,
                "desiredNumberScheduled": 3, "currentNumberScheduled": 3, "numberReady": 2, "updatedNumberScheduled": 3, "numberAvailable": 2},
        })
    }

    #[test]
    fn shows_workloads_as_kubectl_does() {
        let now = Timestamp(1_763_930_096_000);
        for (printer, expected) in [
            (
                DEPLOYMENT,
                json!(["web", "2/3", 1, 2, "10m", "a,b", "x:1,y:2", "app=web"]),
            ),
            (
                REPLICA_SET,
                json!(["web", 3, 3, 2, "10m", "a,b", "x:1,y:2", "app=web"]),
            ),
            (STATEFUL_SET, json!(["web", "2/3", "10m", "a,b", "x:1,y:2"])),
            (
                DAEMON_SET,
                json!([
                    "web", 3, 3, 2, 3, 2, "disk=ssd", "10m", "a,b", "x:1,y:2", "app=web"
                ]),
            ),
        ] {
            assert_eq!(json!((printer.cells)(&workload(), now)), expected);
        }
    }
}
