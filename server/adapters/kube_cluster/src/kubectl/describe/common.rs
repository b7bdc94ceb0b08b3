//! Parts that several descriptions share: labels, annotations, tolerations, events, pod counts.

use domain::time::Timestamp;
use serde_json::Value;

use super::{page::Page, selector_text};
use crate::kubectl::{
    discovery::ApiResource,
    events,
    json::{at, controller, has, items, name, namespace, number, pairs, text},
    request::{Outcome, Selectors, Session},
    when,
};

/// Longest annotation printed on its label's line, in bytes, as kubectl has it.
const MAX_ANNOTATION: usize = 140;

/// `Name:`, `Namespace:`.
pub(super) fn heading(page: &mut Page, object: &Value) {
    page.field(0, "Name", name(object));
    page.field(0, "Namespace", namespace(object));
}

/// `Labels:` and `Annotations:`.
pub(super) fn labels_and_annotations(page: &mut Page, object: &Value) {
    labels(page, "Labels", at(object, "/metadata/labels"));
    annotations(page, "Annotations", at(object, "/metadata/annotations"));
}

/// `CreationTimestamp:`.
pub(super) fn creation(page: &mut Page, object: &Value) {
    let at = text(object, "/metadata/creationTimestamp");
    page.field(0, "CreationTimestamp", when::rfc1123(at));
}

/// A string map, one `key=value` a line.
pub(super) fn labels(page: &mut Page, title: &str, map: &Value) {
    let lines: Vec<String> = pairs(map, "")
        .into_iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    page.column(title, &lines);
}

/// Annotations, long ones on lines of their own and cut; the manifest `kubectl apply` keeps is left out.
pub(super) fn annotations(page: &mut Page, title: &str, map: &Value) {
    let mut lines = Vec::new();
    for (key, value) in pairs(map, "") {
        if key == "kubectl.kubernetes.io/last-applied-configuration" {
            continue;
        }
        let value = value.strip_suffix('\n').unwrap_or(value);
        if value.len() + key.len() + 2 > MAX_ANNOTATION || value.contains('\n') {
            lines.push(format!("{key}:"));
            lines.extend(
                value
                    .split('\n')
                    .map(|line| format!("  {}", shortened(line))),
            );
        } else {
            lines.push(format!("{key}: {value}"));
        }
    }
    page.column(title, &lines);
}

fn shortened(line: &str) -> String {
    let most = MAX_ANNOTATION - 2;
    if line.len() <= most {
        return line.to_owned();
    }
    format!("{}...", &line[..line.floor_char_boundary(most)])
}

/// `k=v,…` of a string map, `<none>` when it is empty.
pub(super) fn joined_labels(map: &Value) -> String {
    let joined: Vec<String> = pairs(map, "")
        .into_iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    or_none(joined.join(","))
}

/// The text, or `<none>` for an empty one.
pub(super) fn or_none(text: String) -> String {
    if text.is_empty() {
        "<none>".to_owned()
    } else {
        text
    }
}

/// `True` or `False`.
pub(super) fn truth(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// `Controlled By:`, when something controls the object.
pub(super) fn controlled_by(page: &mut Page, object: &Value) {
    if let Some(owner) = controller(object) {
        let by = format!("{}/{}", text(owner, "/kind"), text(owner, "/name"));
        page.field(0, "Controlled By", by);
    }
}

/// Tolerations, one a line, by key.
pub(super) fn tolerations(page: &mut Page, title: &str, list: &[Value]) {
    let mut sorted: Vec<&Value> = list.iter().collect();
    sorted.sort_by_key(|toleration| text(toleration, "/key"));
    let lines: Vec<String> = sorted.into_iter().map(toleration_line).collect();
    page.column(title, &lines);
}

fn toleration_line(toleration: &Value) -> String {
    let (key, value) = (text(toleration, "/key"), text(toleration, "/value"));
    let effect = text(toleration, "/effect");
    let mut line = key.to_owned();
    if !value.is_empty() {
        line.push_str(&format!("={value}"));
    }
    if !effect.is_empty() {
        line.push_str(&format!(":{effect}"));
    }
    if text(toleration, "/operator") == "Exists" && value.is_empty() {
        line.push_str(if line.is_empty() {
            "op=Exists"
        } else {
            " op=Exists"
        });
    }
    if has(toleration, "/tolerationSeconds") {
        line.push_str(&format!(
            " for {}s",
            number(toleration, "/tolerationSeconds")
        ));
    }
    line
}

/// A `Conditions:` table of type, status and reason.
pub(super) fn reasoned_conditions(page: &mut Page, object: &Value) {
    let conditions = items(object, "/status/conditions");
    if conditions.is_empty() {
        return;
    }
    page.line(0, "Conditions:\n  Type\tStatus\tReason");
    page.line(1, "----\t------\t------");
    for condition in conditions {
        let (kind, status) = (text(condition, "/type"), text(condition, "/status"));
        page.line(
            1,
            format_args!("{kind} \t{status}\t{}", text(condition, "/reason")),
        );
    }
}

/// The events about an object, read by name, kind and UID; `None` when they are not asked for.
pub(super) async fn events_about(
    session: &Session<'_>,
    object: &Value,
) -> Outcome<Option<Vec<Value>>> {
    if !session.shows_events {
        return Ok(None);
    }
    let (kind, uid) = (text(object, "/kind"), text(object, "/metadata/uid"));
    events::about(session, object, Some(kind), uid)
        .await
        .map(Some)
}

/// The `Events:` table that ends a description.
pub(super) fn event_table(page: &mut Page, events: &Option<Vec<Value>>, now: Timestamp) {
    let Some(events) = events else {
        return;
    };
    if events.is_empty() {
        page.field(0, "Events", "<none>");
        return;
    }
    page.line(0, "Events:\n  Type\tReason\tAge\tFrom\tMessage");
    page.line(1, "----\t------\t----\t----\t-------");
    for event in events {
        page.line(
            1,
            format_args!(
                "{}\t{}\t{}\t{}\t{}",
                text(event, "/type"),
                text(event, "/reason"),
                events::interval(event, now),
                events::source(event),
                text(event, "/message").trim()
            ),
        );
    }
}

/// `3 Running / 0 Waiting / 0 Succeeded / 0 Failed`, of the pods a workload controls.
pub(super) async fn pod_counts(session: &Session<'_>, owner: &Value) -> Outcome<String> {
    let selector = selector_text(at(owner, "/spec/selector"));
    let selectors = Selectors {
        labels: Some(&selector)
            .filter(|selector| !selector.is_empty())
            .map(String::as_str),
        ..Selectors::default()
    };
    let pods = ApiResource::known("", "v1", "pods", "Pod");
    let listed = session
        .list(&pods, Some(namespace(owner)), selectors)
        .await?;
    let uid = text(owner, "/metadata/uid");
    let owned: Vec<&Value> = listed
        .iter()
        .filter(|pod| controller(pod).is_some_and(|by| text(by, "/uid") == uid))
        .collect();
    let count = |phase: &str| {
        owned
            .iter()
            .filter(|pod| text(pod, "/status/phase") == phase)
            .count()
    };
    Ok(format!(
        "{} Running / {} Waiting / {} Succeeded / {} Failed",
        count("Running"),
        count("Pending"),
        count("Succeeded"),
        count("Failed")
    ))
}
