//! kubectl command lines as typed operations.
//!
//! A line is split into words ([`tokens`]), its flags are looked up by name ([`flags`]) in the table of its verb
//! ([`tables`]), and the verb's own rules make a [`KubectlCommand`] of it ([`verbs`]). Nothing is ever handed to a shell or to a `kubectl`
//! binary, and what is not known is an error that names it, never something passed on.

mod flags;
mod logs;
mod owner;
mod print;
mod reads;
mod refused;
mod tables;
mod terminal;
mod tokens;
mod top;
mod values;
mod verbs;

use domain::{ErrorCode, OpsError, command::KubectlCommand, invocation::TerminalCommand};

pub use print::print_command;

/// The longest command line that is looked at, in bytes. Kubernetes names have at most 253 characters,
/// so this leaves room for dozens of them.
pub const MAX_COMMAND_BYTES: usize = 8 * 1024;

/// The command a line stands for; `None` when the line is not a kubectl command at all.
///
/// `kubectl` may be written `k` before a verb, and the line may begin with a prompt (`$ `) or be wrapped in
/// Markdown backticks. Takes time linear in the line, and rejects lines above [`MAX_COMMAND_BYTES`] unread.
///
/// ```
/// let command = assistant::parse_command("k get po -n shop -o wide").unwrap().unwrap();
/// assert_eq!(assistant::print_command(&command), "kubectl get po --namespace=shop --output=wide");
/// assert!(assistant::parse_command("why is the ledger crashing?").is_none());
/// ```
#[must_use]
pub fn parse_command(line: &str) -> Option<Result<KubectlCommand, OpsError>> {
    let arguments = arguments_of(line)?;
    Some(parse_arguments(arguments))
}

fn parse_arguments(arguments: &str) -> Result<KubectlCommand, OpsError> {
    if arguments.len() > MAX_COMMAND_BYTES {
        return Err(OpsError::new(
            ErrorCode::Invalid,
            format!(
                "the command has {} bytes; at most {MAX_COMMAND_BYTES} are read",
                arguments.len()
            ),
        )
        .hint(
            "Ask for fewer objects by name, or use a label selector: kubectl get pods -l app=web",
        ));
    }
    verbs::parse(tokens::split(arguments)?)
}

/// The command of an owner's own terminal, whose shell has split it into words.
///
/// Everything kubectl has is understood, changes included, but what would choose another cluster or identity, or
/// needs an open connection into a container, an editor or a plugin.
///
/// # Errors
/// `Unsupported` with the reason for what is refused on purpose, `Invalid` for what kubectl refuses too.
pub fn parse_words(words: Vec<String>) -> Result<TerminalCommand, OpsError> {
    terminal::parse(words)
}

/// What follows `kubectl`; `None` when the line does not begin with it.
fn arguments_of(line: &str) -> Option<&str> {
    let line = without_markdown(line.trim());
    let line = line.strip_prefix("$ ").unwrap_or(line).trim_start();
    let end = line
        .find(|c: char| c.is_whitespace() || tokens::is_shell_syntax(c))
        .unwrap_or(line.len());
    let (program, rest) = line.split_at(end);
    if program.eq_ignore_ascii_case("kubectl") {
        return Some(rest);
    }
    let is_alias = program == "k" && rest.split_whitespace().next().is_some_and(is_verb_or_flag);
    is_alias.then_some(rest)
}

fn is_verb_or_flag(word: &str) -> bool {
    word.starts_with('-') || verbs::is_verb(word) || refused::is_verb(word)
}

/// The line inside one pair of backticks or one code fence that encloses all of it.
fn without_markdown(line: &str) -> &str {
    let inside = |mark: &str| {
        let text = line.strip_prefix(mark)?.strip_suffix(mark)?;
        (!text.contains('`')).then(|| text.trim())
    };
    if let Some(text) = inside("```") {
        let without_language = ["bash", "shell", "sh", "console"]
            .iter()
            .find_map(|language| text.strip_prefix(language)?.strip_prefix('\n'));
        return without_language.unwrap_or(text).trim();
    }
    inside("`").unwrap_or(line)
}

/// An error about something that is not written correctly.
fn invalid(message: impl Into<String>, example: &str) -> OpsError {
    OpsError::new(ErrorCode::Invalid, message).hint(format!("For example: {example}"))
}

/// An error about something refused on purpose; `next` is what to do instead.
fn unsupported(message: impl Into<String>, next: impl Into<String>) -> OpsError {
    OpsError::new(ErrorCode::Unsupported, message).hint(next)
}
