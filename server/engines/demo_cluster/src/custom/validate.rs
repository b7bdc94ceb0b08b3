//! Custom objects against the OpenAPI schema of their definition: defaults, and what is wrong.
//!
//! The keywords are those people use; CEL rules (`x-kubernetes-validations`) are not evaluated. Words follow
//! `k8s.io/kube-openapi/pkg/validation/errors`. What texts must look like is [`super::text`].

use serde_json::{Value, json};

use crate::{
    status::Cause,
    value::{items, text, truth},
};

/// Fills in `default`s, outermost first.
pub(super) fn fill(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let properties = schema["properties"].as_object();
            for (name, inner) in properties.into_iter().flatten() {
                if let Some(default) = inner.get("default")
                    && fields.get(name).is_none_or(Value::is_null)
                {
                    fields.insert(name.clone(), default.clone());
                }
                if let Some(field) = fields.get_mut(name) {
                    fill(inner, field);
                }
            }
            if schema["additionalProperties"].is_object() {
                let others = &schema["additionalProperties"];
                fields.values_mut().for_each(|field| fill(others, field));
            }
        }
        Value::Array(list) => list
            .iter_mut()
            .for_each(|item| fill(&schema["items"], item)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What is wrong with a whole object.
pub(super) fn problems(schema: &Value, object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        if !matches!(name.as_str(), "apiVersion" | "kind" | "metadata")
            && let Some(field) = object.get(name)
        {
            check(inner, field, name, &mut causes);
        }
    }
    causes.extend(missing(schema, object, ""));
    causes
}

fn missing(schema: &Value, object: &Value, at: &str) -> Vec<Cause> {
    items(schema, "/required")
        .iter()
        .filter_map(Value::as_str)
        .filter(|field| object.get(field).is_none())
        .map(|field| Cause::required(joined(at, field), ""))
        .collect()
}

fn joined(at: &str, field: &str) -> String {
    if at.is_empty() {
        field.to_owned()
    } else {
        format!("{at}.{field}")
    }
}

fn check(schema: &Value, value: &Value, at: &str, causes: &mut Vec<Cause>) {
    if value.is_null() && truth(schema, "/nullable") {
        return;
    }
    if let Some(cause) = wrong_type(schema, value, at) {
        causes.push(cause);
        return;
    }
    let allowed = items(schema, "/enum");
    if !allowed.is_empty() && !allowed.contains(value) {
        let words: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
        let given = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        causes.push(Cause::not_supported(at, &given, &words));
    }
    causes.extend(out_of_bounds(schema, value, at));
    causes.extend(multiple(schema, value, at));
    if let Some(given) = value.as_str() {
        causes.extend(super::text::problems(schema, given, at));
    }
    match value {
        Value::Object(fields) => {
            causes.extend(missing(schema, value, at));
            for (name, field) in fields {
                let inner = schema["properties"].get(name);
                if let Some(inner) = inner.or_else(|| schema.get("additionalProperties")) {
                    check(inner, field, &joined(at, name), causes);
                }
            }
        }
        Value::Array(list) => {
            for (index, item) in list.iter().enumerate() {
                check(&schema["items"], item, &format!("{at}[{index}]"), causes);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn wrong_type(schema: &Value, value: &Value, at: &str) -> Option<Cause> {
    let given = type_of(value);
    if truth(schema, "/x-kubernetes-int-or-string") && matches!(given, "integer" | "string") {
        return None;
    }
    let wanted = text(schema, "/type");
    let fits = wanted.is_empty() || wanted == given || (wanted == "number" && given == "integer");
    let detail = format!("{at} in body must be of type {wanted}: {given:?}");
    (!fits).then(|| Cause::invalid(at, &json!(given), &detail))
}

fn out_of_bounds(schema: &Value, value: &Value, at: &str) -> Vec<Cause> {
    let size = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => Some(text.chars().count() as f64),
        Value::Array(list) => Some(list.len() as f64),
        Value::Null | Value::Bool(_) | Value::Object(_) => None,
    };
    let (low, high, less, more) = match value {
        Value::String(_) => (
            "minLength",
            "maxLength",
            "should be at least {} chars long",
            "should be at most {} chars long",
        ),
        Value::Array(_) => (
            "minItems",
            "maxItems",
            "should have at least {} items",
            "should have at most {} items",
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => (
            "minimum",
            "maximum",
            "should be greater than or equal to {}",
            "should be less than or equal to {}",
        ),
    };
    let mut causes = Vec::new();
    for (keyword, words, is_low) in [(low, less, true), (high, more, false)] {
        let bound = &schema[keyword];
        let (Some(size), Some(limit)) = (size, bound.as_f64()) else {
            continue;
        };
        let excluded = if is_low {
            "exclusiveMinimum"
        } else {
            "exclusiveMaximum"
        };
        let is_excluded = value.is_number() && truth(schema, &format!("/{excluded}"));
        let beyond = if is_low { size < limit } else { size > limit };
        if beyond || (is_excluded && size == limit) {
            let words = if is_excluded {
                words.replace(" or equal to", "")
            } else {
                words.to_owned()
            };
            let detail = format!("{at} in body {}", words.replace("{}", &bound.to_string()));
            causes.push(Cause::invalid(at, value, &detail));
        }
    }
    causes
}

fn multiple(schema: &Value, value: &Value, at: &str) -> Option<Cause> {
    let (number, of) = (value.as_f64()?, schema["multipleOf"].as_f64()?);
    let ratio = number / of;
    let detail = format!(
        "{at} in body should be a multiple of {}",
        schema["multipleOf"]
    );
    (ratio != ratio.trunc()).then(|| Cause::invalid(at, value, &detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Value {
        json!({"type": "object", "required": ["spec"], "properties": {"spec": {"type": "object", "required": ["cron"], "properties": {
            "cron": {"type": "string", "minLength": 3},
            "size": {"type": "string", "enum": ["S", "L"], "default": "S"},
            "replicas": {"type": "integer", "minimum": 1, "maximum": 10},
            "share": {"type": "number", "minimum": 0, "exclusiveMinimum": true, "multipleOf": 0.5},
            "port": {"x-kubernetes-int-or-string": true},
            "nodes": {"type": "array", "maxItems": 1, "items": {"type": "object", "properties": {"weight": {"type": "number", "default": 1}}}},
            "limits": {"type": "object", "additionalProperties": {"type": "string"}},
        }}}})
    }

    #[track_caller]
    fn check(object: Value, expected: &[&str]) {
        let found: Vec<String> = problems(&schema(), &object)
            .iter()
            .map(Cause::to_string)
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn fills_in_defaults_at_every_depth() {
        let mut object = json!({"spec": {"nodes": [{}, {"weight": 3}]}});
        fill(&schema(), &mut object);
        assert_eq!(
            object,
            json!({"spec": {"size": "S", "nodes": [{"weight": 1}, {"weight": 3}]}})
        );
    }

    #[test]
    fn accepts_what_fits() {
        check(
            json!({"spec": {"cron": "* *", "replicas": 3, "port": "http", "limits": {"cpu": "1"}, "nodes": [{"weight": 2}]}}),
            &[],
        );
    }

    #[test]
    fn says_what_does_not_fit_as_the_api_server_does() {
        check(json!({}), &["spec: Required value"]);
        check(
            json!({"spec": {"cron": 5, "size": "M", "replicas": 11, "nodes": [{}, {"weight": "x"}], "limits": {"cpu": 1}}}),
            &[
                "spec.cron: Invalid value: \"integer\": spec.cron in body must be of type string: \"integer\"",
                "spec.limits.cpu: Invalid value: \"integer\": spec.limits.cpu in body must be of type string: \"integer\"",
                "spec.nodes: Invalid value: [{},{\"weight\":\"x\"}]: spec.nodes in body should have at most 1 items",
                "spec.nodes[1].weight: Invalid value: \"string\": spec.nodes[1].weight in body must be of type number: \"string\"",
                "spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10",
                "spec.size: Unsupported value: \"M\": supported values: \"L\", \"S\"",
            ],
        );
        check(
            json!({"spec": {"cron": "* *", "share": 0}}),
            &["spec.share: Invalid value: 0: spec.share in body should be greater than 0"],
        );
        check(
            json!({"spec": {"cron": "* *", "share": 0.7}}),
            &["spec.share: Invalid value: 0.7: spec.share in body should be a multiple of 0.5"],
        );
        check(
            json!({"spec": {"replicas": 0, "cron": "a"}}),
            &[
                "spec.cron: Invalid value: \"a\": spec.cron in body should be at least 3 chars long",
                "spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1",
            ],
        );
    }
}
