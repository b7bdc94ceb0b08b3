//! The status of a pod, computed from its spec and from what its containers are doing.

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{
    PodRuntime,
    container::{ContainerRuntime, Ended, Stage, delay},
    images,
};
use crate::{
    amounts,
    value::{self, wire_time},
};

/// The whole `status` of a bound pod.
pub(crate) fn compute(pod: &Value, runtime: &PodRuntime, host: &str, now: Timestamp) -> Value {
    let mut status = json!({
        "phase": phase(runtime),
        "conditions": conditions(pod, runtime, now),
        "hostIP": host,
        "hostIPs": [{"ip": host}],
        "startTime": wire_time(runtime.bound_at),
        "containerStatuses": runtime
            .containers
            .iter()
            .map(|container| container_status(pod, container))
            .collect::<Vec<_>>(),
        "qosClass": amounts::quality_of_service(pod),
    });
    if !matches!(
        runtime.containers.first().map(|container| &container.stage),
        None | Some(Stage::Creating { .. })
    ) {
        status["podIP"] = json!(runtime.address);
        status["podIPs"] = json!([{"ip": runtime.address}]);
    }
    let init = init_statuses(pod, runtime);
    if !init.is_empty() {
        status["initContainerStatuses"] = json!(init);
    }
    status
}

/// The pod's phase. Source: "Pod Lifecycle", "Pod phase".
pub(crate) fn phase(runtime: &PodRuntime) -> &'static str {
    let never_ran =
        |container: &ContainerRuntime| container.last.is_none() && !container.is_running();
    let ended_for_good =
        |container: &ContainerRuntime| container.stage == Stage::Ended { until: None };
    let ended_well = |container: &ContainerRuntime| {
        container
            .last
            .as_ref()
            .is_some_and(|last| last.exit_code == 0)
    };
    if runtime.containers.iter().any(never_ran) {
        "Pending"
    } else if !runtime.containers.iter().all(ended_for_good) {
        "Running"
    } else if runtime.containers.iter().all(ended_well) {
        "Succeeded"
    } else {
        "Failed"
    }
}

fn conditions(pod: &Value, runtime: &PodRuntime, now: Timestamp) -> Value {
    let done = matches!(phase(runtime), "Succeeded");
    let unready: Vec<_> = runtime
        .containers
        .iter()
        .filter(|container| !container.is_ready())
        .map(|container| container.name.as_str())
        .collect();
    let readiness = if unready.is_empty() {
        None
    } else if done {
        Some(("PodCompleted", String::new()))
    } else {
        let names = unready.join(" ");
        Some((
            "ContainersNotReady",
            format!("containers with unready status: [{names}]"),
        ))
    };
    let started = !matches!(
        runtime.containers.first().map(|container| &container.stage),
        Some(Stage::Creating { .. })
    );
    json!([
        condition(pod, "PodReadyToStartContainers", started, None, now),
        condition(pod, "Initialized", true, None, now),
        condition(pod, "Ready", readiness.is_none(), readiness.as_ref(), now),
        condition(
            pod,
            "ContainersReady",
            readiness.is_none(),
            readiness.as_ref(),
            now
        ),
        condition(pod, "PodScheduled", true, None, now),
    ])
}

/// One condition; its transition time stays unless its truth changes.
pub(crate) fn condition(
    pod: &Value,
    kind: &str,
    truth: bool,
    why: Option<&(&str, String)>,
    now: Timestamp,
) -> Value {
    let status = if truth { "True" } else { "False" };
    let since = value::items(pod, "/status/conditions")
        .iter()
        .find(|old| value::text(old, "/type") == kind && value::text(old, "/status") == status)
        .map_or_else(
            || wire_time(now),
            |old| value::text(old, "/lastTransitionTime").to_owned(),
        );
    let mut condition = json!({
        "type": kind,
        "status": status,
        "lastProbeTime": null,
        "lastTransitionTime": since,
    });
    if let Some((reason, message)) = why {
        condition["reason"] = json!(reason);
        if !message.is_empty() {
            condition["message"] = json!(message);
        }
    }
    condition
}

fn container_status(pod: &Value, container: &ContainerRuntime) -> Value {
    let uid = value::uid(pod);
    let mut status = json!({
        "name": container.name,
        "image": images::complete(&container.image),
        "imageID": "",
        "ready": container.is_ready(),
        "started": container.is_running(),
        "restartCount": container.restarts,
        "state": state(pod, container),
        "lastState": {},
    });
    let has_run = container.is_running() || container.last.is_some();
    if has_run {
        status["imageID"] = json!(images::digest(&container.image));
        status["containerID"] = match &container.last {
            Some(last) if !container.is_running() => json!(last.container_id),
            Some(_) | None => json!(container.id(uid)),
        };
    } else {
        status["image"] = json!(container.image);
    }
    if let Some(last) = &container.last
        && !matches!(container.stage, Stage::Ended { .. })
    {
        status["lastState"] = json!({"terminated": terminated(last)});
    }
    status
}

fn state(pod: &Value, container: &ContainerRuntime) -> Value {
    let waiting = |reason: &str| json!({"waiting": {"reason": reason}});
    let waiting_for =
        |reason: &str, message: String| json!({"waiting": {"reason": reason, "message": message}});
    let why = || images::failure(&container.image).unwrap_or_default();
    match &container.stage {
        Stage::Creating { .. } => waiting("ContainerCreating"),
        Stage::Pulling { .. } if container.failed_pulls > 0 => waiting_for("ErrImagePull", why()),
        Stage::Pulling { .. } if container.last.is_some() => waiting("CrashLoopBackOff"),
        Stage::Pulling { .. } => waiting("ContainerCreating"),
        Stage::PullFailed { .. } => waiting_for("ErrImagePull", why()),
        Stage::PullBackOff { .. } => waiting_for(
            "ImagePullBackOff",
            format!(
                "Back-off pulling image \"{}\": ErrImagePull: {}",
                container.image,
                why()
            ),
        ),
        Stage::Running { since, .. } => json!({"running": {"startedAt": wire_time(*since)}}),
        Stage::Ended { .. } => container
            .last
            .as_ref()
            .map_or(json!({}), |last| json!({"terminated": terminated(last)})),
        Stage::BackOff { .. } => waiting_for(
            "CrashLoopBackOff",
            format!(
                "back-off {} restarting failed container={} pod={}_{}({})",
                go_duration(delay(container.crashes.saturating_sub(1))),
                container.name,
                value::name(pod),
                value::namespace(pod),
                value::uid(pod)
            ),
        ),
    }
}

fn terminated(ended: &Ended) -> Value {
    json!({
        "containerID": ended.container_id,
        "exitCode": ended.exit_code,
        "finishedAt": wire_time(ended.finished_at),
        "reason": ended.reason,
        "startedAt": wire_time(ended.started_at),
    })
}

/// Init containers have always done their work by the time the others are created.
fn init_statuses(pod: &Value, runtime: &PodRuntime) -> Vec<Value> {
    value::items(pod, "/spec/initContainers")
        .iter()
        .map(|spec| {
            let container = ContainerRuntime::new(spec, runtime.bound_at);
            let id = container.id(value::uid(pod));
            json!({
                "name": container.name,
                "image": images::complete(&container.image),
                "imageID": images::digest(&container.image),
                "containerID": id,
                "ready": true,
                "started": false,
                "restartCount": 0,
                "lastState": {},
                "state": {"terminated": {
                    "containerID": id,
                    "exitCode": 0,
                    "reason": "Completed",
                    "startedAt": wire_time(runtime.bound_at),
                    "finishedAt": wire_time(runtime.bound_at),
                }},
            })
        })
        .collect()
}

/// A duration as Go prints it: `40s`, `1m20s`, `5m0s`.
fn go_duration(seconds: i64) -> String {
    if seconds < 60 {
        format!("{seconds}s")
    } else {
        format!("{}m{}s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_durations_as_go_does() {
        assert_eq!(go_duration(10), "10s");
        assert_eq!(go_duration(80), "1m20s");
        assert_eq!(go_duration(300), "5m0s");
    }
}
