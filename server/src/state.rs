//! What every request is answered with.

use std::sync::Arc;

use app::flash::Flashes;
use axum::extract::FromRef;
use domain::ports::Ports;
use leptos::config::LeptosOptions;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    http::streams::StreamSlots,
    jobs::Runner,
    services::{SharedCore, chat::Chat},
    site::Site,
};

/// The running product. Clones share it.
#[derive(Clone)]
pub struct App {
    /// Clock, configuration, store, connections.
    pub core: SharedCore,
    /// What pages and routes ask for.
    pub ports: Ports,
    /// The chat, for its event streams.
    pub chat: Arc<Chat>,
    /// The job runner, for its event streams.
    pub runner: Runner,
    /// What the browser loads.
    pub site: Arc<Site>,
    /// What forms leave for the next page.
    pub flashes: Flashes,
    /// Counters and gauges for `/metrics`.
    pub metrics: PrometheusHandle,
    /// Places for event streams.
    pub slots: StreamSlots,
    /// Cancelled when the server stops.
    pub stopping: CancellationToken,
    /// What leptos wants to know.
    pub leptos: LeptosOptions,
}

impl FromRef<App> for LeptosOptions {
    fn from_ref(app: &App) -> Self {
        app.leptos.clone()
    }
}
