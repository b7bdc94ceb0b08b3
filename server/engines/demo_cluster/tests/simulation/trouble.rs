//! Trouble: nodes that are lost, cordoned or tainted, probes that fail, and the scenarios.

use std::sync::Arc;

use demo_cluster::{
    Cluster, Scenario,
    api::Verb,
    registry::{DEPLOYMENT, NODE, NODE_METRICS, POD, POD_METRICS, RESOURCE_QUOTA},
    value,
};
use serde_json::{Value, json};

use crate::common::{
    change, company, create, deployment, events, field, is_ready, live, pods, ready, request,
    scale, watch,
};

/// A company in which `scenario` has just begun.
fn playing(scenario: Scenario) -> Cluster {
    let mut cluster = company();
    cluster.play(scenario);
    cluster
}

fn on_node(cluster: &Cluster, node: &str) -> Vec<Arc<Value>> {
    cluster
        .store()
        .list(POD, None)
        .filter(|pod| pod["spec"]["nodeName"] == node)
        .cloned()
        .collect()
}

fn taints(cluster: &Cluster, node: &str) -> Vec<String> {
    let node = cluster
        .store()
        .get(NODE, "", node)
        .expect("the node is there");
    value::items(node, "/spec/taints")
        .iter()
        .map(|taint| {
            let part = |field| value::text(taint, field);
            format!("{}:{}", part("/key"), part("/effect"))
        })
        .collect()
}

fn node_condition(cluster: &Cluster, node: &str) -> String {
    let node = cluster
        .store()
        .get(NODE, "", node)
        .expect("the node is there");
    value::items(node, "/status/conditions")
        .iter()
        .find(|condition| condition["type"] == "Ready")
        .map(|condition| value::text(condition, "/status").to_owned())
        .expect("a node has the condition")
}

fn restarts(pod: &Value) -> i64 {
    value::integer(pod, "/status/containerStatuses/0/restartCount").unwrap_or(0)
}

fn measured(cluster: &mut Cluster, kind: demo_cluster::registry::KindId) -> Vec<Value> {
    let list = cluster
        .call(&request(Verb::List, kind, None, None))
        .expect("metrics are listed");
    value::items(&list, "/items").to_vec()
}

#[test]
fn a_node_that_falls_silent_is_unknown_after_fifty_seconds_and_tainted() {
    let mut cluster = playing(Scenario::NodeLoss);
    watch(&mut cluster, 60 + 49);
    assert_eq!(node_condition(&cluster, "node-2"), "True");
    assert!(cluster.stats_summary("node-2").is_err());
    watch(&mut cluster, 2);
    assert_eq!(node_condition(&cluster, "node-2"), "Unknown");
    assert_eq!(
        taints(&cluster, "node-2"),
        [
            "node.kubernetes.io/unreachable:NoSchedule",
            "node.kubernetes.io/unreachable:NoExecute"
        ]
    );
    assert!(!on_node(&cluster, "node-2").is_empty());
    assert!(on_node(&cluster, "node-2").iter().all(|pod| !is_ready(pod)));
    assert!(
        events(&cluster, "default", "NodeNotReady")
            .contains(&"Node node-2 status is now: NodeNotReady".to_owned())
    );
    let names: Vec<_> = measured(&mut cluster, NODE_METRICS)
        .iter()
        .map(|node| value::name(node).to_owned())
        .collect();
    assert_eq!(names, ["node-1", "node-3"]);
}

#[test]
fn pods_leave_a_lost_node_after_five_minutes_and_it_takes_part_again_when_it_is_back() {
    let mut cluster = playing(Scenario::NodeLoss);
    watch(&mut cluster, 60 + 50 + 290);
    let evictable = |pod: &&Arc<Value>| {
        value::controller_of(pod).is_some_and(|owner| owner["kind"] == "ReplicaSet")
    };
    let before = on_node(&cluster, "node-2");
    assert!(before.iter().any(|pod| evictable(&pod)));
    assert!(before.iter().all(|pod| !value::is_terminating(pod)));
    watch(&mut cluster, 15);
    let after = on_node(&cluster, "node-2");
    assert!(
        after
            .iter()
            .filter(evictable)
            .all(|pod| value::is_terminating(pod))
    );
    let is_daemon = |pod: &&Arc<Value>| value::name(pod).starts_with("kube-proxy");
    assert!(
        after
            .iter()
            .filter(is_daemon)
            .all(|pod| !value::is_terminating(pod))
    );
    watch(&mut cluster, 900);
    assert_eq!(node_condition(&cluster, "node-2"), "True");
    assert_eq!(taints(&cluster, "node-2"), [""; 0]);
    assert!(
        on_node(&cluster, "node-2")
            .iter()
            .all(|pod| !value::is_terminating(pod))
    );
    assert_eq!(ready(&cluster, "shop", "storefront"), 3);
}

#[test]
fn a_lost_node_is_dealt_with_in_leaps_too() {
    let mut cluster = playing(Scenario::NodeLoss);
    live(&mut cluster, 12 * 60);
    assert_eq!(node_condition(&cluster, "node-2"), "Unknown");
    assert_eq!(ready(&cluster, "shop", "storefront"), 3);
    live(&mut cluster, 3600);
    assert_eq!(node_condition(&cluster, "node-2"), "True");
}

#[test]
fn a_cordoned_node_is_tainted_until_it_is_uncordoned() {
    let mut cluster = company();
    let cordon = |cluster: &mut Cluster, cordoned: bool| {
        change(cluster, NODE, "", "node-3", |node| {
            node["spec"]["unschedulable"] = json!(cordoned);
        });
        live(cluster, 1);
    };
    cordon(&mut cluster, true);
    let expected = ["node.kubernetes.io/unschedulable:NoSchedule"];
    assert_eq!(taints(&cluster, "node-3"), expected);
    assert_eq!(events(&cluster, "default", "NodeNotSchedulable").len(), 1);
    cordon(&mut cluster, false);
    assert_eq!(taints(&cluster, "node-3"), [""; 0]);
}

#[test]
fn a_no_execute_taint_drives_out_what_does_not_bear_it() {
    let mut cluster = company();
    change(&mut cluster, NODE, "", "node-3", |node| {
        node["spec"]["taints"] = json!([{"key": "repair", "value": "disk", "effect": "NoExecute"}]);
    });
    watch(&mut cluster, 120);
    let left: Vec<_> = on_node(&cluster, "node-3")
        .iter()
        .map(|pod| value::name(pod).to_owned())
        .collect();
    assert!(
        !left.is_empty() && left.iter().all(|name| name.starts_with("kube-proxy")),
        "{left:?}"
    );
    assert!(!events(&cluster, "shop", "TaintManagerEviction").is_empty());
}

#[test]
fn a_container_that_fails_its_liveness_probe_is_restarted() {
    let mut cluster = company();
    let container = json!({"name": "app", "image": "nginx:1.27", "ports": [{"containerPort": 80}],
        "livenessProbe": {"httpGet": {"path": "/", "port": 8081}, "periodSeconds": 5}});
    create(&mut cluster, DEPLOYMENT, deployment("deaf", 1, container));
    watch(&mut cluster, 60);
    let pod = &pods(&cluster, "shop", "deaf")[0];
    assert!(restarts(pod) >= 1);
    let last = &pod["status"]["containerStatuses"][0]["lastState"]["terminated"];
    assert_eq!(last["exitCode"], 137);
    assert_eq!(
        events(&cluster, "shop", "Killing")[0],
        "Container app failed liveness probe, will be restarted"
    );
    assert!(events(&cluster, "shop", "Unhealthy")[0].starts_with("Liveness probe failed: Get "));
}

#[test]
fn a_release_that_never_gets_ready_stops_half_way_and_can_be_undone() {
    let mut cluster = playing(Scenario::BadRollout);
    watch(&mut cluster, 780);
    let image = |pod: &Arc<Value>| value::text(pod, "/spec/containers/0/image").to_owned();
    let checkout = pods(&cluster, "shop", "checkout");
    let broken = |pod: &&Arc<Value>| image(pod).ends_with("-broken");
    assert!(checkout.iter().filter(broken).count() >= 1);
    assert!(
        checkout
            .iter()
            .filter(broken)
            .all(|pod| !is_ready(pod) && restarts(pod) == 0)
    );
    assert!(ready(&cluster, "shop", "checkout") >= 2);
    let found = cluster.store().get(DEPLOYMENT, "shop", "checkout").unwrap();
    let has_timed_out = value::items(found, "/status/conditions")
        .iter()
        .any(|condition| condition["reason"] == "ProgressDeadlineExceeded");
    assert!(has_timed_out, "{found}");
    change(&mut cluster, DEPLOYMENT, "shop", "checkout", |object| {
        object["spec"]["template"]["spec"]["containers"][0]["image"] =
            json!("registry.example.com/shop/checkout:5.2.0");
    });
    watch(&mut cluster, 60);
    assert!(
        pods(&cluster, "shop", "checkout")
            .iter()
            .all(|pod| is_ready(pod))
    );
}

#[test]
fn a_leak_ends_in_the_out_of_memory_killer() {
    let mut cluster = playing(Scenario::MemoryLeak);
    let before: i64 = pods(&cluster, "shop", "catalog")
        .iter()
        .map(|pod| restarts(pod))
        .sum();
    watch(&mut cluster, 20 * 60);
    let catalog = pods(&cluster, "shop", "catalog");
    assert!(catalog.iter().map(|pod| restarts(pod)).sum::<i64>() > before);
    let was_killed = |pod: &Arc<Value>| {
        let last = "/status/containerStatuses/0/lastState/terminated/reason";
        value::text(pod, last) == "OOMKilled"
    };
    assert!(catalog.iter().any(was_killed));
}

#[test]
fn a_traffic_spike_makes_the_autoscaler_add_replicas_and_wears_off() {
    let mut cluster = playing(Scenario::TrafficSpike);
    let before = field(&cluster, "checkout", "/spec/replicas");
    watch(&mut cluster, 600);
    let during = field(&cluster, "checkout", "/spec/replicas");
    assert!(during > before, "{before} to {during}");
    watch(&mut cluster, 45 * 60);
    assert!(field(&cluster, "checkout", "/spec/replicas") < during);
}

#[test]
fn a_noisy_neighbour_takes_most_of_a_node() {
    let mut cluster = playing(Scenario::NoisyNeighbour);
    watch(&mut cluster, 180);
    let noisy = measured(&mut cluster, POD_METRICS)
        .into_iter()
        .find(|pod| value::name(pod).starts_with("video-encoder"))
        .unwrap();
    let cpu = value::text(&noisy, "/containers/0/usage/cpu").trim_end_matches('n');
    assert!(cpu.parse::<u64>().unwrap() > 2_000_000_000, "{noisy}");
    let pod = &pods(&cluster, "data", "video-encoder")[0];
    assert_eq!(pod["status"]["qosClass"], "BestEffort");
}

#[test]
fn a_scenario_survives_a_restart_and_is_the_same_for_the_same_seed() {
    let mut cluster = playing(Scenario::TrafficSpike);
    watch(&mut cluster, 90);
    let mut again = Cluster::restore(cluster.snapshot(), 7, cluster.now()).unwrap();
    assert_eq!(again.playing(), Some(Scenario::TrafficSpike));
    watch(&mut cluster, 120);
    watch(&mut again, 120);
    assert_eq!(again.snapshot(), cluster.snapshot());
}

#[test]
fn a_scaling_is_not_held_up_by_a_node_that_is_lost() {
    let mut cluster = playing(Scenario::NodeLoss);
    watch(&mut cluster, 120);
    scale(&mut cluster, DEPLOYMENT, "shop", "catalog", 5);
    watch(&mut cluster, 60);
    let catalog = pods(&cluster, "shop", "catalog");
    let is_new = |pod: &&Arc<Value>| pod["spec"]["nodeName"] != "node-2";
    assert!(catalog.iter().filter(is_new).all(|pod| is_ready(pod)));
}

#[test]
fn a_quota_stops_a_scale_out_and_says_so() {
    let mut cluster = playing(Scenario::QuotaHit);
    watch(&mut cluster, 180);
    let quota = cluster
        .store()
        .get(RESOURCE_QUOTA, "shop", "team-shop")
        .unwrap();
    assert_eq!(quota["status"]["used"]["pods"], "16");
    let found = cluster
        .store()
        .get(DEPLOYMENT, "shop", "storefront")
        .unwrap();
    let failure = value::items(found, "/status/conditions")
        .iter()
        .find(|condition| condition["type"] == "ReplicaFailure")
        .unwrap();
    let message = value::text(failure, "/message");
    assert!(
        message.contains("exceeded quota: team-shop, requested: pods=1"),
        "{message}"
    );
    assert!(
        events(&cluster, "shop", "FailedCreate")
            .iter()
            .all(|message| message.starts_with("Error creating: pods \"storefront-"))
    );
    change(&mut cluster, RESOURCE_QUOTA, "shop", "team-shop", |quota| {
        quota["spec"]["hard"]["pods"] = json!("40");
    });
    watch(&mut cluster, 90);
    assert_eq!(ready(&cluster, "shop", "storefront"), 9);
}
