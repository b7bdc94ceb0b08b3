//! Measures every registered cluster and keeps the samples, so that history needs no Prometheus.
//!
//! A cluster whose past somebody else keeps (the demo cluster's own endpoint) is not measured twice.

use std::collections::HashMap;

use domain::{
    OpsError,
    cluster::{Cluster, ConnectionState},
    ids::{ClusterId, UserId},
    ports::{Answer, ClusterPort},
    resources::{NodeCounters, PodPhase},
    series::{Metric, Subject},
    snapshot::ClusterSnapshot,
    time::Timestamp,
};
use futures::{StreamExt as _, stream};
use store::samples::Sample;

use crate::services::{Core, SharedCore, overview, stored};

/// So many clusters are measured side by side: a dead one must not hold up the others.
const SIDE_BY_SIDE: usize = 8;
/// Rates are averaged over the time between two readings of a counter this far apart.
const COUNTER_PAUSE: std::time::Duration = std::time::Duration::from_secs(10);

/// One round over everybody's clusters.
pub async fn all(core: SharedCore) {
    let clusters = match core.database.clusters().everyones().await {
        Ok(clusters) => clusters,
        Err(error) => {
            stored(error);
            return;
        }
    };
    stream::iter(clusters)
        .filter(|(_, cluster)| std::future::ready(!cluster.is_demo))
        .for_each_concurrent(SIDE_BY_SIDE, |(user, cluster)| {
            let core = SharedCore::clone(&core);
            async move {
                let id = cluster.id;
                if let Err(error) = one(&core, user, cluster).await {
                    tracing::warn!(cluster = %id, error = error.message, "a cluster could not be measured");
                }
            }
        })
        .await;
}

async fn one(core: &Core, user: UserId, cluster: Cluster) -> Answer<()> {
    let id = cluster.id;
    let answered_before = matches!(cluster.connection, ConnectionState::Connected { .. });
    match measure(core, user, cluster).await {
        Ok(measured) => {
            if !answered_before {
                note(
                    core,
                    user,
                    id,
                    ConnectionState::Connected {
                        version: measured.version,
                    },
                )
                .await?;
            }
            let samples = core.database.samples();
            samples.insert(id, &measured.samples).await.map_err(stored)
        }
        Err(error) if error.retry_after.is_some() => Err(error),
        Err(error) => {
            note(
                core,
                user,
                id,
                ConnectionState::Failed {
                    error: error.clone(),
                },
            )
            .await?;
            Err(error)
        }
    }
}

async fn note(core: &Core, user: UserId, cluster: ClusterId, state: ConnectionState) -> Answer<()> {
    core.database
        .clusters()
        .set_connection(user, cluster, &state, core.now())
        .await
        .map(drop)
        .map_err(stored)
}

/// What one round found out about a cluster.
struct Measured {
    version: String,
    samples: Vec<Sample>,
}

async fn measure(core: &Core, user: UserId, cluster: Cluster) -> Answer<Measured> {
    let connection = core
        .connections
        .open_known(&core.database, user, cluster)
        .await?;
    let version = connection.port.version().await?;
    let snapshot = connection.port.snapshot(core.now()).await?;
    let mut samples = samples_of(&snapshot);
    samples.extend(rates(core, connection.port.as_ref(), &snapshot).await);
    Ok(Measured { version, samples })
}

/// What one look gives: counts, and use where it was measured.
fn samples_of(snapshot: &ClusterSnapshot) -> Vec<Sample> {
    let at = snapshot.taken_at;
    let cluster = |metric, value| sample(Subject::Cluster, metric, at, value);
    let running = snapshot
        .pods
        .iter()
        .filter(|pod| pod.phase == PodPhase::Running);
    let ready = snapshot.nodes.iter().filter(|node| node.ready);
    let mut samples = vec![
        cluster(Metric::Pods, running.count() as f64),
        cluster(Metric::Nodes, ready.count() as f64),
    ];
    if let Some(usage) = snapshot.node_usage.as_option() {
        samples.push(cluster(
            Metric::Cpu,
            usage.iter().map(|node| node.cpu.0 as f64).sum(),
        ));
        samples.push(cluster(
            Metric::Memory,
            usage.iter().map(|node| node.memory.0 as f64).sum(),
        ));
    }
    for usage in overview::usage_of_workloads(snapshot) {
        let subject = Subject::Workload(usage.workload.reference.clone());
        let of = |metric, value| sample(subject.clone(), metric, at, value);
        samples.push(of(Metric::Pods, f64::from(usage.workload.ready_replicas.0)));
        samples.extend(usage.cpu.map(|cpu| of(Metric::Cpu, cpu.0 as f64)));
        samples.extend(
            usage
                .memory
                .map(|memory| of(Metric::Memory, memory.0 as f64)),
        );
    }
    samples
}

fn sample(subject: Subject, metric: Metric, at: Timestamp, value: f64) -> Sample {
    Sample {
        subject,
        metric,
        at,
        value,
    }
}

/// Network and disk of all nodes in bytes per second, from two readings of their counters. Nothing where the kubelet's
/// summary cannot be read: that is a gap, not a zero.
async fn rates(core: &Core, port: &dyn ClusterPort, snapshot: &ClusterSnapshot) -> Vec<Sample> {
    let nodes: Vec<String> = snapshot
        .nodes
        .iter()
        .map(|node| node.name.clone())
        .collect();
    let readings: Result<_, OpsError> = async {
        let first = port.node_counters(&nodes).await?;
        tokio::time::sleep(COUNTER_PAUSE).await;
        Ok((first, port.node_counters(&nodes).await?))
    }
    .await;
    let Ok((first, second)) = readings else {
        return Vec::new();
    };
    let now = core.now();
    [
        (
            Metric::Network,
            rate(&first, &second, |node| node.network.map(|b| b.0)),
        ),
        (
            Metric::Disk,
            rate(&first, &second, |node| node.disk.map(|b| b.0)),
        ),
    ]
    .into_iter()
    .filter_map(|(metric, rate)| Some(sample(Subject::Cluster, metric, now, rate?)))
    .collect()
}

/// Sum over nodes of what was added per second; nodes whose counter fell back (a restart) or is unknown are left out,
/// `None` when that leaves none.
fn rate(
    first: &[NodeCounters],
    second: &[NodeCounters],
    counter: impl Fn(&NodeCounters) -> Option<u64>,
) -> Option<f64> {
    let before: HashMap<&str, &NodeCounters> = first
        .iter()
        .map(|node| (node.name.as_str(), node))
        .collect();
    let rates: Vec<f64> = second
        .iter()
        .filter_map(|node| {
            let earlier = before.get(node.name.as_str())?;
            let seconds = (node.measured_at.0 - earlier.measured_at.0) as f64 / 1000.0;
            let added = counter(node)?.checked_sub(counter(earlier)?)?;
            (seconds > 0.0).then(|| added as f64 / seconds)
        })
        .collect();
    (!rates.is_empty()).then(|| rates.iter().sum())
}

#[cfg(test)]
mod tests {
    use domain::units::Bytes;

    use super::*;

    fn counters(name: &str, seconds: i64, network: Option<u64>) -> NodeCounters {
        NodeCounters {
            name: name.to_owned(),
            network: network.map(Bytes),
            disk: None,
            measured_at: Timestamp::from_seconds(seconds),
        }
    }

    fn network(node: &NodeCounters) -> Option<u64> {
        node.network.map(|bytes| bytes.0)
    }

    #[test]
    fn adds_up_what_the_nodes_moved_per_second() {
        let first = [counters("a", 0, Some(100)), counters("b", 0, Some(0))];
        let second = [counters("a", 10, Some(300)), counters("b", 10, Some(50))];
        assert_eq!(rate(&first, &second, network), Some(25.0));
    }

    #[test]
    fn leaves_out_a_counter_that_fell_back() {
        let first = [counters("a", 0, Some(100)), counters("b", 0, Some(0))];
        let second = [counters("a", 10, Some(3)), counters("b", 10, Some(50))];
        assert_eq!(rate(&first, &second, network), Some(5.0));
    }

    #[test]
    fn says_nothing_where_no_counter_is_known() {
        let first = [counters("a", 0, None)];
        let second = [counters("a", 10, None)];
        assert_eq!(rate(&first, &second, network), None);
    }
}
