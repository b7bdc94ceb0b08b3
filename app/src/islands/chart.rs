//! A chart that does not change while it is looked at, on a canvas where there is one.

use leptos::prelude::*;

use crate::components::chart::{Chart, ChartData};

/// A chart of what was known when the page was asked for.
#[island]
pub fn StillChart(
    /// What it shows.
    data: ChartData,
    /// Its id, unique on the page.
    id: String,
) -> impl IntoView {
    view! { <Chart data=Signal::stored(data) id /> }
}
