//! `kubectl rollout status`, `restart`, `undo`, `pause` and `resume`.
//!
//! Sources: `k8s.io/kubectl/pkg/cmd/rollout` and `pkg/polymorphichelpers`.

use std::collections::BTreeMap;

use domain::command::CommandOutput;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    run::{DryRun, JSON_PATCH, MERGE_PATCH, Run, STRATEGIC_PATCH, fail},
    targets::Target,
    wait::{POLL, duration},
};
use crate::kubectl::{
    describe::{self, replica_sets, selector_text},
    discovery::ApiResource,
    json::{at, controller, flag, number, pairs, text},
    nothing_found,
    request::{Failure, Outcome, Selectors},
    rollout::viewer,
    when,
};

/// The label a Deployment puts on the pods of each of its revisions.
const HASH: &str = "pod-template-hash";
const REVISION: &str = "deployment.kubernetes.io/revision";
/// Annotations of a Deployment that no revision brings back.
const KEPT: [&str; 6] = [
    super::apply::LAST_APPLIED,
    REVISION,
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
];

/// `rollout status`: waits until the rollout is done, saying how far it is.
pub(super) async fn watch(run: &Run<'_>) -> Outcome<CommandOutput> {
    let waits = run.line.value("watch").is_none() || run.line.is_on("watch");
    let timeout = run.line.value("timeout").map(duration).transpose()?;
    let deadline = timeout
        .filter(|timeout| !timeout.is_zero())
        .map(|timeout| Instant::now() + timeout);
    let found = run.targets(&run.line.words).await?;
    let mut output = found.output;
    if found.targets.is_empty() && output.exit_code == 0 {
        output.stderr = nothing_found(Some(run.namespace()));
    }
    for target in &found.targets {
        if let Err(failure) = follow(run, target, waits, deadline, &mut output).await {
            fail(&mut output, failure)?;
        }
    }
    Ok(output)
}

async fn follow(
    run: &Run<'_>,
    target: &Target,
    waits: bool,
    deadline: Option<Instant>,
    output: &mut CommandOutput,
) -> Outcome<()> {
    let view = viewer(&target.resource)?;
    let mut object = target.object.clone();
    let mut last = String::new();
    loop {
        let now = view(&object)?;
        if now.line != last {
            output.stdout.push_str(&now.line);
            output.stdout.push('\n');
            last = now.line;
        }
        if now.is_done || !waits {
            return Ok(());
        }
        if deadline.is_some_and(|deadline| Instant::now() > deadline) {
            return Err(Failure::message("timed out waiting for the condition"));
        }
        tokio::time::sleep(POLL).await;
        object = run
            .live(target)
            .await?
            .ok_or_else(|| Failure::message("object has been deleted"))?;
    }
}

/// `rollout restart`.
pub(super) async fn restart(run: &Run<'_>) -> Outcome<CommandOutput> {
    let found = run.targets(&run.line.words).await?;
    let mut output = found.output;
    for target in &found.targets {
        let result = restarted(run, target).await;
        settle(run, &mut output, result, "restarted")?;
    }
    Ok(output)
}

async fn restarted(run: &Run<'_>, target: &Target) -> Outcome<Value> {
    rolls(target, "restarting is not supported")?;
    if flag(&target.object, "/spec/paused") {
        return Err(Failure::message(format!(
            "can't restart paused deployment (run rollout resume first): {} {}",
            target.resource.prefix(),
            target.name
        )));
    }
    let at = when::rfc3339(run.session.now);
    let patch = json!({"spec": {"template": {"metadata": {"annotations":
        {"kubectl.kubernetes.io/restartedAt": at}}}}});
    changed(run, target, &patch, "kubectl-rollout").await
}

/// `rollout pause` and `rollout resume`.
pub(super) async fn pause(run: &Run<'_>, pauses: bool) -> Outcome<CommandOutput> {
    let found = run.targets(&run.line.words).await?;
    let mut output = found.output;
    for target in &found.targets {
        let result = paused(run, target, pauses).await;
        settle(
            run,
            &mut output,
            result,
            if pauses { "paused" } else { "resumed" },
        )?;
    }
    Ok(output)
}

async fn paused(run: &Run<'_>, target: &Target, pauses: bool) -> Outcome<Value> {
    if target.resource.group_kind() != "Deployment.apps" {
        let verb = if pauses { "pausing" } else { "resuming" };
        return Err(Failure::message(format!("{verb} is not supported")));
    }
    if flag(&target.object, "/spec/paused") == pauses {
        let state = if pauses { "already" } else { "not" };
        return Err(Failure::message(format!(
            "{} \"{}\" is {state} paused",
            super::targets::qualified(&target.resource),
            target.name
        )));
    }
    let patch = json!({"spec": {"paused": if pauses { Value::from(true) } else { Value::Null }}});
    changed(run, target, &patch, "kubectl-rollout").await
}

async fn changed(run: &Run<'_>, target: &Target, patch: &Value, manager: &str) -> Outcome<Value> {
    if run.dry_run == DryRun::Client {
        let mut object = target.object.clone();
        json_patch::merge(&mut object, patch);
        return Ok(object);
    }
    run.patch(target, "", MERGE_PATCH, patch, manager).await
}

fn settle(
    run: &Run<'_>,
    output: &mut CommandOutput,
    result: Outcome<Value>,
    operation: &str,
) -> Outcome<()> {
    match result {
        Ok(object) => run.report(output, &object, operation),
        Err(failure) => fail(output, failure),
    }
}

fn rolls(target: &Target, otherwise: &str) -> Outcome<()> {
    match target.resource.group_kind().as_str() {
        "Deployment.apps" | "StatefulSet.apps" | "DaemonSet.apps" => Ok(()),
        other => Err(Failure::message(format!(
            "{} \"{}\" {otherwise}: {other}",
            super::targets::qualified(&target.resource),
            target.name
        ))),
    }
}

/// `rollout undo`.
pub(super) async fn undo(run: &Run<'_>) -> Outcome<CommandOutput> {
    let to = super::create::workload::number(run, "to-revision")?.unwrap_or(0);
    let found = run.targets(&run.line.words).await?;
    let mut output = found.output;
    for target in &found.targets {
        match undone(run, target, to).await {
            Ok(operation) => run.report(&mut output, &target.object, &operation)?,
            Err(failure) => fail(&mut output, failure)?,
        }
    }
    Ok(output)
}

/// Puts an earlier template back; kubectl's word for what became of it.
async fn undone(run: &Run<'_>, target: &Target, to: i64) -> Outcome<String> {
    match target.resource.group_kind().as_str() {
        "Deployment.apps" => undo_deployment(run, target, to).await,
        "StatefulSet.apps" | "DaemonSet.apps" => undo_controlled(run, target, to).await,
        other => Err(Failure::message(format!(
            "no rollbacker has been implemented for \"{other}\""
        ))),
    }
}

async fn undo_deployment(run: &Run<'_>, target: &Target, to: i64) -> Outcome<String> {
    let deployment = &target.object;
    let sets = replica_sets(run.session, deployment).await?;
    let revisions: BTreeMap<i64, &Value> = sets
        .iter()
        .filter_map(|set| {
            let revision = pairs(set, "/metadata/annotations").get(REVISION)?.parse();
            Some((revision.ok()?, set))
        })
        .collect();
    let set = earlier(&revisions, to).ok_or_else(|| match to {
        0 => Failure::message(format!(
            "no rollout history found for deployment \"{}\"",
            target.name
        )),
        _ => missing(to),
    })?;
    let template = without_hash(at(set, "/spec/template"));
    if run.dry_run == DryRun::Client {
        return Ok(describe::pod_template(at(set, "/spec/template")));
    }
    if flag(deployment, "/spec/paused") {
        return Err(Failure::message(
            "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
        ));
    }
    if template == without_hash(at(deployment, "/spec/template")) {
        return Ok(format!(
            "skipped rollback (current template already matches revision {to})"
        ));
    }
    let mut annotations = serde_json::Map::new();
    for (key, value) in pairs(deployment, "/metadata/annotations") {
        if KEPT.contains(&key) {
            annotations.insert(key.to_owned(), value.into());
        }
    }
    for (key, value) in pairs(set, "/metadata/annotations") {
        if !KEPT.contains(&key) {
            annotations.insert(key.to_owned(), value.into());
        }
    }
    let patch = json!([{"op": "replace", "path": "/spec/template", "value": template},
        {"op": "replace", "path": "/metadata/annotations", "value": annotations}]);
    run.patch(target, "", JSON_PATCH, &patch, "kubectl-rollout")
        .await?;
    Ok("rolled back".to_owned())
}

/// A stateful or daemon set keeps its revisions as patches of itself.
async fn undo_controlled(run: &Run<'_>, target: &Target, to: i64) -> Outcome<String> {
    let known = ApiResource::known("apps", "v1", "controllerrevisions", "ControllerRevision");
    let selector = selector_text(at(&target.object, "/spec/selector"));
    let selectors = Selectors {
        labels: Some(&selector),
        ..Selectors::default()
    };
    let listed = run
        .session
        .list(&known, target.namespace.as_deref(), selectors)
        .await?;
    let uid = text(&target.object, "/metadata/uid");
    let revisions: BTreeMap<i64, &Value> = listed
        .iter()
        .filter(|revision| controller(revision).is_some_and(|by| text(by, "/uid") == uid))
        .map(|revision| (number(revision, "/revision"), revision))
        .collect();
    if to == 0 && revisions.len() <= 1 {
        return Err(Failure::message("no last revision to roll back to"));
    }
    let revision = earlier(&revisions, to).ok_or_else(|| missing(to))?;
    let patch = at(revision, "/data");
    if run.dry_run == DryRun::Client {
        return Ok(describe::pod_template(at(patch, "/spec/template")));
    }
    if number(revision, "/revision") == revisions.keys().last().copied().unwrap_or_default() {
        return Ok(format!(
            "skipped rollback (current template already matches revision {to})"
        ));
    }
    run.patch(target, "", STRATEGIC_PATCH, patch, "kubectl-rollout")
        .await?;
    Ok("rolled back".to_owned())
}

/// The revision of a number, or for zero the one before the newest.
fn earlier<'v>(revisions: &BTreeMap<i64, &'v Value>, to: i64) -> Option<&'v Value> {
    match to {
        0 => revisions.values().rev().nth(1).copied(),
        to => revisions.get(&to).copied(),
    }
}

fn missing(revision: i64) -> Failure {
    Failure::message(format!(
        "unable to find specified revision {revision} in history"
    ))
}

fn without_hash(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(labels) = template
        .pointer_mut("/metadata/labels")
        .and_then(Value::as_object_mut)
    {
        labels.remove(HASH);
    }
    template
}
