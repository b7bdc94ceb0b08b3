//! `HorizontalPodAutoscaler`: replicas from measured use by the documented algorithm.
//!
//! Source: Kubernetes documentation, "Horizontal Pod Autoscaling", "Algorithm details" and "Configurable
//! scaling behavior". Metrics of pods and of containers; other metric types are answered with a
//! `ScalingActive` condition that says they cannot be had.

mod behavior;
mod replicas;

use std::sync::Arc;

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) use self::behavior::Rescaling;
use self::replicas::{Measured, Unavailable};
use super::pods::set_condition;
use crate::{
    events::{self, Report, component},
    fields,
    registry::{self, KindId, Subresource},
    value::{self, wire_time},
    world::{World, key_of},
};

const CONTROLLER: &str = "horizontal-pod-autoscaler";

/// What an autoscaler once thought right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recommendation {
    /// When.
    pub at: Timestamp,
    /// How many replicas.
    pub replicas: i64,
}

/// What one look at an autoscaler found.
struct Outcome {
    current: i64,
    desired: i64,
    metrics: Vec<Value>,
    /// The metric that decided, in words.
    decided_by: String,
    status: Value,
}

/// Looks at every autoscaler.
pub(crate) fn run(world: &mut World) {
    let autoscalers: Vec<_> = world
        .store
        .list(registry::HORIZONTAL_POD_AUTOSCALER, None)
        .cloned()
        .collect();
    for autoscaler in autoscalers {
        reconcile(world, &autoscaler);
    }
}

fn reconcile(world: &mut World, autoscaler: &Arc<Value>) {
    let mut status = autoscaler["status"].clone();
    if !status.is_object() {
        status = json!({});
    }
    let Some((kind, target)) = target(world, autoscaler) else {
        let name = value::text(autoscaler, "/spec/scaleTargetRef/name");
        let message = format!(
            "the HPA controller was unable to get the target's current scale: \"{name}\" not found"
        );
        fail(
            world,
            &mut status,
            "AbleToScale",
            "FailedGetScale",
            &message,
            autoscaler,
        );
        return write(world, autoscaler, status);
    };
    set_condition(
        &mut status,
        "AbleToScale",
        "True",
        "SucceededGetScale",
        "the HPA controller was able to get the target's current scale",
        world.now,
    );
    let current = value::integer(&target, "/spec/replicas").unwrap_or(1);
    behavior::remember_first(world, autoscaler, current);
    let outcome = Outcome {
        current,
        desired: current,
        metrics: Vec::new(),
        decided_by: String::new(),
        status,
    };
    let outcome = if current == 0 {
        disabled(world, outcome)
    } else {
        evaluate(world, autoscaler, &target, outcome)
    };
    apply(world, autoscaler, kind, &target, outcome);
}

fn target(world: &World, autoscaler: &Value) -> Option<(KindId, Arc<Value>)> {
    let reference = &autoscaler["spec"]["scaleTargetRef"];
    let kind = match value::text(reference, "/kind") {
        "Deployment" => registry::DEPLOYMENT,
        "StatefulSet" => registry::STATEFUL_SET,
        "ReplicaSet" => registry::REPLICA_SET,
        _ => return None,
    };
    let name = value::text(reference, "/name");
    let target = world.get(kind, value::namespace(autoscaler), name)?;
    Some((kind, target))
}

fn disabled(world: &World, mut outcome: Outcome) -> Outcome {
    set_condition(
        &mut outcome.status,
        "ScalingActive",
        "False",
        "ScalingDisabled",
        "scaling is disabled since the replica count of the target is zero",
        world.now,
    );
    outcome
}

fn fail(
    world: &mut World,
    status: &mut Value,
    condition: &str,
    reason: &str,
    message: &str,
    autoscaler: &Value,
) {
    set_condition(status, condition, "False", reason, message, world.now);
    let report = Report::warning(reason, message);
    events::record(world, autoscaler, component(CONTROLLER), report);
}

/// The highest of what the metrics ask for, held by stabilisation, policies and bounds.
fn evaluate(
    world: &mut World,
    autoscaler: &Value,
    target: &Value,
    mut outcome: Outcome,
) -> Outcome {
    let mut proposals = Vec::new();
    let mut trouble = None;
    for metric in metrics(autoscaler) {
        match replicas::propose(world, target, &metric, outcome.current) {
            Ok(measured) => {
                outcome.metrics.push(measured.status.clone());
                proposals.push(measured);
            }
            // The first metric that cannot be had is the one the condition names.
            Err(why) => drop(trouble.get_or_insert(why)),
        }
    }
    // The first of several that ask for the most.
    let highest = proposals
        .into_iter()
        .rev()
        .max_by_key(|measured: &Measured| measured.replicas);
    // With a metric missing nothing is scaled down: it might have asked for more.
    match (highest, trouble) {
        (Some(highest), None) => follow(world, autoscaler, outcome, highest),
        (Some(highest), Some(_)) if highest.replicas >= outcome.current => {
            follow(world, autoscaler, outcome, highest)
        }
        (_, trouble) => give_up(world, autoscaler, outcome, trouble),
    }
}

/// Goes after the metric that asks for the most, as far as it may.
fn follow(
    world: &mut World,
    autoscaler: &Value,
    mut outcome: Outcome,
    highest: Measured,
) -> Outcome {
    let message = format!(
        "the HPA was able to successfully calculate a replica count from {}",
        highest.what
    );
    set_condition(
        &mut outcome.status,
        "ScalingActive",
        "True",
        "ValidMetricFound",
        &message,
        world.now,
    );
    outcome.desired = behavior::limit(
        world,
        autoscaler,
        &mut outcome.status,
        outcome.current,
        highest.replicas,
    );
    outcome.decided_by = highest.what;
    outcome
}

/// Says why no replica count could be computed.
fn give_up(
    world: &mut World,
    autoscaler: &Value,
    outcome: Outcome,
    trouble: Option<Unavailable>,
) -> Outcome {
    let why = trouble.unwrap_or(Unavailable {
        reason: "InvalidMetricSourceType",
        message: "no metrics are specified".to_owned(),
    });
    let message = format!(
        "the HPA was unable to compute the replica count: {}",
        why.message
    );
    let mut status = outcome.status;
    fail(
        world,
        &mut status,
        "ScalingActive",
        why.reason,
        &message,
        autoscaler,
    );
    Outcome { status, ..outcome }
}

/// The metrics asked for; CPU at 80 % of request when none are.
fn metrics(autoscaler: &Value) -> Vec<Value> {
    let metrics = value::items(autoscaler, "/spec/metrics");
    if metrics.is_empty() {
        vec![json!({
            "type": "Resource",
            "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
        })]
    } else {
        metrics.to_vec()
    }
}

fn apply(world: &mut World, autoscaler: &Value, kind: KindId, target: &Value, outcome: Outcome) {
    let Outcome {
        current,
        desired,
        metrics,
        decided_by,
        mut status,
    } = outcome;
    if desired != current {
        let (namespace, name) = key_of(target);
        let writer = (fields::CONTROLLERS, Some(Subresource::Scale));
        world.update_as(writer, kind, &namespace, &name, |target| {
            target["spec"]["replicas"] = json!(desired);
        });
        behavior::note(world, autoscaler, desired - current);
        let reason = if desired < current {
            "All metrics below target".to_owned()
        } else {
            format!("{decided_by} above target")
        };
        let message = format!("New size: {desired}; reason: {reason}");
        let report = Report::normal("SuccessfulRescale", &message);
        events::record(world, autoscaler, component(CONTROLLER), report);
        status["lastScaleTime"] = json!(wire_time(world.now));
        let message =
            format!("the HPA controller was able to update the target scale to {desired}");
        set_condition(
            &mut status,
            "AbleToScale",
            "True",
            "SucceededRescale",
            &message,
            world.now,
        );
    }
    status["currentReplicas"] = json!(current);
    status["desiredReplicas"] = json!(desired);
    status["currentMetrics"] = if metrics.is_empty() {
        Value::Null
    } else {
        json!(metrics)
    };
    write(world, autoscaler, status);
}

fn write(world: &mut World, autoscaler: &Value, mut status: Value) {
    // Conditions of this kind have no update time.
    let conditions = status["conditions"].as_array_mut();
    for condition in conditions.into_iter().flatten() {
        value::remove(condition, &["lastUpdateTime"]);
    }
    let (namespace, name) = key_of(autoscaler);
    world.update(
        registry::HORIZONTAL_POD_AUTOSCALER,
        &namespace,
        &name,
        |autoscaler| autoscaler["status"] = status,
    );
}
