//! Who ran when: for every workload the pods it had, from when to when.
//!
//! The one source for usage now and usage in the past, so that a chart of the last fortnight ends exactly
//! where the present begins and a change made by a user counts from the moment it was made.

use std::collections::BTreeMap;

use domain::time::{Seconds, Timestamp};
use serde::{Deserialize, Serialize};

/// How far back records are kept; charts ask for 14 days.
const KEPT: Seconds = Seconds(15 * 86_400);

/// Which workload. Pods that belong to none are a workload of kind `Pod` with one member.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct WorkloadKey {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
}

impl WorkloadKey {
    /// The key of any workload.
    pub(crate) fn new(kind: &str, namespace: &str, name: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            kind: kind.to_owned(),
        }
    }

    /// The key of a Deployment.
    #[cfg(test)]
    pub(crate) fn deployment(namespace: &str, name: &str) -> Self {
        Self::new("Deployment", namespace, name)
    }
}

/// One pod as far as usage depends on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Slot {
    /// The pod's name.
    pub pod: String,
    /// The node it runs on.
    pub node: String,
    /// Whether its phase is Running.
    pub running: bool,
    /// Whether it takes work: running and ready.
    pub serving: bool,
    /// When its container started; for pods that do not serve, when the pod was bound.
    pub started_at: Timestamp,
    /// CPU requested, millicores.
    pub cpu_request: Option<f64>,
    /// CPU limit, millicores.
    pub cpu_limit: Option<f64>,
    /// Memory requested, bytes.
    pub memory_request: Option<f64>,
    /// Memory limit, bytes.
    pub memory_limit: Option<f64>,
}

/// The pods a workload had from `at` on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Since when.
    pub at: Timestamp,
    /// Its bound pods, by name.
    pub slots: Vec<Slot>,
}

/// All records, oldest first within a workload.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(
    from = "Vec<(WorkloadKey, Vec<Record>)>",
    into = "Vec<(WorkloadKey, Vec<Record>)>"
)]
pub(crate) struct Ledger {
    workloads: BTreeMap<WorkloadKey, Vec<Record>>,
}

impl Ledger {
    /// Notes the pods a workload has from `at` on; nothing happens when they are the same as before.
    pub(crate) fn note(&mut self, key: &WorkloadKey, slots: Vec<Slot>, at: Timestamp) {
        let records = self.workloads.entry(key.clone()).or_default();
        match records.last_mut() {
            Some(last) if last.slots == slots => {}
            Some(last) if last.at == at => last.slots = slots,
            Some(_) | None => records.push(Record { at, slots }),
        }
    }

    /// Forgets what no chart asks for any more.
    pub(crate) fn trim(&mut self, now: Timestamp) {
        let oldest = now - KEPT;
        for records in self.workloads.values_mut() {
            let stale = records.partition_point(|record| record.at < oldest);
            records.drain(..stale.saturating_sub(1));
        }
        self.workloads.retain(|_, records| {
            records
                .last()
                .is_some_and(|last| !last.slots.is_empty() || last.at >= oldest)
        });
    }

    /// The pods a workload has now.
    pub(crate) fn current(&self, key: &WorkloadKey) -> &[Slot] {
        self.workloads
            .get(key)
            .and_then(|records| records.last())
            .map_or(&[], |record| &record.slots)
    }

    /// Every workload with the pods it has now.
    pub(crate) fn all_current(&self) -> impl Iterator<Item = (&WorkloadKey, &[Slot])> {
        self.workloads
            .iter()
            .filter_map(|(key, records)| Some((key, records.last()?.slots.as_slice())))
    }

    /// All records of a workload, oldest first.
    pub(crate) fn records(&self, key: &WorkloadKey) -> &[Record] {
        self.workloads.get(key).map_or(&[], Vec::as_slice)
    }

    /// Every workload with all its records, oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&WorkloadKey, &[Record])> {
        self.workloads
            .iter()
            .map(|(key, records)| (key, records.as_slice()))
    }
}

/// The record that holds at `at`; `None` before the first.
pub(crate) fn at(records: &[Record], at: Timestamp) -> Option<&Record> {
    records[..records.partition_point(|record| record.at <= at)].last()
}

impl From<Vec<(WorkloadKey, Vec<Record>)>> for Ledger {
    fn from(entries: Vec<(WorkloadKey, Vec<Record>)>) -> Self {
        Self {
            workloads: entries.into_iter().collect(),
        }
    }
}

impl From<Ledger> for Vec<(WorkloadKey, Vec<Record>)> {
    fn from(ledger: Ledger) -> Self {
        ledger.workloads.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(count: usize) -> Vec<Slot> {
        (0..count)
            .map(|index| Slot {
                pod: format!("web-{index}"),
                node: "node-1".to_owned(),
                running: true,
                serving: true,
                started_at: Timestamp(0),
                cpu_request: None,
                cpu_limit: None,
                memory_request: None,
                memory_limit: None,
            })
            .collect()
    }

    #[test]
    fn a_change_counts_from_when_it_was_made() {
        let key = WorkloadKey::deployment("shop", "web");
        let mut ledger = Ledger::default();
        for (second, count) in [(10, 2), (20, 2), (30, 5)] {
            ledger.note(&key, slots(count), Timestamp::from_seconds(second));
        }
        let (_, records) = ledger.all().next().unwrap();
        let count_at = |second| at(records, Timestamp::from_seconds(second)).map(|r| r.slots.len());
        assert_eq!(count_at(9), None);
        assert_eq!(count_at(29), Some(2));
        assert_eq!(count_at(30), Some(5));
        assert_eq!(records.len(), 2);
    }

    #[test]
    fn trimming_keeps_the_record_that_held_at_the_horizon() {
        let key = WorkloadKey::deployment("shop", "web");
        let mut ledger = Ledger::default();
        ledger.note(&key, slots(1), Timestamp::from_seconds(0));
        ledger.note(&key, slots(2), Timestamp::from_seconds(86_400));
        ledger.trim(Timestamp::from_seconds(30 * 86_400));
        assert_eq!(ledger.current(&key).len(), 2);
        assert_eq!(ledger.all().next().unwrap().1.len(), 1);
    }
}
