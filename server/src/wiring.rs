//! Which adapter backs which port.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use app::flash::Flashes;
use demo_api::{DemoApi, DemoError, DemoOptions};
use domain::{OpsError, ports::Ports};
use kube_cluster::{guard::AddressPolicy, kubeconfig};
use leptos::config::LeptosOptions;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use prometheus::{Prometheus, PrometheusEndpoint};
use secrecy::ExposeSecret as _;
use store::{Database, DatabaseOptions, StoreError};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    background,
    clock::Clock,
    config::Config,
    http::streams::StreamSlots,
    jobs::Runner,
    services::{
        Core, SharedCore,
        accounts::Accounts,
        autoscaling::Autoscaling,
        chat::Chat,
        clusters::Clusters,
        connections::{Connections, Demo},
        history::History,
        jobs::Jobs,
        observations::Observations,
        plans::Plans,
    },
    site::{Site, SiteError},
    state::App,
};

/// How often recorded metrics are condensed.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// Why the product could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// The store.
    #[error("cannot open what is stored")]
    OpenStore(#[source] StoreError),
    /// The demo cluster.
    #[error("cannot start the demo cluster")]
    StartDemo(#[source] DemoError),
    /// The product cannot reach its own demo cluster.
    #[error("cannot use the demo cluster's own kubeconfig")]
    UseDemo(#[source] OpsError),
    /// The page.
    #[error("cannot find the page")]
    OpenSite(#[source] SiteError),
    /// Jobs of an earlier process.
    #[error("cannot take up unfinished jobs")]
    ResumeJobs(#[source] OpsError),
}

/// The running product with what has to be stopped at its end.
pub struct Product {
    /// What requests are answered with.
    pub app: App,
    demo: Option<DemoApi>,
    loops: TaskTracker,
}

/// Opens the store, starts the demo cluster, and puts every port together. Nothing runs in the background yet.
///
/// # Errors
/// [`AssembleError`], naming what could not be opened or started.
pub async fn assemble(config: Config, clock: Clock, site: Site) -> Result<Product, AssembleError> {
    kube_cluster::ensure_crypto();
    let database = open_database(&config)
        .await
        .map_err(AssembleError::OpenStore)?;
    let demo = match config.demo.enabled {
        true => Some(start_demo(&config).await?),
        false => None,
    };
    let attached = demo
        .as_ref()
        .map(attach)
        .transpose()
        .map_err(AssembleError::UseDemo)?;
    let core: SharedCore = Arc::new(Core {
        connections: Connections::new(address_policy(&config), attached),
        history: History::default(),
        config,
        clock,
        database,
    });
    Ok(Product {
        app: app_over(core, site),
        demo,
        loops: TaskTracker::new(),
    })
}

/// The store that `config` names.
///
/// # Errors
/// [`StoreError`] with clear words for what is missing or in the way.
pub async fn open_database(config: &Config) -> Result<Database, StoreError> {
    Database::open(&DatabaseOptions {
        url: config
            .database_url
            .as_ref()
            .map(|url| url.expose_secret().to_owned()),
        data_dir: config.data_dir.clone(),
    })
    .await
}

async fn start_demo(config: &Config) -> Result<DemoApi, AssembleError> {
    let options = DemoOptions {
        bind: SocketAddr::from((Ipv4Addr::LOCALHOST, config.demo.port)),
        data_dir: Some(config.data_dir.clone()),
        seed: config.demo.seed,
        ..DemoOptions::default()
    };
    DemoApi::start(options)
        .await
        .map_err(AssembleError::StartDemo)
}

/// The demo cluster as any other: through its kubeconfig and its Prometheus endpoint.
fn attach(demo: &DemoApi) -> Result<Demo, OpsError> {
    let credentials = kubeconfig::sanitise(&demo.kubeconfig())?;
    let history = Prometheus::new(PrometheusEndpoint {
        url: demo.prometheus_url(),
        bearer: Some(demo.token().clone()),
        ca_pem: Some(demo.ca_pem().to_owned()),
    })?;
    Ok(Demo {
        credentials,
        history: Arc::new(history),
    })
}

/// A person's own machine may reach clusters on itself; a server for others may not, unless it is told to.
fn address_policy(config: &Config) -> AddressPolicy {
    AddressPolicy {
        allow_loopback: config.http.is_loopback() || config.clusters.allow_loopback,
        deny_private: config.clusters.deny_private,
    }
}

fn app_over(core: SharedCore, site: Site) -> App {
    let runner = Runner::new(Arc::clone(&core));
    let chat = Arc::new(Chat::new(Arc::clone(&core)));
    let ports = Ports {
        accounts: Arc::new(Accounts::new(Arc::clone(&core))),
        clusters: Arc::new(Clusters::new(Arc::clone(&core))),
        observations: Arc::new(Observations::new(Arc::clone(&core))),
        chat: Arc::clone(&chat) as _,
        plans: Arc::new(Plans::new(Arc::clone(&core))),
        autoscaling: Arc::new(Autoscaling::new(Arc::clone(&core), runner.clone())),
        jobs: Arc::new(Jobs::new(Arc::clone(&core))),
    };
    App {
        flashes: Flashes::new(core.config.http.behind_tls),
        leptos: LeptosOptions::builder().output_name("ai4k8s").build(),
        site: Arc::new(site),
        slots: StreamSlots::default(),
        stopping: CancellationToken::new(),
        metrics: metrics_handle(),
        core,
        ports,
        chat,
        runner,
    }
}

/// The process has one recorder; a second product in the same process (a test) gets a handle of its own that stays empty.
fn metrics_handle() -> PrometheusHandle {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::debug!("metrics are recorded elsewhere in this process");
    }
    handle
}

/// Condenses recorded values: the recorder asks for it, so that they do not pile up while nobody reads them.
async fn keep_metrics(metrics: PrometheusHandle, stopping: CancellationToken) {
    let mut ticks = tokio::time::interval(METRICS_UPKEEP);
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            _ = ticks.tick() => metrics.run_upkeep(),
        }
    }
}

impl Product {
    /// Takes up unfinished jobs and starts the background loops.
    ///
    /// # Errors
    /// [`AssembleError::ResumeJobs`].
    pub async fn start(&self) -> Result<(), AssembleError> {
        self.app
            .runner
            .resume()
            .await
            .map_err(AssembleError::ResumeJobs)?;
        background::start(&self.app.core, &self.loops, &self.app.stopping);
        self.loops.spawn(keep_metrics(
            self.app.metrics.clone(),
            self.app.stopping.clone(),
        ));
        self.loops.close();
        Ok(())
    }

    /// The demo cluster, when it is served by this process.
    #[must_use]
    pub fn demo(&self) -> Option<&DemoApi> {
        self.demo.as_ref()
    }

    /// Ends streams, loops and jobs in order, then the demo cluster and the store.
    pub async fn stop(self) {
        self.app.stopping.cancel();
        self.loops.wait().await;
        self.app.runner.stop().await;
        if let Some(demo) = self.demo {
            demo.stop().await;
        }
        if let Err(error) = self.app.core.database.close().await {
            tracing::error!(error = error.chain(), "the store did not close cleanly");
        }
    }
}
