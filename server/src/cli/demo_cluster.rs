//! `ai4k8s demo-cluster`.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
};

use demo_api::{DemoApi, DemoOptions};

use super::{Outcome, logging, say};

/// What can be set on the command line.
#[derive(Debug, clap::Args)]
pub(super) struct DemoCluster {
    /// Loopback port of its Kubernetes API; 0 for any free one.
    #[arg(long, default_value_t = 6443)]
    port: u16,
    /// Where to write the kubeconfig (mode 0600).
    #[arg(long, value_name = "FILE")]
    kubeconfig_out: PathBuf,
    /// Keep state, certificates and token here; without it every start is a new cluster.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// What the company and its load follow from.
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Simulated seconds per second.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
}

impl DemoCluster {
    pub(super) async fn run(self) -> Outcome {
        logging::start();
        kube_cluster::ensure_crypto();
        let demo = DemoApi::start(DemoOptions {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)),
            data_dir: self.data_dir,
            seed: self.seed,
            speed: self.speed,
        })
        .await?;
        demo.write_kubeconfig(&self.kubeconfig_out)?;
        say(&format!("demo cluster on https://{}", demo.address()));
        say(&format!(
            "kubectl --kubeconfig {} get pods -A",
            self.kubeconfig_out.display()
        ));
        tokio::signal::ctrl_c().await?;
        demo.stop().await;
        Ok(ExitCode::SUCCESS)
    }
}
