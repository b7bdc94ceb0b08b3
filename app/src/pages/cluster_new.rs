//! `/clusters/new`: a kubeconfig, pasted, dropped or uploaded, and what is accepted.
//!
//! The form is posted as `multipart/form-data` to `/clusters/upload`, which takes the text or the file.

use domain::cluster::ClusterMode;
use leptos::prelude::*;

use crate::{
    api::clusters::AddCluster,
    components::{
        form::{Field, FormState},
        frame::{AccountFrame, Crumbs, PageHead},
        kubeconfig::{KubeconfigText, Recipe},
        problem::Problem,
    },
    islands::kubeconfig::KubeconfigFile,
};

/// Where the form goes.
pub const UPLOAD: &str = "/clusters/upload";

/// `/clusters/new`.
#[component]
pub fn ClusterNewPage() -> impl IntoView {
    view! {
        <AccountFrame>
            <Crumbs
                above=vec![("/".to_owned(), "Clusters")]
                here="Add a cluster"
            />
            <PageHead title="Add a cluster" />
            <div class="two">
                <section class="card" aria-label="Kubeconfig">
                    <AddForm />
                </section>
                <Recipe />
            </div>
        </AccountFrame>
    }
    .into_any()
}

#[component]
fn AddForm() -> impl IntoView {
    let state = FormState::<AddCluster>::new();
    view! {
        <form
            method="post"
            enctype="multipart/form-data"
            action=UPLOAD
            aria-label="Add a cluster"
        >
            <Field id="cluster-name" label="Name" hint="How it is called here.">
                <input
                    id="cluster-name"
                    name="name"
                    aria-describedby="cluster-name-hint"
                    autocomplete="off"
                    maxlength="64"
                    required
                    value=state.typed("name")
                />
            </Field>
            <KubeconfigText typed=state.typed("kubeconfig") />
            <KubeconfigFile is_sent=true />
            <ModeChoice chosen=state.typed_or("mode", ClusterMode::default().as_str()) />
            <button class="btn p">"Add and test the connection"</button>
            {state.error().map(|error| view! { <Problem error /> })}
        </form>
    }
    .into_any()
}

/// The three modes as radio buttons.
#[component]
pub fn ModeChoice(chosen: String) -> impl IntoView {
    let choices = [
        (
            ClusterMode::ReadOnly,
            "Look only. Writes are stopped before they leave this server.",
        ),
        (
            ClusterMode::Approve,
            "Every change is a plan that you approve.",
        ),
        (
            ClusterMode::Automatic,
            "Also what an autoscaling policy in mode automatic decides.",
        ),
    ];
    let choices = choices
        .into_iter()
        .map(|(mode, what)| {
            view! {
                <label class="choice">
                    <input
                        type="radio"
                        name="mode"
                        value=mode.as_str()
                        checked=chosen == mode.as_str()
                    />
                    <span>
                        <b>{mode.as_str()}</b>
                        <span class="sub block">{what}</span>
                    </span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset>
            <legend>"What may be changed"</legend>
            {choices}
        </fieldset>
    }
    .into_any()
}
