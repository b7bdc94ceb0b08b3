//! Background jobs and their events. A job and its newest event are always written together, events
//! are numbered without gaps, and the schema allows a job one terminal event.

use domain::{
    ErrorCode, OpsError,
    ids::{ClusterId, JobId, UserId},
    job::{Job, JobEvent, JobRequest, JobResult, JobStatus},
    time::Timestamp,
};

use crate::{Database, Result, StoreError};

/// The next step of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct JobStep {
    /// 0 to 100.
    pub progress: u8,
    /// The phase in words.
    pub message: String,
    /// Where the job stands after it.
    pub status: JobStatus,
    /// What it came to, when it completed.
    pub result: Option<JobResult>,
    /// Why it failed, when it did.
    pub error: Option<OpsError>,
}

impl JobStep {
    /// It goes on.
    #[must_use]
    pub fn processing(progress: u8, message: impl Into<String>) -> Self {
        Self {
            progress,
            message: message.into(),
            status: JobStatus::Processing,
            result: None,
            error: None,
        }
    }

    /// It ended well, at 100 %.
    #[must_use]
    pub fn completed(message: impl Into<String>, result: JobResult) -> Self {
        Self {
            status: JobStatus::Completed,
            result: Some(result),
            ..Self::processing(100, message)
        }
    }

    /// It ended badly at `progress`; the error's own words are the message.
    #[must_use]
    pub fn failed(progress: u8, error: OpsError) -> Self {
        Self {
            status: JobStatus::Failed,
            ..Self::processing(progress, error.message.clone()).because(error)
        }
    }

    /// Its user stopped it at `progress`.
    #[must_use]
    pub fn cancelled(progress: u8) -> Self {
        Self {
            status: JobStatus::Cancelled,
            ..Self::processing(progress, "cancelled")
        }
    }

    fn because(self, error: OpsError) -> Self {
        Self {
            error: Some(error),
            ..self
        }
    }
}

/// A job with the user it works for.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnedJob {
    /// For whom.
    pub owner: UserId,
    /// The job.
    pub job: Job,
    /// Whether its user has asked it to stop.
    pub cancel_requested: bool,
}

/// Background jobs.
#[derive(Debug, Clone)]
pub struct Jobs {
    database: Database,
}

impl Jobs {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Files a job, with its first event (sequence 1, progress 0).
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the cluster is not the user's; [`StoreError::Refused`] with
    /// `Conflict` while another job works on the same thing, with `RateLimited` when the user has
    /// `limit` unfinished jobs.
    pub async fn create(
        &self,
        user: UserId,
        request: &JobRequest,
        limit: u64,
        now: Timestamp,
    ) -> Result<Job> {
        todo!("jobs.create")
    }

    /// Takes a job step: job and event in one transaction, the next sequence number. `None` when the
    /// job has already ended; nothing is written then.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the job is gone (its cluster was removed).
    pub async fn append_event(
        &self,
        job: JobId,
        step: &JobStep,
        now: Timestamp,
    ) -> Result<Option<JobEvent>> {
        todo!("jobs.append_event")
    }

    /// One job of the user's.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get(&self, user: UserId, job: JobId) -> Result<Job> {
        todo!("jobs.get")
    }

    /// Jobs on a cluster of the user's, newest first, at most 100.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn list(&self, user: UserId, cluster: ClusterId) -> Result<Vec<Job>> {
        todo!("jobs.list")
    }

    /// Events of a job of the user's after `after` (0 for all), in order.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn events(&self, user: UserId, job: JobId, after: u64) -> Result<Vec<JobEvent>> {
        todo!("jobs.events")
    }

    /// Notes that its user wants a job to stop. Whoever runs it ends it; a job that has ended stays as it is.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn request_cancel(&self, user: UserId, job: JobId) -> Result<Job> {
        todo!("jobs.request_cancel")
    }

    /// Whether a job was asked to stop; also true when it is gone.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn is_cancel_requested(&self, job: JobId) -> Result<bool> {
        todo!("jobs.is_cancel_requested")
    }

    /// Takes an unfinished job to run it. Of any number of callers exactly one gets it, once per
    /// [`Self::release_claims`].
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn claim(&self, job: JobId, now: Timestamp) -> Result<Option<OwnedJob>> {
        todo!("jobs.claim")
    }

    /// Forgets who ran what: at the start of a server that holds the [`crate::InstanceLock`].
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn release_claims(&self) -> Result<()> {
        todo!("jobs.release_claims")
    }

    /// Jobs that have not ended, oldest first.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn unfinished(&self) -> Result<Vec<OwnedJob>> {
        todo!("jobs.unfinished")
    }

    /// How many of a user's jobs have not ended.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn unfinished_count(&self, user: UserId) -> Result<u64> {
        todo!("jobs.unfinished_count")
    }
}
