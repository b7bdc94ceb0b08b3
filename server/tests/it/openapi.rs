//! The API is what its description says: every example, every answer of the main ways through it, every route.

use std::{collections::BTreeSet, path::Path};

use domain::account::Scope;
use serde_json::{Value, json};

use crate::support::{Client, Reply, TestApp, demo, schema};

/// The document, to hold answers against.
struct Described(Value);

impl Described {
    async fn by(client: &Client) -> Self {
        Self(client.get("/api/openapi.json").await.json())
    }

    /// What is said about an answer of `path` (with placeholders) with a status.
    fn response(&self, method: &str, path: &str, status: u16) -> &Value {
        let response = &self.0["paths"][path][method]["responses"][status.to_string()];
        assert!(
            response.is_object(),
            "{method} {path} says nothing about {status}"
        );
        response
    }

    #[track_caller]
    fn check(&self, (method, path): (&str, &str), reply: &Reply) -> Value {
        let response = self.response(method, path, reply.status);
        let content = &response["content"]["application/json"];
        if content.is_null() {
            assert_eq!(reply.text, "", "{method} {path}");
            return Value::Null;
        }
        let body = reply.json();
        if let Err(why) = schema::check(&self.0, &content["schema"], &body) {
            panic!("{method} {path} {}: {why}", reply.status);
        }
        if reply.status >= 400 {
            let codes = content["examples"].as_object().unwrap();
            let code = body["code"].as_str().unwrap();
            assert!(
                codes.contains_key(code),
                "{method} {path} {}: {code}",
                reply.status
            );
        }
        body
    }
}

/// Everything with a schema and an example beside it, anywhere in the document.
fn examples<'a>(at: &'a Value, found: &mut Vec<(&'a Value, &'a Value)>) {
    if let Some(schema) = at.get("schema") {
        found.extend(at.get("example").map(|example| (schema, example)));
        let named = at
            .get("examples")
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        found.extend(named.map(|(_, example)| (schema, &example["value"])));
    }
    match at {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !["schema", "example", "examples"].contains(&name.as_str()))
            .for_each(|(_, inner)| examples(inner, found)),
        Value::Array(items) => items.iter().for_each(|inner| examples(inner, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_satisfies_its_schema() {
    let app = TestApp::with(|config| config.demo.enabled = false).await;
    let document = Described::by(&app.anonymous()).await.0;
    let mut found = Vec::new();
    examples(&document["paths"], &mut found);
    assert!(found.len() > 100, "{}", found.len());
    for (schema, example) in found {
        // A pattern is for the reader; names are checked by the server.
        let mut schema = schema.clone();
        if let Some(fields) = schema.as_object_mut() {
            fields.retain(|keyword, _| {
                !["pattern", "minLength", "maxLength"].contains(&keyword.as_str())
            });
        }
        if let Err(why) = schema::check(&document, &schema, example) {
            panic!("{why} in {example}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_at_a_cluster_is_answered_as_described() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let described = Described::by(&ada).await;
    let id = demo(&ada).await;
    for path in [
        "/api/v1/clusters",
        "/api/v1/clusters/{id}",
        "/api/v1/clusters/{id}/overview",
        "/api/v1/clusters/{id}/workloads",
        "/api/v1/clusters/{id}/autoscaling",
    ] {
        let reply = ada.get(&path.replace("{id}", &id)).await;
        assert_eq!(reply.status, 200);
        described.check(("get", path), &reply);
    }
    let path = "/api/v1/clusters/{id}/test";
    let reply = ada.post(&path.replace("{id}", &id), &json!({})).await;
    described.check(("post", path), &reply);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_a_plan_and_its_approval_are_answered_as_described() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let described = Described::by(&ada).await;
    let id = demo(&ada).await;
    let ask = ("post", "/api/v1/clusters/{id}/chat");
    let asking = ask.1.replace("{id}", &id);
    let question = |text: &str| json!({ "message": text });
    for text in [
        "What needs attention?",
        "kubectl get pods -A",
        "kubectl exec -it a -- sh",
    ] {
        described.check(ask, &ada.post(&asking, &question(text)).await);
    }
    let scaling = question("kubectl scale deployment storefront --replicas=4 -n shop");
    let answer = described.check(ask, &ada.post(&asking, &scaling).await);
    let blocks = answer["message"]["blocks"].as_array().unwrap();
    let plan = blocks
        .iter()
        .find(|block| block["block"] == "plan")
        .unwrap();
    let plan = plan["plan"].as_str().unwrap();
    let reading = ("get", "/api/v1/plans/{id}");
    let read = described.check(reading, &ada.get(&reading.1.replace("{id}", plan)).await);
    let approving = ("post", "/api/v1/plans/{id}/approve");
    let approve = approving.1.replace("{id}", plan);
    let wrong = ada.post(&approve, &json!({ "digest": "00" })).await;
    assert_eq!(wrong.status, 409);
    described.check(approving, &wrong);
    let right = ada
        .post(&approve, &json!({ "digest": read["digest"] }))
        .await;
    assert_eq!(right.status, 200, "{}", right.text);
    described.check(approving, &right);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_and_its_events_are_as_described() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let described = Described::by(&ada).await;
    let id = demo(&ada).await;
    let enable = ("post", "/api/v1/clusters/{id}/autoscaling/predictive");
    let wanted = json!({"deployment": "storefront", "namespace": "shop", "min_replicas": 2, "max_replicas": 10});
    let started = ada.post(&enable.1.replace("{id}", &id), &wanted).await;
    let job = described.check(enable, &started)["job_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let watch = "/api/v1/jobs/{id}/events";
    let events = ada.events(&watch.replace("{id}", &job), None).await;
    let stream = &described.response("get", watch, 200)["content"]["text/event-stream"];
    let kinds = stream["x-events"].as_array().unwrap();
    for event in events {
        let kind = kinds
            .iter()
            .find(|kind| kind["event"] == event.event.as_str());
        let kind = kind.unwrap_or_else(|| panic!("{} is not described", event.event));
        schema::check(&described.0, &kind["schema"], &event.data).unwrap();
    }
    let reading = ("get", "/api/v1/jobs/{id}");
    described.check(reading, &ada.get(&reading.1.replace("{id}", &job)).await);
    let fleet = ("get", "/api/v1/clusters/{id}/autoscaling");
    let rows = described.check(fleet, &ada.get(&fleet.1.replace("{id}", &id)).await);
    let rows = rows.as_array().unwrap();
    let row = rows.iter().find(|row| row["name"] == "storefront").unwrap();
    assert_eq!(row["last_decision"]["job"], job.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_as_described() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let described = Described::by(&ada).await;
    let id = demo(&ada).await;
    let reader = app.token_with("reader", &[Scope::Read]).await;
    let clusters = ("get", "/api/v1/clusters");
    described.check(clusters, &app.anonymous().get(clusters.1).await);
    let add = ("post", "/api/v1/clusters");
    let kubeconfig =
        json!({"name": "x", "kubeconfig": "users: [{name: a, user: {exec: {command: sh}}}]"});
    for (client, body) in [
        (&reader, &kubeconfig),
        (&ada, &kubeconfig),
        (&ada, &json!({"name": "x"})),
        (
            &ada,
            &json!({"name": "x", "kubeconfig": "", "mode": "yolo"}),
        ),
    ] {
        let reply = client.post(add.1, body).await;
        assert!(reply.status >= 400);
        described.check(add, &reply);
    }
    let enable = ("post", "/api/v1/clusters/{id}/autoscaling/predictive");
    for name in ["nothing", "../up"] {
        let body =
            json!({"deployment": name, "namespace": "shop", "min_replicas": 2, "max_replicas": 10});
        described.check(
            enable,
            &ada.post(&enable.1.replace("{id}", &id), &body).await,
        );
    }
}

/// Routes of the server that are no part of the API: pages, server functions, health.
const NOT_API: [&str; 7] = [
    "/add_server",
    "/server/{id}",
    "/clusters/upload",
    "/healthz",
    "/readyz",
    "/metrics",
    "/pkg/{file}",
];

/// String literals given to `.route(` anywhere in the web server's source.
fn routes_in(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            routes_in(&path, found);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for call in text.split(".route(").skip(1) {
            if let Some(literal) = call.trim_start().strip_prefix('"') {
                found.insert(literal.split('"').next().unwrap().to_owned());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_of_the_api_is_undocumented() {
    let app = TestApp::with(|config| config.demo.enabled = false).await;
    let document = Described::by(&app.anonymous()).await.0;
    let mut routes = BTreeSet::new();
    routes_in(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http"),
        &mut routes,
    );
    assert!(routes.contains("/api/openapi.json"), "{routes:?}");
    for route in routes
        .iter()
        .filter(|route| !NOT_API.contains(&route.as_str()))
    {
        assert!(document["paths"][route].is_object(), "{route}");
    }
    for stream in server::http::streams() {
        assert!(
            document["paths"][stream.path]["get"].is_object(),
            "{}",
            stream.path
        );
    }
}
