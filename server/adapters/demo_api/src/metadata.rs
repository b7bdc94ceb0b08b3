//! Objects reduced to their metadata.
//!
//! Source: Kubernetes documentation, "API concepts", `PartialObjectMetadata`.

use serde_json::{Value, json};

/// The `PartialObjectMetadata` of one object, or the list of them for a list.
pub(crate) fn of_response(body: Value) -> Value {
    let Value::Object(mut fields) = body else {
        return body;
    };
    let metadata = fields.remove("metadata").unwrap_or_else(|| json!({}));
    let Some(Value::Array(items)) = fields.remove("items") else {
        return partial(metadata);
    };
    let items: Vec<Value> = items.into_iter().map(of_object).collect();
    json!({
        "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata, "items": items,
    })
}

/// The `PartialObjectMetadata` of one object.
pub(crate) fn of_object(mut object: Value) -> Value {
    partial(object["metadata"].take())
}

fn partial(metadata: Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_only_metadata() {
        let object = json!({"kind": "Pod", "metadata": {"name": "a"}, "spec": {}});
        let partial = of_response(object.clone());
        assert_eq!(partial["metadata"]["name"], "a");
        assert_eq!(partial.get("spec"), None);
        let list = of_response(json!({"metadata": {"resourceVersion": "7"}, "items": [object]}));
        assert_eq!(list["metadata"]["resourceVersion"], "7");
        assert_eq!(list["items"][0], partial);
    }
}
