//! Endpoint slices: for each service the addresses of its pods with their conditions, in pieces.
//!
//! Source: Kubernetes documentation, "EndpointSlices"; names, labels and owner are those that the
//! controller of `k8s.io/endpointslice` writes.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{endpoints, pods};
use crate::{
    registry, value,
    world::{World, selects},
};

/// Endpoints in one slice (`--max-endpoints-per-slice`).
const LARGEST: usize = 100;
/// Marks the slices that this controller keeps; others belong to whoever wrote them.
const MANAGER: (&str, &str) = (
    "endpointslice.kubernetes.io/managed-by",
    "endpointslice-controller.k8s.io",
);
/// The label that says whose endpoints a slice holds.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// Brings the slices of a service with a selector up to date.
pub(super) fn reconcile(world: &mut World, service: &Value) {
    let (namespace, name) = (value::namespace(service), value::name(service));
    let mut present = kept(world, namespace, name).into_iter();
    for slice in slices(world, service) {
        match present.next() {
            Some(old) => replace(world, &old, &slice),
            None => add(world, service, slice),
        }
    }
    for surplus in present {
        remove(world, &surplus);
    }
}

/// Removes the slices of a service that is gone.
pub(super) fn forget(world: &mut World, namespace: &str, service: &str) {
    for slice in kept(world, namespace, service) {
        remove(world, &slice);
    }
}

/// The slices this controller keeps for a service, by name.
fn kept(world: &World, namespace: &str, service: &str) -> Vec<Arc<Value>> {
    let is_ours = |slice: &&Arc<Value>| {
        let labels = &slice["metadata"]["labels"];
        labels[SERVICE_NAME] == service && labels[MANAGER.0] == MANAGER.1
    };
    world
        .store
        .list(registry::ENDPOINT_SLICE, Some(namespace))
        .filter(is_ours)
        .cloned()
        .collect()
}

fn replace(world: &mut World, old: &Value, wanted: &Value) {
    let (namespace, name) = (value::namespace(old), value::name(old));
    world.update(registry::ENDPOINT_SLICE, namespace, name, |slice| {
        slice["endpoints"] = wanted["endpoints"].clone();
        slice["ports"] = wanted["ports"].clone();
        slice["metadata"]["labels"] = wanted["metadata"]["labels"].clone();
    });
}

fn add(world: &mut World, service: &Value, mut slice: Value) {
    let prefix = format!("{}-", value::name(service));
    slice["metadata"]["name"] = json!(format!("{prefix}{}", world.store.name_suffix()));
    slice["metadata"]["generateName"] = json!(prefix);
    // One name in fourteen million is taken; the service's next change brings another.
    drop(
        world
            .store
            .insert(registry::ENDPOINT_SLICE, slice, world.now),
    );
}

fn remove(world: &mut World, slice: &Value) {
    let (namespace, name) = (value::namespace(slice), value::name(slice));
    world
        .store
        .remove(registry::ENDPOINT_SLICE, namespace, name);
}

/// What there should be, without names: an empty slice where there is nothing to point at.
fn slices(world: &World, service: &Value) -> Vec<Value> {
    let chosen: Vec<_> = world
        .store
        .list(registry::POD, Some(value::namespace(service)))
        .filter(|pod| is_reachable(pod) && selects(service, pod))
        .cloned()
        .collect();
    let Some(sample) = chosen.last() else {
        return vec![slice(service, &[], Vec::new())];
    };
    let ports: Vec<_> = endpoints::ports(service, sample)
        .into_iter()
        .map(|mut port| {
            value::set_default(&mut port, &["name"], "");
            port
        })
        .collect();
    let endpoints: Vec<_> = chosen
        .iter()
        .map(|pod| endpoint(world, service, pod))
        .collect();
    endpoints
        .chunks(LARGEST)
        .map(|piece| slice(service, piece, ports.clone()))
        .collect()
}

/// Whether the pod has an address and has not ended. A pod on its way out still serves its connections.
fn is_reachable(pod: &Value) -> bool {
    !value::text(pod, "/status/podIP").is_empty()
        && !matches!(value::text(pod, "/status/phase"), "Succeeded" | "Failed")
}

fn slice(service: &Value, endpoints: &[Value], ports: Vec<Value>) -> Value {
    let name = value::name(service);
    let mut labels = value::map(service, "/metadata/labels")
        .cloned()
        .unwrap_or_default();
    labels.insert(SERVICE_NAME.to_owned(), json!(name));
    labels.insert(MANAGER.0.to_owned(), json!(MANAGER.1));
    if value::text(service, "/spec/clusterIP") == "None" {
        labels.insert("service.kubernetes.io/headless".to_owned(), json!(""));
    }
    json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "namespace": value::namespace(service),
            "labels": labels,
            "ownerReferences": [{
                "apiVersion": "v1",
                "kind": "Service",
                "name": name,
                "uid": value::uid(service),
                "controller": true,
                "blockOwnerDeletion": true,
            }],
        },
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": ports,
    })
}

fn endpoint(world: &World, service: &Value, pod: &Value) -> Value {
    let (serving, terminating) = (pods::is_ready(pod), value::is_terminating(pod));
    let always = value::truth(service, "/spec/publishNotReadyAddresses");
    let node = value::text(pod, "/spec/nodeName");
    let mut endpoint = json!({
        "addresses": [pod["status"]["podIP"]],
        "conditions": {
            "ready": always || serving && !terminating,
            "serving": serving,
            "terminating": terminating,
        },
        "nodeName": node,
        "targetRef": {
            "kind": "Pod",
            "namespace": value::namespace(pod),
            "name": value::name(pod),
            "uid": value::uid(pod),
        },
    });
    let zone = world
        .store
        .get(registry::NODE, "", node)
        .and_then(|node| node["metadata"]["labels"].get("topology.kubernetes.io/zone"));
    if let Some(zone) = zone {
        endpoint["zone"] = zone.clone();
    }
    endpoint
}
