//! From measurements to an outlook: history, forecast, and what a change of the replica count means for both.

use domain::{
    forecast::{Forecast, Outlook},
    resources::Availability,
    series::Series,
    time::Seconds,
};

use crate::services::history::{DAY, STEP};

/// Six hours of five-minute steps.
const HORIZON: usize = (6 * 3600 / STEP.0) as usize;

/// The last day of a quantity and its next six hours.
pub(super) fn of(series: Series, unit: &str) -> Outlook {
    let forecast = forecast(&series);
    outlook(series, unit, forecast)
}

/// The same for a quantity that every pod has of its own, as memory is: what is forecast is the quantity of one pod,
/// times as many as there are now. After a scaling the past of all pods together says little.
pub(super) fn of_each_pod(series: Series, pods: &Series, unit: &str) -> Outlook {
    let now = pods.last_measured().map(|(_, pods)| pods);
    let Some(now) = now.filter(|pods| *pods >= 1.0) else {
        return of(series, unit);
    };
    let forecast = forecast(&per_pod(&series, pods)).map(|forecast| times(forecast, now));
    outlook(series, unit, forecast)
}

fn forecast(series: &Series) -> Availability<Forecast> {
    match timeseries::forecast(series, HORIZON) {
        Ok(forecast) => Availability::Available(forecast),
        Err(why) => Availability::Unavailable(why.to_string()),
    }
}

fn outlook(series: Series, unit: &str, forecast: Availability<Forecast>) -> Outlook {
    Outlook {
        unit: unit.to_owned(),
        history: newest_day(series),
        forecast,
    }
}

/// `series` divided by the pods of the same moment; a gap where it is not known how many there were.
fn per_pod(series: &Series, pods: &Series) -> Series {
    let step = pods.step.0.max(1);
    let pods_at = |index: usize| {
        let steps = series.time_at(index).seconds_since(pods.start) / step;
        let pods = pods.values.get(usize::try_from(steps).ok()?)?;
        pods.filter(|pods| *pods >= 1.0)
    };
    let values = series.values.iter().enumerate();
    Series {
        start: series.start,
        step: series.step,
        values: values
            .map(|(index, value)| Some((*value)? / pods_at(index)?))
            .collect(),
    }
}

fn times(mut forecast: Forecast, factor: f64) -> Forecast {
    let scale = |values: &mut Vec<f64>| values.iter_mut().for_each(|value| *value *= factor);
    scale(&mut forecast.mean);
    for interval in &mut forecast.intervals {
        scale(&mut interval.lower);
        scale(&mut interval.upper);
    }
    forecast.trend.slope_per_hour *= factor;
    forecast
}

fn newest_day(series: Series) -> Series {
    let step = series.step.0.max(1);
    let keep = usize::try_from(DAY.0 / step).unwrap_or(usize::MAX);
    let drop = series.values.len().saturating_sub(keep);
    Series {
        start: series.time_at(drop),
        step: Seconds(step),
        values: series.values[drop..].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use domain::time::Timestamp;

    use super::*;

    fn series(values: impl Iterator<Item = f64>) -> Series {
        Series {
            start: Timestamp::from_seconds(300),
            step: STEP,
            values: values.map(Some).collect(),
        }
    }

    /// Four days of two pods with a quarter each, and an hour of six.
    #[test]
    fn expects_of_six_pods_six_times_what_one_has() {
        let count = |at: usize| if at < 4 * 288 { 2.0 } else { 6.0 };
        let pods = series((0..4 * 288 + 12).map(count));
        let memory = series((0..4 * 288 + 12).map(|at| 0.25 * count(at)));
        let outlook = of_each_pod(memory, &pods, "GiB");
        let Availability::Available(forecast) = outlook.forecast else {
            panic!("{:?}", outlook.forecast);
        };
        let expected = |value: &f64| (value - 1.5).abs() < 1e-6;
        assert!(forecast.mean.iter().all(expected), "{:?}", forecast.mean);
        assert_eq!(outlook.history.last_measured().unwrap().1, 1.5);
    }

    #[test]
    fn a_moment_without_a_count_of_pods_is_a_gap() {
        let pods = Series {
            start: Timestamp::from_seconds(600),
            step: STEP,
            values: vec![Some(2.0), None, Some(0.0)],
        };
        let each = per_pod(&series([1.0, 2.0, 3.0, 4.0, 5.0].into_iter()), &pods);
        assert_eq!(each.values, [None, Some(1.0), None, None, None]);
    }
}
