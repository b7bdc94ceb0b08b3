//! `/clusters/new`: a kubeconfig, pasted, dropped or uploaded, and what is accepted.
//!
//! One form for both ways: without JavaScript it is posted as `multipart/form-data` to `/clusters/upload`,
//! which takes the text or the file; in the browser a chosen or dropped file is read into the text area and
//! the server function is called in place.

use domain::cluster::ClusterMode;
use leptos::{ev, html, prelude::*};

use crate::{
    api::clusters::AddCluster,
    components::{
        form::{Field, FormState, Problem},
        frame::{AccountFrame, Crumbs, PageHead},
        kubeconfig::{KubeconfigFile, KubeconfigText, Recipe},
    },
};

/// Where the form goes without JavaScript.
pub const UPLOAD: &str = "/clusters/upload";

/// `/clusters/new`.
#[component]
pub fn ClusterNewPage() -> impl IntoView {
    view! {
        <AccountFrame>
            <Crumbs
                above=vec![("/".to_owned(), "Clusters")]
                here=Signal::stored("Add a cluster".to_owned())
            />
            <PageHead title=Signal::stored("Add a cluster".to_owned()) />
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
    let node = NodeRef::<html::Form>::new();
    let text = NodeRef::<html::Textarea>::new();
    // Read from the fields themselves: the file field has no place in the function's arguments.
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if let (Some(form), Some(text)) = (node.get_untracked(), text.get_untracked()) {
            state.action.dispatch(AddCluster {
                name: field(&form, "name"),
                kubeconfig: text.value(),
                mode: field(&form, "mode"),
            });
        }
    };
    Effect::new(move |_| {
        let signed_out =
            matches!(&*state.action.value().read(), Some(Err(error)) if error.is_signed_out());
        if signed_out && let Some(form) = node.get_untracked() {
            // Fails only when the form has left the page.
            let _ = form.submit();
        }
    });
    view! {
        <form
            node_ref=node
            method="post"
            enctype="multipart/form-data"
            action=UPLOAD
            aria-label="Add a cluster"
            aria-busy=move || state.is_pending().then_some("true")
            on:submit=submit
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
            <KubeconfigText node=text typed=state.typed("kubeconfig") />
            <KubeconfigFile text />
            <ModeChoice chosen=state.typed_or("mode", ClusterMode::default().as_str()) />
            <button class="btn p">"Add and test the connection"</button>
            {move || state.error().map(|error| view! { <Problem error /> })}
        </form>
    }
    .into_any()
}

/// The value of the field called `name`; the checked one's for radio buttons.
fn field(form: &web_sys::HtmlFormElement, name: &str) -> String {
    web_sys::FormData::new_with_form(form)
        .ok()
        .and_then(|data| data.get(name).as_string())
        .unwrap_or_default()
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
