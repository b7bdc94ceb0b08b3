//! Pods.

use serde_json::Value;

use super::{
    common::{controlled_by, event_table, heading, labels, labels_and_annotations, tolerations},
    containers::{self, Containers},
    page::Page,
    selector_text, volumes,
};
use crate::kubectl::{
    events,
    json::{at, has, items, members, number, pairs, shown, text},
    quantity::Quantity,
    request::{Outcome, Session},
    when,
};

/// Where the kubelet keeps the identity of a pod made from a file.
const MIRROR: &str = "kubernetes.io/config.mirror";

pub(super) async fn describe(session: &Session<'_>, pod: &Value) -> Outcome<String> {
    let annotations = pairs(pod, "/metadata/annotations");
    let uid = annotations.get(MIRROR).copied();
    let uid = uid.unwrap_or_else(|| text(pod, "/metadata/uid"));
    let events = events::about(session, pod, None, uid).await?;
    let mut page = Page::default();
    placement(&mut page, pod);
    labels_and_annotations(&mut page, pod);
    state(&mut page, session, pod);
    addresses(&mut page, pod);
    controlled_by(&mut page, pod);
    page.field_if(
        0,
        "NominatedNodeName",
        text(pod, "/status/nominatedNodeName"),
    );
    if has(pod, "/spec/resources") {
        page.line(0, "Resources:");
        containers::resources(&mut page, at(pod, "/spec/resources"), 1);
    }
    all_containers(&mut page, pod);
    conditions(&mut page, pod);
    volumes::describe(&mut page, items(pod, "/spec/volumes"), "");
    page.field(0, "QoS Class", quality_of_service(pod));
    labels(&mut page, "Node-Selectors", at(pod, "/spec/nodeSelector"));
    tolerations(&mut page, "Tolerations", items(pod, "/spec/tolerations"));
    spread_constraints(&mut page, at(pod, "/spec"), "");
    let events = session.shows_events.then_some(events);
    event_table(&mut page, &events, session.now);
    Ok(page.finish())
}

fn placement(page: &mut Page, pod: &Value) {
    heading(page, pod);
    if has(pod, "/spec/priority") {
        page.field(0, "Priority", number(pod, "/spec/priority"));
    }
    page.field_if(
        0,
        "Priority Class Name",
        text(pod, "/spec/priorityClassName"),
    );
    page.field_if(0, "Runtime Class Name", text(pod, "/spec/runtimeClassName"));
    page.field_if(0, "Service Account", text(pod, "/spec/serviceAccountName"));
    match text(pod, "/spec/nodeName") {
        "" => page.field(0, "Node", "<none>"),
        node => page.field(
            0,
            "Node",
            format_args!("{node}/{}", text(pod, "/status/hostIP")),
        ),
    }
    if has(pod, "/status/startTime") {
        page.field(
            0,
            "Start Time",
            when::rfc1123(text(pod, "/status/startTime")),
        );
    }
}

fn state(page: &mut Page, session: &Session<'_>, pod: &Value) {
    let phase = text(pod, "/status/phase");
    if has(pod, "/metadata/deletionTimestamp") && phase != "Failed" && phase != "Succeeded" {
        let since = when::age(session.now, text(pod, "/metadata/deletionTimestamp"));
        page.field(0, "Status", format_args!("Terminating (lasts {since})"));
        let grace = number(pod, "/metadata/deletionGracePeriodSeconds");
        page.field(0, "Termination Grace Period", format_args!("{grace}s"));
    } else {
        page.field(0, "Status", phase);
    }
    page.field_if(0, "Reason", text(pod, "/status/reason"));
    page.field_if(0, "Message", text(pod, "/status/message"));
    let profile = at(pod, "/spec/securityContext/seccompProfile");
    page.field_if(0, "SeccompProfile", text(profile, "/type"));
    page.field_if(0, "LocalhostProfile", text(profile, "/localhostProfile"));
}

fn addresses(page: &mut Page, pod: &Value) {
    page.field(0, "IP", text(pod, "/status/podIP"));
    let all = items(pod, "/status/podIPs");
    if all.is_empty() {
        page.field(0, "IPs", "<none>");
        return;
    }
    page.line(0, "IPs:");
    for address in all {
        page.field(1, "IP", text(address, "/ip"));
    }
}

fn all_containers(page: &mut Page, pod: &Value) {
    for (label, spec, status) in [
        (
            "Init Containers",
            "/spec/initContainers",
            "/status/initContainerStatuses",
        ),
        (
            "Containers",
            "/spec/containers",
            "/status/containerStatuses",
        ),
        (
            "Ephemeral Containers",
            "/spec/ephemeralContainers",
            "/status/ephemeralContainerStatuses",
        ),
    ] {
        let list = items(pod, spec);
        if label == "Containers" || !list.is_empty() {
            let described = Containers {
                label,
                list,
                statuses: items(pod, status),
                pod: Some(pod),
                space: "",
            };
            described.write(page);
        }
    }
}

fn conditions(page: &mut Page, pod: &Value) {
    let conditions = items(pod, "/status/conditions");
    let gates = items(pod, "/spec/readinessGates");
    if !gates.is_empty() {
        page.line(0, "Readiness Gates:\n  Type\tStatus");
        for gate in gates {
            let kind = text(gate, "/conditionType");
            let status = conditions
                .iter()
                .find(|condition| text(condition, "/type") == kind)
                .map_or("<none>", |condition| text(condition, "/status"));
            page.line(1, format_args!("{kind} \t{status} "));
        }
    }
    if conditions.is_empty() {
        return;
    }
    page.line(0, "Conditions:\n  Type\tStatus");
    for condition in conditions {
        let (kind, status) = (text(condition, "/type"), text(condition, "/status"));
        page.line(1, format_args!("{kind} \t{status} "));
    }
}

/// `Topology Spread Constraints:` of a pod's spec, by topology key.
pub(super) fn spread_constraints(page: &mut Page, spec: &Value, space: &str) {
    let mut constraints: Vec<&Value> = items(spec, "/topologySpreadConstraints").iter().collect();
    if constraints.is_empty() {
        return;
    }
    constraints.sort_by_key(|constraint| text(constraint, "/topologyKey"));
    page.put(0, format_args!("{space}Topology Spread Constraints:\t"));
    for (index, constraint) in constraints.into_iter().enumerate() {
        let mut line = String::from(if index > 0 { space } else { "" });
        line.push_str(if index > 0 { "\t" } else { "" });
        line.push_str(&format!(
            "{}:{} when max skew {} is exceeded",
            text(constraint, "/topologyKey"),
            text(constraint, "/whenUnsatisfiable"),
            number(constraint, "/maxSkew")
        ));
        if has(constraint, "/labelSelector") {
            let selector = selector_text(at(constraint, "/labelSelector"));
            line.push_str(&format!(
                " for selector {}",
                super::common::or_none(selector)
            ));
        }
        page.line(0, line);
    }
}

/// The class the cluster gave the pod, or the one its requests and limits make.
///
/// Source: Kubernetes, "Pod Quality of Service Classes".
fn quality_of_service(pod: &Value) -> String {
    let given = text(pod, "/status/qosClass");
    if !given.is_empty() {
        return given.to_owned();
    }
    let containers = || {
        items(pod, "/spec/containers")
            .iter()
            .chain(items(pod, "/spec/initContainers"))
    };
    let asks_for_nothing = containers().all(|container| {
        members(container, "/resources/requests").is_empty()
            && members(container, "/resources/limits").is_empty()
    });
    let guaranteed = containers().all(|container| {
        ["cpu", "memory"].iter().all(|resource| {
            let limit = amount(container, "limits", resource);
            limit.is_some_and(|limit| {
                amount(container, "requests", resource).is_none_or(|request| request == limit)
            })
        })
    });
    if asks_for_nothing {
        "BestEffort".to_owned()
    } else if guaranteed {
        "Guaranteed".to_owned()
    } else {
        "Burstable".to_owned()
    }
}

fn amount(container: &Value, of: &str, resource: &str) -> Option<i128> {
    let value = at(container, &format!("/resources/{of}/{resource}"));
    Quantity::parse(&shown(value)).map(Quantity::nanos)
}
