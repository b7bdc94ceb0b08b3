//! A button that copies a text of the page.

use leptos::prelude::*;

/// Copies the text of an element to the clipboard and says so beside it; the page's own script does it
/// ([`crate::islands::page`]).
#[component]
pub fn CopyButton(
    /// The id of the element.
    of: &'static str,
    /// The button's words.
    label: &'static str,
) -> impl IntoView {
    view! {
        <p class="actions needs-js">
            <button class="btn" type="button" data-copies=of>
                {label}
            </button>
            <span class="sub" role="status"></span>
        </p>
    }
    .into_any()
}
