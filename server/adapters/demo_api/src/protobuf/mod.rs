//! Request bodies in Kubernetes' protobuf encoding, which typed Go clients such as `kubectl create` send.
//!
//! Types of fields are the engine's schema; their numbers are the table beside this file. Answers are always
//! JSON: every client that sends protobuf also accepts that. Source of the envelope: Kubernetes
//! documentation, "API concepts", "Protobuf encoding idl".

mod numbers;
mod wire;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use demo_cluster::{
    registry,
    schema::{self, Definition, Scalar, Shape},
    value,
};
use domain::time::Timestamp;
use serde_json::{Map, Value, json};

pub(crate) use self::wire::Malformed;
use self::{
    numbers::{Numbered, Target},
    wire::{Field, Reader},
};

/// First bytes of every Kubernetes message.
const MAGIC: &[u8] = b"k8s\0";

/// The deepest nesting followed. No message of the API comes near it.
const DEEPEST: u8 = 32;

/// The object in a body, as JSON.
///
/// # Errors
/// [`Malformed`] when it is not such a message, or of a kind that has no table.
pub(crate) fn object(body: &[u8]) -> Result<Value, Malformed> {
    let envelope = body.strip_prefix(MAGIC).ok_or(Malformed("no k8s prefix"))?;
    let (mut api_version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    for field in Reader::new(envelope) {
        match field? {
            (1, Field::Bytes(meta)) => (api_version, kind) = type_meta(meta)?,
            (2, Field::Bytes(message)) => raw = message,
            _ => {}
        }
    }
    let name =
        registry::find_kind(&api_version, &kind).map_or(kind.as_str(), |id| id.spec().definition);
    let definition = schema::definition(name).ok_or(Malformed("unknown kind"))?;
    let mut fields = message(definition, name, raw, 0)?;
    fields.insert("apiVersion".to_owned(), json!(api_version));
    fields.insert("kind".to_owned(), json!(kind));
    Ok(Value::Object(fields))
}

fn type_meta(meta: &[u8]) -> Result<(String, String), Malformed> {
    let (mut api_version, mut kind) = (String::new(), String::new());
    for field in Reader::new(meta) {
        match field? {
            (1, Field::Bytes(text)) => api_version = wire::text(text)?,
            (2, Field::Bytes(text)) => kind = wire::text(text)?,
            _ => {}
        }
    }
    Ok((api_version, kind))
}

/// The fields of a message named `name` in the table, as JSON fields of `definition`.
fn message(
    definition: &Definition,
    name: &str,
    bytes: &[u8],
    depth: u8,
) -> Result<Map<String, Value>, Malformed> {
    if depth > DEEPEST {
        return Err(Malformed("nested too deeply"));
    }
    let mut out = Map::new();
    for field in Reader::new(bytes) {
        let (number, field) = field?;
        let Some(Numbered { target, omits_zero }) = numbers::find(name, number) else {
            continue;
        };
        match target {
            Target::Inline(inner) => {
                let Field::Bytes(bytes) = field else {
                    return Err(Malformed("a message of the wrong type"));
                };
                out.extend(message(definition, inner, bytes, depth + 1)?);
            }
            Target::Field(field_name) => {
                if let Some(known) = definition.field(field_name) {
                    put(&mut out, field_name, &known.shape, field, omits_zero, depth)?;
                }
            }
        }
    }
    Ok(out)
}

/// Adds one occurrence of a field: an item to a list, an entry to a map, else the value.
fn put(
    out: &mut Map<String, Value>,
    name: &str,
    shape: &Shape,
    field: Field<'_>,
    omits_zero: bool,
    depth: u8,
) -> Result<(), Malformed> {
    match shape {
        Shape::List(item) => {
            let item = single(item, field, depth)?;
            let list = out.entry(name).or_insert_with(|| json!([]));
            list.as_array_mut()
                .ok_or(Malformed("a list twice"))?
                .push(item);
        }
        Shape::Map(inner) => {
            let (key, item) = entry(inner, field, depth)?;
            let map = out.entry(name).or_insert_with(|| json!({}));
            map.as_object_mut()
                .ok_or(Malformed("a map twice"))?
                .insert(key, item);
        }
        Shape::Any | Shape::Scalar(_) | Shape::Object(_) => {
            let item = single(shape, field, depth)?;
            if !(item.is_null() || omits_zero && is_zero(&item)) {
                out.insert(name.to_owned(), item);
            }
        }
    }
    Ok(())
}

fn entry(shape: &Shape, field: Field<'_>, depth: u8) -> Result<(String, Value), Malformed> {
    let Field::Bytes(bytes) = field else {
        return Err(Malformed("a map of the wrong type"));
    };
    let (mut key, mut item) = (String::new(), json!(""));
    for field in Reader::new(bytes) {
        match field? {
            (1, Field::Bytes(text)) => key = wire::text(text)?,
            (2, field) => item = single(shape, field, depth)?,
            _ => {}
        }
    }
    Ok((key, item))
}

fn single(shape: &Shape, field: Field<'_>, depth: u8) -> Result<Value, Malformed> {
    match (shape, field) {
        (Shape::Scalar(scalar), field) => self::scalar(*scalar, field),
        (Shape::Object(name), Field::Bytes(bytes)) => {
            let definition = schema::definition(name).ok_or(Malformed("unknown structure"))?;
            message(definition, name, bytes, depth + 1).map(Value::Object)
        }
        (Shape::Any, Field::Bytes(bytes)) => raw(bytes),
        // A list in a map or a list of lists: messages such as `ExtraValue`, which no request carries.
        (Shape::List(_) | Shape::Map(_), Field::Bytes(_)) => Ok(Value::Null),
        _ => Err(Malformed("a field of the wrong type")),
    }
}

/// `RawExtension` and `FieldsV1`: JSON in field 1.
fn raw(bytes: &[u8]) -> Result<Value, Malformed> {
    for field in Reader::new(bytes) {
        if let (1, Field::Bytes(text)) = field? {
            return serde_json::from_slice(text).map_err(|_| Malformed("raw JSON that is none"));
        }
    }
    Ok(Value::Null)
}

fn scalar(scalar: Scalar, field: Field<'_>) -> Result<Value, Malformed> {
    match (scalar, field) {
        (Scalar::Text, Field::Bytes(bytes)) => wire::text(bytes).map(Value::String),
        (Scalar::Bytes, Field::Bytes(bytes)) => Ok(json!(STANDARD.encode(bytes))),
        (Scalar::Bool, Field::Varint(number)) => Ok(json!(number != 0)),
        (Scalar::Int32 | Scalar::Int64, Field::Varint(number)) => Ok(json!(number.cast_signed())),
        (Scalar::Double, Field::Fixed64(bits)) => Ok(json!(f64::from_bits(bits))),
        (Scalar::Quantity, Field::Bytes(bytes)) => quantity(bytes),
        (Scalar::Time, Field::Bytes(bytes)) => time(bytes, value::wire_time),
        (Scalar::MicroTime, Field::Bytes(bytes)) => time(bytes, value::wire_micro_time),
        (Scalar::IntOrString, Field::Bytes(bytes)) => int_or_string(bytes),
        _ => Err(Malformed("a value of the wrong type")),
    }
}

fn quantity(bytes: &[u8]) -> Result<Value, Malformed> {
    let mut text = Value::Null;
    for field in Reader::new(bytes) {
        if let (1, Field::Bytes(bytes)) = field? {
            text = Value::String(wire::text(bytes)?);
        }
    }
    Ok(text)
}

/// `Time`: seconds in field 1, nanoseconds in field 2; an empty message is no time.
fn time(bytes: &[u8], written: fn(Timestamp) -> String) -> Result<Value, Malformed> {
    let (mut seconds, mut nanoseconds) = (None, 0);
    for field in Reader::new(bytes) {
        match field? {
            (1, Field::Varint(number)) => seconds = Some(number.cast_signed()),
            (2, Field::Varint(number)) => nanoseconds = number.cast_signed(),
            _ => {}
        }
    }
    // Go writes its zero time, the year 1, as a negative number of seconds.
    let seconds = seconds.filter(|seconds| (0..=253_402_300_799).contains(seconds));
    let at = seconds.map(|seconds| Timestamp(seconds * 1000 + nanoseconds / 1_000_000));
    Ok(at.map_or(Value::Null, |at| json!(written(at))))
}

/// `IntOrString`: which of both in field 1, a number in field 2, text in field 3.
fn int_or_string(bytes: &[u8]) -> Result<Value, Malformed> {
    let (mut is_text, mut number, mut text) = (false, 0, String::new());
    for field in Reader::new(bytes) {
        match field? {
            (1, Field::Varint(kind)) => is_text = kind == 1,
            (2, Field::Varint(value)) => number = value.cast_signed(),
            (3, Field::Bytes(bytes)) => text = wire::text(bytes)?,
            _ => {}
        }
    }
    Ok(if is_text { json!(text) } else { json!(number) })
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(truth) => !truth,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

#[cfg(test)]
mod tests;
