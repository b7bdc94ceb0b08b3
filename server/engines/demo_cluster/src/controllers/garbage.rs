//! The garbage collector and the end of namespaces.
//!
//! Source: Kubernetes documentation, "Garbage Collection" (background, foreground, orphan).

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Value, json};

use super::pods;
use crate::{
    registry::{self, KindId},
    value,
    world::{Key, World, key_of},
};

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// Deletes what was owned by objects that are gone.
pub(crate) fn collect(world: &mut World, owners: &BTreeSet<String>) {
    for (kind, object) in dependents(world, owners) {
        if !has_living_owner(world, &object) {
            delete(world, kind, &object);
        }
    }
}

fn dependents(world: &World, owners: &BTreeSet<String>) -> Vec<(KindId, Arc<Value>)> {
    let stored = registry::kinds().filter(|(_, spec)| spec.stored && spec.kind != "Event");
    stored
        .flat_map(|(kind, _)| {
            world
                .store
                .list(kind, None)
                .map(move |object| (kind, object))
        })
        .filter(|(_, object)| {
            value::items(object, "/metadata/ownerReferences")
                .iter()
                .any(|owner| owners.contains(value::text(owner, "/uid")))
        })
        .map(|(kind, object)| (kind, Arc::clone(object)))
        .collect()
}

fn has_living_owner(world: &World, object: &Value) -> bool {
    let namespace = value::namespace(object);
    value::items(object, "/metadata/ownerReferences")
        .iter()
        .any(|owner| {
            let kind = registry::find_kind(
                value::text(owner, "/apiVersion"),
                value::text(owner, "/kind"),
            );
            kind.is_some_and(|kind| {
                let place = if kind.spec().namespaced {
                    namespace
                } else {
                    ""
                };
                world
                    .store
                    .get(kind, place, value::text(owner, "/name"))
                    .is_some_and(|found| value::uid(found) == value::text(owner, "/uid"))
            })
        })
}

/// Deletes an object the way its kind ends: pods gracefully, the others at once unless a finalizer holds
/// them.
fn delete(world: &mut World, kind: KindId, object: &Value) {
    if kind == registry::POD {
        return pods::delete(world, object);
    }
    let (namespace, name) = key_of(object);
    if value::items(object, "/metadata/finalizers").is_empty() {
        world.store.remove(kind, &namespace, &name);
    } else if !value::is_terminating(object) {
        let now = value::wire_time(world.now);
        world.update(kind, &namespace, &name, |object| {
            object["metadata"]["deletionTimestamp"] = json!(now);
        });
    }
}

/// Does what the garbage collector's finalizers of a terminating object wait for.
pub(crate) fn finalize(world: &mut World, kind: KindId, (namespace, name): &Key) {
    let Some(object) = world.get(kind, namespace, name) else {
        return;
    };
    if !value::is_terminating(&object) {
        return;
    }
    let owner = BTreeSet::from([value::uid(&object).to_owned()]);
    if has_finalizer(&object, ORPHAN) {
        for (kind, dependent) in dependents(world, &owner) {
            release(world, kind, &dependent, value::uid(&object));
        }
        remove_finalizer(world, kind, &object, ORPHAN);
    } else if has_finalizer(&object, FOREGROUND) {
        let waiting = dependents(world, &owner);
        for (kind, dependent) in &waiting {
            delete(world, *kind, dependent);
        }
        if dependents(world, &owner).is_empty() {
            remove_finalizer(world, kind, &object, FOREGROUND);
        } else {
            world
                .unfinished
                .insert((kind, (namespace.clone(), name.clone())));
        }
    }
}

fn has_finalizer(object: &Value, finalizer: &str) -> bool {
    value::items(object, "/metadata/finalizers")
        .iter()
        .any(|one| one == finalizer)
}

fn release(world: &mut World, kind: KindId, dependent: &Value, owner_uid: &str) {
    let (namespace, name) = key_of(dependent);
    world.update(kind, &namespace, &name, |object| {
        if let Some(owners) = object["metadata"]["ownerReferences"].as_array_mut() {
            owners.retain(|owner| value::text(owner, "/uid") != owner_uid);
        }
    });
}

fn remove_finalizer(world: &mut World, kind: KindId, object: &Value, finalizer: &str) {
    let (namespace, name) = key_of(object);
    let last = value::items(object, "/metadata/finalizers").len() == 1;
    if last && kind != registry::POD {
        world.store.remove(kind, &namespace, &name);
        return;
    }
    world.update(kind, &namespace, &name, |object| {
        if let Some(finalizers) = object["metadata"]["finalizers"].as_array_mut() {
            finalizers.retain(|one| one != finalizer);
        }
    });
}

/// Fills a new namespace with what every namespace has, or empties one that is ending and removes it.
pub(crate) fn reconcile_namespace(world: &mut World, name: &str) {
    let Some(namespace) = world.get(registry::NAMESPACE, "", name) else {
        return;
    };
    if !value::is_terminating(&namespace) {
        return furnish(world, name);
    }
    if value::text(&namespace, "/status/phase") != "Terminating" {
        world.update(registry::NAMESPACE, "", name, |namespace| {
            namespace["status"]["phase"] = json!("Terminating");
        });
    }
    let contents: Vec<_> = registry::kinds()
        .filter(|(_, spec)| spec.stored && spec.namespaced)
        .flat_map(|(kind, _)| {
            world
                .store
                .list(kind, Some(name))
                .map(move |one| (kind, one))
        })
        .map(|(kind, object)| (kind, Arc::clone(object)))
        .collect();
    for (kind, object) in &contents {
        delete(world, *kind, object);
    }
    let empty = registry::kinds()
        .filter(|(_, spec)| spec.stored && spec.namespaced)
        .all(|(kind, _)| world.store.list(kind, Some(name)).next().is_none());
    if empty {
        world.store.remove(registry::NAMESPACE, "", name);
    }
}

fn furnish(world: &mut World, namespace: &str) {
    let account = json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": namespace},
    });
    let authority = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "kube-root-ca.crt",
            "namespace": namespace,
            "annotations": {
                "kubernetes.io/description": "Contains a CA bundle that can be used to verify the \
                 kube-apiserver when using internal endpoints such as the internal service IP or \
                 kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes \
                 clusters.",
            },
        },
        "data": {"ca.crt": ""},
    });
    // Where they exist already they stay as they are.
    drop(
        world
            .store
            .insert(registry::SERVICE_ACCOUNT, account, world.now),
    );
    drop(
        world
            .store
            .insert(registry::CONFIG_MAP, authority, world.now),
    );
}

/// Removes pods whose node is gone, as the pod garbage collector does.
pub(crate) fn remove_stranded_pods(world: &mut World) {
    let stranded: Vec<_> = world
        .store
        .list(registry::POD, None)
        .filter(|pod| {
            let node = value::text(pod, "/spec/nodeName");
            !node.is_empty() && world.store.get(registry::NODE, "", node).is_none()
        })
        .map(|pod| key_of(pod))
        .collect();
    for (namespace, name) in stranded {
        world.store.remove(registry::POD, &namespace, &name);
    }
}
