//! When two observations are alike enough to share a decision.

use crate::observation::Observation;

/// CPU is bucketed to this many percent of request, memory to the other: the reference document's buckets.
const CPU_BUCKET: f64 = 25.0;
const MEMORY_BUCKET: f64 = 5.0;

/// Workload, namespace, bucketed CPU, bucketed memory and trend, as in `storefront_shop_75_40_increasing`; bounds and
/// replicas follow, because a decision for other bounds is another decision.
#[must_use]
pub fn cache_key(observation: &Observation) -> String {
    let bucket = |percent: Option<f64>, size: f64| {
        percent.map_or_else(
            || "unknown".to_owned(),
            |p| format!("{}", (p / size).floor() * size),
        )
    };
    let trend = observation
        .cpu_forecast
        .as_ref()
        .map_or("unknown", |forecast| forecast.trend.direction.as_str());
    format!(
        "{}_{}_{}_{}_{trend}_{}_{}-{}",
        observation.workload.name,
        observation.workload.namespace,
        bucket(observation.cpu_percent(), CPU_BUCKET),
        bucket(observation.memory_percent(), MEMORY_BUCKET),
        observation.replicas,
        observation.bounds.min(),
        observation.bounds.max(),
    )
}
