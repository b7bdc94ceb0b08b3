//! The four ways to change part of an object.

use k8s_openapi::api::{apps::v1::Deployment, core::v1::ConfigMap};
use kube::{
    Client,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};

use crate::support::{Scratch, config_map, deployment, refused};

fn json_patch(operations: Value) -> Patch<ConfigMap> {
    Patch::Json(serde_json::from_value(operations).unwrap())
}

pub(super) async fn applies_json_patches(client: Client) {
    let scratch = Scratch::new(client).await;
    scratch
        .create::<ConfigMap>(config_map("settings", "old"))
        .await;
    let patch = json_patch(json!([
        {"op": "test", "path": "/data/key", "value": "old"},
        {"op": "replace", "path": "/data/key", "value": "new"},
        {"op": "add", "path": "/metadata/annotations", "value": {"a/b": "c"}},
    ]));
    let api = scratch.api::<ConfigMap>();
    let patched = api
        .patch("settings", &PatchParams::default(), &patch)
        .await
        .unwrap();
    assert_eq!(patched.data.unwrap()["key"], "new");
    assert_eq!(patched.metadata.annotations.unwrap()["a/b"], "c");
    scratch.remove().await;
}

pub(super) async fn refuses_a_failed_test(client: Client) {
    let scratch = Scratch::new(client).await;
    scratch
        .create::<ConfigMap>(config_map("settings", "old"))
        .await;
    let patch = json_patch(json!([{"op": "test", "path": "/data/key", "value": "other"}]));
    let api = scratch.api::<ConfigMap>();
    let (code, ..) = refused(api.patch("settings", &PatchParams::default(), &patch).await);
    assert_eq!(code, 422);
    scratch.remove().await;
}

pub(super) async fn applies_merge_patches(client: Client) {
    let scratch = Scratch::new(client).await;
    scratch
        .create::<ConfigMap>(config_map("settings", "old"))
        .await;
    let patch = Patch::Merge(json!({"data": {"key": null, "other": "x"}}));
    let api = scratch.api::<ConfigMap>();
    let patched = api
        .patch("settings", &PatchParams::default(), &patch)
        .await
        .unwrap();
    let data = patched.data.unwrap();
    assert_eq!(data.len(), 1);
    assert_eq!(data["other"], "x");
    scratch.remove().await;
}

pub(super) async fn applies_strategic_patches_by_merge_key(client: Client) {
    let scratch = Scratch::new(client).await;
    scratch.create::<Deployment>(deployment("web", 1)).await;
    let api = scratch.api::<Deployment>();
    let patch = Patch::Strategic(json!({"spec": {"template": {"spec": {"containers": [
        {"name": "web", "env": [{"name": "A", "value": "1"}]},
        {"name": "sidecar", "image": "busybox:1.36"},
    ]}}}}));
    let patched = api
        .patch("web", &PatchParams::default(), &patch)
        .await
        .unwrap();
    let containers = patched.spec.unwrap().template.spec.unwrap().containers;
    assert_eq!(containers.len(), 2);
    let web = containers.iter().find(|it| it.name == "web").unwrap();
    assert_eq!(web.image.as_deref(), Some("nginx:1.27"));
    assert_eq!(web.env.as_ref().unwrap()[0].name, "A");
    scratch.remove().await;
}

pub(super) async fn applies_server_side_and_guards_owners(client: Client) {
    let scratch = Scratch::new(client).await;
    let api = scratch.api::<Deployment>();
    let own = PatchParams::apply("alice");
    let first = api
        .patch("web", &own, &Patch::Apply(deployment("web", 2)))
        .await
        .unwrap();
    let managers = first.metadata.managed_fields.unwrap();
    assert_eq!(managers[0].manager.as_deref(), Some("alice"));
    assert_eq!(managers[0].operation.as_deref(), Some("Apply"));

    let theirs = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 5},
    });
    let other = PatchParams::apply("bob");
    let (code, _, message) = refused(api.patch("web", &other, &Patch::Apply(&theirs)).await);
    assert_eq!(code, 409);
    assert!(message.contains(r#"conflict with "alice""#), "{message}");
    let forced = api
        .patch("web", &other.force(), &Patch::Apply(&theirs))
        .await
        .unwrap();
    assert_eq!(forced.spec.unwrap().replicas, Some(5));
    scratch.remove().await;
}
