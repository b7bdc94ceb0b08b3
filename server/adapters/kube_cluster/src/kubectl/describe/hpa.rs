//! Horizontal pod autoscalers, read as `autoscaling/v2`.

use serde_json::Value;

use super::{
    common::{creation, event_table, events_about, heading, labels_and_annotations},
    page::Page,
};
use crate::kubectl::{
    discovery::ApiResource,
    json::{at, has, items, members, name, namespace, number, shown, text, text_or},
    request::{Failure, Outcome, Session},
};

pub(super) async fn describe(session: &Session<'_>, listed: &Value) -> Outcome<String> {
    let current = newest(session, listed).await?;
    let object = current.as_ref().unwrap_or(listed);
    let events = events_about(session, object).await?;
    let mut page = Page::default();
    heading(&mut page, object);
    labels_and_annotations(&mut page, object);
    creation(&mut page, object);
    let target = at(object, "/spec/scaleTargetRef");
    let (kind, target_name) = (text(target, "/kind"), text(target, "/name"));
    page.field(0, "Reference", format_args!("{kind}/{target_name}"));
    page.field(0, "Metrics", "( current / target )");
    for (index, metric) in items(object, "/spec/metrics").iter().enumerate() {
        let now = at(object, "/status/currentMetrics").get(index);
        page.line(1, metric_line(metric, now.unwrap_or(&Value::Null)));
    }
    if has(object, "/spec/minReplicas") {
        page.field(0, "Min replicas", number(object, "/spec/minReplicas"));
    } else {
        page.field(0, "Min replicas", "<unset>");
    }
    page.field(0, "Max replicas", number(object, "/spec/maxReplicas"));
    behaviour(&mut page, at(object, "/spec/behavior"));
    let (replicas, desired) = (
        number(object, "/status/currentReplicas"),
        number(object, "/status/desiredReplicas"),
    );
    page.field(
        0,
        &format!("{kind} pods"),
        format_args!("{replicas} current / {desired} desired"),
    );
    conditions(&mut page, object);
    event_table(&mut page, &events, session.now);
    Ok(page.finish())
}

/// The object in `autoscaling/v2`, when it came in another version.
async fn newest(session: &Session<'_>, listed: &Value) -> Outcome<Option<Value>> {
    if text(listed, "/apiVersion") == "autoscaling/v2" {
        return Ok(None);
    }
    let resource = ApiResource::known(
        "autoscaling",
        "v2",
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
    );
    match session
        .object(&resource, Some(namespace(listed)), name(listed))
        .await
    {
        Ok(object) => Ok(Some(object)),
        Err(failure @ Failure::Cluster(_)) => Err(failure),
        Err(_) => Ok(None),
    }
}

/// One metric with its current and wanted values.
fn metric_line(metric: &Value, now: &Value) -> String {
    let kind = text(metric, "/type");
    let source = members(metric, "")
        .into_iter()
        .find(|(key, _)| *key != "type");
    let Some((key, source)) = source else {
        return format!("<unknown metric type \"{kind}\">");
    };
    let target = at(source, "/target");
    let current = at(now, &format!("/{key}/current"));
    let value = |of: &Value, field: &str| {
        if has(of, field) {
            shown(at(of, field))
        } else {
            "<unknown>".to_owned()
        }
    };
    let average = has(target, "/averageValue");
    let field = if average { "/averageValue" } else { "/value" };
    let pair = format!("{} / {}", value(current, field), value(target, field));
    let metric_name = text(source, "/metric/name");
    match kind {
        "External" => {
            let what = if average {
                "target average value"
            } else {
                "target value"
            };
            format!("\"{metric_name}\" ({what}):\t{pair}")
        }
        "Pods" => format!("\"{metric_name}\" on pods:\t{pair}"),
        "Object" => {
            let on = at(source, "/describedObject");
            let what = if average {
                "target average value"
            } else {
                "target value"
            };
            let (on_kind, on_name) = (text(on, "/kind"), text(on, "/name"));
            format!("\"{metric_name}\" on {on_kind}/{on_name} ({what}):\t{pair}")
        }
        "Resource" | "ContainerResource" => {
            let resource = text(source, "/name");
            let of = match text(source, "/container") {
                "" => String::new(),
                container => format!(" of container \"{container}\""),
            };
            let subject = format!("resource {resource}{of} on pods");
            if average {
                return format!("{subject}:\t{pair}");
            }
            let (current, wanted) = utilization(current, target);
            format!("{subject}  (as a percentage of request):\t{current} / {wanted}")
        }
        other => format!("<unknown metric type \"{other}\">"),
    }
}

/// `45% (91m)` and `70%`.
fn utilization(current: &Value, target: &Value) -> (String, String) {
    let now = if has(current, "/averageUtilization") {
        let percent = number(current, "/averageUtilization");
        format!("{percent}% ({})", text_or(current, "/averageValue", "0"))
    } else {
        "<unknown>".to_owned()
    };
    let wanted = if has(target, "/averageUtilization") {
        format!("{}%", number(target, "/averageUtilization"))
    } else {
        "<auto>".to_owned()
    };
    (now, wanted)
}

fn behaviour(page: &mut Page, behaviour: &Value) {
    if behaviour.is_null() {
        return;
    }
    page.line(0, "Behavior:");
    for (label, field) in [("Scale Up:", "/scaleUp"), ("Scale Down:", "/scaleDown")] {
        let rules = at(behaviour, field);
        if rules.is_null() {
            continue;
        }
        page.line(1, label);
        if has(rules, "/stabilizationWindowSeconds") {
            let seconds = number(rules, "/stabilizationWindowSeconds");
            page.line(2, format_args!("Stabilization Window: {seconds} seconds"));
        }
        let policies = items(rules, "/policies");
        if policies.is_empty() {
            continue;
        }
        let select = text_or(rules, "/selectPolicy", "Max");
        page.line(2, format_args!("Select Policy: {select}"));
        page.line(2, "Policies:");
        for policy in policies {
            let (kind, value) = (text(policy, "/type"), number(policy, "/value"));
            let period = number(policy, "/periodSeconds");
            page.line(
                3,
                format_args!("- Type: {kind}\tValue: {value}\tPeriod: {period} seconds"),
            );
        }
    }
}

fn conditions(page: &mut Page, object: &Value) {
    let conditions = items(object, "/status/conditions");
    if conditions.is_empty() {
        return;
    }
    page.line(0, "Conditions:");
    page.line(1, "Type\tStatus\tReason\tMessage");
    page.line(1, "----\t------\t------\t-------");
    for condition in conditions {
        page.line(
            1,
            format_args!(
                "{}\t{}\t{}\t{}",
                text(condition, "/type"),
                text(condition, "/status"),
                text(condition, "/reason"),
                text(condition, "/message")
            ),
        );
    }
}
