//! Failures of the Kubernetes API in words: what was being done, why it failed, what to do next.
//!
//! A cluster's own words are passed on through [`crate::text`].

use std::error::Error;

use domain::{ErrorCode, OpsError, time::Seconds};
use kube::core::Status;

use crate::fault::{Fault, not_kubernetes};

pub(crate) use crate::text::server_text;

const REPLACE: &str = "The token or certificate may have expired. Replace the cluster’s credentials with a fresh kubeconfig.";

/// When to come back to a cluster that asks for fewer requests; what it says itself has been waited for by then.
const BUSY_CLUSTER: Seconds = Seconds(60);

/// How far a chain of error sources is followed; a cycle must not hold a request up.
const CHAIN_LIMIT: usize = 16;

/// A [`kube::Error`] as an [`OpsError`]. `doing` is an infinitive: `list pods in shop`.
pub(crate) fn ops_error(error: kube::Error, doing: &str) -> OpsError {
    if let kube::Error::Api(status) = &error {
        return status_error(status, doing);
    }
    let answer = transport_error(&error, doing);
    tracing::warn!(doing, code = ?answer.code, cause = %chain(&error), "a request to a cluster failed");
    answer
}

/// A Kubernetes `Status` as an [`OpsError`].
pub(crate) fn status_error(status: &Status, doing: &str) -> OpsError {
    let http = http_code(status);
    let (code, words, next) = meaning(http);
    let said = server_text(&status.message);
    // Of refused credentials an API server says “Unauthorized” and no more.
    let reason = if said.is_empty() || http == 401 {
        words
    } else {
        &said
    };
    let message = format!("could not {doing}: {reason}");
    if code == ErrorCode::RateLimited {
        return OpsError::rate_limited(message, BUSY_CLUSTER);
    }
    OpsError::new(code, message).hint(next)
}

/// What an HTTP status of the Kubernetes API means: our code, words for when the server has none, the next step.
fn meaning(http: u16) -> (ErrorCode, &'static str, &'static str) {
    match http {
        400 | 422 => (ErrorCode::Invalid, "the cluster says it is not valid", ""),
        401 => (
            ErrorCode::CredentialsRejected,
            "the cluster did not accept the credentials",
            REPLACE,
        ),
        403 => (
            ErrorCode::ClusterForbids,
            "the cluster says these credentials may not",
            "Ask whoever runs the cluster for the missing permission, or use credentials that have it.",
        ),
        404 => (
            ErrorCode::NotFound,
            "it does not exist",
            "Check the name and the namespace.",
        ),
        409 => (
            ErrorCode::Conflict,
            "somebody else changed it in the meantime",
            "Look at its present state and try again.",
        ),
        410 => (
            ErrorCode::Expired,
            "the cluster no longer keeps that version",
            "Start again from the present state.",
        ),
        413 => (ErrorCode::TooLarge, "the request is too large", ""),
        429 => (
            ErrorCode::RateLimited,
            "the cluster asks for fewer requests",
            "",
        ),
        503 | 504 => (
            ErrorCode::Unavailable,
            "the cluster is overloaded or stopping",
            "Try again shortly.",
        ),
        _ => (
            ErrorCode::ClusterAnswer,
            "the cluster answered with an error of its own",
            "Look at the API server’s own log; the cause is on its side.",
        ),
    }
}

/// The HTTP status of a `Status`, from its reason when the number is missing.
///
/// Reasons and numbers: `k8s.io/apimachinery/pkg/apis/meta/v1`, `StatusReason`.
fn http_code(status: &Status) -> u16 {
    if status.code != 0 {
        return status.code;
    }
    match status.reason.as_str() {
        "Unauthorized" => 401,
        "Forbidden" => 403,
        "NotFound" => 404,
        "AlreadyExists" | "Conflict" => 409,
        "Gone" | "Expired" => 410,
        "Invalid" => 422,
        "BadRequest" => 400,
        "TooManyRequests" => 429,
        "ServiceUnavailable" => 503,
        "Timeout" | "ServerTimeout" => 504,
        _ => 500,
    }
}

/// Everything that is not a `Status`.
fn transport_error(error: &kube::Error, doing: &str) -> OpsError {
    if let Some(fault) = find::<Fault>(error) {
        return fault.ops_error(doing);
    }
    let is_nonsense = matches!(
        error,
        kube::Error::SerdeError(_) | kube::Error::FromUtf8(_) | kube::Error::ReadEvents(_)
    );
    if is_nonsense {
        return not_kubernetes(doing);
    }
    OpsError::new(
        ErrorCode::ClusterUnreachable,
        format!("could not {doing}: the API server cannot be reached"),
    )
    .hint("Check that the cluster is running, and that its address and port can be reached from this server.")
}

/// The first `T` among an error and its sources.
pub(crate) fn find<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    sources(error).find_map(|at| at.downcast_ref::<T>())
}

/// An error and its sources, as far as [`CHAIN_LIMIT`].
fn sources<'e>(
    error: &'e (dyn Error + 'static),
) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let at = next?;
        next = at.source();
        Some(at)
    })
    .take(CHAIN_LIMIT)
}

/// The whole chain of causes on one line, for the log.
fn chain(error: &(dyn Error + 'static)) -> String {
    let parts: Vec<String> = sources(error)
        .skip(1)
        .map(|at| server_text(&at.to_string()))
        .collect();
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(code: u16, message: &str) -> OpsError {
        let status = Status::failure(message, "").with_code(code);
        ops_error(kube::Error::Api(status.boxed()), "list pods in shop")
    }

    #[test]
    fn each_http_status_has_its_code() {
        for (status, code) in [
            (400, ErrorCode::Invalid),
            (401, ErrorCode::CredentialsRejected),
            (403, ErrorCode::ClusterForbids),
            (404, ErrorCode::NotFound),
            (409, ErrorCode::Conflict),
            (410, ErrorCode::Expired),
            (413, ErrorCode::TooLarge),
            (422, ErrorCode::Invalid),
            (429, ErrorCode::RateLimited),
            (500, ErrorCode::ClusterAnswer),
            (503, ErrorCode::Unavailable),
            (504, ErrorCode::Unavailable),
        ] {
            let error = answered(status, "because");
            assert_eq!(error.code, code, "{status}");
            assert!(error.message.starts_with("could not list pods in shop: "));
        }
    }

    #[test]
    fn takes_the_code_from_the_reason_when_the_number_is_missing() {
        let status = Status::failure("pods \"x\" not found", "NotFound");
        assert_eq!(status_error(&status, "read it").code, ErrorCode::NotFound);
    }

    #[test]
    fn finds_a_fault_below_other_errors() {
        let refusal = OpsError::new(ErrorCode::NotPermittedHere, "no");
        let error = kube::Error::Service(Box::new(Fault::Refused(refusal.clone())));
        assert_eq!(ops_error(error, "scale it"), refusal);
    }
}
