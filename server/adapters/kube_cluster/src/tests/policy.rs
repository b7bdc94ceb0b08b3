//! The policy below the client: what does not leave, counted at the server.

use domain::{
    ErrorCode,
    cluster::ClusterMode,
    command::{DescribeCommand, GetCommand, ObjectWords, OutputFormat, ReadCommand, ResourceWord},
    ids::ObjectName,
    invocation::{Files, TerminalCommand},
    plan::ClusterAction,
    ports::ClusterPort as _,
    time::Timestamp,
    units::Replicas,
};
use http::Request;
use serde_json::{Value, json};
use wiremock::{Mock, ResponseTemplate, matchers::any};

use super::web;
use crate::{error::ops_error, fake_api::FakeApi};

async fn open() -> FakeApi {
    let api = FakeApi::start().await;
    let ok = ResponseTemplate::new(200).set_body_json(Value::Null);
    Mock::given(any()).respond_with(ok).mount(&api.mock).await;
    api
}

#[tokio::test]
async fn a_plan_for_a_read_only_cluster_is_refused_without_a_request() {
    let api = open().await;
    let cluster = api.cluster(ClusterMode::ReadOnly);
    let action = ClusterAction::Scale {
        workload: web(),
        replicas: Replicas(9),
    };
    let error = cluster.prepare(&action).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::NotPermittedHere);
    assert_eq!(api.ledger().await, Vec::<String>::new());
}

/// Whoever asks, and however, sees keys and sizes.
#[tokio::test]
async fn secrets_arrive_without_their_values() {
    let api = FakeApi::start().await;
    let at = "/api/v1/namespaces/shop/secrets/db";
    let secret =
        json!({"kind": "Secret", "metadata": {"name": "db"}, "data": {"password": "aHVudGVyMg=="}});
    api.on("GET", at, 200, secret).await;
    let cluster = api.cluster(ClusterMode::Approve);
    let request = Request::get(at)
        .header("accept", "application/yaml")
        .body(Vec::new())
        .unwrap();
    let answer: Value = cluster.client().request(request).await.unwrap();
    assert_eq!(answer["data"], json!({"password": "AAAAAAAAAA=="}));
    let sent = api.mock.received_requests().await.unwrap();
    assert_eq!(sent[0].headers["accept"], "application/json");
}

#[tokio::test]
async fn secrets_in_another_form_than_json_are_dropped() {
    let api = FakeApi::start().await;
    let yaml = ResponseTemplate::new(200).set_body_string("data: {password: aHVudGVyMg==}");
    Mock::given(any()).respond_with(yaml).mount(&api.mock).await;
    let request = Request::get("/api/v1/secrets").body(Vec::new()).unwrap();
    let error = api
        .cluster(ClusterMode::Approve)
        .client()
        .request_text(request)
        .await
        .unwrap_err();
    assert_eq!(ops_error(error, "read it").code, ErrorCode::ClusterAnswer);
}

/// A server whose discovery knows Secrets and nothing else.
async fn api_with_secrets() -> FakeApi {
    let api = FakeApi::start().await;
    let resources = json!({"kind": "APIResourceList", "groupVersion": "v1", "resources": [
        {"name": "secrets", "singularName": "secret", "namespaced": true, "kind": "Secret", "verbs": ["get", "list"]},
    ]});
    let versions = json!({"kind": "APIVersions", "versions": ["v1"]});
    let groups = json!({"kind": "APIGroupList", "groups": []});
    api.on("GET", "/api", 200, versions).await;
    api.on("GET", "/apis", 200, groups).await;
    api.on("GET", "/api/v1", 200, resources).await;
    api
}

/// What is masked is no table any more, so the table is asked for alone.
#[tokio::test]
async fn secrets_are_listed_in_the_servers_own_table() {
    let api = api_with_secrets().await;
    let at = "/api/v1/namespaces/shop/secrets";
    let table = json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {},
        "columnDefinitions": [
            {"name": "Name", "type": "string", "format": "name", "priority": 0},
            {"name": "Type", "type": "string", "priority": 0},
        ],
        "rows": [{"cells": ["db", "Opaque"], "object": {"metadata": {"name": "db", "namespace": "shop"}}}],
    });
    api.on("GET", at, 200, table).await;
    let get = ReadCommand::Get(Box::new(GetCommand {
        objects: words("secrets", &[]),
        sort_by: Some(".metadata.name".to_owned()),
        ..GetCommand::default()
    }));
    let cluster = api.cluster(ClusterMode::ReadOnly);
    let printed = cluster.read(&get, Timestamp(0)).await.unwrap();
    assert_eq!(printed.stdout, "NAME   TYPE\ndb     Opaque\n");
    let sent = api.mock.received_requests().await.unwrap();
    let listing = sent.iter().find(|it| it.url.path() == at).unwrap();
    let accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
    assert_eq!(listing.headers["accept"], accept);
}

/// The printer goes through the same client.
#[tokio::test]
async fn a_printed_secret_has_sizes_and_no_values() {
    let api = api_with_secrets().await;
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "shop"},
                        "type": "Opaque", "data": {"password": "aHVudGVyMg=="}});
    api.on("GET", "/api/v1/namespaces/shop/secrets/db", 200, secret)
        .await;
    let describe = ReadCommand::Describe(DescribeCommand {
        objects: words("secret", &["db"]),
        ..DescribeCommand::default()
    });
    let printed = api
        .cluster(ClusterMode::ReadOnly)
        .read(&describe, Timestamp(0))
        .await
        .unwrap();
    assert!(printed.stdout.contains("password:  7 bytes"), "{printed:?}");
    assert!(
        !printed.stdout.contains("hunter2") && !printed.stdout.contains("aHVu"),
        "{printed:?}"
    );
}

/// The owner of a kubeconfig sees what kubectl shows them.
#[tokio::test]
async fn the_owner_sees_the_values_of_secrets() {
    let api = api_with_secrets().await;
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "shop"},
                        "type": "Opaque", "data": {"password": "aHVudGVyMg=="}});
    api.on("GET", "/api/v1/namespaces/shop/secrets/db", 200, secret)
        .await;
    let get = ReadCommand::Get(Box::new(GetCommand {
        objects: words("secret", &["db"]),
        output: OutputFormat::JsonPath("{.data.password}".to_owned()),
        ..GetCommand::default()
    }));
    let read = TerminalCommand::Read(get);
    let printed = api.terminal().run(&read, &Files::new(), Timestamp(0)).await;
    assert_eq!(printed.unwrap().stdout, "aHVudGVyMg==");
}

fn words(resource: &str, names: &[&str]) -> ObjectWords {
    ObjectWords {
        resources: vec![ResourceWord(resource.to_owned())],
        names: names
            .iter()
            .map(|name| ObjectName::new(*name).unwrap())
            .collect(),
        pairs: Vec::new(),
    }
}
