//! Measurements of clusters and workloads, kept for 14 days.
//!
//! Asked by cluster: the caller has made sure whose it is.

use std::collections::HashMap;

use domain::{
    ids::ClusterId,
    series::{Metric, Subject},
    time::{Seconds, Timestamp},
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict, Query},
};

use crate::{
    Database, Result, StoreError,
    entity::{sample_series, samples},
    error::Doing,
    rows::{is_dangling, workload_key},
};

/// How long measurements are kept.
pub const RETENTION: Seconds = Seconds(14 * 86_400);
/// Rows put into one statement; three parameters each, far below SQLite's limit of 32,766.
const ROWS_PER_STATEMENT: usize = 1000;

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
        let transaction = self.database.begin().await?;
        let mut known = HashMap::new();
        let mut rows = Vec::with_capacity(samples.len());
        for sample in samples.iter().filter(|sample| sample.value.is_finite()) {
            let name = (subject_key(&sample.subject), sample.metric);
            let series_id = match known.get(&name) {
                Some(id) => *id,
                None => ensure_series(&transaction, cluster, &name).await?,
            };
            known.insert(name, series_id);
            rows.push(samples::ActiveModel {
                series_id: Set(series_id),
                at: Set(sample.at.0),
                value: Set(sample.value),
            });
        }
        for batch in rows.chunks(ROWS_PER_STATEMENT) {
            write_batch(&transaction, batch).await?;
        }
        transaction.commit().await.doing("store measurements")
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
        let Some(series) = self.series(cluster, subject, metric).await? else {
            return Ok(Vec::new());
        };
        let rows: Vec<(i64, f64)> = samples::Entity::find()
            .select_only()
            .columns([samples::Column::At, samples::Column::Value])
            .filter(samples::Column::SeriesId.eq(series))
            .filter(samples::Column::At.between(from.0, to.0))
            .order_by_asc(samples::Column::At)
            .into_tuple()
            .all(self.database.reader())
            .await
            .doing("read measurements")?;
        let timed = |(at, value)| (Timestamp(at), value);
        Ok(rows.into_iter().map(timed).collect())
    }

    /// Deletes what is older than [`RETENTION`]; how many.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn thin(&self, now: Timestamp) -> Result<u64> {
        let transaction = self.database.begin().await?;
        // Naming the series lets the database walk the front of each one instead of every row.
        let all_series = Query::select()
            .column(sample_series::Column::Id)
            .from(sample_series::Entity)
            .to_owned();
        let gone = samples::Entity::delete_many()
            .filter(samples::Column::SeriesId.in_subquery(all_series))
            .filter(samples::Column::At.lt((now - RETENTION).0))
            .exec(&transaction)
            .await
            .doing("delete old measurements")?;
        delete_empty_series(&transaction).await?;
        transaction
            .commit()
            .await
            .doing("delete old measurements")?;
        Ok(gone.rows_affected)
    }

    async fn series(
        &self,
        cluster: ClusterId,
        subject: &Subject,
        metric: Metric,
    ) -> Result<Option<i64>> {
        find_series(
            self.database.reader(),
            cluster,
            &(subject_key(subject), metric),
        )
        .await
    }
}

/// The text a subject is stored under.
fn subject_key(subject: &Subject) -> String {
    match subject {
        Subject::Cluster => "cluster".to_owned(),
        Subject::Workload(workload) => workload_key(workload),
    }
}

async fn find_series<C: ConnectionTrait>(
    connection: &C,
    cluster: ClusterId,
    (subject, metric): &(String, Metric),
) -> Result<Option<i64>> {
    let row = sample_series::Entity::find()
        .filter(sample_series::Column::ClusterId.eq(cluster.0))
        .filter(sample_series::Column::Subject.eq(subject.as_str()))
        .filter(sample_series::Column::Metric.eq(metric.as_str()))
        .one(connection)
        .await
        .doing("find a series")?;
    Ok(row.map(|row| row.id))
}

async fn ensure_series<C: ConnectionTrait>(
    connection: &C,
    cluster: ClusterId,
    name: &(String, Metric),
) -> Result<i64> {
    if let Some(id) = find_series(connection, cluster, name).await? {
        return Ok(id);
    }
    let row = sample_series::ActiveModel {
        id: NotSet,
        cluster_id: Set(cluster.0),
        subject: Set(name.0.clone()),
        metric: Set(name.1.as_str().to_owned()),
    };
    match sample_series::Entity::insert(row).exec(connection).await {
        Ok(inserted) => Ok(inserted.last_insert_id),
        Err(error) if is_dangling(&error) => Err(StoreError::NotFound { thing: "cluster" }),
        Err(source) => Err(StoreError::Query {
            doing: "begin a series",
            source,
        }),
    }
}

async fn write_batch<C: ConnectionTrait>(
    connection: &C,
    batch: &[samples::ActiveModel],
) -> Result<()> {
    let same_time = OnConflict::columns([samples::Column::SeriesId, samples::Column::At])
        .update_column(samples::Column::Value)
        .to_owned();
    samples::Entity::insert_many(batch.iter().cloned())
        .on_conflict(same_time)
        .exec_without_returning(connection)
        .await
        .doing("store measurements")?;
    Ok(())
}

async fn delete_empty_series<C: ConnectionTrait>(connection: &C) -> Result<()> {
    let its_samples = Query::select()
        .expr(Expr::val(1))
        .from(samples::Entity)
        .and_where(
            Expr::col((samples::Entity, samples::Column::SeriesId))
                .equals((sample_series::Entity, sample_series::Column::Id)),
        )
        .to_owned();
    sample_series::Entity::delete_many()
        .filter(Expr::exists(its_samples).not())
        .exec(connection)
        .await
        .doing("delete empty series")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{NOW, fixture, workload};

    fn sample(subject: &Subject, after: i64, value: f64) -> Sample {
        Sample {
            subject: subject.clone(),
            metric: Metric::Cpu,
            at: NOW + Seconds(after),
            value,
        }
    }

    #[tokio::test]
    async fn gives_back_a_range_with_both_ends_oldest_first() {
        let fixture = fixture().await;
        let (samples, cluster) = (fixture.database.samples(), fixture.cluster);
        let shop = Subject::Workload(workload("storefront"));
        let kept: Vec<_> = [(120, 3.0), (0, 1.0), (60, 2.0), (180, 4.0)]
            .map(|(after, value)| sample(&shop, after, value))
            .into();
        samples.insert(cluster, &kept).await.unwrap();
        let to = NOW + Seconds(120);
        let range = samples
            .range(cluster, &shop, Metric::Cpu, NOW, to)
            .await
            .unwrap();
        let expected = [(0, 1.0), (60, 2.0), (120, 3.0)];
        assert_eq!(
            range,
            expected.map(|(after, value)| (NOW + Seconds(after), value))
        );
        for (subject, metric) in [(&Subject::Cluster, Metric::Cpu), (&shop, Metric::Memory)] {
            let none = samples
                .range(cluster, subject, metric, NOW, to)
                .await
                .unwrap();
            assert!(none.is_empty());
        }
    }

    #[tokio::test]
    async fn replaces_the_value_of_the_same_time_and_drops_what_is_not_finite() {
        let fixture = fixture().await;
        let (samples, cluster) = (fixture.database.samples(), fixture.cluster);
        for values in [[1.0, f64::NAN], [2.0, f64::INFINITY]] {
            let [first, second] = values;
            let batch = [
                sample(&Subject::Cluster, 0, first),
                sample(&Subject::Cluster, 60, second),
            ];
            samples.insert(cluster, &batch).await.unwrap();
        }
        let to = NOW + Seconds(60);
        let range = samples
            .range(cluster, &Subject::Cluster, Metric::Cpu, NOW, to)
            .await;
        assert_eq!(range.unwrap(), [(NOW, 2.0)]);
    }

    #[tokio::test]
    async fn takes_a_fortnight_of_minutes_in_one_transaction() {
        let fixture = fixture().await;
        let (samples, cluster) = (fixture.database.samples(), fixture.cluster);
        let minutes = 14 * 1440;
        let batch: Vec<_> = (0..minutes)
            .map(|minute| sample(&Subject::Cluster, minute * 60, minute as f64))
            .collect();
        samples.insert(cluster, &batch).await.unwrap();
        let to = NOW + Seconds(minutes * 60);
        let range = samples
            .range(cluster, &Subject::Cluster, Metric::Cpu, NOW, to)
            .await
            .unwrap();
        assert_eq!(range.len() as i64, minutes);
    }

    #[tokio::test]
    async fn deletes_what_is_older_than_a_fortnight() {
        let fixture = fixture().await;
        let (samples, cluster) = (fixture.database.samples(), fixture.cluster);
        let batch = [
            sample(&Subject::Cluster, -1 - RETENTION.0, 1.0),
            sample(&Subject::Cluster, -RETENTION.0, 2.0),
            sample(&Subject::Workload(workload("gone")), -1 - RETENTION.0, 3.0),
        ];
        samples.insert(cluster, &batch).await.unwrap();
        assert_eq!(samples.thin(NOW).await.unwrap(), 2);
        let start = Timestamp(0);
        let range = samples
            .range(cluster, &Subject::Cluster, Metric::Cpu, start, NOW)
            .await;
        assert_eq!(range.unwrap(), [(NOW - RETENTION, 2.0)]);
        let series = sample_series::Entity::find()
            .all(fixture.database.reader())
            .await;
        assert_eq!(series.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn keeps_clusters_apart_and_goes_with_its_own() {
        let fixture = fixture().await;
        let samples = fixture.database.samples();
        let (one, two) = (fixture.cluster, fixture.other_cluster);
        let batch = [sample(&Subject::Cluster, 0, 1.0)];
        samples.insert(one, &batch).await.unwrap();
        samples.insert(two, &batch).await.unwrap();
        let known = async |cluster| {
            let range = samples.range(cluster, &Subject::Cluster, Metric::Cpu, NOW, NOW);
            range.await.unwrap().len()
        };
        let clusters = fixture.database.clusters();
        clusters.delete(fixture.bob, two).await.unwrap();
        assert_eq!((known(one).await, known(two).await), (1, 0));
        let late = samples.insert(two, &batch).await;
        assert!(matches!(late, Err(StoreError::NotFound { .. })));
    }
}
