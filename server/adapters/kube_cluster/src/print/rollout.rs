//! `kubectl rollout status` and `history`.
//!
//! `status` says how things stand and does not wait. Sources:
//! `k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go` and `history.go`.

use std::collections::BTreeMap;

use domain::{
    command::{CommandOutput, ResourceWord},
    ids::{NamespaceScope, ObjectName},
};
use serde_json::Value;

use super::{
    describe::{replica_sets, selector_text},
    discovery::ApiResource,
    json::{at, controller, items, name, namespace, number, pairs, text},
    printed,
    request::{Failure, Outcome, Selectors, Session},
    tabs,
};

/// Where a rollout's cause is written down.
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// `kubectl rollout status`, without waiting.
pub(super) async fn status(
    session: &Session<'_>,
    word: &ResourceWord,
    name: &ObjectName,
    scope: &Option<NamespaceScope>,
) -> Outcome<CommandOutput> {
    let resource = session.resource(&word.0).await?;
    let viewer = match resource.group_kind().as_str() {
        "Deployment.apps" => deployment_status,
        "DaemonSet.apps" => daemon_set_status,
        "StatefulSet.apps" => stateful_set_status,
        other => {
            return Err(Failure::message(format!(
                "no status viewer has been implemented for {other}"
            )));
        }
    };
    let namespace = session.one_namespace(scope);
    let object = session
        .object(&resource, Some(namespace), name.as_str())
        .await?;
    viewer(&object).map(|line| printed(format!("{line}\n")))
}

fn is_observed(object: &Value) -> bool {
    number(object, "/metadata/generation") <= number(object, "/status/observedGeneration")
}

fn deployment_status(object: &Value) -> Outcome<String> {
    if !is_observed(object) {
        return Ok("Waiting for deployment spec update to be observed...".to_owned());
    }
    let name = name(object);
    let overdue = items(object, "/status/conditions").iter().any(|condition| {
        text(condition, "/type") == "Progressing"
            && text(condition, "/reason") == "ProgressDeadlineExceeded"
    });
    if overdue {
        return Err(Failure::message(format!(
            "deployment \"{name}\" exceeded its progress deadline"
        )));
    }
    let wanted = number(object, "/spec/replicas");
    let total = number(object, "/status/replicas");
    let updated = number(object, "/status/updatedReplicas");
    let available = number(object, "/status/availableReplicas");
    let waiting = format!("Waiting for deployment \"{name}\" rollout to finish:");
    Ok(if updated < wanted {
        format!("{waiting} {updated} out of {wanted} new replicas have been updated...")
    } else if total > updated {
        format!(
            "{waiting} {} old replicas are pending termination...",
            total - updated
        )
    } else if available < updated {
        format!("{waiting} {available} of {updated} updated replicas are available...")
    } else {
        format!("deployment \"{name}\" successfully rolled out")
    })
}

fn only_rolling(object: &Value) -> Outcome<()> {
    if text(object, "/spec/updateStrategy/type") == "RollingUpdate" {
        return Ok(());
    }
    Err(Failure::message(
        "rollout status is only available for RollingUpdate strategy type",
    ))
}

fn daemon_set_status(object: &Value) -> Outcome<String> {
    only_rolling(object)?;
    if !is_observed(object) {
        return Ok("Waiting for daemon set spec update to be observed...".to_owned());
    }
    let name = name(object);
    let wanted = number(object, "/status/desiredNumberScheduled");
    let updated = number(object, "/status/updatedNumberScheduled");
    let available = number(object, "/status/numberAvailable");
    let waiting = format!("Waiting for daemon set \"{name}\" rollout to finish:");
    Ok(if updated < wanted {
        format!("{waiting} {updated} out of {wanted} new pods have been updated...")
    } else if available < wanted {
        format!("{waiting} {available} of {wanted} updated pods are available...")
    } else {
        format!("daemon set \"{name}\" successfully rolled out")
    })
}

fn stateful_set_status(object: &Value) -> Outcome<String> {
    only_rolling(object)?;
    if number(object, "/status/observedGeneration") == 0 || !is_observed(object) {
        return Ok("Waiting for statefulset spec update to be observed...".to_owned());
    }
    let wanted = number(object, "/spec/replicas");
    let ready = number(object, "/status/readyReplicas");
    if ready < wanted {
        return Ok(format!(
            "Waiting for {} pods to be ready...",
            wanted - ready
        ));
    }
    let updated = number(object, "/status/updatedReplicas");
    let rolling = at(object, "/spec/updateStrategy/rollingUpdate");
    if !rolling.is_null() {
        let partition = rolling.get("partition").and_then(Value::as_i64);
        let due = partition.map_or(0, |partition| wanted - partition);
        return Ok(if updated < due {
            format!(
                "Waiting for partitioned roll out to finish: {updated} out of {due} new pods have been updated..."
            )
        } else {
            format!("partitioned roll out complete: {updated} new pods have been updated...")
        });
    }
    let (newest, current) = (
        text(object, "/status/updateRevision"),
        text(object, "/status/currentRevision"),
    );
    Ok(if newest == current {
        let pods = number(object, "/status/currentReplicas");
        format!("statefulset rolling update complete {pods} pods at revision {current}...")
    } else {
        format!(
            "waiting for statefulset rolling update to complete {updated} pods at revision {newest}..."
        )
    })
}

/// `kubectl rollout history`.
pub(super) async fn history(
    session: &Session<'_>,
    word: &ResourceWord,
    name: &ObjectName,
    scope: &Option<NamespaceScope>,
) -> Outcome<CommandOutput> {
    let resource = session.resource(&word.0).await?;
    let kind = resource.group_kind();
    let of_deployment = kind == "Deployment.apps";
    if !of_deployment && kind != "DaemonSet.apps" && kind != "StatefulSet.apps" {
        return Err(no_history(&resource));
    }
    let namespace = session.one_namespace(scope);
    let object = session
        .object(&resource, Some(namespace), name.as_str())
        .await?;
    let revisions = if of_deployment {
        let sets = replica_sets(session, &object).await?;
        sets.iter().filter_map(set_revision).collect()
    } else {
        controller_revisions(session, &object).await?
    };
    let table = if revisions.is_empty() {
        "No rollout history found.".to_owned()
    } else {
        history_table(&revisions)
    };
    Ok(printed(format!("{}/{name} \n{table}\n", resource.prefix())))
}

/// kubectl's words for a kind without a history, which differ for the kinds that run pods.
fn no_history(resource: &ApiResource) -> Failure {
    let kind = resource.group_kind();
    let runs_pods = [
        "Pod",
        "ReplicationController",
        "ReplicaSet.apps",
        "Job.batch",
        "CronJob.batch",
    ];
    Failure::message(if runs_pods.contains(&kind.as_str()) {
        format!("no history viewer has been implemented for \"{kind}\"")
    } else {
        format!(
            "error retrieving history for \"{kind}\", no visitor method exists for {{{} {}}}",
            resource.group, resource.kind
        )
    })
}

fn history_table(revisions: &BTreeMap<i64, String>) -> String {
    let mut lines = "REVISION\tCHANGE-CAUSE\n".to_owned();
    for (revision, cause) in revisions {
        lines.push_str(&format!("{revision}\t{cause}\n"));
    }
    tabs::align(&lines, tabs::PAGE)
}

/// The revision a `ReplicaSet` stands for, with its cause.
fn set_revision(set: &Value) -> Option<(i64, String)> {
    let annotations = pairs(set, "/metadata/annotations");
    let revision = annotations.get("deployment.kubernetes.io/revision")?;
    Some((revision.parse().ok()?, cause(set)))
}

fn cause(object: &Value) -> String {
    pairs(object, "/metadata/annotations")
        .get(CHANGE_CAUSE)
        .filter(|cause| !cause.is_empty())
        .map_or_else(|| "<none>".to_owned(), ToString::to_string)
}

/// The revisions of a stateful or daemon set.
async fn controller_revisions(
    session: &Session<'_>,
    owner: &Value,
) -> Outcome<BTreeMap<i64, String>> {
    let resource = ApiResource::known("apps", "v1", "controllerrevisions", "ControllerRevision");
    let selector = selector_text(at(owner, "/spec/selector"));
    let selectors = Selectors {
        labels: Some(&selector),
        ..Selectors::default()
    };
    let listed = session
        .list(&resource, Some(namespace(owner)), selectors)
        .await;
    let found = match listed {
        Ok(found) => found,
        // A server that keeps no revisions has no history to show.
        Err(failure) if failure.is_not_found() => Vec::new(),
        Err(failure) => return Err(failure),
    };
    let uid = text(owner, "/metadata/uid");
    Ok(found
        .iter()
        .filter(|revision| controller(revision).is_some_and(|by| text(by, "/uid") == uid))
        .map(|revision| (number(revision, "/revision"), cause(revision)))
        .collect())
}
