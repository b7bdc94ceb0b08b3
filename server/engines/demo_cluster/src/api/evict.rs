//! Eviction: deletion asked for politely, which a disruption budget may refuse.
//!
//! Follows <https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/> and
//! `pkg/registry/core/pod/storage/eviction.go`. Budgets are kept by [`crate::controllers`].

use std::sync::Arc;

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{
    Request, Response,
    delete::{How, check_preconditions, delete_object},
    read,
};
use crate::{
    registry::POD_DISRUPTION_BUDGET,
    selector::LabelSelector,
    status::{Cause, Status},
    store::Store,
    value::{self, items, text},
};

/// Carries out an eviction. Its delete options are the request's, as a delete's are.
pub(super) fn evict(
    store: &mut Store,
    request: &Request,
    now: Timestamp,
) -> Result<Response, Status> {
    let named = request.body.as_ref().map_or("", value::name);
    if !named.is_empty() && named != request.name() {
        let why = "name in URL does not match name in Eviction object";
        return Err(Status::bad_request(why));
    }
    let pod = Arc::clone(read::existing(store, request)?);
    check_preconditions(request, &pod)?;
    if !is_disrupted_already(&pod) {
        ask_budget(store, &pod, now)?;
    }
    delete_object(store, request.kind, &pod, How::of(request), now);
    Ok(Response {
        created: true,
        ..Response::of(
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}),
        )
    })
}

/// Pods that do not serve, or not for long, need no budget.
fn is_disrupted_already(pod: &Value) -> bool {
    value::is_terminating(pod)
        || matches!(
            text(pod, "/status/phase"),
            "Succeeded" | "Failed" | "Pending"
        )
}

fn is_ready(pod: &Value) -> bool {
    items(pod, "/status/conditions").iter().any(|condition| {
        text(condition, "/type") == "Ready" && text(condition, "/status") == "True"
    })
}

/// Takes one disruption from the pod's budget, if it has one.
fn ask_budget(store: &mut Store, pod: &Value, now: Timestamp) -> Result<(), Status> {
    let namespace = value::namespace(pod);
    let budgets: Vec<Arc<Value>> = store
        .list(POD_DISRUPTION_BUDGET, Some(namespace))
        .filter(|budget| guards(budget, pod))
        .cloned()
        .collect();
    let budget = match budgets.as_slice() {
        [] => return Ok(()),
        [only] => only,
        [..] => {
            return Err(Status::unclassified(
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
            ));
        }
    };
    let status = |field: &str| value::integer(budget, &format!("/status/{field}")).unwrap_or(0);
    let (healthy, desired) = (status("currentHealthy"), status("desiredHealthy"));
    if !is_ready(pod) {
        let always = text(budget, "/spec/unhealthyPodEvictionPolicy") == "AlwaysAllow";
        if always || healthy >= desired && desired > 0 {
            return Ok(());
        }
    }
    if status("observedGeneration") < value::integer(budget, "/metadata/generation").unwrap_or(0) {
        let name = value::name(budget);
        let cause = format!("The disruption budget {name} is still being processed by the server.");
        return Err(refusal(cause, 10));
    }
    let allowed = status("disruptionsAllowed");
    if allowed <= 0 {
        let name = value::name(budget);
        let cause = format!(
            "The disruption budget {name} needs {desired} healthy pods and has {healthy} currently"
        );
        return Err(refusal(cause, 0));
    }
    let (name, pod) = (value::name(budget).to_owned(), value::name(pod).to_owned());
    store.update(POD_DISRUPTION_BUDGET, namespace, &name, now, |budget| {
        value::set(budget, &["status", "disruptionsAllowed"], allowed - 1);
        let path = ["status", "disruptedPods", pod.as_str()];
        value::set(budget, &path, value::wire_time(now));
    })?;
    Ok(())
}

fn refusal(cause: String, retry_after_seconds: u32) -> Status {
    let message = "Cannot evict pod as it would violate the pod's disruption budget.";
    Status::disruption_refused(
        message,
        Cause::disruption_budget(cause),
        retry_after_seconds,
    )
}

/// Whether a budget is about this pod. One with an empty selector is about all pods of its namespace.
fn guards(budget: &Value, pod: &Value) -> bool {
    LabelSelector::from_object(budget.pointer("/spec/selector")).matches_object(pod)
}
