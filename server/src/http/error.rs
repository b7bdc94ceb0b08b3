//! Failures of the HTTP API as JSON: `{code, message, hint, reference}`.

use std::any::Any;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::{ErrorCode, OpsError};
use http::StatusCode;
use serde::Serialize;

use crate::request_id;

/// A failure with the request's id.
#[derive(Debug)]
pub(super) struct ApiError(pub OpsError);

#[derive(Serialize)]
struct Body<'a> {
    code: ErrorCode,
    message: &'a str,
    hint: &'a str,
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
    let body = Body {
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
