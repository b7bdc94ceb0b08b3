//! Predictive autoscaling: what is decided, why, and with what right.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    cluster::WorkloadUsage,
    forecast::Outlook,
    ids::JobId,
    resources::WorkloadRef,
    time::Timestamp,
    units::{Bytes, MilliCores, ReplicaBounds, Replicas},
};

/// Annotation that says predictive autoscaling is on; its value is `true`.
pub const ENABLED_ANNOTATION: &str = "ai4k8s.io/predictive-autoscaling-enabled";
/// Annotation that holds the bounds as JSON: `{"min":2,"max":10}`.
pub const CONFIG_ANNOTATION: &str = "ai4k8s.io/predictive-autoscaling-config";

/// What to do with a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ScalingAction {
    /// More replicas.
    ScaleUp,
    /// Fewer replicas.
    ScaleDown,
    /// Leave it.
    Maintain,
    /// More would be better, but the upper bound is reached.
    AtMax,
}

impl fmt::Display for ScalingAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ScaleUp => "scale up",
            Self::ScaleDown => "scale down",
            Self::Maintain => "maintain",
            Self::AtMax => "at maximum",
        })
    }
}

/// Which dial is turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ScalingType {
    /// Replicas.
    Hpa,
    /// Requests.
    Vpa,
    /// Both.
    Both,
    /// Neither.
    Maintain,
}

/// When to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ScalingTiming {
    /// Now.
    Immediate,
    /// In steps.
    Gradual,
    /// At a known time.
    Scheduled,
}

/// Who worked the decision out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// A deterministic guard left no choice.
    Guard,
    /// The engine's own optimiser.
    Optimiser,
    /// A language model, named.
    Provider(String),
    /// The validator overruled the advisor.
    Validator,
}

/// One decision, in the reference document's schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScalingDecision {
    /// What to do.
    pub action: ScalingAction,
    /// Which dial.
    pub scaling_type: ScalingType,
    /// Replicas to have; within the bounds always.
    pub target_replicas: Replicas,
    /// CPU request per pod, when the dial is requests.
    pub target_cpu: Option<MilliCores>,
    /// Memory request per pod, when the dial is requests.
    pub target_memory: Option<Bytes>,
    /// 0 to 1, from the forecast's own spread and the amount of history.
    pub confidence: f64,
    /// Why, with the numbers it rests on.
    pub reasoning: String,
    /// `low`, `medium` or `high`, and why.
    pub risk_assessment: String,
    /// What it costs, in replicas and cores.
    pub cost_impact: String,
    /// What users will notice.
    pub performance_impact: String,
    /// When.
    pub recommended_timing: ScalingTiming,
    /// What was looked at.
    pub factors_considered: Vec<String>,
    /// Who decided.
    pub decided_by: DecidedBy,
}

/// What was decided for a workload and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PredictiveOutcome {
    /// The workload.
    pub workload: WorkloadRef,
    /// Replicas before.
    pub from: Replicas,
    /// Replicas asked of the cluster.
    pub to: Replicas,
    /// Whether the cluster was changed (scaling; the annotations are set in any case).
    pub scaled: bool,
    /// The bounds.
    pub bounds: ReplicaBounds,
    /// The decision.
    pub decision: ScalingDecision,
}

/// A decision as it was written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Decided {
    /// What and why.
    pub decision: ScalingDecision,
    /// By which job; `None` for a round in the background.
    pub job: Option<JobId>,
    /// When.
    pub at: Timestamp,
}

/// A workload in the autoscaling fleet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FleetRow {
    /// The workload and its use.
    #[serde(flatten)]
    pub usage: WorkloadUsage,
    /// Bounds of predictive autoscaling when it is on, from the annotation in the cluster.
    pub bounds: Option<ReplicaBounds>,
    /// Why predictive autoscaling cannot be switched on here, if it cannot.
    pub hindrance: Option<String>,
    /// The last job that touched it.
    pub last_job: Option<JobId>,
    /// What was last decided for it while predictive autoscaling was on.
    pub last_decision: Option<Decided>,
}

/// What the wizard shows before anything is switched on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WorkloadOutlook {
    /// The workload and its use now.
    pub row: FleetRow,
    /// CPU of all its pods together, in cores.
    pub cpu: Outlook,
    /// Memory of all its pods together, in GiB.
    pub memory: Outlook,
    /// Bounds to offer.
    pub suggested_bounds: ReplicaBounds,
}
