//! `/c/{cluster}/autoscaling/new`: choose a workload, look at where it is heading, set the bounds, start.
//!
//! The choice is in the URL, so that each step is a page of its own.

use domain::{
    autoscaling::{FleetRow, WorkloadOutlook},
    ids::ClusterId,
    resources::WorkloadRef,
    units::ReplicaBounds,
};
use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

use crate::{
    api::autoscaling::{EnablePredictive, get_outlook, list_fleet},
    components::{
        form::{Field, Form, FormState},
        frame::{Crumbs, PageHead, current_cluster},
        load::{Loaded, load},
        outlook::OutlookCharts,
        state::Empty,
        table::Table,
        usage::Share,
        workloads::{Ready, WorkloadName, autoscaling_words, wizard_path},
    },
};

/// A workload as the query names it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Chosen {
    kind: String,
    namespace: String,
    name: String,
}

/// `/c/{cluster}/autoscaling/new`.
#[component]
pub fn WizardPage() -> impl IntoView {
    let cluster = current_cluster();
    let query = use_query_map();
    let chosen = chosen(&query.read());
    let step = if chosen.is_some() { 2 } else { 1 };
    view! {
        <Crumbs
            above=vec![(format!("/c/{cluster}/autoscaling"), "Autoscaling")]
            here="Predictive autoscaling"
        />
        <PageHead title="Turn on predictive autoscaling" />
        <Steps step />
        {match chosen {
            None => view! { <Choose cluster /> }.into_any(),
            Some(chosen) => view! { <Bounds cluster chosen /> }.into_any(),
        }}
    }
    .into_any()
}

fn chosen(query: &ParamsMap) -> Option<Chosen> {
    Some(Chosen {
        kind: query.get("kind").unwrap_or_default(),
        namespace: query.get("namespace")?,
        name: query.get("name")?,
    })
}

#[component]
fn Steps(step: usize) -> impl IntoView {
    let is_at = |number: usize| (number == step).then_some("step");
    view! {
        <ol class="steps-nav" aria-label="Steps">
            <li aria-current=is_at(1)>"Choose a workload"</li>
            <li aria-current=is_at(2)>"Look ahead and set the bounds"</li>
            <li>"Watch it decide"</li>
        </ol>
    }
    .into_any()
}

#[component]
fn Choose(cluster: ClusterId) -> impl IntoView {
    let fleet = load(list_fleet(cluster));
    view! { <Loaded load=fleet children={move |fleet: Vec<FleetRow>| choices(cluster, fleet)} /> }
        .into_any()
}

fn choices(cluster: ClusterId, fleet: Vec<FleetRow>) -> AnyView {
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
        .map(|row| choice(cluster, row))
        .collect_view();
    view! {
        <section class="card" aria-label="Choose a workload">
            <Table label="Workloads" columns=&["Workload", "Ready", "CPU of request", "Autoscaling now"] class="rows">
                {rows}
            </Table>
        </section>
    }
    .into_any()
}

fn choice(cluster: ClusterId, row: FleetRow) -> AnyView {
    let reference = row.usage.workload.reference.clone();
    let words = autoscaling_words(&row);
    let href = wizard_path(cluster, &reference);
    view! {
        <tr>
            <td>
                <a href=href>
                    <WorkloadName reference />
                </a>
            </td>
            <td data-label="Ready">
                <Ready usage=row.usage.clone() />
            </td>
            <td data-label="CPU">
                <Share percent_of=row.usage.cpu_percent_of_request of="of request" />
            </td>
            <td data-label="Autoscaling" class="sub">{words}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn Bounds(cluster: ClusterId, chosen: Chosen) -> impl IntoView {
    let Chosen {
        kind,
        namespace,
        name,
    } = chosen;
    let outlook = load(get_outlook(cluster, kind, namespace, name));
    view! {
        <Loaded
            load=outlook
            children={move |outlook: WorkloadOutlook| {
                view! {
                    <BoundsForm cluster outlook=outlook.clone() />
                    <OutlookCharts outlook />
                }
                    .into_any()
            }}
        />
    }
    .into_any()
}

#[component]
fn BoundsForm(cluster: ClusterId, outlook: WorkloadOutlook) -> impl IntoView {
    let usage = outlook.row.usage.clone();
    let reference = usage.workload.reference.clone();
    let bounds = outlook.row.bounds.unwrap_or(outlook.suggested_bounds);
    let end = match outlook.row.hindrance {
        Some(why) => view! {
            <p class="warnings">
                <span class="shape warn" aria-hidden="true">"▲ "</span>
                {format!("Predictive autoscaling cannot be switched on for it: {why}.")}
            </p>
        }
        .into_any(),
        None => bounds_fields(cluster, reference.clone(), bounds),
    };
    view! {
        <section class="card" aria-label="Bounds">
            <div class="head">
                <h2>{reference.to_string()}</h2>
                <span class="end">
                    <a class="btn" href=format!("/c/{cluster}/autoscaling/new")>
                        "Choose another"
                    </a>
                </span>
            </div>
            <p>
                {format!("{}, ", reference.kind)} <Ready usage=usage.clone() /> " ready, CPU "
                {of_request(usage.cpu_percent_of_request)} ", memory "
                {of_request(usage.memory_percent_of_request)} "."
            </p>
            {end}
        </section>
    }
    .into_any()
}

/// A share of requests within a sentence.
fn of_request(share: Option<f64>) -> AnyView {
    let of = share.map(|_| " of request");
    view! { <Share percent_of=share of="" /> {of} }.into_any()
}

fn bounds_fields(cluster: ClusterId, reference: WorkloadRef, bounds: ReplicaBounds) -> AnyView {
    let state = FormState::<EnablePredictive>::new();
    let (least, most) = (bounds.min().to_string(), bounds.max().to_string());
    view! {
        <Form state label="Bounds">
            <input type="hidden" name="cluster" value=cluster.to_string() />
            <input type="hidden" name="kind" value=reference.kind.as_str() />
            <input type="hidden" name="namespace" value=reference.namespace.to_string() />
            <input type="hidden" name="name" value=reference.name.to_string() />
            <div class="fields">
                <Bound id="min" label="Fewest replicas" value=state.typed_or("min", &least) />
                <Bound id="max" label="Most replicas" value=state.typed_or("max", &most) />
            </div>
            <p class="sub">
                "Starting approves one run: it marks the workload, then may scale it once within these bounds. Later rounds act alone only in a cluster in mode automatic; otherwise they file a plan."
            </p>
            <button class="btn p">{format!("Start for {}", reference.name)}</button>
        </Form>
    }
    .into_any()
}

#[component]
fn Bound(id: &'static str, label: &'static str, value: String) -> impl IntoView {
    view! {
        <Field id label>
            <input id=id name=id type="number" inputmode="numeric" min="1" max="1000" required value=value />
        </Field>
    }
    .into_any()
}
