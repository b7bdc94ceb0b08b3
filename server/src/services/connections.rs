//! Live connections to clusters, one for each user, cluster, credentials and mode.

use std::{sync::Arc, time::Duration};

use domain::{
    ErrorCode, OpsError,
    cluster::{Cluster, ClusterMode},
    ids::{ClusterId, UserId},
    ports::{Answer, ClusterPort, HistoryPort},
};
use kube_cluster::{KubeCluster, guard::AddressPolicy, kubeconfig::Credentials};
use moka::sync::Cache;
use store::Database;

use super::stored;

/// Connections unused for this long are closed.
const IDLE: Duration = Duration::from_secs(600);
/// At most this many stay open.
const OPEN: u64 = 512;

/// The demo cluster of this server.
pub struct Demo {
    /// How to reach it, from its own kubeconfig.
    pub credentials: Credentials,
    /// Its past.
    pub history: Arc<dyn HistoryPort>,
}

/// A cluster ready to be asked.
#[derive(Clone)]
pub struct Connection {
    /// As registered.
    pub cluster: Cluster,
    /// What answers.
    pub port: Arc<dyn ClusterPort>,
    /// What keeps its past, when something outside does.
    pub history: Option<Arc<dyn HistoryPort>>,
}

/// Whose connection with which rights. Another user, other credentials or another mode is another connection.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    user: UserId,
    cluster: ClusterId,
    fingerprint: String,
    mode: ClusterMode,
}

/// All live connections.
pub struct Connections {
    policy: AddressPolicy,
    demo: Option<Demo>,
    open: Cache<Key, Arc<dyn ClusterPort>>,
}

impl Connections {
    /// No connection yet; every address will be held against `policy`.
    #[must_use]
    pub fn new(policy: AddressPolicy, demo: Option<Demo>) -> Self {
        Self {
            policy,
            demo,
            open: Cache::builder()
                .max_capacity(OPEN)
                .time_to_idle(IDLE)
                .build(),
        }
    }

    /// The demo cluster, when this server has one.
    #[must_use]
    pub fn demo(&self) -> Option<&Demo> {
        self.demo.as_ref()
    }

    /// A connection with credentials that belong to nobody yet.
    ///
    /// # Errors
    /// `KubeconfigRejected` when a certificate or key cannot be used.
    pub fn trial(&self, credentials: &Credentials, mode: ClusterMode) -> Answer<KubeCluster> {
        KubeCluster::connect(credentials, mode, self.policy)
    }

    /// The connection to a cluster of the user's.
    ///
    /// # Errors
    /// `NotFound` for a cluster that is not the user's; `Unavailable` for the demo cluster while it is off.
    pub async fn open(
        &self,
        database: &Database,
        user: UserId,
        cluster: ClusterId,
    ) -> Answer<Connection> {
        let cluster = database
            .clusters()
            .get(user, cluster)
            .await
            .map_err(stored)?;
        self.open_known(database, user, cluster).await
    }

    /// The connection to a cluster already read from the store as the user's.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_known(
        &self,
        database: &Database,
        user: UserId,
        cluster: Cluster,
    ) -> Answer<Connection> {
        let demo = self.demo.as_ref().filter(|_| cluster.is_demo);
        if cluster.is_demo && demo.is_none() {
            return Err(OpsError::new(
                ErrorCode::Unavailable,
                "the demo cluster is switched off on this server",
            )
            .hint("Start it with “ai4k8s serve --demo”."));
        }
        let fingerprint = demo.map_or_else(
            || cluster.fingerprint.clone(),
            |demo| demo.credentials.fingerprint(),
        );
        let key = Key {
            user,
            cluster: cluster.id,
            fingerprint,
            mode: cluster.mode,
        };
        let port = match self.open.get(&key) {
            Some(port) => port,
            None => {
                let port = self.dial(database, &key, demo).await?;
                self.open.insert(key, Arc::clone(&port));
                port
            }
        };
        Ok(Connection {
            cluster,
            port,
            history: demo.map(|demo| Arc::clone(&demo.history)),
        })
    }

    async fn dial(
        &self,
        database: &Database,
        key: &Key,
        demo: Option<&Demo>,
    ) -> Answer<Arc<dyn ClusterPort>> {
        let connected = if let Some(demo) = demo {
            KubeCluster::connect(&demo.credentials, key.mode, self.policy)?
        } else {
            let sealed = database
                .clusters()
                .credentials(key.user, key.cluster)
                .await
                .map_err(stored)?;
            KubeCluster::connect(&Credentials::from_sealed(&sealed)?, key.mode, self.policy)?
        };
        Ok(Arc::new(connected))
    }
}
