//! Lists, watches, changes and logs over a network that misbehaves: each ends in words within its bound, nothing is sent
//! twice that changes anything, and nothing is left running.

use std::time::Duration;

use domain::{
    ErrorCode, OpsError,
    cluster::ClusterMode,
    command::{GetCommand, LogTarget, LogsCommand, ObjectWords, ReadCommand, ResourceWord},
    ids::{NamespaceScope, ObjectName},
    plan::ClusterAction,
    ports::ClusterPort as _,
    time::Timestamp,
    units::Replicas,
};
use futures::{StreamExt as _, TryStreamExt as _, future::join_all};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, api::WatchParams};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{method, path, query_param},
};

use super::{
    WEB, changes, deployment,
    faulty::{Mishap, Proxy},
    scale, status, web,
};
use crate::{
    KubeCluster,
    error::ops_error,
    fake_api::{FakeApi, LOOPBACK, QUICK, kubeconfig},
    kubeconfig::sanitise,
    transport::Limits,
};

/// Short enough to wait for, long enough for a slow machine.
const BOUNDS: Limits = Limits {
    connect: Duration::from_secs(3),
    read: Duration::from_secs(3),
    write: Duration::from_secs(3),
    idle: Duration::from_secs(1),
    ..QUICK
};
/// After this long something has no bound.
const ENDLESS: Duration = Duration::from_secs(30);
const POD: &str = "/api/v1/namespaces/shop/pods/web";

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    List,
    Watch,
    Scale,
    Logs,
}

const QUESTIONS: [Question; 4] = [
    Question::List,
    Question::Watch,
    Question::Scale,
    Question::Logs,
];

impl Question {
    async fn ask(self, cluster: &KubeCluster) -> Result<(), OpsError> {
        match self {
            Self::List => cluster.pods(&NamespaceScope::All).await.map(drop),
            Self::Watch => {
                let pods = Api::<Pod>::all(cluster.client().clone());
                let watch = WatchParams::default();
                let events = async {
                    let events = pods.watch(&watch, "1").await?.boxed();
                    events.try_for_each(|_| async { Ok(()) }).await
                };
                events.await.map_err(|error| ops_error(error, "watch pods"))
            }
            Self::Scale => {
                let plan = changes::plan_of(ClusterAction::Scale {
                    workload: web(),
                    replicas: Replicas(8),
                });
                cluster.execute(&plan).await.map(drop)
            }
            Self::Logs => {
                let pod = LogTarget::Pod(ObjectName::new("web").unwrap());
                let logs = ReadCommand::Logs(Box::new(LogsCommand::of(pod)));
                let printed = cluster.read(&logs, Timestamp(0)).await?;
                assert_eq!(printed.exit_code, 0, "{printed:?}");
                Ok(())
            }
        }
    }
}

/// A server with large answers; `share` of each of them is sent, as if that were all.
async fn server(share: f64) -> FakeApi {
    let api = FakeApi::start().await;
    let pod = |name: &str| {
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "shop", "resourceVersion": "7", "annotations": {"pad": "x".repeat(1_000)}},
            "spec": {"containers": [{"name": "web"}]}, "status": {"phase": "Running"}})
    };
    let pods: Vec<Value> = (0..100)
        .map(|number| pod(&format!("web-{number}")))
        .collect();
    let events: String = pods
        .iter()
        .map(|pod| format!("{}\n", json!({"type": "ADDED", "object": pod})))
        .collect();
    let list = json!({"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "7"}, "items": pods});
    let mut scaled = scale("42", 8);
    scaled["metadata"]["annotations"] = json!({"pad": "x".repeat(100_000)});
    let logs = "a line of a log\n".repeat(6_000);
    let cut = |text: String| {
        let length = (text.len() as f64 * share) as usize;
        ResponseTemplate::new(200)
            .set_body_raw(text.as_bytes()[..length].to_vec(), "application/json")
    };
    let watch = Mock::given(method("GET")).and(path("/api/v1/pods"));
    let watch = watch.and(query_param("watch", "true"));
    watch.respond_with(cut(events)).mount(&api.mock).await;
    for (verb, at, answer) in [
        ("GET", "/api/v1/pods", list.to_string()),
        ("PUT", &format!("{WEB}/scale"), scaled.to_string()),
        ("GET", &format!("{POD}/log"), logs),
    ] {
        let mock = Mock::given(method(verb)).and(path(at));
        mock.respond_with(cut(answer)).mount(&api.mock).await;
    }
    api.on("GET", WEB, 200, deployment("41", 3)).await;
    api.on("GET", POD, 200, pod("web")).await;
    api
}

fn connect(api: &FakeApi, proxy: &Proxy, limits: Limits) -> KubeCluster {
    let text = kubeconfig(&format!("https://{}", proxy.address), &api.authority.ca_pem);
    let credentials = sanitise(&text).unwrap();
    KubeCluster::connect_within(&credentials, ClusterMode::Approve, LOOPBACK, limits).unwrap()
}

/// How each question ends, all of them asked at once, each on a connection of its own. Fails when one has no end, when
/// the change is sent twice, or when a task is left over.
async fn ends_of(mishap: Mishap, share: f64) -> Vec<(Question, Option<ErrorCode>)> {
    let api = server(share).await;
    let proxy = Proxy::before(api.address(), mishap).await;
    tokio::task::yield_now().await;
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let ends = join_all(QUESTIONS.map(|question| {
        let cluster = connect(&api, &proxy, BOUNDS);
        async move {
            let end = tokio::time::timeout(ENDLESS, question.ask(&cluster)).await;
            let end = end.unwrap_or_else(|_| panic!("{question:?} has no bound"));
            if let Err(error) = &end {
                assert!(
                    !error.message.is_empty() && !error.hint.is_empty(),
                    "{error:?}"
                );
            }
            (question, end.err().map(|error| error.code))
        }
    }))
    .await;
    assert!(api.writes().await.len() <= 1, "{:?}", api.writes().await);
    let ended = async {
        while tasks() != before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let is_ended = tokio::time::timeout(ENDLESS, ended).await.is_ok();
    assert!(is_ended, "{} tasks, {before} before", tasks());
    ends
}

/// Every question ends so.
async fn check(mishap: Mishap, end: Option<ErrorCode>) {
    let expected = QUESTIONS.map(|question| (question, end));
    assert_eq!(ends_of(mishap, 1.0).await, expected, "{mishap:?}");
}

#[tokio::test]
async fn without_a_mishap_everything_is_answered() {
    check(Mishap::None, None).await;
}

#[tokio::test]
async fn late_answers_are_answers() {
    check(Mishap::Late, None).await;
}

#[tokio::test]
async fn a_refused_connection_is_named_for_every_question() {
    check(Mishap::Refused, Some(ErrorCode::ConnectionRefused)).await;
}

#[tokio::test]
async fn a_connection_on_which_nothing_happens_is_given_up_in_time() {
    let expected = QUESTIONS.map(|question| match question {
        Question::Scale => (question, Some(ErrorCode::NotSent)),
        Question::List | Question::Watch | Question::Logs => {
            (question, Some(ErrorCode::ClusterTimeout))
        }
    });
    assert_eq!(ends_of(Mishap::Blackhole, 1.0).await, expected);
}

#[tokio::test]
async fn a_connection_reset_within_an_answer_is_no_answer() {
    check(Mishap::Reset, Some(ErrorCode::ClusterUnreachable)).await;
}

#[tokio::test]
async fn an_answer_that_falls_silent_is_given_up_in_time() {
    check(Mishap::HalfOpen, Some(ErrorCode::ClusterTimeout)).await;
}

#[tokio::test]
async fn an_answer_at_a_kilobyte_a_second_is_given_up_in_time() {
    check(Mishap::Trickle, Some(ErrorCode::ClusterTimeout)).await;
}

#[tokio::test]
async fn a_flipped_bit_is_not_taken_for_an_answer() {
    check(Mishap::Flipped, Some(ErrorCode::ClusterUnreachable)).await;
}

/// The end of a watch within an object is an end of the watch, and half a log is text.
#[tokio::test]
async fn half_a_json_text_is_not_taken_for_an_answer() {
    let expected = [
        (Question::List, Some(ErrorCode::NotKubernetes)),
        (Question::Watch, None),
        (Question::Scale, Some(ErrorCode::NotKubernetes)),
        (Question::Logs, None),
    ];
    assert_eq!(ends_of(Mishap::None, 0.505).await, expected);
}

#[tokio::test]
async fn one_dead_cluster_of_twenty_holds_up_none_of_the_others() {
    let api = server(1.0).await;
    let dead = Proxy::before(api.address(), Mishap::Blackhole).await;
    let alive = Proxy::before(api.address(), Mishap::None).await;
    let patient = Limits {
        connect: Duration::from_secs(600),
        read: Duration::from_secs(600),
        ..QUICK
    };
    let dead = connect(&api, &dead, patient);
    let waiting = tokio::spawn(async move { dead.pods(&NamespaceScope::All).await });
    let others = (0..19).map(|_| {
        let cluster = connect(&api, &alive, patient);
        async move { cluster.pods(&NamespaceScope::All).await.unwrap().len() }
    });
    let all = tokio::time::timeout(ENDLESS, join_all(others)).await;
    assert_eq!(all.unwrap(), [100; 19]);
    assert!(!waiting.is_finished());
    waiting.abort();
}

#[tokio::test]
async fn an_aggregated_api_that_is_down_does_not_keep_others_from_being_printed() {
    let api = FakeApi::start().await;
    let version = |name: &str| json!({"groupVersion": name, "version": name.split('/').nth(1)});
    let group = |name: &str, of: &str| json!({"name": name, "versions": [version(of)], "preferredVersion": version(of)});
    let groups = json!({"kind": "APIGroupList", "groups": [
        group("apps", "apps/v1"), group("metrics.k8s.io", "metrics.k8s.io/v1beta1"),
    ]});
    let resources = json!({"kind": "APIResourceList", "groupVersion": "apps/v1", "resources": [
        {"name": "deployments", "singularName": "deployment", "namespaced": true, "kind": "Deployment", "verbs": ["get", "list"]},
    ]});
    let table = json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {},
        "columnDefinitions": [{"name": "Name", "type": "string", "format": "name", "priority": 0}],
        "rows": [{"cells": ["web"], "object": {"metadata": {"name": "web", "namespace": "shop"}}}],
    });
    let down = status(
        503,
        "ServiceUnavailable",
        "the server is currently unable to handle the request",
    );
    for (at, code, body) in [
        (
            "/api",
            200,
            json!({"kind": "APIVersions", "versions": ["v1"]}),
        ),
        ("/apis", 200, groups),
        (
            "/api/v1",
            200,
            json!({"kind": "APIResourceList", "groupVersion": "v1", "resources": []}),
        ),
        ("/apis/apps/v1", 200, resources),
        ("/apis/metrics.k8s.io/v1beta1", 503, down),
        ("/apis/apps/v1/namespaces/shop/deployments", 200, table),
    ] {
        api.on("GET", at, code, body).await;
    }
    let cluster = api.cluster(ClusterMode::ReadOnly);
    let get = ReadCommand::Get(Box::new(GetCommand {
        objects: ObjectWords {
            resources: vec![ResourceWord("deployments".to_owned())],
            ..ObjectWords::default()
        },
        ..GetCommand::default()
    }));
    // Often enough to have been taken for a failing cluster.
    for _ in 0..8 {
        let printed = cluster.read(&get, Timestamp(0)).await.unwrap();
        assert_eq!(printed.stdout, "NAME\nweb\n");
    }
}
