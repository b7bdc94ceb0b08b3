//! Probes: when a container counts as started and ready, and when it is killed because it does not answer.
//!
//! Source: Kubernetes documentation, "Configure Liveness, Readiness and Startup Probes", and
//! `k8s.io/kubernetes/pkg/kubelet/prober` for the words. Nothing runs here, so what a probe would meet is
//! read off the manifest: see [`Answer::of`].

use domain::time::{Seconds, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::notice::Notice;
use crate::value;

/// Words in an image's tag that say its program answers every request with an error.
const BROKEN: &str = "-broken";
/// Words in a path that say nothing is served there.
const MISSING: [&str; 4] = ["does-not-exist", "doesnotexist", "nonexistent", "no-such"];

/// The three kinds of probes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// Holds the others back until it succeeds.
    Startup,
    /// Restarts the container when it fails.
    Liveness,
    /// Takes the pod out of its services when it fails.
    Readiness,
}

impl Kind {
    const fn field(self) -> &'static str {
        match self {
            Self::Startup => "startupProbe",
            Self::Liveness => "livenessProbe",
            Self::Readiness => "readinessProbe",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Startup => "Startup",
            Self::Liveness => "Liveness",
            Self::Readiness => "Readiness",
        }
    }
}

/// A probe that fails, from a container's start on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Failing {
    kind: Kind,
    /// What the probe meets, in the kubelet's words.
    why: String,
    /// Failures so far.
    failures: i64,
    /// Failures in a row that count.
    threshold: i64,
    /// Seconds between attempts.
    period: i64,
    /// The next attempt.
    next: Timestamp,
}

/// What comes of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The container goes on.
    Bear,
    /// The container has failed its startup or liveness probe and is killed.
    Kill,
}

/// What a probe would meet in a container that is up.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    /// It succeeds.
    Good,
    /// It fails.
    Bad(String),
}

impl Answer {
    /// Reads off the manifest what a probe would meet: a command that ends with an error, a path or an
    /// image whose name says that it fails, or a port by a name or number that the container does not have
    /// while it has others.
    fn of(container: &Value, probe: &Value, address: &str) -> Self {
        if let Some(command) = probe.get("exec") {
            return Self::of_command(command);
        }
        let (request, is_http) = match (probe.get("httpGet"), probe.get("tcpSocket")) {
            (Some(get), _) => (get, true),
            (None, Some(socket)) => (socket, false),
            // gRPC needs a client to say anything about.
            (None, None) => return Self::Good,
        };
        let Some(port) = port(container, &request["port"]) else {
            let target = format!("{address}:{}", shown(&request["port"]));
            let refused = format!("dial tcp {target}: connect: connection refused");
            let path = value::text(request, "/path");
            return Self::Bad(if is_http {
                format!("Get \"http://{target}{path}\": {refused}")
            } else {
                refused
            });
        };
        let (image, path) = (
            value::text(container, "/image"),
            value::text(request, "/path"),
        );
        let code = if image.contains(BROKEN) {
            500
        } else if MISSING.iter().any(|word| path.contains(word)) {
            404
        } else {
            return Self::Good;
        };
        Self::Bad(if is_http {
            format!("HTTP probe failed with statuscode: {code}")
        } else {
            format!("dial tcp {address}:{port}: connect: connection refused")
        })
    }

    fn of_command(exec: &Value) -> Self {
        let words: Vec<_> = value::items(exec, "/command")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let line = words.join(" ");
        let is_false = words.first() == Some(&"false") || line.ends_with("exit 1");
        match words.as_slice() {
            ["cat" | "ls" | "stat", path] if MISSING.iter().any(|word| path.contains(word)) => {
                Self::Bad(format!(
                    "{}: can't open '{path}': No such file or directory",
                    words[0]
                ))
            }
            _ if is_false => Self::Bad(String::new()),
            _ => Self::Good,
        }
    }
}

/// The number of a port the container has; a container that names no ports may have any.
fn port(container: &Value, wanted: &Value) -> Option<i64> {
    let ports = value::items(container, "/ports");
    let number = |port: &Value| value::integer(port, "/containerPort");
    match wanted {
        Value::String(name) => ports
            .iter()
            .find(|port| value::text(port, "/name") == name)
            .and_then(number),
        Value::Number(_) if ports.is_empty() => wanted.as_i64(),
        Value::Number(_) => ports
            .iter()
            .filter_map(number)
            .find(|port| Some(*port) == wanted.as_i64()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn shown(port: &Value) -> String {
    port.as_str()
        .map_or_else(|| port.to_string(), str::to_owned)
}

/// The probes of a container started at `now` that will fail, and whether it can ever get ready. A failing
/// startup probe keeps the others from being asked.
pub(super) fn failing(container: &Value, address: &str, now: Timestamp) -> (Vec<Failing>, bool) {
    let find = |kind: Kind| {
        let probe = container.get(kind.field())?;
        match Answer::of(container, probe, address) {
            Answer::Good => None,
            Answer::Bad(why) => Some(Failing::new(kind, probe, why, now)),
        }
    };
    if let Some(startup) = find(Kind::Startup) {
        return (vec![startup], false);
    }
    let readiness = find(Kind::Readiness);
    let gets_ready = readiness.is_none();
    let probes = readiness.into_iter().chain(find(Kind::Liveness));
    (probes.collect(), gets_ready)
}

impl Failing {
    fn new(kind: Kind, probe: &Value, why: String, now: Timestamp) -> Self {
        let number = |field: &str, default: i64| value::integer(probe, field).unwrap_or(default);
        let period = number("/periodSeconds", 10).max(1);
        Self {
            kind,
            why,
            failures: 0,
            threshold: number("/failureThreshold", 3).max(1),
            period,
            next: now + Seconds(number("/initialDelaySeconds", 0).max(0) + 1),
        }
    }

    /// The next attempt.
    pub(super) const fn due_at(&self) -> Timestamp {
        self.next
    }

    /// Makes the attempt that is due. `is_heard` says whether anybody is there to hear a readiness probe
    /// fail again and again; otherwise one attempt an hour does.
    pub(super) fn attempt(
        &mut self,
        now: Timestamp,
        is_heard: bool,
        notices: &mut Vec<Notice>,
    ) -> Verdict {
        let is_patient = !is_heard && self.kind == Kind::Readiness;
        let pause = if is_patient { 3600 } else { self.period };
        self.failures += 1;
        self.next = now + Seconds(pause.max(self.period));
        notices.push(Notice::Unhealthy {
            probe: self.kind.word(),
            why: self.why.clone(),
        });
        let is_fatal = match self.kind {
            Kind::Readiness => false,
            Kind::Startup | Kind::Liveness => self.failures >= self.threshold,
        };
        if !is_fatal {
            return Verdict::Bear;
        }
        notices.push(Notice::FailedProbe {
            probe: match self.kind {
                Kind::Startup => "startup",
                Kind::Liveness | Kind::Readiness => "liveness",
            },
        });
        Verdict::Kill
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(container: Value, expected: &[&str], gets_ready: bool) {
        let (found, ready) = failing(&container, "10.244.1.7", Timestamp(0));
        let words: Vec<_> = found.iter().map(|probe| probe.why.as_str()).collect();
        assert_eq!((words.as_slice(), ready), (expected, gets_ready));
    }

    #[test]
    fn a_probe_of_a_port_the_container_has_succeeds() {
        check(
            json!({"image": "nginx", "ports": [{"name": "http", "containerPort": 80}],
                   "readinessProbe": {"httpGet": {"path": "/", "port": "http"}},
                   "livenessProbe": {"tcpSocket": {"port": 80}}}),
            &[],
            true,
        );
    }

    #[test]
    fn a_probe_of_another_port_is_refused() {
        check(
            json!({"image": "nginx", "ports": [{"containerPort": 80}],
                   "livenessProbe": {"httpGet": {"path": "/live", "port": 81}}}),
            &[
                "Get \"http://10.244.1.7:81/live\": dial tcp 10.244.1.7:81: connect: connection refused",
            ],
            true,
        );
    }

    #[test]
    fn a_broken_image_never_gets_ready() {
        check(
            json!({"image": "shop:1-broken", "ports": [{"containerPort": 80}],
                   "readinessProbe": {"httpGet": {"path": "/", "port": 80}}}),
            &["HTTP probe failed with statuscode: 500"],
            false,
        );
    }

    #[test]
    fn a_failing_startup_probe_keeps_the_others_from_being_asked() {
        check(
            json!({"image": "busybox", "startupProbe": {"exec": {"command": ["false"]}},
                   "livenessProbe": {"exec": {"command": ["sh", "-c", "exit 1"]}}}),
            &[""],
            false,
        );
    }

    #[test]
    fn liveness_kills_at_its_threshold_and_readiness_never() {
        let probe = json!({"failureThreshold": 2, "periodSeconds": 5});
        let verdicts = |kind| {
            let mut failing = Failing::new(kind, &probe, String::new(), Timestamp(0));
            let mut notices = Vec::new();
            [0, 5]
                .map(|second| failing.attempt(Timestamp::from_seconds(second), true, &mut notices))
        };
        assert_eq!(verdicts(Kind::Liveness), [Verdict::Bear, Verdict::Kill]);
        assert_eq!(verdicts(Kind::Readiness), [Verdict::Bear, Verdict::Bear]);
    }
}
