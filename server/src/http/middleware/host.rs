//! Which host names a request may name: without this, another site's name that resolves to this machine
//! (DNS rebinding) could talk to it with a visitor's cookies.

use std::net::IpAddr;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};

use crate::state::App;

pub(in crate::http) async fn guard(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| request.uri().authority().map(http::uri::Authority::as_str));
    match host {
        Some(host) if is_allowed(name_of(host), &app.core.config.http.allowed_hosts) => {
            next.run(request).await
        }
        _ => (
            StatusCode::MISDIRECTED_REQUEST,
            "this server does not answer to that host name; add it to http.allowed_hosts\n",
        )
            .into_response(),
    }
}

/// The host without its port.
fn name_of(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None => host.split(':').next().unwrap_or(""),
    }
}

/// Addresses cannot be rebound, `localhost` neither; names have to be listed.
fn is_allowed(name: &str, allowed: &[String]) -> bool {
    name.parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || allowed.iter().any(|host| host.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_to_addresses_localhost_and_what_is_listed() {
        let allowed = ["ops.example.org".to_owned()];
        for host in [
            "127.0.0.1:3000",
            "[::1]:3000",
            "localhost",
            "LOCALHOST:1",
            "ops.example.org",
        ] {
            assert!(is_allowed(name_of(host), &allowed), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "",
            "[",
            "127.0.0.1.evil.example:80",
        ] {
            assert!(!is_allowed(name_of(host), &allowed), "{host}");
        }
    }
}
