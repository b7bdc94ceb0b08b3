//! Forecasting on equally spaced series: what to expect, and how sure that is.
//!
//! Pure: no clock, no randomness, no I/O; the same input gives the same output on every platform. Gathering
//! measurements is the adapters' job, deciding on a forecast is `autoscale`'s.
//!
//! Two methods, chosen by how much history there is (see [`forecast`]): `random_walk` while one day cannot
//! tell a trend from a season, and `trend_season` from three days on.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod calibration;
mod random_walk;
mod statistics;
mod trend_season;

use domain::{
    forecast::{Forecast, ForecastMethod, Interval, Trend, TrendDirection},
    series::Series,
    time::Seconds,
    units::ConfidenceLevel,
};

/// Bands that every forecast carries, narrowest first.
pub const LEVELS: [ConfidenceLevel; 3] = [
    ConfidenceLevel::P50,
    ConfidenceLevel::P80,
    ConfidenceLevel::P95,
];

/// Fewest measured values that say anything: one hour at five-minute steps.
pub const FEWEST_VALUES: usize = 12;

/// From this much history on, a day that repeats can be told from a line that rises.
pub const SEASONAL_FROM: Seconds = Seconds(3 * 86_400);

/// Longest history that is used; older values say more about the past than about the next hours.
const LONGEST: Seconds = Seconds(14 * 86_400);

/// Why there is no forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotEnough {
    /// Too few values were measured.
    #[error("a forecast needs {FEWEST_VALUES} measurements, there are {measured}")]
    Values {
        /// How many there are.
        measured: usize,
    },
    /// The newest measurement is older than the horizon asked for would reach.
    #[error("the newest measurement is too old to forecast from")]
    Stale,
}

/// The next `horizon` steps after the series' last grid point.
///
/// Under three days of history the last value is carried on with the spread that steps of that length had
/// ([`ForecastMethod::RandomWalk`]); from three days on a line plus a repeating day is fitted
/// ([`ForecastMethod::LinearTrendDailySeason`]). Values are taken to be quantities that cannot be negative:
/// means and bands are cut at 0. Gaps (`None`) are left out, never filled with zeros; of the history the newest
/// 14 days count.
///
/// # Errors
/// [`NotEnough::Values`] below [`FEWEST_VALUES`] measured values, [`NotEnough::Stale`] when the series ends in
/// a gap longer than the horizon.
pub fn forecast(series: &Series, horizon: usize) -> Result<Forecast, NotEnough> {
    let series = newest(series);
    let values: Vec<Option<f64>> = series
        .values
        .iter()
        .map(|value| value.filter(|v| v.is_finite()))
        .collect();
    let measured = values.iter().flatten().count();
    if measured < FEWEST_VALUES {
        return Err(NotEnough::Values { measured });
    }
    let trailing_gap = values
        .iter()
        .rev()
        .take_while(|value| value.is_none())
        .count();
    if trailing_gap > horizon {
        return Err(NotEnough::Stale);
    }
    let per_day = usize::try_from(86_400 / series.step.0.max(1)).unwrap_or(0);
    let seasonal = span_of_measured(&values, series.step) >= SEASONAL_FROM && per_day >= 2;
    let (method, expected) = if seasonal {
        let values = without_outliers(&values);
        (
            ForecastMethod::LinearTrendDailySeason,
            trend_season::expect(&values, per_day, horizon),
        )
    } else {
        (
            ForecastMethod::RandomWalk,
            random_walk::expect(&values, horizon),
        )
    };
    Ok(assemble(&series, method, expected))
}

/// What a method expects: the mean, and half the width of each band of [`LEVELS`], each `horizon` long.
struct Expected {
    mean: Vec<f64>,
    half_widths: [Vec<f64>; LEVELS.len()],
    /// Typical distance of a value from what was expected of it, for judging whether a trend matters.
    noise: f64,
}

fn newest(series: &Series) -> Series {
    let keep = usize::try_from(LONGEST.0 / series.step.0.max(1)).unwrap_or(usize::MAX);
    let drop = series.values.len().saturating_sub(keep);
    Series {
        start: series.time_at(drop),
        step: series.step,
        values: series.values[drop..].to_vec(),
    }
}

/// Values brought within ten interquartile ranges of the quartiles, so that one absurd measurement cannot tilt the
/// line; an ordinary burst stays as it is. A series that hardly ever changes has no such range and is left alone.
fn without_outliers(values: &[Option<f64>]) -> Vec<Option<f64>> {
    const RANGES: f64 = 10.0;
    let mut known: Vec<f64> = values.iter().flatten().copied().collect();
    let low = statistics::quantile(&mut known, 0.25);
    let high = statistics::quantile(&mut known, 0.75);
    let reach = RANGES * (high - low);
    if reach <= 0.0 {
        return values.to_vec();
    }
    values
        .iter()
        .map(|value| value.map(|value| value.clamp(low - reach, high + reach)))
        .collect()
}

/// Time between the first and the last measured value.
fn span_of_measured(values: &[Option<f64>], step: Seconds) -> Seconds {
    let first = values.iter().position(Option::is_some).unwrap_or(0);
    let last = values.iter().rposition(Option::is_some).unwrap_or(0);
    // A day of n values spans n - 1 steps; it is a day all the same.
    Seconds(step.0 * (last - first + 1) as i64)
}

fn assemble(series: &Series, method: ForecastMethod, expected: Expected) -> Forecast {
    let Expected {
        mean,
        half_widths,
        noise,
    } = expected;
    let mean: Vec<f64> = mean.into_iter().map(|value| value.max(0.0)).collect();
    let intervals = LEVELS
        .into_iter()
        .zip(half_widths)
        .map(|(level, half)| Interval {
            level,
            lower: mean
                .iter()
                .zip(&half)
                .map(|(m, w)| (m - w).max(0.0))
                .collect(),
            upper: mean.iter().zip(&half).map(|(m, w)| m + w).collect(),
        })
        .collect();
    Forecast {
        method,
        start: series.time_at(series.values.len()),
        step: series.step,
        trend: trend(&mean, series.step, noise),
        mean,
        intervals,
        history: span_of_measured(&series.values, series.step),
    }
}

/// The least change over the horizon that has a direction, as a share of the level.
const LEAST_CHANGE: f64 = 0.03;

/// Change over the horizon; a direction only when it exceeds the noise and [`LEAST_CHANGE`].
fn trend(mean: &[f64], step: Seconds, noise: f64) -> Trend {
    let (Some(first), Some(last)) = (mean.first(), mean.last()) else {
        return Trend {
            direction: TrendDirection::Stable,
            slope_per_hour: 0.0,
        };
    };
    let hours = step.0 as f64 * (mean.len() - 1).max(1) as f64 / 3600.0;
    let change = last - first;
    let level = mean.iter().map(|value| value.abs()).sum::<f64>() / mean.len() as f64;
    let direction = if change.abs() <= noise.max(LEAST_CHANGE * level) {
        TrendDirection::Stable
    } else if change > 0.0 {
        TrendDirection::Increasing
    } else {
        TrendDirection::Decreasing
    };
    Trend {
        direction,
        slope_per_hour: change / hours,
    }
}
