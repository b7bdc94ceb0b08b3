//! A `kubectl` command line after parsing: typed, so that nothing of it is ever run by a shell.
//!
//! The grammar that makes these is in `engines/assistant`.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{NamespaceScope, ObjectName},
    plan::ClusterAction,
};

/// A resource type as the user wrote it (`po`, `deploy`, `deployments.apps`), lower-cased.
///
/// Invariant: `a-z`, `0-9`, `.` and `-` only; resolved against the cluster's discovery, case-insensitively.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResourceWord(pub String);

/// How `get` prints.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputFormat {
    /// The server's own columns.
    #[default]
    Table,
    /// All columns.
    Wide,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// `type/name` lines.
    Name,
    /// A `JSONPath` template, filled in.
    JsonPath(String),
    /// What a `JSONPath` template finds, as JSON arrays.
    JsonPathAsJson(String),
    /// `HEAD:path` pairs, separated by commas.
    CustomColumns(String),
}

/// A command of the supported subset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub enum KubectlCommand {
    /// Changes nothing.
    Read(ReadCommand),
    /// Becomes a plan.
    Write(WriteCommand),
}

/// Commands that change nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "read", rename_all = "snake_case")]
pub enum ReadCommand {
    /// `kubectl get`.
    Get(Box<GetCommand>),
    /// `kubectl describe`.
    Describe(DescribeCommand),
    /// `kubectl logs`.
    Logs(Box<LogsCommand>),
    /// `kubectl top pods`.
    TopPods(TopPodsCommand),
    /// `kubectl top nodes`.
    TopNodes(TopNodesCommand),
    /// `kubectl events`.
    Events(EventsCommand),
    /// `kubectl rollout status`.
    RolloutStatus {
        /// The type.
        resource: ResourceWord,
        /// The name.
        name: ObjectName,
        /// Where.
        scope: Option<NamespaceScope>,
    },
    /// `kubectl rollout history`.
    RolloutHistory {
        /// The type.
        resource: ResourceWord,
        /// The name.
        name: ObjectName,
        /// Where.
        scope: Option<NamespaceScope>,
        /// `--revision`; the list of all when `None`.
        revision: Option<i64>,
    },
    /// `kubectl explain`.
    Explain {
        /// The type.
        resource: ResourceWord,
        /// Field names from the type inward.
        fields: Vec<String>,
        /// `--recursive`: all fields below, by name and type.
        recursive: bool,
        /// `--api-version`.
        api_version: Option<String>,
    },
    /// `kubectl auth can-i VERB TYPE`.
    CanI(AccessQuestion),
    /// `kubectl auth can-i --list`.
    CanIList {
        /// Where.
        scope: Option<NamespaceScope>,
        /// `--no-headers`.
        no_headers: bool,
    },
    /// `kubectl auth whoami`.
    WhoAmI {
        /// `-o`.
        output: OutputFormat,
    },
    /// `kubectl version`.
    Version,
    /// `kubectl api-resources`.
    ApiResources(ApiResourcesCommand),
    /// `kubectl api-versions`.
    ApiVersions,
    /// `kubectl cluster-info`.
    ClusterInfo,
}

/// What types and names stand for: `pods web-1`, `pods,services`, `pod/web-1 service/web`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ObjectWords {
    /// Types asked for, in order (`pods,services`); empty when every name carries its own.
    pub resources: Vec<ResourceWord>,
    /// Names, looked for in each type; empty for all.
    pub names: Vec<ObjectName>,
    /// Names that carry their type (`pod/web-1`).
    pub pairs: Vec<(ResourceWord, ObjectName)>,
}

/// `kubectl get`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GetCommand {
    /// Which objects.
    pub objects: ObjectWords,
    /// Where; `None` is the context's own namespace.
    pub scope: Option<NamespaceScope>,
    /// `-l`.
    pub label_selector: Option<String>,
    /// `--field-selector`.
    pub field_selector: Option<String>,
    /// `-o`.
    pub output: OutputFormat,
    /// `--sort-by`, a simple path such as `.metadata.name`.
    pub sort_by: Option<String>,
    /// `-L`: labels with a column of their own.
    pub label_columns: Vec<String>,
    /// `--show-labels`.
    pub show_labels: bool,
    /// `--show-kind`.
    pub show_kind: bool,
    /// `--no-headers`.
    pub no_headers: bool,
    /// `--ignore-not-found`.
    pub ignore_not_found: bool,
    /// `--show-managed-fields`.
    pub show_managed_fields: bool,
    /// `--subresource`.
    pub subresource: Option<Subresource>,
}

/// The part of an object `get --subresource` reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subresource {
    /// `status`.
    Status,
    /// `scale`.
    Scale,
}

/// `kubectl describe`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DescribeCommand {
    /// Which objects.
    pub objects: ObjectWords,
    /// Where.
    pub scope: Option<NamespaceScope>,
    /// `-l`.
    pub label_selector: Option<String>,
    /// `--show-events=false`.
    pub hide_events: bool,
}

/// `kubectl logs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogsCommand {
    /// A pod, a workload whose first pod is meant, or a selector.
    pub target: LogTarget,
    /// Where.
    pub scope: Option<NamespaceScope>,
    /// `-c`.
    pub container: Option<String>,
    /// `--all-containers`.
    pub all_containers: bool,
    /// `--prefix`.
    pub prefix: bool,
    /// `--tail`; `None` is the reader's own default.
    pub tail: Option<u32>,
    /// `--since`, in seconds.
    pub since_seconds: Option<u64>,
    /// `--since-time`.
    pub since_time: Option<String>,
    /// `--limit-bytes`.
    pub limit_bytes: Option<u32>,
    /// `--previous`.
    pub previous: bool,
    /// `--timestamps`.
    pub timestamps: bool,
}

impl LogsCommand {
    /// The logs of `target` with nothing else said.
    #[must_use]
    pub const fn of(target: LogTarget) -> Self {
        Self {
            target,
            scope: None,
            container: None,
            all_containers: false,
            prefix: false,
            tail: None,
            since_seconds: None,
            since_time: None,
            limit_bytes: None,
            previous: false,
            timestamps: false,
        }
    }
}

/// `kubectl top pods`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TopPodsCommand {
    /// A single pod.
    pub name: Option<ObjectName>,
    /// Where.
    pub scope: Option<NamespaceScope>,
    /// `-l`.
    pub label_selector: Option<String>,
    /// `--field-selector`.
    pub field_selector: Option<String>,
    /// `--sort-by`.
    pub sort_by: Option<UsageColumn>,
    /// `--containers`.
    pub containers: bool,
    /// `--sum`.
    pub sum: bool,
    /// `--no-headers`.
    pub no_headers: bool,
}

/// `kubectl top nodes`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TopNodesCommand {
    /// A single node.
    pub name: Option<ObjectName>,
    /// `-l`.
    pub label_selector: Option<String>,
    /// `--sort-by`.
    pub sort_by: Option<UsageColumn>,
    /// `--show-capacity`: shares of the whole node and not of what pods may have.
    pub show_capacity: bool,
    /// `--no-headers`.
    pub no_headers: bool,
}

/// `kubectl events`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EventsCommand {
    /// Where.
    pub scope: Option<NamespaceScope>,
    /// `--for kind/name`.
    pub about: Option<(ResourceWord, ObjectName)>,
    /// `--types`.
    pub types: Vec<String>,
    /// `-o`.
    pub output: OutputFormat,
    /// `--no-headers`.
    pub no_headers: bool,
}

/// `kubectl auth can-i`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessQuestion {
    /// The verb, `*` for any.
    pub verb: String,
    /// The type, `*` for any, or a path that begins with `/`.
    pub resource: String,
    /// One object.
    pub name: Option<String>,
    /// `--subresource`.
    pub subresource: Option<String>,
    /// Where.
    pub scope: Option<NamespaceScope>,
    /// `--quiet`: only the exit code.
    pub quiet: bool,
}

/// `kubectl api-resources`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ApiResourcesCommand {
    /// `--api-group`.
    pub api_group: Option<String>,
    /// `--namespaced`.
    pub namespaced: Option<bool>,
    /// `--verbs`: all of them.
    pub verbs: Vec<String>,
    /// `--categories`: all of them.
    pub categories: Vec<String>,
    /// `-o wide` or `-o name`.
    pub output: OutputFormat,
    /// `--sort-by`.
    pub sort_by: Option<ApiResourceColumn>,
    /// `--no-headers`.
    pub no_headers: bool,
}

/// What `kubectl api-resources --sort-by` sorts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiResourceColumn {
    /// The plural name.
    Name,
    /// The kind.
    Kind,
}

/// Whose logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogTarget {
    /// A pod by name.
    Pod(ObjectName),
    /// `deployment/web`: the first pod of it.
    Owner(ResourceWord, ObjectName),
    /// `-l app=web`: all pods that match.
    Selector(String),
}

/// What `kubectl top --sort-by` sorts by; both descending, as kubectl does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageColumn {
    /// CPU.
    Cpu,
    /// Memory.
    Memory,
}

/// Commands that change something: resolved to a [`ClusterAction`] and planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "write", rename_all = "snake_case")]
pub enum WriteCommand {
    /// `kubectl scale --replicas=N type/name`.
    Scale {
        /// The type.
        resource: ResourceWord,
        /// The name.
        name: ObjectName,
        /// Where.
        scope: Option<NamespaceScope>,
        /// To how many.
        replicas: u32,
    },
    /// `kubectl rollout restart type/name`.
    RolloutRestart {
        /// The type.
        resource: ResourceWord,
        /// The name.
        name: ObjectName,
        /// Where.
        scope: Option<NamespaceScope>,
    },
}

/// What a read command printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandOutput {
    /// As kubectl prints it to stdout.
    pub stdout: String,
    /// As kubectl prints it to stderr (`No resources found in default namespace.`).
    pub stderr: String,
    /// 0, or 1 when something asked for by name does not exist.
    pub exit_code: i32,
    /// What was cut off to keep it short, in words.
    pub cut: Option<String>,
}

/// A write command with its words resolved against the live cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedWrite {
    /// The command as the user typed it.
    pub typed: String,
    /// What it does.
    pub action: ClusterAction,
}
