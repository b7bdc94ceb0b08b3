//! Commands that change nothing, run against a cluster and printed as kubectl prints them.
//!
//! Everything is read through raw requests, so that columns are the server's own and any kind, custom
//! resources included, works. Nothing is written, no process is started, no shell is involved. What kubectl
//! would print on stderr is printed there with its exit code; only a cluster that cannot be asked is an
//! error. Parsing is `engines/assistant`'s business.

mod clean;
mod describe;
mod discovery;
mod events;
#[cfg(test)]
mod fixtures;
mod get;
mod info;
mod json;
mod logs;
mod objects;
mod quantity;
mod request;
mod rollout;
mod sort;
mod table;
mod tabs;
#[cfg(test)]
mod tests;
mod top;
mod when;
mod yaml;

use domain::{
    OpsError,
    command::{CommandOutput, ReadCommand},
    time::Timestamp,
};

use self::{
    discovery::CatalogCache,
    request::{Failure, Outcome, Session},
};

/// The printer of one connection; keeps what the cluster serves for a minute.
pub(crate) struct Printer {
    client: kube::Client,
    server: String,
    default_namespace: String,
    catalogs: CatalogCache,
}

impl Printer {
    /// A printer over a connection. `server` is the API server's URL as `cluster-info` shows it; when it is
    /// empty, the address the server itself announces is shown.
    pub(crate) fn new(client: kube::Client, server: &str, default_namespace: &str) -> Self {
        Self {
            client,
            server: server.to_owned(),
            default_namespace: default_namespace.to_owned(),
            catalogs: CatalogCache::default(),
        }
    }

    /// What kubectl would print for a command at `now`, cut to 2,000 lines and 256 KiB.
    ///
    /// # Errors
    /// Only when the cluster cannot be asked: unreachable, untrusted, or credentials refused.
    pub(crate) async fn read(
        &self,
        command: &ReadCommand,
        now: Timestamp,
    ) -> Result<CommandOutput, OpsError> {
        let session = Session {
            client: &self.client,
            catalogs: &self.catalogs,
            server: &self.server,
            default_namespace: &self.default_namespace,
            now,
        };
        let output = match run(&session, command).await {
            Ok(output) => output,
            Err(failure) => failed(failure)?,
        };
        Ok(clean::cap(output))
    }
}

async fn run(session: &Session<'_>, command: &ReadCommand) -> Outcome<CommandOutput> {
    match command {
        ReadCommand::Get { .. } => get::run(session, command).await,
        ReadCommand::Describe { .. } => describe::run(session, command).await,
        ReadCommand::Logs { .. } => logs::run(session, command).await,
        ReadCommand::TopPods { .. } => top::pods(session, command).await,
        ReadCommand::TopNodes {
            name,
            sort_by,
            no_headers,
        } => top::nodes(session, name.as_ref(), *sort_by, *no_headers).await,
        ReadCommand::Events {
            scope,
            about,
            types,
        } => events::run(session, scope, about.as_ref(), types).await,
        ReadCommand::RolloutStatus {
            resource,
            name,
            scope,
        } => rollout::status(session, resource, name, scope).await,
        ReadCommand::RolloutHistory {
            resource,
            name,
            scope,
        } => rollout::history(session, resource, name, scope).await,
        ReadCommand::Version => info::version(session).await,
        ReadCommand::ApiResources => info::api_resources(session).await,
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
