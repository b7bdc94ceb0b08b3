//! Typed reads.

use domain::{
    ErrorCode,
    cluster::ClusterMode,
    command::{ResourceWord, WriteCommand},
    ids::{NamespaceScope, ObjectName},
    plan::ClusterAction,
    ports::ClusterPort as _,
    resources::Availability,
    time::Timestamp,
    units::{Bytes, MilliCores, Replicas},
};
use serde_json::{Value, json};
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{method, path, query_param, query_param_is_missing},
};

use super::{REVIEWS, WEB, allow, deployment, list, status, web};
use crate::{KubeCluster, fake_api::FakeApi};

async fn start() -> (FakeApi, KubeCluster) {
    let api = FakeApi::start().await;
    let cluster = api.cluster(ClusterMode::Approve);
    (api, cluster)
}

fn shop() -> NamespaceScope {
    NamespaceScope::One(ObjectName::new("shop").unwrap())
}

#[tokio::test]
async fn reads_the_version_with_the_token() {
    let (api, cluster) = start().await;
    api.on(
        "GET",
        "/version",
        200,
        json!({"gitVersion": "v1.33.2", "major": "1"}),
    )
    .await;
    assert_eq!(cluster.version().await.unwrap(), "v1.33.2");
    let request = &api.mock.received_requests().await.unwrap()[0];
    assert_eq!(request.headers["authorization"], "Bearer canary-token");
    assert!(!request.headers.contains_key("accept-encoding"));
}

#[tokio::test]
async fn follows_the_pages_of_a_list() {
    let (api, cluster) = start().await;
    let page = |name: &str, next: &str| {
        ResponseTemplate::new(200).set_body_json(json!({
            "metadata": {"continue": next},
            "items": [{"metadata": {"name": name}}],
        }))
    };
    let get = || {
        Mock::given(method("GET"))
            .and(path("/api/v1/namespaces"))
            .and(query_param("limit", "500"))
    };
    get()
        .and(query_param_is_missing("continue"))
        .respond_with(page("shop", "a/b="))
        .mount(&api.mock)
        .await;
    get()
        .and(query_param("continue", "a/b="))
        .respond_with(page("blog", ""))
        .mount(&api.mock)
        .await;
    assert_eq!(cluster.namespaces().await.unwrap(), ["blog", "shop"]);
}

#[tokio::test]
async fn begins_a_list_again_when_its_place_is_forgotten() {
    let (api, cluster) = start().await;
    let page = json!({"metadata": {"continue": "old"}, "items": [{"metadata": {"name": "a"}}]});
    api.once("GET", "/api/v1/namespaces", 200, page).await;
    api.once(
        "GET",
        "/api/v1/namespaces",
        410,
        status(410, "Expired", "too old"),
    )
    .await;
    api.on(
        "GET",
        "/api/v1/namespaces",
        200,
        list(&[json!({"metadata": {"name": "b"}})]),
    )
    .await;
    assert_eq!(cluster.namespaces().await.unwrap(), ["b"]);
    assert_eq!(api.ledger().await.len(), 3);
}

#[tokio::test]
async fn reads_workloads_of_three_kinds_in_order() {
    let (api, cluster) = start().await;
    let named = |name: &str| {
        let mut object = deployment("1", 3);
        object["metadata"]["name"] = json!(name);
        let fields = object.as_object_mut().unwrap();
        fields.remove("kind");
        fields.remove("apiVersion");
        object
    };
    let root = "/apis/apps/v1/namespaces/shop";
    api.on(
        "GET",
        &format!("{root}/deployments"),
        200,
        list(&[named("web"), named("api")]),
    )
    .await;
    api.on(
        "GET",
        &format!("{root}/statefulsets"),
        200,
        list(&[named("db")]),
    )
    .await;
    api.on(
        "GET",
        &format!("{root}/daemonsets"),
        200,
        json!({"items": null}),
    )
    .await;
    let workloads = cluster.workloads(&shop()).await.unwrap();
    let names: Vec<String> = workloads
        .iter()
        .map(|w| format!("{} {}", w.reference.kind, w.reference))
        .collect();
    assert_eq!(
        names,
        [
            "Deployment shop/api",
            "StatefulSet shop/db",
            "Deployment shop/web"
        ]
    );
}

#[tokio::test]
async fn reads_one_workload_with_what_its_pods_ask_for() {
    let (api, cluster) = start().await;
    api.on("GET", WEB, 200, deployment("41", 3)).await;
    let workload = cluster.workload(&web()).await.unwrap();
    assert_eq!(workload.cpu_request, Some(MilliCores(250)));
    assert_eq!(workload.memory_limit, Some(Bytes(256 << 20)));
    assert_eq!(
        (workload.replicas, workload.ready_replicas),
        (Replicas(3), Replicas(3))
    );
    assert_eq!(workload.annotations.len(), 1);
    assert_eq!(workload.resource_version, "41");
}

#[tokio::test]
async fn an_object_of_another_name_is_not_taken() {
    let (api, cluster) = start().await;
    let mut other = deployment("41", 3);
    other["metadata"]["name"] = json!("evil");
    api.on("GET", WEB, 200, other).await;
    assert_eq!(
        cluster.workload(&web()).await.unwrap_err().code,
        ErrorCode::ClusterAnswer
    );
}

#[tokio::test]
async fn events_come_newest_first() {
    let (api, cluster) = start().await;
    let event = |name: &str, fields: Value| {
        let mut event = json!({
            "metadata": {"name": name, "namespace": "shop", "creationTimestamp": "2026-11-24T05:00:00Z"},
            "involvedObject": {"kind": "Pod", "name": name, "namespace": "shop"},
            "type": "Warning", "reason": "BackOff", "message": "again\n",
        });
        event
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        event
    };
    let events = [
        event(
            "old",
            json!({"lastTimestamp": "2026-11-24T05:10:00Z", "count": 4}),
        ),
        event(
            "series",
            json!({
                "eventTime": "2026-11-24T05:00:00.000000Z",
                "series": {"count": 9, "lastObservedTime": "2026-11-24T05:30:00.000000Z"},
            }),
        ),
        event("bare", json!({})),
    ];
    api.on("GET", "/api/v1/events", 200, list(&events)).await;
    let read = cluster.events(&NamespaceScope::All).await.unwrap();
    let shown: Vec<(&str, u32)> = read
        .iter()
        .map(|e| (e.object_name.as_str(), e.count))
        .collect();
    assert_eq!(shown, [("series", 9), ("old", 4), ("bare", 1)]);
    assert_eq!(read[0].message, "again");
}

#[tokio::test]
async fn no_metrics_api_is_a_state_of_its_own() {
    for (code, reason) in [(404, "NotFound"), (503, "ServiceUnavailable")] {
        let (api, cluster) = start().await;
        let at = "/apis/metrics.k8s.io/v1beta1/nodes";
        api.on(
            "GET",
            at,
            code,
            status(code, reason, "the server is currently unable"),
        )
        .await;
        let error = cluster.node_usage().await.unwrap_err();
        assert_eq!(error.code, ErrorCode::MetricsUnavailable);
        assert!(error.hint.contains("metrics-server"));
        assert_eq!(
            api.ledger().await.len(),
            1,
            "an absent metrics API is not asked again and again"
        );
    }
}

#[tokio::test]
async fn a_snapshot_says_that_use_is_not_known() {
    let (api, cluster) = start().await;
    for at in [
        "/api/v1/namespaces",
        "/api/v1/nodes",
        "/api/v1/pods",
        "/api/v1/events",
        "/apis/apps/v1/deployments",
        "/apis/apps/v1/statefulsets",
        "/apis/apps/v1/daemonsets",
        "/apis/autoscaling/v2/horizontalpodautoscalers",
    ] {
        api.on("GET", at, 200, list(&[])).await;
    }
    let snapshot = cluster.snapshot(Timestamp(7)).await.unwrap();
    assert_eq!(snapshot.taken_at, Timestamp(7));
    assert_eq!(snapshot.default_namespace, "shop");
    assert!(matches!(snapshot.node_usage, Availability::Unavailable(_)));
    assert!(matches!(snapshot.pod_usage, Availability::Unavailable(_)));
}

#[tokio::test]
async fn counters_of_nodes_that_answer_are_enough() {
    let (api, cluster) = start().await;
    let summary = json!({"node": {"nodeName": "a", "network": {"rxBytes": 3, "txBytes": 4}}});
    api.on("GET", "/api/v1/nodes/a/proxy/stats/summary", 200, summary)
        .await;
    api.on(
        "GET",
        "/api/v1/nodes/b/proxy/stats/summary",
        403,
        status(403, "Forbidden", "no"),
    )
    .await;
    let both = cluster
        .node_counters(&["a".to_owned(), "b".to_owned()])
        .await
        .unwrap();
    assert_eq!(both.len(), 1);
    assert_eq!(both[0].network, Some(Bytes(7)));
    let none = cluster.node_counters(&["b".to_owned()]).await.unwrap_err();
    assert_eq!(none.code, ErrorCode::ClusterForbids);
}

#[tokio::test]
async fn abilities_are_what_the_cluster_answers() {
    let (api, cluster) = start().await;
    allow(&api, false).await;
    let abilities = cluster.abilities().await.unwrap();
    assert!(!abilities.read_pods && !abilities.scale_deployments);
    assert!(
        api.ledger()
            .await
            .iter()
            .all(|line| line == &format!("POST {REVIEWS}"))
    );
}

fn typed(word: &str, scope: Option<NamespaceScope>) -> WriteCommand {
    WriteCommand::Scale {
        resource: ResourceWord(word.to_owned()),
        name: ObjectName::new("web").unwrap(),
        scope,
        replicas: 5,
    }
}

#[tokio::test]
async fn a_bare_name_is_looked_for_in_the_contexts_namespace() {
    let (api, cluster) = start().await;
    api.on("GET", WEB, 200, deployment("41", 3)).await;
    let resolved = cluster
        .resolve(&typed("deploy", None), "kubectl scale …")
        .await
        .unwrap();
    assert_eq!(
        resolved.action,
        ClusterAction::Scale {
            workload: web(),
            replicas: Replicas(5)
        }
    );
}

#[tokio::test]
async fn a_name_found_elsewhere_is_told_and_not_taken() {
    let (api, cluster) = start().await;
    let at = "/apis/apps/v1/namespaces/default/deployments/web";
    api.on("GET", at, 404, status(404, "NotFound", "not found"))
        .await;
    api.on(
        "GET",
        "/apis/apps/v1/deployments",
        200,
        list(&[deployment("1", 1)]),
    )
    .await;
    let default = NamespaceScope::One(ObjectName::new("default").unwrap());
    let error = cluster
        .resolve(&typed("deploy", Some(default)), "")
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
    assert!(error.hint.contains("-n shop"), "{}", error.hint);
}
