//! `v1` Events, newest first.

use domain::resources::Event;
use k8s_openapi::api::core::v1::Event as Object;

use super::{count, created, timestamp};

/// Events in the order they were last seen, newest first.
pub(crate) fn events(objects: Vec<Object>) -> Vec<Event> {
    newest_first(objects.into_iter().map(event).collect())
}

/// In the order they were last seen, newest first.
pub(crate) fn newest_first(mut events: Vec<Event>) -> Vec<Event> {
    events.sort_by_key(|event| std::cmp::Reverse(event.last_seen));
    events
}

/// The time and count come from the series, then the old fields, then the single occurrence, as in `kubectl events`.
pub(crate) fn event(object: Object) -> Event {
    let series = object.series.as_ref();
    let micro = |time: &k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime| {
        domain::time::Timestamp(time.0.as_millisecond())
    };
    let last_seen = series
        .and_then(|series| series.last_observed_time.as_ref().map(micro))
        .or_else(|| object.last_timestamp.as_ref().map(timestamp))
        .or_else(|| object.event_time.as_ref().map(micro))
        .unwrap_or_else(|| created(&object.metadata));
    let times = series.and_then(|series| series.count).or(object.count);
    let about = object.involved_object;
    Event {
        namespace: about.namespace.unwrap_or_default(),
        kind: object.type_.unwrap_or_default(),
        reason: object.reason.unwrap_or_default(),
        object_kind: about.kind.unwrap_or_default(),
        object_name: about.name.unwrap_or_default(),
        message: object.message.unwrap_or_default().trim().to_owned(),
        count: count(times).max(1),
        last_seen,
    }
}
