//! What the decision rests on.

use domain::{
    forecast::Forecast,
    resources::WorkloadRef,
    time::Timestamp,
    units::{Bytes, CpuTarget, MilliCores, ReplicaBounds, Replicas},
};

/// One look at a workload, with what is expected of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Which workload.
    pub workload: WorkloadRef,
    /// When this was put together.
    pub now: Timestamp,
    /// Replicas asked for.
    pub replicas: Replicas,
    /// Replicas that are ready.
    pub ready_replicas: Replicas,
    /// Replicas of the newest template: fewer than asked for while a rollout is under way.
    pub updated_replicas: Replicas,
    /// Limits of the decision.
    pub bounds: ReplicaBounds,
    /// CPU goal in percent of request.
    pub target: CpuTarget,
    /// CPU request of one pod; `None` when a container has none.
    pub cpu_request: Option<MilliCores>,
    /// Memory request of one pod; `None` when a container has none.
    pub memory_request: Option<Bytes>,
    /// Measured use of all its pods; `None` when it could not be measured.
    pub usage: Option<Usage>,
    /// CPU of all its pods together in cores, hours ahead; `None` without enough history.
    pub cpu_forecast: Option<Forecast>,
    /// Memory of all its pods together in GiB, hours ahead; `None` without enough history.
    pub memory_forecast: Option<Forecast>,
    /// Name of an autoscaler that already owns the replica count.
    pub owned_by: Option<String>,
    /// Whether its rollout is paused.
    pub paused: bool,
}

/// Measured use of all pods of a workload together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// CPU.
    pub cpu: MilliCores,
    /// Working set.
    pub memory: Bytes,
    /// Pods that were measured.
    pub measured_pods: u32,
    /// When the oldest of the measurements was made.
    pub measured_at: Timestamp,
}

impl Observation {
    /// Millicores one replica should carry: its request times the goal; `None` without a request.
    pub(crate) fn capacity_per_replica(&self) -> Option<f64> {
        let request = self.cpu_request.filter(|request| request.0 > 0)?;
        Some(request.0 as f64 * f64::from(self.target.0.get()) / 100.0)
    }

    /// CPU in use as percent of the measured pods' requests.
    pub(crate) fn cpu_percent(&self) -> Option<f64> {
        let usage = self.usage.filter(|usage| usage.measured_pods > 0)?;
        let request = self.cpu_request.filter(|request| request.0 > 0)?;
        Some(usage.cpu.0 as f64 * 100.0 / (request.0 as f64 * f64::from(usage.measured_pods)))
    }

    /// Memory in use as percent of the measured pods' requests.
    pub(crate) fn memory_percent(&self) -> Option<f64> {
        let usage = self.usage.filter(|usage| usage.measured_pods > 0)?;
        let request = self.memory_request.filter(|request| request.0 > 0)?;
        Some(usage.memory.0 as f64 * 100.0 / (request.0 as f64 * f64::from(usage.measured_pods)))
    }
}
