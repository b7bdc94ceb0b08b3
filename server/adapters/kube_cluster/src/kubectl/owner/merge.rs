//! What changes between two objects, as a patch.
//!
//! Sources: RFC 7386; Kubernetes, "Update API Objects in Place Using kubectl patch"; the patch merge keys of
//! `k8s.io/api` (`patchMergeKey` tags).

use serde_json::{Map, Value, json};

/// Lists whose items are merged by one of their fields, by the list's name in the object.
const MERGE_KEYS: [(&str, &str); 16] = [
    ("containers", "name"),
    ("initContainers", "name"),
    ("ephemeralContainers", "name"),
    ("env", "name"),
    ("volumes", "name"),
    ("volumeMounts", "mountPath"),
    ("volumeDevices", "devicePath"),
    ("imagePullSecrets", "name"),
    ("hostAliases", "ip"),
    ("topologySpreadConstraints", "topologyKey"),
    ("conditions", "type"),
    ("ownerReferences", "uid"),
    ("secrets", "name"),
    ("resourceClaims", "name"),
    ("schedulingGates", "name"),
    ("taints", "key"),
];

/// How lists are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lists {
    /// As a whole: JSON merge patch, which custom resources take.
    Whole,
    /// Item by item where the API says so: strategic merge patch.
    ByKey,
}

/// The merge patch that makes `after` of `before`; an empty object when they are the same.
pub(super) fn two_way(before: &Value, after: &Value) -> Value {
    three_way(before, after, before, Lists::Whole)
}

/// The patch that takes out what is in `original` and not in `modified`, and adds or changes what `current` has
/// otherwise than `modified`. What only others have set stays.
pub(super) fn three_way(
    original: &Value,
    modified: &Value,
    current: &Value,
    lists: Lists,
) -> Value {
    Value::Object(members(original, modified, current, lists))
}

fn members(
    original: &Value,
    modified: &Value,
    current: &Value,
    lists: Lists,
) -> Map<String, Value> {
    let mut patch = Map::new();
    for (key, wanted) in modified.as_object().into_iter().flatten() {
        let before = original.get(key).unwrap_or(&Value::Null);
        let Some(now) = current.get(key) else {
            patch.insert(key.clone(), wanted.clone());
            continue;
        };
        match (wanted, now) {
            (Value::Object(_), Value::Object(_)) => {
                let within = members(before, wanted, now, lists);
                if !within.is_empty() {
                    patch.insert(key.clone(), Value::Object(within));
                }
            }
            (Value::Array(items), Value::Array(_)) => match merge_key(key, items, lists) {
                Some(merge_key) => {
                    let changed = keyed(merge_key, before, items, now, lists);
                    if !changed.is_empty() {
                        let order: Vec<Value> = items
                            .iter()
                            .map(|item| json!({merge_key: item[merge_key]}))
                            .collect();
                        patch.insert(format!("$setElementOrder/{key}"), Value::Array(order));
                        patch.insert(key.clone(), Value::Array(changed));
                    }
                }
                None if wanted != now => {
                    patch.insert(key.clone(), wanted.clone());
                }
                None => {}
            },
            _ if wanted != now => {
                patch.insert(key.clone(), wanted.clone());
            }
            _ => {}
        }
    }
    for key in original
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key)
    {
        if modified.get(key).is_none() && current.get(key).is_some() {
            patch.insert(key.clone(), Value::Null);
        }
    }
    patch
}

/// The field a list's items are told apart by; `ports` of a container and of a Service have different ones.
fn merge_key(list: &str, items: &[Value], lists: Lists) -> Option<&'static str> {
    if lists == Lists::Whole {
        return None;
    }
    let has = |field: &str| !items.is_empty() && items.iter().all(|item| item.get(field).is_some());
    let key = match list {
        "ports" if has("containerPort") => "containerPort",
        "ports" => "port",
        _ => MERGE_KEYS.iter().find(|(name, _)| *name == list)?.1,
    };
    has(key).then_some(key)
}

/// Items to add, change or take out, each with its key.
fn keyed(
    key: &str,
    original: &Value,
    wanted: &[Value],
    current: &Value,
    lists: Lists,
) -> Vec<Value> {
    let find = |list: &Value, id: &Value| {
        let items = list.as_array().into_iter().flatten();
        items
            .clone()
            .find(|item| item.get(key) == Some(id))
            .cloned()
    };
    let mut changed = Vec::new();
    for item in wanted {
        let id = &item[key];
        let Some(now) = find(current, id) else {
            changed.push(item.clone());
            continue;
        };
        let before = find(original, id).unwrap_or(Value::Null);
        let mut within = members(&before, item, &now, lists);
        if !within.is_empty() {
            within.insert(key.to_owned(), id.clone());
            changed.push(Value::Object(within));
        }
    }
    for item in original.as_array().into_iter().flatten() {
        let id = &item[key];
        let is_wanted = wanted.iter().any(|wanted| wanted.get(key) == Some(id));
        if !is_wanted && find(current, id).is_some() {
            changed.push(json!({"$patch": "delete", key: id}));
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(original: Value, modified: Value, current: Value, expected: Value) {
        assert_eq!(
            three_way(&original, &modified, &current, Lists::ByKey),
            expected
        );
    }

    #[test]
    fn nothing_changes_when_the_cluster_has_it_all() {
        let wanted = json!({"spec": {"replicas": 2, "template": {"containers": [{"name": "a", "image": "x"}]}}});
        let mut current = wanted.clone();
        current["spec"]["template"]["containers"][0]["imagePullPolicy"] = "Always".into();
        current["status"] = json!({"replicas": 2});
        check(wanted.clone(), wanted, current, json!({}));
    }

    #[test]
    fn what_was_applied_once_and_no_longer_goes() {
        check(
            json!({"data": {"a": "1", "b": "2"}}),
            json!({"data": {"a": "1"}}),
            json!({"data": {"a": "1", "b": "2", "c": "by another"}}),
            json!({"data": {"b": null}}),
        );
    }

    #[test]
    fn containers_are_told_apart_by_their_names() {
        check(
            json!({"containers": [{"name": "a", "image": "x"}, {"name": "gone", "image": "x"}]}),
            json!({"containers": [{"name": "a", "image": "y"}]}),
            json!({"containers": [{"name": "a", "image": "x", "tty": true}, {"name": "gone"}]}),
            json!({"$setElementOrder/containers": [{"name": "a"}],
                "containers": [{"image": "y", "name": "a"}, {"$patch": "delete", "name": "gone"}]}),
        );
    }

    #[test]
    fn two_way_takes_out_what_is_missing() {
        assert_eq!(
            two_way(&json!({"a": 1, "b": {"c": [1]}}), &json!({"b": {"c": [2]}})),
            json!({"b": {"c": [2]}, "a": null})
        );
    }
}
