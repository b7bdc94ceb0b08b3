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
    /// It was done.
    Done,
    /// It was not allowed.
    Denied,
    /// It was tried and failed.
    Failed,
}

impl AuditOutcome {
    const fn as_str(self) -> &'static str {
        match self {
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

    /// Appends an entry and returns its number. Refuse the act itself when this fails.
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
mod tests {
    use super::*;
    use crate::test_support::{Fixture, NOW, fixture};

    fn entry(user: UserId, detail: &str) -> AuditEntry {
        AuditEntry {
            user: Some(user),
            action: "cluster.rename".to_owned(),
            target: "prod".to_owned(),
            outcome: AuditOutcome::Done,
            detail: detail.to_owned(),
            request: "r1".to_owned(),
            at: NOW,
        }
    }

    async fn with_five_rows() -> Fixture {
        let fixture = fixture().await;
        for number in 1..=5 {
            let entry = entry(fixture.ada, &format!("line {number}\r\n\u{1b}[31m"));
            assert_eq!(
                fixture.database.audit().append(&entry).await.unwrap(),
                number
            );
        }
        fixture
    }

    /// D06: what is broken is found, and the first row it shows at is named.
    async fn check(sql: &str, expected: u64) {
        let fixture = with_five_rows().await;
        fixture.tamper(sql).await;
        match fixture.database.audit().verify().await.unwrap() {
            AuditVerdict::Broken { sequence, .. } => assert_eq!(sequence, expected, "{sql}"),
            intact @ AuditVerdict::Intact { .. } => panic!("{sql}: {intact:?}"),
        }
    }

    #[tokio::test]
    async fn names_the_row_that_was_edited_or_removed() {
        check("UPDATE audit_log SET detail = 'x' WHERE sequence = 3", 3).await;
        check(
            "UPDATE audit_log SET outcome = 'denied' WHERE sequence = 1",
            1,
        )
        .await;
        check("UPDATE audit_log SET hash = x'00' WHERE sequence = 5", 5).await;
        check("UPDATE audit_log SET user_id = NULL WHERE sequence = 2", 2).await;
        check("DELETE FROM audit_log WHERE sequence = 2", 2).await;
        check("DELETE FROM audit_log WHERE sequence = 1", 1).await;
    }

    #[tokio::test]
    async fn notices_rows_cut_off_at_the_end() {
        check("DELETE FROM audit_log WHERE sequence > 3", 4).await;
        check("DELETE FROM audit_log", 1).await;
    }

    /// A chain computed anew by hand still lacks the sealed head.
    #[tokio::test]
    async fn notices_a_row_appended_by_hand() {
        let fixture = with_five_rows().await;
        let rows = page_after(fixture.database.reader(), 4).await.unwrap();
        let mut forged = row_of(6, &entry(fixture.ada, "forged"));
        forged.hash = hash(&to_hex(&rows[0].hash), &forged).unwrap();
        insert(fixture.database.writer(), forged).await.unwrap();
        let verdict = fixture.database.audit().verify().await.unwrap();
        assert!(matches!(verdict, AuditVerdict::Broken { sequence: 6, .. }));
    }

    #[tokio::test]
    async fn does_not_go_on_without_its_head() {
        let fixture = with_five_rows().await;
        fixture
            .tamper("DELETE FROM settings WHERE name = 'audit.head'")
            .await;
        let appended = fixture
            .database
            .audit()
            .append(&entry(fixture.ada, "x"))
            .await;
        assert!(matches!(appended, Err(StoreError::Unseal { .. })));
        let verdict = fixture.database.audit().verify().await.unwrap();
        assert!(matches!(verdict, AuditVerdict::Broken { sequence: 1, .. }));
        fixture
            .tamper("INSERT INTO settings VALUES ('audit.head', '00')")
            .await;
        let verdict = fixture.database.audit().verify().await.unwrap();
        assert!(matches!(verdict, AuditVerdict::Broken { .. }));
    }

    #[tokio::test]
    async fn stays_intact_across_a_restart_and_under_concurrency() {
        let fixture = with_five_rows().await.reopened().await;
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (audit, entry) = (fixture.database.audit(), entry(fixture.bob, "side by side"));
                tokio::spawn(async move { audit.append(&entry).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let verdict = fixture.database.audit().verify().await.unwrap();
        assert_eq!(verdict, AuditVerdict::Intact { rows: 25 });
    }

    #[tokio::test]
    async fn shows_a_user_their_own_rows_newest_first() {
        let fixture = with_five_rows().await;
        let audit = fixture.database.audit();
        audit.append(&entry(fixture.bob, "bob's")).await.unwrap();
        let rows = audit.newest(fixture.ada, 2).await.unwrap();
        let numbers: Vec<_> = rows.iter().map(|row| row.sequence).collect();
        assert_eq!(numbers, [5, 4]);
        assert_eq!(
            audit.newest(fixture.bob, 9).await.unwrap()[0].entry,
            entry(fixture.bob, "bob's")
        );
    }

    #[tokio::test]
    async fn is_intact_when_empty() {
        let audit = fixture().await.database.audit();
        assert_eq!(
            audit.verify().await.unwrap(),
            AuditVerdict::Intact { rows: 0 }
        );
    }
}
