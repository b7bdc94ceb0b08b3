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
    let named = NAMED.map(|(scalar, name, _)| (name.to_owned(), named_scalar(scalar, dialect)));
    definitions()
        .map(|definition| (definition.full_name(), schema(definition, dialect)))
        .chain(named)
        .collect()
}

/// Values that have a schema of their own, with its name and description.
const NAMED: [(Scalar, &str, &str); 2] = [
    (
        Scalar::Quantity,
        "io.k8s.apimachinery.pkg.api.resource.Quantity",
        "Quantity is a fixed-point representation of a number.",
    ),
    (
        Scalar::IntOrString,
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
        "IntOrString is a type that can hold an int32 or a string.",
    ),
];

fn named_scalar(scalar: Scalar, dialect: Dialect) -> Value {
    let mut out = scalar_schema(scalar, dialect);
    if let Some((.., description)) = NAMED.iter().find(|(named, ..)| *named == scalar) {
        out["description"] = json!(description);
    }
    out
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
        if super::is_of_the_table(definition) {
            for (scalar, name, _) in NAMED {
                let is_used = |field: &Field| scalar_of(&field.shape) == Some(scalar);
                if definition.fields.iter().any(is_used) {
                    out.insert(name.to_owned(), named_scalar(scalar, dialect));
                }
            }
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

/// The value at the bottom of lists and maps.
fn scalar_of(shape: &Shape) -> Option<Scalar> {
    match shape {
        Shape::Scalar(scalar) => Some(*scalar),
        Shape::List(inner) | Shape::Map(inner) => scalar_of(inner),
        Shape::Any | Shape::Object(_) => None,
    }
}

/// One structure as an OpenAPI schema.
#[must_use]
pub fn schema(definition: &Definition, dialect: Dialect) -> Value {
    let properties: Map<String, Value> = definition
        .fields
        .iter()
        .map(|field| (field.name.to_owned(), property(definition, field, dialect)))
        .collect();
    let required: Vec<&str> = definition
        .fields
        .iter()
        .filter(|field| field.required)
        .map(|field| field.name)
        .collect();
    let mut out = json!({
        "type": "object", "description": definition.description,
    });
    if !properties.is_empty() {
        out["properties"] = json!(properties);
    }
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

fn property(definition: &Definition, field: &Field, dialect: Dialect) -> Value {
    let mut out = shape(&field.shape, super::is_of_the_table(definition), dialect);
    if !field.values.is_empty() {
        *innermost(&mut out, &field.shape) = json!({"type": "string", "enum": field.values});
    }
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

/// The schema of the items or entries of a list or map, of anything else its own.
fn innermost<'a>(schema: &'a mut Value, shape: &Shape) -> &'a mut Value {
    match shape {
        Shape::List(inner) => innermost(&mut schema["items"], inner),
        Shape::Map(inner) => innermost(&mut schema["additionalProperties"], inner),
        Shape::Any | Shape::Scalar(_) | Shape::Object(_) => schema,
    }
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

/// Custom kinds write out the values that the built-in ones refer to (`by_name`).
fn shape(shape_: &Shape, by_name: bool, dialect: Dialect) -> Value {
    match shape_ {
        Shape::Any => json!({"type": "object"}),
        Shape::Scalar(scalar) => match NAMED.iter().find(|(named, ..)| named == scalar) {
            Some((_, name, _)) if by_name => reference(name, dialect),
            Some(_) | None => scalar_schema(*scalar, dialect),
        },
        Shape::Object(name) => match super::definition(name) {
            Some(part) if part.inline => schema(part, dialect),
            Some(definition) => reference(&definition.full_name(), dialect),
            None => reference(name, dialect),
        },
        Shape::List(item) => json!({"type": "array", "items": shape(item, by_name, dialect)}),
        Shape::Map(value) => {
            json!({"type": "object", "additionalProperties": shape(value, by_name, dialect)})
        }
    }
}

fn reference(name: &str, dialect: Dialect) -> Value {
    let prefix = match dialect {
        Dialect::V2 => "#/definitions/",
        Dialect::V3 => "#/components/schemas/",
    };
    json!({"$ref": format!("{prefix}{name}")})
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
    fn refers_to_quantities_by_name_and_lists_the_words_a_field_may_hold() {
        let closed = closure(["Deployment", "NetworkPolicy"], Dialect::V3);
        let quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity";
        let needs = &closed["io.k8s.api.core.v1.ResourceRequirements"]["properties"]["requests"];
        assert_eq!(
            needs["additionalProperties"]["$ref"],
            format!("#/components/schemas/{quantity}")
        );
        assert!(closed[quantity]["oneOf"].is_array());
        let probe = &closed["io.k8s.api.core.v1.HTTPGetAction"]["properties"]["port"];
        let port = "#/components/schemas/io.k8s.apimachinery.pkg.util.intstr.IntOrString";
        assert_eq!(probe["allOf"][0]["$ref"], port);
        let entry = "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry";
        let fields = &closed[entry]["properties"]["fieldsV1"]["allOf"][0]["$ref"];
        assert!(fields.as_str().unwrap().ends_with(".FieldsV1"));
        let port = &closed["io.k8s.api.core.v1.ContainerPort"]["properties"]["protocol"];
        assert_eq!(port["enum"], json!(["SCTP", "TCP", "UDP"]));
        let policy = &closed["io.k8s.api.networking.v1.NetworkPolicySpec"]["properties"];
        let directions = &policy["policyTypes"]["items"]["enum"];
        assert_eq!(directions, &json!(["Egress", "Ingress"]));
    }

    #[test]
    fn collects_what_a_structure_refers_to() {
        let closed = closure(["Lease"], Dialect::V3);
        assert!(closed.contains_key("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"));
        assert!(!closed.contains_key("io.k8s.api.core.v1.Pod"));
    }
}
