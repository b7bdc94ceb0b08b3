//! Background jobs.

use domain::{
    ids::{ClusterId, JobId},
    job::{Job, JobEvent},
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::api::gate;
use crate::error::AppError;

/// Jobs on a cluster, newest first.
#[server(prefix = "/api/fn", endpoint = "list_jobs")]
pub async fn list_jobs(cluster: ClusterId) -> Result<Vec<Job>, AppError> {
    gate::as_user::<ListJobs, _, _>(
        |ports, user| async move { ports.jobs.list(&user, cluster).await },
    )
    .await
}

/// One job.
#[server(prefix = "/api/fn", endpoint = "get_job")]
pub async fn get_job(job: JobId) -> Result<Job, AppError> {
    gate::as_user::<GetJob, _, _>(|ports, user| async move { ports.jobs.get(&user, job).await })
        .await
}

/// What a job has done so far, in order.
#[server(prefix = "/api/fn", endpoint = "job_events")]
pub async fn job_events(job: JobId) -> Result<Vec<JobEvent>, AppError> {
    gate::as_user::<JobEvents, _, _>(
        |ports, user| async move { ports.jobs.events(&user, job, 0).await },
    )
    .await
}

/// Asks a job to stop.
#[server(prefix = "/api/fn", endpoint = "cancel_job")]
pub async fn cancel_job(job: JobId) -> Result<Job, AppError> {
    gate::as_user::<CancelJob, _, _>(
        |ports, user| async move { ports.jobs.cancel(&user, job).await },
    )
    .await
}
