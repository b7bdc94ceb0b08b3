//! What the user sees and asks: pages, components, server functions.
//!
//! Compiled twice: with `ssr` into the server, which renders whole pages that work without JavaScript, and
//! with `hydrate` into what the browser loads to bring them to life. It knows the ports of `domain` and
//! never who answers them.

#![forbid(unsafe_code)]
#![recursion_limit = "256"]

pub mod api;
pub mod clock;
pub mod components;
pub mod error;
pub mod flash;
pub mod pages;
#[cfg(feature = "ssr")]
pub mod shell;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    hooks::use_location,
    path,
};

use components::{
    form::raw_text, frame::ClusterFrame, live::provide_visibility, shortcuts::Shortcuts,
    theme::provide_theme,
};
use flash::{PageFlash, provide_page_flash};
use pages::{
    ask::AskPage, autoscaling::AutoscalingPage, cluster_new::ClusterNewPage,
    cluster_settings::ClusterSettingsPage, clusters::ClustersPage, job::JobPage, jobs::JobsPage,
    not_found::NotFoundPage, overview::OverviewPage, plan::PlanPage, plans::PlansPage,
    settings::SettingsPage, sign_in::LoginPage, sign_in::RegisterPage, wizard::WizardPage,
    workload::WorkloadPage,
};

#[cfg(feature = "ssr")]
pub use shell::{Assets, routes, shell};

/// Every page. Each is rendered whole before it is sent (`SsrMode::Async`), so that nothing needs
/// JavaScript to be put in its place.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    clock::provide_clock();
    provide_theme();
    provide_page_flash();
    provide_visibility();
    const WHOLE: SsrMode = SsrMode::Async;
    view! {
        <Title formatter=|title| format!("{} · ai4k8s", raw_text(title)) />
        // Not the router's: it would scroll there and leave the focus behind.
        <a class="skip" href="#main" rel="external">
            "Skip to content"
        </a>
        <Router>
            <ForgetFlash />
            <Routes fallback=|| view! { <NotFoundPage /> }>
                <Route path=path!("/login") view=LoginPage ssr=WHOLE />
                <Route path=path!("/register") view=RegisterPage ssr=WHOLE />
                <Route path=path!("/") view=ClustersPage ssr=WHOLE />
                <Route path=path!("/clusters/new") view=ClusterNewPage ssr=WHOLE />
                <Route path=path!("/settings") view=SettingsPage ssr=WHOLE />
                <ParentRoute path=path!("/c/:cluster") view=ClusterFrame ssr=WHOLE>
                    <Route path=path!("/") view=OverviewPage ssr=WHOLE />
                    <Route path=path!("/ask") view=AskPage ssr=WHOLE />
                    <Route path=path!("/ask/:conversation") view=AskPage ssr=WHOLE />
                    <Route path=path!("/autoscaling") view=AutoscalingPage ssr=WHOLE />
                    <Route path=path!("/autoscaling/new") view=WizardPage ssr=WHOLE />
                    <Route path=path!("/autoscaling/:namespace/:workload") view=WorkloadPage ssr=WHOLE />
                    <Route path=path!("/jobs") view=JobsPage ssr=WHOLE />
                    <Route path=path!("/jobs/:job") view=JobPage ssr=WHOLE />
                    <Route path=path!("/plans") view=PlansPage ssr=WHOLE />
                    <Route path=path!("/plans/:plan") view=PlanPage ssr=WHOLE />
                    <Route path=path!("/settings") view=ClusterSettingsPage ssr=WHOLE />
                </ParentRoute>
            </Routes>
            <Shortcuts />
        </Router>
    }
}

/// Drops what the page was opened with once the browser goes on to another one.
#[component]
fn ForgetFlash() -> impl IntoView {
    let flash = expect_context::<PageFlash>();
    let path = use_location().pathname;
    Effect::new(move |before: Option<()>| {
        path.track();
        if before.is_some() {
            flash.forget();
        }
    });
}

/// Brings the server-rendered page to life.
#[cfg(feature = "hydrate")]
pub fn start() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
    if let Some(root) = document().document_element() {
        // Fails only for a token with white space in it.
        let _ = root.class_list().add_1("js");
    }
}
