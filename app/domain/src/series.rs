//! Equally spaced measurements with explicit gaps.

use serde::{Deserialize, Serialize};

use crate::time::{Seconds, Timestamp};

/// Measurements `step` apart, oldest first. A gap is `None`, never 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Series {
    /// Time of the first value.
    pub start: Timestamp,
    /// Distance between two values; positive.
    pub step: Seconds,
    /// The values, oldest first.
    pub values: Vec<Option<f64>>,
}

impl Series {
    /// Puts `(time, value)` samples on a grid of `step`: each value at the nearest grid point at or before it,
    /// the last sample of a grid cell winning; cells without a finite sample are gaps.
    ///
    /// Returns an empty series when there is no finite sample.
    #[must_use]
    pub fn from_samples(samples: &[(Timestamp, f64)], step: Seconds) -> Self {
        let cell = |at: Timestamp| at.seconds().div_euclid(step.0);
        let mut finite: Vec<_> = samples
            .iter()
            .filter(|(_, value)| value.is_finite())
            .collect();
        finite.sort_by_key(|(at, _)| *at);
        let (Some(first), Some(last)) = (finite.first(), finite.last()) else {
            return Self {
                start: Timestamp(0),
                step,
                values: Vec::new(),
            };
        };
        let origin = cell(first.0);
        let mut values = vec![None; (cell(last.0) - origin + 1) as usize];
        for (at, value) in finite {
            values[(cell(*at) - origin) as usize] = Some(*value);
        }
        Self {
            start: Timestamp::from_seconds(origin * step.0),
            step,
            values,
        }
    }

    /// Time of the value at `index`.
    #[must_use]
    pub fn time_at(&self, index: usize) -> Timestamp {
        self.start + Seconds(self.step.0 * index as i64)
    }

    /// How much time lies between the first and the last value.
    #[must_use]
    pub fn span(&self) -> Seconds {
        Seconds(self.step.0 * self.values.len().saturating_sub(1) as i64)
    }

    /// How many values were measured.
    #[must_use]
    pub fn measured(&self) -> usize {
        self.values.iter().flatten().count()
    }

    /// The newest measured value with its time.
    #[must_use]
    pub fn last_measured(&self) -> Option<(Timestamp, f64)> {
        let (index, value) = self
            .values
            .iter()
            .enumerate()
            .rev()
            .find_map(|(i, v)| v.map(|v| (i, v)))?;
        Some((self.time_at(index), value))
    }
}

/// What a stored or queried series measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// CPU in use, millicores.
    Cpu,
    /// Working set, bytes.
    Memory,
    /// Network received and sent, bytes per second.
    Network,
    /// Disk read and written, bytes per second.
    Disk,
    /// Pods running.
    Pods,
    /// Nodes ready.
    Nodes,
}

impl Metric {
    /// The metric's word in the store, the API and URLs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Network => "network",
            Self::Disk => "disk",
            Self::Pods => "pods",
            Self::Nodes => "nodes",
        }
    }
}

/// Whose measurements: the whole cluster's or one workload's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// All nodes together.
    Cluster,
    /// All pods of one workload together.
    Workload(crate::resources::WorkloadRef),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_a_missing_step_as_a_gap() {
        let at = Timestamp::from_seconds;
        let series = Series::from_samples(&[(at(600), 1.0), (at(1205), 3.0)], Seconds(300));
        assert_eq!(series.values, [Some(1.0), None, Some(3.0)]);
        assert_eq!(series.start, at(600));
        assert_eq!(series.last_measured(), Some((at(1200), 3.0)));
    }

    #[test]
    fn drops_what_is_not_a_number() {
        assert!(
            Series::from_samples(&[(Timestamp(0), f64::NAN)], Seconds(300))
                .values
                .is_empty()
        );
    }
}
