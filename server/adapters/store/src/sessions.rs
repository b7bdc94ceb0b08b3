//! Browser sessions: the session layer's store, and the list a person sees.
//!
//! A row is found by the SHA-256 of the cookie's value, so that a copy of the database opens nothing.
//! Idle and absolute limits are enforced here whatever the cookie says.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use domain::{
    account::SessionEntry,
    ids::{SessionId, UserId},
    time::{Seconds, Timestamp},
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tower_sessions::{
    ExpiredDeletion, SessionStore,
    session::{Id, Record},
    session_store,
};

use crate::{
    Database, Result, StoreError,
    entity::sessions,
    error::Doing,
    ids::random_uuid,
    rows::{from_json, insert, to_json},
};

/// A session unused for this long is dead.
pub const IDLE_LIMIT: Seconds = Seconds(30 * 60);
/// A session is dead this long after sign-in, used or not.
pub const ABSOLUTE_LIMIT: Seconds = Seconds(12 * 3600);

/// How often a use is written down at most, so that reading a page rarely waits for the disk.
const TOUCH_EVERY: Seconds = Seconds(60);
/// How far a session may lie in the future.
const CLOCK_TOLERANCE: Seconds = Seconds(5 * 60);

/// What the time is: the session layer's trait hands none in.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Put into the session's data under [`SessionLink::KEY`] at sign-in: ties the session to its user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLink {
    /// The session's public id.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// The browser as it named itself, cut at 120 characters.
    pub user_agent: String,
    /// When it signed in.
    pub created_at: Timestamp,
}

impl SessionLink {
    /// The key under which the link is kept in the session's data.
    pub const KEY: &str = "ai4k8s.link";

    /// A link for a session just signed in: `session.insert(SessionLink::KEY, &link)`.
    ///
    /// # Errors
    /// [`crate::StoreError::Randomness`].
    pub fn new(user: UserId, user_agent: &str, now: Timestamp) -> Result<Self> {
        Ok(Self {
            id: SessionId(random_uuid()?),
            user,
            user_agent: user_agent
                .chars()
                .filter(|character| !character.is_control())
                .take(120)
                .collect(),
            created_at: now,
        })
    }
}

/// Browser sessions.
#[derive(Clone)]
pub struct Sessions {
    database: Database,
    clock: Clock,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

impl Sessions {
    pub(crate) fn new(database: Database) -> Self {
        Self {
            database,
            clock: Arc::new(|| {
                Timestamp(
                    (time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64,
                )
            }),
        }
    }

    /// The same sessions by another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// A user's living sessions, newest first; `current` is marked as the one asking.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn list(
        &self,
        user: UserId,
        current: Option<SessionId>,
    ) -> Result<Vec<SessionEntry>> {
        let rows = sessions::Entity::find()
            .filter(sessions::Column::UserId.eq(user.0))
            .filter(self.alive())
            .order_by_desc(sessions::Column::CreatedAt)
            .order_by_asc(sessions::Column::Digest)
            .all(self.database.reader())
            .await
            .doing("list sessions")?;
        let entry = |row: sessions::Model| {
            let id = SessionId(row.public_id?);
            Some(SessionEntry {
                id,
                user_agent: row.user_agent,
                created_at: Timestamp(row.created_at),
                last_seen_at: Timestamp(row.last_seen_at),
                is_current: current == Some(id),
            })
        };
        Ok(rows.into_iter().filter_map(entry).collect())
    }

    /// Whether a session of the user's is still alive: for streams that outlive their first check.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn is_alive(&self, user: UserId, session: SessionId) -> Result<bool> {
        let found = sessions::Entity::find()
            .filter(sessions::Column::UserId.eq(user.0))
            .filter(sessions::Column::PublicId.eq(session.0))
            .filter(self.alive())
            .count(self.database.reader())
            .await
            .doing("read a session")?;
        Ok(found > 0)
    }

    /// Ends one session of the user's.
    ///
    /// # Errors
    /// [`crate::StoreError::NotFound`].
    pub async fn revoke(&self, user: UserId, session: SessionId) -> Result<()> {
        let gone = sessions::Entity::delete_many()
            .filter(sessions::Column::UserId.eq(user.0))
            .filter(sessions::Column::PublicId.eq(session.0))
            .exec(self.database.writer())
            .await
            .doing("end a session")?;
        if gone.rows_affected == 0 {
            return Err(StoreError::NotFound { thing: "session" });
        }
        Ok(())
    }

    /// Ends a user's sessions but `keep`; how many.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn revoke_others(&self, user: UserId, keep: Option<SessionId>) -> Result<u64> {
        let mut others = Condition::all().add(sessions::Column::UserId.eq(user.0));
        if let Some(keep) = keep {
            others = others.add(sessions::Column::PublicId.ne(keep.0));
        }
        let gone = sessions::Entity::delete_many()
            .filter(others)
            .exec(self.database.writer())
            .await
            .doing("end sessions")?;
        Ok(gone.rows_affected)
    }

    /// Deletes dead sessions; how many.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn sweep(&self) -> Result<u64> {
        let gone = sessions::Entity::delete_many()
            .filter(self.alive().not())
            .exec(self.database.writer())
            .await
            .doing("delete dead sessions")?;
        Ok(gone.rows_affected)
    }

    /// Unused for too long, too old, or from a future that a clock set back has made.
    fn alive(&self) -> Condition {
        let now = (self.clock)();
        Condition::all()
            .add(sessions::Column::LastSeenAt.gt((now - IDLE_LIMIT).0))
            .add(sessions::Column::CreatedAt.gt((now - ABSOLUTE_LIMIT).0))
            .add(sessions::Column::LastSeenAt.lte((now + CLOCK_TOLERANCE).0))
    }

    async fn insert_record(&self, record: &Record) -> Result<()> {
        let now = (self.clock)();
        let link = link_of(record)?;
        let row = sessions::Model {
            digest: digest(&record.id),
            user_id: link.as_ref().map(|link| link.user.0),
            public_id: link.as_ref().map(|link| link.id.0),
            data: to_json("session", &record.data)?,
            created_at: link.as_ref().map_or(now, |link| link.created_at).0,
            last_seen_at: now.0,
            user_agent: link.map(|link| link.user_agent).unwrap_or_default(),
        };
        insert(self.database.writer(), row)
            .await
            .doing("store a session")
    }

    async fn update_record(&self, record: &Record) -> Result<()> {
        let data = Set(to_json("session", &record.data)?);
        let last_seen_at = Set((self.clock)().0);
        let change = match link_of(record)? {
            Some(link) => sessions::ActiveModel {
                digest: NotSet,
                user_id: Set(Some(link.user.0)),
                public_id: Set(Some(link.id.0)),
                user_agent: Set(link.user_agent),
                data,
                created_at: Set(link.created_at.0),
                last_seen_at,
            },
            None => sessions::ActiveModel {
                user_id: Set(None),
                public_id: Set(None),
                data,
                last_seen_at,
                ..Default::default()
            },
        };
        self.change(&record.id, change).await
    }

    async fn load_record(&self, id: &Id) -> Result<Option<Record>> {
        let row = sessions::Entity::find_by_id(digest(id))
            .filter(self.alive())
            .one(self.database.reader())
            .await
            .doing("read a session")?;
        let Some(row) = row else {
            return Ok(None);
        };
        let now = (self.clock)();
        if now.seconds_since(Timestamp(row.last_seen_at)) >= TOUCH_EVERY.0 {
            let change = sessions::ActiveModel {
                last_seen_at: Set(now.0),
                ..Default::default()
            };
            self.change(id, change).await?;
        }
        let end = (now + IDLE_LIMIT).min(Timestamp(row.created_at) + ABSOLUTE_LIMIT);
        Ok(Some(Record {
            id: *id,
            data: from_json("session", &row.data)?,
            expiry_date: end.to_offset(),
        }))
    }

    async fn delete_record(&self, id: &Id) -> Result<()> {
        sessions::Entity::delete_by_id(digest(id))
            .exec(self.database.writer())
            .await
            .doing("end a session")?;
        Ok(())
    }

    /// Changes a session that exists, and nothing else.
    async fn change(&self, id: &Id, change: sessions::ActiveModel) -> Result<()> {
        sessions::Entity::update_many()
            .set(change)
            .filter(sessions::Column::Digest.eq(digest(id)))
            .exec(self.database.writer())
            .await
            .doing("write a session")?;
        Ok(())
    }
}

fn digest(id: &Id) -> Vec<u8> {
    Sha256::digest(id.0.to_be_bytes()).to_vec()
}

fn link_of(record: &Record) -> Result<Option<SessionLink>> {
    let Some(value) = record.data.get(SessionLink::KEY) else {
        return Ok(None);
    };
    serde_json::from_value(value.clone())
        .map(Some)
        .map_err(|source| StoreError::Decode {
            what: "session link",
            source,
        })
}

/// The session layer logs this text; it holds no session data.
fn backend(error: StoreError) -> session_store::Error {
    session_store::Error::Backend(error.chain())
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        // A collision of 128 random bits is an error, and so never somebody else's session.
        self.insert_record(record).await.map_err(backend)
    }

    /// Updates a session. One that was ended meanwhile stays ended.
    async fn save(&self, record: &Record) -> session_store::Result<()> {
        self.update_record(record).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        self.load_record(id).await.map_err(backend)
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.delete_record(id).await.map_err(backend)
    }
}

#[async_trait]
impl ExpiredDeletion for Sessions {
    async fn delete_expired(&self) -> session_store::Result<()> {
        self.sweep().await.map(|_| ()).map_err(backend)
    }
}

#[cfg(test)]
mod tests;
