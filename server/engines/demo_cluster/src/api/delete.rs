//! Deleting: grace periods, finalizers, preconditions. What follows from a deletion is [`super::garbage`]'s.

use std::sync::Arc;

use domain::time::{Seconds, Timestamp};
use serde_json::{Value, json};

use super::{
    Propagation, Request, Response, Selection,
    garbage::{FOREGROUND, ORPHAN, collect_garbage},
    read,
};
use crate::{
    registry::{KindId, NAMESPACE, POD},
    status::Status,
    store::Store,
    value,
};

/// Namespaces that no cluster is without. Source: the admission plug-in `NamespaceLifecycle`.
const LASTING: [&str; 3] = ["default", "kube-public", "kube-system"];

pub(super) fn delete(
    store: &mut Store,
    request: &Request,
    now: Timestamp,
) -> Result<Response, Status> {
    if request.kind == NAMESPACE && LASTING.contains(&request.name()) {
        let why = "this namespace may not be deleted";
        return Err(Status::forbidden(NAMESPACE, request.name(), why));
    }
    let object = Arc::clone(read::existing(store, request)?);
    check_preconditions(request, &object)?;
    let how = How::of(request);
    let kind = request.kind.stored();
    delete_object(store, kind, &object, how, now);
    // A namespace is answered as it is when it begins to end, even where nothing is in it.
    let ending = store
        .get(kind, "", request.name())
        .filter(|_| kind == NAMESPACE);
    if let Some(namespace) = ending.map(Arc::clone) {
        collect_garbage(store, now);
        return Ok(Response::of(Value::clone(&namespace)));
    }
    collect_garbage(store, now);
    let (namespace, name) = (value::namespace(&object), value::name(&object));
    // A pod deleted without grace is answered as itself too.
    match store
        .get(kind, namespace, name)
        .filter(|rest| value::uid(rest) == value::uid(&object))
    {
        Some(rest) => Ok(Response::of(Value::clone(rest))),
        None if request.kind == POD => Ok(Response::of(Value::clone(&object))),
        None => Ok(Response::of(Status::success(
            request.kind,
            name,
            value::uid(&object),
        ))),
    }
}

pub(super) fn delete_collection(
    store: &mut Store,
    request: &Request,
    now: Timestamp,
) -> Result<Response, Status> {
    let selection = Selection::of(request)?;
    let doomed: Vec<Arc<Value>> = store
        .list(request.kind.stored(), request.namespace.as_deref())
        .filter(|object| selection.matches(object))
        .map(Arc::clone)
        .collect();
    for object in &doomed {
        delete_object(store, request.kind.stored(), object, How::of(request), now);
    }
    collect_garbage(store, now);
    let listed = Request {
        verb: super::Verb::List,
        ..request.clone()
    };
    let mut body = read::list(store, &listed)?.body;
    body["items"] = doomed.iter().map(|object| Value::clone(object)).collect();
    Ok(Response::of(body))
}

pub(super) fn check_preconditions(request: &Request, object: &Value) -> Result<(), Status> {
    let wanted = &request.options.preconditions;
    for (what, wanted, found, consequence) in [
        (
            "UID",
            &wanted.uid,
            value::uid(object),
            "The object might have been deleted and then recreated",
        ),
        (
            "ResourceVersion",
            &wanted.resource_version,
            value::text(object, "/metadata/resourceVersion"),
            "The object might have been modified",
        ),
    ] {
        if let Some(wanted) = wanted.as_deref().filter(|wanted| *wanted != found) {
            let why = format!(
                "the {what} in the precondition ({wanted}) does not match the {what} in record ({found}). {consequence}"
            );
            let name = value::name(object);
            return Err(Status::precondition_failed(request.kind, name, &why));
        }
    }
    Ok(())
}

/// How an object is deleted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct How {
    /// What becomes of the objects it owns.
    pub(super) propagation: Propagation,
    /// Seconds a running pod has to end; its own `terminationGracePeriodSeconds` when absent.
    pub(super) grace_seconds: Option<i64>,
}

impl How {
    pub(super) fn of(request: &Request) -> Self {
        Self {
            propagation: request.options.propagation.unwrap_or_default(),
            grace_seconds: request.options.grace_period_seconds,
        }
    }
}

/// Begins the deletion of an object, or ends it at once where nothing holds it back.
pub(super) fn delete_object(
    store: &mut Store,
    kind: KindId,
    object: &Value,
    how: How,
    now: Timestamp,
) {
    let (namespace, name) = (value::namespace(object), value::name(object));
    let grace = grace_seconds(kind, object, how.grace_seconds);
    let mut marked = object.clone();
    mark(&mut marked, grace, how.propagation, now);
    if kind == NAMESPACE {
        // Its own storage marks it, without a grace period. Source: `pkg/registry/core/namespace/storage`.
        value::remove(&mut marked, &["metadata", "deletionGracePeriodSeconds"]);
        value::set(&mut marked, &["status", "phase"], "Terminating");
    } else if is_over(&marked) {
        // Watches see one event: an object that goes at once is never shown as going.
        store.remove(kind, namespace, name);
        return;
    }
    // The object is there: whoever calls has just read it from this store.
    let replaced = store.replace(kind, marked, now);
    debug_assert!(replaced.is_ok(), "{replaced:?}");
}

/// Pods that run get time to end; everything else goes at once.
fn grace_seconds(kind: KindId, object: &Value, asked: Option<i64>) -> i64 {
    let is_running = kind == POD
        && !value::text(object, "/spec/nodeName").is_empty()
        && !matches!(value::text(object, "/status/phase"), "Succeeded" | "Failed");
    if !is_running {
        return 0;
    }
    let own = value::integer(object, "/spec/terminationGracePeriodSeconds");
    asked.or(own).unwrap_or(30).max(0)
}

fn mark(object: &mut Value, grace: i64, propagation: Propagation, now: Timestamp) {
    let earlier = value::integer(object, "/metadata/deletionGracePeriodSeconds");
    if !value::is_terminating(object) || earlier.is_some_and(|earlier| grace < earlier) {
        let at = value::wire_time(now + Seconds(grace));
        value::set(object, &["metadata", "deletionTimestamp"], at);
        value::set(object, &["metadata", "deletionGracePeriodSeconds"], grace);
    }
    let finalizer = match propagation {
        Propagation::Background => return,
        Propagation::Foreground => FOREGROUND,
        Propagation::Orphan => ORPHAN,
    };
    value::set_default(object, &["metadata", "finalizers"], json!([]));
    if let Some(list) = object["metadata"]["finalizers"].as_array_mut()
        && !list.contains(&json!(finalizer))
    {
        list.push(json!(finalizer));
    }
}

/// Whether nothing holds a deleted object back any more.
pub(super) fn is_over(object: &Value) -> bool {
    value::is_terminating(object)
        && value::items(object, "/metadata/finalizers").is_empty()
        && value::items(object, "/spec/finalizers").is_empty()
        && value::integer(object, "/metadata/deletionGracePeriodSeconds").unwrap_or(0) == 0
}

/// Ends the deletion of an object whose grace period is over: removes it, or leaves it to its finalizers.
/// This is the kubelet's last word about a pod.
pub fn finish_deletion(
    store: &mut Store,
    kind: KindId,
    namespace: &str,
    name: &str,
    now: Timestamp,
) {
    let ended = store.update(kind, namespace, name, now, |object| {
        value::set(object, &["metadata", "deletionGracePeriodSeconds"], 0);
        value::set_default(
            object,
            &["metadata", "deletionTimestamp"],
            value::wire_time(now),
        );
    });
    if ended.is_ok_and(|object| is_over(&object)) {
        store.remove(kind, namespace, name);
    }
}
