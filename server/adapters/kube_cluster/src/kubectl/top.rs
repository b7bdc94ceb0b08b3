//! `kubectl top`: measured use of pods and nodes from the metrics API.
//!
//! Source: `k8s.io/kubectl/pkg/metricsutil/metrics_printer.go` and `metrics_sorter.go`.

use std::collections::BTreeMap;

use domain::{
    command::{CommandOutput, TopNodesCommand, TopPodsCommand, UsageColumn},
    ids::ObjectName,
};
use serde_json::Value;

use super::{
    discovery::ApiResource,
    json::{at, items, name, namespace, text},
    nothing_found, printed,
    quantity::Quantity,
    remarked,
    request::{Failure, Outcome, Selectors, Session},
    tabs,
};

/// Bytes in a mebibyte.
const MEBIBYTE: i128 = 1 << 20;

/// Runs a `top pods`.
pub(super) async fn pods(
    session: &Session<'_>,
    command: &TopPodsCommand,
) -> Outcome<CommandOutput> {
    if command.name.is_some() && command.label_selector.is_some() {
        return Err(Failure::message(
            "only one of NAME or selector can be provided",
        ));
    }
    let resource = metrics(session, "pods").await?;
    let namespace = session.namespace(&command.scope);
    let selectors = Selectors {
        labels: command.label_selector.as_deref(),
        fields: command.field_selector.as_deref(),
    };
    let measured = read(
        session,
        &resource,
        namespace,
        command.name.as_ref(),
        selectors,
    )
    .await?;
    if measured.is_empty() {
        return explain_emptiness(session, namespace, selectors).await;
    }
    let lines = pod_lines(command, &measured, namespace.is_none());
    Ok(printed(tabs::align(&lines, tabs::TABLE)))
}

/// No pods, or pods that have not been measured yet.
async fn explain_emptiness(
    session: &Session<'_>,
    namespace: Option<&str>,
    selectors: Selectors<'_>,
) -> Outcome<CommandOutput> {
    let pods = ApiResource::known("", "v1", "pods", "Pod");
    if session.list(&pods, namespace, selectors).await?.is_empty() {
        return Ok(remarked(nothing_found(namespace)));
    }
    Err(Failure::message("metrics not available yet"))
}

fn pod_lines(command: &TopPodsCommand, measured: &[Value], everywhere: bool) -> String {
    let mut uses: Vec<(&Value, Use<'_>)> = measured
        .iter()
        .map(|pod| (pod, Use::sum(pod, items(pod, "/containers"))))
        .collect();
    sort(&mut uses, command.sort_by, |(_, used)| used);
    let mut columns = 3;
    let mut out = String::new();
    if !command.no_headers {
        for (is_shown, head) in [(everywhere, "NAMESPACE\t"), (command.containers, "POD\t")] {
            if is_shown {
                out.push_str(head);
                columns += 1;
            }
        }
        out.push_str("NAME\tCPU(cores)\tMEMORY(bytes)\t\n");
    }
    let mut total = Use::default();
    for (pod, used) in &uses {
        total.cpu += used.cpu;
        total.memory += used.memory;
        let lines = if command.containers {
            container_lines(pod, command.sort_by)
        } else {
            vec![usage_line(used.name, used)]
        };
        for line in lines {
            if everywhere {
                out.push_str(&format!("{}\t", used.namespace));
            }
            out.push_str(&line);
        }
    }
    if command.sum {
        out.push_str(&"\t".repeat(columns - 2));
        out.push_str("________\t________\t\n");
        out.push_str(&"\t".repeat(columns - 3));
        out.push_str(&usage_line("", &total));
    }
    out
}

fn usage_line(name: &str, used: &Use<'_>) -> String {
    format!("{name}\t{}\t{}\t\n", cpu(used), memory(used))
}

/// A line for each container, the pod's name before it.
fn container_lines(pod: &Value, sort_by: Option<UsageColumn>) -> Vec<String> {
    let mut uses: Vec<Use<'_>> = items(pod, "/containers")
        .iter()
        .map(|container| Use {
            name: text(container, "/name"),
            ..Use::sum(pod, std::slice::from_ref(container))
        })
        .collect();
    sort(&mut uses, sort_by, |used| used);
    uses.iter()
        .map(|used| format!("{}\t{}", name(pod), usage_line(used.name, used)))
        .collect()
}

/// One line: whose use, and how much.
#[derive(Default)]
struct Use<'v> {
    namespace: &'v str,
    name: &'v str,
    cpu: Quantity,
    memory: Quantity,
}

impl<'v> Use<'v> {
    /// The sum over objects with a `usage` each.
    fn sum(object: &'v Value, parts: &[Value]) -> Self {
        let mut used = Self {
            namespace: namespace(object),
            name: name(object),
            cpu: Quantity::default(),
            memory: Quantity::default(),
        };
        for part in parts {
            used.cpu += amount(part, "/usage/cpu");
            used.memory += amount(part, "/usage/memory");
        }
        used
    }
}

/// `kubectl top nodes`.
pub(super) async fn nodes(
    session: &Session<'_>,
    command: &TopNodesCommand,
) -> Outcome<CommandOutput> {
    let resource = metrics(session, "nodes").await?;
    let selectors = Selectors {
        labels: command.label_selector.as_deref(),
        fields: None,
    };
    let wanted = command.name.as_ref();
    let measured = read(session, &resource, None, wanted, selectors).await?;
    if measured.is_empty() {
        return Err(Failure::message("metrics not available yet"));
    }
    let known = session.resource("nodes").await?;
    let nodes = read(session, &known, None, wanted, selectors).await?;
    let of = if command.show_capacity {
        "/status/capacity"
    } else {
        "/status/allocatable"
    };
    let mut missing: BTreeMap<&str, &Value> = nodes
        .iter()
        .map(|node| (super::json::name(node), at(node, of)))
        .collect();
    let mut uses: Vec<Use<'_>> = measured
        .iter()
        .map(|node| Use::sum(node, std::slice::from_ref(node)))
        .collect();
    sort(&mut uses, command.sort_by, |used| used);
    let mut out = String::new();
    if !command.no_headers {
        out.push_str("NAME\tCPU(cores)\tCPU(%)\tMEMORY(bytes)\tMEMORY(%)\t\n");
    }
    for node in &uses {
        out.push_str(&node_line(node, missing.remove(node.name)));
    }
    for name in missing.keys() {
        out.push_str(&format!(
            "{name}\t<unknown>\t<unknown>\t<unknown>\t<unknown>\t\n"
        ));
    }
    Ok(printed(tabs::align(&out, tabs::TABLE)))
}

/// A node's use with its share of what may be allocated, where that is known.
fn node_line(node: &Use<'_>, allocatable: Option<&Value>) -> String {
    let share = |used: Quantity, of: &str| {
        let available = allocatable.map(|all| amount(all, of))?;
        (!available.is_zero()).then(|| format!("{}%\t", percent(used.milli(), available.milli())))
    };
    format!(
        "{}\t{}\t{}{}\t{}\n",
        node.name,
        cpu(node),
        share(node.cpu, "/cpu").unwrap_or_default(),
        memory(node),
        share(node.memory, "/memory").unwrap_or_default()
    )
}

/// A share in whole per cent, cut off as Go's conversion of a float does; zero of nothing.
pub(super) fn percent(part: i128, whole: i128) -> i64 {
    if whole == 0 {
        return 0;
    }
    // kubectl divides before it multiplies, in floating point: 29 of 100 are 28 per cent.
    (part as f64 / whole as f64 * 100.0) as i64
}

/// The metrics API's resource, or kubectl's word that there is none.
async fn metrics(session: &Session<'_>, plural: &str) -> Outcome<ApiResource> {
    session
        .catalog()
        .await?
        .find(&format!("{plural}.metrics.k8s.io"))
        .cloned()
        .ok_or_else(|| Failure::message("Metrics API not available"))
}

async fn read(
    session: &Session<'_>,
    resource: &ApiResource,
    namespace: Option<&str>,
    name: Option<&ObjectName>,
    selectors: Selectors<'_>,
) -> Outcome<Vec<Value>> {
    match name {
        Some(name) => Ok(vec![
            session.object(resource, namespace, name.as_str()).await?,
        ]),
        None => session.list(resource, namespace, selectors).await,
    }
}

/// By name, or by use with the largest first.
fn sort<'v, T>(
    entries: &mut [T],
    by: Option<UsageColumn>,
    used: impl for<'e> Fn(&'e T) -> &'e Use<'v>,
) {
    entries.sort_by(|a, b| {
        let (a, b) = (used(a), used(b));
        match by {
            Some(UsageColumn::Cpu) => b.cpu.milli().cmp(&a.cpu.milli()),
            Some(UsageColumn::Memory) => b.memory.whole().cmp(&a.memory.whole()),
            None => (a.namespace, a.name).cmp(&(b.namespace, b.name)),
        }
    });
}

fn amount(value: &Value, pointer: &str) -> Quantity {
    Quantity::parse(text(value, pointer)).unwrap_or_default()
}

fn cpu(used: &Use<'_>) -> String {
    format!("{}m", used.cpu.milli())
}

fn memory(used: &Use<'_>) -> String {
    format!("{}Mi", used.memory.whole() / MEBIBYTE)
}
