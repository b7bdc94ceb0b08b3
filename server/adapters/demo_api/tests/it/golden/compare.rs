//! Where two answers differ, place by place.

use std::{collections::BTreeSet, fmt};

use serde_json::{Map, Value};

use super::exchange::Answer;

/// One place where two answers differ.
#[derive(Debug)]
pub(super) struct Difference {
    /// `/status`, `/headers/warning`, or a path into the body: `/body/resources[pods]/verbs`.
    pub(super) at: String,
    real: String,
    demo: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: real {}, demo {}", self.at, self.real, self.demo)
    }
}

/// Every place where the demo cluster's answer is not the real one's.
pub(super) fn differences(real: Option<&Answer>, demo: Option<&Answer>) -> Vec<Difference> {
    let as_value = |answer: Option<&Answer>| serde_json::to_value(answer).unwrap();
    let mut found = Vec::new();
    compare(&as_value(real), &as_value(demo), "", &mut found);
    found
}

fn compare(real: &Value, demo: &Value, at: &str, found: &mut Vec<Difference>) {
    match (real, demo) {
        (Value::Object(real), Value::Object(demo)) => compare_fields(real, demo, at, found),
        (Value::Array(real), Value::Array(demo)) => match (named(real), named(demo)) {
            (Some(real), Some(demo)) => compare_fields(&real, &demo, at, found),
            _ => compare_items(real, demo, at, found),
        },
        _ if real == demo => {}
        _ => found.push(difference(at, Some(real), Some(demo))),
    }
}

fn compare_fields(
    real: &Map<String, Value>,
    demo: &Map<String, Value>,
    at: &str,
    found: &mut Vec<Difference>,
) {
    let names: BTreeSet<_> = real.keys().chain(demo.keys()).collect();
    for name in names {
        let at = format!("{at}/{name}");
        match (real.get(name), demo.get(name)) {
            (Some(real), Some(demo)) => compare(real, demo, &at, found),
            (real, demo) => found.push(difference(&at, real, demo)),
        }
    }
}

fn compare_items(real: &[Value], demo: &[Value], at: &str, found: &mut Vec<Difference>) {
    if real.len() != demo.len() {
        let count = |items: &[Value]| Value::from(format!("{} items", items.len()));
        found.push(difference(at, Some(&count(real)), Some(&count(demo))));
    }
    for (index, (real, demo)) in real.iter().zip(demo).enumerate() {
        compare(real, demo, &format!("{at}/{index}"), found);
    }
}

/// A list of named things by name: their order means nothing.
fn named(items: &[Value]) -> Option<Map<String, Value>> {
    let by_name = items.iter().map(|item| {
        let name = item.get("name")?.as_str()?;
        Some((name.to_owned(), item.clone()))
    });
    let by_name: Map<_, _> = by_name.collect::<Option<_>>()?;
    (by_name.len() == items.len()).then_some(by_name)
}

fn difference(at: &str, real: Option<&Value>, demo: Option<&Value>) -> Difference {
    const LONGEST: usize = 240;
    let words = |value: Option<&Value>| {
        let text = value.map_or_else(|| "has none".to_owned(), ToString::to_string);
        text.chars().take(LONGEST).collect()
    };
    Difference {
        at: at.to_owned(),
        real: words(real),
        demo: words(demo),
    }
}
