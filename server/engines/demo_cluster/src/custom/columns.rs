//! Columns of custom kinds: `additionalPrinterColumns`.
//!
//! Follows `pkg/registry/customresource/tableconvertor` of k8s.io/apiextensions-apiserver.

use domain::time::{Seconds, Timestamp};
use serde_json::{Value, json};

use super::path::Path;
use crate::value::{self, items, text};

/// A column of a custom kind.
#[derive(Debug)]
pub(super) struct CustomColumn {
    name: String,
    kind: String,
    format: String,
    description: String,
    priority: i64,
    path: Option<Path>,
}

/// Columns of a version; age alone where it names none.
pub(super) fn of(version: &Value) -> Vec<CustomColumn> {
    match items(version, "/additionalPrinterColumns") {
        [] => vec![column(&json!({
            "name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp",
            "description": "CreationTimestamp is a timestamp representing the server time when this object was created.",
        }))],
        given => given.iter().map(column).collect(),
    }
}

fn column(given: &Value) -> CustomColumn {
    let word = |field: &str| text(given, field).to_owned();
    let path = text(given, "/jsonPath");
    let description = match text(given, "/description") {
        "" => format!("Custom resource definition column (in JSONPath format): {path}"),
        own => own.to_owned(),
    };
    CustomColumn {
        name: word("/name"),
        kind: word("/type"),
        format: word("/format"),
        description,
        priority: value::integer(given, "/priority").unwrap_or(0),
        path: Path::parse(path),
    }
}

impl CustomColumn {
    /// The column in a Table.
    pub(super) fn definition(&self) -> Value {
        json!({
            "name": self.name, "type": self.kind, "format": self.format,
            "description": self.description, "priority": self.priority,
        })
    }

    /// The cell of one object; null where the object has nothing.
    pub(super) fn cell(&self, object: &Value, now: Timestamp) -> Value {
        let Some(found) = self.path.as_ref().and_then(|path| path.find(object)) else {
            return Value::Null;
        };
        match self.kind.as_str() {
            "date" => found.as_str().and_then(Timestamp::parse).map_or_else(
                || json!("<invalid>"),
                |at| json!(Seconds(now.seconds_since(at)).human()),
            ),
            "string" if !found.is_string() => json!(found.to_string()),
            "integer" => found.as_i64().map_or(Value::Null, |number| json!(number)),
            "number" => found.as_f64().map_or(Value::Null, |number| json!(number)),
            _ => found.clone(),
        }
    }
}
