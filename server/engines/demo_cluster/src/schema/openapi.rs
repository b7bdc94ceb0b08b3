//! OpenAPI definitions from the table, for `kubectl apply`, `kubectl explain` and client generators.

use serde_json::{Map, Value, json};

use super::{Definition, Field, MergeRules, Scalar, Shape, definitions};
use crate::registry;

/// Where definitions refer to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// OpenAPI v2: `#/definitions/…`.
    V2,
    /// OpenAPI v3: `#/components/schemas/…`.
    V3,
}

/// Every structure as an OpenAPI schema, by full name.
#[must_use]
pub fn schemas(dialect: Dialect) -> Map<String, Value> {
    definitions()
        .map(|definition| (definition.full_name(), schema(definition, dialect)))
        .collect()
}

/// One structure and all it refers to, by full name.
#[must_use]
pub fn closure<'a>(
    names: impl IntoIterator<Item = &'a str>,
    dialect: Dialect,
) -> Map<String, Value> {
    let mut waiting: Vec<&str> = names.into_iter().collect();
    let mut out = Map::new();
    while let Some(name) = waiting.pop() {
        let Some(definition) = super::definition(name) else {
            continue;
        };
        let full_name = definition.full_name();
        if out.contains_key(&full_name) {
            continue;
        }
        if !definition.inline {
            out.insert(full_name, schema(definition, dialect));
        }
        waiting.extend(
            definition
                .fields
                .iter()
                .filter_map(|field| target(&field.shape)),
        );
    }
    out
}

fn target(shape: &Shape) -> Option<&'static str> {
    match shape {
        Shape::Object(name) => Some(name),
        Shape::List(inner) | Shape::Map(inner) => target(inner),
        Shape::Any | Shape::Scalar(_) => None,
    }
}

/// One structure as an OpenAPI schema.
#[must_use]
pub fn schema(definition: &Definition, dialect: Dialect) -> Value {
    let properties: Map<String, Value> = definition
        .fields
        .iter()
        .map(|field| (field.name.to_owned(), property(field, dialect)))
        .collect();
    let required: Vec<&str> = definition
        .fields
        .iter()
        .filter(|field| field.required)
        .map(|field| field.name)
        .collect();
    let mut out = json!({
        "type": "object", "description": definition.description, "properties": properties,
    });
    if !required.is_empty() {
        out["required"] = json!(required);
    }
    if definition.atomic {
        out["x-kubernetes-map-type"] = json!("atomic");
    }
    let kinds: Vec<Value> = registry::kinds()
        .filter(|(_, spec)| spec.definition == definition.name)
        .map(|(_, spec)| json!({"group": spec.group, "version": spec.version, "kind": spec.kind}))
        .collect();
    if !kinds.is_empty() {
        out["x-kubernetes-group-version-kind"] = json!(kinds);
    }
    out
}

fn property(field: &Field, dialect: Dialect) -> Value {
    let mut out = shape(&field.shape, dialect);
    // A `$ref` takes no siblings in OpenAPI v3; the published documents wrap it.
    if dialect == Dialect::V3 && out.get("$ref").is_some() {
        out = json!({"allOf": [out]});
        if field.rules.always {
            out["default"] = json!({});
        }
    }
    if !field.description.is_empty() {
        out["description"] = json!(field.description);
    }
    extensions(&field.rules, &field.shape, &mut out);
    out
}

fn extensions(rules: &MergeRules, shape: &Shape, out: &mut Value) {
    let strategies: Vec<&str> = [(rules.merge, "merge"), (rules.retain_keys, "retainKeys")]
        .into_iter()
        .filter_map(|(set, word)| set.then_some(word))
        .collect();
    if !strategies.is_empty() {
        out["x-kubernetes-patch-strategy"] = json!(strategies.join(","));
    }
    if let Some(key) = rules.merge_key {
        out["x-kubernetes-patch-merge-key"] = json!(key);
    }
    if !rules.list_keys.is_empty() {
        out["x-kubernetes-list-map-keys"] = json!(rules.list_keys);
        out["x-kubernetes-list-type"] = json!("map");
    } else if rules.set {
        out["x-kubernetes-list-type"] = json!("set");
    } else if matches!(shape, Shape::List(_)) {
        out["x-kubernetes-list-type"] = json!("atomic");
    }
    if rules.atomic {
        out["x-kubernetes-map-type"] = json!("atomic");
    }
}

fn shape(shape_: &Shape, dialect: Dialect) -> Value {
    match shape_ {
        Shape::Any => json!({"type": "object"}),
        Shape::Scalar(scalar) => scalar_schema(*scalar, dialect),
        Shape::Object(name) => {
            let definition = super::definition(name);
            if let Some(part) = definition.filter(|definition| definition.inline) {
                return schema(part, dialect);
            }
            let full_name = definition.map_or_else(|| (*name).to_owned(), Definition::full_name);
            let prefix = match dialect {
                Dialect::V2 => "#/definitions/",
                Dialect::V3 => "#/components/schemas/",
            };
            json!({"$ref": format!("{prefix}{full_name}")})
        }
        Shape::List(item) => json!({"type": "array", "items": shape(item, dialect)}),
        Shape::Map(value) => {
            json!({"type": "object", "additionalProperties": shape(value, dialect)})
        }
    }
}

fn scalar_schema(scalar: Scalar, dialect: Dialect) -> Value {
    match scalar {
        Scalar::Text => json!({"type": "string"}),
        Scalar::Bool => json!({"type": "boolean"}),
        Scalar::Int32 => json!({"type": "integer", "format": "int32"}),
        Scalar::Int64 => json!({"type": "integer", "format": "int64"}),
        Scalar::Double => json!({"type": "number", "format": "double"}),
        Scalar::Bytes => json!({"type": "string", "format": "byte"}),
        Scalar::Time | Scalar::MicroTime => json!({"type": "string", "format": "date-time"}),
        Scalar::Quantity if dialect == Dialect::V3 => {
            json!({"oneOf": [{"type": "string"}, {"type": "number"}]})
        }
        Scalar::Quantity => json!({"type": "string"}),
        Scalar::IntOrString if dialect == Dialect::V3 => {
            json!({"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]})
        }
        Scalar::IntOrString => json!({"type": "string", "format": "int-or-string"}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carries_merge_keys_and_kinds() {
        let all = schemas(Dialect::V2);
        let containers = &all["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"];
        assert_eq!(containers["x-kubernetes-patch-merge-key"], "name");
        assert_eq!(containers["x-kubernetes-patch-strategy"], "merge");
        assert_eq!(
            containers["items"]["$ref"],
            "#/definitions/io.k8s.api.core.v1.Container"
        );
        let kinds = &all["io.k8s.api.apps.v1.Deployment"]["x-kubernetes-group-version-kind"];
        assert_eq!(
            kinds,
            &json!([{"group": "apps", "version": "v1", "kind": "Deployment"}])
        );
    }

    #[test]
    fn collects_what_a_structure_refers_to() {
        let closed = closure(["Lease"], Dialect::V3);
        assert!(closed.contains_key("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"));
        assert!(!closed.contains_key("io.k8s.api.core.v1.Pod"));
    }
}
