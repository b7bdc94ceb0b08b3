//! One container's life: created, pulled, started, ready, ended, backed off, started again.

use domain::time::{Seconds, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    command, images,
    notice::Notice,
    probes::{self, Failing, Verdict},
};
use crate::{
    chance::{between, hash, hex, unit},
    company::{self, Fate},
    ledger::WorkloadKey,
    value,
};

/// First and longest delay between restarts, and between attempts to pull.
/// Source: "Pod Lifecycle", "How Pods handle problems with containers".
const BACK_OFF: (i64, i64) = (10, 300);
/// A container that ran this long starts over with the shortest delay.
const FORGIVEN_AFTER: i64 = 600;
/// Rounds of the longest delay that pass as one while time leaps.
const ROUNDS_AT_ONCE: u32 = 10;
/// How often a kubelet says again that it is backing off.
const REPEAT: i64 = 15;
/// When a container gets ready whose probes fail.
const NEVER: Timestamp = Timestamp(i64::MAX);

/// What one container is doing and has done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ContainerRuntime {
    /// Its name.
    pub name: String,
    /// Its image, as in the spec.
    pub image: String,
    /// How often it was started again.
    pub restarts: u32,
    /// Ends in a row that count for the delay.
    pub crashes: u32,
    /// Failed pulls in a row.
    pub failed_pulls: u32,
    /// What it is doing.
    pub stage: Stage,
    /// How it last ended.
    pub last: Option<Ended>,
    /// Probes of the present run that fail.
    #[serde(default)]
    pub failing: Vec<Failing>,
}

/// What a container is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// The sandbox is being made.
    Creating {
        /// When it is done.
        until: Timestamp,
    },
    /// The image is being pulled.
    Pulling {
        /// When that is done or has failed.
        until: Timestamp,
        /// Since when.
        since: Timestamp,
    },
    /// A pull failed a moment ago: `ErrImagePull`.
    PullFailed {
        /// Until the kubelet says it backs off.
        until: Timestamp,
    },
    /// Waiting before the next pull: `ImagePullBackOff`.
    PullBackOff {
        /// The next pull.
        until: Timestamp,
        /// The next time the kubelet repeats itself.
        repeat: Timestamp,
    },
    /// It runs.
    Running {
        /// Since when.
        since: Timestamp,
        /// When it gets ready; `None` once it is.
        ready_at: Option<Timestamp>,
        /// When and with what exit code it will end by itself.
        ends: Option<(Timestamp, i64)>,
    },
    /// It ended a moment ago, or for good.
    Ended {
        /// When the kubelet acts on it; `None` when it ended for good.
        until: Option<Timestamp>,
    },
    /// Waiting before the next start: `CrashLoopBackOff`.
    BackOff {
        /// The next start.
        until: Timestamp,
        /// The next time the kubelet repeats itself.
        repeat: Timestamp,
    },
}

/// How a container ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ended {
    /// When it had started.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// Exit code.
    pub exit_code: i64,
    /// `Completed`, `Error` or `OOMKilled`.
    pub reason: String,
    /// Its id.
    pub container_id: String,
}

/// What a container needs to know to move on.
pub(crate) struct Surroundings<'a> {
    pub pod: &'a Value,
    pub spec: &'a Value,
    pub workload: &'a WorkloadKey,
    pub now: Timestamp,
    pub seed: u64,
    /// Whether anybody is there to hear the kubelet repeat itself.
    pub repeats: bool,
    /// Whether many rounds of backing off may pass as one: nobody will see their events.
    pub coarse: bool,
    pub has_image: bool,
    /// The pod's address, which probes are sent to.
    pub address: &'a str,
}

impl Surroundings<'_> {
    /// How many rounds of waiting pass as one, and how long that is.
    fn rounds(&self, wait: i64) -> (u32, i64) {
        if self.coarse && wait >= BACK_OFF.1 {
            (ROUNDS_AT_ONCE, wait * i64::from(ROUNDS_AT_ONCE))
        } else {
            (1, wait)
        }
    }
}

impl ContainerRuntime {
    /// A container whose sandbox is ready at `until`.
    pub(crate) fn new(spec: &Value, until: Timestamp) -> Self {
        Self {
            name: value::text(spec, "/name").to_owned(),
            image: value::text(spec, "/image").to_owned(),
            restarts: 0,
            crashes: 0,
            failed_pulls: 0,
            stage: Stage::Creating { until },
            last: None,
            failing: Vec::new(),
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(self.stage, Stage::Running { .. })
    }

    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.stage, Stage::Running { ready_at: None, .. })
    }

    /// Since when it runs, if it does.
    pub(crate) fn running_since(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Running { since, .. } => Some(since),
            Stage::Creating { .. }
            | Stage::Pulling { .. }
            | Stage::PullFailed { .. }
            | Stage::PullBackOff { .. }
            | Stage::Ended { .. }
            | Stage::BackOff { .. } => None,
        }
    }

    /// When it will move by itself.
    pub(crate) fn due_at(&self) -> Option<Timestamp> {
        match &self.stage {
            Stage::Creating { until }
            | Stage::Pulling { until, .. }
            | Stage::PullFailed { until } => Some(*until),
            Stage::PullBackOff { until, repeat } | Stage::BackOff { until, repeat } => {
                Some(*until.min(repeat))
            }
            Stage::Running { ready_at, ends, .. } => ready_at
                .iter()
                .copied()
                .filter(|at| *at != NEVER)
                .chain(ends.map(|end| end.0))
                .chain(self.failing.iter().map(Failing::due_at))
                .min(),
            Stage::Ended { until } => *until,
        }
    }

    /// Its id at the runtime: another one after every restart.
    pub(crate) fn id(&self, pod_uid: &str) -> String {
        let restarts = self.restarts.to_string();
        let digits = hex(hash(0, &[pod_uid, &self.name, &restarts]), 64);
        format!("containerd://{digits}")
    }

    /// Does everything that is due.
    pub(crate) fn move_on(&mut self, around: &Surroundings<'_>) -> Vec<Notice> {
        let mut notices = Vec::new();
        // A pod that was left alone for long has several steps to catch up with, never endlessly many.
        for _ in 0..8 {
            if self.due_at().is_none_or(|at| at > around.now) {
                break;
            }
            self.step(around, &mut notices);
        }
        notices
    }

    fn step(&mut self, around: &Surroundings<'_>, notices: &mut Vec<Notice>) {
        let now = around.now;
        match self.stage.clone() {
            Stage::Creating { .. } => self.fetch(around, notices),
            Stage::Pulling { since, .. } => self.end_pull(around, since, notices),
            Stage::PullFailed { .. } => self.back_off_pull(around, notices),
            Stage::PullBackOff { until, .. } if until <= now => self.pull(around, notices),
            Stage::PullBackOff { until, .. } => {
                notices.push(Notice::PullBackOff {
                    image: self.image.clone(),
                });
                self.stage = Stage::PullBackOff {
                    until,
                    repeat: repeat(around, until),
                };
            }
            Stage::Running {
                since,
                ready_at,
                ends,
            } => {
                if let Some((_, code)) = ends.filter(|(at, _)| *at <= now) {
                    let reason = if code == 0 { "Completed" } else { "Error" };
                    self.end(around, code, reason);
                } else if ready_at.is_some_and(|at| at <= now) {
                    self.stage = Stage::Running {
                        since,
                        ready_at: None,
                        ends,
                    };
                } else {
                    self.probe(around, notices);
                }
            }
            Stage::Ended { .. } => self.start_again(around, notices),
            Stage::BackOff { until, .. } if until <= now => {
                self.restarts += 1;
                self.fetch(around, notices);
            }
            Stage::BackOff { until, .. } => {
                notices.push(Notice::BackOff);
                self.stage = Stage::BackOff {
                    until,
                    repeat: repeat(around, until),
                };
            }
        }
    }

    /// Makes the attempts of failing probes that are due; one too many ends the container.
    fn probe(&mut self, around: &Surroundings<'_>, notices: &mut Vec<Notice>) {
        let due = self
            .failing
            .iter_mut()
            .filter(|probe| probe.due_at() <= around.now);
        let is_killed = due.fold(false, |killed, probe| {
            killed | (probe.attempt(around.now, around.repeats, notices) == Verdict::Kill)
        });
        if is_killed {
            self.end(around, 137, "Error");
        }
    }

    /// Starts the container, after pulling its image if the node has none or must not use it.
    fn fetch(&mut self, around: &Surroundings<'_>, notices: &mut Vec<Notice>) {
        let always = value::text(around.spec, "/imagePullPolicy") == "Always";
        if around.has_image && !always {
            notices.push(Notice::Pulled {
                image: self.image.clone(),
                seconds: 0.0,
                present: true,
            });
            return self.start(around, notices);
        }
        self.pull(around, notices);
    }

    fn pull(&mut self, around: &Surroundings<'_>, notices: &mut Vec<Notice>) {
        notices.push(Notice::Pulling {
            image: self.image.clone(),
        });
        let seconds = if around.has_image || images::failure(&self.image).is_some() {
            1
        } else {
            images::pull_seconds(around.seed, &self.image)
        };
        self.stage = Stage::Pulling {
            until: around.now + Seconds(seconds),
            since: around.now,
        };
    }

    fn end_pull(&mut self, around: &Surroundings<'_>, since: Timestamp, notices: &mut Vec<Notice>) {
        if let Some(why) = images::failure(&self.image) {
            notices.push(Notice::PullFailed {
                image: self.image.clone(),
                why,
            });
            notices.push(Notice::PullError {
                reason: "ErrImagePull",
            });
            self.failed_pulls += 1;
            self.stage = Stage::PullFailed {
                until: around.now + Seconds(6),
            };
            return;
        }
        let part = unit(hash(around.seed, &["part", &self.image]));
        notices.push(Notice::Pulled {
            image: self.image.clone(),
            seconds: (around.now.0 - since.0) as f64 / 1000.0 - part * 0.9,
            present: false,
        });
        self.failed_pulls = 0;
        self.start(around, notices);
    }

    fn back_off_pull(&mut self, around: &Surroundings<'_>, notices: &mut Vec<Notice>) {
        notices.push(Notice::PullBackOff {
            image: self.image.clone(),
        });
        notices.push(Notice::PullError {
            reason: "ImagePullBackOff",
        });
        let (rounds, wait) = around.rounds(delay(self.failed_pulls));
        self.failed_pulls += rounds - 1;
        let until = around.now + Seconds(wait);
        self.stage = Stage::PullBackOff {
            until,
            repeat: repeat(around, until),
        };
    }

    fn start(&mut self, around: &Surroundings<'_>, notices: &mut Vec<Notice>) {
        notices.push(Notice::Created);
        notices.push(Notice::Started);
        let now = around.now;
        let (failing, gets_ready) = probes::failing(around.spec, around.address, now);
        self.failing = failing;
        let ready_at = if gets_ready {
            now + Seconds(self.seconds_to_ready(around))
        } else {
            NEVER
        };
        self.stage = Stage::Running {
            since: now,
            ready_at: Some(ready_at),
            ends: self
                .natural_end(around)
                .map(|(after, code)| (now + Seconds(after), code)),
        };
    }

    fn seconds_to_ready(&self, around: &Surroundings<'_>) -> i64 {
        let key = around.workload;
        let probe = &around.spec["readinessProbe"];
        let own = company::ready_after(&key.namespace, &key.name);
        let probed = probe.is_object().then(|| {
            value::integer(probe, "/initialDelaySeconds").unwrap_or_default()
                + value::integer(probe, "/periodSeconds").unwrap_or(10).min(3)
        });
        own.or(probed).unwrap_or(0).max(0)
    }

    /// Seconds until it ends by itself, and with what; `None` when it runs on.
    fn natural_end(&self, around: &Surroundings<'_>) -> Option<(i64, i64)> {
        let key = around.workload;
        match company::fate(&key.namespace, &key.name, &self.image) {
            Fate::Crashes {
                after_seconds,
                exit_code,
            } => Some((after_seconds, exit_code)),
            Fate::Healthy | Fate::Leaks => {
                command::natural_end(around.spec).or_else(|| self.work_of_a_job(around))
            }
        }
    }

    /// Pods of a Job end even where nothing is known of their command: their work is done in a while.
    fn work_of_a_job(&self, around: &Surroundings<'_>) -> Option<(i64, i64)> {
        let is_job = around.workload.kind == "Job" && !command::is_endless(around.spec);
        let chance = hash(around.seed, &[value::uid(around.pod), &self.name, "work"]);
        is_job.then(|| (between(chance, 8, 40), 0))
    }

    fn end(&mut self, around: &Surroundings<'_>, exit_code: i64, reason: &str) {
        let again = match value::text(around.pod, "/spec/restartPolicy") {
            "Never" => false,
            "OnFailure" => exit_code != 0,
            _ => true,
        };
        self.note_end(around.now, value::uid(around.pod), exit_code, reason);
        self.stage = Stage::Ended {
            until: again.then(|| around.now + Seconds(1)),
        };
    }

    /// Ends it as the kernel's out-of-memory killer does; it will be started again.
    pub(crate) fn run_out_of_memory(&mut self, now: Timestamp, pod_uid: &str) {
        if self.is_running() {
            self.note_end(now, pod_uid, 137, "OOMKilled");
            self.stage = Stage::Ended {
                until: Some(now + Seconds(2)),
            };
        }
    }

    fn note_end(&mut self, now: Timestamp, pod_uid: &str, exit_code: i64, reason: &str) {
        let Stage::Running { since, .. } = self.stage else {
            return;
        };
        self.failing.clear();
        let forgiven = now.seconds_since(since) >= FORGIVEN_AFTER;
        self.crashes = if forgiven { 0 } else { self.crashes };
        self.last = Some(Ended {
            started_at: since,
            finished_at: now,
            exit_code,
            reason: reason.to_owned(),
            container_id: self.id(pod_uid),
        });
    }

    fn start_again(&mut self, around: &Surroundings<'_>, notices: &mut Vec<Notice>) {
        self.crashes += 1;
        if self.crashes == 1 {
            self.restarts += 1;
            return self.fetch(around, notices);
        }
        notices.push(Notice::BackOff);
        let (rounds, wait) = around.rounds(delay(self.crashes - 1));
        self.restarts += rounds - 1;
        let until = around.now + Seconds(wait);
        self.stage = Stage::BackOff {
            until,
            repeat: repeat(around, until),
        };
    }
}

/// Seconds to wait after the `attempt`-th failure, counted from 1: 10, 20, 40 … 300.
pub(crate) fn delay(attempt: u32) -> i64 {
    let (first, longest) = BACK_OFF;
    let doublings = attempt.saturating_sub(1).min(16);
    (first << doublings).min(longest)
}

fn repeat(around: &Surroundings<'_>, until: Timestamp) -> Timestamp {
    if around.repeats {
        until.min(around.now + Seconds(REPEAT))
    } else {
        until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_the_delay_up_to_five_minutes() {
        let delays: Vec<_> = (1..=7).map(delay).collect();
        assert_eq!(delays, [10, 20, 40, 80, 160, 300, 300]);
    }
}
