//! Flags by name: which exist, which take a value, and why some are refused.
//!
//! Written the way kubectl's own parser (spf13/pflag) reads them: `--name=value`, `--name value`, `-n value`,
//! `-nvalue`, `-n=value`, clusters of switches (`-Aw`), and `_` for `-` in long names.

use std::collections::BTreeMap;

use domain::OpsError;

use super::{invalid, unsupported};

/// What a flag is to us.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role {
    /// Takes a value that is used.
    Value,
    /// Takes a value each time it is given.
    Values,
    /// Takes a value after `=` only; alone it has this one.
    Optional(&'static str),
    /// On or off.
    Switch,
    /// On or off, and either way it changes nothing here.
    IdleSwitch,
    /// Takes a value that changes nothing here.
    IdleValue,
    /// Exists in kubectl and is refused; the text says what to do instead.
    Refused(&'static str),
}

/// One flag of a verb.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flag {
    pub(super) long: &'static str,
    pub(super) short: Option<char>,
    pub(super) role: Role,
}

pub(super) const fn value(long: &'static str) -> Flag {
    Flag {
        long,
        short: None,
        role: Role::Value,
    }
}

pub(super) const fn values(long: &'static str) -> Flag {
    Flag {
        long,
        short: None,
        role: Role::Values,
    }
}

pub(super) const fn optional(long: &'static str, alone: &'static str) -> Flag {
    Flag {
        long,
        short: None,
        role: Role::Optional(alone),
    }
}

pub(super) const fn switch(long: &'static str) -> Flag {
    Flag {
        long,
        short: None,
        role: Role::Switch,
    }
}

pub(super) const fn idle_switch(long: &'static str) -> Flag {
    Flag {
        long,
        short: None,
        role: Role::IdleSwitch,
    }
}

pub(super) const fn idle_value(long: &'static str) -> Flag {
    Flag {
        long,
        short: None,
        role: Role::IdleValue,
    }
}

pub(super) const fn refused(long: &'static str, instead: &'static str) -> Flag {
    Flag {
        long,
        short: None,
        role: Role::Refused(instead),
    }
}

impl Flag {
    /// The same flag with a one-letter form.
    pub(super) const fn or(self, short: char) -> Self {
        Self {
            short: Some(short),
            ..self
        }
    }
}

/// Understood with every verb; where a verb has no use for it, it changes nothing, as with kubectl.
pub(super) const GLOBAL: &[Flag] = &[value("namespace").or('n')];

const CREDENTIALS: &str = "Which cluster a command goes to, and as whom, is decided by the cluster you have chosen here. Add another cluster to talk to it.";
const FILES: &str = "Commands here write no files on the server; leave the flag out.";
const TUNING: &str = "It has no meaning here; leave it out.";

/// Global flags of kubectl (`kubectl options`) that would redirect the connection, change the identity or
/// touch files of the machine the product runs on. Refused by name with every verb.
const FORBIDDEN: &[Flag] = &[
    refused("server", CREDENTIALS).or('s'),
    refused("insecure-skip-tls-verify", CREDENTIALS),
    refused("kubeconfig", CREDENTIALS),
    refused("token", CREDENTIALS),
    refused("context", CREDENTIALS),
    refused("cluster", CREDENTIALS),
    refused("user", CREDENTIALS),
    refused("username", CREDENTIALS),
    refused("password", CREDENTIALS),
    refused("as", CREDENTIALS),
    refused("as-group", CREDENTIALS),
    refused("as-uid", CREDENTIALS),
    refused("as-user-extra", CREDENTIALS),
    refused("tls-server-name", CREDENTIALS),
    refused("certificate-authority", CREDENTIALS),
    refused("client-certificate", CREDENTIALS),
    refused("client-key", CREDENTIALS),
    refused("disable-compression", TUNING),
    refused("match-server-version", TUNING),
    refused("request-timeout", TUNING),
    refused("warnings-as-errors", TUNING),
    refused("cache-dir", FILES),
    refused("profile", FILES),
    refused("profile-output", FILES),
    refused("log-file", FILES),
    refused("log-dir", FILES),
    refused("log-file-max-size", FILES),
    refused("log-flush-frequency", TUNING),
    refused("log-backtrace-at", TUNING),
    refused("logtostderr", TUNING),
    refused("alsologtostderr", TUNING),
    refused("stderrthreshold", TUNING),
    refused("skip-headers", TUNING),
    refused("skip-log-headers", TUNING),
    refused("add-dir-header", TUNING),
    refused("one-output", TUNING),
    refused("v", TUNING).or('v'),
    refused("vmodule", TUNING),
    refused("kuberc", FILES),
    refused(
        "help",
        "Ask “help” to see what can be done here; every command is described in kubectl's own documentation.",
    )
    .or('h'),
];

/// Words and flags of a command, flags keyed by their long name.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    pub(super) words: Vec<String>,
    /// What follows `--`.
    pub(super) program: Vec<String>,
    values: BTreeMap<&'static str, Vec<String>>,
}

impl Arguments {
    /// The value of a flag, if it was given.
    pub(super) fn value(&self, long: &str) -> Option<&str> {
        self.values
            .get(long)
            .and_then(|values| values.last())
            .map(String::as_str)
    }

    /// The values of a flag that takes several, also separated by commas; none when it was not given.
    pub(super) fn list(&self, long: &str) -> Vec<String> {
        let given = self.values.get(long).into_iter().flatten();
        given
            .flat_map(|value| value.split(','))
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Every flag that was given, with its values in order.
    pub(super) fn into_values(self) -> (Vec<String>, Vec<String>, BTreeMap<String, Vec<String>>) {
        let flags = self
            .values
            .into_iter()
            .map(|(long, values)| (long.to_owned(), values))
            .collect();
        (self.words, self.program, flags)
    }

    /// Whether a switch is on.
    ///
    /// # Errors
    /// `Invalid` when it was given a value that is not a truth value.
    pub(super) fn is_on(&self, long: &'static str) -> Result<bool, OpsError> {
        match self.value(long) {
            None => Ok(false),
            Some(text) => truth(long, text),
        }
    }

    fn set(&mut self, flag: &Flag, value: String, place: Place) -> Result<(), OpsError> {
        if matches!(flag.role, Role::IdleSwitch | Role::Switch) {
            truth(flag.long, &value)?;
        }
        let values = self.values.entry(flag.long).or_default();
        let may_repeat = place == Place::Terminal || matches!(flag.role, Role::Values);
        if !values.is_empty() && !may_repeat {
            return Err(invalid(
                format!("--{} is given twice", flag.long),
                &format!("give --{} once", flag.long),
            ));
        }
        values.push(value);
        Ok(())
    }
}

/// A truth value as Go's `strconv.ParseBool` reads it.
fn truth(long: &str, text: &str) -> Result<bool, OpsError> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(invalid(
            format!("“{text}” is neither true nor false, which --{long} takes"),
            &format!("--{long} or --{long}=false"),
        )),
    }
}

/// Where a command line was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the product, where a flag given twice is a mistake to point out.
    Product,
    /// In a terminal of the kubeconfig's owner, where the last one counts, as with kubectl.
    Terminal,
}

/// Reads words and flags from the front of a list of tokens.
#[derive(Debug)]
pub(super) struct Reader {
    tokens: std::vec::IntoIter<String>,
    arguments: Arguments,
    place: Place,
}

impl Reader {
    pub(super) fn new(tokens: Vec<String>, place: Place) -> Self {
        Self {
            tokens: tokens.into_iter(),
            arguments: Arguments::default(),
            place,
        }
    }

    /// The word after the flags that come first, left in its place.
    pub(super) fn peek_word(&self) -> Option<&str> {
        self.tokens.as_slice().first().map(String::as_str)
    }

    /// Whether one of the flags is among what is left, on its own or with a value.
    pub(super) fn has_flag(&self, names: &[&str]) -> bool {
        self.tokens.as_slice().iter().any(|token| {
            let name = token.split('=').next().unwrap_or(token);
            names.contains(&name)
        })
    }

    /// The next word, reading the global flags before it.
    pub(super) fn next_word(&mut self) -> Result<Option<String>, OpsError> {
        while let Some(token) = self.tokens.next() {
            if !is_flag(&token) {
                return Ok(Some(token));
            }
            self.read_flag(&token, "kubectl", &[])?;
        }
        Ok(None)
    }

    /// Everything that is left, with the flags of `verb`.
    pub(super) fn finish(mut self, verb: &str, table: &[Flag]) -> Result<Arguments, OpsError> {
        while let Some(token) = self.tokens.next() {
            if token == "--" && self.place == Place::Terminal {
                self.arguments.program = self.tokens.by_ref().collect();
            } else if is_flag(&token) {
                self.read_flag(&token, verb, table)?;
            } else {
                refuse_typographic_dash(&token)?;
                self.arguments.words.push(token);
            }
        }
        Ok(self.arguments)
    }

    fn read_flag(&mut self, token: &str, verb: &str, table: &[Flag]) -> Result<(), OpsError> {
        if token == "--" {
            return Err(unsupported(
                "“--” hands the rest to a program inside a container, which is not done here",
                "Read what a container says with: kubectl logs POD -c CONTAINER",
            ));
        }
        match token.strip_prefix("--") {
            Some(long) => self.read_long(long, verb, table),
            None => self.read_cluster(&token[1..], verb, table),
        }
    }

    fn read_long(&mut self, text: &str, verb: &str, table: &[Flag]) -> Result<(), OpsError> {
        let (name, given) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        let dashed = name.replace('_', "-");
        let shown = format!("--{name}");
        // A verb's own flag comes before a global one of its name: `create rolebinding --user`.
        let own = find(table, |flag| flag.long == dashed);
        if own.is_none() || self.place == Place::Product {
            refuse_forbidden(&dashed.to_ascii_lowercase(), &shown)?;
        }
        let flag = own.ok_or_else(|| unknown(&shown, verb, table))?;
        let value = match (flag.role, given) {
            (Role::Refused(instead), _) => return Err(refusal(&shown, verb, instead)),
            (_, Some(value)) => value,
            (Role::Switch | Role::IdleSwitch, None) => "true".to_owned(),
            (Role::Optional(alone), None) => alone.to_owned(),
            (Role::Value | Role::Values | Role::IdleValue, None) => self.next_value(&shown)?,
        };
        self.arguments.set(flag, value, self.place)
    }

    /// `-Aowide`: switches, then at most one flag with a value.
    fn read_cluster(&mut self, text: &str, verb: &str, table: &[Flag]) -> Result<(), OpsError> {
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            rest = &rest[letter.len_utf8()..];
            let shown = format!("-{letter}");
            let flag = find(table, |flag| flag.short == Some(letter))
                .or_else(|| FORBIDDEN.iter().find(|flag| flag.short == Some(letter)))
                .ok_or_else(|| unknown(&shown, verb, table))?;
            match flag.role {
                Role::Refused(instead) => return Err(refusal(&shown, verb, instead)),
                Role::Optional(alone) => match rest.strip_prefix('=') {
                    Some(value) => return self.set(flag, value),
                    None => self.set(flag, alone)?,
                },
                Role::Switch | Role::IdleSwitch => match rest.strip_prefix('=') {
                    Some(value) => return self.set(flag, value),
                    None => self.set(flag, "true")?,
                },
                Role::Value | Role::Values | Role::IdleValue => {
                    let value = match rest {
                        "" => self.next_value(&shown)?,
                        joined => joined.strip_prefix('=').unwrap_or(joined).to_owned(),
                    };
                    return self.arguments.set(flag, value, self.place);
                }
            }
        }
        Ok(())
    }

    fn set(&mut self, flag: &Flag, value: &str) -> Result<(), OpsError> {
        self.arguments.set(flag, value.to_owned(), self.place)
    }

    fn next_value(&mut self, shown: &str) -> Result<String, OpsError> {
        self.tokens
            .next()
            .ok_or_else(|| invalid(format!("{shown} needs a value"), &format!("{shown} VALUE")))
    }
}

fn is_flag(token: &str) -> bool {
    token.len() > 1 && token.starts_with('-')
}

fn find(table: &[Flag], matches: impl Fn(&Flag) -> bool) -> Option<&Flag> {
    table.iter().chain(GLOBAL).find(|flag| matches(flag))
}

fn refuse_forbidden(name: &str, shown: &str) -> Result<(), OpsError> {
    match FORBIDDEN.iter().find(|flag| flag.long == name) {
        Some(Flag {
            role: Role::Refused(instead),
            ..
        }) => Err(unsupported(
            format!("{shown} is not accepted here"),
            *instead,
        )),
        _ => Ok(()),
    }
}

fn refusal(shown: &str, verb: &str, instead: &str) -> OpsError {
    unsupported(
        format!("{shown} is not supported with “kubectl {verb}” here"),
        instead,
    )
}

fn unknown(shown: &str, verb: &str, table: &[Flag]) -> OpsError {
    let known: Vec<_> = table
        .iter()
        .chain(GLOBAL)
        .filter(|flag| !matches!(flag.role, Role::Refused(_)))
        .map(|flag| format!("--{}", flag.long))
        .collect();
    let message = match verb {
        "kubectl" => format!("{shown} is not a flag that can stand before the verb"),
        verb => format!("“kubectl {verb}” has no flag {shown}"),
    };
    invalid(
        message,
        &format!("{} are understood here", known.join(", ")),
    )
}

/// Word processors turn `--` into a dash; say so instead of looking for an object of that name.
fn refuse_typographic_dash(token: &str) -> Result<(), OpsError> {
    match token.chars().next() {
        Some(dash @ ('\u{2012}'..='\u{2015}' | '\u{2212}')) => Err(invalid(
            format!(
                "“{token}” begins with the typographic dash U+{:04X}, not with “-”",
                dash as u32
            ),
            "kubectl scale deployment/web --replicas=3",
        )),
        _ => Ok(()),
    }
}
