//! The routes, and what stands around every page.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

use crate::{
    components::{frame::ClusterFrame, text::raw_text},
    flash::provide_page_flash,
    islands::{keyboard::Keyboard, page::PageLife},
    pages::{
        ask::AskPage, autoscaling::AutoscalingPage, cluster_new::ClusterNewPage,
        cluster_settings::ClusterSettingsPage, clusters::ClustersPage, job::JobPage,
        jobs::JobsPage, not_found::NotFoundPage, overview::OverviewPage, plan::PlanPage,
        plans::PlansPage, settings::SettingsPage, sign_in::LoginPage, sign_in::RegisterPage,
        wizard::WizardPage, workload::WorkloadPage,
    },
};

/// Every page. Each is rendered whole before it is sent (`SsrMode::Async`), so that nothing needs
/// JavaScript to be put in its place.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_page_flash();
    const WHOLE: SsrMode = SsrMode::Async;
    view! {
        <Title formatter=|title| format!("{} · ai4k8s", raw_text(title)) />
        <a class="skip" href="#main">
            "Skip to content"
        </a>
        <Router>
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
        </Router>
        <PageLife />
        <Keyboard />
    }
}
