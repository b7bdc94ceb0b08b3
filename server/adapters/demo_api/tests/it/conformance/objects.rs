//! Creating, replacing and deleting objects, and the refusals that go with it.

use k8s_openapi::api::{apps::v1::Deployment, core::v1::ConfigMap};
use kube::{
    Client, ResourceExt as _,
    api::{DeleteParams, ListParams, PostParams, Preconditions},
};
use serde_json::{Value, json};

use crate::support::{Scratch, config_map, deployment, object, refused};

pub(super) async fn creates_reads_replaces_and_deletes(client: Client) {
    let scratch = Scratch::new(client).await;
    let api = scratch.api::<ConfigMap>();
    let created: ConfigMap = scratch.create(config_map("settings", "old")).await;
    assert!(created.uid().is_some() && created.creation_timestamp().is_some());
    let mut read = api.get("settings").await.unwrap();
    assert_eq!(read.resource_version(), created.resource_version());
    read.data
        .as_mut()
        .unwrap()
        .insert("key".to_owned(), "new".to_owned());
    let replaced = api
        .replace("settings", &PostParams::default(), &read)
        .await
        .unwrap();
    assert_ne!(replaced.resource_version(), created.resource_version());
    assert_eq!(replaced.uid(), created.uid());
    api.delete("settings", &DeleteParams::default())
        .await
        .unwrap();
    assert_eq!(api.get_opt("settings").await.unwrap(), None);
    scratch.remove().await;
}

pub(super) async fn refuses_a_stale_replacement(client: Client) {
    let scratch = Scratch::new(client).await;
    let api = scratch.api::<ConfigMap>();
    let stale: ConfigMap = scratch.create(config_map("settings", "old")).await;
    let mut fresh = stale.clone();
    fresh
        .data
        .as_mut()
        .unwrap()
        .insert("key".to_owned(), "new".to_owned());
    api.replace("settings", &PostParams::default(), &fresh)
        .await
        .unwrap();
    let (code, reason, message) = refused(
        api.replace("settings", &PostParams::default(), &fresh)
            .await,
    );
    assert_eq!((code, reason.as_str()), (409, "Conflict"));
    assert!(
        message.contains("the object has been modified"),
        "{message}"
    );
    scratch.remove().await;
}

pub(super) async fn refuses_a_taken_name_and_a_missing_object(client: Client) {
    let scratch = Scratch::new(client).await;
    let api = scratch.api::<ConfigMap>();
    scratch
        .create::<ConfigMap>(config_map("settings", "x"))
        .await;
    let again = object(config_map("settings", "x"));
    let (code, reason, message) = refused(api.create(&PostParams::default(), &again).await);
    assert_eq!((code, reason.as_str()), (409, "AlreadyExists"));
    assert_eq!(message, r#"configmaps "settings" already exists"#);
    let (code, reason, message) = refused(api.get("none").await);
    assert_eq!((code, reason.as_str()), (404, "NotFound"));
    assert_eq!(message, r#"configmaps "none" not found"#);
    scratch.remove().await;
}

pub(super) async fn names_objects_by_prefix(client: Client) {
    let scratch = Scratch::new(client).await;
    let fields =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "job-"}});
    let first: ConfigMap = scratch.create(fields.clone()).await;
    let second: ConfigMap = scratch.create(fields).await;
    assert!(first.name_any().starts_with("job-"));
    assert_ne!(first.name_any(), second.name_any());
    scratch.remove().await;
}

pub(super) async fn leaves_nothing_after_a_dry_run(client: Client) {
    let scratch = Scratch::new(client).await;
    let api = scratch.api::<Deployment>();
    let dry = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    let answer = api
        .create(&dry, &object(deployment("web", 2)))
        .await
        .unwrap();
    assert_eq!(
        answer.spec.unwrap().revision_history_limit,
        Some(10),
        "defaults are filled in"
    );
    assert_eq!(api.get_opt("web").await.unwrap(), None);
    scratch.create::<Deployment>(deployment("web", 2)).await;
    api.delete("web", &DeleteParams::default().dry_run())
        .await
        .unwrap();
    assert!(api.get_opt("web").await.unwrap().is_some());
    scratch.remove().await;
}

pub(super) async fn refuses_unknown_fields_when_strict(client: Client) {
    let scratch = Scratch::new(client).await;
    let mut fields = deployment("web", 1);
    fields["spec"]["replicsa"] = json!(3);
    let path = format!(
        "/apis/apps/v1/namespaces/{}/deployments?fieldValidation=Strict",
        scratch.namespace
    );
    let request = http::Request::post(path).header("Content-Type", "application/json");
    let request = request.body(fields.to_string().into_bytes()).unwrap();
    let (code, _, message) = refused(scratch.client.request::<Value>(request).await);
    assert_eq!(code, 400);
    assert!(
        message.contains(r#"unknown field "spec.replicsa""#),
        "{message}"
    );
    scratch.remove().await;
}

pub(super) async fn names_every_invalid_field(client: Client) {
    let scratch = Scratch::new(client).await;
    let mut fields = deployment("web", 1);
    fields["spec"]["replicas"] = json!(-1);
    fields["spec"]["template"]["metadata"]["labels"] = json!({"app": "other"});
    let broken = object(fields);
    let answer = scratch
        .api::<Deployment>()
        .create(&PostParams::default(), &broken)
        .await;
    let (code, reason, message) = refused(answer);
    assert_eq!((code, reason.as_str()), (422, "Invalid"));
    for field in ["spec.replicas", "spec.template.metadata.labels"] {
        assert!(message.contains(field), "{message}");
    }
    scratch.remove().await;
}

pub(super) async fn deletes_by_label(client: Client) {
    let scratch = Scratch::new(client).await;
    let api = scratch.api::<ConfigMap>();
    for name in ["a", "b"] {
        scratch.create::<ConfigMap>(config_map(name, "x")).await;
    }
    let some = ListParams::default().labels("app=a");
    api.delete_collection(&DeleteParams::default(), &some)
        .await
        .unwrap();
    assert_eq!(api.get_opt("a").await.unwrap(), None);
    assert!(api.get_opt("b").await.unwrap().is_some());
    scratch.remove().await;
}

pub(super) async fn honours_preconditions_of_a_delete(client: Client) {
    let scratch = Scratch::new(client).await;
    let api = scratch.api::<ConfigMap>();
    scratch
        .create::<ConfigMap>(config_map("settings", "x"))
        .await;
    let parameters = DeleteParams::default().preconditions(Preconditions {
        uid: Some("another".to_owned()),
        resource_version: None,
    });
    let (code, ..) = refused(api.delete("settings", &parameters).await);
    assert_eq!(code, 409);
    scratch.remove().await;
}
