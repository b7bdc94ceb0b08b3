//! Requests of users and the controllers together.

use demo_cluster::{
    Cluster,
    api::{Options, PatchType, Request, Verb},
    registry::{API_SERVICE, DEPLOYMENT, KindId, POD, REPLICA_SET, SERVICE, Subresource},
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

/// Status and reason of the condition that says whether an API is available.
fn availability(cluster: &Cluster, name: &str) -> (String, String) {
    let api = cluster.store().get(API_SERVICE, "", name);
    let api = api.expect("the API is registered");
    let condition = &api["status"]["conditions"][0];
    let text = |field: &str| value::text(condition, field).to_owned();
    (text("/status"), text("/reason"))
}

#[test]
fn an_aggregated_api_is_available_as_long_as_its_service_is() {
    let mut cluster = company();
    let said = |status: &str, reason: &str| (status.to_owned(), reason.to_owned());
    live(&mut cluster, 10);
    assert_eq!(
        availability(&cluster, "v1beta1.metrics.k8s.io"),
        said("True", "Passed")
    );
    assert_eq!(availability(&cluster, "v1.apps"), said("True", "Local"));
    delete(&mut cluster, SERVICE, Some("kube-system"), "metrics-server");
    live(&mut cluster, 10);
    assert_eq!(
        availability(&cluster, "v1beta1.metrics.k8s.io"),
        said("False", "ServiceNotFound")
    );
}

/// The example of "Proportional scaling" in the documentation of Deployments.
#[test]
fn scaling_in_the_middle_of_a_rollout_goes_to_old_and_new_pods_by_their_share() {
    let mut cluster = company();
    let mut deployment = minimal("web");
    deployment["spec"]["replicas"] = json!(10);
    deployment["spec"]["strategy"] = json!({"rollingUpdate": {"maxSurge": 3, "maxUnavailable": 2}});
    send(&mut cluster, Verb::Create, DEPLOYMENT, None, deployment);
    live(&mut cluster, 60);
    let broken = json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "does-not-exist:1"}]}}}});
    let patch = Verb::Patch(PatchType::Strategic);
    send(&mut cluster, patch, DEPLOYMENT, Some("web"), broken);
    live(&mut cluster, 60);
    let sizes = |cluster: &Cluster| {
        let sets = cluster.store().list(REPLICA_SET, Some("shop"));
        let mut sizes: Vec<i64> = sets
            .filter(|set| value::name(set).starts_with("web-"))
            .map(|set| value::integer(set, "/spec/replicas").unwrap_or(0))
            .collect();
        sizes.sort_unstable();
        sizes
    };
    assert_eq!(sizes(&cluster), [5, 8]);
    send(
        &mut cluster,
        patch,
        DEPLOYMENT,
        Some("web"),
        json!({"spec": {"replicas": 15}}),
    );
    live(&mut cluster, 30);
    assert_eq!(sizes(&cluster), [7, 11]);
}
