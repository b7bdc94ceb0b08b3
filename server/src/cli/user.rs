//! `ai4k8s user`: accounts, beside a running server or before the first start.

use std::{io::Read as _, process::ExitCode};

use clap::Subcommand;

use crate::{clock::Clock, config::Config, wiring};

use super::{DataDir, Outcome, say};

/// Longest password read, with the line break an echo leaves behind it.
const LONGEST_INPUT: u64 = 1026;

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Make an account.
    Add {
        /// The name to sign in with.
        #[arg(long)]
        name: String,
        /// Read the password from standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
        #[command(flatten)]
        data_dir: DataDir,
    },
}

impl User {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let Self::Add {
            name,
            password_stdin: _,
            data_dir,
        } = self;
        let password = password()?;
        let database = wiring::open_database(&data_dir.applied_to(config)).await?;
        let account = database
            .users()
            .create(name.trim(), &password, Clock::system().now())
            .await?;
        database.close().await?;
        say(&format!("added the user {}", account.name));
        Ok(ExitCode::SUCCESS)
    }
}

/// The whole of standard input but for one line break at its end.
fn password() -> Result<String, std::io::Error> {
    let mut text = String::new();
    std::io::stdin()
        .take(LONGEST_INPUT)
        .read_to_string(&mut text)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}
