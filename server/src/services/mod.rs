//! The outer ports of `domain`, implemented: what a signed-in user may ask for, over the store, the
//! clusters and the engines. One file per port; [`Core`] is what they share.

pub mod accounts;
pub mod apply;
pub mod autoscaling;
pub mod chat;
pub mod clusters;
pub mod connections;
pub mod history;
pub mod jobs;
pub mod observations;
pub mod overview;
pub mod plans;

use std::{fmt::Display, sync::Arc};

use domain::{
    ErrorCode, OpsError,
    account::{Scope, User},
    ids::UserId,
    ports::Answer,
    time::Timestamp,
};
use store::{
    Database, StoreError,
    audit::{AuditEntry, AuditOutcome},
};

use tokio_util::task::TaskTracker;

use crate::{clock::Clock, config::Config, request_id};

use self::{connections::Connections, history::History};

/// What every service works with.
pub struct Core {
    /// How this server was set up.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// What is kept.
    pub database: Database,
    /// Live connections to clusters.
    pub connections: Connections,
    /// What was measured before.
    pub history: History,
    /// Work that outlives the request it was asked by: approved plans, answers. Awaited when the server stops.
    pub tasks: TaskTracker,
}

/// A shared [`Core`].
pub type SharedCore = Arc<Core>;

impl Core {
    /// The time now, UTC.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Writes an act into the audit log. A change of a cluster is noted before it is sent, and not sent when this fails.
    ///
    /// # Errors
    /// `Internal` when the log cannot be written.
    pub async fn audit(
        &self,
        user: Option<UserId>,
        action: &str,
        target: impl ToString + Send,
        outcome: AuditOutcome,
        detail: impl Into<String> + Send,
    ) -> Result<(), OpsError> {
        let entry = AuditEntry {
            user,
            action: action.to_owned(),
            target: cut(&target.to_string()),
            outcome,
            detail: cut(&detail.into()),
            request: request_id::current(),
            at: self.now(),
        };
        self.database.audit().append(&entry).await.map_err(stored)?;
        Ok(())
    }

    /// Notes how an act ended: done, refused, or failed and why. `detail` is what was asked for.
    ///
    /// # Errors
    /// Faults of the store; the act's own outcome is the caller's to pass on.
    pub async fn audit_end<T: Sync>(
        &self,
        user: UserId,
        (action, target): (&str, &(dyn Display + Sync)),
        detail: impl Display + Send,
        ended: &Answer<T>,
    ) -> Result<(), OpsError> {
        let (outcome, detail) = match ended {
            Ok(_) => (AuditOutcome::Done, detail.to_string()),
            Err(error) if is_refusal(error.code) => {
                (AuditOutcome::Denied, format!("{}: {detail}", error.message))
            }
            Err(error) => (AuditOutcome::Failed, format!("{}: {detail}", error.message)),
        };
        self.audit(
            Some(user),
            action,
            target,
            outcome,
            detail.trim_end_matches(": "),
        )
        .await
    }

    /// The user an unattended task works for, with every scope.
    ///
    /// # Errors
    /// `NotFound` when the account is gone.
    pub async fn owner(&self, id: UserId) -> Result<User, OpsError> {
        let account = self.database.users().by_id(id).await.map_err(stored)?;
        let account = account.ok_or_else(|| OpsError::not_found("user"))?;
        Ok(User {
            id: account.id,
            name: account.name,
            is_admin: account.is_admin,
            scopes: Scope::ALL.into_iter().collect(),
        })
    }
}

/// Whether an act was not allowed, rather than tried and failed.
const fn is_refusal(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::Forbidden | ErrorCode::NotPermittedHere | ErrorCode::ClusterForbids
    )
}

/// The first 200 characters: what somebody types is not kept for ever at any length.
fn cut(text: &str) -> String {
    text.chars().take(200).collect()
}

/// What a failure of the store means to whoever asked; faults of our own are logged here, with their causes.
pub(crate) fn stored(error: StoreError) -> OpsError {
    if error.is_fault() {
        tracing::error!(error = error.chain(), "the store failed");
    }
    OpsError::from(error)
}

/// Logs a failure of our own with its causes, and says only that it was ours.
pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> OpsError {
    let causes: Vec<String> = std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect();
    tracing::error!(error = causes.join(": "), "internal failure");
    OpsError::internal()
}
