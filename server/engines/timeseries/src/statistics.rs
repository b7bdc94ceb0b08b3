//! The few statistics that more than one method needs.

/// The `share` quantile of `values` by linear interpolation between order statistics (type 7 of Hyndman and
/// Fan, "Sample Quantiles in Statistical Packages", 1996); 0 for none. Sorts `values`.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    values.sort_unstable_by(f64::total_cmp);
    let position = share.clamp(0.0, 1.0) * (values.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = position.ceil() as usize;
    values[below] + (values[above] - values[below]) * (position - below as f64)
}

/// The quantile that a finite sample must use so that a new value falls under it with probability `share`:
/// the `⌈(n + 1)·share⌉`-th smallest (split conformal prediction; Lei et al. 2018, section 2.2).
pub(crate) fn conformal_quantile(values: &mut [f64], share: f64) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    values.sort_unstable_by(f64::total_cmp);
    let rank = ((values.len() + 1) as f64 * share).ceil() as usize;
    values[rank.clamp(1, values.len()) - 1]
}

/// The middle value; 0 for none. Sorts `values`.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    quantile(values, 0.5)
}

/// Intercept and slope of the least-squares line through `(x, y)`; the mean and 0 when all `x` are the same.
pub(crate) fn line(points: impl Iterator<Item = (f64, f64)> + Clone) -> (f64, f64) {
    let (mut count, mut sum_x, mut sum_y) = (0.0, 0.0, 0.0);
    for (x, y) in points.clone() {
        count += 1.0;
        sum_x += x;
        sum_y += y;
    }
    if count == 0.0 {
        return (0.0, 0.0);
    }
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let (mut covariance, mut variance) = (0.0, 0.0);
    for (x, y) in points {
        covariance += (x - mean_x) * (y - mean_y);
        variance += (x - mean_x) * (x - mean_x);
    }
    if variance == 0.0 {
        return (mean_y, 0.0);
    }
    let slope = covariance / variance;
    (mean_y - slope * mean_x, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpolates_quantiles_as_r_does_by_default() {
        // quantile(c(1, 2, 3, 10), c(.25, .5, .9)) in R: 1.75, 2.5, 7.9
        let mut values = [10.0, 2.0, 1.0, 3.0];
        for (share, expected) in [(0.25, 1.75), (0.5, 2.5), (0.9, 7.9)] {
            assert!((quantile(&mut values, share) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn takes_the_rank_that_covers_a_new_value() {
        let mut values: Vec<f64> = (1..=9).map(f64::from).collect();
        assert_eq!(conformal_quantile(&mut values, 0.8), 8.0);
        assert_eq!(conformal_quantile(&mut values, 0.95), 9.0);
    }

    #[test]
    fn fits_a_line_exactly() {
        let points = (0..10).map(|x| (f64::from(x), 3.0 - 0.5 * f64::from(x)));
        let (intercept, slope) = line(points);
        assert!((intercept - 3.0).abs() < 1e-12 && (slope + 0.5).abs() < 1e-12);
    }
}
