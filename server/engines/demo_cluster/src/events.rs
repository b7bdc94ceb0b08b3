//! Recording events the way client-go's recorder does: repeated ones are counted, old ones expire.

use domain::time::Seconds;
use serde_json::{Value, json};

use crate::{
    chance::hash,
    registry,
    value::{self, wire_time},
    world::World,
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
    if world.now < world.events_from {
        return;
    }
    let namespace = match value::namespace(about) {
        "" => "default",
        namespace => namespace,
    };
    let home = world.store.get(registry::NAMESPACE, "", namespace);
    if home.is_some_and(|home| value::is_terminating(home)) {
        // Nothing is created in a namespace that is ending.
        return;
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
    let now = wire_time(world.now);
    if world.store.get(registry::EVENT, namespace, &name).is_some() {
        world.update(registry::EVENT, namespace, &name, |event| {
            let count = value::integer(event, "/count").unwrap_or(1);
            event["count"] = json!(count + 1);
            event["lastTimestamp"] = json!(now);
        });
        return;
    }
    let event = new_event(about, source, report, (namespace, &name, &now));
    // The name was free a moment ago, and nothing else writes here.
    drop(world.store.insert(registry::EVENT, event, world.now));
}

fn new_event(
    about: &Value,
    source: Source<'_>,
    report: Report<'_>,
    (namespace, name, now): (&str, &str, &str),
) -> Value {
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
    let mut from = json!({"component": source.component});
    if !source.host.is_empty() {
        from["host"] = json!(source.host);
    }
    json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": involved,
        "reason": report.reason,
        "message": report.message,
        "type": report.kind,
        "source": from,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "eventTime": null,
        "count": 1,
        "reportingComponent": source.component,
        "reportingInstance": source.host,
    })
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

fn last_seen(event: &Value) -> &str {
    match value::text(event, "/lastTimestamp") {
        "" => value::text(event, "/metadata/creationTimestamp"),
        seen => seen,
    }
}
