//! No other site may change anything in a visitor's name.
//!
//! A request that changes something and carries cookies must come from a page of this very origin, as the browser
//! itself says (`Sec-Fetch-Site`, else `Origin`). Requests with a bearer token are not made by browsers on their own
//! and need no such proof.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{ErrorCode, OpsError};
use http::{HeaderMap, HeaderName, Method, header};

use super::super::error::ApiError;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

pub(in crate::http) async fn guard(request: Request, next: Next) -> Response {
    if is_safe(request.method()) || is_own(request.headers()) {
        return next.run(request).await;
    }
    ApiError(
        OpsError::new(ErrorCode::Forbidden, "this request does not come from a page of this server")
            .hint("Open the page here and send the form again; scripts use an access token instead of a cookie."),
    )
    .into_response()
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn is_own(headers: &HeaderMap) -> bool {
    if headers.contains_key(header::AUTHORIZATION) {
        return true;
    }
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return site == "same-origin";
    }
    match headers.get(header::ORIGIN) {
        Some(origin) => is_same_host(headers, origin.to_str().unwrap_or("")),
        None => !headers.contains_key(header::COOKIE),
    }
}

/// Whether an origin's host and port are the ones the request was sent to.
fn is_same_host(headers: &HeaderMap, origin: &str) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    origin
        .split_once("://")
        .is_some_and(|(scheme, rest)| matches!(scheme, "http" | "https") && Some(rest) == host)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn refuses_what_another_site_sends_with_cookies() {
        for pairs in [
            &[("sec-fetch-site", "cross-site"), ("cookie", "a=b")][..],
            &[("sec-fetch-site", "same-site"), ("cookie", "a=b")],
            &[("sec-fetch-site", "none"), ("cookie", "a=b")],
            &[
                ("origin", "http://evil.example"),
                ("host", "localhost:3000"),
            ],
            &[("origin", "null"), ("host", "localhost:3000")],
            &[
                ("origin", "http://localhost:3000.evil.example"),
                ("host", "localhost:3000"),
            ],
            &[("cookie", "a=b")],
        ] {
            assert!(!is_own(&headers(pairs)), "{pairs:?}");
        }
    }

    #[test]
    fn lets_own_pages_and_scripts_through() {
        for pairs in [
            &[("sec-fetch-site", "same-origin"), ("cookie", "a=b")][..],
            &[
                ("origin", "http://localhost:3000"),
                ("host", "localhost:3000"),
                ("cookie", "a=b"),
            ],
            &[("authorization", "Bearer x")],
            &[],
        ] {
            assert!(is_own(&headers(pairs)), "{pairs:?}");
        }
    }
}
