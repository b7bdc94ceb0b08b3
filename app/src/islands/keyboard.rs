//! The keyboard: `/` asks, `g` and a letter goes, `?` helps, Ctrl K opens the palette.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

use super::{
    page::{go, here},
    palette::Palette,
};

/// Where `g` and a letter goes. Paths of a cluster's pages begin behind `/c/{cluster}`.
const GO: &[(&str, Target, &str)] = &[
    ("c", Target::Site("/"), "clusters"),
    ("o", Target::Cluster(""), "overview"),
    ("a", Target::Cluster("/ask"), "ask"),
    ("s", Target::Cluster("/autoscaling"), "autoscaling"),
    ("p", Target::Cluster("/plans"), "plans"),
    ("j", Target::Cluster("/jobs"), "jobs"),
    ("e", Target::Cluster("/settings"), "cluster settings"),
    ("u", Target::Site("/settings"), "account settings"),
];

/// A page to go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Site(&'static str),
    Cluster(&'static str),
}

impl Target {
    /// The path, seen from the page at `here`; `None` for a cluster's page outside of a cluster.
    fn from(self, here: &str) -> Option<String> {
        match self {
            Self::Site(path) => Some(path.to_owned()),
            Self::Cluster(rest) => Some(format!("{}{rest}", cluster_root(here)?)),
        }
    }
}

/// `/c/{cluster}` of the page at `here`.
#[must_use]
pub(super) fn cluster_root(here: &str) -> Option<&str> {
    let id = here.strip_prefix("/c/")?.split('/').next()?;
    Some(&here[.."/c/".len() + id.len()])
}

/// Listens to the keyboard everywhere, and holds the help and the palette. Nothing of it is in the page
/// without JavaScript.
#[island]
pub fn Keyboard() -> impl IntoView {
    let ready = RwSignal::new(false);
    Effect::new(move |_| ready.set(true));
    view! { <Show when=move || ready.get()>{|| view! { <Listener /> }}</Show> }.into_any()
}

#[component]
fn Listener() -> impl IntoView {
    let help = NodeRef::<html::Dialog>::new();
    let palette = NodeRef::<html::Dialog>::new();
    let going = StoredValue::new(false);
    let listener = window_event_listener(ev::keydown, move |event| {
        let went = going.get_value();
        going.set_value(false);
        match command(&event, went) {
            Some(Command::Ask) => focus(&event, "ask"),
            Some(Command::Begin) => going.set_value(true),
            Some(Command::Help) => open(&event, help),
            Some(Command::Palette) => open(&event, palette),
            Some(Command::Row(step)) => move_row(&event, step),
            Some(Command::Go(target)) => {
                if let Some(path) = target.from(&here()) {
                    event.prevent_default();
                    go(&path);
                }
            }
            None => {}
        }
    });
    on_cleanup(move || listener.remove());
    view! {
        <Help node=help />
        <Palette node=palette />
    }
    .into_any()
}

/// What a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    Ask,
    Begin,
    Go(Target),
    Help,
    Palette,
    Row(i32),
}

fn command(event: &KeyboardEvent, after_g: bool) -> Option<Command> {
    let key = event.key();
    if (event.ctrl_key() || event.meta_key()) && key == "k" {
        return Some(Command::Palette);
    }
    if event.ctrl_key() || event.meta_key() || event.alt_key() || is_typing(event) {
        return None;
    }
    if after_g {
        return GO
            .iter()
            .find(|(letter, _, _)| *letter == key)
            .map(|(_, target, _)| Command::Go(*target));
    }
    match key.as_str() {
        "/" => Some(Command::Ask),
        "g" => Some(Command::Begin),
        "?" => Some(Command::Help),
        "j" => Some(Command::Row(1)),
        "k" => Some(Command::Row(-1)),
        _ => None,
    }
}

fn is_typing(event: &KeyboardEvent) -> bool {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<HtmlElement>().ok());
    target.is_some_and(|element| {
        matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
            || element.is_content_editable()
    })
}

fn focus(event: &KeyboardEvent, id: &str) {
    if let Some(element) = document().get_element_by_id(id)
        && let Ok(element) = element.dyn_into::<HtmlElement>()
    {
        event.prevent_default();
        // Fails only for an element that is not in the page.
        let _ = element.focus();
    }
}

fn open(event: &KeyboardEvent, dialog: NodeRef<html::Dialog>) {
    if let Some(dialog) = dialog.get_untracked().filter(|dialog| !dialog.open()) {
        event.prevent_default();
        // Fails only for a dialog that is not in the page.
        let _ = dialog.show_modal();
    }
}

/// Moves the focus to the link of the next or previous row.
fn move_row(event: &KeyboardEvent, step: i32) {
    let Ok(links) = document().query_selector_all("table.rows tbody tr td:first-child a") else {
        return;
    };
    let active = document().active_element();
    let count = i32::try_from(links.length()).unwrap_or(0);
    let at = (0..count).find(|index| {
        let link = links.item(*index as u32);
        link.is_some_and(|link| {
            active
                .as_ref()
                .is_some_and(|active| link.is_same_node(Some(active)))
        })
    });
    let next = at.map_or(0, |at| at + step).clamp(0, (count - 1).max(0));
    if let Some(link) = links
        .item(next as u32)
        .and_then(|link| link.dyn_into::<HtmlElement>().ok())
    {
        event.prevent_default();
        let _ = link.focus();
    }
}

#[component]
fn Help(node: NodeRef<html::Dialog>) -> impl IntoView {
    let go = GO
        .iter()
        .map(|(letter, _, name)| key_row(&["g", letter], name))
        .collect_view();
    view! {
        <dialog node_ref=node aria-labelledby="help-title">
            <h2 id="help-title">"Keyboard"</h2>
            <dl class="keys">
                {key_row(&["/"], "ask")}
                {key_row(&["Ctrl", "K"], "go to any cluster or page")}
                {key_row(&["j"], "next row")}
                {key_row(&["k"], "previous row")}
                {key_row(&["?"], "this help")}
                {go}
            </dl>
            <form method="dialog">
                <button class="btn">"Close"</button>
            </form>
        </dialog>
    }
    .into_any()
}

fn key_row(keys: &[&'static str], what: &'static str) -> AnyView {
    let keys = keys
        .iter()
        .map(|key| view! { <kbd>{*key}</kbd> " " })
        .collect_view();
    view! {
        <div>
            <dt>{keys}</dt>
            <dd>{what}</dd>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_to_pages_of_the_cluster_it_is_in() {
        let overview = Target::Cluster("/jobs");
        assert_eq!(overview.from("/c/1/plans/2").as_deref(), Some("/c/1/jobs"));
        assert_eq!(overview.from("/c/1").as_deref(), Some("/c/1/jobs"));
        assert_eq!(overview.from("/settings"), None);
        assert_eq!(Target::Site("/").from("/c/1").as_deref(), Some("/"));
    }

    #[test]
    fn no_letter_stands_for_two_pages() {
        let letters: std::collections::BTreeSet<_> = GO.iter().map(|row| row.0).collect();
        assert_eq!(letters.len(), GO.len());
    }
}
