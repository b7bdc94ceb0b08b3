//! Whole objects as JSON, YAML or names, with what must not be shown taken out.
//!
//! In the product, values of Secrets never leave this module: their length stands in their place, in the
//! annotation that `kubectl apply` keeps as well. The owner of a kubeconfig sees what kubectl shows.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::command::OutputFormat;
use serde::Serialize as _;
use serde_json::{Map, Value, json};

use super::{
    Audience,
    custom_columns::CustomColumns,
    json::{name, text},
    jsonpath::{Style, Template},
    request::{Failure, Outcome},
    yaml,
};

/// Where `kubectl apply` keeps the manifest it last applied.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Takes out managed fields, as kubectl does, and for the product the values of Secrets.
pub(super) fn prepare(object: &mut Value, audience: Audience, keep_managed_fields: bool) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut)
        && !keep_managed_fields
    {
        metadata.remove("managedFields");
    }
    if text(object, "/kind") == "Secret" && !audience.is_owner() {
        mask(object);
    }
}

fn mask(secret: &mut Value) {
    for (field, decoded) in [("data", true), ("stringData", false)] {
        if let Some(values) = secret.get_mut(field).and_then(Value::as_object_mut) {
            for value in values.values_mut() {
                *value = masked(value, decoded).into();
            }
        }
    }
    let annotations = secret.pointer_mut("/metadata/annotations");
    if let Some(applied) = annotations.and_then(|map| map.get_mut(LAST_APPLIED)) {
        *applied = "***".into();
    }
}

fn masked(value: &Value, encoded: bool) -> String {
    let length = byte_count(value.as_str().unwrap_or_default(), encoded);
    format!("*** ({length} bytes)")
}

/// Bytes of a Secret's or ConfigMap's value; what is not base64 counts as it stands.
pub(super) fn byte_count(value: &str, encoded: bool) -> usize {
    if encoded {
        STANDARD
            .decode(value)
            .map_or(value.len(), |bytes| bytes.len())
    } else {
        value.len()
    }
}

/// Whether what is printed has a List around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One object that was asked for by name.
    One,
    /// Any number of objects.
    List,
}

/// The objects in a format.
///
/// # Errors
/// kubectl's words for a template that is not one or that cannot be filled in.
pub(super) fn print(objects: &[Value], format: &OutputFormat, shape: Shape) -> Outcome<String> {
    let list;
    let document = match objects {
        [object] if shape == Shape::One => object,
        _ => {
            list = json!({"apiVersion": "v1", "kind": "List", "items": objects,
                "metadata": {"resourceVersion": ""}});
            &list
        }
    };
    match format {
        OutputFormat::Json => Ok(pretty(document) + "\n"),
        OutputFormat::Yaml => Ok(yaml::document(document)),
        OutputFormat::Name => Ok(objects.iter().map(name_line).collect()),
        OutputFormat::JsonPath(template) => filled(template, document, Style::Text),
        OutputFormat::JsonPathAsJson(template) => filled(template, document, Style::Json),
        OutputFormat::CustomColumns(spec) => CustomColumns::parse(spec)?.print(objects, true),
        OutputFormat::Table | OutputFormat::Wide => Ok(String::new()),
    }
}

fn filled(template: &str, document: &Value, style: Style) -> Outcome<String> {
    let parsed = Template::parse(template)
        .map_err(|why| Failure::message(format!("error parsing jsonpath {template}, {why}")))?;
    parsed.print(document, style).map_err(|why| {
        Failure::message(format!(
            "error executing jsonpath \"{template}\": Error executing template: {why}."
        ))
    })
}

/// `deployment.apps/web`.
pub(super) fn name_line(object: &Value) -> String {
    let kind = text(object, "/kind").to_lowercase();
    match text(object, "/apiVersion").split_once('/') {
        Some((group, _)) => format!("{kind}.{group}/{}\n", name(object)),
        None => format!("{kind}/{}\n", name(object)),
    }
}

/// JSON on one line with sorted keys, as Go writes it.
pub(super) fn compact(value: &Value) -> String {
    escaped(sorted(value).to_string())
}

/// JSON with sorted keys, indented by four spaces.
pub(super) fn pretty(value: &Value) -> String {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    sorted(value)
        .serialize(&mut serializer)
        .expect("a JSON value with string keys always serialises");
    escaped(String::from_utf8(out).expect("serde_json writes UTF-8"))
}

/// JSON with `<`, `>` and `&` escaped as Go does.
fn escaped(json: String) -> String {
    // These characters occur within strings only, so that replacing them everywhere is safe.
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

/// The value with the keys of every object in order, whichever map `serde_json` was built with.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut keys: Vec<&String> = members.keys().collect();
            keys.sort();
            let ordered: Map<String, Value> = keys
                .into_iter()
                .map(|key| (key.clone(), sorted(&members[key])))
                .collect();
            Value::Object(ordered)
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Value {
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"data\":{\"password\":\"aHVudGVyMg==\"}}"},
            "managedFields": [{"manager": "kubectl"}]},
            "data": {"password": "aHVudGVyMg=="}, "stringData": {"other": "hunter2"}})
    }

    #[test]
    fn a_secret_never_shows_its_values() {
        let mut secret = secret();
        prepare(&mut secret, Audience::Product, false);
        for format in [OutputFormat::Json, OutputFormat::Yaml] {
            let printed = print(&[secret.clone()], &format, Shape::One).unwrap();
            assert!(printed.contains("*** (7 bytes)"), "{printed}");
            assert!(!printed.contains("aHVudGVyMg") && !printed.contains("hunter2"));
            assert!(!printed.contains("managedFields"));
        }
    }

    #[test]
    fn json_is_indented_by_four_and_sorted() {
        let object = json!({"kind": "Pod", "apiVersion": "v1", "empty": [], "list": [1]});
        assert_eq!(
            print(&[object], &OutputFormat::Json, Shape::One).unwrap(),
            "{\n    \"apiVersion\": \"v1\",\n    \"empty\": [],\n    \"kind\": \"Pod\",\n    \"list\": [\n        1\n    ]\n}\n"
        );
    }

    #[test]
    fn no_objects_are_an_empty_list() {
        assert_eq!(
            print(&[], &OutputFormat::Yaml, Shape::List).unwrap(),
            "apiVersion: v1\nitems: []\nkind: List\nmetadata:\n  resourceVersion: \"\"\n"
        );
    }

    #[test]
    fn names_carry_the_group() {
        let objects = [
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}),
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "b"}}),
        ];
        assert_eq!(
            print(&objects, &OutputFormat::Name, Shape::List).unwrap(),
            "pod/a\ndeployment.apps/b\n"
        );
    }
}
