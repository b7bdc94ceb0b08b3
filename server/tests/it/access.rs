//! Nobody gets in without being let in: every route without credentials, with too few, and with somebody else's ids.

use domain::account::Scope;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, TestApp, demo};

/// A path of the API with every placeholder filled.
fn filled(path: &str, id: &str) -> String {
    path.replace("{id}", id)
        .replace("{namespace}", "shop")
        .replace("{name}", "storefront")
}

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000001";

fn example(operation: &server::http::Operation) -> Value {
    operation.request.map_or_else(
        || json!({}),
        |body| serde_json::from_str(body.example).unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_asks_who_is_there() {
    let app = TestApp::start().await;
    let nobody = app.anonymous();
    for operation in server::http::operations() {
        for path in [Some(operation.path), operation.alias]
            .into_iter()
            .flatten()
        {
            let path = filled(path, UNKNOWN);
            let request = nobody
                .request(operation.method.clone(), &path)
                .json(&example(&operation));
            let reply = nobody.send(request).await;
            assert_eq!(reply.status, 401, "{} {path}", operation.method);
            assert_eq!(reply.json()["code"], "unauthenticated");
            assert!(!reply.json()["reference"].as_str().unwrap().is_empty());
        }
    }
    for path in server::http::streams()
        .iter()
        .map(|stream| filled(stream.path, UNKNOWN))
        .chain(["/metrics".to_owned()])
    {
        assert_eq!(nobody.get(&path).await.status, 401, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_no_token_even_beside_a_good_cookie() {
    let app = TestApp::start().await;
    let client = app
        .signed_in("ada")
        .await
        .with_token("ai4k8s_wrong".to_owned());
    assert_eq!(client.get("/api/v1/clusters").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_may_do_what_its_scopes_say() {
    let app = TestApp::start().await;
    let reader = app.token_with("reader", &[Scope::Read]).await;
    let cluster = demo(&reader).await;
    for operation in server::http::operations() {
        let path = filled(operation.path, &cluster);
        let request = reader
            .request(operation.method.clone(), &path)
            .json(&example(&operation));
        let status = reader.send(request).await.status;
        assert_eq!(
            status == 403,
            operation.scope != Scope::Read,
            "{} {path}: {status}",
            operation.method
        );
    }
}

/// Things that belong to one user.
struct Belongings {
    cluster: String,
    conversation: String,
    plan: String,
    job: String,
}

impl Belongings {
    async fn of(client: &Client) -> Self {
        let cluster = demo(client).await;
        let question = json!({"message": "kubectl scale deploy/storefront -n shop --replicas=4"});
        let asked = client
            .post(&format!("/api/v1/clusters/{cluster}/chat"), &question)
            .await
            .json();
        let blocks = asked["message"]["blocks"].as_array().unwrap();
        let plan = blocks.iter().find_map(|block| block["plan"].as_str());
        let enable = format!("/api/v1/clusters/{cluster}/autoscaling/predictive");
        let bounds = json!({"deployment": "storefront", "namespace": "shop", "min_replicas": 2, "max_replicas": 10});
        let job = client.post(&enable, &bounds).await.json();
        Self {
            conversation: asked["conversation_id"].as_str().unwrap().to_owned(),
            plan: plan.expect("a plan").to_owned(),
            job: job["job_id"].as_str().unwrap().to_owned(),
            cluster,
        }
    }

    /// Every route that leads to them without a body.
    fn routes(&self) -> Vec<(Method, String)> {
        let Self {
            cluster,
            conversation,
            plan,
            job,
        } = self;
        vec![
            (Method::GET, format!("/api/v1/plans/{plan}")),
            (Method::POST, format!("/api/v1/plans/{plan}/reject")),
            (Method::GET, format!("/api/v1/jobs/{job}")),
            (Method::GET, format!("/api/v1/jobs/{job}/events")),
            (Method::POST, format!("/api/v1/jobs/{job}/cancel")),
            (
                Method::GET,
                format!("/api/v1/conversations/{conversation}/events"),
            ),
            (Method::GET, format!("/api/v1/clusters/{cluster}")),
            (Method::DELETE, format!("/api/v1/clusters/{cluster}")),
            (Method::POST, format!("/api/v1/clusters/{cluster}/test")),
            (Method::GET, format!("/api/v1/clusters/{cluster}/overview")),
            (
                Method::GET,
                format!("/api/v1/clusters/{cluster}/overview/events"),
            ),
            (Method::GET, format!("/api/v1/clusters/{cluster}/workloads")),
            (
                Method::GET,
                format!("/api/v1/clusters/{cluster}/autoscaling"),
            ),
        ]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_somebody_elses_is_not_there() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.token("ada").await, app.token("eve").await);
    let own = demo(&eve).await;
    let hers = Belongings::of(&ada).await;
    assert_ne!(hers.cluster, own);
    for (method, path) in hers.routes() {
        let theirs = eve.send(eve.request(method.clone(), &path)).await;
        assert_eq!(theirs.status, 404, "{method} {path}: {}", theirs.text);
        assert_eq!(theirs.json()["code"], "not_found");
    }
    let plan = format!("/api/v1/plans/{}", hers.plan);
    let digest = ada.get(&plan).await.json()["digest"].clone();
    let approved = eve
        .post(&format!("{plan}/approve"), &json!({"digest": digest}))
        .await;
    assert_eq!(approved.status, 404);
    let chat = json!({"message": "what is failing?", "conversation_id": hers.conversation});
    let asked = eve
        .post(&format!("/api/v1/clusters/{own}/chat"), &chat)
        .await;
    assert_eq!(asked.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_cannot_be_are_not_there() {
    let app = TestApp::start().await;
    let client = app.token("ada").await;
    for path in [
        "/api/v1/clusters/1",
        "/api/v1/jobs/x",
        "/api/v1/plans/..%2f..",
        "/api/v1/nothing",
        "/api/fn/nothing",
    ] {
        let reply = client.get(path).await;
        assert!(
            matches!(reply.status, 404 | 405),
            "{path}: {}",
            reply.status
        );
    }
}
