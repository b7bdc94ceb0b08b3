//! From a path to its answer.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    middleware,
    response::{IntoResponse as _, Response},
};
use demo_cluster::{
    registry::{self, KindId, KindSpec},
    status::Status,
};
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    accept::{self, Form},
    auth::{self, Lock},
    discovery::{self, Kinds},
    faults::{self, Trouble},
    hub::Hub,
    openapi,
    path::{self, Route},
    prometheus,
    query::Query,
    resources::{self, Incoming},
    respond::{self, Failure},
};

/// The Kubernetes release whose behaviour is simulated.
const GIT_VERSION: &str = "v1.33.4+ai4k8s-demo";

/// Checks that `?verbose` lists, in the words of a real API server.
const CHECKS: [&str; 5] = [
    "ping",
    "log",
    "etcd",
    "informer-sync",
    "poststarthook/start-apiserver-admission-initializer",
];

/// Everything the server answers, behind the token.
pub(crate) fn router(hub: Arc<Hub>, lock: Lock, trouble: Trouble) -> Router {
    Router::new()
        .fallback(dispatch)
        .with_state(hub)
        .layer(middleware::from_fn_with_state(trouble, faults::meddle))
        .layer(middleware::from_fn_with_state(lock, auth::require_token))
}

async fn dispatch(State(hub): State<Arc<Hub>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let query = Query::parse(parts.uri.query().unwrap_or_default());
    let route = match route(&hub, parts.uri.path()).await {
        Ok(route) => route,
        Err(failure) => return failure.into_response(),
    };
    let answer = if let Route::Resource(path) = route {
        let incoming = Incoming {
            method: parts.method,
            path,
            query,
            headers: parts.headers,
            body,
        };
        resources::handle(&hub, incoming).await
    } else if let Route::Prometheus(page) = route {
        Ok(prometheus::handle(&hub, &page, &parts.method, &query, body).await)
    } else {
        match kinds(&hub, &route).await {
            Ok(kinds) => document(&route, &kinds, &parts.method, &parts.headers, &query),
            Err(status) => Err(status.into()),
        }
    };
    answer.unwrap_or_else(Failure::into_response)
}

/// What a path names. The table comes first: it needs no look at the cluster.
async fn route(hub: &Arc<Hub>, path: &str) -> Result<Route, Failure> {
    if let Some(route) = path::parse(path, &registry::find) {
        return Ok(route);
    }
    let asked = path.to_owned();
    let path = path.to_owned();
    let found = hub.with(move |cluster| {
        let find =
            |group: &str, version: &str, plural: &str| cluster.store().find(group, version, plural);
        path::parse(&path, &find)
    });
    match found.await? {
        Some(route) => Ok(route),
        None if is_of_known_version(hub, &asked).await? => Err(Status::no_such_resource().into()),
        None => Err(Failure::NoSuchPage),
    }
}

/// Whether a path is below a group and version that is served: there a resource is missing, not a page.
async fn is_of_known_version(hub: &Arc<Hub>, path: &str) -> Result<bool, Status> {
    let path = path.trim_start_matches('/').to_owned();
    hub.with(move |cluster| {
        let kinds: Vec<&KindSpec> = cluster.store().kinds().map(KindId::spec).collect();
        discovery::group_versions(&kinds)
            .into_iter()
            .any(|(group, version)| {
                let root = if group.is_empty() { "api" } else { "apis" };
                let prefix = format!("{root}/{}/", discovery::group_version(group, version));
                path.starts_with(&prefix)
            })
    })
    .await
}

/// The kinds a document about the API is about; none for those that are about the server.
async fn kinds(hub: &Arc<Hub>, route: &Route) -> Result<Vec<&'static KindSpec>, Status> {
    match route {
        Route::Version | Route::Health(_) | Route::OpenApiV2 => Ok(Vec::new()),
        Route::Root
        | Route::CoreVersions
        | Route::Groups
        | Route::Group(_)
        | Route::Resources { .. }
        | Route::OpenApiV3Index
        | Route::OpenApiV3 { .. }
        | Route::Resource(_)
        | Route::Prometheus(_) => {
            hub.with(|cluster| cluster.store().kinds().map(KindId::spec).collect())
                .await
        }
    }
}

/// Documents about the API itself.
fn document(
    route: &Route,
    kinds: &Kinds,
    method: &Method,
    headers: &HeaderMap,
    query: &Query,
) -> Result<Response, Failure> {
    if method != Method::GET && method != Method::HEAD {
        return Err(Failure::MethodNotAllowed);
    }
    let found = match route {
        Route::Version => Some(version()),
        Route::Root => Some(root(kinds)),
        Route::Health(word) => return Ok(health(word, query)),
        Route::CoreVersions => return groups(kinds, headers, query, true),
        Route::Groups => return groups(kinds, headers, query, false),
        Route::Group(name) => discovery::group(kinds, name),
        Route::Resources { group, version } => discovery::resource_list(kinds, group, version),
        Route::OpenApiV2 => return openapi::v2(headers),
        Route::OpenApiV3Index => Some(openapi::v3_index(kinds)),
        Route::OpenApiV3 { group, version } => return openapi::v3(kinds, group, version),
        Route::Resource(_) | Route::Prometheus(_) => None,
    };
    let body = found.ok_or(Failure::NoSuchPage)?;
    Ok(respond::json_as(StatusCode::OK, &body, query.pretty()))
}

fn version() -> Value {
    json!({
        "major": "1", "minor": "33", "gitVersion": GIT_VERSION, "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "rustc",
        "platform": format!("{}/{}", std::env::consts::OS, platform()),
        "emulationMajor": "1", "emulationMinor": "33",
        "minCompatibilityMajor": "1", "minCompatibilityMinor": "32",
    })
}

/// The processor in Go's words.
fn platform() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn root(kinds: &Kinds) -> Value {
    let mut paths = vec!["/api".to_owned(), "/api/v1".to_owned(), "/apis".to_owned()];
    for (group, version) in discovery::group_versions(kinds) {
        if !group.is_empty() {
            paths.push(format!("/apis/{group}"));
            paths.push(format!("/apis/{group}/{version}"));
        }
    }
    paths.extend(
        [
            "/healthz",
            "/livez",
            "/openapi/v2",
            "/openapi/v3",
            "/readyz",
            "/version",
        ]
        .map(str::to_owned),
    );
    json!({"paths": paths})
}

/// `ok`, or the list of checks with `?verbose`.
fn health(word: &str, query: &Query) -> Response {
    let body = if query.says("verbose") {
        let checks: String = CHECKS
            .iter()
            .map(|check| format!("[+]{check} ok\n"))
            .collect();
        format!("{checks}{word} check passed\n")
    } else {
        "ok".to_owned()
    };
    respond::with_content_type(StatusCode::OK, "text/plain; charset=utf-8", body)
}

/// `/api` or `/apis`, in the form the caller prefers.
fn groups(
    kinds: &Kinds,
    headers: &HeaderMap,
    query: &Query,
    core: bool,
) -> Result<Response, Failure> {
    let form = accept::choose(headers, |form| {
        matches!(form, Form::Object | Form::Discovery(_))
    });
    match form.ok_or(Failure::NotAcceptable)? {
        Form::Discovery(version) => {
            let content_type = match version {
                "v2" => "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
                _ => "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList",
            };
            let body = discovery::aggregated(kinds, core, version);
            Ok(respond::typed_json(content_type, &body))
        }
        Form::Object | Form::Table | Form::Metadata | Form::OpenApiProtobuf => {
            let body = if core {
                discovery::core_versions()
            } else {
                discovery::group_list(kinds)
            };
            Ok(respond::json_as(StatusCode::OK, &body, query.pretty()))
        }
    }
}
