//! Rounds series to what a chart can show, so that pages stay light.

use domain::{
    forecast::{Forecast, Interval, Outlook},
    series::Series,
};

/// Digits that count. A chart 1,000 pixels high could not show the next one.
const DIGITS: i32 = 4;

/// The series with each value rounded to four significant digits.
#[must_use]
pub fn rounded_series(mut series: Series) -> Series {
    for value in series.values.iter_mut().flatten() {
        *value = rounded(*value);
    }
    series
}

/// An outlook with each value rounded to four significant digits.
#[must_use]
pub fn rounded_outlook(outlook: Outlook) -> Outlook {
    Outlook {
        unit: outlook.unit,
        history: rounded_series(outlook.history),
        forecast: outlook.forecast.map(rounded_forecast),
    }
}

fn rounded_forecast(mut forecast: Forecast) -> Forecast {
    let all = |values: &mut Vec<f64>| values.iter_mut().for_each(|value| *value = rounded(*value));
    all(&mut forecast.mean);
    for Interval { lower, upper, .. } in &mut forecast.intervals {
        all(lower);
        all(upper);
    }
    forecast
}

fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let magnitude = value.abs().log10().floor() as i32;
    // Divides by a power of ten rather than multiplying by its inverse, which is not exact.
    let scale = 10f64.powi((DIGITS - 1 - magnitude).abs());
    if magnitude < DIGITS {
        (value * scale).round() / scale
    } else {
        (value / scale).round() * scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_four_digits_at_any_size() {
        for (value, expected) in [
            (0.123_456, 0.1235),
            (7.812_345, 7.812),
            (123_456.0, 123_500.0),
            (0.0, 0.0),
            (9999.6, 10000.0),
        ] {
            assert_eq!(rounded(value), expected);
        }
    }
}
