//! The controllers: each brings what is there closer to what is asked for.
//!
//! [`step`] is one moment of the cluster: first what happens by itself (containers start, end, run out of
//! memory), then every controller looks at what changed until nothing changes any more.

pub(crate) mod adoption;
mod affinity;
pub(crate) mod api_services;
pub(crate) mod autoscaler;
pub(crate) mod budgets;
mod cron_job;
mod daemon_set;
mod deployment;
mod endpoint_slices;
mod endpoints;
mod eviction;
pub(crate) mod heartbeat;
pub(crate) mod job;
pub(crate) mod kubelet;
mod namespaces;
pub(crate) mod nodes;
pub(crate) mod pods;
mod replica_set;
mod revisions;
pub(crate) mod scheduler;
mod stateful_set;
mod taints;
pub(crate) mod volumes;

pub(crate) use namespaces::furnish;

use std::sync::Arc;

use domain::time::Timestamp;
use serde_json::Value;

use crate::{
    amounts, api, events,
    ledger::{Slot, WorkloadKey},
    meter, registry, scenario, value,
    world::{World, key_of, workload_of},
};

/// How many times controllers answer each other within one step; what is left waits for the next.
const ROUNDS: usize = 16;
/// Seconds between looks at the autoscalers (`--horizontal-pod-autoscaler-sync-period`).
const AUTOSCALER_PERIOD: i64 = 15;
/// The same while time leaps: fine enough for the past's charts.
const AUTOSCALER_PERIOD_LEAPING: i64 = 1800;

/// One moment of the cluster, at `world.now`.
pub(crate) fn step(world: &mut World) {
    world.wake();
    scenario::go_on(world);
    kubelet::work(world);
    nodes::watch(world);
    settle(world);
    eviction::run(world);
    settle(world);
    let over = meter::read(world);
    if !over.is_empty() {
        kubelet::kill_over_limit(world, &over);
        settle(world);
    }
    periodic(world);
    settle(world);
}

/// When the cluster next has something to do by itself.
pub(crate) fn next_due(world: &World) -> Option<Timestamp> {
    [
        scenario::next_due(world),
        next_job(world),
        kubelet::next_due(world),
        nodes::next_due(world),
        eviction::next_due(world),
    ]
    .into_iter()
    .flatten()
    .min()
}

/// When a Job has something to do. A schedule that came round while time leapt starts its latest Job only.
fn next_job(world: &World) -> Option<Timestamp> {
    world
        .later
        .iter()
        .find(|(_, kind, _)| *kind == registry::JOB)
        .map(|(at, ..)| *at)
}

fn periodic(world: &mut World) {
    let period = if world.live {
        AUTOSCALER_PERIOD
    } else {
        AUTOSCALER_PERIOD_LEAPING
    };
    if world.is_due("autoscalers", period) {
        autoscaler::run(world);
    }
    if !world.live {
        return;
    }
    heartbeat::beat(world);
    if world.is_due("aggregation", 5) {
        api_services::check(world);
    }
    if world.is_due("deadlines", 10) {
        mark_unfinished_deployments(world);
    }
    if world.is_due("retry", 60) {
        world.queue.scheduling = true;
        kubelet::remove_stranded(world);
    }
    if world.is_due("expiry", 60) {
        events::expire(world);
        world.state.ledger.trim(world.now);
        forget_duties(world);
        let store = &world.store;
        let is_there = |uid: &String| store.by_uid(uid).is_some();
        world.state.tallies.retain(|uid, _| is_there(uid));
    }
}

/// Deployments that are not complete are looked at for their deadline, which passes without any change.
fn mark_unfinished_deployments(world: &mut World) {
    let unfinished: Vec<_> = world
        .store
        .list(registry::DEPLOYMENT, None)
        .filter(|deployment| {
            value::integer(deployment, "/status/unavailableReplicas").unwrap_or(0) > 0
                || value::integer(deployment, "/status/updatedReplicas")
                    != value::integer(deployment, "/status/replicas")
        })
        .map(|deployment| key_of(deployment))
        .collect();
    world.queue.deployments.extend(unfinished);
}

/// Forgets when pods that are gone were last found unschedulable.
fn forget_duties(world: &mut World) {
    let oldest = world.now - domain::time::Seconds(3600);
    world.state.duties.retain(|_, last| *last >= oldest);
}

/// Lets the controllers answer each other until nothing changes.
pub(crate) fn settle(world: &mut World) {
    for _ in 0..ROUNDS {
        world.observe();
        if world.queue.is_empty() {
            return;
        }
        round(world);
    }
}

fn round(world: &mut World) {
    let queue = std::mem::take(&mut world.queue);
    if queue.garbage {
        api::collect_garbage(&mut world.store, world.now);
    }
    for name in &queue.namespaces {
        namespaces::furnish(world, name);
    }
    for name in &queue.nodes {
        nodes::reconcile(world, name);
    }
    for key in &queue.deployments {
        deployment::reconcile(world, key);
    }
    for key in &queue.replica_sets {
        replica_set::reconcile(world, key);
    }
    for key in &queue.stateful_sets {
        stateful_set::reconcile(world, key);
    }
    for key in &queue.daemon_sets {
        daemon_set::reconcile(world, key);
    }
    for key in &queue.jobs {
        job::reconcile(world, key);
    }
    for key in &queue.cron_jobs {
        cron_job::reconcile(world, key);
    }
    if queue.scheduling {
        scheduler::run(world);
    }
    for (namespace, name) in &queue.pods {
        kubelet::notice(world, namespace, name);
    }
    for name in &queue.volumes {
        volumes::reconcile_volume(world, name);
    }
    for key in &queue.claims {
        volumes::reconcile_claim(world, key);
    }
    for key in &queue.endpoints {
        endpoints::reconcile(world, key);
    }
    for key in &queue.budgets {
        budgets::reconcile(world, key);
    }
    for namespace in &queue.counted {
        api::refresh_quotas(&mut world.store, namespace, world.now);
    }
    for key in &queue.workloads {
        note_workload(world, key);
    }
}

/// Enters the pods a workload has now into the ledger.
fn note_workload(world: &mut World, key: &WorkloadKey) {
    let slots: Vec<_> = members(world, key)
        .iter()
        .filter_map(|pod| slot(world, pod))
        .collect();
    world.state.ledger.note(key, slots, world.now);
}

/// The pods that count for a workload, by name.
fn members(world: &World, key: &WorkloadKey) -> Vec<Arc<Value>> {
    world
        .store
        .list(registry::POD, Some(&key.namespace))
        .filter(|pod| workload_of(pod) == *key)
        .cloned()
        .collect()
}

fn slot(world: &World, pod: &Value) -> Option<Slot> {
    let runtime = world.state.runtimes.get(value::uid(pod))?;
    if world.state.lost_nodes.contains_key(&runtime.node) {
        return None;
    }
    let running = kubelet::status::phase(runtime) == "Running";
    let serving = running && runtime.is_ready();
    let started_at = runtime
        .containers
        .iter()
        .filter_map(|container| container.running_since())
        .max()
        .filter(|_| serving)
        .unwrap_or(runtime.bound_at);
    Some(Slot {
        pod: value::name(pod).to_owned(),
        node: runtime.node.clone(),
        running,
        serving,
        started_at,
        cpu_request: amounts::sum(pod, "requests", "cpu"),
        cpu_limit: amounts::sum(pod, "limits", "cpu"),
        memory_request: amounts::sum(pod, "requests", "memory"),
        memory_limit: amounts::sum(pod, "limits", "memory"),
    })
}
