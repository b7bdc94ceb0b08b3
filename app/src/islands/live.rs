//! Server-sent events for the page at hand. A tab that is not looked at disconnects and resumes.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent};

/// How long a refused stream is left alone.
const REFUSED: Duration = Duration::from_secs(5);

/// Where a stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    /// There is none: without JavaScript, or nothing to wait for.
    Off,
    /// Connecting, for the first time or again.
    Connecting,
    /// Connected.
    Live,
}

/// Listens to `names` on the stream at `url` while there is one and the tab is looked at.
///
/// Each event's data is handed to `on_event`; its name first.
pub(super) fn use_events(
    url: Signal<Option<String>>,
    names: &'static [&'static str],
    on_event: impl Fn(&'static str, String) + Clone + 'static,
) -> ReadSignal<Stream> {
    let (state, set_state) = signal(Stream::Off);
    let visible = visible();
    let tries = RwSignal::new(0_u32);
    Effect::new(move |_| {
        tries.track();
        let looked_at = visible.get();
        let Some(url) = url.get().filter(|_| looked_at) else {
            set_state.set(Stream::Off);
            return;
        };
        let Ok(source) = EventSource::new(&url) else {
            return;
        };
        set_state.set(Stream::Connecting);
        for name in names {
            listen(&source, name, on_event.clone());
        }
        follow_state(&source, set_state, tries);
        let open = StoredValue::new_local(source);
        on_cleanup(move || open.with_value(EventSource::close));
    });
    state
}

/// Whether the tab is being looked at.
fn visible() -> RwSignal<bool> {
    let visible = RwSignal::new(true);
    Effect::new(move |_| {
        visible.set(!document().hidden());
        let watch = window_event_listener_untyped("visibilitychange", move |_| {
            visible.set(!document().hidden());
        });
        on_cleanup(move || watch.remove());
    });
    visible
}

fn listen(
    source: &EventSource,
    name: &'static str,
    on_event: impl Fn(&'static str, String) + 'static,
) {
    let handler = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(data) = event.data().as_string() {
            on_event(name, data);
        }
    });
    // Fails only for a name that is none. The closure lives as long as the source, which is closed.
    let _ = source.add_event_listener_with_callback(name, handler.as_ref().unchecked_ref());
    handler.forget();
}

/// The browser connects again by itself when a connection breaks, and gives up when it is refused; then it is tried
/// again here, by counting `tries` up.
fn follow_state(source: &EventSource, set_state: WriteSignal<Stream>, tries: RwSignal<u32>) {
    let opened = Closure::<dyn Fn()>::new(move || {
        set_state.try_set(Stream::Live);
    });
    let failed = {
        let source = source.clone();
        Closure::<dyn Fn()>::new(move || {
            set_state.try_set(Stream::Connecting);
            if source.ready_state() == EventSource::CLOSED {
                let again = move || {
                    tries.try_update(|count| *count += 1);
                };
                set_timeout(again, REFUSED);
            }
        })
    };
    source.set_onopen(Some(opened.as_ref().unchecked_ref()));
    source.set_onerror(Some(failed.as_ref().unchecked_ref()));
    opened.forget();
    failed.forget();
}
