//! Tidies up: dead sessions, expired plans, old samples and decisions, and writes whose outcome is still unknown.

use domain::{ErrorCode, OpsError, time::Seconds};
use store::{StoreError, intents::IntentOutcome};

use crate::services::{SharedCore, apply, stored};

/// Longer than any execution: four tries of a read (15 s) and a write (30 s), with connections.
const LONGEST_EXECUTION: Seconds = Seconds(600);

/// One round.
pub async fn all(core: SharedCore) {
    let now = core.now();
    let database = &core.database;
    for swept in [
        database.sessions().sweep().await,
        database.plans().expire(now).await,
        database.samples().thin(now).await,
        database.policies().prune_decisions(now).await,
    ] {
        if let Err(error) = swept {
            stored(error);
        }
    }
    for settled in [settle_plans(&core).await, settle_rest(&core).await] {
        if let Err(error) = settled {
            let error = error.message;
            tracing::warn!(error, "writes left open could not be settled");
        }
    }
}

/// Settles writes that belong to no plan and whose answer was lost: of jobs that have failed since, of switching off, of
/// automatic rounds. The first outcome noted stays, so that nothing is settled twice.
async fn settle_rest(core: &SharedCore) -> Result<(), OpsError> {
    let open = core.database.intents().unsettled().await.map_err(stored)?;
    let is_old = |filed| core.now() >= filed + LONGEST_EXECUTION;
    for intent in open.iter().filter(|intent| is_old(intent.created_at)) {
        if let Err(error) = apply::settle_open(core, intent).await {
            tracing::warn!(action = %intent.action, error = error.message, "a write's outcome is still unknown");
        }
    }
    Ok(())
}

/// Settles what a crash or a lost answer left open: plans by reading their targets, and plans that were claimed but never
/// got as far as an intent.
async fn settle_plans(core: &SharedCore) -> Result<(), OpsError> {
    for (_, plan) in core.database.plans().executing().await.map_err(stored)? {
        let intents = core
            .database
            .intents()
            .of_plan(plan.id)
            .await
            .map_err(stored)?;
        let begun_by = intents
            .last()
            .map_or(plan.expires_at, |intent| intent.created_at);
        if core.now() < begun_by + LONGEST_EXECUTION {
            // It may be running at this very moment.
            continue;
        }
        let outcome = match intents.last() {
            None => Err(OpsError::new(
                ErrorCode::Unavailable,
                "the server stopped before anything was sent to the cluster",
            )
            .hint("Make the plan again.")),
            Some(intent) => match &intent.outcome {
                Some(outcome) => as_result(outcome.clone()),
                None => match apply::settle_open(core, intent).await {
                    Ok(outcome) => as_result(outcome),
                    Err(error) => {
                        tracing::warn!(plan = %plan.id, error = error.message, "a plan's outcome is still unknown");
                        continue;
                    }
                },
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
