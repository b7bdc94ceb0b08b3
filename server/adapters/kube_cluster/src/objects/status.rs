//! What `kubectl get pods` prints under READY, STATUS and RESTARTS.
//!
//! Source: `k8s.io/kubernetes/pkg/printers/internalversion/printers.go`, `printPod`.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{ContainerState, ContainerStatus, Pod, PodStatus};

/// The three columns.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) status: String,
    pub(super) ready: u32,
    pub(super) restarts: u32,
}

/// The columns of a pod.
pub(super) fn columns(pod: &Pod) -> Columns {
    let empty = PodStatus::default();
    let status = pod.status.as_ref().unwrap_or(&empty);
    let mut columns = Columns {
        status: beginning(status),
        ready: 0,
        restarts: 0,
    };
    let initialising = initialise(pod, status, &mut columns);
    if !initialising || has_condition(status, "Initialized") {
        run(pod, status, &mut columns);
    }
    if pod.metadata.deletion_timestamp.is_some() {
        let phase = status.phase.as_deref().unwrap_or_default();
        if status.reason.as_deref() == Some("NodeLost") {
            columns.status = "Unknown".to_owned();
        } else if !matches!(phase, "Succeeded" | "Failed") {
            columns.status = "Terminating".to_owned();
        }
    }
    columns
}

/// Names of the init containers that keep running beside the others (sidecars).
pub(super) fn sidecars(pod: &Pod) -> BTreeSet<&str> {
    pod.spec
        .iter()
        .flat_map(|spec| spec.init_containers.iter().flatten())
        .filter(|container| container.restart_policy.as_deref() == Some("Always"))
        .map(|container| container.name.as_str())
        .collect()
}

fn beginning(status: &PodStatus) -> String {
    let gated = status.conditions.iter().flatten().any(|condition| {
        condition.type_ == "PodScheduled" && condition.reason.as_deref() == Some("SchedulingGated")
    });
    if gated {
        return "SchedulingGated".to_owned();
    }
    status
        .reason
        .clone()
        .filter(|reason| !reason.is_empty())
        .or_else(|| status.phase.clone())
        .unwrap_or_default()
}

fn has_condition(status: &PodStatus, kind: &str) -> bool {
    status
        .conditions
        .iter()
        .flatten()
        .any(|condition| condition.type_ == kind && condition.status == "True")
}

/// The init containers, up to the first that is not done. Whether there is one.
fn initialise(pod: &Pod, status: &PodStatus, columns: &mut Columns) -> bool {
    let sidecars = sidecars(pod);
    let in_all = pod
        .spec
        .as_ref()
        .and_then(|spec| spec.init_containers.as_ref())
        .map_or(0, Vec::len);
    for (index, container) in status.init_container_statuses.iter().flatten().enumerate() {
        columns.restarts += restarts(container);
        let state = container.state.clone().unwrap_or_default();
        if exit_code(&state) == Some(0) {
            continue;
        }
        if sidecars.contains(container.name.as_str()) && container.started == Some(true) {
            columns.ready += u32::from(container.ready);
            continue;
        }
        columns.status = format!(
            "Init:{}",
            stopped(&state).unwrap_or_else(|| format!("{index}/{in_all}"))
        );
        return true;
    }
    false
}

/// Why a container that should be done is not: its end, or what it waits for.
fn stopped(state: &ContainerState) -> Option<String> {
    if let Some(reason) = ended(state) {
        return Some(reason);
    }
    state
        .waiting
        .as_ref()?
        .reason
        .clone()
        .filter(|reason| !reason.is_empty() && reason != "PodInitializing")
}

/// The app containers, last to first: the first container's word counts.
fn run(pod: &Pod, status: &PodStatus, columns: &mut Columns) {
    let sidecars = sidecars(pod);
    columns.restarts = status
        .init_container_statuses
        .iter()
        .flatten()
        .filter(|container| sidecars.contains(container.name.as_str()))
        .map(restarts)
        .sum();
    let mut is_running = false;
    for container in status.container_statuses.iter().flatten().rev() {
        columns.restarts += restarts(container);
        let state = container.state.clone().unwrap_or_default();
        let waiting = state
            .waiting
            .as_ref()
            .and_then(|waiting| waiting.reason.clone())
            .filter(|reason| !reason.is_empty());
        if let Some(reason) = waiting.or_else(|| ended(&state)) {
            columns.status = reason;
        } else if container.ready && state.running.is_some() {
            is_running = true;
            columns.ready += 1;
        }
    }
    if columns.status == "Completed" && is_running {
        let word = if has_condition(status, "Ready") {
            "Running"
        } else {
            "NotReady"
        };
        word.clone_into(&mut columns.status);
    }
}

fn restarts(container: &ContainerStatus) -> u32 {
    u32::try_from(container.restart_count).unwrap_or(0)
}

fn exit_code(state: &ContainerState) -> Option<i32> {
    state.terminated.as_ref().map(|end| end.exit_code)
}

/// How a container ended, in one word.
fn ended(state: &ContainerState) -> Option<String> {
    let end = state.terminated.as_ref()?;
    let reason = end.reason.clone().filter(|reason| !reason.is_empty());
    Some(reason.unwrap_or_else(|| match end.signal {
        Some(signal) if signal != 0 => format!("Signal:{signal}"),
        _ => format!("ExitCode:{}", end.exit_code),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[track_caller]
    fn check(pod: Value, status: &str, ready: u32, restarts: u32) {
        let pod: Pod = serde_json::from_value(pod).unwrap();
        let expected = Columns {
            status: status.to_owned(),
            ready,
            restarts,
        };
        assert_eq!(columns(&pod), expected);
    }

    fn container(ready: bool, restarts: u32, state: &Value) -> Value {
        json!({"name": "c", "image": "i", "imageID": "", "ready": ready, "restartCount": restarts, "state": state})
    }

    fn pod(status: &Value) -> Value {
        json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c"}]}, "status": status})
    }

    #[test]
    fn a_running_pod_is_running() {
        let one = container(true, 2, &json!({"running": {}}));
        check(
            pod(&json!({"phase": "Running", "containerStatuses": [one]})),
            "Running",
            1,
            2,
        );
    }

    #[test]
    fn a_waiting_container_says_why() {
        let waiting = container(
            false,
            7,
            &json!({"waiting": {"reason": "CrashLoopBackOff"}}),
        );
        check(
            pod(&json!({"phase": "Running", "containerStatuses": [waiting]})),
            "CrashLoopBackOff",
            0,
            7,
        );
    }

    #[test]
    fn an_end_without_a_reason_shows_signal_or_code() {
        let ended = |end: Value| container(false, 0, &json!({"terminated": end}));
        let status = |end| pod(&json!({"phase": "Failed", "containerStatuses": [ended(end)]}));
        check(status(json!({"exitCode": 3})), "ExitCode:3", 0, 0);
        check(
            status(json!({"exitCode": 137, "signal": 9})),
            "Signal:9",
            0,
            0,
        );
        check(
            status(json!({"exitCode": 137, "reason": "OOMKilled"})),
            "OOMKilled",
            0,
            0,
        );
    }

    #[test]
    fn init_containers_come_first() {
        let init = |state: Value| {
            json!({
                "metadata": {"name": "p"},
                "spec": {"containers": [{"name": "c"}], "initContainers": [{"name": "c"}, {"name": "d"}]},
                "status": {"phase": "Pending", "initContainerStatuses": [container(false, 1, &state)]},
            })
        };
        check(init(json!({"running": {}})), "Init:0/2", 0, 1);
        check(
            init(json!({"waiting": {"reason": "CrashLoopBackOff"}})),
            "Init:CrashLoopBackOff",
            0,
            1,
        );
        check(
            init(json!({"waiting": {"reason": "PodInitializing"}})),
            "Init:0/2",
            0,
            1,
        );
        check(
            init(json!({"terminated": {"exitCode": 1, "reason": "Error"}})),
            "Init:Error",
            0,
            1,
        );
    }

    #[test]
    fn a_sidecar_that_has_started_counts_as_ready() {
        let mut sidecar = container(true, 1, &json!({"running": {}}));
        sidecar["started"] = json!(true);
        check(
            json!({
                "metadata": {"name": "p"},
                "spec": {"containers": [{"name": "a"}], "initContainers": [{"name": "c", "restartPolicy": "Always"}]},
                "status": {
                    "phase": "Running",
                    "initContainerStatuses": [sidecar],
                    "containerStatuses": [container(true, 2, &json!({"running": {}}))],
                },
            }),
            "Running",
            2,
            3,
        );
    }

    #[test]
    fn a_completed_container_beside_a_running_one_is_not_the_whole_pod() {
        let done = container(
            false,
            0,
            &json!({"terminated": {"exitCode": 0, "reason": "Completed"}}),
        );
        let running = container(true, 0, &json!({"running": {}}));
        let status = |ready: &str| {
            pod(&json!({
                "phase": "Running",
                "conditions": [{"type": "Ready", "status": ready}],
                "containerStatuses": [done, running],
            }))
        };
        check(status("True"), "Running", 1, 0);
        check(status("False"), "NotReady", 1, 0);
    }

    #[test]
    fn a_deleted_pod_is_terminating_unless_it_has_ended() {
        let deleted = |phase: &str, reason: Option<&str>| {
            json!({
                "metadata": {"name": "p", "deletionTimestamp": "2026-11-24T06:00:00Z"},
                "spec": {"containers": []},
                "status": {"phase": phase, "reason": reason},
            })
        };
        check(deleted("Running", None), "Terminating", 0, 0);
        check(deleted("Running", Some("NodeLost")), "Unknown", 0, 0);
        check(deleted("Succeeded", None), "Succeeded", 0, 0);
    }

    #[test]
    fn an_evicted_or_gated_pod_says_so() {
        check(
            pod(&json!({"phase": "Failed", "reason": "Evicted"})),
            "Evicted",
            0,
            0,
        );
        let gated =
            json!([{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]);
        check(
            pod(&json!({"phase": "Pending", "conditions": gated})),
            "SchedulingGated",
            0,
            0,
        );
    }
}
