//! Where a time and a value stand in a chart, and which ticks its axes carry.

use domain::time::{Seconds, Timestamp};

/// Width of the drawing, in its own units; stretched to whatever width the page has.
pub(super) const WIDTH: f64 = 1000.0;
/// Height of the drawing, in its own units.
pub(super) const HEIGHT: f64 = 240.0;

/// Maps time and value to the drawing. The value axis begins at zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    from: Timestamp,
    to: Timestamp,
    top: f64,
    step: f64,
}

impl Scale {
    /// A scale that holds times `from..=to` and values up to `highest`.
    #[must_use]
    pub(super) fn new(from: Timestamp, to: Timestamp, highest: f64) -> Self {
        let step = nice_step(highest);
        let top = ((highest / step).ceil() * step).max(step);
        Self {
            from,
            to,
            top,
            step,
        }
    }

    /// Across, 0 to [`WIDTH`].
    #[must_use]
    pub(super) fn x(&self, at: Timestamp) -> f64 {
        self.share(at) * WIDTH
    }

    /// Down, 0 (highest) to [`HEIGHT`].
    #[must_use]
    pub(super) fn y(&self, value: f64) -> f64 {
        HEIGHT * (1.0 - (value / self.top).clamp(0.0, 1.0))
    }

    /// Where a time stands between start and end, 0 to 1.
    #[must_use]
    pub(super) fn share(&self, at: Timestamp) -> f64 {
        let span = (self.to.0 - self.from.0).max(1) as f64;
        ((at.0 - self.from.0) as f64 / span).clamp(0.0, 1.0)
    }

    /// The highest value of the axis.
    #[cfg(feature = "hydrate")]
    pub(super) const fn top(&self) -> f64 {
        self.top
    }

    /// The value axis' ticks, zero first.
    #[must_use]
    pub(super) fn values(&self) -> Vec<f64> {
        let count = (self.top / self.step).round() as u32;
        (0..=count).map(|i| f64::from(i) * self.step).collect()
    }

    /// The time axis' ticks: whole hours or days, four to seven of them.
    #[must_use]
    pub(super) fn times(&self) -> Vec<Timestamp> {
        const STEPS: [i64; 8] = [900, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800];
        let span = self.to.seconds_since(self.from);
        let step = STEPS
            .into_iter()
            .find(|step| span / step <= 6)
            .unwrap_or(604_800);
        let first = self.from.seconds().div_euclid(step) * step + step;
        (0..)
            .map(|i| Timestamp::from_seconds(first) + Seconds(i * step))
            .take_while(|at| *at < self.to)
            .collect()
    }
}

/// A step of 1, 2 or 5 times a power of ten that cuts `highest` into three to six parts.
fn nice_step(highest: f64) -> f64 {
    if highest <= 0.0 || !highest.is_finite() {
        return 0.25;
    }
    let power = 10f64.powf((highest / 4.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| highest / step <= 5.0)
        .unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(highest: f64) -> Scale {
        let from = Timestamp::from_seconds(1_763_930_000);
        Scale::new(from, from + Seconds(86_400), highest)
    }

    #[test]
    fn cuts_the_value_axis_at_round_numbers() {
        assert_eq!(day(9.1).values(), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(day(0.0).values(), [0.0, 0.25]);
        assert_eq!(day(47.0).values(), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]);
    }

    #[test]
    fn holds_every_value_it_was_made_for() {
        for highest in [0.01, 0.3, 1.0, 4.99, 12.0, 999.0] {
            let scale = day(highest);
            assert!(scale.y(highest) >= 0.0, "{highest}");
            assert!((3..=7).contains(&scale.values().len()), "{highest}");
        }
    }

    #[test]
    fn puts_time_ticks_on_whole_hours() {
        let ticks = day(1.0).times();
        assert!((3..=7).contains(&ticks.len()));
        assert!(ticks.iter().all(|at| at.seconds() % 3_600 == 0));
    }

    #[test]
    fn stays_inside_the_drawing() {
        let scale = day(10.0);
        assert_eq!(scale.x(Timestamp(0)), 0.0);
        assert_eq!(scale.y(1e9), 0.0);
        assert_eq!(scale.y(0.0), HEIGHT);
    }
}
