//! The chart in one sentence and in a table, for who cannot or does not want to look at lines.

use domain::{
    forecast::{Forecast, TrendDirection},
    time::{Seconds, Timestamp},
    units::ConfidenceLevel,
};
use leptos::prelude::*;

use super::ChartData;
use crate::components::{time::age, usage::number};

/// Rows of the table are this far apart: half an hour.
const ROW: Seconds = Seconds(1_800);

/// What the chart shows, in one or two sentences.
#[must_use]
pub(super) fn summary(chart: &ChartData) -> String {
    let mut text = measured(chart);
    if let Some(forecast) = &chart.forecast {
        text.push(' ');
        text.push_str(&expected(forecast, &chart.unit));
    }
    text
}

fn measured(chart: &ChartData) -> String {
    let Some((_, now)) = chart.history.last_measured() else {
        return format!("{}: nothing was measured yet.", chart.quantity);
    };
    let values = || chart.history.values.iter().flatten().copied();
    let lowest = values().fold(f64::INFINITY, f64::min);
    let highest = values().fold(f64::NEG_INFINITY, f64::max);
    let span = age(chart.history.span().0 + chart.history.step.0);
    let missing = chart.history.values.len() - chart.history.measured();
    let gaps = match missing {
        0 => String::new(),
        _ => format!(
            ", {missing} of {} steps without data",
            chart.history.values.len()
        ),
    };
    format!(
        "{} is {} {unit} now, between {} and {} over the last {span}{gaps}.",
        chart.quantity,
        number(now),
        number(lowest),
        number(highest),
        unit = chart.unit,
    )
}

fn expected(forecast: &Forecast, unit: &str) -> String {
    let Some((at, peak)) = forecast.peak() else {
        return String::new();
    };
    let trend = match forecast.trend.direction {
        TrendDirection::Increasing => "rising",
        TrendDirection::Decreasing => "falling",
        TrendDirection::Stable => "steady",
    };
    let band = forecast
        .interval(ConfidenceLevel::P80)
        .and_then(|band| {
            let index = (at.seconds_since(forecast.start) / forecast.step.0.max(1)) as usize;
            Some((band.lower.get(index)?, band.upper.get(index)?))
        })
        .map(|(low, high)| format!(" (80\u{202f}% interval {}–{})", number(*low), number(*high)))
        .unwrap_or_default();
    format!(
        "Expected to be {trend}, at most {} {unit} at {} UTC{band}; method: {}.",
        number(peak),
        at.clock(),
        forecast.method.label()
    )
}

/// One row: when, and what was measured or is expected.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// When.
    pub at: Timestamp,
    /// Measured, expected, or missing.
    pub value: Cell,
}

/// A cell of the table.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// A measurement.
    Measured(f64),
    /// No measurement there.
    Gap,
    /// Expected, with the 80 % interval when there is one.
    Expected(f64, Option<(f64, f64)>),
}

/// The table's rows, every half hour, history first.
#[must_use]
pub(super) fn rows(chart: &ChartData) -> Vec<Row> {
    let history = (0..chart.history.values.len())
        .filter(|index| chart.history.time_at(*index).seconds() % ROW.0 == 0)
        .map(|index| Row {
            at: chart.history.time_at(index),
            value: chart.history.values[index].map_or(Cell::Gap, Cell::Measured),
        });
    let forecast = chart.forecast.iter().flat_map(forecast_rows);
    history.chain(forecast).collect()
}

fn forecast_rows(forecast: &Forecast) -> Vec<Row> {
    let band = forecast.interval(ConfidenceLevel::P80);
    super::geometry::steps(forecast, &forecast.mean)
        .enumerate()
        .filter(|(_, (at, _))| at.seconds() % ROW.0 == 0)
        .map(|(index, (at, mean))| {
            let interval = band.and_then(|b| Some((*b.lower.get(index)?, *b.upper.get(index)?)));
            Row {
                at,
                value: Cell::Expected(mean, interval),
            }
        })
        .collect()
}

/// The table under a chart.
pub(super) fn table(chart: &ChartData) -> impl IntoView + use<> {
    let unit = chart.unit.clone();
    let body = rows(chart).into_iter().map(row).collect_view();
    view! {
        <table>
            <thead>
                <tr>
                    <th scope="col">"Time (UTC)"</th>
                    <th scope="col" class="r">{unit}</th>
                    <th scope="col">"Basis"</th>
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
    }
}

fn row(row: Row) -> impl IntoView {
    let (value, basis) = match row.value {
        Cell::Measured(value) => (number(value), "measured".to_owned()),
        Cell::Gap => ("—".to_owned(), "no data".to_owned()),
        Cell::Expected(value, None) => (number(value), "forecast".to_owned()),
        Cell::Expected(value, Some((low, high))) => (
            number(value),
            format!("forecast, 80\u{202f}% {}–{}", number(low), number(high)),
        ),
    };
    view! {
        <tr>
            <td>{row.at.date_and_clock()}</td>
            <td class="r">{value}</td>
            <td>{basis}</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use domain::series::Series;

    use super::*;

    fn chart(values: Vec<Option<f64>>) -> ChartData {
        ChartData {
            quantity: "CPU".to_owned(),
            unit: "cores".to_owned(),
            history: Series {
                start: Timestamp(0),
                step: Seconds(900),
                values,
            },
            forecast: None,
            why_no_forecast: None,
            limits: Vec::new(),
        }
    }

    #[test]
    fn says_what_is_missing_instead_of_zero() {
        let text = summary(&chart(vec![Some(1.0), None, Some(3.0)]));
        assert_eq!(
            text,
            "CPU is 3 cores now, between 1 and 3 over the last 45\u{202f}min, 1 of 3 steps without data."
        );
        assert_eq!(
            summary(&chart(vec![None])),
            "CPU: nothing was measured yet."
        );
    }

    #[test]
    fn has_a_row_every_half_hour_and_keeps_gaps() {
        let rows = rows(&chart(vec![Some(1.0), None, None, Some(2.0), Some(4.0)]));
        let values: Vec<_> = rows.into_iter().map(|row| row.value).collect();
        assert_eq!(
            values,
            [Cell::Measured(1.0), Cell::Gap, Cell::Measured(4.0)]
        );
    }
}
