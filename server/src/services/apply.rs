//! The one place from which a cluster is changed: intent on disk, then the write, then its outcome.
//!
//! The write itself is a compare-and-swap, so a duplicate can only be refused; what a crash or a lost reply leaves
//! open is settled by reading the target ([`settle_open`]).

use domain::{
    ErrorCode, OpsError,
    cluster::ClusterMode,
    ids::{JobId, PlanId, UserId},
    plan::{ClusterAction, PreparedChange},
    ports::{Answer, ClusterPort, Execution},
    resources::Workload,
    time::Seconds,
};
use store::{
    audit::AuditOutcome,
    intents::{Intent, IntentOutcome, NewIntent},
};

use super::{Core, connections::Connection, stored};

/// When a write that was filed can no longer be under way: noted with the intent for whoever reads the log.
const SEND_WITHIN: Seconds = Seconds(30);

/// A change somebody or some policy has agreed to.
pub struct Act<'a> {
    /// For whom.
    pub user: UserId,
    /// Where.
    pub connection: &'a Connection,
    /// What, as prepared by a dry run.
    pub change: &'a PreparedChange,
    /// The job it belongs to.
    pub job: Option<JobId>,
    /// The plan it carries out.
    pub plan: Option<PlanId>,
    /// Why.
    pub reason: String,
}

/// Carries a change out, once.
///
/// # Errors
/// `NotPermittedHere` in a read-only cluster; `Conflict` when the target changed since the dry run; whatever the
/// cluster answers.
pub async fn apply(core: &Core, act: Act<'_>) -> Answer<Execution> {
    refuse_read_only(act.connection)?;
    let action = &act.change.action;
    core.audit(
        Some(act.user),
        "cluster.write",
        action.workload(),
        AuditOutcome::Done,
        format!("{action}: {}", act.reason),
    )
    .await?;
    let intent = core
        .database
        .intents()
        .file(intent(core, &act), core.now())
        .await
        .map_err(stored)?;
    let executed = act.connection.port.execute(act.change).await;
    let outcome = match &executed {
        Ok(execution) => IntentOutcome::Applied {
            resource_version: execution.resource_version.clone(),
        },
        Err(error) if error.code == ErrorCode::Conflict => IntentOutcome::Superseded,
        Err(error) if is_uncertain(error) => look_up(act.connection.port.as_ref(), &intent).await?,
        Err(error) => IntentOutcome::Failed {
            error: error.clone(),
        },
    };
    core.database
        .intents()
        .settle(intent.action, &outcome, core.now())
        .await
        .map_err(stored)?;
    finished(executed, outcome, action)
}

/// Refuses a write before it is even prepared.
///
/// # Errors
/// `NotPermittedHere` in a read-only cluster.
pub fn refuse_read_only(connection: &Connection) -> Answer<()> {
    if connection.cluster.mode == ClusterMode::ReadOnly {
        return Err(OpsError::new(
            ErrorCode::NotPermittedHere,
            format!("the cluster {} is read-only here", connection.cluster.name),
        )
        .hint("Change its mode to “approve” in the cluster's settings."));
    }
    Ok(())
}

fn intent(core: &Core, act: &Act<'_>) -> NewIntent {
    let fields = |fields: &std::collections::BTreeMap<String, String>| {
        let pairs: Vec<_> = fields
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        pairs.join(", ")
    };
    NewIntent {
        user: act.user,
        cluster: act.connection.cluster.id,
        job: act.job,
        plan: act.plan,
        change: act.change.clone(),
        observed_version: act.change.target_generation.to_string(),
        from: fields(&act.change.before),
        to: fields(&act.change.after),
        reason: act.reason.clone(),
        deadline: core.now() + SEND_WITHIN,
    }
}

/// Whether the request may have reached the cluster although no answer came back.
fn is_uncertain(error: &OpsError) -> bool {
    matches!(
        error.code,
        ErrorCode::ClusterUnreachable | ErrorCode::ClusterAnswer | ErrorCode::Unavailable
    )
}

/// What the target itself says about a write whose reply was lost.
async fn look_up(port: &dyn ClusterPort, intent: &Intent) -> Answer<IntentOutcome> {
    let change = &intent.intent.change;
    let workload = match port.workload(change.action.workload()).await {
        Ok(workload) => workload,
        Err(error) if error.code == ErrorCode::NotFound => return Ok(IntentOutcome::Superseded),
        Err(error) => return Err(error),
    };
    if workload.uid != change.target_uid {
        return Ok(IntentOutcome::Superseded);
    }
    Ok(match took_effect(&change.action, &workload) {
        Some(true) => IntentOutcome::Applied {
            resource_version: workload.resource_version,
        },
        Some(false) => IntentOutcome::Failed {
            error: OpsError::new(
                ErrorCode::Unavailable,
                format!("“{}” did not reach the cluster", change.action),
            )
            .hint("Nothing was changed; it can be tried again."),
        },
        None => IntentOutcome::Failed {
            error: OpsError::new(
                ErrorCode::Unavailable,
                format!("the answer to “{}” was lost", change.action),
            )
            .hint("Look at the age of the workload's pods to see whether it happened."),
        },
    })
}

/// Whether the workload looks as the action leaves it; `None` when that cannot be seen.
fn took_effect(action: &ClusterAction, workload: &Workload) -> Option<bool> {
    match action {
        ClusterAction::Scale { replicas, .. } => Some(workload.replicas == *replicas),
        ClusterAction::Annotate { annotations, .. } => Some(
            annotations
                .iter()
                .all(|(key, value)| workload.annotations.get(key) == value.as_ref()),
        ),
        ClusterAction::Restart { .. } => None,
    }
}

fn finished(
    executed: Answer<Execution>,
    outcome: IntentOutcome,
    action: &ClusterAction,
) -> Answer<Execution> {
    match outcome {
        IntentOutcome::Applied { resource_version } => Ok(executed.unwrap_or(Execution {
            resource_version,
            replicas: match action {
                ClusterAction::Scale { replicas, .. } => Some(*replicas),
                ClusterAction::Restart { .. } | ClusterAction::Annotate { .. } => None,
            },
        })),
        IntentOutcome::Superseded => {
            Err(executed.err().unwrap_or_else(|| changed_meanwhile(action)))
        }
        IntentOutcome::Failed { error } => Err(error),
    }
}

fn changed_meanwhile(action: &ClusterAction) -> OpsError {
    OpsError::new(
        ErrorCode::Conflict,
        format!("{} changed in the meantime", action.workload()),
    )
    .hint("Make a new plan from how it stands now.")
}

/// Settles one intent left open by a crash, by reading its target.
///
/// # Errors
/// Whatever the cluster answers; the intent stays open then.
pub async fn settle_open(core: &Core, intent: &Intent) -> Answer<IntentOutcome> {
    let wanted = &intent.intent;
    let connection = core
        .connections
        .open(&core.database, wanted.user, wanted.cluster)
        .await?;
    let outcome = look_up(connection.port.as_ref(), intent).await?;
    core.database
        .intents()
        .settle(intent.action, &outcome, core.now())
        .await
        .map_err(stored)?;
    Ok(outcome)
}
