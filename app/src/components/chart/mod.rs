//! A line chart: history solid, forecast dashed with its bands, gaps as gaps, limits dashed.
//!
//! The SVG is drawn on both sides and is all there is without JavaScript. In the browser an ECharts canvas
//! takes its place once it has rendered (`upgrade`).

mod geometry;
#[cfg(feature = "hydrate")]
mod option;
pub mod rounding;
mod scale;
#[cfg(feature = "hydrate")]
mod upgrade;
mod words;

use domain::{
    forecast::{Forecast, Outlook},
    resources::Availability,
    series::Series,
    time::Timestamp,
};
use leptos::prelude::*;
use scale::{HEIGHT, Scale, WIDTH};
use serde::{Deserialize, Serialize};

use crate::components::{text::sentence, usage::number};

#[cfg(feature = "hydrate")]
use upgrade::upgrade;

/// On the server the SVG is all there is.
#[cfg(not(feature = "hydrate"))]
fn upgrade(_: &str, _: Signal<ChartData>) -> RwSignal<bool> {
    RwSignal::new(false)
}

/// What a chart shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChartData {
    /// What is measured: `CPU`.
    pub quantity: String,
    /// The unit of every value: `cores`.
    pub unit: String,
    /// What was measured.
    pub history: Series,
    /// What is expected.
    pub forecast: Option<Forecast>,
    /// Why nothing is expected, when something should be.
    pub why_no_forecast: Option<String>,
    /// Lines not to cross, with their names.
    pub limits: Vec<(String, f64)>,
}

impl ChartData {
    /// A chart of history alone.
    #[must_use]
    pub fn of_history(quantity: &str, unit: &str, history: Series) -> Self {
        Self {
            quantity: quantity.to_owned(),
            unit: unit.to_owned(),
            history,
            forecast: None,
            why_no_forecast: None,
            limits: Vec::new(),
        }
    }

    /// A chart of an outlook.
    #[must_use]
    pub fn of_outlook(quantity: &str, outlook: Outlook) -> Self {
        let (forecast, why_no_forecast) = match outlook.forecast {
            Availability::Available(forecast) => (Some(forecast), None),
            Availability::Unavailable(why) => (None, Some(why)),
        };
        Self {
            forecast,
            why_no_forecast,
            ..Self::of_history(quantity, &outlook.unit, outlook.history)
        }
    }

    fn scale(&self) -> Scale {
        let last = self
            .history
            .time_at(self.history.values.len().saturating_sub(1));
        let end = self.forecast.as_ref().map_or(last, forecast_end);
        let forecasts = self.forecast.iter().flat_map(|forecast| {
            let upper = forecast.intervals.iter().flat_map(|band| &band.upper);
            forecast.mean.iter().chain(upper)
        });
        let limits = self.limits.iter().map(|(_, value)| value);
        let measured = self.history.values.iter().flatten();
        let highest = measured
            .chain(forecasts)
            .chain(limits)
            .copied()
            .fold(0.0, f64::max);
        Scale::new(self.history.start, end.max(last), highest)
    }
}

fn forecast_end(forecast: &Forecast) -> Timestamp {
    geometry::steps(forecast, &forecast.mean)
        .last()
        .map_or(forecast.start, |(at, _)| at)
}

/// A chart with its legend, its sentence and its table.
#[component]
pub fn Chart(
    /// What it shows.
    #[prop(into)]
    data: Signal<ChartData>,
    /// Its id, unique on the page.
    #[prop(into)]
    id: String,
) -> impl IntoView {
    let drawn = upgrade(&id, data);
    let canvas = format!("{id}-canvas");
    view! {
        <figure class="chart" id=id>
            {move || legend(&data.read())}
            <div class="plot" class:drawn=drawn>
                <div class="svg">{move || drawing(&data.read())}</div>
                <div class="canvas" id=canvas aria-hidden="true"></div>
            </div>
            <figcaption>
                {move || words::summary(&data.read())}
                {move || {
                    let why = data.read().why_no_forecast.clone();
                    why.map(|why| view! { <span class="missing">" No forecast: "{sentence(&why)}</span> })
                }}
            </figcaption>
            <details>
                <summary>"Values as a table"</summary>
                <div class="scroll" tabindex="0" role="group" aria-label="Chart values">
                    {move || words::table(&data.read())}
                </div>
            </details>
        </figure>
    }
    .into_any()
}

fn legend(chart: &ChartData) -> AnyView {
    let forecast = chart.forecast.as_ref().map(|_| {
        view! {
            <span class="key key-forecast"><i></i>"forecast"</span>
            <span class="key key-band"><i></i>"50, 80 and 95\u{202f}% interval"</span>
        }
    });
    let limits = chart
        .limits
        .iter()
        .map(|(name, value)| {
            view! { <span class="key key-limit"><i></i>{format!("{name}: {}", number(*value))}</span> }
        })
        .collect_view();
    view! {
        <p class="legend" aria-hidden="true">
            <span class="key key-history"><i></i>{format!("{}, {}", chart.quantity, chart.unit)}</span>
            {forecast}
            {limits}
        </p>
    }
    .into_any()
}

fn drawing(chart: &ChartData) -> AnyView {
    let scale = chart.scale();
    let last = chart.history.last_measured();
    let now = last.filter(|_| chart.forecast.is_some()).map(|(at, _)| {
        let x = scale.x(at);
        view! { <path class="now" d=format!("M{x:.1} 0V{HEIGHT}") /> }
    });
    let limits = chart
        .limits
        .iter()
        .map(|(_, value)| {
            let y = scale.y(*value);
            view! { <path class="limit" d=format!("M0 {y:.1}H{WIDTH}") /> }
        })
        .collect_view();
    view! {
        <svg
            viewBox=format!("0 0 {WIDTH} {HEIGHT}")
            preserveAspectRatio="none"
            role="img"
            aria-label=words::summary(chart)
        >
            <path class="grid" d=grid(&scale) />
            {chart.forecast.as_ref().map(|forecast| expectation(forecast, last, &scale))}
            <path class="history" d=geometry::history_path(&chart.history, &scale) />
            {limits}
            {now}
        </svg>
        {axes(&scale, last.map(|(at, _)| at))}
    }
    .into_any()
}

fn expectation(forecast: &Forecast, last: Option<(Timestamp, f64)>, scale: &Scale) -> AnyView {
    let bands = forecast
        .intervals
        .iter()
        .rev()
        .map(|band| {
            view! { <path class="band" d=geometry::band_path(forecast, band, last, scale) /> }
        })
        .collect_view();
    view! {
        {bands}
        <path class="forecast" d=geometry::forecast_path(forecast, last, scale) />
    }
    .into_any()
}

fn grid(scale: &Scale) -> String {
    scale
        .values()
        .into_iter()
        .map(|value| format!("M0 {:.1}H{WIDTH}", scale.y(value)))
        .collect()
}

/// The axes' words, as text over the drawing so that they keep their size at any width.
fn axes(scale: &Scale, now: Option<Timestamp>) -> AnyView {
    let percent = |share: f64| format!("{:.1}%", share * 100.0);
    let values = scale
        .values()
        .into_iter()
        .map(|value| {
            let top = percent(scale.y(value) / HEIGHT);
            view! { <span class="y" style=format!("top:{top}")>{number(value)}</span> }
        })
        .collect_view();
    let date = |at: Timestamp| at.date_and_clock();
    let times = scale
        .times()
        .into_iter()
        .map(|at| {
            let words = match at.seconds() % 86_400 {
                0 => date(at)[5..10].to_owned(),
                _ => at.clock(),
            };
            let left = percent(scale.share(at));
            view! { <span class="x" style=format!("left:{left}")>{words}</span> }
        })
        .collect_view();
    let now = now.filter(|at| scale.share(*at) < 0.97).map(|at| {
        let left = percent(scale.share(at));
        view! { <span class="x-now" style=format!("left:{left}")>"now"</span> }
    });
    view! { <div class="axes" aria-hidden="true">{values}{times}{now}</div> }.into_any()
}
