//! Failures of the HTTP API as JSON: `{code, message, hint, reference}`.

use std::any::Any;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::{ErrorCode, OpsError};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::request_id;

/// A failure with the request's id.
#[derive(Debug)]
pub(super) struct ApiError(pub OpsError);

/// Why something failed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub(super) struct Failure<'a> {
    /// What kind of failure it is.
    code: ErrorCode,
    /// What failed and why, in one sentence.
    message: &'a str,
    /// What to do next; may be empty.
    hint: &'a str,
    /// The request's id, as the server's log has it.
    reference: String,
}

impl From<OpsError> for ApiError {
    fn from(error: OpsError) -> Self {
        Self(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.http_status());
        respond(&self.0, status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
    }
}

/// A failure under a status that says more than its code does.
pub(super) fn respond(error: &OpsError, status: StatusCode) -> Response {
    tracing::info!(code = ?error.code, message = error.message, "request refused");
    let body = Failure {
        code: error.code,
        message: &error.message,
        hint: &error.hint,
        reference: request_id::current(),
    };
    let mut response = (status, Json(body)).into_response();
    if status == StatusCode::UNAUTHORIZED {
        let challenge = http::HeaderValue::from_static("Bearer realm=\"ai4k8s\"");
        response
            .headers_mut()
            .insert(http::header::WWW_AUTHENTICATE, challenge);
    }
    if let Some(wait) = error.retry_after {
        let seconds = http::HeaderValue::from(wait.0);
        response
            .headers_mut()
            .insert(http::header::RETRY_AFTER, seconds);
    }
    response
}

/// Answers a request whose handler panicked; what the panic said stays in the log.
pub(super) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(panic = message, "a handler panicked");
    ApiError(OpsError::internal()).into_response()
}
