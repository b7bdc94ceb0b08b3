//! Reads and writes of objects: from HTTP to the machinery's request and back.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use demo_cluster::{
    Cluster,
    api::{self, Request, Verb},
    registry::{KindId, Subresource},
    status::Status,
    table::{self, IncludeObject},
};
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use crate::{
    accept::{self, Form},
    body,
    hub::Hub,
    logs, metadata,
    path::ResourcePath,
    query::{self, Query},
    respond::{self, Failure},
    watch,
};

/// One request for a resource, as it came.
pub(crate) struct Incoming {
    /// What to do.
    pub method: Method,
    /// To what.
    pub path: ResourcePath,
    /// How.
    pub query: Query,
    /// In which words.
    pub headers: HeaderMap,
    /// With what.
    pub body: Body,
}

/// Carries out one request.
pub(crate) async fn handle(hub: &Arc<Hub>, incoming: Incoming) -> Result<Response, Failure> {
    let subresource = subresource(&incoming.path)?;
    match subresource {
        Some(Subresource::Log) => logs::handle(hub, incoming).await,
        Some(Subresource::Proxy) => proxy(hub, incoming).await,
        Some(
            Subresource::Status
            | Subresource::Scale
            | Subresource::Eviction
            | Subresource::Finalize
            | Subresource::Resize,
        ) => call(hub, incoming, subresource).await,
        None if is_watch(&incoming) => watch::handle(hub, incoming).await,
        None => call(hub, incoming, None).await,
    }
}

/// The subresource in the path, which the kind must have.
fn subresource(path: &ResourcePath) -> Result<Option<Subresource>, Status> {
    let Some(word) = &path.subresource else {
        return Ok(None);
    };
    Subresource::parse(word)
        .filter(|it| path.kind.spec().has(*it))
        .map(Some)
        .ok_or_else(Status::no_such_resource)
}

fn is_watch(incoming: &Incoming) -> bool {
    incoming.method == Method::GET
        && incoming.path.subresource.is_none()
        && (incoming.path.watch || incoming.query.says("watch"))
}

async fn call(
    hub: &Arc<Hub>,
    incoming: Incoming,
    subresource: Option<Subresource>,
) -> Result<Response, Failure> {
    let form = form(&incoming.headers)?;
    let include = include_object(&incoming.query)?;
    let pretty = incoming.query.pretty();
    let request = request(incoming, subresource).await?;
    let changes = changes(&request);
    let work = move |cluster: &mut Cluster| answer(cluster, &request, form, include, pretty);
    let answer = if changes {
        hub.change(work).await
    } else {
        hub.with(work).await?
    };
    answer.map_err(Failure::Status)
}

/// Whether the request may leave the cluster other than it was.
fn changes(request: &Request) -> bool {
    match request.verb {
        Verb::Get | Verb::List => false,
        Verb::Create | Verb::Update | Verb::Patch(_) | Verb::Delete | Verb::DeleteCollection => {
            !request.options.dry_run
        }
    }
}

/// The form the caller wants, of those objects and lists have.
pub(crate) fn form(headers: &HeaderMap) -> Result<Form, Failure> {
    accept::choose(headers, |form| {
        matches!(form, Form::Object | Form::Table | Form::Metadata)
    })
    .ok_or(Failure::NotAcceptable)
}

/// `includeObject` of a Table request.
pub(crate) fn include_object(query: &Query) -> Result<IncludeObject, Status> {
    match query.get("includeObject") {
        "" | "Metadata" => Ok(IncludeObject::Metadata),
        "None" => Ok(IncludeObject::None),
        "Object" => Ok(IncludeObject::Object),
        other => Err(Status::bad_request(format!(
            "includeObject: Unsupported value: {other:?}: supported values: None, Metadata, Object"
        ))),
    }
}

async fn request(incoming: Incoming, subresource: Option<Subresource>) -> Result<Request, Status> {
    let Incoming {
        method,
        path,
        query,
        headers,
        body,
    } = incoming;
    let mut options = query::options(&query, &headers, query::owner(&method))?;
    let (verb, body) = match (&method, path.name.is_some()) {
        (&Method::GET, true) => (Verb::Get, None),
        (&Method::GET, false) => {
            query::check_version_match(&query)?;
            (Verb::List, None)
        }
        (&Method::POST, named) if named == (subresource == Some(Subresource::Eviction)) => {
            let object = body::object(&headers, body).await?;
            if let Some(given) = object.value.get("deleteOptions").filter(|_| named) {
                query::merge_delete_options(&mut options, given)?;
            }
            options.duplicates = object.duplicates;
            (Verb::Create, Some(object.value))
        }
        (&Method::PUT, true) => {
            let object = body::object(&headers, body).await?;
            options.duplicates = object.duplicates;
            (Verb::Update, Some(object.value))
        }
        (&Method::PATCH, true) => {
            let (patch_type, patch) = body::patch(&headers, body).await?;
            query::check_force(&query, patch_type)?;
            (Verb::Patch(patch_type), Some(patch))
        }
        (&Method::DELETE, named) => {
            if let Some(given) = body::delete_options(&headers, body).await? {
                query::merge_delete_options(&mut options, &given)?;
            }
            let verb = if named {
                Verb::Delete
            } else {
                Verb::DeleteCollection
            };
            (verb, None)
        }
        _ => return Err(Status::method_not_allowed()),
    };
    Ok(Request {
        verb,
        kind: path.kind,
        namespace: path.namespace,
        name: path.name,
        subresource,
        body,
        options,
    })
}

fn answer(
    cluster: &mut Cluster,
    request: &Request,
    form: Form,
    include: IncludeObject,
    pretty: bool,
) -> Result<Response, Status> {
    let api::Response {
        body,
        created,
        warnings,
    } = cluster.respond(request)?;
    let body = shaped(cluster, request.kind, body, form, include);
    let code = if created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let mut response = respond::json_as(code, &body, pretty);
    respond::add_warnings(&mut response, &warnings);
    Ok(response)
}

/// `body` in the form asked for. Only the kind's own objects and lists have other forms; a `Status` or a
/// `Scale` stays what it is.
fn shaped(
    cluster: &Cluster,
    kind: KindId,
    body: Value,
    form: Form,
    include: IncludeObject,
) -> Value {
    let spec = kind.spec();
    let is_own = body["kind"]
        .as_str()
        .is_some_and(|name| name.trim_end_matches("List") == spec.kind);
    match form {
        Form::Table if is_own => table::of_response(kind, &body, cluster.now(), include),
        Form::Metadata if is_own => metadata::of_response(body),
        Form::Table
        | Form::Metadata
        | Form::Object
        | Form::Discovery(_)
        | Form::OpenApiProtobuf => body,
    }
}

/// `nodes/{name}/proxy/stats/summary`: the one page of a kubelet that is served.
async fn proxy(hub: &Arc<Hub>, incoming: Incoming) -> Result<Response, Failure> {
    let Incoming { method, path, .. } = incoming;
    if method != Method::GET || path.rest != "stats/summary" {
        return Err(Status::no_such_resource().into());
    }
    let node = path.name.unwrap_or_default();
    let summary = hub
        .with(move |cluster| cluster.stats_summary(&node))
        .await??;
    Ok(respond::json(StatusCode::OK, &summary))
}
