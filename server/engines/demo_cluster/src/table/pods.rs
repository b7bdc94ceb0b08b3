//! Pods: the words of STATUS and RESTARTS.

use domain::time::{Seconds, Timestamp};
use serde_json::{Value, json};

use super::{AGE, NAME, age, column, name, number, or, wide};
use crate::{
    registry::{
        Description::{Field, Text},
        Printer,
    },
    value::{self, items, text, truth},
};

pub(crate) const POD: Printer = Printer {
    columns: &[
        NAME,
        column(
            "Ready",
            Text("The aggregate readiness state of this pod for accepting traffic."),
        ),
        column(
            "Status",
            Text("The aggregate status of the containers in this pod."),
        ),
        column(
            "Restarts",
            Text(
                "The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.",
            ),
        ),
        AGE,
        wide(column("IP", Field("PodStatus", "podIP"))),
        wide(column("Node", Field("PodSpec", "nodeName"))),
        wide(column(
            "Nominated Node",
            Field("PodStatus", "nominatedNodeName"),
        )),
        wide(column(
            "Readiness Gates",
            Field("PodSpec", "readinessGates"),
        )),
    ],
    cells,
};

fn cells(pod: &Value, now: Timestamp) -> Vec<Value> {
    let summary = Summary::of(pod);
    vec![
        name(pod),
        json!(format!("{}/{}", summary.ready, summary.containers)),
        json!(summary.reason),
        json!(summary.restarts(now)),
        age(pod, now),
        json!(or(text(pod, "/status/podIPs/0/ip"), "<none>")),
        json!(or(text(pod, "/spec/nodeName"), "<none>")),
        json!(or(text(pod, "/status/nominatedNodeName"), "<none>")),
        json!(readiness_gates(pod)),
    ]
}

/// What the columns READY, STATUS and RESTARTS say about a pod.
struct Summary {
    ready: usize,
    containers: usize,
    reason: String,
    restarts: i64,
    last_restart: Option<Timestamp>,
}

impl Summary {
    fn of(pod: &Value) -> Self {
        let sidecars = items(pod, "/spec/initContainers")
            .iter()
            .filter(|c| is_sidecar(c))
            .count();
        let mut summary = Self {
            ready: 0,
            containers: items(pod, "/spec/containers").len() + sidecars,
            reason: first_reason(pod),
            restarts: 0,
            last_restart: None,
        };
        let is_initializing = summary.add_init_containers(pod);
        if !is_initializing || has_condition(pod, "Initialized") {
            summary.add_containers(pod);
        }
        summary.note_deletion(pod);
        summary
    }

    /// Whether the pod still initialises, which then is its status.
    fn add_init_containers(&mut self, pod: &Value) -> bool {
        let total = items(pod, "/spec/initContainers").len();
        for (index, container) in items(pod, "/status/initContainerStatuses")
            .iter()
            .enumerate()
        {
            self.count_restarts(container);
            let sidecar = is_sidecar_status(pod, container);
            let ended = container.pointer("/state/terminated");
            if ended.is_some_and(|ended| number(ended, "/exitCode") == 0) {
                continue;
            }
            if sidecar && truth(container, "/started") {
                self.ready += usize::from(truth(container, "/ready"));
                continue;
            }
            let waiting = text(container, "/state/waiting/reason");
            self.reason = match ended {
                Some(ended) => format!("Init:{}", end_reason(ended)),
                None if !waiting.is_empty() && waiting != "PodInitializing" => {
                    format!("Init:{waiting}")
                }
                None => format!("Init:{index}/{total}"),
            };
            return true;
        }
        false
    }

    fn add_containers(&mut self, pod: &Value) {
        (self.restarts, self.last_restart) = (0, None);
        let statuses = items(pod, "/status/initContainerStatuses");
        for sidecar in statuses
            .iter()
            .filter(|status| is_sidecar_status(pod, status))
        {
            self.count_restarts(sidecar);
        }
        let mut has_running = false;
        for container in items(pod, "/status/containerStatuses").iter().rev() {
            self.count_restarts(container);
            let waiting = text(container, "/state/waiting/reason");
            if !waiting.is_empty() {
                waiting.clone_into(&mut self.reason);
            } else if let Some(ended) = container.pointer("/state/terminated") {
                self.reason = end_reason(ended);
            } else if truth(container, "/ready") && container.pointer("/state/running").is_some() {
                has_running = true;
                self.ready += 1;
            }
        }
        if self.reason == "Completed" && has_running {
            let word = if has_condition(pod, "Ready") {
                "Running"
            } else {
                "NotReady"
            };
            word.clone_into(&mut self.reason);
        }
    }

    fn note_deletion(&mut self, pod: &Value) {
        if !value::is_terminating(pod) {
            return;
        }
        if text(pod, "/status/reason") == "NodeLost" {
            "Unknown".clone_into(&mut self.reason);
        } else if !matches!(text(pod, "/status/phase"), "Succeeded" | "Failed") {
            "Terminating".clone_into(&mut self.reason);
        }
    }

    fn count_restarts(&mut self, container: &Value) {
        self.restarts += number(container, "/restartCount");
        let ended = value::time(container, "/lastState/terminated/finishedAt");
        self.last_restart = self.last_restart.max(ended);
    }

    fn restarts(&self, now: Timestamp) -> String {
        match self.last_restart {
            Some(at) if self.restarts != 0 => {
                let ago = Seconds(now.seconds_since(at)).human();
                format!("{} ({ago} ago)", self.restarts)
            }
            Some(_) | None => self.restarts.to_string(),
        }
    }
}

fn first_reason(pod: &Value) -> String {
    let is_gated = items(pod, "/status/conditions").iter().any(|condition| {
        text(condition, "/type") == "PodScheduled"
            && text(condition, "/reason") == "SchedulingGated"
    });
    if is_gated {
        return "SchedulingGated".to_owned();
    }
    or(text(pod, "/status/reason"), text(pod, "/status/phase")).to_owned()
}

fn end_reason(ended: &Value) -> String {
    let (reason, signal) = (text(ended, "/reason"), number(ended, "/signal"));
    if !reason.is_empty() {
        reason.to_owned()
    } else if signal != 0 {
        format!("Signal:{signal}")
    } else {
        format!("ExitCode:{}", number(ended, "/exitCode"))
    }
}

fn is_sidecar(container: &Value) -> bool {
    text(container, "/restartPolicy") == "Always"
}

fn is_sidecar_status(pod: &Value, status: &Value) -> bool {
    items(pod, "/spec/initContainers")
        .iter()
        .any(|container| container["name"] == status["name"] && is_sidecar(container))
}

fn has_condition(pod: &Value, kind: &str) -> bool {
    items(pod, "/status/conditions")
        .iter()
        .any(|condition| text(condition, "/type") == kind && text(condition, "/status") == "True")
}

fn readiness_gates(pod: &Value) -> String {
    let gates = items(pod, "/spec/readinessGates");
    if gates.is_empty() {
        return "<none>".to_owned();
    }
    let open = gates
        .iter()
        .filter(|gate| has_condition(pod, text(gate, "/conditionType")))
        .count();
    format!("{open}/{}", gates.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_763_930_096_000);

    fn pod(phase: &str, statuses: Value) -> Value {
        json!({
            "metadata": {"name": "web", "creationTimestamp": "2025-11-23T20:24:56Z"},
            "spec": {"containers": [{"name": "a"}]},
            "status": {"phase": phase, "containerStatuses": statuses},
        })
    }

    #[track_caller]
    fn check(pod: &Value, ready: &str, status: &str, restarts: &str) {
        let cells = cells(pod, NOW);
        assert_eq!(
            (&cells[1], &cells[2], &cells[3]),
            (&json!(ready), &json!(status), &json!(restarts))
        );
    }

    fn running() -> Value {
        json!({"name": "a", "ready": true, "restartCount": 0, "state": {"running": {}}})
    }

    #[test]
    fn shows_running_pods() {
        let running = pod("Running", json!([running()]));
        check(&running, "1/1", "Running", "0");
        assert_eq!(cells(&running, NOW)[4], "10m");
        assert_eq!(cells(&running, NOW)[5], "<none>");
        check(&pod("Pending", json!([])), "0/1", "Pending", "0");
    }

    #[test]
    fn shows_why_containers_wait_or_ended() {
        let crash = json!({"restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"exitCode": 1, "finishedAt": "2025-11-23T20:29:56Z"}}});
        check(
            &pod("Running", json!([crash])),
            "0/1",
            "CrashLoopBackOff",
            "4 (5m ago)",
        );
        let killed = json!({"restartCount": 1, "state": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}});
        check(&pod("Running", json!([killed])), "0/1", "OOMKilled", "1");
        let signal = json!({"state": {"terminated": {"signal": 9, "exitCode": 137}}});
        check(&pod("Failed", json!([signal])), "0/1", "Signal:9", "0");
        let code = json!({"state": {"terminated": {"exitCode": 3}}});
        check(&pod("Failed", json!([code])), "0/1", "ExitCode:3", "0");
        let done = json!({"state": {"terminated": {"reason": "Completed", "exitCode": 0}}});
        check(&pod("Succeeded", json!([done])), "0/1", "Completed", "0");
        check(
            &pod("Running", json!([done, running()])),
            "1/1",
            "NotReady",
            "0",
        );
    }

    #[test]
    fn shows_initialisation() {
        let mut pending = pod("Pending", json!([]));
        pending["spec"]["initContainers"] = json!([{"name": "x"}, {"name": "y"}]);
        let mut with = |statuses: Value, expected: &str| {
            pending["status"]["initContainerStatuses"] = statuses;
            check(&pending, "0/1", expected, "0");
        };
        with(json!([{"name": "x", "state": {"running": {}}}]), "Init:0/2");
        with(
            json!([{"name": "x", "state": {"terminated": {"exitCode": 0}}}, {"name": "y", "state": {"waiting": {"reason": "PodInitializing"}}}]),
            "Init:1/2",
        );
        with(
            json!([{"name": "x", "state": {"waiting": {"reason": "ImagePullBackOff"}}}]),
            "Init:ImagePullBackOff",
        );
        with(
            json!([{"name": "x", "state": {"terminated": {"exitCode": 2, "reason": "Error"}}}]),
            "Init:Error",
        );
    }

    #[test]
    fn counts_sidecars_as_containers() {
        let mut with_sidecar = pod("Running", json!([running()]));
        with_sidecar["spec"]["initContainers"] =
            json!([{"name": "side", "restartPolicy": "Always"}]);
        with_sidecar["status"]["initContainerStatuses"] = json!([{"name": "side", "started": true, "ready": true, "restartCount": 2, "state": {"running": {}}}]);
        check(&with_sidecar, "2/2", "Running", "2");
    }

    #[test]
    fn shows_deletion_and_gates() {
        let mut going = pod("Running", json!([running()]));
        going["metadata"]["deletionTimestamp"] = json!("2025-11-23T20:35:26Z");
        check(&going, "1/1", "Terminating", "0");
        let mut gated = pod("Pending", json!([]));
        gated["status"]["conditions"] =
            json!([{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]);
        gated["spec"]["readinessGates"] = json!([{"conditionType": "x"}]);
        check(&gated, "0/1", "SchedulingGated", "0");
        assert_eq!(cells(&gated, NOW)[8], "0/1");
    }
}
