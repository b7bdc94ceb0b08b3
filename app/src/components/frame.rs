//! What stands around every page: skip link, navigation, the page's head with the ask box.

use std::str::FromStr;

use domain::{
    cluster::{Cluster, ClusterMode, ConnectionState},
    ids::ClusterId,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    components::Outlet,
    hooks::{use_location, use_params_map},
};

use crate::{
    api::{
        auth::Logout,
        clusters::{Frame as FrameData, get_frame},
    },
    components::{
        ask::AskBox,
        form::{Form, FormState},
        icons::{Icon, Mark},
        load::{Load, load},
        theme::chosen,
    },
    islands::theme::ThemeSwitch,
};

/// The cluster the page is about.
#[derive(Clone, Copy)]
pub struct CurrentCluster(ClusterId);

/// An id from the path; one that is malformed names nothing, like any unknown one.
#[must_use]
pub fn id_param<T: FromStr>(name: &str) -> T {
    const NOTHING: &str = "00000000-0000-0000-0000-000000000000";
    let params = use_params_map();
    let given = params.read().get_str(name).and_then(|id| id.parse().ok());
    given
        .or_else(|| NOTHING.parse().ok())
        .expect("the nil UUID is an id of every kind")
}

/// The cluster the page is about.
///
/// # Panics
/// Outside of `/c/{cluster}`.
#[must_use]
pub fn current_cluster() -> ClusterId {
    expect_context::<CurrentCluster>().0
}

/// Pages of one cluster.
#[component]
pub fn ClusterFrame() -> impl IntoView {
    let cluster = id_param::<ClusterId>("cluster");
    provide_context(CurrentCluster(cluster));
    let frame = load(get_frame(cluster.to_string()));
    view! {
        <Layout>
            <Sidebar slot:sidebar frame cluster=Some(cluster) />
            <Outlet />
        </Layout>
    }
    .into_any()
}

/// Pages that are about no cluster.
#[component]
pub fn AccountFrame(children: Children) -> impl IntoView {
    let frame = load(get_frame(String::new()));
    view! {
        <Layout>
            <Sidebar slot:sidebar frame cluster=None />
            {children()}
        </Layout>
    }
    .into_any()
}

/// What the navigation is made from.
#[slot]
pub struct Sidebar {
    frame: Load<FrameData>,
    cluster: Option<ClusterId>,
}

#[component]
fn Layout(sidebar: Sidebar, children: Children) -> impl IntoView {
    let Sidebar { frame, cluster } = sidebar;
    view! {
        <div class="app">
            <aside class="side" aria-label="Site">
                <a class="brand" href="/">
                    <Mark />
                    "ai4k8s"
                </a>
                {cluster.map(|cluster| view! { <ClusterNav cluster frame /> })}
                <AccountNav frame />
            </aside>
            <main id="main" tabindex="-1">
                {children()}
            </main>
        </div>
    }
    .into_any()
}

#[component]
fn ClusterNav(cluster: ClusterId, frame: Load<FrameData>) -> impl IntoView {
    let page = move |rest: &str| format!("/c/{cluster}{rest}");
    view! {
        <ClusterSwitch frame />
        <nav class="nav" aria-label="Cluster">
            <NavLink icon=Icon::Overview label="Overview" href=page("") exact=true />
            <NavLink icon=Icon::Ask label="Ask" href=page("/ask") />
            <NavLink icon=Icon::Autoscaling label="Autoscaling" href=page("/autoscaling") />
            <span class="grp">"Operations"</span>
            <NavLink icon=Icon::Plans label="Plans" href=page("/plans")>
                <Count frame count=|frame| frame.open_plans what="waiting for approval" />
            </NavLink>
            <NavLink icon=Icon::Jobs label="Jobs" href=page("/jobs")>
                <Count frame count=|frame| frame.running_jobs what="running" />
            </NavLink>
            <NavLink icon=Icon::Settings label="Cluster settings" href=page("/settings") />
        </nav>
    }
    .into_any()
}

#[component]
fn ClusterSwitch(frame: Load<FrameData>) -> impl IntoView {
    view! {
        <a class="switch" href="/">
            <Suspense>
                {move || Suspend::new(async move {

                    let cluster = frame.await.ok().and_then(|frame| frame.cluster);
                    cluster.map_or_else(no_cluster, switch_words)

                })}
            </Suspense>
            <span class="hidden">", all clusters"</span>
            <span aria-hidden="true">"⌄"</span>
        </a>
    }
    .into_any()
}

fn no_cluster() -> AnyView {
    view! {
        <span>
            <b>"Choose a cluster"</b>
        </span>
    }
    .into_any()
}

fn switch_words(cluster: Cluster) -> AnyView {
    let contact = match cluster.connection {
        ConnectionState::Connected { version } => version,
        ConnectionState::Unverified => "not tried yet".to_owned(),
        ConnectionState::Failed { .. } => "not reachable".to_owned(),
    };
    let demo = if cluster.is_demo { " · demo data" } else { "" };
    let mode = match cluster.mode {
        ClusterMode::ReadOnly => " · read-only",
        ClusterMode::Approve | ClusterMode::Automatic => "",
    };
    view! {
        <span>
            <b>{cluster.name}</b>
            <small>{contact}{demo}{mode}</small>
        </span>
    }
    .into_any()
}

/// A number beside a link, absent when it is zero.
#[component]
fn Count(
    frame: Load<FrameData>,
    count: fn(&FrameData) -> u32,
    what: &'static str,
) -> impl IntoView {
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let number = frame.await.map_or(0, |frame| count(&frame));
                (number > 0)
                    .then(|| {
                        view! {
                            <span class="n">
                                {number} <span class="hidden">{format!(" {what}")}</span>
                            </span>
                        }
                    })
            })}
        </Suspense>
    }
    .into_any()
}

#[component]
fn NavLink(
    icon: Icon,
    label: &'static str,
    href: String,
    #[prop(optional)] exact: bool,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let path = use_location().pathname.get();
    let below = path
        .trim_end_matches('/')
        .strip_prefix(href.trim_end_matches('/'));
    let is_here = below.is_some_and(|rest| rest.is_empty() || !exact && rest.starts_with('/'));
    view! {
        <a href=href aria-current=is_here.then_some("page")>
            {icon.view()}
            {label}
            {children.map(|children| children())}
        </a>
    }
    .into_any()
}

/// Folded on narrow screens, where it would push the page away.
#[component]
fn AccountNav(frame: Load<FrameData>) -> impl IntoView {
    let logout = FormState::<Logout>::new();
    view! {
        <details class="fold">
            <summary>"Account"</summary>
            <nav class="nav" aria-label="Account">
                <NavLink icon=Icon::Clusters label="All clusters" href="/".to_owned() exact=true />
                <NavLink icon=Icon::Account label="Account settings" href="/settings".to_owned() />
            </nav>
            <div class="who">
                <ThemeSwitch label="Theme".to_owned() chosen=chosen() />
                <div class="row">
                    <span class="sub">
                        <Suspense>
                            {move || Suspend::new(async move {
                                frame.await.map(|frame| frame.user.name).unwrap_or_default()
                            })}
                        </Suspense>
                    </span>
                    <Form state=logout label="Sign out">
                        <button class="btn">"Sign out"</button>
                    </Form>
                </div>
            </div>
        </details>
    }
    .into_any()
}

/// The page's heading, what is said under it, and the ask box on pages of a cluster.
#[component]
pub fn PageHead(
    /// The heading, also the title of the tab.
    #[prop(into)]
    title: String,
    /// Leaves the ask box out, where the page has its own.
    #[prop(optional)]
    without_ask: bool,
    /// What stands under the heading.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let cluster = use_context::<CurrentCluster>().filter(|_| !without_ask);
    view! {
        <Title text=title.clone() />
        <div class="top">
            <div>
                <h1>{title}</h1>
                {children.map(|children| view! { <div class="age">{children()}</div> })}
            </div>
            {cluster.map(|CurrentCluster(cluster)| view! { <AskBox cluster /> })}
        </div>
    }
    .into_any()
}

/// The way back up, for pages below a page.
#[component]
pub fn Crumbs(
    /// Path and label of each page above, outermost first.
    above: Vec<(String, &'static str)>,
    /// This page.
    #[prop(into)]
    here: String,
) -> impl IntoView {
    let links = above
        .into_iter()
        .map(|(href, label)| {
            view! {
                <li>
                    <a href=href>{label}</a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="crumbs" aria-label="Breadcrumb">
            <ol>{links} <li aria-current="page">{here}</li></ol>
        </nav>
    }
    .into_any()
}
