//! A cluster to test against and short words for talking to it.

use std::{fmt::Debug, sync::OnceLock, time::Duration};

use demo_api::{DemoApi, DemoOptions};
use kube::{
    Api, Client, Config, Resource, ResourceExt as _,
    api::{DeleteParams, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
    core::NamespaceResourceScope,
    runtime::wait::{Condition, await_condition},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// Path of a kubeconfig to run the conformance suite against instead of the demo cluster.
const KUBECONFIG_VARIABLE: &str = "AI4K8S_TEST_KUBECONFIG";

/// How long a cluster may take to do what it was asked.
const PATIENCE: Duration = Duration::from_secs(90);

/// Simulated seconds per second, so that rollouts take moments.
const SPEED: f64 = 30.0;

/// Rustls wants to be told its cryptography once per process.
pub(crate) fn install_cryptography() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        rustls::crypto::ring::default_provider()
            .install_default()
            .expect("nobody installed another provider before");
    });
}

/// The kubeconfig of the cluster under test. The demo cluster runs on a runtime of its own, because each
/// test's runtime ends with the test.
fn kubeconfig() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| match std::env::var(KUBECONFIG_VARIABLE) {
        Ok(path) => std::fs::read_to_string(&path).expect("the kubeconfig can be read"),
        Err(_) => shared_demo().kubeconfig(),
    })
}

/// One demo cluster for all tests of this process.
pub(crate) fn shared_demo() -> &'static DemoApi {
    static DEMO: OnceLock<DemoApi> = OnceLock::new();
    DEMO.get_or_init(|| started(SPEED))
}

/// A demo cluster in which hardly any time passes, so that no controller comes between two requests.
pub(crate) fn still_demo() -> DemoApi {
    const HARDLY: f64 = 0.01;
    started(HARDLY)
}

/// A demo cluster on a runtime of its own, which lasts as long as the process.
fn started(speed: f64) -> DemoApi {
    install_cryptography();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
        runtime.block_on(async move {
            let options = DemoOptions {
                speed,
                ..DemoOptions::default()
            };
            let demo = DemoApi::start(options)
                .await
                .expect("the demo cluster starts");
            sender.send(demo).expect("the test waits for it");
            std::future::pending::<()>().await;
        });
    });
    receiver.recv().expect("the demo cluster starts")
}

/// A client of the cluster under test.
pub(crate) async fn client() -> Client {
    install_cryptography();
    client_of(kubeconfig()).await
}

/// A client of the cluster under test that takes a "not now" for an answer.
pub(crate) async fn client_without_retries() -> Client {
    install_cryptography();
    let mut config = config_of(kubeconfig()).await;
    config.default_retry = false;
    Client::try_from(config).unwrap()
}

/// A client by kubeconfig.
pub(crate) async fn client_of(kubeconfig: &str) -> Client {
    Client::try_from(config_of(kubeconfig).await).unwrap()
}

async fn config_of(kubeconfig: &str) -> Config {
    let kubeconfig = Kubeconfig::from_yaml(kubeconfig).unwrap();
    let options = KubeConfigOptions::default();
    Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .unwrap()
}

/// A namespace for one test.
pub(crate) struct Scratch {
    pub(crate) client: Client,
    pub(crate) namespace: String,
}

impl Scratch {
    /// Makes a namespace whose name begins with `ai4k8s-test`.
    pub(crate) async fn new(client: Client) -> Self {
        let namespaces: Api<k8s_openapi::api::core::v1::Namespace> = Api::all(client.clone());
        let namespace = object(json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"generateName": "ai4k8s-test-"},
        }));
        let namespace = namespaces
            .create(&PostParams::default(), &namespace)
            .await
            .unwrap();
        Self {
            client,
            namespace: namespace.name_any(),
        }
    }

    /// The namespace's objects of a kind.
    pub(crate) fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope>,
        K::DynamicType: Default,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Creates an object.
    pub(crate) async fn create<K>(&self, fields: Value) -> K
    where
        K: Resource<Scope = NamespaceResourceScope> + Clone + Debug + Serialize + DeserializeOwned,
        K::DynamicType: Default,
    {
        self.api()
            .create(&PostParams::default(), &object(fields))
            .await
            .unwrap()
    }

    /// Asks for the namespace's end; a real cluster should not be left littered.
    pub(crate) async fn remove(self) {
        let namespaces: Api<k8s_openapi::api::core::v1::Namespace> = Api::all(self.client);
        namespaces
            .delete(&self.namespace, &DeleteParams::default())
            .await
            .unwrap();
    }
}

/// A typed object from its JSON.
#[track_caller]
pub(crate) fn object<K: DeserializeOwned>(fields: Value) -> K {
    serde_json::from_value(fields).unwrap()
}

/// A `ConfigMap` with one entry.
pub(crate) fn config_map(name: &str, value: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "labels": {"app": name}}, "data": {"key": value},
    })
}

/// A Deployment of web servers that ask for little.
pub(crate) fn deployment(name: &str, replicas: u32) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{
                    "name": "web", "image": "nginx:1.27", "ports": [{"containerPort": 80}],
                    "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
                }]},
            },
        },
    })
}

/// Waits until an object is as wanted, and returns it.
pub(crate) async fn wait_for<K>(api: Api<K>, name: &str, condition: impl Condition<K>) -> Option<K>
where
    K: Clone + Debug + Send + DeserializeOwned + Resource + 'static,
    K::DynamicType: Default,
{
    tokio::time::timeout(PATIENCE, await_condition(api, name, condition))
        .await
        .unwrap_or_else(|_| panic!("{name} did not become as wanted in time"))
        .unwrap()
}

/// The `Status` of a refused request.
#[track_caller]
pub(crate) fn refused<T: Debug>(result: kube::Result<T>) -> (u16, String, String) {
    let error = result.unwrap_err();
    let kube::Error::Api(status) = error else {
        panic!("not refused by the API: {error:?}");
    };
    (status.code, status.reason, status.message)
}
