//! `/plans`: read a change, approve exactly that change, or turn it down.

use axum::{
    Extension, Json,
    extract::{Path, State},
    routing::{get, post},
};
use domain::{ErrorCode, account::Scope, plan::Plan};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{auth::Identity, state::App};

use super::{
    super::error::ApiError,
    Operation,
    document::{CHANGE, CLUSTER, Document},
    extract::Body,
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation {
            summary: "A plan: its diff, warnings, digest and state",
            response: (200, Some(Document::of::<Plan>(PLAN))),
            ..Operation::get("get_plan", "/api/v1/plans/{id}", || get(one))
        },
        Operation {
            scope: Scope::Approve,
            summary: "Approves and carries out exactly the plan with this digest, once",
            remarks: "Another digest, a plan already used and a target that has changed since are 409; a plan that is too old is \
                      410. The answer comes when the change is made.",
            request: Some(Document::of::<Approval>(
                r#"{"digest":"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"}"#,
            )),
            response: (200, Some(Document::of::<Plan>(PLAN))),
            refusals: &[CLUSTER, CHANGE],
            ..Operation::post("approve_plan", "/api/v1/plans/{id}/approve", || {
                post(approve)
            })
        },
        Operation {
            scope: Scope::Plan,
            summary: "Turns a plan down",
            response: (200, Some(Document::of::<Plan>(PLAN))),
            refusals: &[&[ErrorCode::Conflict, ErrorCode::Expired]],
            ..Operation::post("reject_plan", "/api/v1/plans/{id}/reject", || post(reject))
        },
    ]
}

const PLAN: &str = r#"{"id":"9d2f0a3c-1b7e-4f55-a6d0-2f6a1c9e8b44","cluster":"5f0c2f6e-3b2e-4d8e-9a55-1c9a1f1f0c11","origin":{"by":"person"},"action":{"action":"scale","workload":{"kind":"Deployment","namespace":"shop","name":"storefront"},"replicas":5},"target_uid":"8a7f","target_generation":4,"before":{"spec.replicas":"3"},"after":{"spec.replicas":"5"},"diff":"-  replicas: 3\n+  replicas: 5\n","warnings":[],"undo":{"action":"scale","workload":{"kind":"Deployment","namespace":"shop","name":"storefront"},"replicas":3},"digest":"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae","state":"proposed","created_at":"2026-11-23T14:05:00Z","expires_at":"2026-11-23T14:10:00Z"}"#;

/// Which plan exactly.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Approval {
    /// The plan's “digest”: SHA-256, hexadecimal.
    digest: String,
}

async fn one(
    State(app): State<App>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Json<Plan>, ApiError> {
    Ok(Json(app.ports.plans.get(&who.user, id.parse()?).await?))
}

async fn approve(
    State(app): State<App>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
    Body(approval): Body<Approval>,
) -> Result<Json<Plan>, ApiError> {
    Ok(Json(
        app.ports
            .plans
            .approve(&who.user, id.parse()?, &approval.digest)
            .await?,
    ))
}

async fn reject(
    State(app): State<App>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Json<Plan>, ApiError> {
    Ok(Json(app.ports.plans.reject(&who.user, id.parse()?).await?))
}
