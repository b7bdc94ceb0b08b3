//! `--sort-by`: simple field paths, compared as kubectl compares them.
//!
//! Source: `k8s.io/kubectl/pkg/cmd/get/sorter.go` and `customcolumn.go` (`RelaxedJSONPathExpression`).

use std::cmp::Ordering;

use serde_json::Value;

use super::{
    quantity::Quantity,
    request::{Failure, Outcome},
};

/// A field path such as `.metadata.name`, `{.status.containerStatuses[0].restartCount}` or
/// `.metadata.labels.app\.kubernetes\.io/name`.
#[derive(Debug)]
pub(super) struct SortPath {
    steps: Vec<Step>,
    spelled: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    Item(usize),
}

impl SortPath {
    /// # Errors
    /// kubectl's message for what is not a simple path.
    pub(super) fn parse(text: &str) -> Outcome<Self> {
        let inner = text
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
            .unwrap_or(text);
        let inner = inner.strip_prefix('.').unwrap_or(inner);
        steps(inner)
            .map(|steps| Self {
                steps,
                spelled: format!("{{.{inner}}}"),
            })
            .ok_or_else(|| {
                Failure::message(
                    "unexpected path string, expected a 'name1.name2' or '.name1.name2' or \
                     '{name1.name2}' or '{.name1.name2}'",
                )
            })
    }

    /// Sorts by the field found in what `object` gives; where it is missing comes first.
    ///
    /// # Errors
    /// kubectl's message when no object has the field.
    pub(super) fn sort<T>(&self, entries: &mut [T], object: impl Fn(&T) -> &Value) -> Outcome<()> {
        let missing = entries
            .iter()
            .all(|entry| self.field(object(entry)).is_none());
        if missing && !entries.is_empty() {
            return Err(Failure::message(format!(
                "couldn't find any field with path \"{}\" in the list of objects",
                self.spelled
            )));
        }
        entries.sort_by(|a, b| compare(self.field(object(a)), self.field(object(b))));
        Ok(())
    }

    fn field<'v>(&self, object: &'v Value) -> Option<&'v Value> {
        self.steps
            .iter()
            .try_fold(object, |value, step| match step {
                Step::Member(key) => value.get(key),
                Step::Item(index) => value.get(index),
            })
    }
}

/// `a.b[0]['c']` in steps; `None` when it is no such path.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut word = String::new();
    let mut rest = path.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => word.push(rest.next()?),
            '.' => steps.push(Step::Member(std::mem::take(&mut word))),
            '[' => {
                steps.push(Step::Member(std::mem::take(&mut word)));
                let inside: String = rest.by_ref().take_while(|&c| c != ']').collect();
                steps.push(bracketed(&inside)?);
            }
            c if c.is_whitespace() || "{}@()*?".contains(c) => return None,
            c => word.push(c),
        }
    }
    steps.push(Step::Member(word));
    steps.retain(|step| *step != Step::Member(String::new()));
    (!steps.is_empty()).then_some(steps)
}

fn bracketed(inside: &str) -> Option<Step> {
    if let Ok(index) = inside.parse() {
        return Some(Step::Item(index));
    }
    let key = inside.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(Step::Member(key.to_owned()))
}

fn compare(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    let (Some(a), Some(b)) = (a, b) else {
        return a.is_some().cmp(&b.is_some());
    };
    if let (Some(a), Some(b)) = (a.as_f64(), b.as_f64()) {
        return a.total_cmp(&b);
    }
    let (Some(text), Some(other)) = (a.as_str(), b.as_str()) else {
        return rank(a).cmp(&rank(b)).then(a.as_bool().cmp(&b.as_bool()));
    };
    // Quantities before other texts, so that the order is one whatever is mixed.
    match (Quantity::parse(text), Quantity::parse(other)) {
        (Some(a), Some(b)) => a.nanos().cmp(&b.nanos()),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => text.cmp(other),
    }
}

/// The place of a type among values of several.
const fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(path: &str, mut objects: Vec<Value>, expected: Vec<Value>) {
        let path = SortPath::parse(path).unwrap();
        path.sort(&mut objects, |object| object).unwrap();
        assert_eq!(objects, expected);
    }

    #[test]
    fn all_spellings_of_a_path_mean_the_same() {
        for path in ["a.b", ".a.b", "{a.b}", "{.a.b}", ".a['b']"] {
            check(
                path,
                vec![json!({"a": {"b": "y"}}), json!({"a": {"b": "x"}})],
                vec![json!({"a": {"b": "x"}}), json!({"a": {"b": "y"}})],
            );
        }
    }

    #[test]
    fn numbers_quantities_and_words_each_in_their_order() {
        check(
            ".n",
            vec![json!({"n": 10}), json!({"n": 9})],
            vec![json!({"n": 9}), json!({"n": 10})],
        );
        check(
            ".q[0]",
            vec![json!({"q": ["1Gi"]}), json!({"q": ["900Mi"]})],
            vec![json!({"q": ["900Mi"]}), json!({"q": ["1Gi"]})],
        );
    }

    #[test]
    fn a_missing_field_comes_first() {
        check(
            ".n",
            vec![json!({"n": 1}), json!({})],
            vec![json!({}), json!({"n": 1})],
        );
    }

    #[test]
    fn a_field_nobody_has_is_an_error() {
        let path = SortPath::parse(".spec.nope").unwrap();
        let failure = path.sort(&mut [json!({})], |object| object).unwrap_err();
        assert_eq!(
            failure.into_line().unwrap(),
            "error: couldn't find any field with path \"{.spec.nope}\" in the list of objects\n"
        );
    }

    #[test]
    fn escaped_dots_belong_to_the_key() {
        let path = SortPath::parse(r".labels.app\.io/name").unwrap();
        assert_eq!(
            path.field(&json!({"labels": {"app.io/name": 1}})),
            Some(&json!(1))
        );
    }

    /// Rust's sort may panic where an order is none.
    #[test]
    fn mixed_texts_have_one_order() {
        let texts = ["9", "10", "5a", "1Ki", "x", "2"];
        let values = texts.map(|text| json!(text));
        for a in &values {
            for b in &values {
                for c in &values {
                    let order = |a, b| compare(Some(a), Some(b));
                    if order(a, b).is_lt() && order(b, c).is_lt() {
                        assert!(order(a, c).is_lt(), "{a} {b} {c}");
                    }
                }
            }
        }
    }
}
