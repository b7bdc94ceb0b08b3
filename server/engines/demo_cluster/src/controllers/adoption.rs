//! Which objects a controller looks after: those it owns and its selector chooses.
//!
//! Objects nobody controls that match are adopted; owned ones that match no longer are let go. Source:
//! `k8s.io/kubernetes/pkg/controller/controller_ref_manager.go`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::pods;
use crate::{
    registry::{self, KindId},
    selector::LabelSelector,
    value,
    world::{Key, World, key_of},
};

/// The objects of `kind` that `owner` controls, by name, after adopting and letting go.
pub(super) fn claim(world: &mut World, kind: KindId, owner: &Value) -> Vec<Arc<Value>> {
    let selector = selector_of(owner);
    let (namespace, uid) = (value::namespace(owner), value::uid(owner));
    let (mut claimed, strangers): (Vec<_>, Vec<_>) = world
        .controlled_by(kind, namespace, uid)
        .into_iter()
        .partition(|object| value::is_terminating(object) || selector.matches_object(object));
    for stranger in strangers {
        release(world, kind, &stranger, uid);
    }
    if value::is_terminating(owner) || selector.is_empty() {
        return claimed;
    }
    let orphans: Vec<_> = world
        .store
        .list(kind, Some(namespace))
        .filter(|object| is_adoptable(kind, object) && selector.matches_object(object))
        .map(|object| key_of(object))
        .collect();
    for key in &orphans {
        claimed.extend(adopt(world, kind, key, owner));
    }
    if !orphans.is_empty() {
        claimed.sort_by(|a, b| value::name(a).cmp(value::name(b)));
    }
    claimed
}

/// The workloads of a namespace that would adopt the object.
pub(crate) fn adopters(world: &World, kind: KindId, object: &Value) -> Vec<(KindId, Key)> {
    let owners: &[KindId] = match kind {
        registry::POD => &[
            registry::REPLICA_SET,
            registry::STATEFUL_SET,
            registry::DAEMON_SET,
            registry::JOB,
        ],
        registry::REPLICA_SET => &[registry::DEPLOYMENT],
        _ => &[],
    };
    if !is_adoptable(kind, object) {
        return Vec::new();
    }
    let namespace = value::namespace(object);
    owners
        .iter()
        .flat_map(|owner_kind| {
            world
                .store
                .list(*owner_kind, Some(namespace))
                .filter(|owner| {
                    let selector = selector_of(owner);
                    !selector.is_empty() && selector.matches_object(object)
                })
                .map(|owner| (*owner_kind, key_of(owner)))
        })
        .collect()
}

fn selector_of(owner: &Value) -> LabelSelector {
    LabelSelector::from_object(owner["spec"].get("selector"))
}

fn is_adoptable(kind: KindId, object: &Value) -> bool {
    value::controller_of(object).is_none()
        && !value::is_terminating(object)
        && (kind != registry::POD || pods::is_active(object))
}

fn adopt(
    world: &mut World,
    kind: KindId,
    (namespace, name): &Key,
    owner: &Value,
) -> Option<Arc<Value>> {
    let reference = pods::owner_reference(owner);
    world.update(kind, namespace, name, |object| {
        value::set_default(object, &["metadata", "ownerReferences"], json!([]));
        if let Some(owners) = object["metadata"]["ownerReferences"].as_array_mut() {
            owners.push(reference);
        }
    })
}

fn release(world: &mut World, kind: KindId, object: &Value, owner_uid: &str) {
    let (namespace, name) = key_of(object);
    world.update(kind, &namespace, &name, |object| {
        let owners = object
            .pointer_mut("/metadata/ownerReferences")
            .and_then(Value::as_array_mut);
        if let Some(owners) = owners {
            owners.retain(|owner| value::text(owner, "/uid") != owner_uid);
            if owners.is_empty() {
                value::remove(object, &["metadata", "ownerReferences"]);
            }
        }
    });
}
