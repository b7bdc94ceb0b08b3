//! An answer on its way: what is being done, and the text so far. Once it is stored, the page shows it whole.

use std::time::Duration;

use domain::{
    chat::{ChatEvent, Speaker},
    ids::ConversationId,
};
use leptos::{prelude::*, task::spawn_local};

use super::{
    live::{Stream, use_events},
    page,
};
use crate::api::chat::get_conversation;

/// How often the page looks whether the answer came, while there is no stream to tell.
const PATIENCE: Duration = Duration::from_secs(10);

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
            ChatEvent::Done { .. } | ChatEvent::Error { .. } => page::reload(),
        }
    }
}

async fn reload_when_answered(conversation: ConversationId) {
    let now = get_conversation(conversation).await;
    let is_answered = now.is_ok_and(|now| {
        let last = now.messages.last();
        last.is_some_and(|last| last.speaker == Speaker::Assistant)
    });
    if is_answered {
        page::reload();
    }
}

/// The answer being made in a conversation.
#[island]
pub fn Answering(
    /// The conversation.
    conversation: ConversationId,
) -> impl IntoView {
    let progress = Progress {
        text: RwSignal::new(String::new()),
        steps: RwSignal::new(Vec::new()),
    };
    let url = format!("/api/v1/conversations/{conversation}/events");
    let stream = use_events(Signal::stored(Some(url)), EVENTS, move |_, data| {
        if let Ok(event) = serde_json::from_str(&data) {
            progress.take(event);
        }
    });
    Effect::new(move |_| {
        let look = move || {
            if stream.get_untracked() != Stream::Live && !document().hidden() {
                spawn_local(reload_when_answered(conversation));
            }
        };
        if let Ok(looking) = set_interval_with_handle(look, PATIENCE) {
            on_cleanup(move || looking.clear());
        }
    });
    let steps = move || {
        let steps = progress.steps.get().into_iter();
        steps.map(|step| view! { <li>{step}</li> }).collect_view()
    };
    view! {
        <p role="status" class="phase">
            "Working on it"
        </p>
        <ul class="steps sub">{steps}</ul>
        <p class="pre" aria-live="polite">
            {progress.text}
        </p>
    }
    .into_any()
}
