//! How many replicas one metric asks for.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    amounts, controllers::pods, metrics, registry, selector::LabelSelector, value, world::World,
};

/// Changes of the ratio smaller than this are ignored
/// (`--horizontal-pod-autoscaler-tolerance`).
const TOLERANCE: f64 = 0.1;
/// For this long after its start a pod's CPU counts only once it has been ready
/// (`--horizontal-pod-autoscaler-cpu-initialization-period`).
const CPU_INITIALISATION: i64 = 300;
/// A pod that got ready later than this after its start was unready at first
/// (`--horizontal-pod-autoscaler-initial-readiness-delay`).
const READINESS_DELAY: i64 = 30;

/// A metric that could be had, and what it asks for.
pub(super) struct Measured {
    pub replicas: i64,
    /// The entry for `status.currentMetrics`.
    pub status: Value,
    /// What was measured, in the words of the condition.
    pub what: String,
}

/// Why a metric could not be had.
pub(super) struct Unavailable {
    pub reason: &'static str,
    pub message: String,
}

/// The pods of a target, sorted by what their measurements are worth.
#[derive(Debug, Default)]
struct Pods {
    /// Use of pods that count, by name.
    measured: BTreeMap<String, f64>,
    /// Pods that should have a measurement and have none.
    missing: Vec<String>,
    /// Pods too young to judge.
    unready: Vec<String>,
    /// Requests of all of these, by name.
    requests: BTreeMap<String, f64>,
}

/// What is measured: a resource of whole pods, or of one container in each.
struct Source<'a> {
    /// `Resource` or `ContainerResource`.
    kind: &'static str,
    resource: &'a str,
    container: Option<&'a str>,
}

impl<'a> Source<'a> {
    /// What the metric measures, with its goal.
    fn of(metric: &'a Value) -> Result<(Self, &'a Value), Unavailable> {
        let kind = match value::text(metric, "/type") {
            "Resource" => "Resource",
            "ContainerResource" => "ContainerResource",
            other => {
                return Err(Unavailable {
                    reason: reason_for(other),
                    message: format!(
                        "unable to get {other} metric: no custom metrics API is registered"
                    ),
                });
            }
        };
        let (field, container) = match kind {
            "Resource" => ("resource", None),
            _ => (
                "containerResource",
                Some(value::text(metric, "/containerResource/container")),
            ),
        };
        let inner = &metric[field];
        let source = Self {
            kind,
            resource: value::text(inner, "/name"),
            container,
        };
        Ok((source, &inner["target"]))
    }

    /// `cpu resource` or `cpu container resource`.
    fn words(&self) -> String {
        let part = if self.container.is_some() {
            "container resource"
        } else {
            "resource"
        };
        format!("{} {part}", self.resource)
    }

    /// The entry for `status.currentMetrics`.
    fn status(&self, current: Value) -> Value {
        let mut inner = json!({"name": self.resource, "current": current});
        match self.container {
            Some(container) => {
                inner["container"] = json!(container);
                json!({"type": self.kind, "containerResource": inner})
            }
            None => json!({"type": self.kind, "resource": inner}),
        }
    }

    /// What a pod asks for of the resource: millicores or bytes.
    fn request(&self, pod: &Value) -> Option<f64> {
        let Some(name) = self.container else {
            return amounts::sum(pod, "requests", self.resource);
        };
        let scale = if self.resource == "cpu" { 1000.0 } else { 1.0 };
        let container = value::items(pod, "/spec/containers")
            .iter()
            .find(|container| value::text(container, "/name") == name)?;
        Some(amounts::quantity(&container["resources"]["requests"][self.resource])? * scale)
    }

    /// What a pod uses of the resource, in the same unit.
    fn usage(&self, world: &World, pod: &Value) -> Option<f64> {
        let share = match self.container {
            Some(name) => metrics::container_share(pod, name)?,
            None => 1.0,
        };
        let usage = metrics::pod_usage(world, pod)?;
        Some(match self.resource {
            "memory" => usage.memory * share,
            _ => usage.cpu * share,
        })
    }
}

/// What a metric asks for.
pub(super) fn propose(
    world: &World,
    target: &Value,
    metric: &Value,
    current: i64,
) -> Result<Measured, Unavailable> {
    let (source, goal) = Source::of(metric)?;
    let pods = sort_pods(world, target, &source)?;
    if let Some(percent) = goal["averageUtilization"].as_f64() {
        return Ok(by_utilization(&pods, &source, percent, current));
    }
    let scale = if source.resource == "cpu" {
        1000.0
    } else {
        1.0
    };
    let average = amounts::quantity(&goal["averageValue"]).unwrap_or(0.0) * scale;
    if average <= 0.0 {
        return Err(Unavailable {
            reason: "InvalidMetricSourceType",
            message: format!("invalid target for resource {}", source.resource),
        });
    }
    Ok(by_value(&pods, &source, average, current))
}

fn reason_for(kind: &str) -> &'static str {
    match kind {
        "Pods" => "FailedGetPodsMetric",
        "Object" => "FailedGetObjectMetric",
        "External" => "FailedGetExternalMetric",
        "ContainerResource" => "FailedGetContainerResourceMetric",
        "Resource" => "FailedGetResourceMetric",
        _ => "InvalidMetricSourceType",
    }
}

fn sort_pods(world: &World, target: &Value, source: &Source<'_>) -> Result<Pods, Unavailable> {
    let resource = source.resource;
    let unavailable = |message: String| Unavailable {
        reason: reason_for(source.kind),
        message: format!("failed to get {resource} utilization: {message}"),
    };
    let mut sorted = Pods::default();
    let selector = LabelSelector::from_object(target["spec"].get("selector"));
    if selector.is_empty() {
        return Err(unavailable("the target has no selector".to_owned()));
    }
    let namespace = value::namespace(target);
    let candidates = world
        .store
        .list(registry::POD, Some(namespace))
        .filter(|pod| pods::is_active(pod) && selector.matches_object(pod));
    for pod in candidates {
        let name = value::name(pod).to_owned();
        let Some(request) = source.request(pod) else {
            return Err(unavailable(format!(
                "missing request for {resource} in container {} of Pod {name}",
                source
                    .container
                    .unwrap_or(value::text(pod, "/spec/containers/0/name"))
            )));
        };
        sorted.requests.insert(name.clone(), request);
        if value::text(pod, "/status/phase") == "Pending" || is_unready(world, pod, resource) {
            sorted.unready.push(name);
        } else if let Some(usage) = source.usage(world, pod) {
            sorted.measured.insert(name, usage);
        } else {
            sorted.missing.push(name);
        }
    }
    if sorted.measured.is_empty() {
        return Err(unavailable(
            "unable to get metrics for resource: no metrics returned from resource metrics API"
                .to_owned(),
        ));
    }
    Ok(sorted)
}

/// Whether a pod's CPU says nothing yet. Source: `replica_calculator.go`, `groupPods`.
fn is_unready(world: &World, pod: &Value, resource: &str) -> bool {
    if resource != "cpu" {
        return false;
    }
    let Some(started) = value::time(pod, "/status/startTime") else {
        return true;
    };
    let ready = pods::ready_since(pod);
    if world.now.seconds_since(started) < CPU_INITIALISATION {
        // A sample counts only if its whole window lies after the pod got ready.
        return ready.is_none_or(|since| world.now.seconds_since(since) < metrics::WINDOW.0);
    }
    let changed = value::items(pod, "/status/conditions")
        .iter()
        .find(|condition| value::text(condition, "/type") == "Ready")
        .and_then(|condition| value::time(condition, "/lastTransitionTime"));
    ready.is_none() && changed.is_some_and(|at| at.seconds_since(started) < READINESS_DELAY)
}

fn by_utilization(pods: &Pods, source: &Source<'_>, percent: f64, current: i64) -> Measured {
    let total = |names: &mut dyn Iterator<Item = &String>| -> f64 {
        names
            .map(|name| pods.requests.get(name).copied().unwrap_or(0.0))
            .sum()
    };
    let requested = total(&mut pods.measured.keys());
    let used: f64 = pods.measured.values().sum();
    let utilization = (used / requested.max(1.0) * 100.0).floor();
    let replicas = desired(
        pods,
        current,
        utilization / percent,
        |uses| {
            let requested = total(&mut uses.keys());
            uses.values().sum::<f64>() / requested.max(1.0) * 100.0 / percent
        },
        |name| pods.requests.get(name).copied().unwrap_or(0.0) * percent / 100.0,
    );
    let average = used / pods.measured.len() as f64;
    Measured {
        replicas,
        status: source.status(json!({
            "averageUtilization": utilization as i64,
            "averageValue": quantity(source.resource, average),
        })),
        what: format!("{} utilization (percentage of request)", source.words()),
    }
}

fn by_value(pods: &Pods, source: &Source<'_>, goal: f64, current: i64) -> Measured {
    let average = pods.measured.values().sum::<f64>() / pods.measured.len() as f64;
    let replicas = desired(
        pods,
        current,
        average / goal,
        |uses| uses.values().sum::<f64>() / uses.len() as f64 / goal,
        |_| goal,
    );
    Measured {
        replicas,
        status: source.status(json!({"averageValue": quantity(source.resource, average)})),
        what: source.words(),
    }
}

/// The rule itself: `ceil(ready × ratio)`, held within the tolerance, with pods that are not measured
/// assumed idle when scaling up and at the target when scaling down; nothing happens if that turns the
/// direction round.
fn desired(
    pods: &Pods,
    current: i64,
    ratio: f64,
    ratio_of: impl Fn(&BTreeMap<String, f64>) -> f64,
    target_use: impl Fn(&str) -> f64,
) -> i64 {
    let within = |ratio: f64| (ratio - 1.0).abs() <= TOLERANCE;
    let unready_matter = !pods.unready.is_empty() && ratio > 1.0;
    if pods.missing.is_empty() && !unready_matter {
        if within(ratio) {
            return current;
        }
        return (ratio * pods.measured.len() as f64).ceil() as i64;
    }
    let mut uses = pods.measured.clone();
    for name in &pods.missing {
        let assumed = if ratio < 1.0 { target_use(name) } else { 0.0 };
        uses.insert(name.clone(), assumed);
    }
    if ratio > 1.0 {
        for name in &pods.unready {
            uses.insert(name.clone(), 0.0);
        }
    }
    let rebalanced = ratio_of(&uses);
    if within(rebalanced) || (ratio < 1.0) != (rebalanced < 1.0) {
        return current;
    }
    let wanted = (rebalanced * uses.len() as f64).ceil() as i64;
    let flips = (rebalanced < 1.0 && wanted > current) || (rebalanced > 1.0 && wanted < current);
    if flips { current } else { wanted }
}

fn quantity(resource: &str, amount: f64) -> String {
    if resource == "cpu" {
        format!("{}m", amount.round() as i64)
    } else {
        (amount as i64).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pods(measured: &[f64], missing: usize, unready: usize) -> Pods {
        let mut pods = Pods::default();
        let names = |kind: &str, count: usize| {
            (0..count)
                .map(|index| format!("{kind}{index}"))
                .collect::<Vec<_>>()
        };
        for (name, usage) in names("m", measured.len()).into_iter().zip(measured) {
            pods.measured.insert(name, *usage);
        }
        pods.missing = names("x", missing);
        pods.unready = names("u", unready);
        let all = pods
            .measured
            .keys()
            .chain(&pods.missing)
            .chain(&pods.unready);
        pods.requests = all.map(|name| (name.clone(), 1000.0)).collect();
        pods
    }

    #[track_caller]
    fn check(pods: &Pods, percent: f64, expected: i64) {
        let current = pods.requests.len() as i64;
        let cpu = Source {
            kind: "Resource",
            resource: "cpu",
            container: None,
        };
        assert_eq!(
            by_utilization(pods, &cpu, percent, current).replicas,
            expected
        );
    }

    // The cases are those of `replica_calculator_test.go` in Kubernetes.

    #[test]
    fn scales_up_by_the_ratio() {
        check(&pods(&[300.0, 500.0, 700.0], 0, 0), 30.0, 5);
    }

    #[test]
    fn an_unready_pod_lessens_the_scale_up() {
        check(&pods(&[500.0, 700.0], 0, 1), 30.0, 4);
    }

    #[test]
    fn holds_within_the_tolerance() {
        check(&pods(&[1010.0, 1030.0, 1020.0], 0, 0), 100.0, 3);
    }

    #[test]
    fn scales_down_by_the_ratio() {
        check(&pods(&[100.0, 300.0, 500.0, 250.0, 250.0], 0, 0), 50.0, 3);
    }

    #[test]
    fn a_missing_pod_counts_as_idle_when_scaling_up() {
        check(&pods(&[1000.0], 1, 0), 200.0 / 3.0, 2);
    }

    #[test]
    fn a_missing_pod_counts_as_at_the_target_when_scaling_down() {
        check(&pods(&[100.0, 300.0, 500.0, 250.0], 1, 0), 50.0, 4);
    }
}
