//! Any path that is no page.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::icons::Mark;

/// The 404 page.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::api::request::set_status(404);
    view! {
        <Title text="Not found" />
        <main id="main" class="gate" tabindex="-1">
            <div class="card">
                <p class="brand">
                    <Mark />
                    "ai4k8s"
                </p>
                <h1>"There is no such page"</h1>
                <p>"The address may have been mistyped, or what it led to was deleted."</p>
                <p>
                    <a class="btn p" href="/">
                        "Go to your clusters"
                    </a>
                </p>
            </div>
        </main>
    }
    .into_any()
}
