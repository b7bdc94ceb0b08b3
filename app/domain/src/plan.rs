//! Plans: a change somebody can read, approve once, and undo.
//!
//! plan → approval → execution → outcome. Nothing changes a cluster without one.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    OpsError,
    ids::{ClusterId, PlanId},
    resources::WorkloadRef,
    time::Timestamp,
    units::Replicas,
};

/// A change to a cluster, typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum ClusterAction {
    /// Set the replica count through `/scale`.
    Scale {
        /// Of what.
        workload: WorkloadRef,
        /// To how many.
        replicas: Replicas,
    },
    /// Restart every pod by a rolling update (`kubectl rollout restart`).
    Restart {
        /// Of what.
        workload: WorkloadRef,
    },
    /// Set annotations; `None` removes one.
    Annotate {
        /// Of what.
        workload: WorkloadRef,
        /// Key to value.
        annotations: BTreeMap<String, Option<String>>,
    },
}

impl ClusterAction {
    /// What it changes.
    #[must_use]
    pub const fn workload(&self) -> &WorkloadRef {
        match self {
            Self::Scale { workload, .. }
            | Self::Restart { workload }
            | Self::Annotate { workload, .. } => workload,
        }
    }
}

impl fmt::Display for ClusterAction {
    /// The words on the confirm button: `Scale storefront to 8`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scale { workload, replicas } => {
                write!(f, "Scale {} to {replicas}", workload.name)
            }
            Self::Restart { workload } => write!(f, "Restart {}", workload.name),
            Self::Annotate { workload, .. } => write!(f, "Annotate {}", workload.name),
        }
    }
}

/// A change that the API server has accepted as a dry run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PreparedChange {
    /// What is to be done.
    pub action: ClusterAction,
    /// UID of the target: a recreated namesake is not it.
    pub target_uid: String,
    /// The target's generation: it moves with its spec and not with its status.
    pub target_generation: i64,
    /// The fields touched, before: `spec.replicas` → `3`.
    pub before: BTreeMap<String, String>,
    /// The fields touched, after.
    pub after: BTreeMap<String, String>,
    /// Unified diff of the object as YAML, from the server-side dry run.
    pub diff: String,
    /// What the reader should know: quota, headroom, an autoscaler that will change it back.
    pub warnings: Vec<String>,
    /// The action that undoes it; `None` when there is none.
    pub undo: Option<ClusterAction>,
}

/// Where a plan stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PlanState {
    /// Waiting for its user.
    Proposed,
    /// Being carried out.
    Executing,
    /// Done.
    Executed {
        /// When.
        at: Timestamp,
    },
    /// Tried and refused.
    Failed {
        /// Why.
        error: OpsError,
    },
    /// Its user said no.
    Rejected,
    /// Nobody approved it in time.
    Expired,
}

/// Who asked for a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum PlanOrigin {
    /// A person, by a question, a command, a form or the HTTP API.
    Person,
    /// The predictive autoscaler, looking again at a workload it was switched on for.
    Autoscaler {
        /// Why, with the numbers it rests on.
        reasoning: String,
        /// 0 to 1, as of the decision.
        confidence: f64,
    },
}

/// A change waiting for, or past, its approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// The cluster it is for.
    pub cluster: ClusterId,
    /// Who asked for it.
    pub origin: PlanOrigin,
    /// The change.
    #[serde(flatten)]
    pub change: PreparedChange,
    /// SHA-256 over user, cluster, target, change and expiry, hexadecimal: what an approval is bound to.
    pub digest: String,
    /// Where it stands.
    #[serde(flatten)]
    pub state: PlanState,
    /// When it was made.
    pub created_at: Timestamp,
    /// After this it can no longer be approved.
    pub expires_at: Timestamp,
}
