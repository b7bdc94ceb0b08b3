//! `pods/{name}/log`: text, once or followed.
//!
//! Source of the options: Kubernetes API reference, Pod, "read log of the specified Pod".

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use demo_cluster::{
    LogLine, LogOptions,
    registry::POD,
    status::{Cause, Status},
    value,
};
use domain::time::{Seconds, Timestamp};
use futures::{Stream, stream};
use http::{Method, StatusCode};
use tokio::{sync::watch, time::sleep};

use crate::{
    hub::{Hub, stopped},
    path::ResourcePath,
    query::Query,
    resources::Incoming,
    respond::{self, Failure},
};

/// No log goes back further than this, in seconds: ten years.
const LONGEST_SINCE: i64 = 10 * 365 * 86_400;
/// How often a followed log is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the caller wants to see.
#[derive(Debug, Clone)]
struct Wanted {
    namespace: String,
    pod: String,
    options: LogOptions,
    timestamps: bool,
    limit_bytes: Option<usize>,
}

/// A log being followed.
struct Following {
    hub: Arc<Hub>,
    wanted: Wanted,
    stopping: watch::Receiver<bool>,
    /// Time of the newest line sent, and how many lines of that time were sent.
    last: Option<(Timestamp, usize)>,
    started: bool,
    ended: bool,
}

/// Answers a request for a log.
pub(crate) async fn handle(hub: &Arc<Hub>, incoming: Incoming) -> Result<Response, Failure> {
    let Incoming {
        method,
        path,
        query,
        ..
    } = incoming;
    if method != Method::GET {
        return Err(Status::method_not_allowed().into());
    }
    let now = hub.with(|cluster| cluster.now()).await?;
    let wanted = wanted(path, &query, now)?;
    let text = "text/plain; charset=utf-8";
    if query.says("follow") && !wanted.options.previous {
        // Read once first, so that a missing pod is a 404 and not an empty stream.
        read(hub, wanted.clone()).await?;
        let lines = Body::from_stream(follow(Arc::clone(hub), wanted));
        return Ok(respond::with_content_type(StatusCode::OK, text, lines));
    }
    let timestamps = wanted.timestamps;
    let limit = wanted.limit_bytes;
    let (lines, _) = read(hub, wanted).await?;
    let body = limited(printed(&lines, timestamps), limit);
    Ok(respond::with_content_type(StatusCode::OK, text, body))
}

fn wanted(path: ResourcePath, query: &Query, now: Timestamp) -> Result<Wanted, Status> {
    let since_seconds: Option<i64> = query.number("sinceSeconds")?;
    check_options(&path, query)?;
    let since_time = match query.get("sinceTime") {
        "" => None,
        text => Some(Timestamp::parse(text).ok_or_else(|| {
            Status::bad_request(format!(
                "invalid value {text:?} for parameter \"sinceTime\""
            ))
        })?),
    };
    let container = Some(query.get("container")).filter(|it| !it.is_empty());
    Ok(Wanted {
        namespace: path.namespace.unwrap_or_default(),
        pod: path.name.unwrap_or_default(),
        options: LogOptions {
            container: container.map(str::to_owned),
            previous: query.says("previous"),
            since: since_seconds
                .map(|it| now - Seconds(it.clamp(0, LONGEST_SINCE)))
                .or(since_time),
            tail: query.number("tailLines")?,
            // Counted here: times in front of the lines count as well.
            limit_bytes: None,
        },
        timestamps: query.says("timestamps"),
        limit_bytes: query.number("limitBytes")?,
    })
}

/// Source: `ValidatePodLogOptions` of `pkg/apis/core/validation`.
fn check_options(path: &ResourcePath, query: &Query) -> Result<(), Status> {
    let mut causes = Vec::new();
    for (field, least, rule) in [
        ("tailLines", 0, "must be greater than or equal to 0"),
        ("limitBytes", 1, "must be greater than 0"),
        ("sinceSeconds", 1, "must be greater than 0"),
    ] {
        let is_alone = field != "sinceSeconds" || query.get("sinceTime").is_empty();
        if let Some(number) = query
            .number::<i64>(field)?
            .filter(|it| *it < least && is_alone)
        {
            causes.push(Cause::invalid(field, &number.into(), rule));
        }
    }
    if !query.get("sinceSeconds").is_empty() && !query.get("sinceTime").is_empty() {
        let rule = "at most one of `sinceTime` or `sinceSeconds` may be specified";
        causes.push(Cause::forbidden("", rule));
    }
    if causes.is_empty() {
        return Ok(());
    }
    let pod = path.name.as_deref().unwrap_or_default();
    Err(Status::invalid_log_options(pod, causes))
}

/// The lines, and whether there will be no more.
async fn read(hub: &Arc<Hub>, wanted: Wanted) -> Result<(Vec<LogLine>, bool), Status> {
    hub.with(move |cluster| {
        let lines = cluster.logs(&wanted.namespace, &wanted.pod, &wanted.options)?;
        let pod = cluster.store().get(POD, &wanted.namespace, &wanted.pod);
        let has_ended = pod
            .is_none_or(|pod| matches!(value::text(pod, "/status/phase"), "Succeeded" | "Failed"));
        Ok((lines, has_ended))
    })
    .await?
}

fn follow(
    hub: Arc<Hub>,
    wanted: Wanted,
) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static {
    let following = Following {
        stopping: hub.stopping(),
        hub,
        wanted,
        last: None,
        started: false,
        ended: false,
    };
    stream::unfold(following, |mut following| async move {
        let text = following.next().await?;
        Some((Ok(Bytes::from(text)), following))
    })
}

impl Following {
    /// The next lines; `None` when the pod has ended or is gone, or the server stops.
    async fn next(&mut self) -> Option<String> {
        while !self.ended && !*self.stopping.borrow() {
            if self.started {
                tokio::select! {
                    () = sleep(LOOK_EVERY) => {}
                    () = stopped(&mut self.stopping) => return None,
                }
            }
            let text = self.fresh().await?;
            if !text.is_empty() {
                return Some(text);
            }
        }
        None
    }

    /// What was written since the last look.
    async fn fresh(&mut self) -> Option<String> {
        let mut wanted = self.wanted.clone();
        if let Some((at, _)) = self.last {
            wanted.options.since = Some(at);
            wanted.options.tail = None;
        }
        let (lines, has_ended) = read(&self.hub, wanted).await.ok()?;
        self.started = true;
        self.ended = has_ended;
        let fresh = self.unseen(lines);
        let text = limited(
            printed(&fresh, self.wanted.timestamps),
            self.wanted.limit_bytes,
        );
        if let Some(left) = &mut self.wanted.limit_bytes {
            *left -= text.len();
            self.ended |= *left == 0;
        }
        Some(text)
    }

    /// The lines after the last one sent; remembers the new last one.
    fn unseen(&mut self, lines: Vec<LogLine>) -> Vec<LogLine> {
        let mut to_skip = self.last.map_or(0, |(_, count)| count);
        let last_at = self.last.map(|(at, _)| at);
        let fresh: Vec<LogLine> = lines
            .into_iter()
            .filter(|line| match last_at {
                Some(at) if line.at < at => false,
                Some(at) if line.at == at && to_skip > 0 => {
                    to_skip -= 1;
                    false
                }
                Some(_) | None => true,
            })
            .collect();
        if let Some(newest) = fresh.last().map(|line| line.at) {
            let of_newest = fresh.iter().filter(|line| line.at == newest).count();
            let before = self.last.filter(|(at, _)| *at == newest);
            self.last = Some((newest, of_newest + before.map_or(0, |(_, count)| count)));
        }
        fresh
    }
}

/// One line each, after its time when wanted.
fn printed(lines: &[LogLine], timestamps: bool) -> String {
    let mut text = String::new();
    for line in lines {
        if timestamps {
            text.push_str(&line.with_timestamp());
        } else {
            text.push_str(&line.text);
        }
        text.push('\n');
    }
    text
}

/// The first `limit` bytes, cut between characters.
fn limited(mut text: String, limit: Option<usize>) -> String {
    if let Some(limit) = limit.filter(|limit| *limit < text.len()) {
        let end = (0..=limit).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(0));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, expected: &str) {
        let path = ResourcePath {
            kind: POD,
            namespace: Some("data".to_owned()),
            name: Some("postgres-0".to_owned()),
            subresource: Some("log".to_owned()),
            rest: String::new(),
            watch: false,
        };
        let refused = check_options(&path, &Query::parse(query)).unwrap_err();
        assert_eq!((refused.code(), refused.message()), (422, expected));
    }

    #[test]
    fn refuses_options_that_make_no_sense_in_the_words_of_the_api_server() {
        check(
            "tailLines=-1",
            r#"PodLogOptions "postgres-0" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0"#,
        );
        check(
            "sinceSeconds=5&sinceTime=2026-01-01T00:00:00Z",
            r#"PodLogOptions "postgres-0" is invalid: : Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"#,
        );
    }

    #[test]
    fn cuts_between_characters() {
        assert_eq!(limited("aé".to_owned(), Some(2)), "a");
        assert_eq!(limited("aé".to_owned(), Some(3)), "aé");
        assert_eq!(limited("aé".to_owned(), None), "aé");
    }
}
