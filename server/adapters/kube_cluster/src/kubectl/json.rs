//! Reading unstructured Kubernetes objects: short paths in, defaults for what is missing.
//!
//! A missing field reads as empty text, zero or no items, which is how Go's zero values make kubectl
//! print it.

use std::collections::BTreeMap;

use serde_json::Value;

/// What is at a JSON pointer; null when there is nothing.
pub(super) fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

/// Whether there is anything but null at a pointer.
pub(super) fn has(value: &Value, pointer: &str) -> bool {
    !at(value, pointer).is_null()
}

/// The string at a pointer; empty when there is none.
pub(super) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    at(value, pointer).as_str().unwrap_or_default()
}

/// The string at a pointer, or `default` when it is empty.
pub(super) fn text_or<'v>(value: &'v Value, pointer: &str, default: &'v str) -> &'v str {
    let found = text(value, pointer);
    if found.is_empty() { default } else { found }
}

/// The integer at a pointer; zero when there is none.
pub(super) fn number(value: &Value, pointer: &str) -> i64 {
    at(value, pointer).as_i64().unwrap_or_default()
}

/// The truth at a pointer; false when there is none.
pub(super) fn flag(value: &Value, pointer: &str) -> bool {
    at(value, pointer).as_bool().unwrap_or_default()
}

/// The array at a pointer; empty when there is none.
pub(super) fn items<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    at(value, pointer)
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// The strings of the array at a pointer.
pub(super) fn texts<'v>(value: &'v Value, pointer: &str) -> Vec<&'v str> {
    items(value, pointer)
        .iter()
        .filter_map(Value::as_str)
        .collect()
}

/// The string map at a pointer, by key; empty when there is none.
pub(super) fn pairs<'v>(value: &'v Value, pointer: &str) -> BTreeMap<&'v str, &'v str> {
    at(value, pointer)
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
        .collect()
}

/// The members of the object at a pointer, by key; empty when there is none.
pub(super) fn members<'v>(value: &'v Value, pointer: &str) -> BTreeMap<&'v str, &'v Value> {
    at(value, pointer)
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value))
        .collect()
}

/// `metadata.name`.
pub(super) fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

/// `metadata.namespace`; empty for what lives in no namespace.
pub(super) fn namespace(object: &Value) -> &str {
    text(object, "/metadata/namespace")
}

/// The owner that controls an object.
pub(super) fn controller(object: &Value) -> Option<&Value> {
    items(object, "/metadata/ownerReferences")
        .iter()
        .find(|owner| flag(owner, "/controller"))
}

/// A value as Go's `%v` prints it: `map[a:1 b:2]`, `[x y]`, `<nil>`.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Object(_) => {
            let members: Vec<String> = members(value, "")
                .into_iter()
                .map(|(key, value)| format!("{key}:{}", shown(value)))
                .collect();
            format!("map[{}]", members.join(" "))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_reads_as_go_zero_values() {
        let object = json!({"metadata": {"name": null}});
        assert_eq!(name(&object), "");
        assert_eq!(number(&object, "/spec/replicas"), 0);
        assert!(items(&object, "/spec/ports").is_empty());
        assert!(pairs(&object, "/metadata/labels").is_empty());
    }

    #[test]
    fn shows_nested_values_as_go_does() {
        let value = json!({"b": [1, "two", true], "a": {"c": null}});
        assert_eq!(shown(&value), "map[a:map[c:<nil>] b:[1 two true]]");
    }
}
