//! Reading and writing fields of objects held as JSON.

use domain::time::Timestamp;
use serde_json::{Map, Value};
use time::{format_description::BorrowedFormatItem, macros::format_description};

/// The value at a JSON pointer. [`Value::pointer`] with the two escapes left out of the way: it copies
/// every token, and controllers look at fields all the time.
fn find<'a>(object: &'a Value, pointer: &str) -> Option<&'a Value> {
    if pointer.bytes().any(|byte| byte == b'~') || !matches!(pointer.as_bytes(), [] | [b'/', ..]) {
        return object.pointer(pointer);
    }
    let mut place = object;
    let mut rest = pointer;
    while !rest.is_empty() {
        let path = &rest[1..];
        let end = path.bytes().position(|byte| byte == b'/');
        let (token, after) = path.split_at(end.unwrap_or(path.len()));
        rest = after;
        place = match place {
            Value::Object(fields) => fields.get(token)?,
            Value::Array(items) => items.get(token.parse::<usize>().ok()?)?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
        };
    }
    Some(place)
}

/// Text at a JSON pointer; empty when absent or not text.
#[must_use]
pub fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    find(object, pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Whole number at a JSON pointer.
#[must_use]
pub fn integer(object: &Value, pointer: &str) -> Option<i64> {
    find(object, pointer).and_then(Value::as_i64)
}

/// Truth at a JSON pointer; false when absent.
#[must_use]
pub fn truth(object: &Value, pointer: &str) -> bool {
    find(object, pointer)
        .and_then(Value::as_bool)
        .unwrap_or(false)
}

/// Items of the list at a JSON pointer; none when absent.
#[must_use]
pub fn items<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    find(object, pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Entries of the map at a JSON pointer.
#[must_use]
pub fn map<'a>(object: &'a Value, pointer: &str) -> Option<&'a Map<String, Value>> {
    object.pointer(pointer).and_then(Value::as_object)
}

/// The object's name.
#[must_use]
pub fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

/// The object's namespace; empty for cluster-scoped kinds.
#[must_use]
pub fn namespace(object: &Value) -> &str {
    text(object, "/metadata/namespace")
}

/// The object's uid.
#[must_use]
pub fn uid(object: &Value) -> &str {
    text(object, "/metadata/uid")
}

/// Whether deletion has begun.
#[must_use]
pub fn is_terminating(object: &Value) -> bool {
    object
        .pointer("/metadata/deletionTimestamp")
        .is_some_and(Value::is_string)
}

/// The owner that manages the object (`controller: true`), if any.
#[must_use]
pub fn controller_of(object: &Value) -> Option<&Value> {
    items(object, "/metadata/ownerReferences")
        .iter()
        .find(|owner| truth(owner, "/controller"))
}

/// Time at a JSON pointer.
#[must_use]
pub fn time(object: &Value, pointer: &str) -> Option<Timestamp> {
    Timestamp::parse(text(object, pointer))
}

/// Puts `value` at a path of field names, making the objects on the way.
pub fn set(object: &mut Value, path: &[&str], value: impl Into<Value>) {
    let mut place = object;
    for field in path {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[*field];
    }
    *place = value.into();
}

/// Puts `value` at a path unless something other than null is there.
pub fn set_default(object: &mut Value, path: &[&str], value: impl Into<Value>) {
    let mut place = &*object;
    for field in path {
        match place.get(field) {
            Some(next) if !next.is_null() => place = next,
            Some(_) | None => return set(object, path, value),
        }
    }
}

/// Removes the field at a path; returns what was there.
pub fn remove(object: &mut Value, path: &[&str]) -> Option<Value> {
    let (last, parents) = path.split_last()?;
    let mut place = object;
    for field in parents {
        place = place.get_mut(field)?;
    }
    place.as_object_mut()?.remove(*last)
}

/// Removes every field that is null, at any depth: to the API null and absent are the same.
pub fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A time as `metav1.Time` writes it: RFC 3339 in UTC, whole seconds.
#[must_use]
pub fn wire_time(at: Timestamp) -> String {
    const FORMAT: &[BorrowedFormatItem<'_>] =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    at.to_offset()
        .format(FORMAT)
        .expect("every component of the format is part of a date with time")
}

/// A time as `metav1.MicroTime` writes it: RFC 3339 in UTC with six decimals.
#[must_use]
pub fn wire_micro_time(at: Timestamp) -> String {
    const FORMAT: &[BorrowedFormatItem<'_>] =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");
    at.to_offset()
        .format(FORMAT)
        .expect("every component of the format is part of a date with time")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sets_defaults_only_where_nothing_is() {
        let mut object = json!({"spec": {"a": 1, "b": null}});
        set_default(&mut object, &["spec", "a"], 2);
        set_default(&mut object, &["spec", "b"], 2);
        set_default(&mut object, &["spec", "c", "d"], 2);
        assert_eq!(object, json!({"spec": {"a": 1, "b": 2, "c": {"d": 2}}}));
    }

    #[test]
    fn finds_what_a_json_pointer_finds() {
        let object = json!({"a": [{"b/c": "x", "d": "y"}]});
        assert_eq!(text(&object, "/a/0/d"), "y");
        assert_eq!(text(&object, "/a/0/b~1c"), "x");
        assert_eq!(text(&object, "/a/1/d"), "");
    }

    #[test]
    fn writes_times_as_kubernetes_does() {
        let at = Timestamp(1_763_930_096_250);
        assert_eq!(wire_time(at), "2025-11-23T20:34:56Z");
        assert_eq!(wire_micro_time(at), "2025-11-23T20:34:56.250000Z");
    }
}
