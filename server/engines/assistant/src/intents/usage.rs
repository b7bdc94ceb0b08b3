//! CPU and memory: what is high, what is highest, what something uses.

use domain::{
    cluster::Severity,
    resources::{Pod, PodUsage, WorkloadRef},
    snapshot::ClusterSnapshot,
    units::{Bytes, MilliCores},
};

use super::{
    compose::{
        HIGH_PERCENT, MODERATE_PERCENT, Measured, Reply, counted, no_metrics, percent, place,
        pod_subject, pods_meant,
    },
    filters::Amount,
    lexicon::Concept,
    nodes,
    question::Question,
    replicas,
};

/// How many are shown when the question does not say.
const DEFAULT_TOP: usize = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resource {
    Cpu,
    Memory,
}

impl Resource {
    const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "CPU",
            Self::Memory => "memory",
        }
    }

    fn used(self, usage: &PodUsage) -> u64 {
        match self {
            Self::Cpu => usage.cpu.0,
            Self::Memory => usage.memory.0,
        }
    }

    fn show(self, amount: u64) -> String {
        match self {
            Self::Cpu => MilliCores(amount).to_string(),
            Self::Memory => Bytes(amount).to_string(),
        }
    }

    /// What use is compared with: memory with its limit, at which a container is killed, else with its
    /// request; CPU with its request, since the snapshot has no CPU limits.
    fn basis(self, pod: &Pod) -> Option<(u64, &'static str)> {
        match self {
            Self::Cpu => pod.cpu_request.map(|cpu| (cpu.0, "request")),
            Self::Memory => pod
                .memory_limit
                .map(|memory| (memory.0, "limit"))
                .or_else(|| pod.memory_request.map(|memory| (memory.0, "request"))),
        }
    }
}

/// The resources a question is about; both when it names none.
fn resources_meant(question: &Question<'_>) -> Vec<Resource> {
    let named: Vec<_> = [
        (Concept::Cpu, Resource::Cpu),
        (Concept::Memory, Resource::Memory),
    ]
    .into_iter()
    .filter(|(concept, _)| question.concepts.has(*concept))
    .map(|(_, resource)| resource)
    .collect();
    if named.is_empty() {
        vec![Resource::Cpu, Resource::Memory]
    } else {
        named
    }
}

struct Row<'a> {
    pod: &'a Pod,
    used: u64,
    share: Option<(f64, &'static str)>,
}

impl Row<'_> {
    fn percent(&self) -> f64 {
        self.share.map_or(0.0, |(percent, _)| percent)
    }

    fn against(&self) -> String {
        match self.share {
            Some((percent, basis)) => format!("{percent:.0} % of its {basis}"),
            None => "no request or limit set".to_owned(),
        }
    }
}

fn rows<'a>(pods: &[&'a Pod], measured: &Measured<'_>, resource: Resource) -> Vec<Row<'a>> {
    pods.iter()
        .filter_map(|&pod| {
            let used = resource.used(measured.pod(pod)?);
            let share = resource
                .basis(pod)
                .and_then(|(whole, basis)| Some((percent(used, whole)?, basis)));
            Some(Row { pod, used, share })
        })
        .collect()
}

/// “Show me pods with high CPU usage”.
pub(super) fn high(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let measured = match Measured::of(snapshot) {
        Ok(measured) => measured,
        Err(why) => return no_metrics(why).tool("pods_top"),
    };
    let pods = pods_meant(question, snapshot);
    let mut reply = None;
    for resource in resources_meant(question) {
        let answer = high_in(
            question,
            &rows(&pods, &measured, resource),
            resource,
            (&measured.age(), snapshot),
        );
        reply = Some(match reply {
            None => answer,
            Some(before) => appended(before, answer),
        });
    }
    reply
        .unwrap_or_else(|| Reply::failed("There is nothing to measure."))
        .tool("pods_top")
}

fn appended(mut before: Reply, after: Reply) -> Reply {
    before.blocks.extend(after.blocks);
    before
}

fn high_in(
    question: &Question<'_>,
    rows: &[Row<'_>],
    resource: Resource,
    (age, snapshot): (&str, &ClusterSnapshot),
) -> Reply {
    let from = question.percent.map_or(MODERATE_PERCENT, f64::from);
    let mut notable: Vec<&Row<'_>> = rows
        .iter()
        .filter(|row| row.share.is_some_and(|(percent, _)| percent >= from))
        .collect();
    notable.sort_by(|a, b| b.percent().total_cmp(&a.percent()));
    let (what, place) = (resource.name(), place(question));
    if rows.is_empty() {
        return Reply::failed(format!(
            "No {what} use has been measured{place} yet ({age})."
        ));
    }
    if notable.is_empty() {
        return nothing_high(rows, resource, &format!("{place} ({age})"), from);
    }
    let reply = Reply::new(format!(
        "I found {} with notable {what} usage{place}: HIGH is {HIGH_PERCENT:.0} % of the {} or more, MODERATE from {from:.0} % ({age}).",
        counted(notable.len(), "pod"),
        basis_words(resource),
    ));
    let reply = notable.iter().take(10).fold(reply, |reply, row| {
        let is_high = row.percent() >= HIGH_PERCENT;
        let (severity, word) = if is_high {
            (Severity::Warning, "HIGH")
        } else {
            (Severity::Info, "MODERATE")
        };
        reply.finding(
            severity,
            pod_subject(row.pod),
            format!(
                "{} {what} ({word}): {}",
                resource.show(row.used),
                row.against()
            ),
        )
    });
    let reply = match notable.len().saturating_sub(10) {
        0 => reply,
        more => reply.text(format!("… and {more} more.")),
    };
    advise(reply, notable[0], resource, snapshot)
}

const fn basis_words(resource: Resource) -> &'static str {
    match resource {
        Resource::Cpu => "CPU request",
        Resource::Memory => "memory limit (or of the request where no limit is set)",
    }
}

fn nothing_high(rows: &[Row<'_>], resource: Resource, place: &str, from: f64) -> Reply {
    let what = resource.name();
    let mut largest: Vec<&Row<'_>> = rows.iter().collect();
    largest.sort_by_key(|row| std::cmp::Reverse(row.used));
    let reply = Reply::new(format!(
        "No pod is above {from:.0} % of its {}{place}. The largest {what} users:",
        basis_words(resource),
    ));
    largest.iter().take(3).fold(reply, |reply, row| {
        reply.finding(
            Severity::Ok,
            pod_subject(row.pod),
            format!("{} {what}, {}", resource.show(row.used), row.against()),
        )
    })
}

fn advise(reply: Reply, row: &Row<'_>, resource: Resource, snapshot: &ClusterSnapshot) -> Reply {
    let Some(owner) = &row.pod.owner else {
        return reply;
    };
    match resource {
        Resource::Cpu => {
            let step = replicas::for_more_cpu(owner, snapshot);
            reply.recommend(step.text, step.command)
        }
        Resource::Memory => reply.recommend(
            format!("A container that reaches its memory limit is killed. See whether {owner} has restarted, then raise its limit or look for a leak."),
            format!("tell me about {} in {}", owner.name, owner.namespace),
        ),
    }
}

/// “Top 5 pods by memory”.
pub(super) fn top(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let measured = match Measured::of(snapshot) {
        Ok(measured) => measured,
        Err(why) => return no_metrics(why).tool("pods_top"),
    };
    let resource = resources_meant(question)[0];
    let count = question
        .numbers
        .first()
        .map_or(DEFAULT_TOP, |&number| (number as usize).clamp(1, 20));
    let pods = pods_meant(question, snapshot);
    let by_workload =
        question
            .concepts
            .has_any(&[Concept::Workload, Concept::Deployment, Concept::StatefulSet])
            && !question.concepts.has(Concept::Pod);
    let by_namespace = question.concepts.has(Concept::Namespace) && question.namespaces.is_empty();
    let rows = rows(&pods, &measured, resource);
    if rows.is_empty() {
        return Reply::failed(format!("No use has been measured{} yet.", place(question)))
            .tool("pods_top");
    }
    let reply = if by_workload {
        top_groups(&rows, resource, count, "workload", |pod| {
            pod.owner
                .as_ref()
                .map_or_else(|| pod_subject(pod), WorkloadRef::to_string)
        })
    } else if by_namespace {
        top_groups(&rows, resource, count, "namespace", |pod| {
            pod.namespace.clone()
        })
    } else {
        top_pods(question, rows, resource, count)
    };
    reply
        .text(format!("Use is {}.", measured.age()))
        .tool("pods_top")
}

fn top_pods(
    question: &Question<'_>,
    mut rows: Vec<Row<'_>>,
    resource: Resource,
    count: usize,
) -> Reply {
    rows.sort_by_key(|row| std::cmp::Reverse(row.used));
    rows.truncate(count);
    let what = resource.name();
    let reply = Reply::new(format!(
        "{} uses the most {what}{}: {}, {}.",
        pod_subject(rows[0].pod),
        place(question),
        resource.show(rows[0].used),
        rows[0].against()
    ));
    let cells = rows
        .iter()
        .map(|row| vec![pod_subject(row.pod), resource.show(row.used), row.against()])
        .collect();
    reply.table(&["Pod", heading(resource), "Compared"], cells)
}

const fn heading(resource: Resource) -> &'static str {
    match resource {
        Resource::Cpu => "CPU",
        Resource::Memory => "Memory",
    }
}

fn top_groups(
    rows: &[Row<'_>],
    resource: Resource,
    count: usize,
    thing: &str,
    group: impl Fn(&Pod) -> String,
) -> Reply {
    let mut totals = std::collections::BTreeMap::<String, (u64, usize)>::new();
    for row in rows {
        let total = totals.entry(group(row.pod)).or_default();
        total.0 += row.used;
        total.1 += 1;
    }
    let mut totals: Vec<_> = totals.into_iter().collect();
    totals.sort_by_key(|(_, (used, _))| std::cmp::Reverse(*used));
    totals.truncate(count);
    let what = resource.name();
    let first = &totals[0];
    let reply = Reply::new(format!(
        "The {thing} with the most {what} is {}: {} over {}.",
        first.0,
        resource.show(first.1.0),
        counted(first.1.1, "pod")
    ));
    let cells = totals
        .iter()
        .map(|(name, (used, pods))| vec![name.clone(), resource.show(*used), pods.to_string()])
        .collect();
    let title = if thing == "workload" {
        "Workload"
    } else {
        "Namespace"
    };
    reply.table(&[title, heading(resource), "Pods"], cells)
}

/// “Pods using more than 200m CPU”: those that do, the largest first, or that none does.
pub(super) fn compared(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let measured = match Measured::of(snapshot) {
        Ok(measured) => measured,
        Err(why) => return no_metrics(why).tool("pods_top"),
    };
    let resource = match question.filters.amount() {
        Some((_, Amount::Cpu(_))) => Resource::Cpu,
        Some((_, Amount::Memory(_))) | None => Resource::Memory,
    };
    let pods = pods_meant(question, snapshot);
    let mut rows = rows(&pods, &measured, resource);
    rows.sort_by_key(|row| std::cmp::Reverse(row.used));
    let (place, age) = (place(question), measured.age());
    let text = match rows.len() {
        0 => format!("No pod{place} ({age})."),
        count => format!("{}{place} ({age}).", counted(count, "pod")),
    };
    let cells = rows
        .iter()
        .map(|row| vec![pod_subject(row.pod), resource.show(row.used), row.against()])
        .collect();
    Reply::new(text)
        .table(&["Pod", heading(resource), "Compared"], cells)
        .tool("pods_top")
}

/// “How much memory does the ledger use?”
pub(super) fn of_subject(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let is_scoped = !(question.pods.is_empty()
        && question.workloads.is_empty()
        && question.namespaces.is_empty()
        && !question.filters.narrows());
    if !is_scoped {
        return if question
            .concepts
            .has_any(&[Concept::Pod, Concept::Workload, Concept::Namespace])
        {
            top(question, snapshot)
        } else {
            nodes::overview(question, snapshot)
        };
    }
    let measured = match Measured::of(snapshot) {
        Ok(measured) => measured,
        Err(why) => return no_metrics(why).tool("pods_top"),
    };
    let pods = pods_meant(question, snapshot);
    let subject = subject_words(question);
    let found: Vec<_> = pods
        .iter()
        .filter_map(|&pod| Some((pod, measured.pod(pod)?)))
        .collect();
    if found.is_empty() {
        return Reply::failed(format!("Nothing has been measured for {subject} yet."))
            .tool("pods_top");
    }
    let cpu: u64 = found.iter().map(|(_, usage)| usage.cpu.0).sum();
    let memory: u64 = found.iter().map(|(_, usage)| usage.memory.0).sum();
    let reply = Reply::new(format!(
        "{subject} uses {} CPU and {} memory over {} ({}).",
        MilliCores(cpu),
        Bytes(memory),
        counted(found.len(), "pod"),
        measured.age()
    ));
    let cells = found
        .iter()
        .map(|(pod, usage)| usage_cells(pod, usage))
        .collect();
    reply
        .table(
            &["Pod", "CPU", "CPU compared", "Memory", "Memory compared"],
            cells,
        )
        .tool("pods_top")
}

fn usage_cells(pod: &Pod, usage: &PodUsage) -> Vec<String> {
    let compared = |resource: Resource| {
        let share = resource.basis(pod).and_then(|(whole, basis)| {
            let share = percent(resource.used(usage), whole)?;
            Some(format!("{share:.0} % of {basis}"))
        });
        share.unwrap_or_else(|| "not set".to_owned())
    };
    vec![
        pod_subject(pod),
        usage.cpu.to_string(),
        compared(Resource::Cpu),
        usage.memory.to_string(),
        compared(Resource::Memory),
    ]
}

fn subject_words(question: &Question<'_>) -> String {
    match (
        question.workloads.as_slice(),
        question.pods.as_slice(),
        question.namespaces.as_slice(),
    ) {
        ([one], _, _) => one.reference.to_string(),
        ([first, ..], _, _) => format!("Everything called {}", first.reference.name),
        ([], [one], _) => pod_subject(one),
        ([], [], [one]) => format!("Namespace {one}"),
        _ if question.filters.narrows() => format!("Everything{}", question.filters.words()),
        _ => "This".to_owned(),
    }
}

/// CPU of a workload's pods together, and how many were measured.
pub(super) fn workload_cpu(
    snapshot: &ClusterSnapshot,
    workload: &WorkloadRef,
) -> Option<(MilliCores, usize)> {
    let measured = Measured::of(snapshot).ok()?;
    let used: Vec<u64> = snapshot
        .pods
        .iter()
        .filter(|pod| super::compose::belongs(pod, workload))
        .filter_map(|pod| measured.pod(pod))
        .map(|usage| usage.cpu.0)
        .collect();
    (!used.is_empty()).then(|| (MilliCores(used.iter().sum()), used.len()))
}
