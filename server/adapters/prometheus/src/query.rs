//! The PromQL behind each metric.
//!
//! Names are those of cAdvisor (`container_*`) and kube-state-metrics (`kube_*`). `container!=""` leaves out the
//! cgroup of the whole pod, which would count everything twice.

use domain::{
    resources::{WorkloadKind, WorkloadRef},
    series::{Metric, Subject},
};

/// A question and what its answer is multiplied by to be in the metric's own unit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    pub(crate) text: String,
    pub(crate) factor: f64,
}

/// Prometheus counts cores, we count thousandths of them.
const MILLICORES_PER_CORE: f64 = 1000.0;

/// The query for `metric` of `subject`.
pub(crate) fn of(subject: &Subject, metric: Metric) -> Query {
    let pods = match subject {
        Subject::Cluster => String::new(),
        Subject::Workload(workload) => selector(workload),
    };
    let containers = joined(r#"container!="""#, &pods);
    let rate = |name: &str, selector: &str| {
        let braces = if selector.is_empty() {
            String::new()
        } else {
            format!("{{{selector}}}")
        };
        format!("sum(rate({name}{braces}[5m]))")
    };
    let (text, factor) = match metric {
        Metric::Cpu => (
            rate("container_cpu_usage_seconds_total", &containers),
            MILLICORES_PER_CORE,
        ),
        Metric::Memory => (
            format!("sum(container_memory_working_set_bytes{{{containers}}})"),
            1.0,
        ),
        Metric::Network => (
            format!(
                "{}+{}",
                rate("container_network_receive_bytes_total", &pods),
                rate("container_network_transmit_bytes_total", &pods)
            ),
            1.0,
        ),
        Metric::Disk => (
            format!(
                "{}+{}",
                rate("container_fs_reads_bytes_total", &pods),
                rate("container_fs_writes_bytes_total", &pods)
            ),
            1.0,
        ),
        Metric::Pods => {
            let running = joined(r#"phase="Running""#, &pods);
            (format!("count(kube_pod_status_phase{{{running}}}==1)"), 1.0)
        }
        Metric::Nodes => (
            r#"count(kube_node_status_condition{condition="Ready",status="true"}==1)"#.to_owned(),
            1.0,
        ),
    };
    Query { text, factor }
}

fn joined(first: &str, rest: &str) -> String {
    if rest.is_empty() {
        first.to_owned()
    } else {
        format!("{first},{rest}")
    }
}

/// Pods by the names their controllers give them. Workload names are DNS names, so that only `.` means something to a
/// regular expression.
fn selector(workload: &WorkloadRef) -> String {
    let name = workload.name.as_str().replace('.', r"\\.");
    let pods = match workload.kind {
        WorkloadKind::Deployment => format!("{name}-[a-z0-9]+-[a-z0-9]{{5}}"),
        WorkloadKind::StatefulSet => format!("{name}-[0-9]+"),
        WorkloadKind::DaemonSet => format!("{name}-[a-z0-9]{{5}}"),
    };
    format!(r#"namespace="{}",pod=~"{pods}""#, workload.namespace)
}
