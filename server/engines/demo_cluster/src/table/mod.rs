//! `meta.k8s.io/v1` Tables: the columns and cells that `kubectl get` prints.
//!
//! Columns and cell rules follow `pkg/printers/internalversion/printers.go` of Kubernetes 1.33. Like the
//! API server, every row has the cells of the wide columns too; `kubectl` leaves them out by priority.

mod autoscaling;
mod batch;
mod core;
mod events;
mod ingress;
mod network;
mod pods;
mod policy;
mod storage;
mod workloads;

pub(crate) use autoscaling::HORIZONTAL_POD_AUTOSCALER;
pub(crate) use batch::{CRON_JOB, JOB};
pub(crate) use core::{
    CONFIG_MAP, LEASE, NAMESPACE, NODE, RESOURCE_QUOTA, SECRET, SERVICE_ACCOUNT,
};
pub(crate) use events::EVENT;
pub(crate) use ingress::{INGRESS, INGRESS_CLASS, NETWORK_POLICY};
pub(crate) use network::{ENDPOINT_SLICE, ENDPOINTS, SERVICE};
pub(crate) use pods::POD;
pub(crate) use policy::{
    API_SERVICE, CLUSTER_ROLE_BINDING, CONTROLLER_REVISION, POD_DISRUPTION_BUDGET, PRIORITY_CLASS,
    ROLE_BINDING,
};
pub(crate) use storage::{PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, STORAGE_CLASS};
pub(crate) use workloads::{DAEMON_SET, DEPLOYMENT, REPLICA_SET, STATEFUL_SET};

use domain::time::{Seconds, Timestamp};
use serde_json::{Value, json};

use crate::{
    registry::{Column, Description, KindId, Printer},
    schema, value,
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

impl IncludeObject {
    /// From the query parameter; `None` for a word that is not one.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "" | "Metadata" => Some(Self::Metadata),
            "None" => Some(Self::None),
            "Object" => Some(Self::Object),
            _ => None,
        }
    }
}

const NAME: Column = Column {
    format: "name",
    ..column("Name", Description::Field("ObjectMeta", "name"))
};
const AGE: Column = column("Age", Description::Field("ObjectMeta", "creationTimestamp"));

const fn column(name: &'static str, description: Description) -> Column {
    Column {
        name,
        kind: "string",
        format: "",
        description,
        priority: 0,
    }
}

const fn wide(column: Column) -> Column {
    Column {
        priority: 1,
        ..column
    }
}

const fn integer(column: Column) -> Column {
    Column {
        kind: "integer",
        ..column
    }
}

/// For kinds whose columns the API server has not been taught: name and time of creation.
/// Source: `k8s.io/apiserver/pkg/registry/rest/table.go`.
pub(crate) const NAME_AND_CREATION: Printer = Printer {
    columns: &[
        NAME,
        Column {
            kind: "date",
            ..column(
                "Created At",
                Description::Field("ObjectMeta", "creationTimestamp"),
            )
        },
    ],
    cells: |object, _| {
        vec![
            name(object),
            json!(value::text(object, "/metadata/creationTimestamp")),
        ]
    },
};

/// For kinds that are shown by name and age, and for those that are computed and never listed.
pub(crate) const NAME_AND_AGE: Printer = Printer {
    columns: &[NAME, AGE],
    cells: |object, now| vec![name(object), age(object, now)],
};

fn name(object: &Value) -> Value {
    json!(value::name(object))
}

fn age(object: &Value, now: Timestamp) -> Value {
    json!(since(object, "/metadata/creationTimestamp", now))
}

/// Time since the time at `pointer`, as `kubectl` prints it.
fn since(object: &Value, pointer: &str, now: Timestamp) -> String {
    value::time(object, pointer).map_or_else(
        || "<unknown>".to_owned(),
        |at| Seconds(now.seconds_since(at)).human(),
    )
}

/// Whole number at `pointer`, 0 when absent.
fn number(object: &Value, pointer: &str) -> i64 {
    value::integer(object, pointer).unwrap_or(0)
}

/// `text`, or a word for nothing.
fn or<'a>(text: &'a str, nothing: &'a str) -> &'a str {
    if text.is_empty() { nothing } else { text }
}

/// `a=1,b=2`, ordered by key; `<none>` for none.
fn labels(object: &Value, pointer: &str) -> String {
    let mut words: Vec<String> = value::map(object, pointer)
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    words.sort();
    or(&words.join(","), "<none>").to_owned()
}

/// A Table of the answer to a get or list: its items with its list metadata. Other answers, a `Status`
/// for one, come back as they are.
#[must_use]
pub fn of_response(kind: KindId, body: &Value, now: Timestamp, include: IncludeObject) -> Value {
    if let Some(items) = body.get("items").and_then(Value::as_array) {
        return table(kind, items.iter(), body["metadata"].clone(), now, include);
    }
    if value::text(body, "/kind") != kind.spec().kind {
        return body.clone();
    }
    let metadata = json!({"resourceVersion": body["metadata"]["resourceVersion"]});
    table(kind, std::iter::once(body), metadata, now, include)
}

fn table<'a>(
    kind: KindId,
    objects: impl Iterator<Item = &'a Value>,
    metadata: Value,
    now: Timestamp,
    include: IncludeObject,
) -> Value {
    let columns = column_definitions(kind);
    let rows: Vec<Value> = objects
        .map(|object| {
            let cells = cells(kind, object, now);
            json!({"cells": cells, "object": carried(kind, object, include)})
        })
        .collect();
    // The general printer of the API server, unlike those of kinds, has no empty list but none.
    let is_general =
        kind.spec().custom.is_some() || kind.spec().printer.columns == NAME_AND_CREATION.columns;
    let rows = if rows.is_empty() && is_general {
        Value::Null
    } else {
        json!(rows)
    };
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
        "columnDefinitions": columns, "rows": rows,
    })
}

fn column_definitions(kind: KindId) -> Vec<Value> {
    let own = kind.spec().printer.columns;
    match kind.spec().custom {
        Some(custom) => std::iter::once(definition(&NAME))
            .chain(custom.column_definitions())
            .collect(),
        None => own.iter().map(definition).collect(),
    }
}

fn cells(kind: KindId, object: &Value, now: Timestamp) -> Vec<Value> {
    match kind.spec().custom {
        Some(custom) => std::iter::once(name(object))
            .chain(custom.cells(object, now))
            .collect(),
        None => (kind.spec().printer.cells)(object, now),
    }
}

fn definition(column: &Column) -> Value {
    let description = match column.description {
        Description::Text(text) => text,
        Description::Field(structure, field) => schema::definition(structure)
            .and_then(|definition| definition.field(field))
            .map_or("", |field| field.description),
    };
    json!({
        "name": column.name, "type": column.kind, "format": column.format,
        "description": description, "priority": column.priority,
    })
}

fn carried(kind: KindId, object: &Value, include: IncludeObject) -> Value {
    match include {
        IncludeObject::None => Value::Null,
        IncludeObject::Metadata => json!({
            "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
            "metadata": object["metadata"],
        }),
        IncludeObject::Object => {
            let mut whole = object.clone();
            whole["apiVersion"] = json!(kind.spec().api_version());
            whole["kind"] = json!(kind.spec().kind);
            whole
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{self, CONFIG_MAP};

    #[test]
    fn has_as_many_cells_as_columns_for_every_kind() {
        for (_, spec) in registry::kinds() {
            let cells = (spec.printer.cells)(&json!({}), Timestamp(0));
            assert_eq!(cells.len(), spec.printer.columns.len(), "{}", spec.kind);
        }
    }

    #[test]
    fn describes_every_column() {
        for (_, spec) in registry::kinds() {
            for column in spec.printer.columns {
                assert_ne!(
                    definition(column)["description"],
                    "",
                    "{} {}",
                    spec.kind,
                    column.name
                );
            }
        }
    }

    #[test]
    fn renders_lists_and_objects_alike() {
        let object = json!({"kind": "ConfigMap", "metadata": {"name": "a", "resourceVersion": "5"}, "data": {"x": "1"}});
        let list = json!({"kind": "ConfigMapList", "metadata": {"resourceVersion": "9"}, "items": [object]});
        let now = Timestamp(0);
        let one = of_response(CONFIG_MAP, &object, now, IncludeObject::Metadata);
        let many = of_response(CONFIG_MAP, &list, now, IncludeObject::Object);
        assert_eq!(one["metadata"]["resourceVersion"], "5");
        assert_eq!(many["metadata"]["resourceVersion"], "9");
        assert_eq!(one["rows"][0]["cells"], json!(["a", 1, "<unknown>"]));
        assert_eq!(one["rows"][0]["object"]["kind"], "PartialObjectMetadata");
        assert_eq!(many["rows"][0]["object"]["data"]["x"], "1");
        assert_eq!(one["columnDefinitions"][0]["format"], "name");
    }

    #[test]
    fn leaves_statuses_alone() {
        let status = json!({"kind": "Status", "status": "Success"});
        assert_eq!(
            of_response(CONFIG_MAP, &status, Timestamp(0), IncludeObject::None),
            status
        );
    }
}
