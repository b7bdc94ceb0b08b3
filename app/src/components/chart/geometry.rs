//! Turns series into the `d` of SVG paths. Gaps stay gaps.

use std::fmt::Write as _;

use domain::{
    forecast::{Forecast, Interval},
    series::Series,
    time::{Seconds, Timestamp},
};

use super::scale::Scale;

/// The measured line: one stroke per run of measurements, a dot for a single one.
#[must_use]
pub(super) fn history_path(series: &Series, scale: &Scale) -> String {
    let mut path = String::new();
    let mut pen_down = false;
    for (index, value) in series.values.iter().enumerate() {
        let Some(value) = value else {
            pen_down = false;
            continue;
        };
        let command = if pen_down { 'L' } else { 'M' };
        point(&mut path, command, scale, series.time_at(index), *value);
        if !pen_down {
            path.push_str("h.01");
        }
        pen_down = true;
    }
    path
}

/// The expected line, joined to the last measurement.
#[must_use]
pub(super) fn forecast_path(
    forecast: &Forecast,
    joined_to: Option<(Timestamp, f64)>,
    scale: &Scale,
) -> String {
    let mut path = String::new();
    let points = joined_to.into_iter().chain(steps(forecast, &forecast.mean));
    for (index, (at, value)) in points.enumerate() {
        let command = if index == 0 { 'M' } else { 'L' };
        point(&mut path, command, scale, at, value);
    }
    path
}

/// A band: along its upper bounds and back along its lower ones.
#[must_use]
pub(super) fn band_path(
    forecast: &Forecast,
    band: &Interval,
    joined_to: Option<(Timestamp, f64)>,
    scale: &Scale,
) -> String {
    let mut path = String::new();
    let upper = joined_to.into_iter().chain(steps(forecast, &band.upper));
    for (index, (at, value)) in upper.enumerate() {
        let command = if index == 0 { 'M' } else { 'L' };
        point(&mut path, command, scale, at, value);
    }
    for (at, value) in steps(forecast, &band.lower)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
    {
        point(&mut path, 'L', scale, at, value);
    }
    if !path.is_empty() {
        path.push('Z');
    }
    path
}

/// The values of a forecast with their times.
pub(super) fn steps<'a>(
    forecast: &'a Forecast,
    values: &'a [f64],
) -> impl Iterator<Item = (Timestamp, f64)> + 'a {
    values.iter().enumerate().map(|(index, value)| {
        let at = forecast.start + Seconds(forecast.step.0 * index as i64);
        (at, *value)
    })
}

fn point(path: &mut String, command: char, scale: &Scale, at: Timestamp, value: f64) {
    // Writing to a string cannot fail.
    let _ = write!(path, "{command}{:.1} {:.1}", scale.x(at), scale.y(value));
}

#[cfg(test)]
mod tests {
    use domain::{
        forecast::{ForecastMethod, Trend, TrendDirection},
        units::ConfidenceLevel,
    };

    use super::*;

    fn scale() -> Scale {
        Scale::new(Timestamp(0), Timestamp::from_seconds(1000), 10.0)
    }

    fn forecast() -> Forecast {
        Forecast {
            method: ForecastMethod::RandomWalk,
            start: Timestamp::from_seconds(500),
            step: Seconds(500),
            mean: vec![5.0, 5.0],
            intervals: vec![Interval {
                level: ConfidenceLevel::P80,
                lower: vec![2.5, 0.0],
                upper: vec![7.5, 10.0],
            }],
            trend: Trend {
                direction: TrendDirection::Stable,
                slope_per_hour: 0.0,
            },
            history: Seconds(3600),
        }
    }

    #[test]
    fn lifts_the_pen_over_a_gap() {
        let series = Series {
            start: Timestamp(0),
            step: Seconds(250),
            values: vec![Some(10.0), Some(5.0), None, Some(0.0)],
        };
        assert_eq!(
            history_path(&series, &scale()),
            "M0.0 0.0h.01L250.0 120.0M750.0 240.0h.01"
        );
    }

    #[test]
    fn begins_the_forecast_where_measuring_ended() {
        let last = Some((Timestamp(0), 10.0));
        assert_eq!(
            forecast_path(&forecast(), last, &scale()),
            "M0.0 0.0L500.0 120.0L1000.0 120.0"
        );
    }

    #[test]
    fn closes_a_band_along_its_lower_bounds() {
        let forecast = forecast();
        assert_eq!(
            band_path(&forecast, &forecast.intervals[0], None, &scale()),
            "M500.0 60.0L1000.0 0.0L1000.0 240.0L500.0 180.0Z"
        );
    }
}
