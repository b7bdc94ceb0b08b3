//! What became of a change whose answer was lost, or after which a crash came: read from its target, never sent again.

use std::time::Duration;

use domain::{
    ErrorCode, OpsError,
    plan::PreparedChange,
    ports::{Execution, Settlement},
    resources::WorkloadRef,
};
use kube::Client;
use serde_json::Value;

use super::{
    execute::{replicas_after, step},
    prepare::touched,
    target::Live,
};
use crate::request::FIELD_MANAGER;

/// As long as a cluster's rest at most is waited for, in seconds.
const LONGEST_REST: u64 = 30;

/// Reads the target and says what became of the change.
pub(crate) async fn settle(
    client: &Client,
    change: &PreparedChange,
) -> Result<Settlement, OpsError> {
    match look(client, change.action.workload()).await {
        Ok(live) => settlement(change, &live),
        Err(error) if error.code == ErrorCode::NotFound => Ok(Settlement::Superseded),
        Err(error) => Err(error),
    }
}

/// The target as it is. A cluster at rest, which the lost answer may have been the reason for, is waited for once.
async fn look(client: &Client, workload: &WorkloadRef) -> Result<Live, OpsError> {
    let first = Live::read(client, workload).await;
    let Some(rest) = first.as_ref().err().and_then(|error| error.retry_after) else {
        return first;
    };
    let seconds = u64::try_from(rest.0).unwrap_or_default().min(LONGEST_REST);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    Live::read(client, workload).await
}

fn settlement(change: &PreparedChange, live: &Live) -> Result<Settlement, OpsError> {
    let step = step(change)?;
    let is_as_prepared = live.generation == change.target_generation
        && touched(&change.action, &live.object) == change.before;
    Ok(if live.uid != change.target_uid {
        Settlement::Superseded
    } else if step.is_done_in(live) && (is_as_prepared || is_managed_by_us(live)) {
        Settlement::Made(Execution {
            resource_version: live.resource_version.clone(),
            replicas: replicas_after(&step, &live.object),
        })
    } else if is_as_prepared {
        Settlement::NotMade
    } else {
        Settlement::Superseded
    })
}

/// Whether we have changed the object: the same value set by somebody else is not ours to claim.
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
