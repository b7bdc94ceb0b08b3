//! Requests of users, carried out on a [`Store`]: what `kube-apiserver` does between the wire and etcd.
//!
//! Routing, negotiation and watches as streams are `adapters/demo_api`'s job.

mod admission;
mod delete;
mod evict;
mod garbage;
mod limits;
pub(crate) mod metadata;
pub(crate) mod names;
mod plugins;
mod quota;
mod read;
mod resize;
mod scale;
mod write;

use domain::time::Timestamp;
use serde_json::Value;

use crate::{
    access, fields,
    registry::{ENDPOINTS, KindId, Subresource},
    status::Status,
    store::Store,
    value,
};

pub use delete::finish_deletion;
pub use garbage::collect_garbage;
pub(crate) use quota::refresh as refresh_quotas;
pub use read::Selection;
pub(crate) use write::{complete, install};

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Read one object.
    Get,
    /// Read many.
    List,
    /// Add one.
    Create,
    /// Replace one.
    Update,
    /// Change one.
    Patch(PatchType),
    /// Delete one.
    Delete,
    /// Delete all that match.
    DeleteCollection,
}

/// How a patch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchType {
    /// `application/json-patch+json`, RFC 6902.
    Json,
    /// `application/merge-patch+json`, RFC 7386.
    Merge,
    /// `application/strategic-merge-patch+json`.
    Strategic,
    /// `application/apply-patch+yaml`, already parsed.
    Apply,
}

/// What to do with fields the schema does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FieldValidation {
    /// Drop them silently.
    Ignore,
    /// Drop them and warn; the API's own default.
    #[default]
    Warn,
    /// Refuse the request.
    Strict,
}

/// What happens to the objects an object owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Propagation {
    /// They are deleted afterwards.
    #[default]
    Background,
    /// They are deleted first.
    Foreground,
    /// They stay.
    Orphan,
}

/// What must be true for a delete to go ahead.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preconditions {
    /// The object's uid.
    pub uid: Option<String>,
    /// The object's resource version.
    pub resource_version: Option<String>,
}

/// How `resource_version` of a list is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VersionMatch {
    /// At least as new.
    #[default]
    NotOlderThan,
    /// Exactly this one.
    Exact,
}

/// Query parameters and delete options of a request.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `dryRun=All`: everything but the write.
    pub dry_run: bool,
    /// Who owns the fields written; empty to take it from `user_agent`.
    pub field_manager: String,
    /// The `User-Agent` header; its part before `/` names the manager.
    pub user_agent: String,
    /// `force=true` of an apply.
    pub force: bool,
    /// `fieldValidation`.
    pub field_validation: FieldValidation,
    /// Paths of the fields that the body gives more than once.
    pub duplicates: Vec<String>,
    /// `labelSelector`.
    pub label_selector: String,
    /// `fieldSelector`.
    pub field_selector: String,
    /// `limit` of a list.
    pub limit: Option<usize>,
    /// `continue` of a list.
    pub continue_token: Option<String>,
    /// `resourceVersion` of a get or list.
    pub resource_version: Option<u64>,
    /// `resourceVersionMatch` of a list.
    pub version_match: VersionMatch,
    /// `propagationPolicy` of a delete.
    pub propagation: Option<Propagation>,
    /// `gracePeriodSeconds` of a delete.
    pub grace_period_seconds: Option<i64>,
    /// `preconditions` of a delete.
    pub preconditions: Preconditions,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// What to do.
    pub verb: Verb,
    /// To what kind.
    pub kind: KindId,
    /// In which namespace; `None` for cluster-scoped kinds and for lists over all namespaces.
    pub namespace: Option<String>,
    /// To which object; `None` for lists and creations.
    pub name: Option<String>,
    /// Below the object.
    pub subresource: Option<Subresource>,
    /// The body, parsed.
    pub body: Option<Value>,
    /// Parameters.
    pub options: Options,
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// An object, a list, or a `Status` of success.
    pub body: Value,
    /// Whether an object was created (HTTP 201 instead of 200).
    pub created: bool,
    /// Texts for `Warning` headers (code 299).
    pub warnings: Vec<String>,
}

/// Carries out a request and returns the body of the answer.
///
/// # Errors
/// The [`Status`] the API server would answer with.
pub fn call(store: &mut Store, request: &Request, now: Timestamp) -> Result<Value, Status> {
    respond(store, request, now).map(|response| response.body)
}

/// Carries out a request; like [`call`], with what HTTP needs besides the body.
///
/// # Errors
/// The [`Status`] the API server would answer with.
pub fn respond(store: &mut Store, request: &Request, now: Timestamp) -> Result<Response, Status> {
    let spec = request.kind.spec();
    if let Some(subresource) = request.subresource
        && !spec.has(subresource)
    {
        return Err(Status::no_such_resource());
    }
    if request.subresource.is_none() && !spec.serves(request.verb.as_str()) {
        return Err(Status::method_not_allowed());
    }
    if !spec.stored {
        return computed(request, now);
    }
    let mut response = if request.options.dry_run && request.verb.writes() {
        dispatch(&mut store.clone(), request, now)?
    } else {
        dispatch(store, request, now)?
    };
    response.body = shown(request.kind, response.body);
    if request.kind == ENDPOINTS {
        response.warnings.push(ENDPOINTS_WARNING.to_owned());
    }
    Ok(response)
}

/// The answer about objects: in the form of their kind, with the whole record of who manages them. Everything else
/// as it is.
fn shown(kind: KindId, mut body: Value) -> Value {
    let (answer, spec) = (value::text(&body, "/kind"), kind.spec());
    if answer == spec.kind {
        return visible(kind, body);
    }
    if answer.strip_suffix("List") == Some(spec.kind) {
        for item in body["items"].as_array_mut().into_iter().flatten() {
            *item = visible(kind, item.take());
            read::untype(item);
        }
    }
    body
}

/// A stored object as clients of a kind see it.
#[must_use]
pub fn visible(kind: KindId, mut object: Value) -> Value {
    fields::show(kind, &mut object);
    if kind == kind.stored() {
        object
    } else {
        kind.shown(&object).into_owned()
    }
}

/// What answers about a kind that is on its way out carry.
const ENDPOINTS_WARNING: &str =
    "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";

/// Kinds that are not stored: reviews are evaluated here, metrics where they are measured.
fn computed(request: &Request, now: Timestamp) -> Result<Response, Status> {
    let body = request.body.as_ref().unwrap_or(&Value::Null);
    match access::review(request.kind, body, request.manager(), now) {
        Some(body) => Ok(Response {
            created: true,
            ..Response::of(body)
        }),
        None => Err(Status::not_found(
            request.kind,
            request.name.as_deref().unwrap_or_default(),
        )),
    }
}

fn dispatch(store: &mut Store, request: &Request, now: Timestamp) -> Result<Response, Status> {
    let unsupported = || Err(Status::method_not_allowed());
    match (request.verb, request.subresource) {
        (Verb::Get, None | Some(Subresource::Status | Subresource::Resize)) => {
            read::get(store, request)
        }
        (Verb::List, None) => read::list(store, request),
        (Verb::Create, None) => write::create(store, request, now),
        (
            Verb::Update,
            None | Some(Subresource::Status | Subresource::Finalize | Subresource::Resize),
        ) => write::update(store, request, now),
        (Verb::Patch(patch), None | Some(Subresource::Status | Subresource::Resize)) => {
            write::patch(store, request, patch, now)
        }
        (Verb::Delete, None) => delete::delete(store, request, now),
        (Verb::DeleteCollection, None) => delete::delete_collection(store, request, now),
        (Verb::Create, Some(Subresource::Eviction)) => evict::evict(store, request, now),
        (Verb::Get, Some(Subresource::Scale)) => scale::get(store, request),
        (Verb::Update, Some(Subresource::Scale)) => scale::update(store, request, now),
        (Verb::Patch(patch), Some(Subresource::Scale)) => scale::patch(store, request, patch, now),
        (
            Verb::Get
            | Verb::List
            | Verb::Create
            | Verb::Update
            | Verb::Patch(_)
            | Verb::Delete
            | Verb::DeleteCollection,
            Some(_),
        ) => unsupported(),
    }
}

impl Verb {
    /// The word discovery and authorisation use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch(_) => "patch",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
        }
    }

    const fn writes(self) -> bool {
        !matches!(self, Self::Get | Self::List)
    }
}

impl Response {
    fn of(body: Value) -> Self {
        Self {
            body,
            created: false,
            warnings: Vec::new(),
        }
    }
}

impl Request {
    /// The namespace, empty for cluster-scoped kinds and lists over all.
    fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    fn body(&self) -> Result<&Value, Status> {
        match &self.body {
            Some(body @ Value::Object(_)) => Ok(body),
            Some(
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_),
            )
            | None => Err(Status::bad_request("the request has no object in its body")),
        }
    }

    /// Who owns the fields written: as given, or the program's name from the user agent.
    /// Source: `k8s.io/apiserver/pkg/endpoints/handlers/create.go`, `managerOrUserAgent`.
    fn manager(&self) -> &str {
        if !self.options.field_manager.is_empty() {
            return &self.options.field_manager;
        }
        let program = self
            .options
            .user_agent
            .split('/')
            .next()
            .unwrap_or_default();
        if program.is_empty() {
            return "unknown";
        }
        program.get(..128).unwrap_or(program)
    }
}

#[cfg(test)]
mod tests;
