//! What is to be seen in a cluster. One look serves everybody who asks within a moment.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    OpsError,
    account::User,
    cluster::{ConnectionState, Overview, WorkloadUsage},
    ids::{ClusterId, NamespaceScope, UserId},
    ports::{Answer, ObservationsPort},
    resources::Availability,
    series::{Metric, Series, Subject},
    snapshot::ClusterSnapshot,
};
use moka::future::Cache;

use super::{
    SharedCore,
    connections::Connection,
    history::{CORES, DAY, GIB, scaled},
    overview, stored,
};

/// A look at a cluster is reused for this long.
const FRESH: Duration = Duration::from_secs(2);

/// The last look is shown for this long while a cluster does not answer.
const REMEMBERED: Duration = Duration::from_secs(3_600);
/// Looks kept.
const LOOKS: u64 = 1_000;

/// [`ObservationsPort`] over the connections.
pub struct Observations {
    core: SharedCore,
    overviews: Cache<Whose, Arc<Overview>>,
    last: Cache<Whose, Arc<Overview>>,
}

/// Whose look at what, with which credentials: others may see other things.
type Whose = (UserId, ClusterId, String);

impl Observations {
    /// Over `core`.
    #[must_use]
    pub fn new(core: SharedCore) -> Self {
        Self {
            core,
            overviews: looks(FRESH),
            last: looks(REMEMBERED),
        }
    }

    /// How it stands now, else how it last stood together with what the cluster says.
    async fn look_or_remember(
        &self,
        user: &User,
        connection: &Connection,
        whose: &Whose,
    ) -> Answer<Arc<Overview>> {
        match self.look(user, connection).await {
            Ok(overview) => {
                self.last.insert(whose.clone(), Arc::clone(&overview)).await;
                Ok(overview)
            }
            Err(error) => {
                let last = self.last.get(whose).await.ok_or_else(|| error.clone())?;
                Ok(Arc::new(Overview {
                    stale: Some(error),
                    ..Overview::clone(&last)
                }))
            }
        }
    }

    async fn look(&self, user: &User, connection: &Connection) -> Answer<Arc<Overview>> {
        let snapshot = connection.port.snapshot(self.core.now()).await;
        self.note_contact(user, connection, snapshot.as_ref().err())
            .await?;
        let snapshot = snapshot?;
        let (cpu, memory) = tokio::join!(
            self.past(user, connection, Metric::Cpu, CORES),
            self.past(user, connection, Metric::Memory, GIB),
        );
        Ok(Arc::new(compose(connection, &snapshot, cpu, memory)))
    }

    /// Remembers that a cluster stopped or started answering, so that the list of clusters says so.
    async fn note_contact(
        &self,
        user: &User,
        connection: &Connection,
        error: Option<&OpsError>,
    ) -> Answer<()> {
        let state = match (error, &connection.cluster.connection) {
            // A cluster that is given a rest: nothing was found out.
            (Some(error), _) if error.retry_after.is_some() => return Ok(()),
            (Some(error), _) => ConnectionState::Failed {
                error: error.clone(),
            },
            (None, ConnectionState::Connected { .. }) => return Ok(()),
            (None, ConnectionState::Unverified | ConnectionState::Failed { .. }) => {
                ConnectionState::Connected {
                    version: connection.port.version().await?,
                }
            }
        };
        let clusters = self.core.database.clusters();
        let now = self.core.now();
        clusters
            .set_connection(user.id, connection.cluster.id, &state, now)
            .await
            .map_err(stored)?;
        Ok(())
    }

    async fn past(
        &self,
        user: &User,
        connection: &Connection,
        metric: Metric,
        factor: f64,
    ) -> Availability<Series> {
        let core = &self.core;
        let series = core
            .history
            .last(
                &core.database,
                (user.id, connection),
                (&Subject::Cluster, metric),
                DAY,
                core.now(),
            )
            .await;
        match series {
            Ok(series) if series.measured() > 0 => Availability::Available(scaled(&series, factor)),
            Ok(_) => Availability::Unavailable(
                "nothing has been measured yet; the first value comes within five minutes"
                    .to_owned(),
            ),
            Err(error) => Availability::Unavailable(error.message),
        }
    }
}

fn looks(kept_for: Duration) -> Cache<Whose, Arc<Overview>> {
    Cache::builder()
        .max_capacity(LOOKS)
        .time_to_live(kept_for)
        .build()
}

fn compose(
    connection: &Connection,
    snapshot: &ClusterSnapshot,
    cpu: Availability<Series>,
    memory: Availability<Series>,
) -> Overview {
    overview::compose(connection.cluster.clone(), snapshot, cpu, memory)
}

#[async_trait]
impl ObservationsPort for Observations {
    async fn overview(&self, user: &User, cluster: ClusterId) -> Answer<Overview> {
        let core = &self.core;
        // Whose it is, is asked every time; only the look itself is shared between a moment's requests.
        let connection = core
            .connections
            .open(&core.database, user.id, cluster)
            .await?;
        let fingerprint = connection.cluster.fingerprint.clone();
        let whose = (user.id, cluster, fingerprint);
        let seen = self
            .overviews
            .try_get_with_by_ref(&whose, self.look_or_remember(user, &connection, &whose))
            .await
            .map_err(|error: Arc<OpsError>| OpsError::clone(&error))?;
        Ok(Overview {
            cluster: connection.cluster,
            ..Overview::clone(&seen)
        })
    }

    async fn workloads(
        &self,
        user: &User,
        cluster: ClusterId,
        scope: &NamespaceScope,
    ) -> Answer<Vec<WorkloadUsage>> {
        let core = &self.core;
        let connection = core
            .connections
            .open(&core.database, user.id, cluster)
            .await?;
        let snapshot = connection.port.snapshot(core.now()).await?;
        let mut workloads = overview::usage_of_workloads(&snapshot);
        workloads.retain(|usage| {
            scope
                .namespace()
                .is_none_or(|namespace| usage.workload.reference.namespace.as_str() == namespace)
        });
        Ok(workloads)
    }
}
