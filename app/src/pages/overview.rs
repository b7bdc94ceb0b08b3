//! `/c/{cluster}`: what is going on, in words first, then in numbers.

use domain::cluster::Overview;
use leptos::prelude::*;

use crate::{
    api::overview::get_overview,
    components::{
        frame::{PageHead, current_cluster},
        load::{Loaded, load},
    },
    islands::overview::LiveOverview,
};

/// `/c/{cluster}`.
#[component]
pub fn OverviewPage() -> impl IntoView {
    let cluster = current_cluster();
    let overview = load(get_overview(cluster));
    view! {
        <PageHead title="Overview" />
        <Loaded
            load=overview
            children={|overview: Overview| view! { <LiveOverview overview /> }.into_any()}
        />
    }
    .into_any()
}
