//! `metadata` of objects: rules for names, labels and annotations, and the fields only the server sets.
//!
//! Follows `k8s.io/apimachinery/pkg/api/validation/objectmeta.go`.

use serde_json::{Value, json};

use super::names;
use crate::{registry::KindId, status::Cause, value};

/// The most bytes all annotations of an object may have together.
const MAX_ANNOTATIONS: usize = 256 * 1024;

/// Fields that a client cannot change.
pub(crate) const SERVER_FIELDS: [&str; 6] = [
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "selfLink",
];

/// What is wrong with an object's metadata.
pub(crate) fn rules(kind: KindId, object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let name = value::name(object);
    if name.is_empty() {
        causes.push(Cause::required(
            "metadata.name",
            "name or generateName is required",
        ));
    } else if let Some(problem) = names::object_name(name, kind.spec().rules.name) {
        causes.push(Cause::invalid("metadata.name", &json!(name), &problem));
    }
    causes.extend(label_rules(object, "metadata"));
    for (index, owner) in value::items(object, "/metadata/ownerReferences")
        .iter()
        .enumerate()
    {
        for field in ["apiVersion", "kind", "name", "uid"] {
            if value::text(owner, &format!("/{field}")).is_empty() {
                let at = format!("metadata.ownerReferences[{index}].{field}");
                causes.push(Cause::invalid(
                    at,
                    &json!(""),
                    &format!(
                        "{} must not be empty",
                        if field == "apiVersion" {
                            "version"
                        } else {
                            field
                        }
                    ),
                ));
            }
        }
    }
    causes
}

/// What is wrong with labels and annotations below `/metadata` of `object`.
pub(crate) fn label_rules(object: &Value, at: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (key, label) in value::map(object, "/metadata/labels").into_iter().flatten() {
        let field = format!("{at}.labels");
        if let Some(problem) = names::qualified_name(key) {
            causes.push(Cause::invalid(field.clone(), &json!(key), &problem));
        }
        if let Some(problem) = names::label_value(label.as_str().unwrap_or_default()) {
            causes.push(Cause::invalid(field, label, &problem));
        }
    }
    let mut size = 0;
    for (key, annotation) in value::map(object, "/metadata/annotations")
        .into_iter()
        .flatten()
    {
        size += key.len() + annotation.as_str().map_or(0, str::len);
        if let Some(problem) = names::qualified_name(&key.to_lowercase()) {
            causes.push(Cause::invalid(
                format!("{at}.annotations"),
                &json!(key),
                &problem,
            ));
        }
    }
    if size > MAX_ANNOTATIONS {
        causes.push(Cause::too_long(
            format!("{at}.annotations"),
            MAX_ANNOTATIONS,
        ));
    }
    causes
}

/// Gives `new` the server's fields of `old`.
pub(crate) fn carry_over(new: &mut Value, old: &Value) {
    for field in SERVER_FIELDS {
        match old["metadata"].get(field) {
            Some(kept) => value::set(new, &["metadata", field], kept.clone()),
            None => drop(value::remove(new, &["metadata", field])),
        }
    }
}

/// Takes out of a new object what only the server sets.
pub(crate) fn strip(new: &mut Value) {
    for field in SERVER_FIELDS {
        value::remove(new, &["metadata", field]);
    }
    value::remove(new, &["metadata", "managedFields"]);
}
