//! How much work arrives for a workload at any time, past or future.
//!
//! Pure functions of seed and time: the present, the 14 days of history and any replay agree because they
//! ask the same function. How much CPU or memory the work costs is `usage`'s business.

use domain::time::Timestamp;

use crate::chance::{mix, noise, smooth, unit};

const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;
const WEEK: f64 = 7.0 * DAY;
/// 1970-01-01 was a Thursday; weeks begin on Monday.
const MONDAY_OFFSET: f64 = 3.0 * DAY;

/// The demand of one workload, in units of work per second (a request, a message, a query).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demand {
    /// Units per second at a weekday's peak, at the time the cluster was founded.
    pub level: f64,
    /// Day and night, weekday and weekend; `None` for work that never sleeps.
    pub rhythm: Option<Rhythm>,
    /// Relative growth per day, 0.01 for one percent; bounded to 0.4–2.5 of the level.
    pub growth_per_day: f64,
    /// Short bursts on top.
    pub bursts: Option<Bursts>,
    /// A nightly run on top.
    pub batch: Option<Batch>,
    /// Relative size of the noise, 0.05 for five percent.
    pub noise: f64,
}

/// Day and night.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rhythm {
    /// Hour of the peak, UTC.
    pub peak_hour: f64,
    /// The quietest hour as a share of the peak.
    pub night: f64,
    /// Saturday and Sunday as a share of a weekday.
    pub weekend: f64,
}

/// Bursts at hashed times, evenly many per day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bursts {
    /// How many a day; positive.
    pub per_day: f64,
    /// Height of the tallest as a share of the level.
    pub height: f64,
    /// Length of one, in minutes.
    pub minutes: f64,
}

/// A run at the same time every night.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch {
    /// Hour it starts, UTC.
    pub hour: f64,
    /// Length, in minutes.
    pub minutes: f64,
    /// Height as a share of the level.
    pub height: f64,
}

impl Demand {
    /// A steady demand.
    pub(crate) const fn steady(level: f64, noise: f64) -> Self {
        Self {
            level,
            rhythm: None,
            growth_per_day: 0.0,
            bursts: None,
            batch: None,
            noise,
        }
    }

    /// Units per second at `at`; never negative. Growth counts from `founded_at`.
    pub(crate) fn at(&self, seed: u64, founded_at: Timestamp, at: Timestamp) -> f64 {
        let seconds = at.0 as f64 / 1000.0;
        let days = (at.0 - founded_at.0) as f64 / 1000.0 / DAY;
        let growth = (1.0 + self.growth_per_day * days).clamp(0.4, 2.5);
        let rhythm = self.rhythm.map_or(1.0, |rhythm| rhythm.at(seconds));
        let bursts = self.bursts.map_or(0.0, |bursts| bursts.at(seed, seconds));
        let batch = self.batch.map_or(0.0, |batch| batch.at(seconds));
        let jitter = 1.0
            + self.noise
                * (0.6 * noise(seed, seconds, 75.0) + 0.4 * noise(mix(seed, 1), seconds, 1200.0));
        (self.level * (rhythm * growth + bursts + batch) * jitter).max(0.0)
    }
}

impl Rhythm {
    fn at(self, seconds: f64) -> f64 {
        let hour = seconds.rem_euclid(DAY) / HOUR;
        let phase = (hour - self.peak_hour) / 24.0 * std::f64::consts::TAU;
        let day = self.night + (1.0 - self.night) * ((1.0 + phase.cos()) / 2.0).powf(1.2);
        day * (1.0 - (1.0 - self.weekend) * weekend(seconds))
    }
}

/// 0 on weekdays, 1 at the weekend, sliding over four hours around the two midnights.
fn weekend(seconds: f64) -> f64 {
    let hour = (seconds + MONDAY_OFFSET).rem_euclid(WEEK) / HOUR;
    let saturday = smooth((hour - 118.0) / 4.0);
    let monday = smooth((hour - 166.0) / 4.0);
    let early_monday = 1.0 - smooth((hour + 2.0) / 4.0);
    (saturday - monday).max(0.0).max(early_monday)
}

impl Bursts {
    fn at(self, seed: u64, seconds: f64) -> f64 {
        let slot = DAY / self.per_day;
        let length = (self.minutes * 60.0).min(slot);
        let index = (seconds / slot).floor();
        let chance = mix(seed ^ 0xB0B5, index as i64 as u64);
        let start = index * slot + unit(chance) * (slot - length);
        let inside = (seconds - start) / length;
        if !(0.0..1.0).contains(&inside) {
            return 0.0;
        }
        let height = self.height * (0.45 + 0.55 * unit(mix(chance, 2)));
        height * (inside * std::f64::consts::PI).sin().powi(2)
    }
}

impl Batch {
    fn at(self, seconds: f64) -> f64 {
        let since = (seconds.rem_euclid(DAY) / HOUR - self.hour).rem_euclid(24.0) * 60.0;
        self.height * smooth(since / 4.0) * (1.0 - smooth((since - self.minutes) / 4.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOUNDED: Timestamp = Timestamp::from_seconds(1_763_942_400); // Monday 2025-11-24T00:00Z

    fn shop() -> Demand {
        Demand {
            rhythm: Some(Rhythm {
                peak_hour: 18.0,
                night: 0.4,
                weekend: 0.7,
            }),
            ..Demand::steady(100.0, 0.0)
        }
    }

    fn at_hour(demand: &Demand, hour: i64) -> f64 {
        demand.at(
            1,
            FOUNDED,
            Timestamp::from_seconds(FOUNDED.seconds() + hour * 3600),
        )
    }

    #[test]
    fn peaks_by_day_and_rests_at_night_and_at_the_weekend() {
        let demand = shop();
        assert!((at_hour(&demand, 24 + 18) - 100.0).abs() < 0.01);
        assert!((at_hour(&demand, 24 + 6) - 40.0).abs() < 0.01);
        assert!((at_hour(&demand, 5 * 24 + 18) - 70.0).abs() < 0.01);
    }

    #[test]
    fn is_smooth_across_every_border_of_the_week() {
        let demand = Demand {
            bursts: Some(Bursts {
                per_day: 6.0,
                height: 1.0,
                minutes: 12.0,
            }),
            batch: Some(Batch {
                hour: 23.5,
                minutes: 60.0,
                height: 2.0,
            }),
            growth_per_day: 0.01,
            noise: 0.05,
            ..shop()
        };
        let mut previous = demand.at(1, FOUNDED, FOUNDED);
        for step in 1..(8 * 24 * 360) {
            let here = demand.at(1, FOUNDED, Timestamp(FOUNDED.0 + step * 10_000));
            assert!(
                (here - previous).abs() < 15.0,
                "step {step}: {previous} {here}"
            );
            previous = here;
        }
    }

    #[test]
    fn grows_day_by_day_within_its_bounds() {
        let demand = Demand {
            growth_per_day: 0.02,
            ..Demand::steady(100.0, 0.0)
        };
        assert!((at_hour(&demand, 240) - 120.0).abs() < 0.01);
        assert!((at_hour(&demand, 24 * 10_000) - 250.0).abs() < 0.01);
    }

    #[test]
    fn runs_its_batch_across_midnight() {
        let demand = Demand {
            batch: Some(Batch {
                hour: 23.5,
                minutes: 60.0,
                height: 2.0,
            }),
            ..Demand::steady(10.0, 0.0)
        };
        assert!((at_hour(&demand, 24) - 30.0).abs() < 0.01);
        assert!((at_hour(&demand, 12) - 10.0).abs() < 0.01);
    }
}
