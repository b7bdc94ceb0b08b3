//! Answers: JSON bodies, pretty when asked, and failures as `metav1.Status`.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use demo_cluster::status::Status;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};

/// A refused request on its way out.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The API server's own words.
    Status(Status),
    /// 406: no form the caller accepts.
    NotAcceptable,
    /// 405 for a document that is only read.
    MethodNotAllowed,
    /// 404 for a path that is nobody's, in plain text.
    NoSuchPage,
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl Failure {
    /// The `metav1.Status` body.
    fn body(&self) -> Value {
        let (code, reason, message) = match self {
            Self::Status(status) => return status.to_value(),
            Self::NotAcceptable => (
                406,
                "NotAcceptable",
                "only the following media types are accepted: application/json",
            ),
            Self::MethodNotAllowed => (
                405,
                "MethodNotAllowed",
                "the server does not allow this method on the requested resource",
            ),
            Self::NoSuchPage => (404, "NotFound", "404 page not found"),
        };
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "details": {}, "code": code,
        })
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if matches!(self, Self::NoSuchPage) {
            let text = "text/plain; charset=utf-8";
            return with_content_type(StatusCode::NOT_FOUND, text, "404 page not found\n");
        }
        let body = self.body();
        let code = body["code"]
            .as_u64()
            .and_then(|code| u16::try_from(code).ok());
        let code = code.and_then(|code| StatusCode::from_u16(code).ok());
        let mut response = json(code.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &body);
        if let Some(seconds) = body.pointer("/details/retryAfterSeconds") {
            let seconds =
                HeaderValue::from_str(&seconds.to_string()).expect("a number is plain ASCII");
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

/// A JSON answer.
pub(crate) fn json(code: StatusCode, body: &impl Serialize) -> Response {
    with_content_type(code, "application/json", encode(body, false))
}

/// A JSON answer, indented when `pretty`.
pub(crate) fn json_as(code: StatusCode, body: &impl Serialize, pretty: bool) -> Response {
    with_content_type(code, "application/json", encode(body, pretty))
}

/// A JSON answer under a content type of its own.
pub(crate) fn typed_json(content_type: &'static str, body: &impl Serialize) -> Response {
    with_content_type(StatusCode::OK, content_type, encode(body, false))
}

/// Any answer with its content type.
pub(crate) fn with_content_type(
    code: StatusCode,
    content_type: &'static str,
    body: impl Into<Body>,
) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = code;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache, private"),
    );
    response
}

/// JSON with the newline that Go's encoder writes and `kubectl get --raw` relies on.
fn encode(body: &impl Serialize, pretty: bool) -> Vec<u8> {
    let encoded = if pretty {
        serde_json::to_vec_pretty(body)
    } else {
        serde_json::to_vec(body)
    };
    let mut bytes = encoded.expect("JSON values have string keys and always encode");
    bytes.push(b'\n');
    bytes
}

/// `299 - "text"` for each of the warnings, the form of RFC 7234 section 5.5 that Kubernetes uses.
pub(crate) fn add_warnings(response: &mut Response, warnings: &[String]) {
    for warning in warnings {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            response.headers_mut().append(header::WARNING, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_warnings() {
        let mut response = json(StatusCode::OK, &());
        add_warnings(&mut response, &["unknown field \"spec.x\"".to_owned()]);
        assert_eq!(
            response.headers()[header::WARNING],
            r#"299 - "unknown field \"spec.x\"""#
        );
    }

    #[test]
    fn tells_a_refused_caller_when_to_come_back() {
        let response = Failure::Status(Status::too_many_requests("busy", 3)).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "3");
    }
}
