//! `kubectl wait`. Source: `k8s.io/kubectl/pkg/cmd/wait`.

use std::time::Duration;

use domain::command::CommandOutput;
use serde_json::Value;
use tokio::time::Instant;

use super::{
    run::{Run, blank, fail},
    targets::Target,
};
use crate::kubectl::{
    json::{at, items, number, shown, text},
    jsonpath::Template,
    request::{Failure, Outcome},
};

/// How often an object is looked at.
pub(super) const POLL: Duration = Duration::from_millis(200);
/// How long is waited when nothing else is said.
const DEFAULT: Duration = Duration::from_secs(30);
/// What is waited for when the line says forever.
const FOREVER: Duration = Duration::from_secs(7 * 86_400);

/// What is waited for.
enum Condition {
    Created,
    Deleted,
    /// A condition of the status, and the value it has to have.
    Status(String, String),
    /// What a path has to find; any value when none is given.
    Path(Template, Option<String>),
}

/// Runs a `wait`.
pub(super) async fn run(run: &Run<'_>) -> Outcome<CommandOutput> {
    let condition = condition(run.line.value("for").unwrap_or_default())?;
    let timeout = match run.line.value("timeout") {
        None => DEFAULT,
        Some(text) if text.starts_with('-') => FOREVER,
        Some(text) => duration(text)?.min(FOREVER),
    };
    let deadline = Instant::now() + timeout;
    if matches!(condition, Condition::Created) {
        appear(run, deadline).await?;
    }
    let found = run.targets(&run.line.words).await?;
    let mut output = found.output;
    let is_only_missing = |stderr: &str| {
        let mut lines = stderr.lines();
        lines.all(|line| line.starts_with("Error from server (NotFound)"))
    };
    if matches!(condition, Condition::Deleted)
        && output.exit_code != 0
        && is_only_missing(&output.stderr)
    {
        // What is not there has been deleted.
        output = blank();
    } else if found.targets.is_empty() && output.exit_code == 0 {
        return Err(Failure::message("no matching resources found"));
    }
    for target in &found.targets {
        match met(run, target, &condition, timeout, deadline).await {
            Ok(object) => run.report(&mut output, &object, "condition met")?,
            Err(failure) => fail(&mut output, failure)?,
        }
    }
    Ok(output)
}

fn condition(text: &str) -> Outcome<Condition> {
    match text.to_lowercase().as_str() {
        "delete" => return Ok(Condition::Deleted),
        "create" => return Ok(Condition::Created),
        _ => {}
    }
    if let Some(rest) = text.strip_prefix("condition=") {
        let (name, value) = rest.split_once('=').unwrap_or((rest, "true"));
        return Ok(Condition::Status(name.to_owned(), value.to_owned()));
    }
    if let Some(rest) = text.strip_prefix("jsonpath=") {
        let (path, value) = path_and_value(rest);
        let template = Template::parse_path(path).map_err(Failure::message)?;
        return match value.map(|value| value.trim_matches(['\'', '"'])) {
            Some("") => Err(Failure::message(
                "jsonpath wait has to have a value after equal sign, like \
                 --for=jsonpath='{.status.readyReplicas}'=3",
            )),
            value => Ok(Condition::Path(template, value.map(str::to_owned))),
        };
    }
    Err(Failure::message(format!(
        "unrecognized condition: \"{text}\""
    )))
}

/// Splits at the one `=` that is not part of a comparison.
fn path_and_value(text: &str) -> (&str, Option<&str>) {
    let bytes = text.as_bytes();
    let is_single = |at: usize| {
        bytes[at] == b'='
            && bytes.get(at + 1) != Some(&b'=')
            && (at == 0 || !matches!(bytes[at - 1], b'=' | b'!' | b'<' | b'>'))
    };
    match (0..bytes.len()).find(|&at| is_single(at)) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

/// Waits until something that the line names is there.
async fn appear(run: &Run<'_>, deadline: Instant) -> Outcome<()> {
    loop {
        let found = run.targets(&run.line.words).await?;
        if !found.targets.is_empty() {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(Failure::message("timed out waiting for the condition"));
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Waits for the condition of one object; the object as it is then.
async fn met(
    run: &Run<'_>,
    target: &Target,
    condition: &Condition,
    timeout: Duration,
    deadline: Instant,
) -> Outcome<Value> {
    let uid = text(&target.object, "/metadata/uid");
    loop {
        let live = run.live(target).await?;
        match (&live, condition) {
            (None, Condition::Deleted) => return Ok(target.object.clone()),
            (Some(live), Condition::Deleted) if text(live, "/metadata/uid") != uid => {
                return Ok(live.clone());
            }
            (Some(live), _) if holds(live, condition)? => return Ok(live.clone()),
            (Some(_), _) => {}
            (None, _) => {
                return Err(Failure::not_found(&target.resource, &target.name));
            }
        }
        if timeout.is_zero() {
            return Err(Failure::message(format!(
                "condition not met for {}/{}",
                target.resource.plural, target.name
            )));
        }
        if Instant::now() > deadline {
            return Err(Failure::message(format!(
                "timed out waiting for the condition on {}/{}",
                target.resource.plural, target.name
            )));
        }
        tokio::time::sleep(POLL).await;
    }
}

fn holds(object: &Value, condition: &Condition) -> Outcome<bool> {
    match condition {
        Condition::Created => Ok(true),
        Condition::Deleted => Ok(false),
        Condition::Status(name, value) => Ok(has_condition(object, name, value)),
        Condition::Path(path, value) => {
            let found = path.find(object, false).map_err(Failure::message)?;
            let Some(results) = found.first().filter(|results| !results.is_empty()) else {
                return Ok(false);
            };
            if found.len() > 1 || results.len() > 1 {
                return Err(Failure::message(
                    "given jsonpath expression matches more than one value",
                ));
            }
            let result = &results[0];
            let Some(value) = value else { return Ok(true) };
            if result.is_array() || result.is_object() {
                return Err(Failure::message(
                    "jsonpath leads to a nested object or list which is not supported",
                ));
            }
            Ok(shown(result).trim() == value.trim())
        }
    }
}

/// Whether a condition has a value that was observed of the object as it is now.
fn has_condition(object: &Value, name: &str, value: &str) -> bool {
    let Some(condition) = items(object, "/status/conditions")
        .iter()
        .find(|condition| text(condition, "/type").eq_ignore_ascii_case(name))
    else {
        return false;
    };
    let observed = [
        at(condition, "/observedGeneration"),
        at(object, "/status/observedGeneration"),
    ]
    .into_iter()
    .find_map(Value::as_i64);
    let is_current = observed.is_none_or(|seen| seen >= number(object, "/metadata/generation"));
    is_current && text(condition, "/status").eq_ignore_ascii_case(value)
}

/// A Go duration: `90s`, `1h30m`, `500ms`; `0` for none.
pub(super) fn duration(text: &str) -> Outcome<Duration> {
    let invalid = || {
        Failure::message(format!(
            "invalid argument \"{text}\" for \"--timeout\" flag: time: invalid duration \"{text}\""
        ))
    };
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text;
    let mut seconds = 0.0_f64;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .ok_or_else(invalid)?;
        let amount: f64 = rest[..digits].parse().map_err(|_| invalid())?;
        let tail = &rest[digits..];
        let length = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let unit = match &tail[..length] {
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(invalid()),
        };
        seconds += amount * unit;
        rest = &tail[length..];
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| invalid())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_durations_as_go_does() {
        assert_eq!(duration("1h30m").unwrap(), Duration::from_secs(5400));
        assert_eq!(duration("500ms").unwrap(), Duration::from_millis(500));
        assert_eq!(duration("0").unwrap(), Duration::ZERO);
        for wrong in ["2d", "5", "s", "1.2.3s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_value_follows_a_single_equals_sign() {
        assert_eq!(path_and_value("{.a}=3"), ("{.a}", Some("3")));
        assert_eq!(
            path_and_value("{.a[?(@.b==1)].c}"),
            ("{.a[?(@.b==1)].c}", None)
        );
    }

    #[test]
    fn a_condition_of_an_older_generation_does_not_count() {
        let mut object = json!({"metadata": {"generation": 2}, "status": {"observedGeneration": 1,
            "conditions": [{"type": "Available", "status": "True"}]}});
        assert!(!has_condition(&object, "available", "true"));
        object["status"]["observedGeneration"] = 2.into();
        assert!(has_condition(&object, "available", "true"));
    }
}
