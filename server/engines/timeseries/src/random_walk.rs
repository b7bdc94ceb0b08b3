//! The last value carried on, with the spread that steps of each length had so far.
//!
//! For short histories: one day cannot tell a trend from a season, so the honest expectation is "as it is",
//! and the honest width is how far values moved in the same time before. For a Gaussian random walk this is
//! the textbook interval (Hyndman and Athanasopoulos, "Forecasting: Principles and Practice", 5.5: the width
//! grows with the square root of the horizon); for a series that returns to its level it stays narrower.

use crate::{Expected, LEVELS, statistics};

/// Steps of at most this share of the history are measured; longer ones are extrapolated.
const MEASURED_SHARE: usize = 3;
/// How many newest values the starting level is taken from: one outlier must not become the forecast.
const LEVEL_VALUES: usize = 3;

/// Expects the level of the newest values over `horizon` steps.
pub(crate) fn expect(values: &[Option<f64>], horizon: usize) -> Expected {
    let first = values.iter().position(Option::is_some).unwrap_or(0);
    let values = &values[first..];
    let expected = level(values);
    let longest = (values.len() / MEASURED_SHARE).clamp(1, horizon.max(1));
    let half_widths = LEVELS.map(|level| half_widths(values, level.share(), longest, horizon));
    Expected {
        mean: vec![expected; horizon],
        noise: half_widths[0].first().copied().unwrap_or(0.0),
        half_widths,
    }
}

fn level(values: &[Option<f64>]) -> f64 {
    let mut newest: Vec<f64> = values
        .iter()
        .rev()
        .flatten()
        .take(LEVEL_VALUES)
        .copied()
        .collect();
    statistics::median(&mut newest)
}

/// Measured up to `longest` steps, then growing with the square root of time; never shrinking with it.
fn half_widths(values: &[Option<f64>], share: f64, longest: usize, horizon: usize) -> Vec<f64> {
    let mut widths = Vec::with_capacity(horizon);
    let mut widest = 0.0_f64;
    for steps in 1..=longest.min(horizon) {
        let mut moves = moves(values, steps);
        if !moves.is_empty() {
            widest = widest.max(statistics::conformal_quantile(&mut moves, share));
        }
        widths.push(widest);
    }
    for steps in longest + 1..=horizon {
        widths.push(widest * (steps as f64 / longest as f64).sqrt());
    }
    widths
}

/// How far the series was from the level that would have been expected `steps` before, wherever both are known.
fn moves(values: &[Option<f64>], steps: usize) -> Vec<f64> {
    (LEVEL_VALUES..=values.len())
        .filter_map(|origin| {
            let value = (*values.get(origin + steps - 1)?)?;
            values[origin - 1].map(|_| (value - level(&values[..origin])).abs())
        })
        .collect()
}
