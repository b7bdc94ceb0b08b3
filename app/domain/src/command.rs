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
    Get {
        /// Types asked for, in order (`pods,services`).
        resources: Vec<ResourceWord>,
        /// Names; empty for all.
        names: Vec<ObjectName>,
        /// Where; `None` is the context's own namespace.
        scope: Option<NamespaceScope>,
        /// `-l`.
        label_selector: Option<String>,
        /// `--field-selector`.
        field_selector: Option<String>,
        /// `-o`.
        output: OutputFormat,
        /// `--sort-by`, a simple path such as `.metadata.name`.
        sort_by: Option<String>,
        /// `--show-labels`.
        show_labels: bool,
        /// `--no-headers`.
        no_headers: bool,
    },
    /// `kubectl describe`.
    Describe {
        /// The type.
        resource: ResourceWord,
        /// Names; empty for all.
        names: Vec<ObjectName>,
        /// Where.
        scope: Option<NamespaceScope>,
        /// `-l`.
        label_selector: Option<String>,
    },
    /// `kubectl logs`.
    Logs {
        /// A pod, or a workload whose first pod is meant.
        target: LogTarget,
        /// Where.
        scope: Option<NamespaceScope>,
        /// `-c`.
        container: Option<String>,
        /// `--tail`; `None` is our default of 500 lines.
        tail: Option<u32>,
        /// `--since`, in seconds.
        since_seconds: Option<u64>,
        /// `--previous`.
        previous: bool,
        /// `--timestamps`.
        timestamps: bool,
    },
    /// `kubectl top pods`.
    TopPods {
        /// A single pod.
        name: Option<ObjectName>,
        /// Where.
        scope: Option<NamespaceScope>,
        /// `-l`.
        label_selector: Option<String>,
        /// `--sort-by`.
        sort_by: Option<UsageColumn>,
        /// `--no-headers`.
        no_headers: bool,
    },
    /// `kubectl top nodes`.
    TopNodes {
        /// A single node.
        name: Option<ObjectName>,
        /// `--sort-by`.
        sort_by: Option<UsageColumn>,
        /// `--no-headers`.
        no_headers: bool,
    },
    /// `kubectl events`.
    Events {
        /// Where.
        scope: Option<NamespaceScope>,
        /// `--for kind/name`.
        about: Option<(ResourceWord, ObjectName)>,
        /// `--types`.
        types: Vec<String>,
    },
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
    },
    /// `kubectl version`.
    Version,
    /// `kubectl api-resources`.
    ApiResources,
    /// `kubectl cluster-info`.
    ClusterInfo,
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
