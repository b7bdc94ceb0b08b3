//! The forecaster on series whose future is known because it was made.

use domain::{
    forecast::{Forecast, ForecastMethod, TrendDirection},
    series::Series,
    time::{Seconds, Timestamp},
    units::ConfidenceLevel,
};
use timeseries::{FEWEST_VALUES, NotEnough, forecast};

const STEP: Seconds = Seconds(300);
const DAY: usize = 288;
const HORIZON: usize = 72;

/// A seeded source of normal deviates: xorshift64* and the sum of twelve uniforms.
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

fn series(values: Vec<Option<f64>>) -> Series {
    Series {
        start: Timestamp::from_seconds(1_763_856_000),
        step: STEP,
        values,
    }
}

fn day_wave(at: usize) -> f64 {
    (at as f64 / DAY as f64 * std::f64::consts::TAU).sin()
}

fn seasonal(seed: u64, length: usize) -> Vec<f64> {
    let mut noise = Noise(seed);
    (0..length)
        .map(|at| 10.0 + 0.001 * at as f64 + 3.0 * day_wave(at) + 0.3 * noise.normal())
        .collect()
}

fn random_walk(seed: u64, length: usize) -> Vec<f64> {
    let mut noise = Noise(seed);
    let mut value = 500.0;
    (0..length)
        .map(|_| {
            value += noise.normal();
            value
        })
        .collect()
}

fn white_noise(seed: u64, length: usize) -> Vec<f64> {
    let mut noise = Noise(seed);
    (0..length).map(|_| 50.0 + noise.normal()).collect()
}

fn known(values: &[f64]) -> Series {
    series(values.iter().copied().map(Some).collect())
}

/// Share of true values inside the band over many made series.
fn coverage(make: fn(u64, usize) -> Vec<f64>, history: usize, level: ConfidenceLevel) -> f64 {
    let (mut inside, mut all) = (0, 0);
    for seed in 1..=60 {
        let values = make(seed * 7919, history + HORIZON);
        let forecast =
            forecast(&known(&values[..history]), HORIZON).expect("there is enough history");
        let band = forecast.interval(level).expect("every level is given");
        for (index, truth) in values[history..].iter().enumerate() {
            all += 1;
            inside += usize::from(band.lower[index] <= *truth && *truth <= band.upper[index]);
        }
    }
    inside as f64 / all as f64
}

#[track_caller]
fn check_coverage(make: fn(u64, usize) -> Vec<f64>, history: usize) {
    for (level, low, high) in [
        (ConfidenceLevel::P50, 0.40, 0.65),
        (ConfidenceLevel::P80, 0.72, 0.90),
        (ConfidenceLevel::P95, 0.88, 0.99),
    ] {
        let share = coverage(make, history, level);
        assert!(
            (low..=high).contains(&share),
            "the {:.0} % band holds {:.1} %",
            level.share() * 100.0,
            share * 100.0
        );
    }
}

fn check_shape(forecast: &Forecast) {
    assert_eq!(forecast.mean.len(), HORIZON);
    for interval in &forecast.intervals {
        assert_eq!(
            (interval.lower.len(), interval.upper.len()),
            (HORIZON, HORIZON)
        );
    }
    let all = forecast
        .intervals
        .iter()
        .flat_map(|i| i.lower.iter().chain(&i.upper))
        .chain(&forecast.mean);
    assert!(all.copied().all(|value| value.is_finite() && value >= 0.0));
    for pair in forecast.intervals.windows(2) {
        assert!(
            pair[0]
                .upper
                .iter()
                .zip(&pair[1].upper)
                .all(|(a, b)| a <= b)
        );
    }
}

#[test]
fn bands_hold_what_they_claim_on_a_trend_with_a_day() {
    check_coverage(seasonal, 14 * DAY);
}

#[test]
fn bands_hold_what_they_claim_with_four_days() {
    check_coverage(seasonal, 4 * DAY);
}

#[test]
fn bands_hold_what_they_claim_on_a_random_walk_of_a_day() {
    check_coverage(random_walk, 2 * DAY);
}

#[test]
fn bands_hold_what_they_claim_on_white_noise_of_a_day() {
    check_coverage(white_noise, DAY);
}

#[test]
fn follows_the_day_and_beats_the_last_value() {
    let values = seasonal(3, 7 * DAY + HORIZON);
    let (past, future) = values.split_at(7 * DAY);
    let forecast = forecast(&known(past), HORIZON).unwrap();
    let error = |expected: &dyn Fn(usize) -> f64| {
        future
            .iter()
            .enumerate()
            .map(|(i, v)| (v - expected(i)).abs())
            .sum::<f64>()
    };
    let last = past[past.len() - 1];
    assert!(error(&|i| forecast.mean[i]) < 0.4 * error(&|_| last));
}

#[test]
fn chooses_the_method_by_the_length_of_the_history() {
    for (length, method) in [
        (FEWEST_VALUES, ForecastMethod::RandomWalk),
        (3 * DAY - 1, ForecastMethod::RandomWalk),
        (3 * DAY, ForecastMethod::LinearTrendDailySeason),
    ] {
        let forecast = forecast(&known(&seasonal(1, length)), HORIZON).unwrap();
        assert_eq!(forecast.method, method, "{length} values");
        check_shape(&forecast);
    }
}

#[test]
fn says_how_many_values_are_missing() {
    let few = known(&white_noise(1, FEWEST_VALUES - 1));
    assert_eq!(
        forecast(&few, HORIZON),
        Err(NotEnough::Values {
            measured: FEWEST_VALUES - 1
        })
    );
}

#[test]
fn refuses_to_forecast_from_what_is_long_past() {
    let mut values: Vec<_> = white_noise(1, DAY).into_iter().map(Some).collect();
    values.extend(vec![None; HORIZON + 1]);
    assert_eq!(forecast(&series(values), HORIZON), Err(NotEnough::Stale));
}

#[test]
fn tolerates_gaps_outliers_and_values_that_are_no_numbers() {
    let mut values: Vec<_> = seasonal(5, 7 * DAY).into_iter().map(Some).collect();
    values[900..1000].fill(None);
    values[1500] = Some(f64::NAN);
    values[1501] = Some(1e6);
    let disturbed = forecast(&series(values), HORIZON).unwrap();
    let clean = forecast(&known(&seasonal(5, 7 * DAY)), HORIZON).unwrap();
    check_shape(&disturbed);
    for (with, without) in disturbed.mean.iter().zip(&clean.mean) {
        assert!((with - without).abs() < 0.5, "{with} instead of {without}");
    }
}

#[test]
fn never_expects_less_than_nothing() {
    let falling: Vec<f64> = (0..4 * DAY)
        .map(|at| (1000.0 - at as f64).max(0.0))
        .collect();
    let forecast = forecast(&known(&falling), HORIZON).unwrap();
    check_shape(&forecast);
}

#[test]
fn names_the_direction_only_beyond_the_noise() {
    let rising: Vec<f64> = (0..4 * DAY).map(|at| 5.0 + 0.01 * at as f64).collect();
    let up = forecast(&known(&rising), HORIZON).unwrap().trend;
    assert_eq!(up.direction, TrendDirection::Increasing);
    assert!(
        (up.slope_per_hour - 0.12).abs() < 0.02,
        "{}",
        up.slope_per_hour
    );
    let flat = forecast(&known(&white_noise(2, 4 * DAY)), HORIZON)
        .unwrap()
        .trend;
    assert_eq!(flat.direction, TrendDirection::Stable);
}

#[test]
fn a_rise_too_small_to_act_on_is_called_steady() {
    let creeping: Vec<f64> = (0..4 * DAY).map(|at| 100.0 + 0.01 * at as f64).collect();
    let trend = forecast(&known(&creeping), HORIZON).unwrap().trend;
    assert_eq!(trend.direction, TrendDirection::Stable);
    assert!((trend.slope_per_hour - 0.12).abs() < 0.02, "{trend:?}");
}

#[test]
fn a_constant_stays_what_it_is() {
    let forecast = forecast(&known(&vec![7.0; 5 * DAY]), HORIZON).unwrap();
    assert!(forecast.mean.iter().all(|value| (value - 7.0).abs() < 1e-6));
    check_shape(&forecast);
}

#[test]
fn the_first_expected_value_is_one_step_after_the_last_measurement() {
    let past = known(&white_noise(1, DAY));
    assert_eq!(forecast(&past, 3).unwrap().start, past.time_at(DAY));
}
