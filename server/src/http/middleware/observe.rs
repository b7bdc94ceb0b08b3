//! An id for every request, one log line, and the counters behind `/metrics`.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue, Method};
use tracing::Instrument as _;

use crate::request_id;

/// Header that carries the id, both ways. What a client sends in it is replaced: ids are ours to give.
const HEADER: HeaderName = HeaderName::from_static("x-request-id");

pub(in crate::http) async fn observe(mut request: Request, next: Next) -> Response {
    let id = fresh_id();
    let header = HeaderValue::from_str(&id).expect("a hexadecimal id is a header value");
    request.headers_mut().insert(HEADER, header.clone());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "other".to_owned(), |matched| matched.as_str().to_owned());
    let span = tracing::info_span!("request", id, %method, path);
    let began = Instant::now();
    let mut response = request_id::scope(id, next.run(request).instrument(span.clone())).await;
    response.headers_mut().insert(HEADER, header);
    let elapsed = began.elapsed();
    let status = response.status().as_u16();
    let _entered = span.enter();
    tracing::info!(
        status,
        duration_ms = elapsed.as_secs_f64() * 1000.0,
        "answered"
    );
    let labels = [
        ("method", known(&method).to_owned()),
        ("route", route),
        ("status", status.to_string()),
    ];
    metrics::counter!("ai4k8s_http_requests_total", &labels).increment(1);
    metrics::histogram!("ai4k8s_http_request_seconds", &labels).record(elapsed.as_secs_f64());
    response
}

/// The method, or one word for all that somebody made up: each label value is kept for ever.
fn known(method: &Method) -> &str {
    match *method {
        Method::GET
        | Method::HEAD
        | Method::POST
        | Method::PUT
        | Method::PATCH
        | Method::DELETE
        | Method::OPTIONS => method.as_str(),
        _ => "other",
    }
}

/// 16 hexadecimal digits. Without randomness (a broken machine) the answer still goes out, under a common id.
fn fresh_id() -> String {
    let mut bytes = [0; 8];
    match getrandom::fill(&mut bytes) {
        Ok(()) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Err(_) => "0".repeat(16),
    }
}
