//! Nodes, with the pods on them and what those ask for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    common::{creation, event_table, labels_and_annotations, or_none},
    containers::canonical,
    page::Page,
};
use crate::kubectl::{
    discovery::ApiResource,
    events,
    json::{at, flag, has, items, members, name, namespace, pairs, shown, text, text_or, texts},
    quantity::Quantity,
    request::{Failure, Outcome, Selectors, Session, said},
    top::percent,
    when,
};

/// Amounts by resource name.
type Amounts = BTreeMap<String, Quantity>;

pub(super) async fn describe(session: &Session<'_>, node: &Value) -> Outcome<String> {
    let pods = pods_on(session, name(node)).await?;
    let mut events =
        events::about(session, node, Some("Node"), text(node, "/metadata/uid")).await?;
    // The kubelet reports with the node's name in place of its UID.
    events.extend(events::about(session, node, Some("Node"), name(node)).await?);
    events.sort_by(|a, b| text(a, "/lastTimestamp").cmp(text(b, "/lastTimestamp")));
    let mut page = Page::default();
    page.field(0, "Name", name(node));
    page.field(0, "Roles", roles(node));
    labels_and_annotations(&mut page, node);
    creation(&mut page, node);
    taints(&mut page, node);
    page.field(0, "Unschedulable", flag(node, "/spec/unschedulable"));
    lease(&mut page, session, node).await?;
    conditions(&mut page, node);
    page.line(0, "Addresses:");
    for address in items(node, "/status/addresses") {
        page.field(1, text(address, "/type"), text(address, "/address"));
    }
    amounts(&mut page, "Capacity:", at(node, "/status/capacity"));
    amounts(&mut page, "Allocatable:", at(node, "/status/allocatable"));
    system(&mut page, node);
    match &pods {
        Some(pods) => {
            pod_table(&mut page, session, node, pods);
            allocated(&mut page, node, pods);
        }
        None => page.field(0, "Pods", "not authorized"),
    }
    let events = session.shows_events.then_some(events);
    event_table(&mut page, &events, session.now);
    Ok(page.finish())
}

/// The pods on a node that have not ended; `None` when the credentials may not see them.
async fn pods_on(session: &Session<'_>, node: &str) -> Outcome<Option<Vec<Value>>> {
    let selector = format!("spec.nodeName={node},status.phase!=Failed,status.phase!=Succeeded");
    let selectors = Selectors {
        fields: Some(&selector),
        ..Selectors::default()
    };
    let pods = ApiResource::known("", "v1", "pods", "Pod");
    match session.list(&pods, None, selectors).await {
        Ok(pods) => Ok(Some(pods)),
        Err(Failure::Status(status)) if status.code == 403 => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Roles from the two labels that carry them.
fn roles(node: &Value) -> String {
    let roles: BTreeSet<&str> = pairs(node, "/metadata/labels")
        .into_iter()
        .filter_map(|(key, value)| match key {
            "kubernetes.io/role" => Some(value),
            key => key.strip_prefix("node-role.kubernetes.io/"),
        })
        .filter(|role| !role.is_empty())
        .collect();
    or_none(roles.into_iter().collect::<Vec<_>>().join(","))
}

fn taints(page: &mut Page, node: &Value) {
    let mut taints: Vec<&Value> = items(node, "/spec/taints").iter().collect();
    taints.sort_by_key(|taint| (text(taint, "/effect"), text(taint, "/key")));
    let lines: Vec<String> = taints
        .into_iter()
        .map(|taint| {
            let (key, value) = (text(taint, "/key"), text(taint, "/value"));
            let equals = if value.is_empty() { "" } else { "=" };
            format!("{key}{equals}{value}:{}", text(taint, "/effect"))
        })
        .collect();
    page.column("Taints", &lines);
}

async fn lease(page: &mut Page, session: &Session<'_>, node: &Value) -> Outcome<()> {
    let leases = ApiResource::known("coordination.k8s.io", "v1", "leases", "Lease");
    let read = session
        .object(&leases, Some("kube-node-lease"), name(node))
        .await;
    let lease = match read {
        Ok(lease) => lease,
        Err(Failure::Status(status)) => {
            let why = said(&status);
            page.field(0, "Lease", format_args!("Failed to get lease: {why}"));
            return Ok(());
        }
        Err(failure) => return Err(failure),
    };
    page.line(0, "Lease:");
    let holder = text_or(&lease, "/spec/holderIdentity", "<unset>");
    page.field(1, "HolderIdentity", holder);
    for (label, field) in [
        ("AcquireTime", "/spec/acquireTime"),
        ("RenewTime", "/spec/renewTime"),
    ] {
        if has(&lease, field) {
            page.field(1, label, when::rfc1123(text(&lease, field)));
        } else {
            page.field(1, label, "<unset>");
        }
    }
    Ok(())
}

fn conditions(page: &mut Page, node: &Value) {
    let conditions = items(node, "/status/conditions");
    if conditions.is_empty() {
        return;
    }
    page.line(
        0,
        "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage",
    );
    page.line(
        1,
        "----\t------\t-----------------\t------------------\t------\t-------",
    );
    for condition in conditions {
        page.line(
            1,
            format_args!(
                "{} \t{} \t{} \t{} \t{} \t{}",
                text(condition, "/type"),
                text(condition, "/status"),
                when::rfc1123(text(condition, "/lastHeartbeatTime")),
                when::rfc1123(text(condition, "/lastTransitionTime")),
                text(condition, "/reason"),
                text(condition, "/message")
            ),
        );
    }
}

fn amounts(page: &mut Page, title: &str, list: &Value) {
    let all = members(list, "");
    if all.is_empty() {
        return;
    }
    page.line(0, title);
    for (resource, amount) in all {
        page.field(1, resource, canonical(amount));
    }
}

fn system(page: &mut Page, node: &Value) {
    let system = at(node, "/status/nodeInfo");
    page.line(0, "System Info:");
    for (label, field) in [
        ("Machine ID", "/machineID"),
        ("System UUID", "/systemUUID"),
        ("Boot ID", "/bootID"),
        ("Kernel Version", "/kernelVersion"),
        ("OS Image", "/osImage"),
        ("Operating System", "/operatingSystem"),
        ("Architecture", "/architecture"),
        ("Container Runtime Version", "/containerRuntimeVersion"),
        ("Kubelet Version", "/kubeletVersion"),
        ("Kube-Proxy Version", "/kubeProxyVersion"),
    ] {
        page.field(1, label, text(system, field));
    }
    page.field_if(0, "PodCIDR", text(node, "/spec/podCIDR"));
    page.field_if(0, "PodCIDRs", &texts(node, "/spec/podCIDRs").join(","));
    page.field_if(0, "ProviderID", text(node, "/spec/providerID"));
}

/// What may be allocated on a node; its capacity when it does not say.
fn allocatable(node: &Value) -> Amounts {
    let given = members(node, "/status/allocatable");
    let given = if given.is_empty() {
        members(node, "/status/capacity")
    } else {
        given
    };
    given
        .into_iter()
        .filter_map(|(name, amount)| Some((name.to_owned(), Quantity::parse(&shown(amount))?)))
        .collect()
}

fn pod_table(page: &mut Page, session: &Session<'_>, node: &Value, pods: &[Value]) {
    let available = allocatable(node);
    page.field(
        0,
        "Non-terminated Pods",
        format_args!("({} in total)", pods.len()),
    );
    page.line(
        1,
        "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge",
    );
    page.line(
        1,
        "---------\t----\t\t------------\t----------\t---------------\t-------------\t---",
    );
    for pod in pods {
        let (requests, limits) = (asked(pod, "requests"), asked(pod, "limits"));
        let cell = |of: &Amounts, resource: &str| share(of, &available, resource);
        page.line(
            1,
            format_args!(
                "{}\t{}\t\t{}\t{}\t{}\t{}\t{}",
                namespace(pod),
                name(pod),
                cell(&requests, "cpu"),
                cell(&limits, "cpu"),
                cell(&requests, "memory"),
                cell(&limits, "memory"),
                when::age(session.now, text(pod, "/metadata/creationTimestamp"))
            ),
        );
    }
}

/// `250m (6%)`.
fn share(asked: &Amounts, available: &Amounts, resource: &str) -> String {
    let part = asked.get(resource).copied().unwrap_or_default();
    let whole = available.get(resource).copied().unwrap_or_default();
    let percent = if resource == "cpu" {
        percent(part.milli(), whole.milli())
    } else {
        percent(part.whole(), whole.whole())
    };
    format!("{part} ({percent}%)")
}

fn allocated(page: &mut Page, node: &Value, pods: &[Value]) {
    let available = allocatable(node);
    let sum = |of: &str| {
        let mut total = Amounts::new();
        for pod in pods {
            add(&mut total, &asked(pod, of));
        }
        total
    };
    let (requests, limits) = (sum("requests"), sum("limits"));
    page.line(
        0,
        "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)",
    );
    page.line(1, "Resource\tRequests\tLimits");
    page.line(1, "--------\t--------\t------");
    let huge_pages = available
        .keys()
        .filter(|name| name.starts_with("hugepages-"));
    let standard = ["cpu", "memory", "ephemeral-storage"];
    for resource in standard.into_iter().chain(huge_pages.map(String::as_str)) {
        let (requested, limited) = (
            share(&requests, &available, resource),
            share(&limits, &available, resource),
        );
        page.line(1, format_args!("{resource}\t{requested}\t{limited}"));
    }
    let extended = available.keys().filter(|name| {
        !standard.contains(&name.as_str()) && *name != "pods" && !name.starts_with("hugepages-")
    });
    for resource in extended {
        let of = |amounts: &Amounts| amounts.get(resource).copied().unwrap_or_default();
        page.line(
            1,
            format_args!("{resource}\t{}\t{}", of(&requests), of(&limits)),
        );
    }
}

/// What a pod asks for in all: its containers and sidecars together, or a single init container where that
/// is more, plus overhead.
///
/// Source: Kubernetes, "Resource sharing within containers" and "Sidecar Containers".
fn asked(pod: &Value, of: &str) -> Amounts {
    let mut total = Amounts::new();
    for container in items(pod, "/spec/containers") {
        add(&mut total, &listed(container, &format!("/resources/{of}")));
    }
    let mut sidecars = Amounts::new();
    let mut largest_init = Amounts::new();
    for container in items(pod, "/spec/initContainers") {
        let own = listed(container, &format!("/resources/{of}"));
        let mut at_once = sidecars.clone();
        add(&mut at_once, &own);
        if text(container, "/restartPolicy") == "Always" {
            add(&mut total, &own);
            sidecars.clone_from(&at_once);
        }
        raise(&mut largest_init, &at_once);
    }
    raise(&mut total, &largest_init);
    let overhead = listed(pod, "/spec/overhead");
    if of == "requests" {
        add(&mut total, &overhead);
    } else {
        // A pod without a limit stays without one.
        for (resource, amount) in overhead {
            total.entry(resource).and_modify(|limit| *limit += amount);
        }
    }
    total
}

fn listed(value: &Value, pointer: &str) -> Amounts {
    members(value, pointer)
        .into_iter()
        .filter_map(|(name, amount)| Some((name.to_owned(), Quantity::parse(&shown(amount))?)))
        .collect()
}

fn add(total: &mut Amounts, more: &Amounts) {
    for (resource, amount) in more {
        *total.entry(resource.clone()).or_default() += *amount;
    }
}

fn raise(total: &mut Amounts, to: &Amounts) {
    for (resource, amount) in to {
        let entry = total.entry(resource.clone()).or_insert(*amount);
        *entry = entry.max(*amount);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_large_init_container_decides_and_sidecars_add_up() {
        let pod = json!({"spec": {
            "initContainers": [
                {"restartPolicy": "Always", "resources": {"requests": {"cpu": "100m"}}},
                {"resources": {"requests": {"cpu": "1"}}}],
            "containers": [
                {"resources": {"requests": {"cpu": "200m", "memory": "64Mi"}}},
                {"resources": {"requests": {"cpu": "300m", "memory": "64Mi"}}}]}});
        let asked = asked(&pod, "requests");
        assert_eq!(asked["cpu"].to_string(), "1100m");
        assert_eq!(asked["memory"].to_string(), "128Mi");
    }

    #[test]
    fn finds_roles_in_both_labels() {
        let node = json!({"metadata": {"labels": {
            "node-role.kubernetes.io/worker": "", "kubernetes.io/role": "edge"}}});
        assert_eq!(roles(&node), "edge,worker");
        assert_eq!(roles(&json!({})), "<none>");
    }
}
