//! `/c/{cluster}/ask[/{conversation}]`: question, answer, where the answer came from.

use std::time::Duration;

use domain::{
    chat::{Conversation, ConversationSummary, Speaker},
    ids::{ClusterId, ConversationId},
};
use leptos::{ev, html, prelude::*};
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::{
    api::chat::{AskQuestion, get_conversation, list_conversations},
    clock,
    components::{
        ask::AskButton,
        chat::{Answering, Messages, Place, question},
        form::{Form, FormState, area_text},
        frame::{PageHead, current_cluster, id_param},
        state::{Loaded, load},
        time::Ago,
    },
};

/// How long a question without an answer counts as being answered, in seconds.
const PATIENCE: i64 = 180;
/// How often an awaited answer is looked for beside its stream.
const LOOK: Duration = Duration::from_secs(10);

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
    let params = use_params_map();
    let is_new = Memo::new(move |_| params.read().get_str("conversation").is_none());
    let conversation = id_param::<ConversationId>("conversation");
    let state = FormState::<AskQuestion>::new();
    let asked = state.action.version();
    let list = load(
        move || (cluster.get(), conversation.get()),
        |(cluster, _)| list_conversations(cluster),
    );
    view! {
        <PageHead title=Signal::stored("Ask".to_owned()) without_ask=true />
        <div class="ask-page">
            <section class="conversation" aria-label="Conversation">
                {move || {
                    if is_new.get() {
                        view! { <Suggestions cluster=cluster.get() /> }.into_any()
                    } else {
                        view! { <Thread conversation asked=asked.into() /> }.into_any()
                    }
                }}
                <Pending state />
                <Composer state cluster conversation=Signal::derive(move || {
                    (!is_new.get()).then(|| conversation.get())
                }) />
            </section>
            <section aria-label="Conversations" class="card history">
                <h2>"Conversations"</h2>
                <p>
                    <a class="btn" href=move || format!("/c/{}/ask", cluster.get())>
                        "New conversation"
                    </a>
                </p>
                <Loaded
                    load=list
                    children={move |list: Vec<ConversationSummary>| summaries(list, conversation.get_untracked())}
                />
            </section>
        </div>
    }
    .into_any()
}

/// The question just sent, until the page has it from the server.
#[component]
fn Pending(state: FormState<AskQuestion>) -> impl IntoView {
    move || {
        let input = state.action.input().get().filter(|_| state.is_pending());
        input.map(|input| question(&input.message))
    }
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
fn Thread(conversation: Memo<ConversationId>, asked: Signal<usize>) -> impl IntoView {
    let news = RwSignal::new(0_u32);
    let loaded = load(
        move || (conversation.get(), asked.get(), news.get()),
        |(conversation, _, _)| get_conversation(conversation),
    );
    let look_again = Callback::new(move |()| news.update(|count| *count += 1));
    view! {
        <Loaded
            load=loaded
            children={move |conversation: Conversation| thread(conversation, look_again)}
        />
    }
    .into_any()
}

fn thread(conversation: Conversation, look_again: Callback<()>) -> AnyView {
    let place = Place {
        cluster: conversation.summary.cluster,
        conversation: conversation.summary.id,
    };
    let waits = awaited_since(&conversation);
    view! {
        <Messages conversation />
        {waits.map(|patient| view! { <Waiting place patient look_again /> })}
    }
    .into_any()
}

/// Whether the last word is a question: `true` while its answer may still come.
fn awaited_since(conversation: &Conversation) -> Option<bool> {
    let last = conversation.messages.last()?;
    let waits = last.speaker == Speaker::User;
    waits.then(|| clock::now_untracked().seconds_since(last.at) < PATIENCE)
}

#[component]
fn Waiting(place: Place, patient: bool, look_again: Callback<()>) -> impl IntoView {
    if !patient {
        return view! {
            <p class="missing">"This question was not answered. Ask it again."</p>
        }
        .into_any();
    }
    Effect::new(move |_| {
        if let Ok(looking) = set_interval_with_handle(move || look_again.run(()), LOOK) {
            on_cleanup(move || looking.clear());
        }
    });
    view! {
        <Answering place on_end=look_again />
        <noscript inner_html="<meta http-equiv=\"refresh\" content=\"2\">"></noscript>
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
fn Composer(
    state: FormState<AskQuestion>,
    cluster: Memo<ClusterId>,
    conversation: Signal<Option<ConversationId>>,
) -> impl IntoView {
    let node = NodeRef::<html::Textarea>::new();
    let query = use_query_map();
    let offered = query.read_untracked().get("q").unwrap_or_default();
    let typed = state.typed_or("message", &offered);
    Effect::new(move |before: Option<()>| {
        let offered = query.read().get("q");
        if let (Some(_), Some(offered), Some(node)) = (before, offered, node.get_untracked()) {
            node.set_value(&offered);
            let _ = node.focus();
        }
    });
    Effect::new(move |_| {
        let sent = matches!(&*state.action.value().read(), Some(Ok(_)));
        if let (true, Some(node)) = (sent, node.get_untracked()) {
            node.set_value("");
        }
    });
    view! {
        <Form state class="composer" label="Ask">
            <input type="hidden" name="cluster" value=move || cluster.get().to_string() />
            <input
                type="hidden"
                name="conversation"
                value=move || conversation.get().map(|id| id.to_string()).unwrap_or_default()
            />
            <textarea
                id="ask"
                name="message"
                node_ref=node
                rows="2"
                maxlength="32768"
                required
                aria-label="Ask or type a kubectl command"
                placeholder="Ask, or type kubectl …"
                on:keydown=send_on_enter
            >
                {area_text(typed)}
            </textarea>
            <button class="btn p">"Ask"</button>
        </Form>
    }
    .into_any()
}

/// Enter sends, Shift Enter breaks the line, as in any chat. Enter that ends an input method's word does not.
fn send_on_enter(event: ev::KeyboardEvent) {
    if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
        let form = event_target::<web_sys::HtmlTextAreaElement>(&event).form();
        if let Some(form) = form {
            event.prevent_default();
            // Fails only when the form has left the page.
            let _ = form.request_submit();
        }
    }
}
