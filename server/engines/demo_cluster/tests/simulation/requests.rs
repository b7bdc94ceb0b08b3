//! Requests of users and the controllers together.

use demo_cluster::{
    Cluster,
    api::{Options, PatchType, Request, Verb},
    registry::{DEPLOYMENT, KindId, POD, REPLICA_SET, Subresource},
    value,
};
use serde_json::{Value, json};

use crate::common::{company, delete, live, pods, ready, request};

fn send(cluster: &mut Cluster, verb: Verb, kind: KindId, name: Option<&str>, body: Value) -> Value {
    let request = Request {
        body: Some(body),
        ..request(verb, kind, Some("shop"), name)
    };
    cluster.call(&request).expect("the request is in order")
}

fn minimal(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "web", "image": "nginx:1.27"}]},
            },
        },
    })
}

#[test]
fn a_minimal_deployment_runs_and_its_template_stays_one_revision() {
    let mut cluster = company();
    send(
        &mut cluster,
        Verb::Create,
        DEPLOYMENT,
        None,
        minimal("hello"),
    );
    live(&mut cluster, 20);
    assert_eq!(ready(&cluster, "shop", "hello"), 2);
    let sets = cluster.store().list(REPLICA_SET, Some("shop"));
    assert_eq!(
        sets.filter(|set| value::name(set).starts_with("hello"))
            .count(),
        1
    );
}

#[test]
fn the_scale_subresource_scales() {
    let mut cluster = company();
    let scale = Request {
        subresource: Some(Subresource::Scale),
        body: Some(json!({"spec": {"replicas": 5}})),
        ..request(
            Verb::Patch(PatchType::Merge),
            DEPLOYMENT,
            Some("shop"),
            Some("storefront"),
        )
    };
    cluster.call(&scale).unwrap();
    live(&mut cluster, 30);
    assert_eq!(ready(&cluster, "shop", "storefront"), 5);
}

#[test]
fn a_rollout_restart_replaces_every_pod() {
    let mut cluster = company();
    let before: Vec<_> = pods(&cluster, "shop", "catalog")
        .iter()
        .map(|pod| value::uid(pod).to_owned())
        .collect();
    let stamp = json!({"kubectl.kubernetes.io/restartedAt": "2025-11-24T09:30:00Z"});
    send(
        &mut cluster,
        Verb::Patch(PatchType::Strategic),
        DEPLOYMENT,
        Some("catalog"),
        json!({"spec": {"template": {"metadata": {"annotations": stamp}}}}),
    );
    live(&mut cluster, 120);
    let after = pods(&cluster, "shop", "catalog");
    assert_eq!(after.len(), 3);
    assert!(
        after
            .iter()
            .all(|pod| !before.contains(&value::uid(pod).to_owned()))
    );
}

#[test]
fn a_bare_pod_that_ends_well_is_completed() {
    let mut cluster = company();
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "once"},
        "spec": {
            "restartPolicy": "Never",
            "containers": [{"name": "once", "image": "busybox:1.37", "command": ["sleep", "3"]}],
        },
    });
    send(&mut cluster, Verb::Create, POD, None, pod);
    live(&mut cluster, 30);
    let pod = cluster.store().get(POD, "shop", "once").unwrap();
    assert_eq!(pod["status"]["phase"], "Succeeded");
    let ended = &pod["status"]["containerStatuses"][0]["state"]["terminated"];
    assert_eq!(ended["reason"], "Completed");
    delete(&mut cluster, POD, Some("shop"), "once");
    live(&mut cluster, 10);
    assert!(cluster.store().get(POD, "shop", "once").is_none());
}

#[test]
fn a_pod_deleted_without_grace_is_gone_at_once_and_replaced() {
    let mut cluster = company();
    let victim = value::name(&pods(&cluster, "shop", "catalog")[0]).to_owned();
    let force = Request {
        options: Options {
            grace_period_seconds: Some(0),
            ..Options::default()
        },
        ..request(Verb::Delete, POD, Some("shop"), Some(&victim))
    };
    cluster.call(&force).unwrap();
    assert!(cluster.store().get(POD, "shop", &victim).is_none());
    live(&mut cluster, 30);
    assert_eq!(ready(&cluster, "shop", "catalog"), 3);
}
