//! Registered clusters.

use domain::{
    account::User,
    cluster::{Cluster, ConnectionTest},
    ids::ClusterId,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::api::{gate, request::redirect};
use crate::error::AppError;
#[cfg(feature = "ssr")]
use domain::{ErrorCode, OpsError, cluster::ClusterMode, plan::PlanState, ports::KubeconfigText};

/// What stands around every page: who is signed in, and the cluster's part of the navigation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Who is signed in.
    pub user: User,
    /// The cluster the page is about, if it is about one.
    pub cluster: Option<Cluster>,
    /// Plans of that cluster that wait for approval.
    pub open_plans: u32,
    /// Jobs of that cluster that run.
    pub running_jobs: u32,
}

/// The frame of a page; `cluster` is empty for a page that is about none.
#[server(prefix = "/api/fn", endpoint = "get_frame")]
pub async fn get_frame(#[server(default)] cluster: String) -> Result<Frame, AppError> {
    gate::as_user::<GetFrame, _, _>(|ports, user| async move {
        let known = match cluster.parse() {
            Ok(id) => ports.clusters.get(&user, id).await,
            Err(_) => Err(OpsError::not_found("cluster")),
        };
        // The page itself says that there is no such cluster; its frame still knows who asks.
        let Ok(cluster) = known else {
            return Ok(Frame {
                user,
                cluster: None,
                open_plans: 0,
                running_jobs: 0,
            });
        };
        let id = cluster.id;
        let plans = ports.plans.list(&user, id).await.unwrap_or_default();
        let jobs = ports.jobs.list(&user, id).await.unwrap_or_default();
        Ok(Frame {
            user,
            cluster: Some(cluster),
            open_plans: count(&plans, |plan| plan.state == PlanState::Proposed),
            running_jobs: count(&jobs, |job| !job.status.is_terminal()),
        })
    })
    .await
}

#[cfg(feature = "ssr")]
fn count<T>(items: &[T], counts: impl Fn(&&T) -> bool) -> u32 {
    u32::try_from(items.iter().filter(counts).count()).unwrap_or(u32::MAX)
}

/// The clusters of whoever asks, the demo cluster first.
#[server(prefix = "/api/fn", endpoint = "list_clusters")]
pub async fn list_clusters() -> Result<Vec<Cluster>, AppError> {
    gate::as_user::<ListClusters, _, _>(
        |ports, user| async move { ports.clusters.list(&user).await },
    )
    .await
}

/// Adds a cluster and goes to its settings, where the connection was tried.
#[server(prefix = "/api/fn", endpoint = "add_cluster")]
pub async fn add_cluster(
    name: String,
    kubeconfig: String,
    mode: String,
) -> Result<Cluster, AppError> {
    gate::as_user::<AddCluster, _, _>(|ports, user| async move {
        let mode = ClusterMode::parse(&mode)?;
        let cluster = ports
            .clusters
            .add(&user, name.trim(), KubeconfigText(kubeconfig), mode)
            .await?;
        redirect(&format!("/c/{}/settings?done=added", cluster.id));
        Ok(cluster)
    })
    .await
}

/// Tries the connection now.
#[server(prefix = "/api/fn", endpoint = "test_cluster")]
pub async fn test_cluster(cluster: ClusterId) -> Result<ConnectionTest, AppError> {
    gate::as_user::<TestCluster, _, _>(|ports, user| async move {
        ports.clusters.test(&user, cluster).await
    })
    .await
}

/// Replaces the credentials by those of another kubeconfig.
#[server(prefix = "/api/fn", endpoint = "replace_credentials")]
pub async fn replace_credentials(
    cluster: ClusterId,
    kubeconfig: String,
) -> Result<Cluster, AppError> {
    gate::as_user::<ReplaceCredentials, _, _>(|ports, user| async move {
        let kubeconfig = KubeconfigText(kubeconfig);
        let answer = ports
            .clusters
            .replace_credentials(&user, cluster, kubeconfig)
            .await?;
        redirect(&format!("/c/{cluster}/settings?done=credentials"));
        Ok(answer)
    })
    .await
}

/// Renames a cluster.
#[server(prefix = "/api/fn", endpoint = "rename_cluster")]
pub async fn rename_cluster(cluster: ClusterId, name: String) -> Result<Cluster, AppError> {
    gate::as_user::<RenameCluster, _, _>(|ports, user| async move {
        let answer = ports.clusters.rename(&user, cluster, name.trim()).await?;
        redirect(&format!("/c/{cluster}/settings?done=renamed"));
        Ok(answer)
    })
    .await
}

/// Changes what may be done in a cluster.
#[server(prefix = "/api/fn", endpoint = "set_cluster_mode")]
pub async fn set_cluster_mode(cluster: ClusterId, mode: String) -> Result<Cluster, AppError> {
    gate::as_user::<SetClusterMode, _, _>(|ports, user| async move {
        let mode = ClusterMode::parse(&mode)?;
        let answer = ports.clusters.set_mode(&user, cluster, mode).await?;
        redirect(&format!("/c/{cluster}/settings?done=mode"));
        Ok(answer)
    })
    .await
}

/// Removes a cluster with its history and credentials, when `name` repeats its name.
#[server(prefix = "/api/fn", endpoint = "delete_cluster")]
pub async fn delete_cluster(cluster: ClusterId, name: String) -> Result<(), AppError> {
    gate::as_user::<DeleteCluster, _, _>(|ports, user| async move {
        let known = ports.clusters.get(&user, cluster).await?;
        if known.name != name.trim() {
            return Err(OpsError::new(
                ErrorCode::Invalid,
                format!("type “{}” to delete this cluster", known.name),
            ));
        }
        ports.clusters.delete(&user, cluster).await?;
        redirect("/?done=deleted");
        Ok(())
    })
    .await
}
