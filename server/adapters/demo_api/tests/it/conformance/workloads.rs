//! What the controllers make of workloads.

use k8s_openapi::api::{
    apps::v1::{Deployment, ReplicaSet},
    core::v1::{Endpoints, Event, Pod, Service},
};
use kube::{
    Api, Client, ResourceExt as _,
    api::{DeleteParams, EvictParams, ListParams, LogParams, Patch, PatchParams},
    runtime::conditions,
};
use serde_json::{Value, json};

use crate::support::{Scratch, deployment, refused, wait_for};

/// Whether `replicas` pods are ready and none is more or older.
fn has_ready(replicas: i32) -> impl Fn(Option<&Deployment>) -> bool {
    move |deployment| {
        deployment
            .and_then(|it| it.status.as_ref())
            .is_some_and(|status| {
                status.ready_replicas.unwrap_or(0) == replicas
                    && status.updated_replicas.unwrap_or(0) == replicas
                    && status.replicas.unwrap_or(0) == replicas
            })
    }
}

pub(super) async fn rolled_out(scratch: &Scratch, name: &str, replicas: u32) -> Deployment {
    scratch
        .create::<Deployment>(deployment(name, replicas))
        .await;
    let ready = has_ready(i32::try_from(replicas).unwrap());
    wait_for(scratch.api(), name, ready).await.unwrap()
}

pub(super) async fn pods(scratch: &Scratch) -> Vec<Pod> {
    scratch
        .api::<Pod>()
        .list(&ListParams::default())
        .await
        .unwrap()
        .items
}

pub(super) async fn rolls_out_until_ready(client: Client) {
    let scratch = Scratch::new(client).await;
    rolled_out(&scratch, "web", 3).await;
    let patch = Patch::Strategic(json!({"spec": {"template": {"spec": {"containers": [
        {"name": "web", "image": "nginx:1.28"},
    ]}}}}));
    let api = scratch.api::<Deployment>();
    api.patch("web", &PatchParams::default(), &patch)
        .await
        .unwrap();
    let updated = |deployment: Option<&Deployment>| {
        let generation = deployment.and_then(|it| it.metadata.generation);
        let observed = deployment.and_then(|it| it.status.as_ref()?.observed_generation);
        generation == observed && has_ready(3)(deployment)
    };
    wait_for(api, "web", updated).await;
    let sets = scratch
        .api::<ReplicaSet>()
        .list(&ListParams::default())
        .await
        .unwrap();
    assert_eq!(sets.items.len(), 2, "the old set is kept for a rollback");
    for pod in pods(&scratch)
        .await
        .iter()
        .filter(|it| it.metadata.deletion_timestamp.is_none())
    {
        assert_eq!(
            pod.spec.as_ref().unwrap().containers[0].image.as_deref(),
            Some("nginx:1.28")
        );
    }
    scratch.remove().await;
}

pub(super) async fn scales_by_subresource(client: Client) {
    let scratch = Scratch::new(client).await;
    rolled_out(&scratch, "web", 1).await;
    let api = scratch.api::<Deployment>();
    let scale = api.get_scale("web").await.unwrap();
    assert_eq!(scale.spec.unwrap().replicas, Some(1));
    let patch = Patch::Merge(json!({"spec": {"replicas": 3}}));
    api.patch_scale("web", &PatchParams::default(), &patch)
        .await
        .unwrap();
    wait_for(api.clone(), "web", has_ready(3)).await;
    let scale = api.get_scale("web").await.unwrap();
    assert_eq!(scale.status.unwrap().replicas, 3);
    scratch.remove().await;
}

pub(super) async fn shows_logs(client: Client) {
    let scratch = Scratch::new(client).await;
    rolled_out(&scratch, "web", 1).await;
    let name = pods(&scratch).await[0].name_any();
    let api = scratch.api::<Pod>();
    let all = api.logs(&name, &LogParams::default()).await.unwrap();
    assert!(!all.is_empty());
    let parameters = LogParams {
        tail_lines: Some(1),
        timestamps: true,
        ..LogParams::default()
    };
    let last = api.logs(&name, &parameters).await.unwrap();
    assert_eq!(last.lines().count(), 1);
    let (time, _) = last.split_once(' ').unwrap();
    assert!(time.ends_with('Z') && time.contains('T'), "{last}");
    let none = LogParams {
        container: Some("none".to_owned()),
        ..LogParams::default()
    };
    let (code, ..) = crate::support::refused(api.logs(&name, &none).await);
    assert_eq!(code, 400);
    scratch.remove().await;
}

pub(super) async fn collects_what_an_owner_leaves(client: Client) {
    let scratch = Scratch::new(client).await;
    rolled_out(&scratch, "web", 2).await;
    let pod = pods(&scratch).await.remove(0);
    let api = scratch.api::<Deployment>();
    api.delete("web", &DeleteParams::background())
        .await
        .unwrap();
    let uid = pod.uid().unwrap();
    wait_for(
        scratch.api::<Pod>(),
        &pod.name_any(),
        conditions::is_deleted(&uid),
    )
    .await;
    scratch.remove().await;
}

pub(super) async fn leaves_pods_pending_that_do_not_fit(client: Client) {
    let scratch = Scratch::new(client).await;
    let pod: Pod = scratch
        .create(json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "giant"},
            "spec": {"containers": [{
                "name": "giant", "image": "nginx:1.27", "resources": {"requests": {"cpu": "1000"}},
            }]},
        }))
        .await;
    let unschedulable = |pod: Option<&Pod>| {
        let conditions = pod.and_then(|it| it.status.as_ref()?.conditions.as_ref());
        conditions
            .into_iter()
            .flatten()
            .any(|it| it.type_ == "PodScheduled" && it.reason.as_deref() == Some("Unschedulable"))
    };
    let pending = wait_for(scratch.api::<Pod>(), &pod.name_any(), unschedulable)
        .await
        .unwrap();
    assert_eq!(pending.status.unwrap().phase.as_deref(), Some("Pending"));
    let events: Api<Event> = scratch.api();
    let about = ListParams::default().fields("involvedObject.name=giant,reason=FailedScheduling");
    let events = events.list(&about).await.unwrap();
    assert!(
        events
            .items
            .iter()
            .any(|it| it.message.as_ref().unwrap().contains("Insufficient cpu"))
    );
    scratch.remove().await;
}

pub(super) async fn evicts_pods(client: Client) {
    let scratch = Scratch::new(client).await;
    rolled_out(&scratch, "web", 1).await;
    let pod = pods(&scratch).await.remove(0);
    let api = scratch.api::<Pod>();
    api.evict(&pod.name_any(), &EvictParams::default())
        .await
        .unwrap();
    let uid = pod.uid().unwrap();
    wait_for(api, &pod.name_any(), conditions::is_deleted(&uid)).await;
    scratch.remove().await;
}

/// Asks for an eviction with `options` in its body, as `kubectl drain` does.
async fn evict(scratch: &Scratch, pod: &str, options: Value) -> kube::Result<Value> {
    let (version, namespace) = ("policy/v1", &scratch.namespace);
    let eviction = json!({
        "apiVersion": version, "kind": "Eviction",
        "metadata": {"name": pod, "namespace": namespace}, "deleteOptions": options,
    });
    let request = http::Request::post(format!(
        "/api/v1/namespaces/{namespace}/pods/{pod}/eviction"
    ))
    .header("Content-Type", "application/json")
    .body(eviction.to_string().into_bytes())
    .unwrap();
    scratch.client.request(request).await
}

pub(super) async fn honours_the_delete_options_of_an_eviction(client: Client) {
    let scratch = Scratch::new(client).await;
    rolled_out(&scratch, "web", 1).await;
    let (api, pod) = (scratch.api::<Pod>(), pods(&scratch).await.remove(0));
    let name = pod.name_any();
    evict(&scratch, &name, json!({"dryRun": ["All"]}))
        .await
        .unwrap();
    let spared = api.get(&name).await.unwrap();
    assert_eq!(spared.metadata.deletion_timestamp, None);
    let other = json!({"preconditions": {"uid": "00000000-0000-4000-8000-000000000000"}});
    let (code, reason, _) = refused(evict(&scratch, &name, other).await);
    assert_eq!((code, reason.as_str()), (409, "Conflict"));
    let options = json!({"gracePeriodSeconds": 0, "preconditions": {"uid": pod.uid()}});
    evict(&scratch, &name, options).await.unwrap();
    assert!(api.get_opt(&name).await.unwrap().is_none());
    scratch.remove().await;
}

pub(super) async fn keeps_a_service_pointed_at_ready_pods(client: Client) {
    let scratch = Scratch::new(client).await;
    scratch
        .create::<Service>(json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
        }))
        .await;
    rolled_out(&scratch, "web", 2).await;
    let has_two = |endpoints: Option<&Endpoints>| {
        let subsets = endpoints
            .and_then(|it| it.subsets.as_ref())
            .into_iter()
            .flatten();
        subsets.flat_map(|it| it.addresses.iter().flatten()).count() == 2
    };
    wait_for(scratch.api::<Endpoints>(), "web", has_two).await;
    scratch.remove().await;
}
