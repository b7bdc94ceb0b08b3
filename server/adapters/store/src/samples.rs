//! Measurements of clusters and workloads, kept for 14 days.
//!
//! Asked by cluster: the caller has made sure whose it is.

use domain::{
    ids::ClusterId,
    series::{Metric, Subject},
    time::{Seconds, Timestamp},
};

use crate::{Database, Result};

/// How long measurements are kept.
pub const RETENTION: Seconds = Seconds(14 * 86_400);

/// One measurement in its metric's own unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Whose.
    pub subject: Subject,
    /// Of what.
    pub metric: Metric,
    /// When.
    pub at: Timestamp,
    /// The value; what is not finite is not stored.
    pub value: f64,
}

/// Measurements.
#[derive(Debug, Clone)]
pub struct Samples {
    database: Database,
}

impl Samples {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Stores measurements, all or none; a second value for the same time replaces the first.
    ///
    /// # Errors
    /// Faults of the database only (among them a cluster that is gone).
    pub async fn insert(&self, cluster: ClusterId, samples: &[Sample]) -> Result<()> {
        todo!("samples.insert")
    }

    /// Measurements in `[from, to]`, oldest first.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn range(
        &self,
        cluster: ClusterId,
        subject: &Subject,
        metric: Metric,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(Timestamp, f64)>> {
        todo!("samples.range")
    }

    /// When the newest measurement was made.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn newest(
        &self,
        cluster: ClusterId,
        subject: &Subject,
        metric: Metric,
    ) -> Result<Option<Timestamp>> {
        todo!("samples.newest")
    }

    /// Deletes what is older than [`RETENTION`]; how many.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn thin(&self, now: Timestamp) -> Result<u64> {
        todo!("samples.thin")
    }

    /// Deletes every measurement of a cluster.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn delete_cluster(&self, cluster: ClusterId) -> Result<()> {
        todo!("samples.delete_cluster")
    }
}
