//! Configuration: one TOML file, then environment variables `AI4K8S_*`, then the command line; the later wins.
//!
//! Tests build [`Config`] as a literal, so that nothing of the environment leaks into them.

mod http;
mod load;
mod monitoring;

use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub use self::{
    http::{HttpConfig, Registration},
    load::{ConfigError, load},
    monitoring::MonitoringConfig,
};

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the database, the keys and the demo cluster's snapshot live.
    pub data_dir: PathBuf,
    /// A Postgres URL; SQLite in `data_dir` when absent.
    pub database_url: Option<SecretString>,
    /// The web server.
    pub http: HttpConfig,
    /// The demo cluster.
    pub demo: DemoConfig,
    /// Measuring and re-evaluating in the background.
    pub monitoring: MonitoringConfig,
    /// Connections to clusters.
    pub clusters: ClusterAccess,
}

/// The built-in demo cluster.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DemoConfig {
    /// Whether it is attached for every user.
    pub enabled: bool,
    /// The loopback port of its Kubernetes API; 0 for the one it had before, or any free one.
    pub port: u16,
    /// The seed of the simulation.
    pub seed: u64,
}

/// Which addresses a registered cluster may have.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct ClusterAccess {
    /// Refuse private addresses too. Link-local and metadata addresses are always refused.
    pub deny_private: bool,
    /// Allow API servers on loopback although the web server itself listens elsewhere.
    pub allow_loopback: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            database_url: None,
            http: HttpConfig::default(),
            demo: DemoConfig::default(),
            monitoring: MonitoringConfig::default(),
            clusters: ClusterAccess::default(),
        }
    }
}

impl Default for DemoConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            port: 0,
            seed: 42,
        }
    }
}
