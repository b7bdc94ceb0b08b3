//! Reading: get, list with paging, and the selection that lists and watches share.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{Request, Response, VersionMatch};
use crate::{
    registry::KindId,
    selector::{FieldSelector, LabelSelector},
    status::Status,
    store::{Change, ChangeKind, Store},
    value,
};

/// The objects a list or watch is about.
#[derive(Debug, Clone)]
pub struct Selection {
    kind: KindId,
    namespace: Option<String>,
    name: Option<String>,
    labels: LabelSelector,
    fields: FieldSelector,
}

impl Selection {
    /// What a request selects.
    ///
    /// # Errors
    /// 400 when a selector is none.
    pub fn of(request: &Request) -> Result<Self, Status> {
        Ok(Self {
            kind: request.kind.stored(),
            namespace: request.namespace.clone(),
            name: request.name.clone(),
            labels: LabelSelector::parse(&request.options.label_selector)?,
            fields: FieldSelector::parse(request.kind, &request.options.field_selector)?,
        })
    }

    /// Whether an object of the kind is selected.
    #[must_use]
    pub fn matches(&self, object: &Value) -> bool {
        let is_at = |wanted: &Option<String>, place: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == place)
        };
        is_at(&self.namespace, value::namespace(object))
            && is_at(&self.name, value::name(object))
            && self.labels.matches_object(object)
            && self.fields.matches(object)
    }

    /// What a watch of the selection sees of a change: an object that enters the selection is added, one
    /// that leaves it is deleted, as it was while it matched. Source: `convertToWatchEvent` of
    /// `k8s.io/apiserver/pkg/storage/cacher`.
    #[must_use]
    pub fn event(&self, change: &Change) -> Option<(ChangeKind, Arc<Value>)> {
        if change.kind != self.kind {
            return None;
        }
        let previous = change.previous.as_ref();
        let matched = previous.filter(|previous| self.matches(previous));
        let is_gone = change.event == ChangeKind::Deleted;
        let matches = !is_gone && self.matches(&change.object);
        match (matched, matches) {
            (None, false) => None,
            (None, true) => Some((ChangeKind::Added, Arc::clone(&change.object))),
            (Some(_), true) => Some((ChangeKind::Modified, Arc::clone(&change.object))),
            (Some(_), false) if is_gone => Some((ChangeKind::Deleted, Arc::clone(&change.object))),
            (Some(previous), false) => {
                let mut last = Value::clone(previous);
                last["metadata"]["resourceVersion"] = json!(change.revision.to_string());
                Some((ChangeKind::Deleted, Arc::new(last)))
            }
        }
    }

    fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty() && self.name.is_none()
    }
}

pub(super) fn get(store: &Store, request: &Request) -> Result<Response, Status> {
    check_version(store, request.options.resource_version)?;
    let object = existing(store, request)?;
    Ok(Response::of(Value::clone(object)))
}

/// The object a request names.
pub(super) fn existing<'a>(store: &'a Store, request: &Request) -> Result<&'a Arc<Value>, Status> {
    store
        .get(request.kind.stored(), request.namespace(), request.name())
        .ok_or_else(|| Status::not_found(request.kind, request.name()))
}

/// A revision from the future cannot be waited for here.
fn check_version(store: &Store, version: Option<u64>) -> Result<(), Status> {
    match version {
        Some(version) if version > store.revision() => Err(Status::too_large_resource_version(
            version,
            store.revision(),
        )),
        Some(_) | None => Ok(()),
    }
}

pub(super) fn list(store: &Store, request: &Request) -> Result<Response, Status> {
    let options = &request.options;
    let selection = Selection::of(request)?;
    check_version(store, options.resource_version)?;
    let start = options
        .continue_token
        .as_deref()
        .filter(|token| !token.is_empty());
    let start = start.map(Start::parse).transpose()?;
    let revision = match (&start, options.resource_version, options.version_match) {
        (Some(start), _, _) => start.revision,
        (None, Some(version), VersionMatch::Exact) => version,
        (None, _, VersionMatch::Exact | VersionMatch::NotOlderThan) => store.revision(),
    };
    let namespace = request.namespace.as_deref();
    let mut selected: Vec<Arc<Value>> = if revision == store.revision() {
        store
            .list(request.kind.stored(), namespace)
            .map(Arc::clone)
            .collect()
    } else {
        store.list_at(request.kind.stored(), namespace, revision).map_err(|expired| match start {
            Some(_) => Status::expired("The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter."),
            None => expired.into(),
        })?
    };
    selected.retain(|object| selection.matches(object));
    if let Some(start) = &start {
        selected.retain(|object| start.is_before(object));
    }
    Ok(Response::of(page(request, &selection, selected, revision)))
}

/// The list object, cut at the limit.
fn page(
    request: &Request,
    selection: &Selection,
    mut selected: Vec<Arc<Value>>,
    revision: u64,
) -> Value {
    let spec = request.kind.spec();
    let mut metadata = json!({"resourceVersion": revision.to_string()});
    if let Some(limit) = request
        .options
        .limit
        .filter(|limit| *limit > 0 && *limit < selected.len())
    {
        let rest = selected.split_off(limit);
        if let Some(last) = selected.last() {
            metadata["continue"] = json!(Start::after(last, revision).token());
        }
        if selection.is_everything() {
            metadata["remainingItemCount"] = json!(rest.len());
        }
    }
    let items: Vec<Value> = selected.into_iter().map(Arc::unwrap_or_clone).collect();
    json!({
        "kind": format!("{}List", spec.kind), "apiVersion": spec.api_version(),
        "metadata": metadata, "items": items,
    })
}

/// Items of a list do not repeat their type.
pub(super) fn untype(item: &mut Value) {
    value::remove(item, &["apiVersion"]);
    value::remove(item, &["kind"]);
}

/// Where the next page begins; on the wire base64 of the same JSON the API server uses.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Start {
    revision: u64,
    namespace: String,
    name: String,
}

impl Start {
    fn after(object: &Value, revision: u64) -> Self {
        Self {
            revision,
            namespace: value::namespace(object).to_owned(),
            name: value::name(object).to_owned(),
        }
    }

    fn token(&self) -> String {
        let start = format!("{}/{}\0", self.namespace, self.name);
        let token = json!({"v": "meta.k8s.io/v1", "rv": self.revision, "start": start});
        URL_SAFE_NO_PAD.encode(token.to_string())
    }

    fn parse(token: &str) -> Result<Self, Status> {
        let invalid = || Status::bad_request("continue key is not valid: the token cannot be read");
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid())?;
        let token: Value = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
        let start = value::text(&token, "/start").trim_end_matches('\0');
        let (namespace, name) = start.split_once('/').ok_or_else(invalid)?;
        Ok(Self {
            revision: token["rv"].as_u64().ok_or_else(invalid)?,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }

    fn is_before(&self, object: &Value) -> bool {
        (self.namespace.as_str(), self.name.as_str())
            < (value::namespace(object), value::name(object))
    }
}
