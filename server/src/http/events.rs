//! Server-sent events: jobs, conversations and live overviews.
//!
//! A stream ends when whoever opened it is no longer signed in, when the server stops (after an event that says so),
//! or after an hour; browsers then come back by themselves, jobs from where they stopped (`Last-Event-ID`).

mod table;

use std::{convert::Infallible, pin::Pin, time::Duration};

use axum::{
    Extension, Router,
    extract::{Path, State},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response, Sse, sse},
};
use domain::{
    ErrorCode,
    account::{Scope, User},
    chat::ChatEvent,
    ids::{ClusterId, ConversationId, JobId},
    job::JobEvent,
    ports::Answer,
};
use futures::{Stream, StreamExt as _, stream};
use http::HeaderMap;
use serde::Serialize;
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{interval, sleep},
};

use crate::{auth::Identity, state::App};

use super::{error::ApiError, rest::gate, streams::StreamSlot};

pub(super) use self::table::chat_events;
pub use self::table::{EventKind, EventStream, streams};

/// How often it is checked that whoever listens is still signed in.
const CHECK: Duration = Duration::from_secs(30);
/// Longest life of a stream.
const LIFE: Duration = Duration::from_secs(3600);
/// A comment this often keeps proxies from closing a quiet stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A job is looked at this often even when no announcement came.
const LOOK: Duration = Duration::from_secs(2);

pub(super) type Events = Pin<Box<dyn Stream<Item = sse::Event> + Send>>;

pub(super) fn routes(app: &App) -> Router<App> {
    let gate = from_fn_with_state((app.clone(), Scope::Read), gate::admit);
    streams()
        .into_iter()
        .fold(Router::new(), |router, stream| {
            router.route(stream.path, (stream.handler)())
        })
        .layer(gate)
}

async fn job(
    State(app): State<App>,
    Extension(identity): Extension<Identity>,
    Path(job): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let job: JobId = job.parse()?;
    app.ports.jobs.get(&identity.user, job).await?;
    let after = last_event_id(&headers);
    let events = job_events(app.clone(), identity.user.clone(), job, after);
    respond(&app, identity, events)
}

/// The event after which the browser wants to go on; 0 for all.
fn last_event_id(headers: &HeaderMap) -> u64 {
    headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok())
        .and_then(|id| id.parse().ok())
        .unwrap_or(0)
}

/// Stored events first, then new ones as they are announced, up to the one that ends the job.
fn job_events(app: App, user: User, job: JobId, after: u64) -> Events {
    let watcher = JobWatcher {
        notices: app.runner.notices(),
        app,
        user,
        job,
        told: Some(after),
    };
    let batches = stream::unfold(watcher, |mut watcher| async move {
        let fresh = watcher.next().await?;
        Some((stream::iter(fresh), watcher))
    });
    Box::pin(batches.flatten().map(|event| job_event(&event)))
}

/// Follows one job. `told` is the last event passed on; `None` once that ended the job.
struct JobWatcher {
    app: App,
    user: User,
    job: JobId,
    told: Option<u64>,
    notices: broadcast::Receiver<JobId>,
}

impl JobWatcher {
    /// The next events, at least one; `None` when there will be no more.
    async fn next(&mut self) -> Option<Vec<JobEvent>> {
        let told = self.told?;
        let jobs = &self.app.ports.jobs;
        loop {
            let fresh = jobs.events(&self.user, self.job, told).await.ok()?;
            if let Some(last) = fresh.last() {
                self.told = (!last.status.is_terminal()).then_some(last.sequence);
                return Some(fresh);
            }
            if jobs
                .get(&self.user, self.job)
                .await
                .ok()?
                .status
                .is_terminal()
            {
                return None;
            }
            tokio::select! {
                notice = self.notices.recv() => if matches!(notice, Err(RecvError::Closed)) { return None },
                () = sleep(LOOK) => {}
            }
        }
    }
}

fn job_event(event: &JobEvent) -> sse::Event {
    json(event).id(event.sequence.to_string())
}

async fn conversation(
    State(app): State<App>,
    Extension(identity): Extension<Identity>,
    Path(conversation): Path<String>,
) -> Result<Response, ApiError> {
    let conversation: ConversationId = conversation.parse()?;
    let events = app.chat.events(&identity.user, conversation).await?;
    let events = Box::pin(events.map(|event| chat_event(&event)));
    respond(&app, identity, events)
}

/// A chat event under its own name.
pub(super) fn chat_event(event: &ChatEvent) -> sse::Event {
    json(event).event(event.name())
}

async fn overview(
    State(app): State<App>,
    Extension(identity): Extension<Identity>,
    Path(cluster): Path<String>,
) -> Result<Response, ApiError> {
    let cluster: ClusterId = cluster.parse()?;
    app.ports.clusters.get(&identity.user, cluster).await?;
    let events = overview_events(app.clone(), identity.user.clone(), cluster);
    respond(&app, identity, events)
}

/// The overview every few seconds; a cluster that does not answer is an event of its own, and the next look may be
/// better.
fn overview_events(app: App, user: User, cluster: ClusterId) -> Events {
    let ticks = interval(app.core.config.monitoring.refresh_every());
    let looks = stream::unfold(
        (ticks, app, user),
        move |(mut ticks, app, user)| async move {
            ticks.tick().await;
            let event = match app.ports.observations.overview(&user, cluster).await {
                Ok(overview) => json(&overview).event("overview"),
                Err(error) if error.code == ErrorCode::NotFound => return None,
                Err(error) => json(&error).event("failed"),
            };
            Some((event, (ticks, app, user)))
        },
    );
    Box::pin(looks)
}

fn json<T: Serialize>(value: &T) -> sse::Event {
    let event = sse::Event::default();
    event
        .json_data(value)
        .expect("the vocabulary's types serialise to JSON without line breaks")
}

/// The stream with everything that may end it.
///
/// # Errors
/// When there is no place for another stream.
pub(super) fn respond(app: &App, identity: Identity, events: Events) -> Result<Response, ApiError> {
    let slot = app.slots.take(identity.user.id)?;
    Ok(stream_in(slot, app, identity, events))
}

/// The stream in a place already taken.
fn stream_in(slot: StreamSlot, app: &App, identity: Identity, events: Events) -> Response {
    let retry = sse::Event::default().retry(Duration::from_millis(jittered_retry_ms()));
    let ended = end(app.clone(), identity);
    let events = stream::once(async { retry })
        .chain(events)
        .map(Some)
        .chain(stream::once(async { None }));
    let until_ended = stream::select(
        events,
        stream::once(ended)
            .map(Some)
            .chain(stream::once(async { None })),
    )
    .take_while(|event| std::future::ready(event.is_some()))
    .filter_map(std::future::ready)
    .map(move |event| {
        let _held_as_long_as_the_stream = &slot;
        Ok::<_, Infallible>(event)
    });
    let sse = Sse::new(until_ended).keep_alive(sse::KeepAlive::new().interval(KEEP_ALIVE));
    sse.into_response()
}

/// Resolves to the last event of a stream that does not end by itself.
async fn end(app: App, identity: Identity) -> sse::Event {
    let signed_out = async {
        loop {
            sleep(CHECK).await;
            if !identity
                .is_alive(&app.core.database, app.ports.accounts.as_ref())
                .await
            {
                return;
            }
        }
    };
    let name = tokio::select! {
        () = app.stopping.cancelled() => "server-shutdown",
        () = signed_out => "signed-out",
        () = sleep(LIFE) => "reconnect",
    };
    sse::Event::default().event(name).data("{}")
}

/// One to three seconds, so that not everybody comes back at once after a restart.
fn jittered_retry_ms() -> u64 {
    let mut byte = [0];
    // Without randomness everybody waits equally long, which is merely less kind to the server.
    let _ = getrandom::fill(&mut byte);
    1_000 + u64::from(byte[0]) * 2_000 / 255
}

/// Runs a question and streams its answer: `POST …/chat` with `Accept: text/event-stream`.
///
/// # Errors
/// As the question itself.
pub(super) async fn ask(
    app: &App,
    identity: Identity,
    cluster: ClusterId,
    conversation: Option<ConversationId>,
    message: &str,
) -> Answer<Response> {
    // A place first: a question that cannot be streamed is not asked.
    let slot = app.slots.take(identity.user.id)?;
    let conversation = app
        .ports
        .chat
        .start(&identity.user, cluster, conversation, message)
        .await?;
    let events = app.chat.events(&identity.user, conversation).await?;
    let events: Events = Box::pin(events.map(|event| chat_event(&event)));
    Ok(stream_in(slot, app, identity, events))
}
