//! From an observation of a workload to a scaling decision, in three layers.
//!
//! [`guard()`] says when nothing may be decided at all; an advisor (a language model, or [`advise()`], the engine's
//! own optimiser) proposes; [`validate()`] overrules what would be unsafe. [`decide`] runs all three. Pure
//! arithmetic: measuring is `kube_cluster`'s job and applying the answer is `server::jobs`'; nothing here reads
//! a clock or a cluster.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod advise;
mod demand;
mod guard;
mod observation;
mod validate;

use domain::autoscaling::ScalingDecision;

pub use self::{
    advise::advise,
    guard::{Hold, HoldReason, guard, is_system_namespace},
    observation::{Observation, Usage},
    validate::validate,
};

/// Guard, then the advisor's answer (or the optimiser's when there is none), then the validator.
///
/// The answer is always within the observation's bounds, except that a guard leaves the replica count as it is.
#[must_use]
pub fn decide(observation: &Observation, advice: Option<ScalingDecision>) -> ScalingDecision {
    match guard(observation) {
        Some(hold) => hold.decision(observation),
        None => validate(observation, advice.unwrap_or_else(|| advise(observation))),
    }
}
