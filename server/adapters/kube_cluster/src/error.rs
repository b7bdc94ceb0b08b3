//! Failures of the Kubernetes API in words: what was being done, why it failed, what to do next.
//!
//! A cluster's own words are passed on through [`crate::text`].

use std::{error::Error, time::Duration};

use domain::{ErrorCode, OpsError};
use kube::core::Status;

pub(crate) use crate::text::{is_invisible, server_text};

const REPLACE: &str = "The token or certificate may have expired. Replace the cluster’s credentials with a fresh kubeconfig.";

/// How far a chain of error sources is followed; a cycle must not hold a request up.
const CHAIN_LIMIT: usize = 16;

/// Why a request did not leave, or its answer was not taken.
///
/// Made by the layers below [`kube::Client`] and found again in [`ops_error`] through the error's sources.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The policy of this connection does not let the request out.
    #[error("refused before it left: {0}")]
    Refused(OpsError),
    /// Every address of the host is of a kind that is never connected to.
    #[error("no permitted address for the API server: {0}")]
    Address(&'static str),
    /// The host has no address.
    #[error("the API server's name does not resolve")]
    Resolve(#[source] std::io::Error),
    /// No connection.
    #[error("cannot connect to the API server")]
    Connect(#[source] std::io::Error),
    /// A connection, and no TLS on it that can be trusted.
    #[error("TLS to the API server failed")]
    Tls(#[source] std::io::Error),
    /// No answer in time.
    #[error("no answer from the API server within {0:?}")]
    Timeout(Duration),
    /// More bytes than are taken.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// Something else than JSON where nothing else can be taken.
    #[error("the answer is not JSON")]
    NotJson,
    /// A redirect, which is never followed.
    #[error("the API server answered with a redirect (HTTP {0})")]
    Redirect(u16),
}

impl Fault {
    /// The same fault once more: what a shared connection attempt said to one of its callers.
    pub(crate) fn again(&self) -> Self {
        let io = |error: &std::io::Error| {
            let tls = error
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<rustls::Error>());
            match tls {
                Some(tls) => std::io::Error::other(tls.clone()),
                None => std::io::Error::new(error.kind(), error.to_string()),
            }
        };
        match self {
            Self::Refused(error) => Self::Refused(error.clone()),
            Self::Address(kind) => Self::Address(kind),
            Self::Resolve(error) => Self::Resolve(io(error)),
            Self::Connect(error) => Self::Connect(io(error)),
            Self::Tls(error) => Self::Tls(io(error)),
            Self::Timeout(after) => Self::Timeout(*after),
            Self::TooLarge(limit) => Self::TooLarge(*limit),
            Self::NotJson => Self::NotJson,
            Self::Redirect(status) => Self::Redirect(*status),
        }
    }
}

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
    let error = OpsError::new(code, format!("could not {doing}: {reason}"));
    if next.is_empty() {
        error
    } else {
        error.hint(next)
    }
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
            "Wait a minute and try again.",
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
        return fault_error(fault, doing);
    }
    let is_nonsense = matches!(
        error,
        kube::Error::SerdeError(_) | kube::Error::FromUtf8(_) | kube::Error::ReadEvents(_)
    );
    if is_nonsense {
        return nonsense(doing);
    }
    unreachable(doing)
}

fn fault_error(fault: &Fault, doing: &str) -> OpsError {
    match fault {
        Fault::Refused(error) => error.clone(),
        Fault::Address(kind) => OpsError::new(
            ErrorCode::ClusterUnreachable,
            format!("could not {doing}: the API server’s address is {kind}, and this server does not connect there"),
        )
        .hint("Use the address the cluster is reached at from this server, or ask whoever runs it to allow this one."),
        Fault::Tls(error) => tls_error(error, doing),
        Fault::Timeout(after) => OpsError::new(
            ErrorCode::ClusterUnreachable,
            format!("could not {doing}: no answer within {} s", after.as_secs()),
        )
        .hint("Check that the API server is running and not overloaded."),
        Fault::TooLarge(limit) => OpsError::new(
            ErrorCode::TooLarge,
            format!("could not {doing}: the answer is larger than {} MiB", limit >> 20),
        )
        .hint("Ask for one namespace or use a label selector."),
        Fault::NotJson => nonsense(doing),
        Fault::Redirect(_) => OpsError::new(
            ErrorCode::ClusterAnswer,
            format!("could not {doing}: the server redirects elsewhere, which an API server does not do"),
        )
        .hint("Use the API server’s own address."),
        Fault::Resolve(_) | Fault::Connect(_) => unreachable(doing),
    }
}

/// A certificate that does not verify is said so; whatever else goes wrong in a handshake looks like a
/// closed port, so that nobody learns what listens on an address.
fn tls_error(error: &std::io::Error, doing: &str) -> OpsError {
    let tls = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::AlertReceived(alert)) if is_about_our_certificate(*alert) => OpsError::new(
            ErrorCode::CredentialsRejected,
            format!("could not {doing}: the cluster did not accept the client certificate"),
        )
        .hint(REPLACE),
        Some(rustls::Error::InvalidCertificate(why)) => OpsError::new(
            ErrorCode::TlsUnverified,
            format!(
                "could not {doing}: the API server’s certificate does not verify ({})",
                certificate_problem(why)
            ),
        )
        .hint("Check certificate-authority-data and the server’s host name in the kubeconfig. Nothing was sent."),
        _ => unreachable(doing),
    }
}

/// Alerts by which a server turns a client's certificate down (RFC 8446, section 6.2).
fn is_about_our_certificate(alert: rustls::AlertDescription) -> bool {
    use rustls::AlertDescription as Alert;
    [
        Alert::BadCertificate,
        Alert::UnsupportedCertificate,
        Alert::CertificateRevoked,
        Alert::CertificateExpired,
        Alert::CertificateUnknown,
        Alert::CertificateRequired,
        Alert::UnknownCA,
        Alert::AccessDenied,
    ]
    .contains(&alert)
}

fn certificate_problem(why: &rustls::CertificateError) -> &'static str {
    use rustls::CertificateError as Problem;
    if matches!(why, Problem::Expired | Problem::ExpiredContext { .. }) {
        "it has expired"
    } else if matches!(
        why,
        Problem::NotValidYet | Problem::NotValidYetContext { .. }
    ) {
        "it is not valid yet"
    } else if matches!(
        why,
        Problem::NotValidForName | Problem::NotValidForNameContext { .. }
    ) {
        "it is for another host name"
    } else if matches!(why, Problem::UnknownIssuer) {
        "it is not signed by the cluster’s CA"
    } else {
        "it is not acceptable"
    }
}

fn nonsense(doing: &str) -> OpsError {
    OpsError::new(
        ErrorCode::ClusterAnswer,
        format!("could not {doing}: the cluster’s answer is not what the Kubernetes API answers"),
    )
    .hint("Check that the server address is an API server and not a login page or a proxy.")
}

fn unreachable(doing: &str) -> OpsError {
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
    fn a_certificate_that_does_not_verify_is_named_and_other_handshakes_are_not() {
        let io = |error| std::io::Error::other(error);
        let bad = Fault::Tls(io(rustls::Error::InvalidCertificate(
            rustls::CertificateError::UnknownIssuer,
        )));
        let plain = Fault::Tls(io(rustls::Error::General("not TLS".into())));
        let closed = Fault::Connect(std::io::ErrorKind::ConnectionRefused.into());
        assert_eq!(fault_error(&bad, "connect").code, ErrorCode::TlsUnverified);
        assert_eq!(
            fault_error(&plain, "connect"),
            fault_error(&closed, "connect")
        );
    }

    #[test]
    fn finds_a_fault_below_other_errors() {
        let refusal = OpsError::new(ErrorCode::NotPermittedHere, "no");
        let error = kube::Error::Service(Box::new(Fault::Refused(refusal.clone())));
        assert_eq!(ops_error(error, "scale it"), refusal);
    }
}
