//! `/clusters`: registered clusters and what is to be seen in them.

use axum::{
    Extension, Json,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use domain::{
    ErrorCode,
    account::Scope,
    cluster::{Cluster, ClusterMode, ConnectionTest, Overview, WorkloadUsage},
    ids::{ClusterId, NamespaceScope, ObjectName},
    ports::KubeconfigText,
};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{auth::Identity, state::App};

use super::{
    super::error::ApiError,
    Operation,
    document::{CLUSTER as CLUSTER_CODES, Document, Parameter, Place},
    extract::Body,
};

pub(super) fn operations() -> Vec<Operation> {
    registered().into_iter().chain(observed()).collect()
}

/// What can be done with clusters as they are registered.
fn registered() -> [Operation; 4] {
    [
        Operation {
            summary: "Your clusters, the demo cluster first",
            response: (200, Some(Document::of::<Vec<Cluster>>(CLUSTERS))),
            ..Operation::get("list_clusters", "/api/v1/clusters", || get(list))
        },
        Operation {
            scope: Scope::Plan,
            summary: "Adds a cluster by its kubeconfig and tries the connection",
            remarks: "A kubeconfig is read by an allow-list; the refusal names the field. A cluster that does not answer is \
                      added all the same: “connection” says why.",
            request: Some(Document::of::<NewCluster>(
                r#"{"name":"staging","kubeconfig":"apiVersion: v1\nkind: Config\n…","mode":"approve"}"#,
            )),
            response: (201, Some(Document::of::<Cluster>(CLUSTER))),
            refusals: &[&[ErrorCode::KubeconfigRejected, ErrorCode::RateLimited]],
            ..Operation::post("add_cluster", "/api/v1/clusters", || post(add))
        },
        Operation {
            summary: "One cluster; its credentials never come back, only their fingerprint",
            response: (200, Some(Document::of::<Cluster>(CLUSTER))),
            ..Operation::get("get_cluster", "/api/v1/clusters/{id}", || get(one))
        },
        Operation {
            scope: Scope::Approve,
            summary: "Removes a cluster with its history and credentials; the demo cluster cannot be removed",
            ..Operation::delete("remove_cluster", "/api/v1/clusters/{id}", || delete(remove))
        },
    ]
}

/// What can be seen in a cluster.
fn observed() -> [Operation; 3] {
    [
        Operation {
            summary: "Tries the connection now, step by step",
            remarks: "A connection that fails is no failure of this operation: “connection” has the state “failed” then, with \
                      the cause by its own code (name_not_found, connection_refused, cluster_timeout, not_tls, \
                      certificate_not_trusted, certificate_name_mismatch, certificate_expired, not_kubernetes, \
                      credentials_rejected, cluster_forbids …) and what to do.",
            response: (200, Some(Document::of::<ConnectionTest>(TEST))),
            more_examples: &[("refused", TEST_REFUSED)],
            ..Operation::post("test_cluster", "/api/v1/clusters/{id}/test", || post(test))
        },
        Operation {
            alias: Some("/api/monitoring/{id}"),
            summary: "Nodes, pods, CPU and memory now and over 24 hours, what needs attention, workloads, warnings",
            response: (200, Some(Document::of::<Overview>(OVERVIEW))),
            refusals: &[CLUSTER_CODES],
            ..Operation::get("get_overview", "/api/v1/clusters/{id}/overview", || {
                get(overview)
            })
        },
        Operation {
            summary: "Deployments, stateful sets and daemon sets with their use",
            parameters: &[Parameter {
                place: Place::Query,
                name: "namespace",
                meaning: "Only those of one namespace",
                values: &[],
                example: "shop",
            }],
            response: (200, Some(Document::of::<Vec<WorkloadUsage>>(WORKLOADS))),
            refusals: &[CLUSTER_CODES, &[ErrorCode::Invalid]],
            ..Operation::get("list_workloads", "/api/v1/clusters/{id}/workloads", || {
                get(workloads)
            })
        },
    ]
}

const CLUSTER: &str = r#"{"id":"5f0c2f6e-3b2e-4d8e-9a55-1c9a1f1f0c11","name":"staging","server":"https://10.0.0.1:6443","mode":"approve","is_demo":false,"fingerprint":"9f86d081","connection":{"state":"connected","version":"v1.33.2"},"checked_at":"2026-11-23T14:05:00Z","created_at":"2026-11-23T14:05:00Z"}"#;
const CLUSTERS: &str = r#"[{"id":"5f0c2f6e-3b2e-4d8e-9a55-1c9a1f1f0c11","name":"staging","server":"https://10.0.0.1:6443","mode":"approve","is_demo":false,"fingerprint":"9f86d081","connection":{"state":"unverified"},"checked_at":null,"created_at":"2026-11-23T14:05:00Z"}]"#;
const TEST: &str = r#"{"connection":{"state":"connected","version":"v1.33.2"},"metrics":{"available":"metrics.k8s.io/v1beta1"},"can_read":true,"can_scale":true,"duration_ms":12}"#;
const TEST_REFUSED: &str = r#"{"connection":{"state":"failed","error":{"code":"connection_refused","message":"the cluster cannot be reached: nothing listens at 10.0.0.1:6443","hint":"Check the port in the kubeconfig, and that the cluster is running."}},"metrics":{"unavailable":"the cluster cannot be reached: nothing listens at 10.0.0.1:6443"},"can_read":false,"can_scale":false,"duration_ms":3}"#;
pub(in crate::http) const OVERVIEW: &str = r#"{"cluster":{"id":"5f0c2f6e-3b2e-4d8e-9a55-1c9a1f1f0c11","name":"staging","server":"https://10.0.0.1:6443","mode":"approve","is_demo":false,"fingerprint":"9f86d081","connection":{"state":"unverified"},"checked_at":null,"created_at":"2026-11-23T14:05:00Z"},"taken_at":"2026-11-23T14:05:00Z","stale":null,"nodes_ready":3,"nodes_total":3,"pods":{"total":42,"running":39,"pending":1,"succeeded":0,"failing":2},"cpu":{"available":{"used":7800,"allocatable":12000,"percent":65.0}},"memory":{"unavailable":"this cluster has no metrics API"},"measured_at":"2026-11-23T14:04:20Z","cpu_history":{"available":{"start":"2026-11-22T14:05:00Z","step":300,"values":[7.1,null,7.4]}},"memory_history":{"unavailable":"nothing has been measured yet"},"attention":[],"workloads":[],"warnings":[]}"#;
const WORKLOADS: &str = r#"[{"kind":"Deployment","namespace":"shop","name":"storefront","uid":"8a7f","resource_version":"4711","replicas":3,"ready_replicas":3,"updated_replicas":3,"cpu_request":200,"memory_request":268435456,"memory_limit":536870912,"images":["registry.example/storefront:1.4.2"],"selector":{"app":"storefront"},"annotations":{},"paused":false,"created_at":"2026-11-01T08:00:00Z","cpu":540,"memory":612368384,"cpu_percent_of_request":90.0,"memory_percent_of_request":76.0,"predictive":false,"owned_by":null}]"#;

async fn list(
    State(app): State<App>,
    Extension(who): Extension<Identity>,
) -> Result<Json<Vec<Cluster>>, ApiError> {
    Ok(Json(app.ports.clusters.list(&who.user).await?))
}

/// A cluster to be added.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewCluster {
    /// 1 to 64 characters, unique among yours.
    name: String,
    /// The file's text, at most 256 KiB.
    kubeconfig: String,
    /// `read-only`, `approve` (the default) or `automatic`.
    #[serde(default)]
    #[schemars(with = "Option<ClusterMode>")]
    mode: Option<String>,
}

async fn add(
    State(app): State<App>,
    Extension(who): Extension<Identity>,
    Body(new): Body<NewCluster>,
) -> Result<Response, ApiError> {
    let mode = new
        .mode
        .as_deref()
        .map(ClusterMode::parse)
        .transpose()?
        .unwrap_or_default();
    let kubeconfig = KubeconfigText(new.kubeconfig);
    let cluster = app
        .ports
        .clusters
        .add(&who.user, &new.name, kubeconfig, mode)
        .await?;
    Ok((StatusCode::CREATED, Json(cluster)).into_response())
}

async fn one(
    State(app): State<App>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Json<Cluster>, ApiError> {
    Ok(Json(app.ports.clusters.get(&who.user, id.parse()?).await?))
}

async fn remove(
    State(app): State<App>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    app.ports.clusters.delete(&who.user, id.parse()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn test(
    State(app): State<App>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Json<ConnectionTest>, ApiError> {
    Ok(Json(app.ports.clusters.test(&who.user, id.parse()?).await?))
}

async fn overview(
    State(app): State<App>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Json<Overview>, ApiError> {
    Ok(Json(
        app.ports
            .observations
            .overview(&who.user, id.parse()?)
            .await?,
    ))
}

/// Which workloads.
#[derive(Deserialize)]
struct Narrowed {
    namespace: Option<String>,
}

async fn workloads(
    State(app): State<App>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
    Query(narrowed): Query<Narrowed>,
) -> Result<Json<Vec<WorkloadUsage>>, ApiError> {
    let cluster: ClusterId = id.parse()?;
    let scope = match narrowed.namespace.filter(|namespace| !namespace.is_empty()) {
        Some(namespace) => NamespaceScope::One(ObjectName::new(namespace)?),
        None => NamespaceScope::All,
    };
    Ok(Json(
        app.ports
            .observations
            .workloads(&who.user, cluster, &scope)
            .await?,
    ))
}
