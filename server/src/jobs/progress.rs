//! A running job's own view of itself: steps forward, and whether it may go on.

use std::sync::atomic::{AtomicU8, Ordering};

use domain::{OpsError, ids::JobId};
use store::jobs::JobStep;
use tokio::sync::broadcast;

use crate::services::{SharedCore, stored};

/// Why a job does not go on.
#[derive(Debug)]
pub enum Stop {
    /// Its user asked it to.
    Cancelled,
    /// Something failed.
    Failed(OpsError),
    /// It has already ended, or is gone with its cluster.
    Ended,
}

impl From<OpsError> for Stop {
    fn from(error: OpsError) -> Self {
        Self::Failed(error)
    }
}

/// Where a job reports its steps.
pub struct Progress {
    core: SharedCore,
    job: JobId,
    percent: AtomicU8,
    notices: broadcast::Sender<JobId>,
}

impl Progress {
    pub(super) fn new(
        core: &SharedCore,
        job: JobId,
        percent: u8,
        notices: broadcast::Sender<JobId>,
    ) -> Self {
        Self {
            core: SharedCore::clone(core),
            job,
            percent: AtomicU8::new(percent),
            notices,
        }
    }

    /// How far it has come, 0 to 100.
    #[must_use]
    pub fn percent(&self) -> u8 {
        self.percent.load(Ordering::Relaxed)
    }

    /// Reports a phase that begins, unless the job was asked to stop. A job taken up again after a restart never
    /// goes back: its first phases are reported at the percentage it had reached.
    ///
    /// # Errors
    /// [`Stop`], to be passed on.
    pub async fn step(&self, percent: u8, message: impl Into<String> + Send) -> Result<(), Stop> {
        let cancelled = self
            .core
            .database
            .jobs()
            .is_cancel_requested(self.job)
            .await;
        if cancelled.map_err(stored)? {
            return Err(Stop::Cancelled);
        }
        let percent = percent.max(self.percent());
        self.percent.store(percent, Ordering::Relaxed);
        self.write(&JobStep::processing(percent, message)).await
    }

    /// Writes the last step.
    ///
    /// # Errors
    /// `Internal` when the store fails.
    pub(super) async fn end(&self, step: JobStep) -> Result<(), OpsError> {
        match self.write(&step).await {
            Ok(()) | Err(Stop::Ended | Stop::Cancelled) => Ok(()),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    async fn write(&self, step: &JobStep) -> Result<(), Stop> {
        let jobs = self.core.database.jobs();
        let written = jobs.append_event(self.job, step, self.core.now()).await;
        // Nobody watching is fine: whoever comes later reads the events from the store.
        let _ = self.notices.send(self.job);
        match written {
            Ok(Some(_)) => Ok(()),
            Ok(None) | Err(store::StoreError::NotFound { .. }) => Err(Stop::Ended),
            Err(error) => Err(Stop::Failed(stored(error))),
        }
    }
}
