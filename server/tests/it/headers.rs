//! What every answer carries, and what is refused before anything is looked at.

use reqwest::{Method, header};

use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn pages_allow_only_their_own_script() {
    let app = TestApp::start().await;
    let page = app.anonymous().get("/login").await;
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy");
    let nonce = policy
        .split("'nonce-")
        .nth(1)
        .unwrap()
        .split('\'')
        .next()
        .unwrap();
    assert!(
        page.text.contains(&format!("nonce=\"{nonce}\"")),
        "the script carries the nonce"
    );
    for part in [
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "'strict-dynamic'",
        "'wasm-unsafe-eval'",
    ] {
        assert!(policy.contains(part), "{part} in {policy}");
    }
    assert!(!policy.contains("unsafe-eval'") || policy.contains("wasm-unsafe-eval'"));
    assert!(!policy.contains("script-src 'unsafe-inline'"));
    let again = app.anonymous().get("/login").await;
    assert_ne!(
        again.header("content-security-policy"),
        policy,
        "a nonce is used once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_locked_down() {
    let app = TestApp::start().await;
    let client = app.token("ada").await;
    for path in [
        "/login",
        "/api/v1/clusters",
        "/healthz",
        "/nothing",
        "/api/nothing",
        "/pkg/none.css",
    ] {
        let reply = client.get(path).await;
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("referrer-policy"), "same-origin", "{path}");
        assert!(
            reply
                .header("content-security-policy")
                .contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!reply.header("x-request-id").is_empty(), "{path}");
    }
    assert_eq!(
        client.get("/api/v1/clusters").await.header("cache-control"),
        "no-store"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_cookie_is_kept_from_scripts_and_other_sites() {
    let app = TestApp::start().await;
    let client = app.anonymous();
    let request = client
        .request(Method::POST, "/api/fn/register")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json")
        .body("name=ada&password=a%20long%20walk%20by%20the%20river&next=%2F");
    let reply = client.send(request).await;
    let cookies: Vec<_> = reply
        .headers
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|c| c.to_str().unwrap())
        .collect();
    let session = cookies
        .iter()
        .find(|cookie| cookie.starts_with("ai4k8s="))
        .expect("a session cookie");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(session.contains(part), "{part} in {session}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_what_another_site_sends_in_a_visitors_name() {
    let app = TestApp::start().await;
    let ada = app.signed_in("ada").await;
    for (name, value) in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let request = ada
            .request(Method::POST, "/api/fn/logout")
            .header(name, value);
        assert_eq!(ada.send(request).await.status, 403, "{name}: {value}");
    }
    let neither = ada.send(ada.request(Method::POST, "/api/fn/logout")).await;
    assert_eq!(neither.status, 403, "a cookie without any origin");
    assert_eq!(
        ada.get("/api/v1/clusters").await.status,
        200,
        "nothing happened"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_to_no_other_host_name() {
    let app = TestApp::start().await;
    let client = app.anonymous();
    let request = client
        .request(Method::GET, "/login")
        .header(header::HOST, "evil.example");
    assert_eq!(client.send(request).await.status, 421);
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_a_body_that_is_too_large() {
    let app = TestApp::start().await;
    let client = app.token("ada").await;
    let request = client
        .request(Method::POST, "/api/v1/clusters")
        .header(header::CONTENT_TYPE, "application/json")
        .body(" ".repeat(2 * 1024 * 1024 + 1));
    let reply = client.send(request).await;
    assert_eq!(reply.status, 413);
    assert_eq!(reply.json()["code"], "too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_failure_of_the_api_has_the_same_shape() {
    let app = TestApp::start().await;
    let client = app.token("ada").await;
    let put = client
        .send(client.request(Method::PUT, "/api/v1/clusters"))
        .await;
    assert_eq!(
        (put.status, &put.json()["code"]),
        (405, &"unsupported".into())
    );
    let plain = client
        .request(Method::POST, "/api/v1/clusters")
        .header(header::CONTENT_TYPE, "text/plain")
        .body("{}");
    let plain = client.send(plain).await;
    assert_eq!(
        (plain.status, &plain.json()["code"]),
        (415, &"invalid".into())
    );
    let broken = client
        .request(Method::POST, "/api/v1/clusters")
        .header(header::CONTENT_TYPE, "application/json")
        .body("{");
    assert_eq!(client.send(broken).await.status, 400);
    let empty = client
        .post("/api/v1/clusters", &serde_json::json!({}))
        .await;
    assert_eq!(empty.status, 422);
    assert_eq!(empty.json()["message"], "missing field `name`");
}

#[tokio::test(flavor = "multi_thread")]
async fn is_alive_and_ready() {
    let app = TestApp::start().await;
    assert_eq!(app.anonymous().get("/healthz").await.status, 200);
    assert_eq!(app.anonymous().get("/readyz").await.json()["ready"], true);
    let metrics = app.token("ada").await.get("/metrics").await;
    assert_eq!(metrics.status, 200);
}
