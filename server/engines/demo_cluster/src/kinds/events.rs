//! The group `events.k8s.io`: events of the core group under newer names.
//!
//! Follows `pkg/apis/events/v1/conversion.go` and the JSON names of both versions.

use serde_json::{Value, json};

use super::{BASE, EVENT as CORE_EVENT, core_rules, selectable};
use crate::{
    registry::{self, KindSpec, Printer, Rules, View},
    status::Cause,
    value::{self, text},
};

/// Names of a field in the core group and in `events.k8s.io`, where they differ.
const NAMES: [(&str, &str); 7] = [
    ("count", "deprecatedCount"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("involvedObject", "regarding"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("message", "note"),
    ("reportingComponent", "reportingController"),
    ("source", "deprecatedSource"),
];

pub(crate) const EVENT_V1: KindSpec = KindSpec {
    group: "events.k8s.io",
    kind: "Event",
    plural: "events",
    singular: "event",
    short_names: &["ev"],
    definition: "EventsEvent",
    selectable: &[
        selectable("reason", "/reason"),
        selectable("regarding.kind", "/involvedObject/kind"),
        selectable("regarding.namespace", "/involvedObject/namespace"),
        selectable("regarding.name", "/involvedObject/name"),
        selectable("regarding.uid", "/involvedObject/uid"),
        selectable("regarding.apiVersion", "/involvedObject/apiVersion"),
        selectable(
            "regarding.resourceVersion",
            "/involvedObject/resourceVersion",
        ),
        selectable("regarding.fieldPath", "/involvedObject/fieldPath"),
        selectable("reportingController", "/reportingComponent"),
        selectable("type", "/type"),
    ],
    rules: Rules {
        validate: |event| core_rules::event_rules_for(event, "reportingController"),
        validate_update,
        ..CORE_EVENT.rules
    },
    printer: Printer {
        columns: CORE_EVENT.printer.columns,
        cells: |event, now| (CORE_EVENT.printer.cells)(&stored(event), now),
    },
    view: Some(&View {
        of: registry::EVENT,
        show: shown,
        store: stored,
        check_new,
    }),
    ..BASE
};

/// Source: `ValidateEventCreate` of `pkg/apis/core/validation`.
fn check_new(event: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    if event
        .pointer("/series/count")
        .is_some_and(|count| count.as_i64() < Some(2))
    {
        causes.push(Cause::invalid(
            "series.count",
            &json!(""),
            "should be at least 2",
        ));
    }
    if text(event, "/eventTime").is_empty() {
        causes.push(Cause::required("eventTime", ""));
    }
    let kind = text(event, "/type");
    if !matches!(kind, "Normal" | "Warning") {
        let detail = format!("has invalid value: {kind}");
        causes.push(Cause::invalid("type", &json!(""), &detail));
    }
    let is_set = [
        ("firstTimestamp", event["firstTimestamp"].is_string()),
        ("lastTimestamp", event["lastTimestamp"].is_string()),
        ("count", value::integer(event, "/count").unwrap_or(0) != 0),
        (
            "source",
            value::map(event, "/source").is_some_and(|it| !it.is_empty()),
        ),
    ];
    let older = is_set.into_iter().filter(|(_, is_set)| *is_set);
    causes.extend(older.map(|(field, _)| Cause::invalid(field, &json!(""), "needs to be unset")));
    causes
}

/// An event says once what happened; only its series goes on. Source: `ValidateEventUpdate`.
fn validate_update(new: &Value, old: &Value) -> Vec<Cause> {
    let fixed = [
        "involvedObject",
        "reason",
        "message",
        "source",
        "firstTimestamp",
        "lastTimestamp",
        "count",
        "type",
        "eventTime",
        "action",
        "related",
        "reportingComponent",
        "reportingInstance",
    ];
    let changed = fixed
        .into_iter()
        .filter(|field| new.get(field) != old.get(field));
    changed
        .map(|field| {
            let name = if field == "reportingComponent" {
                "reportingController"
            } else {
                field
            };
            Cause::invalid(name, &new[field], "field is immutable")
        })
        .collect()
}

fn shown(event: &Value) -> Value {
    let mut out = event.clone();
    for (from, to) in NAMES {
        rename(&mut out, from, to);
    }
    // What Go writes even when it is empty, and what it leaves out then.
    value::set_default(&mut out, &["eventTime"], Value::Null);
    value::set_default(&mut out, &["deprecatedSource"], json!({}));
    for field in ["reportingController", "reportingInstance"] {
        if value::text(&out, &format!("/{field}")).is_empty() {
            value::remove(&mut out, &[field]);
        }
    }
    out
}

fn stored(event: &Value) -> Value {
    let mut out = event.clone();
    for (to, from) in NAMES {
        rename(&mut out, from, to);
    }
    out
}

fn rename(object: &mut Value, from: &str, to: &str) {
    if let Some(found) = value::remove(object, &[from]) {
        object[to] = found;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_from_the_newer_names_as_it_was() {
        let event = json!({
            "metadata": {"name": "a"}, "count": 3, "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": null,
            "eventTime": null, "involvedObject": {"kind": "Pod"}, "message": "hello",
            "reportingComponent": "kubelet", "reportingInstance": "node-1", "source": {"component": "kubelet"},
            "reason": "Started", "type": "Normal",
        });
        let view = shown(&event);
        assert_eq!(view["note"], "hello");
        assert_eq!(view["regarding"]["kind"], "Pod");
        assert_eq!(view["deprecatedSource"]["component"], "kubelet");
        assert!(view.get("message").is_none());
        assert_eq!(stored(&view), event);
    }
}
