//! Signing up, in and out; sessions and tokens.

use serde_json::Value;

use crate::support::{PASSWORD, TestApp};

const COOKIE: &str = "ai4k8s";

#[tokio::test(flavor = "multi_thread")]
async fn registers_signs_out_and_in_again() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in("ada").await;
    assert_eq!(ada.get("/api/v1/clusters").await.status, 200);
    ada.form("/api/fn/logout", &[]).await;
    assert_eq!(ada.get("/api/v1/clusters").await.status, 401);
    let wrong = ada
        .form(
            "/api/fn/login",
            &[("name", "ada"), ("password", "not it"), ("next", "/")],
        )
        .await;
    assert_eq!(wrong.status, 401);
    let right = ada
        .form(
            "/api/fn/login",
            &[("name", "ada"), ("password", PASSWORD), ("next", "/")],
        )
        .await;
    assert!(right.status < 400, "{}", right.text);
    assert_eq!(ada.get("/api/v1/clusters").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn says_the_same_for_an_unknown_name_and_a_wrong_password() {
    let app = TestApp::start().await;
    app.signed_in("ada").await;
    let mut nobody = app.anonymous();
    let unknown = nobody
        .form(
            "/api/fn/login",
            &[("name", "bob"), ("password", "x"), ("next", "/")],
        )
        .await;
    let wrong = nobody
        .form(
            "/api/fn/login",
            &[("name", "ada"), ("password", "x"), ("next", "/")],
        )
        .await;
    let words = |reply: &crate::support::Reply| (reply.status, reply.json()["message"].clone());
    assert_eq!(words(&unknown), words(&wrong));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_id_changes_at_sign_in_and_the_old_one_is_dead() {
    let app = TestApp::start().await;
    let first = app.signed_in("ada").await;
    let planted = first.cookie(COOKIE).unwrap().to_owned();
    let mut second = first.clone();
    second
        .form(
            "/api/fn/login",
            &[("name", "ada"), ("password", PASSWORD), ("next", "/")],
        )
        .await;
    assert_ne!(second.cookie(COOKIE), Some(planted.as_str()));
    assert_eq!(first.get("/api/v1/clusters").await.status, 401);
    assert_eq!(second.get("/api/v1/clusters").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_every_other_session() {
    let app = TestApp::start().await;
    let other = app.signed_in("ada").await;
    let mut here = app.anonymous();
    here.form(
        "/api/fn/login",
        &[("name", "ada"), ("password", PASSWORD), ("next", "/")],
    )
    .await;
    let new = "another walk in the hills";
    let changed = here
        .form(
            "/api/fn/change_password",
            &[("current_password", PASSWORD), ("new_password", new)],
        )
        .await;
    assert!(changed.status < 400, "{}", changed.text);
    assert_eq!(other.get("/api/v1/clusters").await.status, 401);
    assert_eq!(here.get("/api/v1/clusters").await.status, 200);
    let old = here
        .form(
            "/api/fn/login",
            &[("name", "ada"), ("password", PASSWORD), ("next", "/")],
        )
        .await;
    assert_eq!(old.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down_and_stays_so_after_a_restart() {
    let app = TestApp::start().await;
    app.signed_in("ada").await;
    let mut guesser = app.anonymous();
    let mut statuses = Vec::new();
    for _ in 0..8 {
        let reply = guesser
            .form(
                "/api/fn/login",
                &[("name", "ada"), ("password", "guess"), ("next", "/")],
            )
            .await;
        statuses.push(reply.status);
    }
    assert_eq!(statuses[..5], [401; 5]);
    assert_eq!(*statuses.last().unwrap(), 429);
    let right = guesser
        .form(
            "/api/fn/login",
            &[("name", "ada"), ("password", PASSWORD), ("next", "/")],
        )
        .await;
    assert_eq!(right.status, 429);
    assert!(
        right.json()["hint"]
            .as_str()
            .unwrap()
            .contains("Try again in")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_weak_passwords_and_taken_names() {
    let app = TestApp::start().await;
    app.signed_in("ada").await;
    for (name, password) in [
        ("bob", "short"),
        ("bob", "password123"),
        ("bobbobbob", "bobbobbob"),
        ("Ada", PASSWORD),
        ("", PASSWORD),
    ] {
        let reply = app
            .anonymous()
            .form(
                "/api/fn/register",
                &[("name", name), ("password", password), ("next", "/")],
            )
            .await;
        assert_eq!(reply.status, 422, "{name} {password}: {}", reply.text);
        assert!(!reply.json()["message"].as_str().unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_works_until_it_is_revoked() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in("ada").await;
    let made = ada
        .form(
            "/api/fn/create_token",
            &[("name", "laptop"), ("read", "on"), ("plan", "on")],
        )
        .await;
    assert!(made.status < 400, "{}", made.text);
    let made: Value = made.json();
    let secret = made["secret"].as_str().unwrap().to_owned();
    let script = app.anonymous().with_token(secret);
    assert_eq!(script.get("/api/v1/clusters").await.status, 200);
    let id = made["entry"]["id"].as_str().unwrap();
    let revoked = ada.form("/api/fn/revoke_token", &[("token", id)]).await;
    assert!(revoked.status < 400, "{}", revoked.text);
    assert_eq!(script.get("/api/v1/clusters").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_guesses_passwords_is_told_when_to_try_again() {
    let app = TestApp::with(|config| config.demo.enabled = false).await;
    app.signed_in("ada").await;
    let mut guesser = app.anonymous();
    let mut throttled = None;
    for guess in 0..8 {
        let password = format!("guess {guess}");
        let fields = [
            ("name", "ada"),
            ("password", password.as_str()),
            ("next", "/"),
        ];
        let reply = guesser.form("/api/fn/login", &fields).await;
        if reply.status == 429 {
            throttled = Some(reply);
            break;
        }
        assert_eq!(reply.status, 401, "{}", reply.text);
    }
    let throttled = throttled.expect("guessing is throttled");
    let wait: u32 = throttled.header("retry-after").parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    assert_eq!(throttled.json()["code"], "rate_limited");
}
