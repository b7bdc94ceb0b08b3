//! Whole objects as JSON, YAML or names, with what must not be shown taken out.
//!
//! Values of Secrets never leave this module: their length stands in their place, in the annotation that
//! `kubectl apply` keeps as well.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::command::OutputFormat;
use serde::Serialize as _;
use serde_json::{Map, Value, json};

use super::{
    json::{name, text},
    yaml,
};

/// Where `kubectl apply` keeps the manifest it last applied.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Takes out managed fields, as kubectl does, and the values of Secrets.
pub(super) fn prepare(object: &mut Value) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    if text(object, "/kind") == "Secret" {
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

/// The objects in a format; `single` prints one of them without a List around it.
pub(super) fn print(objects: &[Value], format: &OutputFormat, single: bool) -> String {
    if *format == OutputFormat::Name {
        return objects.iter().map(name_line).collect();
    }
    let list;
    let document = match objects {
        [object] if single => object,
        _ => {
            list = json!({"apiVersion": "v1", "kind": "List", "items": objects,
                "metadata": {"resourceVersion": ""}});
            &list
        }
    };
    match format {
        OutputFormat::Json => pretty(document),
        OutputFormat::Yaml => yaml::document(document),
        OutputFormat::Table | OutputFormat::Wide | OutputFormat::Name => String::new(),
    }
}

/// `deployment.apps/web`.
fn name_line(object: &Value) -> String {
    let kind = text(object, "/kind").to_lowercase();
    match text(object, "/apiVersion").split_once('/') {
        Some((group, _)) => format!("{kind}.{group}/{}\n", name(object)),
        None => format!("{kind}/{}\n", name(object)),
    }
}

/// JSON with sorted keys, indented by four spaces, with `<`, `>` and `&` escaped as Go does.
fn pretty(value: &Value) -> String {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    sorted(value)
        .serialize(&mut serializer)
        .expect("a JSON value with string keys always serialises");
    out.push(b'\n');
    // These characters occur within strings only, so that replacing them everywhere is safe.
    String::from_utf8(out)
        .expect("serde_json writes UTF-8")
        .replace('<', "\\u003c")
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
        prepare(&mut secret);
        for format in [OutputFormat::Json, OutputFormat::Yaml] {
            let printed = print(&[secret.clone()], &format, true);
            assert!(printed.contains("*** (7 bytes)"), "{printed}");
            assert!(!printed.contains("aHVudGVyMg") && !printed.contains("hunter2"));
            assert!(!printed.contains("managedFields"));
        }
    }

    #[test]
    fn json_is_indented_by_four_and_sorted() {
        let object = json!({"kind": "Pod", "apiVersion": "v1", "empty": [], "list": [1]});
        assert_eq!(
            print(&[object], &OutputFormat::Json, true),
            "{\n    \"apiVersion\": \"v1\",\n    \"empty\": [],\n    \"kind\": \"Pod\",\n    \"list\": [\n        1\n    ]\n}\n"
        );
    }

    #[test]
    fn no_objects_are_an_empty_list() {
        assert_eq!(
            print(&[], &OutputFormat::Yaml, false),
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
            print(&objects, &OutputFormat::Name, false),
            "pod/a\ndeployment.apps/b\n"
        );
    }
}
