//! Recording events the way client-go's recorders do: repeated ones are counted, old ones expire.
//!
//! Most components use the older recorder (`tools/record`); the scheduler uses the newer one (`tools/events`),
//! which names an action and counts in a series.

use domain::time::Seconds;
use serde_json::{Value, json};

use crate::{
    chance::hash,
    registry,
    value::{self, wire_micro_time, wire_time},
    world::{Key, World},
};

/// How long an event is kept after it was last seen (`--event-ttl` of the API server).
pub(crate) const TTL: Seconds = Seconds(3600);

/// Who reports.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    /// `kubelet`, `default-scheduler` …
    pub component: &'a str,
    /// The node it speaks from; empty for the control plane.
    pub host: &'a str,
}

/// The control plane's component of this name.
pub(crate) const fn component(name: &str) -> Source<'_> {
    Source {
        component: name,
        host: "",
    }
}

/// What is reported.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report<'a> {
    /// `Normal` or `Warning`.
    pub kind: &'a str,
    /// One word.
    pub reason: &'a str,
    /// The message.
    pub message: &'a str,
    /// The field of the object it is about: `spec.containers{app}`, or empty.
    pub field: &'a str,
}

impl<'a> Report<'a> {
    /// Something ordinary.
    pub(crate) const fn normal(reason: &'a str, message: &'a str) -> Self {
        Self {
            kind: "Normal",
            reason,
            message,
            field: "",
        }
    }

    /// Something to look at.
    pub(crate) const fn warning(reason: &'a str, message: &'a str) -> Self {
        Self {
            kind: "Warning",
            ..Self::normal(reason, message)
        }
    }
}

/// Records an event about an object, or counts it up when the same was recorded before.
pub(crate) fn record(world: &mut World, about: &Value, source: Source<'_>, report: Report<'_>) {
    let Some(place) = place(world, about, source, report) else {
        return;
    };
    let now = wire_time(world.now);
    let again = |event: &mut Value| {
        let count = value::integer(event, "/count").unwrap_or(1);
        event["count"] = json!(count + 1);
        event["lastTimestamp"] = json!(now);
    };
    if let Some(mut event) = first(world, &place, about, report, again) {
        let mut from = json!({"component": source.component});
        if !source.host.is_empty() {
            from["host"] = json!(source.host);
        }
        event["source"] = from;
        event["firstTimestamp"] = json!(now);
        event["lastTimestamp"] = json!(now);
        event["count"] = json!(1);
        event["eventTime"] = Value::Null;
        event["reportingComponent"] = json!(source.component);
        event["reportingInstance"] = json!(source.host);
        insert(world, event);
    }
}

/// Like [`record`], as components do that report what they did in the newer form.
pub(crate) fn record_action(
    world: &mut World,
    about: &Value,
    reporter: &str,
    report: Report<'_>,
    action: &str,
) {
    let Some(place) = place(world, about, component(reporter), report) else {
        return;
    };
    let now = wire_micro_time(world.now);
    let again = |event: &mut Value| {
        let count = value::integer(event, "/series/count").unwrap_or(1);
        event["series"] = json!({"count": count + 1, "lastObservedTime": now});
    };
    if let Some(mut event) = first(world, &place, about, report, again) {
        event["source"] = json!({});
        event["firstTimestamp"] = Value::Null;
        event["lastTimestamp"] = Value::Null;
        event["eventTime"] = json!(now);
        event["action"] = json!(action);
        event["reportingComponent"] = json!(reporter);
        event["reportingInstance"] = json!(format!("{reporter}-control-plane"));
        insert(world, event);
    }
}

/// Namespace and name of the event that tells this; `None` where none is recorded.
fn place(world: &World, about: &Value, source: Source<'_>, report: Report<'_>) -> Option<Key> {
    if world.now < world.events_from {
        return None;
    }
    let namespace = match value::namespace(about) {
        "" => "default",
        namespace => namespace,
    };
    let home = world.store.get(registry::NAMESPACE, "", namespace);
    if home.is_some_and(|home| value::is_terminating(home)) {
        // Nothing is created in a namespace that is ending.
        return None;
    }
    let digest = hash(
        0,
        &[
            value::uid(about),
            source.component,
            report.kind,
            report.reason,
            report.message,
            report.field,
        ],
    );
    let name = format!("{}.{digest:016x}", value::name(about));
    Some((namespace.to_owned(), name))
}

/// What both forms of an event that was not recorded before have in common; one that was is counted `again`.
fn first(
    world: &mut World,
    (namespace, name): &Key,
    about: &Value,
    report: Report<'_>,
    again: impl FnOnce(&mut Value),
) -> Option<Value> {
    if world.store.get(registry::EVENT, namespace, name).is_some() {
        world.update(registry::EVENT, namespace, name, again);
        return None;
    }
    let mut involved = json!({
        "apiVersion": about["apiVersion"],
        "kind": about["kind"],
        "name": value::name(about),
        "resourceVersion": about["metadata"]["resourceVersion"],
        "uid": value::uid(about),
    });
    if !value::namespace(about).is_empty() {
        involved["namespace"] = json!(namespace);
    }
    if !report.field.is_empty() {
        involved["fieldPath"] = json!(report.field);
    }
    Some(json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": involved,
        "reason": report.reason,
        "message": report.message,
        "type": report.kind,
    }))
}

fn insert(world: &mut World, event: Value) {
    // The name was free a moment ago, and nothing else writes here.
    drop(world.store.insert(registry::EVENT, event, world.now));
}

/// Removes events last seen longer than [`TTL`] ago.
pub(crate) fn expire(world: &mut World) {
    let horizon = wire_time(world.now - TTL);
    let old: Vec<_> = world
        .store
        .list(registry::EVENT, None)
        // Times on the wire are all in UTC with whole seconds, so that they sort as text.
        .filter(|event| last_seen(event) < horizon.as_str())
        .map(|event| crate::world::key_of(event))
        .collect();
    for (namespace, name) in old {
        world.store.remove(registry::EVENT, &namespace, &name);
    }
}

/// With microseconds or without: both sort as text among themselves and, but for a second, with each other.
fn last_seen(event: &Value) -> &str {
    [
        "/lastTimestamp",
        "/series/lastObservedTime",
        "/metadata/creationTimestamp",
    ]
    .into_iter()
    .map(|pointer| value::text(event, pointer))
    .find(|seen| !seen.is_empty())
    .unwrap_or_default()
}
