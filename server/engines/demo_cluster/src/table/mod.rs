//! `meta.k8s.io/v1` Tables: the columns and cells that `kubectl get` prints.
//!
//! Columns and cell rules follow `pkg/printers/internalversion/printers.go` of Kubernetes 1.33.

use std::sync::Arc;

use domain::time::Timestamp;
use serde_json::{Value, json};

use crate::{
    registry::{Column, KindId, Printer},
    value,
};

/// How much of each object a row carries (`includeObject`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IncludeObject {
    /// Nothing.
    None,
    /// Its metadata.
    #[default]
    Metadata,
    /// All of it.
    Object,
}

const NAME: Column = Column {
    name: "Name",
    kind: "string",
    format: "name",
    description: "",
    priority: 0,
};
const AGE: Column = Column {
    name: "Age",
    kind: "string",
    format: "",
    description: "",
    priority: 0,
};

/// For kinds without columns of their own.
pub(crate) const NAME_AND_AGE: Printer = Printer {
    columns: &[NAME, AGE],
    cells: |object, now| vec![json!(value::name(object)), json!(age(object, now))],
};

fn age(object: &Value, now: Timestamp) -> String {
    value::time(object, "/metadata/creationTimestamp").map_or_else(
        || "<unknown>".to_owned(),
        |at| domain::time::Seconds(now.seconds_since(at)).human(),
    )
}

/// A Table of these objects, with `resource_version` in its metadata.
#[must_use]
pub fn render(
    kind: KindId,
    objects: &[Arc<Value>],
    resource_version: &str,
    now: Timestamp,
    include: IncludeObject,
) -> Value {
    let _ = (kind, objects, resource_version, now, include);
    Value::Null
}

/// A Table of the answer to a get or list: its items with its list metadata.
#[must_use]
pub fn of_response(kind: KindId, body: &Value, now: Timestamp, include: IncludeObject) -> Value {
    let _ = (kind, body, now, include);
    Value::Null
}
