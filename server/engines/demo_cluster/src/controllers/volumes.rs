//! Claims and volumes: binding, provisioning, protection while in use, and what becomes of a volume whose
//! claim is gone.
//!
//! Source: Kubernetes documentation, "Persistent Volumes" and "Storage Classes". Every class with a
//! provisioner provisions; nothing is mounted.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    amounts, api,
    events::{self, Report, component},
    registry, value,
    world::{Key, World},
};

const CONTROLLER: &str = "persistentvolume-controller";
/// Keeps a claim while a pod uses it.
const CLAIM_PROTECTION: &str = "kubernetes.io/pvc-protection";
/// Keeps a volume while a claim is bound to it.
const VOLUME_PROTECTION: &str = "kubernetes.io/pv-protection";

/// Binds a claim that is not bound, or lets one go that nobody uses any more.
pub(crate) fn reconcile_claim(world: &mut World, (namespace, name): &Key) {
    let Some(claim) = world.get(registry::PERSISTENT_VOLUME_CLAIM, namespace, name) else {
        return release(world, namespace, name);
    };
    if value::is_terminating(&claim) {
        if users(world, &claim).is_empty() {
            finish(
                world,
                registry::PERSISTENT_VOLUME_CLAIM,
                &claim,
                CLAIM_PROTECTION,
            );
        }
        return;
    }
    if !text(&claim, "/spec/volumeName").is_empty() {
        return;
    }
    if let Some(volume) = matching_volume(world, &claim) {
        return bind(world, &claim, &volume);
    }
    let class_name = text(&claim, "/spec/storageClassName");
    if class_name.is_empty() {
        return;
    }
    let Some(class) = world.get(registry::STORAGE_CLASS, "", class_name) else {
        let message = format!("storageclass.storage.k8s.io \"{class_name}\" not found");
        return tell(
            world,
            &claim,
            Report::warning("ProvisioningFailed", &message),
        );
    };
    if text(&class, "/provisioner") == "kubernetes.io/no-provisioner" {
        return;
    }
    let waits = text(&class, "/volumeBindingMode") == "WaitForFirstConsumer";
    let node = users(world, &claim)
        .iter()
        .map(|pod| text(pod, "/spec/nodeName").to_owned())
        .find(|node| !node.is_empty());
    if waits && node.is_none() {
        let message = "waiting for first consumer to be created before binding";
        return tell(
            world,
            &claim,
            Report::normal("WaitForFirstConsumer", message),
        );
    }
    provision(world, &claim, &class, node.as_deref());
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    value::text(object, pointer)
}

fn tell(world: &mut World, claim: &Value, report: Report<'_>) {
    events::record(world, claim, component(CONTROLLER), report);
}

/// Names of the claims a pod mounts.
pub(crate) fn claims_of(pod: &Value) -> impl Iterator<Item = &str> {
    value::items(pod, "/spec/volumes")
        .iter()
        .map(|volume| text(volume, "/persistentVolumeClaim/claimName"))
        .filter(|name| !name.is_empty())
}

/// Why the pod cannot be scheduled for its claims' sake: one is missing, or should be bound and is not.
pub(super) fn obstacle(world: &World, pod: &Value) -> Option<String> {
    let namespace = value::namespace(pod);
    for name in claims_of(pod) {
        let Some(claim) = world
            .store
            .get(registry::PERSISTENT_VOLUME_CLAIM, namespace, name)
        else {
            return Some(format!("persistentvolumeclaim \"{name}\" not found"));
        };
        if value::is_terminating(claim) {
            return Some(format!("persistentvolumeclaim \"{name}\" is being deleted"));
        }
        let class = text(claim, "/spec/storageClassName");
        let waits = world
            .store
            .get(registry::STORAGE_CLASS, "", class)
            .is_some_and(|class| text(class, "/volumeBindingMode") == "WaitForFirstConsumer");
        if text(claim, "/spec/volumeName").is_empty() && !waits {
            return Some("pod has unbound immediate PersistentVolumeClaims".to_owned());
        }
    }
    None
}

/// Pods that use the claim and have not ended.
fn users(world: &World, claim: &Value) -> Vec<Arc<Value>> {
    world
        .store
        .list(registry::POD, Some(value::namespace(claim)))
        .filter(|pod| !matches!(text(pod, "/status/phase"), "Succeeded" | "Failed"))
        .filter(|pod| claims_of(pod).any(|name| name == value::name(claim)))
        .cloned()
        .collect()
}

/// The smallest free volume that fits, or the one that names this claim.
fn matching_volume(world: &World, claim: &Value) -> Option<Arc<Value>> {
    let wanted = size(&claim["spec"]["resources"]["requests"]["storage"]);
    let is_promised = |volume: &Value| {
        text(volume, "/spec/claimRef/name") == value::name(claim)
            && text(volume, "/spec/claimRef/namespace") == value::namespace(claim)
    };
    let fits = |volume: &&Arc<Value>| {
        let modes = value::items(volume, "/spec/accessModes");
        (volume["spec"].get("claimRef").is_none() || is_promised(volume))
            && !value::is_terminating(volume)
            && matches!(text(volume, "/status/phase"), "" | "Pending" | "Available")
            && text(volume, "/spec/storageClassName") == text(claim, "/spec/storageClassName")
            && size(&volume["spec"]["capacity"]["storage"]) >= wanted
            && value::items(claim, "/spec/accessModes")
                .iter()
                .all(|mode| modes.contains(mode))
    };
    world
        .store
        .list(registry::PERSISTENT_VOLUME, None)
        .filter(fits)
        .min_by(|a, b| {
            let key = |volume: &Value| size(&volume["spec"]["capacity"]["storage"]);
            (!is_promised(a))
                .cmp(&!is_promised(b))
                .then(key(a).total_cmp(&key(b)))
        })
        .cloned()
}

fn size(storage: &Value) -> f64 {
    amounts::quantity(storage).unwrap_or(0.0)
}

/// The volume a class makes for a claim, where the first pod that uses it runs.
fn volume_for(world: &World, claim: &Value, class: &Value, node: Option<&str>) -> Value {
    let name = format!("pvc-{}", value::uid(claim));
    let provisioner = text(class, "/provisioner");
    let mut volume = json!({
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": name,
            "annotations": {"pv.kubernetes.io/provisioned-by": provisioner},
            "finalizers": [VOLUME_PROTECTION],
        },
        "spec": {
            "accessModes": claim["spec"]["accessModes"],
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "csi": {"driver": provisioner, "volumeHandle": name},
            "persistentVolumeReclaimPolicy": class["reclaimPolicy"],
            "storageClassName": value::name(class),
            "volumeMode": claim["spec"]["volumeMode"],
        },
        "status": {"phase": "Available"},
    });
    let zone = node
        .and_then(|node| world.store.get(registry::NODE, "", node))
        .and_then(|node| node["metadata"]["labels"].get("topology.kubernetes.io/zone"));
    if let Some(zone) = zone {
        volume["spec"]["nodeAffinity"] = json!({"required": {"nodeSelectorTerms": [{
            "matchExpressions": [
                {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]},
            ],
        }]}});
    }
    value::drop_nulls(&mut volume);
    volume
}

fn provision(world: &mut World, claim: &Value, class: &Value, node: Option<&str>) {
    let volume = volume_for(world, claim, class, node);
    let name = value::name(&volume).to_owned();
    let provisioner = text(class, "/provisioner");
    let Ok(volume) = world
        .store
        .insert(registry::PERSISTENT_VOLUME, volume, world.now)
    else {
        return;
    };
    let message = format!("Successfully provisioned volume {name}");
    tell(
        world,
        claim,
        Report::normal("ProvisioningSucceeded", &message),
    );
    let (namespace, claim_name) = crate::world::key_of(claim);
    let provisioner = provisioner.to_owned();
    let node = node.map(str::to_owned);
    let annotated = world.update(
        registry::PERSISTENT_VOLUME_CLAIM,
        &namespace,
        &claim_name,
        |claim| {
            let annotations = &mut claim["metadata"]["annotations"];
            annotations["volume.kubernetes.io/storage-provisioner"] = json!(provisioner);
            if let Some(node) = node {
                annotations["volume.kubernetes.io/selected-node"] = json!(node);
            }
        },
    );
    if let Some(claim) = annotated {
        bind(world, &claim, &volume);
    }
}

fn bind(world: &mut World, claim: &Value, volume: &Value) {
    let (namespace, name) = crate::world::key_of(claim);
    let reference = json!({
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "name": name,
        "namespace": namespace,
        "resourceVersion": claim["metadata"]["resourceVersion"],
        "uid": value::uid(claim),
    });
    world.update(
        registry::PERSISTENT_VOLUME,
        "",
        value::name(volume),
        |volume| {
            volume["spec"]["claimRef"] = reference;
            volume["status"] = json!({"phase": "Bound"});
            protect(volume, VOLUME_PROTECTION);
        },
    );
    let status = json!({
        "phase": "Bound",
        "accessModes": volume["spec"]["accessModes"],
        "capacity": volume["spec"]["capacity"],
    });
    world.update(
        registry::PERSISTENT_VOLUME_CLAIM,
        &namespace,
        &name,
        |claim| {
            let annotations = &mut claim["metadata"]["annotations"];
            annotations["pv.kubernetes.io/bind-completed"] = json!("yes");
            annotations["pv.kubernetes.io/bound-by-controller"] = json!("yes");
            claim["spec"]["volumeName"] = json!(value::name(volume));
            claim["status"] = status;
            protect(claim, CLAIM_PROTECTION);
        },
    );
}

fn protect(object: &mut Value, finalizer: &str) {
    value::set_default(object, &["metadata", "finalizers"], json!([]));
    if let Some(finalizers) = object["metadata"]["finalizers"].as_array_mut()
        && !finalizers.iter().any(|found| found == finalizer)
    {
        finalizers.push(json!(finalizer));
    }
}

/// Takes a finalizer off an object that is being deleted and removes it if that was the last.
fn finish(world: &mut World, kind: registry::KindId, object: &Value, finalizer: &str) {
    let (namespace, name) = crate::world::key_of(object);
    world.update(kind, &namespace, &name, |object| {
        let finalizers = object
            .pointer_mut("/metadata/finalizers")
            .and_then(Value::as_array_mut);
        if let Some(finalizers) = finalizers {
            finalizers.retain(|found| found != finalizer);
            if finalizers.is_empty() {
                value::remove(object, &["metadata", "finalizers"]);
            }
        }
    });
    api::finish_deletion(&mut world.store, kind, &namespace, &name, world.now);
}

/// Deals with the volume of a claim that is gone, as its reclaim policy says.
fn release(world: &mut World, namespace: &str, name: &str) {
    let is_bound = |volume: &&Arc<Value>| {
        text(volume, "/spec/claimRef/namespace") == namespace
            && text(volume, "/spec/claimRef/name") == name
            && text(volume, "/status/phase") == "Bound"
    };
    let freed: Vec<_> = world
        .store
        .list(registry::PERSISTENT_VOLUME, None)
        .filter(is_bound)
        .cloned()
        .collect();
    for volume in freed {
        if text(&volume, "/spec/persistentVolumeReclaimPolicy") == "Delete" {
            finish(
                world,
                registry::PERSISTENT_VOLUME,
                &volume,
                VOLUME_PROTECTION,
            );
        } else {
            world.update(
                registry::PERSISTENT_VOLUME,
                "",
                value::name(&volume),
                |volume| {
                    volume["status"] = json!({"phase": "Released"});
                },
            );
        }
    }
}

/// Makes a new volume available, and lets one go that is being deleted and bound to no claim.
pub(crate) fn reconcile_volume(world: &mut World, name: &str) {
    let Some(volume) = world.get(registry::PERSISTENT_VOLUME, "", name) else {
        return;
    };
    let claim_is_there = world
        .store
        .by_uid(text(&volume, "/spec/claimRef/uid"))
        .is_some();
    if value::is_terminating(&volume) {
        if !claim_is_there {
            finish(
                world,
                registry::PERSISTENT_VOLUME,
                &volume,
                VOLUME_PROTECTION,
            );
        }
    } else if matches!(text(&volume, "/status/phase"), "" | "Pending") {
        world.update(registry::PERSISTENT_VOLUME, "", name, |volume| {
            volume["status"] = json!({"phase": "Available"});
            protect(volume, VOLUME_PROTECTION);
        });
    }
    world.mark_waiting_claims();
}
