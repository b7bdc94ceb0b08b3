//! Paths of a kind: its collection and its objects, with the operations discovery lists.

use demo_cluster::{
    registry::KindSpec,
    schema::{self, openapi::Dialect},
};
use serde_json::{Map, Value, json};

use crate::discovery::group_version;

/// Formats of a patch, as the API documents list them.
const PATCHES: [&str; 4] = [
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
];

/// Query parameters: name, type and description.
type Parameter = (&'static str, &'static str, &'static str);

const DRY_RUN: Parameter = (
    "dryRun",
    "string",
    "When present, indicates that modifications should not be persisted. The one valid value is All.",
);
const FIELD_MANAGER: Parameter = (
    "fieldManager",
    "string",
    "A name associated with the actor or entity that is making these changes.",
);
const FIELD_VALIDATION: Parameter = (
    "fieldValidation",
    "string",
    "What to do with unknown or duplicate fields: Ignore, Warn or Strict.",
);
const FORCE: Parameter = (
    "force",
    "boolean",
    "Force an apply to take fields that other managers own.",
);
const WRITE: [Parameter; 3] = [DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION];
const PATCH: [Parameter; 4] = [DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION, FORCE];
const DELETE: [Parameter; 3] = [
    DRY_RUN,
    (
        "gracePeriodSeconds",
        "integer",
        "The duration in seconds before the object should be deleted.",
    ),
    (
        "propagationPolicy",
        "string",
        "Whether and how garbage collection is performed: Orphan, Background or Foreground.",
    ),
];
const LIST: [Parameter; 6] = [
    ("labelSelector", "string", "Restricts the list by labels."),
    ("fieldSelector", "string", "Restricts the list by fields."),
    ("limit", "integer", "The most objects to return at once."),
    ("continue", "string", "The token of the previous page."),
    (
        "resourceVersion",
        "string",
        "Which version of the data to read.",
    ),
    (
        "watch",
        "boolean",
        "Watch for changes instead of returning a list.",
    ),
];

/// What an operation does, in the words of `x-kubernetes-action`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    List,
    Create,
    DeleteCollection,
    Get,
    Update,
    Patch,
    Delete,
}

impl Action {
    const COLLECTION: [Self; 3] = [Self::List, Self::Create, Self::DeleteCollection];
    const OBJECT: [Self; 4] = [Self::Get, Self::Update, Self::Patch, Self::Delete];

    /// HTTP method, discovery's verb, the word of `x-kubernetes-action`, and of the operation's id.
    const fn words(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::List => ("get", "list", "list", "list"),
            Self::Create => ("post", "create", "post", "create"),
            Self::DeleteCollection => (
                "delete",
                "deletecollection",
                "deletecollection",
                "deleteCollection",
            ),
            Self::Get => ("get", "get", "get", "read"),
            Self::Update => ("put", "update", "put", "replace"),
            Self::Patch => ("patch", "patch", "patch", "patch"),
            Self::Delete => ("delete", "delete", "delete", "delete"),
        }
    }

    const fn parameters(self) -> &'static [Parameter] {
        match self {
            Self::List => &LIST,
            Self::Create | Self::Update => &WRITE,
            Self::Patch => &PATCH,
            Self::Delete | Self::DeleteCollection => &DELETE,
            Self::Get => &[],
        }
    }
}

/// Paths of a kind with their operations.
pub(super) fn of_kind(spec: &'static KindSpec, dialect: Dialect) -> Vec<(String, Value)> {
    let root = if spec.group.is_empty() {
        "/api"
    } else {
        "/apis"
    };
    let prefix = format!("{root}/{}", group_version(spec.group, spec.version));
    let everywhere = format!("{prefix}/{}", spec.plural);
    let collection = if spec.namespaced {
        format!("{prefix}/namespaces/{{namespace}}/{}", spec.plural)
    } else {
        everywhere.clone()
    };
    let object = format!("{collection}/{{name}}");
    let mut paths = vec![
        (
            collection.clone(),
            path_item(spec, &collection, &Action::COLLECTION, dialect),
        ),
        (
            object.clone(),
            path_item(spec, &object, &Action::OBJECT, dialect),
        ),
    ];
    if spec.namespaced {
        paths.push((
            everywhere.clone(),
            path_item(spec, &everywhere, &[Action::List], dialect),
        ));
    }
    paths.retain(|(_, item)| item.as_object().is_some_and(|item| item.len() > 1));
    paths
}

/// Structures that answers of every kind use and no kind refers to.
pub(super) fn common_schemas() -> [(String, Value); 2] {
    let text = |description: &str| json!({"type": "string", "description": description});
    [
        (
            full_name("ListMeta"),
            json!({
                "type": "object", "description": "ListMeta describes a list of objects.",
                "properties": {
                    "continue": text("The token with which to ask for the next page."),
                    "remainingItemCount": {"type": "integer", "format": "int64"},
                    "resourceVersion": text("The version of the data the list was read at."),
                    "selfLink": text("Deprecated: no longer set by the system."),
                },
            }),
        ),
        (
            full_name("Status"),
            json!({
                "type": "object", "description": "Status is a return value of calls that return no object.",
                "properties": {
                    "apiVersion": text("Version of this structure."),
                    "kind": text("Name of this structure."),
                    "code": {"type": "integer", "format": "int32"},
                    "message": text("What happened, for people."),
                    "reason": text("What happened, for programs."),
                    "status": text("Success or Failure."),
                    "details": {"type": "object", "description": "What the call was about."},
                },
            }),
        ),
    ]
}

/// Name and schema of a kind's list.
pub(super) fn list_schema(spec: &KindSpec, dialect: Dialect) -> (String, Value) {
    let schema = json!({
        "type": "object",
        "description": format!("{0}List is a list of {0}.", spec.kind),
        "required": ["items"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": reference("ListMeta", dialect),
            "items": {"type": "array", "items": reference(spec.definition, dialect)},
        },
        "x-kubernetes-group-version-kind": [
            {"group": spec.group, "version": spec.version, "kind": format!("{}List", spec.kind)},
        ],
    });
    (format!("{}List", full_name(spec.definition)), schema)
}

pub(super) fn full_name(definition: &str) -> String {
    schema::definition(definition).map_or_else(
        || format!("io.k8s.apimachinery.pkg.apis.meta.v1.{definition}"),
        schema::Definition::full_name,
    )
}

fn reference(definition: &str, dialect: Dialect) -> Value {
    let place = match dialect {
        Dialect::V2 => "definitions",
        Dialect::V3 => "components/schemas",
    };
    json!({"$ref": format!("#/{place}/{}", full_name(definition))})
}

fn path_item(spec: &KindSpec, path: &str, actions: &[Action], dialect: Dialect) -> Value {
    let mut item = Map::new();
    for action in actions {
        let (method, verb, ..) = action.words();
        if spec.serves(verb) {
            item.insert(method.to_owned(), operation(spec, path, *action, dialect));
        }
    }
    let places: Vec<Value> = ["name", "namespace"]
        .into_iter()
        .filter(|place| path.contains(&format!("{{{place}}}")))
        .map(|place| parameter((place, "string", "Part of the path."), "path", dialect))
        .collect();
    item.insert("parameters".to_owned(), json!(places));
    Value::Object(item)
}

fn operation(spec: &KindSpec, path: &str, action: Action, dialect: Dialect) -> Value {
    let (_, _, word, id) = action.words();
    let scope = if path.contains("{namespace}") {
        "Namespaced"
    } else {
        ""
    };
    let group = if spec.group.is_empty() {
        "core"
    } else {
        spec.group
    };
    let mut parameters: Vec<Value> = action
        .parameters()
        .iter()
        .map(|it| parameter(*it, "query", dialect))
        .collect();
    let mut out = json!({
        "description": format!("{id} {}", spec.kind),
        "operationId": format!("{id}_{group}_{}_{scope}{}", spec.version, spec.kind),
        "tags": [format!("{group}_{}", spec.version)],
        "responses": responses(spec, action, dialect),
        "x-kubernetes-action": word,
        "x-kubernetes-group-version-kind":
            {"group": spec.group, "version": spec.version, "kind": spec.kind},
    });
    if let Some(body) = body(spec, action, dialect) {
        match dialect {
            Dialect::V2 => parameters.push(body),
            Dialect::V3 => out["requestBody"] = body,
        }
    }
    if dialect == Dialect::V2 {
        out["consumes"] = json!(if action == Action::Patch {
            &PATCHES[..]
        } else {
            &["*/*"]
        });
        out["produces"] = json!(["application/json"]);
        out["schemes"] = json!(["https"]);
    }
    out["parameters"] = json!(parameters);
    out
}

fn parameter((name, kind, description): Parameter, place: &str, dialect: Dialect) -> Value {
    let mut out = json!({"name": name, "in": place, "description": description});
    match dialect {
        Dialect::V2 => {
            out["type"] = json!(kind);
            out["uniqueItems"] = json!(true);
        }
        Dialect::V3 => out["schema"] = json!({"type": kind, "uniqueItems": true}),
    }
    if place == "path" {
        out["required"] = json!(true);
    }
    out
}

/// The body of an operation that has one: a parameter in v2, a `requestBody` in v3.
fn body(spec: &KindSpec, action: Action, dialect: Dialect) -> Option<Value> {
    let (schema, formats): (Value, &[&str]) = match action {
        Action::Create | Action::Update => (reference(spec.definition, dialect), &["*/*"]),
        Action::Patch => (json!({"type": "object"}), &PATCHES),
        Action::Delete | Action::DeleteCollection => {
            (reference("DeleteOptions", dialect), &["*/*"])
        }
        Action::List | Action::Get => return None,
    };
    let is_required = action != Action::Delete && action != Action::DeleteCollection;
    Some(match dialect {
        Dialect::V2 => {
            let mut out = json!({"name": "body", "in": "body", "schema": schema});
            if is_required {
                out["required"] = json!(true);
            }
            out
        }
        Dialect::V3 => {
            let content: Map<String, Value> = formats
                .iter()
                .map(|format| ((*format).to_owned(), json!({"schema": schema})))
                .collect();
            json!({"content": content, "required": is_required})
        }
    })
}

fn responses(spec: &KindSpec, action: Action, dialect: Dialect) -> Value {
    let schema = match action {
        Action::List => {
            let mut list = reference(spec.definition, dialect);
            let name = list["$ref"].as_str().unwrap_or_default().to_owned();
            list["$ref"] = json!(format!("{name}List"));
            list
        }
        Action::Delete | Action::DeleteCollection => reference("Status", dialect),
        Action::Create | Action::Get | Action::Update | Action::Patch => {
            reference(spec.definition, dialect)
        }
    };
    let code = if action == Action::Create {
        "201"
    } else {
        "200"
    };
    let answer = match dialect {
        Dialect::V2 => json!({"description": "OK", "schema": schema}),
        Dialect::V3 => {
            json!({"description": "OK", "content": {"application/json": {"schema": schema}}})
        }
    };
    json!({code: answer, "401": {"description": "Unauthorized"}})
}
