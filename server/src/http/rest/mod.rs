//! The HTTP API under `/api/v1`: one table says what there is, builds the router and describes itself as OpenAPI.

mod autoscaling;
mod chat;
mod clusters;
pub mod document;
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
use domain::{ErrorCode, account::Scope};
use http::Method;

use crate::state::App;

use self::document::{Document, Parameter};
use super::events::EventKind;

pub(super) use self::clusters::OVERVIEW;

/// One thing the API can do.
pub struct Operation {
    /// Its name for programs, unique.
    pub id: &'static str,
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
    /// What else there is to say; may be empty.
    pub remarks: &'static str,
    /// What can be asked besides.
    pub parameters: &'static [Parameter],
    /// The body it takes.
    pub request: Option<Document>,
    /// Status and body of what it answers.
    pub response: (u16, Option<Document>),
    /// Other answers under the same status: a name, and an example.
    pub more_examples: &'static [(&'static str, &'static str)],
    /// The events it answers with “Accept: text/event-stream”, when it can.
    pub stream: Option<Vec<EventKind>>,
    /// Why it may fail, apart from what holds for every operation, every id and every body.
    pub refusals: &'static [&'static [ErrorCode]],
    handler: fn() -> MethodRouter<App>,
}

impl Operation {
    /// A read without parameters; the rest is set by `..Operation::get(…)`.
    fn get(id: &'static str, path: &'static str, handler: fn() -> MethodRouter<App>) -> Self {
        Self {
            id,
            method: Method::GET,
            path,
            alias: None,
            scope: Scope::Read,
            summary: "",
            remarks: "",
            parameters: &[],
            request: None,
            response: (200, None),
            more_examples: &[],
            stream: None,
            refusals: &[],
            handler,
        }
    }

    /// The same with POST.
    fn post(id: &'static str, path: &'static str, handler: fn() -> MethodRouter<App>) -> Self {
        Self {
            method: Method::POST,
            ..Self::get(id, path, handler)
        }
    }

    /// The same with DELETE, answered without a body.
    fn delete(id: &'static str, path: &'static str, handler: fn() -> MethodRouter<App>) -> Self {
        Self {
            method: Method::DELETE,
            response: (204, None),
            ..Self::get(id, path, handler)
        }
    }
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
