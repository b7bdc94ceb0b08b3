//! Horizontal pod autoscalers: the words of TARGETS.

use serde_json::{Value, json};

use super::{AGE, NAME, age, column, name, number};
use crate::{
    registry::{Description::Field, Printer},
    value::{integer, items, text},
};

const SPEC: &str = "HorizontalPodAutoscalerSpec";

pub(crate) const HORIZONTAL_POD_AUTOSCALER: Printer = Printer {
    columns: &[
        NAME,
        column("Reference", Field(SPEC, "scaleTargetRef")),
        column("Targets", Field(SPEC, "metrics")),
        column("MinPods", Field(SPEC, "minReplicas")),
        column("MaxPods", Field(SPEC, "maxReplicas")),
        column(
            "Replicas",
            Field("HorizontalPodAutoscalerStatus", "currentReplicas"),
        ),
        AGE,
    ],
    cells: |autoscaler, now| {
        let reference = [
            text(autoscaler, "/spec/scaleTargetRef/kind"),
            text(autoscaler, "/spec/scaleTargetRef/name"),
        ];
        let min = integer(autoscaler, "/spec/minReplicas");
        vec![
            name(autoscaler),
            json!(reference.join("/")),
            json!(targets(autoscaler)),
            json!(min.map_or_else(|| "<unset>".to_owned(), |min| min.to_string())),
            json!(number(autoscaler, "/spec/maxReplicas")),
            json!(number(autoscaler, "/status/currentReplicas")),
            age(autoscaler, now),
        ]
    },
};

/// `cpu: 65%/80%, memory: 40Mi/100Mi + 1 more...`.
fn targets(autoscaler: &Value) -> String {
    const SHOWN: usize = 2;
    let metrics = items(autoscaler, "/spec/metrics");
    let current = items(autoscaler, "/status/currentMetrics");
    if metrics.is_empty() {
        return "<none>".to_owned();
    }
    let words: Vec<String> = metrics
        .iter()
        .enumerate()
        .take(SHOWN)
        .map(|(index, metric)| target(metric, current.get(index).unwrap_or(&Value::Null)))
        .collect();
    let listed = words.join(", ");
    match metrics.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{listed} + {more} more..."),
        Some(0) | None => listed,
    }
}

fn target(metric: &Value, current: &Value) -> String {
    match text(metric, "/type") {
        "Resource" => resource(metric, current, "resource"),
        "ContainerResource" => resource(metric, current, "containerResource"),
        "Pods" => pair(metric, current, "pods", "averageValue"),
        "Object" => value_or_average(metric, current, "object"),
        "External" => value_or_average(metric, current, "external"),
        _ => "<unknown type>".to_owned(),
    }
}

fn resource(metric: &Value, current: &Value, source: &str) -> String {
    let resource = text(metric, &format!("/{source}/name"));
    if metric
        .pointer(&format!("/{source}/target/averageValue"))
        .is_some()
    {
        return format!(
            "{resource}: {}",
            pair(metric, current, source, "averageValue")
        );
    }
    let percent = |object: &Value, side: &str, nothing: &str| {
        integer(object, &format!("/{source}/{side}/averageUtilization"))
            .map_or_else(|| nothing.to_owned(), |percent| format!("{percent}%"))
    };
    let (now, aim) = (
        percent(current, "current", "<unknown>"),
        percent(metric, "target", "<auto>"),
    );
    format!("{resource}: {now}/{aim}")
}

fn value_or_average(metric: &Value, current: &Value, source: &str) -> String {
    if metric
        .pointer(&format!("/{source}/target/averageValue"))
        .is_some()
    {
        format!("{} (avg)", pair(metric, current, source, "averageValue"))
    } else {
        pair(metric, current, source, "value")
    }
}

fn pair(metric: &Value, current: &Value, source: &str, field: &str) -> String {
    let now = text(current, &format!("/{source}/current/{field}"));
    let now = super::or(now, "<unknown>");
    format!(
        "{now}/{}",
        text(metric, &format!("/{source}/target/{field}"))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cpu(target: i64) -> Value {
        json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": target}}})
    }

    #[track_caller]
    fn check(metrics: Value, current: Value, expected: &str) {
        let autoscaler =
            json!({"spec": {"metrics": metrics}, "status": {"currentMetrics": current}});
        assert_eq!(targets(&autoscaler), expected);
    }

    #[test]
    fn shows_current_and_target() {
        let now = json!([{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 65, "averageValue": "130m"}}}]);
        check(json!([cpu(80)]), now.clone(), "cpu: 65%/80%");
        check(json!([cpu(80)]), json!(null), "cpu: <unknown>/80%");
        check(json!([]), json!(null), "<none>");
        let memory = json!({"type": "Resource", "resource": {"name": "memory", "target": {"averageValue": "100Mi"}}});
        check(
            json!([cpu(80), memory]),
            now.clone(),
            "cpu: 65%/80%, memory: <unknown>/100Mi",
        );
        let pods = json!({"type": "Pods", "pods": {"metric": {"name": "rps"}, "target": {"averageValue": "1k"}}});
        check(
            json!([cpu(80), pods, cpu(1)]),
            now,
            "cpu: 65%/80%, <unknown>/1k + 1 more...",
        );
    }
}
