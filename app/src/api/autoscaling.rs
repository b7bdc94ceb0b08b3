//! Predictive autoscaling: the fleet, the outlook of a workload, on and off.

use domain::{
    autoscaling::{FleetRow, WorkloadOutlook},
    ids::ClusterId,
    job::Job,
};
use leptos::prelude::*;

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{
    api::{gate, request::redirect},
    components::chart::rounding,
};
#[cfg(feature = "ssr")]
use domain::{ErrorCode, OpsError, resources::WorkloadRef, units::ReplicaBounds};

/// Scalable workloads with their autoscaling state.
#[server(prefix = "/api/fn", endpoint = "list_fleet")]
pub async fn list_fleet(cluster: ClusterId) -> Result<Vec<FleetRow>, AppError> {
    gate::as_user::<ListFleet, _, _>(|ports, user| async move {
        ports.autoscaling.fleet(&user, cluster).await
    })
    .await
}

/// History and forecast of one workload; series rounded to what a chart can show.
#[server(prefix = "/api/fn", endpoint = "get_outlook")]
pub async fn get_outlook(
    cluster: ClusterId,
    kind: String,
    namespace: String,
    name: String,
) -> Result<WorkloadOutlook, AppError> {
    gate::as_user::<GetOutlook, _, _>(|ports, user| async move {
        let workload = WorkloadRef::scalable(Some(&kind), &namespace, &name)?;
        let mut outlook = ports.autoscaling.outlook(&user, cluster, &workload).await?;
        outlook.cpu = rounding::rounded_outlook(outlook.cpu);
        outlook.memory = rounding::rounded_outlook(outlook.memory);
        Ok(outlook)
    })
    .await
}

/// Starts the job that decides, annotates and scales once within the bounds, and goes to it.
///
/// `min` and `max` are taken as typed, so that the words about a mistake are ours.
#[server(prefix = "/api/fn", endpoint = "enable_predictive")]
pub async fn enable_predictive(
    cluster: ClusterId,
    kind: String,
    namespace: String,
    name: String,
    min: String,
    max: String,
) -> Result<Job, AppError> {
    gate::as_user::<EnablePredictive, _, _>(|ports, user| async move {
        let workload = WorkloadRef::scalable(Some(&kind), &namespace, &name)?;
        let bounds = ReplicaBounds::new(replicas("minimum", &min)?, replicas("maximum", &max)?)?;
        let job = ports
            .autoscaling
            .enable(&user, cluster, workload, bounds)
            .await?;
        redirect(&format!("/c/{cluster}/jobs/{}", job.id));
        Ok(job)
    })
    .await
}

/// Removes the annotations; the replica count stays.
#[server(prefix = "/api/fn", endpoint = "disable_predictive")]
pub async fn disable_predictive(
    cluster: ClusterId,
    kind: String,
    namespace: String,
    name: String,
) -> Result<(), AppError> {
    gate::as_user::<DisablePredictive, _, _>(|ports, user| async move {
        let workload = WorkloadRef::scalable(Some(&kind), &namespace, &name)?;
        ports.autoscaling.disable(&user, cluster, workload).await?;
        redirect(&format!("/c/{cluster}/autoscaling?done=disabled"));
        Ok(())
    })
    .await
}

#[cfg(feature = "ssr")]
fn replicas(which: &str, typed: &str) -> Result<u32, OpsError> {
    typed.trim().parse().map_err(|_| {
        OpsError::new(
            ErrorCode::Invalid,
            format!("the {which} must be a whole number of replicas"),
        )
    })
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn says_which_bound_is_not_a_number() {
        let error = replicas("maximum", "ten").unwrap_err();
        assert_eq!(
            error.message,
            "the maximum must be a whole number of replicas"
        );
        assert_eq!(replicas("minimum", " 2 ").unwrap(), 2);
    }
}
