//! What containers write: believable lines, the same at every call.
//!
//! Lines are functions of the container's run and of time, in cells of ten seconds, so that reading a tail,
//! following, or asking since a moment all see the same text. What is written is in [`voices`].

mod voices;

use domain::time::{Seconds, Timestamp};
use serde_json::Value;

use self::voices::{Run, Voice};
use crate::{
    chance::hash,
    company::{self, Fate},
    controllers::kubelet::container::{ContainerRuntime, Stage},
    registry,
    status::Status,
    value,
    world::{World, workload_of},
};

/// Length of a cell, seconds.
const CELL: i64 = 10;
/// Lines a kubelet still has after rotating its files.
const MOST_LINES: usize = 5_000;

/// What part of a log is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogOptions {
    /// The container; may be left out when there is but one.
    pub container: Option<String>,
    /// The run before the present one.
    pub previous: bool,
    /// Lines at or after this.
    pub since: Option<Timestamp>,
    /// At most the last so many lines.
    pub tail: Option<usize>,
    /// At most so many bytes, counted with line ends from the first line.
    pub limit_bytes: Option<usize>,
}

/// One line with the time it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// The text, without line end.
    pub text: String,
}

impl LogLine {
    /// The line as `kubectl logs --timestamps` shows it.
    #[must_use]
    pub fn with_timestamp(&self) -> String {
        format!("{} {}", nanoseconds(self.at), self.text)
    }
}

/// RFC 3339 with nine decimals, as container runtimes write it.
fn nanoseconds(at: Timestamp) -> String {
    let micros = value::wire_micro_time(at);
    format!("{}000Z", micros.trim_end_matches('Z'))
}

/// The lines asked for, oldest first.
pub(crate) fn read(
    world: &World,
    namespace: &str,
    name: &str,
    options: &LogOptions,
) -> Result<Vec<LogLine>, Status> {
    let pod = world
        .store
        .get(registry::POD, namespace, name)
        .ok_or_else(|| Status::not_found(registry::POD, name))?;
    let container = choose_container(pod, options)?;
    let Some(runtime) = world.state.runtimes.get(value::uid(pod)) else {
        // A pod that is bound to no node has no log, which is no error.
        return Ok(Vec::new());
    };
    let Some(state) = runtime.containers.iter().find(|one| one.name == container) else {
        return Ok(Vec::new());
    };
    let (from, to) = run(name, state, options.previous, world.now)?;
    let ended = state.last.as_ref().filter(|last| last.started_at == from);
    let key = workload_of(pod);
    let run = Run {
        seed: hash(
            world.model.seed,
            &[value::uid(pod), &container, &from.0.to_string()],
        ),
        started_at: from,
        until: to,
        ended_by: ended.map(|last| last.reason.as_str()),
        fate: company::fate(&key.namespace, &key.name, &state.image),
        name: &key.name,
        pod: name,
        image: &state.image,
        profile: company::profile(&key.namespace, &key.name),
        founded_at: world.model.founded_at,
        load_seed: hash(world.model.seed, &[&key.namespace, &key.name]),
    };
    Ok(cut(collect(&run, options), options))
}

fn choose_container(pod: &Value, options: &LogOptions) -> Result<String, Status> {
    let pod_name = value::name(pod);
    let names: Vec<_> = value::items(pod, "/spec/containers")
        .iter()
        .map(|container| value::text(container, "/name"))
        .collect();
    match &options.container {
        Some(wanted) if names.contains(&wanted.as_str()) => Ok(wanted.clone()),
        Some(wanted) => Err(Status::bad_request(format!(
            "container {wanted} is not valid for pod {pod_name}"
        ))),
        None if names.len() == 1 => Ok(names[0].to_owned()),
        None => Err(Status::bad_request(format!(
            "a container name must be specified for pod {pod_name}, choose one of: [{}]",
            names.join(" ")
        ))),
    }
}

/// From when to when the run lasted whose log is wanted.
fn run(
    pod: &str,
    state: &ContainerRuntime,
    previous: bool,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), Status> {
    let last = state
        .last
        .as_ref()
        .map(|last| (last.started_at, last.finished_at));
    let container = &state.name;
    if previous {
        return last.ok_or_else(|| {
            Status::bad_request(format!(
                "previous terminated container \"{container}\" in pod \"{pod}\" not found"
            ))
        });
    }
    if let Some(since) = state.running_since() {
        return Ok((since, now));
    }
    let why = match state.stage {
        Stage::PullFailed { .. } | Stage::PullBackOff { .. } => "trying and failing to pull image",
        Stage::Creating { .. }
        | Stage::Pulling { .. }
        | Stage::Running { .. }
        | Stage::Ended { .. }
        | Stage::BackOff { .. } => "ContainerCreating",
    };
    last.ok_or_else(|| {
        Status::bad_request(format!(
            "container \"{container}\" in pod \"{pod}\" is waiting to start: {why}"
        ))
    })
}

/// Lines from the newest cell backwards, as many as can be wanted, put in order.
fn collect(run: &Run<'_>, options: &LogOptions) -> Vec<LogLine> {
    let voice = Voice::of(run);
    let since = options.since.unwrap_or(run.started_at).max(run.started_at);
    let wanted = options.tail.unwrap_or(MOST_LINES).min(MOST_LINES);
    let mut lines = voice.farewell(run);
    lines.retain(|line| line.at >= since);
    lines.reverse();
    let first_cell = since.seconds().div_euclid(CELL);
    let mut cell = run.until.seconds().div_euclid(CELL);
    let begun = run.started_at + Seconds(voices::OPENING);
    while cell >= first_cell && lines.len() < wanted && !matches!(run.fate, Fate::Crashes { .. }) {
        let mut here = voice.cell(run, cell);
        here.retain(|line| line.at >= since.max(begun) && line.at <= run.until);
        lines.extend(here.into_iter().rev());
        cell -= 1;
    }
    if lines.len() < wanted {
        let mut opening = voice.opening(run);
        opening.retain(|line| line.at >= since && line.at <= run.until);
        lines.extend(opening.into_iter().rev());
    }
    lines.truncate(wanted);
    lines.reverse();
    lines
}

fn cut(mut lines: Vec<LogLine>, options: &LogOptions) -> Vec<LogLine> {
    let Some(limit) = options.limit_bytes else {
        return lines;
    };
    let mut left = limit;
    for (index, line) in lines.iter_mut().enumerate() {
        if line.text.len() >= left {
            let mut end = left;
            while !line.text.is_char_boundary(end) {
                end -= 1;
            }
            line.text.truncate(end);
            lines.truncate(index + usize::from(left > 0));
            return lines;
        }
        left -= line.text.len() + 1;
    }
    lines
}
