//! Background jobs: long work that can be watched, left, come back to, and cancelled.

use serde::{Deserialize, Serialize};

use crate::{
    OpsError,
    autoscaling::PredictiveOutcome,
    ids::{ClusterId, JobId},
    resources::WorkloadRef,
    time::Timestamp,
    units::ReplicaBounds,
};

/// Where a job stands. All but `processing` are terminal, and a job reaches exactly one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// Waiting or running.
    Processing,
    /// Ended well.
    Completed,
    /// Ended badly.
    Failed,
    /// Stopped by its user.
    Cancelled,
}

impl JobStatus {
    /// Whether nothing more will happen.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        !matches!(self, Self::Processing)
    }

    /// The word on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What a job is: its arguments, and nothing else, so that it can be stored and taken up again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum JobRequest {
    /// Decide and apply predictive autoscaling for one workload, then mark it enabled.
    PredictiveAutoscaling {
        /// The cluster.
        cluster: ClusterId,
        /// The workload.
        workload: WorkloadRef,
        /// Within these replicas.
        bounds: ReplicaBounds,
    },
}

impl JobRequest {
    /// The job in words: `predictive autoscaling of shop/storefront`.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::PredictiveAutoscaling { workload, .. } => {
                format!("predictive autoscaling of {workload}")
            }
        }
    }

    /// The cluster it works on.
    #[must_use]
    pub const fn cluster(&self) -> ClusterId {
        match self {
            Self::PredictiveAutoscaling { cluster, .. } => *cluster,
        }
    }
}

/// What a job came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobResult {
    /// Of [`JobRequest::PredictiveAutoscaling`].
    PredictiveAutoscaling(PredictiveOutcome),
}

/// A job as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What it does.
    pub request: JobRequest,
    /// Where it stands.
    pub status: JobStatus,
    /// 0 to 100.
    pub progress: u8,
    /// The phase in words.
    pub message: String,
    /// What it came to, once completed.
    pub result: Option<JobResult>,
    /// Why it failed.
    pub error: Option<OpsError>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
}

/// One step of a job as sent over SSE; `id:` of the SSE frame is `sequence`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JobEvent {
    /// 1, 2, 3 … without gaps within a job.
    pub sequence: u64,
    /// 0 to 100.
    pub progress: u8,
    /// The phase in words.
    pub message: String,
    /// Where the job stands.
    pub status: JobStatus,
    /// When.
    pub at: Timestamp,
    /// With the last event of a completed job: what it came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<JobResult>,
    /// With the last event of a failed job: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<OpsError>,
}
