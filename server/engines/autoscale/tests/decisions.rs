//! Decisions on small observations whose right answer can be worked out by hand.

use std::num::NonZeroU32;

use autoscale::{Observation, Usage, advise, decide, guard, validate};
use domain::{
    autoscaling::{DecidedBy, ScalingAction, ScalingDecision, ScalingType},
    forecast::{Forecast, ForecastMethod, Interval, Trend, TrendDirection},
    ids::ObjectName,
    resources::{WorkloadKind, WorkloadRef},
    time::{Seconds, Timestamp},
    units::{Bytes, ConfidenceLevel, CpuTarget, MilliCores, ReplicaBounds, Replicas},
};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_seconds(1_763_900_000);

/// Three replicas of 100m each, aimed at 70 % of request, between 2 and 10.
fn observation(cpu: u64) -> Observation {
    Observation {
        workload: WorkloadRef {
            kind: WorkloadKind::Deployment,
            namespace: ObjectName::new("shop").expect("a valid name"),
            name: ObjectName::new("storefront").expect("a valid name"),
        },
        now: NOW,
        replicas: Replicas(3),
        ready_replicas: Replicas(3),
        updated_replicas: Replicas(3),
        bounds: ReplicaBounds::new(2, 10).expect("2 is below 10"),
        target: CpuTarget(NonZeroU32::new(70).expect("70 is not 0")),
        cpu_request: Some(MilliCores(100)),
        memory_request: Some(Bytes(100 << 20)),
        usage: Some(Usage {
            cpu: MilliCores(cpu),
            memory: Bytes(150 << 20),
            measured_pods: 3,
            measured_at: NOW - Seconds(20),
        }),
        cpu_forecast: None,
        memory_forecast: None,
        owned_by: None,
        paused: false,
    }
}

/// A forecast in cores with an 80 % band of ± `half`.
fn forecast(mean: &[f64], half: f64) -> Forecast {
    Forecast {
        method: ForecastMethod::LinearTrendDailySeason,
        start: NOW + Seconds(300),
        step: Seconds(300),
        mean: mean.to_vec(),
        intervals: vec![Interval {
            level: ConfidenceLevel::P80,
            lower: mean.iter().map(|m| m - half).collect(),
            upper: mean.iter().map(|m| m + half).collect(),
        }],
        trend: Trend {
            direction: TrendDirection::Increasing,
            slope_per_hour: 0.1,
        },
        history: Seconds(14 * 86_400),
    }
}

#[track_caller]
fn check(observation: &Observation, action: ScalingAction, target: u32) {
    let decision = decide(observation, None);
    assert_eq!(
        (decision.action, decision.target_replicas),
        (action, Replicas(target)),
        "{}",
        decision.reasoning
    );
}

#[test]
fn adds_replicas_until_the_goal_is_met() {
    // 280m at 70m each are 4 replicas.
    check(&observation(280), ScalingAction::ScaleUp, 4);
}

#[test]
fn holds_within_tolerance() {
    check(&observation(228), ScalingAction::Maintain, 3);
    check(&observation(192), ScalingAction::Maintain, 3);
}

#[test]
fn removes_what_is_not_needed() {
    check(&observation(100), ScalingAction::ScaleDown, 2);
}

#[test]
fn scales_for_the_peak_before_it_comes() {
    let mut rising = observation(210);
    let mut mean = vec![0.21; 24];
    mean[20] = 0.40;
    rising.cpu_forecast = Some(forecast(&mean, 0.0));
    check(&rising, ScalingAction::ScaleUp, 6);
}

#[test]
fn keeps_replicas_for_a_peak_that_the_band_allows() {
    let mut quiet = observation(100);
    quiet.cpu_forecast = Some(forecast(&[0.10; 24], 0.11));
    check(&quiet, ScalingAction::Maintain, 3);
}

#[test]
fn says_when_the_maximum_is_not_enough() {
    let mut full = observation(2000);
    full.replicas = Replicas(10);
    full.ready_replicas = Replicas(10);
    full.updated_replicas = Replicas(10);
    check(&full, ScalingAction::AtMax, 10);
}

#[test]
fn climbs_in_steps() {
    // 900m would be 13 replicas, the bounds allow 10, one step allows 7.
    check(&observation(900), ScalingAction::ScaleUp, 7);
}

#[test]
fn falls_back_to_the_present_when_the_forecast_is_nonsense() {
    let mut broken = observation(210);
    broken.cpu_forecast = Some(forecast(&[f64::NAN, 9999.0], 0.0));
    check(&broken, ScalingAction::Maintain, 3);
    broken.cpu_forecast = Some(forecast(&[-5.0], 0.0));
    check(&broken, ScalingAction::Maintain, 3);
}

#[track_caller]
fn check_hold(change: impl FnOnce(&mut Observation), words: &str) {
    let mut observation = observation(2000);
    change(&mut observation);
    let replicas = observation.replicas;
    let hold = guard(&observation).expect("the guard holds");
    assert!(hold.reason.to_string().contains(words), "{}", hold.reason);
    let decision = decide(&observation, Some(advice(ScalingAction::ScaleUp, 9)));
    assert_eq!(decision.target_replicas, replicas);
    assert_eq!(decision.decided_by, DecidedBy::Guard);
}

#[test]
fn never_fights_another_autoscaler() {
    check_hold(
        |o| o.owned_by = Some("web".to_owned()),
        "HorizontalPodAutoscaler web",
    );
}

#[test]
fn leaves_the_control_plane_alone() {
    check_hold(
        |o| o.workload.namespace = ObjectName::new("kube-system").unwrap(),
        "control plane",
    );
}

#[test]
fn holds_replicas_while_metrics_are_stale_missing_or_from_the_future() {
    check_hold(
        |o| o.usage.as_mut().unwrap().measured_at = NOW - Seconds(600),
        "10m old",
    );
    check_hold(|o| o.usage = None, "none of its pods could be measured");
    check_hold(
        |o| o.usage.as_mut().unwrap().measured_at = NOW + Seconds(60),
        "in the future",
    );
    check_hold(
        |o| o.usage.as_mut().unwrap().cpu = MilliCores(u64::MAX),
        "cannot be true",
    );
}

#[test]
fn respects_a_pause_a_zero_and_a_rollout() {
    check_hold(|o| o.paused = true, "paused");
    check_hold(|o| o.replicas = Replicas(0), "zero");
    check_hold(|o| o.updated_replicas = Replicas(1), "rollout is under way");
    check_hold(|o| o.cpu_request = None, "no CPU request");
}

fn advice(action: ScalingAction, target: u32) -> ScalingDecision {
    ScalingDecision {
        action,
        target_replicas: Replicas(target),
        scaling_type: ScalingType::Hpa,
        decided_by: DecidedBy::Provider("test".to_owned()),
        ..advise(&observation(210))
    }
}

#[test]
fn brings_advice_within_the_bounds_and_signs_it() {
    let decision = validate(&observation(210), advice(ScalingAction::ScaleUp, 500));
    assert_eq!(decision.target_replicas, Replicas(7));
    assert_eq!(decision.decided_by, DecidedBy::Validator);
    assert!(decision.reasoning.contains("Overruled"));
}

#[test]
fn refuses_to_remove_replicas_that_the_load_needs() {
    let decision = validate(&observation(290), advice(ScalingAction::ScaleDown, 2));
    assert_eq!(decision.action, ScalingAction::Maintain);
    assert_eq!(decision.target_replicas, Replicas(3));
}

#[test]
fn replaces_advice_that_is_broken() {
    let mut broken = advice(ScalingAction::ScaleUp, 5);
    broken.confidence = f64::NAN;
    let decision = validate(&observation(280), broken);
    assert_eq!(decision.target_replicas, Replicas(4));
    assert_eq!(decision.decided_by, DecidedBy::Validator);
}

#[test]
fn lets_sound_advice_pass_unsigned() {
    let sound = advice(ScalingAction::ScaleUp, 5);
    assert_eq!(validate(&observation(280), sound.clone()), sound);
}

proptest! {
    #[test]
    fn always_answers_within_the_bounds_or_holds(
        cpu in 0_u64..1_000_000_000,
        replicas in 0_u32..50,
        target in 0_u32..2000,
        peak in prop_oneof![Just(f64::NAN), Just(f64::INFINITY), -10.0..1e7_f64],
    ) {
        let mut observation = observation(cpu);
        observation.replicas = Replicas(replicas);
        observation.updated_replicas = Replicas(replicas);
        observation.cpu_forecast = Some(forecast(&[peak], 0.0));
        let decision = decide(&observation, Some(advice(ScalingAction::ScaleUp, target)));
        let within = (2..=10).contains(&decision.target_replicas.0);
        let held = decision.target_replicas.0 == replicas;
        let one_step = decision.target_replicas.0 >= replicas.div_ceil(2);
        prop_assert!(within || held || one_step, "{decision:?}");
        prop_assert!((0.0..=1.0).contains(&decision.confidence));
    }
}
