//! `/jobs`: background jobs; their events are [`super::super::events`].

use axum::{
    Extension, Json,
    extract::{Path, State},
    routing::{get, post},
};
use domain::{account::Scope, job::Job};

use crate::{auth::Identity, state::App};

use super::{super::error::ApiError, Operation, document::Document};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation {
            alias: Some("/api/jobs/{id}"),
            summary: "A job as it stands: processing, completed, failed or cancelled",
            response: (200, Some(Document::of::<Job>(JOB))),
            ..Operation::get("get_job", "/api/v1/jobs/{id}", || get(one))
        },
        Operation {
            scope: Scope::Plan,
            summary: "Asks a job to stop; it ends as cancelled unless it ended first",
            response: (200, Some(Document::of::<Job>(JOB))),
            ..Operation::post("cancel_job", "/api/v1/jobs/{id}/cancel", || post(cancel))
        },
    ]
}

const JOB: &str = r#"{"id":"b3a1de0c-0f0e-4b5a-8a6e-1f9a8f1b2c3d","request":{"kind":"predictive_autoscaling","cluster":"5f0c2f6e-3b2e-4d8e-9a55-1c9a1f1f0c11","workload":{"kind":"Deployment","namespace":"shop","name":"storefront"},"bounds":{"min":2,"max":10}},"status":"processing","progress":40,"message":"generating 6-hour forecast","result":null,"error":null,"created_at":"2026-11-23T14:05:00Z","updated_at":"2026-11-23T14:05:01Z"}"#;

async fn one(
    State(app): State<App>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Json<Job>, ApiError> {
    Ok(Json(app.ports.jobs.get(&who.user, id.parse()?).await?))
}

async fn cancel(
    State(app): State<App>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Json<Job>, ApiError> {
    Ok(Json(app.ports.jobs.cancel(&who.user, id.parse()?).await?))
}
