//! Plans: looked at, approved once, turned down, undone.

use domain::{
    ids::{ClusterId, PlanId},
    plan::Plan,
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::api::{gate, request::redirect};
use crate::error::AppError;
#[cfg(feature = "ssr")]
use domain::{ErrorCode, OpsError};

/// Plans for a cluster, newest first.
#[server(prefix = "/api/fn", endpoint = "list_plans")]
pub async fn list_plans(cluster: ClusterId) -> Result<Vec<Plan>, AppError> {
    gate::as_user::<ListPlans, _, _>(
        |ports, user| async move { ports.plans.list(&user, cluster).await },
    )
    .await
}

/// One plan.
#[server(prefix = "/api/fn", endpoint = "get_plan")]
pub async fn get_plan(plan: PlanId) -> Result<Plan, AppError> {
    gate::as_user::<GetPlan, _, _>(|ports, user| async move { ports.plans.get(&user, plan).await })
        .await
}

/// Carries out exactly the plan with this digest, once.
#[server(prefix = "/api/fn", endpoint = "approve_plan")]
pub async fn approve_plan(plan: PlanId, digest: String) -> Result<Plan, AppError> {
    gate::as_user::<ApprovePlan, _, _>(|ports, user| async move {
        ports.plans.approve(&user, plan, &digest).await
    })
    .await
}

/// Turns a plan down.
#[server(prefix = "/api/fn", endpoint = "reject_plan")]
pub async fn reject_plan(plan: PlanId) -> Result<Plan, AppError> {
    gate::as_user::<RejectPlan, _, _>(
        |ports, user| async move { ports.plans.reject(&user, plan).await },
    )
    .await
}

/// Makes the plan that undoes a plan, and goes to it.
#[server(prefix = "/api/fn", endpoint = "propose_undo")]
pub async fn propose_undo(plan: PlanId) -> Result<Plan, AppError> {
    gate::as_user::<ProposeUndo, _, _>(|ports, user| async move {
        let done = ports.plans.get(&user, plan).await?;
        let Some(undo) = done.change.undo else {
            return Err(OpsError::new(
                ErrorCode::Unsupported,
                "this change cannot be undone by a plan",
            ));
        };
        let proposed = ports.plans.propose(&user, done.cluster, undo).await?;
        redirect(&plan_path(proposed.cluster, proposed.id));
        Ok(proposed)
    })
    .await
}

/// The page of a plan.
#[must_use]
pub fn plan_path(cluster: ClusterId, plan: PlanId) -> String {
    format!("/c/{cluster}/plans/{plan}")
}
