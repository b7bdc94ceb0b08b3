//! kubectl's commands, run against a cluster and printed as kubectl prints them.
//!
//! One file for each command that reads; what only the owner of a kubeconfig does, changes above all, is in
//! [`owner`], which nothing but [`crate::Terminal`] leads to. Everything is read through raw requests, so that columns are the server's own and any kind, custom
//! resources included, works. No process is started, no shell is involved. What kubectl
//! would print on stderr is printed there with its exit code; only a cluster that cannot be asked is an
//! error. Parsing is `engines/assistant`'s business.

mod access;
mod clean;
mod custom_columns;
mod describe;
mod discovery;
mod events;
mod explain;
mod failure;
#[cfg(test)]
mod fixtures;
mod get;
mod go_json;
mod info;
mod json;
mod jsonpath;
mod logs;
mod objects;
mod owner;
mod quantity;
mod request;
mod rollout;
mod rules;
mod sort;
mod table;
mod tabs;
#[cfg(test)]
mod tests;
mod top;
mod when;
mod yaml;

use std::sync::Mutex;

use domain::{
    OpsError,
    command::{CommandOutput, ReadCommand},
    invocation::{Files, Invocation},
    time::Timestamp,
};

use self::{
    discovery::CatalogCache,
    request::{Failure, Outcome, Session},
};

/// Who reads what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// A page, a model, an audit log: values of Secrets, control characters and great lengths are taken out.
    Product,
    /// The owner of the kubeconfig in a terminal of their own, who sees what kubectl shows.
    Owner,
}

impl Audience {
    const fn is_owner(self) -> bool {
        matches!(self, Self::Owner)
    }
}

/// The printer of one connection; keeps what the cluster serves for a minute.
pub(crate) struct Printer {
    client: kube::Client,
    server: String,
    default_namespace: String,
    catalogs: CatalogCache,
    audience: Audience,
}

impl Printer {
    /// A printer over a connection. `server` is the API server's URL as `cluster-info` shows it; when it is
    /// empty, the address the server itself announces is shown.
    pub(crate) fn new(
        client: kube::Client,
        server: &str,
        default_namespace: &str,
        audience: Audience,
    ) -> Self {
        Self {
            client,
            server: server.to_owned(),
            default_namespace: default_namespace.to_owned(),
            catalogs: CatalogCache::default(),
            audience,
        }
    }

    /// What kubectl would print for a command at `now`; for the product cut to 2,000 lines and 256 KiB.
    ///
    /// # Errors
    /// Only when the cluster cannot be asked: unreachable, untrusted, or credentials refused.
    pub(crate) async fn read(
        &self,
        command: &ReadCommand,
        now: Timestamp,
    ) -> Result<CommandOutput, OpsError> {
        let mut session = self.session(now);
        if let ReadCommand::Describe(describe) = command {
            session.shows_events = !describe.hide_events;
        }
        let output = settled(&session, run(&session, command).await)?;
        Ok(match self.audience {
            Audience::Product => clean::cap(output),
            Audience::Owner => output,
        })
    }

    /// What kubectl would print for a command that only the owner runs, after it was carried out. `files` holds
    /// what the files it names say.
    ///
    /// # Errors
    /// Only when the cluster cannot be asked: unreachable, untrusted, or credentials refused.
    pub(crate) async fn carry_out(
        &self,
        invocation: &Invocation,
        files: &Files,
        now: Timestamp,
    ) -> Result<CommandOutput, OpsError> {
        let session = self.session(now);
        settled(&session, owner::run(&session, invocation, files).await)
    }

    fn session(&self, now: Timestamp) -> Session<'_> {
        Session {
            client: &self.client,
            catalogs: &self.catalogs,
            server: &self.server,
            default_namespace: &self.default_namespace,
            now,
            audience: self.audience,
            shows_events: true,
            warnings: Mutex::default(),
        }
    }
}

/// An output, whether it succeeded or not, the server's warnings before anything else on stderr.
fn settled(
    session: &Session<'_>,
    outcome: Outcome<CommandOutput>,
) -> Result<CommandOutput, OpsError> {
    let mut output = outcome.or_else(failed)?;
    output.stderr.insert_str(0, &session.warnings());
    Ok(output)
}

async fn run(session: &Session<'_>, command: &ReadCommand) -> Outcome<CommandOutput> {
    match command {
        ReadCommand::Get(get) => get::run(session, get).await,
        ReadCommand::Describe(describe) => describe::run(session, describe).await,
        ReadCommand::Logs(logs) => logs::run(session, logs).await,
        ReadCommand::TopPods(top) => top::pods(session, top).await,
        ReadCommand::TopNodes(top) => top::nodes(session, top).await,
        ReadCommand::Events(events) => events::run(session, events).await,
        ReadCommand::RolloutStatus {
            resource,
            name,
            scope,
        } => rollout::status(session, resource, name, scope).await,
        ReadCommand::RolloutHistory {
            resource,
            name,
            scope,
            revision,
        } => rollout::history(session, resource, name, scope, *revision).await,
        ReadCommand::Explain {
            resource,
            fields,
            recursive,
            api_version,
        } => {
            let question = explain::Question {
                resource,
                fields,
                recursive: *recursive,
                api_version: api_version.as_deref(),
            };
            explain::run(session, &question).await
        }
        ReadCommand::CanI(question) => access::can_i(session, question).await,
        ReadCommand::CanIList { scope, no_headers } => {
            access::list(session, scope, *no_headers).await
        }
        ReadCommand::WhoAmI { output } => access::who_am_i(session, output).await,
        ReadCommand::Version => info::version(session).await,
        ReadCommand::ApiResources(wanted) => info::api_resources(session, wanted).await,
        ReadCommand::ApiVersions => info::api_versions(session).await,
        ReadCommand::ClusterInfo => info::cluster(session).await,
    }
}

/// Text on stdout and nothing else.
fn printed(stdout: String) -> CommandOutput {
    CommandOutput {
        stdout,
        stderr: String::new(),
        exit_code: 0,
        cut: None,
    }
}

/// A remark on stderr and nothing else.
fn remarked(stderr: String) -> CommandOutput {
    CommandOutput {
        stderr,
        ..printed(String::new())
    }
}

/// kubectl's words about a failure, with its exit code.
fn failed(failure: Failure) -> Result<CommandOutput, OpsError> {
    Ok(CommandOutput {
        exit_code: 1,
        ..remarked(failure.into_line()?)
    })
}

/// `No resources found in shop namespace.`, or without a namespace where all were searched.
fn nothing_found(namespace: Option<&str>) -> String {
    match namespace {
        Some(namespace) => format!("No resources found in {namespace} namespace.\n"),
        None => "No resources found\n".to_owned(),
    }
}
