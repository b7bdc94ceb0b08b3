//! Choosing light or dark without loading the page again.

use leptos::{ev, prelude::*, server_fn::ServerFn, task::spawn_local};
use web_sys::Event;

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
    let choose = move |event: ev::MouseEvent, theme: Theme| {
        event.prevent_default();
        chosen.set(theme);
        show(theme);
        // Where it cannot be kept, it holds for this page.
        spawn_local(async move {
            let _ = set_theme(theme.as_str().to_owned()).await;
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
        <form method="post" action=SetTheme::url() class="seg" aria-label=label>
            {Theme::ALL.map(button).collect_view()}
        </form>
    }
    .into_any()
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
