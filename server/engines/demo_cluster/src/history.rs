//! The past, from the same functions as the present: usage of a workload or of the cluster at any time.
//!
//! Nothing is recorded but who ran when; see [`crate::ledger`]. Before a workload existed it has no history.

use domain::{
    series::{Metric, Subject},
    time::{Seconds, Timestamp},
};

use crate::{
    ledger::{self, Record, WorkloadKey},
    registry,
    usage::Usage,
    value,
    world::World,
};

/// How far back the past goes.
pub const REACH: Seconds = Seconds(14 * 86_400);
/// The most points one answer has; a Prometheus refuses more than 11,000.
const MOST_POINTS: usize = 11_000;

/// What is asked of the past.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryQuery {
    /// Whose measurements.
    pub subject: Subject,
    /// Which.
    pub metric: Metric,
    /// The first time asked for.
    pub from: Timestamp,
    /// The last time asked for; times after now have no values.
    pub to: Timestamp,
    /// Distance between two values; at least a second.
    pub step: Seconds,
}

/// `(time, value)` pairs, oldest first, in the metric's own unit (millicores, bytes, bytes per second,
/// count). Times at which there was nothing to measure are left out.
pub(crate) fn read(world: &World, query: &HistoryQuery) -> Vec<(Timestamp, f64)> {
    let step = query.step.0.max(1) * 1000;
    let earliest = world.now - REACH;
    let skipped = (earliest.0 - query.from.0 + step - 1)
        .div_euclid(step)
        .max(0);
    let first = query.from.0 + skipped * step;
    let last = query.to.0.min(world.now.0);
    let times = (0..)
        .map(|index| Timestamp(first + index * step))
        .take_while(|at| at.0 <= last)
        .take(MOST_POINTS);
    match &query.subject {
        Subject::Cluster => times
            .filter_map(|at| Some((at, of_cluster(world, query.metric, at)?)))
            .collect(),
        Subject::Workload(workload) => {
            let key = WorkloadKey::new(
                workload.kind.as_str(),
                workload.namespace.as_str(),
                workload.name.as_str(),
            );
            let records = world.state.ledger.records(&key);
            times
                .filter_map(|at| Some((at, of_workload(world, &key, records, query.metric, at)?)))
                .collect()
        }
    }
}

fn of_workload(
    world: &World,
    key: &WorkloadKey,
    records: &[Record],
    metric: Metric,
    at: Timestamp,
) -> Option<f64> {
    let record = ledger::at(records, at)?;
    match metric {
        Metric::Pods => Some(record.slots.iter().filter(|slot| slot.running).count() as f64),
        Metric::Nodes => Some(nodes_of(record) as f64),
        Metric::Cpu | Metric::Memory | Metric::Network | Metric::Disk => {
            if record.slots.is_empty() {
                return None;
            }
            amount(world.model.of_workload(key, &record.slots, at), metric)
        }
    }
}

fn nodes_of(record: &Record) -> usize {
    let mut nodes: Vec<_> = record.slots.iter().map(|slot| slot.node.as_str()).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes.len()
}

fn of_cluster(world: &World, metric: Metric, at: Timestamp) -> Option<f64> {
    match metric {
        Metric::Nodes => Some(nodes(world, at).count() as f64),
        Metric::Pods => Some(
            world
                .state
                .ledger
                .all()
                .filter_map(|(_, records)| ledger::at(records, at))
                .flat_map(|record| &record.slots)
                .filter(|slot| slot.running)
                .count() as f64,
        ),
        Metric::Cpu | Metric::Memory | Metric::Network | Metric::Disk => {
            let mut sum = Usage::default();
            for (key, records) in world.state.ledger.all() {
                if let Some(record) = ledger::at(records, at) {
                    sum += world.model.of_workload(key, &record.slots, at);
                }
            }
            for node in nodes(world, at) {
                sum += world.model.of_system(node, at);
            }
            amount(sum, metric)
        }
    }
}

/// Nodes that had joined by then.
fn nodes(world: &World, at: Timestamp) -> impl Iterator<Item = &str> {
    world
        .store
        .list(registry::NODE, None)
        .filter(move |node| {
            value::time(node, "/metadata/creationTimestamp").is_none_or(|joined| joined <= at)
        })
        .map(|node| value::name(node))
}

fn amount(usage: Usage, metric: Metric) -> Option<f64> {
    match metric {
        Metric::Cpu => Some(usage.cpu),
        Metric::Memory => Some(usage.memory),
        Metric::Network => Some(usage.received + usage.sent),
        Metric::Disk => Some(usage.read + usage.written),
        Metric::Pods | Metric::Nodes => None,
    }
}
