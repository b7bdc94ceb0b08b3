//! Personal access tokens: shown once, stored as their SHA-256.

use std::collections::BTreeSet;

use domain::{
    account::{NewToken, Scope, TokenEntry, User},
    ids::{TokenId, UserId},
    time::Timestamp,
};

use crate::{Database, Result};

/// How a token begins, so that people and secret scanners know it when they see it.
pub const PREFIX: &str = "ai4k8s_";

/// Personal access tokens.
#[derive(Debug, Clone)]
pub struct Tokens {
    database: Database,
}

impl Tokens {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Makes a token. Its secret is in the answer and nowhere else.
    ///
    /// # Errors
    /// [`crate::StoreError::Refused`] for a name that is not 1–64 characters or no scope at all.
    pub async fn create(
        &self,
        user: UserId,
        token: &TokenRequest,
        now: Timestamp,
    ) -> Result<NewToken> {
        todo!("tokens.create")
    }

    /// A user's tokens, newest first.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn list(&self, user: UserId) -> Result<Vec<TokenEntry>> {
        todo!("tokens.list")
    }

    /// Ends a token of the user's.
    ///
    /// # Errors
    /// [`crate::StoreError::NotFound`].
    pub async fn revoke(&self, user: UserId, token: TokenId) -> Result<()> {
        todo!("tokens.revoke")
    }

    /// Who a token speaks for, with the token's scopes; `None` when it is unknown, expired or revoked.
    /// Notes the use, at most once a minute.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn authenticate(&self, secret: &str, now: Timestamp) -> Result<Option<User>> {
        todo!("tokens.authenticate")
    }
}

/// What a token is asked to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// The name its user gives it, 1–64 characters.
    pub name: String,
    /// What it may do; at least one scope.
    pub scopes: BTreeSet<Scope>,
    /// After this it is dead; `None` for never.
    pub expires_at: Option<Timestamp>,
}
