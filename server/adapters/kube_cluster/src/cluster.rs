//! [`KubeCluster`]: the port's questions, each turned into requests and its answers into domain types.

use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use domain::{
    ErrorCode, OpsError,
    cluster::ClusterMode,
    command::{CommandOutput, ReadCommand, ResolvedWrite, WriteCommand},
    ids::NamespaceScope,
    plan::{ClusterAction, PreparedChange},
    ports::{Abilities, Answer, ClusterPort, Execution, Settlement},
    resources::{
        Autoscaler, Availability, Event, Node, NodeCounters, NodeUsage, Pod, PodUsage, Workload,
        WorkloadKind, WorkloadRef,
    },
    snapshot::ClusterSnapshot,
    time::Timestamp,
};
use futures::{StreamExt as _, TryFutureExt as _, stream};
use k8s_openapi::api::{
    apps::v1::{DaemonSet, Deployment, StatefulSet},
    autoscaling::v2::HorizontalPodAutoscaler,
    core::v1::{Event as EventObject, Namespace, Node as NodeObject, Pod as PodObject},
};
use kube::Client;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    access, change,
    error::server_text,
    fault::not_kubernetes,
    guard::AddressPolicy,
    kubeconfig::Credentials,
    kubectl::{Audience, Printer},
    mirror::Mirror,
    objects::{self, Measurement, Replicated, Summary},
    policy::Reach,
    request::{collection, list, read, workload_path},
    resolve,
    transport::{Limits, Transport},
};

/// How many kubelets are asked at the same time.
const PARALLEL_NODES: usize = 8;
/// The metrics API.
const METRICS: &str = "metrics.k8s.io/v1beta1";

/// A connection to one cluster with one set of credentials, in one mode. Cheap to keep, safe to share.
pub struct KubeCluster {
    client: Client,
    mirror: Mirror,
    printer: Printer,
    namespace: String,
    mode: ClusterMode,
}

impl KubeCluster {
    /// A connection that is made when it is first used. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// `KubeconfigRejected` or `TlsUnverified` (no root certificates) when the credentials cannot make a connection.
    pub fn connect(
        credentials: &Credentials,
        mode: ClusterMode,
        policy: AddressPolicy,
    ) -> Result<Self, OpsError> {
        Self::connect_within(credentials, mode, policy, Limits::DEFAULT)
    }

    pub(crate) fn connect_within(
        credentials: &Credentials,
        mode: ClusterMode,
        policy: AddressPolicy,
        limits: Limits,
    ) -> Result<Self, OpsError> {
        let transport = Transport::new(credentials, Reach::Product(mode), policy, limits)?;
        let namespace = credentials.namespace().to_owned();
        let client = Client::new(transport, namespace.clone());
        Ok(Self {
            printer: Printer::new(
                client.clone(),
                credentials.server(),
                &namespace,
                Audience::Product,
            ),
            mirror: Mirror::new(client.clone(), limits.pace),
            client,
            namespace,
            mode,
        })
    }

    /// The client, to try what its policy lets out.
    #[cfg(test)]
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    async fn list<T: DeserializeOwned>(
        &self,
        version: &str,
        plural: &str,
        scope: &NamespaceScope,
    ) -> Answer<Vec<T>> {
        let doing = match scope.namespace() {
            Some(namespace) => format!("list {plural} in namespace {namespace}"),
            None => format!("list {plural}"),
        };
        let path = collection(version, plural, scope.namespace());
        list(&self.client, &path, &doing).await
    }

    async fn workloads_of<T>(
        &self,
        kind: WorkloadKind,
        scope: &NamespaceScope,
    ) -> Answer<Vec<Workload>>
    where
        T: DeserializeOwned + Into<Replicated>,
    {
        let objects: Vec<T> = self.list("apps/v1", kind.plural(), scope).await?;
        Ok(objects.into_iter().filter_map(objects::workload).collect())
    }

    async fn measurements(&self, plural: &str, scope: &NamespaceScope) -> Answer<Vec<Measurement>> {
        self.list(METRICS, plural, scope).map_err(no_metrics).await
    }

    async fn counters_of(&self, node: &str) -> Answer<Option<NodeCounters>> {
        domain::ids::ObjectName::new(node)?;
        let path = format!("/api/v1/nodes/{node}/proxy/stats/summary");
        let doing = format!("read the counters of node {node}");
        let summary: Summary = read(&self.client, &path, &doing).await?;
        Ok(objects::counters(&summary, node, now()))
    }

    fn refuse_when_read_only(&self) -> Answer<()> {
        match self.mode {
            ClusterMode::ReadOnly => Err(OpsError::new(
                ErrorCode::NotPermittedHere,
                "this cluster is read-only here, so nothing in it is changed",
            )
            .hint("Change the cluster’s mode to allow changes that you approve.")),
            ClusterMode::Approve | ClusterMode::Automatic => Ok(()),
        }
    }
}

/// What the API server says about itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    git_version: String,
}

#[async_trait]
impl ClusterPort for KubeCluster {
    async fn version(&self) -> Answer<String> {
        let doing = "read the version";
        let version: Version = read(&self.client, "/version", doing)
            .await
            // Every Kubernetes API has this path; what does not is something else.
            .map_err(|error| {
                if error.code == ErrorCode::NotFound {
                    not_kubernetes(doing)
                } else {
                    error
                }
            })?;
        Ok(server_text(&version.git_version).chars().take(64).collect())
    }

    fn default_namespace(&self) -> &str {
        &self.namespace
    }

    async fn namespaces(&self) -> Answer<Vec<String>> {
        let objects: Vec<Namespace> = self.list("v1", "namespaces", &NamespaceScope::All).await?;
        let mut names: Vec<String> = objects
            .into_iter()
            .filter_map(|object| object.metadata.name)
            .collect();
        names.sort();
        Ok(names)
    }

    async fn nodes(&self) -> Answer<Vec<Node>> {
        let objects: Vec<NodeObject> = self.list("v1", "nodes", &NamespaceScope::All).await?;
        let mut nodes: Vec<Node> = objects.into_iter().map(objects::node).collect();
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(nodes)
    }

    async fn pods(&self, scope: &NamespaceScope) -> Answer<Vec<Pod>> {
        let objects: Vec<PodObject> = self.list("v1", "pods", scope).await?;
        Ok(objects.into_iter().map(objects::pod).collect())
    }

    async fn workloads(&self, scope: &NamespaceScope) -> Answer<Vec<Workload>> {
        let (deployments, stateful_sets, daemon_sets) = tokio::try_join!(
            self.workloads_of::<Deployment>(WorkloadKind::Deployment, scope),
            self.workloads_of::<StatefulSet>(WorkloadKind::StatefulSet, scope),
            self.workloads_of::<DaemonSet>(WorkloadKind::DaemonSet, scope),
        )?;
        Ok(by_place([deployments, stateful_sets, daemon_sets]))
    }

    async fn workload(&self, reference: &WorkloadRef) -> Answer<Workload> {
        let path = workload_path(reference);
        let doing = format!("read {} {reference}", reference.kind);
        let (client, doing) = (&self.client, doing.as_str());
        let workload = match reference.kind {
            WorkloadKind::Deployment => {
                objects::workload(read::<Deployment>(client, &path, doing).await?)
            }
            WorkloadKind::StatefulSet => {
                objects::workload(read::<StatefulSet>(client, &path, doing).await?)
            }
            WorkloadKind::DaemonSet => {
                objects::workload(read::<DaemonSet>(client, &path, doing).await?)
            }
        };
        workload
            .filter(|found| found.reference == *reference)
            .ok_or_else(|| {
                OpsError::new(
                    ErrorCode::ClusterAnswer,
                    format!("could not {doing}: the cluster answered with another object"),
                )
            })
    }

    async fn autoscalers(&self, scope: &NamespaceScope) -> Answer<Vec<Autoscaler>> {
        let objects: Vec<HorizontalPodAutoscaler> = self
            .list("autoscaling/v2", "horizontalpodautoscalers", scope)
            .await?;
        Ok(objects
            .into_iter()
            .filter_map(objects::autoscaler)
            .collect())
    }

    async fn events(&self, scope: &NamespaceScope) -> Answer<Vec<Event>> {
        let objects: Vec<EventObject> = self.list("v1", "events", scope).await?;
        Ok(objects::events(objects))
    }

    async fn node_usage(&self) -> Answer<Vec<NodeUsage>> {
        let measured = self.measurements("nodes", &NamespaceScope::All).await?;
        Ok(measured
            .into_iter()
            .filter_map(objects::node_usage)
            .collect())
    }

    async fn pod_usage(&self, scope: &NamespaceScope) -> Answer<Vec<PodUsage>> {
        let measured = self.measurements("pods", scope).await?;
        Ok(measured
            .into_iter()
            .filter_map(objects::pod_usage)
            .collect())
    }

    /// Nodes that do not answer are left out; the first failure is the answer when none does.
    async fn node_counters(&self, nodes: &[String]) -> Answer<Vec<NodeCounters>> {
        let questions: Vec<_> = nodes.iter().map(|node| self.counters_of(node)).collect();
        let answers: Vec<Answer<Option<NodeCounters>>> = stream::iter(questions)
            .buffered(PARALLEL_NODES)
            .collect()
            .await;
        let mut counters = Vec::new();
        let mut failure = None;
        for answer in answers {
            match answer {
                Ok(counter) => counters.extend(counter),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        match failure {
            Some(error) if counters.is_empty() => Err(error),
            _ => Ok(counters),
        }
    }

    async fn snapshot(&self, now: Timestamp) -> Answer<ClusterSnapshot> {
        let all = &NamespaceScope::All;
        self.mirror.look();
        let kept = self.mirror.kinds();
        let inventory = async {
            let (
                namespaces,
                nodes,
                pods,
                deployments,
                stateful_sets,
                daemon_sets,
                autoscalers,
                events,
            ) = tokio::try_join!(
                kept.namespaces.or(self.namespaces()),
                kept.nodes.or(self.nodes()),
                kept.pods.or(self.pods(all)),
                kept.deployments
                    .or(self.workloads_of::<Deployment>(WorkloadKind::Deployment, all)),
                kept.stateful_sets
                    .or(self.workloads_of::<StatefulSet>(WorkloadKind::StatefulSet, all)),
                kept.daemon_sets
                    .or(self.workloads_of::<DaemonSet>(WorkloadKind::DaemonSet, all)),
                kept.autoscalers.or(self.autoscalers(all)),
                kept.events.or(self.events(all)),
            )?;
            let workloads = by_place([deployments, stateful_sets, daemon_sets]);
            let events = objects::newest_first(events);
            Ok((namespaces, nodes, pods, workloads, autoscalers, events))
        };
        let (inventory, node_usage, pod_usage) =
            tokio::join!(inventory, self.node_usage(), self.pod_usage(all));
        let (namespaces, nodes, pods, workloads, autoscalers, events) = inventory?;
        Ok(ClusterSnapshot {
            taken_at: now,
            default_namespace: self.namespace.clone(),
            namespaces,
            nodes,
            pods,
            workloads,
            autoscalers,
            events,
            node_usage: available(node_usage),
            pod_usage: available(pod_usage),
        })
    }

    async fn read(&self, command: &ReadCommand, now: Timestamp) -> Answer<CommandOutput> {
        self.printer.read(command, now).await
    }

    async fn resolve(&self, command: &WriteCommand, typed: &str) -> Answer<ResolvedWrite> {
        resolve::resolve(&self.client, &self.namespace, command, typed).await
    }

    async fn prepare(&self, action: &ClusterAction) -> Answer<PreparedChange> {
        self.refuse_when_read_only()?;
        change::prepare(&self.client, action, now()).await
    }

    async fn execute(&self, change: &PreparedChange) -> Answer<Execution> {
        self.refuse_when_read_only()?;
        change::execute(&self.client, change).await
    }

    async fn settle(&self, change: &PreparedChange) -> Answer<Settlement> {
        change::settle(&self.client, change).await
    }

    async fn abilities(&self) -> Answer<Abilities> {
        access::abilities(&self.client, &self.namespace).await
    }
}

/// The wall clock, for what a kubelet leaves undated and for the stamp of a restart.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }))
}

/// Workloads of all kinds by namespace and name.
fn by_place(kinds: [Vec<Workload>; 3]) -> Vec<Workload> {
    let mut all: Vec<Workload> = kinds.into_iter().flatten().collect();
    all.sort_by(|a, b| {
        let key = |workload: &Workload| {
            let at = &workload.reference;
            (at.namespace.clone(), at.name.clone(), at.kind)
        };
        key(a).cmp(&key(b))
    });
    all
}

fn available<T>(answer: Answer<T>) -> Availability<T> {
    match answer {
        Ok(value) => Availability::Available(value),
        Err(error) => Availability::Unavailable(error.message),
    }
}

/// A metrics API that is not there (404) or has nobody behind it (503) is a state, not an accident.
fn no_metrics(error: OpsError) -> OpsError {
    if !matches!(error.code, ErrorCode::NotFound | ErrorCode::Unavailable) {
        return error;
    }
    OpsError::new(
        ErrorCode::MetricsUnavailable,
        "this cluster has no metrics API (metrics.k8s.io), so CPU and memory in use are not known",
    )
    .hint("Install metrics-server: https://github.com/kubernetes-sigs/metrics-server")
}
