//! The group `autoscaling/v2`.
//!
//! Defaults and rules follow `pkg/apis/autoscaling/v2/defaults.go` and `validation/validation.go`.

use serde_json::{Value, json};

use super::{BASE, NO_RULES};
use crate::{
    registry::{KindSpec, Rules, Subresource::Status},
    status::Cause,
    table,
    value::{self, items, set_default, text},
};

pub(crate) const HORIZONTAL_POD_AUTOSCALER: KindSpec = KindSpec {
    group: "autoscaling",
    version: "v2",
    kind: "HorizontalPodAutoscaler",
    plural: "horizontalpodautoscalers",
    singular: "horizontalpodautoscaler",
    short_names: &["hpa"],
    categories: &["all"],
    subresources: &[Status],
    definition: "HorizontalPodAutoscaler",
    rules: Rules {
        defaults,
        begin: |it| {
            let nothing_yet = json!({"currentMetrics": null, "desiredReplicas": 0});
            set_default(it, &["status"], nothing_yet);
        },
        validate,
        ..NO_RULES
    },
    printer: table::HORIZONTAL_POD_AUTOSCALER,
    ..BASE
};

fn defaults(autoscaler: &mut Value) {
    set_default(autoscaler, &["spec", "minReplicas"], 1);
    if items(autoscaler, "/spec/metrics").is_empty() {
        let cpu = json!([{"type": "Resource", "resource": {"name": "cpu",
            "target": {"type": "Utilization", "averageUtilization": 80}}}]);
        value::set(autoscaler, &["spec", "metrics"], cpu);
    }
    if let Some(behavior) = autoscaler.pointer_mut("/spec/behavior") {
        behavior_defaults(behavior);
    }
}

/// What a behaviour leaves out, for both directions as soon as one is named.
fn behavior_defaults(behavior: &mut Value) {
    let share = json!({"type": "Percent", "value": 100, "periodSeconds": 15});
    let pods = json!({"type": "Pods", "value": 4, "periodSeconds": 15});
    for (direction, policies) in [
        ("scaleUp", json!([pods, share])),
        ("scaleDown", json!([share])),
    ] {
        set_default(behavior, &[direction, "selectPolicy"], "Max");
        set_default(behavior, &[direction, "policies"], policies);
    }
    set_default(behavior, &["scaleUp", "stabilizationWindowSeconds"], 0);
}

fn validate(autoscaler: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let min = value::integer(autoscaler, "/spec/minReplicas").unwrap_or(1);
    let max = value::integer(autoscaler, "/spec/maxReplicas").unwrap_or(0);
    if min < 1 {
        causes.push(Cause::invalid(
            "spec.minReplicas",
            &json!(min),
            "must be greater than or equal to 1",
        ));
    }
    if max < 1 {
        causes.push(Cause::invalid(
            "spec.maxReplicas",
            &json!(max),
            "must be greater than 0",
        ));
    }
    if max < min {
        let detail = "must be greater than or equal to `minReplicas`";
        causes.push(Cause::invalid("spec.maxReplicas", &json!(max), detail));
    }
    for field in ["kind", "name"] {
        if text(autoscaler, &format!("/spec/scaleTargetRef/{field}")).is_empty() {
            causes.push(Cause::required(format!("spec.scaleTargetRef.{field}"), ""));
        }
    }
    for (index, metric) in items(autoscaler, "/spec/metrics").iter().enumerate() {
        causes.extend(metric_rules(metric, &format!("spec.metrics[{index}]")));
    }
    causes
}

fn metric_rules(metric: &Value, at: &str) -> Vec<Cause> {
    let sources = [
        ("ContainerResource", "containerResource"),
        ("External", "external"),
        ("Object", "object"),
        ("Pods", "pods"),
        ("Resource", "resource"),
    ];
    let kind = text(metric, "/type");
    if kind.is_empty() {
        return vec![Cause::required(
            format!("{at}.type"),
            "must specify a metric source type",
        )];
    }
    let Some((_, source)) = sources.iter().find(|(name, _)| *name == kind) else {
        let names = sources.map(|(name, _)| name);
        return vec![Cause::not_supported(format!("{at}.type"), kind, &names)];
    };
    if metric.get(source).is_none() {
        let detail = "must populate information for the given metric source";
        return vec![Cause::required(format!("{at}.{source}"), detail)];
    }
    let target = format!("/{source}/target/averageUtilization");
    match value::integer(metric, &target) {
        Some(percent) if percent < 1 => vec![Cause::invalid(
            format!("{at}.{source}.target.averageUtilization"),
            &json!(percent),
            "must be greater than 0",
        )],
        Some(_) | None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aims_at_80_percent_cpu_unless_told() {
        let mut autoscaler = json!({"spec": {"maxReplicas": 3, "scaleTargetRef": {"kind": "Deployment", "name": "web"}}});
        defaults(&mut autoscaler);
        assert_eq!(
            autoscaler["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"],
            80
        );
        assert_eq!(validate(&autoscaler), []);
    }

    #[test]
    fn completes_both_directions_of_a_behaviour() {
        let mut autoscaler =
            json!({"spec": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 5}}}});
        defaults(&mut autoscaler);
        let share = json!({"type": "Percent", "value": 100, "periodSeconds": 15});
        assert_eq!(
            autoscaler["spec"]["behavior"],
            json!({
                "scaleDown": {"stabilizationWindowSeconds": 5, "selectPolicy": "Max", "policies": [share]},
                "scaleUp": {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}, share]},
            })
        );
    }

    #[test]
    fn refuses_bounds_that_cross() {
        let mut autoscaler = json!({"spec": {"minReplicas": 5, "maxReplicas": 3}});
        defaults(&mut autoscaler);
        let found: Vec<String> = validate(&autoscaler).iter().map(Cause::to_string).collect();
        assert_eq!(
            found,
            [
                "spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`",
                "spec.scaleTargetRef.kind: Required value",
                "spec.scaleTargetRef.name: Required value",
            ]
        );
    }
}
