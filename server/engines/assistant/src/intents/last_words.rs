//! What a container wrote before it ended: the log to be read for a diagnosis, and the line in it that tells why.

use domain::{
    chat::Block,
    cluster::Severity,
    command::{KubectlCommand, ReadCommand},
};

use super::compose::quote;
use crate::{grammar::print_command, redact::redact, text::clean};

/// How many lines are read: enough for an error with its stack trace.
const LINES: u32 = 30;

/// Signs of the line that names a cause, the surest first.
const SIGNS: &[&[&str]] = &[
    &[
        "panic:",
        "fatal",
        "uncaught",
        "unhandled",
        "required",
        "not set",
        "missing",
        "no such",
        "cannot start",
        "outofmemory",
        "out of memory",
    ],
    &[
        "error",
        "exception",
        "failed",
        "failure",
        "refused",
        "denied",
        "timed out",
        "unable to",
        "cannot",
        "could not",
        "invalid",
    ],
];

/// A log to be read, and the command that does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LastWords {
    command: String,
}

/// The last lines of the log that `command` shows, and how to read them; `None` when it shows no log.
pub(super) fn of(command: ReadCommand) -> Option<(ReadCommand, LastWords)> {
    let mut command = command;
    let ReadCommand::Logs(logs) = &mut command else {
        return None;
    };
    logs.tail = Some(LINES);
    let line = print_command(&KubectlCommand::Read(command.clone()));
    Some((command, LastWords { command: line }))
}

impl LastWords {
    /// The telling line as evidence and the lines it stands in; `None` of an empty log.
    ///
    /// Values that look like secrets are left out as everywhere.
    pub(super) fn blocks(&self, log: &str) -> Option<Vec<Block>> {
        let (line, is_telling) = telling(log)?;
        let (severity, subject) = if is_telling {
            (Severity::Critical, "the log says")
        } else {
            (Severity::Info, "the last line of the log")
        };
        let evidence = Block::Finding {
            severity,
            subject: subject.to_owned(),
            text: quote(line),
        };
        let lines = Block::Output {
            command: self.command.clone(),
            text: redact(&clean(log)),
        };
        Some(vec![evidence, lines])
    }
}

/// The last line with the surest sign of a cause and `true`; else the last line at all.
fn telling(log: &str) -> Option<(&str, bool)> {
    let is_frame = |line: &str| {
        line.starts_with(char::is_whitespace)
            || line.starts_with("at ")
            || line.starts_with("goroutine ")
    };
    let lines = || log.lines().rev().filter(|line| !line.trim().is_empty());
    let has_sign = |line: &str, signs: &[&str]| {
        let line = line.to_lowercase();
        !is_frame(&line) && signs.iter().any(|sign| line.contains(sign))
    };
    let found = SIGNS
        .iter()
        .find_map(|signs| lines().find(|line| has_sign(line, signs)));
    match found {
        Some(line) => Some((line, true)),
        None => lines().next().map(|line| (line, false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_found_above_its_stack_trace() {
        let log = "{\"level\":\"error\",\"error\":\"setting STORE_URL is not set\"}\n\
                   panic: setting STORE_URL is not set\n\n\
                   goroutine 1 [running]:\nsettings.Read(0x11)\n\t/src/missing.go:58 +0x1c5\n";
        assert_eq!(
            telling(log),
            Some(("panic: setting STORE_URL is not set", true))
        );
    }

    #[test]
    fn a_sure_sign_wins_over_a_later_mere_error() {
        let log = "FATAL: no route to db\nerror: exit status 1\n";
        assert_eq!(telling(log), Some(("FATAL: no route to db", true)));
        assert_eq!(
            telling("dial tcp: connection refused\nbye\n"),
            Some(("dial tcp: connection refused", true))
        );
    }

    #[test]
    fn without_any_sign_it_is_the_last_line_and_of_nothing_there_is_none() {
        assert_eq!(telling("ready\nserving\n\n"), Some(("serving", false)));
        assert_eq!(telling("\n \n"), None);
    }
}
