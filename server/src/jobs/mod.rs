//! Runs background jobs: each to exactly one end, through cancellation, panic and restart.
//!
//! A job *is* its stored arguments ([`domain::job::JobRequest`]); one file per kind says how it runs. Events are
//! written to the store first and announced afterwards, so that whoever watches can always read up from where
//! it stopped.

mod predictive_autoscaling;
mod progress;

use std::{panic::AssertUnwindSafe, sync::Arc};

use domain::{
    OpsError,
    ids::JobId,
    job::{JobRequest, JobResult},
};
use futures::FutureExt as _;
use store::jobs::{JobStep, OwnedJob};
use tokio::sync::{Semaphore, broadcast};
use tokio_util::task::TaskTracker;

use crate::services::{SharedCore, stored};

pub use self::progress::{Progress, Stop};

/// So many jobs run at the same time; the others wait.
const AT_ONCE: usize = 8;
/// Announcements a slow watcher may miss before it has to look for itself.
const NOTICES: usize = 1024;

/// The job runner. Clones share it.
#[derive(Clone)]
pub struct Runner {
    core: SharedCore,
    tasks: TaskTracker,
    turns: Arc<Semaphore>,
    notices: broadcast::Sender<JobId>,
}

impl Runner {
    /// A runner with nothing to do yet.
    #[must_use]
    pub fn new(core: SharedCore) -> Self {
        Self {
            core,
            tasks: TaskTracker::new(),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            notices: broadcast::channel(NOTICES).0,
        }
    }

    /// Hears which jobs have moved.
    #[must_use]
    pub fn notices(&self) -> broadcast::Receiver<JobId> {
        self.notices.subscribe()
    }

    /// Runs a stored job as soon as there is a turn.
    pub fn start(&self, job: JobId) {
        let runner = self.clone();
        self.tasks.spawn(async move {
            let Ok(_turn) = runner.turns.acquire().await else {
                return;
            };
            match runner
                .core
                .database
                .jobs()
                .claim(job, runner.core.now())
                .await
            {
                Ok(Some(owned)) => runner.run(owned).await,
                Ok(None) => {}
                Err(error) => {
                    stored(error);
                }
            }
        });
    }

    /// Takes up what an earlier process left unfinished. Call once, at start.
    ///
    /// # Errors
    /// `Internal` when the store fails.
    pub async fn resume(&self) -> Result<(), OpsError> {
        let jobs = self.core.database.jobs();
        jobs.release_claims().await.map_err(stored)?;
        for unfinished in jobs.unfinished().await.map_err(stored)? {
            self.start(unfinished.job.id);
        }
        Ok(())
    }

    /// Waits for the running jobs; what is cut off is taken up at the next start.
    pub async fn stop(&self) {
        self.turns.close();
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn run(&self, owned: OwnedJob) {
        let job = owned.job.id;
        let progress = Progress::new(&self.core, job, owned.job.progress, self.notices.clone());
        let work = AssertUnwindSafe(self.work(owned, &progress)).catch_unwind();
        let ended = match work.await {
            Ok(Ok((message, result))) => JobStep::completed(message, result),
            Ok(Err(Stop::Failed(error))) => JobStep::failed(progress.percent(), error),
            Ok(Err(Stop::Cancelled)) => JobStep::cancelled(progress.percent()),
            Ok(Err(Stop::Ended)) => return,
            Err(_panic) => {
                tracing::error!(%job, "a job panicked");
                JobStep::failed(progress.percent(), OpsError::internal())
            }
        };
        if let Err(error) = progress.end(ended).await {
            tracing::error!(%job, error = error.message, "a job's end could not be stored");
        }
    }

    async fn work(
        &self,
        owned: OwnedJob,
        progress: &Progress,
    ) -> Result<(String, JobResult), Stop> {
        match owned.job.request {
            JobRequest::PredictiveAutoscaling {
                cluster,
                workload,
                bounds,
            } => {
                let run = predictive_autoscaling::Run {
                    core: &self.core,
                    owner: owned.owner,
                    job: owned.job.id,
                    cluster,
                    workload,
                    bounds,
                };
                run.to_its_end(progress).await
            }
        }
    }
}
