//! Field selectors: `spec.nodeName=node-1,status.phase!=Running`.

use serde_json::Value;

use crate::{
    registry::{KindId, KindSpec},
    status::Status,
};

/// Which objects, by some of their fields.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldSelector {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    pointer: &'static str,
    absent: &'static str,
    equal: bool,
    value: String,
}

impl FieldSelector {
    /// Reads `spec.nodeName=node-1,status.phase!=Running` for objects of a kind.
    ///
    /// # Errors
    /// 400 for text that is no selector and for fields that cannot be selected by.
    pub fn parse(kind: KindId, text: &str) -> Result<Self, Status> {
        let terms = split_terms(text)
            .into_iter()
            .filter(|term| !term.is_empty())
            .map(|term| Term::parse(kind.spec(), &term, text))
            .collect::<Result<_, _>>()?;
        Ok(Self { terms })
    }

    /// Whether the object is selected.
    #[must_use]
    pub fn matches(&self, object: &Value) -> bool {
        self.terms.iter().all(|term| {
            let found = field_text(object, term.pointer, term.absent);
            (found == term.value) == term.equal
        })
    }

    /// Whether everything is selected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

fn field_text(object: &Value, pointer: &str, absent: &str) -> String {
    match object.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => absent.to_owned(),
        Some(other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_))) => {
            other.to_string()
        }
    }
}

/// Splits at commas that are not escaped, and takes the escapes out.
fn split_terms(text: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        let term = terms.last_mut().expect("the list begins with one term");
        match c {
            '\\' => term.extend(characters.next()),
            ',' => terms.push(String::new()),
            c => term.push(c),
        }
    }
    terms
}

impl Term {
    fn parse(spec: &KindSpec, term: &str, whole: &str) -> Result<Self, Status> {
        let (field, equal, value) = if let Some((field, value)) = term.split_once("!=") {
            (field, false, value)
        } else if let Some((field, value)) = term.split_once('=') {
            (field, true, value.strip_prefix('=').unwrap_or(value))
        } else {
            return Err(Status::bad_request(format!(
                "invalid selector: '{whole}'; can't understand '{term}'"
            )));
        };
        let (pointer, absent) = match field {
            "metadata.name" => ("/metadata/name", ""),
            "metadata.namespace" => ("/metadata/namespace", ""),
            _ => spec
                .selectable
                .iter()
                .find(|selectable| selectable.field == field)
                .map(|selectable| (selectable.pointer, selectable.absent))
                .ok_or_else(|| unsupported(spec, field))?,
        };
        Ok(Self {
            pointer,
            absent,
            equal,
            value: value.to_owned(),
        })
    }
}

fn unsupported(spec: &KindSpec, field: &str) -> Status {
    let message = if spec.selectable.is_empty() {
        format!(
            "{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        )
    } else {
        format!("field label not supported: {field}")
    };
    Status::bad_request(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{CONFIG_MAP, POD};
    use serde_json::json;

    #[test]
    fn selects_by_field() {
        let pod = json!({"metadata": {"name": "a"}, "spec": {"nodeName": "n1"}, "status": {"phase": "Running"}});
        for (text, expected) in [
            ("spec.nodeName=n1", true),
            ("spec.nodeName==n1,status.phase!=Running", false),
            ("metadata.name=a", true),
            ("status.podIP=", true),
            ("spec.hostNetwork=false", true),
        ] {
            assert_eq!(
                FieldSelector::parse(POD, text).unwrap().matches(&pod),
                expected,
                "{text}"
            );
        }
        assert_eq!(
            FieldSelector::parse(POD, "spec.colour=red")
                .unwrap_err()
                .message(),
            "field label not supported: spec.colour"
        );
        assert!(FieldSelector::parse(CONFIG_MAP, "data.x=1").is_err());
        assert!(FieldSelector::parse(POD, "status.phase").is_err());
    }
}
