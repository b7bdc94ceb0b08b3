//! The throttle of password guesses: by account and by address, and it outlives a restart.

use std::net::IpAddr;

use domain::time::{Seconds, Timestamp};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
    sea_query::{Expr, OnConflict, Order, Query, SelectStatement},
};
use sha2::{Digest, Sha256};

use crate::{Database, Result, entity::login_attempts, error::Doing};

/// Failures of one account after which guessing slows down.
const ACCOUNT_LIMIT: i64 = 5;
/// Failures from one address after which guessing slows down; many people may share one.
const ADDRESS_LIMIT: i64 = 20;
/// Failures older than this are forgotten.
const WINDOW: Seconds = Seconds(5 * 60);
/// The first delay; it doubles with every further failure.
const FIRST_DELAY: Seconds = Seconds(30);
/// The longest delay. An account is never locked for good: that would let anybody lock anybody out.
const LONGEST_DELAY: Seconds = Seconds(15 * 60);
/// Accounts, and addresses, remembered at most. When full, those with the fewest failures go first,
/// so that a flood of made-up names cannot wash out a counter that matters.
const CAPACITY: u64 = 10_000;

/// A password about to be tried.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The name typed.
    pub name: &'a str,
    /// The peer's address. Behind a proxy that is the proxy's, one for everybody.
    pub address: IpAddr,
}

/// Whether a password may be tried now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Try it.
    Admitted,
    /// Too many failures; not before this many seconds.
    Throttled {
        /// At least 1.
        retry_after: Seconds,
    },
}

/// Failed and pending password attempts.
#[derive(Debug, Clone)]
pub struct LoginAttempts {
    database: Database,
    capacity: u64,
}

impl LoginAttempts {
    pub(crate) fn new(database: Database) -> Self {
        Self {
            database,
            capacity: CAPACITY,
        }
    }

    /// Asks whether a password may be tried, and counts it as failed in advance, so that guesses sent
    /// side by side are all counted. Call [`Self::succeeded`] when it was right.
    ///
    /// # Errors
    /// Faults of the database only; nobody is admitted then.
    pub async fn admit(&self, attempt: &Attempt<'_>, now: Timestamp) -> Result<Admission> {
        let transaction = self.database.begin().await?;
        let mut failures = Vec::new();
        let mut longest_wait = Seconds(0);
        for counter in counters(attempt) {
            let row = find(&transaction, &counter).await?;
            let seen = row.map_or((0, now), |row| (row.failures, Timestamp(row.last_at)));
            let standing = Standing::of(seen, counter.limit, now);
            longest_wait = longest_wait.max(standing.wait);
            failures.push((counter, standing.failures));
        }
        if longest_wait > Seconds(0) {
            return Ok(Admission::Throttled {
                retry_after: longest_wait,
            });
        }
        for (counter, failures) in &failures {
            self.make_room(&transaction, counter, now).await?;
            count(&transaction, counter, failures + 1, now).await?;
        }
        transaction.commit().await.doing("count a sign-in")?;
        Ok(Admission::Admitted)
    }

    /// Forgets an account's failures and takes the attempt back from its address' count.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn succeeded(&self, attempt: &Attempt<'_>) -> Result<()> {
        let transaction = self.database.begin().await?;
        let [account, address] = counters(attempt);
        forget(&transaction, &account).await?;
        match find(&transaction, &address).await? {
            Some(row) if row.failures > 1 => {
                let last_at = Timestamp(row.last_at);
                count(&transaction, &address, row.failures - 1, last_at).await?;
            }
            Some(_) => forget(&transaction, &address).await?,
            None => {}
        }
        transaction.commit().await.doing("forget failed sign-ins")
    }

    /// Deletes what is forgotten, then the mildest tenth, when a table is full.
    async fn make_room<C: ConnectionTrait>(
        &self,
        connection: &C,
        counter: &Counter,
        now: Timestamp,
    ) -> Result<()> {
        let of_kind = login_attempts::Column::Kind.eq(counter.kind);
        let known = login_attempts::Entity::find()
            .filter(of_kind.clone())
            .count(connection)
            .await
            .doing("count failed sign-ins")?;
        if known < self.capacity {
            return Ok(());
        }
        let forgotten = login_attempts::Column::LastAt.lt((now - LONGEST_DELAY).0);
        let mildest = mildest(counter.kind, (self.capacity / 10).max(1));
        for victims in [
            forgotten,
            login_attempts::Column::SubjectDigest.in_subquery(mildest),
        ] {
            login_attempts::Entity::delete_many()
                .filter(of_kind.clone())
                .filter(victims)
                .exec(connection)
                .await
                .doing("forget failed sign-ins")?;
        }
        Ok(())
    }
}

/// The subjects of a kind with the fewest failures, longest ago.
fn mildest(kind: &str, how_many: u64) -> SelectStatement {
    use sea_orm::ExprTrait;
    Query::select()
        .column(login_attempts::Column::SubjectDigest)
        .from(login_attempts::Entity)
        .and_where(Expr::col(login_attempts::Column::Kind).eq(kind))
        .order_by(login_attempts::Column::Failures, Order::Asc)
        .order_by(login_attempts::Column::LastAt, Order::Asc)
        .limit(how_many)
        .to_owned()
}

/// One thing failures are counted for.
struct Counter {
    kind: &'static str,
    digest: Vec<u8>,
    limit: i64,
}

/// Names are stored as hashes: people type passwords into the wrong field.
fn counters(attempt: &Attempt<'_>) -> [Counter; 2] {
    let digest = |bytes: &[u8]| Sha256::digest(bytes).to_vec();
    [
        Counter {
            kind: "account",
            digest: digest(attempt.name.trim().to_lowercase().as_bytes()),
            limit: ACCOUNT_LIMIT,
        },
        Counter {
            kind: "address",
            digest: digest(&network(attempt.address)),
            limit: ADDRESS_LIMIT,
        },
    ]
}

/// What one subscriber is given: an IPv4 address, or an IPv6 network of 64 bits.
fn network(address: IpAddr) -> Vec<u8> {
    match address.to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets()[..8].to_vec(),
    }
}

/// Where a counter stands at some time.
struct Standing {
    /// Failures that still count.
    failures: i64,
    /// How long to wait; 0 for not at all.
    wait: Seconds,
}

impl Standing {
    /// A clock that was set back counts as no time passed.
    fn of((failures, last_at): (i64, Timestamp), limit: i64, now: Timestamp) -> Self {
        let delay = delay(failures, limit);
        let passed = now.seconds_since(last_at).max(0);
        if passed >= delay.0.max(WINDOW.0) {
            return Self {
                failures: 0,
                wait: Seconds(0),
            };
        }
        Self {
            failures,
            wait: Seconds((delay.0 - passed).max(0)),
        }
    }
}

fn delay(failures: i64, limit: i64) -> Seconds {
    if failures < limit {
        return Seconds(0);
    }
    let doublings = u32::try_from(failures - limit).unwrap_or(u32::MAX).min(16);
    Seconds((FIRST_DELAY.0 << doublings).min(LONGEST_DELAY.0))
}

async fn find<C: ConnectionTrait>(
    connection: &C,
    counter: &Counter,
) -> Result<Option<login_attempts::Model>> {
    login_attempts::Entity::find_by_id((counter.kind.to_owned(), counter.digest.clone()))
        .one(connection)
        .await
        .doing("read failed sign-ins")
}

async fn count<C: ConnectionTrait>(
    connection: &C,
    counter: &Counter,
    failures: i64,
    at: Timestamp,
) -> Result<()> {
    let row = login_attempts::ActiveModel {
        kind: Set(counter.kind.to_owned()),
        subject_digest: Set(counter.digest.clone()),
        failures: Set(failures),
        last_at: Set(at.0),
    };
    let known = [
        login_attempts::Column::Kind,
        login_attempts::Column::SubjectDigest,
    ];
    let updated = [
        login_attempts::Column::Failures,
        login_attempts::Column::LastAt,
    ];
    login_attempts::Entity::insert(row)
        .on_conflict(
            OnConflict::columns(known)
                .update_columns(updated)
                .to_owned(),
        )
        .exec_without_returning(connection)
        .await
        .doing("count a failed sign-in")?;
    Ok(())
}

async fn forget<C: ConnectionTrait>(connection: &C, counter: &Counter) -> Result<()> {
    login_attempts::Entity::delete_by_id((counter.kind.to_owned(), counter.digest.clone()))
        .exec(connection)
        .await
        .doing("forget failed sign-ins")?;
    Ok(())
}

#[cfg(test)]
mod tests;
