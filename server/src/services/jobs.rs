//! Background jobs as their user sees them; running them is [`crate::jobs`].

use async_trait::async_trait;
use domain::{
    account::User,
    ids::{ClusterId, JobId},
    job::{Job, JobEvent},
    ports::{Answer, JobsPort},
};

use super::{SharedCore, stored};

/// [`JobsPort`] over the store.
pub struct Jobs {
    core: SharedCore,
}

impl Jobs {
    /// Over `core`.
    #[must_use]
    pub fn new(core: SharedCore) -> Self {
        Self { core }
    }
}

#[async_trait]
impl JobsPort for Jobs {
    async fn list(&self, user: &User, cluster: ClusterId) -> Answer<Vec<Job>> {
        let database = &self.core.database;
        let clusters = database.clusters();
        clusters.get(user.id, cluster).await.map_err(stored)?;
        database.jobs().list(user.id, cluster).await.map_err(stored)
    }

    async fn get(&self, user: &User, job: JobId) -> Answer<Job> {
        self.core
            .database
            .jobs()
            .get(user.id, job)
            .await
            .map_err(stored)
    }

    async fn events(&self, user: &User, job: JobId, after: u64) -> Answer<Vec<JobEvent>> {
        self.core
            .database
            .jobs()
            .events(user.id, job, after)
            .await
            .map_err(stored)
    }

    async fn cancel(&self, user: &User, job: JobId) -> Answer<Job> {
        self.core
            .database
            .jobs()
            .request_cancel(user.id, job)
            .await
            .map_err(stored)
    }
}
