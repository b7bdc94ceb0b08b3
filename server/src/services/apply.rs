//! The one place from which a cluster is changed: intent on disk, then the write, then its outcome.
//!
//! The write itself is a compare-and-swap, so a duplicate can only be refused; what a crash or a lost reply leaves
//! open is settled by reading the target ([`settle_open`]).

use std::fmt::Display;

use domain::{
    ErrorCode, OpsError,
    cluster::ClusterMode,
    ids::{JobId, PlanId, UserId},
    plan::{ClusterAction, PreparedChange},
    ports::{Answer, ClusterPort, Execution, Settlement},
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
    let particulars = format!("{action}: {}", act.reason);
    core.audit(
        Some(act.user),
        "cluster.write",
        action.workload(),
        AuditOutcome::Begun,
        &particulars,
    )
    .await?;
    let intent = core
        .database
        .intents()
        .file(intent(core, &act), core.now())
        .await
        .map_err(stored)?;
    let port = act.connection.port.as_ref();
    let (outcome, answer) = match port.execute(act.change).await {
        Err(error) if error.code.leaves_doubt() => settled(port, act.change, error).await?,
        Err(error) if error.code == ErrorCode::Conflict => (IntentOutcome::Superseded, Err(error)),
        Err(error) => (
            IntentOutcome::Failed {
                error: error.clone(),
            },
            Err(error),
        ),
        Ok(execution) => (applied(&execution), Ok(execution)),
    };
    core.database
        .intents()
        .settle(intent.action, &outcome, core.now())
        .await
        .map_err(stored)?;
    note_end(core, act.user, action, particulars, &answer).await;
    answer
}

/// Notes how a write ended. It has been made or not by then: a log that cannot be written to is our own fault, and does
/// not change what is answered.
async fn note_end(
    core: &Core,
    user: UserId,
    action: &ClusterAction,
    particulars: String,
    answer: &Answer<Execution>,
) {
    let target = ("cluster.write", action.workload() as &(dyn Display + Sync));
    if let Err(error) = core.audit_end(user, target, particulars, answer).await {
        tracing::error!(%action, error = error.message, "how a write ended is not in the audit log");
    }
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

/// The outcome of a write whose answer was lost with `error`, and what its caller is told.
///
/// # Errors
/// When the target cannot be read either; the intent stays open then.
async fn settled(
    port: &dyn ClusterPort,
    change: &PreparedChange,
    error: OpsError,
) -> Answer<(IntentOutcome, Answer<Execution>)> {
    let Ok(settlement) = port.settle(change).await else {
        return Err(error.hint(
            "Whether the change was made could not be found out yet. Look at the workload before trying again.",
        ));
    };
    Ok(match settlement {
        Settlement::Made(execution) => {
            let action = &change.action;
            tracing::warn!(%action, "a change was made although its answer was lost");
            (applied(&execution), Ok(execution))
        }
        Settlement::NotMade => {
            let error = error.hint("Nothing was changed; it can be tried again.");
            let outcome = IntentOutcome::Failed {
                error: error.clone(),
            };
            (outcome, Err(error))
        }
        Settlement::Superseded => (
            IntentOutcome::Superseded,
            Err(changed_meanwhile(&change.action)),
        ),
    })
}

fn applied(execution: &Execution) -> IntentOutcome {
    IntentOutcome::Applied {
        resource_version: execution.resource_version.clone(),
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
    let unanswered = OpsError::new(
        ErrorCode::Unavailable,
        format!("the answer to “{}” was lost", wanted.change.action),
    );
    let (outcome, answer) = settled(connection.port.as_ref(), &wanted.change, unanswered).await?;
    core.database
        .intents()
        .settle(intent.action, &outcome, core.now())
        .await
        .map_err(stored)?;
    let action = &wanted.change.action;
    let particulars = format!("{action}: found out afterwards; {}", wanted.reason);
    note_end(core, wanted.user, action, particulars, &answer).await;
    Ok(outcome)
}
