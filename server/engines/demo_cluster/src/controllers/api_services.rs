//! `APIService`: whether each group and version is served, by this API server or by a service behind it.
//!
//! Follows `pkg/controllers/status` of kube-aggregator, but for its last check: what stands behind a service with
//! endpoints is taken to answer. Requests are answered whatever is found: the simulation itself measures, so that a
//! demonstration of a lost node does not lose its charts with the node that happens to run metrics-server.

use serde_json::{Value, json};

use crate::{
    registry,
    value::{self, items, text, wire_time},
    world::{World, key_of},
};

/// Whether an API is available, and why: the reason and message of the condition.
type Verdict = (bool, &'static str, String);

/// Looks at every one and notes what changed.
pub(crate) fn check(world: &mut World) {
    let services: Vec<_> = world
        .store
        .list(registry::API_SERVICE, None)
        .cloned()
        .collect();
    for service in services {
        let verdict = verdict(world, &service);
        note(world, &service, verdict);
    }
}

fn verdict(world: &World, api: &Value) -> Verdict {
    let Some(behind) = api.pointer("/spec/service").filter(|it| it.is_object()) else {
        return (
            true,
            "Local",
            "Local APIServices are always available".to_owned(),
        );
    };
    let (namespace, name) = (text(behind, "/namespace"), text(behind, "/name"));
    let Some(service) = world.store.get(registry::SERVICE, namespace, name) else {
        let message = format!("service/{name} in {namespace:?} is not present");
        return (false, "ServiceNotFound", message);
    };
    let passed = (true, "Passed", "all checks passed".to_owned());
    if text(service, "/spec/type") != "ClusterIP" {
        return passed;
    }
    let wanted = value::integer(behind, "/port").unwrap_or(443);
    let port = items(service, "/spec/ports")
        .iter()
        .find(|port| port["port"] == wanted);
    let Some(port) = port else {
        let message = format!("service/{name} in {namespace:?} is not listening on port {wanted}");
        return (false, "ServicePortError", message);
    };
    let Some(endpoints) = world.store.get(registry::ENDPOINTS, namespace, name) else {
        let message = format!("cannot find endpoints for service/{name} in {namespace:?}");
        return (false, "EndpointsNotFound", message);
    };
    let port = text(port, "/name");
    let is_served = items(endpoints, "/subsets").iter().any(|subset| {
        !items(subset, "/addresses").is_empty()
            && items(subset, "/ports")
                .iter()
                .any(|own| text(own, "/name") == port)
    });
    if is_served {
        return passed;
    }
    let message = format!(
        "endpoints for service/{name} in {namespace:?} have no addresses with port name {port:?}"
    );
    (false, "MissingEndpoints", message)
}

fn note(world: &mut World, api: &Value, (is_available, reason, message): Verdict) {
    let status = if is_available { "True" } else { "False" };
    let before = items(api, "/status/conditions")
        .iter()
        .find(|condition| text(condition, "/type") == "Available");
    let is_same = |condition: &Value| {
        [
            ("/status", status),
            ("/reason", reason),
            ("/message", message.as_str()),
        ]
        .iter()
        .all(|(field, wanted)| text(condition, field) == *wanted)
    };
    if before.is_some_and(is_same) {
        return;
    }
    let since = before
        .filter(|condition| text(condition, "/status") == status)
        .map(|condition| text(condition, "/lastTransitionTime").to_owned())
        .unwrap_or_else(|| wire_time(world.now));
    let condition = json!({
        "type": "Available", "status": status, "reason": reason, "message": message,
        "lastTransitionTime": since,
    });
    let (namespace, name) = key_of(api);
    world.update(registry::API_SERVICE, &namespace, &name, |api| {
        api["status"]["conditions"] = json!([condition]);
    });
}
