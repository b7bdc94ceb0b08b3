//! Jobs, schedules, daemons, claims, budgets, and what is adopted or let go.

use std::sync::Arc;

use demo_cluster::{
    Cluster,
    api::{PatchType, Verb},
    registry::{
        CONTROLLER_REVISION, CRON_JOB, DAEMON_SET, DEPLOYMENT, HORIZONTAL_POD_AUTOSCALER, JOB,
        KindId, NODE, PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, POD, POD_DISRUPTION_BUDGET,
        REPLICA_SET, STATEFUL_SET,
    },
    value,
};
use serde_json::{Value, json};

use crate::common::{change, company, delete, events, live, pods, ready, request, scale, watch};

/// Creates an object in `shop` through the API, with every default.
fn post(cluster: &mut Cluster, kind: KindId, name: &str, spec: Value) {
    let mut create = request(Verb::Create, kind, Some("shop"), None);
    create.body = Some(json!({"metadata": {"name": name}, "spec": spec}));
    cluster.call(&create).expect("the object is valid");
}

fn get(cluster: &Cluster, kind: KindId, name: &str) -> Arc<Value> {
    let found = cluster.store().get(kind, "shop", name);
    Arc::clone(found.expect("the object is there"))
}

fn job(command: &[&str], more: Value) -> Value {
    let mut spec = json!({"template": {"spec": {"restartPolicy": "Never",
        "containers": [{"name": "work", "image": "busybox:1.37", "command": command}]}}});
    for (field, value) in more.as_object().into_iter().flatten() {
        spec[field] = value.clone();
    }
    spec
}

fn condition(object: &Value, kind: &str) -> String {
    value::items(object, "/status/conditions")
        .iter()
        .find(|condition| condition["type"] == kind && condition["status"] == "True")
        .map(|condition| value::text(condition, "/reason").to_owned())
        .unwrap_or_default()
}

#[test]
fn a_job_runs_as_many_pods_at_once_as_it_may_and_is_complete_when_enough_have_succeeded() {
    let mut cluster = company();
    let spec = job(&["sleep", "5"], json!({"completions": 5, "parallelism": 2}));
    post(&mut cluster, JOB, "pi", spec);
    let mut most = 0;
    for _ in 0..90 {
        live(&mut cluster, 1);
        most = most.max(
            get(&cluster, JOB, "pi")["status"]["active"]
                .as_i64()
                .unwrap_or(0),
        );
    }
    let job = get(&cluster, JOB, "pi");
    assert_eq!((most, &job["status"]["succeeded"]), (2, &json!(5)));
    assert_eq!(condition(&job, "Complete"), "CompletionsReached");
    assert!(job["status"]["completionTime"].is_string());
    assert_eq!(pods(&cluster, "shop", "pi-").len(), 5);
    assert_eq!(events(&cluster, "shop", "Completed"), ["Job completed"]);
}

#[test]
fn an_indexed_job_completes_every_index_once() {
    let mut cluster = company();
    let spec = job(
        &["sleep", "2"],
        json!({"completions": 3, "parallelism": 3, "completionMode": "Indexed"}),
    );
    post(&mut cluster, JOB, "split", spec);
    watch(&mut cluster, 60);
    let job = get(&cluster, JOB, "split");
    assert_eq!(job["status"]["completedIndexes"], "0-2");
    let mut hosts: Vec<_> = pods(&cluster, "shop", "split-")
        .iter()
        .map(|pod| value::text(pod, "/spec/hostname").to_owned())
        .collect();
    hosts.sort();
    assert_eq!(hosts, ["split-0", "split-1", "split-2"]);
}

#[test]
fn a_job_gives_up_after_its_backoff_limit_waiting_longer_each_time() {
    let mut cluster = company();
    let spec = job(&["sh", "-c", "exit 3"], json!({"backoffLimit": 2}));
    post(&mut cluster, JOB, "doomed", spec);
    watch(&mut cluster, 20);
    assert!(pods(&cluster, "shop", "doomed-").len() <= 2);
    watch(&mut cluster, 60);
    let job = get(&cluster, JOB, "doomed");
    assert_eq!(condition(&job, "Failed"), "BackoffLimitExceeded");
    assert_eq!(job["status"]["failed"], 3);
}

#[test]
fn a_job_ends_at_its_deadline_and_is_removed_after_its_time_to_live() {
    let mut cluster = company();
    let spec = job(
        &["sleep", "600"],
        json!({"activeDeadlineSeconds": 20, "ttlSecondsAfterFinished": 30}),
    );
    post(&mut cluster, JOB, "slow", spec);
    watch(&mut cluster, 24);
    assert_eq!(
        condition(&get(&cluster, JOB, "slow"), "Failed"),
        "DeadlineExceeded"
    );
    watch(&mut cluster, 60);
    assert!(cluster.store().get(JOB, "shop", "slow").is_none());
    assert!(pods(&cluster, "shop", "slow-").is_empty());
}

#[test]
fn a_suspended_job_has_no_pods_until_it_is_resumed() {
    let mut cluster = company();
    post(
        &mut cluster,
        JOB,
        "later",
        job(&["sleep", "3"], json!({"suspend": true})),
    );
    watch(&mut cluster, 10);
    assert!(pods(&cluster, "shop", "later-").is_empty());
    assert_eq!(
        condition(&get(&cluster, JOB, "later"), "Suspended"),
        "JobSuspended"
    );
    change(&mut cluster, JOB, "shop", "later", |job| {
        job["spec"]["suspend"] = json!(false)
    });
    watch(&mut cluster, 30);
    assert_eq!(get(&cluster, JOB, "later")["status"]["succeeded"], 1);
}

fn cron_job(policy: &str, command: &[&str]) -> Value {
    json!({"schedule": "* * * * *", "concurrencyPolicy": policy, "successfulJobsHistoryLimit": 2,
        "jobTemplate": {"spec": job(command, json!({}))}})
}

#[test]
fn a_cron_job_starts_a_job_every_time_and_keeps_as_many_as_it_should() {
    let mut cluster = company();
    post(
        &mut cluster,
        CRON_JOB,
        "tick",
        cron_job("Allow", &["sleep", "5"]),
    );
    watch(&mut cluster, 5 * 60 + 30);
    let jobs: Vec<_> = cluster.store().list(JOB, Some("shop")).collect();
    assert_eq!(jobs.len(), 2, "{jobs:?}");
    let tick = get(&cluster, CRON_JOB, "tick");
    assert!(tick["status"]["lastSuccessfulTime"].is_string());
    assert!(tick["status"].get("active").is_none());
    assert_eq!(events(&cluster, "shop", "SawCompletedJob").len(), 5);
}

#[test]
fn a_cron_job_that_forbids_concurrency_waits_for_the_job_that_runs() {
    let mut cluster = company();
    post(
        &mut cluster,
        CRON_JOB,
        "slow",
        cron_job("Forbid", &["sleep", "600"]),
    );
    watch(&mut cluster, 200);
    assert_eq!(cluster.store().list(JOB, Some("shop")).count(), 1);
    assert!(!events(&cluster, "shop", "JobAlreadyActive").is_empty());
    let active = &get(&cluster, CRON_JOB, "slow")["status"]["active"];
    assert_eq!(active.as_array().map(Vec::len), Some(1));
}

#[test]
fn daemons_run_on_nodes_they_bear_and_are_replaced_one_at_a_time() {
    let mut cluster = company();
    change(&mut cluster, NODE, "", "node-1", |node| {
        node["spec"]["taints"] = json!([{"key": "special", "effect": "NoSchedule"}]);
    });
    let spec = json!({"selector": {"matchLabels": {"app": "agent"}}, "template": {
        "metadata": {"labels": {"app": "agent"}},
        "spec": {"containers": [{"name": "agent", "image": "example.com/agent:1"}]}}});
    post(&mut cluster, DAEMON_SET, "agent", spec);
    watch(&mut cluster, 30);
    assert_eq!(ready(&cluster, "shop", "agent-"), 2);
    assert_eq!(
        get(&cluster, DAEMON_SET, "agent")["status"]["desiredNumberScheduled"],
        2
    );
    change(&mut cluster, DAEMON_SET, "shop", "agent", |set| {
        set["spec"]["template"]["spec"]["containers"][0]["image"] = json!("example.com/agent:2");
    });
    for _ in 0..60 {
        live(&mut cluster, 1);
        assert!(ready(&cluster, "shop", "agent-") >= 1);
    }
    let set = get(&cluster, DAEMON_SET, "agent");
    assert_eq!(set["status"]["updatedNumberScheduled"], 2);
    let revisions: Vec<_> = cluster
        .store()
        .list(CONTROLLER_REVISION, Some("shop"))
        .filter_map(|revision| revision["revision"].as_i64())
        .collect();
    assert_eq!(revisions.iter().max(), Some(&2), "{revisions:?}");
}

#[test]
fn a_stateful_set_keeps_revisions_and_returns_to_an_earlier_one() {
    let mut cluster = company();
    let image = |cluster: &mut Cluster, image: &str| {
        change(cluster, STATEFUL_SET, "data", "postgres", |set| {
            set["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image);
        });
        watch(cluster, 120);
    };
    image(&mut cluster, "docker.io/library/postgres:17.0");
    image(&mut cluster, "docker.io/library/postgres:16.6");
    let mut revisions: Vec<_> = cluster
        .store()
        .list(CONTROLLER_REVISION, Some("data"))
        .filter_map(|revision| revision["revision"].as_i64())
        .collect();
    revisions.sort_unstable();
    assert_eq!(revisions, [2, 3]);
    assert_eq!(ready(&cluster, "data", "postgres-"), 3);
    let set = cluster
        .store()
        .get(STATEFUL_SET, "data", "postgres")
        .unwrap();
    assert_eq!(
        set["status"]["currentRevision"],
        set["status"]["updateRevision"]
    );
}

#[test]
fn below_the_partition_pods_come_back_as_they_were() {
    let mut cluster = company();
    change(&mut cluster, STATEFUL_SET, "data", "postgres", |set| {
        set["spec"]["updateStrategy"]["rollingUpdate"]["partition"] = json!(2);
        set["spec"]["template"]["spec"]["containers"][0]["image"] =
            json!("docker.io/library/postgres:17.0");
    });
    watch(&mut cluster, 60);
    delete(&mut cluster, POD, Some("data"), "postgres-0");
    watch(&mut cluster, 60);
    let images: Vec<_> = pods(&cluster, "data", "postgres-")
        .iter()
        .map(|pod| value::text(pod, "/spec/containers/0/image").to_owned())
        .collect();
    assert_eq!(
        images,
        [
            "docker.io/library/postgres:16.6",
            "docker.io/library/postgres:16.6",
            "docker.io/library/postgres:17.0"
        ]
    );
}

fn claim(class: &str) -> Value {
    json!({"accessModes": ["ReadWriteOnce"], "storageClassName": class,
        "resources": {"requests": {"storage": "1Gi"}}})
}

#[test]
fn a_claim_waits_for_its_first_consumer_and_is_protected_while_in_use() {
    let mut cluster = company();
    post(
        &mut cluster,
        PERSISTENT_VOLUME_CLAIM,
        "files",
        claim("standard"),
    );
    watch(&mut cluster, 5);
    assert_eq!(
        get(&cluster, PERSISTENT_VOLUME_CLAIM, "files")["status"]["phase"],
        "Pending"
    );
    assert!(!events(&cluster, "shop", "WaitForFirstConsumer").is_empty());
    let pod = json!({"containers": [{"name": "app", "image": "nginx:1.27"}],
        "volumes": [{"name": "files", "persistentVolumeClaim": {"claimName": "files"}}]});
    post(&mut cluster, POD, "reader", pod);
    watch(&mut cluster, 15);
    let claim = get(&cluster, PERSISTENT_VOLUME_CLAIM, "files");
    assert_eq!(claim["status"]["phase"], "Bound");
    let volume = value::text(&claim, "/spec/volumeName").to_owned();
    let bound = cluster.store().get(PERSISTENT_VOLUME, "", &volume).unwrap();
    assert_eq!(bound["spec"]["claimRef"]["name"], "files");
    delete(&mut cluster, PERSISTENT_VOLUME_CLAIM, Some("shop"), "files");
    watch(&mut cluster, 5);
    assert!(value::is_terminating(&get(
        &cluster,
        PERSISTENT_VOLUME_CLAIM,
        "files"
    )));
    delete(&mut cluster, POD, Some("shop"), "reader");
    watch(&mut cluster, 20);
    assert!(
        cluster
            .store()
            .get(PERSISTENT_VOLUME_CLAIM, "shop", "files")
            .is_none()
    );
    assert!(
        cluster
            .store()
            .get(PERSISTENT_VOLUME, "", &volume)
            .is_none()
    );
}

#[test]
fn a_pod_whose_claim_is_missing_is_not_scheduled() {
    let mut cluster = company();
    let pod = json!({"containers": [{"name": "app", "image": "nginx:1.27"}],
        "volumes": [{"name": "files", "persistentVolumeClaim": {"claimName": "nowhere"}}]});
    post(&mut cluster, POD, "reader", pod);
    watch(&mut cluster, 5);
    let why = events(&cluster, "shop", "FailedScheduling");
    assert!(
        why[0].contains("persistentvolumeclaim \"nowhere\" not found"),
        "{why:?}"
    );
}

#[test]
fn a_budget_counts_the_pods_that_may_go() {
    let mut cluster = company();
    let spec = json!({"maxUnavailable": 1, "selector": {"matchLabels": {"app": "catalog"}}});
    post(&mut cluster, POD_DISRUPTION_BUDGET, "catalog", spec);
    watch(&mut cluster, 2);
    let status = |cluster: &Cluster| {
        let budget = get(cluster, POD_DISRUPTION_BUDGET, "catalog");
        [
            "expectedPods",
            "currentHealthy",
            "desiredHealthy",
            "disruptionsAllowed",
        ]
        .map(|field| budget["status"][field].as_i64().unwrap_or(-1))
    };
    assert_eq!(status(&cluster), [3, 3, 2, 1]);
    let victim = value::name(&pods(&cluster, "shop", "catalog")[0]).to_owned();
    delete(&mut cluster, POD, Some("shop"), &victim);
    watch(&mut cluster, 1);
    assert_eq!(status(&cluster)[3], 0);
}

#[test]
fn a_pod_whose_label_is_changed_is_let_go_and_replaced_and_can_be_taken_back() {
    let mut cluster = company();
    let name = value::name(&pods(&cluster, "shop", "storefront")[0]).to_owned();
    let label = |cluster: &mut Cluster, app: &str| {
        let mut patch = request(
            Verb::Patch(PatchType::Merge),
            POD,
            Some("shop"),
            Some(&name),
        );
        patch.body = Some(json!({"metadata": {"labels": {"app": app}}}));
        cluster.call(&patch).unwrap();
        watch(cluster, 30);
    };
    label(&mut cluster, "debug");
    assert!(value::controller_of(&get(&cluster, POD, &name)).is_none());
    assert_eq!(pods(&cluster, "shop", "storefront").len(), 4);
    label(&mut cluster, "storefront");
    assert_eq!(pods(&cluster, "shop", "storefront").len(), 3);
}

#[test]
fn a_deployment_takes_over_the_sets_of_one_that_was_deleted_without_them() {
    let mut cluster = company();
    let spec = json!({"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": "nginx:1.27"}]}}});
    post(&mut cluster, DEPLOYMENT, "web", spec.clone());
    watch(&mut cluster, 30);
    let before: Vec<_> = pods(&cluster, "shop", "web-")
        .iter()
        .map(|pod| value::uid(pod).to_owned())
        .collect();
    let mut orphan = request(Verb::Delete, DEPLOYMENT, Some("shop"), Some("web"));
    orphan.options.propagation = Some(demo_cluster::api::Propagation::Orphan);
    cluster.call(&orphan).unwrap();
    watch(&mut cluster, 5);
    post(&mut cluster, DEPLOYMENT, "web", spec);
    watch(&mut cluster, 30);
    let after: Vec<_> = pods(&cluster, "shop", "web-")
        .iter()
        .map(|pod| value::uid(pod).to_owned())
        .collect();
    assert_eq!(after, before);
    let sets = cluster.store().list(REPLICA_SET, Some("shop"));
    assert_eq!(
        sets.filter(|set| value::name(set).starts_with("web-"))
            .count(),
        1
    );
}

#[test]
fn old_sets_are_kept_up_to_the_history_limit_and_a_revived_one_remembers_its_revisions() {
    let mut cluster = company();
    let release = |cluster: &mut Cluster, tag: &str| {
        change(cluster, DEPLOYMENT, "shop", "catalog", |object| {
            object["spec"]["revisionHistoryLimit"] = json!(2);
            object["spec"]["template"]["spec"]["containers"][0]["image"] =
                json!(format!("registry.example.com/shop/catalog:{tag}"));
        });
        watch(cluster, 90);
    };
    for tag in ["2", "3", "4", "5", "4"] {
        release(&mut cluster, tag);
    }
    let sets: Vec<_> = cluster
        .store()
        .list(REPLICA_SET, Some("shop"))
        .filter(|set| value::name(set).starts_with("catalog"))
        .cloned()
        .collect();
    assert_eq!(sets.len(), 3);
    let active = sets
        .iter()
        .find(|set| set["spec"]["replicas"] == 3)
        .unwrap();
    let annotations = &active["metadata"]["annotations"];
    assert_eq!(annotations["deployment.kubernetes.io/revision"], "6");
    assert_eq!(
        annotations["deployment.kubernetes.io/revision-history"],
        "4"
    );
}

#[test]
fn no_pod_is_bound_to_a_cordoned_node_whatever_is_asked_for() {
    let mut cluster = company();
    change(&mut cluster, NODE, "", "node-2", |node| {
        node["spec"]["unschedulable"] = json!(true)
    });
    live(&mut cluster, 1);
    let bound = |cluster: &Cluster| -> Vec<String> {
        let mut uids: Vec<_> = cluster
            .store()
            .list(POD, None)
            .filter(|pod| pod["spec"]["nodeName"] == "node-2")
            .map(|pod| value::uid(pod).to_owned())
            .collect();
        uids.sort();
        uids
    };
    let before = bound(&cluster);
    for replicas in [6, 1, 8] {
        scale(&mut cluster, DEPLOYMENT, "shop", "catalog", replicas);
        watch(&mut cluster, 40);
        assert!(bound(&cluster).iter().all(|uid| before.contains(uid)));
    }
}

#[test]
fn an_autoscaler_follows_the_metric_that_asks_for_most_and_names_containers() {
    let mut cluster = company();
    let utilization = |percent: i64| json!({"type": "Utilization", "averageUtilization": percent});
    let spec = json!({
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "storefront"},
        "minReplicas": 1, "maxReplicas": 6,
        "behavior": {"scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}},
        "metrics": [
            {"type": "Resource", "resource": {"name": "memory", "target": utilization(1000)}},
            {"type": "ContainerResource", "containerResource":
                {"name": "cpu", "container": "storefront", "target": utilization(20)}},
        ],
    });
    post(&mut cluster, HORIZONTAL_POD_AUTOSCALER, "storefront", spec);
    let replicas =
        |cluster: &Cluster| get(cluster, DEPLOYMENT, "storefront")["spec"]["replicas"].clone();
    watch(&mut cluster, 30);
    assert_eq!(replicas(&cluster), 4, "one pod a minute");
    watch(&mut cluster, 240);
    assert_eq!(replicas(&cluster), 6);
    let autoscaler = get(&cluster, HORIZONTAL_POD_AUTOSCALER, "storefront");
    let kinds: Vec<_> = value::items(&autoscaler, "/status/currentMetrics")
        .iter()
        .map(|metric| value::text(metric, "/type"))
        .collect();
    assert_eq!(kinds, ["Resource", "ContainerResource"]);
    let rescaled = events(&cluster, "shop", "SuccessfulRescale");
    assert!(
        rescaled.iter().any(|message| message
            == "New size: 4; reason: cpu container resource utilization (percentage of request) above target"),
        "{rescaled:?}"
    );
}
