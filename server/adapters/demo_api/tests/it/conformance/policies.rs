//! What a namespace allows, and what definitions add to the API.

use std::time::Duration;

use k8s_openapi::{
    api::{
        apps::v1::{Deployment, ReplicaSet},
        core::v1::{LimitRange, Pod, ResourceQuota, Secret, ServiceAccount},
        policy::v1::PodDisruptionBudget,
    },
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, Client, ResourceExt as _,
    api::{
        ApiResource, DeleteParams, DynamicObject, EvictParams, ListParams, Patch, PatchParams,
        PostParams,
    },
    core::GroupVersionKind,
    runtime::conditions,
};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::workloads::{pods, rolled_out};
use crate::support::{Scratch, client_without_retries, object, refused, wait_for};

fn secret(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": {"word": "sesame"}})
}

pub(super) async fn refuses_what_exceeds_a_quota(client: Client) {
    let scratch = Scratch::new(client).await;
    scratch
        .create::<ResourceQuota>(json!({
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"},
            "spec": {"hard": {"count/secrets": "1"}},
        }))
        .await;
    let is_counted = |quota: Option<&ResourceQuota>| {
        quota.is_some_and(|it| {
            it.status
                .as_ref()
                .is_some_and(|status| status.used.is_some())
        })
    };
    wait_for(scratch.api(), "few", is_counted).await;
    scratch.create::<Secret>(secret("first")).await;
    let second = object(secret("second"));
    let api = scratch.api::<Secret>();
    let (code, reason, message) = refused(api.create(&PostParams::default(), &second).await);
    assert_eq!((code, reason.as_str()), (403, "Forbidden"));
    assert_eq!(
        message,
        "secrets \"second\" is forbidden: exceeded quota: few, requested: count/secrets=1, used: count/secrets=1, limited: count/secrets=1"
    );
    scratch.remove().await;
}

pub(super) async fn gives_containers_the_defaults_of_a_range(client: Client) {
    let scratch = Scratch::new(client).await;
    wait_for(
        scratch.api::<ServiceAccount>(),
        "default",
        |it: Option<&ServiceAccount>| it.is_some(),
    )
    .await;
    scratch
        .create::<LimitRange>(json!({
            "apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "sizes"},
            "spec": {"limits": [{"type": "Container", "max": {"cpu": "1"}, "default": {"cpu": "200m"}}]},
        }))
        .await;
    let pod = |cpu: Option<&str>| {
        let limits = cpu.map(|cpu| json!({"limits": {"cpu": cpu}}));
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
            "spec": {"containers": [{"name": "web", "image": "nginx:1.27", "resources": limits.unwrap_or(json!({}))}]}})
    };
    let api = scratch.api::<Pod>();
    let large: Pod = object(pod(Some("2")));
    let (code, _, message) = refused(api.create(&PostParams::default(), &large).await);
    assert_eq!(code, 403);
    assert_eq!(
        message,
        "pods \"web\" is forbidden: maximum cpu usage per Container is 1, but limit is 2"
    );
    let created: Pod = scratch.create(pod(None)).await;
    let resources = created.spec.unwrap().containers[0]
        .resources
        .clone()
        .unwrap();
    assert_eq!(resources.limits.unwrap()["cpu"].0, "200m");
    assert_eq!(resources.requests.unwrap()["cpu"].0, "200m");
    scratch.remove().await;
}

pub(super) async fn evicts_only_what_a_disruption_budget_allows(client: Client) {
    let scratch = Scratch::new(client).await;
    rolled_out(&scratch, "web", 2).await;
    scratch
        .create::<PodDisruptionBudget>(json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"},
            "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}},
        }))
        .await;
    let allows = |count: i32| {
        move |budget: Option<&PodDisruptionBudget>| {
            let status = budget.and_then(|it| it.status.as_ref());
            status.is_some_and(|it| {
                it.current_healthy == 2
                    && it.disruptions_allowed == count
                    && it.observed_generation == budget.and_then(|it| it.metadata.generation)
            })
        }
    };
    wait_for(scratch.api(), "web", allows(0)).await;
    let (api, pod) = (scratch.api::<Pod>(), pods(&scratch).await.remove(0));
    let impatient = Api::<Pod>::namespaced(client_without_retries().await, &scratch.namespace);
    let evicted = impatient
        .evict(&pod.name_any(), &EvictParams::default())
        .await;
    let (code, reason, message) = refused(evicted);
    assert_eq!((code, reason.as_str()), (429, "TooManyRequests"));
    assert_eq!(
        message,
        "Cannot evict pod as it would violate the pod's disruption budget."
    );
    let fewer = Patch::Merge(json!({"spec": {"minAvailable": 1}}));
    scratch
        .api::<PodDisruptionBudget>()
        .patch("web", &PatchParams::default(), &fewer)
        .await
        .unwrap();
    wait_for(scratch.api(), "web", allows(1)).await;
    api.evict(&pod.name_any(), &EvictParams::default())
        .await
        .unwrap();
    let uid = pod.uid().unwrap();
    wait_for(api, &pod.name_any(), conditions::is_deleted(&uid)).await;
    scratch.remove().await;
}

pub(super) async fn leaves_dependents_that_are_orphaned(client: Client) {
    let scratch = Scratch::new(client).await;
    rolled_out(&scratch, "web", 1).await;
    let api = scratch.api::<Deployment>();
    let uid = api.get("web").await.unwrap().uid().unwrap();
    api.delete("web", &DeleteParams::orphan()).await.unwrap();
    wait_for(api, "web", conditions::is_deleted(&uid)).await;
    let sets = scratch.api::<ReplicaSet>();
    let sets = sets.list(&ListParams::default()).await.unwrap().items;
    assert_eq!(sets.len(), 1);
    assert_eq!(sets[0].owner_references(), []);
    scratch.remove().await;
}

/// A definition of ships in a group of the scratch namespace's own.
fn ships(group: &str) -> Value {
    let schema = json!({"type": "object", "properties": {"spec": {
        "type": "object", "required": ["crew"],
        "properties": {"crew": {"type": "integer", "minimum": 1}, "flag": {"type": "string", "default": "none"}},
    }}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("ships.{group}")},
        "spec": {
            "group": group, "scope": "Namespaced", "names": {"plural": "ships", "singular": "ship", "kind": "Ship"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}],
        },
    })
}

pub(super) async fn serves_the_kinds_of_definitions(client: Client) {
    let scratch = Scratch::new(client.clone()).await;
    let group = format!("{}.example", scratch.namespace);
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let name = format!("ships.{group}");
    definitions
        .create(&PostParams::default(), &object(ships(&group)))
        .await
        .unwrap();
    wait_for(definitions.clone(), &name, conditions::is_crd_established()).await;
    let kind = GroupVersionKind::gvk(&group, "v1", "Ship");
    let resource = ApiResource::from_gvk_with_plural(&kind, "ships");
    let api: Api<DynamicObject> = Api::namespaced_with(client, &scratch.namespace, &resource);
    let ship = |crew: Value| {
        DynamicObject::new("argo", &resource).data(json!({"spec": {"crew": crew, "sails": 2}}))
    };
    // A real API server takes a moment to serve what it has accepted.
    let mut created = api.create(&PostParams::default(), &ship(json!(50))).await;
    for _ in 0..20 {
        if created.is_ok() {
            break;
        }
        sleep(Duration::from_millis(500)).await;
        created = api.create(&PostParams::default(), &ship(json!(50))).await;
    }
    let created = created.unwrap();
    assert_eq!(created.data["spec"], json!({"crew": 50, "flag": "none"}));
    api.delete("argo", &DeleteParams::default()).await.unwrap();
    let (code, reason, message) =
        refused(api.create(&PostParams::default(), &ship(json!(0))).await);
    assert_eq!((code, reason.as_str()), (422, "Invalid"));
    assert!(
        message.contains("spec.crew in body should be greater than or equal to 1"),
        "{message}"
    );
    definitions
        .delete(&name, &DeleteParams::default())
        .await
        .unwrap();
    scratch.remove().await;
}
