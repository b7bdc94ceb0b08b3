//! What lives in a cluster, reduced to what the product shows and decides with.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    ErrorCode, OpsError,
    ids::ObjectName,
    time::Timestamp,
    units::{Bytes, MilliCores, Replicas},
};

/// The kinds that run pods and carry a replica count or a pod template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum WorkloadKind {
    /// `apps/v1` Deployment.
    Deployment,
    /// `apps/v1` `StatefulSet`.
    StatefulSet,
    /// `apps/v1` `DaemonSet`.
    DaemonSet,
}

impl WorkloadKind {
    /// The kind's name in a manifest.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
        }
    }

    /// The resource's plural name in a URL.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Deployment => "deployments",
            Self::StatefulSet => "statefulsets",
            Self::DaemonSet => "daemonsets",
        }
    }

    /// Whether the kind has a `/scale` subresource.
    #[must_use]
    pub const fn is_scalable(self) -> bool {
        matches!(self, Self::Deployment | Self::StatefulSet)
    }
}

impl fmt::Display for WorkloadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which workload: enough to find it in its cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WorkloadRef {
    /// Its kind.
    pub kind: WorkloadKind,
    /// Its namespace.
    pub namespace: ObjectName,
    /// Its name.
    pub name: ObjectName,
}

impl WorkloadRef {
    /// A workload that can be scaled, as forms and the HTTP API name it; without a kind it is a Deployment.
    ///
    /// # Errors
    /// [`ErrorCode::Invalid`] for another kind, or for what is no Kubernetes name.
    pub fn scalable(kind: Option<&str>, namespace: &str, name: &str) -> Result<Self, OpsError> {
        let kind = match kind {
            None | Some("" | "Deployment") => WorkloadKind::Deployment,
            Some("StatefulSet") => WorkloadKind::StatefulSet,
            Some(other) => {
                return Err(OpsError::new(
                    ErrorCode::Invalid,
                    format!("“{}” cannot be scaled", other.escape_debug()),
                )
                .hint("The kind is Deployment or StatefulSet."));
            }
        };
        Ok(Self {
            kind,
            namespace: ObjectName::new(namespace)?,
            name: ObjectName::new(name)?,
        })
    }
}

impl fmt::Display for WorkloadRef {
    /// `shop/storefront`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// A Deployment, `StatefulSet` or `DaemonSet` with what its pods ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Workload {
    /// Which one.
    #[serde(flatten)]
    pub reference: WorkloadRef,
    /// The object's UID: a recreated namesake has another.
    pub uid: String,
    /// The object's resourceVersion when read.
    pub resource_version: String,
    /// Replicas asked for (for a `DaemonSet`: nodes it should run on).
    pub replicas: Replicas,
    /// Replicas that are ready.
    pub ready_replicas: Replicas,
    /// Replicas of the newest template.
    pub updated_replicas: Replicas,
    /// Sum of the containers' CPU requests of one pod; `None` when a container has none.
    pub cpu_request: Option<MilliCores>,
    /// Sum of the containers' memory requests of one pod; `None` when a container has none.
    pub memory_request: Option<Bytes>,
    /// Sum of the containers' memory limits of one pod; `None` when a container has none.
    pub memory_limit: Option<Bytes>,
    /// Images of the pod template, in container order.
    pub images: Vec<String>,
    /// `spec.selector.matchLabels`.
    pub selector: BTreeMap<String, String>,
    /// Annotations whose key begins with `ai4k8s.io/`.
    pub annotations: BTreeMap<String, String>,
    /// Whether the rollout is paused.
    pub paused: bool,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A pod's phase as the cluster reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum PodPhase {
    /// Accepted, not all containers running.
    Pending,
    /// Bound to a node, at least one container running.
    Running,
    /// All containers ended well.
    Succeeded,
    /// All containers ended, at least one badly.
    Failed,
    /// The node does not answer.
    Unknown,
}

/// A pod with what is needed to judge its health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pod {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its phase.
    pub phase: PodPhase,
    /// What `kubectl get pods` prints under STATUS: `Running`, `CrashLoopBackOff`, `Terminating` …
    pub status: String,
    /// Containers ready.
    pub ready_containers: u32,
    /// Containers in all.
    pub containers: u32,
    /// Restarts of all containers.
    pub restarts: u32,
    /// When a container last restarted.
    pub last_restart_at: Option<Timestamp>,
    /// Why a container last ended: `OOMKilled`, `Error` …
    pub last_termination: Option<String>,
    /// The waiting or scheduling message, when there is one.
    pub message: Option<String>,
    /// The node it runs on.
    pub node: Option<String>,
    /// The workload that owns it (through its `ReplicaSet`), when there is one.
    pub owner: Option<WorkloadRef>,
    /// Sum of its containers' CPU requests; `None` when a container has none.
    pub cpu_request: Option<MilliCores>,
    /// Sum of its containers' memory requests; `None` when a container has none.
    pub memory_request: Option<Bytes>,
    /// Sum of its containers' memory limits; `None` when a container has none.
    pub memory_limit: Option<Bytes>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// When it was created.
    pub created_at: Timestamp,
}

impl Pod {
    /// Whether something is wrong with it that somebody should look at.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        match self.phase {
            PodPhase::Failed | PodPhase::Unknown => true,
            PodPhase::Succeeded => false,
            PodPhase::Pending | PodPhase::Running => {
                matches!(
                    self.status.as_str(),
                    "CrashLoopBackOff"
                        | "ImagePullBackOff"
                        | "ErrImagePull"
                        | "OOMKilled"
                        | "Error"
                        | "CreateContainerConfigError"
                        | "CreateContainerError"
                        | "RunContainerError"
                        | "InvalidImageName"
                ) || self.status.starts_with("Init:") && self.status.contains("BackOff")
            }
        }
    }
}

/// A node with its capacity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Whether its Ready condition is true.
    pub ready: bool,
    /// Whether new pods are kept away (cordoned).
    pub unschedulable: bool,
    /// CPU that pods may ask for.
    pub allocatable_cpu: MilliCores,
    /// Memory that pods may ask for.
    pub allocatable_memory: Bytes,
    /// The kubelet's version.
    pub version: String,
    /// When it joined.
    pub created_at: Timestamp,
}

/// An Event, already merged by the cluster's own counting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event {
    /// Namespace of the object it is about; empty for cluster objects.
    pub namespace: String,
    /// `Normal` or `Warning`.
    pub kind: String,
    /// The reason, one word.
    pub reason: String,
    /// Kind of the object it is about.
    pub object_kind: String,
    /// Name of the object it is about.
    pub object_name: String,
    /// The message.
    pub message: String,
    /// How often it was seen.
    pub count: u32,
    /// When it was last seen.
    pub last_seen: Timestamp,
}

impl Event {
    /// Whether it is a warning.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        self.kind == "Warning"
    }
}

/// Measured use of a pod, summed over its containers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PodUsage {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// CPU in use.
    pub cpu: MilliCores,
    /// Working set.
    pub memory: Bytes,
    /// When it was measured.
    pub measured_at: Timestamp,
}

/// Measured use of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NodeUsage {
    /// Its name.
    pub name: String,
    /// CPU in use.
    pub cpu: MilliCores,
    /// Working set.
    pub memory: Bytes,
    /// When it was measured.
    pub measured_at: Timestamp,
}

/// Cumulative counters of a node, from the kubelet's summary. They fall back to zero on a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NodeCounters {
    /// The node's name.
    pub name: String,
    /// Bytes received and sent on the default interface; `None` when the kubelet does not say.
    pub network: Option<Bytes>,
    /// Bytes read and written by containers; `None` when the kubelet does not say.
    pub disk: Option<Bytes>,
    /// When it was read.
    pub measured_at: Timestamp,
}

/// A `HorizontalPodAutoscaler`, as far as it concerns whoever else would scale its target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Autoscaler {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Kind of its target.
    pub target_kind: String,
    /// Name of its target.
    pub target_name: String,
    /// Its bounds.
    pub min: Replicas,
    /// Its bounds.
    pub max: Replicas,
}

/// A value that is there, or the reason why it is not. Never a made-up zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Availability<T> {
    /// Measured.
    Available(T),
    /// Not to be had, and why, in words for the page.
    Unavailable(String),
}

impl<T> Availability<T> {
    /// The value, if there is one.
    pub fn as_option(&self) -> Option<&T> {
        match self {
            Self::Available(value) => Some(value),
            Self::Unavailable(_) => None,
        }
    }

    /// The same with the value replaced.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Availability<U> {
        match self {
            Self::Available(value) => Availability::Available(f(value)),
            Self::Unavailable(why) => Availability::Unavailable(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_scaled_is_named_as_scalable() {
        let kind = |kind| WorkloadRef::scalable(kind, "shop", "web").map(|web| web.kind);
        assert_eq!(kind(None), Ok(WorkloadKind::Deployment));
        assert_eq!(kind(Some("")), Ok(WorkloadKind::Deployment));
        assert_eq!(kind(Some("StatefulSet")), Ok(WorkloadKind::StatefulSet));
        assert_eq!(
            kind(Some("DaemonSet")).unwrap_err().code,
            ErrorCode::Invalid
        );
        assert!(WorkloadRef::scalable(None, "shop", "../web").is_err());
    }
}
