//! The JSON paths of printer columns: fields, places in lists, and lists searched by a field's value.
//!
//! Source: `jsonPath` of `CustomResourceColumnDefinition`, a part of the grammar of `kubectl`'s `JSONPath`.

use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(String),
    Place(usize),
    /// The first item whose field has this value.
    Where(String, String),
}

/// A parsed path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path(Vec<Step>);

impl Path {
    /// Reads `.status.conditions[?(@.type=="Ready")].status`; `None` for what is not understood.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = if let Some(inner) = rest.strip_prefix('[') {
                let end = inner.find(']')?;
                (bracket(&inner[..end])?, &inner[end + 1..])
            } else {
                field(rest.strip_prefix('.')?)?
            };
            steps.push(step);
            rest = after;
        }
        Some(Self(steps))
    }

    /// What is at the path.
    pub(super) fn find<'a>(&self, object: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(object, |place, step| match step {
            Step::Field(name) => place.get(name),
            Step::Place(index) => place.get(index),
            Step::Where(name, wanted) => place
                .as_array()?
                .iter()
                .find(|item| item.get(name).and_then(Value::as_str) == Some(wanted)),
        })
    }
}

/// A name up to the next dot or bracket; a backslash takes the next character as it is.
fn field(text: &str) -> Option<(Step, &str)> {
    let mut name = String::new();
    let mut letters = text.char_indices();
    let mut end = text.len();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => name.push(letters.next()?.1),
            '.' | '[' => {
                end = at;
                break;
            }
            _ => name.push(letter),
        }
    }
    (!name.is_empty()).then(|| (Step::Field(name), &text[end..]))
}

fn bracket(text: &str) -> Option<Step> {
    let quoted = |text: &str| -> Option<String> {
        let text = text.trim();
        let inner = text.strip_prefix(['\'', '"'])?.strip_suffix(['\'', '"'])?;
        Some(inner.to_owned())
    };
    if let Some(filter) = text
        .strip_prefix("?(@.")
        .and_then(|it| it.strip_suffix(')'))
    {
        let (name, wanted) = filter.split_once("==")?;
        return Some(Step::Where(name.trim().to_owned(), quoted(wanted)?));
    }
    quoted(text)
        .map(Step::Field)
        .or_else(|| text.parse().ok().map(Step::Place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(path: &str, expected: Option<&Value>) {
        let object = json!({"metadata": {"labels": {"a.b/c": "x"}}, "spec": {"list": [{"n": 1}, {"n": 2}]},
            "status": {"conditions": [{"type": "Old", "status": "False"}, {"type": "Ready", "status": "True"}]}});
        assert_eq!(
            Path::parse(path)
                .and_then(|path| path.find(&object).cloned())
                .as_ref(),
            expected
        );
    }

    #[test]
    fn finds_fields_places_and_conditions() {
        check(".spec.list[1].n", Some(&json!(2)));
        check(
            ".status.conditions[?(@.type==\"Ready\")].status",
            Some(&json!("True")),
        );
        check(".status.conditions[?(@.type == 'Gone')].status", None);
        check(".metadata.labels['a.b/c']", Some(&json!("x")));
        check(".metadata.labels.a\\.b/c", Some(&json!("x")));
        check(".spec.none", None);
    }

    #[test]
    fn refuses_what_it_does_not_understand() {
        for path in ["spec", ".spec[", ".spec[*].n", "..x"] {
            assert_eq!(Path::parse(path), None, "{path}");
        }
    }
}
