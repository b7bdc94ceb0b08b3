//! Every page, whole and without JavaScript.

use std::collections::BTreeSet;

use axum::http::StatusCode;

use crate::{
    fixtures::{BROKEN, CLUSTER, CONVERSATION, DONE_JOB, DONE_PLAN, JOB, PLAN, UNANSWERED},
    site::Browser,
};

/// Every page there is, with the heading it has.
fn pages() -> Vec<(String, &'static str)> {
    let page = |rest: &str| format!("/c/{CLUSTER}{rest}");
    vec![
        ("/".to_owned(), "Clusters"),
        ("/clusters/new".to_owned(), "Add a cluster"),
        ("/settings".to_owned(), "Account settings"),
        (page(""), "Overview"),
        (page("/ask"), "Ask"),
        (page(&format!("/ask/{CONVERSATION}")), "Ask"),
        (page(&format!("/ask/{UNANSWERED}")), "Ask"),
        (page("/autoscaling"), "Autoscaling"),
        (page("/autoscaling/new"), "Turn on predictive autoscaling"),
        (
            page("/autoscaling/new?kind=Deployment&namespace=shop&name=storefront"),
            "Turn on predictive autoscaling",
        ),
        (page("/autoscaling/shop/storefront"), "storefront"),
        (page("/jobs"), "Jobs"),
        (
            page(&format!("/jobs/{JOB}")),
            "Predictive autoscaling of shop/storefront",
        ),
        (
            page(&format!("/jobs/{DONE_JOB}")),
            "Predictive autoscaling of shop/storefront",
        ),
        (page("/plans"), "Plans"),
        (page(&format!("/plans/{PLAN}")), "Plan"),
        (page(&format!("/plans/{DONE_PLAN}")), "Plan"),
        (page("/settings"), "Cluster settings"),
        (format!("/c/{BROKEN}/settings"), "Cluster settings"),
    ]
}

/// The tags of `html` that begin with `start`, whole.
fn tags<'a>(html: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> + 'a {
    html.match_indices(start)
        .map(|(at, _)| &html[at..at + html[at..].find('>').unwrap()])
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let rest = tag.split_once(&format!(" {name}=\""))?.1;
    rest.split('"').next()
}

/// `html` without the comments that mark where the browser's half takes hold.
fn plain(html: &str) -> String {
    html.replace("<!>", "")
}

#[tokio::test]
async fn every_page_arrives_whole_with_one_heading_and_its_landmarks() {
    let browser = Browser::signed_in();
    for (path, heading) in pages() {
        let page = browser.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let html = plain(&page.html);
        dump(&path, &html);
        assert!(
            html.contains(&format!("<h1>{heading}</h1>")),
            "{path}: {heading}"
        );
        assert_eq!(html.matches("<h1").count(), 1, "{path}");
        assert_eq!(html.matches("<main").count(), 1, "{path}");
        assert!(html.contains("href=\"#main\""), "{path}");
        assert!(html.contains("ai4k8s</title>"), "{path}");
        assert!(!html.contains("skeleton"), "{path} is still loading");
    }
}

/// Leaves the page where a person can open it, when asked to by `AI4K8S_DUMP_PAGES`.
fn dump(path: &str, html: &str) {
    if let Ok(folder) = std::env::var("AI4K8S_DUMP_PAGES") {
        let name = path
            .replace(CLUSTER, "c")
            .replace(['/', '?', '&', '='], "_");
        std::fs::write(format!("{folder}/page{name}.html"), html).unwrap();
    }
}

#[tokio::test]
async fn every_form_has_a_method_and_goes_somewhere_that_exists() {
    let browser = Browser::signed_in();
    let functions: BTreeSet<_> = leptos::server_fn::axum::server_fn_paths()
        .map(|(path, _)| path)
        .chain([app::pages::cluster_new::UPLOAD])
        .collect();
    for (path, _) in pages() {
        let page = browser.get(&path).await;
        for form in tags(&page.html, "<form") {
            assert_eq!(attribute(form, "method"), Some("post"), "{path}: {form}");
            let action = attribute(form, "action").unwrap_or_default();
            assert!(functions.contains(action), "{path}: {form}");
        }
    }
}

#[tokio::test]
async fn every_field_has_a_name_that_is_read_aloud() {
    let browser = Browser::signed_in();
    for (path, _) in pages() {
        let page = browser.get(&path).await;
        let labels: BTreeSet<_> = tags(&page.html, "<label")
            .filter_map(|label| attribute(label, "for"))
            .collect();
        let fields = tags(&page.html, "<input").chain(tags(&page.html, "<textarea"));
        for field in fields {
            let is_wrapped = matches!(attribute(field, "type"), Some("radio" | "checkbox"));
            let is_named = attribute(field, "aria-label").is_some()
                || attribute(field, "id").is_some_and(|id| labels.contains(id))
                || attribute(field, "type") == Some("hidden");
            assert!(is_wrapped || is_named, "{path}: {field}");
        }
    }
}

#[tokio::test]
async fn no_id_stands_twice_on_a_page() {
    let browser = Browser::signed_in();
    for (path, _) in pages() {
        let page = browser.get(&path).await;
        let mut seen = BTreeSet::new();
        for tag in tags(&page.html, "<") {
            if let Some(id) = attribute(tag, "id") {
                assert!(seen.insert(id), "{path}: id {id} stands twice");
            }
        }
    }
}

#[tokio::test]
async fn no_two_landmarks_share_a_name() {
    let browser = Browser::signed_in();
    for (path, _) in pages() {
        let page = browser.get(&path).await;
        for kind in ["<section", "<form", "<nav", "<aside"] {
            let mut seen = BTreeSet::new();
            for name in tags(&page.html, kind).filter_map(|tag| attribute(tag, "aria-label")) {
                assert!(seen.insert(name), "{path}: two {kind}> are called {name}");
            }
        }
    }
}

#[tokio::test]
async fn headings_do_not_skip_a_level() {
    let browser = Browser::signed_in();
    for (path, _) in pages() {
        let page = browser.get(&path).await;
        assert!(!page.html.contains("<h3"), "{path}");
        let first = page.html.find("<h1").unwrap();
        assert!(
            page.html.find("<h2").is_none_or(|second| first < second),
            "{path}"
        );
    }
}

#[tokio::test]
async fn sends_who_is_not_signed_in_to_the_login_page_and_back() {
    let browser = Browser::anonymous();
    for (path, _) in pages() {
        let page = browser.get(&path).await;
        assert_eq!(page.status, StatusCode::FOUND, "{path}");
        assert!(page.location().starts_with("/login?next=%2F"), "{path}");
        for secret in ["v1.33.2", "9f86d081", "registry.example", "payments"] {
            assert!(!page.html.contains(secret), "{path} shows {secret}");
        }
    }
    assert_eq!(browser.get("/login").await.status, StatusCode::OK);
    assert_eq!(browser.get("/register").await.status, StatusCode::OK);
}

#[tokio::test]
async fn answers_404_for_what_does_not_exist() {
    let browser = Browser::signed_in();
    let nothing = "00000000-0000-4000-8000-000000000009";
    for path in [
        format!("/c/{nothing}"),
        "/c/nonsense".to_owned(),
        format!("/c/{CLUSTER}/plans/{nothing}"),
        format!("/c/{CLUSTER}/plans/nonsense"),
    ] {
        let page = browser.get(&path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.html.contains("There is no such"), "{path}");
    }
}

#[tokio::test]
async fn a_cluster_that_does_not_answer_is_a_page_that_says_so() {
    let page = Browser::signed_in().get(&format!("/c/{BROKEN}")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.html.contains("did not answer within 5 s"));
    assert!(
        page.html.contains("request-7"),
        "the reference to the log is missing"
    );
}

#[tokio::test]
async fn shows_text_from_a_cluster_as_text() {
    let page = Browser::signed_in().get(&format!("/c/{CLUSTER}")).await;
    assert!(page.html.contains("&lt;script&gt;alert(1)"));
    assert!(!page.html.contains("<script>alert(1)"));
}

#[tokio::test]
async fn every_script_carries_the_nonce() {
    let page = Browser::signed_in().get(&format!("/c/{CLUSTER}")).await;
    for script in tags(&page.html, "<script") {
        assert!(attribute(script, "nonce").is_some(), "{script}");
    }
    assert!(tags(&page.html, "<").all(|tag| !tag.contains(" onclick=")));
}

#[tokio::test]
async fn refreshes_itself_only_while_something_is_on_its_way() {
    let browser = Browser::signed_in();
    let refresh = "<noscript><meta http-equiv=\"refresh\"";
    for (path, refreshes) in [
        (format!("/c/{CLUSTER}/jobs/{JOB}"), true),
        (format!("/c/{CLUSTER}/jobs/{DONE_JOB}"), false),
        (format!("/c/{CLUSTER}/ask/{UNANSWERED}"), true),
        (format!("/c/{CLUSTER}/ask/{CONVERSATION}"), false),
    ] {
        let page = browser.get(&path).await;
        assert_eq!(page.html.contains(refresh), refreshes, "{path}");
    }
}

#[tokio::test]
async fn draws_charts_with_a_sentence_and_a_table() {
    let browser = Browser::signed_in();
    let path = format!("/c/{CLUSTER}/autoscaling/shop/storefront");
    let html = plain(&browser.get(&path).await.html);
    assert_eq!(html.matches("class=\"band\"").count(), 3);
    assert!(html.contains("CPU is "), "the sentence is missing");
    assert!(html.contains("80\u{202f}% interval"));
    assert!(html.contains("linear trend with daily season"));
    assert!(html.contains("There is less than an hour of measurements."));
    assert!(
        html.contains("<td>no data</td>"),
        "the gap is not in the table"
    );
}

#[tokio::test]
async fn the_button_of_a_plan_says_what_it_does() {
    let browser = Browser::signed_in();
    let html = plain(
        &browser
            .get(&format!("/c/{CLUSTER}/plans/{PLAN}"))
            .await
            .html,
    );
    assert!(html.contains("<button class=\"btn p\">Scale storefront to 8</button>"));
    assert!(html.contains("-  replicas: 3") && html.contains("+  replicas: 8"));
    let html = plain(
        &browser
            .get(&format!("/c/{CLUSTER}/plans/{DONE_PLAN}"))
            .await
            .html,
    );
    assert!(html.contains("Plan the undo: Scale storefront to 3"));
    assert!(!html.contains("Reject"));
}

#[tokio::test]
async fn a_page_without_javascript_stays_light() {
    let page = Browser::signed_in().get(&format!("/c/{CLUSTER}")).await;
    // 30 kB is the goal for what is transferred, compressed about five times, with the stylesheet.
    assert!(page.html.len() < 110_000, "{} bytes", page.html.len());
}
