//! The audit log: who did what, each row chained to the one before by SHA-256.
//!
//! The newest row's number and hash are also kept sealed by the vault, so that rows cannot be cut off
//! at the end, nor the whole chain be computed anew, without the master key.

use domain::{ids::UserId, time::Timestamp};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    TransactionTrait,
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    Database, Result, StoreError,
    entity::audit_log,
    error::Doing,
    rows::{from_json, insert, ranged, to_json},
    settings,
    vault::{Place, from_hex, to_hex},
};

/// How an audited act ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditOutcome {
    /// It is about to be tried; a later row says how it ended.
    Begun,
    /// It was done.
    Done,
    /// It was not allowed.
    Denied,
    /// It was tried and failed.
    Failed,
}

impl AuditOutcome {
    /// The word in the store and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Done => "done",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }
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

    /// Appends an entry and returns its number. An act that is only begun is not to be done when this fails.
    ///
    /// # Errors
    /// Faults of the database, and [`crate::StoreError::Unseal`] when the log's head was tampered with.
    pub async fn append(&self, entry: &AuditEntry) -> Result<u64> {
        let transaction = self.database.begin().await?;
        let head = match self.head(&transaction).await? {
            Some(head) => head,
            None if is_empty(&transaction).await? => Head::default(),
            None => return Err(StoreError::Unseal { what: "audit head" }),
        };
        let sequence = head.sequence + 1;
        let mut row = row_of(sequence, entry);
        row.hash = hash(&head.hash, &row)?;
        let next = Head {
            sequence,
            hash: to_hex(&row.hash),
        };
        insert(&transaction, row)
            .await
            .doing("append to the audit log")?;
        self.set_head(&transaction, &next).await?;
        transaction
            .commit()
            .await
            .doing("append to the audit log")?;
        ranged("audit number", sequence)
    }

    /// Checks the whole log.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn verify(&self) -> Result<AuditVerdict> {
        // One transaction, so that rows appended meanwhile do not look like tampering.
        let transaction = self
            .database
            .reader()
            .begin()
            .await
            .doing("check the audit log")?;
        let head = match self.head(&transaction).await {
            Ok(head) => head,
            Err(StoreError::Unseal { .. }) => {
                return Ok(broken(0, "the sealed head does not open"));
            }
            Err(error) => return Err(error),
        };
        let mut reached = Head::default();
        loop {
            let rows = page_after(&transaction, reached.sequence).await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                match follow(&reached, row)? {
                    Ok(next) => reached = next,
                    Err(verdict) => return Ok(verdict),
                }
            }
        }
        compare(head, &reached)
    }

    /// What a user did, newest first, at most `limit`.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn newest(&self, user: UserId, limit: u64) -> Result<Vec<AuditRow>> {
        let rows = audit_log::Entity::find()
            .filter(audit_log::Column::UserId.eq(user.0))
            .order_by_desc(audit_log::Column::Sequence)
            .limit(limit)
            .all(self.database.reader())
            .await
            .doing("read the audit log")?;
        rows.into_iter().map(row_from).collect()
    }

    async fn head<C: ConnectionTrait>(&self, connection: &C) -> Result<Option<Head>> {
        let Some(text) = settings::read(connection, HEAD_SETTING).await? else {
            return Ok(None);
        };
        let sealed = from_hex(&text).ok_or(StoreError::Unseal { what: "audit head" })?;
        let opened = self
            .database
            .vault()
            .open_sealed(HEAD_PLACE, "audit head", &sealed)?;
        from_json("audit head", opened.expose_secret()).map(Some)
    }

    async fn set_head<C: ConnectionTrait>(&self, connection: &C, head: &Head) -> Result<()> {
        let plain = to_json("audit head", head)?;
        let sealed = self.database.vault().seal(HEAD_PLACE, plain.as_bytes())?;
        settings::write(connection, HEAD_SETTING, &to_hex(&sealed)).await
    }
}

const HEAD_SETTING: &str = "audit.head";
const HEAD_PLACE: Place = Place {
    table: "audit_log",
    user: Uuid::nil(),
    row: Uuid::nil(),
};
/// Rows checked at a time.
const PAGE: u64 = 1000;

/// The newest row: what the next one is chained to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Head {
    sequence: i64,
    /// In hexadecimal; empty before the first row.
    hash: String,
}

fn broken(sequence: i64, reason: &'static str) -> AuditVerdict {
    AuditVerdict::Broken {
        sequence: sequence.max(0).unsigned_abs(),
        reason,
    }
}

async fn is_empty<C: ConnectionTrait>(connection: &C) -> Result<bool> {
    Ok(page_after(connection, i64::MIN).await?.is_empty())
}

async fn page_after<C: ConnectionTrait>(
    connection: &C,
    sequence: i64,
) -> Result<Vec<audit_log::Model>> {
    audit_log::Entity::find()
        .filter(audit_log::Column::Sequence.gt(sequence))
        .order_by_asc(audit_log::Column::Sequence)
        .limit(PAGE)
        .all(connection)
        .await
        .doing("read the audit log")
}

/// One step along the chain, or the verdict that ends the walk.
fn follow(
    reached: &Head,
    row: &audit_log::Model,
) -> Result<std::result::Result<Head, AuditVerdict>> {
    let expected = reached.sequence + 1;
    if row.sequence != expected {
        return Ok(Err(broken(expected, "the row is missing")));
    }
    if row.hash != hash(&reached.hash, row)? {
        let reason = "the row does not match its hash";
        return Ok(Err(broken(row.sequence, reason)));
    }
    Ok(Ok(Head {
        sequence: row.sequence,
        hash: to_hex(&row.hash),
    }))
}

/// Whether the walk ended where the sealed head says.
fn compare(head: Option<Head>, reached: &Head) -> Result<AuditVerdict> {
    let head = head.unwrap_or_default();
    if head == *reached {
        let rows = ranged("audit number", reached.sequence)?;
        return Ok(AuditVerdict::Intact { rows });
    }
    let first_wrong = head.sequence.min(reached.sequence) + 1;
    Ok(if head.sequence > reached.sequence {
        broken(first_wrong, "the row is missing")
    } else if head.sequence < reached.sequence {
        broken(first_wrong, "the row was not written by this program")
    } else {
        broken(reached.sequence, "the row is not the one written last")
    })
}

/// SHA-256 over the hash before and the row as a JSON array, whose quoting keeps the fields apart.
fn hash(previous: &str, row: &audit_log::Model) -> Result<Vec<u8>> {
    let fields = (
        previous,
        row.sequence,
        row.user_id,
        &row.action,
        &row.target,
        &row.outcome,
        &row.detail,
        &row.request,
        row.at,
    );
    Ok(Sha256::digest(to_json("audit row", &fields)?.as_bytes()).to_vec())
}

fn row_of(sequence: i64, entry: &AuditEntry) -> audit_log::Model {
    audit_log::Model {
        sequence,
        user_id: entry.user.map(|user| user.0),
        action: entry.action.clone(),
        target: entry.target.clone(),
        outcome: entry.outcome.as_str().to_owned(),
        detail: entry.detail.clone(),
        request: entry.request.clone(),
        at: entry.at.0,
        hash: Vec::new(),
    }
}

fn row_from(row: audit_log::Model) -> Result<AuditRow> {
    let outcome = [
        AuditOutcome::Begun,
        AuditOutcome::Done,
        AuditOutcome::Denied,
        AuditOutcome::Failed,
    ]
    .into_iter()
    .find(|outcome| outcome.as_str() == row.outcome)
    .ok_or(StoreError::OutOfRange {
        what: "audit outcome",
    })?;
    Ok(AuditRow {
        sequence: ranged("audit number", row.sequence)?,
        entry: AuditEntry {
            user: row.user_id.map(UserId),
            action: row.action,
            target: row.target,
            outcome,
            detail: row.detail,
            request: row.request,
            at: Timestamp(row.at),
        },
    })
}

#[cfg(test)]
mod tests;
