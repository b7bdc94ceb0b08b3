//! A server that stops loses nothing that it has begun.

use std::path::Path;

use domain::{
    cluster::ClusterMode,
    plan::{ClusterAction, Plan, PlanState},
    resources::WorkloadRef,
    units::Replicas,
};
use store::{Database, DatabaseOptions};

use crate::support::{TestApp, demo};

async fn reopened(folder: &Path) -> Database {
    let options = DatabaseOptions {
        url: None,
        data_dir: folder.join("data"),
    };
    Database::open(&options).await.unwrap()
}

/// A plan that scales the storefront.
async fn proposed(app: &TestApp) -> Plan {
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await.parse().unwrap();
    let user = app.user("ada").await;
    let ports = &app.product.app.ports;
    ports
        .clusters
        .set_mode(&user, cluster, ClusterMode::Approve)
        .await
        .unwrap();
    let action = ClusterAction::Scale {
        workload: WorkloadRef::scalable(None, "shop", "storefront").unwrap(),
        replicas: Replicas(5),
    };
    ports.plans.propose(&user, cluster, action).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_being_carried_out_is_finished_although_nobody_waits_for_it() {
    let app = TestApp::start().await;
    let plan = proposed(&app).await;
    let user = app.user("ada").await;
    let plans = app.product.app.ports.plans.clone();
    let (id, digest, approver) = (plan.id, plan.digest.clone(), user.clone());
    let approval = tokio::spawn(async move { plans.approve(&approver, id, &digest).await });
    let stored = app.product.app.core.database.plans();
    while stored.get(user.id, id).await.unwrap().state == PlanState::Proposed {
        tokio::task::yield_now().await;
    }
    approval.abort();
    let folder = app.stop().await;
    let database = reopened(folder.path()).await;
    let kept = database.plans().get(user.id, id).await.unwrap();
    assert!(
        matches!(kept.state, PlanState::Executed { .. }),
        "{:?}",
        kept.state
    );
    assert_eq!(database.intents().unsettled().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_being_made_is_stored_before_the_server_stops() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await.parse().unwrap();
    let user = app.user("ada").await;
    let chat = app.product.app.ports.chat.clone();
    let question = "What needs attention?";
    let conversation = chat.start(&user, cluster, None, question).await.unwrap();
    drop(chat);
    let folder = app.stop().await;
    let database = reopened(folder.path()).await;
    let kept = database
        .conversations()
        .get(user.id, conversation)
        .await
        .unwrap();
    assert_eq!(kept.messages.len(), 2, "{:?}", kept.messages);
    assert_eq!(kept.messages[1].error, None);
}
