//! Connections that cannot be made, over real sockets: each cause is named, with what to do next.

use std::{net::TcpListener, time::Duration};

use domain::{ErrorCode, OpsError, cluster::ClusterMode, ports::ClusterPort as _};
use wiremock::{Mock, ResponseTemplate, matchers::any};

use super::status;
use crate::{
    KubeCluster,
    fake_api::{Authority, FakeApi, LOOPBACK, QUICK, kubeconfig},
    kubeconfig::sanitise,
    transport::Limits,
};

/// What asking for the version says with a kubeconfig.
async fn failure_of(kubeconfig: &str, limits: Limits) -> OpsError {
    let credentials = sanitise(kubeconfig).unwrap();
    let cluster =
        KubeCluster::connect_within(&credentials, ClusterMode::Approve, LOOPBACK, limits).unwrap();
    cluster.version().await.unwrap_err()
}

/// The same for a server at an address, with a CA that signs nothing there.
async fn failure_at(address: impl std::fmt::Display, limits: Limits) -> OpsError {
    let text = kubeconfig(&format!("https://{address}"), &Authority::new().ca_pem);
    failure_of(&text, limits).await
}

#[track_caller]
fn check(error: &OpsError, code: ErrorCode, names: &str) {
    assert_eq!(error.code, code, "{error:?}");
    assert!(error.message.contains(names), "{error:?}");
    assert!(!error.hint.is_empty(), "{error:?}");
}

async fn answering(response: ResponseTemplate) -> FakeApi {
    let api = FakeApi::start().await;
    let mock = Mock::given(any()).respond_with(response);
    mock.mount(&api.mock).await;
    api
}

#[tokio::test]
async fn a_name_that_is_unknown_is_named() {
    // RFC 2606 reserves “invalid”, so that nobody can ever register it.
    let patient = Limits {
        connect: Duration::from_secs(60),
        read: Duration::from_secs(60),
        ..QUICK
    };
    let error = failure_at("api.invalid:6443", patient).await;
    check(&error, ErrorCode::NameNotFound, "api.invalid");
}

#[tokio::test]
async fn a_port_where_nothing_listens_is_named() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let error = failure_at(closed, QUICK).await;
    check(&error, ErrorCode::ConnectionRefused, &closed.to_string());
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_is_given_up_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let short = Limits {
        connect: Duration::from_millis(200),
        ..QUICK
    };
    let error = failure_at(silent.local_addr().unwrap(), short).await;
    check(&error, ErrorCode::ClusterTimeout, "within 200 ms");
}

#[tokio::test]
async fn plain_http_behind_an_https_address_is_recognised() {
    let api = answering(ResponseTemplate::new(200)).await;
    let error = failure_at(api.mock.address(), QUICK).await;
    check(&error, ErrorCode::NotTls, "plain HTTP");
    assert_eq!(api.ledger().await.len(), 0);
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_whose_certificate_another_authority_signed() {
    let api = answering(ResponseTemplate::new(200)).await;
    let own = base64(&api.authority.ca_pem);
    let other = base64(&Authority::new().ca_pem);
    let error = failure_of(&api.kubeconfig().replace(&*own, &other), QUICK).await;
    check(&error, ErrorCode::CertificateNotTrusted, "not signed by");
    assert_eq!(api.ledger().await.len(), 0);
}

#[tokio::test]
async fn a_certificate_for_another_name_says_for_which() {
    let api = answering(ResponseTemplate::new(200)).await;
    let text = api.kubeconfig().replace(
        "    server:",
        "    tls-server-name: other.example\n    server:",
    );
    let error = failure_of(&text, QUICK).await;
    check(&error, ErrorCode::CertificateNameMismatch, "localhost");
    assert_eq!(api.ledger().await.len(), 0);
}

#[tokio::test]
async fn a_certificate_that_has_expired_is_named() {
    let api = FakeApi::with(Authority::expired()).await;
    let error = failure_of(&api.kubeconfig(), QUICK).await;
    check(&error, ErrorCode::CertificateExpired, "has expired");
    assert_eq!(api.ledger().await.len(), 0);
}

#[tokio::test]
async fn what_is_no_kubernetes_api_is_recognised() {
    for response in [
        ResponseTemplate::new(200).set_body_string("<html>log in</html>"),
        ResponseTemplate::new(404).set_body_string("<html>nothing here</html>"),
        ResponseTemplate::new(302).insert_header("location", "/login"),
    ] {
        let api = answering(response).await;
        let error = failure_of(&api.kubeconfig(), QUICK).await;
        check(
            &error,
            ErrorCode::NotKubernetes,
            "could not read the version",
        );
    }
}

#[tokio::test]
async fn refused_credentials_are_told_from_missing_permissions_and_not_tried_again() {
    for (http, reason, code) in [
        (401, "Unauthorized", ErrorCode::CredentialsRejected),
        (403, "Forbidden", ErrorCode::ClusterForbids),
    ] {
        let body = status(http, reason, reason);
        let api = answering(ResponseTemplate::new(http).set_body_json(body)).await;
        let error = failure_of(&api.kubeconfig(), QUICK).await;
        check(&error, code, "could not read the version");
        assert_eq!(api.ledger().await.len(), 1);
    }
}

fn base64(text: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(text)
}
