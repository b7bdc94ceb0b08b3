//! The throttle of password guesses: by account and by address, and it outlives a restart.

use std::net::IpAddr;

use domain::time::{Seconds, Timestamp};

use crate::{Database, Result};

/// A password about to be tried.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The name typed.
    pub name: &'a str,
    /// The address it comes from (behind configured proxies, the one they report).
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
}

impl LoginAttempts {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Asks whether a password may be tried, and counts it as failed in advance, so that guesses sent
    /// side by side are all counted. Call [`Self::succeeded`] when it was right.
    ///
    /// # Errors
    /// Faults of the database only; nobody is admitted then.
    pub async fn admit(&self, attempt: &Attempt<'_>, now: Timestamp) -> Result<Admission> {
        todo!("attempts.admit")
    }

    /// Forgets an account's failures and takes the attempt back from its address' count.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn succeeded(&self, attempt: &Attempt<'_>) -> Result<()> {
        todo!("attempts.succeeded")
    }
}
