//! `ai4k8s serve`.

use std::{
    future::IntoFuture as _, net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration,
};

use store::InstanceLock;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use crate::{build_router, clock::Clock, config::Config, site::Site, wiring};

use super::{DataDir, Outcome, logging, say};

/// Open requests get this long to end when the server stops.
const DRAIN: Duration = Duration::from_secs(8);

/// What can be set on the command line.
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// Attach the built-in demo cluster for every user (the default).
    #[arg(long, overrides_with = "no_demo")]
    demo: bool,
    /// Run without the demo cluster.
    #[arg(long)]
    no_demo: bool,
    #[command(flatten)]
    data_dir: DataDir,
    /// Address and port to listen on.
    #[arg(long, env = "AI4K8S_LISTEN", value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// A PostgreSQL URL instead of SQLite.
    #[arg(
        long,
        env = "AI4K8S_DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    database_url: Option<String>,
    /// Folder of the built site, instead of the one inside the binary.
    #[arg(long, env = "AI4K8S_SITE", value_name = "DIR")]
    site: Option<PathBuf>,
    /// Port of the demo cluster's Kubernetes API; 0, the default, for the one it had before or any free one.
    #[arg(long, value_name = "PORT")]
    demo_port: Option<u16>,
}

impl Serve {
    pub(super) async fn run(self, config: Config) -> Outcome {
        logging::start();
        let config = self.applied_to(config);
        let _lock = InstanceLock::acquire(&config.data_dir)?;
        let site = Site::open(config.http.site.as_deref())?;
        let listener = TcpListener::bind(config.http.listen)
            .await
            .map_err(|error| format!("cannot listen on {}: {error}", config.http.listen))?;
        let product = wiring::assemble(config, Clock::system(), site).await?;
        product.start().await?;
        greet(&listener, &product)?;
        let stopping = product.app.stopping.clone();
        let service =
            build_router(&product.app).into_make_service_with_connect_info::<SocketAddr>();
        let serving = axum::serve(listener, service).with_graceful_shutdown({
            let stopping = stopping.clone();
            async move { stopping.cancelled().await }
        });
        let mut serving = tokio::spawn(serving.into_future());
        tokio::select! {
            () = stop_signal() => {}
            ended = &mut serving => ended??,
        }
        stopping.cancel();
        if !serving.is_finished() && tokio::time::timeout(DRAIN, serving).await.is_err() {
            tracing::warn!("some requests were still open and are cut off");
        }
        product.stop().await;
        Ok(ExitCode::SUCCESS)
    }

    fn applied_to(self, config: Config) -> Config {
        let mut config = self.data_dir.applied_to(config);
        if self.demo || self.no_demo {
            config.demo.enabled = !self.no_demo;
        }
        config.demo.port = self.demo_port.unwrap_or(config.demo.port);
        config.http.listen = self.listen.unwrap_or(config.http.listen);
        config.http.site = self.site.or(config.http.site);
        config.database_url = self.database_url.map(Into::into).or(config.database_url);
        config
    }
}

fn greet(listener: &TcpListener, product: &wiring::Product) -> std::io::Result<()> {
    say(&format!("ai4k8s serves http://{}", listener.local_addr()?));
    if let Some(demo) = product.demo() {
        let kubeconfig = product.app.core.config.data_dir.join("demo.kubeconfig");
        say(&format!(
            "demo cluster at https://{}: kubectl --kubeconfig {} get pods -A",
            demo.address(),
            kubeconfig.display()
        ));
    }
    Ok(())
}

/// Resolves at the first SIGINT or SIGTERM; a second one ends the process at once.
async fn stop_signal() {
    let signals =
        signal(SignalKind::interrupt()).and_then(|int| Ok((int, signal(SignalKind::terminate())?)));
    let Ok((mut interrupt, mut terminate)) = signals else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        std::process::exit(1);
    });
}
