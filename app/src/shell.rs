//! The document around the app: head, style, the script that starts its islands.

use std::sync::OnceLock;

use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::{AxumRouteListing, generate_route_list};
use leptos_meta::MetaTags;

use crate::{App, components::theme::chosen};

/// URLs of what the browser loads, as the server has them: their names carry hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assets {
    /// The stylesheet: `/pkg/ai4k8s.….css`.
    pub css: String,
    /// The glue that starts the wasm: `/pkg/ai4k8s.….js`.
    pub js: String,
    /// The wasm: `/pkg/ai4k8s_bg.….wasm`.
    pub wasm: String,
    /// ECharts, loaded only by pages with charts: `/pkg/charts.….js`.
    pub charts: String,
}

/// The document. Takes [`Assets`] from context.
///
/// # Panics
/// When no [`Assets`] were provided.
#[must_use]
pub fn shell() -> impl IntoView {
    let Assets {
        css,
        js,
        wasm,
        charts,
    } = expect_context();
    // Nothing outside of an island is taken hold of.
    if let Some(context) = Owner::current_shared_context() {
        context.set_is_hydrating(false);
    }
    let start = format!(
        "import init,* as app from '{js}';\
         await init({{module_or_path:'{wasm}'}});\
         app.hydrate();\
         for(const island of document.querySelectorAll('leptos-island'))\
         try{{app[island.dataset.component](island)}}catch(error){{console.error(error)}}\
         document.documentElement.classList.add('js')"
    );
    // By script, because a browser without one would fetch them for nothing.
    let preload = format!(
        "for(const link of [{{rel:'modulepreload',href:'{js}'}},\
         {{rel:'preload',as:'fetch',type:'application/wasm',crossOrigin:'',href:'{wasm}'}}])\
         document.head.append(Object.assign(document.createElement('link'),link))"
    );
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=chosen().as_str() data-charts=charts>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width,initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="stylesheet" href=css />
                <script nonce=use_nonce()>{preload}</script>
                <script type="module" nonce=use_nonce()>
                    {start}
                </script>
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Every page's route, to mount with `leptos_routes_with_context`.
///
/// Worked out once per process: while Leptos lists routes it keeps resources from loading anywhere, by a
/// global flag, so that a page rendered at the same time would wait for ever.
#[must_use]
pub fn routes() -> Vec<AxumRouteListing> {
    static ROUTES: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();
    ROUTES.get_or_init(|| generate_route_list(App)).clone()
}
