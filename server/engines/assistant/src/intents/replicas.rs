//! Whether more replicas would help a workload that is short of CPU, and what to do where they would not.

use domain::{
    resources::{Workload, WorkloadKind, WorkloadRef},
    snapshot::ClusterSnapshot,
};

use super::{
    autoscaling,
    compose::belongs,
    trouble::{is_starting, is_unready},
};

/// Words in names and images of software that keeps data: its load is not shared by starting it once more.
const STATEFUL: &[(&str, &str)] = &[
    ("postgres", "a PostgreSQL database"),
    ("postgresql", "a PostgreSQL database"),
    ("timescaledb", "a PostgreSQL database"),
    ("mysql", "a MySQL database"),
    ("mariadb", "a MariaDB database"),
    ("percona", "a MySQL database"),
    ("mongo", "a MongoDB database"),
    ("mongodb", "a MongoDB database"),
    ("redis", "a Redis store"),
    ("valkey", "a Valkey store"),
    ("memcached", "a cache"),
    ("cache", "a cache"),
    ("kafka", "a Kafka broker"),
    ("zookeeper", "a ZooKeeper ensemble"),
    ("rabbitmq", "a RabbitMQ broker"),
    ("nats", "a NATS broker"),
    ("elasticsearch", "an Elasticsearch cluster"),
    ("opensearch", "an OpenSearch cluster"),
    ("cassandra", "a Cassandra database"),
    ("clickhouse", "a ClickHouse database"),
    ("influxdb", "an InfluxDB database"),
    ("prometheus", "a Prometheus store"),
    ("etcd", "an etcd store"),
    ("minio", "an object store"),
    ("database", "a database"),
    ("db", "a database"),
    ("queue", "a queue"),
    ("broker", "a message broker"),
];

/// Words in names of what only talks to such software.
const CLIENTS: &[&str] = &[
    "client", "consumer", "producer", "worker", "exporter", "adapter", "proxy", "operator", "ui",
    "api", "warmer", "sync",
];

/// A next step: what to do, and the question or command that begins it.
pub(super) struct Step {
    pub(super) text: String,
    pub(super) command: String,
}

/// The step for a workload that is short of CPU: one replica more only where that shares the load.
pub(super) fn for_more_cpu(reference: &WorkloadRef, snapshot: &ClusterSnapshot) -> Step {
    if is_failing(reference, snapshot) {
        return failing(reference);
    }
    if let Some(step) = instead_of_more(reference, snapshot) {
        return step;
    }
    Step {
        text: format!(
            "Consider scaling {reference}: more replicas share its load. Ask to scale it by one, and look at the plan before anything changes."
        ),
        command: format!(
            "scale up {} in {} by 1",
            reference.name, reference.namespace
        ),
    }
}

/// What to do instead, where somebody or something speaks against more replicas.
pub(super) fn instead_of_more(reference: &WorkloadRef, snapshot: &ClusterSnapshot) -> Option<Step> {
    if reference.kind == WorkloadKind::DaemonSet {
        return Some(Step {
            text: format!("{reference} runs once per node; look at what it does with the CPU."),
            command: format!("describe {} in {}", reference.name, reference.namespace),
        });
    }
    let workload = snapshot
        .workloads
        .iter()
        .find(|workload| workload.reference == *reference);
    keeps_state(reference, workload)
        .map(|state| stateful(reference, &state))
        .or_else(|| autoscaled(reference, workload, snapshot))
}

/// Why the load of a workload is not shared by more replicas: a StatefulSet, or named like software that keeps data.
pub(super) fn keeps_state(reference: &WorkloadRef, workload: Option<&Workload>) -> Option<String> {
    let images = workload.map_or(&[][..], |workload| &workload.images);
    let looks_like = software(reference.name.as_str(), images);
    match (reference.kind, looks_like) {
        (WorkloadKind::StatefulSet, Some(what)) => {
            Some(format!("is a StatefulSet and looks like {what}"))
        }
        (WorkloadKind::StatefulSet, None) => Some("is a StatefulSet".to_owned()),
        (WorkloadKind::Deployment, Some(what)) => Some(format!("looks like {what}")),
        (WorkloadKind::Deployment, None) | (WorkloadKind::DaemonSet, _) => None,
    }
}

/// The software that a name or an image's own name (without registry, path and tag) has a word of.
fn software(name: &str, images: &[String]) -> Option<&'static str> {
    let own_name = |image: &String| {
        let last = image.rsplit('/').next().unwrap_or_default();
        last.split([':', '@']).next().unwrap_or_default().to_owned()
    };
    let mut names = vec![name.to_owned()];
    names.extend(images.iter().map(own_name));
    let has_word = |word: &str| {
        names
            .iter()
            .any(|name| name.split(['-', '.', '_']).any(|part| part == word))
    };
    if CLIENTS.iter().any(|word| has_word(word)) {
        return None;
    }
    STATEFUL
        .iter()
        .find(|(word, _)| has_word(word))
        .map(|(_, what)| *what)
}

fn is_failing(reference: &WorkloadRef, snapshot: &ClusterSnapshot) -> bool {
    snapshot
        .pods
        .iter()
        .filter(|pod| belongs(pod, reference))
        .any(|pod| pod.is_failing() || is_unready(pod) && !is_starting(pod, snapshot))
}

fn failing(reference: &WorkloadRef) -> Step {
    Step {
        text: format!(
            "Pods of {reference} are failing, and more of them would fail as well: find the cause first."
        ),
        command: format!(
            "why is {} failing in {}?",
            reference.name, reference.namespace
        ),
    }
}

fn stateful(reference: &WorkloadRef, state: &str) -> Step {
    Step {
        text: format!(
            "{reference} {state}: another replica has its own volume and does not share the load by itself. Look at its requests and limits, and at the queries it is asked."
        ),
        command: format!("describe {} in {}", reference.name, reference.namespace),
    }
}

fn autoscaled(
    reference: &WorkloadRef,
    workload: Option<&Workload>,
    snapshot: &ClusterSnapshot,
) -> Option<Step> {
    let (by, advice) = if let Some(hpa) = autoscaling::owner(reference, snapshot) {
        let is_full = workload.is_some_and(|workload| workload.replicas >= hpa.max);
        let advice = if is_full {
            "it is at its maximum, so look whether that can be raised"
        } else {
            "let it work, and look at its goal and bounds if the load stays"
        };
        let (min, max) = (hpa.min, hpa.max);
        (
            format!("the HorizontalPodAutoscaler {} ({min} to {max})", hpa.name),
            advice,
        )
    } else if workload.is_some_and(autoscaling::is_predictive) {
        let advice =
            "let it work, and look at its bounds on the Autoscaling page if the load stays";
        ("predictive autoscaling".to_owned(), advice)
    } else {
        return None;
    };
    Some(Step {
        text: format!("The replicas of {reference} are set by {by}: {advice}."),
        command: format!(
            "is {} in {} autoscaled?",
            reference.name, reference.namespace
        ),
    })
}
