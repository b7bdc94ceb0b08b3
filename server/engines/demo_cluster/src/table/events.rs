//! Events, in the form of the core group and of `events.k8s.io`.

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{NAME, column, name, number, or, since, wide};
use crate::{
    registry::{Description::Field, Printer},
    value::{self, text},
};

pub(crate) const EVENT: Printer = Printer {
    columns: &[
        column("Last Seen", Field("Event", "lastTimestamp")),
        column("Type", Field("Event", "type")),
        column("Reason", Field("Event", "reason")),
        column("Object", Field("Event", "involvedObject")),
        wide(column("Subobject", Field("ObjectReference", "fieldPath"))),
        wide(column("Source", Field("Event", "source"))),
        column("Message", Field("Event", "message")),
        wide(column("First Seen", Field("Event", "firstTimestamp"))),
        wide(column("Count", Field("Event", "count"))),
        wide(NAME),
    ],
    cells: event_cells,
};

fn event_cells(event: &Value, now: Timestamp) -> Vec<Value> {
    let is_at = |pointer| value::time(event, pointer).is_some();
    let first = if is_at("/firstTimestamp") {
        "/firstTimestamp"
    } else {
        "/eventTime"
    };
    let (last, count) = if event.get("series").is_some() {
        ("/series/lastObservedTime", number(event, "/series/count"))
    } else {
        let last = if is_at("/lastTimestamp") {
            "/lastTimestamp"
        } else {
            first
        };
        (last, number(event, "/count").max(1))
    };
    let kind = text(event, "/involvedObject/kind").to_lowercase();
    let target = match text(event, "/involvedObject/name") {
        "" => kind,
        named => format!("{kind}/{named}"),
    };
    vec![
        json!(since(event, last, now)),
        json!(text(event, "/type")),
        json!(text(event, "/reason")),
        json!(target),
        json!(text(event, "/involvedObject/fieldPath")),
        json!(event_source(event)),
        json!(text(event, "/message").trim()),
        json!(since(event, first, now)),
        json!(count),
        name(event),
    ]
}

fn event_source(event: &Value) -> String {
    let component = or(
        text(event, "/source/component"),
        text(event, "/reportingComponent"),
    );
    match or(
        text(event, "/source/host"),
        text(event, "/reportingInstance"),
    ) {
        "" => component.to_owned(),
        host => format!("{component}, {host}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_763_930_096_000);

    #[track_caller]
    fn check(printer: Printer, mut object: Value, expected: Value) {
        object["metadata"]["name"] = json!("x");
        object["metadata"]["creationTimestamp"] = json!("2025-11-23T20:24:56Z");
        assert_eq!(json!((printer.cells)(&object, NOW)), expected);
    }

    #[test]
    fn shows_events() {
        let event = json!({"type": "Warning", "reason": "BackOff", "message": " Back-off \n", "count": 7,
            "involvedObject": {"kind": "Pod", "name": "web-1", "fieldPath": "spec.containers{web}"},
            "source": {"component": "kubelet", "host": "n1"},
            "firstTimestamp": "2025-11-23T19:34:56Z", "lastTimestamp": "2025-11-23T20:34:26Z"});
        check(
            EVENT,
            event,
            json!([
                "30s",
                "Warning",
                "BackOff",
                "pod/web-1",
                "spec.containers{web}",
                "kubelet, n1",
                "Back-off",
                "60m",
                7,
                "x"
            ]),
        );
        let modern = json!({"eventTime": "2025-11-23T20:33:56.000000Z", "reportingComponent": "scheduler", "involvedObject": {"kind": "Pod"}});
        check(
            EVENT,
            modern,
            json!(["60s", "", "", "pod", "", "scheduler", "", "60s", 1, "x"]),
        );
    }
}
