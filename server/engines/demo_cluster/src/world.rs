//! Everything the controllers share: the objects, the simulation's own memory and the time.
//!
//! Controllers are functions of a [`World`] and the object they look after. What changed since they last
//! looked reaches them through the store's change log, users' changes and their own alike.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use domain::time::{Seconds, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    controllers::{
        adoption,
        autoscaler::{Recommendation, Rescaling},
        budgets,
        job::Tally,
        kubelet::runtimes::Runtimes,
        scheduler::Load,
        volumes,
    },
    fields,
    ledger::{Ledger, WorkloadKey},
    meter::Counters,
    registry::{self, KindId, Subresource},
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
    /// How each autoscaler changed replicas lately, by its uid.
    #[serde(default)]
    pub rescalings: BTreeMap<String, Vec<Rescaling>>,
    /// When each periodic duty was last done.
    pub duties: BTreeMap<String, Timestamp>,
    /// Nodes without power, with since when.
    #[serde(default)]
    pub lost_nodes: BTreeMap<String, Timestamp>,
    /// How pods of Jobs ended, by the Job's uid.
    #[serde(default)]
    pub tallies: BTreeMap<String, Tally>,
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
    pub jobs: BTreeSet<Key>,
    pub cron_jobs: BTreeSet<Key>,
    pub endpoints: BTreeSet<Key>,
    pub budgets: BTreeSet<Key>,
    pub claims: BTreeSet<Key>,
    pub volumes: BTreeSet<String>,
    pub namespaces: BTreeSet<String>,
    /// Namespaces whose quotas are to be counted.
    pub counted: BTreeSet<String>,
    pub nodes: BTreeSet<String>,
    pub pods: BTreeSet<Key>,
    pub workloads: BTreeSet<WorkloadKey>,
    /// Whether something is gone or on its way out that others may depend on.
    pub garbage: bool,
    /// Whether a pod or a node calls for the scheduler.
    pub scheduling: bool,
}

impl Queue {
    /// Adds an object of a kind that has a controller; other kinds have nothing to look after.
    fn insert(&mut self, kind: KindId, key: Key) {
        let keys = match kind {
            registry::DEPLOYMENT => &mut self.deployments,
            registry::REPLICA_SET => &mut self.replica_sets,
            registry::STATEFUL_SET => &mut self.stateful_sets,
            registry::DAEMON_SET => &mut self.daemon_sets,
            registry::JOB => &mut self.jobs,
            registry::CRON_JOB => &mut self.cron_jobs,
            registry::POD_DISRUPTION_BUDGET => &mut self.budgets,
            registry::PERSISTENT_VOLUME_CLAIM => &mut self.claims,
            _ => return,
        };
        keys.insert(key);
    }

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
                &self.jobs,
                &self.cron_jobs,
                &self.endpoints,
                &self.budgets,
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
    /// How far `metrics.k8s.io` is behind.
    pub metrics_delay: Seconds,
    /// Events before this are not recorded: they would have expired by the time anybody looks.
    pub events_from: Timestamp,
    pub queue: Queue,
    /// What to look at again when time comes, by then: something depends on time alone.
    pub later: BTreeSet<(Timestamp, KindId, Key)>,
    /// What bound pods take of their nodes, by uid.
    pub loads: HashMap<String, Load>,
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

    /// Like [`Self::update`], leaving a record of who did it: for what several write by turns, which the object alone
    /// does not tell apart.
    pub(crate) fn update_as(
        &mut self,
        (manager, subresource): (&str, Option<Subresource>),
        kind: KindId,
        namespace: &str,
        name: &str,
        change: impl FnOnce(&mut Value),
    ) -> Option<Arc<Value>> {
        let now = self.now;
        self.update(kind, namespace, name, |object| {
            let old = object.clone();
            change(object);
            let write = fields::Write {
                kind,
                manager,
                subresource,
                now,
            };
            fields::track(&old, object, write);
        })
    }

    /// Looks at a workload again at `at`.
    pub(crate) fn wake_at(&mut self, at: Timestamp, kind: KindId, object: &Value) {
        self.later.insert((at, kind, key_of(object)));
    }

    /// Looks at a workload again at the next step.
    pub(crate) fn look_again(&mut self, kind: KindId, object: &Value) {
        self.wake_at(self.now + Seconds(1), kind, object);
    }

    /// Marks what was to be looked at by now.
    pub(crate) fn wake(&mut self) {
        while let Some((at, ..)) = self.later.first()
            && *at <= self.now
        {
            if let Some((_, kind, key)) = self.later.pop_first() {
                self.queue.insert(kind, key);
            }
        }
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
            registry::JOB,
            registry::CRON_JOB,
            registry::POD_DISRUPTION_BUDGET,
            registry::RESOURCE_QUOTA,
            registry::PERSISTENT_VOLUME,
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
        self.queue.garbage |= (gone && kind != registry::EVENT) || value::is_terminating(object);
        self.mark_quotas(kind, &key.0);
        mark_owner(&mut self.queue, object);
        match kind {
            registry::SERVICE => drop(self.queue.endpoints.insert(key)),
            registry::NAMESPACE => drop(self.queue.namespaces.insert(key.1)),
            registry::PERSISTENT_VOLUME => drop(self.queue.volumes.insert(key.1)),
            registry::NODE => self.mark_node(key.1),
            registry::STORAGE_CLASS => self.mark_waiting_claims(),
            registry::POD => self.mark_pod(object, key, event),
            registry::REPLICA_SET => {
                self.mark_adopters(kind, object);
                self.queue.insert(kind, key);
            }
            _ => self.queue.insert(kind, key),
        }
    }

    /// Quotas count objects of every kind but events.
    fn mark_quotas(&mut self, kind: KindId, namespace: &str) {
        let quotas = &mut self.store.list(registry::RESOURCE_QUOTA, Some(namespace));
        if kind != registry::EVENT && !namespace.is_empty() && quotas.next().is_some() {
            self.queue.counted.insert(namespace.to_owned());
        }
    }

    fn mark_adopters(&mut self, kind: KindId, object: &Value) {
        for (owner_kind, key) in adoption::adopters(self, kind, object) {
            self.queue.insert(owner_kind, key);
        }
    }

    /// Claims that are not bound, which a new class or volume may concern.
    pub(crate) fn mark_waiting_claims(&mut self) {
        let waiting: Vec<_> = self
            .store
            .list(registry::PERSISTENT_VOLUME_CLAIM, None)
            .filter(|claim| value::text(claim, "/spec/volumeName").is_empty())
            .map(|claim| key_of(claim))
            .collect();
        self.queue.claims.extend(waiting);
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
        self.mark_adopters(registry::POD, pod);
        let covering = budgets::covering(self, pod);
        self.queue.budgets.extend(covering);
        let claims = volumes::claims_of(pod).map(|name| (key.0.clone(), name.to_owned()));
        self.queue.claims.extend(claims);
        self.queue.workloads.insert(workload_of(pod));
        self.queue.pods.insert(key);
        if value::integer(pod, "/metadata/generation").unwrap_or(1) > 1 {
            // It may have been resized.
            self.loads.remove(value::uid(pod));
        }
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
    let kind = registry::find_kind(
        value::text(owner, "/apiVersion"),
        value::text(owner, "/kind"),
    );
    if let Some(kind) = kind {
        queue.insert(kind, key);
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
