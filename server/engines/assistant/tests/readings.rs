//! What is computed or read out for an answer: room on nodes, settings in an object, rates over a day.

mod company;

use assistant::{Reply, SettingsWanted, understand};
use domain::{
    chat::Block,
    resources::Availability,
    series::{Metric, Series, Subject},
    snapshot::ClusterSnapshot,
    time::Seconds,
    units::{Bytes, MilliCores},
};

fn first(reply: &Reply) -> &str {
    match reply.blocks.first() {
        Some(Block::Text { text }) => text,
        other => panic!("begins with {other:?}"),
    }
}

fn rows(blocks: &[Block]) -> Vec<Vec<&str>> {
    let mut found = Vec::new();
    for block in blocks {
        if let Block::Table { rows, .. } = block {
            let cells = rows
                .iter()
                .map(|row| row.iter().map(String::as_str).collect());
            found.extend(cells);
        }
    }
    found
}

/// The company on larger nodes: 1,700m and 900m CPU are not requested, memory is plenty.
fn with_room() -> ClusterSnapshot {
    let mut snapshot = company::snapshot();
    for (node, spare) in [("node-1", 1700), ("node-2", 900)] {
        let bound = snapshot
            .pods
            .iter()
            .filter(|pod| pod.node.as_deref() == Some(node));
        let requested: u64 = bound
            .filter_map(|pod| pod.cpu_request)
            .map(|cpu| cpu.0)
            .sum();
        let known = snapshot.nodes.iter_mut().find(|known| known.name == node);
        known.expect("the node").allocatable_cpu = MilliCores(requested + spare);
    }
    snapshot
}

#[test]
fn room_is_counted_in_whole_pods_per_node() {
    // 500m each: three on the first node and one on the second, although 2,600m together would hold five.
    let snapshot = with_room();
    for (question, sentence) in [
        (
            "would 4 more replicas of storefront fit?",
            "Yes: 4 more pods of shop/storefront fit; by requests there is room for 4",
        ),
        (
            "would 5 more replicas of storefront fit?",
            "No: 5 more pods of shop/storefront do not fit; by requests there is room for 4",
        ),
        (
            "how many more replicas of storefront fit?",
            "There is room for 4 more pods of shop/storefront",
        ),
    ] {
        let reply = understand(question, &snapshot);
        assert!(
            first(&reply).starts_with(sentence),
            "{question}: {}",
            first(&reply)
        );
        assert_eq!(reply.proposal, None, "{question}");
        let fit: Vec<_> = rows(&reply.blocks)
            .iter()
            .map(|row| row[4].to_owned())
            .collect();
        assert_eq!(fit, ["3", "1"], "{question}");
    }
}

#[test]
fn a_node_that_takes_no_pods_has_no_room() {
    let mut snapshot = with_room();
    snapshot.nodes[0].unschedulable = true;
    let reply = understand("would 2 more replicas of storefront fit?", &snapshot);
    assert!(first(&reply).starts_with("No:"), "{}", first(&reply));
    snapshot.nodes[1].ready = false;
    let reply = understand("how many more replicas of storefront fit?", &snapshot);
    assert!(
        first(&reply).starts_with("There is no room"),
        "{}",
        first(&reply)
    );
}

#[test]
fn memory_limits_the_room_as_cpu_does() {
    let mut snapshot = with_room();
    for workload in &mut snapshot.workloads {
        workload.memory_request = Some(Bytes(4096 * company::MIB));
    }
    let reply = understand("how many more replicas of storefront fit?", &snapshot);
    assert!(
        first(&reply).starts_with("There is room for 2 "),
        "{}",
        first(&reply)
    );
}

#[test]
fn without_requests_room_is_not_computed() {
    let mut snapshot = with_room();
    for workload in &mut snapshot.workloads {
        workload.cpu_request = None;
    }
    let reply = understand("would 2 more replicas of storefront fit?", &snapshot);
    assert!(!reply.success);
    assert!(
        first(&reply).contains("cannot be computed"),
        "{}",
        first(&reply)
    );
}

const OBJECT: &str = r#"{"kind": "Deployment", "spec": {"template": {"spec": {"containers": [{
    "name": "web",
    "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}, {"containerPort": 9090}],
    "env": [
        {"name": "MODE", "value": "shop"},
        {"name": "DB_PASSWORD", "value": "hunter2hunter2"},
        {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "a"}}}
    ],
    "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}}
}]}}}}"#;

fn wanted(question: &str) -> SettingsWanted {
    let reply = understand(question, &company::snapshot());
    reply.settings.expect("settings to read")
}

#[test]
fn settings_are_read_out_of_the_object() {
    let ports = wanted("ports of storefront")
        .blocks(OBJECT)
        .expect("an object");
    assert_eq!(
        rows(&ports),
        [
            ["web", "port http", "8080/TCP"],
            ["web", "port", "9090/TCP"]
        ]
    );
    let probes = wanted("does storefront have a readiness probe?")
        .blocks(OBJECT)
        .expect("an object");
    assert!(rows(&probes)[0][2].contains("/ready"), "{probes:?}");
    let bare = r#"{"kind": "Pod", "spec": {"containers": [{"name": "web"}]}}"#;
    assert_eq!(
        wanted("ports of storefront").blocks(bare),
        Some(vec![Block::Text {
            text: "No ports are set in it.".to_owned()
        }])
    );
}

#[test]
fn the_environment_shows_no_secret() {
    let blocks = wanted("env of storefront")
        .blocks(OBJECT)
        .expect("an object");
    let shown = format!("{blocks:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    assert_eq!(rows(&blocks)[0], ["web", "MODE", "shop"]);
    assert!(rows(&blocks)[2][2].contains("secretKeyRef"), "{shown}");
}

#[test]
fn what_is_no_object_is_left_as_it_was_printed() {
    let ports = wanted("ports of storefront");
    assert_eq!(ports.blocks("Error from server (NotFound)"), None);
    assert_eq!(ports.blocks(r#"{"kind": "Node", "spec": {}}"#), None);
}

#[test]
fn rates_are_shown_with_their_age_and_what_is_missing_with_its_reason() {
    let reply = understand(
        "network traffic and disk usage of storefront",
        &company::snapshot(),
    );
    let wanted = reply.traffic.expect("rates to read");
    assert!(
        matches!(&wanted.subject, Subject::Workload(of) if of.to_string() == "shop/storefront")
    );
    assert_eq!(wanted.metrics, [Metric::Network, Metric::Disk]);
    let start = company::now() - Seconds(900);
    let samples = [
        (start, 1024.0),
        (start + Seconds(300), 4096.0),
        (start + Seconds(600), 2048.0),
    ];
    let series = Series::from_samples(&samples, Seconds(300));
    let measured = [
        (Metric::Network, Availability::Available(series)),
        (
            Metric::Disk,
            Availability::Unavailable("the history does not answer".to_owned()),
        ),
    ];
    let (blocks, is_measured) = wanted.blocks(&measured, company::now());
    assert!(is_measured);
    assert_eq!(
        rows(&blocks)[0],
        [
            "Network, received and sent",
            "2 KiB/s",
            "5m ago",
            "1 KiB/s",
            "2.3 KiB/s",
            "4 KiB/s"
        ]
    );
    let shown = format!("{blocks:?}");
    assert!(
        shown.contains("Disk, read and written: not known, because the history does not answer."),
        "{shown}"
    );
}

#[test]
fn nothing_measured_is_no_zero() {
    let reply = understand("network usage", &company::snapshot());
    let wanted = reply.traffic.expect("rates to read");
    assert_eq!(wanted.subject, Subject::Cluster);
    let empty = Series::from_samples(&[], Seconds(300));
    let (blocks, is_measured) = wanted.blocks(
        &[(Metric::Network, Availability::Available(empty))],
        company::now(),
    );
    assert!(!is_measured && rows(&blocks).is_empty(), "{blocks:?}");
}

#[test]
fn a_restart_counts_within_the_time_asked_for() {
    let snapshot = company::snapshot();
    let lately = understand("which pods restarted in the last hour?", &snapshot);
    assert!(
        first(&lately).starts_with("1 pod restarted within the last"),
        "{}",
        first(&lately)
    );
    let earlier = understand("which pods restarted in the last 2 minutes?", &snapshot);
    assert!(
        first(&earlier).starts_with("No pod has restarted within the last"),
        "{}",
        first(&earlier)
    );
}
