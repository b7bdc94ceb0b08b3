//! `/c/{cluster}/autoscaling`: what scales what.

use domain::{autoscaling::FleetRow, ids::ClusterId};
use leptos::prelude::*;

use crate::{
    api::autoscaling::list_fleet,
    components::{
        frame::{PageHead, current_cluster},
        load::{Done, Loaded, load},
        state::Empty,
        table::Table,
        text::sentence,
        usage::Share,
        workloads::{Ready, WorkloadLink, autoscaling_words, wizard_path},
    },
};

/// `/c/{cluster}/autoscaling`.
#[component]
pub fn AutoscalingPage() -> impl IntoView {
    let cluster = current_cluster();
    let fleet = load(list_fleet(cluster));
    view! {
        <PageHead title="Autoscaling">
            "Workloads with a replica count, and what sets it"
        </PageHead>
        <Done />
        <p class="actions">
            <a class="btn p" href=format!("/c/{cluster}/autoscaling/new")>
                "Turn on predictive autoscaling"
            </a>
        </p>
        <Loaded
            load=fleet
            children={move |fleet: Vec<FleetRow>| table(cluster, fleet)}
        />
    }
    .into_any()
}

fn table(cluster: ClusterId, fleet: Vec<FleetRow>) -> AnyView {
    if fleet.is_empty() {
        return view! {
            <Empty title="Nothing to scale">
                <p>"This cluster has no Deployment or StatefulSet that can be read."</p>
            </Empty>
        }
        .into_any();
    }
    let rows = fleet
        .into_iter()
        .map(|fleet_row| row(cluster, fleet_row))
        .collect_view();
    view! {
        <section class="card" aria-label="Fleet">
            <Table label="Workloads" columns=&["Workload", "Ready", "CPU of request", "Memory of request", "Autoscaling", ""] class="rows">
                {rows}
            </Table>
        </section>
    }
    .into_any()
}

fn row(cluster: ClusterId, row: FleetRow) -> AnyView {
    let reference = row.usage.workload.reference.clone();
    let words = autoscaling_words(&row);
    let class = if row.bounds.is_some() {
        "pill ok"
    } else {
        "sub"
    };
    let name = reference.name.to_string();
    let last_job = row.last_job.map(|job| {
        view! {
            <a class="btn" href=format!("/c/{cluster}/jobs/{job}")>
                "Last job"
                <span class="hidden">" of "{name.clone()}</span>
            </a>
        }
    });
    let verb = match row.bounds {
        Some(_) => "Change",
        None => "Turn on",
    };
    let switch = match row.hindrance {
        Some(why) => view! { <span class="sub">{sentence(&why)}</span> }.into_any(),
        None => view! {
            <a class="btn" href=wizard_path(cluster, &reference)>
                {verb}
                <span class="hidden">" for "{name}</span>
            </a>
        }
        .into_any(),
    };
    view! {
        <tr>
            <td>
                <WorkloadLink cluster reference=reference.clone() />
            </td>
            <td data-label="Ready">
                <Ready usage=row.usage.clone() />
            </td>
            <td data-label="CPU">
                <Share percent_of=row.usage.cpu_percent_of_request of="of request" />
            </td>
            <td data-label="Memory">
                <Share percent_of=row.usage.memory_percent_of_request of="of request" />
            </td>
            <td data-label="Autoscaling">
                <span class=class>{words}</span>
            </td>
            <td class="r">
                {last_job}
                " "
                {switch}
            </td>
        </tr>
    }
    .into_any()
}
