//! What is expected to come, how sure that is, and by which method it was worked out.

use serde::{Deserialize, Serialize};

use crate::{
    series::Series,
    time::{Seconds, Timestamp},
    units::ConfidenceLevel,
};

/// How a forecast was made; shown beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ForecastMethod {
    /// The last value, with the spread of a random walk: under 3 days of history.
    RandomWalk,
    /// A line plus a repeating day.
    LinearTrendDailySeason,
}

impl ForecastMethod {
    /// The method in words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::RandomWalk => "last value with random-walk spread",
            Self::LinearTrendDailySeason => "linear trend with daily season",
        }
    }
}

/// Where a series is heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TrendDirection {
    /// Up by more than its noise.
    Increasing,
    /// Down by more than its noise.
    Decreasing,
    /// Neither.
    Stable,
}

impl TrendDirection {
    /// The word used in the analysis JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Increasing => "increasing",
            Self::Decreasing => "decreasing",
            Self::Stable => "stable",
        }
    }
}

/// A trend with its slope.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Trend {
    /// Where to.
    pub direction: TrendDirection,
    /// Change per hour in the series' own unit, from the first to the last step of the horizon.
    pub slope_per_hour: f64,
}

/// A band that is meant to hold the truth with probability `level`, step by step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Interval {
    /// How sure it claims to be.
    pub level: ConfidenceLevel,
    /// Lower bounds, as long as the forecast's mean.
    pub lower: Vec<f64>,
    /// Upper bounds, as long as the forecast's mean.
    pub upper: Vec<f64>,
}

/// Expected values `step` apart; the first is one step after the last measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Forecast {
    /// How it was made.
    pub method: ForecastMethod,
    /// Time of the first expected value.
    pub start: Timestamp,
    /// Distance between two values.
    pub step: Seconds,
    /// Expected values, never NaN, never negative.
    pub mean: Vec<f64>,
    /// Bands, narrowest first.
    pub intervals: Vec<Interval>,
    /// Where it is heading.
    pub trend: Trend,
    /// How much history it rests on.
    pub history: Seconds,
}

impl Forecast {
    /// The highest expected value with its time; `None` for an empty horizon.
    #[must_use]
    pub fn peak(&self) -> Option<(Timestamp, f64)> {
        let (index, value) = self
            .mean
            .iter()
            .copied()
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        Some((self.start + Seconds(self.step.0 * index as i64), value))
    }

    /// The band at `level`, if it was computed.
    #[must_use]
    pub fn interval(&self, level: ConfidenceLevel) -> Option<&Interval> {
        self.intervals
            .iter()
            .find(|interval| interval.level == level)
    }
}

/// History and forecast of one quantity, as a chart shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Outlook {
    /// The unit of every value, in words: `cores`, `GiB`, `% of request`.
    pub unit: String,
    /// What was measured.
    pub history: Series,
    /// What is expected, or why nothing can be said.
    pub forecast: crate::resources::Availability<Forecast>,
}
