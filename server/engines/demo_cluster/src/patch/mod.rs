//! The patches of the Kubernetes API but for server-side apply, which is in [`crate::fields`].

mod go;
mod strategic;

use json_patch::{Patch, PatchOperation};
use serde_json::Value;

use crate::{registry::KindId, schema, status::Status};

/// The most operations of one JSON patch. Source: `k8s.io/apiserver/pkg/endpoints/handlers/patch.go`.
const MAX_OPERATIONS: usize = 10_000;
/// The most bytes that `copy` operations of one JSON patch may add up to; the API server's own limit.
const MAX_COPIED_BYTES: usize = 3 << 20;

/// `object` with a JSON patch (RFC 6902) applied.
///
/// # Errors
/// 400 when the patch is none, 413 when it is too large, 422 when it does not fit the object.
pub fn json(object: &Value, patch: &Value) -> Result<Value, Status> {
    let is_operations = patch.as_array().is_some_and(|operations| {
        let is_named = |it: &Value| it["op"].is_string() && it["path"].is_string();
        operations.iter().all(is_named)
    });
    let patch: Patch = serde_json::from_value(patch.clone()).map_err(|error| {
        if is_operations {
            Status::rejected()
        } else {
            Status::bad_request(format!("error decoding patch: {error}"))
        }
    })?;
    if patch.0.len() > MAX_OPERATIONS {
        return Err(Status::too_many_operations(MAX_OPERATIONS, patch.0.len()));
    }
    let mut out = object.clone();
    let mut copied = 0;
    for operation in &patch.0 {
        if let PatchOperation::Copy(copy) = operation {
            copied += copy
                .from
                .resolve(&out)
                .map_or(0, |value| value.to_string().len());
            if copied > MAX_COPIED_BYTES {
                return Err(Status::rejected());
            }
        }
        json_patch::patch(&mut out, std::slice::from_ref(operation))
            .map_err(|_| Status::rejected())?;
    }
    Ok(out)
}

/// `object` with a merge patch (RFC 7386) applied.
#[must_use]
pub fn merge(object: &Value, patch: &Value) -> Value {
    let mut out = object.clone();
    json_patch::merge(&mut out, patch);
    out
}

/// `object` with a strategic merge patch applied.
///
/// Lists are merged by the keys the schema names, and the directives `$patch`, `$retainKeys`,
/// `$setElementOrder/…` and `$deleteFromPrimitiveList/…` are followed.
///
/// # Errors
/// 400 when the patch does not follow the format, 500 when a directive or a merge key is not known or missing.
pub fn strategic(object: &Value, patch: &Value, kind: KindId) -> Result<Value, Status> {
    strategic::apply(object, patch, schema::root(kind))
}

impl Status {
    fn too_many_operations(limit: usize, got: usize) -> Self {
        Self::entity_too_large(&format!(
            "The allowed maximum operations in a JSON patch is {limit}, got {got}"
        ))
    }

    fn rejected() -> Self {
        Self::unprocessable(
            "the server rejected our request due to an error in our request",
            Vec::new(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{DEPLOYMENT, POD, SERVICE};
    use proptest::prelude::*;
    use serde_json::json;

    #[track_caller]
    fn check(kind: KindId, object: Value, patch: Value, expected: Value) {
        assert_eq!(strategic(&object, &patch, kind).unwrap(), expected);
    }

    fn containers(list: Value) -> Value {
        json!({"spec": {"template": {"spec": {"containers": list}}}})
    }

    #[test]
    fn sets_an_image_by_container_name() {
        check(
            DEPLOYMENT,
            containers(
                json!([{"name": "web", "image": "nginx:1.25", "ports": [{"containerPort": 80}]}, {"name": "log", "image": "fluentd"}]),
            ),
            containers(json!([{"name": "web", "image": "nginx:1.27"}])),
            containers(
                json!([{"name": "web", "image": "nginx:1.27", "ports": [{"containerPort": 80}]}, {"name": "log", "image": "fluentd"}]),
            ),
        );
    }

    #[test]
    fn deletes_a_container_by_directive() {
        check(
            DEPLOYMENT,
            containers(json!([{"name": "web", "image": "a"}, {"name": "log", "image": "b"}])),
            containers(json!([{"name": "log", "$patch": "delete"}])),
            containers(json!([{"name": "web", "image": "a"}])),
        );
    }

    #[test]
    fn replaces_a_list_by_directive() {
        check(
            DEPLOYMENT,
            containers(json!([{"name": "web"}, {"name": "log"}])),
            containers(json!([{"$patch": "replace"}, {"name": "new"}])),
            containers(json!([{"name": "new"}])),
        );
    }

    #[test]
    fn orders_items_as_asked() {
        check(
            DEPLOYMENT,
            containers(json!([{"name": "a"}, {"name": "b"}])),
            json!({"spec": {"template": {"spec": {
                "$setElementOrder/containers": [{"name": "b"}, {"name": "c"}, {"name": "a"}],
                "containers": [{"name": "c", "image": "x"}],
            }}}}),
            containers(json!([{"name": "b"}, {"name": "c", "image": "x"}, {"name": "a"}])),
        );
    }

    #[test]
    fn keeps_items_only_the_server_has_where_they_were() {
        check(
            DEPLOYMENT,
            containers(json!([{"name": "sidecar"}, {"name": "a"}, {"name": "b"}])),
            json!({"spec": {"template": {"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}}}}),
            containers(json!([{"name": "sidecar"}, {"name": "b"}, {"name": "a"}])),
        );
    }

    #[test]
    fn switches_a_strategy_with_retain_keys() {
        check(
            DEPLOYMENT,
            json!({"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}),
            json!({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}),
            json!({"spec": {"strategy": {"type": "Recreate"}}}),
        );
    }

    #[test]
    fn removes_fields_set_to_null_and_values_of_primitive_lists() {
        check(
            POD,
            json!({"metadata": {"labels": {"a": "1", "b": "2"}, "finalizers": ["x", "y"]}}),
            json!({"metadata": {"labels": {"a": null, "c": null}, "$deleteFromPrimitiveList/finalizers": ["x"], "finalizers": ["z"]}}),
            json!({"metadata": {"labels": {"b": "2"}, "finalizers": ["z", "y"]}}),
        );
    }

    #[test]
    fn replaces_maps_by_directive_and_plain_lists_whole() {
        check(
            SERVICE,
            json!({"spec": {"selector": {"app": "a", "tier": "b"}, "externalIPs": ["1.1.1.1"]}}),
            json!({"spec": {"selector": {"$patch": "replace", "app": "c"}, "externalIPs": ["2.2.2.2"]}}),
            json!({"spec": {"selector": {"app": "c"}, "externalIPs": ["2.2.2.2"]}}),
        );
    }

    #[test]
    fn refuses_items_without_their_key_and_unknown_directives() {
        let patch = containers(json!([{"image": "x"}]));
        let refused =
            strategic(&containers(json!([{"name": "a"}])), &patch, DEPLOYMENT).unwrap_err();
        let message = "map: map[image:x] does not contain declared merge key: name";
        assert_eq!((refused.code(), refused.message()), (500, message));
        let patch = json!({"spec": {"$patch": "zap"}});
        let refused = strategic(&json!({}), &patch, DEPLOYMENT).unwrap_err();
        let message = "unknown patch type: zap in map: map[$patch:zap]";
        assert_eq!((refused.code(), refused.message()), (500, message));
    }

    #[test]
    fn refuses_json_patches_that_do_not_fit() {
        let object = json!({"a": 1});
        assert_eq!(
            json(
                &object,
                &json!([{"op": "replace", "path": "/a", "value": 2}])
            )
            .unwrap(),
            json!({"a": 2})
        );
        assert_eq!(
            json(&object, &json!([{"op": "test", "path": "/a", "value": 2}]))
                .unwrap_err()
                .code(),
            422
        );
        assert_eq!(
            json(&object, &json!([{"op": "dance"}])).unwrap_err().code(),
            400
        );
    }

    #[test]
    fn stops_json_patches_that_copy_without_end() {
        let object = json!({"a": {"text": "x".repeat(1 << 16)}});
        let copies: Vec<Value> = (0..30)
            .map(|i| json!({"op": "copy", "from": "/a", "path": format!("/a/{i}")}))
            .collect();
        assert_eq!(
            json(&object, &Value::Array(copies)).unwrap_err().code(),
            422
        );
    }

    #[test]
    fn merges_as_rfc_7386_says() {
        let object = json!({"a": {"b": 1, "c": [1, 2]}, "d": 4});
        let patch = json!({"a": {"b": null, "c": [3]}, "e": 5});
        assert_eq!(
            merge(&object, &patch),
            json!({"a": {"c": [3]}, "d": 4, "e": 5})
        );
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let word = prop::sample::select(vec![
            "spec",
            "template",
            "containers",
            "name",
            "a",
            "b",
            "ports",
            "containerPort",
            "$patch",
            "delete",
            "replace",
            "$retainKeys",
            "$setElementOrder/containers",
            "$deleteFromPrimitiveList/finalizers",
            "metadata",
            "finalizers",
            "labels",
        ]);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..9).prop_map(Value::from),
            word.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::vec((word.clone(), inner), 0..5).prop_map(|fields| {
                    Value::Object(fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn never_panics(object in any_json(), patch in any_json()) {
            let _ = strategic(&object, &patch, DEPLOYMENT);
            let _ = json(&object, &patch);
            let _ = merge(&object, &patch);
        }

        #[test]
        fn changes_nothing_when_patched_with_itself(object in any_json()) {
            prop_assume!(!object.to_string().contains('$') && !object.to_string().contains("null"));
            if let Ok(patched) = strategic(&object, &object, DEPLOYMENT) {
                prop_assert_eq!(strategic(&patched, &object, DEPLOYMENT).unwrap(), patched);
            }
        }
    }
}
