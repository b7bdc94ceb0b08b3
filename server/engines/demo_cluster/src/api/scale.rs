//! The subresource `/scale`: the replica count of a workload as an `autoscaling/v1` Scale.

use std::sync::Arc;

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{PatchType, Request, Response, read, write};
use crate::{
    patch,
    schema::{self, check},
    selector::LabelSelector,
    status::{Cause, Status},
    store::Store,
    value,
};

pub(super) fn get(store: &Store, request: &Request) -> Result<Response, Status> {
    read::existing(store, request).map(|workload| Response::of(of(workload)))
}

/// The scale of a workload.
fn of(workload: &Value) -> Value {
    let mut metadata = json!({});
    for field in [
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "creationTimestamp",
    ] {
        if let Some(found) = workload["metadata"].get(field) {
            metadata[field] = found.clone();
        }
    }
    let number = |pointer| value::integer(workload, pointer).unwrap_or(0);
    let selector = LabelSelector::from_object(workload.pointer("/spec/selector")).to_string();
    // The spec leaves out zero, as Go does; the status does not.
    let wanted = number("/spec/replicas");
    let spec = if wanted == 0 {
        json!({})
    } else {
        json!({"replicas": wanted})
    };
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec,
        "status": {"replicas": number("/status/replicas"), "selector": selector},
    })
}

pub(super) fn update(
    store: &mut Store,
    request: &Request,
    now: Timestamp,
) -> Result<Response, Status> {
    let old = Arc::clone(read::existing(store, request)?);
    set(store, request, &old, request.body()?.clone(), now)
}

pub(super) fn patch(
    store: &mut Store,
    request: &Request,
    how: PatchType,
    now: Timestamp,
) -> Result<Response, Status> {
    let old = Arc::clone(read::existing(store, request)?);
    let body = request
        .body
        .as_ref()
        .ok_or_else(|| Status::bad_request("the patch is empty"))?;
    let scale = match how {
        PatchType::Json => patch::json(&of(&old), body)?,
        // A Scale has no lists: all three merge alike.
        PatchType::Merge | PatchType::Strategic | PatchType::Apply => patch::merge(&of(&old), body),
    };
    set(store, request, &old, scale, now)
}

fn set(
    store: &mut Store,
    request: &Request,
    old: &Arc<Value>,
    mut scale: Value,
    now: Timestamp,
) -> Result<Response, Status> {
    let kind = value::text(&scale, "/kind");
    if !kind.is_empty() && kind != "Scale" {
        return Err(Status::bad_request(format!(
            "expected a Scale, not a {kind}"
        )));
    }
    let definition = schema::definition("Scale").expect("the schema has Scale: a test checks it");
    if let Some(error) = check::normalise(&mut scale, definition).error {
        let message = format!("Scale in version \"v1\" cannot be handled as a Scale: {error}");
        return Err(Status::bad_request(message));
    }
    let name = value::name(&scale);
    if !name.is_empty() && name != request.name() {
        return Err(Status::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({})",
            request.name()
        )));
    }
    let replicas = value::integer(&scale, "/spec/replicas").unwrap_or(0);
    if replicas < 0 {
        let detail = "must be greater than or equal to 0";
        let cause = Cause::invalid("spec.replicas", &json!(replicas), detail);
        return Err(Status::invalid_scale(request.name(), vec![cause]));
    }
    let mut workload = Value::clone(old);
    workload["spec"]["replicas"] = json!(replicas);
    // An empty version writes unconditionally; any other must still be the current one.
    workload["metadata"]["resourceVersion"] = scale["metadata"]["resourceVersion"].clone();
    let written = write::change(store, request, old, workload, now, true)?;
    Ok(Response::of(of(&written)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_replicas_and_selector() {
        let workload = json!({"metadata": {"name": "web", "namespace": "shop", "resourceVersion": "7", "labels": {}},
            "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}}, "status": {"replicas": 2}});
        let scale = of(&workload);
        assert_eq!(scale["spec"]["replicas"], 3);
        assert_eq!(
            scale["status"],
            json!({"replicas": 2, "selector": "app=web"})
        );
        assert_eq!(scale["metadata"]["resourceVersion"], "7");
        assert!(scale["metadata"].get("labels").is_none());
    }
}
