//! `/clusters/{id}/autoscaling`: predictive autoscaling on and off.

use axum::{
    Extension, Json,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use domain::{
    ErrorCode, OpsError,
    account::Scope,
    autoscaling::FleetRow,
    ids::ObjectName,
    job::JobStatus,
    ports::Answer,
    resources::{WorkloadKind, WorkloadRef},
    units::ReplicaBounds,
};
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

use crate::{auth::Identity, state::App};

use super::{super::error::ApiError, Operation, extract::Body};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation {
            method: Method::GET,
            path: "/api/v1/clusters/{id}/autoscaling",
            alias: None,
            scope: Scope::Read,
            summary: "Workloads that can be scaled, with their bounds where predictive autoscaling is on",
            request: None,
            response: (200, Some("[]")),
            handler: || get(fleet),
        },
        Operation {
            method: Method::POST,
            path: "/api/v1/clusters/{id}/autoscaling/predictive",
            alias: Some("/api/autoscaling/predictive/enable/{id}"),
            scope: Scope::Approve,
            summary: "Switches predictive autoscaling on: a job measures, forecasts, decides, annotates and scales once \
                      within the bounds",
            request: Some(
                r#"{"deployment":"storefront","namespace":"shop","min_replicas":2,"max_replicas":10}"#,
            ),
            response: (
                202,
                Some(r#"{"job_id":"b3a1de0c-0f0e-4b5a-8a6e-1f9a8f1b2c3d","status":"processing"}"#),
            ),
            handler: || post(enable),
        },
        Operation {
            method: Method::DELETE,
            path: "/api/v1/clusters/{id}/autoscaling/predictive/{namespace}/{name}",
            alias: None,
            scope: Scope::Approve,
            summary: "Switches predictive autoscaling off; the replica count stays. ?kind=StatefulSet for a stateful set",
            request: None,
            response: (204, None),
            handler: || delete(disable),
        },
        Operation {
            method: Method::POST,
            path: "/api/v1/clusters/{id}/autoscaling/predictive/disable",
            alias: Some("/api/autoscaling/predictive/disable/{id}"),
            scope: Scope::Approve,
            summary: "The same with the workload in the body",
            request: Some(r#"{"deployment":"storefront","namespace":"shop"}"#),
            response: (204, None),
            handler: || post(disable_named),
        },
    ]
}

async fn fleet(
    State(app): State<App>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Json<Vec<FleetRow>>, ApiError> {
    Ok(Json(
        app.ports.autoscaling.fleet(&who.user, id.parse()?).await?,
    ))
}

/// What is to be autoscaled, within which bounds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Enable {
    deployment: String,
    namespace: String,
    #[serde(default)]
    kind: Option<String>,
    min_replicas: u32,
    max_replicas: u32,
}

async fn enable(
    State(app): State<App>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
    Body(wanted): Body<Enable>,
) -> Result<Response, ApiError> {
    let workload = workload(
        wanted.kind.as_deref(),
        &wanted.namespace,
        &wanted.deployment,
    )?;
    let bounds = ReplicaBounds::new(wanted.min_replicas, wanted.max_replicas)?;
    let job = app
        .ports
        .autoscaling
        .enable(&who.user, id.parse()?, workload, bounds)
        .await?;
    let started = json!({ "job_id": job.id, "status": JobStatus::Processing.as_str() });
    Ok((StatusCode::ACCEPTED, Json(started)).into_response())
}

/// Of which kind, when it is no Deployment.
#[derive(Deserialize)]
struct OfKind {
    kind: Option<String>,
}

async fn disable(
    State(app): State<App>,
    Extension(who): Extension<Identity>,
    Path((id, namespace, name)): Path<(String, String, String)>,
    Query(of): Query<OfKind>,
) -> Result<StatusCode, ApiError> {
    let workload = workload(of.kind.as_deref(), &namespace, &name)?;
    app.ports
        .autoscaling
        .disable(&who.user, id.parse()?, workload)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is no longer to be autoscaled.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Disable {
    deployment: String,
    namespace: String,
    #[serde(default)]
    kind: Option<String>,
}

async fn disable_named(
    State(app): State<App>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
    Body(named): Body<Disable>,
) -> Result<StatusCode, ApiError> {
    let workload = workload(named.kind.as_deref(), &named.namespace, &named.deployment)?;
    app.ports
        .autoscaling
        .disable(&who.user, id.parse()?, workload)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn workload(kind: Option<&str>, namespace: &str, name: &str) -> Answer<WorkloadRef> {
    let kind = match kind {
        None | Some("Deployment") => WorkloadKind::Deployment,
        Some("StatefulSet") => WorkloadKind::StatefulSet,
        Some(other) => {
            return Err(OpsError::new(
                ErrorCode::Invalid,
                format!("“{}” cannot be scaled", other.escape_debug()),
            )
            .hint("The kind is Deployment or StatefulSet."));
        }
    };
    Ok(WorkloadRef {
        kind,
        namespace: ObjectName::new(namespace)?,
        name: ObjectName::new(name)?,
    })
}
