//! Reading a mapping by an allow-list: what is on it, what is dropped, and the named refusal of the rest.

use domain::OpsError;
use serde_yaml_ng::{Mapping, Value};

use super::{recipe, rejected, scan};

/// The longest name of a context, cluster or user, in characters.
pub(super) const NAME_LIMIT: usize = 253;
/// How many clusters, users or contexts a file may have.
const ENTRY_LIMIT: usize = 1_000;
/// How deep a file may be nested.
const DEPTH_LIMIT: usize = 32;
/// Fields that mean nothing to us and are left out without a word.
const DROPPED: [&str; 2] = ["preferences", "extensions"];

/// A mapping of the file whose keys have all been found allowed.
pub(super) struct Fields<'v> {
    path: String,
    values: Option<&'v Mapping>,
}

impl<'v> Fields<'v> {
    /// `value` as a mapping with no other keys than `allowed`. `path` names it in refusals.
    pub(super) fn read(value: &'v Value, path: &str, allowed: &[&str]) -> Result<Self, OpsError> {
        let fields = Self {
            path: path.to_owned(),
            values: value.as_mapping(),
        };
        let Some(mapping) = fields.values else {
            return match value {
                Value::Null => Ok(fields),
                Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Sequence(_)
                | Value::Mapping(_)
                | Value::Tagged(_) => Err(not_a(path, "a mapping")),
            };
        };
        for (key, value) in mapping {
            let Some(key) = key.as_str() else {
                return Err(not_a(&join(path, "?"), "a field with a name"));
            };
            let path = join(path, &shown(key));
            if DROPPED.contains(&key) {
                check_inert(value, &path)?;
            } else if !allowed.contains(&key) {
                return Err(recipe::forbidden(key, &path));
            }
        }
        Ok(fields)
    }

    /// The mapping in `name`, by its own allow-list; empty when missing.
    pub(super) fn child(&self, name: &str, allowed: &[&str]) -> Result<Self, OpsError> {
        let path = join(&self.path, name);
        match self.value(name) {
            Some(value) => Self::read(value, &path, allowed),
            None => Ok(Self { path, values: None }),
        }
    }

    /// The text in `name`; `None` when missing.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'v str>, OpsError> {
        match self.value(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(
                Value::Bool(_)
                | Value::Number(_)
                | Value::Sequence(_)
                | Value::Mapping(_)
                | Value::Tagged(_),
            ) => Err(not_a(&join(&self.path, name), "text")),
        }
    }

    /// The text in `name`, which has to be there.
    pub(super) fn required_text(&self, name: &str) -> Result<&'v str, OpsError> {
        self.text(name)?
            .filter(|text| !text.is_empty())
            .ok_or_else(|| self.refuse(name, "it is missing"))
    }

    /// The refusal of a field for a reason.
    pub(super) fn refuse(&self, name: &str, why: &str) -> OpsError {
        refuse(&join(&self.path, name), why)
    }

    /// The refusal of this mapping for a reason.
    pub(super) fn refuse_all(&self, why: &str) -> OpsError {
        refuse(&self.path, why)
    }

    fn value(&self, name: &str) -> Option<&'v Value> {
        self.values?.get(name)
    }
}

/// A list of the file.
pub(super) struct List;

impl List {
    /// The values of the list in `name` with their paths; empty when missing.
    pub(super) fn read<'v>(
        fields: &Fields<'v>,
        name: &str,
    ) -> Result<Vec<(String, &'v Value)>, OpsError> {
        let path = join(&fields.path, name);
        let values = match fields.value(name) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Sequence(values)) => values,
            Some(
                Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Mapping(_)
                | Value::Tagged(_),
            ) => return Err(not_a(&path, "a list")),
        };
        if values.len() > ENTRY_LIMIT {
            return Err(refuse(&path, "it has more than 1000 entries"));
        }
        Ok(values
            .iter()
            .enumerate()
            .map(|(index, value)| (format!("{path}[{index}]"), value))
            .collect())
    }
}

/// Texts can hold, by escapes, what the scan of the raw file has not seen.
pub(super) fn check_strings(value: &Value, path: &str, depth: usize) -> Result<(), OpsError> {
    if depth > DEPTH_LIMIT {
        return Err(rejected("the kubeconfig is nested too deeply"));
    }
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        Value::String(text) => check_text(text, path),
        Value::Sequence(values) => values.iter().enumerate().try_for_each(|(index, value)| {
            check_strings(value, &format!("{path}[{index}]"), depth + 1)
        }),
        Value::Mapping(mapping) => mapping.iter().try_for_each(|(key, value)| {
            let name = key.as_str().unwrap_or("?");
            check_text(name, path)?;
            check_strings(value, &join(path, &shown(name)), depth + 1)
        }),
        Value::Tagged(_) => Err(refuse(path, "it has a YAML tag, which is not taken here")),
    }
}

/// What is dropped must not hide what is refused elsewhere either.
fn check_inert(value: &Value, path: &str) -> Result<(), OpsError> {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        Value::Sequence(values) => values
            .iter()
            .enumerate()
            .try_for_each(|(index, value)| check_inert(value, &format!("{path}[{index}]"))),
        Value::Mapping(mapping) => mapping.iter().try_for_each(|(key, value)| {
            let key = key.as_str().unwrap_or("?");
            let path = join(path, &shown(key));
            if recipe::is_dangerous(key) {
                return Err(recipe::forbidden(key, &path));
            }
            check_inert(value, &path)
        }),
        Value::Tagged(tagged) => check_inert(&tagged.value, path),
    }
}

fn check_text(text: &str, path: &str) -> Result<(), OpsError> {
    let bad = text
        .chars()
        .find(|&c| scan::is_forbidden(c) && !matches!(c, '\n' | '\r'));
    match bad {
        Some(c) => Err(refuse(
            path,
            &format!("it has the character U+{:04X}", c as u32),
        )),
        None => Ok(()),
    }
}

/// A key as it may be shown: short, and nothing in it that reads as more than a key.
fn shown(key: &str) -> String {
    key.chars()
        .take(40)
        .map(|c| {
            if c.is_ascii_graphic() && c != '<' {
                c
            } else {
                '_'
            }
        })
        .collect()
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn not_a(path: &str, kind: &str) -> OpsError {
    let whole = if path.is_empty() { "the file" } else { path };
    rejected(&format!(
        "kubeconfig refused at {whole}: {kind} is expected there"
    ))
}

pub(super) fn refuse(path: &str, why: &str) -> OpsError {
    rejected(&format!("kubeconfig refused at {path}: {why}"))
}
