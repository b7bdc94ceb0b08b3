//! `kubectl top`: measured use of pods and nodes from the metrics API.
//!
//! Source: `k8s.io/kubectl/pkg/metricsutil/metrics_printer.go` and `metrics_sorter.go`.

use std::collections::BTreeMap;

use domain::{
    command::{CommandOutput, ReadCommand, UsageColumn},
    ids::{NamespaceScope, ObjectName},
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
pub(super) async fn pods(session: &Session<'_>, command: &ReadCommand) -> Outcome<CommandOutput> {
    let ReadCommand::TopPods {
        name,
        scope,
        label_selector,
        sort_by,
        no_headers,
    } = command
    else {
        unreachable!("only `top pods` is sent here");
    };
    let top = TopPods {
        name: name.as_ref(),
        scope,
        labels: label_selector.as_deref(),
        sort_by: *sort_by,
        no_headers: *no_headers,
    };
    top.run(session).await
}

/// `kubectl top pods`.
struct TopPods<'a> {
    name: Option<&'a ObjectName>,
    scope: &'a Option<NamespaceScope>,
    labels: Option<&'a str>,
    sort_by: Option<UsageColumn>,
    no_headers: bool,
}

/// One line: whose use, and how much.
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

impl TopPods<'_> {
    async fn run(&self, session: &Session<'_>) -> Outcome<CommandOutput> {
        if self.name.is_some() && self.labels.is_some() {
            return Err(Failure::message(
                "only one of NAME or selector can be provided",
            ));
        }
        let resource = metrics(session, "pods").await?;
        let namespace = session.namespace(self.scope);
        let measured = read(session, &resource, namespace, self.name, self.labels).await?;
        if measured.is_empty() {
            return self.explain_emptiness(session, namespace).await;
        }
        let mut uses: Vec<Use<'_>> = measured
            .iter()
            .map(|pod| Use::sum(pod, items(pod, "/containers")))
            .collect();
        sort(&mut uses, self.sort_by);
        let everywhere = namespace.is_none();
        let mut out = String::new();
        if !self.no_headers {
            out.push_str(if everywhere { "NAMESPACE\t" } else { "" });
            out.push_str("NAME\tCPU(cores)\tMEMORY(bytes)\t\n");
        }
        for pod in &uses {
            if everywhere {
                out.push_str(&format!("{}\t", pod.namespace));
            }
            out.push_str(&format!("{}\t{}\t{}\t\n", pod.name, cpu(pod), memory(pod)));
        }
        Ok(printed(tabs::align(&out, tabs::TABLE)))
    }

    /// No pods, or pods that have not been measured yet.
    async fn explain_emptiness(
        &self,
        session: &Session<'_>,
        namespace: Option<&str>,
    ) -> Outcome<CommandOutput> {
        let pods = ApiResource::known("", "v1", "pods", "Pod");
        let selectors = Selectors {
            labels: self.labels,
            ..Selectors::default()
        };
        if session.list(&pods, namespace, selectors).await?.is_empty() {
            return Ok(remarked(nothing_found(namespace)));
        }
        Err(Failure::message("metrics not available yet"))
    }
}

/// `kubectl top nodes`.
pub(super) async fn nodes(
    session: &Session<'_>,
    name: Option<&ObjectName>,
    sort_by: Option<UsageColumn>,
    no_headers: bool,
) -> Outcome<CommandOutput> {
    let resource = metrics(session, "nodes").await?;
    let measured = read(session, &resource, None, name, None).await?;
    if measured.is_empty() {
        return Err(Failure::message("metrics not available yet"));
    }
    let known = session.resource("nodes").await?;
    let nodes = read(session, &known, None, name, None).await?;
    let mut missing: BTreeMap<&str, &Value> = nodes
        .iter()
        .map(|node| (super::json::name(node), at(node, "/status/allocatable")))
        .collect();
    let mut uses: Vec<Use<'_>> = measured
        .iter()
        .map(|node| Use::sum(node, std::slice::from_ref(node)))
        .collect();
    sort(&mut uses, sort_by);
    let mut out = String::new();
    if !no_headers {
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
    labels: Option<&str>,
) -> Outcome<Vec<Value>> {
    match name {
        Some(name) => Ok(vec![
            session.object(resource, namespace, name.as_str()).await?,
        ]),
        None => {
            let selectors = Selectors {
                labels,
                ..Selectors::default()
            };
            session.list(resource, namespace, selectors).await
        }
    }
}

/// By name, or by use with the largest first.
fn sort(uses: &mut [Use<'_>], by: Option<UsageColumn>) {
    uses.sort_by(|a, b| match by {
        Some(UsageColumn::Cpu) => b.cpu.milli().cmp(&a.cpu.milli()),
        Some(UsageColumn::Memory) => b.memory.whole().cmp(&a.memory.whole()),
        None => (a.namespace, a.name).cmp(&(b.namespace, b.name)),
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
