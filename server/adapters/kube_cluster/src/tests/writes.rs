//! Whatever is tried, on whatever, in whatever way: what has reached the API server is counted there.

use std::collections::BTreeSet;

use domain::{
    ErrorCode,
    cluster::ClusterMode,
    command::{
        AccessQuestion, ApiResourcesCommand, DescribeCommand, EventsCommand, GetCommand, LogTarget,
        LogsCommand, ObjectWords, OutputFormat, ReadCommand, ResourceWord, TopNodesCommand,
        TopPodsCommand, WriteCommand,
    },
    ids::{NamespaceScope, ObjectName},
    plan::ClusterAction,
    ports::ClusterPort,
    time::Timestamp,
    units::Replicas,
};
use http::Request;
use serde_json::{Value, json};
use wiremock::{Mock, ResponseTemplate, matchers::any};

use super::{WEB, allow, changes, deployment, list, scale, web};
use crate::{KubeCluster, change, error::ops_error, fake_api::FakeApi};

const VERBS: [&str; 10] = [
    "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "BREW",
];

/// Every resource of Kubernetes 1.33 by group and version, those without a namespace behind a `/`.
///
/// Source: Kubernetes API reference v1.33; one version of each group, and one resource of a custom group.
const RESOURCES: [(&str, &str); 22] = [
    (
        "api/v1",
        "bindings configmaps endpoints events limitranges persistentvolumeclaims pods podtemplates \
         replicationcontrollers resourcequotas secrets serviceaccounts services \
         /componentstatuses /namespaces /nodes /persistentvolumes",
    ),
    (
        "apis/apps/v1",
        "controllerrevisions daemonsets deployments replicasets statefulsets",
    ),
    (
        "apis/admissionregistration.k8s.io/v1",
        "/mutatingwebhookconfigurations /validatingadmissionpolicies \
         /validatingadmissionpolicybindings /validatingwebhookconfigurations",
    ),
    ("apis/apiextensions.k8s.io/v1", "/customresourcedefinitions"),
    ("apis/apiregistration.k8s.io/v1", "/apiservices"),
    (
        "apis/authentication.k8s.io/v1",
        "/selfsubjectreviews /tokenreviews",
    ),
    (
        "apis/authorization.k8s.io/v1",
        "localsubjectaccessreviews /selfsubjectaccessreviews /selfsubjectrulesreviews \
         /subjectaccessreviews",
    ),
    ("apis/autoscaling/v2", "horizontalpodautoscalers"),
    ("apis/batch/v1", "cronjobs jobs"),
    ("apis/certificates.k8s.io/v1", "/certificatesigningrequests"),
    ("apis/coordination.k8s.io/v1", "leases"),
    ("apis/discovery.k8s.io/v1", "endpointslices"),
    ("apis/events.k8s.io/v1", "events"),
    ("apis/example.org/v1", "widgets"),
    (
        "apis/flowcontrol.apiserver.k8s.io/v1",
        "/flowschemas /prioritylevelconfigurations",
    ),
    ("apis/metrics.k8s.io/v1beta1", "pods /nodes"),
    (
        "apis/networking.k8s.io/v1",
        "ingresses networkpolicies /ingressclasses /ipaddresses /servicecidrs",
    ),
    ("apis/node.k8s.io/v1", "/runtimeclasses"),
    ("apis/policy/v1", "poddisruptionbudgets"),
    (
        "apis/rbac.authorization.k8s.io/v1",
        "rolebindings roles /clusterrolebindings /clusterroles",
    ),
    ("apis/scheduling.k8s.io/v1", "/priorityclasses"),
    (
        "apis/storage.k8s.io/v1",
        "csistoragecapacities /csidrivers /csinodes /storageclasses /volumeattachments",
    ),
];

/// What can be named below an object. A GET of some of them runs programs or hands out credentials.
const SUBRESOURCES: [&str; 16] = [
    "approval",
    "attach",
    "binding",
    "ephemeralcontainers",
    "eviction",
    "exec?command=sh",
    "finalize",
    "log",
    "portforward",
    "proxy",
    "proxy/run",
    "resize",
    "scale",
    "status",
    "token",
    "unknown",
];

/// Every path of the list: collections, objects, and all subresources of objects.
fn paths() -> Vec<String> {
    let mut paths = Vec::new();
    for (group, resources) in RESOURCES {
        for resource in resources.split_whitespace() {
            let collection = match resource.strip_prefix('/') {
                Some(clusterwide) => format!("/{group}/{clusterwide}"),
                None => format!("/{group}/namespaces/shop/{resource}"),
            };
            let object = format!("{collection}/web");
            paths.extend(SUBRESOURCES.map(|below| format!("{object}/{below}")));
            paths.extend([collection, object]);
        }
    }
    paths
}

/// A server that says yes to everything.
async fn open() -> FakeApi {
    let api = FakeApi::start().await;
    let ok = ResponseTemplate::new(200).set_body_json(Value::Null);
    Mock::given(any()).respond_with(ok).mount(&api.mock).await;
    api
}

/// What has arrived and is neither a read nor a question about permissions; a GET below an object only reads what is
/// known to be read there.
async fn effects(api: &FakeApi) -> Vec<String> {
    let mut lines = api.ledger().await;
    lines.retain(|line| {
        let (verb, path) = line.split_once(' ').unwrap();
        let path = path.split('?').next().unwrap();
        let object = path.rsplit_once("/web/");
        // Below a namespace stand collections, whatever they are called.
        let is_collection = path.starts_with("/api/v1/namespaces/web/");
        let is_read = verb == "GET"
            && (is_collection
                || object.is_none_or(|(_, below)| matches!(below, "log" | "scale" | "status")));
        let is_question =
            verb == "POST" && path.contains("/v1/selfsubject") && path.ends_with("reviews");
        !is_read && !is_question
    });
    lines
}

async fn try_all(cluster: &KubeCluster, query: &str) -> usize {
    let mut refused = 0;
    for path in paths() {
        for verb in VERBS {
            let separator = if path.contains('?') { '&' } else { '?' };
            let request = Request::builder()
                .method(verb)
                .uri(format!("{path}{separator}{query}"))
                .body(b"{}".to_vec())
                .unwrap();
            let Err(error) = cluster.client().request::<Value>(request).await else {
                continue;
            };
            let error = ops_error(error, "try it");
            assert_eq!(error.code, ErrorCode::NotPermittedHere, "{verb} {path}");
            refused += 1;
        }
    }
    refused
}

#[tokio::test]
async fn no_verb_on_any_resource_writes_to_a_read_only_cluster_not_even_as_a_dry_run() {
    let api = open().await;
    let cluster = api.cluster(ClusterMode::ReadOnly);
    let refused = try_all(&cluster, "dryRun=All").await;
    assert!(refused > 10_000, "only {refused} were refused");
    assert_eq!(effects(&api).await, Vec::<String>::new());
}

#[tokio::test]
async fn no_verb_on_any_resource_writes_to_any_cluster_without_an_approved_plan() {
    let api = open().await;
    for mode in [ClusterMode::Approve, ClusterMode::Automatic] {
        let refused = try_all(&api.cluster(mode), "fieldManager=ai4k8s").await;
        assert!(refused > 10_000, "only {refused} were refused");
    }
    assert_eq!(effects(&api).await, Vec::<String>::new());
}

/// A server on which everything that is asked in [`every_look`] can succeed.
async fn willing() -> FakeApi {
    let api = FakeApi::start().await;
    allow(&api, true).await;
    let resource = |name: &str, kind: &str| {
        json!({"name": name, "singularName": kind.to_lowercase(), "kind": kind, "namespaced": true,
            "verbs": ["get", "list", "patch", "update", "delete", "create"]})
    };
    let of = |version: &str, resource: Value| json!({"kind": "APIResourceList", "groupVersion": version, "resources": [resource]});
    let versions = json!({"kind": "APIVersions", "versions": ["v1"]});
    let apps = json!({"groupVersion": "apps/v1", "version": "v1"});
    let groups = json!({"kind": "APIGroupList", "groups": [
        {"name": "apps", "versions": [apps], "preferredVersion": apps},
    ]});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop", "uid": "p1"},
        "spec": {"containers": [{"name": "web", "image": "web:1"}]}, "status": {"phase": "Running"}});
    for (at, body) in [
        (
            "/version",
            json!({"gitVersion": "v1.33.2", "major": "1", "minor": "33"}),
        ),
        ("/api", versions),
        ("/apis", groups),
        ("/api/v1", of("v1", resource("pods", "Pod"))),
        (
            "/apis/apps/v1",
            of("apps/v1", resource("deployments", "Deployment")),
        ),
        (WEB, deployment("41", 3)),
        ("/api/v1/namespaces/shop/pods/web", pod.clone()),
        ("/api/v1/namespaces/shop/pods", list(&[pod])),
    ] {
        api.on("GET", at, 200, body).await;
    }
    let nothing = ResponseTemplate::new(200).set_body_json(scale("42", 8));
    Mock::given(any())
        .respond_with(nothing)
        .mount(&api.mock)
        .await;
    api
}

fn words(resource: &str) -> ObjectWords {
    ObjectWords {
        resources: vec![ResourceWord(resource.to_owned())],
        ..ObjectWords::default()
    }
}

fn reads() -> Vec<ReadCommand> {
    let (resource, name) = (
        || ResourceWord("deployments".to_owned()),
        || ObjectName::new("web").unwrap(),
    );
    let logs = LogsCommand::of(LogTarget::Pod(name()));
    let question = AccessQuestion {
        verb: "delete".to_owned(),
        resource: "pods".to_owned(),
        name: None,
        subresource: None,
        scope: None,
        quiet: false,
    };
    vec![
        ReadCommand::Get(Box::new(GetCommand {
            objects: words("deployments"),
            ..GetCommand::default()
        })),
        ReadCommand::Describe(DescribeCommand {
            objects: words("pods"),
            ..DescribeCommand::default()
        }),
        ReadCommand::Logs(Box::new(logs)),
        ReadCommand::TopPods(TopPodsCommand::default()),
        ReadCommand::TopNodes(TopNodesCommand::default()),
        ReadCommand::Events(EventsCommand::default()),
        ReadCommand::RolloutStatus {
            resource: resource(),
            name: name(),
            scope: None,
        },
        ReadCommand::RolloutHistory {
            resource: resource(),
            name: name(),
            scope: None,
            revision: None,
        },
        ReadCommand::Explain {
            resource: resource(),
            fields: Vec::new(),
            recursive: true,
            api_version: None,
        },
        ReadCommand::CanI(question),
        ReadCommand::CanIList {
            scope: None,
            no_headers: false,
        },
        ReadCommand::WhoAmI {
            output: OutputFormat::Table,
        },
        ReadCommand::Version,
        ReadCommand::ApiResources(ApiResourcesCommand::default()),
        ReadCommand::ApiVersions,
        ReadCommand::ClusterInfo,
    ]
}

/// Asks everything that only looks, and says which methods those were.
async fn every_look(port: &dyn ClusterPort) -> Vec<&'static str> {
    let all = &NamespaceScope::All;
    let now = Timestamp(0);
    let _answers = (
        port.version().await,
        port.namespaces().await,
        port.nodes().await,
        port.pods(all).await,
        port.workloads(all).await,
        port.workload(&web()).await,
        port.autoscalers(all).await,
        port.events(all).await,
        port.node_usage().await,
        port.pod_usage(all).await,
        port.node_counters(&["n".to_owned()]).await,
        port.snapshot(now).await,
    );
    for command in reads() {
        let _printed = port.read(&command, now).await;
    }
    let _abilities = port.abilities().await;
    let mut asked = vec![
        "version",
        "namespaces",
        "nodes",
        "pods",
        "workloads",
        "workload",
    ];
    asked.extend([
        "autoscalers",
        "events",
        "node_usage",
        "pod_usage",
        "node_counters",
    ]);
    asked.extend(["snapshot", "read", "abilities"]);
    asked
}

/// Asks everything that is on the way to a change, and says which methods those were.
async fn every_change(port: &dyn ClusterPort) -> Vec<&'static str> {
    let resource = || ResourceWord("deployment".to_owned());
    let name = || ObjectName::new("web").unwrap();
    let commands = [
        WriteCommand::Scale {
            resource: resource(),
            name: name(),
            scope: None,
            replicas: 8,
        },
        WriteCommand::RolloutRestart {
            resource: resource(),
            name: name(),
            scope: None,
        },
    ];
    for command in commands {
        assert!(port.resolve(&command, "kubectl …").await.is_ok());
    }
    for action in actions() {
        let plan = changes::plan_of(action.clone());
        let prepared = port.prepare(&action).await.unwrap_err();
        assert_eq!(prepared.code, ErrorCode::NotPermittedHere, "{action}");
        let executed = port.execute(&plan).await.unwrap_err();
        assert_eq!(executed.code, ErrorCode::NotPermittedHere, "{action}");
        let _settled = port.settle(&plan).await;
    }
    vec!["resolve", "prepare", "execute", "settle"]
}

fn actions() -> [ClusterAction; 3] {
    [
        ClusterAction::Scale {
            workload: web(),
            replicas: Replicas(8),
        },
        ClusterAction::Restart { workload: web() },
        ClusterAction::Annotate {
            workload: web(),
            annotations: [("other".to_owned(), Some("y".to_owned()))].into(),
        },
    ]
}

/// The methods of the port, from its declaration.
fn methods() -> Vec<&'static str> {
    let source = include_str!("../../../../../app/domain/src/ports.rs");
    let declaration = source.split_once("pub trait ClusterPort").unwrap().1;
    let declaration = declaration.split_once("\n}").unwrap().0;
    declaration
        .split("async fn ")
        .skip(1)
        .map(|method| method.split('(').next().unwrap())
        .collect()
}

#[tokio::test]
async fn nothing_the_port_offers_writes_to_a_read_only_cluster() {
    let api = willing().await;
    let cluster = api.cluster(ClusterMode::ReadOnly);
    let asked = [every_look(&cluster).await, every_change(&cluster).await].concat();
    let (asked, methods) = (BTreeSet::from_iter(asked), BTreeSet::from_iter(methods()));
    assert_eq!(asked, methods);
    assert!(api.ledger().await.len() > 30, "hardly anything was asked");
    assert_eq!(effects(&api).await, Vec::<String>::new());
}

/// Below the port, where nothing but the policy stands.
#[tokio::test]
async fn an_approved_plan_does_not_reach_a_cluster_that_is_read_only_by_now() {
    let api = willing().await;
    let cluster = api.cluster(ClusterMode::ReadOnly);
    for action in actions() {
        let plan = changes::plan_of(action);
        let error = change::execute(cluster.client(), &plan).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::NotPermittedHere, "{error}");
        assert!(error.message.contains("read-only"), "{error}");
    }
    assert_eq!(effects(&api).await, Vec::<String>::new());
}
