//! Background jobs and their events. A job and its newest event are always written together, events
//! are numbered without gaps, and the schema allows a job one terminal event.

use domain::{
    ErrorCode, OpsError,
    ids::{ClusterId, JobId, UserId},
    job::{Job, JobEvent, JobRequest, JobResult, JobStatus},
    time::{Seconds, Timestamp},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, sea_query::SimpleExpr,
};

use crate::{
    Database, Result, StoreError,
    clusters::owned,
    entity::{job_events, jobs},
    error::Doing,
    ids::random_uuid,
    rows::{
        from_json, from_json_option, insert, is_duplicate, ranged, stored, to_json, to_json_option,
        workload_key,
    },
};

/// When it may be worth asking for another job: one takes a few seconds.
const ONE_JOB: Seconds = Seconds(10);

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
        let transaction = self.database.begin().await?;
        owned(&transaction, user, request.cluster()).await?;
        if count_unfinished(&transaction, user).await? >= limit {
            return Err(StoreError::Refused(
                OpsError::rate_limited(format!("you have {limit} unfinished jobs"), ONE_JOB)
                    .hint("Wait for one to end, or cancel it."),
            ));
        }
        let row = new_row(user, request, now)?;
        let first = event_row(&row);
        insert(&transaction, row.clone())
            .await
            .map_err(|error| busy(error, request))?;
        insert(&transaction, first).await.doing("file a job")?;
        transaction.commit().await.doing("file a job")?;
        job_from(row)
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
        let transaction = self.database.begin().await?;
        let row = jobs::Entity::find_by_id(job.0)
            .one(&transaction)
            .await
            .doing("read a job")?
            .ok_or_else(no_such_job)?;
        if status_from(&row.status)?.is_terminal() {
            return Ok(None);
        }
        let row = advanced(row, step, now)?;
        write_back(&transaction, &row).await?;
        let event = event_row(&row);
        insert(&transaction, event.clone())
            .await
            .doing("add a job event")?;
        transaction.commit().await.doing("add a job event")?;
        event_from(event).map(Some)
    }

    /// One job of the user's.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get(&self, user: UserId, job: JobId) -> Result<Job> {
        job_from(self.row(user, job).await?)
    }

    /// Jobs on a cluster of the user's, newest first, at most 100.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn list(&self, user: UserId, cluster: ClusterId) -> Result<Vec<Job>> {
        let rows = jobs::Entity::find()
            .filter(jobs::Column::UserId.eq(user.0))
            .filter(jobs::Column::ClusterId.eq(cluster.0))
            .order_by_desc(jobs::Column::CreatedAt)
            .order_by_asc(jobs::Column::Id)
            .limit(100)
            .all(self.database.reader())
            .await
            .doing("list jobs")?;
        rows.into_iter().map(job_from).collect()
    }

    /// Events of a job of the user's after `after` (0 for all), in order.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn events(&self, user: UserId, job: JobId, after: u64) -> Result<Vec<JobEvent>> {
        self.row(user, job).await?;
        let rows = job_events::Entity::find()
            .filter(job_events::Column::JobId.eq(job.0))
            .filter(job_events::Column::Sequence.gt(stored(after)))
            .order_by_asc(job_events::Column::Sequence)
            .all(self.database.reader())
            .await
            .doing("read job events")?;
        rows.into_iter().map(event_from).collect()
    }

    /// Notes that its user wants a job to stop. Whoever runs it ends it; a job that has ended stays as it is.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn request_cancel(&self, user: UserId, job: JobId) -> Result<Job> {
        let change = jobs::ActiveModel {
            cancel_requested: Set(true),
            ..Default::default()
        };
        jobs::Entity::update_many()
            .set(change)
            .filter(mine(user, job))
            .filter(is_unfinished())
            .exec(self.database.writer())
            .await
            .doing("cancel a job")?;
        self.get(user, job).await
    }

    /// Whether a job was asked to stop; also true when it is gone.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn is_cancel_requested(&self, job: JobId) -> Result<bool> {
        let row = jobs::Entity::find_by_id(job.0)
            .one(self.database.reader())
            .await
            .doing("read a job")?;
        Ok(row.is_none_or(|row| row.cancel_requested))
    }

    /// Takes an unfinished job to run it. Of any number of callers exactly one gets it, once per
    /// [`Self::release_claims`].
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn claim(&self, job: JobId, now: Timestamp) -> Result<Option<OwnedJob>> {
        let change = jobs::ActiveModel {
            claimed_at: Set(Some(now.0)),
            ..Default::default()
        };
        let claimed = jobs::Entity::update_many()
            .set(change)
            .filter(jobs::Column::Id.eq(job.0))
            .filter(is_unfinished())
            .filter(jobs::Column::ClaimedAt.is_null())
            .exec_with_returning(self.database.writer())
            .await
            .doing("claim a job")?;
        claimed.into_iter().next().map(owned_job).transpose()
    }

    /// Forgets who ran what: at the start of a server that holds the [`crate::InstanceLock`].
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn release_claims(&self) -> Result<()> {
        let change = jobs::ActiveModel {
            claimed_at: Set(None),
            ..Default::default()
        };
        jobs::Entity::update_many()
            .set(change)
            .filter(is_unfinished())
            .exec(self.database.writer())
            .await
            .doing("release claimed jobs")?;
        Ok(())
    }

    /// Jobs that have not ended, oldest first.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn unfinished(&self) -> Result<Vec<OwnedJob>> {
        let rows = jobs::Entity::find()
            .filter(is_unfinished())
            .order_by_asc(jobs::Column::CreatedAt)
            .order_by_asc(jobs::Column::Id)
            .all(self.database.reader())
            .await
            .doing("list unfinished jobs")?;
        rows.into_iter().map(owned_job).collect()
    }

    async fn row(&self, user: UserId, job: JobId) -> Result<jobs::Model> {
        jobs::Entity::find()
            .filter(mine(user, job))
            .one(self.database.reader())
            .await
            .doing("read a job")?
            .ok_or_else(no_such_job)
    }
}

fn mine(user: UserId, job: JobId) -> Condition {
    Condition::all()
        .add(jobs::Column::Id.eq(job.0))
        .add(jobs::Column::UserId.eq(user.0))
}

fn is_unfinished() -> SimpleExpr {
    jobs::Column::Status.eq(JobStatus::Processing.as_str())
}

fn no_such_job() -> StoreError {
    StoreError::NotFound { thing: "job" }
}

fn busy(error: DbErr, request: &JobRequest) -> StoreError {
    if is_duplicate(&error) {
        return StoreError::Refused(
            OpsError::new(
                ErrorCode::Conflict,
                format!("another job is at work: {}", request.title()),
            )
            .hint("Wait until it has ended, or cancel it."),
        );
    }
    StoreError::Query {
        doing: "file a job",
        source: error,
    }
}

async fn count_unfinished<C: ConnectionTrait>(connection: &C, user: UserId) -> Result<u64> {
    jobs::Entity::find()
        .filter(jobs::Column::UserId.eq(user.0))
        .filter(is_unfinished())
        .count(connection)
        .await
        .doing("count unfinished jobs")
}

/// Writes a job back; only an unfinished one moves.
async fn write_back<C: ConnectionTrait>(connection: &C, row: &jobs::Model) -> Result<()> {
    let change = jobs::ActiveModel {
        status: Set(row.status.clone()),
        progress: Set(row.progress),
        message: Set(row.message.clone()),
        result: Set(row.result.clone()),
        error: Set(row.error.clone()),
        last_sequence: Set(row.last_sequence),
        updated_at: Set(row.updated_at),
        ..Default::default()
    };
    jobs::Entity::update_many()
        .set(change)
        .filter(jobs::Column::Id.eq(row.id))
        .filter(is_unfinished())
        .exec(connection)
        .await
        .doing("write a job")?;
    Ok(())
}

/// What no two unfinished jobs in a cluster may work on at once.
fn subject(request: &JobRequest) -> String {
    match request {
        JobRequest::PredictiveAutoscaling { workload, .. } => {
            format!("predictive autoscaling {}", workload_key(workload))
        }
    }
}

fn new_row(user: UserId, request: &JobRequest, now: Timestamp) -> Result<jobs::Model> {
    Ok(jobs::Model {
        id: random_uuid()?,
        user_id: user.0,
        cluster_id: request.cluster().0,
        subject: subject(request),
        request: to_json("job request", request)?,
        status: JobStatus::Processing.as_str().to_owned(),
        progress: 0,
        message: "waiting to start".to_owned(),
        result: None,
        error: None,
        cancel_requested: false,
        claimed_at: None,
        last_sequence: 1,
        created_at: now.0,
        updated_at: now.0,
    })
}

/// The job after a step. Progress never runs backwards.
fn advanced(row: jobs::Model, step: &JobStep, now: Timestamp) -> Result<jobs::Model> {
    Ok(jobs::Model {
        status: step.status.as_str().to_owned(),
        progress: i64::from(step.progress.min(100)).max(row.progress),
        message: step.message.clone(),
        result: to_json_option("job result", step.result.as_ref())?,
        error: to_json_option("job error", step.error.as_ref())?,
        last_sequence: row.last_sequence + 1,
        updated_at: now.0,
        ..row
    })
}

/// The event that says what the job's row says.
fn event_row(row: &jobs::Model) -> job_events::Model {
    job_events::Model {
        job_id: row.id,
        sequence: row.last_sequence,
        progress: row.progress,
        message: row.message.clone(),
        status: row.status.clone(),
        result: row.result.clone(),
        error: row.error.clone(),
        at: row.updated_at,
    }
}

fn status_from(word: &str) -> Result<JobStatus> {
    [
        JobStatus::Processing,
        JobStatus::Completed,
        JobStatus::Failed,
        JobStatus::Cancelled,
    ]
    .into_iter()
    .find(|status| status.as_str() == word)
    .ok_or(StoreError::OutOfRange { what: "job status" })
}

fn owned_job(row: jobs::Model) -> Result<OwnedJob> {
    Ok(OwnedJob {
        owner: UserId(row.user_id),
        cancel_requested: row.cancel_requested,
        job: job_from(row)?,
    })
}

fn job_from(row: jobs::Model) -> Result<Job> {
    Ok(Job {
        id: JobId(row.id),
        request: from_json("job request", &row.request)?,
        status: status_from(&row.status)?,
        progress: ranged("job progress", row.progress)?,
        message: row.message,
        result: from_json_option("job result", row.result.as_deref())?,
        error: from_json_option("job error", row.error.as_deref())?,
        created_at: Timestamp(row.created_at),
        updated_at: Timestamp(row.updated_at),
    })
}

fn event_from(row: job_events::Model) -> Result<JobEvent> {
    Ok(JobEvent {
        sequence: ranged("job event number", row.sequence)?,
        progress: ranged("job progress", row.progress)?,
        message: row.message,
        status: status_from(&row.status)?,
        at: Timestamp(row.at),
        result: from_json_option("job result", row.result.as_deref())?,
        error: from_json_option("job error", row.error.as_deref())?,
    })
}

#[cfg(test)]
mod tests;
