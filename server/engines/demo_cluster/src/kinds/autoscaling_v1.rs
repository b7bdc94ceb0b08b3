//! The group version `autoscaling/v1`: an autoscaler that knows no metric but CPU. What it has no fields for is
//! in annotations.
//!
//! Follows `pkg/apis/autoscaling/v1/conversion.go` and `pkg/apis/autoscaling/annotations.go`.

use serde_json::{Map, Value, json};

use super::{BASE, HORIZONTAL_POD_AUTOSCALER as AUTOSCALER, no_rules};
use crate::{
    registry::{self, KindSpec, Printer, View},
    value::{self, items, text},
};

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";
const CURRENT_METRICS: &str = "autoscaling.alpha.kubernetes.io/current-metrics";
const CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";

pub(crate) const HORIZONTAL_POD_AUTOSCALER_V1: KindSpec = KindSpec {
    version: "v1",
    definition: "HorizontalPodAutoscalerV1",
    printer: Printer {
        columns: AUTOSCALER.printer.columns,
        cells: |autoscaler, now| (AUTOSCALER.printer.cells)(&stored(autoscaler), now),
    },
    view: Some(&View {
        of: registry::HORIZONTAL_POD_AUTOSCALER,
        show: shown,
        store: stored,
        check_new: no_rules,
    }),
    group: AUTOSCALER.group,
    kind: AUTOSCALER.kind,
    plural: AUTOSCALER.plural,
    singular: AUTOSCALER.singular,
    short_names: AUTOSCALER.short_names,
    categories: AUTOSCALER.categories,
    subresources: AUTOSCALER.subresources,
    rules: AUTOSCALER.rules,
    ..BASE
};

/// The parts of a metric of one type.
struct Form {
    /// `Resource`.
    name: &'static str,
    /// `resource`.
    field: &'static str,
    /// Paths in `v2` and the fields of `v1`.
    parts: &'static [(&'static [&'static str], &'static str)],
    /// The amount that `v1` always has.
    needed: &'static str,
}

/// Metrics to aim at.
const TARGETS: [Form; 5] = [
    Form {
        name: "Object",
        field: "object",
        parts: &[
            (&["describedObject"], "target"),
            (&["metric", "name"], "metricName"),
            (&["metric", "selector"], "selector"),
            (&["target", "value"], "targetValue"),
            (&["target", "averageValue"], "averageValue"),
        ],
        needed: "targetValue",
    },
    Form {
        name: "Pods",
        field: "pods",
        parts: &[
            (&["metric", "name"], "metricName"),
            (&["metric", "selector"], "selector"),
            (&["target", "averageValue"], "targetAverageValue"),
        ],
        needed: "targetAverageValue",
    },
    Form {
        name: "Resource",
        field: "resource",
        parts: &[
            (&["name"], "name"),
            (
                &["target", "averageUtilization"],
                "targetAverageUtilization",
            ),
            (&["target", "averageValue"], "targetAverageValue"),
        ],
        needed: "",
    },
    Form {
        name: "ContainerResource",
        field: "containerResource",
        parts: &[
            (&["name"], "name"),
            (&["container"], "container"),
            (
                &["target", "averageUtilization"],
                "targetAverageUtilization",
            ),
            (&["target", "averageValue"], "targetAverageValue"),
        ],
        needed: "",
    },
    Form {
        name: "External",
        field: "external",
        parts: &[
            (&["metric", "name"], "metricName"),
            (&["metric", "selector"], "metricSelector"),
            (&["target", "value"], "targetValue"),
            (&["target", "averageValue"], "targetAverageValue"),
        ],
        needed: "",
    },
];

/// Metrics as they were measured.
const MEASURED: [Form; 5] = [
    Form {
        name: "Object",
        field: "object",
        parts: &[
            (&["describedObject"], "target"),
            (&["metric", "name"], "metricName"),
            (&["metric", "selector"], "selector"),
            (&["current", "value"], "currentValue"),
            (&["current", "averageValue"], "averageValue"),
        ],
        needed: "currentValue",
    },
    Form {
        name: "Pods",
        field: "pods",
        parts: &[
            (&["metric", "name"], "metricName"),
            (&["metric", "selector"], "selector"),
            (&["current", "averageValue"], "currentAverageValue"),
        ],
        needed: "currentAverageValue",
    },
    Form {
        name: "Resource",
        field: "resource",
        parts: &[
            (&["name"], "name"),
            (
                &["current", "averageUtilization"],
                "currentAverageUtilization",
            ),
            (&["current", "averageValue"], "currentAverageValue"),
        ],
        needed: "currentAverageValue",
    },
    Form {
        name: "ContainerResource",
        field: "containerResource",
        parts: &[
            (&["name"], "name"),
            (&["container"], "container"),
            (
                &["current", "averageUtilization"],
                "currentAverageUtilization",
            ),
            (&["current", "averageValue"], "currentAverageValue"),
        ],
        needed: "currentAverageValue",
    },
    Form {
        name: "External",
        field: "external",
        parts: &[
            (&["metric", "name"], "metricName"),
            (&["metric", "selector"], "metricSelector"),
            (&["current", "value"], "currentValue"),
            (&["current", "averageValue"], "currentAverageValue"),
        ],
        needed: "currentValue",
    },
];

/// From `v2` to `v1`.
fn shown(autoscaler: &Value) -> Value {
    let mut out = json!({"metadata": autoscaler["metadata"]});
    forget_annotations(&mut out);
    let spec = &autoscaler["spec"];
    copy(
        spec,
        &mut out,
        "spec",
        &["maxReplicas", "minReplicas", "scaleTargetRef"],
    );
    let metrics = items(spec, "/metrics");
    if let Some(cpu) = metrics.iter().find(|metric| is_cpu_share(metric)) {
        out["spec"]["targetCPUUtilizationPercentage"] =
            cpu["resource"]["target"]["averageUtilization"].clone();
    }
    let others = metrics.iter().filter(|metric| !is_cpu_share(metric));
    let others: Vec<Value> = others.map(|metric| older(metric, &TARGETS)).collect();
    annotate(&mut out, METRICS, &others);
    if let Some(behavior) = spec.get("behavior") {
        let text = capitalised(behavior).to_string();
        value::set(&mut out, &["metadata", "annotations", BEHAVIOR], text);
    }
    if let Some(status) = autoscaler.get("status") {
        show_status(status, &mut out);
    }
    out
}

fn show_status(status: &Value, out: &mut Value) {
    let kept = [
        "currentReplicas",
        "desiredReplicas",
        "lastScaleTime",
        "observedGeneration",
    ];
    copy(status, out, "status", &kept);
    for field in ["currentReplicas", "desiredReplicas"] {
        value::set_default(out, &["status", field], 0);
    }
    let current = items(status, "/currentMetrics");
    let share = current
        .iter()
        .filter(|metric| text(metric, "/resource/name") == "cpu")
        .find_map(|metric| metric.pointer("/resource/current/averageUtilization"));
    if let Some(share) = share {
        out["status"]["currentCPUUtilizationPercentage"] = share.clone();
    }
    let current: Vec<Value> = current
        .iter()
        .map(|metric| older(metric, &MEASURED))
        .collect();
    annotate(out, CURRENT_METRICS, &current);
    annotate(out, CONDITIONS, items(status, "/conditions"));
}

/// From `v1` to `v2`.
fn stored(autoscaler: &Value) -> Value {
    let mut out = json!({"metadata": autoscaler["metadata"]});
    forget_annotations(&mut out);
    let spec = &autoscaler["spec"];
    copy(
        spec,
        &mut out,
        "spec",
        &["maxReplicas", "minReplicas", "scaleTargetRef"],
    );
    let mut metrics: Vec<Value> = listed(autoscaler, METRICS)
        .iter()
        .map(|metric| newer(metric, &TARGETS))
        .collect();
    // An autoscaler without any metric aims at 80 % of CPU: the rules of the stored kind say so.
    if let Some(percent) = spec.get("targetCPUUtilizationPercentage") {
        let target = json!({"type": "Utilization", "averageUtilization": percent});
        metrics.push(json!({"type": "Resource", "resource": {"name": "cpu", "target": target}}));
    }
    if !metrics.is_empty() {
        out["spec"]["metrics"] = json!(metrics);
    }
    if let Some(behavior) = annotation(autoscaler, BEHAVIOR).filter(|it| it.is_object()) {
        out["spec"]["behavior"] = uncapitalised(&behavior);
    }
    if let Some(status) = autoscaler.get("status") {
        store_status(autoscaler, status, &mut out);
    }
    out
}

fn store_status(autoscaler: &Value, status: &Value, out: &mut Value) {
    let kept = [
        "currentReplicas",
        "desiredReplicas",
        "lastScaleTime",
        "observedGeneration",
    ];
    copy(status, out, "status", &kept);
    let mut current: Vec<Value> = listed(autoscaler, CURRENT_METRICS)
        .iter()
        .map(|metric| newer(metric, &MEASURED))
        .collect();
    if let (true, Some(percent)) = (
        current.is_empty(),
        status.get("currentCPUUtilizationPercentage"),
    ) {
        let share = json!({"averageUtilization": percent});
        current.push(json!({"type": "Resource", "resource": {"name": "cpu", "current": share}}));
    }
    out["status"]["currentMetrics"] = if current.is_empty() {
        Value::Null
    } else {
        json!(current)
    };
    let conditions = listed(autoscaler, CONDITIONS);
    if !conditions.is_empty() {
        out["status"]["conditions"] = json!(conditions);
    }
}

fn copy(from: &Value, out: &mut Value, to: &str, fields: &[&str]) {
    out[to] = json!({});
    for field in fields {
        if let Some(found) = from.get(field) {
            out[to][field] = found.clone();
        }
    }
}

fn is_cpu_share(metric: &Value) -> bool {
    text(metric, "/type") == "Resource"
        && text(metric, "/resource/name") == "cpu"
        && metric
            .pointer("/resource/target/averageUtilization")
            .is_some()
}

/// A metric in the fields of `v1`.
fn older(metric: &Value, forms: &[Form]) -> Value {
    let mut out = json!({"type": metric["type"]});
    let Some(form) = forms.iter().find(|form| form.name == text(metric, "/type")) else {
        return out;
    };
    let source = &metric[form.field];
    for (path, name) in form.parts {
        if let Some(found) = source.pointer(&format!("/{}", path.join("/"))) {
            out[form.field][name] = found.clone();
        }
    }
    if !form.needed.is_empty() {
        value::set_default(&mut out, &[form.field, form.needed], "0");
    }
    out
}

/// A metric in the fields of `v2`.
fn newer(metric: &Value, forms: &[Form]) -> Value {
    let mut out = json!({"type": metric["type"]});
    let Some(form) = forms.iter().find(|form| form.name == text(metric, "/type")) else {
        return out;
    };
    let source = &metric[form.field];
    for (path, name) in form.parts {
        let is_filler = *name == form.needed && source[*name] == "0";
        if let Some(found) = source.get(name).filter(|_| !is_filler) {
            let path: Vec<&str> = [form.field].iter().chain(*path).copied().collect();
            value::set(&mut out, &path, found.clone());
        }
    }
    if let Some(target) = out[form.field].get_mut("target") {
        let kind = if target.get("averageUtilization").is_some() {
            "Utilization"
        } else if target.get("averageValue").is_some() {
            "AverageValue"
        } else {
            "Value"
        };
        target["type"] = json!(kind);
    }
    out
}

fn annotate(out: &mut Value, key: &str, list: &[Value]) {
    if !list.is_empty() {
        let text = json!(list).to_string();
        value::set(out, &["metadata", "annotations", key], text);
    }
}

/// What an annotation holds as JSON; one that cannot be read counts as absent.
fn annotation(autoscaler: &Value, key: &str) -> Option<Value> {
    let text = autoscaler["metadata"]["annotations"].get(key)?.as_str()?;
    serde_json::from_str(text).ok()
}

fn listed(autoscaler: &Value, key: &str) -> Vec<Value> {
    match annotation(autoscaler, key) {
        Some(Value::Array(list)) => list,
        Some(
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_),
        )
        | None => Vec::new(),
    }
}

/// Takes out what only this conversion writes.
fn forget_annotations(object: &mut Value) {
    for key in [METRICS, BEHAVIOR, CURRENT_METRICS, CONDITIONS] {
        value::remove(object, &["metadata", "annotations", key]);
    }
    if value::map(object, "/metadata/annotations").is_some_and(Map::is_empty) {
        value::remove(object, &["metadata", "annotations"]);
    }
}

/// The annotation of the behaviour has the names of Go's fields.
fn capitalised(value: &Value) -> Value {
    renamed(value, |name| changed_first(name, char::to_ascii_uppercase))
}

fn uncapitalised(value: &Value) -> Value {
    let mut out = renamed(value, |name| changed_first(name, char::to_ascii_lowercase));
    value::drop_nulls(&mut out);
    out
}

fn changed_first(name: &str, change: fn(&char) -> char) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| change(&letter));
    first.into_iter().chain(letters).collect()
}

fn renamed(value: &Value, name: fn(&str) -> String) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(field, inner)| (name(field), renamed(inner, name)))
            .collect(),
        Value::Array(items) => items.iter().map(|item| renamed(item, name)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn autoscaler() -> Value {
        json!({
            "metadata": {"name": "web", "annotations": {"mine": "x"}},
            "spec": {
                "minReplicas": 1, "maxReplicas": 5, "scaleTargetRef": {"kind": "Deployment", "name": "web"},
                "metrics": [
                    {"type": "Pods", "pods": {"metric": {"name": "rps"}, "target": {"type": "AverageValue", "averageValue": "10"}}},
                    {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}},
                ],
                "behavior": {"scaleDown": {"stabilizationWindowSeconds": 5, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 15}]}},
            },
            "status": {
                "currentReplicas": 2, "desiredReplicas": 2,
                "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 40, "averageValue": "4m"}}}],
                "conditions": [{"type": "AbleToScale", "status": "True"}],
            },
        })
    }

    #[test]
    fn shows_cpu_in_fields_and_the_rest_in_annotations() {
        let view = shown(&autoscaler());
        assert_eq!(view["spec"]["targetCPUUtilizationPercentage"], 60);
        assert_eq!(view["status"]["currentCPUUtilizationPercentage"], 40);
        let annotations = &view["metadata"]["annotations"];
        assert_eq!(
            annotations[METRICS],
            r#"[{"pods":{"metricName":"rps","targetAverageValue":"10"},"type":"Pods"}]"#
        );
        assert_eq!(
            annotations[BEHAVIOR],
            r#"{"ScaleDown":{"Policies":[{"PeriodSeconds":15,"Type":"Pods","Value":1}],"StabilizationWindowSeconds":5}}"#
        );
        assert!(view["spec"].get("metrics").is_none());
    }

    #[test]
    fn comes_back_from_the_older_version_as_it_was() {
        assert_eq!(stored(&shown(&autoscaler())), autoscaler());
    }
}
