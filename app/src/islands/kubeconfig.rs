//! A kubeconfig's file, chosen or dropped, read into the text area to be seen before it is sent.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{DragEvent, File, FileReader, HtmlTextAreaElement};

/// The id of the text area the file goes into.
pub const TEXT: &str = "kubeconfig";

/// A file field for the text area beside it, which takes a dropped file too.
#[island]
pub fn KubeconfigFile(
    /// Whether the form takes the file itself, so that it can be chosen without JavaScript.
    is_sent: bool,
) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    let chosen = move |_| {
        let file = node.get_untracked().and_then(|input| input.files()?.get(0));
        if let Some(file) = file {
            read(&file);
        }
    };
    Effect::new(move |_| {
        let dropping = [
            window_event_listener(ev::dragover, |event| {
                if is_over_text(&event) {
                    event.prevent_default();
                }
            }),
            window_event_listener(ev::drop, |event| {
                let file = event.data_transfer().and_then(|data| data.files()?.get(0));
                if let Some(file) = file.filter(|_| is_over_text(&event)) {
                    event.prevent_default();
                    read(&file);
                }
            }),
        ];
        on_cleanup(move || dropping.into_iter().for_each(|listener| listener.remove()));
    });
    view! {
        <div class="field" class:needs-js=!is_sent>
            <label for="kubeconfig-file">"Or choose the file"</label>
            <input
                id="kubeconfig-file"
                name=is_sent.then_some("file")
                type="file"
                node_ref=node
                on:change=chosen
            />
        </div>
    }
    .into_any()
}

fn is_over_text(event: &DragEvent) -> bool {
    text_area().is_some_and(|text| event.target().as_ref() == Some(text.as_ref()))
}

fn text_area() -> Option<HtmlTextAreaElement> {
    document().get_element_by_id(TEXT)?.dyn_into().ok()
}

fn read(file: &File) {
    let Ok(reader) = FileReader::new() else {
        return;
    };
    let ended = reader.clone();
    let loaded = Closure::once_into_js(move || {
        let content = ended.result().ok().and_then(|content| content.as_string());
        if let (Some(text), Some(content)) = (text_area(), content) {
            text.set_value(&content);
        }
    });
    reader.set_onload(Some(loaded.unchecked_ref()));
    // Fails only for what is no file; then the text area stays as it is.
    let _ = reader.read_as_text(file);
}
