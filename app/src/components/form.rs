//! Forms that work without JavaScript and keep what was typed whatever happens.
//!
//! In the browser a form calls its server function in place. Without JavaScript it is an ordinary post,
//! and what it leaves ([`crate::flash`]) is shown by the page it comes back to. When the session has ended,
//! the browser sends the form the ordinary way too, so that the typed text waits behind the login page.

use leptos::{
    ev::SubmitEvent,
    form::FromFormData,
    html,
    prelude::*,
    server_fn::{ServerFn, client::Client},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    error::AppError,
    flash::{Flash, PageFlash},
};

/// A server function that a form can call.
pub trait FormFn:
    ServerFn<Error = AppError, Output: Clone + Serialize + DeserializeOwned + Send + Sync + 'static>
    + Serialize
    + DeserializeOwned
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> FormFn for S
where
    S: ServerFn<Error = AppError> + Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
    S::Output: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    S::Client: Client<AppError>,
{
}

/// One form: what it is doing, and what it left when the page was loaded anew.
pub struct FormState<S: FormFn> {
    /// The call in the browser.
    pub action: ServerAction<S>,
    flash: StoredValue<Option<Flash>>,
}

impl<S: FormFn> Clone for FormState<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: FormFn> Copy for FormState<S> {}

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
            action: ServerAction::new(),
            flash: StoredValue::new(flash),
        }
    }

    /// The state of a form that offers something ready-made, beside another one of the same function: what that
    /// one left is not its own.
    #[must_use]
    pub fn ready_made() -> Self {
        Self {
            action: ServerAction::new(),
            flash: StoredValue::new(None),
        }
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
        match self.action.value().get() {
            Some(answer) => answer.err(),
            None => self.flash.with_value(|flash| flash.as_ref()?.error.clone()),
        }
    }

    /// What the last try came to.
    #[must_use]
    pub fn outcome(self) -> Option<S::Output> {
        match self.action.value().get() {
            Some(answer) => answer.ok(),
            None => self
                .flash
                .with_value(|flash| serde_json::from_value(flash.as_ref()?.outcome.clone()?).ok()),
        }
    }

    /// Whether it is on its way.
    #[must_use]
    pub fn is_pending(self) -> bool {
        self.action.pending().get()
    }

    fn submit(self, event: &SubmitEvent) {
        // Signing in loads the next page anew: only then does it have what was typed before the session ended.
        if event.default_prevented() || SIGN_IN.contains(&S::PATH) {
            return;
        }
        // A form that does not fit its function is sent the ordinary way: the server says why.
        if let Ok(input) = S::from_event(event) {
            event.prevent_default();
            if !self.action.pending().get_untracked() {
                self.action.dispatch(input);
            }
        }
    }

    fn is_signed_out(self) -> bool {
        self.action
            .value()
            .with(|value| matches!(value, Some(Err(error)) if error.is_signed_out()))
    }
}

/// Functions that begin a session.
const SIGN_IN: [&str; 2] = ["/api/fn/login", "/api/fn/register"];

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
    let node = NodeRef::<html::Form>::new();
    Effect::new(move |_| {
        if state.is_signed_out()
            && let Some(form) = node.get_untracked()
        {
            // Fails only when the form has left the page, and then nothing is lost.
            let _ = form.submit();
        }
    });
    view! {
        <form
            node_ref=node
            method="post"
            action=S::url()
            class=class
            aria-label=(!label.is_empty()).then_some(label)
            aria-busy=move || state.is_pending().then_some("true")
            on:submit=move |event| state.submit(&event)
        >
            {children()}
            {move || state.error().map(|error| view! { <Problem error /> })}
        </form>
    }
    .into_any()
}

/// An error beside what caused it: what, why, what next, and the reference.
#[component]
pub fn Problem(error: AppError) -> impl IntoView {
    let AppError { error, reference } = error;
    let hint = (!error.hint.is_empty()).then(|| view! { <p class="sub pre">{error.hint}</p> });
    let reference = reference.map(|reference| {
        view! {
            <p class="sub">
                "Reference " <code>{reference}</code>
            </p>
        }
    });
    view! {
        <div class="problem" role="alert">
            <p>
                <span class="shape bad" aria-hidden="true">"■ "</span>
                {sentence(&error.message)}
            </p>
            {hint}
            {reference}
        </div>
    }
    .into_any()
}

/// A message as a sentence: with a capital and a full stop.
#[must_use]
pub fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(char::to_uppercase);
    let mut text: String = first.into_iter().flatten().chain(letters).collect();
    if !text.ends_with(['.', '?', '!', ':']) {
        text.push('.');
    }
    text
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

/// `text` as the child of a `<textarea>`: as [`raw_text`], and with a first line break doubled, because the
/// parser drops one.
#[must_use]
pub fn area_text(text: String) -> String {
    if cfg!(feature = "ssr") && text.starts_with('\n') {
        return raw_text(format!("\n{text}"));
    }
    raw_text(text)
}

/// `text` for an element whose children Leptos writes as they are: a text area, the title.
///
/// The server escapes it here. The browser makes a text node of it, which needs no escaping.
#[must_use]
pub fn raw_text(text: String) -> String {
    if cfg!(not(feature = "ssr")) {
        return text;
    }
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "ssr")]
    #[test]
    fn leaves_no_tag_in_a_text_area() {
        let text = area_text("\n</textarea><script>&".to_owned());
        assert_eq!(text, "\n\n&lt;/textarea&gt;&lt;script&gt;&amp;");
    }

    #[test]
    fn makes_a_sentence_of_a_message() {
        assert_eq!(sentence("there is no such job"), "There is no such job.");
        assert_eq!(sentence("Done."), "Done.");
        assert_eq!(sentence(""), ".");
    }
}
