//! Bands from errors really made: the model is fitted at past origins and what it got wrong then, in units of
//! the spread it claimed, sets the width now (split conformal prediction with scaled scores; Lei et al. 2018,
//! section 5.2).

use crate::{LEVELS, statistics, trend_season::Fit};

/// At most this many past origins, `horizon` apart.
const ORIGINS: usize = 16;
/// An origin needs this many days before it.
const DAYS_BEFORE: usize = 2;

/// Half the width of each band of [`LEVELS`] for the next `horizon` steps of `fit`.
pub(crate) fn half_widths(
    values: &[Option<f64>],
    per_day: usize,
    horizon: usize,
    fit: &Fit,
) -> [Vec<f64>; LEVELS.len()] {
    let mut scores = past_scores(values, per_day, horizon.max(1));
    LEVELS.map(|level| {
        let score = statistics::conformal_quantile(&mut scores, level.share());
        (1..=horizon)
            .map(|steps| score * fit.spread(steps))
            .collect()
    })
}

/// Errors at past origins over the spread claimed there.
fn past_scores(values: &[Option<f64>], per_day: usize, horizon: usize) -> Vec<f64> {
    let earliest = DAYS_BEFORE * per_day;
    (1..=ORIGINS)
        .map_while(|back| values.len().checked_sub(back * horizon))
        .take_while(|&origin| origin >= earliest)
        .filter(|&origin| values[..origin].iter().any(Option::is_some))
        .flat_map(|origin| {
            let fit = Fit::new(&values[..origin], per_day);
            let errors: Vec<f64> = fit
                .mean(horizon)
                .into_iter()
                .zip(&values[origin..])
                .enumerate()
                .filter_map(|(index, (expected, value))| {
                    Some((value.as_ref()? - expected).abs() / fit.spread(index + 1))
                })
                .collect();
            errors
        })
        .collect()
}
