//! kubectl's `JSONPath`: templates as `-o jsonpath` takes them, and single paths as columns and `--sort-by` do.
//!
//! A dialect of its own (text around braces, `range … end`, no script expressions), so that no crate of the
//! standard's `JSONPath` prints the same. Source: `k8s.io/client-go/util/jsonpath`.

mod parse;
mod walk;

use std::borrow::Cow;

use serde_json::Value;

use self::{parse::Node, walk::Walk};
use super::{json, objects};

/// A template, checked.
#[derive(Debug)]
pub(super) struct Template {
    nodes: Vec<Node>,
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Text, several results of one expression with a space between them.
    Text,
    /// An indented JSON array for each expression.
    Json,
}

impl Template {
    /// # Errors
    /// kubectl's words for what is wrong with the template.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        parse::parse(text).map(|nodes| Self { nodes })
    }

    /// The template for a path in any of the spellings `a.b`, `.a.b`, `{a.b}` and `{.a.b}`.
    ///
    /// Source: `k8s.io/kubectl/pkg/cmd/get`, `RelaxedJSONPathExpression`.
    pub(super) fn parse_path(text: &str) -> Result<Self, String> {
        Self::parse(&relaxed(text)?)
    }

    /// What every expression of the template finds.
    ///
    /// # Errors
    /// kubectl's words when an index is out of bounds, or things of different types are compared.
    pub(super) fn find<'v>(
        &self,
        object: &'v Value,
        is_strict: bool,
    ) -> Result<Vec<Vec<Cow<'v, Value>>>, String> {
        Walk::new(is_strict).results(&self.nodes, 0, &[Cow::Borrowed(object)])
    }

    /// The filled-in template; fields that are not there leave nothing.
    pub(super) fn print(&self, object: &Value, style: Style) -> Result<String, String> {
        let found = self.find(object, false)?;
        let mut whole = String::new();
        for results in &found {
            if whole.len() > LONGEST {
                return Err("the template prints too much".to_owned());
            }
            whole.push_str(&match style {
                Style::Json => {
                    let array = results.iter().map(|value| value.clone().into_owned());
                    objects::pretty(&array.collect::<Vec<Value>>().into()) + "\n"
                }
                Style::Text => {
                    let texts: Vec<String> = results.iter().map(|value| printed(value)).collect();
                    texts.join(" ")
                }
            });
        }
        Ok(whole)
    }
}

/// After this many bytes nothing more is printed.
const LONGEST: usize = 32 << 20;

/// `{.a.b}` for any spelling of a path.
fn relaxed(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let within = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or(text);
    let bare = within.strip_prefix('.').unwrap_or(within);
    if bare.is_empty() || bare.contains(['{', '}']) {
        return Err(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or \
             '{.name1.name2}'"
                .to_owned(),
        );
    }
    Ok(format!("{{.{bare}}}"))
}

/// A result as text: what is not a scalar as compact JSON.
fn printed(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Array(_) | Value::Object(_) => objects::compact(value),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => json::shown(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pods() -> Value {
        json!({"kind": "List", "items": [
            {"metadata": {"name": "a", "labels": {"app.io/name": "x"}}, "n": 1,
                "ports": [{"name": "http", "port": 80}, {"name": "https", "port": 443}]},
            {"metadata": {"name": "b"}, "n": 2, "ready": true},
        ]})
    }

    #[track_caller]
    fn check(template: &str, expected: &str) {
        let printed = Template::parse(template).and_then(|it| it.print(&pods(), Style::Text));
        assert_eq!(printed.as_deref(), Ok(expected), "{template}");
    }

    #[track_caller]
    fn check_error(template: &str, expected: &str) {
        let printed = Template::parse(template).and_then(|it| it.print(&pods(), Style::Text));
        assert_eq!(printed, Err(expected.to_owned()), "{template}");
    }

    /// Outputs of kubectl 1.33 for the same object.
    #[test]
    fn prints_what_kubectl_prints() {
        check("{.items[*].metadata.name}", "a b");
        check("{.items[0].n}-{.items[1].n}", "1-2");
        check("{.items[-1:].metadata.name}", "b");
        check("{.items[0]['metadata.name','n']}", "a 1");
        check("{.items[0].ports[?(@.name==\"https\")].port}", "443");
        check("{.items[?(@.n>1)].metadata.name}", "b");
        check("{.items[?(@.ready)].metadata.name}", "b");
        check("{..port}", "80 443");
        check("{.items[0].metadata.labels.app\\.io/name}", "x");
        check("{.items[0].ports[0]}", "{\"name\":\"http\",\"port\":80}");
        check("{.missing}", "");
        check("{$.kind}{\"\\t\"}{@.kind}", "List\tList");
    }

    #[test]
    fn loops_over_what_it_finds() {
        check("{range .items[*]}{.metadata.name}:{.n};{end}", "a:1;b:2;");
        check(
            "{range .items[*]}{range .ports[*]}{.port},{end}|{end}.",
            "80,443,||.",
        );
        check("{range .nothing[*]}{.x}{end}done", "done");
    }

    #[test]
    fn says_what_is_wrong_in_kubectls_words() {
        check_error("{.items", "unclosed action");
        check_error("{.items[", "unterminated array");
        check_error("{.items[x]}", "invalid array index x");
        check_error(
            "{.items[7].n}",
            "array index out of bounds: index 7, length 2",
        );
        check_error("{end}", "not in range, nothing to end");
        check_error(
            "{.items[?(@.n==\"x\")]}",
            "incompatible types for comparison",
        );
    }

    #[test]
    fn results_as_json_are_one_array_for_each_expression() {
        let template = Template::parse("{.items[*].n}").unwrap();
        assert_eq!(
            template.print(&pods(), Style::Json).unwrap(),
            "[\n    1,\n    2\n]\n"
        );
    }

    #[test]
    fn a_template_cannot_ask_for_more_than_anybody_could_read() {
        let items: Vec<Value> = (0..3_000)
            .map(|n| serde_json::json!({"n": n, "of": [[n]]}))
            .collect();
        let object = serde_json::json!({ "items": items });
        let everything = "{@}".repeat(2_000);
        let unions = format!("{{.items[{}]}}", [":"; 4_000].join(","));
        for text in [&everything, &unions] {
            let printed = Template::parse(text).unwrap().print(&object, Style::Text);
            assert!(printed.unwrap_err().contains("too m"), "{}", &text[..12]);
        }
    }

    #[test]
    fn paths_may_leave_out_braces_and_dots() {
        for path in ["kind", ".kind", "{kind}", "{.kind}"] {
            let found = Template::parse_path(path).unwrap();
            assert_eq!(found.print(&pods(), Style::Text).unwrap(), "List", "{path}");
        }
        assert!(Template::parse_path("{a}{b}").is_err());
    }
}
