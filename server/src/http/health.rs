//! Whether this server lives, whether it can work, and its counters.

use axum::{
    Json, Router,
    extract::State,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::get,
};
use domain::account::Scope;
use http::{StatusCode, header};
use serde_json::json;

use crate::{services::stored, state::App};

use super::rest::gate;

/// Without signing in.
pub(super) fn open() -> Router<App> {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
}

/// With a token or a session: counters say much about whoever uses the server.
pub(super) fn guarded(app: &App) -> Router<App> {
    let gate = from_fn_with_state((app.clone(), Scope::Read), gate::admit);
    Router::new().route("/metrics", get(counters).layer(gate))
}

async fn ready(State(app): State<App>) -> Response {
    let database = match app.core.database.ping().await {
        Ok(()) => "ok",
        Err(error) => {
            stored(error);
            "unavailable"
        }
    };
    let is_ready = database == "ok" && !app.stopping.is_cancelled();
    let status = if is_ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (
        status,
        Json(json!({ "ready": is_ready, "database": database })),
    )
        .into_response()
}

async fn counters(State(app): State<App>) -> impl IntoResponse {
    let text = app.metrics.render();
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        text,
    )
}
