//! What is to be seen in a cluster.

use domain::{cluster::Overview, ids::ClusterId};
use leptos::prelude::*;

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{api::gate, components::chart::rounding};

/// Everything the overview shows; series rounded to what a chart can show.
#[server(prefix = "/api/fn", endpoint = "get_overview")]
pub async fn get_overview(cluster: ClusterId) -> Result<Overview, AppError> {
    gate::as_user::<GetOverview, _, _>(|ports, user| async move {
        let mut overview = ports.observations.overview(&user, cluster).await?;
        overview.cpu_history = overview.cpu_history.map(rounding::rounded_series);
        overview.memory_history = overview.memory_history.map(rounding::rounded_series);
        Ok(overview)
    })
    .await
}
