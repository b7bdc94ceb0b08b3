//! Plans prepared and carried out, counted at the server.

use domain::{
    ErrorCode, OpsError,
    cluster::ClusterMode,
    plan::{ClusterAction, PreparedChange},
    ports::{ClusterPort as _, Execution, Settlement},
    units::Replicas,
};
use serde_json::{Value, json};

use super::{WEB, allow, deployment, list, scale, status, web};
use crate::fake_api::FakeApi;

fn scale_path() -> String {
    format!("{WEB}/scale")
}

fn to(replicas: u32) -> ClusterAction {
    ClusterAction::Scale {
        workload: web(),
        replicas: Replicas(replicas),
    }
}

/// The plan that scales `web` from 3 to 8, as prepared at version 41.
fn plan() -> PreparedChange {
    plan_of(to(8))
}

/// The plan of an action on `web`, as prepared at version 41.
pub(super) fn plan_of(action: ClusterAction) -> PreparedChange {
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let (before, after) = match &action {
        ClusterAction::Scale { replicas, .. } => (
            vec![field("spec.replicas", "3")],
            vec![field("spec.replicas", &replicas.to_string())],
        ),
        ClusterAction::Restart { .. } => (
            Vec::new(),
            vec![field(
                "spec.template.metadata.annotations.kubectl.kubernetes.io/restartedAt",
                "2026-11-24T06:00:00Z",
            )],
        ),
        ClusterAction::Annotate { .. } => (
            vec![field("metadata.annotations.other", "x")],
            vec![field("metadata.annotations.other", "y")],
        ),
    };
    PreparedChange {
        action,
        target_uid: "u1".to_owned(),
        target_generation: 7,
        before: before.into_iter().collect(),
        after: after.into_iter().collect(),
        diff: String::new(),
        warnings: Vec::new(),
        undo: None,
    }
}

async fn execute(api: &FakeApi, change: &PreparedChange) -> Result<Execution, OpsError> {
    api.cluster(ClusterMode::Approve).execute(change).await
}

/// A cluster with one node, no other pods and no autoscaler.
async fn surroundings(api: &FakeApi, autoscalers: &[Value], quotas: &[Value]) {
    let node = json!({
        "metadata": {"name": "n"},
        "status": {"allocatable": {"cpu": "1", "memory": "4Gi"}, "conditions": [{"type": "Ready", "status": "True"}]},
    });
    api.on("GET", "/api/v1/nodes", 200, list(&[node])).await;
    api.on("GET", "/api/v1/pods", 200, list(&[])).await;
    let hpas = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers";
    api.on("GET", hpas, 200, list(autoscalers)).await;
    api.on(
        "GET",
        "/api/v1/namespaces/shop/resourcequotas",
        200,
        list(quotas),
    )
    .await;
}

async fn prepared(autoscalers: &[Value], live: Value, replicas: u32) -> PreparedChange {
    let api = FakeApi::start().await;
    allow(&api, true).await;
    surroundings(&api, autoscalers, &[]).await;
    api.on("GET", WEB, 200, live).await;
    api.on("PUT", &scale_path(), 200, scale("41", replicas))
        .await;
    let change = api
        .cluster(ClusterMode::Approve)
        .prepare(&to(replicas))
        .await
        .unwrap();
    assert_eq!(api.writes().await, Vec::<String>::new());
    change
}

#[tokio::test]
async fn a_plan_shows_the_dry_run_and_the_way_back() {
    let change = prepared(&[], deployment("41", 3), 4).await;
    assert!(
        change.diff.contains("-  replicas: 3\n+  replicas: 4\n"),
        "{}",
        change.diff
    );
    assert_eq!(
        (change.target_uid.as_str(), change.target_generation),
        ("u1", 7)
    );
    assert_eq!(change.before["spec.replicas"], "3");
    assert_eq!(change.after["spec.replicas"], "4");
    assert_eq!(change.undo, Some(to(3)));
    assert_eq!(change.warnings, Vec::<String>::new());
}

#[tokio::test]
async fn warns_of_the_autoscaler_that_owns_the_count() {
    let hpa = |target: &str| {
        json!({
            "metadata": {"name": format!("{target}-hpa"), "namespace": "shop"},
            "spec": {"minReplicas": 2, "maxReplicas": 6, "scaleTargetRef": {"kind": "Deployment", "name": target}},
        })
    };
    let change = prepared(&[hpa("other"), hpa("web")], deployment("41", 3), 4).await;
    assert_eq!(
        change.warnings,
        ["The autoscaler web-hpa keeps it between 2 and 6 replicas and will change it back."]
    );
}

#[tokio::test]
async fn warns_of_pods_that_will_not_fit() {
    // The node has 1 core, a pod asks for 250m.
    let change = prepared(&[], deployment("41", 3), 9).await;
    assert_eq!(
        change.warnings,
        [
            "By their requests, 4 of the 6 new pods fit onto the nodes as they are; the others would stay Pending."
        ]
    );
}

#[tokio::test]
async fn warns_of_an_end_of_service_and_of_a_pause() {
    let mut paused = deployment("41", 3);
    paused["spec"]["paused"] = json!(true);
    let change = prepared(&[], paused, 0).await;
    assert!(
        change.warnings[0].contains("stops serving"),
        "{:?}",
        change.warnings
    );
    assert!(
        change.warnings[1].contains("paused"),
        "{:?}",
        change.warnings
    );
}
#[tokio::test]
async fn without_the_right_there_is_no_dry_run() {
    let api = FakeApi::start().await;
    allow(&api, false).await;
    let error = api
        .cluster(ClusterMode::Approve)
        .prepare(&to(8))
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::ClusterForbids);
    assert!(
        error.message.contains("update deployments/scale"),
        "{error}"
    );
    assert_eq!(api.ledger().await.len(), 1);
}

#[tokio::test]
async fn the_clusters_own_refusal_of_a_dry_run_is_the_answer() {
    let api = FakeApi::start().await;
    allow(&api, true).await;
    surroundings(&api, &[], &[]).await;
    api.on("GET", WEB, 200, deployment("41", 3)).await;
    api.on(
        "PUT",
        &scale_path(),
        403,
        status(403, "Forbidden", "exceeded quota: team"),
    )
    .await;
    let error = api
        .cluster(ClusterMode::Approve)
        .prepare(&to(8))
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::ClusterForbids);
    assert!(error.message.contains("exceeded quota: team"), "{error}");
}

#[tokio::test]
async fn a_thousand_replicas_are_the_most() {
    let api = FakeApi::start().await;
    let error = api
        .cluster(ClusterMode::Approve)
        .prepare(&to(1001))
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::Invalid);
    assert_eq!(api.ledger().await.len(), 0);
}

#[tokio::test]
async fn a_restart_carries_the_stamp_it_was_approved_with() {
    let api = FakeApi::start().await;
    allow(&api, true).await;
    api.on("GET", WEB, 200, deployment("41", 3)).await;
    let stamped = |version: &str| {
        let mut after = deployment(version, 3);
        after["spec"]["template"]["metadata"]["annotations"] =
            json!({"kubectl.kubernetes.io/restartedAt": "2026-11-24T06:00:00Z"});
        after
    };
    api.once("PATCH", WEB, 200, stamped("41")).await;
    api.on("PATCH", WEB, 200, stamped("42")).await;
    let cluster = api.cluster(ClusterMode::Approve);
    let change = cluster
        .prepare(&ClusterAction::Restart { workload: web() })
        .await
        .unwrap();
    assert!(
        change
            .diff
            .contains("+        kubectl.kubernetes.io/restartedAt"),
        "{}",
        change.diff
    );
    assert_eq!(change.undo, None);
    let done = cluster.execute(&change).await.unwrap();
    assert_eq!(
        (done.resource_version.as_str(), done.replicas),
        ("42", None)
    );
    let sent = api.mock.received_requests().await.unwrap();
    let body: Value = serde_json::from_slice(&sent.last().unwrap().body).unwrap();
    let stamp =
        &body["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"];
    assert_eq!(stamp, "2026-11-24T06:00:00Z");
    assert_eq!(body["metadata"]["resourceVersion"], "41");
}

#[tokio::test]
async fn a_paused_rollout_is_not_restarted() {
    let api = FakeApi::start().await;
    allow(&api, true).await;
    let mut paused = deployment("41", 3);
    paused["spec"]["paused"] = json!(true);
    api.on("GET", WEB, 200, paused).await;
    let action = ClusterAction::Restart { workload: web() };
    let error = api
        .cluster(ClusterMode::Approve)
        .prepare(&action)
        .await
        .unwrap_err();
    assert!(error.hint.contains("rollout resume"), "{error:?}");
}

#[tokio::test]
async fn scaling_happens_once_and_by_compare_and_swap() {
    let api = FakeApi::start().await;
    api.on("GET", WEB, 200, deployment("41", 3)).await;
    api.on("PUT", &scale_path(), 200, scale("42", 8)).await;
    let done = execute(&api, &plan()).await.unwrap();
    assert_eq!(
        done,
        Execution {
            resource_version: "42".to_owned(),
            replicas: Some(Replicas(8))
        }
    );
    assert_eq!(
        api.writes().await,
        [format!("PUT {}?fieldManager=ai4k8s", scale_path())]
    );
    let sent = api.mock.received_requests().await.unwrap();
    let body: Value = serde_json::from_slice(&sent.last().unwrap().body).unwrap();
    assert_eq!(body["metadata"]["resourceVersion"], "41");
}

/// Made again, or with a spec that has changed since.
#[tokio::test]
async fn another_object_or_another_spec_is_not_touched() {
    for (field, value, why) in [
        ("uid", json!("u2"), "made again"),
        ("generation", json!(8), "its spec has changed"),
    ] {
        let api = FakeApi::start().await;
        let mut live = deployment("50", 3);
        live["metadata"][field] = value;
        api.on("GET", WEB, 200, live).await;
        let error = execute(&api, &plan()).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::Conflict);
        assert!(error.message.contains(why), "{error}");
        assert_eq!(api.writes().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_annotation_changed_since_is_not_overwritten() {
    let api = FakeApi::start().await;
    api.on("GET", WEB, 200, deployment("41", 3)).await;
    let change = PreparedChange {
        action: ClusterAction::Annotate {
            workload: web(),
            annotations: [("other".to_owned(), Some("y".to_owned()))].into(),
        },
        before: [("metadata.annotations.other".to_owned(), "w".to_owned())].into(),
        ..plan()
    };
    assert_eq!(
        execute(&api, &change).await.unwrap_err().code,
        ErrorCode::Conflict
    );
    assert_eq!(api.writes().await, Vec::<String>::new());
}

/// The status moved the version, the spec is as prepared.
#[tokio::test]
async fn a_conflict_that_changed_nothing_of_ours_is_tried_again() {
    let api = FakeApi::start().await;
    api.once("GET", WEB, 200, deployment("41", 3)).await;
    api.on("GET", WEB, 200, deployment("43", 3)).await;
    api.once(
        "PUT",
        &scale_path(),
        409,
        status(409, "Conflict", "modified"),
    )
    .await;
    api.on("PUT", &scale_path(), 200, scale("44", 8)).await;
    assert_eq!(execute(&api, &plan()).await.unwrap().resource_version, "44");
    assert_eq!(api.writes().await.len(), 2);
}

#[tokio::test]
async fn three_conflicts_in_a_row_are_outlasted() {
    let api = FakeApi::start().await;
    api.on("GET", WEB, 200, deployment("41", 3)).await;
    for _ in 0..3 {
        let conflict = status(409, "Conflict", "modified");
        api.once("PUT", &scale_path(), 409, conflict).await;
    }
    api.on("PUT", &scale_path(), 200, scale("44", 8)).await;
    assert_eq!(execute(&api, &plan()).await.unwrap().resource_version, "44");
    assert_eq!(api.writes().await.len(), 4);
}

#[tokio::test]
async fn an_endless_conflict_is_given_up() {
    let api = FakeApi::start().await;
    api.on("GET", WEB, 200, deployment("41", 3)).await;
    api.on(
        "PUT",
        &scale_path(),
        409,
        status(409, "Conflict", "modified"),
    )
    .await;
    assert_eq!(
        execute(&api, &plan()).await.unwrap_err().code,
        ErrorCode::Conflict
    );
    assert_eq!(api.writes().await.len(), 4);
}

/// The change whose answer was lost, and what its target says of it.
async fn settled(api: &FakeApi) -> Settlement {
    let error = execute(api, &plan()).await.unwrap_err();
    assert!(error.code.leaves_doubt(), "{error:?}");
    let cluster = api.cluster(ClusterMode::Approve);
    cluster.settle(&plan()).await.unwrap()
}

/// A cluster whose answer to the scaling is lost, and which shows `after` from then on.
async fn losing_its_answer(after: Value) -> FakeApi {
    let api = FakeApi::start().await;
    api.once("GET", WEB, 200, deployment("41", 3)).await;
    api.on("GET", WEB, 200, after).await;
    let slow = status(504, "Timeout", "too slow");
    api.on("PUT", &scale_path(), 504, slow).await;
    api
}

/// `web` with 8 replicas that `manager` has set.
fn scaled_by(manager: &str) -> Value {
    let mut web = deployment("42", 8);
    web["metadata"]["generation"] = json!(8);
    web["metadata"]["managedFields"] = json!([{"manager": manager, "subresource": "scale"}]);
    web
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_settled_by_reading() {
    let api = losing_its_answer(scaled_by("ai4k8s")).await;
    let made = Execution {
        resource_version: "42".to_owned(),
        replicas: Some(Replicas(8)),
    };
    assert_eq!(settled(&api).await, Settlement::Made(made));
    assert_eq!(api.writes().await.len(), 1);
}

#[tokio::test]
async fn a_change_that_did_not_arrive_is_not_sent_again() {
    let api = losing_its_answer(deployment("41", 3)).await;
    assert_eq!(settled(&api).await, Settlement::NotMade);
    assert_eq!(api.writes().await.len(), 1);
}

#[tokio::test]
async fn the_same_count_set_by_another_is_not_claimed() {
    let api = losing_its_answer(scaled_by("kubectl")).await;
    assert_eq!(settled(&api).await, Settlement::Superseded);
}

#[tokio::test]
async fn a_target_made_again_is_not_the_one_that_was_changed() {
    let mut again = scaled_by("ai4k8s");
    again["metadata"]["uid"] = json!("u2");
    let api = losing_its_answer(again).await;
    assert_eq!(settled(&api).await, Settlement::Superseded);
}
