//! What makes a workload behave other than its profile says, from some moment to another.
//!
//! Disturbances belong to the model and not to the objects: charts of the past show them where they were.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{chance::smooth, ledger::WorkloadKey};

/// Milliseconds over which more work builds up, and wears off again.
const RAMP_MS: f64 = 120_000.0;

/// One disturbance of one workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Disturbance {
    /// Whom it befalls.
    pub workload: WorkloadKey,
    /// When it begins.
    pub from: Timestamp,
    /// When it is over; never when absent.
    pub until: Option<Timestamp>,
    /// What it does.
    pub effect: Effect,
}

/// What a disturbance does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Effect {
    /// This many times the usual work arrives; rises and falls within two minutes.
    Demand(f64),
    /// Every pod keeps this many MiB more per hour, counted from its start or the beginning.
    Leak(f64),
    /// Every pod uses this many millicores more.
    Burn(f64),
}

/// What all disturbances of a workload come to at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Strain {
    /// Factor on the work that arrives.
    pub demand: f64,
    /// Millicores more per pod.
    pub burn: f64,
    /// MiB more per hour and pod, with since when.
    pub leak: Option<(f64, Timestamp)>,
}

impl Strain {
    /// Nothing out of the ordinary.
    const NONE: Self = Self {
        demand: 1.0,
        burn: 0.0,
        leak: None,
    };

    /// MiB a pod started at `started_at` has lost by `at`.
    pub(crate) fn leaked(&self, started_at: Timestamp, at: Timestamp) -> f64 {
        self.leak.map_or(0.0, |(per_hour, from)| {
            let since = from.0.max(started_at.0);
            per_hour * (at.0 - since).max(0) as f64 / 3_600_000.0
        })
    }
}

/// The strain on a workload at `at`.
pub(crate) fn strain(disturbances: &[Disturbance], key: &WorkloadKey, at: Timestamp) -> Strain {
    disturbances
        .iter()
        .filter(|one| one.from <= at && one.workload == *key)
        .fold(Strain::NONE, |mut strain, one| {
            let is_on = one.until.is_none_or(|until| at < until);
            match one.effect {
                Effect::Demand(factor) => strain.demand *= 1.0 + (factor - 1.0) * one.ramp(at),
                Effect::Leak(per_hour) if is_on => strain.leak = Some((per_hour, one.from)),
                Effect::Burn(millicores) if is_on => strain.burn += millicores,
                Effect::Leak(_) | Effect::Burn(_) => {}
            }
            strain
        })
}

impl Disturbance {
    /// How much of it is felt at `at`, between 0 and 1.
    fn ramp(&self, at: Timestamp) -> f64 {
        let rise = smooth((at.0 - self.from.0) as f64 / RAMP_MS);
        let fall = self
            .until
            .map_or(0.0, |until| smooth((at.0 - until.0) as f64 / RAMP_MS));
        rise - fall
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spike() -> Vec<Disturbance> {
        vec![Disturbance {
            workload: WorkloadKey::deployment("shop", "storefront"),
            from: Timestamp::from_seconds(1000),
            until: Some(Timestamp::from_seconds(2000)),
            effect: Effect::Demand(3.0),
        }]
    }

    fn demand_at(second: i64) -> f64 {
        let key = WorkloadKey::deployment("shop", "storefront");
        strain(&spike(), &key, Timestamp::from_seconds(second)).demand
    }

    #[test]
    fn more_work_builds_up_stays_and_wears_off() {
        assert_eq!(demand_at(999), 1.0);
        assert!(demand_at(1060) > 1.5 && demand_at(1060) < 2.5);
        assert_eq!(demand_at(1500), 3.0);
        assert_eq!(demand_at(2200), 1.0);
    }

    #[test]
    fn other_workloads_notice_nothing() {
        let key = WorkloadKey::deployment("shop", "catalog");
        let at = Timestamp::from_seconds(1500);
        assert_eq!(strain(&spike(), &key, at), Strain::NONE);
    }

    #[test]
    fn a_leak_counts_from_the_start_of_the_pod_or_of_the_leak() {
        let strain = Strain {
            leak: Some((60.0, Timestamp::from_seconds(3600))),
            ..Strain::NONE
        };
        let at = Timestamp::from_seconds(7200);
        assert_eq!(strain.leaked(Timestamp::from_seconds(0), at), 60.0);
        assert_eq!(strain.leaked(Timestamp::from_seconds(5400), at), 30.0);
    }
}
