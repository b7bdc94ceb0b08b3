//! Endpoints that lie, stall, flood or are somewhere they should not be.

use std::time::Duration;

use domain::{
    ErrorCode, OpsError, cluster::ClusterMode, ids::NamespaceScope, ports::ClusterPort as _,
};
use serde_json::json;
use wiremock::{Mock, ResponseTemplate, matchers::any};

use super::status;
use crate::{
    KubeCluster,
    fake_api::{FakeApi, LOOPBACK, QUICK, kubeconfig},
    guard::AddressPolicy,
    kubeconfig::sanitise,
    transport::Limits,
};

async fn answering(response: ResponseTemplate) -> FakeApi {
    let api = FakeApi::start().await;
    Mock::given(any())
        .respond_with(response)
        .mount(&api.mock)
        .await;
    api
}

async fn failure(api: &FakeApi, limits: Limits) -> OpsError {
    let credentials = api.credentials();
    let cluster =
        KubeCluster::connect_within(&credentials, ClusterMode::Approve, LOOPBACK, limits).unwrap();
    cluster.version().await.unwrap_err()
}

/// The address of the connection is refused before anything is sent.
#[tokio::test]
async fn loopback_is_not_connected_to_unless_allowed() {
    let api = answering(ResponseTemplate::new(200)).await;
    let policy = AddressPolicy {
        allow_loopback: false,
        deny_private: false,
    };
    let text = kubeconfig("https://localhost:1", &api.authority.ca_pem);
    for credentials in [api.credentials(), sanitise(&text).unwrap()] {
        let cluster = KubeCluster::connect(&credentials, ClusterMode::Approve, policy).unwrap();
        let error = cluster.version().await.unwrap_err();
        assert_eq!(error.code, ErrorCode::ClusterUnreachable);
        assert!(error.message.contains("loopback"), "{error}");
    }
    assert_eq!(api.ledger().await.len(), 0);
}
#[tokio::test]
async fn redirects_are_not_followed() {
    for code in [301, 302, 307, 308] {
        let to = ResponseTemplate::new(code).insert_header("location", "https://169.254.169.254/");
        let api = answering(to).await;
        let error = failure(&api, QUICK).await;
        assert_eq!(error.code, ErrorCode::NotKubernetes);
        assert!(error.message.contains("redirect"), "{error}");
        assert_eq!(api.ledger().await.len(), 1);
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_cut_off() {
    let api = answering(ResponseTemplate::new(200).set_body_string("x".repeat(100_000))).await;
    let error = failure(
        &api,
        Limits {
            answer_bytes: 65_536,
            ..QUICK
        },
    )
    .await;
    assert_eq!(error.code, ErrorCode::TooLarge);
}
#[tokio::test]
async fn silence_ends_at_the_deadline() {
    let late = ResponseTemplate::new(200).set_delay(Duration::from_secs(60));
    let api = answering(late).await;
    let error = failure(
        &api,
        Limits {
            read: Duration::from_millis(300),
            ..QUICK
        },
    )
    .await;
    assert_eq!(error.code, ErrorCode::ClusterTimeout);
    assert!(error.message.contains("no answer within"), "{error}");
}

/// The head of an answer is not an answer.
#[tokio::test]
async fn a_body_that_never_comes_ends_at_the_deadline() {
    let api = FakeApi::stalling_after(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{").await;
    let error = failure(
        &api,
        Limits {
            read: Duration::from_millis(300),
            ..QUICK
        },
    )
    .await;
    assert_eq!(error.code, ErrorCode::ClusterTimeout);
    assert!(error.message.contains("no answer within"), "{error}");
}

#[tokio::test]
async fn a_stream_may_last_but_not_fall_silent() {
    let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n{}\n\r\n";
    let api = FakeApi::stalling_after(head).await;
    let limits = Limits {
        read: Duration::from_secs(60),
        idle: Duration::from_millis(200),
        ..QUICK
    };
    let cluster =
        KubeCluster::connect_within(&api.credentials(), ClusterMode::ReadOnly, LOOPBACK, limits)
            .unwrap();
    let watch = http::Request::get("/api/v1/pods?watch=1")
        .body(Vec::new())
        .unwrap();
    let error = cluster.client().request_text(watch).await.unwrap_err();
    let error = crate::error::ops_error(error, "watch pods");
    assert!(error.message.contains("no answer within"), "{error}");
}

/// A head of a megabyte.
#[tokio::test]
async fn an_endless_head_is_cut_off() {
    static HEAD: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| {
        [b"HTTP/1.1 200 OK\r\nx: ".as_slice(), &vec![b'a'; 1 << 20]].concat()
    });
    let api = FakeApi::stalling_after(&HEAD).await;
    let error = failure(&api, QUICK).await;
    assert_eq!(error.code, ErrorCode::ClusterUnreachable);
}

/// A pause that reaches past the deadline is not taken; the answer stands at once.
#[tokio::test]
async fn an_endless_retry_after_does_not_hold_anybody() {
    let body = status(429, "TooManyRequests", "slow down");
    let api = answering(
        ResponseTemplate::new(429)
            .insert_header("retry-after", "4294967295")
            .set_body_json(body),
    )
    .await;
    assert_eq!(failure(&api, QUICK).await.code, ErrorCode::RateLimited);
    assert_eq!(api.ledger().await.len(), 1);
}

#[tokio::test]
async fn reads_are_repeated_three_times_and_no_more() {
    let api = answering(ResponseTemplate::new(503).set_body_json(status(503, "", "busy"))).await;
    assert_eq!(failure(&api, QUICK).await.code, ErrorCode::Unavailable);
    assert_eq!(api.ledger().await.len(), 4);
}

#[tokio::test]
async fn a_read_that_succeeds_in_the_end_is_an_answer() {
    let api = FakeApi::start().await;
    api.once("GET", "/version", 500, status(500, "", "etcd"))
        .await;
    api.on("GET", "/version", 200, json!({"gitVersion": "v1.33.2"}))
        .await;
    assert!(api.cluster(ClusterMode::ReadOnly).version().await.is_ok());
}
#[tokio::test]
async fn nonsense_is_an_error_in_words() {
    let deep = "[".repeat(10_000);
    for body in [
        "<html>log in</html>",
        "",
        "null",
        "{\"gitVersion\": 7}",
        "{\"gitVersion\": 1e400}",
        deep.as_str(),
        "{\"items\": 3}",
    ] {
        let api = answering(ResponseTemplate::new(200).set_body_string(body)).await;
        let error = failure(&api, QUICK).await;
        assert_eq!(error.code, ErrorCode::NotKubernetes, "{body:.20}");
        let cluster = api.cluster(ClusterMode::Approve);
        let error = cluster.pods(&NamespaceScope::All).await;
        assert!(error.is_err() || body.starts_with("{\"git"), "{body:.20}");
    }
}
/// A node's name from the cluster goes into a path.
#[tokio::test]
async fn a_hostile_node_name_does_not_leave() {
    let api = answering(ResponseTemplate::new(200)).await;
    let cluster = api.cluster(ClusterMode::Approve);
    for name in ["../../api/v1/secrets", "a/b", "a?x=", "a%2fb"] {
        assert!(cluster.node_counters(&[name.to_owned()]).await.is_err());
    }
    assert_eq!(api.ledger().await.len(), 0);
}
