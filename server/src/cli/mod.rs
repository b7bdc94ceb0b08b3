//! The command line: one file for each subcommand.

mod audit;
mod demo_cluster;
mod kubectl;
mod logging;
mod serve;
mod token;
mod user;

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::config::{self, Config};

/// Operate Kubernetes clusters: look, ask, plan, approve, autoscale.
#[derive(Debug, Parser)]
#[command(name = "ai4k8s", version)]
pub struct Cli {
    /// Configuration file (TOML); variables AI4K8S_* and options win over it.
    #[arg(long, global = true, env = "AI4K8S_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the web app and the HTTP API.
    Serve(serve::Serve),
    /// Serve the demo cluster's Kubernetes API, for any kubectl.
    DemoCluster(demo_cluster::DemoCluster),
    /// kubectl's commands on your own cluster: ai4k8s kubectl --kubeconfig FILE -- get pods -A.
    Kubectl(kubectl::Kubectl),
    /// Manage accounts.
    #[command(subcommand)]
    User(user::User),
    /// Manage access tokens.
    #[command(subcommand)]
    Token(token::Token),
    /// Read or check the audit log.
    #[command(subcommand)]
    Audit(audit::Audit),
}

/// Whatever goes wrong in a command; printed with its causes.
type Outcome = Result<ExitCode, Box<dyn std::error::Error>>;

/// Runs a command; what goes wrong is one line on stderr, causes included.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(dispatch(cli)));
    outcome.unwrap_or_else(|error| {
        let causes: Vec<String> =
            std::iter::successors(Some(error.as_ref()), |error| error.source())
                .map(ToString::to_string)
                .collect();
        say_error(&causes.join(": "));
        ExitCode::FAILURE
    })
}

async fn dispatch(cli: Cli) -> Outcome {
    let config = config::load(cli.config.as_deref())?;
    match cli.command {
        Command::Serve(serve) => serve.run(config).await,
        Command::DemoCluster(demo) => demo.run().await,
        Command::Kubectl(kubectl) => kubectl.run().await,
        Command::User(user) => user.run(config).await,
        Command::Token(token) => token.run(config).await,
        Command::Audit(audit) => audit.run(config).await,
    }
}

/// Options every command on stored data takes.
#[derive(Debug, Clone, clap::Args)]
struct DataDir {
    /// Where the database and the keys live.
    #[arg(long, env = "AI4K8S_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl DataDir {
    fn applied_to(self, config: Config) -> Config {
        Config {
            data_dir: self.data_dir.unwrap_or(config.data_dir),
            ..config
        }
    }
}

/// Refuses a data directory that is not there: a command on stored data must not make an empty one.
fn existing(config: Config) -> Result<Config, String> {
    if config.data_dir.is_dir() {
        return Ok(config);
    }
    let folder = config.data_dir.display();
    Err(format!(
        "there is no data directory {folder}; “ai4k8s serve” or “ai4k8s user add” makes one"
    ))
}

/// A line for whoever runs the command. A closed pipe is no reason to fail.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn say_error(line: &str) {
    let _ = writeln!(std::io::stderr(), "ai4k8s: {line}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
