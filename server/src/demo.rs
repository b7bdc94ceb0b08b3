//! Starts the built-in demo cluster, on the port it had before where that is possible.
//!
//! A kubeconfig copied elsewhere, or a terminal with `KUBECONFIG` set, then goes on working after a restart.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use demo_api::{DemoApi, DemoError, DemoOptions};

use crate::config::Config;

/// The file in the data directory that holds the last port.
const LAST_PORT: &str = "demo.port";

/// The demo cluster on the configured port; on the last one, or else any free one, when none is configured.
///
/// # Errors
/// [`DemoError`], naming the file or the address.
pub(crate) async fn start(config: &Config) -> Result<DemoApi, DemoError> {
    if config.demo.port != 0 {
        return start_at(config, config.demo.port).await;
    }
    let file = config.data_dir.join(LAST_PORT);
    let last = last_port(&file);
    let demo = match start_at(config, last).await {
        Err(DemoError::Listen { address, source }) if last != 0 => {
            let demo = start_at(config, 0).await?;
            tracing::warn!(
                error = %source,
                "the demo cluster cannot have its last address {address} and is at {} from now on",
                demo.address()
            );
            demo
        }
        started => started?,
    };
    if demo.address().port() != last
        && let Err(error) = remember(&file, demo.address().port())
    {
        tracing::warn!(%error, "the demo cluster's port will be another one after a restart");
    }
    Ok(demo)
}

async fn start_at(config: &Config, port: u16) -> Result<DemoApi, DemoError> {
    DemoApi::start(DemoOptions {
        bind: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        data_dir: Some(config.data_dir.clone()),
        seed: config.demo.seed,
        ..DemoOptions::default()
    })
    .await
}

/// The last port; 0 (any) when there is none, or what is written there is no port.
fn last_port(file: &Path) -> u16 {
    std::fs::read_to_string(file)
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(0)
}

fn remember(file: &Path, port: u16) -> io::Result<()> {
    std::fs::write(file, format!("{port}\n"))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn config(folder: &Path) -> Config {
        kube_cluster::ensure_crypto();
        Config {
            data_dir: folder.to_path_buf(),
            ..Config::default()
        }
    }

    async fn port(config: &Config) -> u16 {
        let demo = start(config).await.unwrap();
        let port = demo.address().port();
        demo.stop().await;
        port
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn comes_back_at_the_same_port_unless_that_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let first = port(&config).await;
        assert_eq!(port(&config).await, first);
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).unwrap();
        let second = port(&config).await;
        assert_ne!(second, first);
        drop(taken);
        assert_eq!(port(&config).await, second, "the newest port is remembered");
    }

    #[test]
    fn a_file_that_holds_no_port_is_no_port() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(LAST_PORT);
        assert_eq!(last_port(&file), 0);
        std::fs::write(&file, "65536").unwrap();
        assert_eq!(last_port(&file), 0);
        remember(&file, 6443).unwrap();
        assert_eq!(last_port(&file), 6443);
    }
}
