//! From the OpenAPI schema of a definition to the structures that pruning, apply and patches walk.

use serde_json::Value;

use super::kept;
use crate::{
    schema::{self, Definition, Field, MergeRules, Scalar, Shape},
    value::{items, text, truth},
};

/// Enters the structures of a kind, all under names that begin with `key`, and returns the name of the whole.
pub(super) fn define(
    key: &'static str,
    group: &str,
    version: &str,
    kind: &str,
    schema: &Value,
) -> &'static str {
    let mut package: Vec<&str> = group.split('.').rev().collect();
    package.push(version);
    let scope = Scope {
        key,
        package: kept(&package.join(".")),
    };
    let name = scope.structure(schema, kind);
    let mut whole = schema::definition(name)
        .cloned()
        .unwrap_or_else(|| scope.empty(kind, schema));
    whole.inline = false;
    for (field, shape) in [
        ("apiVersion", Shape::Scalar(Scalar::Text)),
        ("kind", Shape::Scalar(Scalar::Text)),
        ("metadata", Shape::Object("ObjectMeta")),
    ] {
        whole.fields.retain(|known| known.name != field);
        whole.fields.push(Field {
            name: field,
            required: false,
            shape,
            rules: MergeRules {
                always: field == "metadata",
                ..MergeRules::default()
            },
            values: Vec::new(),
            description: match field {
                "apiVersion" => {
                    "APIVersion defines the versioned schema of this representation of an object."
                }
                "kind" => {
                    "Kind is a string value representing the REST resource this object represents."
                }
                _ => "Standard object's metadata.",
            },
        });
    }
    schema::add(whole);
    name
}

/// Where the structures of one kind are entered.
struct Scope {
    key: &'static str,
    package: &'static str,
}

impl Scope {
    fn empty(&self, name: &str, schema: &Value) -> Definition {
        Definition {
            package: self.package,
            name: kept(&format!("{}#{name}", self.key)),
            published: kept(name),
            description: kept(text(schema, "/description")),
            atomic: text(schema, "/x-kubernetes-map-type") == "atomic",
            open: truth(schema, "/x-kubernetes-preserve-unknown-fields"),
            inline: true,
            fields: Vec::new(),
        }
    }

    /// Enters a structure and all below it; returns its name in the table.
    fn structure(&self, schema: &Value, name: &str) -> &'static str {
        let mut definition = self.empty(name, schema);
        let required = items(schema, "/required");
        let properties = schema["properties"].as_object();
        for (field, inner) in properties.into_iter().flatten() {
            definition.fields.push(Field {
                name: kept(field),
                required: required.iter().any(|it| it == field),
                shape: self.shape(inner, &format!("{name}.{field}")),
                rules: rules(inner),
                values: Vec::new(),
                description: kept(text(inner, "/description")),
            });
        }
        let name = definition.name;
        schema::add(definition);
        name
    }

    fn shape(&self, schema: &Value, name: &str) -> Shape {
        if truth(schema, "/x-kubernetes-int-or-string") {
            return Shape::Scalar(Scalar::IntOrString);
        }
        match text(schema, "/type") {
            "string" => Shape::Scalar(Scalar::Text),
            "integer" => Shape::Scalar(Scalar::Int64),
            "number" => Shape::Scalar(Scalar::Double),
            "boolean" => Shape::Scalar(Scalar::Bool),
            "array" => Shape::List(Box::new(self.shape(&schema["items"], name))),
            "object" => self.object(schema, name),
            _ => Shape::Any,
        }
    }

    fn object(&self, schema: &Value, name: &str) -> Shape {
        if schema.get("properties").is_some() {
            return Shape::Object(self.structure(schema, name));
        }
        let others = &schema["additionalProperties"];
        if others.is_object() {
            return Shape::Map(Box::new(self.shape(others, name)));
        }
        if others == true || truth(schema, "/x-kubernetes-preserve-unknown-fields") {
            return Shape::Any;
        }
        Shape::Object(self.structure(schema, name))
    }
}

fn rules(schema: &Value) -> MergeRules {
    let kind = text(schema, "/x-kubernetes-list-type");
    let keys = items(schema, "/x-kubernetes-list-map-keys");
    MergeRules {
        list_keys: keys
            .iter()
            .filter(|_| kind == "map")
            .filter_map(Value::as_str)
            .map(kept)
            .collect(),
        set: kind == "set",
        atomic: text(schema, "/x-kubernetes-map-type") == "atomic",
        ..MergeRules::default()
    }
}
