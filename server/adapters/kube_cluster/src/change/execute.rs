//! A prepared change carried out, once: the one place from which a write that changes something leaves.
//!
//! Each try reads the target, checks that it is still what was prepared (uid and generation, and annotations,
//! which generation does not count), and sends one request bound to the resourceVersion just read. A 409 says
//! that nothing was done, so the check is made again; nothing that leaves doubt is ever sent again: whoever asked
//! settles it by [`super::settle()`].

mod grant;

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
use crate::{error::ops_error, request::send};

pub(crate) use grant::Grant;

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
        let live = Live::read(client, workload).await.map_err(not_sent)?;
        check(change, &live)?;
        let mut request = step.request(workload, &live, Send::ForReal)?;
        let grant = Grant::new(step.method(), step.path(workload));
        request.extensions_mut().insert(grant);
        match send::<Value>(client, request).await {
            Ok(answer) => return execution(&step, &answer, &doing),
            Err(Error::Api(status)) if status.code == 409 => {}
            Err(error) => return Err(ops_error(error, &doing)),
        }
    }
    Err(OpsError::new(
        ErrorCode::Conflict,
        format!("could not {doing}: something else keeps changing it"),
    )
    .hint("Wait until it has settled, then make the plan again."))
}

/// A change whose target could not be looked at: nothing of it has left, and nothing may be said that leaves doubt.
fn not_sent(error: OpsError) -> OpsError {
    if !error.code.leaves_doubt() {
        return error;
    }
    OpsError {
        code: ErrorCode::NotSent,
        message: format!("nothing was changed: {}", error.message),
        ..error
    }
}

/// The step that was prepared, its restart stamp included.
pub(super) fn step(change: &PreparedChange) -> Result<Step, OpsError> {
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

/// The target is the very object that was looked at, and as it was.
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

pub(super) fn replicas_after(step: &Step, object: &Value) -> Option<Replicas> {
    match step {
        Step::Scale(_) => replicas_of(object).map(Replicas),
        Step::Restart(_) | Step::Annotate(_) => None,
    }
}
