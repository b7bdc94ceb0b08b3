//! A button that copies a text of the page.

use leptos::prelude::*;

/// Copies the text of an element to the clipboard; the page's own script does it ([`crate::islands::page`]).
#[component]
pub fn CopyButton(
    /// The id of the element.
    of: &'static str,
    /// The button's words.
    label: &'static str,
) -> impl IntoView {
    view! {
        <button class="btn needs-js" type="button" data-copies=of>
            {label}
        </button>
    }
    .into_any()
}
