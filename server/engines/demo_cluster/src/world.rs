//! Everything the controllers share: the objects, the simulation's own memory and the time.
//!
//! Controllers are functions of a [`World`] and the object they look after. What changed since they last
//! looked reaches them through the store's change log, users' changes and their own alike.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    controllers::{autoscaler::Recommendation, kubelet::runtimes::Runtimes},
    ledger::{Ledger, WorkloadKey},
    meter::Counters,
    registry::{self, KindId},
    scenario::Play,
    store::{ChangeKind, Store},
    usage::Model,
    value,
};

/// Namespace and name.
pub(crate) type Key = (String, String);

/// The simulation's memory beside the objects. Part of every snapshot.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// What containers of bound pods are doing, by the pod's uid.
    pub runtimes: Runtimes,
    /// Who ran when.
    pub ledger: Ledger,
    /// Cumulative counters of nodes and pods.
    pub counters: Counters,
    /// Images each node has pulled.
    pub images: BTreeMap<String, BTreeSet<String>>,
    /// Addresses given out per node.
    pub addresses: BTreeMap<String, u32>,
    /// What each autoscaler recommended lately, by its uid.
    pub recommendations: BTreeMap<String, Vec<Recommendation>>,
    /// When each periodic duty was last done.
    pub duties: BTreeMap<String, Timestamp>,
    /// Nodes without power, with since when.
    #[serde(default)]
    pub lost_nodes: BTreeMap<String, Timestamp>,
    /// The scenario under way, if any.
    #[serde(default)]
    pub play: Option<Play>,
    /// When taints that carry no time were first seen, by node, key and value.
    #[serde(default)]
    pub tainted: BTreeMap<String, Timestamp>,
}

/// What has to be looked at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Queue {
    pub deployments: BTreeSet<Key>,
    pub replica_sets: BTreeSet<Key>,
    pub stateful_sets: BTreeSet<Key>,
    pub daemon_sets: BTreeSet<Key>,
    pub endpoints: BTreeSet<Key>,
    pub claims: BTreeSet<Key>,
    pub namespaces: BTreeSet<String>,
    pub nodes: BTreeSet<String>,
    pub pods: BTreeSet<Key>,
    pub workloads: BTreeSet<WorkloadKey>,
    /// Whether something is gone or on its way out that others may depend on.
    pub garbage: bool,
    /// Whether a pod or a node calls for the scheduler.
    pub scheduling: bool,
}

impl Queue {
    pub(crate) fn is_empty(&self) -> bool {
        !self.scheduling
            && !self.garbage
            && self.namespaces.is_empty()
            && self.nodes.is_empty()
            && self.workloads.is_empty()
            && [
                &self.deployments,
                &self.replica_sets,
                &self.stateful_sets,
                &self.daemon_sets,
                &self.endpoints,
                &self.claims,
                &self.pods,
            ]
            .iter()
            .all(|keys| keys.is_empty())
    }
}

/// The cluster as its controllers see it.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub store: Store,
    pub state: State,
    pub model: Model,
    pub now: Timestamp,
    /// Whether time passes second by second; otherwise it leaps from one due time to the next and what
    /// only an observer would notice (heartbeats, repeated events) is left out.
    pub live: bool,
    /// Events before this are not recorded: they would have expired by the time anybody looks.
    pub events_from: Timestamp,
    pub queue: Queue,
    /// Replica sets to look at again at the next step: something depends on time alone.
    pub again: BTreeSet<Key>,
    /// The last revision whose change was looked at.
    pub observed: u64,
}

impl World {
    /// The object, shared.
    pub(crate) fn get(&self, kind: KindId, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.store.get(kind, namespace, name).cloned()
    }

    /// Objects of a namespace whose managing owner has this uid.
    pub(crate) fn controlled_by(
        &self,
        kind: KindId,
        namespace: &str,
        owner_uid: &str,
    ) -> Vec<Arc<Value>> {
        self.store
            .dependents(owner_uid)
            .filter(|place| place.0 == kind && place.1 == namespace)
            .filter_map(|place| self.store.at(place))
            .filter(|object| {
                value::controller_of(object)
                    .is_some_and(|owner| value::text(owner, "/uid") == owner_uid)
            })
            .cloned()
            .collect()
    }

    /// Changes an object; an object that is gone by now needs no change.
    pub(crate) fn update(
        &mut self,
        kind: KindId,
        namespace: &str,
        name: &str,
        change: impl FnOnce(&mut Value),
    ) -> Option<Arc<Value>> {
        let now = self.now;
        self.store.update(kind, namespace, name, now, change).ok()
    }

    /// Whether a duty done every `seconds` is due; notes it as done if so.
    pub(crate) fn is_due(&mut self, duty: &str, seconds: i64) -> bool {
        let due = self
            .state
            .duties
            .get(duty)
            .is_none_or(|last| self.now.seconds_since(*last) >= seconds);
        if due {
            self.state.duties.insert(duty.to_owned(), self.now);
        }
        due
    }

    /// Marks everything that the changes since the last look may concern.
    pub(crate) fn observe(&mut self) {
        let revision = self.store.revision();
        let Ok(changes) = self.store.changes_after(self.observed) else {
            self.observed = revision;
            return self.mark_everything();
        };
        let changed: Vec<_> = changes
            .map(|change| (change.kind, Arc::clone(&change.object), change.event))
            .collect();
        self.observed = revision;
        for (kind, object, event) in changed {
            self.mark(kind, &object, event);
        }
    }

    /// Marks every object, as a controller does when it starts.
    pub(crate) fn mark_everything(&mut self) {
        let kinds = [
            registry::NAMESPACE,
            registry::NODE,
            registry::SERVICE,
            registry::DEPLOYMENT,
            registry::REPLICA_SET,
            registry::STATEFUL_SET,
            registry::DAEMON_SET,
            registry::PERSISTENT_VOLUME_CLAIM,
            registry::POD,
        ];
        for kind in kinds {
            let objects: Vec<_> = self.store.list(kind, None).cloned().collect();
            for object in objects {
                self.mark(kind, &object, ChangeKind::Added);
            }
        }
    }

    fn mark(&mut self, kind: KindId, object: &Value, event: ChangeKind) {
        let gone = event == ChangeKind::Deleted;
        let key = key_of(object);
        let queue = &mut self.queue;
        queue.garbage |= (gone && kind != registry::EVENT) || value::is_terminating(object);
        match kind {
            registry::DEPLOYMENT => drop(queue.deployments.insert(key)),
            registry::REPLICA_SET => {
                mark_owner(queue, object);
                queue.replica_sets.insert(key);
            }
            registry::STATEFUL_SET => drop(queue.stateful_sets.insert(key)),
            registry::DAEMON_SET => drop(queue.daemon_sets.insert(key)),
            registry::SERVICE => drop(queue.endpoints.insert(key)),
            registry::PERSISTENT_VOLUME_CLAIM => drop(queue.claims.insert(key)),
            registry::NAMESPACE => drop(queue.namespaces.insert(key.1)),
            registry::NODE => self.mark_node(key.1),
            registry::POD => self.mark_pod(object, key, event),
            _ => {}
        }
    }

    fn mark_node(&mut self, name: String) {
        self.queue.scheduling = true;
        self.queue.nodes.insert(name);
        let sets: Vec<_> = self
            .store
            .list(registry::DAEMON_SET, None)
            .cloned()
            .collect();
        self.queue
            .daemon_sets
            .extend(sets.iter().map(|set| key_of(set)));
    }

    fn mark_pod(&mut self, pod: &Value, key: Key, event: ChangeKind) {
        let services: Vec<_> = self
            .store
            .list(registry::SERVICE, Some(&key.0))
            .filter(|service| selects(service, pod))
            .map(|service| key_of(service))
            .collect();
        self.queue.endpoints.extend(services);
        mark_owner(&mut self.queue, pod);
        self.queue.workloads.insert(workload_of(pod));
        self.queue.pods.insert(key);
        // What the scheduler sees of a bound pod changes when it comes, ends or goes.
        self.queue.scheduling |= event != ChangeKind::Modified
            || value::text(pod, "/spec/nodeName").is_empty()
            || matches!(value::text(pod, "/status/phase"), "Succeeded" | "Failed");
    }
}

fn mark_owner(queue: &mut Queue, object: &Value) {
    let Some(owner) = value::controller_of(object) else {
        return;
    };
    let key = (
        value::namespace(object).to_owned(),
        value::text(owner, "/name").to_owned(),
    );
    match value::text(owner, "/kind") {
        "Deployment" => drop(queue.deployments.insert(key)),
        "ReplicaSet" => drop(queue.replica_sets.insert(key)),
        "StatefulSet" => drop(queue.stateful_sets.insert(key)),
        "DaemonSet" => drop(queue.daemon_sets.insert(key)),
        _ => {}
    }
}

/// Namespace and name of an object.
pub(crate) fn key_of(object: &Value) -> Key {
    (
        value::namespace(object).to_owned(),
        value::name(object).to_owned(),
    )
}

/// Whether a service's selector chooses the pod; a service without selector chooses none.
pub(crate) fn selects(service: &Value, pod: &Value) -> bool {
    value::map(service, "/spec/selector")
        .is_some_and(|selector| !selector.is_empty() && has_labels(pod, selector))
}

/// Whether the object carries all these labels.
pub(crate) fn has_labels(object: &Value, wanted: &serde_json::Map<String, Value>) -> bool {
    let labels = &object["metadata"]["labels"];
    wanted
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value))
}

/// The workload a pod counts for: the owner of its owner for pods of a Deployment, itself for bare pods.
pub(crate) fn workload_of(pod: &Value) -> WorkloadKey {
    let namespace = value::namespace(pod);
    let Some(owner) = value::controller_of(pod) else {
        return WorkloadKey::new("Pod", namespace, value::name(pod));
    };
    let (kind, name) = (value::text(owner, "/kind"), value::text(owner, "/name"));
    let hash = value::map(pod, "/metadata/labels")
        .and_then(|labels| labels.get("pod-template-hash"))
        .and_then(Value::as_str);
    let deployment = hash.and_then(|hash| name.strip_suffix(hash)?.strip_suffix('-'));
    match (kind, deployment) {
        ("ReplicaSet", Some(deployment)) => WorkloadKey::new("Deployment", namespace, deployment),
        ("Node", _) => WorkloadKey::new("Pod", namespace, value::name(pod)),
        _ => WorkloadKey::new(kind, namespace, name),
    }
}
