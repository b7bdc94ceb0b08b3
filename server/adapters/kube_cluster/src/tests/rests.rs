//! Clusters that fail again and again, and what still reaches them.

use std::{net::TcpListener, time::Duration};

use domain::{
    ErrorCode, OpsError, cluster::ClusterMode, ids::NamespaceScope, plan::ClusterAction,
    ports::ClusterPort as _, time::Seconds, units::Replicas,
};
use serde_json::json;
use wiremock::{Mock, ResponseTemplate, matchers::any};

use super::{changes, status, web};
use crate::{
    KubeCluster, change,
    fake_api::{Authority, FakeApi, LOOPBACK, QUICK, kubeconfig},
    kubeconfig::sanitise,
};

async fn answering(response: ResponseTemplate) -> FakeApi {
    let api = FakeApi::start().await;
    Mock::given(any())
        .respond_with(response)
        .mount(&api.mock)
        .await;
    api
}

fn busy(code: u16) -> ResponseTemplate {
    ResponseTemplate::new(code).set_body_json(status(code, "", "busy"))
}

/// A cluster that was given a rest says so, and until when.
#[track_caller]
fn check_rest(error: &OpsError, code: ErrorCode) {
    assert_eq!(error.code, code, "{error:?}");
    assert!(error.message.contains("given a rest until 20"), "{error}");
    assert!(!error.hint.is_empty(), "{error:?}");
    let left = error.retry_after.unwrap();
    assert!((Seconds(1)..=Seconds(31)).contains(&left), "{error:?}");
}

#[tokio::test]
async fn five_failures_in_a_row_are_the_last_requests_for_a_while() {
    for code in [429, 502, 503, 504] {
        let api = answering(busy(code)).await;
        let cluster = api.cluster(ClusterMode::Approve);
        // Four attempts, and one more: what the server said stays the answer while it says something.
        for _ in 0..2 {
            let error = cluster.version().await.unwrap_err();
            assert!(error.message.contains("busy"), "{error}");
        }
        assert_eq!(api.ledger().await.len(), 5);
        for _ in 0..20 {
            check_rest(
                &cluster.version().await.unwrap_err(),
                ErrorCode::RateLimited,
            );
        }
        assert_eq!(api.ledger().await.len(), 5);
    }
}

#[tokio::test]
async fn a_server_that_asks_for_a_long_pause_once_gets_it() {
    for asked in ["30", "1000000000"] {
        let api = answering(busy(429).insert_header("retry-after", asked)).await;
        let cluster = api.cluster(ClusterMode::Approve);
        let error = cluster.version().await.unwrap_err();
        assert_eq!(error.code, ErrorCode::RateLimited);
        for _ in 0..20 {
            let error = cluster.version().await.unwrap_err();
            check_rest(&error, ErrorCode::RateLimited);
        }
        assert_eq!(api.ledger().await.len(), 1, "{asked}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_while_a_cluster_is_given_a_rest() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let text = kubeconfig(&format!("https://{closed}"), &Authority::new().ca_pem);
    let credentials = sanitise(&text).unwrap();
    let cluster =
        KubeCluster::connect_within(&credentials, ClusterMode::Approve, LOOPBACK, QUICK).unwrap();
    for _ in 0..2 {
        cluster.version().await.unwrap_err();
    }
    let error = cluster.version().await.unwrap_err();
    check_rest(&error, ErrorCode::ConnectionRefused);
    assert!(error.message.contains(&closed.to_string()), "{error}");
}

#[tokio::test]
async fn what_stands_behind_the_api_server_can_fail_as_often_as_it_likes() {
    let api = FakeApi::start().await;
    api.on("GET", "/version", 200, json!({"gitVersion": "v1.33.2"}))
        .await;
    Mock::given(any())
        .respond_with(busy(503))
        .mount(&api.mock)
        .await;
    let cluster = api.cluster(ClusterMode::Approve);
    for _ in 0..10 {
        let error = cluster.pod_usage(&NamespaceScope::All).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::MetricsUnavailable);
    }
    assert!(cluster.version().await.is_ok());
}

/// The same where no answer at all came: what could not be looked at was not changed.
#[tokio::test]
async fn a_change_whose_target_cannot_be_read_leaves_no_doubt() {
    let api = answering(ResponseTemplate::new(200).set_delay(Duration::from_secs(30))).await;
    let cluster = api.cluster(ClusterMode::Approve);
    let plan = changes::plan_of(ClusterAction::Scale {
        workload: web(),
        replicas: Replicas(8),
    });
    let error = change::execute(cluster.client(), &plan).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::NotSent);
    assert!(!error.code.leaves_doubt());
    assert!(error.message.starts_with("nothing was changed"), "{error}");
    assert_eq!(api.writes().await, Vec::<String>::new());
}

/// Nothing was sent, so that nothing needs to be settled.
#[tokio::test]
async fn a_change_for_a_cluster_at_rest_is_not_sent_and_leaves_no_doubt() {
    let api = answering(busy(503)).await;
    let cluster = api.cluster(ClusterMode::Approve);
    for _ in 0..2 {
        cluster.version().await.unwrap_err();
    }
    let plan = changes::plan_of(ClusterAction::Scale {
        workload: web(),
        replicas: Replicas(8),
    });
    let error = change::execute(cluster.client(), &plan).await.unwrap_err();
    check_rest(&error, ErrorCode::RateLimited);
    assert!(!error.code.leaves_doubt());
    assert_eq!(api.writes().await, Vec::<String>::new());
}
