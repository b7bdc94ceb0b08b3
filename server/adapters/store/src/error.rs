//! What can go wrong while remembering, named by what was tried.

use std::{io, path::PathBuf};

use domain::{ErrorCode, OpsError};
use sea_orm::DbErr;

/// What the store answers.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Why the store could not do what was asked.
///
/// Two variants are for people and travel on as they are ([`Self::NotFound`], [`Self::Refused`]); all
/// others are our own fault or the machine's: convert with `OpsError::from`, and log the whole chain
/// where you handle them.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It does not exist, or it is somebody else's.
    #[error("there is no such {thing}")]
    NotFound {
        /// `cluster`, `job` …
        thing: &'static str,
    },
    /// What was asked is not allowed as things stand; the words are for people.
    #[error("refused: {0}")]
    Refused(OpsError),
    /// The folder or a file in it could not be made, read or locked down.
    #[error("cannot prepare {}", path.display())]
    PrepareFile {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process serves from the same folder.
    #[error("another ai4k8s process already serves from {}", path.display())]
    AlreadyServed {
        /// The lock file.
        path: PathBuf,
    },
    /// The database could not be opened.
    #[error("cannot open the database")]
    Connect(#[source] DbErr),
    /// SQLite is older than the version with the WAL-reset fix.
    #[error("SQLite {found} is older than {needed}, which a safe write-ahead log needs")]
    OldSqlite {
        /// The version linked in.
        found: String,
        /// The oldest one accepted.
        needed: &'static str,
    },
    /// The schema could not be brought up to date, or is newer than this program.
    #[error("cannot bring the database schema up to date")]
    Migrate(#[source] DbErr),
    /// A statement failed.
    #[error("cannot {doing}")]
    Query {
        /// What it was for: `read a cluster`.
        doing: &'static str,
        /// Why.
        source: DbErr,
    },
    /// A stored value is not what this program writes.
    #[error("a stored {what} cannot be read")]
    Decode {
        /// What it should be.
        what: &'static str,
        /// Why, without the value.
        source: serde_json::Error,
    },
    /// A stored word or number is outside its range.
    #[error("a stored {what} is out of range")]
    OutOfRange {
        /// What it should be.
        what: &'static str,
    },
    /// The database holds sealed rows, and their key is gone.
    #[error(
        "the database holds sealed credentials, but their key {} is missing: put the key file back, \
         or move the database away to start anew",
        path.display()
    )]
    MasterKeyMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The key file does not belong to this database.
    #[error(
        "the key file {} is not the one this database was sealed with: put the right one back",
        path.display()
    )]
    MasterKeyWrong {
        /// The file.
        path: PathBuf,
    },
    /// The key file is not 32 bytes in hexadecimal.
    #[error("the key file {} is damaged: it must hold 64 hexadecimal digits", path.display())]
    MasterKeyDamaged {
        /// The file.
        path: PathBuf,
    },
    /// A sealed value was changed, moved to another row, or sealed with another key.
    #[error("a sealed {what} fails its check and is not used")]
    Unseal {
        /// What it should be.
        what: &'static str,
    },
    /// Sealing failed.
    #[error("cannot seal a value")]
    Seal,
    /// The operating system has no randomness.
    #[error("the operating system gives no random bytes")]
    Randomness(#[source] getrandom::Error),
    /// A password could not be hashed or its stored hash read.
    #[error("cannot {doing}")]
    Password {
        /// What was tried.
        doing: &'static str,
        /// Why.
        source: argon2::password_hash::Error,
    },
    /// The worker computing a password hash died.
    #[error("the password worker stopped")]
    PasswordWorker(#[source] tokio::task::JoinError),
}

impl StoreError {
    /// A refusal with words for people.
    pub(crate) fn refused(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::Refused(OpsError::new(code, message))
    }

    /// Whether this is a fault to log, and not an answer to give.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        !matches!(self, Self::NotFound { .. } | Self::Refused(_))
    }

    /// Whether the database was held by somebody else for longer than we wait (5 s).
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let (Self::Query { source, .. } | Self::Connect(source) | Self::Migrate(source)) = self
        else {
            return false;
        };
        let text = source.to_string();
        matches!(source, DbErr::ConnectionAcquire(_))
            || text.contains("database is locked")
            || text.contains("database table is locked")
    }

    /// This error and its causes, outermost first, for the log.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(inner) = cause {
            text = format!("{text}: {inner}");
            cause = inner.source();
        }
        text
    }
}

impl From<StoreError> for OpsError {
    /// What a person is told. Faults become `Internal` (or `Unavailable` while the database is held);
    /// log [`StoreError::chain`] before.
    fn from(error: StoreError) -> Self {
        if error.is_busy() {
            return Self::new(
                ErrorCode::Unavailable,
                "the database is busy; nothing was changed",
            )
            .hint("Try again in a few seconds.");
        }
        match error {
            StoreError::NotFound { thing } => Self::not_found(thing),
            StoreError::Refused(refusal) => refusal,
            StoreError::PrepareFile { .. }
            | StoreError::AlreadyServed { .. }
            | StoreError::Connect(_)
            | StoreError::OldSqlite { .. }
            | StoreError::Migrate(_)
            | StoreError::Query { .. }
            | StoreError::Decode { .. }
            | StoreError::OutOfRange { .. }
            | StoreError::MasterKeyMissing { .. }
            | StoreError::MasterKeyWrong { .. }
            | StoreError::MasterKeyDamaged { .. }
            | StoreError::Unseal { .. }
            | StoreError::Seal
            | StoreError::Randomness(_)
            | StoreError::Password { .. }
            | StoreError::PasswordWorker(_) => Self::internal(),
        }
    }
}

/// Says what a statement was for.
pub(crate) trait Doing<T> {
    /// The same result, its error named by what was tried: `.doing("read a cluster")`.
    fn doing(self, doing: &'static str) -> Result<T>;
}

impl<T> Doing<T> for std::result::Result<T, DbErr> {
    fn doing(self, doing: &'static str) -> Result<T> {
        self.map_err(|source| StoreError::Query { doing, source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_people_nothing_of_a_fault() {
        let fault = StoreError::Query {
            doing: "read a cluster",
            source: DbErr::Custom("/secret/path".to_owned()),
        };
        assert!(fault.chain().contains("/secret/path"));
        let told = OpsError::from(fault);
        assert_eq!(told, OpsError::internal());
    }

    #[test]
    fn passes_a_refusal_on_as_it_is() {
        let refusal = OpsError::new(ErrorCode::Conflict, "the name is taken");
        assert_eq!(
            OpsError::from(StoreError::Refused(refusal.clone())),
            refusal
        );
        assert_eq!(
            OpsError::from(StoreError::NotFound { thing: "job" }).code,
            ErrorCode::NotFound
        );
    }
}
