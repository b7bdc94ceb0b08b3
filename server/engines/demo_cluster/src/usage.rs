//! What pods and nodes use: CPU, memory, network and disk as a function of the work that reaches them.
//!
//! A workload's demand is divided over its serving pods, so more replicas mean less per pod; CPU stops at
//! the limit as the kernel's quota makes it stop. `ledger` says which pods there were at a time, `load` how
//! much work; this file turns both into numbers. It decides nothing: running out of memory is the kubelet's.

use std::ops::AddAssign;

use domain::time::Timestamp;

use crate::{
    chance::{hash, mix, noise, unit},
    company,
    disturbance::{self, Disturbance, Strain},
    ledger::{Slot, WorkloadKey},
    load::Demand,
};

/// Bytes in a mebibyte.
pub(crate) const MIB: f64 = 1_048_576.0;

/// Rates and amounts at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Usage {
    /// Millicores.
    pub cpu: f64,
    /// Working set, bytes.
    pub memory: f64,
    /// Bytes received per second.
    pub received: f64,
    /// Bytes sent per second.
    pub sent: f64,
    /// Bytes read from disk per second.
    pub read: f64,
    /// Bytes written to disk per second.
    pub written: f64,
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.cpu += other.cpu;
        self.memory += other.memory;
        self.received += other.received;
        self.sent += other.sent;
        self.read += other.read;
        self.written += other.written;
    }
}

/// What one unit of work costs, and what a pod costs that does nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Profile {
    /// The work that arrives for all pods together.
    pub demand: Demand,
    /// Millicores of an idle pod.
    pub cpu_idle: f64,
    /// Millicores for one unit per second.
    pub cpu_per_unit: f64,
    /// MiB of an idle pod that has warmed up.
    pub memory_idle: f64,
    /// MiB for one unit per second.
    pub memory_per_unit: f64,
    /// MiB never given back, per hour since the container started.
    pub leak_per_hour: f64,
    /// Bytes received for one unit.
    pub received_per_unit: f64,
    /// Bytes sent for one unit.
    pub sent_per_unit: f64,
    /// Bytes read from disk for one unit.
    pub read_per_unit: f64,
    /// Bytes written to disk for one unit.
    pub written_per_unit: f64,
    /// How much more than the others the first pod gets: 1 for twice as much (a database's primary).
    pub first_pod_extra: f64,
}

impl Profile {
    /// A pod that idles at these figures and has nothing to do.
    pub(crate) const fn idle(cpu: f64, memory: f64) -> Self {
        Self {
            demand: Demand::steady(1.0, 0.3),
            cpu_idle: cpu * 0.8,
            cpu_per_unit: cpu * 0.2,
            memory_idle: memory,
            memory_per_unit: 0.0,
            leak_per_hour: 0.0,
            received_per_unit: 700.0,
            sent_per_unit: 900.0,
            read_per_unit: 0.0,
            written_per_unit: 300.0,
            first_pod_extra: 0.0,
        }
    }

    /// What a workload nobody described does: a third of what it asks for, a little when it asks for nothing.
    fn unknown(seed: u64, slot: &Slot) -> Self {
        let cpu = slot.cpu_request.map_or(9.0, |request| request * 0.3);
        let memory = slot
            .memory_request
            .map_or(24.0 * MIB, |request| request * 0.4)
            / MIB;
        Self::idle(
            cpu * (0.7 + 0.6 * unit(seed)),
            memory * (0.8 + 0.4 * unit(mix(seed, 3))),
        )
    }
}

/// The model's constants: with these, every figure is a function of time and of the pods there are.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    /// The cluster's seed.
    pub seed: u64,
    /// When growth is counted from.
    pub founded_at: Timestamp,
    /// What made workloads behave other than usual, and when.
    pub disturbances: Vec<Disturbance>,
}

impl Model {
    /// Usage of each of a workload's pods at `at`, in the order of `slots`.
    pub(crate) fn of_pods(&self, key: &WorkloadKey, slots: &[Slot], at: Timestamp) -> Vec<Usage> {
        let Some(first) = slots.first() else {
            return Vec::new();
        };
        let seed = hash(self.seed, &[&key.namespace, &key.name]);
        let profile = company::profile(&key.namespace, &key.name)
            .unwrap_or_else(|| Profile::unknown(seed, first));
        let strain = disturbance::strain(&self.disturbances, key, at);
        let demand = profile.demand.at(seed, self.founded_at, at) * strain.demand;
        let weights = weights(&profile, seed, slots, at);
        let total: f64 = weights.iter().sum();
        slots
            .iter()
            .zip(&weights)
            .enumerate()
            .map(|(index, (slot, weight))| {
                let share = if total > 0.0 { weight / total } else { 0.0 };
                let place = Place {
                    seed: mix(seed, index as u64),
                    slot,
                    units: demand * share,
                    strain: &strain,
                };
                of_pod(&profile, &place, at)
            })
            .collect()
    }

    /// Usage of a workload's pods together.
    pub(crate) fn of_workload(&self, key: &WorkloadKey, slots: &[Slot], at: Timestamp) -> Usage {
        let mut sum = Usage::default();
        for usage in self.of_pods(key, slots, at) {
            sum += usage;
        }
        sum
    }

    /// What a node uses beside its pods: the kernel, the kubelet and the container runtime.
    pub(crate) fn of_system(&self, node: &str, at: Timestamp) -> Usage {
        let seed = hash(self.seed, &["node", node]);
        let seconds = at.0 as f64 / 1000.0;
        let swing = |salt: u64, period: f64| 1.0 + 0.12 * noise(mix(seed, salt), seconds, period);
        Usage {
            cpu: 135.0 * swing(1, 90.0),
            memory: 690.0 * MIB * swing(2, 7200.0),
            received: 9_000.0 * swing(3, 120.0),
            sent: 12_000.0 * swing(4, 120.0),
            read: 4_000.0 * swing(5, 300.0),
            written: 38_000.0 * swing(6, 300.0),
        }
    }
}

fn weights(profile: &Profile, seed: u64, slots: &[Slot], at: Timestamp) -> Vec<f64> {
    let seconds = at.0 as f64 / 1000.0;
    slots
        .iter()
        .enumerate()
        .map(|(index, slot)| {
            let extra = if index == 0 {
                profile.first_pod_extra
            } else {
                0.0
            };
            let luck = 0.07 * noise(mix(seed, 0x5EED + index as u64), seconds, 600.0);
            if slot.serving {
                1.0 + extra + luck
            } else {
                0.0
            }
        })
        .collect()
}

/// One pod's part in its workload.
struct Place<'a> {
    seed: u64,
    slot: &'a Slot,
    /// Units of work per second that reach it.
    units: f64,
    strain: &'a Strain,
}

fn of_pod(profile: &Profile, place: &Place<'_>, at: Timestamp) -> Usage {
    let Place {
        seed,
        slot,
        units,
        strain,
    } = *place;
    if !slot.serving {
        return Usage {
            cpu: profile.cpu_idle * 0.2,
            memory: profile.memory_idle * MIB * 0.3,
            ..Usage::default()
        };
    }
    let seconds = at.0 as f64 / 1000.0;
    let age = (at.0 - slot.started_at.0).max(0) as f64 / 1000.0;
    let wanted = profile.cpu_idle + profile.cpu_per_unit * units + strain.burn;
    let cpu = wanted * (1.0 + 0.02 * noise(mix(seed, 11), seconds, 45.0));
    let cpu = slot.cpu_limit.map_or(cpu, |limit| cpu.min(limit * 0.995));
    let warm = 1.0 - 0.3 * (-age / 420.0).exp();
    let memory = profile.memory_idle * warm
        + profile.memory_per_unit * units
        + profile.leak_per_hour * age / 3600.0
        + strain.leaked(slot.started_at, at);
    let memory = memory * MIB * (1.0 + 0.004 * noise(mix(seed, 12), seconds, 300.0));
    // Work that the CPU limit holds back moves no bytes either.
    let done = units * (cpu / wanted.max(0.001)).min(1.0);
    Usage {
        cpu,
        memory: slot.memory_limit.map_or(memory, |limit| memory.min(limit)),
        received: profile.received_per_unit * done,
        sent: profile.sent_per_unit * done,
        read: profile.read_per_unit * done,
        written: profile.written_per_unit * done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_763_990_000);

    fn slot(index: usize) -> Slot {
        Slot {
            pod: format!("storefront-{index}"),
            node: "node-1".to_owned(),
            running: true,
            serving: true,
            started_at: Timestamp::from_seconds(1_763_000_000),
            cpu_request: Some(250.0),
            cpu_limit: Some(500.0),
            memory_request: Some(256.0 * MIB),
            memory_limit: Some(512.0 * MIB),
        }
    }

    fn storefront(replicas: usize) -> Usage {
        let slots: Vec<_> = (0..replicas).map(slot).collect();
        model().of_workload(&WorkloadKey::deployment("shop", "storefront"), &slots, NOW)
    }

    fn model() -> Model {
        Model {
            seed: 1,
            founded_at: NOW,
            disturbances: Vec::new(),
        }
    }

    #[test]
    fn more_replicas_share_the_same_work() {
        let (three, six) = (storefront(3), storefront(6));
        assert!((three.cpu / 3.0) > 1.7 * (six.cpu / 6.0));
        assert!((three.sent - six.sent).abs() < three.sent * 0.05);
    }

    #[test]
    fn cpu_stops_at_the_limit_and_work_is_left_undone() {
        let one = storefront(1);
        assert!(one.cpu <= 500.0);
        assert!(one.sent < storefront(3).sent * 0.8);
    }

    #[test]
    fn the_storefront_uses_over_85_percent_of_its_request_at_any_hour_of_any_day() {
        for hour in 0..(7 * 24) {
            let slots: Vec<_> = (0..3).map(slot).collect();
            let at = Timestamp(NOW.0 + hour * 3_600_000);
            let usage =
                model().of_workload(&WorkloadKey::deployment("shop", "storefront"), &slots, at);
            assert!(
                usage.cpu / 750.0 > 0.85,
                "hour {hour}: {}",
                usage.cpu / 750.0
            );
            assert!(usage.cpu / 1500.0 < 0.95, "hour {hour}: throttled");
        }
    }

    #[test]
    fn a_workload_nobody_described_stays_within_its_request() {
        let key = WorkloadKey::deployment("default", "something");
        let usage = model().of_workload(&key, &[slot(0)], NOW);
        assert!(usage.cpu > 1.0 && usage.cpu < 250.0);
        assert!(usage.memory > MIB && usage.memory < 256.0 * MIB);
    }
}
