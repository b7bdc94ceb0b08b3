//! Holds JSON against the schemas of the OpenAPI document: as much of JSON Schema (draft 2020-12) as those use. A keyword
//! that is not understood fails the test, so that nothing passes unread.

use serde_json::{Map, Value};

/// Keywords that say nothing about what is valid.
const ANNOTATIONS: [&str; 7] = [
    "title",
    "description",
    "x-unit",
    "default",
    "examples",
    "deprecated",
    "$schema",
];

/// Holds `value` against `schema`, whose references lead into `document`; why it does not hold, with the place.
pub(crate) fn check(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    Checker { document }.at("", schema, value)
}

struct Checker<'a> {
    document: &'a Value,
}

impl Checker<'_> {
    fn at(&self, place: &str, schema: &Value, value: &Value) -> Result<(), String> {
        if schema == &Value::Bool(true) {
            return Ok(());
        }
        let Value::Object(schema) = schema else {
            return Err(format!("{place}: nothing satisfies {schema}"));
        };
        for (keyword, wanted) in schema {
            self.keyword(place, schema, (keyword, wanted), value)
                .map_err(|why| {
                    if why.starts_with('/') {
                        why
                    } else {
                        format!("{place}: {why}")
                    }
                })?;
        }
        Ok(())
    }

    fn keyword(
        &self,
        place: &str,
        schema: &Map<String, Value>,
        (keyword, wanted): (&str, &Value),
        value: &Value,
    ) -> Result<(), String> {
        let no = |what: &str| Err(format!("{value} {what} {wanted}"));
        match keyword {
            "$ref" => self.at(place, self.referred(wanted), value),
            "type" if !has_type(wanted, value) => no("is not of type"),
            "const" if value != wanted => no("is not"),
            "enum" if !wanted.as_array().unwrap().contains(value) => no("is none of"),
            "format" if !has_format(wanted, value) => no("has not the format"),
            "minimum" if value.is_number() && number(value) < number(wanted) => no("is below"),
            "maximum" if value.is_number() && number(value) > number(wanted) => no("is above"),
            "minItems" | "maxItems" => self.length(keyword, wanted, value),
            "properties" | "required" | "additionalProperties" | "unevaluatedProperties" => {
                self.object(place, schema, (keyword, wanted), value)
            }
            "items" | "prefixItems" => self.array(place, schema, (keyword, wanted), value),
            "allOf" | "anyOf" | "oneOf" => self.combined(place, (keyword, wanted), value),
            "type" | "const" | "enum" | "format" | "minimum" | "maximum" => Ok(()),
            _ if ANNOTATIONS.contains(&keyword) => Ok(()),
            _ => panic!("the keyword {keyword} is not understood"),
        }
    }

    fn referred(&self, reference: &Value) -> &Value {
        let pointer = reference.as_str().unwrap().trim_start_matches('#');
        self.document
            .pointer(pointer)
            .unwrap_or_else(|| panic!("{pointer} leads nowhere"))
    }

    fn length(&self, keyword: &str, wanted: &Value, value: &Value) -> Result<(), String> {
        let Some(items) = value.as_array() else {
            return Ok(());
        };
        let limit = wanted.as_u64().unwrap();
        let fits = match keyword {
            "minItems" => items.len() as u64 >= limit,
            _ => items.len() as u64 <= limit,
        };
        fits.then_some(())
            .ok_or_else(|| format!("{keyword} is {limit}, not {}", items.len()))
    }

    fn object(
        &self,
        place: &str,
        schema: &Map<String, Value>,
        (keyword, wanted): (&str, &Value),
        value: &Value,
    ) -> Result<(), String> {
        let Some(fields) = value.as_object() else {
            return Ok(());
        };
        match keyword {
            "required" => match wanted
                .as_array()
                .unwrap()
                .iter()
                .find(|name| !fields.contains_key(name.as_str().unwrap()))
            {
                Some(missing) => Err(format!("{missing} is missing")),
                None => Ok(()),
            },
            "properties" => wanted
                .as_object()
                .unwrap()
                .iter()
                .try_for_each(|(name, schema)| {
                    fields.get(name).map_or(Ok(()), |field| {
                        self.at(&format!("{place}/{name}"), schema, field)
                    })
                }),
            _ => {
                let mut known = Vec::new();
                self.properties_of(schema, value, &mut known);
                fields
                    .iter()
                    .filter(|(name, _)| !known.contains(name))
                    .try_for_each(|(name, field)| {
                        self.at(&format!("{place}/{name}"), wanted, field)
                    })
            }
        }
    }

    /// Names of the properties that a schema, or what it is put together from, says something about.
    fn properties_of(&self, schema: &Map<String, Value>, value: &Value, known: &mut Vec<String>) {
        if let Some(properties) = schema.get("properties") {
            known.extend(properties.as_object().unwrap().keys().cloned());
        }
        if let Some(reference) = schema.get("$ref") {
            self.properties_of(self.referred(reference).as_object().unwrap(), value, known);
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            let parts = schema
                .get(keyword)
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            for part in parts.filter(|part| self.at("", part, value).is_ok()) {
                self.properties_of(part.as_object().unwrap(), value, known);
            }
        }
    }

    fn array(
        &self,
        place: &str,
        schema: &Map<String, Value>,
        (keyword, wanted): (&str, &Value),
        value: &Value,
    ) -> Result<(), String> {
        let Some(items) = value.as_array() else {
            return Ok(());
        };
        let named = schema
            .get("prefixItems")
            .map_or(0, |first| first.as_array().unwrap().len());
        let check = |(index, (schema, item)): (usize, (&Value, &Value))| {
            self.at(&format!("{place}/{index}"), schema, item)
        };
        match keyword {
            "prefixItems" => wanted
                .as_array()
                .unwrap()
                .iter()
                .zip(items)
                .enumerate()
                .try_for_each(check),
            _ => items
                .iter()
                .skip(named)
                .map(|item| (wanted, item))
                .enumerate()
                .try_for_each(check),
        }
    }

    fn combined(
        &self,
        place: &str,
        (keyword, wanted): (&str, &Value),
        value: &Value,
    ) -> Result<(), String> {
        let parts = wanted.as_array().unwrap();
        let failures: Vec<String> = parts
            .iter()
            .filter_map(|part| self.at(place, part, value).err())
            .collect();
        let held = parts.len() - failures.len();
        let holds = match keyword {
            "allOf" => failures.is_empty(),
            "anyOf" => held > 0,
            _ => held == 1,
        };
        holds.then_some(()).ok_or_else(|| {
            format!(
                "{keyword}: {held} of {} hold: {}",
                parts.len(),
                failures.join("; ")
            )
        })
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64()
}

fn has_type(wanted: &Value, value: &Value) -> bool {
    if let Some(any) = wanted.as_array() {
        return any.iter().any(|wanted| has_type(wanted, value));
    }
    match wanted.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("the type {other} is not understood"),
    }
}

fn has_format(wanted: &Value, value: &Value) -> bool {
    match wanted.as_str().unwrap() {
        "uuid" => value
            .as_str()
            .is_none_or(|text| uuid::Uuid::parse_str(text).is_ok()),
        "date-time" => value
            .as_str()
            .is_none_or(|text| domain::time::Timestamp::parse(text).is_some()),
        "uint8" => !value.is_number() || value.as_u64().is_some_and(|n| n <= u64::from(u8::MAX)),
        "uint32" => !value.is_number() || value.as_u64().is_some_and(|n| n <= u64::from(u32::MAX)),
        "uint" | "uint64" => !value.is_number() || value.is_u64(),
        "int" | "int64" => !value.is_number() || value.is_i64(),
        "double" => true,
        other => panic!("the format {other} is not understood"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tells_what_holds_from_what_does_not() {
        let document = json!({"schemas": {"Name": {"type": "string"}}});
        let schema = json!({
            "type": "object",
            "properties": {"name": {"$ref": "#/schemas/Name"}, "count": {"type": ["integer", "null"], "minimum": 1}},
            "required": ["name"],
            "additionalProperties": false
        });
        let holds = |value: Value| check(&document, &schema, &value).is_ok();
        assert!(holds(json!({"name": "a"})) && holds(json!({"name": "a", "count": null})));
        assert!(!holds(json!({})));
        assert!(!holds(json!({"name": 1})));
        assert!(!holds(json!({"name": "a", "count": 0})));
        assert!(!holds(json!({"name": "a", "other": 1})));
        assert!(!holds(json!([])));
    }
}
