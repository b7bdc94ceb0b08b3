//! A change tried as a server-side dry run, and everything its reader should know.

use std::collections::BTreeMap;

use domain::{
    ErrorCode, OpsError,
    plan::{ClusterAction, PreparedChange},
    resources::WorkloadKind,
    time::Timestamp,
    units::ReplicaBounds,
};
use kube::Client;
use serde_json::Value;

use super::{
    diff::diff,
    target::{Live, REPLICAS_PATH, RESTARTED_AT_PATH, Send, Step, replicas_of, restarted_at_of},
    warnings::warnings,
};
use crate::{access, error::ops_error, request::send, resolve::not_scalable};

type FieldValues = BTreeMap<String, String>;

/// The change as the API server would make it, without making it.
pub(crate) async fn prepare(
    client: &Client,
    action: &ClusterAction,
    now: Timestamp,
) -> Result<PreparedChange, OpsError> {
    refuse_impossible(action)?;
    access::require(client, action).await?;
    let live = Live::read(client, action.workload()).await?;
    refuse_paused_restart(action, &live)?;
    let stamp = Timestamp::from_seconds(now.seconds()).to_string();
    let step = Step::of(action, &stamp);
    let (after, warnings) = tokio::join!(
        dry_run(client, action, &live, &step),
        warnings(client, action, &live, now),
    );
    let after = after?;
    let workload = action.workload();
    Ok(PreparedChange {
        action: action.clone(),
        target_uid: live.uid.clone(),
        target_generation: live.generation,
        before: touched(action, &live.object),
        after: touched(action, &after),
        diff: diff(
            &format!("{} {workload}", workload.kind),
            &live.object,
            &after,
        ),
        warnings,
        undo: undo(action, &live),
    })
}

fn refuse_impossible(action: &ClusterAction) -> Result<(), OpsError> {
    let ClusterAction::Scale { workload, replicas } = action else {
        return Ok(());
    };
    if !workload.kind.is_scalable() {
        return Err(not_scalable(workload.kind));
    }
    if replicas.0 > ReplicaBounds::CEILING {
        return Err(OpsError::new(
            ErrorCode::Invalid,
            format!(
                "{replicas} replicas are more than the {} that can be asked for here",
                ReplicaBounds::CEILING
            ),
        ));
    }
    Ok(())
}

/// A paused Deployment does not roll, so that a restart would wait for somebody to resume it; kubectl refuses too.
fn refuse_paused_restart(action: &ClusterAction, live: &Live) -> Result<(), OpsError> {
    match action {
        ClusterAction::Restart { workload }
            if workload.kind == WorkloadKind::Deployment && live.is_paused() =>
        {
            Err(OpsError::new(
                ErrorCode::Invalid,
                format!("the rollout of {workload} is paused, so a restart would not happen"),
            )
            .hint(format!(
                "Resume it first: kubectl rollout resume deployment/{} -n {}",
                workload.name, workload.namespace
            )))
        }
        ClusterAction::Restart { .. }
        | ClusterAction::Scale { .. }
        | ClusterAction::Annotate { .. } => Ok(()),
    }
}

/// The whole object as it would be. `/scale` answers with a Scale, whose count is put into the object.
async fn dry_run(
    client: &Client,
    action: &ClusterAction,
    live: &Live,
    step: &Step,
) -> Result<Value, OpsError> {
    let workload = action.workload();
    let doing = format!("try the change of {} {workload}", workload.kind);
    let answer: Value = send(client, step.request(workload, live, Send::DryRun)?)
        .await
        .map_err(|error| ops_error(error, &doing))?;
    match step {
        Step::Restart(_) | Step::Annotate(_) => Ok(answer),
        Step::Scale(_) => {
            let replicas = replicas_of(&answer).ok_or_else(|| {
                OpsError::new(
                    ErrorCode::ClusterAnswer,
                    format!("could not {doing}: the cluster’s answer has no replica count"),
                )
            })?;
            let mut after = live.object.clone();
            after["spec"]["replicas"] = Value::from(replicas);
            Ok(after)
        }
    }
}

/// The fields an action is about, as they are in an object.
pub(super) fn touched(action: &ClusterAction, object: &Value) -> FieldValues {
    match action {
        ClusterAction::Scale { .. } => {
            let replicas = replicas_of(object).unwrap_or(1);
            [(REPLICAS_PATH.to_owned(), replicas.to_string())].into()
        }
        ClusterAction::Restart { .. } => restarted_at_of(object)
            .map(|stamp| (RESTARTED_AT_PATH.to_owned(), stamp.to_owned()))
            .into_iter()
            .collect(),
        ClusterAction::Annotate { annotations, .. } => {
            let present = object.pointer("/metadata/annotations");
            annotations
                .keys()
                .filter_map(|key| {
                    let value = present?.get(key)?.as_str()?;
                    Some((format!("metadata.annotations.{key}"), value.to_owned()))
                })
                .collect()
        }
    }
}

/// The action that leads back. A restart has none: pods do not come back.
fn undo(action: &ClusterAction, live: &Live) -> Option<ClusterAction> {
    match action {
        ClusterAction::Scale { workload, .. } => Some(ClusterAction::Scale {
            workload: workload.clone(),
            replicas: live.replicas(),
        }),
        ClusterAction::Restart { .. } => None,
        ClusterAction::Annotate {
            workload,
            annotations,
        } => Some(ClusterAction::Annotate {
            workload: workload.clone(),
            annotations: annotations
                .keys()
                .map(|key| (key.clone(), live.annotation(key).map(str::to_owned)))
                .collect(),
        }),
    }
}
