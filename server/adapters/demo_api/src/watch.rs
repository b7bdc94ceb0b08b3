//! Watches: the stream of what happens to objects after a resource version.
//!
//! Source: Kubernetes documentation, "API concepts", "Efficient detection of changes" (resource versions,
//! bookmarks, 410, streaming lists). A stream reads the store's change log at its client's pace and keeps
//! nothing but its place in it: a client that falls behind the log is answered 410 and lists again.

use std::{io, sync::Arc, time::Duration};

use axum::{body::Body, response::Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use demo_cluster::{
    Cluster,
    api::{self, Request, Selection, Verb},
    registry::{KindId, KindSpec},
    status::Status,
    store::ChangeKind,
    table::{self, IncludeObject},
};
use futures::{Stream, stream};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use crate::{
    accept::Form,
    hub::{Hub, Progress, stopped},
    metadata,
    query::{self, Query},
    resources::{self, Incoming},
    respond::{self, Failure},
};

/// Changes read from the log at once; the next ones wait until the client took these.
const BATCH: usize = 256;

/// Distance between bookmarks of a quiet watch; a real API server sends one about every minute.
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);

/// How long before its end a watch sends its last bookmark, so that its client can go on from there.
/// Source: `nextBookmarkTime` of `k8s.io/apiserver/pkg/storage/cacher`.
const LAST_BOOKMARK_BEFORE_END: Duration = Duration::from_secs(2);

/// How long a watch lasts when its client does not say; a real API server picks 30 to 60 minutes.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(45 * 60);
/// Nobody watches for longer than a day at a time.
const LONGEST_SECONDS: u64 = 86_400;

/// Marks the bookmark that ends the initial events of a streaming list.
const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";
/// Names the list that the initial events make up, in base64, beside that mark.
const BLUEPRINT: &str = "kubernetes.io/initial-events-list-blueprint";

/// Where a watch begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// With everything there is, as additions.
    Everything,
    /// After this revision.
    After(u64),
}

/// Which objects, in which form.
#[derive(Clone)]
struct Subject {
    kind: KindId,
    namespace: Option<String>,
    selection: Arc<Selection>,
    form: Form,
    include: IncludeObject,
}

/// One watch under way.
struct Watching {
    hub: Arc<Hub>,
    subject: Subject,
    place: Place,
    progress: watch::Receiver<Progress>,
    life: u64,
    stopping: watch::Receiver<bool>,
    ends_at: Instant,
    /// When the connection breaks, if it is to.
    breaks_at: Option<Instant>,
    bookmark_at: Option<Instant>,
}

/// How far a watch has come.
#[derive(Debug, Clone, Copy)]
struct Place {
    start: Start,
    /// The revision the cluster's life began with.
    beginning: u64,
    marks_initial_end: bool,
    sent_columns: bool,
    ended: bool,
}

/// Answers a watch.
pub(crate) async fn handle(hub: &Arc<Hub>, incoming: Incoming) -> Result<Response, Failure> {
    let Incoming {
        path,
        query,
        headers,
        ..
    } = incoming;
    let options = query::options(&query, &headers, "ListOptions")?;
    query::check_initial_events(&query)?;
    if !path.kind.spec().serves("watch") {
        return Err(Status::method_not_allowed().into());
    }
    let subject = Subject {
        kind: path.kind,
        selection: Arc::new(Selection::of(&Request {
            verb: Verb::List,
            kind: path.kind,
            namespace: path.namespace.clone(),
            name: path.name,
            subresource: None,
            body: None,
            options,
        })?),
        namespace: path.namespace,
        form: resources::form(&headers)?,
        include: resources::include_object(&query)?,
    };
    let events = Watching::new(Arc::clone(hub), subject, &query)?.into_stream();
    Ok(respond::with_content_type(
        StatusCode::OK,
        "application/json",
        Body::from_stream(events),
    ))
}

impl Watching {
    fn new(hub: Arc<Hub>, subject: Subject, query: &Query) -> Result<Self, Status> {
        let initial = query.says("sendInitialEvents");
        let start = match query.number("resourceVersion")? {
            Some(revision) if revision > 0 && !initial => Start::After(revision),
            Some(_) | None => Start::Everything,
        };
        let timeout = query
            .number("timeoutSeconds")?
            .filter(|seconds| *seconds > 0)
            .map_or(DEFAULT_TIMEOUT, |seconds: u64| {
                Duration::from_secs(seconds.min(LONGEST_SECONDS))
            });
        let bookmarks = query.says("allowWatchBookmarks");
        let progress = hub.progress();
        let Progress {
            life, beginning, ..
        } = *progress.borrow();
        let now = Instant::now();
        Ok(Self {
            place: Place {
                start,
                beginning,
                marks_initial_end: initial && bookmarks,
                sent_columns: false,
                ended: false,
            },
            progress,
            life,
            stopping: hub.stopping(),
            ends_at: now + timeout,
            breaks_at: hub.drop_watches_after().map(|after| now + after),
            bookmark_at: bookmarks.then(|| {
                let last = timeout.saturating_sub(LAST_BOOKMARK_BEFORE_END);
                now + last.min(BOOKMARK_EVERY)
            }),
            hub,
            subject,
        })
    }

    /// Chunks of whole lines, one JSON event each.
    fn into_stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        stream::unfold(self, |mut watching| async move {
            let lines = watching.next().await?;
            Some((lines.map(Bytes::from), watching))
        })
    }

    /// The next lines; `None` at the end, an error where the connection is to break.
    async fn next(&mut self) -> Option<io::Result<String>> {
        while !self.place.ended && !*self.stopping.borrow() {
            if self.breaks_at.is_some_and(|at| at <= Instant::now()) {
                self.place.ended = true;
                return Some(Err(io::ErrorKind::ConnectionReset.into()));
            }
            let progress = *self.progress.borrow_and_update();
            let lines = if progress.life == self.life {
                self.read().await
            } else {
                self.fail(&Status::expired("the cluster was reset; list again"))
            };
            if !lines.is_empty() {
                return Some(Ok(lines));
            }
            if let Some(bookmark) = self.wait().await? {
                return Some(Ok(bookmark));
            }
        }
        None
    }

    /// Waits for a change or for the time of a bookmark, which it returns. `None` when the watch is over.
    async fn wait(&mut self) -> Option<Option<String>> {
        let never = self.ends_at + BOOKMARK_EVERY;
        tokio::select! {
            changed = self.progress.changed() => return changed.ok().map(|()| None),
            () = sleep_until(self.ends_at) => return None,
            () = sleep_until(self.breaks_at.unwrap_or(never)) => return Some(None),
            () = stopped(&mut self.stopping) => return None,
            () = sleep_until(self.bookmark_at.unwrap_or(never)) => {}
        }
        Some(self.bookmark())
    }

    fn bookmark(&mut self) -> Option<String> {
        let now = Instant::now();
        // The last one is sent once.
        let last = self
            .ends_at
            .checked_sub(LAST_BOOKMARK_BEFORE_END)
            .filter(|last| *last > now);
        let next = now + BOOKMARK_EVERY;
        self.bookmark_at = Some(last.map_or(next, |last| last.min(next)));
        match self.place.start {
            Start::Everything => None,
            Start::After(revision) => Some(bookmark(self.subject.kind, revision, false)),
        }
    }

    /// Lines for what happened since the last time; empty when nothing did.
    async fn read(&mut self) -> String {
        let (subject, mut place) = (self.subject.clone(), self.place);
        let read = self.hub.with(move |cluster| {
            let lines = subject.read(cluster, &mut place);
            lines.map(|lines| (lines, place))
        });
        match read.await.and_then(|read| read) {
            Ok((lines, place)) => {
                self.place = place;
                lines
            }
            Err(status) => self.fail(&status),
        }
    }

    /// The last line of a watch that cannot go on.
    fn fail(&mut self, status: &Status) -> String {
        self.place.ended = true;
        line("ERROR", &status.to_value())
    }
}

impl Subject {
    fn read(&self, cluster: &Cluster, place: &mut Place) -> Result<String, Status> {
        match place.start {
            Start::Everything => Ok(self.everything(cluster, place)),
            Start::After(revision) => self.changes(cluster, revision, place),
        }
    }

    fn everything(&self, cluster: &Cluster, place: &mut Place) -> String {
        let store = cluster.store();
        let objects = store.list(self.kind.stored(), self.namespace.as_deref());
        let mut lines = String::new();
        for object in objects.filter(|object| self.selection.matches(object)) {
            lines.push_str(&self.event("ADDED", object, cluster, place));
        }
        place.start = Start::After(store.revision());
        if place.marks_initial_end {
            lines.push_str(&bookmark(self.kind, store.revision(), true));
        }
        lines
    }

    fn changes(&self, cluster: &Cluster, after: u64, place: &mut Place) -> Result<String, Status> {
        let store = cluster.store();
        if after < place.beginning {
            return Err(Status::too_old(after, place.beginning));
        }
        if after > store.revision() {
            return Err(Status::expired(format!(
                "resource version {after} is from another life of this cluster"
            )));
        }
        let mut lines = String::new();
        let mut seen = after;
        let mut count = 0;
        for change in store.changes_after(after)? {
            seen = change.revision;
            if let Some((event, object)) = self.selection.event(change) {
                let word = match event {
                    ChangeKind::Added => "ADDED",
                    ChangeKind::Modified => "MODIFIED",
                    ChangeKind::Deleted => "DELETED",
                };
                lines.push_str(&self.event(word, &object, cluster, place));
                count += 1;
            }
            if count == BATCH {
                break;
            }
        }
        place.start = Start::After(seen);
        Ok(lines)
    }

    fn event(
        &self,
        word: &str,
        object: &Arc<Value>,
        cluster: &Cluster,
        place: &mut Place,
    ) -> String {
        let object = api::visible(self.kind, Value::clone(object));
        match self.form {
            Form::Table => line(word, &self.table(object, cluster, place)),
            Form::Metadata => line(word, &metadata::of_object(object)),
            Form::Object | Form::Discovery(_) | Form::OpenApiProtobuf => line(word, &object),
        }
    }

    /// A Table of one row; only the first carries the columns.
    fn table(&self, object: Value, cluster: &Cluster, place: &mut Place) -> Value {
        let mut table = table::of_response(self.kind, &object, cluster.now(), self.include);
        if place.sent_columns {
            table["columnDefinitions"] = Value::Null;
        }
        place.sent_columns = true;
        table
    }
}

fn line(word: &str, object: &Value) -> String {
    format!("{}\n", json!({"type": word, "object": object}))
}

fn bookmark(kind: KindId, revision: u64, ends_initial_events: bool) -> String {
    let spec = kind.spec();
    let mut metadata = json!({"resourceVersion": revision.to_string(), "creationTimestamp": null});
    if ends_initial_events {
        metadata["annotations"] = json!({
            INITIAL_EVENTS_END: "true",
            BLUEPRINT: STANDARD.encode(blueprint(spec)),
        });
    }
    line(
        "BOOKMARK",
        &json!({"kind": spec.kind, "apiVersion": spec.api_version(), "metadata": metadata}),
    )
}

/// The empty list that a streaming list fills, as Go writes it.
fn blueprint(spec: &KindSpec) -> String {
    let (kind, version) = (spec.kind, spec.api_version());
    format!(
        "{{\"kind\":\"{kind}List\",\"apiVersion\":\"{version}\",\"metadata\":{{}},\"items\":null}}\n"
    )
}
