//! Plans: proposed, approved once, carried out once.

use domain::{
    ErrorCode, OpsError,
    ids::{ClusterId, PlanId, UserId},
    plan::{Plan, PlanState, PreparedChange},
    time::Timestamp,
};

use crate::{Database, Result, StoreError};

/// What an approval is bound to: SHA-256 over user, cluster, the whole prepared change (target UID,
/// before, after, diff) and expiry, in hexadecimal.
///
/// # Errors
/// [`StoreError::Decode`] when the change cannot be written as JSON.
pub fn digest(
    user: UserId,
    cluster: ClusterId,
    change: &PreparedChange,
    expires_at: Timestamp,
) -> Result<String> {
    todo!("plans.digest")
}

/// Plans.
#[derive(Debug, Clone)]
pub struct Plans {
    database: Database,
}

impl Plans {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Stores a plan.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when its cluster is not the user's.
    pub async fn insert(&self, user: UserId, plan: &Plan) -> Result<()> {
        todo!("plans.insert")
    }

    /// One plan of the user's.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get(&self, user: UserId, plan: PlanId) -> Result<Plan> {
        todo!("plans.get")
    }

    /// Plans for a cluster of the user's, newest first, at most 100.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn list(&self, user: UserId, cluster: ClusterId) -> Result<Vec<Plan>> {
        todo!("plans.list")
    }

    /// Those of the user's plans among `plans` that exist.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn among(&self, user: UserId, plans: &[PlanId]) -> Result<Vec<Plan>> {
        todo!("plans.among")
    }

    /// Approves a plan and takes it for execution: of any number of callers exactly one gets it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Refused`] with `Conflict` for another digest or a plan
    /// already used, with `Expired` after its time.
    pub async fn claim_for_execution(
        &self,
        user: UserId,
        plan: PlanId,
        digest: &str,
        now: Timestamp,
    ) -> Result<Plan> {
        todo!("plans.claim")
    }

    /// Notes how the execution ended: executed at `now`, or failed. Only an executing plan moves.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such plan being executed.
    pub async fn finish(
        &self,
        plan: PlanId,
        outcome: std::result::Result<(), OpsError>,
        now: Timestamp,
    ) -> Result<Plan> {
        todo!("plans.finish")
    }

    /// Turns a plan down.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Refused`] with `Conflict` for a plan already used.
    pub async fn reject(&self, user: UserId, plan: PlanId) -> Result<Plan> {
        todo!("plans.reject")
    }

    /// Marks proposed plans past their time as expired; how many.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn expire(&self, now: Timestamp) -> Result<u64> {
        todo!("plans.expire")
    }

    /// Plans being executed, with their owners: after a crash, those to look up in the cluster.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn executing(&self) -> Result<Vec<(UserId, Plan)>> {
        todo!("plans.executing")
    }
}
