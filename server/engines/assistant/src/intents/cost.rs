//! Rightsizing: workloads that reserve much more than they use.

use domain::{
    cluster::Severity,
    resources::{Workload, WorkloadRef},
    snapshot::ClusterSnapshot,
    units::{Bytes, MilliCores},
};

use super::{
    compose::{Measured, Reply, belongs, counted, no_metrics, percent, place, workloads_meant},
    question::Question,
};

/// Below this share of its CPU request a workload counts as over-provisioned.
const LOW_PERCENT: f64 = 40.0;
/// Room left above the measured use when a request is suggested: half as much again.
const ROOM: f64 = 1.5;
/// The smallest request that is suggested per pod, in millicores.
const LEAST_MILLICORES: u64 = 10;

struct Saving<'a> {
    workload: &'a Workload,
    pods: u64,
    used_cpu: u64,
    requested_cpu: u64,
    used_memory: u64,
    requested_memory: Option<u64>,
}

impl Saving<'_> {
    fn share(&self) -> f64 {
        percent(self.used_cpu, self.requested_cpu).unwrap_or(100.0)
    }

    /// A request per pod that leaves room above the use measured now.
    fn suggested(&self) -> MilliCores {
        let per_pod = self.used_cpu as f64 / self.pods as f64 * ROOM;
        let rounded = (per_pod / 10.0).ceil() as u64 * 10;
        MilliCores(rounded.max(LEAST_MILLICORES))
    }

    fn freed(&self) -> u64 {
        self.requested_cpu
            .saturating_sub(self.suggested().0 * self.pods)
    }
}

fn saving<'a>(
    workload: &'a Workload,
    measured: &Measured<'_>,
    snapshot: &ClusterSnapshot,
) -> Option<Saving<'a>> {
    let usages: Vec<_> = snapshot
        .pods
        .iter()
        .filter(|pod| belongs(pod, &workload.reference))
        .filter_map(|pod| measured.pod(pod))
        .collect();
    let pods = usages.len() as u64;
    let request = workload.cpu_request?;
    (pods > 0 && request.0 > 0).then(|| Saving {
        workload,
        pods,
        used_cpu: usages.iter().map(|usage| usage.cpu.0).sum(),
        requested_cpu: request.0 * pods,
        used_memory: usages.iter().map(|usage| usage.memory.0).sum(),
        requested_memory: workload.memory_request.map(|memory| memory.0 * pods),
    })
}

/// “Where can we save?”, “which deployments are over-provisioned?”
pub(super) fn answer(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let measured = match Measured::of(snapshot) {
        Ok(measured) => measured,
        Err(why) => return no_metrics(why).tool("pods_top"),
    };
    let all: Vec<_> = workloads_meant(question, snapshot)
        .into_iter()
        .filter_map(|workload| saving(workload, &measured, snapshot))
        .collect();
    let mut low: Vec<&Saving<'_>> = all
        .iter()
        .filter(|saving| saving.share() < LOW_PERCENT && saving.freed() > 0)
        .collect();
    low.sort_by_key(|saving| std::cmp::Reverse(saving.freed()));
    let basis = format!(
        "use below {LOW_PERCENT:.0} % of the CPU request, {}",
        measured.age()
    );
    let place = place(question);
    let Some(first) = low.first() else {
        return Reply::new(format!(
            "No workload{place} is clearly over-provisioned: none of {} has {basis}.",
            counted(all.len(), "measured workload")
        ))
        .tool("pods_top");
    };
    let freed: u64 = low.iter().map(|saving| saving.freed()).sum();
    let reply = Reply::new(format!(
        "{}{place} reserving far more CPU than needed ({basis}); smaller requests would free about {}.",
        counted(low.len(), "workload"),
        MilliCores(freed)
    ));
    let reply = low
        .iter()
        .take(5)
        .fold(reply, |reply, saving| finding(reply, saving));
    let cells = low.iter().map(|saving| cells(saving)).collect();
    let reference: &WorkloadRef = &first.workload.reference;
    reply
        .table(&["Workload", "CPU used", "CPU requested", "Suggested per pod", "Memory used", "Memory requested"], cells)
        .recommend(
            format!(
                "This is one measurement, not a peak: before lowering the request of {reference} to about {} per pod, look at its day in the forecast on the Autoscaling page.",
                first.suggested()
            ),
            format!("how much cpu does {} use in {}?", reference.name, reference.namespace),
        )
        .tool("pods_top")
        .tool("resources_list")
}

fn finding(reply: Reply, saving: &Saving<'_>) -> Reply {
    reply.finding(
        Severity::Info,
        saving.workload.reference.to_string(),
        format!(
            "{} of {} requested CPU in use ({:.0} %) over {}",
            MilliCores(saving.used_cpu),
            MilliCores(saving.requested_cpu),
            saving.share(),
            counted(saving.pods as usize, "pod")
        ),
    )
}

fn cells(saving: &Saving<'_>) -> Vec<String> {
    vec![
        saving.workload.reference.to_string(),
        MilliCores(saving.used_cpu).to_string(),
        MilliCores(saving.requested_cpu).to_string(),
        saving.suggested().to_string(),
        Bytes(saving.used_memory).to_string(),
        saving
            .requested_memory
            .map_or_else(|| "not set".to_owned(), |memory| Bytes(memory).to_string()),
    ]
}
