//! [`Terminal`]: the owner of a kubeconfig at a terminal of their own.
//!
//! Reads and changes go as far as the credentials do, and nothing is masked: it is what `kubectl` is to the same
//! person with the same file. Pages, the HTTP API, jobs and the chat have [`KubeCluster`](crate::KubeCluster),
//! which cannot do what is done here.

use domain::{
    OpsError,
    command::CommandOutput,
    invocation::{Files, TerminalCommand},
    time::Timestamp,
};
use kube::Client;

use crate::{
    guard::AddressPolicy,
    kubeconfig::Credentials,
    kubectl::{Audience, Printer},
    policy::Reach,
    transport::{Limits, Transport},
};

/// A connection to one cluster as the kubeconfig's owner.
pub struct Terminal {
    printer: Printer,
}

impl Terminal {
    /// A connection that is made when it is first used. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// `KubeconfigRejected` or `TlsUnverified` (no root certificates) when the credentials cannot make a connection.
    pub fn connect(credentials: &Credentials, policy: AddressPolicy) -> Result<Self, OpsError> {
        let transport = Transport::new(credentials, Reach::Owner, policy, Limits::DEFAULT)?;
        let namespace = credentials.namespace();
        let client = Client::new(transport, namespace.to_owned());
        Ok(Self {
            printer: Printer::new(client, credentials.server(), namespace, Audience::Owner),
        })
    }

    /// Carries out a command and says what kubectl would print, with its exit code. `files` holds the contents of
    /// the files it names.
    ///
    /// # Errors
    /// Only when the cluster cannot be asked: unreachable, untrusted, or credentials refused.
    pub async fn run(
        &self,
        command: &TerminalCommand,
        files: &Files,
        now: Timestamp,
    ) -> Result<CommandOutput, OpsError> {
        match command {
            TerminalCommand::Read(read) => self.printer.read(read, now).await,
            TerminalCommand::Own(invocation) => {
                self.printer.carry_out(invocation, files, now).await
            }
        }
    }
}
