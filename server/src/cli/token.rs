//! `ai4k8s token`: personal access tokens, beside a running server.

use std::{collections::BTreeSet, process::ExitCode};

use clap::Subcommand;
use domain::{OpsError, account::Scope};
use store::tokens::TokenRequest;

use crate::{clock::Clock, config::Config, wiring};

use super::{DataDir, Outcome, say, say_error};

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Make a token; it is printed alone on the last line.
    Create {
        /// Whose token.
        #[arg(long, value_name = "NAME")]
        user: String,
        /// What it may do; all of it when left out.
        #[arg(long, value_delimiter = ',', value_name = "read,plan,approve")]
        scope: Vec<String>,
        /// What it is called in the list of tokens.
        #[arg(long, default_value = "command line")]
        name: String,
        #[command(flatten)]
        data_dir: DataDir,
    },
}

impl Token {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let Self::Create {
            user,
            scope,
            name,
            data_dir,
        } = self;
        let scopes = scopes(&scope)?;
        let database =
            wiring::open_database(&super::existing(data_dir.applied_to(config))?).await?;
        let account = database.users().by_name(user.trim()).await?;
        let account = account
            .ok_or_else(|| format!("there is no user {user}; make one by “ai4k8s user add”"))?;
        let request = TokenRequest {
            name,
            scopes,
            expires_at: None,
        };
        let token = database
            .tokens()
            .create(account.id, &request, Clock::system().now())
            .await?;
        database.close().await?;
        say_error("keep this token: it is shown only once");
        say(&token.secret);
        Ok(ExitCode::SUCCESS)
    }
}

fn scopes(words: &[String]) -> Result<BTreeSet<Scope>, OpsError> {
    if words.is_empty() {
        return Ok(Scope::ALL.into_iter().collect());
    }
    words.iter().map(|word| Scope::parse(word.trim())).collect()
}
