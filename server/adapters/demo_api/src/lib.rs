//! Serves the simulated cluster of `engines/demo_cluster` as a Kubernetes API over HTTPS.
//!
//! Transport, authentication, content negotiation and streams are here; what a request does to the
//! cluster is the engine's. The product reaches the demo cluster only through this server, like any other.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod accept;
mod auth;
mod body;
mod discovery;
mod error;
mod faults;
mod files;
mod hub;
mod identity;
mod kubeconfig;
mod listener;
mod logs;
mod metadata;
mod openapi;
mod path;
mod prometheus;
mod protobuf;
mod query;
mod resources;
mod respond;
mod router;
mod snapshot;
mod strict;
mod watch;

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

pub use demo_cluster::{Scenario, UnknownScenario};
pub use error::DemoError;
pub use faults::{Faults, Latency, Refusal, RefusalKind, Share, UnknownFault};
use secrecy::SecretString;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{auth::Lock, faults::Trouble, hub::Hub, identity::Identity};

/// Name of the kubeconfig in the data directory.
const KUBECONFIG: &str = "demo.kubeconfig";

/// How the demo cluster is served.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Where to listen; port 0 takes any free one.
    pub bind: SocketAddr,
    /// Where identity, snapshot and kubeconfig are kept; `None` keeps nothing.
    pub data_dir: Option<PathBuf>,
    /// What the company and its load follow from.
    pub seed: u64,
    /// Simulated seconds per second; 1 follows the wall clock.
    pub speed: f64,
    /// About how many pods there are, with nodes for them; a number below the company's own adds nothing.
    pub pods: usize,
    /// Trouble that begins with the cluster; a restored cluster goes on with it.
    pub scenario: Option<Scenario>,
    /// What goes wrong on purpose between the cluster and its clients.
    pub faults: Faults,
}

impl Default for DemoOptions {
    /// Any free port of loopback, nothing kept, real time, nothing out of the ordinary.
    fn default() -> Self {
        Self {
            bind: (Ipv4Addr::LOCALHOST, 0).into(),
            data_dir: None,
            seed: 1,
            speed: 1.0,
            pods: 0,
            scenario: None,
            faults: Faults::default(),
        }
    }
}

/// The demo cluster, being served. Ends when [`DemoApi::stop`] is called or the runtime does.
pub struct DemoApi {
    hub: Arc<Hub>,
    identity: Identity,
    address: SocketAddr,
    tasks: [JoinHandle<()>; 2],
}

impl fmt::Debug for DemoApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoApi")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl DemoApi {
    /// Restores or founds the cluster, listens, and writes `demo.kubeconfig` (0600) into the data directory.
    ///
    /// # Errors
    /// [`DemoError`], naming the file or the address.
    pub async fn start(options: DemoOptions) -> Result<Self, DemoError> {
        let bind = options.bind;
        let identity = Identity::load_or_create(options.data_dir.as_deref())?;
        let tls = identity.tls(bind.ip())?;
        let failed = |source| DemoError::Listen {
            address: bind,
            source,
        };
        let listener = TcpListener::bind(bind).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let kubeconfig_path = options
            .data_dir
            .as_ref()
            .map(|directory| directory.join(KUBECONFIG));
        let trouble = Trouble::new(options.faults.clone());
        let opening = tokio::task::spawn_blocking(move || Hub::open(&options));
        let hub = opening.await.map_err(|_| DemoError::Simulation)??;
        let router = router::router(Arc::clone(&hub), Lock::new(identity.token()), trouble);
        let serving = listener::serve(listener, tls, router, hub.stopping());
        let demo = Self {
            tasks: [tokio::spawn(serving), tokio::spawn(Arc::clone(&hub).run())],
            hub,
            identity,
            address,
        };
        if let Some(path) = kubeconfig_path {
            demo.write_kubeconfig(&path)?;
        }
        Ok(demo)
    }

    /// A kubeconfig for `kubectl`, with certificate authority and token inside. A secret.
    #[must_use]
    pub fn kubeconfig(&self) -> String {
        kubeconfig::render(self.address, self.ca_pem(), self.token())
    }

    /// Writes [`Self::kubeconfig`] to `path`, readable by its owner only.
    ///
    /// # Errors
    /// [`DemoError::Write`].
    pub fn write_kubeconfig(&self, path: &Path) -> Result<(), DemoError> {
        files::write_private(path, self.kubeconfig().as_bytes())
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Base address of the Prometheus-compatible history, opened by the same token.
    #[must_use]
    pub fn prometheus_url(&self) -> String {
        format!("https://{}/prometheus", kubeconfig::reachable(self.address))
    }

    /// The bearer token.
    #[must_use]
    pub fn token(&self) -> &SecretString {
        self.identity.token()
    }

    /// The certificate authority to trust, PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        self.identity.authority_pem()
    }

    /// Takes the cluster back to its first day; watches are told to list again.
    pub async fn reset(&self) {
        self.hub.reset().await;
    }

    /// Ends watches, lets requests under way finish, saves the cluster.
    pub async fn stop(self) {
        self.hub.stop();
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the demo cluster failed");
            }
        }
    }
}
