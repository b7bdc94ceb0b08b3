//! `kubectl top` and `kubectl events`.

use domain::{
    OpsError,
    command::{EventsCommand, ReadCommand, TopNodesCommand, TopPodsCommand, UsageColumn},
    ids::ObjectName,
};

use super::{
    flags::{Arguments, Reader},
    invalid,
    reads::{output, refuse_names_with_choice},
    tables::{TOP_NODES, TOP_PODS},
    values::{resource_word, scope, selector},
};

pub(super) fn top(mut reader: Reader) -> Result<ReadCommand, OpsError> {
    const EXAMPLE: &str = "kubectl top pods -A --sort-by=cpu or kubectl top nodes";
    let Some(what) = reader.next_word()? else {
        return Err(invalid("“kubectl top” is of pods or of nodes", EXAMPLE));
    };
    match what.as_str() {
        "pod" | "pods" | "po" => {
            let arguments = reader.finish("top pods", TOP_PODS)?;
            let name = optional_name(&arguments, EXAMPLE)?;
            let scope = scope(&arguments)?;
            let label_selector = selector(&arguments, "selector")?;
            refuse_names_with_choice(name.as_ref(), scope.as_ref(), label_selector.is_some())?;
            Ok(ReadCommand::TopPods(TopPodsCommand {
                name,
                scope,
                label_selector,
                field_selector: selector(&arguments, "field-selector")?,
                sort_by: usage_column(&arguments)?,
                containers: arguments.is_on("containers")?,
                sum: arguments.is_on("sum")?,
                no_headers: arguments.is_on("no-headers")?,
            }))
        }
        "node" | "nodes" | "no" => {
            let arguments = reader.finish("top nodes", TOP_NODES)?;
            Ok(ReadCommand::TopNodes(TopNodesCommand {
                name: optional_name(&arguments, EXAMPLE)?,
                label_selector: selector(&arguments, "selector")?,
                sort_by: usage_column(&arguments)?,
                show_capacity: arguments.is_on("show-capacity")?,
                no_headers: arguments.is_on("no-headers")?,
            }))
        }
        other => Err(invalid(
            format!(
                "“kubectl top” is of pods or of nodes, not of “{}”",
                other.escape_debug()
            ),
            EXAMPLE,
        )),
    }
}

fn optional_name(arguments: &Arguments, example: &str) -> Result<Option<ObjectName>, OpsError> {
    match arguments.words.as_slice() {
        [] => Ok(None),
        [name] => ObjectName::new(name.as_str()).map(Some),
        [_, extra, ..] => Err(invalid(
            format!("“{}” is one argument too many", extra.escape_debug()),
            example,
        )),
    }
}

fn usage_column(arguments: &Arguments) -> Result<Option<UsageColumn>, OpsError> {
    match arguments.value("sort-by") {
        None => Ok(None),
        Some("cpu") => Ok(Some(UsageColumn::Cpu)),
        Some("memory") => Ok(Some(UsageColumn::Memory)),
        Some(other) => Err(invalid(
            format!(
                "--sort-by={} is neither cpu nor memory",
                other.escape_debug()
            ),
            "kubectl top pods --sort-by=cpu",
        )),
    }
}

pub(super) fn events(arguments: &Arguments) -> Result<ReadCommand, OpsError> {
    const EXAMPLE: &str = "kubectl events -n shop --for pod/web-1 --types=Warning";
    if let Some(word) = arguments.words.first() {
        return Err(invalid(
            format!(
                "“kubectl events” takes no argument “{}”",
                word.escape_debug()
            ),
            EXAMPLE,
        ));
    }
    let about = match arguments.value("for") {
        None => None,
        Some(text) => {
            let (resource, name) = text.split_once('/').ok_or_else(|| {
                invalid(
                    format!("--for={} is not type/name", text.escape_debug()),
                    EXAMPLE,
                )
            })?;
            Some((resource_word(resource)?, ObjectName::new(name)?))
        }
    };
    let types = match arguments.value("types") {
        None => Vec::new(),
        Some(text) => text.split(',').map(event_type).collect::<Result<_, _>>()?,
    };
    Ok(ReadCommand::Events(EventsCommand {
        scope: scope(arguments)?,
        about,
        types,
        output: output(arguments.value("output"))?,
        no_headers: arguments.is_on("no-headers")?,
    }))
}

fn event_type(word: &str) -> Result<String, OpsError> {
    ["Normal", "Warning"]
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(word))
        .map(str::to_owned)
        .ok_or_else(|| {
            invalid(
                format!(
                    "“{}” is not a type of event: they are Normal and Warning",
                    word.escape_debug()
                ),
                "kubectl events --types=Warning",
            )
        })
}
