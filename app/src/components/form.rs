//! Forms that keep what was typed whatever happens.
//!
//! A form is an ordinary post to its server function, with JavaScript or without. What it leaves
//! ([`crate::flash`]) is shown by the page it comes back to; when the session has ended, the typed text waits
//! behind the login page.

use std::marker::PhantomData;

use leptos::{prelude::*, server_fn::ServerFn};
use serde::de::DeserializeOwned;

use crate::{
    components::problem::Problem,
    error::AppError,
    flash::{Flash, PageFlash},
};

/// A server function that a form can call.
pub trait FormFn: ServerFn<Error = AppError, Output: DeserializeOwned> + 'static {}

impl<S> FormFn for S
where
    S: ServerFn<Error = AppError> + 'static,
    S::Output: DeserializeOwned,
{
}

/// What one form left when it was sent from this page.
pub struct FormState<S> {
    flash: StoredValue<Option<Flash>>,
    function: PhantomData<fn() -> S>,
}

impl<S> Clone for FormState<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for FormState<S> {}

impl<S: FormFn> Default for FormState<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: FormFn> FormState<S> {
    /// The state of a form on this page.
    #[must_use]
    pub fn new() -> Self {
        let flash = use_context::<PageFlash>().and_then(|flash| flash.of(S::PATH));
        Self {
            flash: StoredValue::new(flash),
            function: PhantomData,
        }
    }

    /// The state of one form of several that call the same function, told apart by the value of a hidden field:
    /// what another one left is not its own.
    #[must_use]
    pub fn about(field: &str, value: &str) -> Self {
        let state = Self::new();
        let is_other = |flash: &Flash| flash.typed.get(field).map(String::as_str) != Some(value);
        state.flash.update_value(|flash| {
            flash.take_if(|flash| is_other(flash));
        });
        state
    }

    /// What had been typed into a field, or `otherwise`.
    #[must_use]
    pub fn typed_or(self, field: &str, otherwise: &str) -> String {
        self.flash
            .with_value(|flash| flash.as_ref()?.typed.get(field).cloned())
            .unwrap_or_else(|| otherwise.to_owned())
    }

    /// What had been typed into a field.
    #[must_use]
    pub fn typed(self, field: &str) -> String {
        self.typed_or(field, "")
    }

    /// Why the last try failed.
    #[must_use]
    pub fn error(self) -> Option<AppError> {
        self.flash.with_value(|flash| flash.as_ref()?.error.clone())
    }

    /// What the last try came to.
    #[must_use]
    pub fn outcome(self) -> Option<S::Output> {
        self.flash
            .with_value(|flash| serde_json::from_value(flash.as_ref()?.outcome.clone()?).ok())
    }
}

/// A form that calls `S`. Its error appears below its fields.
#[component]
pub fn Form<S: FormFn>(
    /// Its state.
    state: FormState<S>,
    /// Its class.
    #[prop(optional)]
    class: &'static str,
    /// Its accessible name.
    #[prop(optional, into)]
    label: String,
    /// Its fields and buttons.
    children: Children,
) -> impl IntoView {
    view! {
        <form method="post" action=S::url() class=class aria-label=(!label.is_empty()).then_some(label)>
            {children()}
            {state
                .error()
                .map(|error| {
                    view! {
                        <div tabindex="-1" autofocus>
                            <Problem error />
                        </div>
                    }
                })}
        </form>
    }
    .into_any()
}

/// A labelled field with a hint below it.
#[component]
pub fn Field(
    /// Its id, unique on the page.
    id: &'static str,
    /// Its label.
    label: &'static str,
    /// What is expected, below it.
    #[prop(optional, into)]
    hint: String,
    /// The input, with the same id and `aria-describedby` the id with `-hint`.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            {children()}
            {(!hint.is_empty())
                .then(|| view! { <p class="sub" id=format!("{id}-hint")>{hint}</p> })}
        </div>
    }
    .into_any()
}
