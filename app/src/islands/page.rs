//! What every page does once its script runs, wherever on it: ages move on, a form is sent once, Enter sends a
//! question, and what was being typed outlives a reload.

use std::time::Duration;

use domain::time::Timestamp;
use leptos::{ev, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Element, FocusOptions, HtmlElement, HtmlFormElement, HtmlInputElement, HtmlTextAreaElement,
    KeyboardEvent, MouseEvent, Storage,
};

use crate::{
    api::chat::LATEST,
    components::time::{ago, until},
};

/// How often ages on a page move on.
const TICK: Duration = Duration::from_secs(5);
/// A form that is still here after this long was stopped.
const STOPPED: Duration = Duration::from_secs(10);
/// The id of the box one asks in.
const ASK: &str = "ask";
/// Names the element whose text a button copies.
const COPIES: &str = "data-copies";
/// How long it stays said that something was copied.
const SAID: Duration = Duration::from_secs(6);
/// Marks a form that is on its way.
const BUSY: &str = "aria-busy";

/// The path of the page.
pub(super) fn here() -> String {
    window().location().pathname().unwrap_or_default()
}

/// Goes to another page.
pub(super) fn go(path: &str) {
    // Fails only for a malformed URL, which none of ours is.
    let _ = window().location().set_href(path);
}

/// Loads the page again, keeping what is being typed and where one is.
///
/// Does nothing while a form is on its way: that loads a page itself.
pub(super) fn reload() {
    if !all(&format!("form[{BUSY}]")).is_empty() {
        return;
    }
    if let Some(ask) = AskBox::find() {
        let is_focused = document().active_element().as_ref() == Some(ask.element());
        if is_focused || ask.is_edited() {
            keep_draft(&ask.value());
        }
    }
    // Fails only in a frame, which this page refuses to be in.
    let _ = window().location().reload();
}

/// The box one asks in: one line in a page's head, several in a conversation.
enum AskBox {
    Line(HtmlInputElement),
    Area(HtmlTextAreaElement),
}

impl AskBox {
    fn find() -> Option<Self> {
        let element = document().get_element_by_id(ASK)?;
        match element.dyn_into::<HtmlTextAreaElement>() {
            Ok(area) => Some(Self::Area(area)),
            Err(element) => element.dyn_into().ok().map(Self::Line),
        }
    }

    fn element(&self) -> &Element {
        match self {
            Self::Line(line) => line,
            Self::Area(area) => area,
        }
    }

    fn value(&self) -> String {
        match self {
            Self::Line(line) => line.value(),
            Self::Area(area) => area.value(),
        }
    }

    /// Whether it holds something else than the page came with.
    fn is_edited(&self) -> bool {
        match self {
            Self::Line(line) => line.value() != line.default_value(),
            Self::Area(area) => Ok(area.value()) != area.default_value(),
        }
    }

    fn take_up(&self, draft: &str) {
        match self {
            Self::Line(line) => line.set_value(draft),
            Self::Area(area) => area.set_value(draft),
        }
        self.focus();
    }

    /// Without moving the page.
    fn focus(&self) {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        if let Some(element) = self.element().dyn_ref::<HtmlElement>() {
            // Fails only for an element that is not in the page.
            let _ = element.focus_with_options(&options);
        }
    }
}

/// Drafts of this tab by the path of their page.
fn drafts() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

fn keep_draft(draft: &str) {
    if let Some(drafts) = drafts() {
        // Fails only where the browser keeps nothing; then the draft is lost as it would be anyway.
        let _ = drafts.set_item(&here(), draft);
    }
}

/// One who has just asked may ask on, with the answer in view.
fn go_on_asking() {
    let is_asked = window().location().hash() == Ok(format!("#{LATEST}"));
    if let Some(ask) = AskBox::find().filter(|_| is_asked) {
        ask.focus();
    }
}

fn give_back_draft() {
    let Some(drafts) = drafts() else { return };
    let here = here();
    if let Ok(Some(draft)) = drafts.get_item(&here) {
        let _ = drafts.remove_item(&here);
        if let Some(ask) = AskBox::find().filter(|ask| !ask.is_edited()) {
            ask.take_up(&draft);
        }
    }
}

/// Begins what every page does.
#[island]
pub fn PageLife() -> impl IntoView {
    Effect::new(|_| {
        give_back_draft();
        go_on_asking();
        if let Ok(ticking) = set_interval_with_handle(move_times_on, TICK) {
            on_cleanup(move || ticking.clear());
        }
        let listeners = [
            window_event_listener(ev::submit, |event| send_once(&event)),
            window_event_listener(ev::keydown, |event| send_on_enter(&event)),
            window_event_listener(ev::click, |event| copy_for(&event)),
            // A page that the browser kept while one was elsewhere.
            window_event_listener(ev::pageshow, |_| free_forms()),
        ];
        on_cleanup(move || listeners.into_iter().for_each(|listener| listener.remove()));
    });
}

/// Writes every age on the page anew.
pub(super) fn move_times_on() {
    for (attribute, words) in [
        ("data-ago", ago as fn(Timestamp) -> String),
        ("data-until", until),
    ] {
        for element in all(&format!("time[{attribute}]")) {
            let at = element.get_attribute(attribute);
            // The text inside stays the same node: an island may hold on to it.
            if let (Some(Ok(at)), Some(text)) = (at.map(|at| at.parse()), element.first_child()) {
                text.set_node_value(Some(&words(Timestamp(at))));
            }
        }
    }
}

fn all(selector: &str) -> Vec<Element> {
    let found = document().query_selector_all(selector).ok();
    let found = found.iter().flat_map(|found| {
        let nodes = (0..found.length()).filter_map(|at| found.item(at));
        nodes.collect::<Vec<_>>()
    });
    found.filter_map(|node| node.dyn_into().ok()).collect()
}

/// Lets a form go once: a second click while it is on its way does nothing. One that was stopped may go again.
fn send_once(event: &ev::SubmitEvent) {
    let target = event.target();
    let form = target.and_then(|form| form.dyn_into::<HtmlFormElement>().ok());
    let Some(form) = form.filter(|form| form.method() == "post" && !event.default_prevented())
    else {
        return;
    };
    if form.has_attribute(BUSY) {
        return event.prevent_default();
    }
    // Fails only for an attribute name that is none.
    let _ = form.set_attribute(BUSY, "true");
    if let Some(ask) = AskBox::find().filter(AskBox::is_edited)
        && !form.contains(Some(ask.element()))
    {
        keep_draft(&ask.value());
    }
    set_timeout(
        move || {
            let _ = form.remove_attribute(BUSY);
        },
        STOPPED,
    );
}

/// Copies what a [`crate::components::copy::CopyButton`] is for, and says whether it could.
fn copy_for(event: &MouseEvent) {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok());
    let button = target.and_then(|target| target.closest(&format!("[{COPIES}]")).ok().flatten());
    let Some(button) = button else { return };
    let source = button
        .get_attribute(COPIES)
        .and_then(|id| document().get_element_by_id(&id));
    let text = source.and_then(|source| source.text_content());
    spawn_local(async move {
        // There is no clipboard for a page that came neither over TLS nor from this machine.
        let is_copied = match text.filter(|_| window().is_secure_context()) {
            Some(text) => {
                let clipboard = window().navigator().clipboard();
                JsFuture::from(clipboard.write_text(text.trim()))
                    .await
                    .is_ok()
            }
            None => false,
        };
        let words = if is_copied {
            "Copied"
        } else {
            "Your browser does not let this page copy: select the text instead"
        };
        if let Some(said) = button.next_element_sibling() {
            said.set_text_content(Some(words));
            set_timeout(move || said.set_text_content(None), SAID);
        }
    });
}

fn free_forms() {
    for form in all(&format!("form[{BUSY}]")) {
        let _ = form.remove_attribute(BUSY);
    }
}

/// Enter sends, Shift Enter breaks the line, as in any chat. Enter that ends an input method's word does not.
fn send_on_enter(event: &KeyboardEvent) {
    if event.key() != "Enter" || event.shift_key() || event.is_composing() {
        return;
    }
    let target = (**event)
        .target()
        .and_then(|target| target.dyn_into::<HtmlTextAreaElement>().ok());
    if let Some(form) = target
        .filter(|area| area.id() == ASK)
        .and_then(|area| area.form())
    {
        event.prevent_default();
        // Fails only when the form has left the page.
        let _ = form.request_submit();
    }
}
