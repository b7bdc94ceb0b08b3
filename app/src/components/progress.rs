//! How far long work is, as a bar with its phase in words.

use leptos::prelude::*;

/// A progress bar with the phase below it.
#[component]
pub fn Progress(
    /// 0 to 100.
    #[prop(into)]
    percent: Signal<u8>,
    /// The phase in words.
    #[prop(into)]
    phase: Signal<String>,
) -> impl IntoView {
    view! {
        <div
            class="progress"
            role="progressbar"
            aria-label="Progress"
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=move || percent.get().to_string()
            aria-valuetext=move || format!("{} %, {}", percent.get(), phase.get())
        >
            <i style=move || format!("width:{}%", percent.get())></i>
        </div>
        <p class="phase" role="status">
            <b class="num">{move || percent.get()}"\u{202f}%"</b>
            " "
            {move || phase.get()}
        </p>
    }
    .into_any()
}
