//! `ai4k8s audit`: what somebody did, and whether the log of it is whole.

use std::process::ExitCode;

use clap::Subcommand;
use store::{
    Database,
    audit::{AuditRow, AuditVerdict},
};

use crate::{config::Config, wiring};

use super::{DataDir, Outcome, say, say_error};

#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Check the hash chain; exits with 1 when a row was changed or removed, naming it.
    Verify {
        #[command(flatten)]
        data_dir: DataDir,
    },
    /// Print what a user did, newest first.
    Show {
        /// The account's name.
        #[arg(long)]
        user: String,
        /// So many rows at most.
        #[arg(long, default_value_t = 50)]
        limit: u32,
        #[command(flatten)]
        data_dir: DataDir,
    },
}

impl Audit {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let (Self::Verify { data_dir } | Self::Show { data_dir, .. }) = &self;
        let config = super::existing(data_dir.clone().applied_to(config))?;
        let database = wiring::open_database(&config).await?;
        let done = match &self {
            Self::Verify { .. } => verify(&database).await,
            Self::Show { user, limit, .. } => show(&database, user, *limit).await,
        };
        database.close().await?;
        done
    }
}

async fn verify(database: &Database) -> Outcome {
    Ok(match database.audit().verify().await? {
        AuditVerdict::Intact { rows } => {
            say(&format!("{rows} rows, intact"));
            ExitCode::SUCCESS
        }
        AuditVerdict::Broken { sequence, reason } => {
            say_error(&format!("row {sequence}: {reason}"));
            ExitCode::FAILURE
        }
    })
}

async fn show(database: &Database, user: &str, limit: u32) -> Outcome {
    let account = database.users().by_name(user).await?;
    let account = account.ok_or_else(|| format!("there is no user “{}”", user.escape_debug()))?;
    for row in database.audit().newest(account.id, limit.into()).await? {
        say(&line(&row));
    }
    Ok(ExitCode::SUCCESS)
}

/// `17  2026-11-23T14:05:00Z  cluster.write  shop/storefront  done  Scale storefront to 5: …`
fn line(row: &AuditRow) -> String {
    let entry = &row.entry;
    format!(
        "{}  {}  {}  {}  {}  {}",
        row.sequence,
        entry.at,
        entry.action,
        entry.target.escape_debug(),
        entry.outcome.as_str(),
        entry.detail.escape_debug()
    )
}
