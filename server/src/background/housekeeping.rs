//! Tidies up: dead sessions, expired plans, old samples, and writes whose outcome is still unknown.

use domain::{ErrorCode, OpsError};
use store::{StoreError, intents::IntentOutcome};

use crate::services::{SharedCore, apply, stored};

pub(super) async fn all(core: SharedCore) {
    let now = core.now();
    let database = &core.database;
    for swept in [
        database.sessions().sweep().await,
        database.plans().expire(now).await,
        database.samples().thin(now).await,
    ] {
        if let Err(error) = swept {
            stored(error);
        }
    }
    if let Err(error) = settle(&core).await {
        tracing::warn!(
            error = error.message,
            "writes left open could not be settled"
        );
    }
}

/// Settles what a crash left open: intents of plans by reading their targets, and plans that were claimed but never got
/// as far as an intent. Intents of jobs are settled by the jobs themselves.
async fn settle(core: &SharedCore) -> Result<(), OpsError> {
    for (_, plan) in core.database.plans().executing().await.map_err(stored)? {
        if core.now() < plan.expires_at {
            // It may be running at this very moment; after its time it cannot be.
            continue;
        }
        let intents = core
            .database
            .intents()
            .of_plan(plan.id)
            .await
            .map_err(stored)?;
        let outcome = match intents.last() {
            None => Err(OpsError::new(
                ErrorCode::Unavailable,
                "the server stopped before anything was sent to the cluster",
            )
            .hint("Make the plan again.")),
            Some(intent) => match &intent.outcome {
                Some(outcome) => as_result(outcome.clone()),
                None => as_result(apply::settle_open(core, intent).await?),
            },
        };
        match core
            .database
            .plans()
            .finish(plan.id, outcome, core.now())
            .await
        {
            Ok(_) | Err(StoreError::NotFound { .. }) => {}
            Err(error) => return Err(stored(error)),
        }
    }
    Ok(())
}

fn as_result(outcome: IntentOutcome) -> Result<(), OpsError> {
    match outcome {
        IntentOutcome::Applied { .. } => Ok(()),
        IntentOutcome::Superseded => Err(OpsError::new(
            ErrorCode::Conflict,
            "the target changed before the plan could be carried out",
        )),
        IntentOutcome::Failed { error } => Err(error),
    }
}
