//! Predictive autoscaling from the request to the changed Deployment.

use domain::autoscaling::{CONFIG_ANNOTATION, ENABLED_ANNOTATION};
use k8s_openapi::api::apps::v1::Deployment;
use serde_json::{Value, json};

use crate::support::{Client, Frame, TestApp, demo};

async fn enable(client: &Client, cluster: &str, workload: &str) -> String {
    let wanted =
        json!({"deployment": workload, "namespace": "shop", "min_replicas": 2, "max_replicas": 10});
    let reply = client
        .post(
            &format!("/api/v1/clusters/{cluster}/autoscaling/predictive"),
            &wanted,
        )
        .await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    assert_eq!(reply.json()["status"], "processing");
    reply.json()["job_id"].as_str().unwrap().to_owned()
}

async fn deployment(app: &TestApp, name: &str) -> Deployment {
    let deployments: kube::Api<Deployment> = kube::Api::namespaced(app.kube().await, "shop");
    deployments.get(name).await.unwrap()
}

fn progress(frames: &[Frame]) -> Vec<u64> {
    frames
        .iter()
        .map(|frame| frame.data["progress"].as_u64().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn measures_forecasts_decides_annotates_and_scales() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let before = deployment(&app, "storefront")
        .await
        .spec
        .unwrap()
        .replicas
        .unwrap();
    let job = enable(&ada, &cluster, "storefront").await;
    let frames = ada
        .events(&format!("/api/v1/jobs/{job}/events"), None)
        .await;
    let percents = progress(&frames);
    for phase in [10, 30, 40, 60, 70, 90, 95, 100] {
        assert!(percents.contains(&phase), "{phase} in {percents:?}");
    }
    assert!(percents.is_sorted(), "{percents:?}");
    let ids: Vec<_> = frames.iter().map(|frame| frame.id.unwrap()).collect();
    assert_eq!(
        ids,
        (1..=ids.len() as u64).collect::<Vec<_>>(),
        "no gap, no repetition"
    );
    let result = ada.get(&format!("/api/v1/jobs/{job}")).await.json();
    assert_eq!(result["status"], "completed", "{result}");
    let outcome = &result["result"]["predictive_autoscaling"];
    assert_eq!(outcome["from"], before);
    assert_eq!(outcome["scaled"], true, "{outcome}");
    assert_eq!(outcome["decision"]["action"], "scale_up");
    let confidence = outcome["decision"]["confidence"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&confidence));
    let after = deployment(&app, "storefront").await;
    assert_eq!(
        i64::from(after.spec.unwrap().replicas.unwrap()),
        outcome["to"].as_i64().unwrap()
    );
    let annotations = after.metadata.annotations.unwrap();
    assert_eq!(annotations[ENABLED_ANNOTATION], "true");
    assert_eq!(annotations[CONFIG_ANNOTATION], r#"{"min":2,"max":10}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_event_stream_resumes_where_it_was_left() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let job = enable(&ada, &cluster, "storefront").await;
    let path = format!("/api/v1/jobs/{job}/events");
    let all = ada.events(&path, None).await;
    let rest = ada.events(&path, Some(3)).await;
    assert_eq!(rest, all[3..]);
    let nothing = ada.events(&path, Some(all.len() as u64)).await;
    assert_eq!(nothing, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn switching_off_takes_the_annotations_away_and_leaves_the_replicas() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let job = enable(&ada, &cluster, "storefront").await;
    ada.events(&format!("/api/v1/jobs/{job}/events"), None)
        .await;
    let scaled = deployment(&app, "storefront").await.spec.unwrap().replicas;
    let off = format!("/api/v1/clusters/{cluster}/autoscaling/predictive/shop/storefront");
    assert_eq!(ada.delete(&off).await.status, 204);
    let after = deployment(&app, "storefront").await;
    assert_eq!(after.spec.unwrap().replicas, scaled);
    let annotations = after.metadata.annotations.unwrap_or_default();
    assert!(
        !annotations.contains_key(ENABLED_ANNOTATION),
        "{annotations:?}"
    );
    assert!(!annotations.contains_key(CONFIG_ANNOTATION));
}

#[tokio::test(flavor = "multi_thread")]
async fn says_what_cannot_be_switched_on() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let path = format!("/api/v1/clusters/{cluster}/autoscaling/predictive");
    let of = |namespace: &str, name: &str, min: u32, max: u32| -> Value {
        json!({"deployment": name, "namespace": namespace, "min_replicas": min, "max_replicas": max})
    };
    for (body, status) in [
        (of("shop", "nothing", 2, 10), 404),
        (of("shop", "storefront", 5, 2), 422),
        (of("shop", "storefront", 0, 2), 422),
        (of("shop", "../storefront", 1, 2), 422),
        (of("kube-system", "coredns", 1, 2), 403),
        (of("shop", "checkout", 2, 4), 409),
    ] {
        let reply = ada.post(&path, &body).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.text);
    }
    // The same workload twice at the same time is one job.
    let first = enable(&ada, &cluster, "storefront").await;
    let second = ada.post(&path, &of("shop", "storefront", 2, 10)).await;
    assert!(matches!(second.status, 202 | 409), "{}", second.status);
    ada.events(&format!("/api/v1/jobs/{first}/events"), None)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_path_still_works() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let wanted = json!({"deployment": "storefront", "namespace": "shop", "min_replicas": 2, "max_replicas": 10});
    let reply = ada
        .post(
            &format!("/api/autoscaling/predictive/enable/{cluster}"),
            &wanted,
        )
        .await;
    assert_eq!(reply.status, 202);
    let job = reply.json()["job_id"].as_str().unwrap().to_owned();
    let frames = ada
        .events(&format!("/api/v1/jobs/{job}/events"), None)
        .await;
    assert_eq!(frames.last().unwrap().data["status"], "completed");
}
