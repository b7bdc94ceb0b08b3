//! `/c/{cluster}/autoscaling/{namespace}/{workload}`: one workload, what scales it, where it is heading.

use domain::{autoscaling::WorkloadOutlook, ids::ClusterId, resources::WorkloadRef};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::{
    api::autoscaling::{DisablePredictive, get_outlook},
    components::{
        ask_button::AskButton,
        decision::Fact,
        form::{Form, FormState},
        frame::{Crumbs, PageHead, current_cluster},
        load::{Loaded, load},
        outlook::OutlookCharts,
        usage::{cores, memory, percent},
        workloads::{Ready, autoscaling_words, wizard_path},
    },
};

/// `/c/{cluster}/autoscaling/{namespace}/{workload}`; `?kind=` tells a `StatefulSet` from a Deployment.
#[component]
pub fn WorkloadPage() -> impl IntoView {
    let cluster = current_cluster();
    let params = use_params_map();
    let part = |name: &str| params.read().get(name).unwrap_or_default();
    let kind = use_query_map().read().get("kind").unwrap_or_default();
    let title = part("workload");
    let outlook = load(get_outlook(
        cluster,
        kind,
        part("namespace"),
        part("workload"),
    ));
    view! {
        <Crumbs
            above=vec![(format!("/c/{cluster}/autoscaling"), "Autoscaling")]
            here=title.clone()
        />
        <PageHead title />
        <Loaded
            load=outlook
            children={move |outlook: WorkloadOutlook| {
                view! {
                    <Policy cluster outlook=outlook.clone() />
                    <OutlookCharts outlook />
                }
                    .into_any()
            }}
        />
    }
    .into_any()
}

#[component]
fn Policy(cluster: ClusterId, outlook: WorkloadOutlook) -> impl IntoView {
    let row = outlook.row;
    let words = autoscaling_words(&row);
    let usage = row.usage;
    let workload = usage.workload.clone();
    let reference = workload.reference.clone();
    let is_on = row.bounds.is_some();
    let last_job = row.last_job.map(|job| {
        view! {
            <a class="btn" href=format!("/c/{cluster}/jobs/{job}")>
                "Last job"
            </a>
        }
    });
    let verb = if is_on {
        "Change the bounds"
    } else {
        "Turn on predictive autoscaling"
    };
    let switch = row.hindrance.is_none().then(|| {
        view! { <a class="btn p" href=wizard_path(cluster, &reference)>{verb}</a> }
    });
    let hindrance = row.hindrance.map(|why| {
        view! {
            <p class="sub">
                {format!("Predictive autoscaling cannot be switched on for it: {why}.")}
            </p>
        }
    });
    view! {
        <section class="card" aria-label="Workload">
            <dl class="facts">
                <Fact label="Kind" value=reference.kind.as_str() />
                <Fact label="Namespace" value=reference.namespace.to_string() />
                <div>
                    <dt>"Ready"</dt>
                    <dd>
                        <Ready usage=usage.clone() />
                    </dd>
                </div>
                <Fact label="Autoscaling" value=words />
                <Fact label="CPU" value=of_request(usage.cpu.map(cores), usage.cpu_percent_of_request) />
                <Fact label="Memory" value=of_request(usage.memory.map(memory), usage.memory_percent_of_request) />
                <Fact label="Images" value=workload.images.join(", ") />
            </dl>
            {hindrance}
            <div class="actions">
                {switch}
                {is_on.then(|| view! { <TurnOff cluster reference=reference.clone() /> })}
                {last_job}
                <AskButton cluster message=format!("How is {reference} doing?") label="Ask about it" />
            </div>
        </section>
    }
    .into_any()
}

fn of_request(used: Option<String>, share: Option<f64>) -> String {
    match (used, share) {
        (Some(used), Some(share)) => format!("{used}, {} of requests", percent(share)),
        (Some(used), None) => format!("{used}; its pods request none"),
        (None, _) => "not measured".to_owned(),
    }
}

#[component]
fn TurnOff(cluster: ClusterId, reference: WorkloadRef) -> impl IntoView {
    let state = FormState::<DisablePredictive>::new();
    view! {
        <Form state class="inline" label="Turn off">
            <input type="hidden" name="cluster" value=cluster.to_string() />
            <input type="hidden" name="kind" value=reference.kind.as_str() />
            <input type="hidden" name="namespace" value=reference.namespace.to_string() />
            <input type="hidden" name="name" value=reference.name.to_string() />
            <button class="btn">{format!("Turn off for {}", reference.name)}</button>
        </Form>
    }
    .into_any()
}
