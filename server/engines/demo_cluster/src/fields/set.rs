//! Sets of fields, and their wire form `FieldsV1`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::schema::Place;

/// One step of a path into an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A field of a structure or an entry of a map: `f:replicas`.
    Field(String),
    /// An item of a list, by its keys as compact JSON in the order of their names: `k:{"name":"web"}`.
    Item(String),
    /// A value of a set, as JSON: `v:"x"`.
    Value(String),
}

/// A set of fields as a tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldSet {
    /// Whether the place itself is in the set.
    pub(super) member: bool,
    pub(super) below: BTreeMap<Step, FieldSet>,
}

impl FieldSet {
    /// Whether nothing is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.member && self.below.values().all(Self::is_empty)
    }

    /// A set of this place alone.
    pub(super) fn leaf() -> Self {
        Self {
            member: true,
            below: BTreeMap::new(),
        }
    }

    /// Every field `value` gives, leaves and list items; of maps and structures the contents.
    pub(super) fn of(value: &Value, place: Place) -> Self {
        if place.is_atomic() {
            return Self::leaf();
        }
        match value {
            Value::Object(fields) if fields.is_empty() => Self::leaf(),
            Value::Object(fields) => {
                let below = fields
                    .iter()
                    .map(|(name, inner)| {
                        (
                            Step::Field(name.clone()),
                            Self::of(inner, place.field(name)),
                        )
                    })
                    .collect();
                Self {
                    member: false,
                    below,
                }
            }
            Value::Array(items) => Self {
                member: false,
                below: items
                    .iter()
                    .filter_map(|item| {
                        let step = item_step(item, place)?;
                        let mut below = if place.rules.set {
                            Self::leaf()
                        } else {
                            Self::of(item, place.item())
                        };
                        below.member = true;
                        Some((step, below))
                    })
                    .collect(),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Self::leaf(),
        }
    }

    /// Every field of something new: as [`Self::of`], and every structure, map and list on the way.
    pub(super) fn of_new(value: &Value, place: Place) -> Self {
        let mut out = Self::of(value, place);
        out.mark_all();
        out
    }

    fn mark_all(&mut self) {
        self.member = true;
        self.below.values_mut().for_each(Self::mark_all);
    }

    /// All of both.
    #[must_use]
    pub fn union(mut self, other: &Self) -> Self {
        self.member |= other.member;
        for (step, theirs) in &other.below {
            let ours = self.below.remove(step).unwrap_or_default();
            self.below.insert(step.clone(), ours.union(theirs));
        }
        self
    }

    /// What is in this and not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let below = self
            .below
            .iter()
            .map(|(step, ours)| match other.below.get(step) {
                Some(theirs) => (step.clone(), ours.difference(theirs)),
                None => (step.clone(), ours.clone()),
            })
            .filter(|(_, set)| !set.is_empty())
            .collect();
        Self {
            member: self.member && !other.member,
            below,
        }
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let below = self
            .below
            .iter()
            .filter_map(|(step, ours)| {
                Some((step.clone(), ours.intersection(other.below.get(step)?)))
            })
            .filter(|(_, set)| !set.is_empty())
            .collect();
        Self {
            member: self.member && other.member,
            below,
        }
    }

    /// This without `removed` and all below it: when a list item goes, so does the claim on its fields.
    #[must_use]
    pub fn without(&self, removed: &Self) -> Self {
        let below = self
            .below
            .iter()
            .filter_map(|(step, ours)| match removed.below.get(step) {
                Some(theirs) if theirs.member => None,
                Some(theirs) => Some((step.clone(), ours.without(theirs))),
                None => Some((step.clone(), ours.clone())),
            })
            .filter(|(_, set)| !set.is_empty())
            .collect();
        Self {
            member: self.member,
            below,
        }
    }

    /// Takes a path of fields, and what is below, out of the set.
    pub(super) fn forget(&mut self, path: &[&str]) {
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        let step = Step::Field((*first).to_owned());
        if rest.is_empty() {
            self.below.remove(&step);
        } else if let Some(below) = self.below.get_mut(&step) {
            below.forget(rest);
            if below.is_empty() {
                self.below.remove(&step);
            }
        }
    }

    /// Takes a part out of the set and returns it. The last to go takes what held it: whoever wrote the only entry
    /// of a map wrote the map. Steps are names of fields, and items of lists in the wire form.
    pub(super) fn take(&mut self, path: &[&str]) -> Self {
        let Some((first, rest)) = path.split_first() else {
            return std::mem::take(self);
        };
        let step = match first.strip_prefix("k:") {
            Some(keys) => Step::Item(keys.to_owned()),
            None => Step::Field((*first).to_owned()),
        };
        let Some(below) = self.below.get_mut(&step) else {
            return Self::default();
        };
        let mut taken = below.take(rest);
        if below.below.is_empty() && !taken.is_empty() {
            taken.member |= below.member;
            self.below.remove(&step);
        }
        if taken.is_empty() {
            return taken;
        }
        Self {
            member: false,
            below: BTreeMap::from([(step, taken)]),
        }
    }

    /// Paths as conflict messages print them: `.spec.template.spec.containers[name="web"].image`.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        let mut out = Vec::new();
        self.collect_paths("", &mut out);
        out
    }

    fn collect_paths(&self, path: &str, out: &mut Vec<String>) {
        if self.member && !path.is_empty() {
            out.push(path.to_owned());
        }
        for (step, below) in &self.below {
            below.collect_paths(&format!("{path}{}", printed(step)), out);
        }
    }

    /// The wire form.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut out = Map::new();
        if self.member && !self.below.is_empty() {
            out.insert(".".to_owned(), json!({}));
        }
        for (step, below) in &self.below {
            let name = match step {
                Step::Field(name) => format!("f:{name}"),
                Step::Item(keys) => format!("k:{keys}"),
                Step::Value(value) => format!("v:{value}"),
            };
            out.insert(name, below.to_value());
        }
        Value::Object(out)
    }

    /// From the wire form; unknown entries are left out.
    #[must_use]
    pub fn from_value(value: &Value) -> Self {
        let Value::Object(entries) = value else {
            return Self::default();
        };
        let below: BTreeMap<Step, Self> = entries
            .iter()
            .filter_map(|(name, inner)| {
                let (prefix, rest) = name.split_once(':')?;
                let step = match prefix {
                    "f" => Step::Field(rest.to_owned()),
                    "k" => Step::Item(canonical(rest)?),
                    "v" => Step::Value(canonical(rest)?),
                    _ => return None,
                };
                Some((step, Self::from_value(inner)))
            })
            .collect();
        Self {
            member: below.is_empty() || entries.contains_key("."),
            below,
        }
    }
}

/// JSON with the fields of objects in the order of their names, whatever order they came in.
fn canonical(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    match value {
        Value::Object(fields) => {
            let ordered: BTreeMap<String, Value> = fields.into_iter().collect();
            serde_json::to_string(&ordered).ok()
        }
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)) => Some(other.to_string()),
    }
}

/// How an item of the list at `place` is found again; `None` where items have no identity.
pub(super) fn item_step(item: &Value, place: Place) -> Option<Step> {
    if place.rules.set {
        return Some(Step::Value(item.to_string()));
    }
    let keys = &place.rules.list_keys;
    if keys.is_empty() || !item.is_object() {
        return None;
    }
    let mut identity = BTreeMap::new();
    for key in keys {
        match item.get(*key) {
            Some(value) if !value.is_null() => drop(identity.insert(*key, value.clone())),
            // The schema's only default among list keys.
            Some(_) | None if *key == "protocol" => drop(identity.insert(*key, json!("TCP"))),
            Some(_) | None => {}
        }
    }
    serde_json::to_string(&identity).ok().map(Step::Item)
}

fn printed(step: &Step) -> String {
    match step {
        Step::Field(name) => format!(".{name}"),
        Step::Value(value) => format!("[={value}]"),
        Step::Item(keys) => {
            let keys: BTreeMap<String, Value> = serde_json::from_str(keys).unwrap_or_default();
            let words: Vec<String> = keys
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            format!("[{}]", words.join(","))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{registry::DEPLOYMENT, schema};

    fn applied() -> Value {
        json!({"metadata": {"labels": {"app": "web"}}, "spec": {"replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"spec": {"containers": [{"name": "web", "image": "nginx", "ports": [{"containerPort": 80}]}]}}}})
    }

    #[test]
    fn writes_fields_as_the_api_server_does() {
        let set = FieldSet::of(&applied(), schema::root(DEPLOYMENT));
        let wire = json!({
            "f:metadata": {"f:labels": {"f:app": {}}},
            "f:spec": {"f:replicas": {}, "f:selector": {}, "f:template": {"f:spec": {"f:containers": {
                r#"k:{"name":"web"}"#: {".": {}, "f:image": {}, "f:name": {}, "f:ports": {
                    r#"k:{"containerPort":80,"protocol":"TCP"}"#: {".": {}, "f:containerPort": {}}}}}}}},
        });
        assert_eq!(set.to_value(), wire);
        assert_eq!(FieldSet::from_value(&wire), set);
    }

    #[test]
    fn prints_paths_as_conflicts_do() {
        let set = FieldSet::of(&applied(), schema::root(DEPLOYMENT));
        let paths = set.paths();
        assert!(paths.contains(&".spec.replicas".to_owned()));
        assert!(paths.contains(&r#".spec.template.spec.containers[name="web"].image"#.to_owned()));
        assert!(paths.contains(
            &r#".spec.template.spec.containers[name="web"].ports[containerPort=80,protocol="TCP"].containerPort"#.to_owned()
        ));
    }

    #[test]
    fn takes_items_out_with_their_fields() {
        let place = schema::root(DEPLOYMENT);
        let set = FieldSet::of(&applied(), place);
        let item = FieldSet::from_value(
            &json!({"f:spec": {"f:template": {"f:spec": {"f:containers": {
            r#"k:{"name":"web"}"#: {}}}}}}),
        );
        let rest = set.without(&item).paths();
        assert!(
            rest.iter().all(|path| !path.contains("containers")),
            "{rest:?}"
        );
        assert!(rest.contains(&".spec.replicas".to_owned()));
    }
}
