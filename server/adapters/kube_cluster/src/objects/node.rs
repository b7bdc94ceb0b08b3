//! `v1` Nodes.

use domain::resources::Node;
use k8s_openapi::{api::core::v1::Node as Object, apimachinery::pkg::api::resource::Quantity};

use super::created;
use crate::quantity;

/// A node with what pods may ask for; nothing where its kubelet has not reported yet.
pub(crate) fn node(object: Object) -> Node {
    let created_at = created(&object.metadata);
    let status = object.status.unwrap_or_default();
    let allocatable = status.allocatable.unwrap_or_default();
    let allocatable = |name: &str| -> Option<&Quantity> { allocatable.get(name) };
    Node {
        name: object.metadata.name.unwrap_or_default(),
        ready: status
            .conditions
            .iter()
            .flatten()
            .any(|condition| condition.type_ == "Ready" && condition.status == "True"),
        unschedulable: object
            .spec
            .and_then(|spec| spec.unschedulable)
            .unwrap_or(false),
        allocatable_cpu: allocatable("cpu")
            .and_then(quantity::millicores)
            .unwrap_or_default(),
        allocatable_memory: allocatable("memory")
            .and_then(quantity::bytes)
            .unwrap_or_default(),
        version: status
            .node_info
            .map(|info| info.kubelet_version)
            .unwrap_or_default(),
        created_at,
    }
}
