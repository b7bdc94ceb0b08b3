//! `kubectl explain`: what a type and its fields are for, from the cluster's own OpenAPI document.
//!
//! Source: `k8s.io/kubectl/pkg/explain/v2/templates/plaintext.tmpl`.

use std::{cell::Cell, collections::BTreeSet};

use domain::command::{CommandOutput, ResourceWord};
use serde_json::{Value, json};

use super::{
    discovery::ApiResource,
    json::{at, has, items, members, shown, text, texts},
    printed,
    request::{AS_JSON, Failure, Outcome, Session},
};

/// Values of an enumeration shown in a list of fields.
const SHORT_ENUM: usize = 4;

/// What to explain.
pub(super) struct Question<'a> {
    /// The type.
    pub(super) resource: &'a ResourceWord,
    /// Field names from the type inward.
    pub(super) fields: &'a [String],
    /// Whether every field below is listed.
    pub(super) recursive: bool,
    /// Another version than the preferred one.
    pub(super) api_version: Option<&'a str>,
}

/// Runs an `explain`.
pub(super) async fn run(session: &Session<'_>, question: &Question<'_>) -> Outcome<CommandOutput> {
    let mut resource = session.resource(&question.resource.0).await?;
    if let Some(wanted) = question.api_version {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '/');
        if !wanted.chars().all(is_plain) || wanted.matches('/').count() > 1 {
            return Err(Failure::message(format!(
                "unexpected GroupVersion string: {wanted}"
            )));
        }
        let (group, version) = wanted.split_once('/').unwrap_or(("", wanted));
        version.clone_into(&mut resource.version);
        group.clone_into(&mut resource.group);
    }
    let path = resource.path(None, None);
    let document = path.rsplit_once('/').map_or_else(
        || path.clone(),
        |(group_version, _)| group_version.to_owned(),
    );
    let document = session
        .json(&format!("/openapi/v3{document}"), &[], AS_JSON)
        .await
        .map_err(|failure| match failure {
            Failure::Status(status) if status.code == 404 => Failure::message(format!(
                "couldn't find resource for \"{}, Resource={}\"",
                resource.api_version(),
                resource.plural
            )),
            Failure::Status(_) | Failure::Message(_) | Failure::Cluster(_) => failure,
        })?;
    let explained = Explanation {
        document: &document,
        recursive: question.recursive,
        left: Cell::new(SCHEMAS),
    };
    let mut output = printed(String::new());
    if !resource.group.is_empty() {
        output.stdout = format!("GROUP:      {}\n", resource.group);
    }
    output.stdout.push_str(&format!(
        "KIND:       {}\nVERSION:    {}\n\n",
        resource.kind, resource.version
    ));
    // kubectl has printed the head by the time it finds that there is no such field.
    match explained.of_kind(&resource, question.fields) {
        Ok(body) => {
            output.stdout.push_str(&body);
            output.stdout.push('\n');
        }
        Err(failure) => {
            output.stderr = failure.into_line().map_err(Failure::Cluster)?;
            output.exit_code = 1;
        }
    }
    Ok(output)
}

struct Explanation<'d> {
    document: &'d Value,
    recursive: bool,
    /// Schemas that may still be looked at.
    left: Cell<usize>,
}

/// Schemas looked at for one page: `CustomResourceDefinition`, the largest kind of Kubernetes, has a tenth of it. A
/// cluster's own schemas may refer to each other without end.
const SCHEMAS: usize = 50_000;
/// How deep schemas are followed within each other.
const DEPTH: usize = 64;

/// References already followed.
type Seen = BTreeSet<String>;

impl<'d> Explanation<'d> {
    fn of_kind(&self, resource: &ApiResource, fields: &[String]) -> Outcome<String> {
        let kind =
            json!({"group": resource.group, "kind": resource.kind, "version": resource.version});
        let schema = members(self.document, "/components/schemas")
            .into_values()
            .find(|schema| items(schema, "/x-kubernetes-group-version-kind").contains(&kind))
            .ok_or_else(|| {
                Failure::message(format!("GVK {} not found in OpenAPI schema", shown(&kind)))
            })?;
        let explained = self.output(schema, fields, &Seen::new());
        if explained.is_empty() {
            let field = fields.last().map(String::as_str).unwrap_or_default();
            return Err(Failure::message(format!(
                "field \"{field}\" does not exist"
            )));
        }
        Ok(explained)
    }

    fn resolve(&self, schema: &'d Value) -> (&'d str, &'d Value) {
        let reference = text(schema, "/$ref");
        let found = reference
            .strip_prefix('#')
            .and_then(|pointer| self.document.pointer(pointer));
        (reference, found.unwrap_or(schema))
    }

    /// The schema at the end of a path of fields; nothing when there is no such path.
    fn output(&self, schema: &'d Value, fields: &[String], seen: &Seen) -> String {
        let (reference, resolved) = self.resolve(schema);
        let Some((first, rest)) = fields.split_first() else {
            return self.page(resolved);
        };
        if !reference.is_empty() && seen.contains(reference) {
            return String::new();
        }
        let mut now_seen = seen.clone();
        now_seen.insert(reference.to_owned());
        if let Some(field) = at(resolved, "/properties").get(first) {
            let mut out = String::new();
            if rest.is_empty() {
                out = format!(
                    "FIELD: {first} <{}>\n{}\n\n",
                    self.type_name(field),
                    long_enum(field)
                );
            }
            return out + &self.output(field, rest, &Seen::new());
        }
        if let Some(within) = within(resolved) {
            return self.output(within, fields, &now_seen);
        }
        items(resolved, "/allOf")
            .iter()
            .map(|schema| self.output(schema, fields, &now_seen))
            .find(|explained| !explained.is_empty())
            .unwrap_or_default()
    }

    /// Description and fields of a schema.
    fn page(&self, schema: &'d Value) -> String {
        let mut description = self.description(schema, 0);
        if description.is_empty() {
            description.push_str("<empty>");
        }
        let mut out = format!(
            "DESCRIPTION:\n{}\n",
            indented(&wrapped(&description, 76), 4)
        );
        let fields = self.field_list(schema, 1, &Seen::new());
        if !fields.is_empty() {
            out.push_str("FIELDS:\n");
            out.push_str(&fields);
        }
        out
    }

    /// Whether another schema may be looked at, `depth` deep in others.
    fn may_look(&self, depth: usize) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0 && depth < DEPTH
    }

    fn description(&self, schema: &'d Value, depth: usize) -> String {
        let (_, schema) = self.resolve(schema);
        let mut out = String::new();
        if !self.may_look(depth) {
            return out;
        }
        if !text(schema, "/description").is_empty() {
            out.push_str(text(schema, "/description"));
            out.push('\n');
        }
        for part in items(schema, "/allOf") {
            out.push_str(&self.description(part, depth + 1));
        }
        for field in ["/items", "/additionalProperties"] {
            if at(schema, field).is_object() {
                out.push_str(&self.description(at(schema, field), depth + 1));
            }
        }
        out
    }

    fn field_list(&self, schema: &'d Value, level: usize, seen: &Seen) -> String {
        let (reference, resolved) = self.resolve(schema);
        if !reference.is_empty() && seen.contains(reference) || !self.may_look(level) {
            return String::new();
        }
        let mut seen = seen.clone();
        seen.insert(reference.to_owned());
        let mut out = String::new();
        for (name, field) in members(resolved, "/properties") {
            let is_required = texts(resolved, "/required").contains(&name);
            out.push_str(&self.field(name, field, is_required, level));
            if self.recursive {
                out.push_str(&self.field_list(field, level + 1, &seen));
            }
        }
        for part in items(resolved, "/allOf") {
            out.push_str(&self.field_list(part, level, &seen));
        }
        for field in ["/items", "/additionalProperties"] {
            if at(resolved, field).is_object() {
                out.push_str(&self.field_list(at(resolved, field), level, &seen));
            }
        }
        out
    }

    /// One field with its type, and unless everything below is listed, what it is for.
    fn field(&self, name: &str, field: &'d Value, is_required: bool, level: usize) -> String {
        let indent = level * 2;
        let mut out = format!(
            "{}{name}\t<{}>{}{}\n",
            " ".repeat(indent),
            self.type_name(field),
            if is_required { " -required-" } else { "" },
            short_enum(field, indent)
        );
        if !self.recursive {
            let description = match text(field, "/description") {
                "" => "<no description>",
                text => text,
            };
            let wrapped = wrapped(description, 78_usize.saturating_sub(indent));
            out.push_str(&indented(&wrapped, indent + 2));
            out.push_str("\n\n");
        }
        out
    }

    /// `string`, `[]Container`, `map[string]string`.
    fn type_name(&self, schema: &'d Value) -> String {
        let own = || match text(schema, "/type") {
            "" | "object" => "Object".to_owned(),
            other => other.to_owned(),
        };
        if at(schema, "/items").is_object() {
            return format!("[]{}", self.type_name(at(schema, "/items")));
        }
        if at(schema, "/additionalProperties").is_object() {
            let values = self.type_name(at(schema, "/additionalProperties"));
            return format!("map[string]{values}");
        }
        if let [only] = items(schema, "/allOf")
            && !has(schema, "/properties")
        {
            return self.type_name(only);
        }
        let (reference, resolved) = self.resolve(schema);
        match (reference, text(resolved, "/type")) {
            ("", _) => own(),
            (reference, "" | "object") => {
                let name = reference.rsplit('/').next().unwrap_or(reference);
                name.rsplit('.').next().unwrap_or(name).to_owned()
            }
            (_, simple) => simple.to_owned(),
        }
    }
}

/// The schema of a list's items or of a map's values.
fn within(schema: &Value) -> Option<&Value> {
    ["/items", "/additionalProperties"]
        .into_iter()
        .map(|field| at(schema, field))
        .find(|schema| schema.is_object())
}

fn enum_values(schema: &Value) -> Vec<String> {
    items(schema, "/enum")
        .iter()
        .map(|value| match value.as_str() {
            Some("") => "\"\"".to_owned(),
            Some(_) | None => shown(value),
        })
        .collect()
}

fn long_enum(schema: &Value) -> String {
    let values = enum_values(schema);
    if values.is_empty() {
        return String::new();
    }
    // The first value follows its head in the same way as the others: each on a line of its own.
    format!("ENUM:\n    {}", values.join("\n    "))
}

fn short_enum(schema: &Value, indent: usize) -> String {
    let values = enum_values(schema);
    if values.is_empty() {
        return String::new();
    }
    let more = if values.len() > SHORT_ENUM {
        ", ...."
    } else {
        ""
    };
    let first: Vec<String> = values.into_iter().take(SHORT_ENUM).collect();
    format!("\n{}enum: {}{more}", " ".repeat(indent), first.join(", "))
}

fn indented(text: &str, amount: usize) -> String {
    let pad = " ".repeat(amount);
    format!("{pad}{}", text.replace('\n', &format!("\n{pad}")))
}

/// Text broken at spaces into lines of at most `limit` characters, longer words apart.
///
/// Source: `github.com/mitchellh/go-wordwrap`, which kubectl uses.
fn wrapped(text: &str, limit: usize) -> String {
    let mut out = String::new();
    let (mut word, mut spaces) = (String::new(), String::new());
    let (mut column, mut word_length) = (0_usize, 0_usize);
    for c in text.chars() {
        let space_length = spaces.chars().count();
        if c == '\n' {
            if !word.is_empty() || column + space_length <= limit {
                out.push_str(&spaces);
            }
            out.push_str(&word);
            out.push('\n');
            (word, spaces) = (String::new(), String::new());
            (column, word_length) = (0, 0);
        } else if c.is_whitespace() && c != '\u{a0}' {
            if spaces.is_empty() || !word.is_empty() {
                column += space_length + word_length;
                out.push_str(&spaces);
                out.push_str(&word);
                (word, spaces) = (String::new(), String::new());
                word_length = 0;
            }
            spaces.push(c);
        } else {
            word.push(c);
            word_length += 1;
            if column + word_length + space_length > limit && word_length < limit {
                out.push('\n');
                column = 0;
                spaces.clear();
            }
        }
    }
    if !word.is_empty() || column + spaces.chars().count() <= limit {
        out.push_str(&spaces);
    }
    out + &word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_spaces_and_leaves_long_words() {
        assert_eq!(wrapped("one two three", 7), "one two\nthree");
        assert_eq!(wrapped("a verylongword b", 5), "a\nverylongword\nb");
        assert_eq!(wrapped("one\ntwo\n", 7), "one\ntwo\n");
    }

    #[test]
    fn names_types_as_kubectl_does() {
        let document = json!({"components": {"schemas": {"io.k8s.Spec": {"type": "object"},
            "io.k8s.Quantity": {"type": "string"}}}});
        let schemas = [
            (json!({"type": "integer"}), "integer"),
            (
                json!({"type": "array", "items": {"$ref": "#/components/schemas/io.k8s.Spec"}}),
                "[]Spec",
            ),
            (
                json!({"additionalProperties": {"type": "string"}}),
                "map[string]string",
            ),
            (
                json!({"allOf": [{"$ref": "#/components/schemas/io.k8s.Spec"}]}),
                "Spec",
            ),
            (
                json!({"$ref": "#/components/schemas/io.k8s.Quantity"}),
                "string",
            ),
        ];
        let explanation = Explanation {
            document: &document,
            recursive: false,
            left: Cell::new(SCHEMAS),
        };
        for (schema, expected) in &schemas {
            assert_eq!(explanation.type_name(schema), *expected, "{schema}");
        }
    }

    #[test]
    fn schemas_that_refer_to_each_other_without_end_are_left_at_some_point() {
        let names: Vec<String> = (0..12).map(|n| format!("S{n}")).collect();
        let properties: serde_json::Map<String, Value> = names
            .iter()
            .map(|name| {
                (
                    name.clone(),
                    json!({"$ref": format!("#/components/schemas/{name}")}),
                )
            })
            .collect();
        let schemas: serde_json::Map<String, Value> = names
            .iter()
            .map(|name| {
                let schema = json!({"properties": properties,
                    "items": {"$ref": format!("#/components/schemas/{name}")}});
                (name.clone(), schema)
            })
            .collect();
        let document = json!({"components": {"schemas": schemas}});
        let explanation = Explanation {
            document: &document,
            recursive: true,
            left: Cell::new(SCHEMAS),
        };
        let page = explanation.page(&document["components"]["schemas"]["S0"]);
        assert!(page.contains("FIELDS:"), "{page}");
    }
}
