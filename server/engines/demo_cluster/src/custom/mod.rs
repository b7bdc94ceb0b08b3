//! Kinds that `CustomResourceDefinition`s add: from a definition to a row of the table of kinds.
//!
//! Follows <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/>.
//! Served is the version in which objects are stored; there is no conversion between versions.

mod columns;
mod interner;
mod path;
mod shapes;
mod text;
mod validate;

use domain::time::Timestamp;
use serde_json::{Value, json};

pub(crate) use self::interner::row;
use self::{columns::CustomColumn, interner::intern};
use crate::{
    registry::{KindId, KindSpec, Subresource},
    schema::Shape,
    status::Cause,
    value::{self, items, text, truth},
};

/// What a definition says about its kind besides what every row says.
#[derive(Debug)]
pub struct Custom {
    /// The OpenAPI schema of the objects.
    schema: Value,
    /// Shape of a whole object.
    pub(crate) root: Shape,
    /// Columns after the name.
    columns: Vec<CustomColumn>,
}

impl Custom {
    /// Column definitions of a Table.
    pub(crate) fn column_definitions(&self) -> Vec<Value> {
        self.columns.iter().map(CustomColumn::definition).collect()
    }

    /// Cells of one object after its name.
    pub(crate) fn cells(&self, object: &Value, now: Timestamp) -> Vec<Value> {
        self.columns
            .iter()
            .map(|column| column.cell(object, now))
            .collect()
    }
}

/// The kind a definition serves; `None` while its names are not accepted, and for a definition that no
/// validation let through.
pub(crate) fn kind_of(definition: &Value) -> Option<KindId> {
    let established = items(definition, "/status/conditions")
        .iter()
        .any(|it| text(it, "/type") == "Established" && text(it, "/status") == "True");
    let spec = definition.get("spec").filter(|_| established)?;
    let version = items(spec, "/versions")
        .iter()
        .find(|version| truth(version, "/storage") && truth(version, "/served"))?;
    let key = json!([spec["group"], spec["names"], spec["scope"], version]).to_string();
    intern(key, |key| build(key, spec, version))
}

fn build(key: &'static str, spec: &Value, version: &Value) -> KindSpec {
    let word = |pointer: &str| kept(text(spec, pointer));
    let (group, kind) = (word("/group"), word("/names/kind"));
    let name = kept(text(version, "/name"));
    let schema = version["schema"]["openAPIV3Schema"].clone();
    let definition = shapes::define(key, group, name, kind, &schema);
    let custom = Custom {
        schema,
        root: Shape::Object(definition),
        columns: columns::of(version),
    };
    let mut subresources = Vec::new();
    for (field, subresource) in [
        ("status", Subresource::Status),
        ("scale", Subresource::Scale),
    ] {
        if version["subresources"].get(field).is_some() {
            subresources.push(subresource);
        }
    }
    KindSpec {
        group,
        version: name,
        kind,
        plural: word("/names/plural"),
        singular: word("/names/singular"),
        short_names: words(spec, "/names/shortNames"),
        categories: words(spec, "/names/categories"),
        namespaced: text(spec, "/scope") == "Namespaced",
        subresources: Vec::leak(subresources),
        has_generation: true,
        definition,
        custom: Some(Box::leak(Box::new(custom))),
        ..crate::kinds::BASE
    }
}

/// Text that lives as long as the row that uses it: for good.
fn kept(text: &str) -> &'static str {
    String::leak(text.to_owned())
}

fn words(spec: &Value, pointer: &str) -> &'static [&'static str] {
    let words = items(spec, pointer).iter().filter_map(Value::as_str);
    Vec::leak(words.map(kept).collect())
}

/// Accepts the names of a new definition. On a real cluster controllers do so a moment later.
pub(crate) fn establish(definition: &mut Value, now: Timestamp) {
    let condition = |kind: &str, reason: &str, message: &str| {
        json!({
            "type": kind, "status": "True", "reason": reason, "message": message,
            "lastTransitionTime": value::wire_time(now),
        })
    };
    let storing = items(definition, "/spec/versions")
        .iter()
        .find(|version| truth(version, "/storage"))
        .map(|version| version["name"].clone());
    definition["status"] = json!({
        "acceptedNames": definition["spec"]["names"],
        "conditions": [
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ],
        "storedVersions": [storing],
    });
}

/// Fills in the defaults of a custom object's schema.
pub(crate) fn fill(kind: KindId, object: &mut Value) {
    if let Some(custom) = kind.spec().custom {
        validate::fill(&custom.schema, object);
    }
}

/// What is wrong with a custom object by its schema.
pub(crate) fn problems(kind: KindId, object: &Value) -> Vec<Cause> {
    kind.spec()
        .custom
        .map(|custom| validate::problems(&custom.schema, object))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
