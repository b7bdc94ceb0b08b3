//! `ai4k8s kubectl`: kubectl's own commands on one's own cluster, by the same grammar and printers as the chat.
//!
//! The kubeconfig's owner sits at this terminal: changes are made at once, as kubectl makes them, and nothing is masked.
//! Files are read here, before anything else; the grammar and the client only get what they hold.

use std::{
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use domain::{
    OpsError,
    command::CommandOutput,
    invocation::{Files, Invocation, TerminalCommand},
    ports::KubeconfigText,
};
use kube_cluster::{Terminal, guard::AddressPolicy, kubeconfig};

use super::Outcome;
use crate::clock::Clock;

/// The largest file a command reads, in bytes: more than an API server takes.
const FILE_LIMIT: u64 = 8 << 20;

/// `ai4k8s kubectl --kubeconfig FILE -- get pods -A`.
#[derive(Debug, clap::Args)]
pub(super) struct Kubectl {
    /// The cluster and who you are to it.
    #[arg(long, env = "KUBECONFIG", value_name = "FILE")]
    kubeconfig: PathBuf,
    /// The namespace of everything that names none.
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// The command as for kubectl, after “--”.
    #[arg(last = true, required = true, value_name = "WORDS")]
    words: Vec<String>,
}

impl Kubectl {
    /// Ends with kubectl's exit code.
    pub(super) async fn run(self) -> Outcome {
        let mut words = self.words;
        if let Some(namespace) = self.namespace {
            words.splice(0..0, ["--namespace".to_owned(), namespace]);
        }
        let output = match answer(&self.kubeconfig, words).await {
            Ok(output) => output,
            Err(error) => refused(&error),
        };
        // A closed pipe is no reason to fail.
        let _ = std::io::stdout().write_all(output.stdout.as_bytes());
        let _ = std::io::stderr().write_all(output.stderr.as_bytes());
        Ok(ExitCode::from(u8::try_from(output.exit_code).unwrap_or(1)))
    }
}

async fn answer(kubeconfig: &Path, words: Vec<String>) -> Result<CommandOutput, OpsError> {
    let command = assistant::parse_words(words)?;
    let text = kubeconfig::text_from_bytes(&read(kubeconfig)?)?;
    let credentials = kubeconfig::sanitise_off_thread(KubeconfigText(text)).await?;
    let files = match &command {
        TerminalCommand::Read(_) => Files::new(),
        TerminalCommand::Own(invocation) => files(invocation)?,
    };
    // One's own machine may reach whatever it can reach.
    let policy = AddressPolicy {
        allow_loopback: true,
        deny_private: false,
    };
    let terminal = Terminal::connect(&credentials, policy)?;
    terminal.run(&command, &files, Clock::system().now()).await
}

/// kubectl's form of an error: one line, exit code 1.
fn refused(error: &OpsError) -> CommandOutput {
    let hint = match error.hint.as_str() {
        "" => String::new(),
        hint => format!("\n{hint}"),
    };
    CommandOutput {
        stdout: String::new(),
        stderr: format!("error: {}{hint}\n", error.message),
        exit_code: 1,
        cut: None,
    }
}

/// What the files named by a command hold.
fn files(invocation: &Invocation) -> Result<Files, OpsError> {
    let mut files = Files::new();
    for flag in ["filename", "patch-file", "from-env-file"] {
        for path in invocation.list(flag) {
            files.insert(path.to_owned(), contents(path)?);
        }
    }
    for source in invocation.values("from-file") {
        let path = source
            .split_once('=')
            .map_or(source.as_str(), |(_, path)| path);
        files.insert(path.to_owned(), contents(path)?);
    }
    Ok(files)
}

/// A file's bytes, or those of the standard input for `-`.
fn contents(path: &str) -> Result<Vec<u8>, OpsError> {
    if path != "-" {
        return read(Path::new(path));
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(FILE_LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable("the standard input", &error))?;
    whole("the standard input", bytes)
}

fn read(path: &Path) -> Result<Vec<u8>, OpsError> {
    let shown = path.display().to_string();
    let file = std::fs::File::open(path).map_err(|error| unreadable(&shown, &error))?;
    let mut bytes = Vec::new();
    file.take(FILE_LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(&shown, &error))?;
    whole(&shown, bytes)
}

/// Refuses what was cut: half a manifest is another manifest.
fn whole(what: &str, bytes: Vec<u8>) -> Result<Vec<u8>, OpsError> {
    if bytes.len() as u64 <= FILE_LIMIT {
        return Ok(bytes);
    }
    let limit = FILE_LIMIT >> 20;
    Err(OpsError::new(
        domain::ErrorCode::TooLarge,
        format!("{what} is larger than {limit} MiB"),
    ))
}

fn unreadable(what: &str, error: &std::io::Error) -> OpsError {
    let message = if error.kind() == std::io::ErrorKind::NotFound {
        format!("the path \"{what}\" does not exist")
    } else {
        format!("{what} cannot be read: {error}")
    };
    OpsError::new(domain::ErrorCode::Invalid, message)
}
