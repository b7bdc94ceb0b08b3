//! One look at a cluster: what the assistant answers from.

use serde::{Deserialize, Serialize};

use crate::{
    resources::{Autoscaler, Availability, Event, Node, NodeUsage, Pod, PodUsage, Workload},
    time::Timestamp,
};

/// Everything read for one answer. Parts that could not be read say why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterSnapshot {
    /// When it was read.
    pub taken_at: Timestamp,
    /// The namespace a bare name means.
    pub default_namespace: String,
    /// Namespaces.
    pub namespaces: Vec<String>,
    /// Nodes.
    pub nodes: Vec<Node>,
    /// Pods of all namespaces.
    pub pods: Vec<Pod>,
    /// Workloads of all namespaces.
    pub workloads: Vec<Workload>,
    /// Autoscalers of all namespaces.
    pub autoscalers: Vec<Autoscaler>,
    /// Events of all namespaces, newest first.
    pub events: Vec<Event>,
    /// Measured use of nodes.
    pub node_usage: Availability<Vec<NodeUsage>>,
    /// Measured use of pods.
    pub pod_usage: Availability<Vec<PodUsage>>,
}
