//! Who wrote what no request accounts for: components of the control plane, and the people who set a cluster up.
//!
//! Controllers write to the store without leaving a record, and what a cluster is founded with has none either:
//! a record for each of 10,000 pods would be most of the memory. The record follows from the object instead,
//! whenever somebody reads it or first writes to it. Who writes what is as observed on a cluster of v1.33.

use serde_json::{Value, json};

use super::{
    change::{forget_unowned, owned_part},
    merge::compare,
    set::FieldSet,
};
use crate::{
    registry::{self, KindId, Subresource},
    schema, value,
};

/// The controllers, as they call themselves.
pub(crate) const CONTROLLERS: &str = "kube-controller-manager";
/// The people who set the cluster up.
const PEOPLE: &str = "kubectl-create";
const API_SERVER: &str = "kube-apiserver";
const SCHEDULER: &str = "kube-scheduler";
const KUBELET: &str = "kubelet";

/// Namespaces that the API server makes.
const OWN_NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];
/// Labels of a Job and its pods that follow from its uid and name.
const JOB_LABELS: [&str; 4] = [
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "controller-uid",
    "job-name",
];

/// One writer's part of an object.
pub(super) struct Part {
    pub(super) manager: &'static str,
    pub(super) subresource: Option<Subresource>,
    pub(super) fields: FieldSet,
    /// When it was last written, as far as the object tells.
    pub(super) time: String,
}

/// What a component writes into objects of a kind that others have made.
struct Claim {
    manager: &'static str,
    subresource: Option<Subresource>,
    /// Names of fields, and of items of lists as `FieldsV1` writes them.
    path: &'static [&'static str],
}

const fn claim(manager: &'static str, path: &'static [&'static str]) -> Claim {
    Claim {
        manager,
        subresource: None,
        path,
    }
}

const fn status_claim(manager: &'static str, path: &'static [&'static str]) -> Claim {
    Claim {
        manager,
        subresource: Some(Subresource::Status),
        path,
    }
}

static OF_NAMESPACE: [Claim; 1] = [status_claim(CONTROLLERS, &["status", "conditions"])];
static OF_POD: [Claim; 1] = [status_claim(
    SCHEDULER,
    &["status", "conditions", r#"k:{"type":"PodScheduled"}"#],
)];
static OF_DEPLOYMENT: [Claim; 1] = [status_claim(
    CONTROLLERS,
    &[
        "metadata",
        "annotations",
        "deployment.kubernetes.io/revision",
    ],
)];
static OF_NODE: [Claim; 4] = [
    claim(
        CONTROLLERS,
        &["metadata", "annotations", "node.alpha.kubernetes.io/ttl"],
    ),
    claim(CONTROLLERS, &["spec", "podCIDR"]),
    claim(CONTROLLERS, &["spec", "podCIDRs"]),
    claim(CONTROLLERS, &["spec", "taints"]),
];
static OF_VOLUME_CLAIM: [Claim; 5] = [
    claim(
        CONTROLLERS,
        &["metadata", "annotations", "pv.kubernetes.io/bind-completed"],
    ),
    claim(
        CONTROLLERS,
        &[
            "metadata",
            "annotations",
            "pv.kubernetes.io/bound-by-controller",
        ],
    ),
    claim(
        CONTROLLERS,
        &[
            "metadata",
            "annotations",
            "volume.kubernetes.io/storage-provisioner",
        ],
    ),
    claim(
        SCHEDULER,
        &[
            "metadata",
            "annotations",
            "volume.kubernetes.io/selected-node",
        ],
    ),
    claim(CONTROLLERS, &["spec", "volumeName"]),
];
static OF_VOLUME: [Claim; 1] = [claim(CONTROLLERS, &["spec", "claimRef"])];

/// Everything of a stored object, for as many as can have written it. Who created the object is among them unless
/// the object `is_recorded`: then its record says so.
pub(super) fn parts(kind: KindId, object: &Value, is_recorded: bool) -> Vec<Part> {
    let mut owned = owned_part(object);
    let begun = json!({"status": first_status(kind, &mut owned)});
    let created = value::text(object, "/metadata/creationTimestamp");
    let since = |fields: FieldSet, manager: &'static str, subresource, times: &Value| Part {
        manager,
        subresource,
        fields,
        time: newest(times).max(created.to_owned()),
    };
    let mut out = Vec::new();
    if !is_recorded {
        forget_decided(kind, &mut owned);
    }
    let mut rest = compare(&begun, &owned, schema::root(kind)).changed;
    forget_unowned(&mut rest);
    for claim in claims(kind) {
        let fields = rest.take(claim.path);
        if !is_binding(claim, object) {
            out.push(since(
                fields,
                claim.manager,
                claim.subresource,
                &object["status"],
            ));
        }
    }
    let status = rest.take(&["status"]);
    if let Some(manager) = status_writer(kind) {
        let subresource = kind
            .spec()
            .has(Subresource::Status)
            .then_some(Subresource::Status);
        out.push(since(status, manager, subresource, &object["status"]));
    }
    if !is_recorded {
        value::remove(&mut owned, &["status"]);
        value::remove(&mut owned, &["metadata"]);
        out.push(since(rest, creator(kind, object), None, &owned));
    }
    merged(out)
}

/// The status that the server gave the object when it was created.
fn first_status(kind: KindId, object: &mut Value) -> Value {
    let now = object.get_mut("status").map(Value::take);
    value::remove(object, &["status"]);
    // All else that beginnings put into an object it has had since.
    (kind.spec().rules.begin)(object);
    let first = object.get_mut("status").map(Value::take);
    match now {
        Some(status) => object["status"] = status,
        None => drop(value::remove(object, &["status"])),
    }
    first.unwrap_or_default()
}

/// One part for each writer.
fn merged(parts: Vec<Part>) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::new();
    for part in parts.into_iter().filter(|part| !part.fields.is_empty()) {
        let known = out
            .iter_mut()
            .find(|known| (known.manager, known.subresource) == (part.manager, part.subresource));
        match known {
            Some(known) => {
                known.fields = std::mem::take(&mut known.fields).union(&part.fields);
                known.time = std::mem::take(&mut known.time).max(part.time);
            }
            None => out.push(part),
        }
    }
    out
}

/// The newest time in a value, to the second; empty where there is none.
fn newest(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let times = fields.iter().map(|(name, inner)| match inner {
                Value::String(text) if name.ends_with("Time") || name.ends_with("At") => {
                    to_the_second(text)
                }
                other @ (Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_)
                | Value::Object(_)) => newest(other),
            });
            times.max().unwrap_or_default()
        }
        Value::Array(items) => items.iter().map(newest).max().unwrap_or_default(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => String::new(),
    }
}

fn to_the_second(time: &str) -> String {
    match time.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => time.to_owned(),
    }
}

/// A pod's condition of being scheduled is the scheduler's to write as long as it is not; the binding, which nobody
/// manages, makes it true.
fn is_binding(claim: &Claim, pod: &Value) -> bool {
    claim.manager == SCHEDULER && !value::text(pod, "/spec/nodeName").is_empty()
}

fn claims(kind: KindId) -> &'static [Claim] {
    match kind {
        registry::NAMESPACE => &OF_NAMESPACE,
        registry::POD => &OF_POD,
        registry::DEPLOYMENT => &OF_DEPLOYMENT,
        registry::NODE => &OF_NODE,
        registry::PERSISTENT_VOLUME_CLAIM => &OF_VOLUME_CLAIM,
        registry::PERSISTENT_VOLUME => &OF_VOLUME,
        _ => &[],
    }
}

/// Who writes the status of such objects; `None` where nobody is noted for it.
fn status_writer(kind: KindId) -> Option<&'static str> {
    match kind {
        registry::POD | registry::NODE => Some(KUBELET),
        registry::CUSTOM_RESOURCE_DEFINITION | registry::API_SERVICE => Some(API_SERVER),
        registry::INGRESS => Some("nginx-ingress-controller"),
        // The server turns a namespace to its end; the controllers write how far it is.
        registry::SERVICE | registry::NAMESPACE => None,
        _ if kind.spec().custom.is_some() => {
            // The vertical autoscaler is the only controller of custom objects there is.
            (kind.spec().kind == "VerticalPodAutoscaler").then_some("recommender")
        }
        _ => Some(CONTROLLERS),
    }
}

/// Who made an object.
fn creator(kind: KindId, object: &Value) -> &'static str {
    let name = value::name(object);
    let by = |is_made: bool, maker: &'static str| if is_made { maker } else { PEOPLE };
    let is_kubernetes = name == "kubernetes" && value::namespace(object) == "default";
    match kind {
        registry::NODE => KUBELET,
        registry::POD if is_mirror(object) => KUBELET,
        registry::LEASE if value::namespace(object) == "kube-node-lease" => KUBELET,
        registry::EVENT => reporter(object),
        registry::NAMESPACE => by(OWN_NAMESPACES.contains(&name), API_SERVER),
        registry::SERVICE => by(is_kubernetes, API_SERVER),
        registry::ENDPOINTS | registry::ENDPOINT_SLICE if is_kubernetes => API_SERVER,
        registry::ENDPOINTS
        | registry::ENDPOINT_SLICE
        | registry::PERSISTENT_VOLUME_CLAIM
        | registry::PERSISTENT_VOLUME => CONTROLLERS,
        registry::CONFIG_MAP => by(name == "kube-root-ca.crt", CONTROLLERS),
        registry::PRIORITY_CLASS => by(name.starts_with("system-"), API_SERVER),
        registry::API_SERVICE => by(
            has_label(object, "kube-aggregator.kubernetes.io/automanaged"),
            API_SERVER,
        ),
        registry::ROLE
        | registry::ROLE_BINDING
        | registry::CLUSTER_ROLE
        | registry::CLUSTER_ROLE_BINDING => {
            by(has_label(object, "kubernetes.io/bootstrapping"), API_SERVER)
        }
        _ => by(value::controller_of(object).is_some(), CONTROLLERS),
    }
}

fn has_label(object: &Value, label: &str) -> bool {
    object["metadata"]["labels"].get(label).is_some()
}

fn is_mirror(pod: &Value) -> bool {
    let mark = "kubernetes.io/config.mirror";
    pod["metadata"]["annotations"].get(mark).is_some()
}

/// The program that reported an event.
fn reporter(event: &Value) -> &'static str {
    let old_form = value::text(event, "/source/component");
    let new_form = value::text(event, "/reportingComponent");
    match (old_form, new_form) {
        ("kubelet", _) => KUBELET,
        (_, "default-scheduler") | ("default-scheduler", _) => SCHEDULER,
        _ => CONTROLLERS,
    }
}

/// Takes out what the server decides when an object is created, which nobody has written: strategies and admission
/// plug-ins work after the record is made.
fn forget_decided(kind: KindId, object: &mut Value) {
    match kind {
        registry::POD => forget_admitted(object),
        registry::SERVICE => {
            for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                value::remove(object, &["spec", field]);
            }
            for port in list(object, &["spec", "ports"]) {
                value::remove(port, &["nodePort"]);
            }
        }
        registry::NAMESPACE => drop(value::remove(object, &["spec", "finalizers"])),
        registry::PERSISTENT_VOLUME_CLAIM | registry::PERSISTENT_VOLUME => {
            value::remove(object, &["metadata", "finalizers"]);
        }
        registry::JOB => {
            value::remove(object, &["spec", "selector"]);
            for label in JOB_LABELS {
                value::remove(object, &["metadata", "labels", label]);
                let of_pods = ["spec", "template", "metadata", "labels", label];
                value::remove(object, &of_pods);
            }
        }
        _ => {}
    }
}

/// What admission plug-ins and the binding put into a pod.
fn forget_admitted(pod: &mut Value) {
    if !is_mirror(pod) {
        value::remove(pod, &["spec", "nodeName"]);
    }
    for field in ["priority", "preemptionPolicy"] {
        value::remove(pod, &["spec", field]);
    }
    if value::text(pod, "/spec/serviceAccountName") == "default" {
        value::remove(pod, &["spec", "serviceAccountName"]);
        value::remove(pod, &["spec", "serviceAccount"]);
    }
    let is_default = |toleration: &Value| toleration["tolerationSeconds"] == 300;
    if value::items(pod, "/spec/tolerations")
        .iter()
        .all(is_default)
    {
        value::remove(pod, &["spec", "tolerations"]);
    }
    let is_token = |item: &Value| value::text(item, "/name").starts_with("kube-api-access-");
    forget_items(&mut pod["spec"], "volumes", is_token);
    for containers in ["initContainers", "containers"] {
        for container in list(pod, &["spec", containers]) {
            forget_items(container, "volumeMounts", is_token);
        }
    }
}

/// Takes items out of a list, and the list with its last item.
fn forget_items(object: &mut Value, field: &str, is_gone: impl Fn(&Value) -> bool) {
    let Some(items) = object.get_mut(field).and_then(Value::as_array_mut) else {
        return;
    };
    items.retain(|item| !is_gone(item));
    if items.is_empty() {
        value::remove(object, &[field]);
    }
}

fn list<'a>(object: &'a mut Value, path: &[&str]) -> impl Iterator<Item = &'a mut Value> {
    let place = path
        .iter()
        .try_fold(object, |place, field| place.get_mut(*field));
    let items = place.and_then(Value::as_array_mut);
    items.into_iter().flatten()
}
