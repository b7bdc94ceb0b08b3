//! What the nodes of a template find in a value.
//!
//! Source: `k8s.io/client-go/util/jsonpath`, `jsonpath.go`, whose messages are kept because kubectl prints them.

use std::{borrow::Cow, cmp::Ordering};

use serde_json::Value;

use super::parse::{Filter, Node, Slice};

/// Values found, borrowed from the object or taken from the template's own text and numbers.
pub(super) type Found<'v> = Vec<Cow<'v, Value>>;

/// Walks one object; keeps track of the loops it is in.
#[derive(Default)]
pub(super) struct Walk {
    /// Whether a field that is not there is an error.
    is_strict: bool,
    to_begin: usize,
    inside: usize,
    to_end: usize,
    last_end: Option<usize>,
    /// Values looked at.
    seen: usize,
}

/// Values one template may look at in one object: a list of ten thousand pods has less than half of it.
const VALUES: usize = 4_000_000;

impl Walk {
    /// A walk that has not begun; `is_strict` makes a field that is not there an error.
    pub(super) fn new(is_strict: bool) -> Self {
        Self {
            is_strict,
            ..Self::default()
        }
    }

    /// What each node from `start` on finds in `current`, loops unrolled.
    pub(super) fn results<'v>(
        &mut self,
        nodes: &[Node],
        start: usize,
        current: &[Cow<'v, Value>],
    ) -> Result<Vec<Found<'v>>, String> {
        let mut all = Vec::new();
        let mut index = start;
        while let Some(node) = nodes.get(index) {
            let found = self.step(current.to_vec(), node)?;
            if self.to_end > 0 && self.to_end <= self.inside {
                self.to_end -= 1;
                self.last_end = Some(index);
                break;
            }
            if self.to_begin > 0 {
                self.to_begin -= 1;
                self.inside += 1;
                for value in &found {
                    all.extend(self.results(nodes, index + 1, std::slice::from_ref(value))?);
                }
                if found.is_empty() {
                    // Nothing to loop over: the end of the loop still has to be found.
                    self.results(nodes, index + 1, &[])?;
                }
                self.inside -= 1;
                if let Some(end) = self.last_end.filter(|&end| end > index) {
                    index = end;
                }
            } else {
                all.push(found);
            }
            index += 1;
        }
        Ok(all)
    }

    fn list<'v>(&mut self, mut input: Found<'v>, nodes: &[Node]) -> Result<Found<'v>, String> {
        for node in nodes {
            input = self.step(input, node)?;
        }
        Ok(input)
    }

    /// # Errors
    /// When the template asks for more than anybody could read.
    fn charge(&mut self, values: usize) -> Result<(), String> {
        self.seen = self.seen.saturating_add(values);
        if self.seen > VALUES {
            return Err("the template asks for too many values".to_owned());
        }
        Ok(())
    }

    fn step<'v>(&mut self, input: Found<'v>, node: &Node) -> Result<Found<'v>, String> {
        self.charge(input.len() + 1)?;
        match node {
            Node::List(nodes) => self.list(input, nodes),
            Node::Text(text) => Ok(vec![Cow::Owned(Value::from(text.as_str()))]),
            Node::Int(number) => Ok(repeated(&input, &Value::from(*number))),
            Node::Float(number) => Ok(repeated(&input, &Value::from(*number))),
            Node::Bool(truth) => Ok(repeated(&input, &Value::from(*truth))),
            Node::Field(key) => self.field(input, key),
            Node::Slice(slice) => slice_of(input, *slice),
            Node::Filter(filter) => self.filter(input, filter),
            Node::Wildcard => Ok(input.into_iter().flat_map(children).collect()),
            Node::Recursive => self.descendants(input),
            Node::Union(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    all.extend(self.list(input.clone(), part)?);
                    self.charge(all.len())?;
                }
                Ok(all)
            }
            Node::Range => {
                self.to_begin += 1;
                Ok(input)
            }
            Node::End if self.inside > 0 => {
                self.to_end += 1;
                Ok(Vec::new())
            }
            Node::End => Err("not in range, nothing to end".to_owned()),
        }
    }

    fn field<'v>(&self, input: Found<'v>, key: &str) -> Result<Found<'v>, String> {
        let is_asked = !input.is_empty();
        let found: Found<'v> = input
            .into_iter()
            .filter_map(|value| match value {
                Cow::Borrowed(value) => value.get(key).map(Cow::Borrowed),
                Cow::Owned(value) => value.get(key).cloned().map(Cow::Owned),
            })
            .collect();
        if found.is_empty() && is_asked && self.is_strict {
            return Err(format!("{key} is not found"));
        }
        Ok(found)
    }

    /// Every value that has others within, each before what is within it.
    fn descendants<'v>(&mut self, input: Found<'v>) -> Result<Found<'v>, String> {
        let mut all = Vec::new();
        for value in input {
            self.charge(1)?;
            let within = children(value.clone());
            let is_text = value.as_str().is_some_and(|text| !text.is_empty());
            if is_text || !within.is_empty() {
                all.push(value);
                all.extend(self.descendants(within)?);
            }
        }
        Ok(all)
    }

    fn filter<'v>(&mut self, input: Found<'v>, filter: &Filter) -> Result<Found<'v>, String> {
        let mut kept = Vec::new();
        for value in input {
            if !value.is_array() {
                return Err(format!(
                    "{} is not array or slice and cannot be filtered",
                    crate::kubectl::json::shown(&value)
                ));
            }
            for item in children(value) {
                let left = self.list(vec![item.clone()], &filter.left);
                let Some((operator, right)) = &filter.comparison else {
                    if left.is_ok_and(|left| !left.is_empty()) {
                        kept.push(item);
                    }
                    continue;
                };
                let right = self.list(vec![item.clone()], right)?;
                if passes(&left?, operator, &right)? {
                    kept.push(item);
                }
            }
        }
        Ok(kept)
    }
}

fn repeated<'v>(input: &Found<'v>, value: &Value) -> Found<'v> {
    input.iter().map(|_| Cow::Owned(value.clone())).collect()
}

/// The values of an object by key, or the items of an array.
fn children(value: Cow<'_, Value>) -> Found<'_> {
    match value {
        Cow::Borrowed(Value::Array(items)) => items.iter().map(Cow::Borrowed).collect(),
        Cow::Borrowed(value @ Value::Object(_)) => crate::kubectl::json::members(value, "")
            .into_values()
            .map(Cow::Borrowed)
            .collect(),
        Cow::Owned(Value::Array(items)) => items.into_iter().map(Cow::Owned).collect(),
        Cow::Owned(Value::Object(members)) => members
            .into_iter()
            .map(|(_, value)| Cow::Owned(value))
            .collect(),
        Cow::Borrowed(_) | Cow::Owned(_) => Vec::new(),
    }
}

fn slice_of(input: Found<'_>, slice: Slice) -> Result<Found<'_>, String> {
    let mut all = Vec::new();
    for value in input {
        if value.is_null() {
            continue;
        }
        let Some(items) = value.as_array() else {
            return Err(format!("{} is not array or slice", go_type(&value)));
        };
        let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let mut from = slice.from.unwrap_or_default();
        if from < 0 {
            from += length;
        }
        let mut to = slice.to.unwrap_or(length);
        if to < 0 || (to == 0 && slice.is_index) {
            to += length;
        }
        if from == to {
            return Ok(all);
        }
        check_bounds(from, to, length)?;
        let step = match slice.step {
            Some(step) if step <= 0 => return Err("step must be > 0".to_owned()),
            Some(step) => usize::try_from(step).unwrap_or(usize::MAX),
            None => 1,
        };
        let count = usize::try_from(to - from).unwrap_or_default();
        let skipped = usize::try_from(from).unwrap_or_default();
        all.extend(
            children(value)
                .into_iter()
                .skip(skipped)
                .take(count)
                .step_by(step),
        );
    }
    Ok(all)
}

fn check_bounds(from: i64, to: i64, length: i64) -> Result<(), String> {
    let outside = |index| format!("array index out of bounds: index {index}, length {length}");
    if !(0..length).contains(&from) {
        return Err(outside(from));
    }
    if !(0..=length).contains(&to) {
        return Err(outside(to - 1));
    }
    if from > to {
        return Err(format!(
            "starting index {from} is greater than ending index {to}"
        ));
    }
    Ok(())
}

fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

fn passes(left: &Found<'_>, operator: &str, right: &Found<'_>) -> Result<bool, String> {
    let one = |found: &Found<'_>| match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one.clone().into_owned())),
        _ => Err("can only compare one element at a time".to_owned()),
    };
    let (Some(left), Some(right)) = (one(left)?, one(right)?) else {
        return Ok(false);
    };
    let is_equality = matches!(operator, "==" | "!=");
    let order = compare(&left, &right, is_equality)?;
    Ok(match operator {
        "<" => order == Ordering::Less,
        ">" => order == Ordering::Greater,
        "==" => order == Ordering::Equal,
        "!=" => order != Ordering::Equal,
        "<=" => order != Ordering::Greater,
        ">=" => order != Ordering::Less,
        other => return Err(format!("unrecognized filter operator {other}")),
    })
}

/// Two scalars of one type in their order, as Go's templates compare them.
fn compare(left: &Value, right: &Value, is_equality: bool) -> Result<Ordering, String> {
    const INCOMPATIBLE: &str = "incompatible types for comparison";
    const INVALID: &str = "invalid type for comparison";
    let is_basic = |value: &Value| value.is_boolean() || value.is_number() || value.is_string();
    if !is_basic(left) || !is_basic(right) {
        return Err(INVALID.to_owned());
    }
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) if is_equality => Ok(left.cmp(right)),
        (Value::Bool(_), Value::Bool(_)) => Err(INVALID.to_owned()),
        (Value::String(left), Value::String(right)) => Ok(left.cmp(right)),
        (Value::Number(left), Value::Number(right)) if left.is_f64() == right.is_f64() => {
            let floats = left.as_f64().zip(right.as_f64());
            let integers = left.as_i64().zip(right.as_i64());
            integers
                .map(|(left, right)| left.cmp(&right))
                .or_else(|| floats.and_then(|(left, right)| left.partial_cmp(&right)))
                .ok_or_else(|| INCOMPATIBLE.to_owned())
        }
        _ => Err(INCOMPATIBLE.to_owned()),
    }
}
