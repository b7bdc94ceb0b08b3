//! The simulated cluster: objects, controllers and time, behind one type.

use domain::time::{Seconds, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::{
    api::{self, Request, Response, Verb},
    company, controllers,
    disturbance::Disturbance,
    events,
    history::{self, HistoryQuery},
    logs::{self, LogLine, LogOptions},
    metrics,
    registry::{self, KindId},
    scenario::{self, Play, Scenario},
    schema::check::Findings,
    status::Status,
    store::{self, SnapshotError, Store},
    usage::Model,
    value,
    world::{Queue, State, World, key_of},
};

/// The most that is simulated second by second; a longer pause is leapt over first.
const LONGEST_WALK: Seconds = Seconds(120);
/// Raised whenever a snapshot of before can no longer be read.
const SNAPSHOT_VERSION: i64 = 1;
/// The longest leap in the time that charts show.
const LEAP: Seconds = Seconds(1800);
/// Leaps for one catch-up: enough for weeks of nightly jobs and crashing containers.
const MOST_LEAPS: usize = 6_000;

/// Why a snapshot can always be written.
const ENCODES: &str = "the state consists of maps with text keys, lists and numbers";

/// Everything a snapshot holds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Saved<'a> {
    version: i64,
    now: i64,
    founded_at: i64,
    seed: u64,
    observed: u64,
    store: store::Saved<'a>,
    state: &'a State,
    disturbances: &'a [Disturbance],
}

/// A company's cluster, simulated: deterministic for a seed, a start and the requests in between.
#[derive(Debug, Clone)]
pub struct Cluster {
    world: World,
}

impl Cluster {
    /// The company's cluster, settled, at `now`: its two months of life are run through in leaps, so that
    /// ages, restarts, revisions and replica histories are what the controllers made of them.
    #[must_use]
    pub fn new(seed: u64, now: Timestamp) -> Self {
        Self::of_size(seed, now, 0)
    }

    /// Like [`Self::new`], with as many further nodes and workloads as it takes to run about `pods` pods in
    /// all; a number the company itself exceeds adds nothing.
    #[must_use]
    pub fn of_size(seed: u64, now: Timestamp, pods: usize) -> Self {
        let now = Timestamp::from_seconds(now.seconds());
        let timeline = company::timeline(now, pods);
        let start = timeline.first().map_or(now, |arrival| arrival.at);
        let mut cluster = Self {
            world: World {
                store: Store::with_seed(seed),
                state: State::default(),
                model: Model {
                    seed,
                    founded_at: now,
                    disturbances: Vec::new(),
                },
                now: start,
                live: false,
                metrics_delay: Seconds(0),
                events_from: now - events::TTL,
                queue: Queue::default(),
                later: std::collections::BTreeSet::new(),
                loads: std::collections::HashMap::new(),
                observed: 0,
            },
        };
        cluster.world.observed = cluster.world.store.revision();
        for arrival in timeline {
            cluster.leap(arrival.at);
            for (kind, object) in arrival.objects {
                cluster.arrive(kind, object);
            }
            controllers::settle(&mut cluster.world);
        }
        cluster.catch_up(now);
        cluster
    }

    /// Lets the cluster live until `now`: second by second, after leaping over most of a long pause. A `now`
    /// in the past changes nothing.
    pub fn advance(&mut self, now: Timestamp) {
        self.catch_up(Timestamp::from_seconds(now.seconds()));
    }

    fn catch_up(&mut self, now: Timestamp) {
        if now.seconds_since(self.world.now) > LONGEST_WALK.0 {
            self.world.events_from = now - events::TTL;
            self.leap(now - LONGEST_WALK);
        }
        self.world.live = true;
        while self.world.now < now {
            self.world.now = (self.world.now + Seconds(1)).min(now);
            controllers::step(&mut self.world);
        }
    }

    /// Goes to `to` from one due time to the next.
    fn leap(&mut self, to: Timestamp) {
        self.world.live = false;
        for _ in 0..MOST_LEAPS {
            if self.world.now >= to {
                return;
            }
            let due = controllers::next_due(&self.world).unwrap_or(to);
            // Charts reach back a fortnight; within it the autoscalers are looked at too.
            let charted = self.world.events_from.seconds_since(self.world.now) < history::REACH.0;
            let longest = if charted { LEAP } else { history::REACH };
            let next = due.clamp(self.world.now + Seconds(1), self.world.now + longest);
            let next = next.min(to);
            self.world.now = next;
            controllers::step(&mut self.world);
        }
        self.world.now = self.world.now.max(to);
        controllers::step(&mut self.world);
    }

    /// Creates or replaces an object as the API would store it: a first write of a user then changes
    /// what the user changed and nothing else.
    fn arrive(&mut self, kind: KindId, mut object: Value) {
        let found = api::complete(kind, &mut object);
        debug_assert_eq!(found, Findings::default(), "{object}");
        let (namespace, name) = key_of(&object);
        let now = self.world.now;
        if self.world.store.get(kind, &namespace, &name).is_some() {
            let spec = object["spec"].clone();
            let by = scenario::ROLLOUT;
            self.world
                .update_as(by, kind, &namespace, &name, |old| old["spec"] = spec);
        } else {
            let inserted = api::install(&mut self.world.store, kind, object, now);
            debug_assert!(inserted.is_ok(), "{inserted:?}");
            if kind == registry::NAMESPACE {
                controllers::furnish(&mut self.world, &name);
            }
        }
    }

    /// Begins a scenario now, in the place of one that is under way.
    pub fn play(&mut self, scenario: Scenario) {
        self.world.state.play = Some(Play {
            scenario,
            began_at: self.world.now,
            done: 0,
        });
    }

    /// The scenario that was begun last.
    #[must_use]
    pub fn playing(&self) -> Option<Scenario> {
        Some(self.world.state.play?.scenario)
    }

    /// Lets `metrics.k8s.io`, and the autoscalers that read it, lag behind by `delay`.
    pub fn delay_metrics(&mut self, delay: Seconds) {
        self.world.metrics_delay = delay;
    }

    /// The objects.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.world.store
    }

    /// The objects, to change; the controllers notice at the next [`Self::advance`].
    pub fn store_mut(&mut self) -> &mut Store {
        &mut self.world.store
    }

    /// The time the cluster has reached.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.world.now
    }

    /// Carries out a request: [`api::call`], with `metrics.k8s.io` computed when asked for.
    ///
    /// # Errors
    /// The [`Status`] the API server would answer with.
    pub fn call(&mut self, request: &Request) -> Result<Value, Status> {
        self.respond(request).map(|response| response.body)
    }

    /// Like [`Self::call`], with what HTTP needs besides the body.
    ///
    /// # Errors
    /// The [`Status`] the API server would answer with.
    pub fn respond(&mut self, request: &Request) -> Result<Response, Status> {
        let is_measured = [registry::NODE_METRICS, registry::POD_METRICS].contains(&request.kind);
        if is_measured && matches!(request.verb, Verb::Get | Verb::List) {
            return metrics::answer(&self.world, request).map(|body| Response {
                body,
                created: false,
                warnings: Vec::new(),
            });
        }
        let response = api::respond(&mut self.world.store, request, self.world.now)?;
        // Its controller is quicker than any client: a pod may follow at once, and needs the account.
        if (request.kind, request.verb) == (registry::NAMESPACE, Verb::Create) {
            controllers::furnish(&mut self.world, value::name(&response.body));
        }
        Ok(response)
    }

    /// Log lines of a pod's container, oldest first.
    ///
    /// # Errors
    /// 404 for an unknown pod; 400 with the kubelet's words for a container that is unknown, has not
    /// started, or has no previous run.
    pub fn logs(
        &self,
        namespace: &str,
        pod: &str,
        options: &LogOptions,
    ) -> Result<Vec<LogLine>, Status> {
        logs::read(&self.world, namespace, pod, options)
    }

    /// The kubelet's `/stats/summary` of a node, as the node proxy passes it on.
    ///
    /// # Errors
    /// 404 for an unknown node; 503 for one that is lost.
    pub fn stats_summary(&self, node: &str) -> Result<Value, Status> {
        if self.world.state.lost_nodes.contains_key(node) {
            return Err(Status::unavailable(format!(
                "error trying to reach service: dial tcp {}:10250: connect: no route to host",
                metrics::address(&self.world, node)
            )));
        }
        metrics::summary(&self.world, node).ok_or_else(|| Status::not_found(registry::NODE, node))
    }

    /// `(time, value)` pairs of the last 14 days, oldest first, in the metric's own unit; see
    /// [`HistoryQuery`].
    #[must_use]
    pub fn history(&self, query: &HistoryQuery) -> Vec<(Timestamp, f64)> {
        history::read(&self.world, query)
    }

    /// Everything needed to go on after a restart.
    #[must_use]
    pub fn snapshot(&self) -> Value {
        serde_json::to_value(self.saved()).expect(ENCODES)
    }

    /// [`Self::snapshot`] as JSON text. Whoever writes it to a file wants this: no copy of the objects is
    /// made on the way.
    #[must_use]
    pub fn snapshot_text(&self) -> Vec<u8> {
        serde_json::to_vec(&self.saved()).expect(ENCODES)
    }

    fn saved(&self) -> Saved<'_> {
        Saved {
            version: SNAPSHOT_VERSION,
            now: self.world.now.0,
            founded_at: self.world.model.founded_at.0,
            seed: self.world.model.seed,
            observed: self.world.observed,
            store: self.world.store.saved(),
            state: &self.world.state,
            disturbances: &self.world.model.disturbances,
        }
    }

    /// The cluster a snapshot holds, lived on until `now`. `seed` is used when the snapshot names none.
    ///
    /// # Errors
    /// [`SnapshotError`] naming what cannot be read.
    pub fn restore(mut snapshot: Value, seed: u64, now: Timestamp) -> Result<Self, SnapshotError> {
        let time = |field: &'static str| {
            value::integer(&snapshot, &format!("/{field}"))
                .map(Timestamp)
                .ok_or(SnapshotError::Field(field))
        };
        let (then, founded_at) = (time("now")?, time("foundedAt")?);
        if value::integer(&snapshot, "/version") != Some(SNAPSHOT_VERSION) {
            return Err(SnapshotError::Field("version"));
        }
        let seed = snapshot["seed"].as_u64().unwrap_or(seed);
        let state: State = serde_json::from_value(snapshot["state"].take())
            .map_err(|_| SnapshotError::Field("state"))?;
        let store = Store::from_json(snapshot["store"].take())?;
        // Snapshots of before there were disturbances have none.
        let disturbances = if snapshot["disturbances"].is_null() {
            Vec::new()
        } else {
            serde_json::from_value(snapshot["disturbances"].take())
                .map_err(|_| SnapshotError::Field("disturbances"))?
        };
        let mut world = World {
            observed: store.revision(),
            store,
            state,
            model: Model {
                seed,
                founded_at,
                disturbances,
            },
            now: then,
            live: true,
            metrics_delay: Seconds(0),
            events_from: then - events::TTL,
            queue: Queue::default(),
            later: std::collections::BTreeSet::new(),
            loads: std::collections::HashMap::new(),
        };
        world.mark_everything();
        let mut cluster = Self { world };
        cluster.advance(now);
        Ok(cluster)
    }
}
