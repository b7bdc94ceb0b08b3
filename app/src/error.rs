//! What a server function answers when it fails: the domain's own words, and the reference that leads
//! to the log. Nothing of Leptos' parser messages, library errors or addresses gets this far.

use std::fmt;

use domain::{ErrorCode, OpsError};
use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

/// A failure as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppError {
    /// What failed, why, and what to do next.
    #[serde(flatten)]
    pub error: OpsError,
    /// The request id the log carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

impl AppError {
    /// The kind of failure.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.error.code
    }

    /// Whether signing in again is what helps.
    #[must_use]
    pub const fn is_signed_out(&self) -> bool {
        matches!(self.error.code, ErrorCode::Unauthenticated)
    }
}

impl From<OpsError> for AppError {
    fn from(error: OpsError) -> Self {
        Self {
            error,
            reference: None,
        }
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for AppError {}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::UnsupportedRequestMethod(_) => {
                OpsError::new(ErrorCode::Unavailable, "the server could not be reached")
                    .hint("Check the connection and try again.")
            }
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Serialization(_) => {
                OpsError::new(ErrorCode::Invalid, "the form could not be read")
                    .hint("Load the page again and send it once more.")
            }
            ServerFnErrorErr::Deserialization(_) => {
                OpsError::new(ErrorCode::Unavailable, "the answer could not be read")
                    .hint("Load the page again: the server may have been updated.")
            }
            ServerFnErrorErr::Registration(_)
            | ServerFnErrorErr::ServerError(_)
            | ServerFnErrorErr::MiddlewareError(_)
            | ServerFnErrorErr::Response(_) => OpsError::internal(),
        }
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_shows_what_a_parser_said() {
        let error = AppError::from_server_fn_error(ServerFnErrorErr::Args(
            "invalid type at /srv/secret".into(),
        ));
        assert_eq!(error.code(), ErrorCode::Invalid);
        assert!(!error.to_string().contains("secret"));
    }

    #[test]
    fn is_one_flat_object_on_the_wire() {
        let error = AppError {
            reference: Some("r-1".into()),
            ..OpsError::not_found("cluster").into()
        };
        let json = serde_json::to_value(&error).unwrap();
        assert_eq!(json["code"], "not_found");
        assert_eq!(json["message"], "there is no such cluster");
        assert_eq!(json["reference"], "r-1");
        assert_eq!(serde_json::from_value::<AppError>(json).unwrap(), error);
    }
}
