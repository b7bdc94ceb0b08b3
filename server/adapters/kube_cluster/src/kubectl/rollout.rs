//! `kubectl rollout status` and `history`.
//!
//! `status` says how things stand and does not wait; `owner/rollout.rs` waits. Sources:
//! `k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go` and `history.go`.

use std::collections::BTreeMap;

use domain::{
    command::{CommandOutput, ResourceWord},
    ids::{NamespaceScope, ObjectName},
};
use serde_json::Value;

use super::{
    describe::{self, replica_sets, selector_text},
    discovery::ApiResource,
    json::{at, controller, items, name, namespace, number, pairs, text},
    printed,
    request::{Failure, Outcome, Selectors, Session},
    tabs,
};

/// A workload's pod template as it once was.
struct Revision {
    cause: String,
    template: Value,
}

/// What stands for a cause that nobody wrote down.
const NO_CAUSE: &str = "<none>";

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
    let view = viewer(&resource)?;
    let namespace = session.one_namespace(scope);
    let object = session
        .object(&resource, Some(namespace), name.as_str())
        .await?;
    view(&object).map(|progress| printed(format!("{}\n", progress.line)))
}

/// How far a rollout is.
pub(super) struct Progress {
    /// In kubectl's words.
    pub(super) line: String,
    /// Whether there is nothing left to wait for.
    pub(super) is_done: bool,
}

fn waiting(line: impl Into<String>) -> Progress {
    Progress {
        line: line.into(),
        is_done: false,
    }
}

fn done(line: String) -> Progress {
    Progress {
        line,
        is_done: true,
    }
}

/// What says how far the rollout of a workload is, or in kubectl's words that it has failed.
///
/// # Errors
/// kubectl's words for a kind without rollouts.
pub(super) fn viewer(resource: &ApiResource) -> Outcome<fn(&Value) -> Outcome<Progress>> {
    match resource.group_kind().as_str() {
        "Deployment.apps" => Ok(deployment_status),
        "DaemonSet.apps" => Ok(daemon_set_status),
        "StatefulSet.apps" => Ok(stateful_set_status),
        other => Err(Failure::message(format!(
            "no status viewer has been implemented for {other}"
        ))),
    }
}

fn is_observed(object: &Value) -> bool {
    number(object, "/metadata/generation") <= number(object, "/status/observedGeneration")
}

fn deployment_status(object: &Value) -> Outcome<Progress> {
    if !is_observed(object) {
        return Ok(waiting(
            "Waiting for deployment spec update to be observed...",
        ));
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
    let rollout = format!("Waiting for deployment \"{name}\" rollout to finish:");
    Ok(if updated < wanted {
        waiting(format!(
            "{rollout} {updated} out of {wanted} new replicas have been updated..."
        ))
    } else if total > updated {
        let old = total - updated;
        waiting(format!(
            "{rollout} {old} old replicas are pending termination..."
        ))
    } else if available < updated {
        waiting(format!(
            "{rollout} {available} of {updated} updated replicas are available..."
        ))
    } else {
        done(format!("deployment \"{name}\" successfully rolled out"))
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

fn daemon_set_status(object: &Value) -> Outcome<Progress> {
    only_rolling(object)?;
    if !is_observed(object) {
        return Ok(waiting(
            "Waiting for daemon set spec update to be observed...",
        ));
    }
    let name = name(object);
    let wanted = number(object, "/status/desiredNumberScheduled");
    let updated = number(object, "/status/updatedNumberScheduled");
    let available = number(object, "/status/numberAvailable");
    let rollout = format!("Waiting for daemon set \"{name}\" rollout to finish:");
    Ok(if updated < wanted {
        waiting(format!(
            "{rollout} {updated} out of {wanted} new pods have been updated..."
        ))
    } else if available < wanted {
        waiting(format!(
            "{rollout} {available} of {wanted} updated pods are available..."
        ))
    } else {
        done(format!("daemon set \"{name}\" successfully rolled out"))
    })
}

fn stateful_set_status(object: &Value) -> Outcome<Progress> {
    only_rolling(object)?;
    if number(object, "/status/observedGeneration") == 0 || !is_observed(object) {
        return Ok(waiting(
            "Waiting for statefulset spec update to be observed...",
        ));
    }
    let wanted = number(object, "/spec/replicas");
    let ready = number(object, "/status/readyReplicas");
    if ready < wanted {
        let missing = wanted - ready;
        return Ok(waiting(format!(
            "Waiting for {missing} pods to be ready..."
        )));
    }
    let updated = number(object, "/status/updatedReplicas");
    let rolling = at(object, "/spec/updateStrategy/rollingUpdate");
    if !rolling.is_null() {
        let partition = rolling.get("partition").and_then(Value::as_i64);
        let due = partition.map_or(0, |partition| wanted - partition);
        return Ok(if updated < due {
            waiting(format!(
                "Waiting for partitioned roll out to finish: {updated} out of {due} new pods have been updated..."
            ))
        } else {
            done(format!(
                "partitioned roll out complete: {updated} new pods have been updated..."
            ))
        });
    }
    let (newest, current) = (
        text(object, "/status/updateRevision"),
        text(object, "/status/currentRevision"),
    );
    Ok(if newest == current {
        let pods = number(object, "/status/currentReplicas");
        done(format!(
            "statefulset rolling update complete {pods} pods at revision {current}..."
        ))
    } else {
        waiting(format!(
            "waiting for statefulset rolling update to complete {updated} pods at revision {newest}..."
        ))
    })
}

/// `kubectl rollout history`.
pub(super) async fn history(
    session: &Session<'_>,
    word: &ResourceWord,
    name: &ObjectName,
    scope: &Option<NamespaceScope>,
    revision: Option<i64>,
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
    let heading = format!("{}/{name}", resource.prefix());
    Ok(printed(match revision {
        _ if revisions.is_empty() => format!("{heading} \nNo rollout history found.\n"),
        None => format!("{heading} \n{}\n", history_table(&revisions)),
        Some(number) => {
            let revision = revisions
                .get(&number)
                .ok_or_else(|| Failure::message("unable to find the specified revision"))?;
            format!(
                "{heading} with revision #{number}\n{}\n",
                pod_template(revision)
            )
        }
    }))
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

/// The pod template of one revision, its cause among the annotations.
fn pod_template(revision: &Revision) -> String {
    let mut template = revision.template.clone();
    if revision.cause != NO_CAUSE {
        template["metadata"]["annotations"][CHANGE_CAUSE] = revision.cause.as_str().into();
    }
    describe::pod_template(&template)
}

fn history_table(revisions: &BTreeMap<i64, Revision>) -> String {
    let mut lines = "REVISION\tCHANGE-CAUSE\n".to_owned();
    for (number, revision) in revisions {
        lines.push_str(&format!("{number}\t{}\n", revision.cause));
    }
    tabs::align(&lines, tabs::PAGE)
}

/// The revision a `ReplicaSet` stands for, with its cause.
fn set_revision(set: &Value) -> Option<(i64, Revision)> {
    let annotations = pairs(set, "/metadata/annotations");
    let revision = annotations.get("deployment.kubernetes.io/revision")?;
    let kept = Revision {
        cause: cause(set),
        template: at(set, "/spec/template").clone(),
    };
    Some((revision.parse().ok()?, kept))
}

fn cause(object: &Value) -> String {
    pairs(object, "/metadata/annotations")
        .get(CHANGE_CAUSE)
        .filter(|cause| !cause.is_empty())
        .map_or_else(|| NO_CAUSE.to_owned(), ToString::to_string)
}

/// The revisions of a stateful or daemon set.
async fn controller_revisions(
    session: &Session<'_>,
    owner: &Value,
) -> Outcome<BTreeMap<i64, Revision>> {
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
        .map(|revision| {
            let kept = Revision {
                cause: cause(revision),
                template: at(revision, "/data/spec/template").clone(),
            };
            (number(revision, "/revision"), kept)
        })
        .collect())
}
