//! The one lock on the door: a bearer token, compared in constant time.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use demo_cluster::status::Status;
use http::header::AUTHORIZATION;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use crate::respond::Failure;

/// Paths a load balancer may ask without a token, as on a real API server (`system:public-info-viewer`).
const PUBLIC: [&str; 3] = ["/healthz", "/livez", "/readyz"];

/// The token's SHA-256, which is what requests are compared with.
#[derive(Clone)]
pub(crate) struct Lock(Arc<[u8; 32]>);

impl Lock {
    /// A lock that `token` opens.
    pub(crate) fn new(token: &SecretString) -> Self {
        Self(Arc::new(digest(token.expose_secret())))
    }

    /// Hashes first, so that neither length nor content of the right token shows in the time taken.
    fn opens(&self, request: &Request) -> bool {
        let presented = request
            .headers()
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let Some((_, token)) = presented else {
            return false;
        };
        let difference = digest(token.trim())
            .iter()
            .zip(self.0.iter())
            .fold(0, |sum, (left, right)| sum | (left ^ right));
        difference == 0
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Middleware: 401 unless the token is right.
pub(crate) async fn require_token(
    State(lock): State<Lock>,
    request: Request,
    next: Next,
) -> Response {
    if PUBLIC.contains(&request.uri().path()) || lock.opens(&request) {
        return next.run(request).await;
    }
    Failure::Status(Status::unauthorized()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: Option<&str>, expected: bool) {
        let mut request = http::Request::builder().uri("/api");
        if let Some(header) = header {
            request = request.header(AUTHORIZATION, header);
        }
        let request = request.body(axum::body::Body::empty()).unwrap();
        assert_eq!(Lock::new(&"right".into()).opens(&request), expected);
    }

    #[test]
    fn opens_for_the_token_only() {
        check(Some("Bearer right"), true);
        check(Some("bearer right"), true);
        check(Some("Bearer wrong"), false);
        check(Some("Bearer right2"), false);
        check(Some("Bearer "), false);
        check(Some("Basic right"), false);
        check(Some("right"), false);
        check(None, false);
    }
}
