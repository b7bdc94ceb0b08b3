//! A conversation: messages, and the blocks of an answer.

mod block;

use domain::{
    chat::{Conversation, Message, ProcessingMethod, Provenance, Speaker},
    ids::{ClusterId, ConversationId},
    plan::Plan,
};
use leptos::prelude::*;

use crate::{
    api::chat::LATEST,
    components::{problem::Problem, time::At},
};

/// Where an answer stands: what its blocks need to lead on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The cluster asked about.
    pub cluster: ClusterId,
    /// The conversation.
    pub conversation: ConversationId,
}

/// Every message of a conversation, oldest first.
#[component]
pub fn Messages(conversation: Conversation) -> impl IntoView {
    let place = Place {
        cluster: conversation.summary.cluster,
        conversation: conversation.summary.id,
    };
    let plans = conversation.plans;
    let last = conversation.messages.len().saturating_sub(1);
    let messages = conversation
        .messages
        .into_iter()
        .enumerate()
        .map(|(index, message)| {
            let id = (index == last).then_some(LATEST);
            match message.speaker {
                Speaker::User => question(id, message.text),
                Speaker::Assistant => answer(id, place, message, &plans),
            }
        })
        .collect_view();
    view! { <div class="messages">{messages}</div> }.into_any()
}

/// What the person asked.
fn question(id: Option<&'static str>, text: String) -> AnyView {
    view! {
        <article id=id class="message user" aria-label="You asked">
            <p class="pre">{text}</p>
        </article>
    }
    .into_any()
}

fn answer(id: Option<&'static str>, place: Place, message: Message, plans: &[Plan]) -> AnyView {
    let blocks = message
        .blocks
        .iter()
        .map(|block| block::view(place, block, plans))
        .collect_view();
    // The plain text repeats the pieces of an answer, or its error; an answer without either is its plain text.
    let text = (message.blocks.is_empty() && message.error.is_none())
        .then(|| view! { <p class="pre">{message.text}</p> });
    view! {
        <article id=id class="message assistant" aria-label="Answer">
            {text}
            {blocks}
            {message.error.map(|error| view! { <Problem error=error.into() /> })}
            <p class="provenance sub">
                {message.provenance.map(|provenance| provenance_line(&provenance))}
                <At at=message.at />
            </p>
        </article>
    }
    .into_any()
}

/// `built-in assistant · pods_top · 120 ms · `
fn provenance_line(provenance: &Provenance) -> String {
    let mut parts = vec![provenance.method.label().to_owned()];
    if provenance.method == ProcessingMethod::Provider {
        parts.extend(provenance.provider.clone());
        parts.extend(provenance.model.clone());
    }
    if !provenance.tools.is_empty() {
        parts.push(format!("tools {}", provenance.tools.join(", ")));
    }
    if let Some(tokens) = provenance.tokens {
        parts.push(format!("{tokens} tokens"));
    }
    if !provenance.success {
        parts.push("did not answer the question".to_owned());
    }
    parts.push(format!("{}\u{202f}ms", provenance.duration_ms));
    parts.push(String::new());
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_how_an_answer_was_made() {
        let provenance = Provenance {
            method: ProcessingMethod::BuiltIn,
            provider: None,
            model: None,
            tools: vec!["pods_top".to_owned()],
            tokens: None,
            duration_ms: 120,
            success: true,
        };
        assert_eq!(
            provenance_line(&provenance),
            "built-in assistant · tools pods_top · 120\u{202f}ms · "
        );
    }
}
