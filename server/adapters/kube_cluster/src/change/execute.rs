//! A prepared change carried out, once.
//!
//! Each try reads the target, checks that it is still what was prepared (uid and generation, and annotations,
//! which generation does not count), and sends one request bound to the resourceVersion just read. A 409 says
//! that nothing was done, so the check is made again; anything that leaves doubt is settled by reading, never by
//! sending again.

use domain::{
    ErrorCode, OpsError,
    plan::{ClusterAction, PreparedChange},
    ports::Execution,
    units::Replicas,
};
use kube::{Client, Error};
use serde_json::Value;

use super::{
    prepare::touched,
    target::{Live, RESTARTED_AT_PATH, Send, Step, replicas_of},
};
use crate::{
    error::{Fault, find, ops_error},
    request::{FIELD_MANAGER, send},
};

/// How often the target is looked at again after a 409.
const TRIES: usize = 4;

/// Carries out a change, or says why it was not.
pub(crate) async fn execute(
    client: &Client,
    change: &PreparedChange,
) -> Result<Execution, OpsError> {
    let workload = change.action.workload();
    let doing = format!("change {} {workload}", workload.kind);
    let step = step(change)?;
    for _ in 0..TRIES {
        let live = Live::read(client, workload).await?;
        check(change, &live)?;
        let request = step.request(workload, &live, Send::ForReal)?;
        match send::<Value>(client, request).await {
            Ok(answer) => return execution(&step, &answer, &doing),
            Err(Error::Api(status)) if status.code == 409 => {}
            Err(error) if is_final(&error) => return Err(ops_error(error, &doing)),
            Err(error) => {
                let error = ops_error(error, &doing);
                return settle(client, change, &step, &live, error).await;
            }
        }
    }
    Err(OpsError::new(
        ErrorCode::Conflict,
        format!("could not {doing}: something else keeps changing it"),
    )
    .hint("Wait until it has settled, then make the plan again."))
}

/// The step that was prepared, its restart stamp included.
fn step(change: &PreparedChange) -> Result<Step, OpsError> {
    let stamp = match &change.action {
        ClusterAction::Restart { .. } => change
            .after
            .get(RESTARTED_AT_PATH)
            .map(String::as_str)
            .ok_or_else(OpsError::internal)?,
        ClusterAction::Scale { .. } | ClusterAction::Annotate { .. } => "",
    };
    Ok(Step::of(&change.action, stamp))
}

/// W11 and digest binding: the target is the very object that was looked at, and as it was.
fn check(change: &PreparedChange, live: &Live) -> Result<(), OpsError> {
    let workload = change.action.workload();
    let why = if live.uid != change.target_uid {
        "it was deleted and made again"
    } else if live.generation != change.target_generation {
        "its spec has changed"
    } else if touched(&change.action, &live.object) != change.before {
        "its annotations have changed"
    } else {
        return Ok(());
    };
    Err(OpsError::new(
        ErrorCode::Conflict,
        format!(
            "{} {workload} is not as it was when the plan was made: {why}",
            workload.kind
        ),
    )
    .hint("Look at its present state and make the plan again."))
}

/// Whether an error says for certain that nothing was done.
fn is_final(error: &Error) -> bool {
    if let Error::Api(status) = error {
        return (400..500).contains(&status.code);
    }
    find::<Fault>(error).is_some_and(|fault| {
        matches!(
            fault,
            Fault::Refused(_) | Fault::Address(_) | Fault::Resolve(_)
        )
    })
}

/// After an answer that leaves doubt: done when the target is as wanted and says that we did it.
async fn settle(
    client: &Client,
    change: &PreparedChange,
    step: &Step,
    sent: &Live,
    error: OpsError,
) -> Result<Execution, OpsError> {
    let workload = change.action.workload();
    let Ok(live) = Live::read(client, workload).await else {
        return Err(error.hint("Whether the change was made could not be found out. Look at the workload before trying again."));
    };
    let is_ours = live.uid == sent.uid
        && live.resource_version != sent.resource_version
        && step.is_done_in(&live)
        && is_managed_by_us(&live);
    if is_ours {
        tracing::warn!(%workload, "a change was made although its answer was lost");
        return Ok(Execution {
            resource_version: live.resource_version.clone(),
            replicas: replicas_after(step, &live.object),
        });
    }
    if live.resource_version == sent.resource_version {
        return Err(error.hint("The workload is unchanged. Try again when the cluster answers."));
    }
    Err(error.hint("The workload has changed since. Look at it before trying again."))
}

fn is_managed_by_us(live: &Live) -> bool {
    live.object
        .pointer("/metadata/managedFields")
        .and_then(Value::as_array)
        .is_some_and(|entries| {
            entries
                .iter()
                .any(|entry| entry["manager"] == FIELD_MANAGER)
        })
}

fn execution(step: &Step, answer: &Value, doing: &str) -> Result<Execution, OpsError> {
    let resource_version = answer
        .pointer("/metadata/resourceVersion")
        .and_then(Value::as_str)
        .ok_or_else(|| {
            OpsError::new(
                ErrorCode::ClusterAnswer,
                format!("could not {doing} for certain: the cluster’s answer has no version"),
            )
            .hint("Look at the workload before trying again.")
        })?;
    Ok(Execution {
        resource_version: resource_version.to_owned(),
        replicas: replicas_after(step, answer),
    })
}

fn replicas_after(step: &Step, object: &Value) -> Option<Replicas> {
    match step {
        Step::Scale(_) => replicas_of(object).map(Replicas),
        Step::Restart(_) | Step::Annotate(_) => None,
    }
}
