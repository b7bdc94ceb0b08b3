//! The kubelets: they start, watch, restart and stop the containers of the pods bound to their node.
//!
//! What a container is doing is a small state machine ([`container`]); the pod's status is computed from it
//! ([`status`]) whenever it moves. Source: Kubernetes documentation, "Pod Lifecycle".

mod command;
pub(crate) mod container;
pub(crate) mod images;
mod notice;
mod probes;
pub(crate) mod runtimes;
pub(crate) mod status;

use domain::time::{Seconds, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::{
    container::{ContainerRuntime, Surroundings},
    notice::Notice,
};
use crate::{
    api,
    chance::{between, hash},
    events::{self, Report, Source},
    meter::{self, OverLimit},
    registry, value,
    world::{World, key_of, workload_of},
};

/// How long before the first event that is kept the kubelets go back to their own pace: longer than any
/// coarse wait.
const COARSE_UNTIL: Seconds = Seconds(3600);
/// The first and the last address of a node's pod network that pods get; `.1` is the bridge's.
const FIRST_ADDRESS: u32 = 2;
const LAST_ADDRESS: u32 = 253;

/// What the containers of one bound pod are doing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PodRuntime {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name.
    pub name: String,
    /// The node it is bound to.
    pub node: String,
    /// Its address, once the sandbox exists.
    pub address: String,
    /// When the kubelet first saw it.
    pub bound_at: Timestamp,
    /// When its containers will have stopped, once deletion has begun.
    pub stops_at: Option<Timestamp>,
    /// Its containers, in order.
    pub containers: Vec<ContainerRuntime>,
}

impl PodRuntime {
    /// When something will happen by itself; `None` when nothing will.
    pub(crate) fn due_at(&self) -> Option<Timestamp> {
        match self.stops_at {
            Some(stop) => Some(stop),
            None => self
                .containers
                .iter()
                .filter_map(ContainerRuntime::due_at)
                .min(),
        }
    }

    /// Whether all containers run and are ready.
    pub(crate) fn is_ready(&self) -> bool {
        self.stops_at.is_none() && self.containers.iter().all(ContainerRuntime::is_ready)
    }
}

/// The earliest time at which some pod will move by itself.
pub(crate) fn next_due(world: &World) -> Option<Timestamp> {
    world
        .state
        .runtimes
        .schedule()
        .find(|(_, runtime)| !is_silent(world, &runtime.node))
        .map(|(at, _)| at)
}

/// Whether the node's kubelet does nothing because the node has no power.
fn is_silent(world: &World, node: &str) -> bool {
    world.state.lost_nodes.contains_key(node)
}

/// Takes note of a pod that was added, changed or removed.
pub(crate) fn notice(world: &mut World, namespace: &str, name: &str) {
    let Some(pod) = world.get(registry::POD, namespace, name) else {
        return forget(world, namespace, name);
    };
    let node = value::text(&pod, "/spec/nodeName");
    if is_silent(world, node) {
        return;
    }
    if value::is_terminating(&pod) {
        return stop(world, &pod);
    }
    if node.is_empty() || has_ended(&pod) {
        return;
    }
    if !world.state.runtimes.contains(value::uid(&pod)) {
        admit(world, &pod, node);
    }
}

/// Looks at every pod of a node again, as a kubelet does that was away for a while.
pub(crate) fn look_around(world: &mut World, node: &str) {
    let pods: Vec<_> = world
        .store
        .list(registry::POD, None)
        .filter(|pod| value::text(pod, "/spec/nodeName") == node)
        .cloned()
        .collect();
    for pod in pods {
        if let Some(runtime) = world.state.runtimes.get(value::uid(&pod)).cloned() {
            write_status(world, &pod, &runtime);
        }
        notice(world, value::namespace(&pod), value::name(&pod));
    }
}

fn has_ended(pod: &Value) -> bool {
    matches!(value::text(pod, "/status/phase"), "Succeeded" | "Failed")
}

/// Drops what is known of pods of this name that are gone: force-deleted ones.
fn forget(world: &mut World, namespace: &str, name: &str) {
    world.state.runtimes.remove_named(namespace, name);
    meter::forget_pod(world, namespace, name);
}

fn admit(world: &mut World, pod: &Value, node: &str) {
    // A pod of the same name that was removed at once has left its runtime behind.
    forget(world, value::namespace(pod), value::name(pod));
    let runtime = PodRuntime {
        namespace: value::namespace(pod).to_owned(),
        name: value::name(pod).to_owned(),
        node: node.to_owned(),
        address: address(world, pod, node),
        bound_at: world.now,
        stops_at: None,
        containers: value::items(pod, "/spec/containers")
            .iter()
            .map(|spec| ContainerRuntime::new(spec, world.now + Seconds(1)))
            .collect(),
    };
    write_status(world, pod, &runtime);
    world
        .state
        .runtimes
        .insert(value::uid(pod).to_owned(), runtime);
}

/// The next free address of the node's pod network, or the node's own for pods on the host's network.
fn address(world: &mut World, pod: &Value, node: &str) -> String {
    let Some(host) = world.get(registry::NODE, "", node) else {
        return String::new();
    };
    if value::truth(pod, "/spec/hostNetwork") {
        return value::text(&host, "/status/addresses/0/address").to_owned();
    }
    let network = value::text(&host, "/spec/podCIDR");
    let prefix = network
        .rsplit_once('.')
        .map_or("10.244.0", |(prefix, _)| prefix);
    let counter = world.state.addresses.entry(node.to_owned()).or_insert(1);
    // As many tries as there are addresses: a full network gives one out twice rather than none.
    for _ in FIRST_ADDRESS..=LAST_ADDRESS {
        *counter = if *counter >= LAST_ADDRESS {
            FIRST_ADDRESS
        } else {
            *counter + 1
        };
        if !world
            .state
            .runtimes
            .has_address(&format!("{prefix}.{counter}"))
        {
            break;
        }
    }
    format!("{prefix}.{counter}")
}

/// Begins or finishes the graceful end of a pod that is being deleted.
fn stop(world: &mut World, pod: &Value) {
    let uid = value::uid(pod).to_owned();
    let grace = value::integer(pod, "/metadata/deletionGracePeriodSeconds").unwrap_or(30);
    let Some(mut runtime) = world.state.runtimes.remove(&uid) else {
        return finish(world, pod);
    };
    if grace == 0 || runtime.stops_at.is_some_and(|stop| stop <= world.now) {
        return finish(world, pod);
    }
    if runtime.stops_at.is_none() {
        let patience = between(hash(world.model.seed, &[&uid, "stop"]), 1, 4);
        runtime.stops_at = Some(world.now + Seconds(patience.min(grace)));
        for container in runtime.containers.iter().filter(|one| one.is_running()) {
            let message = format!("Stopping container {}", container.name);
            tell(
                world,
                pod,
                &container.name,
                Report::normal("Killing", &message),
            );
        }
    }
    world.state.runtimes.insert(uid, runtime);
}

fn finish(world: &mut World, pod: &Value) {
    let (namespace, name) = key_of(pod);
    world.state.runtimes.remove(value::uid(pod));
    meter::forget_pod(world, &namespace, &name);
    api::finish_deletion(
        &mut world.store,
        registry::POD,
        &namespace,
        &name,
        world.now,
    );
}

/// Lets every pod whose time has come move on.
pub(crate) fn work(world: &mut World) {
    let due: Vec<_> = world
        .state
        .runtimes
        .due_by(world.now)
        .filter_map(|uid| Some((uid, world.state.runtimes.get(uid)?)))
        .filter(|(_, runtime)| !is_silent(world, &runtime.node))
        .map(|(uid, runtime)| (uid.clone(), runtime.namespace.clone(), runtime.name.clone()))
        .collect();
    for (uid, namespace, name) in due {
        match world.get(registry::POD, &namespace, &name) {
            Some(pod) if value::uid(&pod) != uid => drop(world.state.runtimes.remove(&uid)),
            Some(pod) if value::is_terminating(&pod) => stop(world, &pod),
            Some(pod) => move_on(world, &pod),
            None => forget(world, &namespace, &name),
        }
    }
}

fn move_on(world: &mut World, pod: &Value) {
    let Some(mut runtime) = world.state.runtimes.remove(value::uid(pod)) else {
        return;
    };
    let key = workload_of(pod);
    let mut notices = Vec::new();
    for (index, container) in runtime.containers.iter_mut().enumerate() {
        let spec = &pod["spec"]["containers"][index];
        let surroundings = Surroundings {
            pod,
            spec,
            workload: &key,
            now: world.now,
            seed: world.model.seed,
            address: &runtime.address,
            repeats: world.live,
            coarse: world.now + COARSE_UNTIL < world.events_from,
            has_image: world
                .state
                .images
                .get(&runtime.node)
                .is_some_and(|images| images.contains(&container.image)),
        };
        let said = container.move_on(&surroundings);
        notices.extend(
            said.into_iter()
                .map(|notice| (container.name.clone(), notice)),
        );
    }
    for (container, notice) in &notices {
        announce(world, pod, container, notice, &runtime.node);
    }
    write_status(world, pod, &runtime);
    world
        .state
        .runtimes
        .insert(value::uid(pod).to_owned(), runtime);
}

fn announce(world: &mut World, pod: &Value, container: &str, notice: &Notice, node: &str) {
    if let Notice::Pulled { image, .. } = notice {
        world
            .state
            .images
            .entry(node.to_owned())
            .or_default()
            .insert(image.clone());
    }
    let (kind, reason, message) = notice.words(pod, container);
    let report = Report {
        kind,
        reason,
        message: &message,
        field: "",
    };
    tell(world, pod, container, report);
}

fn tell(world: &mut World, pod: &Value, container: &str, report: Report<'_>) {
    let host = value::text(pod, "/spec/nodeName");
    let source = Source {
        component: "kubelet",
        host,
    };
    let field = format!("spec.containers{{{container}}}");
    let report = Report {
        field: &field,
        ..report
    };
    events::record(world, pod, source, report);
}

fn write_status(world: &mut World, pod: &Value, runtime: &PodRuntime) {
    let host = world.get(registry::NODE, "", &runtime.node);
    let host_address = host
        .as_deref()
        .map_or("", |node| value::text(node, "/status/addresses/0/address"))
        .to_owned();
    let status = status::compute(pod, runtime, &host_address, world.now);
    let (namespace, name) = key_of(pod);
    world.update(registry::POD, &namespace, &name, |pod| {
        pod["status"] = status
    });
}

/// Ends the containers of pods that use more memory than they may, as the kernel does.
pub(crate) fn kill_over_limit(world: &mut World, over: &[OverLimit]) {
    for OverLimit { namespace, name } in over {
        let Some(pod) = world.get(registry::POD, namespace, name) else {
            continue;
        };
        let uid = value::uid(&pod).to_owned();
        let Some(mut runtime) = world.state.runtimes.remove(&uid) else {
            continue;
        };
        let biggest = largest_memory_limit(&pod);
        if let Some(container) = runtime.containers.get_mut(biggest) {
            container.run_out_of_memory(world.now, &uid);
        }
        write_status(world, &pod, &runtime);
        world.state.runtimes.insert(uid, runtime);
    }
}

/// Index of the container with the highest memory limit: the one the memory is in.
fn largest_memory_limit(pod: &Value) -> usize {
    let limit = |container: &Value| {
        crate::amounts::quantity(&container["resources"]["limits"]["memory"]).unwrap_or_default()
    };
    value::items(pod, "/spec/containers")
        .iter()
        .enumerate()
        .max_by(|a, b| limit(a.1).total_cmp(&limit(b.1)))
        .map_or(0, |(index, _)| index)
}

/// Removes pods whose node is gone, as the pod garbage collector does.
pub(crate) fn remove_stranded(world: &mut World) {
    let stranded: Vec<_> = world
        .store
        .list(registry::POD, None)
        .filter(|pod| {
            let node = value::text(pod, "/spec/nodeName");
            !node.is_empty() && world.store.get(registry::NODE, "", node).is_none()
        })
        .map(|pod| key_of(pod))
        .collect();
    for (namespace, name) in stranded {
        world.store.remove(registry::POD, &namespace, &name);
    }
}
