//! Command lines that only the owner of a kubeconfig runs, on a machine of their own.
//!
//! What both the chat and the owner can run is a [`ReadCommand`]; what changes a cluster at once, reads files
//! or waits is an [`Invocation`]: kubectl's verb, words and flags, checked against kubectl's own tables. No port takes one,
//! so that nothing a page, a job or a model does can lead to it.

use std::collections::BTreeMap;

use crate::command::ReadCommand;

/// A command line of one's own terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TerminalCommand {
    /// What the chat can run too.
    Read(ReadCommand),
    /// What only the owner runs.
    Own(Invocation),
}

/// A verb with its words and flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The verb.
    pub verb: OwnVerb,
    /// What is not a flag, in order.
    pub words: Vec<String>,
    /// What follows `--`: the command of a container.
    pub program: Vec<String>,
    /// Values by the long name of their flag, in order; switches are `true` or `false`.
    pub flags: BTreeMap<String, Vec<String>>,
}

impl Invocation {
    /// The value of a flag; the last when there are several.
    #[must_use]
    pub fn value(&self, flag: &str) -> Option<&str> {
        self.values(flag).last().map(String::as_str)
    }

    /// Every value of a flag.
    #[must_use]
    pub fn values(&self, flag: &str) -> &[String] {
        self.flags.get(flag).map(Vec::as_slice).unwrap_or_default()
    }

    /// The values of a flag that takes several at once, separated by commas.
    #[must_use]
    pub fn list(&self, flag: &str) -> Vec<&str> {
        self.values(flag)
            .iter()
            .flat_map(|value| value.split(','))
            .collect()
    }

    /// Whether a switch is on.
    #[must_use]
    pub fn is_on(&self, flag: &str) -> bool {
        matches!(
            self.value(flag),
            Some("1" | "t" | "T" | "true" | "TRUE" | "True")
        )
    }
}

/// kubectl's verbs that are not a [`ReadCommand`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the verb it is named after")]
pub enum OwnVerb {
    Annotate,
    Apply,
    Autoscale,
    Cordon,
    /// `create` from manifests.
    Create,
    /// `create KIND NAME`.
    New(NewObject),
    Delete,
    Diff,
    Drain,
    Expose,
    GetManifest,
    GetRaw,
    Label,
    Patch,
    Replace,
    RolloutPause,
    RolloutResume,
    RolloutRestart,
    RolloutUndo,
    RolloutWatch,
    Run,
    Scale,
    SetEnv,
    SetImage,
    SetResources,
    SetSelector,
    SetServiceAccount,
    Taint,
    Uncordon,
    Wait,
}

/// What `kubectl create KIND NAME` makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the kind it is named after")]
pub enum NewObject {
    ClusterRole,
    ClusterRoleBinding,
    ConfigMap,
    CronJob,
    Deployment,
    Job,
    Namespace,
    PodDisruptionBudget,
    PriorityClass,
    Quota,
    Role,
    RoleBinding,
    SecretGeneric,
    ServiceClusterIp,
    ServiceExternalName,
    ServiceLoadBalancer,
    ServiceNodePort,
    ServiceAccount,
}

/// What files an invocation names hold, by the path as it was written; `-` is the standard input.
pub type Files = BTreeMap<String, Vec<u8>>;
