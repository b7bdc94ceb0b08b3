//! JSON as Go prints it with `%v`, for messages that show a patch.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// `map[a:1 b:[x y]]`.
pub(super) fn fields(fields: &Map<String, Value>) -> String {
    let sorted: BTreeMap<_, _> = fields.iter().collect();
    let printed: Vec<String> = sorted
        .into_iter()
        .map(|(name, inner)| format!("{name}:{}", value(inner)))
        .collect();
    format!("map[{}]", printed.join(" "))
}

/// Any value; text without quotes.
pub(super) fn value(shown: &Value) -> String {
    match shown {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let printed: Vec<String> = items.iter().map(value).collect();
            format!("[{}]", printed.join(" "))
        }
        Value::Object(inner) => fields(inner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn prints_nested_values_in_the_order_of_their_names() {
        let shown = json!({"b": [1, "x", null], "a": {"c": true}});
        assert_eq!(value(&shown), "map[a:map[c:true] b:[1 x <nil>]]");
    }
}
