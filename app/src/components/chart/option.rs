//! What a chart shows, in ECharts' words.

use charming::{
    Chart as Option_,
    component::{Axis, Grid},
    datatype::CompositeValue,
    element::{
        AreaStyle, AxisLabel, AxisLine, AxisPointer, AxisPointerType, AxisType, ItemStyle, Label,
        LineStyle, LineStyleType, MarkLine, MarkLineData, MarkLineVariant, SplitLine, Symbol,
        Tooltip, Trigger,
    },
    series::Line,
};
use domain::{
    forecast::{Forecast, Interval},
    series::Series,
    time::Timestamp,
};

use super::{ChartData, geometry::steps};

/// Colours as the page has them now, each as CSS writes it.
pub(super) struct Colours {
    pub(super) line: String,
    pub(super) limit: String,
    pub(super) text: String,
}

/// The whole option; setting it again replaces the data.
pub(super) fn option(chart: &ChartData, colours: &Colours) -> Option_ {
    let axis = |kind: AxisType| {
        Axis::new()
            .type_(kind)
            .axis_label(AxisLabel::new().color(colours.text.as_str()))
            .axis_line(AxisLine::new().show(false))
            .split_line(
                SplitLine::new()
                    .show(matches!(kind, AxisType::Value))
                    .line_style(LineStyle::new().color(colours.text.as_str()).opacity(0.15)),
            )
    };
    let mut option = Option_::new()
        .animation(false)
        .grid(
            Grid::new()
                .left(8)
                .right(12)
                .top(12)
                .bottom(4)
                .contain_label(true),
        )
        .tooltip(
            Tooltip::new()
                .trigger(Trigger::Axis)
                .axis_pointer(AxisPointer::new().type_(AxisPointerType::Line)),
        )
        .x_axis(axis(AxisType::Time))
        .y_axis(axis(AxisType::Value).min(0).max(chart.scale().top()));
    let last = chart.history.last_measured();
    if let Some(forecast) = &chart.forecast {
        for band in forecast.intervals.iter().rev() {
            for line in band_lines(forecast, band, last, colours) {
                option = option.series(line);
            }
        }
        option = option.series(forecast_line(forecast, last, colours));
    }
    option.series(history_line(chart, colours))
}

fn history_line(chart: &ChartData, colours: &Colours) -> Line {
    let mut line = plain("history", &colours.line)
        .name("measured")
        .line_style(LineStyle::new().color(colours.line.as_str()).width(2.2))
        .data(measured(&chart.history));
    if !chart.limits.is_empty() {
        let marks = chart.limits.iter().map(|(name, value)| {
            MarkLineVariant::Simple(MarkLineData::new().name(name.as_str()).y_axis(*value))
        });
        line = line.mark_line(
            MarkLine::new()
                .silent(true)
                .symbol(vec![Symbol::None, Symbol::None])
                .label(Label::new().show(false))
                .line_style(
                    LineStyle::new()
                        .color(colours.limit.as_str())
                        .type_(LineStyleType::Dashed),
                )
                .data(marks.collect::<Vec<_>>()),
        );
    }
    line
}

fn forecast_line(forecast: &Forecast, last: Option<(Timestamp, f64)>, colours: &Colours) -> Line {
    plain("forecast", &colours.line)
        .name("forecast")
        .line_style(
            LineStyle::new()
                .color(colours.line.as_str())
                .width(2.2)
                .type_(LineStyleType::Dashed),
        )
        .data(points(
            last.into_iter().chain(steps(forecast, &forecast.mean)),
        ))
}

/// A band as ECharts draws one: an unseen line at the lower bound, and an area stacked on it.
fn band_lines(
    forecast: &Forecast,
    band: &Interval,
    last: Option<(Timestamp, f64)>,
    colours: &Colours,
) -> [Line; 2] {
    let level = format!("band-{:.0}", band.level.share() * 100.0);
    let unseen = || LineStyle::new().opacity(0);
    let spread: Vec<f64> = band
        .upper
        .iter()
        .zip(&band.lower)
        .map(|(up, low)| up - low)
        .collect();
    let nothing = last.map(|(at, _)| (at, 0.0));
    let lower = plain(&format!("{level}-lower"), &colours.line)
        .stack(level.as_str())
        .line_style(unseen())
        .data(points(last.into_iter().chain(steps(forecast, &band.lower))));
    let area = plain(&format!("{level}-spread"), &colours.line)
        .stack(level.as_str())
        .line_style(unseen())
        .area_style(AreaStyle::new().color(colours.line.as_str()).opacity(0.12))
        .data(points(nothing.into_iter().chain(steps(forecast, &spread))));
    [lower, area]
}

/// Ids of the series a tooltip leaves out.
pub(super) fn unsaid(chart: &ChartData) -> Vec<String> {
    let bands = chart
        .forecast
        .iter()
        .flat_map(|forecast| &forecast.intervals);
    bands
        .flat_map(|band| {
            let level = band.level.share() * 100.0;
            [
                format!("band-{level:.0}-lower"),
                format!("band-{level:.0}-spread"),
            ]
        })
        .collect()
}

fn plain(id: &str, colour: &str) -> Line {
    Line::new()
        .id(id)
        .show_symbol(false)
        .connect_nulls(false)
        .item_style(ItemStyle::new().color(colour))
}

fn measured(series: &Series) -> Vec<CompositeValue> {
    let values = series.values.iter().enumerate();
    values
        .map(|(index, value)| point(series.time_at(index), *value))
        .collect()
}

fn points(values: impl Iterator<Item = (Timestamp, f64)>) -> Vec<CompositeValue> {
    values.map(|(at, value)| point(at, Some(value))).collect()
}

fn point(at: Timestamp, value: Option<f64>) -> CompositeValue {
    CompositeValue::Array(vec![(at.0 as f64).into(), value.into()])
}
