//! JSON read as the API server's strict decoder does: of a key that an object has twice the last one counts, and
//! the others are reported.

use std::{cell::RefCell, fmt};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A body and the paths of the fields that it gives more than once: `data.key`, `spec.ports[0].port`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Reading {
    /// The body.
    pub value: Value,
    /// What it gives more than once, in order.
    pub duplicates: Vec<String>,
}

/// Reads JSON.
///
/// # Errors
/// Text that is no JSON, or has something after it.
pub(crate) fn read(bytes: &[u8]) -> Result<Reading, serde_json::Error> {
    let found = RefCell::default();
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let whole = Place {
        path: String::new(),
        found: &found,
    };
    let value = whole.deserialize(&mut reader)?;
    reader.end()?;
    Ok(Reading {
        value,
        duplicates: found.into_inner(),
    })
}

/// Where in the body a value is.
struct Place<'a> {
    path: String,
    found: &'a RefCell<Vec<String>>,
}

impl Place<'_> {
    fn field(&self, name: &str) -> Self {
        let path = if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        };
        Self { path, ..*self }
    }

    fn item(&self, index: usize) -> Self {
        Self {
            path: format!("{}[{index}]", self.path),
            ..*self
        }
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut out = Vec::new();
        while let Some(item) = items.next_element_seed(self.item(out.len()))? {
            out.push(item);
        }
        Ok(Value::Array(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut out = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let place = self.field(&name);
            let path = place.path.clone();
            let value = fields.next_value_seed(place)?;
            if out.insert(name, value).is_some() {
                self.found.borrow_mut().push(path);
            }
        }
        Ok(Value::Object(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reports_what_is_given_twice_and_takes_the_last() {
        let read = read(br#"{"data": {"k": "v", "k": "w"}, "list": [{"a": 1, "a": 2}]}"#).unwrap();
        assert_eq!(read.value, json!({"data": {"k": "w"}, "list": [{"a": 2}]}));
        assert_eq!(read.duplicates, ["data.k", "list[0].a"]);
    }

    #[test]
    fn reads_all_that_is_json_and_nothing_else() {
        let text = r#"[null, true, -1, 18446744073709551615, 1.5, "x", {}]"#;
        assert_eq!(
            read(text.as_bytes()).unwrap().value.to_string(),
            text.replace(", ", ",")
        );
        assert!(read(b"{} {}").is_err());
    }
}
