//! What is peculiar to this server: its lock, its formats, its history, its life.

use std::path::Path;

use demo_api::{DemoApi, DemoOptions};
use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, Client, ResourceExt as _,
    api::{DeleteParams, ListParams, PostParams, WatchEvent, WatchParams},
};
use reqwest::{RequestBuilder, Response, StatusCode, Version};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::support::{client_of, config_map, install_cryptography, object, refused, shared_demo};

/// A client that trusts the server and shows no token.
fn stranger(demo: &DemoApi) -> reqwest::Client {
    install_cryptography();
    let authority = reqwest::Certificate::from_pem(demo.ca_pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([authority]);
    client.build().unwrap()
}

fn url(demo: &DemoApi, path: &str) -> String {
    format!("https://{}{path}", demo.address())
}

fn authorized(demo: &DemoApi, path: &str) -> RequestBuilder {
    stranger(demo)
        .get(url(demo, path))
        .bearer_auth(demo.token().expose_secret())
}

async fn get(path: &str) -> Response {
    authorized(shared_demo(), path).send().await.unwrap()
}

async fn own(data_dir: &Path) -> DemoApi {
    install_cryptography();
    let options = DemoOptions {
        data_dir: Some(data_dir.to_owned()),
        ..DemoOptions::default()
    };
    DemoApi::start(options).await.unwrap()
}

async fn client(demo: &DemoApi) -> Client {
    client_of(&demo.kubeconfig()).await
}

#[tokio::test]
async fn lets_nobody_in_without_the_token() {
    let demo = shared_demo();
    let without = stranger(demo).get(url(demo, "/api/v1/nodes"));
    let wrong = without.try_clone().unwrap().bearer_auth("wrong");
    for request in [without, wrong] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let status: Value = response.json().await.unwrap();
        assert_eq!(
            (&status["kind"], &status["reason"]),
            (&"Status".into(), &"Unauthorized".into())
        );
    }
}

#[tokio::test]
async fn tells_its_health_to_anybody() {
    let demo = shared_demo();
    let response = stranger(demo)
        .get(url(demo, "/readyz?verbose"))
        .send()
        .await
        .unwrap();
    assert!(
        response
            .text()
            .await
            .unwrap()
            .ends_with("readyz check passed\n")
    );
}

#[tokio::test]
async fn speaks_http_2() {
    assert_eq!(get("/version").await.version(), Version::HTTP_2);
}

#[tokio::test]
async fn says_what_it_does_not_have() {
    let response = get("/apis/none.example/v1/things").await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(response.text().await.unwrap(), "404 page not found\n");
    let response = get("/apis/apps/v1/things").await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let status: Value = response.json().await.unwrap();
    assert_eq!(
        status["message"],
        "the server could not find the requested resource"
    );
}

#[tokio::test]
async fn refuses_formats_it_does_not_speak() {
    let demo = shared_demo();
    let read = authorized(demo, "/api/v1/nodes").header("Accept", "application/cbor");
    assert_eq!(
        read.send().await.unwrap().status(),
        StatusCode::NOT_ACCEPTABLE
    );
    let written = stranger(demo)
        .post(url(demo, "/api/v1/namespaces"))
        .bearer_auth(demo.token().expose_secret())
        .header("Content-Type", "application/cbor")
        .body("\u{7f}");
    let response = written.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn indents_when_asked() {
    let text = get("/api/v1/namespaces/default?pretty=true")
        .await
        .text()
        .await
        .unwrap();
    assert!(text.starts_with("{\n  \""), "{text}");
}

#[tokio::test]
async fn describes_itself_in_openapi() {
    let index: Value = get("/openapi/v3").await.json().await.unwrap();
    let path = index["paths"]["apis/apps/v1"]["serverRelativeURL"]
        .as_str()
        .unwrap();
    let document: Value = get(path).await.json().await.unwrap();
    assert!(document["components"]["schemas"]["io.k8s.api.apps.v1.Deployment"].is_object());
    let demo = shared_demo();
    let protobuf = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    let response = authorized(demo, "/openapi/v2")
        .header("Accept", protobuf)
        .send()
        .await
        .unwrap();
    let bytes = response.bytes().await.unwrap();
    assert_eq!(&bytes[..5], b"\x0a\x032.0");
}

async fn range(query: &str, hours: i64, step: &str) -> (StatusCode, Value) {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let end = i64::try_from(now.as_secs()).unwrap();
    let start = end - hours * 3600;
    let demo = shared_demo();
    let base = demo.prometheus_url();
    let response = stranger(demo)
        .get(format!("{base}/api/v1/query_range"))
        .query(&[("query", query), ("step", step)])
        .query(&[("start", start), ("end", end)])
        .bearer_auth(demo.token().expose_secret());
    let response = response.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

#[tokio::test]
async fn remembers_a_fortnight() {
    let query = r#"sum(rate(container_cpu_usage_seconds_total{container!=""}[5m]))"#;
    let (status, answer) = range(query, 14 * 24 - 1, "3600").await;
    assert_eq!(
        (status, &answer["status"]),
        (StatusCode::OK, &"success".into())
    );
    let series = &answer["data"]["result"][0];
    assert_eq!(series["metric"]["source"], "demo");
    let values = series["values"].as_array().unwrap();
    assert!(values.len() >= 300, "{} points", values.len());
    let cores: Vec<f64> = values
        .iter()
        .map(|it| it[1].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(
        cores.iter().all(|it| (0.01..1000.0).contains(it)),
        "{cores:?}"
    );
}

#[tokio::test]
async fn counts_nodes_as_the_api_does() {
    let query = r#"count(kube_node_status_condition{condition="Ready",status="true"}==1)"#;
    let (_, answer) = range(query, 1, "300").await;
    let values = answer["data"]["result"][0]["values"].as_array().unwrap();
    let nodes: Value = get("/api/v1/nodes").await.json().await.unwrap();
    let count = nodes["items"].as_array().unwrap().len();
    assert_eq!(values.last().unwrap()[1], count.to_string());
}

#[tokio::test]
async fn refuses_queries_it_cannot_answer() {
    let (status, answer) = range("histogram_quantile(0.9, x)", 1, "300").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        (&answer["status"], &answer["errorType"]),
        (&"error".into(), &"bad_data".into())
    );
    let (status, _) = range("up", 14 * 24, "1").await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "more than 11 000 points");
}

#[tokio::test]
async fn answers_instant_queries() {
    let answer: Value = get("/prometheus/api/v1/query?query=up")
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(answer["data"]["result"][0]["value"][1], "1");
}

#[tokio::test]
async fn goes_on_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let demo = own(directory.path()).await;
    let api: Api<ConfigMap> = Api::namespaced(client(&demo).await, "default");
    let created = api
        .create(&PostParams::default(), &object(config_map("kept", "x")))
        .await
        .unwrap();
    let token = demo.token().expose_secret().to_owned();
    demo.stop().await;

    let demo = own(directory.path()).await;
    assert_eq!(demo.token().expose_secret(), token);
    let api: Api<ConfigMap> = Api::namespaced(client(&demo).await, "default");
    let kept = api.get("kept").await.unwrap();
    assert_eq!(
        (kept.uid(), kept.resource_version()),
        (created.uid(), created.resource_version())
    );
    let list = api.list(&ListParams::default()).await.unwrap();
    assert!(revision(list.metadata.resource_version) >= revision(created.resource_version()));
    demo.stop().await;
}

/// What a process that is killed this moment leaves behind.
fn remains(data_dir: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in ["demo-cluster.json", "demo-identity.json"] {
        std::fs::copy(data_dir.join(file), copy.path().join(file)).unwrap();
    }
    copy
}

fn revision(version: Option<String>) -> u64 {
    version.unwrap().parse().unwrap()
}

#[tokio::test]
async fn loses_nothing_it_acknowledged_when_killed() {
    let directory = tempfile::tempdir().unwrap();
    let demo = own(directory.path()).await;
    let api: Api<ConfigMap> = Api::namespaced(client(&demo).await, "default");
    let parameters = PostParams::default();
    let maps: Vec<ConfigMap> = (0..12)
        .map(|number| object(config_map(&format!("kept-{number}"), "x")))
        .collect();
    let created = maps.iter().map(|map| api.create(&parameters, map));
    let created = futures::future::try_join_all(created).await.unwrap();
    api.delete("kept-0", &DeleteParams::default())
        .await
        .unwrap();
    let remains = remains(directory.path());

    let again = own(remains.path()).await;
    let api: Api<ConfigMap> = Api::namespaced(client(&again).await, "default");
    assert!(api.get_opt("kept-0").await.unwrap().is_none());
    for created in &created[1..] {
        let kept = api.get(&created.name_any()).await.unwrap();
        assert_eq!(&kept, created);
    }
    let list = api.list(&ListParams::default()).await.unwrap();
    let acknowledged = created
        .into_iter()
        .map(|it| revision(it.resource_version()));
    assert!(revision(list.metadata.resource_version) > acknowledged.max().unwrap());
    again.stop().await;
    demo.stop().await;
}

#[tokio::test]
async fn acknowledges_nothing_the_disk_does_not_take() {
    let parent = tempfile::tempdir().unwrap();
    let data_dir = parent.path().join("data");
    let demo = own(&data_dir).await;
    let api: Api<ConfigMap> = Api::namespaced(client(&demo).await, "default");
    let map = object(config_map("kept", "x"));
    std::fs::rename(&data_dir, parent.path().join("elsewhere")).unwrap();
    std::fs::write(&data_dir, "in the way").unwrap();
    let rehearsal = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    api.create(&rehearsal, &map).await.unwrap();
    let (code, reason, message) = refused(api.create(&PostParams::default(), &map).await);
    assert_eq!((code, reason.as_str()), (500, "InternalError"));
    assert!(message.contains("could not be saved"), "{message}");

    std::fs::remove_file(&data_dir).unwrap();
    let kept = api.get("kept").await.unwrap();
    api.replace("kept", &PostParams::default(), &kept)
        .await
        .unwrap();
    assert!(data_dir.join("demo-cluster.json").exists());
    demo.stop().await;
}

#[tokio::test]
async fn writes_a_kubeconfig_for_its_owner_only() {
    let directory = tempfile::tempdir().unwrap();
    let demo = own(directory.path()).await;
    let path = directory.path().join("demo.kubeconfig");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), demo.kubeconfig());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    demo.stop().await;
}

#[tokio::test]
async fn sends_watches_back_to_the_list_after_a_reset() {
    install_cryptography();
    let demo = DemoApi::start(DemoOptions::default()).await.unwrap();
    let api: Api<ConfigMap> = Api::namespaced(client(&demo).await, "default");
    api.create(&PostParams::default(), &object(config_map("lost", "x")))
        .await
        .unwrap();
    let only = WatchParams::default().labels("app=lost");
    let mut events = api.watch(&only, "0").await.unwrap().boxed();
    assert!(matches!(
        events.try_next().await.unwrap(),
        Some(WatchEvent::Added(_))
    ));
    demo.reset().await;
    let Some(WatchEvent::Error(status)) = events.try_next().await.unwrap() else {
        panic!("the watch goes on");
    };
    assert_eq!(status.code, 410);
    assert!(api.get_opt("lost").await.unwrap().is_none());
    demo.stop().await;
}

#[tokio::test]
async fn ends_watches_when_it_stops() {
    install_cryptography();
    let demo = DemoApi::start(DemoOptions::default()).await.unwrap();
    let api: Api<ConfigMap> = Api::namespaced(client(&demo).await, "default");
    let none = WatchParams::default()
        .labels("app=none")
        .disable_bookmarks();
    let events = api.watch(&none, "0").await.unwrap();
    let events = tokio::spawn(events.try_collect::<Vec<_>>());
    demo.stop().await;
    assert!(events.await.unwrap().unwrap().is_empty());
}
