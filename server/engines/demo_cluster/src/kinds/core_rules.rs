//! Defaults and rules of the core group.

use serde_json::{Map, Value, json};

use super::pod_spec;
use crate::{
    api::names,
    status::Cause,
    value::{self, items, set_default, text},
};

pub(super) fn namespace_defaults(namespace: &mut Value) {
    let name = value::name(namespace).to_owned();
    value::set(
        namespace,
        &["metadata", "labels", "kubernetes.io/metadata.name"],
        name,
    );
}

pub(super) fn namespace_begin(namespace: &mut Value) {
    value::set(namespace, &["status", "phase"], "Active");
    set_default(namespace, &["spec", "finalizers"], json!(["kubernetes"]));
}

/// What holds a namespace has a name of its own. Source: `ValidateFinalizerName`.
pub(super) fn namespace_rules(namespace: &Value) -> Vec<Cause> {
    let finalizers = items(namespace, "/spec/finalizers").iter().enumerate();
    let wrong = finalizers.filter_map(|(index, finalizer)| {
        let name = finalizer.as_str()?;
        let problem = names::qualified_name(name).or_else(|| {
            let is_known = name == "kubernetes" || name.contains('/');
            let rule = "name is neither a standard finalizer name nor is it fully qualified";
            (!is_known).then(|| rule.to_owned())
        })?;
        let at = format!("spec.finalizers[{index}]");
        Some(Cause::invalid(at, finalizer, &problem))
    });
    wrong.collect()
}

pub(super) fn pod_defaults(pod: &mut Value) {
    let Some(spec) = pod.get_mut("spec") else {
        return;
    };
    pod_spec::fill(spec);
    pod_spec::fill_requests_from_limits(spec);
    set_default(spec, &["enableServiceLinks"], true);
    // The account's older name is there wherever the newer one is.
    if let Some(account) = spec.get("serviceAccountName").cloned() {
        set_default(spec, &["serviceAccount"], account);
    }
}

pub(super) fn pod_begin(pod: &mut Value) {
    let class = pod_spec::quality_of_service(&pod["spec"]);
    pod["status"] = json!({"phase": "Pending", "qosClass": class});
}

pub(super) fn pod_rules(pod: &Value) -> Vec<Cause> {
    pod_spec::check(&pod["spec"], "spec", &["Always", "Never", "OnFailure"])
}

/// Fields of a pod's spec that may change: images, deadline, tolerations, and the node once.
pub(super) fn pod_update_rules(new: &Value, old: &Value) -> Vec<Cause> {
    let mut wanted = new["spec"].clone();
    let was = &old["spec"];
    for list in ["containers", "initContainers"] {
        let images: Vec<Value> = items(was, &format!("/{list}"))
            .iter()
            .map(|c| c["image"].clone())
            .collect();
        let places = wanted
            .get_mut(list)
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten();
        for (container, image) in places.zip(images) {
            container["image"] = image;
        }
    }
    for field in [
        "activeDeadlineSeconds",
        "tolerations",
        "terminationGracePeriodSeconds",
        "schedulingGates",
    ] {
        match was.get(field) {
            Some(kept) => wanted[field] = kept.clone(),
            None => drop(value::remove(&mut wanted, &[field])),
        }
    }
    if &wanted == was {
        return Vec::new();
    }
    vec![Cause::forbidden(
        "spec",
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
    )]
}

pub(super) fn service_defaults(service: &mut Value) {
    set_default(service, &["spec", "type"], "ClusterIP");
    set_default(service, &["spec", "sessionAffinity"], "None");
    let kind = text(service, "/spec/type").to_owned();
    if kind != "ExternalName" {
        set_default(service, &["spec", "internalTrafficPolicy"], "Cluster");
    }
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer") {
        set_default(service, &["spec", "externalTrafficPolicy"], "Cluster");
    }
    if kind == "LoadBalancer" {
        set_default(service, &["spec", "allocateLoadBalancerNodePorts"], true);
    }
    let ports = service
        .pointer_mut("/spec/ports")
        .and_then(Value::as_array_mut);
    for port in ports.into_iter().flatten() {
        set_default(port, &["protocol"], "TCP");
        let number = port["port"].clone();
        set_default(port, &["targetPort"], number);
    }
}

pub(super) fn service_rules(service: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    let kind = text(service, "/spec/type");
    if !types.contains(&kind) {
        causes.push(Cause::not_supported("spec.type", kind, &types));
    }
    let ports = items(service, "/spec/ports");
    let is_headless = text(service, "/spec/clusterIP") == "None";
    if ports.is_empty() && !is_headless && kind != "ExternalName" {
        causes.push(Cause::required("spec.ports", ""));
    }
    if kind == "ExternalName" && text(service, "/spec/externalName").is_empty() {
        causes.push(Cause::required("spec.externalName", ""));
    }
    let mut seen = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        let at = format!("spec.ports[{index}]");
        let name = text(port, "/name");
        if name.is_empty() && ports.len() > 1 {
            causes.push(Cause::required(format!("{at}.name"), ""));
        } else if !name.is_empty() && seen.contains(&name) {
            causes.push(Cause::duplicate(format!("{at}.name"), &json!(name)));
        }
        seen.push(name);
        pod_spec::check_port(port, "port", &at, &mut causes);
        causes.extend(target_port_rules(&port["targetPort"], &at));
    }
    causes
}

/// A target is a port number or the name of a container's port.
fn target_port_rules(target: &Value, at: &str) -> Vec<Cause> {
    let problems = match target {
        Value::Number(number) if (1..=65_535).contains(&number.as_i64().unwrap_or(0)) => Vec::new(),
        Value::Number(_) => vec!["must be between 1 and 65535, inclusive"],
        Value::String(name) => names::port_name(name),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => Vec::new(),
    };
    let field = format!("{at}.targetPort");
    let problems = problems.into_iter();
    problems
        .map(|problem| Cause::invalid(field.clone(), target, problem))
        .collect()
}

pub(super) fn service_update_rules(new: &Value, old: &Value) -> Vec<Cause> {
    let (before, after) = (text(old, "/spec/clusterIP"), text(new, "/spec/clusterIP"));
    let keeps_address =
        text(old, "/spec/type") != "ExternalName" && text(new, "/spec/type") != "ExternalName";
    if keeps_address && !before.is_empty() && before != after {
        let shown = format!("[]string{{{after:?}}}");
        let detail = "may not change once set";
        return vec![Cause::invalid_shown("spec.clusterIPs[0]", &shown, detail)];
    }
    Vec::new()
}

pub(super) fn endpoints_defaults(endpoints: &mut Value) {
    let subsets = endpoints.get_mut("subsets").and_then(Value::as_array_mut);
    for subset in subsets.into_iter().flatten() {
        let ports = subset.get_mut("ports").and_then(Value::as_array_mut);
        for port in ports.into_iter().flatten() {
            set_default(port, &["protocol"], "TCP");
        }
    }
}

/// Keys of configuration must be file names. Source: `validation.IsConfigMapKey`.
pub(super) fn config_map_rules(config_map: &Value) -> Vec<Cause> {
    let keys = |field| {
        value::map(config_map, field)
            .into_iter()
            .flat_map(Map::keys)
    };
    let mut causes: Vec<Cause> = keys("/data")
        .map(|key| ("data", key))
        .chain(keys("/binaryData").map(|key| ("binaryData", key)))
        .filter_map(|(field, key)| bad_key(field, key))
        .collect();
    if config_map.to_string().len() > (1 << 20) + 4096 {
        causes.push(Cause::too_long("", 1 << 20));
    }
    causes
}

fn bad_key(field: &str, key: &str) -> Option<Cause> {
    let fits = !key.is_empty()
        && key.len() <= 253
        && key != "."
        && !key.starts_with("..")
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    let detail = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
    (!fits).then(|| Cause::invalid(format!("{field}[{key}]"), &json!(key), detail))
}

/// Data of a map marked immutable may not change, and the mark may not be taken off.
pub(super) fn immutable_data_rules(new: &Value, old: &Value) -> Vec<Cause> {
    if !value::truth(old, "/immutable") {
        return Vec::new();
    }
    let detail = "field is immutable when `immutable` is set";
    ["immutable", "data", "binaryData"]
        .into_iter()
        .filter(|field| new.get(field) != old.get(field))
        .map(|field| Cause::forbidden(field, detail))
        .collect()
}

pub(super) fn secret_defaults(secret: &mut Value) {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    set_default(secret, &["type"], "Opaque");
    let Some(Value::Object(plain)) = value::remove(secret, &["stringData"]) else {
        return;
    };
    for (key, text) in plain {
        let encoded = STANDARD.encode(text.as_str().unwrap_or_default());
        value::set(secret, &["data", &key], encoded);
    }
}

pub(super) fn secret_rules(secret: &Value) -> Vec<Cause> {
    let keys = value::map(secret, "/data").into_iter().flat_map(Map::keys);
    let mut causes: Vec<Cause> = keys.filter_map(|key| bad_key("data", key)).collect();
    let has = |key: &&&str| secret["data"].get(**key).is_some();
    let needed: &[&str] = match text(secret, "/type") {
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        // One of the two is enough.
        "kubernetes.io/basic-auth" if ["username", "password"].iter().any(|key| has(&key)) => &[],
        "kubernetes.io/basic-auth" => &["username", "password"],
        _ => &[],
    };
    let missing = needed.iter().filter(|key| !has(key));
    causes.extend(missing.map(|key| Cause::required(format!("data[{key}]"), "")));
    causes
}

/// Source: `ValidateSecretUpdate` of `pkg/apis/core/validation`.
pub(super) fn secret_update_rules(new: &Value, old: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    if new["type"] != old["type"] {
        causes.push(Cause::invalid("type", &new["type"], "field is immutable"));
    }
    causes.extend(immutable_data_rules(new, old));
    causes
}

/// What a LimitRange leaves out for containers: limits are the maximum, requests the limits, else the minimum.
pub(super) fn limit_range_defaults(range: &mut Value) {
    let limits = range
        .pointer_mut("/spec/limits")
        .and_then(Value::as_array_mut);
    let of_containers = limits
        .into_iter()
        .flatten()
        .filter(|item| text(item, "/type") == "Container");
    for item in of_containers {
        for (from, to) in [
            ("max", "default"),
            ("default", "defaultRequest"),
            ("min", "defaultRequest"),
        ] {
            let amounts = item[from].as_object().cloned().unwrap_or_default();
            for (resource, amount) in amounts {
                set_default(item, &[to, &resource], amount);
            }
        }
    }
}

/// What Go writes of an event even when nobody gave it.
pub(super) fn event_defaults(event: &mut Value) {
    for time in ["eventTime", "firstTimestamp", "lastTimestamp"] {
        set_default(event, &[time], Value::Null);
    }
    for reporter in ["reportingComponent", "reportingInstance"] {
        set_default(event, &[reporter], "");
    }
    set_default(event, &["source"], json!({}));
}

/// An event is about something in its own namespace; one that has a time says who saw what.
pub(super) fn event_rules(event: &Value) -> Vec<Cause> {
    event_rules_for(event, "reportingComponent")
}

/// [`event_rules`] for a version that calls the reporter `reporter`. Source: `legacyValidateEvent` of
/// `pkg/apis/core/validation`.
pub(super) fn event_rules_for(event: &Value, reporter: &str) -> Vec<Cause> {
    let about = text(event, "/involvedObject/namespace");
    let place = value::namespace(event);
    let is_timed = !text(event, "/eventTime").is_empty();
    let fits = match about {
        "" => place == "default" || (is_timed && place == "kube-system"),
        about => is_timed || about == place,
    };
    let misplaced = (!fits).then(|| {
        let detail = "does not match event.namespace";
        Cause::invalid("involvedObject.namespace", &json!(about), detail)
    });
    let needed = [
        ("reportingComponent", reporter),
        ("reportingInstance", "reportingInstance"),
        ("action", "action"),
        ("reason", "reason"),
    ];
    let missing = needed
        .into_iter()
        .filter(|(field, _)| is_timed && text(event, &format!("/{field}")).is_empty())
        .map(|(_, name)| Cause::required(name, ""));
    misplaced.into_iter().chain(missing).collect()
}

/// Taints have qualified keys and known effects.
pub(super) fn node_rules(node: &Value) -> Vec<Cause> {
    let effects = ["NoExecute", "NoSchedule", "PreferNoSchedule"];
    let mut causes = Vec::new();
    for (index, taint) in items(node, "/spec/taints").iter().enumerate() {
        let at = format!("spec.taints[{index}]");
        if let Some(problem) = names::qualified_name(text(taint, "/key")) {
            causes.push(Cause::invalid(format!("{at}.key"), &taint["key"], &problem));
        }
        if !effects.contains(&text(taint, "/effect")) {
            causes.push(Cause::not_supported(
                format!("{at}.effect"),
                text(taint, "/effect"),
                &effects,
            ));
        }
    }
    causes
}
