//! Gathers what a scaling decision rests on.

use std::num::NonZeroU32;

use autoscale::{Observation, Usage};
use domain::{
    ErrorCode, OpsError,
    forecast::Outlook,
    ids::{NamespaceScope, UserId},
    ports::Answer,
    resources::{Availability, Pod, PodUsage, WorkloadRef},
    series::{Metric, Series, Subject},
    units::{Bytes, CpuTarget, MilliCores, ReplicaBounds},
};

use super::outlook;
use crate::services::{
    Core,
    connections::Connection,
    history::{CORES, FORTNIGHT, GIB, STEP, scaled},
    overview::owner_of,
};

/// CPU goal in percent of request: room for the time a new pod needs to become ready.
const CPU_TARGET: NonZeroU32 = NonZeroU32::new(70).expect("70 is not zero");
/// History and forecast of a workload's CPU (cores) and memory (GiB).
pub struct Outlooks {
    /// CPU of all its pods together.
    pub cpu: Outlook,
    /// Memory of all its pods together.
    pub memory: Outlook,
}

/// What the workload is and uses now, without any forecast.
///
/// # Errors
/// `NotFound` for an unknown workload; whatever the cluster answers. Missing metrics are no error here.
pub async fn observe_now(
    core: &Core,
    connection: &Connection,
    workload: &WorkloadRef,
    bounds: ReplicaBounds,
) -> Answer<Observation> {
    let port = &connection.port;
    let scope = NamespaceScope::One(workload.namespace.clone());
    let (found, pods, usage, autoscalers) = tokio::join!(
        port.workload(workload),
        port.pods(&scope),
        port.pod_usage(&scope),
        port.autoscalers(&scope),
    );
    let (found, pods) = (found?, pods?);
    Ok(Observation {
        workload: workload.clone(),
        now: core.now(),
        replicas: found.replicas,
        ready_replicas: found.ready_replicas,
        updated_replicas: found.updated_replicas,
        bounds,
        target: CpuTarget(CPU_TARGET),
        cpu_request: found.cpu_request,
        memory_request: found.memory_request,
        usage: unless_unavailable(usage)?.and_then(|usage| total(workload, &pods, &usage)),
        cpu_forecast: None,
        memory_forecast: None,
        owned_by: owner_of(&autoscalers?, workload),
        paused: found.paused,
    })
}

/// A cluster without a metrics API is a state, not a failure.
fn unless_unavailable(usage: Answer<Vec<PodUsage>>) -> Answer<Option<Vec<PodUsage>>> {
    match usage {
        Ok(usage) => Ok(Some(usage)),
        Err(error) if error.code == ErrorCode::MetricsUnavailable => Ok(None),
        Err(error) => Err(error),
    }
}

/// Use of the workload's pods together; `None` when none of them was measured.
fn total(workload: &WorkloadRef, pods: &[Pod], usage: &[PodUsage]) -> Option<Usage> {
    let measured: Vec<&PodUsage> = usage
        .iter()
        .filter(|used| {
            pods.iter()
                .any(|pod| pod.name == used.name && pod.owner.as_ref() == Some(workload))
        })
        .collect();
    Some(Usage {
        cpu: MilliCores(measured.iter().map(|used| used.cpu.0).sum()),
        memory: Bytes(measured.iter().map(|used| used.memory.0).sum()),
        measured_pods: u32::try_from(measured.len()).unwrap_or(u32::MAX),
        measured_at: measured.iter().map(|used| used.measured_at).min()?,
    })
}

/// What the workload is and uses now, with its forecast.
///
/// # Errors
/// As [`observe_now`] and [`outlooks`].
pub async fn observe(
    core: &Core,
    user: UserId,
    connection: &Connection,
    workload: &WorkloadRef,
    bounds: ReplicaBounds,
) -> Answer<Observation> {
    let observation = observe_now(core, connection, workload, bounds).await?;
    let outlooks = outlooks(core, user, connection, workload).await?;
    Ok(with_forecast(observation, outlooks))
}

/// An observation with what is expected of the next six hours, as far as that can be said.
#[must_use]
pub fn with_forecast(observation: Observation, outlooks: Outlooks) -> Observation {
    let forecast = |outlook: Outlook| match outlook.forecast {
        Availability::Available(forecast) => Some(forecast),
        Availability::Unavailable(_) => None,
    };
    Observation {
        cpu_forecast: forecast(outlooks.cpu),
        memory_forecast: forecast(outlooks.memory),
        ..observation
    }
}

/// The last day of a workload and its next six hours, forecast from up to a fortnight.
///
/// # Errors
/// Whatever the keeper of the past answers.
pub async fn outlooks(
    core: &Core,
    user: UserId,
    connection: &Connection,
    workload: &WorkloadRef,
) -> Answer<Outlooks> {
    let subject = Subject::Workload(workload.clone());
    let past = async |metric| {
        core.history
            .last(
                &core.database,
                (user, connection),
                (&subject, metric),
                FORTNIGHT,
                core.now(),
            )
            .await
    };
    let (cpu, memory, pods) =
        tokio::join!(past(Metric::Cpu), past(Metric::Memory), past(Metric::Pods),);
    let (cpu, memory) = (scaled(&*cpu?, CORES), scaled(&*memory?, GIB));
    // Where nobody counts the pods, memory is forecast as it is.
    let pods = pods.map_or_else(
        |_| Series::from_samples(&[], STEP),
        |pods| scaled(&pods, 1.0),
    );
    // Fitting a fortnight takes milliseconds: off the async threads.
    tokio::task::spawn_blocking(move || Outlooks {
        cpu: outlook::of(cpu, "cores"),
        memory: outlook::of_each_pod(memory, &pods, "GiB"),
    })
    .await
    .map_err(|_| OpsError::internal())
}
