//! Comparing, merging and pruning objects along the schema.

use serde_json::{Map, Value};

use super::set::{FieldSet, Step, item_step};
use crate::schema::Place;

/// How one object differs from another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Comparison {
    /// Fields that are new or have another value.
    pub(super) changed: FieldSet,
    /// Fields that are gone.
    pub(super) removed: FieldSet,
}

/// What changed from `old` to `new`.
pub(super) fn compare(old: &Value, new: &Value, place: Place) -> Comparison {
    if old == new {
        return Comparison::default();
    }
    match (old, new) {
        (Value::Object(old), Value::Object(new)) if !place.is_atomic() => {
            let old_part = |name: &str| old.get(name);
            let steps = old
                .keys()
                .chain(new.keys().filter(|name| !old.contains_key(*name)));
            steps.fold(Comparison::default(), |out, name| {
                let below = part(old_part(name), new.get(name), place.field(name));
                out.with(Step::Field(name.clone()), below)
            })
        }
        (Value::Array(old), Value::Array(new)) if !place.is_atomic() => {
            compare_lists(old, new, place)
        }
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_),
            _,
        ) => Comparison {
            changed: FieldSet::of_new(new, place),
            removed: FieldSet::default(),
        },
    }
}

fn compare_lists(old: &[Value], new: &[Value], place: Place) -> Comparison {
    let find = |list: &[Value], step: &Step| {
        list.iter()
            .position(|item| item_step(item, place).as_ref() == Some(step))
    };
    let mut out = Comparison::default();
    for item in old {
        if let Some(step) = item_step(item, place) {
            let other = find(new, &step).map(|index| &new[index]);
            out = out.with(step, list_part(Some(item), other, place));
        }
    }
    for item in new {
        if let Some(step) = item_step(item, place)
            && find(old, &step).is_none()
        {
            out = out.with(step, list_part(None, Some(item), place));
        }
    }
    out
}

fn list_part(old: Option<&Value>, new: Option<&Value>, place: Place) -> Comparison {
    let mut out = part(old, new, place.item());
    if old.is_none() {
        out.changed.member = true;
    }
    if new.is_none() {
        out.removed.member = true;
    }
    out
}

fn part(old: Option<&Value>, new: Option<&Value>, place: Place) -> Comparison {
    match (old, new) {
        (Some(old), Some(new)) => compare(old, new, place),
        // To Go null and absent are the same.
        (None, Some(Value::Null)) | (Some(Value::Null), None) => Comparison::default(),
        (None, Some(new)) if place.rules.always => compare_with_empty(new, place),
        (None, Some(new)) => Comparison {
            changed: FieldSet::of_new(new, place),
            removed: FieldSet::default(),
        },
        (Some(old), None) => Comparison {
            changed: FieldSet::default(),
            removed: FieldSet::of_new(old, place),
        },
        (None, None) => Comparison::default(),
    }
}

/// What is new in a value that was there and empty: its contents, but not itself.
/// Source: `typed/compare.go` of structured-merge-diff, with Go's types on both sides.
fn compare_with_empty(new: &Value, place: Place) -> Comparison {
    match new {
        Value::Object(_) => compare(&Value::Object(Map::new()), new, place),
        Value::Array(_) => compare(&Value::Array(Vec::new()), new, place),
        zero if is_zero(zero) => Comparison::default(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Comparison {
            changed: FieldSet::of_new(new, place),
            removed: FieldSet::default(),
        },
    }
}

/// Whether a value is what Go's type holds before anybody gives it one.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(truth) => !truth,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(_) | Value::Object(_) => false,
    }
}

impl Comparison {
    fn with(mut self, step: Step, below: Self) -> Self {
        if !below.changed.is_empty() {
            self.changed.below.insert(step.clone(), below.changed);
        }
        if !below.removed.is_empty() {
            self.removed.below.insert(step, below.removed);
        }
        self
    }
}

/// `live` with everything `config` gives laid over it.
pub(super) fn merge(live: &Value, config: &Value, place: Place) -> Value {
    if place.is_atomic() {
        return config.clone();
    }
    match (live, config) {
        (Value::Object(live), Value::Object(config)) => {
            let mut out = live.clone();
            for (name, wanted) in config {
                let merged = match live.get(name) {
                    Some(old) => merge(old, wanted, place.field(name)),
                    None => wanted.clone(),
                };
                out.insert(name.clone(), merged);
            }
            Value::Object(out)
        }
        (Value::Array(live), Value::Array(config)) => {
            Value::Array(merge_lists(live, config, place))
        }
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_),
            _,
        ) => config.clone(),
    }
}

/// Items of `config` in its order; an item only `live` has stays before the item it was before.
fn merge_lists(live: &[Value], config: &[Value], place: Place) -> Vec<Value> {
    let step = |item: &Value| item_step(item, place);
    let is_listed = |item: &Value| config.iter().any(|other| step(other) == step(item));
    let mut out = Vec::new();
    let mut waiting = live.iter().peekable();
    for wanted in config {
        while let Some(only_live) = waiting.next_if(|item| !is_listed(item)) {
            out.push(only_live.clone());
        }
        waiting.next_if(|item| is_listed(item));
        let old = live.iter().find(|item| step(item) == step(wanted));
        out.push(old.map_or_else(|| wanted.clone(), |old| merge(old, wanted, place.item())));
    }
    out.extend(waiting.filter(|item| !is_listed(item)).cloned());
    out
}

/// Takes out of `value` what is in `gone` and neither in `kept` nor above something in it.
pub(super) fn prune(value: &mut Value, gone: &FieldSet, kept: &FieldSet, place: Place) {
    match value {
        Value::Object(fields) => prune_fields(fields, gone, kept, place),
        Value::Array(items) => {
            let mut rest = Vec::with_capacity(items.len());
            for mut item in std::mem::take(items) {
                let step = item_step(&item, place);
                let goes = step.as_ref().and_then(|step| gone.below.get(step));
                let stays = step.as_ref().and_then(|step| kept.below.get(step));
                match (goes, stays) {
                    (Some(goes), None) if goes.member => continue,
                    (Some(goes), stays) => {
                        let none = FieldSet::default();
                        prune(&mut item, goes, stays.unwrap_or(&none), place.item());
                    }
                    (None, _) => {}
                }
                rest.push(item);
            }
            *items = rest;
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn prune_fields(fields: &mut Map<String, Value>, gone: &FieldSet, kept: &FieldSet, place: Place) {
    for (step, goes) in &gone.below {
        let Step::Field(name) = step else {
            continue;
        };
        let stays = kept.below.get(step);
        if goes.member && stays.is_none() {
            fields.remove(name);
            continue;
        }
        let Some(inner) = fields.get_mut(name) else {
            continue;
        };
        let none = FieldSet::default();
        prune(inner, goes, stays.unwrap_or(&none), place.field(name));
        if is_hollow(inner) {
            fields.remove(name);
        }
    }
}

fn is_hollow(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{registry::DEPLOYMENT, schema};
    use serde_json::json;

    fn containers(list: Value) -> Value {
        json!({"spec": {"template": {"spec": {"containers": list}}}})
    }

    #[test]
    fn finds_what_changed_and_what_went() {
        let old = json!({"metadata": {"labels": {"a": "1", "b": "2"}}, "spec": {"replicas": 1}});
        let new = json!({"metadata": {"labels": {"a": "9", "c": "3"}}, "spec": {"replicas": 1}});
        let comparison = compare(&old, &new, schema::root(DEPLOYMENT));
        assert_eq!(
            comparison.changed.paths(),
            [".metadata.labels.a", ".metadata.labels.c"]
        );
        assert_eq!(comparison.removed.paths(), [".metadata.labels.b"]);
    }

    #[test]
    fn merges_lists_by_key() {
        let live =
            containers(json!([{"name": "side"}, {"name": "web", "image": "a", "tty": true}]));
        let config = containers(json!([{"name": "web", "image": "b"}, {"name": "new"}]));
        assert_eq!(
            merge(&live, &config, schema::root(DEPLOYMENT)),
            containers(
                json!([{"name": "side"}, {"name": "web", "image": "b", "tty": true}, {"name": "new"}])
            )
        );
    }

    #[test]
    fn prunes_items_unless_somebody_holds_something_in_them() {
        let place = schema::root(DEPLOYMENT);
        let both = containers(json!([{"name": "a", "image": "x"}, {"name": "b", "image": "y"}]));
        let gone = FieldSet::of(&both, place);
        let mut value = both.clone();
        prune(&mut value, &gone, &FieldSet::default(), place);
        assert_eq!(value, json!({}));
        let mut value = both;
        let kept = FieldSet::of(&containers(json!([{"name": "b"}])), place);
        prune(&mut value, &gone, &kept, place);
        assert_eq!(value, containers(json!([{"name": "b"}])));
    }
}
