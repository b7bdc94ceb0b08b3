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
use serde::{Deserialize, Serialize};
use tower_sessions::{
    ExpiredDeletion, SessionStore,
    session::{Id, Record},
    session_store,
};

use crate::{Database, Result};

/// A session unused for this long is dead.
pub const IDLE_LIMIT: Seconds = Seconds(30 * 60);
/// A session is dead this long after sign-in, used or not.
pub const ABSOLUTE_LIMIT: Seconds = Seconds(12 * 3600);

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
        todo!("sessions.link")
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
        todo!("sessions.list")
    }

    /// Whether a session of the user's is still alive: for streams that outlive their first check.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn is_alive(&self, user: UserId, session: SessionId) -> Result<bool> {
        todo!("sessions.is_alive")
    }

    /// Ends one session of the user's.
    ///
    /// # Errors
    /// [`crate::StoreError::NotFound`].
    pub async fn revoke(&self, user: UserId, session: SessionId) -> Result<()> {
        todo!("sessions.revoke")
    }

    /// Ends a user's sessions but `keep`; how many.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn revoke_others(&self, user: UserId, keep: Option<SessionId>) -> Result<u64> {
        todo!("sessions.revoke_others")
    }

    /// Deletes dead sessions; how many.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn sweep(&self) -> Result<u64> {
        todo!("sessions.sweep")
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        todo!("sessions.create")
    }

    /// Updates a session. One that was ended meanwhile stays ended.
    async fn save(&self, record: &Record) -> session_store::Result<()> {
        todo!("sessions.save")
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        todo!("sessions.load")
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        todo!("sessions.delete")
    }
}

#[async_trait]
impl ExpiredDeletion for Sessions {
    async fn delete_expired(&self) -> session_store::Result<()> {
        todo!("sessions.delete_expired")
    }
}
