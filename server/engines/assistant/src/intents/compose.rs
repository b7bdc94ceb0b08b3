//! Pieces of answers: sentences with numbers and their age, findings, tables, commands.

use std::collections::BTreeMap;

use domain::{
    chat::{Block, ClusterPage},
    cluster::Severity,
    command::{GetCommand, KubectlCommand, ObjectWords, ReadCommand, ResourceWord, WriteCommand},
    ids::{NamespaceScope, ObjectName},
    plan::ClusterAction,
    resources::{Availability, Pod, PodUsage, Workload, WorkloadRef},
    snapshot::ClusterSnapshot,
    time::{Seconds, Timestamp},
};

use super::{question::Question, settings::SettingsWanted, traffic::TrafficWanted};
use crate::{grammar::print_command, redact::redact, text::clean};

/// From this share of a limit or request on, use is HIGH.
pub(super) const HIGH_PERCENT: f64 = 90.0;
/// From this share of a limit or request on, use is MODERATE.
pub(super) const MODERATE_PERCENT: f64 = 70.0;
/// The most rows of a table and the most findings of an answer.
pub(super) const MOST_ROWS: usize = 20;
/// The longest message of an event or a pod that is quoted, in characters.
const QUOTED_CHARACTERS: usize = 240;
/// The longest part of a question that is repeated in its answer, in characters.
const REPEATED_CHARACTERS: usize = 60;

/// An answer of the built-in engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The answer, its first block one sentence with the gist.
    pub blocks: Vec<Block>,
    /// What was looked at, under the names of kubernetes-mcp-server's tools.
    pub tools: Vec<String>,
    /// Whether the question was understood and could be answered.
    pub success: bool,
    /// A change that was asked for, to be planned and approved; never more than that.
    pub proposal: Option<ClusterAction>,
    /// A command whose output completes the answer.
    pub run: Option<ReadCommand>,
    /// What to read out of that output instead of showing all of it.
    pub settings: Option<SettingsWanted>,
    /// Measurements that complete the answer.
    pub traffic: Option<TrafficWanted>,
}

impl Reply {
    /// An answer that begins with a sentence.
    pub(super) fn new(text: impl Into<String>) -> Self {
        let reply = Self {
            blocks: Vec::new(),
            tools: Vec::new(),
            success: true,
            proposal: None,
            run: None,
            settings: None,
            traffic: None,
        };
        reply.text(text)
    }

    /// An answer that says why there is none.
    pub(super) fn failed(text: impl Into<String>) -> Self {
        Self {
            success: false,
            ..Self::new(text)
        }
    }

    pub(super) fn text(mut self, text: impl Into<String>) -> Self {
        self.blocks.push(Block::Text { text: text.into() });
        self
    }

    pub(super) fn finding(
        mut self,
        severity: Severity,
        subject: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        self.blocks.push(Block::Finding {
            severity,
            subject: subject.into(),
            text: text.into(),
        });
        self
    }

    pub(super) fn recommend(mut self, text: impl Into<String>, command: impl Into<String>) -> Self {
        self.blocks.push(Block::Recommendation {
            text: text.into(),
            command: command.into(),
        });
        self
    }

    /// A link to a page of the product.
    pub(super) fn page(mut self, text: impl Into<String>, page: ClusterPage) -> Self {
        self.blocks.push(Block::Page {
            text: text.into(),
            page,
        });
        self
    }

    /// A table, left out when it has no rows; rows beyond [`MOST_ROWS`] are counted below it.
    pub(super) fn table(mut self, columns: &[&str], mut rows: Vec<Vec<String>>) -> Self {
        let hidden = rows.len().saturating_sub(MOST_ROWS);
        rows.truncate(MOST_ROWS);
        if rows.is_empty() {
            return self;
        }
        self.blocks.push(Block::Table {
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            rows,
        });
        match hidden {
            0 => self,
            hidden => self.text(format!("… and {hidden} more.")),
        }
    }

    pub(super) fn choice(
        mut self,
        question: impl Into<String>,
        options: Vec<(String, String)>,
    ) -> Self {
        if !options.is_empty() {
            self.blocks.push(Block::Choice {
                question: question.into(),
                options,
            });
        }
        self
    }

    pub(super) fn tool(mut self, tool: &str) -> Self {
        if !self.tools.iter().any(|known| known == tool) {
            self.tools.push(tool.to_owned());
        }
        self
    }

    /// Asks the caller to run a command and to show what it prints.
    pub(super) fn running(mut self, command: ReadCommand) -> Self {
        self.run = Some(command);
        self
    }
}

/// Measured use of pods, by namespace and name.
pub(super) struct Measured<'a> {
    pods: BTreeMap<(&'a str, &'a str), &'a PodUsage>,
    at: Option<Timestamp>,
    taken_at: Timestamp,
}

impl<'a> Measured<'a> {
    /// The measurements, or why there are none.
    pub(super) fn of(snapshot: &'a ClusterSnapshot) -> Result<Self, &'a str> {
        match &snapshot.pod_usage {
            Availability::Unavailable(why) => Err(why),
            Availability::Available(usage) => Ok(Self {
                pods: usage
                    .iter()
                    .map(|pod| ((pod.namespace.as_str(), pod.name.as_str()), pod))
                    .collect(),
                at: usage.iter().map(|pod| pod.measured_at).max(),
                taken_at: snapshot.taken_at,
            }),
        }
    }

    pub(super) fn pod(&self, pod: &Pod) -> Option<&'a PodUsage> {
        self.pods
            .get(&(pod.namespace.as_str(), pod.name.as_str()))
            .copied()
    }

    /// “measured 15s ago”.
    pub(super) fn age(&self) -> String {
        age_of(self.at, self.taken_at)
    }
}

pub(super) fn age_of(measured: Option<Timestamp>, now: Timestamp) -> String {
    match measured {
        Some(at) => format!("measured {} ago", since(at, now)),
        None => "nothing measured yet".to_owned(),
    }
}

/// How long ago, as kubectl prints ages; never negative.
pub(super) fn since(at: Timestamp, now: Timestamp) -> String {
    Seconds(now.seconds_since(at).max(0)).human()
}

/// What to say when there is no metrics API.
pub(super) fn no_metrics(why: &str) -> Reply {
    Reply::failed(format!(
        "Use cannot be shown: {}. Nothing is estimated in its place.",
        quote(why).trim_end_matches('.')
    ))
    .recommend(
        "CPU and memory come from the cluster's metrics API. Install metrics-server, or ask about state, restarts and events, which need no metrics.",
        "what is wrong?",
    )
}

/// Words of a stranger, fit to be quoted: no control characters, no secrets, not long.
pub(super) fn quote(message: &str) -> String {
    let line = clean(message)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let safe = redact(&line);
    match safe.char_indices().nth(QUOTED_CHARACTERS) {
        Some((end, _)) => format!("{}…", &safe[..end]),
        None => safe,
    }
}

/// Words of the person who asks, short enough to be repeated.
pub(super) fn excerpt(typed: &str) -> String {
    match typed.char_indices().nth(REPEATED_CHARACTERS) {
        Some((end, _)) => format!("{}…", &typed[..end]),
        None => typed.to_owned(),
    }
}

/// Part of a whole in percent; `None` of nothing.
pub(super) fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64 * 100.0)
}

/// `3 pods`, `1 pod`.
pub(super) fn counted(count: usize, thing: &str) -> String {
    if count == 1 {
        format!("1 {thing}")
    } else if thing.ends_with('s') || thing.ends_with("ch") {
        format!("{count} {thing}es")
    } else {
        format!("{count} {thing}s")
    }
}

/// `is` or `are`.
pub(super) const fn are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// `a, b and c`.
pub(super) fn joined<S: AsRef<str>>(items: &[S]) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [start @ .., last] => {
            let start: Vec<&str> = start.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", start.join(", "), last.as_ref())
        }
    }
}

/// ` in shop`, ` on node-1`, or nothing for the whole cluster.
pub(super) fn place(question: &Question<'_>) -> String {
    let mut words = String::new();
    if !question.nodes.is_empty() {
        let names: Vec<_> = question
            .nodes
            .iter()
            .map(|node| node.name.as_str())
            .collect();
        words = format!(" on {}", joined(&names));
    }
    if !question.namespaces.is_empty() {
        words = format!("{words} in {}", joined(&question.namespaces));
    }
    words.push_str(&question.filters.words());
    words
}

pub(super) fn pod_subject(pod: &Pod) -> String {
    format!("{}/{}", pod.namespace, pod.name)
}

/// Whether a pod belongs to a workload.
pub(super) fn belongs(pod: &Pod, workload: &WorkloadRef) -> bool {
    pod.owner.as_ref() == Some(workload)
}

/// Pods a question is about: those named, or those of the workloads, nodes and namespaces named, or all.
pub(super) fn pods_meant<'a>(
    question: &Question<'a>,
    snapshot: &'a ClusterSnapshot,
) -> Vec<&'a Pod> {
    if !question.pods.is_empty() {
        return question.filters.pods(question.pods.clone(), snapshot);
    }
    let in_namespace = |pod: &&Pod| {
        question.namespaces.is_empty() || question.namespaces.contains(&pod.namespace.as_str())
    };
    let on_node = |pod: &&Pod| {
        question.nodes.is_empty()
            || question
                .nodes
                .iter()
                .any(|node| pod.node.as_deref() == Some(node.name.as_str()))
    };
    let of_workload = |pod: &&Pod| {
        question.workloads.is_empty()
            || question
                .workloads
                .iter()
                .any(|w| belongs(pod, &w.reference))
    };
    let pods = snapshot
        .pods
        .iter()
        .filter(in_namespace)
        .filter(on_node)
        .filter(of_workload)
        .collect();
    question.filters.pods(pods, snapshot)
}

/// Workloads a question is about: those named, or those of the namespaces named, or all.
pub(super) fn workloads_meant<'a>(
    question: &Question<'a>,
    snapshot: &'a ClusterSnapshot,
) -> Vec<&'a Workload> {
    if !question.workloads.is_empty() {
        return question.workloads.clone();
    }
    let workloads = snapshot
        .workloads
        .iter()
        .filter(|w| {
            question.namespaces.is_empty()
                || question
                    .namespaces
                    .contains(&w.reference.namespace.as_str())
        })
        .collect();
    question.filters.workloads(workloads, snapshot.taken_at)
}

/// A namespace as a scope; all of them for a name that is none.
pub(super) fn scope_of(namespace: &str) -> NamespaceScope {
    ObjectName::new(namespace).map_or(NamespaceScope::All, NamespaceScope::One)
}

/// The scope a question names: one namespace, else all.
pub(super) fn scope_meant(question: &Question<'_>) -> NamespaceScope {
    match question.namespaces.as_slice() {
        [one] => scope_of(one),
        _ => NamespaceScope::All,
    }
}

/// `kubectl get …` as the grammar has it.
pub(super) fn get_command(resource: &str, scope: Option<NamespaceScope>) -> ReadCommand {
    ReadCommand::Get(Box::new(GetCommand {
        objects: ObjectWords {
            resources: vec![ResourceWord(resource.to_owned())],
            ..ObjectWords::default()
        },
        scope,
        ..GetCommand::default()
    }))
}

pub(super) fn print_read(command: &ReadCommand) -> String {
    print_command(&KubectlCommand::Read(command.clone()))
}

/// `kubectl scale deployment/storefront --replicas=8 --namespace=shop`.
pub(super) fn scale_command(workload: &WorkloadRef, replicas: u32) -> String {
    print_command(&KubectlCommand::Write(WriteCommand::Scale {
        resource: ResourceWord(workload.kind.as_str().to_ascii_lowercase()),
        name: workload.name.clone(),
        scope: Some(NamespaceScope::One(workload.namespace.clone())),
        replicas,
    }))
}

pub(super) fn restart_command(workload: &WorkloadRef) -> String {
    print_command(&KubectlCommand::Write(WriteCommand::RolloutRestart {
        resource: ResourceWord(workload.kind.as_str().to_ascii_lowercase()),
        name: workload.name.clone(),
        scope: Some(NamespaceScope::One(workload.namespace.clone())),
    }))
}

/// `kubectl logs POD --namespace=NS --tail=100`, of the previous container when it crashed.
pub(super) fn logs_command(pod: &Pod, previous: bool) -> String {
    let previous = if previous { " --previous" } else { "" };
    format!(
        "kubectl logs {} --namespace={} --tail=100{previous}",
        pod.name, pod.namespace
    )
}

pub(super) fn describe_command(pod: &Pod) -> String {
    format!(
        "kubectl describe pod {} --namespace={}",
        pod.name, pod.namespace
    )
}
