//! `kubectl create quota`, `poddisruptionbudget` and `priorityclass`.

use serde_json::{Value, json};

use super::{super::run::Run, metadata, pairs, required, workload::number};
use crate::kubectl::{
    quantity::Quantity,
    request::{Failure, Outcome},
};

pub(super) fn quota(run: &Run<'_>, name: &str) -> Outcome<Value> {
    let mut spec = json!({});
    if let Some(hard) = run.line.value("hard") {
        for (resource, amount) in pairs(hard)? {
            if Quantity::parse(amount).is_none() {
                return Err(Failure::message(format!(
                    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$': \
                     {amount}"
                )));
            }
            spec["hard"][resource] = amount.into();
        }
    }
    let scopes = run.line.list("scopes");
    if !scopes.is_empty() {
        spec["scopes"] = json!(scopes);
    }
    Ok(
        json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata(name),
        "spec": spec, "status": {}}),
    )
}

pub(super) fn disruption_budget(run: &Run<'_>, name: &str) -> Outcome<Value> {
    let selector = required(run, "selector")?;
    let mut spec = json!({"selector": {}});
    for (key, value) in pairs(selector)? {
        spec["selector"]["matchLabels"][key] = value.into();
    }
    let (least, most) = (
        run.line.value("min-available"),
        run.line.value("max-unavailable"),
    );
    match (least, most) {
        (Some(least), None) => spec["minAvailable"] = amount(least),
        (None, Some(most)) => spec["maxUnavailable"] = amount(most),
        (None, None) => {
            return Err(Failure::message(
                "one of min-available or max-unavailable must be specified",
            ));
        }
        (Some(_), Some(_)) => {
            return Err(Failure::message(
                "min-available and max-unavailable cannot be both specified",
            ));
        }
    }
    Ok(json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata(name), "spec": spec,
        "status": {"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0},
    }))
}

/// A count, or a share in per cent.
fn amount(text: &str) -> Value {
    text.parse::<i64>()
        .map_or_else(|_| text.into(), Value::from)
}

pub(super) fn priority_class(run: &Run<'_>, name: &str) -> Outcome<Value> {
    let mut object = json!({
        "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": metadata(name),
        "preemptionPolicy": run.line.value("preemption-policy").unwrap_or("PreemptLowerPriority"),
        "value": number(run, "value")?.unwrap_or(0),
    });
    if run.line.is_on("global-default") {
        object["globalDefault"] = true.into();
    }
    if let Some(description) = run.line.value("description") {
        object["description"] = description.into();
    }
    Ok(object)
}
