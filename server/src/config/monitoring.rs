//! How often clusters are measured and autoscaled workloads looked at again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Periods of the background loops, in seconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MonitoringConfig {
    /// Between two measurements of a cluster.
    pub collect_every_s: u64,
    /// Between two looks at a workload under predictive autoscaling.
    pub evaluate_every_s: u64,
    /// Between two frames of a live overview.
    pub refresh_every_s: u64,
}

impl MonitoringConfig {
    /// Between two measurements of a cluster.
    #[must_use]
    pub fn collect_every(&self) -> Duration {
        Duration::from_secs(self.collect_every_s.max(1))
    }

    /// Between two looks at a workload under predictive autoscaling.
    #[must_use]
    pub fn evaluate_every(&self) -> Duration {
        Duration::from_secs(self.evaluate_every_s.max(1))
    }

    /// Between two frames of a live overview.
    #[must_use]
    pub fn refresh_every(&self) -> Duration {
        Duration::from_secs(self.refresh_every_s.max(1))
    }
}

impl Default for MonitoringConfig {
    fn default() -> Self {
        Self {
            collect_every_s: 300,
            evaluate_every_s: 300,
            refresh_every_s: 5,
        }
    }
}
