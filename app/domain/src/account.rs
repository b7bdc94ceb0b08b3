//! People, their sessions and their tokens.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    ErrorCode, OpsError,
    ids::{SessionId, TokenId, UserId},
    time::Timestamp,
};

/// Somebody signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The name they sign in with.
    pub name: String,
    /// Whether they administer this server.
    pub is_admin: bool,
    /// What this request may do: everything for a browser session, the token's scopes for a token.
    pub scopes: BTreeSet<Scope>,
}

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Look.
    Read,
    /// Make plans, start jobs, add clusters.
    Plan,
    /// Approve plans.
    Approve,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 3] = [Self::Read, Self::Plan, Self::Approve];

    /// The scope's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Plan => "plan",
            Self::Approve => "approve",
        }
    }

    /// From its word.
    ///
    /// # Errors
    /// [`ErrorCode::Invalid`] naming the three words.
    pub fn parse(word: &str) -> Result<Self, OpsError> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == word)
            .ok_or_else(|| {
                OpsError::new(ErrorCode::Invalid, "a scope is one of read, plan, approve")
            })
    }
}

/// A signed-in browser in the list of sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEntry {
    /// Its public id.
    pub id: SessionId,
    /// The browser as it named itself, cut at 120 characters.
    pub user_agent: String,
    /// When it signed in.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_seen_at: Timestamp,
    /// Whether it is the one asking.
    pub is_current: bool,
}

/// A personal access token in the list of tokens; its secret is shown once, when it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenEntry {
    /// Its id.
    pub id: TokenId,
    /// The name its user gave it.
    pub name: String,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// After this it is dead; `None` for never.
    pub expires_at: Option<Timestamp>,
}

/// A token just made: the only time its secret is seen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewToken {
    /// Its entry.
    pub entry: TokenEntry,
    /// The secret to copy.
    pub secret: String,
}

impl std::fmt::Debug for NewToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewToken")
            .field("entry", &self.entry)
            .finish_non_exhaustive()
    }
}
