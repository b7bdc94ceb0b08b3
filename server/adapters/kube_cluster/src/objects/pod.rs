//! `v1` Pods.

use domain::{
    ids::ObjectName,
    resources::{Pod, PodPhase, WorkloadKind, WorkloadRef},
    time::Timestamp,
};
use k8s_openapi::{
    api::core::v1::{ContainerStateTerminated, ContainerStatus, Pod as Object, PodStatus},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

use super::{asked, created, status, timestamp};

/// The label by which a Deployment tells one ReplicaSet from another.
const TEMPLATE_HASH: &str = "pod-template-hash";

/// A pod with what is needed to judge its health.
pub(crate) fn pod(object: Object) -> Pod {
    let columns = status::columns(&object);
    let sidecars = status::sidecars(&object).len();
    let owner = owner(&object.metadata);
    let created_at = created(&object.metadata);
    let spec = object.spec.unwrap_or_default();
    let state = object.status.unwrap_or_default();
    let ends = ends(&state);
    let asked = asked(&spec.containers);
    Pod {
        namespace: object.metadata.namespace.unwrap_or_default(),
        name: object.metadata.name.unwrap_or_default(),
        phase: phase(state.phase.as_deref()),
        status: columns.status,
        ready_containers: columns.ready,
        containers: u32::try_from(spec.containers.len() + sidecars).unwrap_or(u32::MAX),
        restarts: columns.restarts,
        last_restart_at: ends.iter().filter_map(|(end, _)| *end).max(),
        last_termination: ends
            .into_iter()
            .max_by_key(|(end, _)| *end)
            .and_then(|(_, reason)| reason),
        message: message(&state),
        node: spec.node_name,
        owner,
        cpu_request: asked.cpu_request,
        memory_request: asked.memory_request,
        memory_limit: asked.memory_limit,
        labels: object.metadata.labels.unwrap_or_default(),
        created_at,
    }
}

fn phase(word: Option<&str>) -> PodPhase {
    match word {
        Some("Pending") => PodPhase::Pending,
        Some("Running") => PodPhase::Running,
        Some("Succeeded") => PodPhase::Succeeded,
        Some("Failed") => PodPhase::Failed,
        _ => PodPhase::Unknown,
    }
}

/// When and why containers last ended before they were started again.
fn ends(status: &PodStatus) -> Vec<(Option<Timestamp>, Option<String>)> {
    let last = |container: &ContainerStatus| -> Option<ContainerStateTerminated> {
        container.last_state.as_ref()?.terminated.clone()
    };
    status
        .init_container_statuses
        .iter()
        .chain(&status.container_statuses)
        .flatten()
        .filter_map(last)
        .map(|end| (end.finished_at.as_ref().map(timestamp), end.reason))
        .collect()
}

/// What a container waits for, why it ended, or why the pod has no node.
fn message(status: &PodStatus) -> Option<String> {
    let containers = || {
        status
            .init_container_statuses
            .iter()
            .chain(&status.container_statuses)
            .flatten()
            .filter_map(|container| container.state.as_ref())
    };
    let waiting = containers().find_map(|state| state.waiting.as_ref()?.message.clone());
    let ended = || containers().find_map(|state| state.terminated.as_ref()?.message.clone());
    let scheduling = || {
        status
            .conditions
            .iter()
            .flatten()
            .find(|condition| condition.type_ == "PodScheduled" && condition.status == "False")
            .and_then(|condition| condition.message.clone())
    };
    waiting
        .or_else(ended)
        .or_else(scheduling)
        .or_else(|| status.message.clone())
        .map(|message| message.trim().to_owned())
        .filter(|message| !message.is_empty())
}

/// The workload that controls a pod. A Deployment's ReplicaSet is called after it and the template's hash,
/// which the pod carries as a label.
fn owner(meta: &ObjectMeta) -> Option<WorkloadRef> {
    let controller = meta
        .owner_references
        .iter()
        .flatten()
        .find(|owner| owner.controller == Some(true))?;
    let (kind, name) = match controller.kind.as_str() {
        "ReplicaSet" => {
            let hash = meta.labels.as_ref()?.get(TEMPLATE_HASH)?;
            let name = controller
                .name
                .strip_suffix(hash.as_str())?
                .strip_suffix('-')?;
            (WorkloadKind::Deployment, name)
        }
        "StatefulSet" => (WorkloadKind::StatefulSet, controller.name.as_str()),
        "DaemonSet" => (WorkloadKind::DaemonSet, controller.name.as_str()),
        _ => return None,
    };
    Some(WorkloadRef {
        kind,
        namespace: ObjectName::new(meta.namespace.clone()?).ok()?,
        name: ObjectName::new(name).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(object: Value) -> Pod {
        pod(serde_json::from_value(object).unwrap())
    }

    fn owned(kind: &str, owner: &str, labels: &Value) -> Option<String> {
        let meta = json!({
            "name": "p", "namespace": "shop", "labels": labels,
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": kind, "name": owner, "uid": "u", "controller": true}],
        });
        let owner = read(json!({"metadata": meta, "spec": {"containers": []}})).owner?;
        Some(format!("{} {owner}", owner.kind))
    }

    #[test]
    fn a_pod_belongs_to_the_deployment_behind_its_replica_set() {
        let hash = json!({"pod-template-hash": "7d9f"});
        assert_eq!(
            owned("ReplicaSet", "web-7d9f", &hash).as_deref(),
            Some("Deployment shop/web")
        );
        assert_eq!(owned("ReplicaSet", "web-7d9f", &json!({})), None);
        assert_eq!(
            owned("StatefulSet", "db", &json!({})).as_deref(),
            Some("StatefulSet shop/db")
        );
        assert_eq!(owned("Job", "once", &json!({})), None);
    }

    #[test]
    fn tells_when_and_why_a_container_last_ended() {
        let ended = |reason: &str, at: &str| {
            json!({"name": "c", "image": "", "imageID": "", "ready": false, "restartCount": 1, "state": {},
                   "lastState": {"terminated": {"exitCode": 1, "reason": reason, "finishedAt": at}}})
        };
        let pod = read(json!({
            "metadata": {"name": "p"},
            "spec": {"containers": [{"name": "c"}, {"name": "d"}]},
            "status": {"phase": "Running", "containerStatuses": [
                ended("OOMKilled", "2026-11-24T06:05:00Z"), ended("Error", "2026-11-24T06:00:00Z"),
            ]},
        }));
        assert_eq!(pod.last_termination.as_deref(), Some("OOMKilled"));
        assert_eq!(pod.last_restart_at.unwrap().clock(), "06:05");
        assert_eq!(pod.restarts, 2);
    }

    #[test]
    fn a_request_is_unknown_when_one_container_makes_none() {
        let asks = |cpu: &str| json!({"name": cpu, "resources": {"requests": {"cpu": cpu}}});
        let cpu = |containers: Value| {
            read(json!({"metadata": {"name": "p"}, "spec": {"containers": containers}})).cpu_request
        };
        assert_eq!(
            cpu(json!([asks("100m"), asks("1")])).map(|cpu| cpu.0),
            Some(1100)
        );
        assert_eq!(cpu(json!([asks("100m"), {"name": "b"}])), None);
    }

    #[test]
    fn says_why_a_pod_has_no_node() {
        let pod = read(json!({
            "metadata": {"name": "p"}, "spec": {"containers": []},
            "status": {"phase": "Pending", "conditions": [
                {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"},
            ]},
        }));
        assert_eq!(pod.message.as_deref(), Some("0/3 nodes are available"));
    }
}
