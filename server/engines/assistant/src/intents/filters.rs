//! Qualifiers of a list: namespaces left out, ages, missing requests and limits, amounts of CPU or memory.
//!
//! How they are read is in [`qualifiers`](super::qualifiers).

use domain::{
    resources::{Pod, Workload},
    snapshot::ClusterSnapshot,
    time::{Seconds, Timestamp},
    units::{Bytes, MilliCores},
};

use super::compose::{Measured, joined};

/// A setting that a pod may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
    Requests,
    CpuRequest,
    MemoryRequest,
    MemoryLimit,
}

/// An amount of use to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Amount {
    /// CPU.
    Cpu(MilliCores),
    /// Memory.
    Memory(Bytes),
}

/// What a list is narrowed to.
#[derive(Debug, Default)]
pub(super) struct Filters<'a> {
    pub(super) outside: Vec<&'a str>,
    pub(super) not_running: bool,
    pub(super) older: Option<Seconds>,
    pub(super) younger: Option<Seconds>,
    /// The oldest (or else the newest), and how many.
    pub(super) order: Option<(bool, usize)>,
    pub(super) lacks: Vec<Setting>,
    pub(super) amount: Option<(bool, Amount)>,
    /// “since 10 minutes ago”, “in the last hour”.
    pub(super) since: Option<Seconds>,
}

struct Facts<'f> {
    namespace: &'f str,
    created_at: Timestamp,
    cpu_request: Option<MilliCores>,
    memory_request: Option<Bytes>,
    memory_limit: Option<Bytes>,
}

impl Filters<'_> {
    /// Whether a list is narrowed at all; a time span narrows logs and events only.
    pub(super) fn narrows(&self) -> bool {
        !self.outside.is_empty() || self.narrows_by_property()
    }

    /// Whether a list is narrowed by what its rows are, not only by where they are.
    pub(super) fn narrows_by_property(&self) -> bool {
        self.not_running
            || self.older.is_some()
            || self.younger.is_some()
            || self.order.is_some()
            || !self.lacks.is_empty()
            || self.amount.is_some()
    }

    /// “more than 200m CPU”.
    pub(super) const fn amount(&self) -> Option<(bool, Amount)> {
        self.amount
    }

    /// Whether a namespace is not left out.
    pub(super) fn has_namespace(&self, namespace: &str) -> bool {
        !self.outside.contains(&namespace)
    }

    fn keeps(&self, facts: &Facts<'_>, now: Timestamp) -> bool {
        let age = now.seconds_since(facts.created_at);
        let lacks = |setting: &Setting| match setting {
            Setting::Requests => facts.cpu_request.is_none() || facts.memory_request.is_none(),
            Setting::CpuRequest => facts.cpu_request.is_none(),
            Setting::MemoryRequest => facts.memory_request.is_none(),
            Setting::MemoryLimit => facts.memory_limit.is_none(),
        };
        self.has_namespace(facts.namespace)
            && self.older.is_none_or(|limit| age > limit.0)
            && self.younger.is_none_or(|limit| age < limit.0)
            && self.lacks.iter().all(lacks)
    }

    /// The pods that pass, those of an order asked for in that order.
    pub(super) fn pods<'p>(
        &self,
        mut pods: Vec<&'p Pod>,
        snapshot: &ClusterSnapshot,
    ) -> Vec<&'p Pod> {
        pods.retain(|pod| self.keeps(&pod_facts(pod), snapshot.taken_at));
        if self.not_running {
            pods.retain(|pod| {
                pod.phase != domain::resources::PodPhase::Running || pod.is_failing()
            });
        }
        if let Some((is_more, amount)) = self.amount {
            let measured = Measured::of(snapshot).ok();
            pods.retain(|pod| {
                let usage = measured.as_ref().and_then(|measured| measured.pod(pod));
                usage.is_some_and(|usage| {
                    let (used, limit) = match amount {
                        Amount::Cpu(limit) => (usage.cpu.0, limit.0),
                        Amount::Memory(limit) => (usage.memory.0, limit.0),
                    };
                    if is_more { used > limit } else { used < limit }
                })
            });
        }
        if let Some((is_oldest, count)) = self.order {
            pods.sort_by_key(|pod| pod.created_at);
            if !is_oldest {
                pods.reverse();
            }
            pods.truncate(count);
        }
        pods
    }

    /// The workloads that pass; amounts and states are a pod's.
    pub(super) fn workloads<'p>(
        &self,
        mut workloads: Vec<&'p Workload>,
        now: Timestamp,
    ) -> Vec<&'p Workload> {
        workloads.retain(|workload| self.keeps(&workload_facts(workload), now));
        if let Some((is_oldest, count)) = self.order {
            workloads.sort_by_key(|workload| workload.created_at);
            if !is_oldest {
                workloads.reverse();
            }
            workloads.truncate(count);
        }
        workloads
    }

    /// The qualifiers in words, each with a space before it.
    pub(super) fn words(&self) -> String {
        let mut words = String::new();
        if !self.outside.is_empty() {
            words.push_str(&format!(" outside {}", joined(&self.outside)));
        }
        if self.not_running {
            words.push_str(" not running");
        }
        if let Some(limit) = self.older {
            words.push_str(&format!(" older than {}", limit.human()));
        }
        if let Some(limit) = self.younger {
            words.push_str(&format!(" younger than {}", limit.human()));
        }
        for setting in &self.lacks {
            words.push_str(match setting {
                Setting::Requests => " without CPU or memory requests",
                Setting::CpuRequest => " without a CPU request",
                Setting::MemoryRequest => " without a memory request",
                Setting::MemoryLimit => " without a memory limit",
            });
        }
        if let Some((is_more, amount)) = self.amount {
            let than = if is_more { "more" } else { "less" };
            words.push_str(&match amount {
                Amount::Cpu(limit) => format!(" using {than} than {limit} CPU"),
                Amount::Memory(limit) => format!(" using {than} than {limit} memory"),
            });
        }
        if let Some((is_oldest, _)) = self.order {
            words.push_str(if is_oldest {
                " (oldest first)"
            } else {
                " (newest first)"
            });
        }
        words
    }
}

fn pod_facts(pod: &Pod) -> Facts<'_> {
    Facts {
        namespace: &pod.namespace,
        created_at: pod.created_at,
        cpu_request: pod.cpu_request,
        memory_request: pod.memory_request,
        memory_limit: pod.memory_limit,
    }
}

fn workload_facts(workload: &Workload) -> Facts<'_> {
    Facts {
        namespace: workload.reference.namespace.as_str(),
        created_at: workload.created_at,
        cpu_request: workload.cpu_request,
        memory_request: workload.memory_request,
        memory_limit: workload.memory_limit,
    }
}
