//! `ControllerRevision`s: the templates a `StatefulSet` or `DaemonSet` had, for `kubectl rollout history`
//! and `undo`.
//!
//! Source: Kubernetes documentation, "Perform a Rollback on a DaemonSet", and
//! `k8s.io/kubernetes/pkg/controller/history`.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Value, json};

use super::{deployment::template_hash, pods};
use crate::{
    registry::{self, KindId},
    value,
    world::World,
};

/// Revisions kept beside those in use when the owner does not say.
const DEFAULT_LIMIT: i64 = 10;

/// Makes sure that the owner's present template is its newest revision, and returns that revision.
pub(super) fn sync(world: &mut World, owner: &Value) -> Option<Arc<Value>> {
    let known = all(world, owner);
    let newest = known.last().map_or(0, |revision| number(revision));
    let data = data(owner);
    let same = known.iter().rev().find(|revision| revision["data"] == data);
    match same {
        Some(revision) if number(revision) == newest => Some(Arc::clone(revision)),
        Some(revision) => {
            let (namespace, name) = crate::world::key_of(revision);
            world.update(
                registry::CONTROLLER_REVISION,
                &namespace,
                &name,
                |revision| revision["revision"] = json!(newest + 1),
            )
        }
        None => create(world, owner, data, newest + 1),
    }
}

/// The owner's revisions, oldest first.
fn all(world: &World, owner: &Value) -> Vec<Arc<Value>> {
    let mut revisions = world.controlled_by(
        registry::CONTROLLER_REVISION,
        value::namespace(owner),
        value::uid(owner),
    );
    revisions.sort_by_key(|revision| number(revision));
    revisions
}

fn number(revision: &Value) -> i64 {
    value::integer(revision, "/revision").unwrap_or(0)
}

/// What a strategic merge patch has to say to bring the template back.
fn data(owner: &Value) -> Value {
    let mut template = owner["spec"]["template"].clone();
    template["$patch"] = json!("replace");
    json!({"spec": {"template": template}})
}

fn create(world: &mut World, owner: &Value, data: Value, number: i64) -> Option<Arc<Value>> {
    let hash = template_hash(owner);
    let mut metadata = json!({
        "name": format!("{}-{hash}", value::name(owner)),
        "namespace": value::namespace(owner),
        "labels": owner["spec"]["template"]["metadata"]["labels"],
        "ownerReferences": [pods::owner_reference(owner)],
    });
    let label = if owner["kind"] == "DaemonSet" {
        "controller-revision-hash"
    } else {
        "controller.kubernetes.io/hash"
    };
    metadata["labels"][label] = json!(hash);
    let annotations = value::map(owner, "/metadata/annotations")
        .into_iter()
        .flatten()
        .filter(|(key, _)| *key != "kubectl.kubernetes.io/last-applied-configuration");
    for (key, text) in annotations {
        metadata["annotations"][key] = text.clone();
    }
    let revision = json!({"metadata": metadata, "data": data, "revision": number});
    world
        .store
        .insert(registry::CONTROLLER_REVISION, revision, world.now)
        .ok()
}

/// The template of the owner's revision of this name.
pub(super) fn template(world: &World, owner: &Value, name: &str) -> Option<Value> {
    let revision = world.get(registry::CONTROLLER_REVISION, value::namespace(owner), name)?;
    let mut template = revision["data"]["spec"]["template"].clone();
    value::remove(&mut template, &["$patch"]);
    Some(template)
}

/// Removes the oldest revisions beyond `revisionHistoryLimit`; those whose hash a pod or the owner still
/// names stay and do not count.
pub(super) fn trim(world: &mut World, kind: KindId, owner: &Value) {
    let Some(owner) = world.get(kind, value::namespace(owner), value::name(owner)) else {
        return;
    };
    let limit = value::integer(&owner, "/spec/revisionHistoryLimit").unwrap_or(DEFAULT_LIMIT);
    let prefix = format!("{}-", value::name(&owner));
    let pods = world.controlled_by(registry::POD, value::namespace(&owner), value::uid(&owner));
    let mut used: BTreeSet<String> = pods
        .iter()
        .map(|pod| value::text(pod, "/metadata/labels/controller-revision-hash"))
        .map(|hash| format!("{prefix}{}", hash.trim_start_matches(prefix.as_str())))
        .collect();
    used.insert(format!("{prefix}{}", template_hash(&owner)));
    used.insert(value::text(&owner, "/status/currentRevision").to_owned());
    let idle: Vec<_> = all(world, &owner)
        .into_iter()
        .filter(|revision| !used.contains(value::name(revision)))
        .collect();
    let surplus = idle.len().saturating_sub(limit.max(0) as usize);
    for revision in idle.into_iter().take(surplus) {
        let (namespace, name) = crate::world::key_of(&revision);
        world
            .store
            .remove(registry::CONTROLLER_REVISION, &namespace, &name);
    }
}
