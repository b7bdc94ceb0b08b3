//! Log lines on stderr: for people on a terminal, as JSON elsewhere.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Quiet but for us; hyper and its like say what they send, which may be secret, and are never turned up by default.
const DEFAULT_FILTER: &str = "warn,server=info,demo_api=info,kube_cluster=info,store=info,app=info";
/// Crates whose debug output contains headers and bodies (one even warns with them): whatever `RUST_LOG` says, not below
/// this.
const CAPPED: [&str; 6] = [
    "hyper=info",
    "h2=info",
    "rustls=info",
    "kube_client=off",
    "sqlx=warn",
    "axum_login=info",
];

/// Starts logging. `RUST_LOG` chooses what is said.
pub(super) fn start() {
    let wanted = std::env::var("RUST_LOG").unwrap_or_else(|_| DEFAULT_FILTER.to_owned());
    let filter = CAPPED.iter().fold(EnvFilter::new(wanted), |filter, cap| {
        filter.add_directive(cap.parse().expect("a directive written in this file"))
    });
    let registry = tracing_subscriber::registry().with(filter);
    if io::stderr().is_terminal() {
        registry
            .with(fmt::layer().with_writer(io::stderr).with_target(false))
            .init();
    } else {
        registry
            .with(fmt::layer().json().with_writer(io::stderr))
            .init();
    }
}
