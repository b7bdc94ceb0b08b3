//! The HTTP API under `/api/v1`: one table says what there is, builds the router and describes itself as OpenAPI.

mod autoscaling;
mod chat;
mod clusters;
mod extract;
pub(super) mod gate;
mod jobs;
mod openapi;
mod plans;

use axum::{
    Router,
    middleware::from_fn_with_state,
    response::Redirect,
    routing::{MethodRouter, get},
};
use domain::account::Scope;
use http::Method;

use crate::state::App;

/// One thing the API can do.
pub struct Operation {
    /// How.
    pub method: Method,
    /// Where, with `{id}` for what varies.
    pub path: &'static str,
    /// The path it had in the system this API descends from, when it had one.
    pub alias: Option<&'static str>,
    /// What a token needs for it.
    pub scope: Scope,
    /// What it does, in one line.
    pub summary: &'static str,
    /// Example of the body it takes.
    pub request: Option<&'static str>,
    /// Status and example of what it answers; no example where there is no body.
    pub response: (u16, Option<&'static str>),
    handler: fn() -> MethodRouter<App>,
}

/// Everything the API can do, event streams apart.
#[must_use]
pub fn operations() -> Vec<Operation> {
    [
        clusters::operations(),
        chat::operations(),
        autoscaling::operations(),
        jobs::operations(),
        plans::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub(super) fn routes(app: &App) -> Router<App> {
    let mut router = Router::new()
        .route("/api/openapi.json", get(openapi::document))
        .route(
            "/add_server",
            get(|| async { Redirect::permanent("/clusters/new") }),
        )
        .route("/server/{id}", get(old_cluster_page));
    for operation in operations() {
        let gate = from_fn_with_state((app.clone(), operation.scope), gate::admit);
        for path in [Some(operation.path), operation.alias]
            .into_iter()
            .flatten()
        {
            router = router.route(path, (operation.handler)().layer(gate.clone()));
        }
    }
    router
}

/// Where the page of a cluster was in the system this one descends from.
async fn old_cluster_page(
    axum::extract::Path(id): axum::extract::Path<domain::ids::ClusterId>,
) -> Redirect {
    Redirect::permanent(&format!("/c/{id}"))
}
