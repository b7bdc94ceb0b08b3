//! Forms without JavaScript: what is typed survives, and every way leads back.

use axum::http::StatusCode;

use crate::{
    fixtures::{CLUSTER, DONE_PLAN, PLAN, UNANSWERED},
    site::Browser,
};

fn ask() -> String {
    format!("/c/{CLUSTER}/ask")
}

#[tokio::test]
async fn a_question_leads_to_its_conversation() {
    let browser = Browser::signed_in();
    let fields = [("cluster", CLUSTER), ("message", "Which pods restart?")];
    let answer = browser
        .submit(&ask(), "/api/fn/ask_question", &fields)
        .await;
    assert_eq!(answer.status, StatusCode::FOUND);
    let conversation = format!("/c/{CLUSTER}/ask/{UNANSWERED}#latest");
    assert_eq!(answer.location(), conversation);
}

#[tokio::test]
async fn a_refused_form_comes_back_with_what_was_typed_and_why() {
    let browser = Browser::signed_in();
    let fields = [("cluster", CLUSTER), ("message", "too much")];
    let answer = browser
        .submit(&ask(), "/api/fn/ask_question", &fields)
        .await;
    assert_eq!(
        answer.location(),
        ask(),
        "nothing of it may be in the address"
    );
    let page = browser.get(&ask()).await;
    assert!(page.html.contains("too much"), "what was typed is lost");
    assert!(page.html.contains("Too many questions at once."));
    let again = browser.get(&ask()).await;
    assert!(
        !again.html.contains("Too many questions"),
        "it is said once"
    );
}

#[tokio::test]
async fn what_was_typed_is_text_wherever_it_comes_back() {
    let browser = Browser::signed_in();
    let typed = "</textarea></title><script>alert(1)</script>";
    let fields = [("name", typed), ("kubeconfig", typed), ("mode", "x")];
    browser
        .submit("/clusters/new", "/api/fn/add_cluster", &fields)
        .await;
    let encoded = "%3C%2Ftextarea%3E%3C%2Ftitle%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    for path in [
        "/clusters/new".to_owned(),
        format!("{}?q={encoded}", ask()),
        format!("/c/{CLUSTER}/autoscaling/shop/{encoded}"),
        format!("/login?next={encoded}"),
        format!("/?done={encoded}"),
    ] {
        let page = browser.get(&path).await;
        assert!(!page.html.contains("<script>alert"), "{path}");
    }
}

#[tokio::test]
async fn what_was_typed_survives_an_ended_session() {
    let browser = Browser::signed_in();
    browser.session.expire();
    let fields = [("cluster", CLUSTER), ("message", "a long question")];
    let answer = browser
        .submit(&ask(), "/api/fn/ask_question", &fields)
        .await;
    let login = answer.location().to_owned();
    assert!(login.starts_with("/login?next=%2Fc%2F"), "{login}");
    assert!(!login.contains("long"), "typed text in an address");

    let wrong = [("name", "ada"), ("password", "wrong"), ("next", &ask())];
    browser.submit(&login, "/api/fn/login", &wrong).await;
    let page = browser.get(&login).await;
    assert!(page.html.contains("The name or the password is wrong."));
    assert!(page.html.contains("value=\"ada\""));

    let right = [
        ("name", "ada"),
        ("password", "correct horse"),
        ("next", &ask()),
    ];
    let answer = browser.submit(&login, "/api/fn/login", &right).await;
    assert_eq!(answer.location(), ask());
    let page = browser.get(&ask()).await;
    assert!(page.html.contains("a long question"), "the draft is lost");
}

#[tokio::test]
async fn never_follows_next_to_another_host() {
    let browser = Browser::anonymous();
    for next in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "",
    ] {
        let fields = [
            ("name", "ada"),
            ("password", "correct horse"),
            ("next", next),
        ];
        let answer = browser.submit("/login", "/api/fn/login", &fields).await;
        assert_eq!(answer.location(), "/", "{next}");
    }
}

#[tokio::test]
async fn a_rejected_kubeconfig_is_still_there_to_be_mended() {
    let browser = Browser::signed_in();
    let fields = [
        ("name", "mine"),
        ("kubeconfig", "users: [{user: {exec: {}}}]"),
        ("mode", "read-only"),
    ];
    let page = "/clusters/new";
    browser.submit(page, "/api/fn/add_cluster", &fields).await;
    let html = browser.get(page).await.html;
    assert!(html.contains("users[0].user.exec: commands are not run."));
    assert!(html.contains("users: [{user: {exec: {}}}]"));
    assert!(html.contains("value=\"mine\""));
}

#[tokio::test]
async fn passwords_are_never_given_back() {
    let browser = Browser::anonymous();
    let fields = [("name", "taken"), ("password", "hunter22hunter22")];
    browser
        .submit("/register", "/api/fn/register", &fields)
        .await;
    let html = browser.get("/register").await.html;
    assert!(html.contains("The name “taken” is taken."));
    assert!(!html.contains("hunter22"));
}

#[tokio::test]
async fn a_new_tokens_secret_is_shown_once() {
    let browser = Browser::signed_in();
    let fields = [("name", "laptop"), ("read", "yes")];
    let answer = browser
        .submit("/settings", "/api/fn/create_token", &fields)
        .await;
    assert_eq!(answer.location(), "/settings");
    assert!(
        browser
            .get("/settings")
            .await
            .html
            .contains("ai4k8s_the_secret")
    );
    assert!(
        !browser
            .get("/settings")
            .await
            .html
            .contains("ai4k8s_the_secret")
    );
}

#[tokio::test]
async fn the_connection_test_shows_its_steps() {
    let browser = Browser::signed_in();
    let page = format!("/c/{CLUSTER}/settings");
    browser
        .submit(&page, "/api/fn/test_cluster", &[("cluster", CLUSTER)])
        .await;
    let html = browser.get(&page).await.html;
    assert!(html.contains("It answered: Kubernetes v1.33.2"));
    assert!(html.contains("The credentials may not scale Deployments"));
    assert!(html.contains("No metrics API here"));
}

#[tokio::test]
async fn bounds_that_make_no_sense_come_back_with_a_reason() {
    let browser = Browser::signed_in();
    let page = format!("/c/{CLUSTER}/autoscaling/new?namespace=shop&name=storefront");
    let fields = [
        ("cluster", CLUSTER),
        ("kind", "Deployment"),
        ("namespace", "shop"),
        ("name", "storefront"),
        ("min", "9"),
        ("max", "2"),
    ];
    let answer = browser
        .submit(&page, "/api/fn/enable_predictive", &fields)
        .await;
    assert_eq!(answer.location(), page);
    let html = browser.get(&page).await.html;
    assert!(html.contains("The minimum of 9 replicas is above the maximum of 2."));
    assert!(html.contains("value=\"9\""));
}

#[tokio::test]
async fn scripts_get_the_status_and_a_plain_error() {
    let browser = Browser::signed_in();
    let wrong = format!("plan={PLAN}&digest=other");
    let answer = browser.call("/api/fn/approve_plan", &wrong).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.html.contains("\"code\":\"conflict\""));
    assert!(answer.html.contains("\"reference\":\"request-7\""));

    browser.session.expire();
    let answer = browser.call("/api/fn/list_clusters", "").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn every_function_refuses_who_is_not_signed_in() {
    use app::api::gate::{PERMISSIONS, Permission};
    let browser = Browser::anonymous();
    let closed = PERMISSIONS
        .iter()
        .filter(|(_, permission)| *permission != Permission::Public);
    for (path, _) in closed {
        let answer = browser.call(path, &everything()).await;
        assert_eq!(
            answer.status,
            StatusCode::UNAUTHORIZED,
            "{path}: {}",
            answer.html
        );
    }
}

/// A body that has every argument of every function.
fn everything() -> String {
    let ids = ["cluster", "plan", "job", "session", "token", "conversation"];
    let words = [
        "name",
        "kubeconfig",
        "mode",
        "message",
        "digest",
        "kind",
        "namespace",
        "min",
        "max",
        "current_password",
        "new_password",
    ];
    let ids = ids.map(|id| format!("{id}={PLAN}"));
    let words = words.map(|word| format!("{word}=x"));
    [ids.join("&"), words.join("&")].join("&")
}

#[tokio::test]
async fn nothing_of_a_parser_reaches_the_page() {
    let browser = Browser::signed_in();
    let answer = browser.call("/api/fn/get_plan", "plan=nonsense").await;
    assert!(
        answer.html.contains("the form could not be read"),
        "{}",
        answer.html
    );
    assert!(!answer.html.contains("nonsense"));
}

#[tokio::test]
async fn a_refusal_stands_beside_the_plan_it_is_about_and_no_other() {
    let browser = Browser::signed_in();
    let plans = format!("/c/{CLUSTER}/plans");
    for (plan, refusals) in [(PLAN, 1), (DONE_PLAN, 0)] {
        let fields = [("plan", plan), ("digest", "of another plan")];
        browser
            .submit(&plans, "/api/fn/approve_plan", &fields)
            .await;
        let page = browser.get(&plans).await;
        assert_eq!(page.html.matches("role=\"alert\"").count(), refusals);
    }
}
