//! Two or more workloads, pods, nodes or namespaces side by side.

use domain::{
    resources::{Pod, Workload},
    snapshot::ClusterSnapshot,
    units::{Bytes, MilliCores},
};

use super::{
    autoscaling,
    compose::{Measured, Reply, belongs, counted, joined, pod_subject, quote, since},
    nodes,
    question::Question,
};

/// The most that are shown side by side.
const MOST_COLUMNS: usize = 4;

/// One of the things compared: its name, its pods, and what else is known of it by label.
struct Column<'a> {
    name: String,
    pods: Vec<&'a Pod>,
    facts: Vec<(&'static str, String)>,
}

/// “Compare storefront and cart”.
pub(super) fn answer(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let columns = columns(question, snapshot);
    if columns.len() < 2 && question.nodes.len() > 1 {
        return nodes::overview(question, snapshot);
    }
    match columns.as_slice() {
        [] => Reply::failed("Name the two things to compare, for instance two workloads."),
        [one] => Reply::failed(format!(
            "Compare {} with what? Name a second one.",
            one.name
        )),
        [..] => side_by_side(&columns[..columns.len().min(MOST_COLUMNS)], snapshot),
    }
}

fn columns<'a>(question: &Question<'a>, snapshot: &'a ClusterSnapshot) -> Vec<Column<'a>> {
    let workloads = question.workloads.iter().map(|workload| Column {
        name: workload.reference.to_string(),
        pods: snapshot
            .pods
            .iter()
            .filter(|pod| belongs(pod, &workload.reference))
            .collect(),
        facts: workload_facts(workload, snapshot),
    });
    let pods = question.pods.iter().map(|&pod| Column {
        name: pod_subject(pod),
        pods: vec![pod],
        facts: pod_facts(pod, snapshot),
    });
    let named: Vec<_> = workloads.chain(pods).collect();
    if !named.is_empty() {
        return named;
    }
    let namespaces = question.namespaces.iter().map(|&namespace| Column {
        name: namespace.to_owned(),
        pods: snapshot
            .pods
            .iter()
            .filter(|pod| pod.namespace == namespace)
            .collect(),
        facts: Vec::new(),
    });
    namespaces.collect()
}

fn workload_facts(workload: &Workload, snapshot: &ClusterSnapshot) -> Vec<(&'static str, String)> {
    let reference = &workload.reference;
    let autoscaler = autoscaling::owner(reference, snapshot).map_or_else(
        || "none".to_owned(),
        |found| format!("{}, {} to {}", found.name, found.min, found.max),
    );
    vec![
        ("Kind", reference.kind.to_string()),
        (
            "Replicas ready",
            format!("{} of {}", workload.ready_replicas, workload.replicas),
        ),
        ("CPU request per pod", shown(workload.cpu_request)),
        ("Memory request per pod", shown(workload.memory_request)),
        ("Memory limit per pod", shown(workload.memory_limit)),
        ("Autoscaler", autoscaler),
        ("Images", quote(&workload.images.join(", "))),
        ("Age", since(workload.created_at, snapshot.taken_at)),
    ]
}

fn pod_facts(pod: &Pod, snapshot: &ClusterSnapshot) -> Vec<(&'static str, String)> {
    vec![
        ("Status", quote(&pod.status)),
        (
            "Node",
            pod.node.clone().unwrap_or_else(|| "none".to_owned()),
        ),
        ("CPU request", shown(pod.cpu_request)),
        ("Memory request", shown(pod.memory_request)),
        ("Memory limit", shown(pod.memory_limit)),
        ("Age", since(pod.created_at, snapshot.taken_at)),
    ]
}

fn shown(amount: Option<impl ToString>) -> String {
    amount.map_or_else(|| "not set".to_owned(), |amount| amount.to_string())
}

/// CPU and memory in use, and how many pods were measured; `None` when none was.
fn used(pods: &[&Pod], measured: Option<&Measured<'_>>) -> Option<(MilliCores, Bytes)> {
    let usage: Vec<_> = pods.iter().filter_map(|pod| measured?.pod(pod)).collect();
    let cpu = usage.iter().map(|usage| usage.cpu.0).sum();
    let memory = usage.iter().map(|usage| usage.memory.0).sum();
    (!usage.is_empty()).then_some((MilliCores(cpu), Bytes(memory)))
}

fn side_by_side(columns: &[Column<'_>], snapshot: &ClusterSnapshot) -> Reply {
    let measured = Measured::of(snapshot).ok();
    let used: Vec<_> = columns
        .iter()
        .map(|column| used(&column.pods, measured.as_ref()))
        .collect();
    let sentences: Vec<String> = columns
        .iter()
        .zip(&used)
        .map(|(column, used)| {
            let pods = counted(column.pods.len(), "pod");
            match used {
                Some((cpu, memory)) => {
                    format!(
                        "{} uses {cpu} CPU and {memory} memory over {pods}",
                        column.name
                    )
                }
                None => format!("{} has {pods}, none of them measured", column.name),
            }
        })
        .collect();
    let age = measured.map_or_else(|| "no metrics".to_owned(), |measured| measured.age());
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let headings: Vec<&str> = std::iter::once("").chain(names).collect();
    Reply::new(format!("{} ({age}).", joined(&sentences)))
        .table(&headings, rows(columns, &used))
        .tool("resources_list")
        .tool("pods_top")
}

fn rows(columns: &[Column<'_>], used: &[Option<(MilliCores, Bytes)>]) -> Vec<Vec<String>> {
    let row = |label: &str, cells: Vec<String>| -> Vec<String> {
        std::iter::once(label.to_owned()).chain(cells).collect()
    };
    let of_pods = |cell: fn(&[&Pod]) -> String| columns.iter().map(|c| cell(&c.pods)).collect();
    let of_use = |cell: fn(&(MilliCores, Bytes)) -> String| {
        let cells = used.iter().map(|used| used.as_ref().map(cell));
        cells
            .map(|cell| cell.unwrap_or_else(|| "not measured".to_owned()))
            .collect()
    };
    let mut rows = vec![
        row("Pods", of_pods(|pods| pods.len().to_string())),
        row(
            "Failing pods",
            of_pods(|pods| {
                pods.iter()
                    .filter(|pod| pod.is_failing())
                    .count()
                    .to_string()
            }),
        ),
        row(
            "Restarts",
            of_pods(|pods| pods.iter().map(|pod| pod.restarts).sum::<u32>().to_string()),
        ),
        row("CPU in use", of_use(|(cpu, _)| cpu.to_string())),
        row("Memory in use", of_use(|(_, memory)| memory.to_string())),
    ];
    let labels = columns
        .iter()
        .flat_map(|column| &column.facts)
        .map(|(label, _)| *label);
    let mut seen: Vec<&str> = Vec::new();
    for label in labels {
        if seen.contains(&label) {
            continue;
        }
        seen.push(label);
        let cells = columns.iter().map(|column| {
            let fact = column.facts.iter().find(|(known, _)| *known == label);
            fact.map_or_else(|| "–".to_owned(), |(_, value)| value.clone())
        });
        rows.push(row(label, cells.collect()));
    }
    rows
}
