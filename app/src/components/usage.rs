//! Numbers with their unit and basis, and the small bars beside them.

use domain::units::{Bytes, MilliCores};
use leptos::prelude::*;

/// A number as short as it can be without misleading: three digits that count.
#[must_use]
pub fn number(value: f64) -> String {
    let size = value.abs();
    let text = if size >= 100.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else if size >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    };
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A share in whole percent: `65 %`.
#[must_use]
pub fn percent(value: f64) -> String {
    format!("{value:.0}\u{202f}%")
}

/// CPU in cores: `7.8 cores`.
#[must_use]
pub fn cores(cpu: MilliCores) -> String {
    format!("{}\u{202f}cores", number(cpu.cores()))
}

/// Memory in its binary unit.
#[must_use]
pub fn memory(bytes: Bytes) -> String {
    bytes.to_string().replace(' ', "\u{202f}")
}

/// From which share on a bar warns, and from which it alarms, in percent.
const WARN: f64 = 75.0;
const BAD: f64 = 90.0;

/// A share of something as a bar and a number; `None` is said to be unknown, not empty.
#[component]
pub fn Share(
    /// In percent; may be above 100.
    percent_of: Option<f64>,
    /// What it is of, for who cannot see the column's head: `of request`.
    of: &'static str,
) -> impl IntoView {
    let Some(value) = percent_of else {
        return view! { <span class="sub">"not measured"</span> }.into_any();
    };
    let tone = if value >= BAD {
        "b"
    } else if value >= WARN {
        "w"
    } else {
        ""
    };
    view! {
        <span class="share">
            <span class="bar" aria-hidden="true">
                <i class=tone style=format!("width:{:.0}%", value.clamp(0.0, 100.0))></i>
            </span>
            {percent(value)}
            <span class="hidden">{format!(" {of}")}</span>
        </span>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_three_digits_that_count() {
        for (value, text) in [
            (0.0, "0"),
            (0.256, "0.256"),
            (7.84, "7.84"),
            (12.0, "12"),
            (47.96, "48"),
            (1234.5, "1234"),
            (100.0, "100"),
        ] {
            assert_eq!(number(value), text, "{value}");
        }
    }
}
