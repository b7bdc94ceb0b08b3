//! Endpoints: for each service the addresses of its pods, ready and not ready, whole and in slices.

use serde_json::{Value, json};

use super::{endpoint_slices, pods};
use crate::{
    registry, value,
    world::{Key, World, selects},
};

/// Brings Endpoints and slices of a service up to date; a service without selector keeps what its owner wrote.
pub(crate) fn reconcile(world: &mut World, (namespace, name): &Key) {
    let Some(service) = world.get(registry::SERVICE, namespace, name) else {
        world.store.remove(registry::ENDPOINTS, namespace, name);
        endpoint_slices::forget(world, namespace, name);
        return;
    };
    if value::map(&service, "/spec/selector").is_none_or(serde_json::Map::is_empty) {
        return;
    }
    endpoint_slices::reconcile(world, &service);
    let endpoints = endpoints(world, &service);
    let exists = world
        .store
        .get(registry::ENDPOINTS, namespace, name)
        .is_some();
    if exists {
        world.update(
            registry::ENDPOINTS,
            namespace,
            name,
            |old| match endpoints.get("subsets") {
                Some(subsets) => old["subsets"] = subsets.clone(),
                None => drop(value::remove(old, &["subsets"])),
            },
        );
    } else {
        // The name was free a moment ago, and nothing else writes here.
        drop(
            world
                .store
                .insert(registry::ENDPOINTS, endpoints, world.now),
        );
    }
}

fn endpoints(world: &World, service: &Value) -> Value {
    let namespace = value::namespace(service);
    let (mut ready, mut waiting, mut sample) = (Vec::new(), Vec::new(), None);
    for pod in world.store.list(registry::POD, Some(namespace)) {
        let address = value::text(pod, "/status/podIP");
        if address.is_empty() || !pods::is_active(pod) || !selects(service, pod) {
            continue;
        }
        let entry = json!({
            "ip": address,
            "nodeName": pod["spec"]["nodeName"],
            "targetRef": {
                "kind": "Pod",
                "name": value::name(pod),
                "namespace": namespace,
                "uid": value::uid(pod),
            },
        });
        if pods::is_ready(pod) {
            ready.push(entry);
        } else {
            waiting.push(entry);
        }
        sample = Some(pod);
    }
    let mut endpoints = json!({
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {
            "name": value::name(service),
            "namespace": namespace,
            "labels": {"endpoints.kubernetes.io/managed-by": "endpoint-controller"},
        },
    });
    if let Some(pod) = sample {
        let mut subset = json!({"ports": ports(service, pod)});
        if !ready.is_empty() {
            subset["addresses"] = json!(ready);
        }
        if !waiting.is_empty() {
            subset["notReadyAddresses"] = json!(waiting);
        }
        endpoints["subsets"] = json!([subset]);
    }
    endpoints
}

/// The service's ports as the pod has them: named targets are looked up.
pub(super) fn ports(service: &Value, pod: &Value) -> Vec<Value> {
    value::items(service, "/spec/ports")
        .iter()
        .map(|port| {
            let target = &port["targetPort"];
            let number = match target.as_str() {
                Some(name) => named_port(pod, name).unwrap_or_else(|| port["port"].clone()),
                None if target.is_null() => port["port"].clone(),
                None => target.clone(),
            };
            let mut entry = json!({"port": number, "protocol": "TCP"});
            for field in ["name", "protocol"] {
                if let Some(text) = port.get(field) {
                    entry[field] = text.clone();
                }
            }
            entry
        })
        .collect()
}

fn named_port(pod: &Value, name: &str) -> Option<Value> {
    value::items(pod, "/spec/containers")
        .iter()
        .flat_map(|container| value::items(container, "/ports"))
        .find(|port| value::text(port, "/name") == name)
        .map(|port| port["containerPort"].clone())
}
