//! Failures as the Kubernetes API server words them: `metav1.Status`.
//!
//! Messages, reasons and codes follow `k8s.io/apimachinery/pkg/api/errors` and
//! `k8s.io/apimachinery/pkg/util/validation/field`.

mod cause;

use std::fmt;

use serde_json::{Map, Value, json};

pub use self::cause::Cause;
use crate::registry::KindId;

/// Why a request was refused; serialises to a `metav1.Status` of failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    code: u16,
    reason: &'static str,
    message: String,
    details: Option<Box<Details>>,
}

/// What the failure is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Details {
    name: String,
    group: &'static str,
    kind: String,
    causes: Vec<Cause>,
    retry_after_seconds: Option<u32>,
}

impl Status {
    /// 404: no object of this name.
    #[must_use]
    pub fn not_found(kind: KindId, name: &str) -> Self {
        let message = format!("{} {name:?} not found", kind.spec().group_resource());
        Self::about(404, "NotFound", message, kind, name)
    }

    /// 404: no such path or resource at all.
    #[must_use]
    pub fn no_such_resource() -> Self {
        Self::generic(
            404,
            "NotFound",
            "the server could not find the requested resource",
        )
    }

    /// 409: the name is taken.
    #[must_use]
    pub fn already_exists(kind: KindId, name: &str) -> Self {
        let message = format!("{} {name:?} already exists", kind.spec().group_resource());
        Self::about(409, "AlreadyExists", message, kind, name)
    }

    /// 409: the object is not as the caller believed, with the rule that failed.
    #[must_use]
    pub fn conflict(kind: KindId, name: &str, why: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} {name:?}: {why}",
            kind.spec().group_resource()
        );
        Self::about(409, "Conflict", message, kind, name)
    }

    /// 409: somebody changed the object since it was read.
    #[must_use]
    pub fn modified(kind: KindId, name: &str) -> Self {
        Self::conflict(
            kind,
            name,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }

    /// 409: the object is not the one a delete was meant for. Names the kind where other conflicts name the
    /// resource. Source: `k8s.io/apiserver/pkg/registry/rest/delete.go`.
    #[must_use]
    pub fn precondition_failed(kind: KindId, name: &str, why: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} {name:?}: {why}",
            kind.spec().group_kind()
        );
        let mut status = Self::about(409, "Conflict", message, kind, name);
        if let Some(details) = &mut status.details {
            details.kind = kind.spec().kind.to_owned();
        }
        status
    }

    /// 409: fields of an apply belong to other managers.
    #[must_use]
    pub fn apply_conflict(message: String, causes: Vec<Cause>) -> Self {
        let mut status = Self::plain(409, "Conflict", message);
        status.details = Some(Box::new(Details {
            causes,
            ..Details::default()
        }));
        status
    }

    /// 422: the object breaks rules, one cause per field.
    #[must_use]
    pub fn invalid(kind: KindId, name: &str, causes: Vec<Cause>) -> Self {
        let spec = kind.spec();
        Self::invalid_of(&spec.group_kind(), (spec.group, spec.kind), name, causes)
    }

    /// 422: a Scale breaks rules. It is no kind of its own, only a view of workloads.
    #[must_use]
    pub fn invalid_scale(name: &str, causes: Vec<Cause>) -> Self {
        Self::invalid_of("Scale.autoscaling", ("autoscaling", "Scale"), name, causes)
    }

    /// 422: a parameter of a request breaks rules; `kind` is that of the parameters, `PatchOptions` for one.
    #[must_use]
    pub fn invalid_options(kind: &'static str, causes: Vec<Cause>) -> Self {
        let group_kind = format!("{kind}.meta.k8s.io");
        Self::invalid_of(&group_kind, ("meta.k8s.io", kind), "", causes)
    }

    /// 422: what is asked of a pod's log breaks rules.
    #[must_use]
    pub fn invalid_log_options(pod: &str, causes: Vec<Cause>) -> Self {
        let kind = "PodLogOptions";
        Self::invalid_of(kind, ("", kind), pod, causes)
    }

    /// 404 of metrics-server, which calls the resource what it likes.
    #[must_use]
    pub fn not_measured(resource: &'static str, name: &str) -> Self {
        let mut status = Self::plain(404, "NotFound", format!("{resource} {name:?} not found"));
        status.details = Some(Box::new(Details {
            name: name.to_owned(),
            kind: resource.to_owned(),
            ..Details::default()
        }));
        status
    }

    fn invalid_of(
        group_kind: &str,
        (group, kind): (&'static str, &str),
        name: &str,
        causes: Vec<Cause>,
    ) -> Self {
        let listed: Vec<String> = causes.iter().map(Cause::to_string).collect();
        let why = match listed.as_slice() {
            [only] => only.clone(),
            _ => format!("[{}]", listed.join(", ")),
        };
        Self {
            code: 422,
            reason: "Invalid",
            message: format!("{group_kind} {name:?} is invalid: {why}"),
            details: Some(Box::new(Details {
                name: name.to_owned(),
                group,
                kind: kind.to_owned(),
                causes,
                retry_after_seconds: None,
            })),
        }
    }

    /// 400: the request makes no sense.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::plain(400, "BadRequest", message)
    }

    /// 401: the caller is not known.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::plain(401, "Unauthorized", "Unauthorized")
    }

    /// 403: the caller may not, or the cluster's state forbids it.
    #[must_use]
    pub fn forbidden(kind: KindId, name: &str, why: &str) -> Self {
        let resource = kind.spec().group_resource();
        let message = if name.is_empty() {
            format!("{resource} is forbidden: {why}")
        } else {
            format!("{resource} {name:?} is forbidden: {why}")
        };
        Self::about(403, "Forbidden", message, kind, name)
    }

    /// 405: the verb is not served here.
    #[must_use]
    pub fn method_not_allowed() -> Self {
        Self::generic(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        )
    }

    /// 410: the revision asked for is no longer known.
    #[must_use]
    pub fn expired(message: impl Into<String>) -> Self {
        Self::plain(410, "Expired", message)
    }

    /// 410 for a watch or an exact list that starts too far back.
    #[must_use]
    pub fn too_old(requested: u64, oldest: u64) -> Self {
        Self::expired(format!("too old resource version: {requested} ({oldest})"))
    }

    /// 413: the body, or what it asks for, is larger than is read.
    #[must_use]
    pub fn entity_too_large(why: &str) -> Self {
        Self::plain(
            413,
            "RequestEntityTooLarge",
            format!("Request entity too large: {why}"),
        )
    }

    /// 415: the body is in a format that is not read.
    #[must_use]
    pub fn unsupported_media_type(accepted: &[&str]) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {}",
            accepted.join(", ")
        );
        Self::plain(415, "UnsupportedMediaType", message)
    }

    /// 422 for a patch that cannot be applied (a failed `test`, a path that is not there).
    #[must_use]
    pub fn unprocessable(message: impl Into<String>, causes: Vec<Cause>) -> Self {
        let mut status = Self::plain(422, "Invalid", message);
        status.details = Some(Box::new(Details {
            causes,
            ..Details::default()
        }));
        status
    }

    /// 500 without a reason, as the API server answers when an apply does not fit the schema.
    #[must_use]
    pub fn unclassified(message: impl Into<String>) -> Self {
        Self::plain(500, "", message)
    }

    /// 429: not now; asks the caller to wait.
    #[must_use]
    pub fn too_many_requests(message: impl Into<String>, retry_after_seconds: u32) -> Self {
        let mut status = Self::plain(429, "TooManyRequests", message);
        status.details = Some(Box::new(Details {
            retry_after_seconds: Some(retry_after_seconds),
            ..Details::default()
        }));
        status
    }

    /// 429: an eviction that a disruption budget does not allow. No wait is named when that is 0.
    #[must_use]
    pub fn disruption_refused(message: &str, cause: Cause, retry_after_seconds: u32) -> Self {
        let mut status = Self::plain(429, "TooManyRequests", message);
        status.details = Some(Box::new(Details {
            causes: vec![cause],
            retry_after_seconds: Some(retry_after_seconds).filter(|seconds| *seconds > 0),
            ..Details::default()
        }));
        status
    }

    /// 500: our fault.
    #[must_use]
    pub fn internal(why: &str) -> Self {
        Self::plain(
            500,
            "InternalError",
            format!("Internal error occurred: {why}"),
        )
    }

    /// 503: a part of the cluster does not answer.
    #[must_use]
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::plain(503, "ServiceUnavailable", message)
    }

    /// 504: asked for a revision that does not exist yet.
    #[must_use]
    pub fn too_large_resource_version(requested: u64, current: u64) -> Self {
        let mut status = Self::plain(
            504,
            "Timeout",
            format!("Timeout: Too large resource version: {requested}, current: {current}"),
        );
        status.details = Some(Box::new(Details {
            causes: vec![Cause {
                reason: "ResourceVersionTooLarge",
                message: "Too large resource version".to_owned(),
                field: String::new(),
            }],
            retry_after_seconds: Some(1),
            ..Details::default()
        }));
        status
    }

    /// The HTTP status code.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.code
    }

    /// The machine-readable reason: `NotFound`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        self.reason
    }

    /// The message people read.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The causes, if the failure has several.
    #[must_use]
    pub fn causes(&self) -> &[Cause] {
        self.details
            .as_ref()
            .map_or(&[], |details| details.causes.as_slice())
    }

    /// The `metav1.Status` body.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut body = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message,
        });
        if !self.reason.is_empty() {
            body["reason"] = json!(self.reason);
        }
        if let Some(details) = &self.details {
            body["details"] = details.to_value();
        }
        body["code"] = json!(self.code);
        body
    }

    /// The body of a success that has no object to return: what a finished delete answers.
    #[must_use]
    pub fn success(kind: KindId, name: &str, uid: &str) -> Value {
        let spec = kind.spec();
        let mut details = Map::new();
        details.insert("name".to_owned(), json!(name));
        if !spec.group.is_empty() {
            details.insert("group".to_owned(), json!(spec.group));
        }
        details.insert("kind".to_owned(), json!(spec.plural));
        if !uid.is_empty() {
            details.insert("uid".to_owned(), json!(uid));
        }
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details,
        })
    }

    /// What is known from the code alone: its details are there and empty.
    fn generic(code: u16, reason: &'static str, message: &str) -> Self {
        let mut status = Self::plain(code, reason, message);
        status.details = Some(Box::default());
        status
    }

    fn plain(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            details: None,
        }
    }

    fn about(code: u16, reason: &'static str, message: String, kind: KindId, name: &str) -> Self {
        let spec = kind.spec();
        Self {
            code,
            reason,
            message,
            details: Some(Box::new(Details {
                name: name.to_owned(),
                group: spec.group,
                kind: spec.plural.to_owned(),
                ..Details::default()
            })),
        }
    }
}

impl Details {
    fn to_value(&self) -> Value {
        let mut out = Map::new();
        let mut put = |key: &str, text: &str| {
            if !text.is_empty() {
                out.insert(key.to_owned(), json!(text));
            }
        };
        put("name", &self.name);
        put("group", self.group);
        put("kind", &self.kind);
        if !self.causes.is_empty() {
            out.insert(
                "causes".to_owned(),
                self.causes.iter().map(cause_value).collect(),
            );
        }
        if let Some(seconds) = self.retry_after_seconds {
            out.insert("retryAfterSeconds".to_owned(), json!(seconds));
        }
        Value::Object(out)
    }
}

fn cause_value(cause: &Cause) -> Value {
    let mut value = json!({"reason": cause.reason, "message": cause.message});
    if !cause.field.is_empty() {
        value["field"] = json!(cause.field);
    }
    value
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Status {}

#[cfg(test)]
mod tests;
