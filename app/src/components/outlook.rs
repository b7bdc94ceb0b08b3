//! Where a workload is heading: CPU and memory, history joined to forecast.

use domain::{autoscaling::WorkloadOutlook, units::MilliCores};
use leptos::prelude::*;

use crate::{components::chart::ChartData, islands::chart::StillChart};

/// The two charts of a workload, with what its pods ask for as the line not to cross.
#[component]
pub fn OutlookCharts(outlook: WorkloadOutlook) -> impl IntoView {
    let workload = &outlook.row.usage.workload;
    let replicas = f64::from(workload.ready_replicas.0);
    let cpu_limit = workload
        .cpu_request
        .filter(|request| request.0 > 0)
        .map(|request| MilliCores::cores(request) * replicas);
    let memory_limit = workload
        .memory_limit
        .or(workload.memory_request)
        .filter(|limit| limit.0 > 0)
        .map(|limit| limit.0 as f64 / f64::from(1 << 30) * replicas);
    let memory_name = match workload.memory_limit {
        Some(_) => "limit of all pods",
        None => "requests of all pods",
    };
    let with = |mut chart: ChartData, name: &str, limit: Option<f64>| {
        chart.limits = limit
            .map(|value| (name.to_owned(), value))
            .into_iter()
            .collect();
        chart
    };
    let cpu = with(
        ChartData::of_outlook("CPU", outlook.cpu.clone()),
        "requests of all pods",
        cpu_limit,
    );
    let memory = with(
        ChartData::of_outlook("Memory", outlook.memory.clone()),
        memory_name,
        memory_limit,
    );
    view! {
        <section class="card" aria-label="CPU outlook">
            <h2>"CPU, and the next 6 hours"</h2>
            <StillChart data=cpu id="chart-cpu".to_owned() />
        </section>
        <section class="card" aria-label="Memory outlook">
            <h2>"Memory, and the next 6 hours"</h2>
            <StillChart data=memory id="chart-memory".to_owned() />
        </section>
    }
    .into_any()
}
