//! Accounts: who may sign in.

use domain::{
    ErrorCode,
    account::{Scope, User},
    ids::UserId,
    time::Timestamp,
};

use crate::{Database, Result, StoreError};

/// An account as stored, without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: UserId,
    /// The name it signs in with, as first typed; compared without regard to case.
    pub name: String,
    /// Whether it administers this server. The first account does.
    pub is_admin: bool,
    /// SHA-256 over password hash and session epoch: changes when the password changes or all
    /// sessions are ended, so that a session made with another tag is dead.
    pub session_tag: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
}

/// Accounts.
#[derive(Debug, Clone)]
pub struct Users {
    database: Database,
}

impl Users {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Makes an account; the very first one becomes administrator.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a name that is taken or unusable, a password that is too weak
    /// ([`crate::passwords::check`]), or too many passwords being hashed at once.
    pub async fn create(&self, name: &str, password: &str, now: Timestamp) -> Result<Account> {
        todo!("users.create")
    }

    /// The account with this name.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn by_name(&self, name: &str) -> Result<Option<Account>> {
        todo!("users.by_name")
    }

    /// The account with this id.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn by_id(&self, id: UserId) -> Result<Option<Account>> {
        todo!("users.by_id")
    }

    /// How many accounts there are.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn count(&self) -> Result<u64> {
        todo!("users.count")
    }

    /// The account if name and password belong together. Takes as long for a name that does not
    /// exist. Ask [`crate::login_attempts::LoginAttempts::admit`] first.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when too many passwords are being checked at once.
    pub async fn verify_password(&self, name: &str, password: &str) -> Result<Option<Account>> {
        todo!("users.verify_password")
    }

    /// Sets a password and ends every session by moving the session tag.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a weak password, [`StoreError::NotFound`].
    pub async fn set_password(&self, id: UserId, password: &str) -> Result<Account> {
        todo!("users.set_password")
    }

    /// Ends every session of an account by moving its session tag.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn end_sessions(&self, id: UserId) -> Result<Account> {
        todo!("users.end_sessions")
    }
}
