//! The states every part of a page is designed for: empty, missing.

use leptos::prelude::*;

use crate::components::text::sentence;

/// A part that is empty, and how to fill it.
#[component]
pub fn Empty(
    /// What is not there.
    title: &'static str,
    /// How to fill it.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p>
                <b>{title}</b>
            </p>
            {children()}
        </div>
    }
    .into_any()
}

/// A value that is missing, and why. Never a made-up zero.
#[component]
pub fn Missing(#[prop(into)] why: String) -> impl IntoView {
    view! { <p class="missing">{sentence(&why)}</p> }
}
