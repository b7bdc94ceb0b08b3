//! Whether more pods would fit: per node, allocatable minus what the pods bound to it request, divided by what one more
//! pod requests. This is the scheduler's own arithmetic for resources (Kubernetes, “Resource Management for Pods and
//! Containers”, how Pods with resource requests are scheduled); its other rules are not looked at, and the answer says so.

use domain::{
    cluster::Severity,
    resources::{Node, Pod, PodPhase, Workload},
    snapshot::ClusterSnapshot,
    units::{Bytes, MilliCores, ReplicaBounds},
};

use super::{
    compose::{Reply, counted, scale_command},
    nodes::{self, Load},
    question::Question,
    replicas, trouble,
};

/// What one more pod asks for.
#[derive(Clone, Copy)]
struct Size {
    cpu: MilliCores,
    memory: Bytes,
}

/// “Would 3 more replicas of storefront fit?”, “can I add 10 pods?”
pub(super) fn answer(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let wanted = question.numbers.first().copied();
    match question.workloads.as_slice() {
        [] => of_usual_size(wanted, snapshot),
        [one] => {
            let (Some(cpu), Some(memory)) = (one.cpu_request, one.memory_request) else {
                return Reply::failed(format!(
                    "That cannot be computed for {}: not every container of it requests CPU and memory, and without requests the scheduler places any number of pods wherever they happen to land.",
                    one.reference
                ))
                .tool("resources_get");
            };
            if !one.reference.kind.is_scalable() {
                return Reply::failed(format!(
                    "{} is a {}: it runs one pod per node, so there is none to add.",
                    one.reference, one.reference.kind
                ));
            }
            let what = format!("of {}", one.reference);
            let size = Size { cpu, memory };
            let (reply, fits) = verdict(wanted, &what, size, snapshot);
            let planned = wanted.and_then(|more| one.replicas.0.checked_add(more));
            match planned.filter(|count| fits && *count <= ReplicaBounds::CEILING) {
                Some(count) => planning(reply, one, count, snapshot),
                None => reply,
            }
        }
        several => {
            let options = several
                .iter()
                .map(|workload| {
                    let reference = &workload.reference;
                    let count = wanted.unwrap_or(1);
                    (
                        reference.to_string(),
                        format!("would {count} more replicas of {reference} fit?"),
                    )
                })
                .collect();
            Reply::new("That depends on the workload: their pods ask for different amounts.")
                .choice("Which one?", options)
        }
    }
}

/// That it can be planned, or what speaks against it.
fn planning(reply: Reply, workload: &Workload, count: u32, snapshot: &ClusterSnapshot) -> Reply {
    match replicas::instead_of_more(&workload.reference, snapshot) {
        Some(step) => reply.recommend(step.text, step.command),
        None => reply.recommend(
            "To have it planned (a plan changes nothing until you approve it):",
            scale_command(&workload.reference, count),
        ),
    }
}

/// Without a workload the median request stands for “a pod”, and the answer says so.
fn of_usual_size(wanted: Option<u32>, snapshot: &ClusterSnapshot) -> Reply {
    let running = snapshot
        .pods
        .iter()
        .filter(|pod| pod.phase == PodPhase::Running);
    let sized = running.filter_map(|pod| Some((pod.cpu_request?, pod.memory_request?)));
    let (mut cpu, mut memory): (Vec<MilliCores>, Vec<Bytes>) = sized.unzip();
    cpu.sort_unstable();
    memory.sort_unstable();
    let (Some(cpu), Some(memory)) = (cpu.get(cpu.len() / 2), memory.get(memory.len() / 2)) else {
        return Reply::failed(
            "That cannot be computed: no running pod requests CPU and memory, so there is no size to compute with.",
        )
        .tool("pods_list");
    };
    let size = Size {
        cpu: *cpu,
        memory: *memory,
    };
    let what = "of the usual size here, the median of what running pods request";
    verdict(wanted, what, size, snapshot)
        .0
        .recommend("For the pods of one workload, name it:", "help")
}

/// The answer, and whether all that are wanted fit.
fn verdict(
    wanted: Option<u32>,
    what: &str,
    size: Size,
    snapshot: &ClusterSnapshot,
) -> (Reply, bool) {
    let nodes: Vec<&Node> = snapshot.nodes.iter().collect();
    let loads = nodes::loads(&nodes, snapshot);
    let room: u64 = loads.iter().map(|load| pods_that_fit(load, size)).sum();
    let each = format!("each requests {} CPU and {} memory", size.cpu, size.memory);
    let pods = |count: u64| counted(usize::try_from(count).unwrap_or(usize::MAX), "more pod");
    let fits = wanted.is_some_and(|wanted| u64::from(wanted) <= room);
    let text = match wanted {
        Some(wanted) if fits => format!(
            "Yes: {} {what} fit; by requests there is room for {room} ({each}).",
            pods(wanted.into())
        ),
        Some(wanted) => format!(
            "No: {} {what} do not fit; by requests there is room for {room} ({each}).",
            pods(wanted.into())
        ),
        None if room == 0 => format!("There is no room for another pod {what} ({each})."),
        None => format!("There is room for {} {what} ({each}).", pods(room)),
    };
    let cells = loads.iter().map(|load| cells(load, size)).collect();
    let reply = Reply::new(text)
        .table(
            &[
                "Node",
                "State",
                "CPU not requested",
                "Memory not requested",
                "Fit there",
            ],
            cells,
        )
        .tool("nodes_top");
    (caveats(reply, snapshot), fits)
}

/// Whole pods that a node's unrequested CPU and memory hold; none on a node that takes no new pods.
fn pods_that_fit(load: &Load<'_>, size: Size) -> u64 {
    if !load.node.ready || load.node.unschedulable {
        return 0;
    }
    let by = |free: u64, each: u64| free.checked_div(each).unwrap_or(u64::MAX);
    let by_cpu = by(load.free_cpu().0, size.cpu.0);
    let by_memory = by(load.free_memory().0, size.memory.0);
    // A request of 0 of both would fit without end; the kubelet's own default is at most 110 pods on a node.
    by_cpu.min(by_memory).min(110)
}

fn cells(load: &Load<'_>, size: Size) -> Vec<String> {
    vec![
        load.node.name.clone(),
        load.state().to_owned(),
        load.free_cpu().to_string(),
        load.free_memory().to_string(),
        pods_that_fit(load, size).to_string(),
    ]
}

/// What the arithmetic leaves out.
fn caveats(reply: Reply, snapshot: &ClusterSnapshot) -> Reply {
    let waiting = |pod: &&Pod| trouble::is_pending(pod) && pod.node.is_none();
    let waiting = snapshot.pods.iter().filter(waiting).count();
    let unsized_pods = snapshot
        .pods
        .iter()
        .filter(|pod| pod.node.is_some() && pod.phase == PodPhase::Running)
        .filter(|pod| pod.cpu_request.is_none() || pod.memory_request.is_none())
        .count();
    let reply = match waiting {
        0 => reply,
        count => reply.finding(
            Severity::Warning,
            "waiting",
            format!(
                "{} already without a node would take room first",
                counted(count, "pod")
            ),
        ),
    };
    let reply = match unsized_pods {
        0 => reply,
        count => reply.finding(
            Severity::Info,
            "no requests",
            format!(
                "{} request nothing or not everything, so the nodes are fuller than this says",
                counted(count, "running pod")
            ),
        ),
    };
    reply.finding(
        Severity::Info,
        "not looked at",
        "taints, affinity, volumes, quotas and how many pods a node may run; a node's use may be higher or lower than its requests",
    )
}
