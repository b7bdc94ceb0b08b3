//! Reads a body against the schema, as the API server's decoder does: what it does not know it drops
//! and reports, what is of the wrong type it refuses, quantities it writes in their canonical form.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::time::Timestamp;
use serde_json::{Map, Value, json};

use super::{Definition, Scalar, Shape, definition};
use crate::quantity::Quantity;

/// What reading a body found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Paths of fields that are not in the schema: `spec.template.spec.containers[0].imagee`.
    pub unknown: Vec<String>,
    /// The first value that cannot be read, worded as Go's decoder words it.
    pub error: Option<String>,
}

/// Brings `object` to the form in which it is stored: drops nulls and unknown fields, writes quantities
/// canonically.
pub fn normalise(object: &mut Value, definition: &'static Definition) -> Findings {
    let mut findings = Findings::default();
    let at = At {
        owner: definition.name,
        path: String::new(),
    };
    structure(object, definition, &at, &mut findings);
    findings
}

/// Where in the object the walk is.
struct At {
    /// The structure that holds the field.
    owner: &'static str,
    path: String,
}

impl At {
    fn field(&self, owner: &'static str, name: &str) -> Self {
        let path = if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        };
        Self { owner, path }
    }

    fn item(&self, index: usize) -> Self {
        Self {
            owner: self.owner,
            path: format!("{}[{index}]", self.path),
        }
    }
}

fn structure(value: &mut Value, definition: &'static Definition, at: &At, findings: &mut Findings) {
    let Value::Object(fields) = value else {
        return wrong(value, go_type(definition), at, findings);
    };
    let given = std::mem::take(fields);
    for (name, mut inner) in given {
        let place = at.field(definition.name, &name);
        let Some(field) = definition.field(&name) else {
            if definition.open {
                fields.insert(name, inner);
                continue;
            }
            findings.unknown.push(place.path);
            continue;
        };
        if inner.is_null() {
            continue;
        }
        shaped(&mut inner, &field.shape, &place, findings);
        fields.insert(name, inner);
    }
}

fn go_type(definition: &Definition) -> &'static str {
    definition.name
}

fn shaped(value: &mut Value, shape: &'static Shape, at: &At, findings: &mut Findings) {
    match shape {
        Shape::Any => {}
        Shape::Scalar(kind) => scalar(value, *kind, at, findings),
        Shape::Object(name) => {
            if let Some(definition) = definition(name) {
                structure(value, definition, at, findings);
            }
        }
        Shape::List(item) => match value {
            Value::Array(items) => {
                for (index, inner) in items.iter_mut().enumerate() {
                    shaped(inner, item, &at.item(index), findings);
                }
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => {
                wrong(value, "[]", at, findings);
            }
        },
        Shape::Map(inner) => map(value, inner, at, findings),
    }
}

fn map(value: &mut Value, inner: &'static Shape, at: &At, findings: &mut Findings) {
    let Value::Object(entries) = value else {
        return wrong(value, "map", at, findings);
    };
    let given: Map<String, Value> = std::mem::take(entries);
    for (name, mut entry) in given {
        if entry.is_null() {
            if *inner != Shape::Scalar(Scalar::Text) {
                continue;
            }
            entry = json!("");
        }
        // Go names the map's field, not the key, in its message.
        let place = At {
            owner: at.owner,
            path: at.path.clone(),
        };
        shaped(&mut entry, inner, &place, findings);
        entries.insert(name, entry);
    }
}

fn scalar(value: &mut Value, kind: Scalar, at: &At, findings: &mut Findings) {
    let fits = match kind {
        Scalar::Text => value.is_string(),
        Scalar::Bool => value.is_boolean(),
        Scalar::Int32 => value.as_i64().is_some_and(|n| i32::try_from(n).is_ok()),
        Scalar::Int64 => value.is_i64(),
        Scalar::Double => value.is_number(),
        Scalar::IntOrString => value.is_string() || value.is_i64(),
        Scalar::Bytes => return bytes(value, at, findings),
        Scalar::Time | Scalar::MicroTime => return time(value, at, findings),
        Scalar::Quantity => return quantity(value, at, findings),
    };
    if !fits {
        wrong(value, go_scalar(kind), at, findings);
    }
}

const fn go_scalar(kind: Scalar) -> &'static str {
    match kind {
        Scalar::Text => "string",
        Scalar::Bool => "bool",
        Scalar::Int32 => "int32",
        Scalar::Int64 => "int64",
        Scalar::Double => "float64",
        Scalar::Bytes => "[]uint8",
        Scalar::Time => "v1.Time",
        Scalar::MicroTime => "v1.MicroTime",
        Scalar::Quantity => "resource.Quantity",
        Scalar::IntOrString => "intstr.IntOrString",
    }
}

fn bytes(value: &Value, at: &At, findings: &mut Findings) {
    match value.as_str().map(|text| STANDARD.decode(text)) {
        Some(Ok(_)) => {}
        Some(Err(error)) => findings.refuse(format!("illegal base64 data in {}: {error}", at.path)),
        None => wrong(value, "[]uint8", at, findings),
    }
}

fn time(value: &Value, at: &At, findings: &mut Findings) {
    match value.as_str() {
        Some(text) if Timestamp::parse(text).is_some() => {}
        Some(text) => findings.refuse(format!(
            "parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {text:?} as RFC 3339"
        )),
        None => wrong(value, "string", at, findings),
    }
}

/// The message is `resource.ErrFormatWrong`'s.
fn quantity(value: &mut Value, at: &At, findings: &mut Findings) {
    let text = match &*value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            return wrong(value, "resource.Quantity", at, findings);
        }
    };
    match Quantity::parse(&text) {
        Ok(quantity) => *value = json!(quantity.to_string()),
        Err(error) => findings.refuse(error.to_string()),
    }
}

impl Findings {
    fn refuse(&mut self, message: String) {
        self.error.get_or_insert(message);
    }
}

fn wrong(value: &Value, wanted: &str, at: &At, findings: &mut Findings) {
    let got = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let message = if at.path.is_empty() {
        format!("json: cannot unmarshal {got} into Go value of type {wanted}")
    } else {
        // Go names fields, not items.
        let path: String = at
            .path
            .split('.')
            .map(|part| part.split('[').next().unwrap_or(part))
            .collect::<Vec<_>>()
            .join(".");
        format!(
            "json: cannot unmarshal {got} into Go struct field {}.{path} of type {wanted}",
            at.owner
        )
    };
    findings.refuse(message);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &str, mut object: Value) -> (Value, Findings) {
        let findings = normalise(&mut object, definition(kind).unwrap());
        (object, findings)
    }

    #[test]
    fn reports_and_drops_unknown_fields() {
        let (object, findings) = read(
            "Deployment",
            json!({"spec": {"replica": 1, "template": {"spec": {"containers": [{"name": "a", "imagee": "b"}]}}}}),
        );
        assert_eq!(
            findings
                .unknown
                .iter()
                .map(String::as_str)
                .collect::<std::collections::BTreeSet<_>>(),
            ["spec.replica", "spec.template.spec.containers[0].imagee"].into()
        );
        assert_eq!(
            object,
            json!({"spec": {"template": {"spec": {"containers": [{"name": "a"}]}}}})
        );
    }

    #[test]
    fn words_wrong_types_as_go_does() {
        let (_, findings) = read("Deployment", json!({"spec": {"replicas": "three"}}));
        assert_eq!(
            findings.error.unwrap(),
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
        );
        let (_, findings) = read("ConfigMap", json!({"data": {"a": 1}}));
        assert_eq!(
            findings.error.unwrap(),
            "json: cannot unmarshal number into Go struct field ConfigMap.data of type string"
        );
    }

    #[test]
    fn writes_quantities_canonically() {
        let (object, findings) = read(
            "ResourceRequirements",
            json!({"limits": {"cpu": 0.5, "memory": "1024Mi"}, "requests": null}),
        );
        assert_eq!(findings, Findings::default());
        assert_eq!(object, json!({"limits": {"cpu": "500m", "memory": "1Gi"}}));
    }

    #[test]
    fn refuses_what_is_not_base64_or_a_quantity() {
        assert!(
            read("Secret", json!({"data": {"a": "%%"}}))
                .1
                .error
                .is_some()
        );
        let (_, findings) = read("ResourceRequirements", json!({"limits": {"cpu": "lots"}}));
        assert!(
            findings
                .error
                .unwrap()
                .starts_with("quantities must match the regular expression")
        );
    }
}
