//! A change of an object, in every version in which its managers know it.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Map, Value, json};

use super::{
    merge::{Comparison, compare},
    set::FieldSet,
};
use crate::{
    registry::{self, KindId},
    schema, value,
};

/// Fields nobody owns: the server's own.
/// Source: `k8s.io/apimachinery/pkg/util/managedfields/internal/stripmeta.go`.
const UNOWNED: &[&[&str]] = &[
    &["apiVersion"],
    &["kind"],
    &["metadata", "name"],
    &["metadata", "namespace"],
    &["metadata", "creationTimestamp"],
    &["metadata", "selfLink"],
    &["metadata", "uid"],
    &["metadata", "generation"],
    &["metadata", "managedFields"],
    &["metadata", "resourceVersion"],
    &["metadata", "deletionTimestamp"],
    &["metadata", "deletionGracePeriodSeconds"],
];

/// A change of a stored object, in every version in which managers know the object.
pub(super) struct Change {
    before: Value,
    after: Value,
    kind: KindId,
    seen: BTreeMap<String, Comparison>,
}

impl Change {
    /// From `before` (`Null` when there was nothing) to `after`, both as stored; `kind` may be a view.
    pub(super) fn of(before: &Value, after: &Value, kind: KindId) -> Self {
        let before = if before.is_null() { &json!({}) } else { before };
        Self {
            before: owned_part(before),
            after: owned_part(after),
            kind,
            seen: BTreeMap::new(),
        }
    }

    /// What changed in the eyes of somebody who writes in this version.
    pub(super) fn in_version(&mut self, api_version: &str) -> &Comparison {
        let Self {
            before,
            after,
            kind,
            seen,
        } = self;
        seen.entry(api_version.to_owned()).or_insert_with(|| {
            let kind = in_version(*kind, api_version);
            let mut out = compare(
                &seen_as(kind, before),
                &seen_as(kind, after),
                schema::root(kind),
            );
            forget_unowned(&mut out.changed);
            forget_unowned(&mut out.removed);
            out
        })
    }
}

/// The kind in another version; itself where there is none, as for all custom kinds.
fn in_version(kind: KindId, api_version: &str) -> KindId {
    if kind.spec().api_version() == api_version {
        return kind;
    }
    registry::find_kind(api_version, kind.spec().kind)
        .filter(|found| found.stored() == kind.stored())
        .unwrap_or(kind)
}

/// A stored object as a kind shows it, with nothing for nothing.
pub(super) fn seen_as(kind: KindId, object: &Value) -> Cow<'_, Value> {
    if object.as_object().is_some_and(Map::is_empty) {
        return Cow::Borrowed(object);
    }
    kind.shown(object)
}

/// The object without its record of managers, so that comparing does not walk it.
pub(super) fn owned_part(object: &Value) -> Value {
    let mut out = object.clone();
    value::remove(&mut out, &["metadata", "managedFields"]);
    out
}

pub(super) fn forget_unowned(fields: &mut FieldSet) {
    for path in UNOWNED {
        fields.forget(path);
    }
}
