//! `ai4k8s`: one binary, one subcommand for each thing it can do.

use std::process::ExitCode;

use clap::Parser as _;
use server::cli::Cli;

fn main() -> ExitCode {
    server::cli::run(Cli::parse())
}
