//! `/c/{cluster}/ask[/{conversation}]`: question, answer, where the answer came from.

use domain::{
    chat::{Conversation, ConversationSummary, Speaker},
    ids::{ClusterId, ConversationId},
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::{
    api::chat::{AskQuestion, StopAnswer, get_conversation, list_conversations},
    clock,
    components::{
        ask_button::AskButton,
        chat::Messages,
        form::{Form, FormState},
        frame::{PageHead, current_cluster, id_param},
        load::{Loaded, load},
        text::area_text,
        time::Ago,
    },
    islands::answering::Answering,
};

/// How long a question without an answer counts as being answered, in seconds.
const PATIENCE: i64 = 180;

/// What to ask first.
const SUGGESTIONS: [&str; 6] = [
    "What needs attention?",
    "Show me pods with high CPU usage",
    "Which pods restart and why?",
    "kubectl get pods -A",
    "kubectl top nodes",
    "Which workloads are near their memory limit?",
];

/// `/c/{cluster}/ask` and `/c/{cluster}/ask/{conversation}`.
#[component]
pub fn AskPage() -> impl IntoView {
    let cluster = current_cluster();
    let is_new = use_params_map().read().get_str("conversation").is_none();
    let open = id_param::<ConversationId>("conversation");
    let conversation = (!is_new).then_some(open);
    let list = load(list_conversations(cluster));
    let thread = match conversation {
        Some(conversation) => view! { <Thread conversation /> }.into_any(),
        None => view! { <Suggestions cluster /> }.into_any(),
    };
    view! {
        <PageHead title="Ask" without_ask=true />
        <div class="ask-page">
            <section class="conversation" aria-label="Conversation">
                {thread}
                <Composer cluster conversation />
            </section>
            <section aria-label="Conversations" class="card history">
                <h2>"Conversations"</h2>
                <p>
                    <a class="btn" href=format!("/c/{cluster}/ask")>
                        "New conversation"
                    </a>
                </p>
                <Loaded
                    load=list
                    children={move |list: Vec<ConversationSummary>| summaries(list, open)}
                />
            </section>
        </div>
    }
    .into_any()
}

#[component]
fn Suggestions(cluster: ClusterId) -> impl IntoView {
    let suggestions = SUGGESTIONS
        .into_iter()
        .map(|message| view! { <AskButton cluster message label=message /> })
        .collect_view();
    view! {
        <div class="empty">
            <p>
                <b>"Ask in plain English, or type a kubectl command"</b>
            </p>
            <p class="sub">
                "Answers say what was looked at. A change becomes a plan with its diff, which you approve or reject."
            </p>
            <div class="actions">{suggestions}</div>
        </div>
    }
    .into_any()
}

#[component]
fn Thread(conversation: ConversationId) -> impl IntoView {
    let loaded = load(get_conversation(conversation));
    view! { <Loaded load=loaded children=thread /> }.into_any()
}

fn thread(conversation: Conversation) -> AnyView {
    let (cluster, id) = (conversation.summary.cluster, conversation.summary.id);
    let waits = is_patient(&conversation).map(|is_patient| waiting(cluster, id, is_patient));
    view! {
        <Messages conversation />
        {waits}
    }
    .into_any()
}

/// Whether the last word is a question: `true` while its answer may still come.
fn is_patient(conversation: &Conversation) -> Option<bool> {
    let last = conversation.messages.last()?;
    let waits = last.speaker == Speaker::User;
    waits.then(|| clock::now().seconds_since(last.at) < PATIENCE)
}

fn waiting(cluster: ClusterId, conversation: ConversationId, is_patient: bool) -> AnyView {
    if !is_patient {
        return view! {
            <p class="missing">"This question was not answered. Ask it again."</p>
        }
        .into_any();
    }
    let stop = FormState::<StopAnswer>::new();
    // By its address without a fragment: with one, going to where one is already loads nothing.
    let refresh =
        format!(r#"<meta http-equiv="refresh" content="2;url=/c/{cluster}/ask/{conversation}">"#);
    view! {
        <article class="message assistant answering" aria-label="Answer on its way" aria-busy="true">
            <Answering conversation />
            <Form state=stop class="inline">
                <input type="hidden" name="conversation" value=conversation.to_string() />
                <button class="btn">"Stop"</button>
            </Form>
        </article>
        <noscript inner_html=refresh></noscript>
    }
    .into_any()
}

fn summaries(list: Vec<ConversationSummary>, open: ConversationId) -> AnyView {
    if list.is_empty() {
        return view! { <p class="sub">"None yet."</p> }.into_any();
    }
    let items = list
        .into_iter()
        .map(|summary| {
            let href = format!("/c/{}/ask/{}", summary.cluster, summary.id);
            let current = (summary.id == open).then_some("page");
            view! {
                <li>
                    <a href=href aria-current=current>
                        {summary.title}
                    </a>
                    <span class="sub block">
                        <Ago at=summary.updated_at />
                    </span>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="plain">{items}</ul> }.into_any()
}

#[component]
fn Composer(cluster: ClusterId, conversation: Option<ConversationId>) -> impl IntoView {
    let state = FormState::<AskQuestion>::new();
    let offered = use_query_map().read().get("q").unwrap_or_default();
    let typed = state.typed_or("message", &offered);
    let is_offered = !offered.is_empty();
    let conversation = conversation.map(|id| id.to_string()).unwrap_or_default();
    view! {
        <Form state class="composer" label="Ask">
            <input type="hidden" name="cluster" value=cluster.to_string() />
            <input type="hidden" name="conversation" value=conversation />
            <textarea
                id="ask"
                name="message"
                rows="2"
                maxlength="32768"
                required
                autofocus=is_offered
                aria-label="Ask or type a kubectl command"
                placeholder="Ask, or type kubectl …"
            >
                {area_text(typed)}
            </textarea>
            <button class="btn p">"Ask"</button>
        </Form>
    }
    .into_any()
}
