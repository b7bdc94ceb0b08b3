//! Light, dark, or as the system has it: a cookie, so that the server's first byte already knows.

use leptos::prelude::*;

use crate::{
    api::account::SetTheme,
    components::form::{Form, FormState},
};

/// The cookie that remembers the choice.
pub const COOKIE: &str = "ai4k8s_theme";

/// The choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The word in the cookie and in `data-theme`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// From its word; anything else is the system's choice.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|theme| theme.as_str() == word)
            .unwrap_or_default()
    }
}

/// The theme this browser has chosen; provided so that charts follow it.
#[derive(Clone, Copy)]
pub struct ChosenTheme(pub RwSignal<Theme>);

/// Provides the theme the request's cookie names.
pub fn provide_theme() {
    let word = SharedValue::new(|| chosen().as_str().to_owned()).into_inner();
    provide_context(ChosenTheme(RwSignal::new(Theme::parse(&word))));
}

/// The theme the request's cookie names.
#[cfg(feature = "ssr")]
#[must_use]
pub fn chosen() -> Theme {
    let request = crate::api::request::Request::current();
    request
        .theme
        .as_deref()
        .map(Theme::parse)
        .unwrap_or_default()
}

#[cfg(not(feature = "ssr"))]
fn chosen() -> Theme {
    Theme::default()
}

/// Three buttons; the chosen one is pressed.
#[component]
pub fn ThemeSwitch(
    /// Its accessible name, unique on the page.
    label: &'static str,
) -> impl IntoView {
    let state = FormState::<SetTheme>::new();
    let ChosenTheme(chosen) = expect_context();
    let choose = move |theme: Theme| {
        chosen.set(theme);
        if let Some(root) = document().document_element() {
            // Fails only for an attribute name that is none.
            let _ = root.set_attribute("data-theme", theme.as_str());
        }
    };
    let button = move |theme: Theme| {
        view! {
            <button
                name="theme"
                value=theme.as_str()
                aria-pressed=move || (chosen.get() == theme).to_string()
                on:click=move |_| choose(theme)
            >
                {theme.as_str()}
            </button>
        }
    };
    view! {
        <Form state class="seg" label>
            {Theme::ALL.map(button).collect_view()}
        </Form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_any_other_word_for_the_systems_choice() {
        assert_eq!(Theme::parse("dark"), Theme::Dark);
        assert_eq!(Theme::parse("\"><script>"), Theme::System);
    }
}
