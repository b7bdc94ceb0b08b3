//! Why something failed, in words safe to show to anyone signed in.
//!
//! Internal causes (paths, addresses, library messages, secrets) are logged where they occur and never
//! put in here: this type travels to the browser.

use serde::{Deserialize, Serialize};

/// What kind of failure it is; decides the HTTP status and what the page offers next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// The cluster could not be reached in time.
    ClusterUnreachable,
    /// The cluster's certificate could not be verified.
    TlsUnverified,
    /// The cluster answered something it should not.
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

/// A failure in words: what, why, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct OpsError {
    /// The kind.
    pub code: ErrorCode,
    /// What failed and why, naming the thing. One sentence.
    pub message: String,
    /// What to do next; empty when there is nothing to add.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
}

impl OpsError {
    /// A failure without advice.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: String::new(),
        }
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
        match self.code {
            ErrorCode::Unauthenticated => 401,
            ErrorCode::Forbidden | ErrorCode::NotPermittedHere => 403,
            ErrorCode::NotFound => 404,
            ErrorCode::Conflict => 409,
            ErrorCode::Expired => 410,
            ErrorCode::TooLarge => 413,
            ErrorCode::Invalid
            | ErrorCode::KubeconfigRejected
            | ErrorCode::Unsupported
            | ErrorCode::NotEnoughData => 422,
            ErrorCode::RateLimited => 429,
            ErrorCode::Internal => 500,
            ErrorCode::CredentialsRejected
            | ErrorCode::ClusterForbids
            | ErrorCode::ClusterUnreachable
            | ErrorCode::TlsUnverified
            | ErrorCode::ClusterAnswer => 502,
            ErrorCode::MetricsUnavailable | ErrorCode::Unavailable => 503,
        }
    }
}
