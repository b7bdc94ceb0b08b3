//! Situations in which nothing may be decided, whatever an advisor would say.

use std::fmt;

use domain::{
    autoscaling::{DecidedBy, ScalingAction, ScalingDecision, ScalingTiming, ScalingType},
    time::Seconds,
};

use crate::observation::Observation;

/// Measurements older than this say nothing about now: the 15-second resolution of metrics-server and the
/// 60-second window it averages over, with room for a missed scrape.
const FRESH: Seconds = Seconds(90);
/// Measurements from further in the future than this mean that two clocks disagree.
const SKEW: Seconds = Seconds(30);
/// More CPU than this per pod is a broken counter, not a load.
const ABSURD_MILLICORES_PER_POD: u64 = 1_000_000;
/// Namespaces of the control plane.
const SYSTEM_NAMESPACES: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];

/// Why the workload is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldReason {
    /// It belongs to the control plane.
    SystemNamespace,
    /// Another autoscaler sets its replica count; two would fight.
    OwnedBy(String),
    /// It is scaled to zero on purpose.
    ScaledToZero,
    /// Its rollout is paused.
    Paused,
    /// A rollout is under way: use per pod is not what it will be.
    RollingOut,
    /// Its containers have no CPU request, so that use has no basis.
    NoRequest,
    /// Nothing was measured.
    NoMetrics,
    /// What was measured is too old, in seconds.
    StaleMetrics(i64),
    /// What was measured lies in the future, in seconds.
    ClockSkew(i64),
    /// What was measured cannot be.
    AbsurdMetrics,
}

impl HoldReason {
    /// 1 where a rule forbids scaling; 0 where it cannot be known whether it would be right.
    const fn confidence(&self) -> f64 {
        match self {
            Self::SystemNamespace
            | Self::OwnedBy(_)
            | Self::ScaledToZero
            | Self::Paused
            | Self::RollingOut => 1.0,
            Self::NoRequest
            | Self::NoMetrics
            | Self::StaleMetrics(_)
            | Self::ClockSkew(_)
            | Self::AbsurdMetrics => 0.0,
        }
    }
}

impl fmt::Display for HoldReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SystemNamespace => f.write_str("it belongs to the control plane"),
            Self::OwnedBy(name) => {
                write!(
                    f,
                    "the HorizontalPodAutoscaler {name} already sets its replica count"
                )
            }
            Self::ScaledToZero => f.write_str("it is scaled to zero"),
            Self::Paused => f.write_str("its rollout is paused"),
            Self::RollingOut => f.write_str("a rollout is under way"),
            Self::NoRequest => f.write_str("its containers have no CPU request to compare with"),
            Self::NoMetrics => f.write_str("none of its pods could be measured"),
            Self::StaleMetrics(age) => {
                write!(f, "its measurements are {} old", Seconds(*age).human())
            }
            Self::ClockSkew(ahead) => {
                write!(f, "its measurements are dated {ahead} s in the future")
            }
            Self::AbsurdMetrics => f.write_str("its measurements cannot be true"),
        }
    }
}

/// A decision to leave the workload as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Why.
    pub reason: HoldReason,
}

/// Why nothing may be decided; `None` when something may.
#[must_use]
pub fn guard(observation: &Observation) -> Option<Hold> {
    forbidden(observation)
        .or_else(|| unmeasured(observation))
        .map(|reason| Hold { reason })
}

/// Whether a namespace belongs to the control plane, whose workloads are never autoscaled.
#[must_use]
pub fn is_system_namespace(namespace: &str) -> bool {
    SYSTEM_NAMESPACES.contains(&namespace)
}

/// What the workload's own state forbids.
fn forbidden(observation: &Observation) -> Option<HoldReason> {
    if is_system_namespace(observation.workload.namespace.as_str()) {
        return Some(HoldReason::SystemNamespace);
    }
    if let Some(owner) = &observation.owned_by {
        return Some(HoldReason::OwnedBy(owner.clone()));
    }
    if observation.replicas.0 == 0 {
        return Some(HoldReason::ScaledToZero);
    }
    if observation.paused {
        return Some(HoldReason::Paused);
    }
    (observation.updated_replicas < observation.replicas
        && observation.updated_replicas < observation.ready_replicas)
        .then_some(HoldReason::RollingOut)
}

/// What the measurements do not allow.
fn unmeasured(observation: &Observation) -> Option<HoldReason> {
    if observation.capacity_per_replica().is_none() {
        return Some(HoldReason::NoRequest);
    }
    let Some(usage) = observation.usage.filter(|usage| usage.measured_pods > 0) else {
        return Some(HoldReason::NoMetrics);
    };
    let age = observation.now.seconds_since(usage.measured_at);
    if age > FRESH.0 {
        return Some(HoldReason::StaleMetrics(age));
    }
    if age < -SKEW.0 {
        return Some(HoldReason::ClockSkew(-age));
    }
    let most = ABSURD_MILLICORES_PER_POD.saturating_mul(u64::from(usage.measured_pods));
    (usage.cpu.0 > most).then_some(HoldReason::AbsurdMetrics)
}

impl Hold {
    /// The hold as a decision.
    #[must_use]
    pub fn decision(&self, observation: &Observation) -> ScalingDecision {
        let workload = &observation.workload;
        ScalingDecision {
            action: ScalingAction::Maintain,
            scaling_type: ScalingType::Maintain,
            target_replicas: observation.replicas,
            target_cpu: None,
            target_memory: None,
            confidence: self.reason.confidence(),
            reasoning: format!(
                "{workload} stays at {} {} because {}.",
                observation.replicas,
                if observation.replicas.0 == 1 {
                    "replica"
                } else {
                    "replicas"
                },
                self.reason
            ),
            risk_assessment: "low: nothing is changed".to_owned(),
            cost_impact: "none".to_owned(),
            performance_impact: "none".to_owned(),
            recommended_timing: ScalingTiming::Immediate,
            factors_considered: vec![self.reason.to_string()],
            decided_by: DecidedBy::Guard,
        }
    }
}
