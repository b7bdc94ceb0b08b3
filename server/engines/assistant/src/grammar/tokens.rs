//! Words of a command line, quoted the way a shell quotes, without being one.
//!
//! Anything a shell would act on (pipes, substitutions, redirections, several commands) is an error: such a
//! line means something this product does not do, and running half of it would be worse.

use domain::OpsError;

use super::{invalid, unsupported};

/// The most words one command may have.
const MAX_WORDS: usize = 200;

/// Whether an unquoted character makes a shell do something other than read a word.
pub(super) const fn is_shell_syntax(c: char) -> bool {
    matches!(c, ';' | '&' | '|' | '<' | '>' | '`' | '$' | '(' | ')')
}

/// The words of `line`.
///
/// # Errors
/// `Unsupported` naming the shell syntax found, `Invalid` for an open quote, a control character or too many words.
pub(super) fn split(line: &str) -> Result<Vec<String>, OpsError> {
    let mut words = Vec::new();
    let mut scanner = Scanner {
        rest: line.trim().chars().peekable(),
    };
    while scanner.skip_space()? {
        if words.len() == MAX_WORDS {
            return Err(invalid(
                format!("the command has more than {MAX_WORDS} words"),
                "kubectl get pods -n shop",
            ));
        }
        words.push(scanner.word()?);
    }
    Ok(words)
}

struct Scanner<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
}

impl Scanner<'_> {
    /// Moves to the next word; `false` at the end.
    fn skip_space(&mut self) -> Result<bool, OpsError> {
        while let Some(&c) = self.rest.peek() {
            match c {
                ' ' | '\t' => {
                    self.rest.next();
                }
                '\\' if self.is_continuation() => {
                    self.escaped(&mut String::new())?;
                }
                '\n' | '\r' => return Err(shell_syntax("a second line")),
                '#' => return Err(shell_syntax("“#”")),
                _ => return Ok(true),
            }
        }
        Ok(false)
    }

    /// Whether a backslash and a line break come next.
    fn is_continuation(&self) -> bool {
        matches!(self.rest.clone().nth(1), Some('\n' | '\r'))
    }

    fn word(&mut self) -> Result<String, OpsError> {
        let mut word = String::new();
        while let Some(&c) = self.rest.peek() {
            match c {
                ' ' | '\t' | '\n' | '\r' => break,
                '\'' => self.single_quoted(&mut word)?,
                '"' => self.double_quoted(&mut word)?,
                '\\' => self.escaped(&mut word)?,
                c if is_shell_syntax(c) => return Err(shell_syntax(&format!("“{c}”"))),
                c => {
                    self.rest.next();
                    push(&mut word, c)?;
                }
            }
        }
        Ok(word)
    }

    fn single_quoted(&mut self, word: &mut String) -> Result<(), OpsError> {
        self.rest.next();
        for c in self.rest.by_ref() {
            if c == '\'' {
                return Ok(());
            }
            push(word, c)?;
        }
        Err(open_quote('\''))
    }

    fn double_quoted(&mut self, word: &mut String) -> Result<(), OpsError> {
        self.rest.next();
        while let Some(c) = self.rest.next() {
            match c {
                '"' => return Ok(()),
                '$' | '`' => return Err(shell_syntax(&format!("“{c}”"))),
                '\\' => match self.rest.next() {
                    Some(c @ ('"' | '\\' | '$' | '`')) => push(word, c)?,
                    Some(c) => {
                        push(word, '\\')?;
                        push(word, c)?;
                    }
                    None => return Err(open_quote('"')),
                },
                c => push(word, c)?,
            }
        }
        Err(open_quote('"'))
    }

    /// A backslash outside quotes: the next character as it is; before a line break, nothing.
    fn escaped(&mut self, word: &mut String) -> Result<(), OpsError> {
        self.rest.next();
        match self.rest.next() {
            Some('\n') => Ok(()),
            Some('\r') => {
                self.rest.next_if_eq(&'\n');
                Ok(())
            }
            Some(c) => push(word, c),
            None => Err(invalid(
                "the command ends in a backslash",
                "kubectl get pods -n shop",
            )),
        }
    }
}

fn push(word: &mut String, c: char) -> Result<(), OpsError> {
    if c.is_control() {
        return Err(invalid(
            format!(
                "the command contains the control character U+{:04X}",
                c as u32
            ),
            "kubectl get pods -n shop",
        ));
    }
    word.push(c);
    Ok(())
}

fn shell_syntax(what: &str) -> OpsError {
    unsupported(
        format!("{what} is shell syntax, and commands here are never run by a shell"),
        "Send one kubectl command at a time, without pipes, redirections or substitutions: kubectl get pods -n shop",
    )
}

fn open_quote(quote: char) -> OpsError {
    invalid(
        format!("a quote ({quote}) is opened and never closed"),
        "kubectl get pods -l 'env in (prod, test)'",
    )
}
