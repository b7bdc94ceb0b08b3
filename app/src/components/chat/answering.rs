//! An answer on its way: what is being done, the text so far, and a button that stops it.

use domain::chat::ChatEvent;
use leptos::prelude::*;

use super::Place;
use crate::{
    api::chat::StopAnswer,
    components::{
        form::{Form, FormState},
        live::use_events,
    },
};

/// Names of the events of a conversation's stream ([`ChatEvent::name`]).
const EVENTS: &[&str] = &[
    "accepted",
    "provider_failed",
    "tool_call",
    "tool_result",
    "token",
    "plan",
    "done",
    "error",
];

/// What came so far.
#[derive(Clone, Copy)]
struct Progress {
    text: RwSignal<String>,
    steps: RwSignal<Vec<String>>,
    on_end: Callback<()>,
}

impl Progress {
    fn take(self, event: ChatEvent) {
        let step = |words: String| self.steps.update(|steps| steps.push(words));
        match event {
            // The stream begins anew after every interruption, with the first event.
            ChatEvent::Accepted { .. } => {
                self.text.set(String::new());
                self.steps.set(Vec::new());
            }
            ChatEvent::ProviderFailed { provider, reason } => {
                step(format!("{provider} did not answer: {reason}"));
            }
            ChatEvent::ToolCall { tool, .. } => step(format!("asking {tool}")),
            ChatEvent::ToolResult { tool, summary } => step(format!("{tool}: {summary}")),
            ChatEvent::Token { text } => self.text.update(|so_far| so_far.push_str(&text)),
            ChatEvent::Plan { plan } => step(format!("planned: {}", plan.change.action)),
            ChatEvent::Done { .. } | ChatEvent::Error { .. } => self.on_end.run(()),
        }
    }
}

/// The answer being made in a conversation. `on_end` is called when it is stored, or failed.
#[component]
pub fn Answering(place: Place, on_end: Callback<()>) -> impl IntoView {
    let progress = Progress {
        text: RwSignal::new(String::new()),
        steps: RwSignal::new(Vec::new()),
        on_end,
    };
    let url = format!("/api/v1/conversations/{}/events", place.conversation);
    use_events(Signal::stored(Some(url)), EVENTS, move |_, data| {
        if let Ok(event) = serde_json::from_str(&data) {
            progress.take(event);
        }
    });
    let stop = FormState::<StopAnswer>::new();
    let steps = move || {
        progress
            .steps
            .get()
            .into_iter()
            .map(|step| view! { <li>{step}</li> })
            .collect_view()
    };
    view! {
        <article class="message assistant answering" aria-label="Answer on its way" aria-busy="true">
            <p role="status" class="phase">
                "Working on it"
            </p>
            <ul class="steps sub">{steps}</ul>
            <p class="pre" aria-live="polite">
                {progress.text}
            </p>
            <Form state=stop class="inline">
                <input type="hidden" name="conversation" value=place.conversation.to_string() />
                <button class="btn">"Stop"</button>
            </Form>
        </article>
    }
    .into_any()
}
