//! The managers of an object's fields, and what an apply or update does to them.

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{
    change::{Change, forget_unowned, owned_part, seen_as},
    merge::{merge, prune},
    origin::{self, Part},
    set::FieldSet,
};
use crate::{
    registry::{KindId, Subresource},
    schema,
    status::{Cause, Status},
    value,
};

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
    /// The managers an object names, in the words of the wire.
    fn of(object: &Value) -> Self {
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

    /// The managers of a stored object (or of `Null`): those it names, and those whose writes left no record.
    #[must_use]
    pub fn known(kind: KindId, object: &Value) -> Self {
        let mut managers = Self::of(object);
        if object.is_null() || was_reset(object) {
            return managers;
        }
        let kind = kind.stored();
        let is_recorded = !managers.entries.is_empty();
        let present =
            is_recorded.then(|| FieldSet::of_new(&owned_part(object), schema::root(kind)));
        for part in origin::parts(kind, object, is_recorded) {
            let write = Write {
                kind,
                manager: part.manager,
                subresource: part.subresource,
                now: Timestamp(0),
            };
            let index = managers.entry(write, false);
            match &present {
                Some(present) => managers.complete(index, part, present),
                None => {
                    managers.entries[index].fields = part.fields;
                    managers.entries[index].time = part.time;
                }
            }
        }
        managers.tidy();
        managers
    }

    /// Adds to an entry what its writer wrote without leaving a record, as far as nobody else is on record for it.
    fn complete(&mut self, index: usize, part: Part, present: &FieldSet) {
        let fields = part.fields.difference(&others(self, index));
        let entry = &mut self.entries[index];
        let kept = entry.fields.intersection(present).union(&fields);
        if entry.fields != kept {
            entry.fields = kept;
            entry.time = std::mem::take(&mut entry.time).max(part.time);
        }
    }

    /// Leaves out who owns nothing, and puts the rest in the order of the wire.
    fn tidy(&mut self) {
        self.entries.retain(|entry| !entry.fields.is_empty());
        self.merge_ancient();
        self.entries.sort_by(|a, b| {
            let key = |entry: &Entry| {
                let Entry {
                    manager,
                    is_apply,
                    api_version,
                    subresource,
                    time,
                    fields: _,
                } = entry;
                (
                    !*is_apply,
                    time.clone(),
                    manager.clone(),
                    api_version.clone(),
                    subresource.clone(),
                )
            };
            key(a).cmp(&key(b))
        });
    }

    /// Writes the managers into what becomes of the stored object `old` (`Null` for a new one), whose managers were
    /// `before`. Nothing is written where nothing changed, so that reading an object and sending it back is no change.
    fn put(mut self, object: &mut Value, old: &Value, before: &Self) {
        self.tidy();
        let recorded = old.pointer("/metadata/managedFields");
        let record = if !old.is_null() && self == *before {
            recorded.cloned()
        } else if old.is_null() && self.entries.is_empty() {
            None
        } else {
            Some(self.to_value())
        };
        match record {
            Some(record) => value::set(object, &["metadata", "managedFields"], record),
            None => drop(value::remove(object, &["metadata", "managedFields"])),
        }
    }

    fn to_value(&self) -> Value {
        self.entries.iter().map(Entry::to_value).collect()
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
                time: String::new(),
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

    /// Takes what changed from everybody but one.
    fn take_from_others(&mut self, index: usize, change: &mut Change) {
        for (other, entry) in self.entries.iter_mut().enumerate() {
            if other != index {
                let taken = &change.in_version(&entry.api_version).changed;
                entry.fields = entry.fields.difference(taken);
            }
        }
    }
}

impl Entry {
    fn to_value(&self) -> Value {
        let mut out = json!({
            "manager": self.manager,
            "operation": if self.is_apply { "Apply" } else { "Update" },
            "apiVersion": self.api_version,
            "fieldsType": "FieldsV1",
            "fieldsV1": self.fields.to_value(),
        });
        for (field, text) in [("subresource", &self.subresource), ("time", &self.time)] {
            if !text.is_empty() {
                out[field] = json!(text);
            }
        }
        out
    }

    /// `"kubectl" using apps/v1`; appliers by name alone.
    fn described(&self) -> String {
        let mut out = format!("{:?}", self.manager);
        if !self.subresource.is_empty() {
            out += &format!(" with subresource {:?}", self.subresource);
        }
        if !self.is_apply {
            out += &format!(" using {}", self.api_version);
        }
        out
    }
}

/// Whether somebody emptied the record of a stored object: it then stays empty until the next apply.
fn was_reset(object: &Value) -> bool {
    object
        .pointer("/metadata/managedFields")
        .is_some_and(|record| record == &json!([]))
}

/// Gives a stored object the whole record of its managers, as clients see it.
pub fn show(kind: KindId, object: &mut Value) {
    let managers = Managers::known(kind, object);
    if managers.entries.is_empty() {
        value::remove(object, &["metadata", "managedFields"]);
    } else {
        let record = managers.to_value();
        value::set(object, &["metadata", "managedFields"], record);
    }
}

/// The record a write begins with: the one it brings, or that of the object as it was.
/// Source: `decodeLiveOrNew` of `k8s.io/apimachinery/pkg/util/managedfields/internal/fieldmanager.go`.
fn given(before: &Managers, new: &Value, write: Write<'_>) -> Managers {
    let record = new.pointer("/metadata/managedFields");
    let Some(record) = record.filter(|_| write.subresource.is_none()) else {
        return before.clone();
    };
    if *record == json!([]) || *record == json!([{}]) {
        return Managers::default();
    }
    let managers = Managers::of(new);
    if managers.entries.is_empty() {
        return before.clone();
    }
    managers
}

/// Notes in `new` which fields a create or update changed from `old` (`Null` for a create). Both are as stored; `new`
/// may bring a record of its own.
///
/// Objects without managers that exist already stay without, as on a real server.
pub fn track(old: &Value, new: &mut Value, write: Write<'_>) {
    let before = Managers::known(write.kind, old);
    let mut managers = given(&before, new, write);
    if !old.is_null() && managers.entries.is_empty() {
        return managers.put(new, old, &before);
    }
    let mut change = Change::of(old, new, write.kind);
    let own = write.kind.spec().api_version();
    for entry in &mut managers.entries {
        let removed = &change.in_version(&entry.api_version).removed;
        entry.fields = entry.fields.without(removed).difference(removed);
    }
    if !change.in_version(&own).changed.is_empty() {
        let index = managers.entry(write, false);
        managers.take_from_others(index, &mut change);
        let changed = &change.in_version(&own).changed;
        let fields = managers.entries[index].fields.clone().union(changed);
        managers.give(index, fields, write.now);
    }
    managers.put(new, old, &before);
}

/// The outcome of applying `config` to `live` (`Null` when there is no such object). `config` and the outcome
/// are of the kind written, `live` is as stored.
///
/// # Errors
/// 409 with a cause per field when others own what would change and `force` is not given.
pub fn apply(live: &Value, config: &Value, write: Write<'_>, force: bool) -> Result<Value, Status> {
    let place = schema::root(write.kind);
    let known = Managers::known(write.kind, live);
    let mut managers = managers_before(known.clone(), live, write);
    let mut config = config.clone();
    value::remove(&mut config, &["metadata", "managedFields"]);
    let mut wanted = FieldSet::of(&config, place);
    forget_unowned(&mut wanted);
    let empty = json!({});
    let before = owned_part(if live.is_null() { &empty } else { live });
    let mut merged = merge(&seen_as(write.kind, &before), &config, place);

    let index = managers.entry(write, true);
    let after = write.kind.to_stored(merged.clone());
    let contested = contested(&managers, index, Change::of(&before, &after, write.kind));
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
    let entry = &mut managers.entries[index];
    entry.fields = wanted;
    // An apply that changes nothing leaves the times as they are: a manager who is new with it has none.
    // Source: `managedFieldsUpdater.Apply` of `k8s.io/apimachinery/pkg/util/managedfields/internal`.
    if merged != *seen_as(write.kind, &before) {
        entry.time = value::wire_time(write.now);
    }
    managers.put(&mut merged, live, &known);
    Ok(merged)
}

/// An object whose record was emptied gets a manager that stands for all who wrote it so far.
fn managers_before(mut managers: Managers, live: &Value, write: Write<'_>) -> Managers {
    if live.is_null() || !managers.entries.is_empty() {
        return managers;
    }
    let mut change = Change::of(&Value::Null, live, write.kind);
    let fields = change.in_version(&write.kind.spec().api_version());
    let first = Write {
        manager: "before-first-apply",
        ..write
    };
    let index = managers.entry(first, false);
    managers.give(index, fields.changed.clone(), write.now);
    managers
}

fn contested(managers: &Managers, index: usize, mut change: Change) -> Vec<(usize, FieldSet)> {
    managers
        .entries
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != index)
        .map(|(other, entry)| {
            let changed = &change.in_version(&entry.api_version).changed;
            (other, entry.fields.intersection(changed))
        })
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
mod derived;
#[cfg(test)]
mod tests;
