//! The command palette: type a few letters, go to a cluster or a page of one.

use domain::cluster::Cluster;
use leptos::{ev, html, prelude::*, task::spawn_local};

use super::{
    keyboard::cluster_root,
    page::{go, here},
};
use crate::api::clusters::list_clusters;

/// Pages of a cluster: name and the path behind `/c/{cluster}`.
const PAGES: &[(&str, &str)] = &[
    ("Overview", ""),
    ("Ask", "/ask"),
    ("Autoscaling", "/autoscaling"),
    ("Turn on predictive autoscaling", "/autoscaling/new"),
    ("Plans", "/plans"),
    ("Jobs", "/jobs"),
    ("Cluster settings", "/settings"),
];

/// Most entries shown at once.
const MOST: usize = 12;

/// A place to go.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    name: String,
    path: String,
}

fn entries(clusters: &[Cluster], here: &str) -> Vec<Entry> {
    let entry = |name: String, path: String| Entry { name, path };
    let pages_here = cluster_root(here).into_iter().flat_map(|root| {
        let page =
            move |(name, rest): &(&str, &str)| entry((*name).to_owned(), format!("{root}{rest}"));
        PAGES.iter().map(page)
    });
    let clusters = clusters.iter().flat_map(|cluster| {
        PAGES.iter().map(|(name, rest)| {
            entry(
                format!("{} · {name}", cluster.name),
                format!("/c/{}{rest}", cluster.id),
            )
        })
    });
    let site = [
        ("All clusters", "/"),
        ("Add a cluster", "/clusters/new"),
        ("Account settings", "/settings"),
    ];
    let site = site.map(|(name, path)| entry(name.to_owned(), path.to_owned()));
    pages_here.chain(site).chain(clusters).collect()
}

/// Whether every word of `typed` occurs in `name`.
fn fits(name: &str, typed: &str) -> bool {
    let name = name.to_lowercase();
    typed
        .to_lowercase()
        .split_whitespace()
        .all(|word| name.contains(word))
}

/// The places that fit what is typed, at most [`MOST`]. Clusters are asked for when the palette first opens.
fn places(typed: RwSignal<String>, opened: RwSignal<bool>) -> Memo<Vec<Entry>> {
    let clusters = RwSignal::new(Vec::new());
    // Nobody is signed in where one signs in, and asking would be refused.
    let is_inside = !matches!(here().as_str(), "/login" | "/register");
    Effect::new(move |_| {
        if opened.get() && is_inside {
            spawn_local(async move {
                if let Ok(known) = list_clusters().await {
                    clusters.set(known);
                }
            });
        }
    });
    Memo::new(move |_| {
        let typed = typed.read();
        entries(&clusters.read(), &here())
            .into_iter()
            .filter(|entry| fits(&entry.name, &typed))
            .take(MOST)
            .collect()
    })
}

/// The palette, opened by whoever holds `node`.
#[component]
pub fn Palette(node: NodeRef<html::Dialog>) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let chosen = RwSignal::new(0_usize);
    let opened = RwSignal::new(false);
    let found = places(typed, opened);
    let leave = Callback::new(move |path: String| {
        if let Some(dialog) = node.get_untracked() {
            dialog.close();
        }
        typed.set(String::new());
        go(&path);
    });
    let on_key = move |event: ev::KeyboardEvent| {
        let last = found.read_untracked().len().saturating_sub(1);
        match event.key().as_str() {
            "ArrowDown" => chosen.update(|at| *at = (*at + 1).min(last)),
            "ArrowUp" => chosen.update(|at| *at = at.saturating_sub(1)),
            "Enter" => {
                if let Some(entry) = found.read_untracked().get(chosen.get_untracked()) {
                    leave.run(entry.path.clone());
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    view! {
        <dialog node_ref=node class="palette" aria-label="Go to">
            <input
                type="text"
                role="combobox"
                aria-label="Go to a cluster or page"
                aria-expanded="true"
                aria-controls="palette-list"
                aria-activedescendant=move || format!("palette-{}", chosen.get())
                placeholder="Go to …"
                autofocus
                prop:value=typed
                on:focus=move |_| {
                    if !opened.get_untracked() {
                        opened.set(true);
                    }
                }
                on:input=move |event| {
                    typed.set(event_target_value(&event));
                    chosen.set(0);
                }
                on:keydown=on_key
            />
            <ul id="palette-list" role="listbox" aria-label="Places">
                {move || found.get().into_iter().enumerate().map(|(at, entry)| option(at, entry, chosen, leave)).collect_view()}
            </ul>
        </dialog>
    }
    .into_any()
}

fn option(at: usize, entry: Entry, chosen: RwSignal<usize>, leave: Callback<String>) -> AnyView {
    let Entry { name, path } = entry;
    view! {
        <li
            id=format!("palette-{at}")
            role="option"
            aria-selected=move || (chosen.get() == at).to_string()
            on:click=move |_| leave.run(path.clone())
        >
            {name}
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_page_by_any_of_its_words() {
        assert!(fits("demo · Plans", "plan DEMO"));
        assert!(!fits("demo · Plans", "jobs"));
        assert!(fits("anything", ""));
    }

    #[test]
    fn offers_pages_of_this_cluster_first() {
        let found = entries(&[], "/c/7/jobs");
        assert_eq!(found[0].path, "/c/7");
        assert_eq!(entries(&[], "/")[0].path, "/");
    }
}
