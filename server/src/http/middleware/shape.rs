//! Failures that the layers below answer in plain text, in the API's own shape: every failure of a route under `/api`
//! is `{code, message, hint, reference}`.

use axum::{extract::Request, middleware::Next, response::Response};
use domain::{ErrorCode, OpsError};
use http::{StatusCode, header};

use super::super::error::respond;

pub(in crate::http) async fn shape(request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let method = request.method().clone();
    let response = next.run(request).await;
    let status = response.status();
    let is_plain = response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_none_or(|kind| kind.starts_with("text/plain"));
    if !is_api || !is_plain {
        return response;
    }
    let error = match status {
        StatusCode::METHOD_NOT_ALLOWED => OpsError::new(
            ErrorCode::Unsupported,
            format!("this route does not answer to {method}"),
        )
        .hint("What there is stands in /api/openapi.json."),
        StatusCode::PAYLOAD_TOO_LARGE => {
            OpsError::new(ErrorCode::TooLarge, "the request body is larger than 2 MiB")
        }
        StatusCode::SERVICE_UNAVAILABLE => OpsError::new(
            ErrorCode::Unavailable,
            "the answer took too long and was given up",
        ),
        _ => return response,
    };
    let mut shaped = respond(&error, status);
    if let Some(allow) = response.headers().get(header::ALLOW) {
        shaped.headers_mut().insert(header::ALLOW, allow.clone());
    }
    shaped
}
