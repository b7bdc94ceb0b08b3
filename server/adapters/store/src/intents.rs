//! Intents: what is about to be written to a cluster, committed before the request leaves, and what
//! came of it. After a crash they say which writes have to be looked up in the cluster.

use domain::{
    OpsError,
    ids::{ClusterId, JobId, PlanId, UserId},
    plan::PreparedChange,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Database, Result, StoreError};

/// A write about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIntent {
    /// For whom.
    pub user: UserId,
    /// To which cluster.
    pub cluster: ClusterId,
    /// The job it belongs to, if any.
    pub job: Option<JobId>,
    /// The plan it carries out, if any.
    pub plan: Option<PlanId>,
    /// The change as prepared: target UID, fields before and after.
    pub change: PreparedChange,
    /// resourceVersion (or generation) the write is bound to by compare-and-swap.
    pub observed_version: String,
    /// What is replaced: `3`.
    pub from: String,
    /// By what: `8`.
    pub to: String,
    /// Why.
    pub reason: String,
    /// After this it must not be sent any more.
    pub deadline: Timestamp,
}

/// What came of a write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum IntentOutcome {
    /// The cluster took it.
    Applied {
        /// The target's resourceVersion afterwards.
        resource_version: String,
    },
    /// Somebody else changed the target first; nothing was written.
    Superseded,
    /// The cluster refused it, or it was never sent.
    Failed {
        /// Why.
        error: OpsError,
    },
}

/// An intent as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The action's id; unique for ever.
    pub action: Uuid,
    /// What was about to be sent.
    pub intent: NewIntent,
    /// When it was filed.
    pub created_at: Timestamp,
    /// What came of it; `None` while that is unknown.
    pub outcome: Option<IntentOutcome>,
}

/// Intents and their outcomes.
#[derive(Debug, Clone)]
pub struct Intents {
    database: Database,
}

impl Intents {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Files an intent. When this returns it is on disk; only then send the write.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the cluster is not the user's.
    pub async fn file(&self, intent: NewIntent, now: Timestamp) -> Result<Intent> {
        todo!("intents.file")
    }

    /// Notes what came of a write. `false` when that was noted before; the first note stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn settle(
        &self,
        action: Uuid,
        outcome: &IntentOutcome,
        now: Timestamp,
    ) -> Result<bool> {
        todo!("intents.settle")
    }

    /// Intents whose outcome is unknown, oldest first.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn unsettled(&self) -> Result<Vec<Intent>> {
        todo!("intents.unsettled")
    }

    /// Intents of a job, oldest first.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn of_job(&self, job: JobId) -> Result<Vec<Intent>> {
        todo!("intents.of_job")
    }

    /// Intents of a plan, oldest first.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn of_plan(&self, plan: PlanId) -> Result<Vec<Intent>> {
        todo!("intents.of_plan")
    }
}
