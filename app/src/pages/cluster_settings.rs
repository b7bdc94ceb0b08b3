//! `/c/{cluster}/settings`: name, mode, connection, credentials, end.

use domain::{
    cluster::{Cluster, ConnectionState, ConnectionTest},
    ids::ClusterId,
    resources::Availability,
};
use leptos::prelude::*;

use crate::{
    api::clusters::{
        DeleteCluster, RenameCluster, ReplaceCredentials, SetClusterMode, TestCluster, get_frame,
    },
    components::{
        decision::Fact,
        form::{Field, Form, FormState},
        frame::{PageHead, current_cluster},
        kubeconfig::{KubeconfigText, Recipe},
        load::{Done, Loaded, load},
        problem::Problem,
        state::Missing,
        status::{ConnectionStatus, Status, Tone},
        time::Ago,
    },
    islands::kubeconfig::KubeconfigFile,
    pages::cluster_new::ModeChoice,
};

/// `/c/{cluster}/settings`.
#[component]
pub fn ClusterSettingsPage() -> impl IntoView {
    let cluster = current_cluster();
    let frame = load(get_frame(cluster.to_string()));
    view! {
        <PageHead title="Cluster settings" />
        <Done />
        <Loaded
            load=frame
            children={|frame: crate::api::clusters::Frame| {
                frame.cluster.map(|cluster| view! { <Settings cluster /> }).into_any()
            }}
        />
    }
    .into_any()
}

#[component]
fn Settings(cluster: Cluster) -> impl IntoView {
    let id = cluster.id;
    let own = (!cluster.is_demo).then(|| {
        view! {
            <div class="two">
                <Credentials cluster=cluster.clone() />
                <Recipe />
            </div>
            <Delete id name=cluster.name.clone() />
        }
    });
    view! {
        <Connection cluster=cluster.clone() />
        <div class="halves">
            <Rename id name=cluster.name.clone() />
            <Mode id mode=cluster.mode.as_str() />
        </div>
        {own}
        {cluster
            .is_demo
            .then(|| {
                view! {
                    <p class="sub">
                        "This is the built-in demo cluster, shared by everyone on this server. Its credentials are made by the server, and it cannot be deleted."
                    </p>
                }
            })}
    }
    .into_any()
}

#[component]
fn Connection(cluster: Cluster) -> impl IntoView {
    let state = FormState::<TestCluster>::new();
    let failed = match &cluster.connection {
        ConnectionState::Failed { error } => Some(error.clone()),
        ConnectionState::Unverified | ConnectionState::Connected { .. } => None,
    };
    let last = cluster
        .checked_at
        .map(|at| view! { ", tested " <Ago at /> });
    view! {
        <section class="card" aria-label="Connection">
            <h2>"Connection"</h2>
            <dl class="facts">
                <Fact label="API server" value=cluster.server.clone() />
                <Fact label="Credentials" value=format!("fingerprint {}", cluster.fingerprint) />
                <div>
                    <dt>"Last contact"</dt>
                    <dd>
                        <ConnectionStatus cluster=cluster.clone() />
                        {last}
                    </dd>
                </div>
            </dl>
            <Form state label="Test the connection">
                <input type="hidden" name="cluster" value=cluster.id.to_string() />
                <button class="btn p">"Test the connection"</button>
            </Form>
            <div role="status" aria-label="Test result">
                {match state.outcome() {
                    Some(test) => test_result(test),
                    None => failed.map(|error| view! { <Problem error=error.into() /> }).into_any(),
                }}
            </div>
        </section>
    }
    .into_any()
}

fn test_result(test: ConnectionTest) -> AnyView {
    let reached = match test.connection {
        ConnectionState::Connected { version } => {
            let word = format!(
                "It answered: Kubernetes {version}, in {}\u{202f}ms",
                test.duration_ms
            );
            view! { <Status tone=Tone::Ok word /> }.into_any()
        }
        ConnectionState::Failed { error } => {
            return view! { <Problem error=error.into() /> }.into_any();
        }
        ConnectionState::Unverified => {
            view! { <Status tone=Tone::Quiet word="It was not tried" /> }.into_any()
        }
    };
    let may = |may: bool, what: &str| {
        let (tone, verb) = if may {
            (Tone::Ok, "may")
        } else {
            (Tone::Warn, "may not")
        };
        view! {
            <li>
                <Status tone word=format!("The credentials {verb} {what}") />
            </li>
        }
    };
    let metrics = match test.metrics {
        Availability::Available(_) => {
            view! { <Status tone=Tone::Ok word="The metrics API answers" /> }.into_any()
        }
        Availability::Unavailable(why) => view! {
            <Status tone=Tone::Warn word="No metrics API here" />
            <Missing why />
            <p class="sub">
                "Everything but use, charts and forecasts works without it. To have them, install metrics-server."
            </p>
        }
        .into_any(),
    };
    view! {
        <ul class="plain checks">
            <li>{reached}</li>
            {may(test.can_read, "read pods in all namespaces")}
            {may(test.can_scale, "scale Deployments")}
            <li>{metrics}</li>
        </ul>
    }
    .into_any()
}

#[component]
fn Rename(id: ClusterId, name: String) -> impl IntoView {
    let state = FormState::<RenameCluster>::new();
    view! {
        <section class="card" aria-label="Name">
            <h2>"Name"</h2>
            <Form state label="Rename">
                <input type="hidden" name="cluster" value=id.to_string() />
                <Field id="cluster-name" label="Name">
                    <input
                        id="cluster-name"
                        name="name"
                        maxlength="64"
                        required
                        value=state.typed_or("name", &name)
                    />
                </Field>
                <button class="btn">"Rename"</button>
            </Form>
        </section>
    }
    .into_any()
}

#[component]
fn Mode(id: ClusterId, mode: &'static str) -> impl IntoView {
    let state = FormState::<SetClusterMode>::new();
    view! {
        <section class="card" aria-label="Mode">
            <h2>"Mode"</h2>
            <Form state label="Mode">
                <input type="hidden" name="cluster" value=id.to_string() />
                <ModeChoice chosen=state.typed_or("mode", mode) />
                <button class="btn">"Change the mode"</button>
            </Form>
        </section>
    }
    .into_any()
}

#[component]
fn Credentials(cluster: Cluster) -> impl IntoView {
    let state = FormState::<ReplaceCredentials>::new();
    view! {
        <section class="card" aria-label="Credentials">
            <h2>"Replace the credentials"</h2>
            <p class="sub">"For an expired or rotated token. History and settings stay."</p>
            <Form state label="Replace the credentials">
                <input type="hidden" name="cluster" value=cluster.id.to_string() />
                <KubeconfigText typed=state.typed("kubeconfig") />
                <KubeconfigFile is_sent=false />
                <button class="btn">"Replace the credentials"</button>
            </Form>
        </section>
    }
    .into_any()
}

#[component]
fn Delete(id: ClusterId, name: String) -> impl IntoView {
    let state = FormState::<DeleteCluster>::new();
    view! {
        <section class="card" aria-label="Delete">
            <h2>"Delete this cluster"</h2>
            <p class="sub">
                "Its credentials, history, conversations, plans and jobs are deleted here. Nothing changes in the cluster itself. This cannot be undone."
            </p>
            <Form state label="Delete">
                <input type="hidden" name="cluster" value=id.to_string() />
                <Field id="delete-name" label="Its name, to be sure which one">
                    <input id="delete-name" name="name" autocomplete="off" required value=state.typed("name") />
                </Field>
                <button class="btn danger">{format!("Delete {name}")}</button>
            </Form>
        </section>
    }
    .into_any()
}
