//! `Job`: pods that run to completion.
//!
//! Source: Kubernetes documentation, "Jobs", and `k8s.io/kubernetes/pkg/controller/job`. What differs:
//! `podFailurePolicy`, `successPolicy` and `backoffLimitPerIndex` are stored and not followed. Cleaning up
//! after `ttlSecondsAfterFinished` is here too.

mod completions;
mod status;

use std::sync::Arc;

use domain::time::{Seconds, Timestamp};
use serde_json::{Value, json};

pub(crate) use self::completions::Tally;
use super::{adoption, pods};
use crate::{
    api,
    events::{self, Report, component},
    registry, value,
    world::{Key, World, key_of},
};

const CONTROLLER: &str = "job-controller";
/// First and longest delay before failed pods are replaced.
const BACK_OFF: (i64, i64) = (10, 360);

/// Why a Job has failed: reason and message of its condition.
type Failure = (&'static str, &'static str);

/// A Job with its pods and what they have achieved so far.
struct Work {
    job: Arc<Value>,
    active: Vec<Arc<Value>>,
    tally: Tally,
}

impl Work {
    fn number(&self, field: &str) -> Option<i64> {
        value::integer(&self.job, field)
    }

    fn is_suspended(&self) -> bool {
        value::truth(&self.job, "/spec/suspend")
    }

    fn parallelism(&self) -> i64 {
        self.number("/spec/parallelism").unwrap_or(1)
    }

    /// Whether nothing is left to do: as many successes as asked for or, where no number is, one success
    /// and nobody at work.
    fn is_complete(&self) -> bool {
        match self.number("/spec/completions") {
            Some(wanted) => self.tally.succeeded() >= wanted,
            None => self.tally.succeeded() > 0 && self.active.is_empty(),
        }
    }

    /// How many pods should be at work now.
    fn wanted(&self) -> i64 {
        match self.number("/spec/completions") {
            Some(wanted) => self.parallelism().min(wanted - self.tally.succeeded()),
            None if self.tally.succeeded() > 0 => self.active.len() as i64,
            None => self.parallelism(),
        }
    }

    /// Why the Job will not be finished, if so.
    fn failure(&self, now: Timestamp) -> Option<Failure> {
        let retries = self.number("/spec/backoffLimit").unwrap_or(6);
        let on_failure = self.job["spec"]["template"]["spec"]["restartPolicy"] == "OnFailure";
        let restarts: i64 = self.active.iter().map(|pod| restarts(pod)).sum();
        if self.tally.failed() > retries || (on_failure && restarts > retries) {
            return Some((
                "BackoffLimitExceeded",
                "Job has reached the specified backoff limit",
            ));
        }
        (self.deadline()? <= now).then_some((
            "DeadlineExceeded",
            "Job was active longer than specified deadline",
        ))
    }

    /// When `activeDeadlineSeconds` are over.
    fn deadline(&self) -> Option<Timestamp> {
        let seconds = self.number("/spec/activeDeadlineSeconds")?;
        Some(value::time(&self.job, "/status/startTime")? + Seconds(seconds))
    }

    /// When failed pods may be replaced: 10 s, 20 s, 40 s … after the last failure.
    fn may_retry_at(&self) -> Option<Timestamp> {
        let (first, longest) = BACK_OFF;
        let (failures, last) = self.tally.failures_in_a_row()?;
        let doublings = (failures - 1).clamp(0, 16);
        Some(last + Seconds((first << doublings).min(longest)))
    }
}

fn restarts(pod: &Value) -> i64 {
    value::items(pod, "/status/containerStatuses")
        .iter()
        .filter_map(|status| value::integer(status, "/restartCount"))
        .sum()
}

/// Brings the Job closer to its completion and writes its status.
pub(crate) fn reconcile(world: &mut World, (namespace, name): &Key) {
    let Some(job) = world.get(registry::JOB, namespace, name) else {
        return;
    };
    if value::is_terminating(&job) {
        return;
    }
    if let Some(finished_at) = status::finished_at(&job) {
        return clean_up(world, &job, finished_at);
    }
    let Some(job) = begin(world, &job) else {
        return;
    };
    let mut work = read(world, job);
    if work.is_suspended() {
        work.active
            .drain(..)
            .for_each(|pod| remove(world, &work.job, &pod));
    } else if let Some(failure) = work.failure(world.now) {
        work.active
            .drain(..)
            .for_each(|pod| remove(world, &work.job, &pod));
        return status::write_failed(world, &work, failure);
    } else if work.is_complete() {
        work.active
            .drain(..)
            .for_each(|pod| remove(world, &work.job, &pod));
        return status::write_complete(world, &work);
    } else {
        adjust(world, &work);
        work = read(world, work.job);
    }
    if let Some(deadline) = work.deadline().filter(|_| !work.is_suspended()) {
        world.wake_at(deadline, registry::JOB, &work.job);
    }
    status::write(world, &work);
}

/// Notes when the Job began; a suspended Job begins when it is resumed.
fn begin(world: &mut World, job: &Arc<Value>) -> Option<Arc<Value>> {
    let has_begun = job.pointer("/status/startTime").is_some();
    if has_begun || value::truth(job, "/spec/suspend") {
        return Some(Arc::clone(job));
    }
    let (namespace, name) = key_of(job);
    let now = value::wire_time(world.now);
    world.update(registry::JOB, &namespace, &name, |job| {
        value::set(job, &["status", "startTime"], now);
    })
}

fn read(world: &mut World, job: Arc<Value>) -> Work {
    let members = adoption::claim(world, registry::POD, &job);
    let uid = value::uid(&job).to_owned();
    let mut tally = world.state.tallies.remove(&uid).unwrap_or_default();
    for pod in &members {
        tally.count(pod, world.now);
    }
    world.state.tallies.insert(uid, tally.clone());
    let active = members
        .into_iter()
        .filter(|pod| pods::is_active(pod))
        .collect();
    Work { job, active, tally }
}

/// Creates the pods that are missing, once the delay after failures is over, or deletes those too many.
fn adjust(world: &mut World, work: &Work) {
    let have = work.active.len() as i64;
    let missing = work.wanted() - have;
    if missing < 0 {
        let surplus = work
            .active
            .iter()
            .rev()
            .take(missing.unsigned_abs() as usize);
        return surplus.for_each(|pod| remove(world, &work.job, pod));
    }
    if let Some(at) = work
        .may_retry_at()
        .filter(|at| *at > world.now && missing > 0)
    {
        return world.wake_at(at, registry::JOB, &work.job);
    }
    if work.job["spec"]["completionMode"] == "Indexed" {
        let completions = work.number("/spec/completions").unwrap_or(0);
        let free: Vec<_> = (0..completions)
            .filter(|index| !work.tally.has_completed(*index))
            .filter(|index| {
                work.active
                    .iter()
                    .all(|pod| completions::index_of(pod) != Some(*index))
            })
            .take(missing as usize)
            .collect();
        return free
            .into_iter()
            .for_each(|index| create(world, &work.job, Some(index)));
    }
    (0..missing).for_each(|_| create(world, &work.job, None));
}

fn create(world: &mut World, job: &Value, index: Option<i64>) {
    let prefix = match index {
        Some(index) => format!("{}-{index}-", value::name(job)),
        None => format!("{}-", value::name(job)),
    };
    let name = format!("{prefix}{}", world.store.name_suffix());
    let mut pod = pods::from_template(job, &job["spec"]["template"], &name);
    pod["metadata"]["generateName"] = json!(prefix);
    if let Some(index) = index {
        completions::number(&mut pod, job, index);
    }
    if pods::create(world, job, CONTROLLER, pod).is_err() {
        world.wake_at(world.now + Seconds(BACK_OFF.0), registry::JOB, job);
    }
}

fn remove(world: &mut World, job: &Value, pod: &Value) {
    if value::is_terminating(pod) {
        return;
    }
    pods::delete(world, pod);
    let message = format!("Deleted pod: {}", value::name(pod));
    let report = Report::normal("SuccessfulDelete", &message);
    events::record(world, job, component(CONTROLLER), report);
}

/// Removes a finished Job with its pods when its time to live is over.
fn clean_up(world: &mut World, job: &Value, finished_at: Timestamp) {
    let Some(seconds) = value::integer(job, "/spec/ttlSecondsAfterFinished") else {
        return;
    };
    let at = finished_at + Seconds(seconds);
    if at > world.now {
        return world.wake_at(at, registry::JOB, job);
    }
    delete(world, job);
}

/// Removes a Job; its pods follow as garbage.
pub(super) fn delete(world: &mut World, job: &Value) {
    let (namespace, name) = key_of(job);
    world.state.tallies.remove(value::uid(job));
    api::finish_deletion(
        &mut world.store,
        registry::JOB,
        &namespace,
        &name,
        world.now,
    );
}
