//! Choosing light or dark without loading the page again.

use leptos::{ev, html, prelude::*, server_fn::ServerFn, task::spawn_local};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlFormElement};

use crate::{
    api::account::{SetTheme, set_theme},
    components::theme::Theme,
};

/// Sent to the window once another theme is shown, for what draws with its colours.
pub const CHANGED: &str = "ai4k8s-theme";

/// Three buttons; the chosen one is pressed.
#[island]
pub fn ThemeSwitch(
    /// Its accessible name, unique on the page.
    label: String,
    /// What is chosen now.
    chosen: Theme,
) -> impl IntoView {
    let chosen = RwSignal::new(chosen);
    // There may be two of them on a page.
    Effect::new(move |_| {
        let follow = move |_| chosen.set(shown());
        let following = window_event_listener_untyped(CHANGED, follow);
        on_cleanup(move || following.remove());
    });
    let form = NodeRef::<html::Form>::new();
    let choose = move |event: ev::MouseEvent, theme: Theme| {
        event.prevent_default();
        show(theme);
        spawn_local(async move {
            let kept = set_theme(theme.as_str().to_owned()).await;
            // The ordinary way says why it cannot be kept, and leads to signing in where that helps.
            if let (Err(_), Some(form)) = (kept, form.get_untracked()) {
                submit(&form, theme);
            }
        });
    };
    let button = move |theme: Theme| {
        view! {
            <button
                name="theme"
                value=theme.as_str()
                aria-pressed=move || (chosen.get() == theme).to_string()
                on:click=move |event| choose(event, theme)
            >
                {theme.as_str()}
            </button>
        }
    };
    view! {
        <form node_ref=form method="post" action=SetTheme::url() class="seg" aria-label=label>
            {Theme::ALL.map(button).collect_view()}
        </form>
    }
    .into_any()
}

/// Sends the form by the button of a theme.
fn submit(form: &HtmlFormElement, theme: Theme) {
    let selector = format!("button[value={}]", theme.as_str());
    if let Ok(Some(button)) = form.query_selector(&selector) {
        // Fails only when the form has left the page.
        let _ = form.request_submit_with_submitter(Some(button.unchecked_ref()));
    }
}

/// The theme the page is shown in.
fn shown() -> Theme {
    let root = document().document_element();
    let word = root.and_then(|root| root.get_attribute("data-theme"));
    Theme::parse(&word.unwrap_or_default())
}

fn show(theme: Theme) {
    if let Some(root) = document().document_element() {
        // Fails only for an attribute name that is none.
        let _ = root.set_attribute("data-theme", theme.as_str());
    }
    if let Ok(changed) = Event::new(CHANGED) {
        // Fails only for an event that is under way already.
        let _ = window().dispatch_event(&changed);
    }
}
