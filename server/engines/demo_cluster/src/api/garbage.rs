//! What follows from a deletion: dependents go, wait or stay, and a namespace is emptied before it ends.
//!
//! Follows <https://kubernetes.io/docs/concepts/architecture/garbage-collection/>: dependents whose owners
//! are all gone are deleted in the background; an owner deleted in the foreground waits for the dependents
//! that block it; one deleted with `Orphan` lets go of them. The namespace controller's part is
//! [`empty_namespace`].

use std::sync::Arc;

use domain::time::Timestamp;
use serde_json::Value;

use super::{
    Propagation,
    delete::{How, delete_object, is_over},
};
use crate::{
    registry::{KindId, NAMESPACE},
    store::{Place, Store},
    value,
};

/// The finalizer of an owner that waits for its dependents.
pub(super) const FOREGROUND: &str = "foregroundDeletion";
/// The finalizer of an owner that lets go of its dependents.
pub(super) const ORPHAN: &str = "orphan";

/// Deletes objects whose owners are gone, ends foreground and orphaning deletions, and empties namespaces
/// that are terminating. Call it after controllers removed something; requests do so themselves.
pub fn collect_garbage(store: &mut Store, now: Timestamp) {
    while collect_once(store, now) {}
}

/// One round; whether anything changed.
fn collect_once(store: &mut Store, now: Timestamp) -> bool {
    let before = store.revision();
    for place in store.take_strays() {
        judge(store, &place, now);
    }
    let terminating: Vec<Place> = store.terminating().cloned().collect();
    for place in &terminating {
        let Some(object) = store.at(place).cloned() else {
            continue;
        };
        if place.0 == NAMESPACE {
            empty_namespace(store, value::name(&object), now);
        } else if has_finalizer(&object, ORPHAN) {
            release_dependents(store, place.0, &object, now);
        } else if has_finalizer(&object, FOREGROUND) {
            delete_dependents(store, place.0, &object, now);
        }
    }
    store.revision() != before
}

/// Deletes an object none of whose owners stays; takes the references to those that do not stay from one
/// that has others. Source: `attemptToDeleteItem` of `k8s.io/kubernetes/pkg/controller/garbagecollector`.
fn judge(store: &mut Store, place: &Place, now: Timestamp) {
    let Some(object) = store.at(place).cloned() else {
        return;
    };
    let owners = value::items(&object, "/metadata/ownerReferences");
    if owners.is_empty() || value::is_terminating(&object) {
        return;
    }
    let owner_of = |reference: &Value| store.by_uid(value::text(reference, "/uid")).cloned();
    let (mut leaving, mut waits, mut stays) = (Vec::new(), false, false);
    for reference in owners {
        let owner = owner_of(reference);
        let is_waiting = owner
            .as_ref()
            .is_some_and(|owner| has_finalizer(owner, FOREGROUND));
        waits |= is_waiting;
        if owner.is_some() && !is_waiting {
            stays = true;
        } else {
            leaving.push(value::text(reference, "/uid").to_owned());
        }
    }
    if stays {
        for owner in leaving {
            forget_owner(store, place, &owner, now);
        }
        return;
    }
    let owns_others = store.dependents(value::uid(&object)).next().is_some();
    let propagation = if waits && owns_others {
        Propagation::Foreground
    } else {
        Propagation::Background
    };
    let how = How {
        propagation,
        ..How::default()
    };
    delete_object(store, place.0, &object, how, now);
}

/// Deletes what an owner in the foreground owns; the owner goes once nothing that blocks it is left.
fn delete_dependents(store: &mut Store, kind: KindId, owner: &Value, now: Timestamp) {
    for place in dependents(store, owner) {
        judge(store, &place, now);
    }
    let blocks = |place: &Place| {
        store.at(place).is_some_and(|object| {
            value::items(object, "/metadata/ownerReferences")
                .iter()
                .any(|reference| {
                    value::text(reference, "/uid") == value::uid(owner)
                        && value::truth(reference, "/blockOwnerDeletion")
                })
        })
    };
    if !dependents(store, owner).iter().any(blocks) {
        drop_finalizer(store, kind, owner, FOREGROUND, now);
    }
}

fn release_dependents(store: &mut Store, kind: KindId, owner: &Value, now: Timestamp) {
    for place in dependents(store, owner) {
        forget_owner(store, &place, value::uid(owner), now);
    }
    drop_finalizer(store, kind, owner, ORPHAN, now);
}

fn dependents(store: &Store, owner: &Value) -> Vec<Place> {
    store.dependents(value::uid(owner)).cloned().collect()
}

fn has_finalizer(object: &Value, finalizer: &str) -> bool {
    value::is_terminating(object)
        && value::items(object, "/metadata/finalizers")
            .iter()
            .any(|found| found == finalizer)
}

fn forget_owner(store: &mut Store, (kind, namespace, name): &Place, owner: &str, now: Timestamp) {
    let forget = |object: &mut Value| {
        if let Some(owners) = object
            .pointer_mut("/metadata/ownerReferences")
            .and_then(Value::as_array_mut)
        {
            owners.retain(|reference| value::text(reference, "/uid") != owner);
            if owners.is_empty() {
                value::remove(object, &["metadata", "ownerReferences"]);
            }
        }
    };
    // An object that went in the meantime has nothing to forget.
    drop(store.update(*kind, namespace, name, now, forget));
}

fn drop_finalizer(
    store: &mut Store,
    kind: KindId,
    object: &Value,
    finalizer: &str,
    now: Timestamp,
) {
    let (namespace, name) = (value::namespace(object), value::name(object));
    let rest = store.update(kind, namespace, name, now, |object| {
        if let Some(list) = object
            .pointer_mut("/metadata/finalizers")
            .and_then(Value::as_array_mut)
        {
            list.retain(|found| found != finalizer);
            if list.is_empty() {
                value::remove(object, &["metadata", "finalizers"]);
            }
        }
    });
    if rest.is_ok_and(|object| is_over(&object)) {
        store.remove(kind, namespace, name);
    }
}

/// Deletes what is in a terminating namespace, and the namespace once it is empty.
fn empty_namespace(store: &mut Store, name: &str, now: Timestamp) {
    let contents: Vec<(KindId, Arc<Value>)> = store
        .kinds()
        .filter(|kind| kind.spec().namespaced)
        .flat_map(|kind| {
            store
                .list(kind, Some(name))
                .map(move |object| (kind, Arc::clone(object)))
        })
        .collect();
    for (kind, object) in &contents {
        let is_there = store.get(*kind, name, value::name(object)).is_some();
        if is_there && !value::is_terminating(object) {
            delete_object(store, *kind, object, How::default(), now);
        }
    }
    if !contents.is_empty() {
        return;
    }
    let finalized = store.update(NAMESPACE, "", name, now, |namespace| {
        let held_by = namespace.pointer_mut("/spec/finalizers");
        if let Some(held_by) = held_by.and_then(Value::as_array_mut) {
            held_by.retain(|finalizer| finalizer != "kubernetes");
        }
    });
    if finalized.is_ok_and(|namespace| is_over(&namespace)) {
        store.remove(NAMESPACE, "", name);
    }
}
