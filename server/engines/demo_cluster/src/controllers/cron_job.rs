//! `CronJob`: a Job whenever its schedule says so.
//!
//! Source: Kubernetes documentation, "`CronJob`", and `k8s.io/kubernetes/pkg/controller/cronjob`. Schedules
//! without a `timeZone` are in UTC, the zone of the controller.

use std::sync::Arc;

use domain::time::{Seconds, Timestamp};
use serde_json::{Value, json};

use super::{job, pods};
use crate::{
    events::{self, Report, component},
    kinds::{cron::Schedule, zone::Zone},
    registry,
    value::{self, wire_time},
    world::{Key, World, key_of},
};

const CONTROLLER: &str = "cronjob-controller";
/// When the Job should have started.
const SCHEDULED_AT: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";
/// Missed times looked through for the latest; the real controller gives up at as many.
const MOST_MISSED: usize = 100;

/// Starts the Job that is due, notes those that ended, and forgets old ones.
pub(crate) fn reconcile(world: &mut World, (namespace, name): &Key) {
    let Some(cron_job) = world.get(registry::CRON_JOB, namespace, name) else {
        return;
    };
    if value::is_terminating(&cron_job) {
        return;
    }
    note_ends(world, &cron_job);
    forget_old(world, &cron_job);
    let Some(cron_job) = world.get(registry::CRON_JOB, namespace, name) else {
        return;
    };
    let Ok(schedule) = Schedule::parse(value::text(&cron_job, "/spec/schedule")) else {
        return;
    };
    if value::truth(&cron_job, "/spec/suspend") {
        return;
    }
    let Some(zone) = zone(&cron_job) else {
        return;
    };
    if let Some(at) = latest_missed(world, &cron_job, &schedule, &zone) {
        start(world, &cron_job, at);
    }
    if let Some(next) = schedule.next_in(&zone, world.now) {
        world.wake_at(next, registry::CRON_JOB, &cron_job);
    }
}

/// By whose clocks the schedule goes; `None` for a zone that is none, which the API refuses.
fn zone(cron_job: &Value) -> Option<Zone> {
    match value::text(cron_job, "/spec/timeZone") {
        "" => Some(Zone::UTC),
        name => Zone::named(name),
    }
}

/// The latest time that has come since the last start.
fn latest_missed(
    world: &World,
    cron_job: &Value,
    schedule: &Schedule,
    zone: &Zone,
) -> Option<Timestamp> {
    let since = value::time(cron_job, "/status/lastScheduleTime")
        .or_else(|| value::time(cron_job, "/metadata/creationTimestamp"))?;
    let horizon = value::integer(cron_job, "/spec/startingDeadlineSeconds")
        .map_or(since, |seconds| since.max(world.now - Seconds(seconds)));
    // While time leaps more may have been missed than is worth looking through.
    let jump = world.now
        - Seconds(if world.live {
            i64::from(u32::MAX)
        } else {
            3600
        });
    let mut latest = None;
    let mut at = horizon.max(jump);
    for _ in 0..MOST_MISSED {
        match schedule.next_in(zone, at) {
            Some(next) if next <= world.now => {
                latest = Some(next);
                at = next;
            }
            Some(_) | None => break,
        }
    }
    latest
}

fn jobs(world: &World, cron_job: &Value) -> Vec<Arc<Value>> {
    world.controlled_by(
        registry::JOB,
        value::namespace(cron_job),
        value::uid(cron_job),
    )
}

/// The condition a Job ended with: `Complete` or `Failed`.
fn end(job: &Value) -> Option<&str> {
    value::items(job, "/status/conditions")
        .iter()
        .filter(|condition| condition["status"] == "True")
        .map(|condition| value::text(condition, "/type"))
        .find(|kind| matches!(*kind, "Complete" | "Failed"))
}

fn start(world: &mut World, cron_job: &Value, at: Timestamp) {
    let running: Vec<_> = jobs(world, cron_job)
        .into_iter()
        .filter(|job| end(job).is_none())
        .collect();
    match value::text(cron_job, "/spec/concurrencyPolicy") {
        "Forbid" if !running.is_empty() => {
            let message = "Not starting job because prior execution is running and concurrency \
                           policy is Forbid";
            let report = Report::normal("JobAlreadyActive", message);
            return events::record(world, cron_job, component(CONTROLLER), report);
        }
        "Replace" => {
            for job in &running {
                remove(world, cron_job, job);
            }
        }
        _ => {}
    }
    create(world, cron_job, at);
    note_start(world, cron_job, at);
}

fn create(world: &mut World, cron_job: &Value, at: Timestamp) {
    let template = &cron_job["spec"]["jobTemplate"];
    // Minutes since the epoch make the name unique and tell when it was due.
    let name = format!("{}-{}", value::name(cron_job), at.seconds() / 60);
    let mut metadata = json!({
        "name": name,
        "namespace": value::namespace(cron_job),
        "ownerReferences": [pods::owner_reference(cron_job)],
    });
    for field in ["labels", "annotations"] {
        if let Some(given) = template["metadata"]
            .get(field)
            .filter(|map| map.is_object())
        {
            metadata[field] = given.clone();
        }
    }
    metadata["annotations"][SCHEDULED_AT] = json!(wire_time(at));
    let job = json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": template["spec"],
    });
    if crate::api::install(&mut world.store, registry::JOB, job, world.now).is_ok() {
        let message = format!("Created job {name}");
        let report = Report::normal("SuccessfulCreate", &message);
        events::record(world, cron_job, component(CONTROLLER), report);
    }
}

fn note_start(world: &mut World, cron_job: &Value, at: Timestamp) {
    let active: Vec<_> = jobs(world, cron_job)
        .iter()
        .filter(|job| end(job).is_none())
        .map(|job| reference(job))
        .collect();
    let (namespace, name) = key_of(cron_job);
    world.update(registry::CRON_JOB, &namespace, &name, |cron_job| {
        cron_job["status"]["active"] = json!(active);
        cron_job["status"]["lastScheduleTime"] = json!(wire_time(at));
    });
}

fn reference(job: &Value) -> Value {
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "name": value::name(job),
        "namespace": value::namespace(job),
        "resourceVersion": job["metadata"]["resourceVersion"],
        "uid": value::uid(job),
    })
}

/// Takes Jobs that ended off the list of active ones.
fn note_ends(world: &mut World, cron_job: &Value) {
    let mut active = value::items(cron_job, "/status/active").to_vec();
    let mut last_success = None;
    let listed = active.len();
    for job in jobs(world, cron_job) {
        let Some(end) = end(&job) else {
            continue;
        };
        let is_listed = active.iter().any(|entry| entry["uid"] == value::uid(&job));
        if !is_listed {
            continue;
        }
        active.retain(|entry| entry["uid"] != value::uid(&job));
        if end == "Complete" {
            last_success = Some(job["status"]["completionTime"].clone());
        }
        let message = format!("Saw completed job: {}, condition: {end}", value::name(&job));
        let report = Report::normal("SawCompletedJob", &message);
        events::record(world, cron_job, component(CONTROLLER), report);
    }
    active.retain(|entry| {
        let name = value::text(entry, "/name");
        world
            .get(registry::JOB, value::namespace(cron_job), name)
            .is_some()
    });
    if active.len() == listed {
        return;
    }
    let (namespace, name) = key_of(cron_job);
    world.update(registry::CRON_JOB, &namespace, &name, |cron_job| {
        if active.is_empty() {
            value::remove(cron_job, &["status", "active"]);
        } else {
            cron_job["status"]["active"] = json!(active);
        }
        if let Some(at) = last_success {
            cron_job["status"]["lastSuccessfulTime"] = at;
        }
    });
}

/// Removes the oldest ended Jobs beyond the history limits.
fn forget_old(world: &mut World, cron_job: &Value) {
    for (wanted, field, default) in [
        ("Complete", "/spec/successfulJobsHistoryLimit", 3),
        ("Failed", "/spec/failedJobsHistoryLimit", 1),
    ] {
        let limit = value::integer(cron_job, field).unwrap_or(default).max(0);
        let mut ended: Vec<_> = jobs(world, cron_job)
            .into_iter()
            .filter(|job| end(job) == Some(wanted))
            .collect();
        ended.sort_by_key(|job| value::text(job, "/status/startTime").to_owned());
        let surplus = ended.len().saturating_sub(limit as usize);
        for job in ended.iter().take(surplus) {
            remove(world, cron_job, job);
        }
    }
}

fn remove(world: &mut World, cron_job: &Value, job: &Value) {
    job::delete(world, job);
    let message = format!("Deleted job {}", value::name(job));
    let report = Report::normal("SuccessfulDelete", &message);
    events::record(world, cron_job, component(CONTROLLER), report);
}
