//! The company as it is handed over.

use crate::common::{NOW, company, events, live, pods, scale};
use demo_cluster::{
    Cluster, LogOptions,
    api::Verb,
    registry::{
        self, DEPLOYMENT, HORIZONTAL_POD_AUTOSCALER, NAMESPACE, NODE, NODE_METRICS, POD,
        POD_METRICS, SERVICE, STATEFUL_SET,
    },
    table::{self, IncludeObject},
    value,
};
use domain::time::Seconds;
use serde_json::{Value, json};

fn container(pod: &Value) -> &Value {
    &pod["status"]["containerStatuses"][0]
}

#[test]
fn has_three_nodes_nine_namespaces_about_forty_pods() {
    let cluster = company();
    let count = |kind| cluster.store().list(kind, None).count();
    assert_eq!(count(NODE), 3);
    assert_eq!(count(NAMESPACE), 9);
    assert!((36..=46).contains(&count(POD)), "{}", count(POD));
    let workloads = count(DEPLOYMENT) + count(STATEFUL_SET);
    assert!((15..=20).contains(&workloads), "{workloads}");
    assert_eq!(count(HORIZONTAL_POD_AUTOSCALER), 1);
    assert!(count(SERVICE) > 10 && count(registry::SECRET) >= 3);
    assert_eq!(count(registry::LEASE), 3);
}

#[test]
fn has_ages_of_weeks_and_one_revision_per_release() {
    let cluster = company();
    let storefront = cluster
        .store()
        .get(DEPLOYMENT, "shop", "storefront")
        .unwrap();
    let created = value::time(storefront, "/metadata/creationTimestamp").unwrap();
    assert_eq!(NOW.seconds_since(created), 58 * 86_400);
    assert_eq!(
        storefront["metadata"]["annotations"]["deployment.kubernetes.io/revision"],
        "2"
    );
}

#[test]
fn shows_a_crash_loop_with_its_back_off_events_and_stack_trace() {
    let mut cluster = company();
    live(&mut cluster, 60);
    let pod = &pods(&cluster, "payments", "fraud-scoring")[0];
    let status = container(pod);
    assert_eq!(status["state"]["waiting"]["reason"], "CrashLoopBackOff");
    assert_eq!(status["lastState"]["terminated"]["reason"], "Error");
    assert!(status["restartCount"].as_i64().unwrap() > 20);
    assert!(!events(&cluster, "payments", "BackOff").is_empty());
    let options = LogOptions {
        previous: true,
        ..LogOptions::default()
    };
    let log = cluster
        .logs("payments", value::name(pod), &options)
        .unwrap();
    assert!(log.iter().any(|line| line.text.starts_with("panic: ")));
}

#[test]
fn shows_an_image_that_cannot_be_pulled() {
    let cluster = company();
    let pod = &pods(&cluster, "batch", "invoice-renderer")[0];
    let reason = value::text(container(pod), "/state/waiting/reason");
    assert!(
        ["ImagePullBackOff", "ErrImagePull"].contains(&reason),
        "{reason}"
    );
    let failed = events(&cluster, "batch", "Failed");
    assert!(
        failed
            .iter()
            .any(|message| message.starts_with("Failed to pull image"))
    );
    assert!(failed.contains(&"Error: ImagePullBackOff".to_owned()));
}

#[test]
fn shows_a_pod_that_fits_nowhere() {
    let cluster = company();
    let pod = &pods(&cluster, "data", "spark-driver")[0];
    assert_eq!(pod["status"]["phase"], "Pending");
    assert_eq!(pod["spec"]["nodeName"], Value::Null);
    assert_eq!(
        events(&cluster, "data", "FailedScheduling"),
        [
            "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption \
          victims found for incoming pod."
        ]
    );
}

#[test]
fn shows_a_leak_that_was_ended_by_the_kernel() {
    let cluster = company();
    for pod in pods(&cluster, "shop", "recommendations") {
        let last = &container(&pod)["lastState"]["terminated"];
        assert_eq!(last["reason"], "OOMKilled");
        assert_eq!(last["exitCode"], 137);
        assert!(container(&pod)["restartCount"].as_i64().unwrap() > 5);
    }
}

#[test]
fn everything_else_is_ready() {
    let cluster = company();
    let troubled = ["fraud-scoring", "invoice-renderer", "spark-driver"];
    for pod in cluster.store().list(POD, None) {
        let expected = !troubled
            .iter()
            .any(|name| value::name(pod).starts_with(name));
        assert_eq!(
            crate::common::is_ready(pod),
            expected,
            "{}",
            value::name(pod)
        );
    }
}

#[test]
fn measures_pods_and_nodes_as_metrics_server_does() {
    let mut cluster = company();
    live(&mut cluster, 30);
    let list = crate::common::request(Verb::List, POD_METRICS, Some("shop"), None);
    let pods = cluster.call(&list).unwrap();
    let storefront: Vec<_> = value::items(&pods, "/items")
        .iter()
        .filter(|pod| value::name(pod).starts_with("storefront"))
        .collect();
    assert_eq!(storefront.len(), 3);
    for pod in storefront {
        let cpu = value::text(pod, "/containers/0/usage/cpu");
        let nanocores: f64 = cpu.strip_suffix('n').unwrap().parse().unwrap();
        assert!(nanocores / 1e6 > 0.85 * 250.0, "{cpu}");
        assert!(value::text(pod, "/containers/0/usage/memory").ends_with("Ki"));
        assert_eq!(pod["window"], "15s");
        assert_eq!(pod["metadata"].get("uid"), None);
    }
    let node = crate::common::request(Verb::Get, NODE_METRICS, None, Some("node-1"));
    let node = cluster.call(&node).unwrap();
    assert!(value::text(&node, "/usage/cpu").ends_with('n'));
    let unknown = crate::common::request(Verb::Get, NODE_METRICS, None, Some("node-9"));
    assert_eq!(cluster.call(&unknown).unwrap_err().code(), 404);
}

#[test]
fn has_no_measurement_of_what_does_not_run() {
    let mut cluster = company();
    let list = crate::common::request(Verb::List, POD_METRICS, None, None);
    let pods = cluster.call(&list).unwrap();
    let named = |prefix: &str| {
        value::items(&pods, "/items")
            .iter()
            .any(|pod| value::name(pod).starts_with(prefix))
    };
    assert!(named("postgres") && !named("spark-driver") && !named("invoice-renderer"));
}

#[test]
fn prints_the_words_kubectl_prints() {
    let mut cluster = company();
    live(&mut cluster, 45);
    let pods = cluster.store().list(POD, None);
    let list = json!({"items": pods.map(|pod| Value::clone(pod)).collect::<Vec<_>>()});
    let table = table::of_response(POD, &list, cluster.now(), IncludeObject::None);
    let printed = table.to_string();
    for word in ["CrashLoopBackOff", "Running", "Pending"] {
        assert!(printed.contains(word), "{word}");
    }
    assert!(printed.contains("ImagePullBackOff") || printed.contains("ErrImagePull"));
}

#[test]
fn is_settled_and_short_of_storefronts_whenever_it_is_handed_over() {
    for hours in [5, 37, 106] {
        let mut cluster = Cluster::new(7, NOW + Seconds(hours * 3600));
        live(&mut cluster, 30);
        assert_eq!(crate::common::ready(&cluster, "shop", "storefront"), 3);
        let list = crate::common::request(Verb::List, POD_METRICS, Some("shop"), None);
        let pods = cluster.call(&list).unwrap();
        let cpu: Vec<f64> = value::items(&pods, "/items")
            .iter()
            .filter(|pod| value::name(pod).starts_with("storefront"))
            .map(|pod| {
                value::text(pod, "/containers/0/usage/cpu")
                    .trim_end_matches('n')
                    .parse()
                    .unwrap()
            })
            .collect();
        let millicores = cpu.iter().sum::<f64>() / 1e6;
        assert!(millicores > 0.85 * 750.0, "after {hours} h: {millicores}");
    }
}

#[test]
fn has_rules_budgets_and_rights_besides_workloads() {
    let cluster = company();
    let has =
        |kind, namespace: &str, name: &str| cluster.store().get(kind, namespace, name).is_some();
    assert!(has(registry::CLUSTER_ROLE, "", "cluster-admin"));
    assert!(has(registry::INGRESS, "shop", "storefront"));
    assert!(has(registry::POD_DISRUPTION_BUDGET, "data", "postgres"));
    assert!(has(registry::API_SERVICE, "", "v1beta1.metrics.k8s.io"));
    let vertical = "verticalpodautoscalers";
    let vertical = cluster.store().find("autoscaling.k8s.io", "v1", vertical);
    assert!(has(vertical.unwrap(), "shop", "catalog"));
    let quota = cluster
        .store()
        .get(registry::RESOURCE_QUOTA, "batch", "batch")
        .unwrap();
    assert_eq!(quota["status"]["hard"]["pods"], "40");
    let namespaces = cluster.store().list(NAMESPACE, None);
    let founded: std::collections::BTreeMap<&str, _> = namespaces
        .map(|it| {
            (
                value::name(it),
                value::time(it, "/metadata/creationTimestamp"),
            )
        })
        .collect();
    for kind in [
        registry::ROLE,
        registry::ROLE_BINDING,
        registry::INGRESS,
        registry::NETWORK_POLICY,
        registry::POD_DISRUPTION_BUDGET,
        registry::RESOURCE_QUOTA,
        registry::LIMIT_RANGE,
    ] {
        for object in cluster.store().list(kind, None) {
            let created = value::time(object, "/metadata/creationTimestamp");
            assert!(created >= founded[value::namespace(object)], "{object}");
        }
    }
}

/// What admission and the real controllers put into pods.
#[test]
fn has_pods_as_the_real_controllers_make_them() {
    let cluster = company();
    let proxy = &pods(&cluster, "kube-system", "kube-proxy")[0];
    assert_eq!(proxy["metadata"]["labels"]["pod-template-generation"], "1");
    let own = value::items(proxy, "/spec/tolerations").iter();
    let own: Vec<&str> = own
        .map(|toleration| value::text(toleration, "/key").trim_start_matches("node.kubernetes.io/"))
        .filter(|key| !key.is_empty())
        .collect();
    let expected = [
        "not-ready",
        "unreachable",
        "disk-pressure",
        "memory-pressure",
        "pid-pressure",
        "unschedulable",
        "network-unavailable",
    ];
    assert_eq!(own, expected);
    let database = &pods(&cluster, "data", "postgres-0")[0];
    assert_eq!(database["metadata"]["generateName"], "postgres-");
    assert_eq!(database["metadata"]["generation"], 1);
    let volumes = value::items(database, "/spec/volumes");
    let has_token = volumes
        .iter()
        .any(|it| value::text(it, "/name").starts_with("kube-api-access-"));
    assert!(has_token, "{volumes:?}");
}

#[test]
fn has_events_of_the_scheduler_in_the_newer_form() {
    let mut cluster = company();
    scale(&mut cluster, DEPLOYMENT, "shop", "storefront", 5);
    live(&mut cluster, 5);
    let mut events = cluster.store().list(registry::EVENT, None);
    let scheduled = events
        .find(|event| event["reason"] == "Scheduled")
        .expect("a pod was scheduled");
    assert!(scheduled["eventTime"].is_string());
    assert_eq!(scheduled["action"], "Binding");
    assert_eq!(
        (&scheduled["firstTimestamp"], &scheduled["source"]),
        (&Value::Null, &json!({}))
    );
    assert_eq!(scheduled["reportingComponent"], "default-scheduler");
}

#[test]
fn has_the_conditions_of_deployments_in_the_order_in_which_they_came_true() {
    let cluster = company();
    let storefront = cluster.store().get(DEPLOYMENT, "shop", "storefront");
    let storefront = storefront.expect("the company sells something");
    let kinds: Vec<_> = value::items(storefront, "/status/conditions")
        .iter()
        .map(|condition| value::text(condition, "/type"))
        .collect();
    assert_eq!(kinds, ["Available", "Progressing"]);
}
