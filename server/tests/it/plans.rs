//! A plan is approved once, as read, and does exactly what it says.

use domain::account::Scope;
use k8s_openapi::api::apps::v1::Deployment;
use serde_json::{Value, json};
use store::audit::AuditOutcome;

use crate::support::{Client, TestApp, demo};

async fn planned(client: &Client, cluster: &str, replicas: u32) -> Value {
    let message = format!("kubectl scale deployment storefront -n shop --replicas={replicas}");
    let answer = client
        .post(
            &format!("/api/v1/clusters/{cluster}/chat"),
            &json!({ "message": message }),
        )
        .await
        .json();
    let blocks = answer["message"]["blocks"].as_array().unwrap();
    let id = blocks
        .iter()
        .find_map(|block| block["plan"].as_str())
        .expect("a plan");
    let plan = client.get(&format!("/api/v1/plans/{id}")).await;
    assert_eq!(plan.status, 200);
    plan.json()
}

async fn replicas(app: &TestApp) -> i32 {
    let deployments: kube::Api<Deployment> = kube::Api::namespaced(app.kube().await, "shop");
    deployments
        .get("storefront")
        .await
        .unwrap()
        .spec
        .unwrap()
        .replicas
        .unwrap()
}

fn approval(plan: &Value) -> (String, Value) {
    let path = format!("/api/v1/plans/{}/approve", plan["id"].as_str().unwrap());
    (path, json!({ "digest": plan["digest"] }))
}

#[tokio::test(flavor = "multi_thread")]
async fn scales_by_an_approved_plan_and_only_once() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let before = replicas(&app).await;
    let plan = planned(&ada, &cluster, 8).await;
    assert_eq!(plan["state"], "proposed");
    assert!(
        plan["diff"].as_str().unwrap().contains("+  replicas: 8"),
        "{}",
        plan["diff"]
    );
    assert_eq!(replicas(&app).await, before, "a plan alone changes nothing");
    let (path, body) = approval(&plan);
    let approved = ada.post(&path, &body).await;
    assert_eq!(approved.status, 200, "{}", approved.text);
    assert_eq!(approved.json()["state"], "executed");
    assert_eq!(replicas(&app).await, 8);
    assert_eq!(
        ada.post(&path, &body).await.status,
        409,
        "a second approval"
    );
    let undo = &approved.json()["undo"];
    assert_eq!(undo["replicas"], before);
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_another_digest() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let before = replicas(&app).await;
    let (path, _) = approval(&planned(&ada, &cluster, 8).await);
    let forged = ada.post(&path, &json!({"digest": "0".repeat(64)})).await;
    assert_eq!(forged.status, 409);
    assert_eq!(replicas(&app).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_a_plan_whose_target_has_changed() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let stale = planned(&ada, &cluster, 8).await;
    let (path, body) = approval(&planned(&ada, &cluster, 5).await);
    assert_eq!(ada.post(&path, &body).await.status, 200);
    let (path, body) = approval(&stale);
    let refused = ada.post(&path, &body).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    assert_eq!(replicas(&app).await, 5);
    let plan = ada.get(path.trim_end_matches("/approve")).await.json();
    assert_eq!(plan["state"], "failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_turned_down_cannot_be_approved() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let plan = planned(&ada, &cluster, 8).await;
    let (path, body) = approval(&plan);
    let rejected = ada
        .post(&path.replace("/approve", "/reject"), &json!({}))
        .await;
    assert_eq!(rejected.json()["state"], "rejected");
    assert_eq!(ada.post(&path, &body).await.status, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_approvals_at_once_do_one_thing() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let (path, body) = approval(&planned(&ada, &cluster, 6).await);
    let approvals = (0..8).map(|_| ada.post(&path, &body));
    let statuses: Vec<_> = futures::future::join_all(approvals)
        .await
        .iter()
        .map(|r| r.status)
        .collect();
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|status| **status == 409).count(),
        7,
        "{statuses:?}"
    );
    assert_eq!(replicas(&app).await, 6);
}

/// The newest rows of somebody's audit log, newest first: what, and how it ended.
async fn audited(app: &TestApp, user: &str, rows: u64) -> Vec<(String, AuditOutcome)> {
    let user = app.user(user).await;
    let audit = app.product.app.core.database.audit();
    let rows = audit.newest(user.id, rows).await.unwrap();
    rows.into_iter()
        .map(|row| (row.entry.action, row.entry.outcome))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workload_can_be_scaled_to_nothing() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let (path, body) = approval(&planned(&ada, &cluster, 0).await);
    let approved = ada.post(&path, &body).await;
    assert_eq!(approved.status, 200, "{}", approved.text);
    let shop = kube::Api::<Deployment>::namespaced(app.kube().await, "shop");
    let spec = shop.get("storefront").await.unwrap().spec.unwrap();
    assert_eq!(spec.replicas, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_says_how_each_act_ended() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let stale = planned(&ada, &cluster, 8).await;
    let (path, body) = approval(&planned(&ada, &cluster, 7).await);
    assert_eq!(ada.post(&path, &body).await.status, 200);
    let row = |action: &str, outcome| (action.to_owned(), outcome);
    assert_eq!(
        audited(&app, "ada", 3).await,
        [
            row("cluster.write", AuditOutcome::Done),
            row("cluster.write", AuditOutcome::Begun),
            row("plan.approve", AuditOutcome::Done),
        ]
    );
    let (path, body) = approval(&stale);
    assert_eq!(ada.post(&path, &body).await.status, 409);
    assert_eq!(
        audited(&app, "ada", 2).await,
        [
            row("cluster.write", AuditOutcome::Failed),
            row("cluster.write", AuditOutcome::Begun),
        ]
    );
    let unloved = format!("/api/v1/clusters/{cluster}");
    assert_eq!(ada.delete(&unloved).await.status, 403);
    assert_eq!(
        audited(&app, "ada", 1).await,
        [row("cluster.delete", AuditOutcome::Denied)]
    );
    let planner = app.token_with("bob", &[Scope::Read, Scope::Plan]).await;
    let cluster = demo(&planner).await;
    let (path, body) = approval(&planned(&planner, &cluster, 6).await);
    assert_eq!(planner.post(&path, &body).await.status, 403);
    assert_eq!(
        audited(&app, "bob", 1).await,
        [row("token.use", AuditOutcome::Denied)]
    );
}
