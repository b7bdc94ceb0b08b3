//! Whole commands against canned answers, with the text kubectl prints for the same answers.

mod commands;
mod describe;
mod get;

use domain::{
    command::{CommandOutput, ReadCommand, ResourceWord},
    ids::{NamespaceScope, ObjectName},
};

use super::fixtures::Api;

/// Runs a command and compares what it prints on stdout, with nothing on stderr.
#[track_caller]
fn check(api: Api, command: &ReadCommand, expected: &str) {
    let output = run(api, command);
    assert_eq!(output.stdout, expected, "\n{}", output.stdout);
    assert_eq!((output.stderr.as_str(), output.exit_code), ("", 0));
}

/// Runs a command and compares its remark on stderr and its exit code.
#[track_caller]
fn check_remark(api: Api, command: &ReadCommand, expected: &str, exit_code: i32) {
    let output = run(api, command);
    assert_eq!(
        (output.stderr.as_str(), output.exit_code),
        (expected, exit_code)
    );
}

fn run(api: Api, command: &ReadCommand) -> CommandOutput {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(api.read(command))
}

fn name(text: &str) -> ObjectName {
    ObjectName::new(text).unwrap()
}

fn word(text: &str) -> ResourceWord {
    ResourceWord(text.to_owned())
}

fn everywhere() -> Option<NamespaceScope> {
    Some(NamespaceScope::All)
}
