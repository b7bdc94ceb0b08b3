//! A line plus a repeating day: the reference document's model, by name.
//!
//! `y(t) = a + b·t + s(t mod day) + r(t)`, fitted by backfitting (Friedman and Stuetzle 1981): the line and
//! the day's profile are estimated in turn on what the other leaves over. What is left at the end decays
//! towards the fit with the residuals' own first autocorrelation, so that the forecast starts where the series
//! is. Bands come from errors made at past origins (see [`crate::calibration`]).

use crate::{Expected, calibration, statistics};

/// Rounds of backfitting; the profile moves by less than a thousandth after three.
const ROUNDS: usize = 3;
/// How many newest residuals say where the series stands against the fit.
const OFFSET_VALUES: usize = 3;
/// Persistence of the residuals is taken to be within this range: never negative, never a unit root.
const PERSISTENCE: std::ops::RangeInclusive<f64> = 0.0..=0.995;

/// A fitted line with its day.
pub(crate) struct Fit {
    intercept: f64,
    slope: f64,
    /// One value for each step of the day, summing to about 0.
    profile: Vec<f64>,
    /// Where the series stood against the fit at its end.
    offset: f64,
    /// How much of that is left after one step.
    persistence: f64,
    /// Standard deviation of what one step adds to the residual.
    shock: f64,
    length: usize,
}

/// Expects `horizon` further values; `per_day` steps make a day.
pub(crate) fn expect(values: &[Option<f64>], per_day: usize, horizon: usize) -> Expected {
    let fit = Fit::new(values, per_day);
    Expected {
        mean: fit.mean(horizon),
        half_widths: calibration::half_widths(values, per_day, horizon, &fit),
        noise: fit.shock,
    }
}

impl Fit {
    /// Fits `values`, of which at least one is measured.
    pub(crate) fn new(values: &[Option<f64>], per_day: usize) -> Self {
        let mut profile = vec![0.0; per_day];
        let (mut intercept, mut slope) = (0.0, 0.0);
        for _ in 0..ROUNDS {
            let rest = |(at, value): (usize, f64)| (at as f64, value - profile[at % per_day]);
            (intercept, slope) = statistics::line(measured(values).map(rest));
            let detrended =
                measured(values).map(|(at, value)| (at, value - intercept - slope * at as f64));
            profile = day_profile(detrended, per_day);
        }
        let residuals: Vec<Option<f64>> = values
            .iter()
            .enumerate()
            .map(|(at, value)| {
                value.map(|value| value - intercept - slope * at as f64 - profile[at % per_day])
            })
            .collect();
        let persistence = persistence(&residuals);
        Self {
            intercept,
            slope,
            profile,
            offset: offset(&residuals),
            persistence,
            shock: shock(&residuals, persistence),
            length: values.len(),
        }
    }

    /// The next `horizon` values.
    pub(crate) fn mean(&self, horizon: usize) -> Vec<f64> {
        let mut offset = self.offset;
        (self.length..self.length + horizon)
            .map(|at| {
                offset *= self.persistence;
                self.intercept
                    + self.slope * at as f64
                    + self.profile[at % self.profile.len()]
                    + offset
            })
            .collect()
    }

    /// Standard deviation of the error `steps` ahead if the residual is a first-order autoregression; at
    /// least a billionth of the level, so that it can be divided by.
    pub(crate) fn spread(&self, steps: usize) -> f64 {
        let square = self.persistence * self.persistence;
        let growth = (1.0 - square.powi(steps.min(100_000) as i32)) / (1.0 - square);
        let floor = 1e-9 * (1.0 + self.intercept.abs());
        (self.shock * growth.sqrt()).max(floor)
    }
}

fn measured(values: &[Option<f64>]) -> impl Iterator<Item = (usize, f64)> + Clone + '_ {
    values
        .iter()
        .enumerate()
        .filter_map(|(at, value)| value.map(|value| (at, value)))
}

/// Median of each step of the day over its neighbours and days, centred: the median so that one bad day does
/// not bend the profile, the neighbours because few days alone make a rough one.
fn day_profile(detrended: impl Iterator<Item = (usize, f64)>, per_day: usize) -> Vec<f64> {
    let mut slots: Vec<Vec<f64>> = vec![Vec::new(); per_day];
    for (at, value) in detrended {
        slots[at % per_day].push(value);
    }
    let means: Vec<Option<f64>> = slots
        .iter_mut()
        .map(|slot| (!slot.is_empty()).then(|| statistics::median(slot)))
        .collect();
    let mut profile: Vec<f64> = (0..per_day).map(|slot| smoothed(&means, slot)).collect();
    let centre = profile.iter().sum::<f64>() / per_day as f64;
    profile.iter_mut().for_each(|value| *value -= centre);
    profile
}

/// Weighted mean of a slot and its neighbours around midnight; 0 where none is known.
fn smoothed(slots: &[Option<f64>], slot: usize) -> f64 {
    const WEIGHTS: [f64; 5] = [1.0, 2.0, 3.0, 2.0, 1.0];
    let (mut sum, mut weight) = (0.0, 0.0);
    for (index, w) in WEIGHTS.iter().enumerate() {
        let neighbour = (slot + slots.len() + index - WEIGHTS.len() / 2) % slots.len();
        if let Some(value) = slots[neighbour] {
            sum += w * value;
            weight += w;
        }
    }
    if weight == 0.0 { 0.0 } else { sum / weight }
}

fn offset(residuals: &[Option<f64>]) -> f64 {
    let mut newest: Vec<f64> = residuals
        .iter()
        .rev()
        .take(OFFSET_VALUES * 2)
        .flatten()
        .take(OFFSET_VALUES)
        .copied()
        .collect();
    statistics::median(&mut newest)
}

/// First autocorrelation of the residuals over neighbouring measured values.
fn persistence(residuals: &[Option<f64>]) -> f64 {
    let (mut product, mut square) = (0.0, 0.0);
    for (before, after) in pairs(residuals) {
        product += before * after;
        square += before * before;
    }
    if square == 0.0 {
        return *PERSISTENCE.start();
    }
    (product / square).clamp(*PERSISTENCE.start(), *PERSISTENCE.end())
}

fn shock(residuals: &[Option<f64>], persistence: f64) -> f64 {
    let (mut square, mut count) = (0.0, 0.0_f64);
    for (before, after) in pairs(residuals) {
        square += (after - persistence * before).powi(2);
        count += 1.0;
    }
    (square / count.max(1.0)).sqrt()
}

fn pairs(residuals: &[Option<f64>]) -> impl Iterator<Item = (f64, f64)> + '_ {
    residuals
        .windows(2)
        .filter_map(|pair| Some((pair[0]?, pair[1]?)))
}
