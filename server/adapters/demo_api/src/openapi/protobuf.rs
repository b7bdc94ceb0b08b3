//! The OpenAPI v2 document in the encoding Go clients ask for.
//!
//! Message and field numbers: `OpenAPIv2.proto` of google/gnostic-models. Only what `paths` and the schema
//! generate is encoded; extensions travel as YAML text, and JSON is YAML.

use serde_json::{Map, Value};

/// A protobuf message being written (protobuf.dev, "Encoding").
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    /// A field of wire type 2: its number, its length, its bytes.
    fn bytes(&mut self, number: u64, bytes: &[u8]) {
        self.varint(number << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn message(&mut self, number: u64, message: &Self) {
        self.bytes(number, &message.0);
    }

    /// The text of a field of `object`, when it has one.
    fn text(&mut self, number: u64, object: &Value, field: &str) {
        if let Some(text) = object[field].as_str() {
            self.bytes(number, text.as_bytes());
        }
    }

    fn texts(&mut self, number: u64, object: &Value, field: &str) {
        for text in object[field].as_array().into_iter().flatten() {
            self.bytes(number, text.as_str().unwrap_or_default().as_bytes());
        }
    }

    fn truth(&mut self, number: u64, object: &Value, field: &str) {
        if object[field] == Value::Bool(true) {
            self.varint(number << 3);
            self.varint(1);
        }
    }

    /// `NamedAny` for each `x-` field.
    fn extensions(&mut self, number: u64, object: &Value) {
        for (name, value) in entries(object).filter(|(name, _)| name.starts_with("x-")) {
            let mut any = Self::default();
            any.bytes(2, format!("{value}\n").as_bytes());
            self.named(number, name, &any);
        }
    }

    /// A message of a name (1) and a value (2), as all maps are written.
    fn named(&mut self, number: u64, name: &str, value: &Self) {
        let mut named = Self::default();
        named.bytes(1, name.as_bytes());
        named.message(2, value);
        self.message(number, &named);
    }

    /// A message whose only field is `inner`.
    fn around(number: u64, inner: &Self) -> Self {
        let mut outer = Self::default();
        outer.message(number, inner);
        outer
    }
}

fn entries(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flat_map(Map::iter)
}

/// The document as a `Document` message.
pub(super) fn document(document: &Value) -> Vec<u8> {
    let mut out = Message::default();
    out.text(1, document, "swagger");
    let mut info = Message::default();
    info.text(1, &document["info"], "title");
    info.text(2, &document["info"], "version");
    out.message(2, &info);
    let mut paths = Message::default();
    for (path, item) in entries(&document["paths"]) {
        paths.named(2, path, &path_item(item));
    }
    out.message(8, &paths);
    out.message(9, &named_schemas(&document["definitions"]));
    out.0
}

/// `Definitions` and `Properties` are written alike.
fn named_schemas(schemas: &Value) -> Message {
    let mut out = Message::default();
    for (name, schema_value) in entries(schemas) {
        out.named(1, name, &schema(schema_value));
    }
    out
}

fn path_item(item: &Value) -> Message {
    let mut out = Message::default();
    let methods = [
        (2, "get"),
        (3, "put"),
        (4, "post"),
        (5, "delete"),
        (8, "patch"),
    ];
    for (number, method) in methods {
        if item[method].is_object() {
            out.message(number, &operation(&item[method]));
        }
    }
    parameters(&mut out, 9, item);
    out
}

fn operation(operation: &Value) -> Message {
    let mut out = Message::default();
    out.texts(1, operation, "tags");
    out.text(3, operation, "description");
    out.text(5, operation, "operationId");
    out.texts(6, operation, "produces");
    out.texts(7, operation, "consumes");
    parameters(&mut out, 8, operation);
    let mut responses = Message::default();
    for (code, answer) in entries(&operation["responses"]) {
        let mut response = Message::default();
        response.text(1, answer, "description");
        if answer["schema"].is_object() {
            response.message(2, &Message::around(1, &schema(&answer["schema"])));
        }
        responses.named(1, code, &Message::around(1, &response));
    }
    out.message(9, &responses);
    out.texts(10, operation, "schemes");
    out.extensions(13, operation);
    out
}

/// Each parameter inside a `Parameter` inside a `ParametersItem`.
fn parameters(out: &mut Message, number: u64, object: &Value) {
    for value in object["parameters"].as_array().into_iter().flatten() {
        let inner = match value["in"].as_str() {
            Some("body") => Message::around(1, &body_parameter(value)),
            Some("path") => Message::around(2, &Message::around(4, &path_parameter(value))),
            _ => Message::around(2, &Message::around(3, &query_parameter(value))),
        };
        out.message(number, &Message::around(1, &inner));
    }
}

fn body_parameter(value: &Value) -> Message {
    let mut out = Message::default();
    out.text(1, value, "description");
    out.text(2, value, "name");
    out.text(3, value, "in");
    out.truth(4, value, "required");
    out.message(5, &schema(&value["schema"]));
    out
}

fn path_parameter(value: &Value) -> Message {
    let mut out = parameter(value);
    out.text(5, value, "type");
    out.truth(19, value, "uniqueItems");
    out
}

fn query_parameter(value: &Value) -> Message {
    let mut out = parameter(value);
    out.text(6, value, "type");
    out.truth(20, value, "uniqueItems");
    out
}

/// What path and query parameters number alike.
fn parameter(value: &Value) -> Message {
    let mut out = Message::default();
    out.truth(1, value, "required");
    out.text(2, value, "in");
    out.text(3, value, "description");
    out.text(4, value, "name");
    out
}

fn schema(value: &Value) -> Message {
    let mut out = Message::default();
    out.text(1, value, "$ref");
    out.text(2, value, "format");
    out.text(4, value, "description");
    out.texts(19, value, "required");
    if value["additionalProperties"].is_object() {
        let inner = schema(&value["additionalProperties"]);
        out.message(21, &Message::around(1, &inner));
    }
    if value["type"].is_string() {
        let mut kind = Message::default();
        kind.text(1, value, "type");
        out.message(22, &kind);
    }
    if value["items"].is_object() {
        let inner = schema(&value["items"]);
        out.message(23, &Message::around(1, &inner));
    }
    if value["properties"].is_object() {
        out.message(25, &named_schemas(&value["properties"]));
    }
    out.extensions(31, value);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn writes_lengths_above_127_in_two_bytes() {
        let mut message = Message::default();
        message.bytes(1, &[0; 300]);
        assert_eq!(&message.0[..3], [0x0a, 0xac, 0x02]);
        assert_eq!(message.0.len(), 303);
    }

    #[test]
    fn encodes_a_schema_by_the_published_numbers() {
        let encoded = schema(&json!({"type": "array", "items": {"$ref": "#/a"}, "x-b": "c"})).0;
        let expected: &[&[u8]] = &[
            b"\xb2\x01\x07\x0a\x05array",
            b"\xba\x01\x07\x0a\x05\x0a\x03#/a",
            b"\xfa\x01\x0d\x0a\x03x-b\x12\x06\x12\x04\"c\"\n",
        ];
        assert_eq!(encoded, expected.concat());
    }
}
