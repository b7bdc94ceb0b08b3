//! How many more pods fit onto the nodes, by requests, the way the scheduler counts.

use std::collections::BTreeMap;

use domain::{
    resources::{Node as DomainNode, Pod as DomainPod, PodPhase},
    units::{Bytes, MilliCores},
};
use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{Node, Pod, PodTemplateSpec},
};
use serde::Deserialize as _;
use serde_json::Value;

use crate::objects;

/// What one pod asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Asks {
    pub(super) cpu: MilliCores,
    pub(super) memory: Bytes,
}

/// How many pods fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) pods: u64,
}

/// What a pod of a workload's template asks for; `None` when a container asks for neither CPU nor memory.
pub(super) fn asks(workload: &Value) -> Option<Asks> {
    let template = workload.pointer("/spec/template")?;
    let template = PodTemplateSpec::deserialize(template).ok()?;
    let mut object = Deployment::default();
    object.metadata.name = Some("template".to_owned());
    object.metadata.namespace = Some("template".to_owned());
    object.spec.get_or_insert_default().template = template;
    let workload = objects::workload(object)?;
    (workload.cpu_request.is_some() || workload.memory_request.is_some()).then(|| Asks {
        cpu: workload.cpu_request.unwrap_or_default(),
        memory: workload.memory_request.unwrap_or_default(),
    })
}

/// How many pods that ask for `asks` fit onto ready, schedulable nodes beside the pods already there.
///
/// Pods without requests count as nothing, as for the scheduler. Taints, affinities and the nodes' pod limits
/// are not looked at: this is an upper bound.
pub(super) fn room(nodes: Vec<Node>, pods: Vec<Pod>, asks: Asks) -> Room {
    let mut free: BTreeMap<String, (u64, u64)> = nodes
        .into_iter()
        .map(objects::node)
        .filter(|node: &DomainNode| node.ready && !node.unschedulable)
        .map(|node| {
            (
                node.name,
                (node.allocatable_cpu.0, node.allocatable_memory.0),
            )
        })
        .collect();
    for pod in pods.into_iter().map(objects::pod) {
        if let Some((cpu, memory)) = place(&pod).and_then(|node| free.get_mut(node)) {
            *cpu = cpu.saturating_sub(pod.cpu_request.map_or(0, |cpu| cpu.0));
            *memory = memory.saturating_sub(pod.memory_request.map_or(0, |memory| memory.0));
        }
    }
    let fits = |free: u64, each: u64| free.checked_div(each).unwrap_or(u64::MAX);
    let pods = free
        .values()
        .map(|&(cpu, memory)| fits(cpu, asks.cpu.0).min(fits(memory, asks.memory.0)))
        .fold(0, u64::saturating_add);
    Room { pods }
}

/// The node on which a pod takes room.
fn place(pod: &DomainPod) -> Option<&str> {
    match pod.phase {
        PodPhase::Succeeded | PodPhase::Failed => None,
        PodPhase::Pending | PodPhase::Running | PodPhase::Unknown => pod.node.as_deref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    fn node(name: &str, cpu: &str, cordoned: bool) -> Node {
        from_value(json!({
            "metadata": {"name": name},
            "spec": {"unschedulable": cordoned},
            "status": {
                "allocatable": {"cpu": cpu, "memory": "8Gi"},
                "conditions": [{"type": "Ready", "status": "True"}],
            },
        }))
        .unwrap()
    }

    fn pod(node: &str, phase: &str, cpu: &str) -> Pod {
        from_value(json!({
            "metadata": {"name": "p"},
            "spec": {"nodeName": node, "containers": [
                {"name": "c", "resources": {"requests": {"cpu": cpu, "memory": "1Gi"}}},
            ]},
            "status": {"phase": phase},
        }))
        .unwrap()
    }

    #[test]
    fn counts_whole_pods_on_each_node_that_takes_any() {
        let nodes = vec![
            node("a", "2", false),
            node("b", "1", false),
            node("c", "64", true),
        ];
        let pods = vec![
            pod("a", "Running", "500m"),
            pod("a", "Succeeded", "1"),
            pod("b", "Pending", "300m"),
        ];
        let asks = Asks {
            cpu: MilliCores(700),
            memory: Bytes(1 << 30),
        };
        // 1500m and 700m are left: two pods and one.
        assert_eq!(room(nodes, pods, asks), Room { pods: 3 });
    }

    #[test]
    fn a_template_without_requests_has_no_size() {
        let template = |resources: Value| json!({"spec": {"template": {"spec": {"containers": [{"name": "c", "resources": resources}]}}}});
        assert_eq!(asks(&template(json!({}))), None);
        assert_eq!(
            asks(&template(json!({"requests": {"cpu": "250m"}}))),
            Some(Asks {
                cpu: MilliCores(250),
                memory: Bytes(0)
            })
        );
    }
}
