//! The subresource `/resize` of pods: CPU and memory of running containers.
//!
//! Follows `podResizeStrategy` of `pkg/registry/core/pod` and `ValidatePodResize` of
//! `pkg/apis/core/validation`.

use serde_json::{Value, json};

use crate::{
    kinds,
    quantity::Quantity,
    registry::POD,
    status::{Cause, Status},
    value::{self, items},
};

/// The resources that may change while a container runs.
const CHANGEABLE: [&str; 2] = ["cpu", "memory"];

/// Takes over from `wanted` what a resize is about, and who manages it.
pub(super) fn take(pod: &mut Value, wanted: &Value) {
    for list in ["containers", "initContainers"] {
        let own = pod["spec"].get_mut(list).and_then(Value::as_array_mut);
        let given = items(&wanted["spec"], &format!("/{list}"));
        for (container, given) in own.into_iter().flatten().zip(given) {
            for field in ["resources", "resizePolicy"] {
                match given.get(field) {
                    Some(found) => container[field] = found.clone(),
                    None => drop(value::remove(container, &[field])),
                }
            }
        }
    }
    if let Some(managers) = wanted["metadata"].get("managedFields") {
        pod["metadata"]["managedFields"] = managers.clone();
    }
}

/// # Errors
/// 422 when the change would be more than one of CPU and memory within the pod's quality of service.
pub(super) fn check(new: &Value, old: &Value) -> Result<(), Status> {
    let mut causes = (POD.spec().rules.validate)(new);
    if kinds::quality_of_service(&new["spec"]) != kinds::quality_of_service(&old["spec"]) {
        let detail = "Pod QOS Class may not change as a result of resizing";
        let class = value::text(new, "/status/qosClass");
        causes.push(Cause::invalid("spec", &json!(class), detail));
    }
    for (index, (container, was)) in pairs(new, old).enumerate() {
        let at = format!("spec.containers[{index}].resources");
        causes.extend(removed(container, was, &at));
        causes.extend(memory_rule(container, was, &at));
        if others(container) != others(was) {
            let detail = "only cpu and memory resources are mutable";
            causes.push(Cause::forbidden("spec", detail));
        }
    }
    if new["spec"]["initContainers"] != old["spec"]["initContainers"] {
        let detail = "resources for non-sidecar init containers are immutable";
        causes.push(Cause::forbidden("spec", detail));
    }
    if causes.is_empty() {
        return Ok(());
    }
    Err(Status::invalid(POD, value::name(old), causes))
}

fn pairs<'a>(new: &'a Value, old: &'a Value) -> impl Iterator<Item = (&'a Value, &'a Value)> {
    items(new, "/spec/containers")
        .iter()
        .zip(items(old, "/spec/containers"))
}

/// Limits and requests may change, but not go.
fn removed(container: &Value, was: &Value, at: &str) -> Vec<Cause> {
    let sides = [
        ("limits", "resource limits cannot be removed"),
        ("requests", "resource requests cannot be removed"),
    ];
    let gone = sides.into_iter().filter(|(side, _)| {
        CHANGEABLE.into_iter().any(|resource| {
            let pointer = format!("/resources/{side}/{resource}");
            was.pointer(&pointer).is_some() && container.pointer(&pointer).is_none()
        })
    });
    gone.map(|(side, detail)| Cause::forbidden(format!("{at}.{side}"), detail))
        .collect()
}

/// A container must be restarted for less memory, and its policy must say so.
fn memory_rule(container: &Value, was: &Value, at: &str) -> Option<Cause> {
    let restarts = items(container, "/resizePolicy").iter().any(|policy| {
        value::text(policy, "/resourceName") == "memory"
            && value::text(policy, "/restartPolicy") == "RestartContainer"
    });
    let limit = |container: &Value| {
        Quantity::parse(value::text(container, "/resources/limits/memory")).ok()
    };
    let change = match (limit(container)?, limit(was)) {
        (_, None) => "added",
        (after, Some(before)) if after < before => "decreased",
        (_, Some(_)) => return None,
    };
    (!restarts).then(|| {
        let detail =
            format!("memory limits cannot be {change} unless resizePolicy is RestartContainer");
        Cause::forbidden(format!("{at}.limits[memory]"), &detail)
    })
}

/// What of a container's resources is neither CPU nor memory.
fn others(container: &Value) -> Value {
    let mut resources = container["resources"].clone();
    for side in ["limits", "requests"] {
        for resource in CHANGEABLE {
            value::remove(&mut resources, &[side, resource]);
        }
        if value::map(&resources, &format!("/{side}")).is_some_and(serde_json::Map::is_empty) {
            value::remove(&mut resources, &[side]);
        }
    }
    resources
}
