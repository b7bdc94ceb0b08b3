//! Deployments, replica sets, stateful sets and daemon sets.

use serde_json::Value;

use super::{
    common::{
        annotations, controlled_by, creation, event_table, events_about, heading, joined_labels,
        labels, labels_and_annotations, or_none, pod_counts, reasoned_conditions, tolerations,
    },
    containers::Containers,
    page::Page,
    pod::spread_constraints,
    selector_text, volumes,
};
use crate::kubectl::{
    discovery::ApiResource,
    json::{at, controller, has, items, name, namespace, number, pairs, shown, text},
    request::{Failure, Outcome, Selectors, Session},
};

/// What tells a deployment's replica sets apart.
const REVISION: &str = "deployment.kubernetes.io/revision";

pub(super) async fn deployment(session: &Session<'_>, object: &Value) -> Outcome<String> {
    let events = events_about(session, object).await?;
    let sets = match replica_sets(session, object).await {
        Ok(sets) => sets,
        Err(failure @ Failure::Cluster(_)) => return Err(failure),
        Err(_) => Vec::new(),
    };
    let mut page = Page::default();
    heading(&mut page, object);
    creation(&mut page, object);
    labels_and_annotations(&mut page, object);
    page.field(0, "Selector", selector_text(at(object, "/spec/selector")));
    let status = |field: &str| number(object, &format!("/status/{field}"));
    page.field(
        0,
        "Replicas",
        format_args!(
            "{} desired | {} updated | {} total | {} available | {} unavailable",
            number(object, "/spec/replicas"),
            status("updatedReplicas"),
            status("replicas"),
            status("availableReplicas"),
            status("unavailableReplicas")
        ),
    );
    page.field(0, "StrategyType", text(object, "/spec/strategy/type"));
    page.field(
        0,
        "MinReadySeconds",
        number(object, "/spec/minReadySeconds"),
    );
    if has(object, "/spec/strategy/rollingUpdate") {
        let rolling = at(object, "/spec/strategy/rollingUpdate");
        let (unavailable, surge) = (
            shown(at(rolling, "/maxUnavailable")),
            shown(at(rolling, "/maxSurge")),
        );
        let words = format!("{unavailable} max unavailable, {surge} max surge");
        page.field(0, "RollingUpdateStrategy", words);
    }
    template(&mut page, at(object, "/spec/template"));
    reasoned_conditions(&mut page, object);
    set_lines(&mut page, object, &sets);
    event_table(&mut page, &events, session.now);
    Ok(page.finish())
}

/// `OldReplicaSets:` and `NewReplicaSet:`.
fn set_lines(page: &mut Page, deployment: &Value, sets: &[Value]) {
    if sets.is_empty() {
        return;
    }
    let newest = newest_set(deployment, sets).map(name);
    let line = |newest_wanted: bool| {
        let sets: Vec<String> = sets
            .iter()
            .filter(|set| (newest == Some(name(set))) == newest_wanted)
            .map(|set| {
                format!(
                    "{} ({}/{} replicas created)",
                    name(set),
                    number(set, "/status/replicas"),
                    number(set, "/spec/replicas")
                )
            })
            .collect();
        or_none(sets.join(", "))
    };
    page.field(0, "OldReplicaSets", line(false));
    page.field(0, "NewReplicaSet", line(true));
}

/// The replica sets a deployment controls.
pub(in crate::kubectl) async fn replica_sets(
    session: &Session<'_>,
    deployment: &Value,
) -> Outcome<Vec<Value>> {
    let resource = ApiResource::known("apps", "v1", "replicasets", "ReplicaSet");
    let selector = selector_text(at(deployment, "/spec/selector"));
    let selectors = Selectors {
        labels: Some(&selector),
        ..Selectors::default()
    };
    let mut sets = session
        .list(&resource, Some(namespace(deployment)), selectors)
        .await?;
    let uid = text(deployment, "/metadata/uid");
    sets.retain(|set| controller(set).is_some_and(|by| text(by, "/uid") == uid));
    Ok(sets)
}

/// The oldest set with the deployment's own template, else the one with its revision.
fn newest_set<'s>(deployment: &Value, sets: &'s [Value]) -> Option<&'s Value> {
    let wanted = at(deployment, "/spec/template");
    let revision = |object: &Value| {
        let annotations = pairs(object, "/metadata/annotations");
        annotations.get(REVISION).map(ToString::to_string)
    };
    sets.iter()
        .filter(|set| without_hash(at(set, "/spec/template")) == *wanted)
        .min_by_key(|set| text(set, "/metadata/creationTimestamp"))
        .or_else(|| {
            let current = revision(deployment)?;
            sets.iter()
                .find(|set| revision(set).as_ref() == Some(&current))
        })
}

/// A template without the label that the deployment controller adds.
fn without_hash(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(labels) = template
        .pointer_mut("/metadata/labels")
        .and_then(Value::as_object_mut)
    {
        labels.remove("pod-template-hash");
    }
    template
}

pub(super) async fn replica_set(session: &Session<'_>, object: &Value) -> Outcome<String> {
    let events = events_about(session, object).await?;
    let pods = match pod_counts(session, object).await {
        Ok(counts) => counts,
        Err(failure @ Failure::Cluster(_)) => return Err(failure),
        Err(failure) => {
            let line = failure.into_line().map_err(Failure::Cluster)?;
            format!("error in fetching pods: {}", line.trim_end())
        }
    };
    let mut page = Page::default();
    heading(&mut page, object);
    let selector = selector_text(at(object, "/spec/selector"));
    page.field(0, "Selector", or_none(selector));
    labels_and_annotations(&mut page, object);
    controlled_by(&mut page, object);
    let (current, wanted) = (
        number(object, "/status/replicas"),
        number(object, "/spec/replicas"),
    );
    page.field(
        0,
        "Replicas",
        format_args!("{current} current / {wanted} desired"),
    );
    page.field(0, "Pods Status", pods);
    template(&mut page, at(object, "/spec/template"));
    reasoned_conditions(&mut page, object);
    event_table(&mut page, &events, session.now);
    Ok(page.finish())
}

pub(super) async fn stateful_set(session: &Session<'_>, object: &Value) -> Outcome<String> {
    let events = events_about(session, object).await?;
    let pods = pod_counts(session, object).await?;
    let mut page = Page::default();
    heading(&mut page, object);
    creation(&mut page, object);
    page.field(0, "Selector", selector_text(at(object, "/spec/selector")));
    labels_and_annotations(&mut page, object);
    let (wanted, total) = (
        number(object, "/spec/replicas"),
        number(object, "/status/replicas"),
    );
    page.field(
        0,
        "Replicas",
        format_args!("{wanted} desired | {total} total"),
    );
    let strategy = at(object, "/spec/updateStrategy");
    page.field(0, "Update Strategy", text(strategy, "/type"));
    if has(strategy, "/rollingUpdate/partition") {
        page.field(1, "Partition", number(strategy, "/rollingUpdate/partition"));
        if has(strategy, "/rollingUpdate/maxUnavailable") {
            let most = shown(at(strategy, "/rollingUpdate/maxUnavailable"));
            page.field(1, "MaxUnavailable", most);
        }
    }
    page.field(0, "Pods Status", pods);
    template(&mut page, at(object, "/spec/template"));
    volumes::claims(&mut page, items(object, "/spec/volumeClaimTemplates"));
    event_table(&mut page, &events, session.now);
    Ok(page.finish())
}

pub(super) async fn daemon_set(session: &Session<'_>, object: &Value) -> Outcome<String> {
    let events = events_about(session, object).await?;
    let pods = pod_counts(session, object).await?;
    let mut page = Page::default();
    heading(&mut page, object);
    page.field(0, "Selector", selector_text(at(object, "/spec/selector")));
    let node_selector = at(object, "/spec/template/spec/nodeSelector");
    page.field(0, "Node-Selector", joined_labels(node_selector));
    labels_and_annotations(&mut page, object);
    for (label, field) in [
        (
            "Desired Number of Nodes Scheduled",
            "desiredNumberScheduled",
        ),
        (
            "Current Number of Nodes Scheduled",
            "currentNumberScheduled",
        ),
        (
            "Number of Nodes Scheduled with Up-to-date Pods",
            "updatedNumberScheduled",
        ),
        (
            "Number of Nodes Scheduled with Available Pods",
            "numberAvailable",
        ),
        ("Number of Nodes Misscheduled", "numberMisscheduled"),
    ] {
        let count = number(object, &format!("/status/{field}"));
        page.line(0, format_args!("{label}: {count}"));
    }
    page.field(0, "Pods Status", pods);
    template(&mut page, at(object, "/spec/template"));
    event_table(&mut page, &events, session.now);
    Ok(page.finish())
}

/// A pod template alone, as `kubectl rollout history --revision` shows it: its columns are not aligned.
pub(in crate::kubectl) fn pod_template(object: &Value) -> String {
    let mut page = Page::default();
    template(&mut page, object);
    page.raw()
}

/// `Pod Template:`.
pub(super) fn template(page: &mut Page, template: &Value) {
    page.line(0, "Pod Template:");
    labels(page, "  Labels", at(template, "/metadata/labels"));
    if !pairs(template, "/metadata/annotations").is_empty() {
        annotations(page, "  Annotations", at(template, "/metadata/annotations"));
    }
    page.field_if(
        1,
        "Service Account",
        text(template, "/spec/serviceAccountName"),
    );
    for (label, field) in [
        ("Init Containers", "/spec/initContainers"),
        ("Containers", "/spec/containers"),
    ] {
        let list = items(template, field);
        if label == "Containers" || !list.is_empty() {
            let described = Containers {
                label,
                list,
                statuses: &[],
                pod: None,
                space: "  ",
            };
            described.write(page);
        }
    }
    volumes::describe(page, items(template, "/spec/volumes"), "  ");
    spread_constraints(page, at(template, "/spec"), "  ");
    page.field_if(
        1,
        "Priority Class Name",
        text(template, "/spec/priorityClassName"),
    );
    labels(page, "  Node-Selectors", at(template, "/spec/nodeSelector"));
    tolerations(page, "  Tolerations", items(template, "/spec/tolerations"));
}
