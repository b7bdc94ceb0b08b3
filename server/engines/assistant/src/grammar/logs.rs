//! `kubectl logs`: whose, and which part.

use domain::{
    OpsError,
    command::{LogTarget, LogsCommand, ReadCommand},
    ids::ObjectName,
};

use super::{
    flags::Arguments,
    invalid,
    reads::refuse_second_verb,
    values::{duration_seconds, limit_bytes, resource_word, scope, selector, tail},
};

pub(super) fn logs(arguments: &Arguments) -> Result<ReadCommand, OpsError> {
    refuse_second_verb(&arguments.words)?;
    let (target, positional) = log_target(arguments)?;
    let container = match (arguments.value("container"), positional) {
        (Some(_), Some(second)) => {
            return Err(invalid(
                format!("the container is given twice, as “{second}” and with -c"),
                "kubectl logs web-1 -c app",
            ));
        }
        (name, positional) => name.or(positional),
    };
    Ok(ReadCommand::Logs(Box::new(LogsCommand {
        target,
        scope: scope(arguments)?,
        container: container
            .map(|name| ObjectName::new(name).map(|name| name.as_str().to_owned()))
            .transpose()?,
        all_containers: arguments.is_on("all-containers")?,
        prefix: arguments.is_on("prefix")?,
        tail: match arguments.value("tail") {
            Some("-1") => Some(u32::MAX),
            given => given.map(tail).transpose()?,
        },
        since_seconds: match arguments.value("since") {
            Some(text) => duration_seconds("since", text)?,
            None => None,
        },
        since_time: arguments.value("since-time").map(time).transpose()?,
        limit_bytes: arguments
            .value("limit-bytes")
            .map(limit_bytes)
            .transpose()?,
        previous: arguments.is_on("previous")?,
        timestamps: arguments.is_on("timestamps")?,
    })))
}

/// An RFC 3339 time.
fn time(text: &str) -> Result<String, OpsError> {
    match domain::time::Timestamp::parse(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err(invalid(
            format!("--since-time={} is not a time", text.escape_debug()),
            "--since-time=2026-11-24T08:00:00Z",
        )),
    }
}

/// Whose logs, and the container when it follows the pod's name.
fn log_target(arguments: &Arguments) -> Result<(LogTarget, Option<&str>), OpsError> {
    const EXAMPLE: &str =
        "kubectl logs web-1, kubectl logs deployment/web or kubectl logs -l app=web";
    let chosen = selector(arguments, "selector")?;
    let words: Vec<&str> = arguments.words.iter().map(String::as_str).collect();
    match (chosen, words.as_slice()) {
        (Some(selector), []) => Ok((LogTarget::Selector(selector), None)),
        (Some(_), [name, ..]) => Err(invalid(
            format!("give either the name “{name}” or a selector, not both"),
            EXAMPLE,
        )),
        (None, []) => Err(invalid("the command names no pod", EXAMPLE)),
        (None, ["pod" | "pods" | "po", name]) => Err(invalid(
            format!("“{name}” after a type is read as a container"),
            &format!("kubectl logs {name}"),
        )),
        (None, [pod]) => Ok((named_target(pod)?, None)),
        (None, [pod, container]) => Ok((named_target(pod)?, Some(*container))),
        (None, [_, _, extra, ..]) => Err(invalid(
            format!("“{}” is one argument too many", extra.escape_debug()),
            EXAMPLE,
        )),
    }
}

fn named_target(word: &str) -> Result<LogTarget, OpsError> {
    let Some((resource, name)) = word.split_once('/') else {
        return Ok(LogTarget::Pod(ObjectName::new(word)?));
    };
    let resource = resource_word(resource)?;
    let name = ObjectName::new(name)?;
    Ok(match resource.0.as_str() {
        "pod" | "pods" | "po" => LogTarget::Pod(name),
        _ => LogTarget::Owner(resource, name),
    })
}
