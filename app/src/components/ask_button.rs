//! Buttons that ask one fixed thing.

use domain::ids::ClusterId;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::api::chat::AskQuestion;

/// A button that asks `message` and goes to its answer.
#[component]
pub fn AskButton(
    cluster: ClusterId,
    #[prop(optional, into)] conversation: String,
    #[prop(into)] message: String,
    #[prop(into)] label: String,
) -> impl IntoView {
    view! {
        <form method="post" action=AskQuestion::url() class="inline">
            <input type="hidden" name="cluster" value=cluster.to_string() />
            <input type="hidden" name="conversation" value=conversation />
            <input type="hidden" name="message" value=message />
            <button class="btn">{label}</button>
        </form>
    }
    .into_any()
}
