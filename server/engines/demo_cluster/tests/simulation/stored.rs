//! Objects nobody has written to yet are exactly what the API would store.

use std::sync::Arc;

use demo_cluster::{
    Cluster,
    api::{PatchType, Request, Verb},
    registry::{self, DEPLOYMENT, KindId, POD, REPLICA_SET, STATEFUL_SET, Subresource},
    value,
};
use serde_json::{Value, json};

use crate::common::{company, live, pods, ready, request};

fn patch(cluster: &mut Cluster, kind: KindId, object: &Value, body: Value) -> Value {
    let namespace = kind.spec().namespaced.then(|| value::namespace(object));
    let verb = Verb::Patch(PatchType::Merge);
    let request = Request {
        body: Some(body),
        ..request(verb, kind, namespace, Some(value::name(object)))
    };
    let answer = cluster.call(&request);
    answer.unwrap_or_else(|status| panic!("{}: {status:?}", value::name(object)))
}

fn note() -> Value {
    json!({"metadata": {"annotations": {"example.com/note": "checked"}}})
}

/// The object without what a new annotation may change; null and absent are the same to the API.
fn rest(object: &Value) -> Value {
    let mut rest = object.clone();
    value::drop_nulls(&mut rest);
    for field in ["annotations", "managedFields", "resourceVersion"] {
        value::remove(&mut rest, &["metadata", field]);
    }
    rest
}

fn names(cluster: &Cluster, kind: KindId, namespace: &str) -> Vec<String> {
    let objects = cluster.store().list(kind, Some(namespace));
    objects
        .map(|object| value::name(object).to_owned())
        .collect()
}

#[test]
fn an_annotation_changes_nothing_else_of_any_object() {
    let mut cluster = company();
    for (kind, spec) in registry::kinds() {
        let objects: Vec<Arc<Value>> = cluster.store().list(kind, None).cloned().collect();
        for object in &objects {
            let noted = patch(&mut cluster, kind, object, note());
            let at = format!("{} {}", spec.kind, value::name(object));
            let mut expected = rest(object);
            if kind == registry::DEPLOYMENT {
                // They alone count changes of their annotations.
                let generation = value::integer(object, "/metadata/generation").unwrap();
                expected["metadata"]["generation"] = json!(generation + 1);
            }
            assert_eq!(rest(&noted), expected, "{at}");
        }
    }
}

fn managers(object: &Value) -> Vec<(&str, &str)> {
    value::items(object, "/metadata/managedFields")
        .iter()
        .map(|it| (value::text(it, "/manager"), value::text(it, "/subresource")))
        .collect()
}

#[test]
fn every_object_says_who_wrote_it() {
    let mut cluster = company();
    for (kind, spec) in registry::kinds().filter(|(_, spec)| spec.stored) {
        let list = cluster
            .call(&request(Verb::List, kind, None, None))
            .unwrap();
        for object in value::items(&list, "/items") {
            // Of an account there is nothing but its name, which nobody owns.
            let is_hollow = kind == registry::SERVICE_ACCOUNT;
            let at = format!("{} {}", spec.kind, value::name(object));
            assert_eq!(managers(object).is_empty(), is_hollow, "{at}");
        }
    }
}

#[test]
fn an_autoscaler_owns_the_size_of_what_it_scales() {
    let mut cluster = company();
    let scaled = |cluster: &Cluster| {
        let deployments = cluster.store().list(DEPLOYMENT, None);
        let scaled = |it: &&Arc<Value>| {
            let scaler = ("kube-controller-manager", "scale");
            managers(it).contains(&scaler)
        };
        deployments.filter(scaled).map(Arc::clone).next()
    };
    for _ in 0..40 {
        if scaled(&cluster).is_some() {
            break;
        }
        live(&mut cluster, 1_800);
    }
    let deployment = scaled(&cluster).expect("the load of a day calls for other sizes");
    let config = json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": value::name(&deployment)}, "spec": {"replicas": 50}});
    let mut apply = Request {
        body: Some(config),
        ..request(
            Verb::Patch(PatchType::Apply),
            DEPLOYMENT,
            Some(value::namespace(&deployment)),
            Some(value::name(&deployment)),
        )
    };
    apply.options.field_manager = "somebody".to_owned();
    let refused = cluster.call(&apply).unwrap_err();
    let owner = r#"conflict with "kube-controller-manager" with subresource "scale" using apps/v1: .spec.replicas"#;
    assert!(refused.message().ends_with(owner), "{}", refused.message());
}

#[test]
fn an_annotated_deployment_keeps_its_replica_set_and_its_pods() {
    let mut cluster = company();
    let before = |cluster: &Cluster| {
        (
            names(cluster, REPLICA_SET, "shop"),
            names(cluster, POD, "shop"),
        )
    };
    let (sets, members) = before(&cluster);
    let objects: Vec<_> = cluster
        .store()
        .list(DEPLOYMENT, Some("shop"))
        .cloned()
        .collect();
    for deployment in objects {
        patch(&mut cluster, DEPLOYMENT, &deployment, note());
    }
    live(&mut cluster, 60);
    assert_eq!(before(&cluster), (sets, members));
}

#[test]
fn a_template_written_by_hand_is_the_same_revision_once_the_api_fills_it_in() {
    let mut cluster = company();
    let container = json!({"name": "web", "image": "nginx:1.27"});
    let mut bare = crate::common::deployment("bare", 1, container);
    bare["spec"]["template"]["metadata"]["creationTimestamp"] = Value::Null;
    crate::common::create(&mut cluster, DEPLOYMENT, bare.clone());
    live(&mut cluster, 30);
    let sets = names(&cluster, REPLICA_SET, "shop");
    patch(&mut cluster, DEPLOYMENT, &bare, note());
    live(&mut cluster, 30);
    assert_eq!(names(&cluster, REPLICA_SET, "shop"), sets);
}

#[test]
fn a_stateful_set_with_claims_scales_down_and_up() {
    let mut cluster = company();
    for replicas in [1, 3] {
        let scale = Request {
            subresource: Some(Subresource::Scale),
            body: Some(json!({"spec": {"replicas": replicas}})),
            ..request(
                Verb::Patch(PatchType::Merge),
                STATEFUL_SET,
                Some("data"),
                Some("postgres"),
            )
        };
        cluster.call(&scale).unwrap();
        live(&mut cluster, 200);
        assert_eq!(ready(&cluster, "data", "postgres-"), replicas);
    }
}

#[test]
fn a_stateful_set_with_claims_restarts_when_its_template_changes() {
    let mut cluster = company();
    let uids = |cluster: &Cluster| -> Vec<String> {
        let members = pods(cluster, "shop", "session-cache-");
        members
            .iter()
            .map(|pod| value::uid(pod).to_owned())
            .collect()
    };
    let before = uids(&cluster);
    let set = cluster
        .store()
        .get(STATEFUL_SET, "shop", "session-cache")
        .cloned()
        .unwrap();
    let stamp = json!({"kubectl.kubernetes.io/restartedAt": "2025-11-24T09:30:00Z"});
    let body = json!({"spec": {"template": {"metadata": {"annotations": stamp}}}});
    patch(&mut cluster, STATEFUL_SET, &set, body);
    live(&mut cluster, 200);
    let after = uids(&cluster);
    assert_eq!(after.len(), before.len());
    assert!(after.iter().all(|uid| !before.contains(uid)));
}
