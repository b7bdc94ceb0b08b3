//! The engine's own advisor: enough replicas for the expected peak at the goal, and no more.

use std::cmp::Ordering;

use domain::{
    autoscaling::{DecidedBy, ScalingAction, ScalingDecision, ScalingTiming, ScalingType},
    forecast::Forecast,
    units::{MilliCores, Replicas},
};

use crate::{
    demand::{self, Demand},
    guard::{Hold, HoldReason},
    observation::Observation,
};

/// Changes smaller than this share of the target are ignored, so that noise does not cause flapping.
/// Kubernetes' own default (`--horizontal-pod-autoscaler-tolerance`).
const TOLERANCE: f64 = 0.1;

/// The optimiser's proposal.
///
/// Replicas are `ceil(demand / (request × goal))`, the rule of the Kubernetes page "Horizontal Pod Autoscaling",
/// "Algorithm details", applied to the expected peak instead of the present. Scaling down needs the cautious
/// peak (upper edge of the 80 % band) to fit. The result lies within the bounds.
#[must_use]
pub fn advise(observation: &Observation) -> ScalingDecision {
    let (Some(demand), Some(capacity)) =
        (demand::of(observation), observation.capacity_per_replica())
    else {
        return Hold {
            reason: HoldReason::NoMetrics,
        }
        .decision(observation);
    };
    let target = target_replicas(observation, demand, capacity);
    let action = action(observation, target, demand, capacity);
    ScalingDecision {
        action,
        scaling_type: match action {
            ScalingAction::ScaleUp | ScalingAction::ScaleDown => ScalingType::Hpa,
            ScalingAction::Maintain | ScalingAction::AtMax => ScalingType::Maintain,
        },
        target_replicas: target,
        target_cpu: None,
        target_memory: None,
        confidence: confidence(observation),
        reasoning: reasoning(observation, demand, target, action),
        risk_assessment: risk(observation, action),
        cost_impact: cost(observation, target),
        performance_impact: performance(observation, demand, target),
        recommended_timing: ScalingTiming::Immediate,
        factors_considered: factors(observation, demand),
        decided_by: DecidedBy::Optimiser,
    }
}

fn target_replicas(observation: &Observation, demand: Demand, capacity: f64) -> Replicas {
    let current = observation.replicas;
    let needed = replicas_for(demand.peak, capacity);
    let held = f64::from(current.0) * capacity;
    let wanted = match needed.cmp(&current) {
        _ if held > 0.0 && (demand.peak / held - 1.0).abs() <= TOLERANCE => current,
        Ordering::Greater => needed,
        Ordering::Less => current.min(replicas_for(demand.cautious_peak, capacity)),
        Ordering::Equal => current,
    };
    observation.bounds.clamp(wanted)
}

/// Replicas that bring `millicores` to the goal; at least one.
fn replicas_for(millicores: f64, capacity: f64) -> Replicas {
    // A float that is too large for the integer saturates, and the bounds cut it.
    Replicas(((millicores / capacity).ceil() as u32).max(1))
}

fn action(
    observation: &Observation,
    target: Replicas,
    demand: Demand,
    capacity: f64,
) -> ScalingAction {
    match target.cmp(&observation.replicas) {
        Ordering::Greater => ScalingAction::ScaleUp,
        Ordering::Less => ScalingAction::ScaleDown,
        Ordering::Equal if demand.peak > f64::from(target.0) * capacity * (1.0 + TOLERANCE) => {
            ScalingAction::AtMax
        }
        Ordering::Equal => ScalingAction::Maintain,
    }
}

/// Narrow band and long history: near 1. No forecast: 0.5, since the present is known and the future is not.
fn confidence(observation: &Observation) -> f64 {
    const WITHOUT_FORECAST: f64 = 0.5;
    const FULL_HISTORY_DAYS: f64 = 7.0;
    let Some(forecast) = usable(observation) else {
        return WITHOUT_FORECAST;
    };
    let spread = demand::relative_spread(forecast)
        .unwrap_or(2.0)
        .clamp(0.0, 2.0);
    let history = (forecast.history.0 as f64 / 86_400.0 / FULL_HISTORY_DAYS).clamp(0.0, 1.0);
    let share = (1.0 - spread / 2.0) * (0.5 + 0.5 * history);
    (share * 100.0).round() / 100.0
}

fn usable(observation: &Observation) -> Option<&Forecast> {
    observation
        .cpu_forecast
        .as_ref()
        .filter(|forecast| demand::is_usable(forecast))
}

fn reasoning(
    observation: &Observation,
    demand: Demand,
    target: Replicas,
    action: ScalingAction,
) -> String {
    let goal = format!(
        "{:.0} % of requests at the peak (goal: at most {} %)",
        percent_at_peak(observation, demand, target),
        observation.target.0
    );
    let now = MilliCores(demand.now as u64);
    let percent = observation
        .cpu_percent()
        .map_or_else(String::new, |p| format!(" ({p:.0} % of requests)"));
    let outlook = match usable(observation) {
        Some(forecast) => format!(
            "the forecast ({}, {}) reckons with {} by {} UTC",
            forecast.method.label(),
            forecast.trend.direction.as_str(),
            MilliCores(demand.peak as u64),
            demand.peak_at.clock(),
        ),
        None => "there is not enough history for a forecast, so the present counts".to_owned(),
    };
    let conclusion = match action {
        ScalingAction::ScaleUp | ScalingAction::ScaleDown => {
            format!("{target} replicas bring that to {goal}")
        }
        ScalingAction::Maintain
            if percent_at_peak(observation, demand, target)
                > f64::from(observation.target.0.get()) =>
        {
            format!(
                "{target} replicas hold that at {goal}; so near the goal (within {:.0} %) nothing is changed",
                TOLERANCE * 100.0
            )
        }
        ScalingAction::Maintain => {
            format!("{target} replicas hold that at {goal}")
        }
        ScalingAction::AtMax => {
            format!("more than {target} replicas would be needed, but that is the maximum")
        }
    };
    format!("CPU in use is {now}{percent}; {outlook}; {conclusion}.")
}

/// Memory in use from this share of requests on is worth a word, in percent.
const MEMORY_WORTH_A_WORD: f64 = 90.0;

fn risk(observation: &Observation, action: ScalingAction) -> String {
    let of_action = risk_of(action);
    match observation.memory_percent() {
        Some(percent) if percent >= MEMORY_WORTH_A_WORD => format!(
            "{of_action}; memory in use is {percent:.0} % of requests, and replicas alone may not lower that"
        ),
        Some(_) | None => of_action.to_owned(),
    }
}

const fn risk_of(action: ScalingAction) -> &'static str {
    match action {
        ScalingAction::ScaleUp => "low: pods are added, none is removed",
        ScalingAction::ScaleDown => "medium: pods are removed; a sudden load meets fewer of them",
        ScalingAction::Maintain => "low: nothing is changed",
        ScalingAction::AtMax => "high: the expected load exceeds what the maximum can carry",
    }
}

fn cost(observation: &Observation, target: Replicas) -> String {
    let change = i64::from(target.0) - i64::from(observation.replicas.0);
    let request = observation.cpu_request.map_or(0, |request| request.0);
    if change == 0 {
        return "none".to_owned();
    }
    let count = change.unsigned_abs();
    let cores = MilliCores(count * request);
    let word = if change > 0 { "more" } else { "fewer" };
    let replicas = if count == 1 { "replica" } else { "replicas" };
    format!("{count} {word} {replicas}, {cores} CPU requested")
}

fn performance(observation: &Observation, demand: Demand, target: Replicas) -> String {
    let at_peak = percent_at_peak(observation, demand, target);
    if target == observation.replicas {
        return format!("none: CPU at the expected peak stays {at_peak:.0} % of requests");
    }
    let before = percent_at_peak(observation, demand, observation.replicas);
    format!("CPU at the expected peak: {at_peak:.0} % of requests instead of {before:.0} %")
}

/// The peak as percent of what `replicas` pods request.
fn percent_at_peak(observation: &Observation, demand: Demand, replicas: Replicas) -> f64 {
    let request = observation
        .cpu_request
        .map_or(0.0, |request| request.0 as f64);
    demand.peak * 100.0 / (request * f64::from(replicas.0.max(1)))
}

fn factors(observation: &Observation, demand: Demand) -> Vec<String> {
    let mut factors = vec![
        format!("CPU in use: {}", MilliCores(demand.now as u64)),
        format!(
            "replicas: {} ({} ready)",
            observation.replicas, observation.ready_replicas
        ),
        format!(
            "bounds: {} to {}",
            observation.bounds.min(),
            observation.bounds.max()
        ),
        format!("goal: {} % of requests", observation.target.0),
    ];
    if let Some(percent) = observation.memory_percent() {
        factors.push(format!("memory in use: {percent:.0} % of requests"));
    }
    if let Some(forecast) = usable(observation) {
        factors.push(format!(
            "CPU forecast: {}, {:+.2} cores per hour",
            forecast.trend.direction.as_str(),
            forecast.trend.slope_per_hour
        ));
    }
    factors
}
