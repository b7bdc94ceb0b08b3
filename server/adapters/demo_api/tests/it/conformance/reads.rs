//! Discovery, lists and the other things that are only read.

use std::collections::BTreeSet;

use k8s_openapi::api::{
    authorization::v1::SelfSubjectAccessReview,
    core::v1::{ConfigMap, Namespace, Node},
};
use kube::{
    Api, Client, ResourceExt,
    api::{ListParams, PostParams},
};
use serde_json::{Value, json};

use crate::support::{Scratch, config_map, object};

/// The JSON at a path, asked for with an `Accept` header.
async fn get(client: &Client, path: &str, accept: &str) -> Value {
    let request = http::Request::get(path).header("Accept", accept);
    client
        .request(request.body(Vec::new()).unwrap())
        .await
        .unwrap()
}

pub(super) async fn tells_its_version(client: Client) {
    let version = client.apiserver_version().await.unwrap();
    assert_eq!(version.major, "1");
    assert!(
        version.git_version.starts_with("v1."),
        "{}",
        version.git_version
    );
}

pub(super) async fn lists_its_kinds(client: Client) {
    let groups = client.list_api_groups().await.unwrap();
    assert!(groups.groups.iter().any(|group| group.name == "apps"));
    let apps = client.list_api_group_resources("apps/v1").await.unwrap();
    let deployments = apps
        .resources
        .iter()
        .find(|it| it.name == "deployments")
        .unwrap();
    assert_eq!(
        (deployments.kind.as_str(), deployments.namespaced),
        ("Deployment", true)
    );
    assert!(deployments.verbs.iter().any(|verb| verb == "watch"));
    assert!(
        apps.resources
            .iter()
            .any(|it| it.name == "deployments/scale")
    );
}

pub(super) async fn lists_its_kinds_in_aggregated_form(client: Client) {
    let groups = client.list_api_groups_aggregated().await.unwrap();
    let groups = serde_json::to_value(groups).unwrap();
    let apps = groups["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["metadata"]["name"] == "apps");
    let resources = apps.unwrap()["versions"][0]["resources"]
        .as_array()
        .unwrap();
    assert!(resources.iter().any(|it| it["resource"] == "statefulsets"));
}

pub(super) async fn lists_in_pages(client: Client) {
    let scratch = Scratch::new(client).await;
    for index in 0..5 {
        scratch
            .create::<ConfigMap>(config_map(&format!("page-{index}"), "x"))
            .await;
    }
    let api = scratch.api::<ConfigMap>();
    // A real cluster adds `kube-root-ca.crt` to every namespace.
    let mut parameters = ListParams::default()
        .limit(2)
        .fields("metadata.name!=kube-root-ca.crt");
    let mut names = BTreeSet::new();
    let mut versions = BTreeSet::new();
    loop {
        let page = api.list(&parameters).await.unwrap();
        assert!(page.items.len() <= 2);
        versions.insert(page.metadata.resource_version.clone());
        names.extend(page.items.iter().map(ResourceExt::name_any));
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => parameters = parameters.continue_token(&token),
            None => break,
        }
    }
    assert_eq!(names.len(), 5);
    assert_eq!(versions.len(), 1, "all pages show one moment");
    scratch.remove().await;
}

pub(super) async fn selects_by_label_and_field(client: Client) {
    let scratch = Scratch::new(client).await;
    for name in ["a", "b", "c"] {
        scratch.create::<ConfigMap>(config_map(name, "x")).await;
    }
    let api = scratch.api::<ConfigMap>();
    let names = async |parameters: ListParams| -> Vec<String> {
        let list = api.list(&parameters).await.unwrap();
        list.items.iter().map(ResourceExt::name_any).collect()
    };
    assert_eq!(
        names(ListParams::default().labels("app in (a,c)")).await,
        ["a", "c"]
    );
    assert_eq!(
        names(ListParams::default().labels("app,app!=a")).await,
        ["b", "c"]
    );
    assert_eq!(
        names(ListParams::default().fields("metadata.name=b")).await,
        ["b"]
    );
    scratch.remove().await;
}

pub(super) async fn prints_tables(client: Client) {
    let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    let table = get(&client, "/api/v1/nodes", accept).await;
    assert_eq!(table["kind"], "Table");
    let columns = table["columnDefinitions"].as_array().unwrap();
    let names: Vec<_> = columns
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(names[..5], ["Name", "Status", "Roles", "Age", "Version"]);
    let row = &table["rows"][0];
    assert_eq!(row["cells"].as_array().unwrap().len(), columns.len());
    assert_eq!(row["object"]["kind"], "PartialObjectMetadata");
    assert_eq!(row["object"]["metadata"]["name"], row["cells"][0]);
}

pub(super) async fn gives_metadata_alone(client: Client) {
    let namespaces: Api<Namespace> = Api::all(client);
    let list = namespaces
        .list_metadata(&ListParams::default())
        .await
        .unwrap();
    assert!(list.items.iter().any(|it| it.name_any() == "default"));
    let one = namespaces.get_metadata("default").await.unwrap();
    assert!(one.uid().is_some());
}

pub(super) async fn says_what_the_caller_may_do(client: Client) {
    let reviews: Api<SelfSubjectAccessReview> = Api::all(client);
    let question = object(json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {
            "namespace": "default", "verb": "update", "group": "apps", "resource": "deployments",
        }},
    }));
    let answer = reviews
        .create(&PostParams::default(), &question)
        .await
        .unwrap();
    assert!(answer.status.unwrap().allowed);
}

pub(super) async fn measures_nodes_and_pods(client: Client) {
    let nodes = get(
        &client,
        "/apis/metrics.k8s.io/v1beta1/nodes",
        "application/json",
    )
    .await;
    assert_eq!(nodes["kind"], "NodeMetricsList");
    let node = &nodes["items"][0];
    assert!(
        node["usage"]["cpu"]
            .as_str()
            .unwrap()
            .ends_with(['n', 'm', 'u']),
        "{node}"
    );
    assert!(
        node["usage"]["memory"].as_str().unwrap().ends_with("Ki"),
        "{node}"
    );
    let pods = get(
        &client,
        "/apis/metrics.k8s.io/v1beta1/pods",
        "application/json",
    )
    .await;
    let pod = &pods["items"][0];
    assert!(pod["containers"][0]["usage"]["cpu"].is_string(), "{pod}");
    assert!(pod["window"].is_string(), "{pod}");
}

pub(super) async fn shows_a_kubelets_summary(client: Client) {
    let nodes = Api::<Node>::all(client.clone())
        .list(&ListParams::default())
        .await
        .unwrap();
    let name = nodes.items[0].name_any();
    let path = format!("/api/v1/nodes/{name}/proxy/stats/summary");
    let summary = get(&client, &path, "application/json").await;
    assert_eq!(summary["node"]["nodeName"], name);
    assert!(
        summary["node"]["network"]["rxBytes"].is_u64(),
        "{}",
        summary["node"]
    );
    assert!(
        summary["pods"]
            .as_array()
            .unwrap()
            .iter()
            .any(|pod| pod["network"]["txBytes"].is_u64())
    );
}
