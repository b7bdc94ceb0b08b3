//! The managers of an object's fields, and what an apply or update does to them.

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{
    merge::{compare, merge, prune},
    set::FieldSet,
};
use crate::{
    registry::{KindId, Subresource},
    schema::{self, Place},
    status::{Cause, Status},
    value,
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

/// Entries of updates that are kept apart; the oldest beyond are merged into one.
/// Source: `k8s.io/apimachinery/pkg/util/managedfields/internal/capmanagers.go`.
const MAX_UPDATERS: usize = 10;
const ANCIENT: &str = "ancient-changes";

/// One write, for the record.
#[derive(Debug, Clone, Copy)]
pub struct Write<'a> {
    /// The kind written.
    pub kind: KindId,
    /// Who writes.
    pub manager: &'a str,
    /// Below which path.
    pub subresource: Option<Subresource>,
    /// When.
    pub now: Timestamp,
}

/// The entries of `metadata.managedFields`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Managers {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    manager: String,
    is_apply: bool,
    api_version: String,
    subresource: String,
    time: String,
    fields: FieldSet,
}

impl Managers {
    /// The managers an object names.
    #[must_use]
    pub fn of(object: &Value) -> Self {
        let entries = value::items(object, "/metadata/managedFields")
            .iter()
            .map(|entry| Entry {
                manager: value::text(entry, "/manager").to_owned(),
                is_apply: value::text(entry, "/operation") == "Apply",
                api_version: value::text(entry, "/apiVersion").to_owned(),
                subresource: value::text(entry, "/subresource").to_owned(),
                time: value::text(entry, "/time").to_owned(),
                fields: FieldSet::from_value(&entry["fieldsV1"]),
            })
            .collect();
        Self { entries }
    }

    /// Writes the managers into an object.
    pub fn put(mut self, object: &mut Value) {
        self.entries.retain(|entry| !entry.fields.is_empty());
        self.merge_ancient();
        self.entries.sort_by(|a, b| {
            (!a.is_apply, &a.time, &a.manager, &a.subresource).cmp(&(
                !b.is_apply,
                &b.time,
                &b.manager,
                &b.subresource,
            ))
        });
        if self.entries.is_empty() {
            value::remove(object, &["metadata", "managedFields"]);
        } else {
            let entries: Vec<Value> = self.entries.iter().map(Entry::to_value).collect();
            object["metadata"]["managedFields"] = json!(entries);
        }
    }

    /// Keeps the record bounded however many programs write.
    fn merge_ancient(&mut self) {
        while self.entries.iter().filter(|entry| !entry.is_apply).count() > MAX_UPDATERS {
            let mut updaters: Vec<usize> = (0..self.entries.len())
                .filter(|index| !self.entries[*index].is_apply)
                .collect();
            updaters.sort_by_key(|index| &self.entries[*index].time);
            let oldest = self.entries[updaters[0]].fields.clone();
            let next = &mut self.entries[updaters[1]];
            next.fields = std::mem::take(&mut next.fields).union(&oldest);
            ANCIENT.clone_into(&mut next.manager);
            next.subresource.clear();
            self.entries.remove(updaters[0]);
        }
    }

    /// The place of a writer's entry, made when there is none.
    fn entry(&mut self, write: Write<'_>, is_apply: bool) -> usize {
        let subresource = write.subresource.map_or("", Subresource::as_str);
        let api_version = write.kind.spec().api_version();
        let found = self.entries.iter().position(|entry| {
            entry.manager == write.manager
                && entry.is_apply == is_apply
                && entry.subresource == subresource
                && entry.api_version == api_version
        });
        found.unwrap_or_else(|| {
            self.entries.push(Entry {
                manager: write.manager.to_owned(),
                is_apply,
                api_version,
                subresource: subresource.to_owned(),
                time: value::wire_time(write.now),
                fields: FieldSet::default(),
            });
            self.entries.len() - 1
        })
    }

    /// Gives a writer `fields` and notes the time if that is a change.
    fn give(&mut self, index: usize, fields: FieldSet, now: Timestamp) {
        let entry = &mut self.entries[index];
        if entry.fields != fields {
            entry.fields = fields;
            entry.time = value::wire_time(now);
        }
    }

    /// Takes fields from everybody but one.
    fn take_from_others(&mut self, index: usize, taken: &FieldSet) {
        for (other, entry) in self.entries.iter_mut().enumerate() {
            if other != index {
                entry.fields = entry.fields.difference(taken);
            }
        }
    }

    fn take_from_all(&mut self, gone: &FieldSet) {
        for entry in &mut self.entries {
            entry.fields = entry.fields.without(gone).difference(gone);
        }
    }
}

impl Entry {
    fn to_value(&self) -> Value {
        let mut out = json!({
            "manager": self.manager,
            "operation": if self.is_apply { "Apply" } else { "Update" },
            "apiVersion": self.api_version,
            "time": self.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": self.fields.to_value(),
        });
        if !self.subresource.is_empty() {
            out["subresource"] = json!(self.subresource);
        }
        out
    }

    /// `"kubectl" using apps/v1 at 2026-01-01T00:00:00Z`; appliers by name alone.
    fn described(&self) -> String {
        let mut out = format!("{:?}", self.manager);
        if !self.subresource.is_empty() {
            out += &format!(" with subresource {:?}", self.subresource);
        }
        if !self.is_apply {
            out += &format!(" using {}", self.api_version);
            if !self.time.is_empty() {
                out += &format!(" at {}", self.time);
            }
        }
        out
    }
}

/// Notes in `new` which fields a create or update changed from `old` (`Null` for a create).
///
/// Objects without managers that exist already stay without, as on a real server.
pub fn track(old: &Value, new: &mut Value, write: Write<'_>) {
    let mut managers = Managers::of(old);
    if !old.is_null() && managers.entries.is_empty() {
        value::remove(new, &["metadata", "managedFields"]);
        return;
    }
    let place = schema::root(write.kind);
    let empty = json!({});
    let before = if old.is_null() { &empty } else { old };
    let mut comparison = compare(&owned_part(before), &owned_part(new), place);
    forget_unowned(&mut comparison.changed);
    forget_unowned(&mut comparison.removed);
    managers.take_from_all(&comparison.removed);
    if !comparison.changed.is_empty() {
        let index = managers.entry(write, false);
        managers.take_from_others(index, &comparison.changed);
        let fields = managers.entries[index]
            .fields
            .clone()
            .union(&comparison.changed);
        managers.give(index, fields, write.now);
    }
    managers.put(new);
}

/// The object without its record of managers, so that comparing does not walk it.
fn owned_part(object: &Value) -> Value {
    let mut out = object.clone();
    value::remove(&mut out, &["metadata", "managedFields"]);
    out
}

fn forget_unowned(fields: &mut FieldSet) {
    for path in UNOWNED {
        fields.forget(path);
    }
}

/// The outcome of applying `config` to `live` (`Null` when there is no such object).
///
/// # Errors
/// 409 with a cause per field when others own what would change and `force` is not given.
pub fn apply(live: &Value, config: &Value, write: Write<'_>, force: bool) -> Result<Value, Status> {
    let place = schema::root(write.kind);
    let mut managers = managers_before(live, place, write);
    let mut config = config.clone();
    value::remove(&mut config, &["metadata", "managedFields"]);
    let mut wanted = FieldSet::of(&config, place);
    forget_unowned(&mut wanted);
    let empty = json!({});
    let before = owned_part(if live.is_null() { &empty } else { live });
    let mut merged = merge(&before, &config, place);

    let index = managers.entry(write, true);
    let mut changed = compare(&before, &merged, place).changed;
    forget_unowned(&mut changed);
    let contested = contested(&managers, index, &changed);
    if !contested.is_empty() && !force {
        return Err(conflict(&managers, &contested));
    }
    for (other, fields) in contested {
        let entry = &mut managers.entries[other];
        entry.fields = entry.fields.difference(&fields);
    }
    let gone = managers.entries[index].fields.difference(&wanted);
    let kept = others(&managers, index).union(&wanted);
    prune(&mut merged, &gone, &kept, place);
    managers.give(index, wanted, write.now);
    managers.put(&mut merged);
    Ok(merged)
}

/// An object that was never tracked gets a manager that stands for all who wrote it so far.
fn managers_before(live: &Value, place: Place, write: Write<'_>) -> Managers {
    let mut managers = Managers::of(live);
    if live.is_null() || !managers.entries.is_empty() {
        return managers;
    }
    let mut fields = FieldSet::of_new(&owned_part(live), place);
    forget_unowned(&mut fields);
    let first = Write {
        manager: "before-first-apply",
        ..write
    };
    let index = managers.entry(first, false);
    managers.give(index, fields, write.now);
    managers
}

fn contested(managers: &Managers, index: usize, changed: &FieldSet) -> Vec<(usize, FieldSet)> {
    managers
        .entries
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != index)
        .map(|(other, entry)| (other, entry.fields.intersection(changed)))
        .filter(|(_, fields)| !fields.is_empty())
        .collect()
}

fn others(managers: &Managers, index: usize) -> FieldSet {
    managers
        .entries
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != index)
        .fold(FieldSet::default(), |all, (_, entry)| {
            all.union(&entry.fields)
        })
}

/// Worded as `conflict.go` of the managed fields package does.
fn conflict(managers: &Managers, contested: &[(usize, FieldSet)]) -> Status {
    let mut causes = Vec::new();
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for (other, fields) in contested {
        let who = managers.entries[*other].described();
        let paths = fields.paths();
        causes.extend(
            paths
                .iter()
                .map(|path| Cause::manager_conflict(path.clone(), format!("conflict with {who}"))),
        );
        lines.push((who, paths));
    }
    lines.sort();
    let message = match (causes.len(), lines.as_slice()) {
        (1, [(who, paths)]) => format!(
            "Apply failed with 1 conflict: conflict with {who}: {}",
            paths.concat()
        ),
        (count, lines) => {
            let listed: Vec<String> = lines
                .iter()
                .flat_map(|(who, paths)| {
                    std::iter::once(format!("conflicts with {who}:"))
                        .chain(paths.iter().map(|path| format!("- {path}")))
                })
                .collect();
            format!("Apply failed with {count} conflicts: {}", listed.join("\n"))
        }
    };
    Status::apply_conflict(message, causes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::DEPLOYMENT;

    fn write(manager: &str) -> Write<'_> {
        Write {
            kind: DEPLOYMENT,
            manager,
            subresource: None,
            now: Timestamp(1_763_930_096_000),
        }
    }

    fn config(replicas: i64, image: &str) -> Value {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": {"app": "web"}},
            "spec": {"replicas": replicas, "template": {"spec": {"containers": [{"name": "web", "image": image}]}}}})
    }

    #[test]
    fn records_what_an_applier_gave() {
        let object = apply(&Value::Null, &config(2, "nginx"), write("me"), false).unwrap();
        let entry = &object["metadata"]["managedFields"][0];
        assert_eq!(entry["operation"], "Apply");
        assert_eq!(entry["fieldsV1"]["f:spec"]["f:replicas"], json!({}));
        assert!(entry["fieldsV1"]["f:metadata"].get("f:name").is_none());
        assert!(entry["fieldsV1"].get("f:kind").is_none());
    }

    #[test]
    fn refuses_to_change_what_others_own() {
        let first = apply(&Value::Null, &config(2, "nginx"), write("a"), false).unwrap();
        let refused = apply(&first, &config(3, "nginx"), write("b"), false).unwrap_err();
        assert_eq!(refused.code(), 409);
        assert_eq!(
            refused.message(),
            r#"Apply failed with 1 conflict: conflict with "a": .spec.replicas"#
        );
        assert_eq!(refused.causes()[0].reason, "FieldManagerConflict");
        let both = apply(&first, &config(3, "caddy"), write("b"), false).unwrap_err();
        assert_eq!(
            both.message(),
            "Apply failed with 2 conflicts: conflicts with \"a\":\n- .spec.replicas\n- .spec.template.spec.containers[name=\"web\"].image"
        );
    }

    #[test]
    fn takes_fields_over_by_force() {
        let first = apply(&Value::Null, &config(2, "nginx"), write("a"), false).unwrap();
        let second = apply(&first, &config(3, "nginx"), write("b"), true).unwrap();
        assert_eq!(second["spec"]["replicas"], 3);
        let refused = apply(&second, &config(2, "nginx"), write("a"), false).unwrap_err();
        assert!(
            refused
                .message()
                .contains(r#"conflict with "b": .spec.replicas"#)
        );
    }

    #[test]
    fn removes_what_is_no_longer_applied() {
        let first = apply(&Value::Null, &config(2, "nginx"), write("a"), false).unwrap();
        let mut less = config(2, "nginx");
        value::remove(&mut less, &["metadata", "labels"]);
        value::remove(&mut less, &["spec", "replicas"]);
        let second = apply(&first, &less, write("a"), false).unwrap();
        assert!(second["metadata"].get("labels").is_none());
        assert!(second["spec"].get("replicas").is_none());
        assert_eq!(second["spec"]["template"], first["spec"]["template"]);
    }

    #[test]
    fn leaves_shared_fields_to_the_other_owner() {
        let first = apply(&Value::Null, &config(2, "nginx"), write("a"), false).unwrap();
        let shared = apply(&first, &config(2, "nginx"), write("b"), false).unwrap();
        let mut less = config(2, "nginx");
        value::remove(&mut less, &["spec", "replicas"]);
        let third = apply(&shared, &less, write("a"), false).unwrap();
        assert_eq!(third["spec"]["replicas"], 2);
    }

    #[test]
    fn moves_fields_to_whoever_updates_them() {
        let mut created = config(2, "nginx");
        track(&Value::Null, &mut created, write("kubectl-create"));
        let mut scaled = created.clone();
        scaled["spec"]["replicas"] = json!(5);
        track(&created, &mut scaled, write("kubectl-edit"));
        let entries = Managers::of(&scaled).entries;
        assert_eq!(entries.len(), 2);
        let owner = entries
            .iter()
            .find(|entry| entry.manager == "kubectl-edit")
            .unwrap();
        assert_eq!(owner.fields.paths(), [".spec.replicas"]);
        let refused = apply(&scaled, &config(2, "nginx"), write("a"), false).unwrap_err();
        assert_eq!(
            refused.message(),
            r#"Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1 at 2025-11-23T20:34:56Z: .spec.replicas"#
        );
    }

    #[test]
    fn protects_objects_nobody_was_tracked_on() {
        let mut untracked = config(2, "nginx");
        track(&config(1, "nginx"), &mut untracked, write("x"));
        assert!(untracked["metadata"].get("managedFields").is_none());
        let refused = apply(&untracked, &config(3, "nginx"), write("a"), false).unwrap_err();
        assert!(refused.message().contains("before-first-apply"));
    }

    #[test]
    fn merges_the_oldest_of_many_writers() {
        let mut object = config(0, "nginx");
        track(&Value::Null, &mut object, write("first"));
        for number in 1..30 {
            let mut next = object.clone();
            next["metadata"]["annotations"][format!("a{number}")] = json!("x");
            track(&object, &mut next, write(&format!("writer-{number}")));
            object = next;
        }
        let managers = Managers::of(&object);
        assert_eq!(managers.entries.len(), MAX_UPDATERS);
        assert!(
            managers
                .entries
                .iter()
                .any(|entry| entry.manager == ANCIENT)
        );
        let all = others(&managers, usize::MAX).paths();
        assert!((1..30).all(|number| all.contains(&format!(".metadata.annotations.a{number}"))));
    }

    #[test]
    fn changes_nothing_when_the_same_is_applied_again() {
        let first = apply(&Value::Null, &config(2, "nginx"), write("a"), false).unwrap();
        let later = Write {
            now: Timestamp(1_900_000_000_000),
            ..write("a")
        };
        assert_eq!(
            apply(&first, &config(2, "nginx"), later, false).unwrap(),
            first
        );
    }
}
