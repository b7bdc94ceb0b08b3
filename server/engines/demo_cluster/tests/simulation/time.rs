//! The cluster in time: determinism, restarts, pauses, history and counters.

use crate::common::{NOW, company, live, scale};
use demo_cluster::{Cluster, HistoryQuery, LogOptions, registry::DEPLOYMENT, value};
use domain::{
    ids::ObjectName,
    resources::{WorkloadKind, WorkloadRef},
    series::{Metric, Subject},
    time::{Seconds, Timestamp},
};
use serde_json::Value;

fn workload(name: &str) -> Subject {
    Subject::Workload(WorkloadRef {
        kind: WorkloadKind::Deployment,
        namespace: ObjectName::new("shop").expect("a valid name"),
        name: ObjectName::new(name).expect("a valid name"),
    })
}

fn history(
    cluster: &Cluster,
    subject: Subject,
    metric: Metric,
    back: i64,
) -> Vec<(Timestamp, f64)> {
    cluster.history(&HistoryQuery {
        subject,
        metric,
        from: cluster.now() - Seconds(back),
        to: cluster.now(),
        step: Seconds(300),
    })
}

#[test]
fn the_same_seed_and_steps_give_the_same_cluster() {
    let lived = || {
        let mut cluster = Cluster::new(3, NOW);
        scale(&mut cluster, DEPLOYMENT, "shop", "storefront", 6);
        live(&mut cluster, 90);
        cluster.snapshot()
    };
    assert_eq!(lived(), lived());
    assert_ne!(lived(), Cluster::new(4, NOW).snapshot());
}

#[test]
fn restoring_a_snapshot_gives_back_the_same_cluster_which_lives_on_the_same() {
    let mut cluster = company();
    scale(&mut cluster, DEPLOYMENT, "shop", "storefront", 4);
    live(&mut cluster, 7);
    let snapshot: Value = serde_json::from_slice(&cluster.snapshot_text()).unwrap();
    assert_eq!(snapshot, cluster.snapshot());
    let mut again = Cluster::restore(snapshot.clone(), 7, cluster.now()).unwrap();
    assert_eq!(again.snapshot(), snapshot);
    assert_eq!(again.store().revision(), cluster.store().revision());
    live(&mut cluster, 60);
    live(&mut again, 60);
    assert_eq!(again.snapshot(), cluster.snapshot());
}

#[test]
fn refuses_a_snapshot_it_cannot_read() {
    let mut snapshot = company().snapshot();
    snapshot["version"] = 99.into();
    assert!(Cluster::restore(snapshot, 7, NOW).is_err());
    assert!(Cluster::restore(serde_json::json!({}), 7, NOW).is_err());
}

#[test]
fn a_long_pause_is_caught_up_with() {
    let mut cluster = company();
    live(&mut cluster, 3 * 86_400);
    assert_eq!(cluster.now(), NOW + Seconds(3 * 86_400));
    assert_eq!(crate::common::ready(&cluster, "shop", "storefront"), 3);
    let before = cluster.now();
    cluster.advance(NOW);
    assert_eq!(cluster.now(), before, "time does not run backwards");
}

#[test]
fn the_past_reaches_back_a_fortnight_and_ends_where_the_present_is() {
    let mut cluster = company();
    live(&mut cluster, 30);
    for metric in [
        Metric::Cpu,
        Metric::Memory,
        Metric::Network,
        Metric::Disk,
        Metric::Pods,
        Metric::Nodes,
    ] {
        let past = history(&cluster, Subject::Cluster, metric, 14 * 86_400);
        assert_eq!(past.len(), 14 * 288 + 1, "{metric:?}");
        assert!(
            past.iter()
                .all(|(_, value)| value.is_finite() && *value > 0.0),
            "{metric:?}"
        );
    }
    let (_, cpu) = *history(&cluster, Subject::Cluster, Metric::Cpu, 0)
        .last()
        .unwrap();
    let now: f64 = ["node-1", "node-2", "node-3"]
        .iter()
        .map(|node| {
            let summary = cluster.stats_summary(node).unwrap();
            summary["node"]["cpu"]["usageNanoCores"].as_f64().unwrap() / 1e6
        })
        .sum();
    assert!((cpu - now).abs() < 1.0, "{cpu} against {now}");
}

#[test]
fn the_past_before_the_clusters_beginning_is_empty_and_its_future_too() {
    let cluster = company();
    let query = HistoryQuery {
        subject: Subject::Cluster,
        metric: Metric::Cpu,
        from: cluster.now() - Seconds(30 * 86_400),
        to: cluster.now() + Seconds(86_400),
        step: Seconds(3600),
    };
    let past = cluster.history(&query);
    assert!(past[0].0 >= cluster.now() - Seconds(14 * 86_400));
    assert!(past.last().unwrap().0 <= cluster.now());
}

#[test]
fn a_scaling_counts_in_the_past_from_when_it_was_made() {
    let mut cluster = company();
    live(&mut cluster, 600);
    let before = history(&cluster, workload("storefront"), Metric::Pods, 3600);
    assert!(before.iter().all(|(_, pods)| *pods == 3.0));
    scale(&mut cluster, DEPLOYMENT, "shop", "storefront", 6);
    live(&mut cluster, 1200);
    let after = history(&cluster, workload("storefront"), Metric::Pods, 3600);
    assert_eq!(after.last().unwrap().1, 6.0);
    assert_eq!(after[0].1, 3.0);
}

#[test]
fn the_autoscaled_workload_has_followed_its_load_in_the_past() {
    let cluster = company();
    let pods = history(&cluster, workload("checkout"), Metric::Pods, 3 * 86_400);
    let most = pods.iter().map(|(_, pods)| *pods).fold(0.0, f64::max);
    let least = pods
        .iter()
        .map(|(_, pods)| *pods)
        .fold(f64::INFINITY, f64::min);
    assert!(most >= 4.0 && least <= 2.0, "{least} to {most}");
}

#[test]
fn counters_never_fall() {
    let mut cluster = company();
    let read = |cluster: &Cluster| {
        let summary = cluster.stats_summary("node-2").unwrap();
        [
            "/node/network/rxBytes",
            "/node/network/txBytes",
            "/node/diskIo/readBytes",
            "/node/diskIo/writeBytes",
            "/node/cpu/usageCoreNanoSeconds",
        ]
        .map(|pointer| value::integer(&summary, pointer).unwrap())
    };
    let mut before = read(&cluster);
    for _ in 0..30 {
        live(&mut cluster, 20);
        let replicas = 1 + cluster.now().seconds() % 3;
        scale(&mut cluster, DEPLOYMENT, "shop", "catalog", replicas);
        let after = read(&cluster);
        assert!(
            after
                .iter()
                .zip(before)
                .all(|(after, before)| *after > before)
        );
        before = after;
    }
}

#[test]
fn logs_say_the_same_at_every_call_and_follow_on() {
    let mut cluster = company();
    let pod = value::name(&crate::common::pods(&cluster, "shop", "storefront")[0]).to_owned();
    let read =
        |cluster: &Cluster, options: &LogOptions| cluster.logs("shop", &pod, options).unwrap();
    let recent = LogOptions {
        since: Some(cluster.now() - Seconds(120)),
        ..LogOptions::default()
    };
    let first = read(&cluster, &recent);
    assert!(first.len() > 10);
    assert!(first.is_sorted_by_key(|line| line.at));
    live(&mut cluster, 60);
    let second = read(&cluster, &recent);
    assert_eq!(second[..first.len()], first);
    assert!(second.len() > first.len());
    let tail = LogOptions {
        tail: Some(5),
        ..LogOptions::default()
    };
    assert_eq!(read(&cluster, &tail), second[second.len() - 5..]);
}
