//! What was measured before: from whatever outside keeps it, else from our own samples.

use std::{sync::Arc, time::Duration};

use domain::{
    OpsError,
    ids::{ClusterId, UserId},
    ports::Answer,
    series::{Metric, Series, Subject},
    time::{Seconds, Timestamp},
};
use moka::future::Cache;
use store::Database;

use super::{connections::Connection, stored};

/// The product's own resolution: five minutes.
pub const STEP: Seconds = Seconds(300);
/// What a chart shows first.
pub const DAY: Seconds = Seconds(86_400);
/// What a forecast looks back on.
pub const FORTNIGHT: Seconds = Seconds(14 * 86_400);
/// A series asked for again within this time is not read again.
const FRESH: Duration = Duration::from_secs(30);

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    user: UserId,
    cluster: ClusterId,
    subject: Subject,
    metric: Metric,
    span: i64,
}

/// Past measurements, briefly cached.
pub struct History {
    cache: Cache<Key, Arc<Series>>,
}

impl Default for History {
    fn default() -> Self {
        Self {
            cache: Cache::builder()
                .max_capacity(2_000)
                .time_to_live(FRESH)
                .build(),
        }
    }
}

impl History {
    /// The last `span` of a metric at [`STEP`], in the metric's own unit; empty when nothing was measured.
    ///
    /// # Errors
    /// Whatever the keeper of the past answers.
    pub async fn last(
        &self,
        database: &Database,
        asker: (UserId, &Connection),
        (subject, metric): (&Subject, Metric),
        span: Seconds,
        now: Timestamp,
    ) -> Answer<Arc<Series>> {
        let (user, connection) = asker;
        let key = Key {
            user,
            cluster: connection.cluster.id,
            subject: subject.clone(),
            metric,
            span: span.0,
        };
        let read = async {
            let series = read(database, connection, subject, metric, (now - span, now)).await?;
            Ok(Arc::new(series))
        };
        self.cache
            .try_get_with(key, read)
            .await
            .map_err(|error: Arc<OpsError>| OpsError::clone(&error))
    }
}

async fn read(
    database: &Database,
    connection: &Connection,
    subject: &Subject,
    metric: Metric,
    (from, to): (Timestamp, Timestamp),
) -> Answer<Series> {
    if let Some(keeper) = &connection.history {
        return keeper.range(subject, metric, from, to, STEP).await;
    }
    let samples = database
        .samples()
        .range(connection.cluster.id, subject, metric, from, to)
        .await
        .map_err(stored)?;
    Ok(Series::from_samples(&samples, STEP))
}

/// The series with every value multiplied, for another unit.
#[must_use]
pub fn scaled(series: &Series, factor: f64) -> Series {
    Series {
        start: series.start,
        step: series.step,
        values: series
            .values
            .iter()
            .map(|value| value.map(|v| v * factor))
            .collect(),
    }
}

/// Millicores to cores.
pub const CORES: f64 = 1e-3;
/// Bytes to GiB.
pub const GIB: f64 = 1.0 / (1024.0 * 1024.0 * 1024.0);
