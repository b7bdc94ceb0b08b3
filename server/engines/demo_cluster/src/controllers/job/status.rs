//! The status of a Job with its conditions.

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{CONTROLLER, Failure, Work};
use crate::{
    controllers::pods,
    events::{self, Report, component},
    registry,
    value::{self, wire_time},
    world::{World, key_of},
};

/// When the Job was completed or failed; `None` while it is neither.
pub(super) fn finished_at(job: &Value) -> Option<Timestamp> {
    value::items(job, "/status/conditions")
        .iter()
        .find(|condition| {
            matches!(value::text(condition, "/type"), "Complete" | "Failed")
                && condition["status"] == "True"
        })
        .and_then(|condition| value::time(condition, "/lastTransitionTime"))
}

/// Writes the status of a Job that goes on.
pub(super) fn write(world: &mut World, work: &Work) {
    let mut status = counts(world, work);
    note_suspension(world, work, &mut status);
    commit(world, work, status);
}

/// Writes the status of a Job that is done.
pub(super) fn write_complete(world: &mut World, work: &Work) {
    let mut status = counts(world, work);
    let message = "Reached expected number of succeeded pods";
    for kind in ["SuccessCriteriaMet", "Complete"] {
        add(world, &mut status, kind, ("CompletionsReached", message));
    }
    status["completionTime"] = json!(wire_time(world.now));
    commit(world, work, status);
    let report = Report::normal("Completed", "Job completed");
    events::record(world, &work.job, component(CONTROLLER), report);
}

/// Writes the status of a Job that will not be finished.
pub(super) fn write_failed(world: &mut World, work: &Work, failure: Failure) {
    let mut status = counts(world, work);
    for kind in ["FailureTarget", "Failed"] {
        add(world, &mut status, kind, failure);
    }
    commit(world, work, status);
    let report = Report::warning(failure.0, failure.1);
    events::record(world, &work.job, component(CONTROLLER), report);
}

fn counts(world: &World, work: &Work) -> Value {
    let ready = work.active.iter().filter(|pod| pods::is_ready(pod)).count();
    let terminating = world
        .controlled_by(
            registry::POD,
            value::namespace(&work.job),
            value::uid(&work.job),
        )
        .iter()
        .filter(|pod| value::is_terminating(pod))
        .count();
    let old = &work.job["status"];
    let mut status = json!({
        "ready": ready,
        "terminating": terminating,
        "uncountedTerminatedPods": {},
    });
    for (field, amount) in [
        ("active", work.active.len() as i64),
        ("succeeded", work.tally.succeeded()),
        ("failed", work.tally.failed()),
    ] {
        if amount > 0 {
            status[field] = json!(amount);
        }
    }
    if work.job["spec"]["completionMode"] == "Indexed" {
        status["completedIndexes"] = json!(work.tally.completed_indexes());
    }
    for field in ["startTime", "conditions"] {
        if let Some(kept) = old.get(field) {
            status[field] = kept.clone();
        }
    }
    status
}

/// Keeps the `Suspended` condition, with an event when it turns. A resumed Job's time begins anew.
fn note_suspension(world: &mut World, work: &Work, status: &mut Value) {
    let suspended = work.is_suspended();
    let before = value::items(status, "/conditions")
        .iter()
        .find(|condition| condition["type"] == "Suspended")
        .map(|condition| condition["status"] == "True");
    if before == Some(suspended) || (before.is_none() && !suspended) {
        return;
    }
    let (truth, reason, message) = if suspended {
        ("True", "JobSuspended", "Job suspended")
    } else {
        ("False", "JobResumed", "Job resumed")
    };
    if suspended {
        value::remove(status, &["startTime"]);
    } else {
        status["startTime"] = json!(wire_time(world.now));
    }
    if let Some(conditions) = status["conditions"].as_array_mut() {
        conditions.retain(|condition| condition["type"] != "Suspended");
    }
    push(world, status, "Suspended", truth, (reason, message));
    let report = Report::normal(reason.trim_start_matches("Job"), message);
    events::record(world, &work.job, component(CONTROLLER), report);
}

fn add(world: &World, status: &mut Value, kind: &str, why: (&str, &str)) {
    push(world, status, kind, "True", why);
}

fn push(
    world: &World,
    status: &mut Value,
    kind: &str,
    truth: &str,
    (reason, message): (&str, &str),
) {
    let now = wire_time(world.now);
    value::set_default(status, &["conditions"], json!([]));
    if let Some(conditions) = status["conditions"].as_array_mut() {
        conditions.push(json!({
            "type": kind,
            "status": truth,
            "reason": reason,
            "message": message,
            "lastProbeTime": now,
            "lastTransitionTime": now,
        }));
    }
}

fn commit(world: &mut World, work: &Work, status: Value) {
    let (namespace, name) = key_of(&work.job);
    world.update(registry::JOB, &namespace, &name, |job| {
        job["status"] = status;
    });
}
