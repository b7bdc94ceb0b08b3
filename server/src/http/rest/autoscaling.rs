//! `/clusters/{id}/autoscaling`: predictive autoscaling on and off.

use axum::{
    Extension, Json,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use domain::{
    account::Scope, autoscaling::FleetRow, ids::JobId, job::JobStatus, resources::WorkloadRef,
    units::ReplicaBounds,
};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{auth::Identity, state::App};

use super::{
    super::error::ApiError,
    Operation,
    document::{CHANGE, CLUSTER, Document, Parameter, Place},
    extract::Body,
};

/// Stateful sets are scaled too, and say so.
const KIND: Parameter = Parameter {
    place: Place::Query,
    name: "kind",
    meaning: "The workload's kind; Deployment when left out",
    values: &["Deployment", "StatefulSet"],
    example: "Deployment",
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation {
            summary: "Workloads that can be scaled, with their bounds where predictive autoscaling is on",
            response: (200, Some(Document::of::<Vec<FleetRow>>(FLEET))),
            refusals: &[CLUSTER],
            ..Operation::get("list_fleet", "/api/v1/clusters/{id}/autoscaling", || {
                get(fleet)
            })
        },
        switching_on(),
        Operation {
            scope: Scope::Approve,
            summary: "Switches predictive autoscaling off; the replica count stays",
            parameters: &[KIND],
            refusals: &[CLUSTER, CHANGE],
            ..Operation::delete(
                "disable_autoscaling",
                "/api/v1/clusters/{id}/autoscaling/predictive/{namespace}/{name}",
                || delete(disable),
            )
        },
        Operation {
            alias: Some("/api/autoscaling/predictive/disable/{id}"),
            scope: Scope::Approve,
            summary: "The same with the workload in the body",
            request: Some(Document::of::<Disable>(
                r#"{"deployment":"storefront","namespace":"shop"}"#,
            )),
            response: (204, None),
            refusals: &[CLUSTER, CHANGE],
            ..Operation::post(
                "disable_autoscaling_of",
                "/api/v1/clusters/{id}/autoscaling/predictive/disable",
                || post(disable_named),
            )
        },
    ]
}

fn switching_on() -> Operation {
    Operation {
        alias: Some("/api/autoscaling/predictive/enable/{id}"),
        scope: Scope::Approve,
        summary: "Switches predictive autoscaling on",
        remarks: "A job measures, forecasts, decides, annotates and scales once within the bounds; that is what is approved. \
                  Follow it under /api/v1/jobs/{id} or, event by event, under /api/v1/jobs/{id}/events.",
        request: Some(Document::of::<Enable>(
            r#"{"deployment":"storefront","namespace":"shop","min_replicas":2,"max_replicas":10}"#,
        )),
        response: (202, Some(Document::of::<Started>(STARTED))),
        refusals: &[CLUSTER, CHANGE],
        ..Operation::post(
            "enable_autoscaling",
            "/api/v1/clusters/{id}/autoscaling/predictive",
            || post(enable),
        )
    }
}

const STARTED: &str = r#"{"job_id":"b3a1de0c-0f0e-4b5a-8a6e-1f9a8f1b2c3d","status":"processing"}"#;
const FLEET: &str = r#"[{"kind":"Deployment","namespace":"shop","name":"storefront","uid":"8a7f","resource_version":"4711","replicas":3,"ready_replicas":3,"updated_replicas":3,"cpu_request":200,"memory_request":268435456,"memory_limit":536870912,"images":["registry.example/storefront:1.4.2"],"selector":{"app":"storefront"},"annotations":{"ai4k8s.io/predictive-autoscaling-enabled":"true"},"paused":false,"created_at":"2026-11-01T08:00:00Z","cpu":540,"memory":612368384,"cpu_percent_of_request":90.0,"memory_percent_of_request":76.0,"predictive":true,"owned_by":null,"bounds":{"min":2,"max":10},"hindrance":null,"last_job":"b3a1de0c-0f0e-4b5a-8a6e-1f9a8f1b2c3d","last_decision":null}]"#;

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
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Enable {
    /// The workload's name.
    deployment: String,
    /// Its namespace.
    namespace: String,
    /// `Deployment` (the default) or `StatefulSet`.
    #[serde(default)]
    kind: Option<String>,
    /// Fewest replicas.
    #[schemars(range(min = 1, max = 1000))]
    min_replicas: u32,
    /// Most replicas; at least `min_replicas`.
    #[schemars(range(min = 1, max = 1000))]
    max_replicas: u32,
}

/// The job that has been started.
#[derive(Serialize, JsonSchema)]
struct Started {
    job_id: JobId,
    /// Always `processing`.
    status: JobStatus,
}

async fn enable(
    State(app): State<App>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
    Body(wanted): Body<Enable>,
) -> Result<Response, ApiError> {
    let workload = WorkloadRef::scalable(
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
    let started = Started {
        job_id: job.id,
        status: JobStatus::Processing,
    };
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
    let workload = WorkloadRef::scalable(of.kind.as_deref(), &namespace, &name)?;
    app.ports
        .autoscaling
        .disable(&who.user, id.parse()?, workload)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is no longer to be autoscaled.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Disable {
    /// The workload's name.
    deployment: String,
    /// Its namespace.
    namespace: String,
    /// `Deployment` (the default) or `StatefulSet`.
    #[serde(default)]
    kind: Option<String>,
}

async fn disable_named(
    State(app): State<App>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
    Body(named): Body<Disable>,
) -> Result<StatusCode, ApiError> {
    let workload =
        WorkloadRef::scalable(named.kind.as_deref(), &named.namespace, &named.deployment)?;
    app.ports
        .autoscaling
        .disable(&who.user, id.parse()?, workload)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
