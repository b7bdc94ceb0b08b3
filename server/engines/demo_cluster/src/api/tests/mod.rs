//! Requests end to end, on a store.

mod changing;
mod creating;
mod deleting;
mod limiting;
mod reading;
mod resizing;
mod views;

use serde_json::json;

use super::*;
use crate::{
    registry::{
        CONFIG_MAP, DEPLOYMENT, HORIZONTAL_POD_AUTOSCALER, NAMESPACE, NODE, POD, POD_METRICS,
        REPLICA_SET, SECRET, SELF_SUBJECT_ACCESS_REVIEW, SERVICE, SERVICE_ACCOUNT,
    },
    value,
};

const NOW: Timestamp = Timestamp(1_763_930_096_000);

/// A store with the namespace `shop` and its account.
struct Fixture(Store);

impl Fixture {
    fn new() -> Self {
        let mut fixture = Self(Store::with_seed(1));
        fixture.create(NAMESPACE, json!({"metadata": {"name": "shop"}}));
        fixture.create(SERVICE_ACCOUNT, json!({"metadata": {"name": "default"}}));
        fixture
    }

    fn call(&mut self, request: &Request) -> Result<Value, Status> {
        call(&mut self.0, request, NOW)
    }

    #[track_caller]
    fn create(&mut self, kind: KindId, body: Value) -> Value {
        self.call(&request(Verb::Create, kind, None, Some(body)))
            .unwrap()
    }

    #[track_caller]
    fn fails(&mut self, request: &Request, code: u16, message: &str) {
        let status = self.call(request).unwrap_err();
        assert_eq!((status.code(), status.message()), (code, message));
    }

    fn names(&self, kind: KindId) -> Vec<&str> {
        self.0
            .list(kind, None)
            .map(|object| value::name(object))
            .collect()
    }
}

fn request(verb: Verb, kind: KindId, name: Option<&str>, body: Option<Value>) -> Request {
    Request {
        verb,
        kind,
        namespace: kind.spec().namespaced.then(|| "shop".to_owned()),
        name: name.map(str::to_owned),
        subresource: None,
        body,
        options: Options {
            user_agent: "kubectl/v1.33.1 (linux/amd64)".to_owned(),
            ..Options::default()
        },
    }
}

fn deployment() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "nginx:1.27"}]}}}})
}

fn pod(name: &str, node: &str) -> Value {
    let mut pod = json!({"metadata": {"name": name, "labels": {"app": name}}, "spec": {"containers": [{"name": "a", "image": "x:1"}]}});
    if !node.is_empty() {
        pod["spec"]["nodeName"] = json!(node);
    }
    pod
}

fn config_map(name: &str) -> Value {
    json!({"metadata": {"name": name}, "data": {"key": "1"}})
}
