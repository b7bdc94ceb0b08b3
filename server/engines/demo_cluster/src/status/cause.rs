//! One reason among several why a request was refused: a field and what is wrong with it.

use std::fmt;

use serde_json::Value;

/// One reason among several: a field and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// `FieldValueInvalid`, `FieldManagerConflict` and so on.
    pub reason: &'static str,
    /// What is wrong, without the field's name.
    pub message: String,
    /// Path of the field: `spec.template.spec.containers[0].image`.
    pub field: String,
}

impl Cause {
    /// A field that must be given.
    #[must_use]
    pub fn required(field: impl Into<String>, detail: &str) -> Self {
        Self::new(
            "FieldValueRequired",
            with_detail("Required value", detail),
            field,
        )
    }

    /// A value that breaks a rule; the value is shown as the real API server shows it.
    #[must_use]
    pub fn invalid(field: impl Into<String>, value: &Value, detail: &str) -> Self {
        let head = format!("Invalid value: {}", shown(value));
        Self::new("FieldValueInvalid", with_detail(&head, detail), field)
    }

    /// Like [`Self::invalid`], for a value that the API server shows in Go's notation.
    #[must_use]
    pub fn invalid_shown(field: impl Into<String>, shown: &str, detail: &str) -> Self {
        let head = format!("Invalid value: {shown}");
        Self::new("FieldValueInvalid", with_detail(&head, detail), field)
    }

    /// A value outside a closed list.
    #[must_use]
    pub fn not_supported(field: impl Into<String>, value: &str, supported: &[&str]) -> Self {
        Self::not_supported_shown(field, &format!("{value:?}"), supported)
    }

    /// Like [`Self::not_supported`], for a value that the API server shows in Go's notation.
    #[must_use]
    pub fn not_supported_shown(field: impl Into<String>, shown: &str, supported: &[&str]) -> Self {
        let mut words: Vec<String> = supported.iter().map(|word| format!("{word:?}")).collect();
        words.sort();
        let message = format!(
            "Unsupported value: {shown}: supported values: {}",
            words.join(", ")
        );
        Self::new("FieldValueNotSupported", message, field)
    }

    /// A value given twice where it must be unique.
    #[must_use]
    pub fn duplicate(field: impl Into<String>, value: &Value) -> Self {
        let message = format!("Duplicate value: {}", shown(value));
        Self::new("FieldValueDuplicate", message, field)
    }

    /// A field that may not be used here.
    #[must_use]
    pub fn forbidden(field: impl Into<String>, detail: &str) -> Self {
        Self::new(
            "FieldValueForbidden",
            with_detail("Forbidden", detail),
            field,
        )
    }

    /// A value of more than `max` bytes.
    #[must_use]
    pub fn too_long(field: impl Into<String>, max: usize) -> Self {
        let message = format!("Too long: may not be more than {max} bytes");
        Self::new("FieldValueTooLong", message, field)
    }

    /// A reference to something that is not there.
    #[must_use]
    pub fn not_found(field: impl Into<String>, value: &Value) -> Self {
        let message = format!("Not found: {}", shown(value));
        Self::new("FieldValueNotFound", message, field)
    }

    /// A field another manager owns.
    #[must_use]
    pub fn manager_conflict(field: impl Into<String>, message: String) -> Self {
        Self::new("FieldManagerConflict", message, field)
    }

    /// A disruption budget that allows no eviction.
    #[must_use]
    pub fn disruption_budget(message: String) -> Self {
        Self::new("DisruptionBudget", message, "")
    }

    fn new(reason: &'static str, message: String, field: impl Into<String>) -> Self {
        Self {
            reason,
            message,
            field: field.into(),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

fn with_detail(head: &str, detail: &str) -> String {
    if detail.is_empty() {
        head.to_owned()
    } else {
        format!("{head}: {detail}")
    }
}

/// Strings quoted, everything else as JSON.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
