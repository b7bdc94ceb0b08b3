//! `ai4k8s audit`: whether the audit log is whole.

use std::process::ExitCode;

use clap::Subcommand;
use store::audit::AuditVerdict;

use crate::{config::Config, wiring};

use super::{DataDir, Outcome, say, say_error};

#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Check the hash chain; exits with 1 when a row was changed or removed, naming it.
    Verify {
        #[command(flatten)]
        data_dir: DataDir,
    },
}

impl Audit {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let Self::Verify { data_dir } = self;
        let database =
            wiring::open_database(&super::existing(data_dir.applied_to(config))?).await?;
        let verdict = database.audit().verify().await?;
        database.close().await?;
        Ok(match verdict {
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
}
