//! The controllers, from outside: what is asked for becomes what is there.

use std::sync::Arc;

use crate::common::{
    change, company, create, delete, deployment, events, field, live, pods, ready, scale, watch,
};
use demo_cluster::{
    Cluster,
    registry::{
        CONFIG_MAP, DEPLOYMENT, ENDPOINT_SLICE, ENDPOINTS, HORIZONTAL_POD_AUTOSCALER, NAMESPACE,
        NODE, POD, REPLICA_SET, SERVICE, STATEFUL_SET,
    },
    value,
};
use serde_json::{Value, json};

fn waiting_reason(pod: &Value) -> &str {
    value::text(pod, "/status/containerStatuses/0/state/waiting/reason")
}

#[test]
fn scaling_from_three_to_five_yields_five_ready_pods_within_thirty_seconds() {
    let mut cluster = company();
    scale(&mut cluster, DEPLOYMENT, "shop", "storefront", 5);
    live(&mut cluster, 1);
    assert_eq!(pods(&cluster, "shop", "storefront").len(), 5);
    live(&mut cluster, 30);
    assert_eq!(ready(&cluster, "shop", "storefront"), 5);
    assert_eq!(field(&cluster, "storefront", "/status/readyReplicas"), 5);
    let scaled = events(&cluster, "shop", "ScalingReplicaSet");
    assert!(
        scaled
            .iter()
            .any(|message| message.ends_with("from 3 to 5")),
        "{scaled:?}"
    );
}

#[test]
fn scaling_down_removes_pods_gracefully() {
    let mut cluster = company();
    scale(&mut cluster, DEPLOYMENT, "shop", "storefront", 1);
    live(&mut cluster, 1);
    let ending = pods(&cluster, "shop", "storefront")
        .iter()
        .filter(|pod| value::is_terminating(pod))
        .count();
    assert_eq!(ending, 2);
    live(&mut cluster, 10);
    assert_eq!(pods(&cluster, "shop", "storefront").len(), 1);
    assert_eq!(field(&cluster, "storefront", "/status/replicas"), 1);
}

#[test]
fn a_rolling_update_keeps_every_replica_available() {
    let mut cluster = company();
    change(&mut cluster, DEPLOYMENT, "shop", "storefront", |object| {
        object["spec"]["template"]["spec"]["containers"][0]["image"] =
            json!("registry.example.com/shop/storefront:2.15.0");
    });
    let mut done_after = None;
    for second in 0..180 {
        live(&mut cluster, 1);
        assert!(
            ready(&cluster, "shop", "storefront") >= 3,
            "second {second}"
        );
        assert!(pods(&cluster, "shop", "storefront").len() <= 3 + 1 + 3);
        if field(&cluster, "storefront", "/status/updatedReplicas") == 3
            && field(&cluster, "storefront", "/status/replicas") == 3
            && field(&cluster, "storefront", "/status/availableReplicas") == 3
        {
            done_after.get_or_insert(second);
        }
    }
    assert!(
        done_after.is_some_and(|seconds| seconds > 10),
        "{done_after:?}"
    );
}

#[test]
fn going_back_to_an_earlier_template_revives_its_replica_set_as_the_newest_revision() {
    let mut cluster = company();
    let sets = cluster.store().list(REPLICA_SET, Some("shop"));
    let before = sets
        .filter(|set| value::name(set).starts_with("storefront"))
        .count();
    change(&mut cluster, DEPLOYMENT, "shop", "storefront", |object| {
        object["spec"]["template"]["spec"]["containers"][0]["image"] =
            json!("registry.example.com/shop/storefront:2.13.0");
    });
    live(&mut cluster, 90);
    let sets = cluster.store().list(REPLICA_SET, Some("shop"));
    let revisions: Vec<_> = sets
        .filter(|set| value::name(set).starts_with("storefront"))
        .map(|set| {
            let revision = &set["metadata"]["annotations"]["deployment.kubernetes.io/revision"];
            (
                revision.as_str().unwrap().to_owned(),
                set["spec"]["replicas"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(revisions.len(), before);
    assert!(revisions.contains(&("3".to_owned(), 3)), "{revisions:?}");
    assert!(revisions.contains(&("2".to_owned(), 0)), "{revisions:?}");
}

#[test]
fn a_paused_deployment_scales_but_does_not_roll() {
    let mut cluster = company();
    change(&mut cluster, DEPLOYMENT, "shop", "catalog", |object| {
        object["spec"]["paused"] = json!(true);
        object["spec"]["replicas"] = json!(4);
        object["spec"]["template"]["metadata"]["annotations"] = json!({"x": "y"});
    });
    live(&mut cluster, 40);
    assert_eq!(ready(&cluster, "shop", "catalog"), 4);
    assert_eq!(field(&cluster, "catalog", "/status/updatedReplicas"), 0);
    change(&mut cluster, DEPLOYMENT, "shop", "catalog", |object| {
        object["spec"]["paused"] = json!(false);
    });
    live(&mut cluster, 90);
    assert_eq!(field(&cluster, "catalog", "/status/updatedReplicas"), 4);
}

#[test]
fn a_broken_image_stops_the_rollout_and_leaves_the_old_pods() {
    let mut cluster = company();
    change(&mut cluster, DEPLOYMENT, "shop", "storefront", |object| {
        object["spec"]["template"]["spec"]["containers"][0]["image"] =
            json!("nginx:does-not-exist");
    });
    live(&mut cluster, 700);
    assert_eq!(ready(&cluster, "shop", "storefront"), 3);
    let deployment = cluster
        .store()
        .get(DEPLOYMENT, "shop", "storefront")
        .unwrap();
    let reasons: Vec<_> = value::items(deployment, "/status/conditions")
        .iter()
        .map(|condition| value::text(condition, "/reason"))
        .collect();
    assert!(reasons.contains(&"ProgressDeadlineExceeded"), "{reasons:?}");
    let broken = pods(&cluster, "shop", "storefront")
        .into_iter()
        .find(|pod| waiting_reason(pod).contains("Pull"));
    assert!(broken.is_some());
}

#[test]
fn what_does_not_fit_stays_pending_and_is_bound_once_there_is_room() {
    let mut cluster = company();
    let hungry = json!({"name": "app", "image": "nginx:1.27",
                        "resources": {"requests": {"cpu": "2500m"}}});
    create(&mut cluster, DEPLOYMENT, deployment("hungry", 2, hungry));
    live(&mut cluster, 20);
    assert_eq!(ready(&cluster, "shop", "hungry"), 0);
    let failed = events(&cluster, "shop", "FailedScheduling");
    assert!(failed[0].contains("3 Insufficient cpu"), "{failed:?}");
    for (namespace, name) in [
        ("data", "ingest"),
        ("batch", "report-worker"),
        ("shop", "storefront"),
    ] {
        scale(&mut cluster, DEPLOYMENT, namespace, name, 0);
    }
    scale(&mut cluster, STATEFUL_SET, "data", "postgres", 0);
    live(&mut cluster, 60);
    assert!(ready(&cluster, "shop", "hungry") >= 1);
    assert!(!events(&cluster, "shop", "Scheduled").is_empty());
}

#[test]
fn a_cordoned_node_gets_no_new_pods() {
    let mut cluster = company();
    for node in ["node-1", "node-2"] {
        change(&mut cluster, NODE, "", node, |node| {
            node["spec"]["unschedulable"] = json!(true);
        });
    }
    let before: Vec<_> = pods(&cluster, "shop", "storefront")
        .iter()
        .map(|pod| value::name(pod).to_owned())
        .collect();
    scale(&mut cluster, DEPLOYMENT, "shop", "storefront", 5);
    live(&mut cluster, 30);
    for pod in pods(&cluster, "shop", "storefront") {
        if !before.contains(&value::name(&pod).to_owned()) {
            assert_eq!(pod["spec"]["nodeName"], "node-3");
        }
    }
}

#[test]
fn a_deleted_pod_is_replaced_and_leaves_its_service_at_once() {
    let mut cluster = company();
    let victim = value::name(&pods(&cluster, "shop", "catalog")[0]).to_owned();
    delete(&mut cluster, POD, Some("shop"), &victim);
    live(&mut cluster, 1);
    let endpoints = cluster.store().get(ENDPOINTS, "shop", "catalog").unwrap();
    assert_eq!(value::items(endpoints, "/subsets/0/addresses").len(), 2);
    live(&mut cluster, 30);
    assert!(cluster.store().get(POD, "shop", &victim).is_none());
    assert_eq!(ready(&cluster, "shop", "catalog"), 3);
    let endpoints = cluster.store().get(ENDPOINTS, "shop", "catalog").unwrap();
    assert_eq!(value::items(endpoints, "/subsets/0/addresses").len(), 3);
}

/// `(ready, terminating)` endpoints in the slices of a service.
fn sliced(cluster: &Cluster, namespace: &str, service: &str) -> (usize, usize) {
    let endpoints: Vec<_> = cluster
        .store()
        .list(ENDPOINT_SLICE, Some(namespace))
        .filter(|slice| slice["metadata"]["labels"]["kubernetes.io/service-name"] == service)
        .flat_map(|slice| value::items(slice, "/endpoints"))
        .collect();
    let count = |pointer| {
        let holds = |endpoint: &&&Value| value::truth(endpoint, pointer);
        endpoints.iter().filter(holds).count()
    };
    (count("/conditions/ready"), count("/conditions/terminating"))
}

#[test]
fn the_slices_of_a_service_follow_its_pods_and_go_with_it() {
    let mut cluster = company();
    assert_eq!(sliced(&cluster, "shop", "catalog"), (3, 0));
    let victim = value::name(&pods(&cluster, "shop", "catalog")[0]).to_owned();
    delete(&mut cluster, POD, Some("shop"), &victim);
    live(&mut cluster, 1);
    assert_eq!(sliced(&cluster, "shop", "catalog"), (2, 1));
    live(&mut cluster, 30);
    assert_eq!(sliced(&cluster, "shop", "catalog"), (3, 0));
    assert_eq!(sliced(&cluster, "default", "kubernetes"), (1, 0));
    delete(&mut cluster, SERVICE, Some("shop"), "catalog");
    live(&mut cluster, 1);
    let is_left = |slice: &Arc<Value>| value::name(slice).starts_with("catalog-");
    let mut slices = cluster.store().list(ENDPOINT_SLICE, Some("shop"));
    assert!(!slices.any(is_left));
}

#[test]
fn a_stateful_set_grows_and_shrinks_in_order() {
    let mut cluster = company();
    scale(&mut cluster, STATEFUL_SET, "data", "postgres", 5);
    live(&mut cluster, 3);
    assert_eq!(pods(&cluster, "data", "postgres-").len(), 4);
    live(&mut cluster, 60);
    assert_eq!(ready(&cluster, "data", "postgres-"), 5);
    scale(&mut cluster, STATEFUL_SET, "data", "postgres", 3);
    live(&mut cluster, 1);
    let ending: Vec<_> = pods(&cluster, "data", "postgres-")
        .iter()
        .filter(|pod| value::is_terminating(pod))
        .map(|pod| value::name(pod).to_owned())
        .collect();
    assert_eq!(ending, ["postgres-4"]);
    live(&mut cluster, 30);
    assert_eq!(pods(&cluster, "data", "postgres-").len(), 3);
}

#[test]
fn a_container_that_exits_is_backed_off_and_one_above_its_memory_limit_is_killed() {
    let mut cluster = company();
    let crashing = json!({"name": "app", "image": "busybox:1.37",
                          "command": ["sh", "-c", "echo no; exit 3"]});
    create(
        &mut cluster,
        DEPLOYMENT,
        deployment("crashing", 1, crashing),
    );
    change(&mut cluster, DEPLOYMENT, "shop", "catalog", |object| {
        object["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"] =
            json!("48Mi");
    });
    let (mut words, mut killed) = (Vec::new(), false);
    for _ in 0..90 {
        live(&mut cluster, 1);
        for pod in pods(&cluster, "shop", "crashing") {
            let terminated = "/status/containerStatuses/0/state/terminated/reason";
            for word in [waiting_reason(&pod), value::text(&pod, terminated)] {
                if !word.is_empty() && words.last().map(String::as_str) != Some(word) {
                    words.push(word.to_owned());
                }
            }
        }
        killed |= pods(&cluster, "shop", "catalog").iter().any(|pod| {
            let status = &pod["status"]["containerStatuses"][0];
            [&status["state"], &status["lastState"]]
                .iter()
                .any(|state| state["terminated"]["reason"] == "OOMKilled")
        });
    }
    assert_eq!(
        words[..3],
        ["ContainerCreating", "Error", "CrashLoopBackOff"]
    );
    assert!(killed);
}

#[test]
fn the_autoscaler_follows_its_target() {
    let mut cluster = company();
    change(
        &mut cluster,
        HORIZONTAL_POD_AUTOSCALER,
        "shop",
        "checkout",
        |autoscaler| {
            autoscaler["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] =
                json!(20);
        },
    );
    let before = field(&cluster, "checkout", "/spec/replicas");
    live(&mut cluster, 40);
    let after = field(&cluster, "checkout", "/spec/replicas");
    assert!(after > before, "{before} → {after}");
    let rescaled = events(&cluster, "shop", "SuccessfulRescale");
    assert!(
        rescaled
            .iter()
            .any(|message| message.contains("above target")),
        "{rescaled:?}"
    );
    live(&mut cluster, 60);
    assert_eq!(
        ready(&cluster, "shop", "checkout") as i64,
        field(&cluster, "checkout", "/spec/replicas")
    );
}

#[test]
fn the_autoscaler_waits_five_minutes_before_it_scales_down() {
    let mut cluster = company();
    scale(&mut cluster, DEPLOYMENT, "shop", "checkout", 6);
    live(&mut cluster, 120);
    assert_eq!(field(&cluster, "checkout", "/spec/replicas"), 6);
    live(&mut cluster, 420);
    assert!(field(&cluster, "checkout", "/spec/replicas") < 6);
}

#[test]
fn a_new_autoscaler_keeps_what_it_found_for_its_window() {
    let mut cluster = company();
    let container =
        json!({"name": "trial", "image": "trial:1", "resources": {"requests": {"cpu": "500m"}}});
    create(&mut cluster, DEPLOYMENT, deployment("trial", 2, container));
    let autoscaler = json!({
        "metadata": {"name": "trial", "namespace": "shop"},
        "spec": {"minReplicas": 1, "maxReplicas": 5, "scaleTargetRef": {"kind": "Deployment", "name": "trial"}},
    });
    create(&mut cluster, HORIZONTAL_POD_AUTOSCALER, autoscaler);
    // Its pods have no metrics at first, and hardly use anything then.
    watch(&mut cluster, 240);
    assert_eq!(field(&cluster, "trial", "/spec/replicas"), 2);
    watch(&mut cluster, 240);
    assert_eq!(field(&cluster, "trial", "/spec/replicas"), 1);
}

#[test]
fn deleting_a_deployment_takes_its_sets_and_pods_with_it() {
    let mut cluster = company();
    delete(&mut cluster, DEPLOYMENT, Some("shop"), "catalog");
    live(&mut cluster, 20);
    assert!(pods(&cluster, "shop", "catalog").is_empty());
    let mut sets = cluster.store().list(REPLICA_SET, Some("shop"));
    assert!(!sets.any(|set| value::name(set).starts_with("catalog")));
}

#[test]
fn a_namespace_is_furnished_when_made_and_emptied_when_it_ends() {
    let mut cluster = company();
    create(
        &mut cluster,
        NAMESPACE,
        json!({"metadata": {"name": "trial"}, "spec": {}}),
    );
    live(&mut cluster, 1);
    assert!(
        cluster
            .store()
            .get(CONFIG_MAP, "trial", "kube-root-ca.crt")
            .is_some()
    );
    delete(&mut cluster, NAMESPACE, None, "batch");
    live(&mut cluster, 1);
    let batch = cluster.store().get(NAMESPACE, "", "batch").unwrap();
    assert_eq!(batch["status"]["phase"], "Terminating");
    live(&mut cluster, 20);
    assert!(cluster.store().get(NAMESPACE, "", "batch").is_none());
    assert_eq!(cluster.store().list(POD, Some("batch")).count(), 0);
    assert_eq!(cluster.store().list(SERVICE, Some("batch")).count(), 0);
}
