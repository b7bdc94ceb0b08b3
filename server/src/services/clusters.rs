//! Registered clusters: adding, trying, renaming, removing.

use std::time::Instant;

use async_trait::async_trait;
use domain::{
    ErrorCode, OpsError,
    account::User,
    cluster::{Cluster, ClusterMode, ConnectionState, ConnectionTest},
    ids::ClusterId,
    ports::{Answer, ClusterPort, ClustersPort, KubeconfigText},
    resources::Availability,
};
use kube_cluster::kubeconfig::{self, Credentials};
use store::{
    audit::AuditOutcome,
    clusters::{ClusterAccess, NewCluster},
};

use super::{Core, SharedCore, stored};

/// The demo cluster's name in everybody's list.
const DEMO_NAME: &str = "demo";

/// [`ClustersPort`] over the store and the connections.
pub struct Clusters {
    core: SharedCore,
}

impl Clusters {
    /// Over `core`.
    #[must_use]
    pub fn new(core: SharedCore) -> Self {
        Self { core }
    }

    /// Reads a kubeconfig by the allow-list; what is refused is audited.
    async fn credentials(&self, user: &User, kubeconfig: KubeconfigText) -> Answer<Credentials> {
        let credentials = kubeconfig::sanitise_off_thread(kubeconfig).await;
        if let Err(error) = &credentials {
            self.core
                .audit(
                    Some(user.id),
                    "kubeconfig.read",
                    "",
                    AuditOutcome::Denied,
                    &error.message,
                )
                .await?;
        }
        credentials
    }

    /// Tries a connection and notes what came of it.
    async fn contact(&self, user: &User, cluster: Cluster) -> Answer<(Cluster, ConnectionTest)> {
        let connection = self
            .core
            .connections
            .open_known(&self.core.database, user.id, cluster.clone())
            .await;
        let test = match connection {
            Ok(connection) => try_out(connection.port.as_ref()).await,
            Err(error) => failed(error, 0),
        };
        if is_passing(&test.connection) {
            return Ok((cluster, test));
        }
        let noted = self
            .core
            .database
            .clusters()
            .set_connection(user.id, cluster.id, &test.connection, self.core.now())
            .await
            .map_err(stored)?;
        Ok((noted, test))
    }
}

/// Whether nothing was found out, because the cluster is given a rest: that is over before anybody reads it.
fn is_passing(state: &ConnectionState) -> bool {
    match state {
        ConnectionState::Failed { error } => error.retry_after.is_some(),
        ConnectionState::Connected { .. } | ConnectionState::Unverified => false,
    }
}

/// Attaches the demo cluster to a user's list, when this server has one.
///
/// # Errors
/// `Internal` when the store fails. A user's own cluster of the same name keeps it; the demo cluster is then
/// called by another.
pub async fn attach_demo(core: &Core, user: &User) -> Answer<()> {
    let Some(demo) = core.connections.demo() else {
        return Ok(());
    };
    for name in [DEMO_NAME, "built-in demo"] {
        let cluster = NewCluster {
            name: name.to_owned(),
            mode: ClusterMode::Approve,
            access: access(&demo.credentials),
        };
        match core
            .database
            .clusters()
            .ensure_demo(user.id, &cluster, core.now())
            .await
        {
            Err(store::StoreError::Refused(_)) => {}
            attached => return greet(core, user, attached.map_err(stored)?).await,
        }
    }
    Ok(())
}

/// Notes what a cluster just attached says, so that its first page does not call it untried.
async fn greet(core: &Core, user: &User, cluster: Cluster) -> Answer<()> {
    let id = cluster.id;
    let connection = core
        .connections
        .open_known(&core.database, user.id, cluster)
        .await?;
    let state = match connection.port.version().await {
        Ok(version) => ConnectionState::Connected { version },
        Err(error) => ConnectionState::Failed { error },
    };
    core.database
        .clusters()
        .set_connection(user.id, id, &state, core.now())
        .await
        .map(drop)
        .map_err(stored)
}

fn access(credentials: &Credentials) -> ClusterAccess {
    ClusterAccess {
        server: credentials.server().to_owned(),
        fingerprint: credentials.fingerprint(),
        credentials: credentials.to_sealable(),
    }
}

fn failed(error: OpsError, duration_ms: u64) -> ConnectionTest {
    ConnectionTest {
        metrics: Availability::Unavailable(error.message.clone()),
        connection: ConnectionState::Failed { error },
        can_read: false,
        can_scale: false,
        duration_ms,
    }
}

/// What node and pod use is read from.
const METRICS_API: &str = "metrics.k8s.io/v1beta1";

/// Version first: it says whether anything else is worth asking.
async fn try_out(port: &dyn ClusterPort) -> ConnectionTest {
    let began = Instant::now();
    let elapsed = |began: Instant| u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let version = match port.version().await {
        Ok(version) => version,
        Err(error) => return failed(error, elapsed(began)),
    };
    let duration_ms = elapsed(began);
    let (abilities, usage) = tokio::join!(port.abilities(), port.node_usage());
    match abilities {
        Ok(abilities) => ConnectionTest {
            connection: ConnectionState::Connected { version },
            metrics: match usage {
                Ok(_) => Availability::Available(METRICS_API.to_owned()),
                Err(error) => Availability::Unavailable(error.message),
            },
            can_read: abilities.read_pods,
            can_scale: abilities.scale_deployments,
            duration_ms,
        },
        Err(error) => failed(error, duration_ms),
    }
}

#[async_trait]
impl ClustersPort for Clusters {
    async fn list(&self, user: &User) -> Answer<Vec<Cluster>> {
        let clusters = self
            .core
            .database
            .clusters()
            .list(user.id)
            .await
            .map_err(stored)?;
        let demo = self.core.connections.demo();
        let attached = clusters.iter().find(|cluster| cluster.is_demo);
        let up_to_date = match (demo, attached) {
            (Some(demo), Some(attached)) => attached.server == demo.credentials.server(),
            (Some(_), None) => false,
            (None, _) => true,
        };
        if up_to_date {
            return Ok(clusters);
        }
        attach_demo(&self.core, user).await?;
        self.core
            .database
            .clusters()
            .list(user.id)
            .await
            .map_err(stored)
    }

    async fn get(&self, user: &User, cluster: ClusterId) -> Answer<Cluster> {
        self.core
            .database
            .clusters()
            .get(user.id, cluster)
            .await
            .map_err(stored)
    }

    async fn add(
        &self,
        user: &User,
        name: &str,
        kubeconfig: KubeconfigText,
        mode: ClusterMode,
    ) -> Answer<Cluster> {
        let credentials = self.credentials(user, kubeconfig).await?;
        let new = NewCluster {
            name: name.trim().to_owned(),
            mode,
            access: access(&credentials),
        };
        let clusters = self.core.database.clusters();
        let added = clusters.add(user.id, &new, self.core.now()).await;
        let added = added.map_err(stored);
        self.core
            .audit_end(
                user.id,
                ("cluster.add", &new.name),
                credentials.server(),
                &added,
            )
            .await?;
        Ok(self.contact(user, added?).await?.0)
    }

    async fn test(&self, user: &User, cluster: ClusterId) -> Answer<ConnectionTest> {
        let cluster = self.get(user, cluster).await?;
        Ok(self.contact(user, cluster).await?.1)
    }

    async fn replace_credentials(
        &self,
        user: &User,
        cluster: ClusterId,
        kubeconfig: KubeconfigText,
    ) -> Answer<Cluster> {
        let registered = self.get(user, cluster).await?;
        if registered.is_demo {
            return Err(OpsError::new(
                ErrorCode::NotPermittedHere,
                "the demo cluster's credentials are this server's own",
            ));
        }
        let credentials = self.credentials(user, kubeconfig).await?;
        let clusters = self.core.database.clusters();
        let access = access(&credentials);
        let replaced = clusters.replace_access(user.id, cluster, &access).await;
        let replaced = replaced.map_err(stored);
        self.core
            .audit_end(
                user.id,
                ("cluster.credentials", &cluster),
                credentials.server(),
                &replaced,
            )
            .await?;
        Ok(self.contact(user, replaced?).await?.0)
    }

    async fn rename(&self, user: &User, cluster: ClusterId, name: &str) -> Answer<Cluster> {
        let clusters = self.core.database.clusters();
        let renamed = clusters.rename(user.id, cluster, name.trim()).await;
        let renamed = renamed.map_err(stored);
        self.core
            .audit_end(user.id, ("cluster.rename", &cluster), name.trim(), &renamed)
            .await?;
        renamed
    }

    async fn set_mode(
        &self,
        user: &User,
        cluster: ClusterId,
        mode: ClusterMode,
    ) -> Answer<Cluster> {
        self.get(user, cluster).await?;
        let clusters = self.core.database.clusters();
        let set = clusters.set_mode(user.id, cluster, mode).await;
        let set = set.map_err(stored);
        self.core
            .audit_end(user.id, ("cluster.mode", &cluster), mode.as_str(), &set)
            .await?;
        set
    }

    async fn delete(&self, user: &User, cluster: ClusterId) -> Answer<()> {
        self.get(user, cluster).await?;
        let clusters = self.core.database.clusters();
        let deleted = clusters.delete(user.id, cluster).await.map_err(stored);
        self.core
            .audit_end(user.id, ("cluster.delete", &cluster), "", &deleted)
            .await?;
        deleted
    }
}
