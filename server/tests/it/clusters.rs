//! Adding clusters: good kubeconfigs, bad ones, hostile ones.

use std::time::Duration;

use demo_api::{DemoApi, DemoOptions};
use serde_json::{Value, json};

use crate::support::{TestApp, demo};

#[tokio::test(flavor = "multi_thread")]
async fn adds_a_cluster_by_its_kubeconfig_and_never_gives_it_back() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let kubeconfig = app.product.demo().unwrap().kubeconfig();
    let token =
        secrecy::ExposeSecret::expose_secret(app.product.demo().unwrap().token()).to_owned();
    let added = ada
        .post(
            "/api/v1/clusters",
            &json!({"name": "mine", "kubeconfig": kubeconfig}),
        )
        .await;
    assert_eq!(added.status, 201, "{}", added.text);
    let cluster = added.json();
    assert_eq!(cluster["connection"]["state"], "connected", "{cluster}");
    assert_eq!(cluster["mode"], "approve");
    let id = cluster["id"].as_str().unwrap();
    let test = ada
        .post(&format!("/api/v1/clusters/{id}/test"), &json!({}))
        .await
        .json();
    assert_eq!(
        (&test["can_read"], &test["can_scale"]),
        (&json!(true), &json!(true))
    );
    for path in [
        "/api/v1/clusters".to_owned(),
        format!("/api/v1/clusters/{id}"),
        format!("/api/v1/clusters/{id}/overview"),
    ] {
        let text = ada.get(&path).await.text;
        assert!(
            !text.contains(&token) && !text.contains("BEGIN CERTIFICATE"),
            "{path}"
        );
    }
    let same = ada
        .post(
            "/api/v1/clusters",
            &json!({"name": "mine", "kubeconfig": kubeconfig}),
        )
        .await;
    assert_eq!(same.status, 422, "a name is used once");
    assert_eq!(
        ada.delete(&format!("/api/v1/clusters/{id}")).await.status,
        204
    );
    assert_eq!(ada.get(&format!("/api/v1/clusters/{id}")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_sealed_on_disk() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let demo = app.product.demo().unwrap();
    let token = secrecy::ExposeSecret::expose_secret(demo.token()).to_owned();
    ada.post(
        "/api/v1/clusters",
        &json!({"name": "mine", "kubeconfig": demo.kubeconfig()}),
    )
    .await;
    for entry in std::fs::read_dir(app.data_dir()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.starts_with("ai4k8s.db") {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes
                .windows(token.len())
                .any(|window| window == token.as_bytes());
            assert!(!found, "{name} holds the token");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_kubeconfigs_are_refused_by_field() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let with_user = |user: &str| {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{{name: c, cluster: {{server: \
             'https://127.0.0.1:1'}}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\nusers: [{{name: u, \
             user: {user}}}]\n"
        )
    };
    let canary = app.data_dir().join("canary");
    let exec = format!(
        "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: /bin/sh, args: ['-c', 'touch {}']}}}}",
        canary.display()
    );
    for (kubeconfig, field) in [
        (with_user(&exec), "exec"),
        (
            with_user("{auth-provider: {name: gcp, config: {cmd-path: /bin/sh}}}"),
            "auth-provider",
        ),
        (with_user("{tokenFile: /proc/self/environ}"), "tokenFile"),
        (
            with_user("{client-certificate: /etc/passwd}"),
            "client-certificate",
        ),
        (with_user("{token: t, as: 'system:admin'}"), "as"),
        (
            format!("{}---\n{}", with_user("{token: t}"), with_user(&exec)),
            "document",
        ),
    ] {
        let reply = ada
            .post(
                "/api/v1/clusters",
                &json!({"name": "x", "kubeconfig": kubeconfig}),
            )
            .await;
        assert_eq!(reply.status, 422, "{field}: {}", reply.text);
        assert_eq!(reply.json()["code"], "kubeconfig_rejected");
        assert!(
            reply.json()["message"].as_str().unwrap().contains(field),
            "{field}: {}",
            reply.text
        );
    }
    assert!(!canary.exists(), "nothing was run");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_does_not_answer_is_kept_and_says_why() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let demo_config = app.product.demo().unwrap().kubeconfig();
    let port = app.product.demo().unwrap().address().port().to_string();
    let kubeconfig = demo_config.replace(&format!(":{port}"), ":1");
    let added = ada
        .post(
            "/api/v1/clusters",
            &json!({"name": "down", "kubeconfig": kubeconfig}),
        )
        .await;
    assert_eq!(added.status, 201, "{}", added.text);
    let cluster = added.json();
    assert_eq!(cluster["connection"]["state"], "failed");
    let error = &cluster["connection"]["error"];
    assert_eq!(error["code"], "connection_refused");
    assert!(!error["hint"].as_str().unwrap().is_empty());
    let id = cluster["id"].as_str().unwrap();
    let test = ada
        .post(&format!("/api/v1/clusters/{id}/test"), &json!({}))
        .await;
    assert_eq!(&test.json()["connection"]["error"], error);
    let overview = ada.get(&format!("/api/v1/clusters/{id}/overview")).await;
    assert_eq!(overview.status, 502);
    assert!(!overview.json()["hint"].as_str().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_cluster_is_not_written_to() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in("ada").await;
    let cluster = demo(&ada).await;
    let set = ada
        .form(
            "/api/fn/set_cluster_mode",
            &[("cluster", &cluster), ("mode", "read-only")],
        )
        .await;
    assert!(set.status < 400, "{}", set.text);
    let wanted = json!({"deployment": "storefront", "namespace": "shop", "min_replicas": 2, "max_replicas": 10});
    let refused = ada
        .post(
            &format!("/api/v1/clusters/{cluster}/autoscaling/predictive"),
            &wanted,
        )
        .await;
    assert_eq!(refused.status, 403);
    assert_eq!(refused.json()["code"], "not_permitted_here");
    let asked = json!({"message": "kubectl scale deploy/storefront -n shop --replicas=9"});
    let answer = ada
        .post(&format!("/api/v1/clusters/{cluster}/chat"), &asked)
        .await
        .json();
    assert_eq!(
        answer["message"]["error"]["code"], "not_permitted_here",
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_cluster_cannot_be_removed() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let refused = ada.delete(&format!("/api/v1/clusters/{cluster}")).await;
    assert!(
        refused.status >= 400 && refused.status < 500,
        "{}",
        refused.status
    );
    assert_eq!(
        ada.get(&format!("/api/v1/clusters/{cluster}")).await.status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_stops_answering_is_shown_as_it_last_stood_and_why() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let other = DemoApi::start(DemoOptions::default()).await.unwrap();
    let new = json!({"name": "staging", "kubeconfig": other.kubeconfig(), "mode": "approve"});
    let id = ada.post("/api/v1/clusters", &new).await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/api/v1/clusters/{id}/overview");
    let seen = ada.get(&path).await.json();
    assert_eq!(seen["stale"], Value::Null);
    other.stop().await;
    let stale = async {
        loop {
            let seen = ada.get(&path).await;
            assert_eq!(seen.status, 200, "{}", seen.text);
            if !seen.json()["stale"].is_null() {
                return seen.json();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let stale = tokio::time::timeout(Duration::from_secs(60), stale)
        .await
        .unwrap();
    assert_eq!(stale["stale"]["code"], "connection_refused", "{stale}");
    assert_eq!(stale["pods"], seen["pods"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kubeconfig_that_is_too_long_costs_nothing_of_what_was_typed_beside_it() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in("ada").await;
    let part = |name: &str, value: &str| {
        format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let long = "# a line of a kubeconfig\n".repeat(12_000);
    let body = [
        part("name", "lighthouse"),
        part("kubeconfig", &long),
        part("mode", "read-only"),
        "--cut--\r\n".to_owned(),
    ]
    .concat();
    let refused = ada.multipart("/clusters/upload", "cut", body).await;
    assert_eq!(
        (refused.status, refused.header("location")),
        (303, "/clusters/new")
    );
    let page = ada.get("/clusters/new").await.text;
    assert!(page.contains("The text is larger than 256 KiB"), "{page}");
    assert!(page.contains("value=\"lighthouse\""), "{page}");
    let chosen = page.split("value=\"read-only\"").nth(1).unwrap();
    let chosen = &chosen[..chosen.find('>').unwrap()];
    assert!(chosen.contains("checked"), "{chosen}");
}
