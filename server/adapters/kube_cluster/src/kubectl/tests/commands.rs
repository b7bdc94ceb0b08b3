//! `logs`, `top`, `events`, `rollout`, `version`, `api-resources` and `cluster-info`.

use domain::command::{
    ApiResourcesCommand, EventsCommand, LogTarget, LogsCommand, ReadCommand, TopNodesCommand,
    TopPodsCommand, UsageColumn,
};
use serde_json::{Value, json};

use super::{check, check_remark, everywhere, name, run, word};
use crate::kubectl::fixtures::Api;

fn logs(target: LogTarget) -> ReadCommand {
    ReadCommand::Logs(Box::new(LogsCommand::of(target)))
}

fn pod(name: &str, containers: &[&str]) -> Value {
    let containers: Vec<Value> = containers
        .iter()
        .map(|name| json!({"name": name}))
        .collect();
    json!({"metadata": {"name": name, "namespace": "shop"}, "spec": {"containers": containers}})
}

#[test]
fn logs_default_to_the_first_container_and_say_so() {
    let api = Api::new()
        .with(
            "/api/v1/namespaces/shop/pods/web-1",
            pod("web-1", &["app", "proxy"]),
        )
        .with_text(
            "/api/v1/namespaces/shop/pods/web-1/log?container=app&tailLines=501",
            "one\n\u{1b}[32mtwo\u{1b}[0m\n",
        );
    let output = run(api, &logs(LogTarget::Pod(name("web-1"))));
    assert_eq!(output.stdout, "one\ntwo\n");
    assert_eq!(
        output.stderr,
        "Defaulted container \"app\" out of: app, proxy\n"
    );
    assert_eq!(output.cut, None);
}

#[test]
fn logs_follow_the_default_container_annotation() {
    let mut pod = pod("web-1", &["app", "proxy"]);
    pod["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/default-container": "proxy"});
    let api = Api::new()
        .with("/api/v1/namespaces/shop/pods/web-1", pod)
        .with_text(
            "/api/v1/namespaces/shop/pods/web-1/log?container=proxy&tailLines=501",
            "x\n",
        );
    check(api, &logs(LogTarget::Pod(name("web-1"))), "x\n");
}

#[test]
fn logs_of_a_workload_are_those_of_its_best_pod() {
    let deployment = json!({"metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}}});
    let mut running = pod("web-b", &["app"]);
    running["spec"]["nodeName"] = json!("n1");
    let pods = json!({"items": [pod("web-a", &["app"]), running]});
    let api = Api::new()
        .with("/apis/apps/v1/namespaces/shop/deployments/web", deployment)
        .with("/api/v1/namespaces/shop/pods?labelSelector=app=web", pods)
        .with_text("/api/v1/namespaces/shop/pods/web-b/log", "from b\n");
    let output = run(api, &logs(LogTarget::Owner(word("deploy"), name("web"))));
    assert_eq!(output.stdout, "from b\n");
    assert_eq!(output.stderr, "Found 2 pods, using pod/web-b\n");
}

#[test]
fn logs_of_a_selector_are_ten_lines_of_each_pod() {
    let pods = json!({"items": [pod("a", &["app", "proxy"]), pod("b", &["app"])]});
    let api = Api::new()
        .with("/api/v1/namespaces/shop/pods?labelSelector=app=web", pods)
        .with_text(
            "/api/v1/namespaces/shop/pods/a/log?container=app&tailLines=10",
            "from a\n",
        )
        .with_text(
            "/api/v1/namespaces/shop/pods/b/log?container=app&tailLines=10",
            "from b\n",
        );
    let output = run(api, &logs(LogTarget::Selector("app=web".to_owned())));
    assert_eq!(output.stdout, "from a\nfrom b\n");
    assert_eq!(
        output.stderr,
        "Defaulted container \"app\" out of: app, proxy\n"
    );
}

#[test]
fn logs_keep_the_last_500_lines() {
    let api = Api::new()
        .with("/api/v1/namespaces/shop/pods/web-1", pod("web-1", &["app"]))
        .with_text(
            "/api/v1/namespaces/shop/pods/web-1/log",
            &"line\n".repeat(501),
        );
    let output = run(api, &logs(LogTarget::Pod(name("web-1"))));
    assert_eq!(output.stdout.lines().count(), 500);
    assert_eq!(output.cut.unwrap(), "Only the last 500 lines are shown.");
}

#[test]
fn logs_of_nothing_say_where_it_was_sought() {
    check_remark(
        Api::new(),
        &logs(LogTarget::Pod(name("nope"))),
        "error: error from server (NotFound): pods \"nope\" not found in namespace \"shop\"\n",
        1,
    );
}

fn pod_metrics() -> Value {
    let metrics = |name: &str, usages: &[(&str, &str)]| {
        let containers: Vec<Value> = usages
            .iter()
            .map(|(cpu, memory)| json!({"usage": {"cpu": cpu, "memory": memory}}))
            .collect();
        json!({"metadata": {"name": name, "namespace": "shop"}, "containers": containers})
    };
    json!({"items": [
        metrics("web-1", &[("250500u", "64Mi"), ("1m", "1024Ki")]),
        metrics("api-1", &[("12345678n", "1Gi")])]})
}

#[test]
fn top_pods_sums_containers_and_sorts_by_name() {
    let command = ReadCommand::TopPods(TopPodsCommand::default());
    let expected = "\
NAME    CPU(cores)   MEMORY(bytes)   
api-1   13m          1024Mi          
web-1   252m         65Mi            
";
    let api = Api::new().with(
        "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods",
        pod_metrics(),
    );
    check(api, &command, expected);
}

#[test]
fn top_pods_sorts_by_cpu_with_the_largest_first() {
    let command = ReadCommand::TopPods(TopPodsCommand {
        scope: everywhere(),
        sort_by: Some(UsageColumn::Cpu),
        no_headers: true,
        ..TopPodsCommand::default()
    });
    let api = Api::new().with("/apis/metrics.k8s.io/v1beta1/pods", pod_metrics());
    check(
        api,
        &command,
        "shop   web-1   252m   65Mi     \nshop   api-1   13m    1024Mi   \n",
    );
}

#[test]
fn top_nodes_shows_shares_and_what_is_not_measured() {
    let metrics = json!({"items": [
        {"metadata": {"name": "n1"}, "usage": {"cpu": "1", "memory": "2Gi"}}]});
    let nodes = json!({"items": [
        {"metadata": {"name": "n1"}, "status": {"allocatable": {"cpu": "4", "memory": "8Gi"}}},
        {"metadata": {"name": "n2"}, "status": {"allocatable": {"cpu": "4", "memory": "8Gi"}}}]});
    let command = ReadCommand::TopNodes(TopNodesCommand::default());
    let api = Api::new()
        .with("/apis/metrics.k8s.io/v1beta1/nodes", metrics)
        .with("/api/v1/nodes", nodes);
    let expected = "\
NAME   CPU(cores)   CPU(%)      MEMORY(bytes)   MEMORY(%)   
n1     1000m        25%         2048Mi          25%         
n2     <unknown>    <unknown>   <unknown>       <unknown>   
";
    check(api, &command, expected);
}

#[test]
fn top_without_a_metrics_api_says_so() {
    let command = ReadCommand::TopNodes(TopNodesCommand::default());
    let api = Api::new().with(
        "/apis",
        json!({"kind": "APIGroupDiscoveryList", "items": []}),
    );
    check_remark(api, &command, "error: Metrics API not available\n", 1);
}

fn events() -> Value {
    json!({"items": [
        {"metadata": {"namespace": "shop"}, "type": "Warning", "reason": "BackOff", "count": 5,
         "firstTimestamp": "2026-11-24T11:00:00Z", "lastTimestamp": "2026-11-24T11:58:00Z",
         "involvedObject": {"kind": "Pod", "name": "web-1"}, "message": "Back-off restarting\n"},
        {"metadata": {"namespace": "shop"}, "type": "Normal", "reason": "Scheduled",
         "eventTime": "2026-11-24T11:30:00.000000Z", "firstTimestamp": null, "lastTimestamp": null,
         "involvedObject": {"kind": "Pod", "name": "web-1"}, "message": "Assigned"}]})
}

#[test]
fn events_are_sorted_by_time() {
    let command = ReadCommand::Events(EventsCommand::default());
    check(
        Api::new().with("/api/v1/namespaces/shop/events", events()),
        &command,
        "\
LAST SEEN          TYPE      REASON      OBJECT      MESSAGE
30m                Normal    Scheduled   Pod/web-1   Assigned
2m (x5 over 60m)   Warning   BackOff     Pod/web-1   Back-off restarting
",
    );
}

#[test]
fn events_can_be_about_one_object_and_of_one_type() {
    let command = ReadCommand::Events(EventsCommand {
        scope: everywhere(),
        about: Some((word("deploy"), name("web"))),
        types: vec!["warning".to_owned()],
        ..EventsCommand::default()
    });
    let selector =
        "involvedObject.kind=Deployment,involvedObject.apiVersion=apps/v1,involvedObject.name=web";
    let api = Api::new().with(
        &format!("/api/v1/events?fieldSelector={selector}"),
        events(),
    );
    let output = run(api, &command);
    assert_eq!(output.stdout.lines().count(), 2, "{}", output.stdout);
    assert!(output.stdout.starts_with("NAMESPACE   LAST SEEN"));
}

#[test]
fn no_events_are_a_remark() {
    let command = ReadCommand::Events(EventsCommand::default());
    check_remark(
        Api::new(),
        &command,
        "No events found in shop namespace.\n",
        0,
    );
}

fn rollout_status(resource: &str) -> ReadCommand {
    ReadCommand::RolloutStatus {
        resource: word(resource),
        name: name("web"),
        scope: None,
    }
}

#[track_caller]
fn check_rollout(status: Value, expected: &str) {
    let deployment = json!({"metadata": {"name": "web", "generation": 2},
        "spec": {"replicas": 3}, "status": status});
    let api = Api::new().with("/apis/apps/v1/namespaces/shop/deployments/web", deployment);
    check(api, &rollout_status("deploy"), expected);
}

#[test]
fn rollout_status_says_what_is_waited_for() {
    for (status, expected) in [
        (
            json!({"observedGeneration": 1}),
            "Waiting for deployment spec update to be observed...\n",
        ),
        (
            json!({"observedGeneration": 2, "updatedReplicas": 1, "replicas": 4}),
            "Waiting for deployment \"web\" rollout to finish: 1 out of 3 new replicas have been updated...\n",
        ),
        (
            json!({"observedGeneration": 2, "updatedReplicas": 3, "replicas": 4}),
            "Waiting for deployment \"web\" rollout to finish: 1 old replicas are pending termination...\n",
        ),
        (
            json!({"observedGeneration": 2, "updatedReplicas": 3, "replicas": 3, "availableReplicas": 2}),
            "Waiting for deployment \"web\" rollout to finish: 2 of 3 updated replicas are available...\n",
        ),
        (
            json!({"observedGeneration": 2, "updatedReplicas": 3, "replicas": 3, "availableReplicas": 3}),
            "deployment \"web\" successfully rolled out\n",
        ),
    ] {
        check_rollout(status, expected);
    }
}

#[test]
fn rollout_status_of_a_pod_is_refused() {
    check_remark(
        Api::new(),
        &rollout_status("pods"),
        "error: no status viewer has been implemented for Pod\n",
        1,
    );
}

#[test]
fn rollout_history_lists_revisions_with_their_causes() {
    let deployment = json!({"metadata": {"name": "web", "namespace": "shop", "uid": "u1"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}}});
    let set = |name: &str, annotations: Value| {
        json!({"metadata": {"name": name, "annotations": annotations,
            "ownerReferences": [{"uid": "u1", "controller": true}]}})
    };
    let sets = json!({"items": [
        set("web-2", json!({"deployment.kubernetes.io/revision": "10"})),
        set("web-1", json!({"deployment.kubernetes.io/revision": "9", "kubernetes.io/change-cause": "image 1.1"})),
        {"metadata": {"name": "other", "annotations": {"deployment.kubernetes.io/revision": "1"}}}]});
    let command = ReadCommand::RolloutHistory {
        resource: word("deployment"),
        name: name("web"),
        scope: None,
        revision: None,
    };
    let api = Api::new()
        .with("/apis/apps/v1/namespaces/shop/deployments/web", deployment)
        .with("/apis/apps/v1/namespaces/shop/replicasets", sets);
    check(
        api,
        &command,
        "deployment.apps/web \nREVISION  CHANGE-CAUSE\n9         image 1.1\n10        <none>\n\n",
    );
}

#[test]
fn version_names_both_sides() {
    let api = Api::new().with("/version", json!({"gitVersion": "v1.33.2"}));
    let output = run(api, &ReadCommand::Version);
    assert!(output.stdout.starts_with("Client Version: ai4k8s v"));
    assert!(output.stdout.ends_with("\nServer Version: v1.33.2\n"));
}

fn api_resources() -> ReadCommand {
    ReadCommand::ApiResources(ApiResourcesCommand::default())
}

#[test]
fn api_resources_are_sorted_by_group_and_name() {
    let output = run(Api::new(), &api_resources());
    let lines: Vec<&str> = output.stdout.lines().take(3).collect();
    assert_eq!(
        lines,
        [
            "NAME                       SHORTNAMES   APIVERSION               NAMESPACED   KIND",
            "configmaps                 cm           v1                       true         ConfigMap",
            "events                     ev           v1                       true         Event",
        ]
    );
}

#[test]
fn cluster_info_names_the_server_and_its_services() {
    let services = json!({"items": [{"metadata": {"name": "kube-dns", "namespace": "kube-system",
        "labels": {"kubernetes.io/name": "CoreDNS"}}, "spec": {"ports": [{"name": "dns", "port": 53}]}}]});
    check(
        Api::new().with("/api/v1/namespaces/kube-system/services", services),
        &ReadCommand::ClusterInfo,
        "\
Kubernetes control plane is running at https://10.0.0.1:6443
CoreDNS is running at https://10.0.0.1:6443/api/v1/namespaces/kube-system/services/kube-dns:dns/proxy

To further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.
",
    );
}

#[test]
fn classic_discovery_is_enough() {
    let api = Api::new()
        .with("/api", json!({"kind": "APIVersions", "versions": ["v1"]}))
        .with("/apis", json!({"kind": "APIGroupList", "groups": [{"name": "apps",
            "versions": [{"groupVersion": "apps/v1beta1"}, {"groupVersion": "apps/v1"}],
            "preferredVersion": {"groupVersion": "apps/v1"}}]}))
        .with("/api/v1", json!({"resources": [{"name": "pods", "singularName": "pod", "kind": "Pod",
            "namespaced": true, "shortNames": ["po"], "verbs": ["list"]},
            {"name": "pods/log", "kind": "Pod", "verbs": ["get"]}]}))
        .with("/apis/apps/v1", json!({"resources": [{"name": "deployments", "singularName": "deployment",
            "kind": "Deployment", "namespaced": true, "shortNames": ["deploy"], "verbs": ["list"]}]}));
    check(
        api,
        &api_resources(),
        "\
NAME          SHORTNAMES   APIVERSION   NAMESPACED   KIND
pods          po           v1           true         Pod
deployments   deploy       apps/v1      true         Deployment
",
    );
}

#[test]
fn logs_of_all_containers_carry_their_source() {
    let path = "/api/v1/namespaces/shop/pods/web-1";
    let api = Api::new()
        .with(path, pod("web-1", &["app", "proxy"]))
        .with_text(&format!("{path}/log?container=app&tailLines=501"), "one\n")
        .with_text(
            &format!("{path}/log?container=proxy&tailLines=501"),
            "two\n",
        );
    let command = ReadCommand::Logs(Box::new(LogsCommand {
        all_containers: true,
        prefix: true,
        ..LogsCommand::of(LogTarget::Pod(name("web-1")))
    }));
    check(
        api,
        &command,
        "[pod/web-1/app] one\n[pod/web-1/proxy] two\n",
    );
}

#[test]
fn top_pods_adds_up_containers_and_all() {
    let api = Api::new().with(
        "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods",
        pod_metrics(),
    );
    let command = ReadCommand::TopPods(TopPodsCommand {
        sum: true,
        ..TopPodsCommand::default()
    });
    check(
        api,
        &command,
        "\
NAME    CPU(cores)   MEMORY(bytes)   
api-1   13m          1024Mi          
web-1   252m         65Mi            
        ________     ________        
        264m         1089Mi          
",
    );
}

#[test]
fn api_versions_are_sorted() {
    let api = Api::new()
        .with("/api", json!({"kind": "APIVersions", "versions": ["v1"]}))
        .with(
            "/apis",
            json!({"kind": "APIGroupList", "groups": [
            {"name": "apps", "versions": [{"groupVersion": "apps/v1"}]}]}),
        );
    check(api, &ReadCommand::ApiVersions, "apps/v1\nv1\n");
}
