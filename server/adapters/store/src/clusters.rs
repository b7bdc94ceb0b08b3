//! Registered clusters; their credentials are sealed and come out only by [`Clusters::credentials`].

use domain::{
    ErrorCode,
    cluster::{Cluster, ClusterMode, ConnectionState},
    ids::{ClusterId, UserId},
    time::Timestamp,
};
use secrecy::{ExposeSecret, SecretString};

use crate::{Database, Result, StoreError};

/// How to reach a cluster.
#[derive(Debug, Clone)]
pub struct ClusterAccess {
    /// The API server's URL.
    pub server: String,
    /// First 8 hexadecimal digits of the SHA-256 of the credentials.
    pub fingerprint: String,
    /// What `kube_cluster` made of the kubeconfig; sealed before it is stored.
    pub credentials: SecretString,
}

/// A cluster to be added.
#[derive(Debug, Clone)]
pub struct NewCluster {
    /// Its name, 1–64 characters, unique per user.
    pub name: String,
    /// Its mode.
    pub mode: ClusterMode,
    /// How to reach it.
    pub access: ClusterAccess,
}

/// Registered clusters.
#[derive(Debug, Clone)]
pub struct Clusters {
    database: Database,
}

impl Clusters {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// A user's clusters, the demo cluster first, then by name.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn list(&self, user: UserId) -> Result<Vec<Cluster>> {
        todo!("clusters.list")
    }

    /// Everybody's clusters with their owners, for the background loops.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn everyones(&self) -> Result<Vec<(UserId, Cluster)>> {
        todo!("clusters.everyones")
    }

    /// One cluster of the user's.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get(&self, user: UserId, cluster: ClusterId) -> Result<Cluster> {
        todo!("clusters.get")
    }

    /// The credentials of a cluster of the user's.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Unseal`] when they were tampered with.
    pub async fn credentials(&self, user: UserId, cluster: ClusterId) -> Result<SecretString> {
        todo!("clusters.credentials")
    }

    /// Adds a cluster, never contacted so far.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a name that is taken or unusable.
    pub async fn add(&self, user: UserId, cluster: &NewCluster, now: Timestamp) -> Result<Cluster> {
        todo!("clusters.add")
    }

    /// Attaches the demo cluster, or brings the access of the one attached up to date; name and mode
    /// its user chose stay.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when one of the user's own clusters has its name.
    pub async fn ensure_demo(
        &self,
        user: UserId,
        demo: &NewCluster,
        now: Timestamp,
    ) -> Result<Cluster> {
        todo!("clusters.ensure_demo")
    }

    /// Renames it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Refused`] for a name that is taken or unusable.
    pub async fn rename(&self, user: UserId, cluster: ClusterId, name: &str) -> Result<Cluster> {
        todo!("clusters.rename")
    }

    /// Changes its mode.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_mode(
        &self,
        user: UserId,
        cluster: ClusterId,
        mode: ClusterMode,
    ) -> Result<Cluster> {
        todo!("clusters.set_mode")
    }

    /// Notes what the last contact said.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_connection(
        &self,
        user: UserId,
        cluster: ClusterId,
        connection: &ConnectionState,
        now: Timestamp,
    ) -> Result<Cluster> {
        todo!("clusters.set_connection")
    }

    /// Replaces how it is reached; it counts as never contacted again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn replace_access(
        &self,
        user: UserId,
        cluster: ClusterId,
        access: &ClusterAccess,
    ) -> Result<Cluster> {
        todo!("clusters.replace_access")
    }

    /// Removes a cluster with its credentials, conversations, jobs, plans and measurements.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Refused`] for the demo cluster.
    pub async fn delete(&self, user: UserId, cluster: ClusterId) -> Result<()> {
        todo!("clusters.delete")
    }
}
