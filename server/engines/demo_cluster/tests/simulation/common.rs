//! A settled company, made once and cloned for each test, and short ways to look into it.

use std::sync::{Arc, LazyLock};

use demo_cluster::{
    Cluster,
    api::{Options, Request, Verb},
    registry::{DEPLOYMENT, EVENT, KindId, POD},
    value,
};
use domain::time::{Seconds, Timestamp};
use serde_json::Value;

/// A Tuesday morning.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_763_976_600);

static COMPANY: LazyLock<Cluster> = LazyLock::new(|| Cluster::new(7, NOW));

pub(crate) fn company() -> Cluster {
    COMPANY.clone()
}

/// Lets the cluster live for some seconds.
pub(crate) fn live(cluster: &mut Cluster, seconds: i64) {
    let until = cluster.now() + Seconds(seconds);
    cluster.advance(until);
}

/// Lets the cluster live for some seconds, every one of them, however many they are.
pub(crate) fn watch(cluster: &mut Cluster, seconds: i64) {
    for _ in 0..seconds / 60 {
        live(cluster, 60);
    }
    live(cluster, seconds % 60);
}

pub(crate) fn change(
    cluster: &mut Cluster,
    kind: KindId,
    namespace: &str,
    name: &str,
    change: impl FnOnce(&mut Value),
) {
    let now = cluster.now();
    cluster
        .store_mut()
        .update(kind, namespace, name, now, change)
        .expect("the object is there");
}

/// Asks the API for something.
pub(crate) fn request(
    verb: Verb,
    kind: KindId,
    namespace: Option<&str>,
    name: Option<&str>,
) -> Request {
    Request {
        verb,
        kind,
        namespace: namespace.map(str::to_owned),
        name: name.map(str::to_owned),
        subresource: None,
        body: None,
        options: Options::default(),
    }
}

/// Deletes an object as `kubectl delete` does.
pub(crate) fn delete(cluster: &mut Cluster, kind: KindId, namespace: Option<&str>, name: &str) {
    cluster
        .call(&request(Verb::Delete, kind, namespace, Some(name)))
        .expect("the object can be deleted");
}

pub(crate) fn scale(
    cluster: &mut Cluster,
    kind: KindId,
    namespace: &str,
    name: &str,
    replicas: i64,
) {
    change(cluster, kind, namespace, name, |object| {
        object["spec"]["replicas"] = replicas.into();
    });
}

pub(crate) fn create(cluster: &mut Cluster, kind: KindId, object: Value) {
    let now = cluster.now();
    cluster
        .store_mut()
        .insert(kind, object, now)
        .expect("the name is free");
}

/// Pods of a namespace whose name begins so.
pub(crate) fn pods(cluster: &Cluster, namespace: &str, prefix: &str) -> Vec<Arc<Value>> {
    cluster
        .store()
        .list(POD, Some(namespace))
        .filter(|pod| value::name(pod).starts_with(prefix))
        .cloned()
        .collect()
}

pub(crate) fn is_ready(pod: &Value) -> bool {
    value::items(pod, "/status/conditions")
        .iter()
        .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

pub(crate) fn ready(cluster: &Cluster, namespace: &str, prefix: &str) -> usize {
    pods(cluster, namespace, prefix)
        .iter()
        .filter(|pod| is_ready(pod) && !value::is_terminating(pod))
        .count()
}

pub(crate) fn field(cluster: &Cluster, name: &str, pointer: &str) -> i64 {
    let deployment = cluster
        .store()
        .get(DEPLOYMENT, "shop", name)
        .expect("the deployment is there");
    value::integer(deployment, pointer).unwrap_or(0)
}

/// Messages of events of a namespace with this reason.
pub(crate) fn events(cluster: &Cluster, namespace: &str, reason: &str) -> Vec<String> {
    cluster
        .store()
        .list(EVENT, Some(namespace))
        .filter(|event| event["reason"] == reason)
        .map(|event| value::text(event, "/message").to_owned())
        .collect()
}

/// A deployment of one container with every default filled in.
pub(crate) fn deployment(name: &str, replicas: i64, container: Value) -> Value {
    serde_json::json!({
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [container], "restartPolicy": "Always",
                         "terminationGracePeriodSeconds": 30},
            },
            "strategy": {"type": "RollingUpdate",
                         "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": 600,
        },
    })
}
