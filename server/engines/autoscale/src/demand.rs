//! How much CPU the workload will need, from what it uses and what is expected.

use domain::{
    forecast::Forecast,
    time::{Seconds, Timestamp},
    units::ConfidenceLevel,
};

use crate::observation::Observation;

/// Over this long, the upper edge of the 80 % band counts: a replica that is missing now hurts now. Beyond it the
/// expected value does, since the next evaluation comes long before.
const LEAD: Seconds = Seconds(1800);

/// CPU of all pods together, in millicores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Demand {
    /// In use now.
    pub now: f64,
    /// The most that is needed within the forecast's horizon (what is used now, without a forecast).
    pub peak: f64,
    /// When that is.
    pub peak_at: Timestamp,
    /// The most that must be reckoned with: the upper edge of the 80 % band all along. Scaling down has to leave
    /// room for it.
    pub cautious_peak: f64,
}

/// Demand of an observation; `None` when nothing was measured.
pub(crate) fn of(observation: &Observation) -> Option<Demand> {
    let now = observation.usage?.cpu.0 as f64;
    let mut demand = Demand {
        now,
        peak: now,
        peak_at: observation.now,
        cautious_peak: now,
    };
    if let Some(forecast) = observation.cpu_forecast.as_ref().filter(|f| is_usable(f)) {
        demand.add(forecast, observation.now);
    }
    Some(demand)
}

impl Demand {
    fn add(&mut self, forecast: &Forecast, now: Timestamp) {
        let upper = forecast
            .interval(ConfidenceLevel::P80)
            .map(|band| &band.upper);
        for (index, mean) in forecast.mean.iter().enumerate() {
            let at = forecast.start + Seconds(forecast.step.0 * index as i64);
            let cautious = upper.map_or(*mean, |upper| upper[index]) * 1000.0;
            let needed = if at <= now + LEAD {
                cautious
            } else {
                mean * 1000.0
            };
            if needed > self.peak {
                self.peak = needed;
                self.peak_at = at;
            }
            self.cautious_peak = self.cautious_peak.max(cautious);
        }
    }
}

/// A forecast with a hole or a value that is no number is no forecast.
pub(crate) fn is_usable(forecast: &Forecast) -> bool {
    let band_fits = forecast.interval(ConfidenceLevel::P80).is_none_or(|band| {
        band.upper.len() == forecast.mean.len() && band.upper.iter().all(|v| v.is_finite())
    });
    band_fits
        && forecast
            .mean
            .iter()
            .all(|value| value.is_finite() && *value >= 0.0)
}

/// How much of the peak's expected value its 80 % band spans; `None` without a forecast.
pub(crate) fn relative_spread(forecast: &Forecast) -> Option<f64> {
    let band = forecast.interval(ConfidenceLevel::P80)?;
    let (index, mean) = forecast
        .mean
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(b.1))?;
    (*mean > 0.0).then(|| (band.upper[index] - band.lower[index]) / mean)
}
