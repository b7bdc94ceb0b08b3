//! Questions and commands, answered from the live demo cluster.

use serde_json::{Value, json};

use crate::support::{Client, TestApp, demo};

async fn ask(client: &Client, cluster: &str, message: &str) -> Value {
    let reply = client
        .post(
            &format!("/api/v1/clusters/{cluster}/chat"),
            &json!({"message": message}),
        )
        .await;
    assert_eq!(reply.status, 200, "{message}: {}", reply.text);
    reply.json()["message"].clone()
}

fn output(message: &Value) -> &str {
    let blocks = message["blocks"].as_array().unwrap();
    let output = blocks.iter().find(|block| block["block"] == "output");
    output.map_or("", |block| block["text"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_a_kubectl_command_with_kubectls_columns() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let pods = ask(&ada, &cluster, "kubectl get pods -n shop").await;
    assert!(output(&pods).starts_with("NAME "), "{pods}");
    assert!(output(&pods).contains("storefront-"));
    assert_eq!(pods["provenance"]["method"], "direct_command");
    let top = ask(&ada, &cluster, "kubectl top nodes").await;
    assert!(output(&top).contains("CPU(cores)"), "{top}");
    let missing = ask(&ada, &cluster, "kubectl get pod nothing -n shop").await;
    assert!(output(&missing).contains("NotFound"), "{missing}");
    assert_eq!(missing["provenance"]["success"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_the_reference_question_without_any_model() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let answer = ask(&ada, &cluster, "Show me pods with high CPU usage").await;
    assert_eq!(answer["provenance"]["method"], "built_in");
    assert_eq!(answer["provenance"]["success"], true);
    let blocks = answer["blocks"].as_array().unwrap();
    let has = |kind: &str| blocks.iter().any(|block| block["block"] == kind);
    assert!(has("text") && has("finding"), "{answer}");
    let tools = answer["provenance"]["tools"].as_array().unwrap();
    assert!(tools.contains(&json!("pods_top")), "{tools:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_typed_events_that_end_with_the_stored_answer() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let request = ada
        .request(
            reqwest::Method::POST,
            &format!("/api/v1/clusters/{cluster}/chat"),
        )
        .header("accept", "text/event-stream")
        .json(&json!({"message": "what is failing?"}));
    let reply = ada.send(request).await;
    assert_eq!(reply.header("content-type"), "text/event-stream");
    let names: Vec<_> = reply
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("event: "))
        .collect();
    assert_eq!(names.first(), Some(&"accepted"), "{}", reply.text);
    assert_eq!(names.last(), Some(&"done"), "{}", reply.text);
    assert!(names.contains(&"tool_call"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_a_plan_and_nothing_else() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let before = ask(
        &ada,
        &cluster,
        "kubectl get deploy storefront -n shop -o yaml",
    )
    .await;
    for message in [
        "kubectl scale deployment storefront -n shop --replicas=7",
        "scale storefront in shop to 7",
        "kubectl rollout restart deployment/storefront -n shop",
    ] {
        let answer = ask(&ada, &cluster, message).await;
        let blocks = answer["blocks"].as_array().unwrap();
        assert!(
            blocks.iter().any(|block| block["block"] == "plan"),
            "{message}: {answer}"
        );
    }
    let after = ask(
        &ada,
        &cluster,
        "kubectl get deploy storefront -n shop -o yaml",
    )
    .await;
    let spec = |message: &Value| {
        let text = output(message).to_owned();
        text.split("status:")
            .next()
            .unwrap()
            .lines()
            .filter(|line| !line.contains("resourceVersion"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(spec(&before), spec(&after));
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_shells_files_and_other_servers() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    for message in [
        "kubectl get pods; kubectl delete ns prod",
        "kubectl get pods | sh",
        "kubectl get pods $(id)",
        "kubectl get pods --server=https://evil.example",
        "kubectl apply -f /etc/passwd",
        "kubectl exec -it web -- sh",
        "kubectl delete ns kube-system",
    ] {
        let answer = ask(&ada, &cluster, message).await;
        let code = answer["error"]["code"].as_str().unwrap_or("none");
        assert!(
            matches!(code, "invalid" | "unsupported"),
            "{message}: {answer}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn never_shows_the_value_of_a_secret() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let kube = app.kube().await;
    let secrets: kube::Api<k8s_openapi::api::core::v1::Secret> =
        kube::Api::namespaced(kube, "shop");
    let canary = "canary-5f2a9c";
    let secret = serde_json::from_value(json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "canary"}, "stringData": {"key": canary}
    }))
    .unwrap();
    secrets
        .create(&kube::api::PostParams::default(), &secret)
        .await
        .unwrap();
    let encoded = "Y2FuYXJ5LTVmMmE5Yw";
    for message in [
        "kubectl get secret canary -n shop -o yaml",
        "kubectl get secrets -A -o json",
        "kubectl describe secret canary -n shop",
    ] {
        let answer = ask(&ada, &cluster, message).await.to_string();
        assert!(
            !answer.contains(canary) && !answer.contains(encoded),
            "{message}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_a_conversation_and_says_what_cannot_be_asked() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let path = format!("/api/v1/clusters/{cluster}/chat");
    let first = ada
        .post(&path, &json!({"message": "how many pods are there?"}))
        .await
        .json();
    let second = ada
        .post(
            &path,
            &json!({"message": "and nodes?", "conversation_id": first["conversation_id"]}),
        )
        .await
        .json();
    assert_eq!(first["conversation_id"], second["conversation_id"]);
    assert_eq!(ada.post(&path, &json!({"message": "  "})).await.status, 422);
    assert_eq!(
        ada.post(&path, &json!({"message": "x".repeat(40_000)}))
            .await
            .status,
        413
    );
    assert_eq!(ada.post(&path, &json!({"text": "x"})).await.status, 422);
    // The path the API had before.
    assert_eq!(
        ada.post(&format!("/api/chat/{cluster}"), &json!({"message": "help"}))
            .await
            .status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_too_much_is_told_when_to_ask_again() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let path = format!("/api/v1/clusters/{cluster}/chat");
    let question = json!({"message": "kubectl version"});
    for _ in 0..120 {
        assert_eq!(ada.post(&path, &question).await.status, 200);
    }
    let refused = ada.post(&path, &question).await;
    assert_eq!(refused.status, 429);
    let wait: u32 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
}

/// Asks one question after the other in one conversation; the last answer.
async fn converse(client: &Client, cluster: &str, questions: &[&str]) -> Value {
    let path = format!("/api/v1/clusters/{cluster}/chat");
    let mut last = Value::Null;
    for question in questions {
        let body = json!({"message": question, "conversation_id": last["conversation_id"]});
        let reply = client.post(&path, &body).await;
        assert_eq!(reply.status, 200, "{question}: {}", reply.text);
        last = reply.json();
    }
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_what_the_conversation_was_about() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let questions = ["tell me about storefront in shop", "scale it to 7"];
    let answer = converse(&ada, &cluster, &questions).await;
    let text = answer["response"].as_str().unwrap();
    assert!(
        text.contains("I took “it” to be shop/storefront."),
        "{text}"
    );
    assert!(text.contains("waits for your approval"), "{text}");
    let alone = converse(&ada, &cluster, &["scale it to 7"]).await;
    let text = alone["response"].as_str().unwrap();
    assert!(text.contains("I cannot tell what “it” is"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scaling_to_what_is_there_already_is_no_plan() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    let read = ask(
        &ada,
        &cluster,
        "kubectl get deploy storefront -n shop -o json",
    )
    .await;
    let object: Value = serde_json::from_str(output(&read)).unwrap();
    let replicas = &object["spec"]["replicas"];
    for message in [
        format!("kubectl scale deployment storefront -n shop --replicas={replicas}"),
        format!("scale storefront in shop to {replicas}"),
    ] {
        let answer = ask(&ada, &cluster, &message).await;
        let text = answer["text"].as_str().unwrap();
        assert!(
            text.contains(&format!("already has {replicas} replica")),
            "{message}: {text}"
        );
        assert!(
            !answer.to_string().contains(r#""block":"plan""#),
            "{message}: {answer}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_and_traffic_are_read_where_they_are() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let cluster = demo(&ada).await;
    for (question, part) in [
        ("which ports does shop/storefront expose?", "/TCP"),
        ("yaml of shop/storefront", "kind: Deployment"),
        ("network traffic of shop/storefront", "/s\t"),
        ("disk usage", "/s\t"),
    ] {
        let answer = ask(&ada, &cluster, question).await;
        let text = answer["text"].as_str().unwrap();
        assert!(text.contains(part), "{question}: {text}");
    }
}
