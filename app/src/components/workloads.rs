//! Workloads as rows of a table.

use domain::{
    autoscaling::FleetRow, cluster::WorkloadUsage, ids::ClusterId, resources::WorkloadRef,
};
use leptos::prelude::*;

use crate::components::{table::Table, usage::Share};

/// The page of a workload.
#[must_use]
pub fn workload_path(cluster: ClusterId, workload: &WorkloadRef) -> String {
    let WorkloadRef {
        kind,
        namespace,
        name,
    } = workload;
    format!("/c/{cluster}/autoscaling/{namespace}/{name}?kind={kind}")
}

/// The wizard for a workload.
#[must_use]
pub fn wizard_path(cluster: ClusterId, workload: &WorkloadRef) -> String {
    let WorkloadRef {
        kind,
        namespace,
        name,
    } = workload;
    format!("/c/{cluster}/autoscaling/new?kind={kind}&namespace={namespace}&name={name}")
}

/// `Ready` of a workload, red when it is not all of them.
#[component]
pub fn Ready(usage: WorkloadUsage) -> impl IntoView {
    let (ready, wanted) = (usage.workload.ready_replicas, usage.workload.replicas);
    let class = if ready < wanted { "bad" } else { "" };
    view! {
        <span class=class>
            {format!("{ready}/{wanted}")}
            {(ready < wanted).then(|| view! { <span class="hidden">" not all ready"</span> })}
        </span>
    }
}

/// Workloads with what their pods use, in the order given.
#[component]
pub fn WorkloadTable(cluster: ClusterId, workloads: Vec<WorkloadUsage>) -> impl IntoView {
    let rows = workloads
        .into_iter()
        .map(|usage| workload_row(cluster, usage))
        .collect_view();
    view! {
        <Table label="Workloads" columns=&["Workload", "Ready", "CPU of request", "Memory of request", "Autoscaling"] class="rows">
            {rows}
        </Table>
    }
    .into_any()
}

fn workload_row(cluster: ClusterId, usage: WorkloadUsage) -> AnyView {
    let reference = usage.workload.reference.clone();
    let autoscaling = match &usage.owned_by {
        _ if usage.predictive => view! { <span class="pill ok">"predictive"</span> }.into_any(),
        Some(owner) => view! { <span class="sub">"HPA "{owner.clone()}</span> }.into_any(),
        None => view! { <span class="sub">"off"</span> }.into_any(),
    };
    view! {
        <tr>
            <td>
                {if reference.kind.is_scalable() {
                    view! { <WorkloadLink cluster reference=reference.clone() /> }.into_any()
                } else {
                    view! { <WorkloadName reference=reference.clone() /> }.into_any()
                }}
            </td>
            <td data-label="Ready">
                <Ready usage=usage.clone() />
            </td>
            <td data-label="CPU">
                <Share percent_of=usage.cpu_percent_of_request of="of request" />
            </td>
            <td data-label="Memory">
                <Share percent_of=usage.memory_percent_of_request of="of request" />
            </td>
            <td data-label="Autoscaling">{autoscaling}</td>
        </tr>
    }
    .into_any()
}

/// A workload's name and namespace as a link to its page.
#[component]
pub fn WorkloadLink(cluster: ClusterId, reference: WorkloadRef) -> impl IntoView {
    let href = workload_path(cluster, &reference);
    view! {
        <a href=href>
            <WorkloadName reference />
        </a>
    }
}

/// A workload's name and namespace.
#[component]
pub fn WorkloadName(reference: WorkloadRef) -> impl IntoView {
    view! {
        <b>{reference.name.to_string()}</b>
        " "
        <span class="sub">{reference.namespace.to_string()}</span>
    }
}

/// What scales a workload, in words.
#[must_use]
pub fn autoscaling_words(row: &FleetRow) -> String {
    match (&row.bounds, &row.usage.owned_by) {
        (Some(bounds), _) => format!("predictive, {} to {}", bounds.min(), bounds.max()),
        (None, Some(owner)) => format!("HPA {owner}"),
        (None, None) => "off".to_owned(),
    }
}
