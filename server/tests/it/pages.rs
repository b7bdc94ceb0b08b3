//! Every page, whole without JavaScript.

use crate::support::{TestApp, demo};

#[tokio::test(flavor = "multi_thread")]
async fn every_page_comes_whole_from_the_server() {
    let app = TestApp::start().await;
    let ada = app.signed_in("ada").await;
    let cluster = demo(&ada).await;
    for path in [
        "/".to_owned(),
        "/clusters/new".to_owned(),
        "/settings".to_owned(),
        format!("/c/{cluster}"),
        format!("/c/{cluster}/ask"),
        format!("/c/{cluster}/autoscaling"),
        format!("/c/{cluster}/autoscaling/new"),
        format!("/c/{cluster}/autoscaling/shop/storefront"),
        format!("/c/{cluster}/jobs"),
        format!("/c/{cluster}/plans"),
        format!("/c/{cluster}/settings"),
    ] {
        let page = ada.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text.contains("<main"), "{path} has a main landmark");
        assert!(page.text.contains("<h1"), "{path} has a heading");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_overview_shows_the_cluster_as_it_is() {
    let app = TestApp::start().await;
    let ada = app.signed_in("ada").await;
    let cluster = demo(&ada).await;
    let page = ada.get(&format!("/c/{cluster}")).await.text;
    for word in ["storefront", "Nodes", "<svg", "<figcaption", "<table"] {
        assert!(page.contains(word), "{word}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sends_whoever_is_not_signed_in_to_sign_in() {
    let app = TestApp::start().await;
    let page = app.anonymous().get("/settings").await;
    assert!(matches!(page.status, 302 | 303), "{}", page.status);
    assert!(
        page.header("location").starts_with("/login?next="),
        "{}",
        page.header("location")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_not_there_says_so() {
    let app = TestApp::start().await;
    let ada = app.signed_in("ada").await;
    for path in [
        "/nothing",
        "/c/00000000-0000-4000-8000-000000000001",
        "/c/x",
    ] {
        assert_eq!(ada.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_meets_an_ended_session_keeps_what_was_typed() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in("ada").await;
    let cluster = demo(&ada).await;
    let ask = format!("/c/{cluster}/ask");
    let session = ada.cookie("ai4k8s").unwrap().to_owned();
    ada.set_cookie("ai4k8s", "ended");
    let refused = ada
        .plain_form(
            &ask,
            "/api/fn/ask_question",
            &[("cluster", &cluster), ("message", "why is the ledger slow")],
        )
        .await;
    assert!(
        refused.header("location").starts_with("/login?next="),
        "{}",
        refused.header("location")
    );
    ada.set_cookie("ai4k8s", &session);
    let page = ada.get(&ask).await;
    assert!(
        page.text.contains("why is the ledger slow"),
        "the question is still in its box"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_without_javascript_is_answered_on_the_next_page() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in("ada").await;
    let cluster = demo(&ada).await;
    let ask = format!("/c/{cluster}/ask");
    let sent = ada
        .plain_form(
            &ask,
            "/api/fn/ask_question",
            &[("cluster", &cluster), ("message", "kubectl get nodes")],
        )
        .await;
    let next = sent.header("location").to_owned();
    assert!(next.contains("/ask/"), "{next}");
    let mut page = ada.get(&next).await.text;
    for _ in 0..100 {
        if page.contains("VERSION") {
            break;
        }
        tokio::task::yield_now().await;
        page = ada.get(&next).await.text;
    }
    assert!(
        page.contains("VERSION"),
        "kubectl's columns are on the page"
    );
}
