//! A registered cluster and its overview.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    ErrorCode, OpsError,
    ids::ClusterId,
    resources::{Availability, Event, Workload},
    series::Series,
    time::Timestamp,
    units::{Bytes, MilliCores},
};

/// What may be changed in a cluster, chosen when it is added.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ClusterMode {
    /// Nothing: writes are stopped before they leave this server.
    ReadOnly,
    /// What its user approves, plan by plan.
    #[default]
    Approve,
    /// Also what an autoscaling policy in mode `automatic` decides.
    Automatic,
}

impl ClusterMode {
    /// The mode in words used by forms and the HTTP API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::Approve => "approve",
            Self::Automatic => "automatic",
        }
    }

    /// From the word used by forms and the HTTP API.
    ///
    /// # Errors
    /// [`ErrorCode::Invalid`] naming the three words.
    pub fn parse(word: &str) -> Result<Self, OpsError> {
        match word {
            "read-only" => Ok(Self::ReadOnly),
            "approve" => Ok(Self::Approve),
            "automatic" => Ok(Self::Automatic),
            _ => Err(OpsError::new(
                ErrorCode::Invalid,
                "the mode is one of read-only, approve, automatic",
            )),
        }
    }
}

impl fmt::Display for ClusterMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the last contact with a cluster said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ConnectionState {
    /// Never tried.
    Unverified,
    /// It answered.
    Connected {
        /// The API server's version, for instance `v1.33.2`.
        version: String,
    },
    /// It did not, or refused.
    Failed {
        /// Why.
        error: OpsError,
    },
}

/// A registered cluster. Its credentials never come back: only their fingerprint does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cluster {
    /// Its id.
    pub id: ClusterId,
    /// The name its user gave it, unique per user.
    pub name: String,
    /// The API server's URL.
    pub server: String,
    /// Mode.
    pub mode: ClusterMode,
    /// Whether it is the built-in demo cluster.
    pub is_demo: bool,
    /// First 8 hexadecimal digits of the SHA-256 of the credentials.
    pub fingerprint: String,
    /// What the last contact said.
    pub connection: ConnectionState,
    /// When that was.
    pub checked_at: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// Result of a connection test, step by step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConnectionTest {
    /// What was found out.
    pub connection: ConnectionState,
    /// The metrics API that answers (`metrics.k8s.io/v1beta1`), or why none does.
    pub metrics: Availability<String>,
    /// Whether the credentials may read pods in all namespaces.
    pub can_read: bool,
    /// Whether the credentials may scale Deployments.
    pub can_scale: bool,
    /// How long the API server took, in milliseconds.
    pub duration_ms: u64,
}

/// Pods counted by what they are doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PodCounts {
    /// All of them.
    pub total: u32,
    /// Running and not failing.
    pub running: u32,
    /// Waiting.
    pub pending: u32,
    /// Ended well.
    pub succeeded: u32,
    /// Failing (see [`crate::resources::Pod::is_failing`]).
    pub failing: u32,
}

/// One resource of the whole cluster: in use, of what can be allocated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Utilisation<T> {
    /// In use now.
    pub used: T,
    /// Sum of the nodes' allocatable.
    pub allocatable: T,
    /// `used / allocatable` in percent, 0 when nothing is allocatable.
    pub percent: f64,
}

/// Something somebody should look at, most urgent first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attention {
    /// How urgent.
    pub severity: Severity,
    /// What: `payments/ledger`.
    pub subject: String,
    /// What is wrong, one clause.
    pub summary: String,
    /// Evidence, one clause.
    pub detail: String,
    /// A question for the assistant that leads on.
    pub question: String,
}

/// How bad, in the four words used everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Fine.
    Ok,
    /// Look soon.
    Warning,
    /// Look now.
    Critical,
}

/// A workload with what its pods use now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WorkloadUsage {
    /// The workload.
    #[serde(flatten)]
    pub workload: Workload,
    /// CPU of all its pods; `None` when not measured.
    pub cpu: Option<MilliCores>,
    /// Memory of all its pods; `None` when not measured.
    pub memory: Option<Bytes>,
    /// CPU in use as percent of the running pods' requests.
    pub cpu_percent_of_request: Option<f64>,
    /// Memory in use as percent of the running pods' requests.
    pub memory_percent_of_request: Option<f64>,
    /// Whether predictive autoscaling is on (by the annotation in the cluster).
    pub predictive: bool,
    /// Name of the `HorizontalPodAutoscaler` that sets the replica count, if any.
    pub owned_by: Option<String>,
}

/// Everything the overview page shows. Each part says itself when it is missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Overview {
    /// The cluster.
    pub cluster: Cluster,
    /// When this was put together.
    pub taken_at: Timestamp,
    /// What the cluster said when it was asked again; `None` while this is how it stands now.
    pub stale: Option<OpsError>,
    /// Nodes that are ready.
    pub nodes_ready: u32,
    /// Nodes in all.
    pub nodes_total: u32,
    /// Pods by state.
    pub pods: PodCounts,
    /// CPU now.
    pub cpu: Availability<Utilisation<MilliCores>>,
    /// Memory now.
    pub memory: Availability<Utilisation<Bytes>>,
    /// When CPU and memory were measured.
    pub measured_at: Option<Timestamp>,
    /// CPU over the last 24 hours, in cores.
    pub cpu_history: Availability<Series>,
    /// Memory over the last 24 hours, in GiB.
    pub memory_history: Availability<Series>,
    /// What needs attention, most urgent first.
    pub attention: Vec<Attention>,
    /// Workloads, those with the highest CPU of request first.
    pub workloads: Vec<WorkloadUsage>,
    /// Warning events of the last hour, newest first, at most 20.
    pub warnings: Vec<Event>,
}
