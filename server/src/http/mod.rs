//! The web server: pages, server functions, the HTTP API, event streams, and the layers around all of them.

mod assets;
mod error;
mod events;
mod health;
mod middleware;
mod pages;
mod rest;
pub mod streams;
mod upload;

use std::time::Duration;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
};
use axum_login::{
    AuthManagerLayerBuilder,
    tower_sessions::{Expiry, SessionManagerLayer, cookie::SameSite},
};
use http::StatusCode;
use store::sessions::IDLE_LIMIT;
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, limit::RequestBodyLimitLayer,
    timeout::TimeoutLayer,
};

use crate::{auth::Backend, state::App};

pub use self::{
    events::{EventKind, EventStream, streams},
    rest::{Operation, document, operations},
};

/// Largest body of any request but an upload of the same limit in the store's own terms: a kubeconfig has 256 KiB.
const BODY_LIMIT: usize = 2 * 1024 * 1024;
/// Longest time for an answer that is not a stream.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Everything this server answers.
pub fn build(app: &App) -> Router {
    let answers = Router::new()
        .merge(pages::routes(app))
        .merge(rest::routes(app))
        .merge(upload::routes())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            ANSWER_WITHIN,
        ));
    let signed = answers
        .merge(events::routes(app))
        .merge(health::guarded(app))
        .layer(from_fn(middleware::origin::guard))
        .layer(session_layer(app))
        // Not the assets: those have packed copies of their own, and packing megabytes of wasm for every
        // browser takes far longer than sending them.
        .layer(CompressionLayer::new());
    Router::new()
        .merge(signed)
        .merge(assets::routes())
        .merge(health::open())
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
        .layer(from_fn(middleware::shape::shape))
        .layer(from_fn(middleware::slash::trim))
        .layer(from_fn(middleware::headers::secure))
        .layer(from_fn_with_state(app.clone(), middleware::host::guard))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(from_fn(middleware::observe::observe))
        .with_state(app.clone())
}

fn session_layer(app: &App) -> axum_login::AuthManagerLayer<Backend, store::sessions::Sessions> {
    let clock = app.core.clock.clone();
    let sessions = app
        .core
        .database
        .sessions()
        .with_clock(std::sync::Arc::new(move || clock.now()));
    let secure = app.core.config.http.behind_tls;
    let layer = SessionManagerLayer::new(sessions)
        .with_name(if secure { "__Host-ai4k8s" } else { "ai4k8s" })
        .with_secure(secure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(time::Duration::seconds(IDLE_LIMIT.0)));
    AuthManagerLayerBuilder::new(Backend::new(app.core.database.clone()), layer).build()
}
