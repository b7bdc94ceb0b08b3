//! Why a command ended early, in kubectl's words.

use domain::OpsError;
use kube::core::Status;

use super::{discovery::ApiResource, request::Selectors};
use crate::error::server_text;

/// Why a command ended early.
#[derive(Debug)]
pub(super) enum Failure {
    /// The API server said no; kubectl prints its words.
    Status(Box<Status>),
    /// kubectl itself says no; printed after `error: `.
    Message(String),
    /// The cluster cannot be asked at all.
    Cluster(OpsError),
}

/// What printing functions answer.
pub(super) type Outcome<T> = Result<T, Failure>;

impl Failure {
    /// A message of kubectl's own, without the `error: ` before it.
    pub(super) fn message(text: impl Into<String>) -> Self {
        Self::Message(text.into())
    }

    /// The API server's words for an object that is not there.
    pub(super) fn not_found(resource: &ApiResource, name: &str) -> Self {
        let shown = if resource.group.is_empty() {
            resource.plural.clone()
        } else {
            format!("{}.{}", resource.plural, resource.group)
        };
        let status = Status::failure(&format!("{shown} \"{name}\" not found"), "NotFound");
        Self::Status(status.with_code(404).boxed())
    }

    /// Whether the thing asked for does not exist.
    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Status(status) if status.code == 404 || status.reason == "NotFound")
    }

    /// The same failure with what kubectl puts before the server's words when a list was asked for.
    ///
    /// Source: `k8s.io/cli-runtime/pkg/resource`, `EnhanceListError`.
    pub(super) fn while_listing(self, resource: &ApiResource, selectors: Selectors<'_>) -> Self {
        let Self::Status(mut status) = self else {
            return self;
        };
        if matches!(status.code, 400 | 404) {
            let (group, version) = (&resource.group, &resource.version);
            let subject = format!("{group}/{version}, Resource={}", resource.plural);
            let said = &status.message;
            status.message = match (selectors.labels, selectors.fields) {
                (None, None) => format!("Unable to list \"{subject}\": {said}"),
                (labels, fields) => format!(
                    "Unable to find \"{subject}\" that match label selector \"{}\", field \
                     selector \"{}\": {said}",
                    labels.unwrap_or_default(),
                    fields.unwrap_or_default()
                ),
            };
        }
        Self::Status(status)
    }

    /// The line kubectl prints on stderr.
    ///
    /// # Errors
    /// The failure itself when it is none of kubectl's to print.
    pub(super) fn into_line(self) -> Result<String, OpsError> {
        match self {
            Self::Status(status) if status.reason == "Invalid" => Ok(invalid(&status)),
            Self::Status(status) if status.reason.is_empty() => {
                Ok(format!("Error from server: {}\n", said(&status)))
            }
            Self::Status(status) => Ok(format!(
                "Error from server ({}): {}\n",
                server_text(&status.reason),
                said(&status)
            )),
            Self::Message(message) => Ok(format!("error: {message}\n")),
            Self::Cluster(error) => Err(error),
        }
    }
}

/// kubectl's words for an object that breaks rules of its type, each rule on a line when there are several.
///
/// Source: `k8s.io/kubectl/pkg/cmd/util`, `checkErr`.
fn invalid(status: &Status) -> String {
    let Some(details) = &status.details else {
        return format!("The request is invalid: {}\n", said(status));
    };
    let subject = match (details.kind.as_str(), details.name.as_str()) {
        ("", "") => "The request is invalid".to_owned(),
        (kind, name) => format!(
            "The {} \"{}\" is invalid",
            server_text(kind),
            server_text(name)
        ),
    };
    let causes: Vec<String> = details
        .causes
        .iter()
        .map(|cause| match cause.field.as_str() {
            "" => server_text(&cause.message),
            field => format!("{}: {}", server_text(field), server_text(&cause.message)),
        })
        .collect();
    match causes.as_slice() {
        [] if details.kind.is_empty() => format!("{subject}: {}\n", said(status)),
        [] => format!("{subject}\n"),
        [one] => format!("{subject}: {one}\n"),
        several => {
            let lines: String = several.iter().map(|cause| format!("\n* {cause}")).collect();
            format!("{subject}: {lines}\n")
        }
    }
}

/// A status for an answer that is none, as the client library of kubectl makes it.
///
/// Source: `k8s.io/apimachinery/pkg/api/errors`, `NewGenericServerResponse`.
pub(super) fn generic(code: u16, text: &str) -> Status {
    let (reason, message) = match code {
        403 => ("Forbidden", text.to_owned()),
        404 => (
            "NotFound",
            "the server could not find the requested resource".to_owned(),
        ),
        405 => (
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource".to_owned(),
        ),
        406 => ("NotAcceptable", text.to_owned()),
        415 => ("UnsupportedMediaType", text.to_owned()),
        500 => (
            "InternalError",
            format!("an error on the server ({text:?}) has prevented the request from succeeding"),
        ),
        503 => (
            "ServiceUnavailable",
            "the server is currently unable to handle the request".to_owned(),
        ),
        504 => (
            "Timeout",
            "the server was unable to return a response in the time allotted".to_owned(),
        ),
        _ => ("", text.to_owned()),
    };
    Status::failure(&message, reason)
}

/// The server's own words about a failure.
pub(super) fn said(status: &Status) -> String {
    server_text(&status.message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prints_a_status_as_kubectl_does() {
        let status =
            |reason: &str| Failure::Status(Status::failure("pods \"x\" not found", reason).boxed());
        assert_eq!(
            status("NotFound").into_line().unwrap(),
            "Error from server (NotFound): pods \"x\" not found\n"
        );
        assert_eq!(
            status("").into_line().unwrap(),
            "Error from server: pods \"x\" not found\n"
        );
    }

    #[test]
    fn every_rule_an_object_breaks_has_a_line() {
        let status = |causes: serde_json::Value| {
            let status = json!({"reason": "Invalid", "code": 422, "message": "whatever",
                "details": {"name": "web", "kind": "Pod", "causes": causes}});
            Failure::Status(Box::new(serde_json::from_value(status).unwrap()))
        };
        let one = json!([{"field": "spec.x", "message": "Required value"}]);
        assert_eq!(
            status(one).into_line().unwrap(),
            "The Pod \"web\" is invalid: spec.x: Required value\n"
        );
        let two = json!([{"field": "a", "message": "b"}, {"field": "c", "message": "d"}]);
        assert_eq!(
            status(two).into_line().unwrap(),
            "The Pod \"web\" is invalid: \n* a: b\n* c: d\n"
        );
    }

    #[test]
    fn an_answer_that_is_no_status_gets_the_words_of_its_code() {
        let failure = Failure::Status(generic(404, "404 page not found").with_code(404).boxed());
        assert_eq!(
            failure.into_line().unwrap(),
            "Error from server (NotFound): the server could not find the requested resource\n"
        );
    }
}
