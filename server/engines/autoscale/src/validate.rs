//! The last word: an advisor's answer made safe, or replaced.

use std::cmp::Ordering;

use domain::{
    autoscaling::{DecidedBy, ScalingAction, ScalingDecision, ScalingType},
    units::Replicas,
};

use crate::{advise, demand, observation::Observation};

/// One step up adds at most this many replicas or doubles them, whichever is more: the default scale-up policies of
/// the Kubernetes page "Horizontal Pod Autoscaling", "Default behavior".
const STEP_UP: u32 = 4;
/// One step down leaves at least this share of the replicas.
const STEP_DOWN_LEAVES: f64 = 0.5;

/// `decision` with its target brought within the bounds and one safe step, its action made to agree with the
/// target, and a scale-down refused that the cautious peak would not fit into.
///
/// What had to be changed is said in the reasoning, and [`DecidedBy::Validator`] then signs it. Advice that is
/// broken as a whole (a confidence that is no share, requests to change where replicas were asked for) is replaced
/// by [`advise()`]'s.
#[must_use]
pub fn validate(observation: &Observation, decision: ScalingDecision) -> ScalingDecision {
    if is_broken(&decision) {
        let own = advise(observation);
        return overruled(own, "the advisor's answer could not be used");
    }
    let wanted = match decision.action {
        ScalingAction::Maintain | ScalingAction::AtMax => observation.replicas,
        ScalingAction::ScaleUp | ScalingAction::ScaleDown => decision.target_replicas,
    };
    let (target, why) = safe_target(observation, wanted);
    let action = action(observation, target, decision.action);
    let changed = target != decision.target_replicas || action != decision.action;
    let decision = ScalingDecision {
        target_replicas: target,
        action,
        scaling_type: match action {
            ScalingAction::ScaleUp | ScalingAction::ScaleDown => ScalingType::Hpa,
            ScalingAction::Maintain | ScalingAction::AtMax => ScalingType::Maintain,
        },
        ..decision
    };
    match (changed, why) {
        (true, Some(why)) => overruled(decision, why),
        (true, None) => overruled(decision, "the action did not agree with the target"),
        (false, _) => decision,
    }
}

fn is_broken(decision: &ScalingDecision) -> bool {
    !(0.0..=1.0).contains(&decision.confidence)
        || matches!(decision.scaling_type, ScalingType::Vpa | ScalingType::Both)
}

fn overruled(decision: ScalingDecision, why: &str) -> ScalingDecision {
    ScalingDecision {
        reasoning: format!("{} Overruled: {why}.", decision.reasoning),
        decided_by: DecidedBy::Validator,
        ..decision
    }
}

/// The nearest safe target, and what kept it from `wanted`.
fn safe_target(observation: &Observation, wanted: Replicas) -> (Replicas, Option<&'static str>) {
    let current = observation.replicas;
    let bounded = observation.bounds.clamp(wanted);
    if bounded != wanted {
        return (
            stepped(current, bounded),
            Some("the target lay outside the bounds"),
        );
    }
    if bounded < current && !fits(observation, bounded) {
        return (
            observation.bounds.clamp(current),
            Some("fewer replicas would not carry the load that must be reckoned with"),
        );
    }
    let target = stepped(current, bounded);
    let why = (target != bounded).then_some("the step was too large for one change");
    (observation.bounds.clamp(target), why)
}

/// `target`, or as far towards it as one step goes.
fn stepped(current: Replicas, target: Replicas) -> Replicas {
    let most = current
        .0
        .saturating_mul(2)
        .max(current.0.saturating_add(STEP_UP));
    let least = (f64::from(current.0) * STEP_DOWN_LEAVES).ceil() as u32;
    Replicas(target.0.clamp(least, most))
}

/// Whether `replicas` carry the cautious peak at the full request.
fn fits(observation: &Observation, replicas: Replicas) -> bool {
    let (Some(demand), Some(request)) = (demand::of(observation), observation.cpu_request) else {
        return false;
    };
    demand.cautious_peak <= request.0 as f64 * f64::from(replicas.0)
}

fn action(observation: &Observation, target: Replicas, advised: ScalingAction) -> ScalingAction {
    match target.cmp(&observation.replicas) {
        Ordering::Greater => ScalingAction::ScaleUp,
        Ordering::Less => ScalingAction::ScaleDown,
        Ordering::Equal
            if advised == ScalingAction::AtMax && target == observation.bounds.max() =>
        {
            ScalingAction::AtMax
        }
        Ordering::Equal => ScalingAction::Maintain,
    }
}
