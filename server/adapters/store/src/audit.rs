//! The audit log: who did what, each row chained to the one before by SHA-256.
//!
//! The newest row's number and hash are also kept sealed by the vault, so that rows cannot be cut off
//! at the end, nor the whole chain be computed anew, without the master key.

use domain::{ids::UserId, time::Timestamp};

use crate::{Database, Result};

/// How an audited act ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditOutcome {
    /// It was done.
    Done,
    /// It was not allowed.
    Denied,
    /// It was tried and failed.
    Failed,
}

/// Something worth keeping for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Who; `None` when nobody was signed in.
    pub user: Option<UserId>,
    /// What: `cluster.add`, `plan.approve`, `login`.
    pub action: String,
    /// To what: an id or a name, never a secret.
    pub target: String,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// The particulars, never a secret.
    pub detail: String,
    /// The request it belongs to, as in the log; may be empty.
    pub request: String,
    /// When.
    pub at: Timestamp,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// 1, 2, 3 … without gaps.
    pub sequence: u64,
    /// What was noted.
    pub entry: AuditEntry,
}

/// What checking the log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Every row is as it was written, and none is missing.
    Intact {
        /// How many rows.
        rows: u64,
    },
    /// Somebody changed or removed something.
    Broken {
        /// The first row that is wrong or missing.
        sequence: u64,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// The audit log.
#[derive(Debug, Clone)]
pub struct Audit {
    database: Database,
}

impl Audit {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Appends an entry and returns its number. Refuse the act itself when this fails.
    ///
    /// # Errors
    /// Faults of the database, and [`crate::StoreError::Unseal`] when the log's head was tampered with.
    pub async fn append(&self, entry: &AuditEntry) -> Result<u64> {
        todo!("audit.append")
    }

    /// Checks the whole log.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn verify(&self) -> Result<AuditVerdict> {
        todo!("audit.verify")
    }

    /// What a user did, newest first, at most `limit`.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn newest(&self, user: UserId, limit: u64) -> Result<Vec<AuditRow>> {
        todo!("audit.newest")
    }
}
