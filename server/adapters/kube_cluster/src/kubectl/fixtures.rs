//! A Kubernetes API of canned answers for the tests of this folder.

use std::collections::BTreeMap;

use domain::{
    command::{CommandOutput, ReadCommand},
    time::Timestamp,
};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

/// Core resources in aggregated discovery.
pub(super) fn core_groups() -> Value {
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": [
    {"metadata": {}, "versions": [{"version": "v1", "resources": [
        resource("pods", "pod", "Pod", &["po"], true, &["all"]),
        resource("services", "service", "Service", &["svc"], true, &["all"]),
        resource("nodes", "node", "Node", &["no"], false, &[]),
        resource("namespaces", "namespace", "Namespace", &["ns"], false, &[]),
        resource("configmaps", "configmap", "ConfigMap", &["cm"], true, &[]),
        resource("secrets", "secret", "Secret", &[], true, &[]),
        resource("events", "event", "Event", &["ev"], true, &[]),
    ]}]}]})
}

/// Named groups in aggregated discovery.
pub(super) fn named_groups() -> Value {
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": [
        {"metadata": {"name": "apps"}, "versions": [{"version": "v1", "resources": [
            resource("deployments", "deployment", "Deployment", &["deploy"], true, &["all"]),
            resource("statefulsets", "statefulset", "StatefulSet", &["sts"], true, &["all"]),
            resource("daemonsets", "daemonset", "DaemonSet", &["ds"], true, &["all"]),
        ]}]},
        {"metadata": {"name": "autoscaling"}, "versions": [{"version": "v2", "resources": [
            resource("horizontalpodautoscalers", "horizontalpodautoscaler",
                "HorizontalPodAutoscaler", &["hpa"], true, &["all"])]}]},
        {"metadata": {"name": "metrics.k8s.io"}, "versions": [{"version": "v1beta1", "resources": [
            resource("nodes", "", "NodeMetrics", &[], false, &[]),
            resource("pods", "", "PodMetrics", &[], true, &[])]}]},
        {"metadata": {"name": "example.com"}, "versions": [{"version": "v1", "resources": [
            resource("widgets", "widget", "Widget", &[], true, &[])]}]}]})
}

fn resource(
    plural: &str,
    singular: &str,
    kind: &str,
    short: &[&str],
    namespaced: bool,
    categories: &[&str],
) -> Value {
    json!({"resource": plural, "singularResource": singular, "responseKind": {"kind": kind},
        "shortNames": short, "categories": categories, "verbs": ["get", "list"],
        "scope": if namespaced { "Namespaced" } else { "Cluster" }})
}

/// What a path answers: with what status, and which body.
type Answers = BTreeMap<String, (u16, String)>;

/// Canned answers by path, with or without the query.
#[derive(Clone)]
pub(super) struct Api(Answers);

impl Api {
    /// An API that serves discovery and nothing else.
    pub(super) fn new() -> Self {
        Self(BTreeMap::new())
            .with("/api", core_groups())
            .with("/apis", named_groups())
    }

    /// The same with an answer more.
    pub(super) fn with(self, path: &str, body: Value) -> Self {
        self.with_text(path, &body.to_string())
    }

    /// The same with an answer that is no JSON.
    pub(super) fn with_text(mut self, path: &str, body: &str) -> Self {
        self.0.insert(path.to_owned(), (200, body.to_owned()));
        self
    }

    /// The same with a `Status` for an answer.
    pub(super) fn with_status(
        mut self,
        path: &str,
        code: u16,
        reason: &str,
        message: &str,
    ) -> Self {
        let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure",
            "message": message, "reason": reason, "code": code});
        self.0.insert(path.to_owned(), (code, status.to_string()));
        self
    }

    /// Runs a command in namespace `shop` at a fixed time.
    pub(super) async fn read(self, command: &ReadCommand) -> CommandOutput {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(self).mount(&server).await;
        let client = client(&server);
        super::Printer::new(
            client,
            "https://10.0.0.1:6443/",
            "shop",
            super::Audience::Product,
        )
        .read(command, now())
        .await
        .expect("the mock can be asked")
    }
}

impl Respond for Api {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        assert_eq!(request.method.as_str(), "GET", "printing only reads");
        let path = request.url.path();
        let decoded = request
            .url
            .query_pairs()
            .filter(|(key, _)| key != "limit")
            .map(|(key, value)| format!("{key}={value}"))
            .collect::<Vec<_>>()
            .join("&");
        let with_query = format!("{path}?{decoded}");
        let found = self.0.get(&with_query).or_else(|| self.0.get(path));
        let (code, body) = found.cloned().unwrap_or_else(|| not_found(path));
        ResponseTemplate::new(code).set_body_raw(body, "application/json")
    }
}

/// What an API server says about a path it does not know: an empty list of events, else not found.
fn not_found(path: &str) -> (u16, String) {
    if path.ends_with("/events") {
        return (200, json!({"kind": "EventList", "items": []}).to_string());
    }
    let mut parts = path.rsplit('/');
    let (name, plural) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404,
        "reason": "NotFound", "message": format!("{plural} \"{name}\" not found")});
    (404, status.to_string())
}

/// The time of every test.
pub(super) fn now() -> Timestamp {
    Timestamp::parse("2026-11-24T12:00:00Z").expect("a time")
}

fn client(server: &MockServer) -> kube::Client {
    // Another test may have installed it first; either way it is there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let uri = server.uri().parse().expect("wiremock has a URI");
    kube::Client::try_from(kube::Config::new(uri)).expect("a plain client")
}

/// A table of the server's own columns; rows are namespace, name and the cells after the name.
pub(super) fn table(columns: &[(&str, i32)], rows: &[(&str, &str, &[Value])]) -> Value {
    let mut definitions =
        vec![json!({"name": "Name", "type": "string", "format": "name", "priority": 0})];
    definitions.extend(
        columns
            .iter()
            .map(|(name, priority)| json!({"name": name, "type": "string", "priority": priority})),
    );
    let rows: Vec<Value> = rows
        .iter()
        .map(|(namespace, name, cells)| {
            let mut all = vec![json!(name)];
            all.extend(cells.iter().cloned());
            json!({"cells": all, "object": {"kind": "PartialObjectMetadata", "metadata":
                {"name": name, "namespace": namespace, "labels": {"app": name}}}})
        })
        .collect();
    json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": "1"},
        "columnDefinitions": definitions, "rows": rows})
}
