//! Server-side tables (`meta.k8s.io/v1` Table), decorated and printed as kubectl does.
//!
//! Source: `k8s.io/cli-runtime/pkg/printers/tableprinter.go`.

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{
    json::{at, items, name, namespace, number, pairs, shown, text},
    objects,
    request::{Outcome, Session},
    sort::SortPath,
    when,
};

/// What is added to the server's own columns, and which of them are shown.
pub(super) struct Columns<'a> {
    /// NAMESPACE in front.
    pub(super) namespace: bool,
    /// `type/` before the name, where types are mixed.
    pub(super) prefix: Option<String>,
    /// Labels with a column of their own.
    pub(super) label_columns: &'a [String],
    /// LABELS at the end.
    pub(super) labels: bool,
    /// Columns of lower priority too.
    pub(super) wide: bool,
    /// The line of column names.
    pub(super) headers: bool,
}

/// The rows of one type.
pub(super) struct Table {
    definitions: Vec<Value>,
    rows: Vec<Value>,
}

/// The pages of one type as one table. What a server without tables sends as objects gets NAME and AGE.
pub(super) fn joined(pages: Vec<&Value>, session: &Session<'_>) -> Table {
    let mut table = Table {
        definitions: Vec::new(),
        rows: Vec::new(),
    };
    for page in pages {
        if text(page, "/kind") == "Table" {
            if table.definitions.is_empty() {
                table.definitions = items(page, "/columnDefinitions").to_vec();
            }
            table.rows.extend(items(page, "/rows").iter().cloned());
        } else {
            table.definitions = fallback_definitions();
            let listed = at(page, "/items").as_array().map(Vec::as_slice);
            let objects = listed.unwrap_or(std::slice::from_ref(page));
            table.rows.extend(
                objects
                    .iter()
                    .map(|object| fallback_row(object, session.now)),
            );
        }
    }
    for row in &mut table.rows {
        if let Some(object) = row.get_mut("object") {
            objects::prepare(object, session.audience, false);
        }
    }
    table
}

fn fallback_definitions() -> Vec<Value> {
    vec![
        json!({"name": "Name", "type": "string", "format": "name", "priority": 0}),
        json!({"name": "Age", "type": "string", "priority": 0}),
    ]
}

fn fallback_row(object: &Value, now: Timestamp) -> Value {
    let age = when::age(now, text(object, "/metadata/creationTimestamp"));
    json!({"cells": [name(object), age], "object": object})
}

impl Table {
    /// Sorts the rows by a field of the objects behind them.
    pub(super) fn sort(&mut self, by: &SortPath) -> Outcome<()> {
        by.sort(&mut self.rows, |row| at(row, "/object"))
    }

    /// The table as tab-separated lines; nothing when there are no rows.
    pub(super) fn print(&self, columns: &Columns<'_>) -> String {
        let mut out = String::new();
        if self.rows.is_empty() {
            return out;
        }
        if columns.headers {
            push_line(&mut out, self.header(columns));
        }
        for row in &self.rows {
            push_line(&mut out, self.row(row, columns));
        }
        out
    }

    fn header(&self, columns: &Columns<'_>) -> Vec<String> {
        let before = columns.namespace.then(|| "NAMESPACE".to_owned());
        let labels = columns.label_columns.iter().map(|key| {
            let name = key.rsplit('/').next().unwrap_or(key);
            name.to_uppercase()
        });
        let after = labels.chain(columns.labels.then(|| "LABELS".to_owned()));
        let own = self
            .definitions
            .iter()
            .filter(|definition| is_visible(definition, columns))
            .map(|definition| text(definition, "/name").to_uppercase());
        before.into_iter().chain(own).chain(after).collect()
    }

    fn row(&self, row: &Value, columns: &Columns<'_>) -> Vec<String> {
        let object = at(row, "/object");
        let name_column = self.name_column();
        let mut cells = Vec::new();
        cells.extend(columns.namespace.then(|| namespace(object).to_owned()));
        let own = self.definitions.iter().zip(items(row, "/cells"));
        for (index, (definition, cell)) in own.enumerate() {
            if !is_visible(definition, columns) {
                continue;
            }
            match &columns.prefix {
                Some(prefix) if Some(index) == name_column => {
                    cells.push(format!("{prefix}/{}", cell_text(cell)));
                }
                Some(_) | None => cells.push(cell_text(cell)),
            }
        }
        let labels = pairs(object, "/metadata/labels");
        cells.extend(columns.label_columns.iter().map(|key| {
            let value = labels.get(key.as_str()).copied().unwrap_or("<none>");
            value.to_owned()
        }));
        cells.extend(columns.labels.then(|| labels_text(object)));
        cells
    }

    fn name_column(&self) -> Option<usize> {
        self.definitions.iter().position(|definition| {
            text(definition, "/format") == "name" && text(definition, "/type") == "string"
        })
    }
}

fn is_visible(definition: &Value, columns: &Columns<'_>) -> bool {
    columns.wide || number(definition, "/priority") == 0
}

/// A cell as text; what follows a line break is left out, with dots in its place.
fn cell_text(cell: &Value) -> String {
    match cell.as_str() {
        Some(text) => match text.split_once('\n') {
            Some((first, _)) => format!("{first}..."),
            None => text.to_owned(),
        },
        None if cell.is_null() => String::new(),
        None => shown(cell),
    }
}

/// `a=b,c=d`, or `<none>`.
pub(super) fn labels_text(object: &Value) -> String {
    let labels: Vec<String> = pairs(object, "/metadata/labels")
        .into_iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    if labels.is_empty() {
        "<none>".to_owned()
    } else {
        labels.join(",")
    }
}

fn push_line(out: &mut String, cells: Vec<String>) {
    out.push_str(&cells.join("\t"));
    out.push('\n');
}
