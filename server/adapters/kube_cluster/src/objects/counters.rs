//! Counters of a node from the kubelet's summary (`stats/summary`).
//!
//! Fields: `k8s.io/kubelet/pkg/apis/stats/v1alpha1`. The kubelet counts the network of a node in it; bytes
//! read and written it reports only where a `diskIo` section is present.

use domain::{resources::NodeCounters, time::Timestamp, units::Bytes};
use serde::Deserialize;

/// What of the summary is read.
#[derive(Debug, Deserialize)]
pub(crate) struct Summary {
    node: NodeStats,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeStats {
    node_name: String,
    network: Option<NetworkStats>,
    disk_io: Option<DiskStats>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NetworkStats {
    time: Option<String>,
    rx_bytes: Option<u64>,
    tx_bytes: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DiskStats {
    read_bytes: Option<u64>,
    write_bytes: Option<u64>,
}

/// The counters of a node; `None` when the summary is another node's. `read_at` stands in for a missing time.
pub(crate) fn counters(summary: &Summary, node: &str, read_at: Timestamp) -> Option<NodeCounters> {
    if summary.node.node_name != node {
        return None;
    }
    let both = |one: Option<u64>, other: Option<u64>| Some(Bytes(one?.saturating_add(other?)));
    let network = summary.node.network.as_ref();
    let disk = summary.node.disk_io.as_ref();
    Some(NodeCounters {
        name: node.to_owned(),
        network: network.and_then(|network| both(network.rx_bytes, network.tx_bytes)),
        disk: disk.and_then(|disk| both(disk.read_bytes, disk.write_bytes)),
        measured_at: network
            .and_then(|network| Timestamp::parse(network.time.as_deref()?))
            .unwrap_or(read_at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_nothing_of_disks_when_the_kubelet_does_not() {
        let summary: Summary = serde_json::from_str(
            r#"{"node":{"nodeName":"n1","network":{"time":"2026-11-24T06:00:00Z","name":"eth0","rxBytes":7,"txBytes":5}}}"#,
        )
        .unwrap();
        let counters = counters(&summary, "n1", Timestamp(0)).unwrap();
        assert_eq!(counters.network, Some(Bytes(12)));
        assert_eq!(counters.disk, None);
        assert_eq!(counters.measured_at.clock(), "06:00");
    }

    #[test]
    fn another_nodes_summary_is_not_taken() {
        let summary: Summary = serde_json::from_str(r#"{"node":{"nodeName":"n2"}}"#).unwrap();
        assert_eq!(counters(&summary, "n1", Timestamp(0)), None);
    }
}
