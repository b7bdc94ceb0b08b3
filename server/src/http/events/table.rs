//! Which event streams there are and what comes in them, for the router and for the OpenAPI document.

use axum::routing::{MethodRouter, get};
use domain::{OpsError, chat::ChatEvent, cluster::Overview, job::JobEvent};
use schemars::JsonSchema;

use crate::state::App;

use super::super::rest::{
    OVERVIEW,
    document::{Document, Parameter, Place},
};

/// One event stream.
pub struct EventStream {
    /// Its name for programs, unique.
    pub id: &'static str,
    /// Where, with `{id}` for what varies.
    pub path: &'static str,
    /// What it tells.
    pub summary: &'static str,
    /// What can be asked besides.
    pub parameters: &'static [Parameter],
    /// What comes in it.
    pub events: Vec<EventKind>,
    pub(super) handler: fn() -> MethodRouter<App>,
}

/// One kind of event.
#[derive(Debug, Clone, Copy)]
pub struct EventKind {
    /// After `event:`; `message` where there is no such line.
    pub name: &'static str,
    /// What it says.
    pub meaning: &'static str,
    /// After `data:`.
    pub data: Document,
}

/// Every event stream.
#[must_use]
pub fn streams() -> Vec<EventStream> {
    vec![
        EventStream {
            id: "watch_job",
            path: "/api/v1/jobs/{id}/events",
            summary: "A job's events as they happen, up to the one that ends it; “id:” is the sequence",
            parameters: &[Parameter {
                place: Place::Header,
                name: "Last-Event-ID",
                meaning: "Goes on after the event with this sequence",
                values: &[],
                example: "3",
            }],
            events: with_endings(&[EventKind::of::<JobEvent>(
                "message",
                "A step of the job",
                JOB_EVENT,
            )]),
            handler: || get(super::job),
        },
        EventStream {
            id: "watch_conversation",
            path: "/api/v1/conversations/{id}/events",
            summary: "The answer being made in a conversation from its start, or the last answer as one event",
            parameters: &[],
            events: chat_events(),
            handler: || get(super::conversation),
        },
        EventStream {
            id: "watch_overview",
            path: "/api/v1/clusters/{id}/overview/events",
            summary: "The overview every few seconds",
            parameters: &[],
            events: with_endings(&[
                EventKind::of::<Overview>("overview", "The overview", OVERVIEW),
                EventKind::of::<OpsError>(
                    "failed",
                    "The cluster did not answer this time; the next look may be better",
                    r#"{"code":"cluster_timeout","message":"could not list pods: no answer within 15 s","hint":"Check that the API server is running and not overloaded."}"#,
                ),
            ]),
            handler: || get(super::overview),
        },
    ]
}

impl EventKind {
    fn of<T: JsonSchema>(name: &'static str, meaning: &'static str, example: &'static str) -> Self {
        Self {
            name,
            meaning,
            data: Document::of::<T>(example),
        }
    }
}

/// What comes while an answer is made.
pub(in crate::http) fn chat_events() -> Vec<EventKind> {
    let kind = EventKind::of::<ChatEvent>;
    let mut events = vec![
        kind("accepted", "The question is stored", ACCEPTED),
        kind(
            "provider_failed",
            "A language model did not answer; the next is tried",
            PROVIDER_FAILED,
        ),
        kind("tool_call", "The cluster is asked something", TOOL_CALL),
        kind("tool_result", "The cluster has answered", TOOL_RESULT),
        kind(
            "token",
            "A piece of the answer as text",
            r#"{"event":"token","text":"I found 1 pod with notable CPU usage."}"#,
        ),
        kind(
            "plan",
            "A change was planned and waits for approval",
            PLANNED,
        ),
        kind("done", "The whole answer, stored", DONE),
        kind("error", "There will be no answer, and why", NO_ANSWER),
    ];
    events.extend(with_endings(&[]));
    events
}

/// Names of the events after which any stream ends; there is nothing in them.
const ENDINGS: [&str; 3] = ["server-shutdown", "signed-out", "reconnect"];

/// The data of an event that says everything by its name.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Nothing {}

fn with_endings(events: &[EventKind]) -> Vec<EventKind> {
    let meanings = [
        "The server stops; come back when it runs again",
        "Whoever opened the stream is no longer signed in",
        "The stream has reached its hour; come back for the rest",
    ];
    let endings = ENDINGS
        .into_iter()
        .zip(meanings)
        .map(|(name, meaning)| EventKind::of::<Nothing>(name, meaning, "{}"));
    events.iter().copied().chain(endings).collect()
}

const JOB_EVENT: &str = r#"{"sequence":3,"progress":40,"message":"generating 6-hour forecast","status":"processing","at":"2026-11-23T14:05:01Z"}"#;
const ACCEPTED: &str = r#"{"event":"accepted","conversation":"0c0c7c2e-55aa-4c0b-8d3e-6a3f4f0d7b11","message":"6f1c2a9e-7c3b-4c53-8a9b-3d2f1b6c7d1f"}"#;
const PROVIDER_FAILED: &str =
    r#"{"event":"provider_failed","provider":"local","reason":"no answer within 20 s"}"#;
const TOOL_CALL: &str =
    r#"{"event":"tool_call","tool":"pods_top","arguments":{"namespace":"shop"}}"#;
const TOOL_RESULT: &str = r#"{"event":"tool_result","tool":"pods_top","summary":"42 pods"}"#;
const DONE: &str = r#"{"event":"done","message":{"id":"6f1c2a9e-7c3b-4c53-8a9b-3d2f1b6c7d20","speaker":"assistant","text":"I found 1 pod with notable CPU usage.","blocks":[{"block":"text","text":"I found 1 pod with notable CPU usage."}],"provenance":{"method":"built_in","provider":null,"model":null,"tools":["pods_top"],"tokens":null,"duration_ms":41,"success":true},"error":null,"at":"2026-11-23T14:05:00Z"}}"#;
const NO_ANSWER: &str =
    r#"{"event":"error","error":{"code":"unavailable","message":"the answer was stopped"}}"#;
const PLANNED: &str = r#"{"event":"plan","plan":{"id":"9d2f0a3c-1b7e-4f55-a6d0-2f6a1c9e8b44","cluster":"5f0c2f6e-3b2e-4d8e-9a55-1c9a1f1f0c11","origin":{"by":"person"},"action":{"action":"scale","workload":{"kind":"Deployment","namespace":"shop","name":"storefront"},"replicas":5},"target_uid":"8a7f","target_generation":4,"before":{"spec.replicas":"3"},"after":{"spec.replicas":"5"},"diff":"-  replicas: 3\n+  replicas: 5\n","warnings":[],"undo":{"action":"scale","workload":{"kind":"Deployment","namespace":"shop","name":"storefront"},"replicas":3},"digest":"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae","state":"proposed","created_at":"2026-11-23T14:05:00Z","expires_at":"2026-11-23T14:10:00Z"}}"#;
