//! Why something failed, in words safe to show to anyone signed in.
//!
//! Internal causes (paths, addresses, library messages, secrets) are logged where they occur and never
//! put in here: this type travels to the browser.

use serde::{Deserialize, Serialize};

use crate::time::Seconds;

/// What kind of failure it is; decides the HTTP status and what the page offers next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not signed in, or the session has ended.
    Unauthenticated,
    /// Signed in, but not allowed.
    Forbidden,
    /// It does not exist, or it is somebody else's: the two are not told apart.
    NotFound,
    /// What was typed cannot be used as it is.
    Invalid,
    /// A kubeconfig was refused; the message names the field.
    KubeconfigRejected,
    /// The state changed in the meantime; look again and repeat.
    Conflict,
    /// An approval or a page of it has expired.
    Expired,
    /// Too large to accept.
    TooLarge,
    /// Too many attempts; wait.
    RateLimited,
    /// The cluster's mode or a guard does not allow this change.
    NotPermittedHere,
    /// The cluster refused our credentials (401).
    CredentialsRejected,
    /// The cluster says the credentials may not do this (403).
    ClusterForbids,
    /// A change was not sent, because the cluster could not be looked at before it.
    NotSent,
    /// The name of the cluster's API server has no address.
    NameNotFound,
    /// Nothing listens at the address and port of the cluster's API server.
    ConnectionRefused,
    /// The cluster did not answer in time.
    ClusterTimeout,
    /// The cluster cannot be reached for another reason.
    ClusterUnreachable,
    /// What listens there does not speak TLS: plain HTTP behind an `https` address.
    NotTls,
    /// The cluster's certificate is not signed by the certificate authority given for it.
    CertificateNotTrusted,
    /// The cluster's certificate is for another host name.
    CertificateNameMismatch,
    /// The cluster's certificate has expired, or is not valid yet.
    CertificateExpired,
    /// The cluster's certificate cannot be verified for another reason.
    TlsUnverified,
    /// What answers is not a Kubernetes API.
    NotKubernetes,
    /// The cluster answered with an error of its own, or something it should not.
    ClusterAnswer,
    /// The cluster has no metrics API.
    MetricsUnavailable,
    /// There are too few measurements to say.
    NotEnoughData,
    /// This command or feature is refused on purpose.
    Unsupported,
    /// Something is overloaded or stopping; try again shortly.
    Unavailable,
    /// Our own fault; the reference leads to the log.
    Internal,
}

impl ErrorCode {
    /// Every code, in the order of their declaration.
    pub const ALL: [Self; 29] = [
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::Invalid,
        Self::KubeconfigRejected,
        Self::Conflict,
        Self::Expired,
        Self::TooLarge,
        Self::RateLimited,
        Self::NotPermittedHere,
        Self::CredentialsRejected,
        Self::ClusterForbids,
        Self::NotSent,
        Self::NameNotFound,
        Self::ConnectionRefused,
        Self::ClusterTimeout,
        Self::ClusterUnreachable,
        Self::NotTls,
        Self::CertificateNotTrusted,
        Self::CertificateNameMismatch,
        Self::CertificateExpired,
        Self::TlsUnverified,
        Self::NotKubernetes,
        Self::ClusterAnswer,
        Self::MetricsUnavailable,
        Self::NotEnoughData,
        Self::Unsupported,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The HTTP status a failure of this kind is answered with.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Unauthenticated => 401,
            Self::Forbidden | Self::NotPermittedHere => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::Expired => 410,
            Self::TooLarge => 413,
            Self::Invalid | Self::KubeconfigRejected | Self::Unsupported | Self::NotEnoughData => {
                422
            }
            Self::RateLimited => 429,
            Self::Internal => 500,
            Self::CredentialsRejected
            | Self::ClusterForbids
            | Self::NotSent
            | Self::NameNotFound
            | Self::ConnectionRefused
            | Self::ClusterUnreachable
            | Self::NotTls
            | Self::CertificateNotTrusted
            | Self::CertificateNameMismatch
            | Self::CertificateExpired
            | Self::TlsUnverified
            | Self::NotKubernetes
            | Self::ClusterAnswer => 502,
            Self::MetricsUnavailable | Self::Unavailable => 503,
            Self::ClusterTimeout => 504,
        }
    }

    /// Whether a write that failed so may have been made all the same: the request can have arrived although no
    /// answer that can be trusted came back.
    #[must_use]
    pub const fn leaves_doubt(self) -> bool {
        match self {
            Self::ClusterTimeout
            | Self::ClusterUnreachable
            | Self::NotKubernetes
            | Self::ClusterAnswer
            | Self::TooLarge
            | Self::Unavailable => true,
            Self::Unauthenticated
            | Self::Forbidden
            | Self::NotFound
            | Self::Invalid
            | Self::KubeconfigRejected
            | Self::Conflict
            | Self::Expired
            | Self::RateLimited
            | Self::NotPermittedHere
            | Self::CredentialsRejected
            | Self::ClusterForbids
            | Self::NotSent
            | Self::NameNotFound
            | Self::ConnectionRefused
            | Self::NotTls
            | Self::CertificateNotTrusted
            | Self::CertificateNameMismatch
            | Self::CertificateExpired
            | Self::TlsUnverified
            | Self::MetricsUnavailable
            | Self::NotEnoughData
            | Self::Unsupported
            | Self::Internal => false,
        }
    }
}

/// A failure in words: what, why, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[error("{message}")]
pub struct OpsError {
    /// The kind.
    pub code: ErrorCode,
    /// What failed and why, naming the thing. One sentence.
    pub message: String,
    /// What to do next; empty when there is nothing to add.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
    /// Seconds after which trying again may help, at least 1: with every [`ErrorCode::RateLimited`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Seconds>,
}

impl OpsError {
    /// A failure without advice.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: String::new(),
            retry_after: None,
        }
    }

    /// Too much of something; `wait`, of at least a second, says when to try again.
    #[must_use]
    pub fn rate_limited(message: impl Into<String>, wait: Seconds) -> Self {
        let wait = wait.max(Seconds(1));
        Self {
            retry_after: Some(wait),
            ..Self::new(ErrorCode::RateLimited, message)
        }
        .hint(format!("Try again in {} s.", wait.0))
    }

    /// The same failure with the next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// “There is no such X”: also the answer for what belongs to somebody else.
    #[must_use]
    pub fn not_found(thing: &str) -> Self {
        Self::new(ErrorCode::NotFound, format!("there is no such {thing}"))
    }

    /// Our own fault. The caller logs the cause.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(ErrorCode::Internal, "something went wrong on our side")
            .hint("Try again; if it happens again, give the reference to whoever runs this server.")
    }

    /// The HTTP status this failure is answered with.
    #[must_use]
    pub const fn http_status(&self) -> u16 {
        self.code.http_status()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_asked_to_come_back_in_no_time() {
        let error = OpsError::rate_limited("too many", Seconds(0));
        assert_eq!(error.retry_after, Some(Seconds(1)));
        assert_eq!(error.hint, "Try again in 1 s.");
    }

    #[test]
    fn lists_every_code_once() {
        let mut codes = ErrorCode::ALL.to_vec();
        codes.dedup();
        assert_eq!(codes.len(), ErrorCode::Internal as usize + 1);
    }
}
