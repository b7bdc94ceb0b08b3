//! Autoscaling policies: which workloads are looked after, within which bounds, and what was decided.

use domain::{
    autoscaling::ScalingDecision,
    ids::{ClusterId, JobId, UserId},
    resources::WorkloadRef,
    time::Timestamp,
    units::ReplicaBounds,
};
use serde::{Deserialize, Serialize};

use crate::{Database, Result, StoreError};

/// How far a policy goes by itself; capped by the cluster's mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyMode {
    /// It only writes down what it would do.
    Shadow,
    /// It files plans.
    #[default]
    Suggest,
    /// It acts.
    Automatic,
}

/// A workload that is looked after.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Whose.
    pub owner: UserId,
    /// In which cluster.
    pub cluster: ClusterId,
    /// The workload.
    pub workload: WorkloadRef,
    /// Within these replicas.
    pub bounds: ReplicaBounds,
    /// How far it goes.
    pub mode: PolicyMode,
    /// Since when.
    pub enabled_at: Timestamp,
    /// The newest decision.
    pub last_decision: Option<Decision>,
}

/// A decision that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What and why.
    pub decision: ScalingDecision,
    /// By which job.
    pub job: Option<JobId>,
    /// When.
    pub at: Timestamp,
}

/// Autoscaling policies and decisions.
#[derive(Debug, Clone)]
pub struct Policies {
    database: Database,
}

impl Policies {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Switches a workload of the user's on, or changes its bounds and mode.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the cluster is not the user's.
    pub async fn enable(
        &self,
        user: UserId,
        cluster: ClusterId,
        policy: &PolicyTerms,
        now: Timestamp,
    ) -> Result<Policy> {
        todo!("policies.enable")
    }

    /// Switches a workload of the user's off; past decisions stay. `false` when it was off.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn disable(
        &self,
        user: UserId,
        cluster: ClusterId,
        workload: &WorkloadRef,
    ) -> Result<bool> {
        todo!("policies.disable")
    }

    /// Policies in a cluster of the user's, by workload.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn list(&self, user: UserId, cluster: ClusterId) -> Result<Vec<Policy>> {
        todo!("policies.list")
    }

    /// Everybody's policies, for the background loop.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn everyones(&self) -> Result<Vec<Policy>> {
        todo!("policies.everyones")
    }

    /// Writes a decision down.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the cluster is not the user's.
    pub async fn record(
        &self,
        user: UserId,
        cluster: ClusterId,
        workload: &WorkloadRef,
        decision: &Decision,
    ) -> Result<()> {
        todo!("policies.record")
    }

    /// Decisions about a workload of the user's, newest first, at most `limit`.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn decisions(
        &self,
        user: UserId,
        cluster: ClusterId,
        workload: &WorkloadRef,
        limit: u64,
    ) -> Result<Vec<Decision>> {
        todo!("policies.decisions")
    }
}

/// What is switched on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyTerms {
    /// For which workload.
    pub workload: WorkloadRef,
    /// Within these replicas.
    pub bounds: ReplicaBounds,
    /// How far it goes by itself.
    pub mode: PolicyMode,
}
