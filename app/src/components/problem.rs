//! A failure as a page shows it.

use leptos::prelude::*;

use crate::{components::text::sentence, error::AppError};

/// An error beside what caused it: what, why, what next, and the reference.
#[component]
pub fn Problem(error: AppError) -> impl IntoView {
    let AppError { error, reference } = error;
    let hint = (!error.hint.is_empty()).then(|| view! { <p class="sub pre">{error.hint}</p> });
    let reference = reference.map(|reference| {
        view! {
            <p class="sub">
                "Reference " <code>{reference}</code>
            </p>
        }
    });
    view! {
        <div class="problem" role="alert">
            <p>
                <span class="shape bad" aria-hidden="true">"■ "</span>
                {sentence(&error.message)}
            </p>
            {hint}
            {reference}
        </div>
    }
    .into_any()
}
