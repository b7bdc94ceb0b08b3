//! Strategic merge patch.
//!
//! Follows `k8s.io/apimachinery/pkg/util/strategicpatch/patch.go`, including where it puts new items:
//! items of the patch in the patch's order, items only the server has where they were among the others.

use serde_json::{Map, Value};

use super::go;
use crate::{schema::Place, status::Status};

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const ELEMENT_ORDER: &str = "$setElementOrder/";
const DELETE_VALUES: &str = "$deleteFromPrimitiveList/";

type Fields = Map<String, Value>;

/// `object` patched; `Err` says how the patch breaks the format.
pub(super) fn apply(object: &Value, patch: &Value, place: Place) -> Result<Value, Status> {
    let Value::Object(patch) = patch else {
        return Err(Status::bad_request("invalid JSON document"));
    };
    let original = object.as_object().cloned().unwrap_or_default();
    merge_fields(original, patch, place).map(Value::Object)
}

fn merge_fields(mut original: Fields, patch: &Fields, place: Place) -> Result<Fields, Status> {
    match patch.get(DIRECTIVE).map(Value::as_str) {
        Some(Some("replace")) => return without_directives(patch, place),
        Some(Some("delete")) => return Ok(Fields::new()),
        Some(Some("merge")) | None => {}
        Some(other) => {
            // Source: `ErrBadPatchType` of `k8s.io/apimachinery/pkg/util/mergepatch`, which the server does not
            // take for the client's mistake.
            return Err(Status::unclassified(format!(
                "unknown patch type: {} in map: {}",
                other.unwrap_or_default(),
                go::fields(patch)
            )));
        }
    }
    retain_keys(&mut original, patch)?;
    delete_values(&mut original, patch)?;
    let before = original.clone();
    for (name, value) in patch.iter().filter(|(name, _)| !name.starts_with('$')) {
        if value.is_null() {
            original.remove(name);
            continue;
        }
        let old = original.remove(name);
        let merged = merge_value(old, value, place.field(name))?;
        original.insert(name.clone(), merged);
    }
    order_elements(&mut original, &before, patch, place)?;
    Ok(original)
}

fn without_directives(patch: &Fields, place: Place) -> Result<Fields, Status> {
    let plain = patch
        .iter()
        .filter(|(name, _)| name.as_str() != DIRECTIVE)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    merge_fields(Fields::new(), &plain, place)
}

fn retain_keys(original: &mut Fields, patch: &Fields) -> Result<(), Status> {
    let Some(kept) = patch.get(RETAIN_KEYS) else {
        return Ok(());
    };
    let Value::Array(kept) = kept else {
        return Err(Status::bad_request("invalid patch format of retainKeys"));
    };
    let is_kept = |name: &str| kept.iter().any(|kept| kept.as_str() == Some(name));
    if patch
        .keys()
        .any(|name| !name.starts_with('$') && !patch[name].is_null() && !is_kept(name))
    {
        return Err(Status::bad_request("invalid patch format of retainKeys"));
    }
    *original = std::mem::take(original)
        .into_iter()
        .filter(|(name, _)| is_kept(name))
        .collect();
    Ok(())
}

fn delete_values(original: &mut Fields, patch: &Fields) -> Result<(), Status> {
    for (name, values) in patch {
        let Some(field) = name.strip_prefix(DELETE_VALUES) else {
            continue;
        };
        let Value::Array(values) = values else {
            return Err(Status::bad_request(
                "invalid patch format of primitive list",
            ));
        };
        if let Some(Value::Array(list)) = original.get_mut(field) {
            list.retain(|value| !values.contains(value));
        }
    }
    Ok(())
}

fn merge_value(old: Option<Value>, patch: &Value, place: Place) -> Result<Value, Status> {
    match patch {
        Value::Object(patch) => {
            let original = match old {
                Some(Value::Object(fields)) => fields,
                Some(
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Array(_),
                )
                | None => Fields::new(),
            };
            merge_fields(original, patch, place).map(Value::Object)
        }
        Value::Array(items) => {
            let original = match old {
                Some(Value::Array(items)) => items,
                Some(
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Object(_),
                )
                | None => Vec::new(),
            };
            merge_list(original, items, place).map(Value::Array)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(patch.clone()),
    }
}

fn merge_list(original: Vec<Value>, patch: &[Value], place: Place) -> Result<Vec<Value>, Status> {
    if !place.rules.merge {
        return patch
            .iter()
            .map(|item| merge_value(None, item, place.item()))
            .collect();
    }
    let Some(key) = place.rules.merge_key else {
        return Ok(merge_values(original, patch));
    };
    if patch.iter().any(|item| directive(item) == Some("replace")) {
        let kept = patch
            .iter()
            .filter(|item| directive(item) != Some("replace"));
        return kept
            .map(|item| merge_value(None, item, place.item()))
            .collect();
    }
    merge_items(original, patch, key, place)
}

fn directive(item: &Value) -> Option<&str> {
    item.get(DIRECTIVE).and_then(Value::as_str)
}

fn merge_values(original: Vec<Value>, patch: &[Value]) -> Vec<Value> {
    let server_only = original
        .iter()
        .filter(|value| !patch.contains(value))
        .cloned()
        .collect();
    let mut wanted: Vec<Value> = Vec::new();
    for value in patch {
        if !wanted.contains(value) {
            wanted.push(value.clone());
        }
    }
    weave(server_only, wanted, &original, Value::eq)
}

fn merge_items(
    original: Vec<Value>,
    patch: &[Value],
    key: &str,
    place: Place,
) -> Result<Vec<Value>, Status> {
    let before = original.clone();
    let mut items = original;
    let mut wanted: Vec<Value> = Vec::new();
    for change in patch {
        let Some(identity) = change.get(key).filter(|identity| !identity.is_null()) else {
            return Err(Status::unclassified(format!(
                "map: {} does not contain declared merge key: {key}",
                go::value(change)
            )));
        };
        let is_same = |item: &Value| item.get(key) == Some(identity);
        if directive(change) == Some("delete") {
            items.retain(|item| !is_same(item));
            continue;
        }
        let old = items
            .iter()
            .position(is_same)
            .map(|index| items.remove(index));
        let merged = merge_value(old, change, place.item())?;
        match wanted.iter().position(is_same) {
            Some(index) => wanted[index] = merged,
            None => wanted.push(merged),
        }
    }
    Ok(weave(items, wanted, &before, |a, b| {
        a.get(key).is_some() && a.get(key) == b.get(key)
    }))
}

fn order_elements(
    merged: &mut Fields,
    before: &Fields,
    patch: &Fields,
    place: Place,
) -> Result<(), Status> {
    for (name, order) in patch {
        let Some(field) = name.strip_prefix(ELEMENT_ORDER) else {
            continue;
        };
        let Value::Array(order) = order else {
            return Err(Status::bad_request(
                "invalid patch format of setElementOrder list",
            ));
        };
        let key = place.field(field).rules.merge_key;
        let is_same = |a: &Value, b: &Value| match key {
            Some(key) => a.get(key).is_some() && a.get(key) == b.get(key),
            None => a == b,
        };
        let Some(Value::Array(items)) = merged.get_mut(field) else {
            continue;
        };
        let (mut listed, server_only): (Vec<Value>, Vec<Value>) = std::mem::take(items)
            .into_iter()
            .partition(|item| order.iter().any(|wanted| is_same(wanted, item)));
        listed.sort_by_key(|item| order.iter().position(|wanted| is_same(wanted, item)));
        let previous = before
            .get(field)
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        *items = weave(server_only, listed, previous, is_same);
    }
    Ok(())
}

/// Puts two lists of distinct items together: each keeps its own order, and an item of `left` comes
/// before one of `right` only if it did in `previous`.
fn weave(
    left: Vec<Value>,
    right: Vec<Value>,
    previous: &[Value],
    is_same: impl Fn(&Value, &Value) -> bool,
) -> Vec<Value> {
    let place = |item: &Value| previous.iter().position(|other| is_same(other, item));
    let mut out = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    loop {
        let take_left = match (left.peek(), right.peek()) {
            (None, None) => return out,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some(l), Some(r)) => matches!((place(l), place(r)), (Some(l), Some(r)) if l < r),
        };
        out.extend(if take_left { left.next() } else { right.next() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn weaves_by_the_previous_order() {
        let list = |text: &str| {
            text.chars()
                .map(|c| json!(c.to_string()))
                .collect::<Vec<_>>()
        };
        let woven = weave(list("sx"), list("ba"), &list("saxb"), Value::eq);
        assert_eq!(woven, list("sxba"));
    }
}
