//! Faults on purpose, and scenarios, as a client meets them.

use std::time::{Duration, Instant};

use demo_api::{DemoApi, DemoOptions, Scenario};
use reqwest::{Certificate, Client, Response, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::support::install_cryptography;

async fn troubled(faults: &str) -> DemoApi {
    install_cryptography();
    let options = DemoOptions {
        faults: faults.parse().unwrap(),
        ..DemoOptions::default()
    };
    DemoApi::start(options).await.unwrap()
}

async fn get(demo: &DemoApi, path: &str) -> Response {
    let authority = Certificate::from_pem(demo.ca_pem().as_bytes()).unwrap();
    let client = Client::builder()
        .no_proxy()
        .tls_certs_only([authority])
        .build()
        .unwrap();
    client
        .get(format!("https://{}{path}", demo.address()))
        .bearer_auth(demo.token().expose_secret())
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn refuses_with_the_time_to_wait_and_leaves_health_checks_alone() {
    let demo = troubled("refuse=429,retry-after=7s").await;
    let refused = get(&demo, "/api/v1/nodes").await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["retry-after"], "7");
    let status: Value = refused.json().await.unwrap();
    assert_eq!(status["reason"], "TooManyRequests");
    assert_eq!(get(&demo, "/readyz").await.status(), StatusCode::OK);
    demo.stop().await;
}

#[tokio::test]
async fn answers_late() {
    let demo = troubled("latency=300ms").await;
    let start = Instant::now();
    assert_eq!(get(&demo, "/api/v1/nodes").await.status(), StatusCode::OK);
    assert!(start.elapsed() >= Duration::from_millis(300));
    demo.stop().await;
}

#[tokio::test]
async fn breaks_watches_off_in_the_middle_of_the_stream() {
    let demo = troubled("drop-watches=1s").await;
    let watch = get(&demo, "/api/v1/nodes?watch=true").await;
    assert_eq!(watch.status(), StatusCode::OK);
    let whole = tokio::time::timeout(Duration::from_secs(20), watch.bytes()).await;
    let broken = whole.expect("the watch ends");
    assert!(broken.is_err(), "a watch that ends in order is no fault");
    demo.stop().await;
}

#[tokio::test]
async fn keeps_metrics_behind() {
    let path = "/apis/metrics.k8s.io/v1beta1/nodes";
    let age = |list: &Value| {
        let text = list["items"][0]["timestamp"].as_str().unwrap();
        let at = domain::time::Timestamp::parse(text).unwrap();
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        now.as_secs() as i64 - at.seconds()
    };
    let demo = troubled("stale-metrics=5m").await;
    let stale: Value = get(&demo, path).await.json().await.unwrap();
    assert!((300..340).contains(&age(&stale)), "{}", age(&stale));
    demo.stop().await;
}

#[tokio::test]
async fn a_scenario_unfolds_at_the_speed_of_simulated_time() {
    install_cryptography();
    let options = DemoOptions {
        speed: 60.0,
        scenario: Some(Scenario::NodeLoss),
        ..DemoOptions::default()
    };
    let demo = DemoApi::start(options).await.unwrap();
    let ready = |node: &Value| {
        let conditions = node["status"]["conditions"].as_array().unwrap();
        let ready = conditions.iter().find(|it| it["type"] == "Ready").unwrap();
        ready["status"].as_str().unwrap().to_owned()
    };
    let mut seen = String::new();
    for _ in 0..120 {
        let node: Value = get(&demo, "/api/v1/nodes/node-2")
            .await
            .json()
            .await
            .unwrap();
        seen = ready(&node);
        if seen == "Unknown" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    assert_eq!(seen, "Unknown");
    demo.stop().await;
}
