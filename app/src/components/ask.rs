//! Asking from anywhere: the box in a page's head.

use domain::ids::ClusterId;
use leptos::prelude::*;

use crate::{
    api::chat::AskQuestion,
    components::form::{Form, FormState},
};

/// The box in a page's head. `/` goes to it.
#[component]
pub fn AskBox(cluster: ClusterId) -> impl IntoView {
    let state = FormState::<AskQuestion>::new();
    view! {
        <Form state class="ask" label="Ask">
            <input type="hidden" name="cluster" value=cluster.to_string() />
            <input
                id="ask"
                name="message"
                aria-label="Ask or type a kubectl command"
                placeholder="Ask, or type kubectl …"
                autocomplete="off"
                required
                value=state.typed("message")
            />
            <button class="btn p">"Ask"</button>
            <kbd aria-hidden="true">"/"</kbd>
        </Form>
    }
    .into_any()
}
