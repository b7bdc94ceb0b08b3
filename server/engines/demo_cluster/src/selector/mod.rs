//! Label selectors and field selectors, as text and as `metav1.LabelSelector`.
//!
//! Grammar and printing follow `k8s.io/apimachinery/pkg/labels` and `pkg/fields`.

mod fields;
mod tokens;

use std::{cmp::Ordering, fmt};

use serde_json::{Map, Value};

pub use fields::FieldSelector;
use tokens::{Token, Tokens};

use crate::{status::Status, value};

/// Which objects, by their labels. The empty selector matches everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
    nothing: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equals,
    NotEquals,
    In,
    NotIn,
    Exists,
    DoesNotExist,
    GreaterThan,
    LessThan,
}

impl LabelSelector {
    /// Reads `app=web,tier in (a,b),!legacy`.
    ///
    /// # Errors
    /// 400 with the words of the API server.
    pub fn parse(text: &str) -> Result<Self, Status> {
        let refuse =
            |error: String| Status::bad_request(format!("unable to parse requirement: {error}"));
        let mut tokens = Tokens::new(text);
        let mut requirements = Vec::new();
        if tokens.peek() == &Token::End {
            return Ok(Self::default());
        }
        loop {
            let requirement = tokens.requirement().map_err(refuse)?;
            requirement.check().map_err(refuse)?;
            requirements.push(requirement);
            match tokens.next() {
                Token::End => break,
                Token::Comma => {}
                other @ (Token::Word(_)
                | Token::Open
                | Token::Close
                | Token::Not
                | Token::Sign(_)) => {
                    return Err(refuse(format!(
                        "found '{other}', expected: ',' or 'end of string'"
                    )));
                }
            }
            if !matches!(tokens.peek(), Token::Word(_) | Token::Not) {
                let found = tokens.peek().to_string();
                return Err(refuse(format!(
                    "found '{found}', expected: identifier after ','"
                )));
            }
        }
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Self {
            requirements,
            nothing: false,
        })
    }

    /// From `matchLabels` and `matchExpressions`. Absent selects nothing, empty selects everything.
    #[must_use]
    pub fn from_object(selector: Option<&Value>) -> Self {
        let Some(selector) = selector.filter(|selector| selector.is_object()) else {
            return Self {
                requirements: Vec::new(),
                nothing: true,
            };
        };
        let mut out = Self::from_labels(value::map(selector, "/matchLabels"));
        let expressions = value::items(selector, "/matchExpressions");
        out.requirements
            .extend(expressions.iter().filter_map(expression));
        out.requirements.sort_by(|a, b| a.key.cmp(&b.key));
        out
    }

    /// From a plain map of labels, as Services have it.
    #[must_use]
    pub fn from_labels(labels: Option<&Map<String, Value>>) -> Self {
        let mut requirements: Vec<Requirement> = labels
            .into_iter()
            .flatten()
            .map(|(key, value)| Requirement {
                key: key.clone(),
                operator: Operator::Equals,
                values: vec![value.as_str().unwrap_or_default().to_owned()],
            })
            .collect();
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        Self {
            requirements,
            nothing: false,
        }
    }

    /// Whether an object with these labels is selected.
    #[must_use]
    pub fn matches(&self, labels: Option<&Map<String, Value>>) -> bool {
        !self.nothing
            && self.requirements.iter().all(|requirement| {
                let label = labels
                    .and_then(|labels| labels.get(&requirement.key))
                    .map(|label| label.as_str().unwrap_or_default());
                requirement.matches(label)
            })
    }

    /// Whether the object's labels are selected.
    #[must_use]
    pub fn matches_object(&self, object: &Value) -> bool {
        self.matches(value::map(object, "/metadata/labels"))
    }

    /// Whether everything is selected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty() && !self.nothing
    }
}

fn expression(expression: &Value) -> Option<Requirement> {
    let operator = match value::text(expression, "/operator") {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        _ => return None,
    };
    let mut values: Vec<String> = value::items(expression, "/values")
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    values.sort();
    Some(Requirement {
        key: value::text(expression, "/key").to_owned(),
        operator,
        values,
    })
}

impl Requirement {
    fn matches(&self, label: Option<&str>) -> bool {
        let listed = |label: &str| self.values.iter().any(|value| value == label);
        match self.operator {
            Operator::Equals | Operator::In => label.is_some_and(listed),
            Operator::NotEquals | Operator::NotIn => !label.is_some_and(listed),
            Operator::Exists => label.is_some(),
            Operator::DoesNotExist => label.is_none(),
            Operator::GreaterThan => self.compare(label) == Some(Ordering::Greater),
            Operator::LessThan => self.compare(label) == Some(Ordering::Less),
        }
    }

    fn compare(&self, label: Option<&str>) -> Option<Ordering> {
        let left: i64 = label?.parse().ok()?;
        let right: i64 = self.values.first()?.parse().ok()?;
        Some(left.cmp(&right))
    }

    /// Keys must be qualified names and values label values.
    fn check(&self) -> Result<(), String> {
        if let Some(problem) = crate::api::names::qualified_name(&self.key) {
            return Err(format!("key: Invalid value: {:?}: {problem}", self.key));
        }
        for value in &self.values {
            if let Some(problem) = crate::api::names::label_value(value) {
                return Err(format!(
                    "values[0][{}]: Invalid value: {value:?}: {problem}",
                    self.key
                ));
            }
        }
        Ok(())
    }
}

impl fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self
            .requirements
            .iter()
            .map(Requirement::to_string)
            .collect();
        f.write_str(&words.join(","))
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, values) = (&self.key, self.values.join(","));
        match self.operator {
            Operator::Equals => write!(f, "{key}={values}"),
            Operator::NotEquals => write!(f, "{key}!={values}"),
            Operator::In => write!(f, "{key} in ({values})"),
            Operator::NotIn => write!(f, "{key} notin ({values})"),
            Operator::Exists => f.write_str(key),
            Operator::DoesNotExist => write!(f, "!{key}"),
            Operator::GreaterThan => write!(f, "{key}>{values}"),
            Operator::LessThan => write!(f, "{key}<{values}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(selector: &str, expected: bool) {
        let labels = json!({"app": "web", "tier": "front", "build": "7", "empty": ""});
        let parsed = LabelSelector::parse(selector).unwrap();
        assert_eq!(parsed.matches(labels.as_object()), expected, "{selector}");
    }

    #[test]
    fn selects_by_label() {
        check("", true);
        check("app=web", true);
        check("app==web,tier!=back", true);
        check("app = other", false);
        check("app in (web, api)", true);
        check("app in (api)", false);
        check("app notin (api,db)", true);
        check("missing notin (x)", true);
        check("missing!=x", true);
        check("tier", true);
        check("missing", false);
        check("!missing", true);
        check("! tier", false);
        check("build>6,build<8", true);
        check("build>7", false);
        check("tier>1", false);
        check("empty=", true);
        check("empty in (,x)", true);
        check("app=web,missing", false);
    }

    #[test]
    fn refuses_what_is_no_selector() {
        for text in [
            "app=(",
            "app in web",
            "=x",
            "app=web,",
            ",",
            "a b",
            "app in (x",
            "ä=b",
            "app=a b",
            "x!",
        ] {
            let refused = LabelSelector::parse(text).err();
            assert_eq!(refused.map(|status| status.code()), Some(400), "{text}");
        }
    }

    #[test]
    fn prints_selectors_as_kubectl_does() {
        for (text, printed) in [
            ("tier!=x,app==web", "app=web,tier!=x"),
            ("app in (b,a)", "app in (a,b)"),
            ("!x , y", "!x,y"),
        ] {
            assert_eq!(LabelSelector::parse(text).unwrap().to_string(), printed);
        }
    }

    #[test]
    fn reads_selector_objects() {
        let selector = json!({
            "matchLabels": {"app": "web"},
            "matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["back"]},
                                 {"key": "env", "operator": "Exists"}],
        });
        let selector = LabelSelector::from_object(Some(&selector));
        assert!(selector.matches(json!({"app": "web", "env": "x"}).as_object()));
        assert!(!selector.matches(json!({"app": "web"}).as_object()));
        assert_eq!(selector.to_string(), "app=web,env,tier notin (back)");
        assert!(!LabelSelector::from_object(None).matches(None));
        assert!(LabelSelector::from_object(Some(&json!({}))).matches(None));
    }
}
