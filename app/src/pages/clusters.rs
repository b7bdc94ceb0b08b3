//! `/`: the clusters, with how each is.

use domain::{
    cluster::Cluster, cluster::ConnectionState, cluster::Overview, resources::Availability,
};
use leptos::prelude::*;

use crate::{
    api::{clusters::list_clusters, overview::get_overview},
    components::{
        frame::{AccountFrame, PageHead},
        load::{Done, Loaded, load},
        problem::Problem,
        state::{Empty, Missing},
        status::{ConnectionStatus, ModePill},
        time::Ago,
        usage::percent,
    },
};

/// `/`.
#[component]
pub fn ClustersPage() -> impl IntoView {
    let clusters = load(list_clusters());
    view! {
        <AccountFrame>
            <PageHead title="Clusters" />
            <Done />
            <p class="actions">
                <a class="btn p" href="/clusters/new">
                    "Add a cluster"
                </a>
            </p>
            <Loaded load=clusters children={|clusters: Vec<Cluster>| cards(clusters)} />
        </AccountFrame>
    }
    .into_any()
}

fn cards(clusters: Vec<Cluster>) -> AnyView {
    if clusters.is_empty() {
        return view! {
            <Empty title="No cluster yet">
                <p>"Add one by its kubeconfig to see its health and ask about it."</p>
            </Empty>
        }
        .into_any();
    }
    let cards = clusters
        .into_iter()
        .map(|cluster| view! { <ClusterCard cluster /> })
        .collect_view();
    view! { <div class="grid">{cards}</div> }.into_any()
}

#[component]
fn ClusterCard(cluster: Cluster) -> impl IntoView {
    let id = cluster.id;
    let name = cluster.name.clone();
    let checked = cluster
        .checked_at
        .map(|at| view! { " · connection tested " <Ago at /> });
    let health = match &cluster.connection {
        ConnectionState::Failed { error } => {
            view! { <Problem error=error.clone().into() /> }.into_any()
        }
        ConnectionState::Connected { .. } | ConnectionState::Unverified => {
            let overview = load(get_overview(id));
            view! { <Loaded load=overview children={|overview: Overview| health(&overview)} /> }
                .into_any()
        }
    };
    view! {
        <article class="card cluster" aria-label=name.clone()>
            <div class="head">
                <h2>
                    <a href=format!("/c/{id}")>{name.clone()}</a>
                </h2>
                <span class="end">
                    {cluster.is_demo.then(|| view! { <span class="pill quiet">"demo"</span> " " })}
                    <ModePill mode=cluster.mode />
                </span>
            </div>
            <p class="sub">
                <ConnectionStatus cluster=cluster.clone() />
                {checked}
            </p>
            {health}
            <p class="actions">
                <a class="btn" href=format!("/c/{id}/ask")>
                    "Ask"
                    <span class="hidden">" about "{name.clone()}</span>
                </a>
                <a class="btn" href=format!("/c/{id}/settings")>
                    "Settings"
                    <span class="hidden">" of "{name.clone()}</span>
                </a>
            </p>
        </article>
    }
    .into_any()
}

fn health(overview: &Overview) -> AnyView {
    let pods = overview.pods;
    let failing = if pods.failing > 0 { "bad" } else { "" };
    let missing = match &overview.cpu {
        Availability::Available(_) => None,
        Availability::Unavailable(why) => Some(view! { <Missing why=why.clone() /> }),
    };
    let share = |value: Option<f64>| value.map_or_else(|| "—".to_owned(), percent);
    view! {
        <dl class="facts">
            <div>
                <dt>"Nodes ready"</dt>
                <dd>{format!("{} of {}", overview.nodes_ready, overview.nodes_total)}</dd>
            </div>
            <div>
                <dt>"Pods failing"</dt>
                <dd class=failing>{format!("{} of {}", pods.failing, pods.total)}</dd>
            </div>
            <div>
                <dt>"CPU of allocatable"</dt>
                <dd>{share(overview.cpu.as_option().map(|cpu| cpu.percent))}</dd>
            </div>
            <div>
                <dt>"Memory of allocatable"</dt>
                <dd>{share(overview.memory.as_option().map(|memory| memory.percent))}</dd>
            </div>
        </dl>
        {missing}
    }
    .into_any()
}
