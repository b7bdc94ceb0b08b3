//! `kubectl events`, and the events that end every description.
//!
//! Source: `k8s.io/kubectl/pkg/cmd/events` and `DescribeEvents` in `k8s.io/kubectl/pkg/describe`.

use domain::{
    command::{CommandOutput, EventsCommand, OutputFormat},
    time::Timestamp,
};
use serde_json::{Value, json};

use super::{
    discovery::ApiResource,
    json::{at, has, namespace, number, text, text_or},
    objects::{self, Shape},
    printed, remarked,
    request::{Outcome, Selectors, Session},
    tabs, when,
};

/// The events of core `v1`.
pub(super) fn resource() -> ApiResource {
    ApiResource::known("", "v1", "events", "Event")
}

/// `kubectl events`.
pub(super) async fn run(session: &Session<'_>, command: &EventsCommand) -> Outcome<CommandOutput> {
    let selector = match &command.about {
        Some((word, name)) => {
            let meant = session.resource(&word.0).await?;
            Some(format!(
                "involvedObject.kind={},involvedObject.apiVersion={},involvedObject.name={name}",
                meant.kind,
                meant.api_version()
            ))
        }
        None => None,
    };
    let namespace = session.namespace(&command.scope);
    let selectors = Selectors {
        fields: selector.as_deref(),
        ..Selectors::default()
    };
    let mut events = session.list(&resource(), namespace, selectors).await?;
    events.retain(|event| is_of(event, &command.types));
    if events.is_empty() {
        return Ok(remarked(match namespace {
            Some(namespace) => format!("No events found in {namespace} namespace.\n"),
            None => "No events found.\n".to_owned(),
        }));
    }
    events.sort_by_key(last_seen);
    if !matches!(command.output, OutputFormat::Table | OutputFormat::Wide) {
        return whole(session, events, &command.output);
    }
    let mut lines = lines(&events, namespace.is_none(), session.now);
    if command.no_headers {
        lines = lines
            .split_once('\n')
            .map_or(String::new(), |(_, rest)| rest.to_owned());
    }
    Ok(printed(tabs::align(&lines, tabs::TABLE)))
}

/// The events as an `EventList` in another format than the table.
fn whole(
    session: &Session<'_>,
    mut events: Vec<Value>,
    format: &OutputFormat,
) -> Outcome<CommandOutput> {
    for event in &mut events {
        objects::prepare(event, session.audience, false);
    }
    if *format == OutputFormat::Name {
        return objects::print(&events, format, Shape::List).map(printed);
    }
    let list = json!({"apiVersion": "v1", "kind": "EventList", "metadata": {}, "items": events});
    objects::print(&[list], format, Shape::One).map(printed)
}

fn is_of(event: &Value, types: &[String]) -> bool {
    types.is_empty()
        || types
            .iter()
            .any(|wanted| wanted.eq_ignore_ascii_case(text(event, "/type")))
}

fn lines(events: &[Value], with_namespace: bool, now: Timestamp) -> String {
    let mut out = String::new();
    out.push_str(if with_namespace { "NAMESPACE\t" } else { "" });
    out.push_str("LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n");
    for event in events {
        if with_namespace {
            out.push_str(namespace(event));
            out.push('\t');
        }
        out.push_str(&format!(
            "{}\t{}\t{}\t{}/{}\t{}\n",
            interval(event, now),
            text(event, "/type"),
            text(event, "/reason"),
            text(event, "/involvedObject/kind"),
            text(event, "/involvedObject/name"),
            text(event, "/message").trim()
        ));
    }
    out
}

/// When an event was last seen; the earliest time there is when it does not say.
fn last_seen(event: &Value) -> Timestamp {
    let at = if has(event, "/series") {
        text(event, "/series/lastObservedTime")
    } else {
        text_or(event, "/lastTimestamp", text(event, "/eventTime"))
    };
    Timestamp::parse(at).unwrap_or(Timestamp(i64::MIN))
}

/// `5m (x3 over 2h)`, or the age of what was seen once.
pub(super) fn interval(event: &Value, now: Timestamp) -> String {
    let first = when::age(
        now,
        text_or(event, "/eventTime", text(event, "/firstTimestamp")),
    );
    let (last, count) = if has(event, "/series") {
        (
            text(event, "/series/lastObservedTime"),
            number(event, "/series/count"),
        )
    } else if number(event, "/count") > 1 {
        (text(event, "/lastTimestamp"), number(event, "/count"))
    } else {
        return first;
    };
    format!("{} (x{count} over {first})", when::age(now, last))
}

/// The events about an object, oldest first; none when they cannot be read, as kubectl has it.
///
/// `kind` and `uid` narrow the search where kubectl narrows it.
pub(super) async fn about(
    session: &Session<'_>,
    object: &Value,
    kind: Option<&str>,
    uid: &str,
) -> Outcome<Vec<Value>> {
    let mut selector = format!(
        "involvedObject.name={},involvedObject.namespace={}",
        text(object, "/metadata/name"),
        namespace(object)
    );
    if let Some(kind) = kind {
        selector.push_str(&format!(",involvedObject.kind={kind}"));
    }
    if !uid.is_empty() {
        selector.push_str(&format!(",involvedObject.uid={uid}"));
    }
    let selectors = Selectors {
        fields: Some(&selector),
        ..Selectors::default()
    };
    let within = Some(namespace(object)).filter(|namespace| !namespace.is_empty());
    let mut events = match session.list(&resource(), within, selectors).await {
        Ok(events) => events,
        Err(failure @ super::request::Failure::Cluster(_)) => return Err(failure),
        Err(_) => Vec::new(),
    };
    events.sort_by_key(|event| Timestamp::parse(text(event, "/lastTimestamp")).unwrap_or_default());
    Ok(events)
}

/// Who reported an event.
pub(super) fn source(event: &Value) -> &str {
    text_or(
        event,
        "/source/component",
        at(event, "/reportingComponent")
            .as_str()
            .unwrap_or_default(),
    )
}
