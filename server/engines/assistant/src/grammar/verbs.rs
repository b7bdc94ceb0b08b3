//! The supported verbs and the rules of each; their flags are in [`tables`](super::tables).

use domain::{
    OpsError,
    command::{
        KubectlCommand, LogTarget, OutputFormat, ReadCommand, ResourceWord, UsageColumn,
        WriteCommand,
    },
    ids::ObjectName,
};

use super::{
    flags::{Arguments, Reader},
    invalid, refused,
    tables::{
        API_RESOURCES, DESCRIBE, EVENTS, GET, LOGS, NO_TEMPLATES, ROLLOUT, ROLLOUT_STATUS_WATCH,
        SCALE, TOP_NODES, TOP_PODS, VERSION,
    },
    unsupported,
    values::{
        Objects, duration_seconds, objects, one_object, replicas, resource_word, scope, selector,
        sort_path, tail,
    },
};

/// Whether `word` is a supported verb.
pub(super) fn is_verb(word: &str) -> bool {
    const VERBS: [&str; 10] = [
        "get",
        "describe",
        "logs",
        "top",
        "events",
        "scale",
        "rollout",
        "version",
        "api-resources",
        "cluster-info",
    ];
    VERBS.contains(&word)
}

/// The command made of the words after `kubectl`.
pub(super) fn parse(tokens: Vec<String>) -> Result<KubectlCommand, OpsError> {
    let mut reader = Reader::new(tokens);
    let verb = reader.next_word()?.ok_or_else(refused::no_verb)?;
    let read = match verb.as_str() {
        "get" => get(&reader.finish("get", GET)?)?,
        "describe" => describe(&reader.finish("describe", DESCRIBE)?)?,
        "logs" => logs(&reader.finish("logs", LOGS)?)?,
        "top" => top(reader)?,
        "events" => events(&reader.finish("events", EVENTS)?)?,
        "scale" => return scale(&reader.finish("scale", SCALE)?).map(KubectlCommand::Write),
        "rollout" => return rollout(reader),
        "version" => alone(
            "version",
            &reader.finish("version", VERSION)?,
            ReadCommand::Version,
        )?,
        "api-resources" => alone(
            "api-resources",
            &reader.finish("api-resources", API_RESOURCES)?,
            ReadCommand::ApiResources,
        )?,
        "cluster-info" => alone(
            "cluster-info",
            &reader.finish("cluster-info", &[])?,
            ReadCommand::ClusterInfo,
        )?,
        other => return Err(refused::refusal(other)),
    };
    Ok(KubectlCommand::Read(read))
}

fn alone(verb: &str, arguments: &Arguments, command: ReadCommand) -> Result<ReadCommand, OpsError> {
    match arguments.words.first() {
        None => Ok(command),
        Some(word) => Err(invalid(
            format!(
                "“kubectl {verb}” takes no argument “{}”",
                word.escape_debug()
            ),
            &format!("kubectl {verb}"),
        )),
    }
}

/// A line with a changing verb in it is never read as a question about an object of that name.
fn refuse_second_verb(words: &[String]) -> Result<(), OpsError> {
    const CHANGING: [&str; 20] = [
        "scale",
        "delete",
        "apply",
        "create",
        "replace",
        "patch",
        "edit",
        "set",
        "label",
        "annotate",
        "expose",
        "run",
        "autoscale",
        "exec",
        "attach",
        "cp",
        "drain",
        "cordon",
        "uncordon",
        "taint",
    ];
    const CHANGING_PAIRS: [(&str, [&str; 4]); 2] = [
        ("rollout", ["restart", "undo", "pause", "resume"]),
        ("certificate", ["approve", "deny", "approve", "deny"]),
    ];
    let Some(second) = words.first() else {
        return Ok(());
    };
    let is_pair = |(verb, following): &(&str, [&str; 4])| {
        verb == second
            && words
                .get(1)
                .is_some_and(|word| following.contains(&word.as_str()))
    };
    if !CHANGING.contains(&second.as_str()) && !CHANGING_PAIRS.iter().any(is_pair) {
        return Ok(());
    }
    Err(invalid(
        format!("the command has a second verb, “{second}”"),
        "kubectl scale deployment/web --replicas=3",
    ))
}

fn get(arguments: &Arguments) -> Result<ReadCommand, OpsError> {
    refuse_second_verb(&arguments.words)?;
    let Objects { resources, names } = objects(&arguments.words)?;
    let scope = scope(arguments)?;
    let label_selector = selector(arguments, "selector")?;
    let field_selector = selector(arguments, "field-selector")?;
    refuse_names_with_choice(
        &names,
        scope.as_ref(),
        label_selector.is_some() || field_selector.is_some(),
    )?;
    Ok(ReadCommand::Get {
        resources,
        names,
        scope,
        label_selector,
        field_selector,
        output: output(arguments.value("output"))?,
        sort_by: arguments.value("sort-by").map(sort_path).transpose()?,
        show_labels: arguments.is_on("show-labels")?,
        no_headers: arguments.is_on("no-headers")?,
    })
}

/// kubectl refuses names together with `-A` or with a selector; so does this.
fn refuse_names_with_choice(
    names: &[ObjectName],
    scope: Option<&domain::ids::NamespaceScope>,
    has_selector: bool,
) -> Result<(), OpsError> {
    let is_everywhere = scope == Some(&domain::ids::NamespaceScope::All);
    match names.first() {
        Some(name) if is_everywhere => Err(invalid(
            format!("“{name}” cannot be looked up in all namespaces at once"),
            "kubectl get pod web-1 -n shop",
        )),
        Some(name) if has_selector => Err(invalid(
            format!("give either the name “{name}” or a selector, not both"),
            "kubectl get pods -l app=web",
        )),
        _ => Ok(()),
    }
}

fn output(format: Option<&str>) -> Result<OutputFormat, OpsError> {
    let Some(format) = format else {
        return Ok(OutputFormat::Table);
    };
    match format {
        "wide" => Ok(OutputFormat::Wide),
        "json" => Ok(OutputFormat::Json),
        "yaml" => Ok(OutputFormat::Yaml),
        "name" => Ok(OutputFormat::Name),
        _ => {
            const KNOWN: [&str; 5] = [
                "jsonpath",
                "go-template",
                "template",
                "custom-columns",
                "kyaml",
            ];
            if KNOWN.iter().any(|known| format.starts_with(known)) {
                let kind = format.split('=').next().unwrap_or(format);
                return Err(unsupported(
                    format!("the output format {kind} is not supported here"),
                    NO_TEMPLATES,
                ));
            }
            Err(invalid(
                format!("“{}” is not an output format", format.escape_debug()),
                "-o wide, -o json, -o yaml or -o name",
            ))
        }
    }
}

fn describe(arguments: &Arguments) -> Result<ReadCommand, OpsError> {
    refuse_second_verb(&arguments.words)?;
    let Objects {
        mut resources,
        names,
    } = objects(&arguments.words)?;
    if resources.len() > 1 {
        return Err(unsupported(
            "one type at a time is described here",
            "For example: kubectl describe pod web-1",
        ));
    }
    let scope = scope(arguments)?;
    let label_selector = selector(arguments, "selector")?;
    refuse_names_with_choice(&names, scope.as_ref(), label_selector.is_some())?;
    Ok(ReadCommand::Describe {
        resource: resources.remove(0),
        names,
        scope,
        label_selector,
    })
}

fn logs(arguments: &Arguments) -> Result<ReadCommand, OpsError> {
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
    Ok(ReadCommand::Logs {
        target,
        scope: scope(arguments)?,
        container: container
            .map(|name| ObjectName::new(name).map(|name| name.as_str().to_owned()))
            .transpose()?,
        tail: arguments.value("tail").map(tail).transpose()?,
        since_seconds: match arguments.value("since") {
            Some(text) => duration_seconds("since", text)?,
            None => None,
        },
        previous: arguments.is_on("previous")?,
        timestamps: arguments.is_on("timestamps")?,
    })
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

fn top(mut reader: Reader) -> Result<ReadCommand, OpsError> {
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
            let names: Vec<_> = name.iter().cloned().collect();
            refuse_names_with_choice(&names, scope.as_ref(), label_selector.is_some())?;
            Ok(ReadCommand::TopPods {
                name,
                scope,
                label_selector,
                sort_by: usage_column(&arguments)?,
                no_headers: arguments.is_on("no-headers")?,
            })
        }
        "node" | "nodes" | "no" => {
            let arguments = reader.finish("top nodes", TOP_NODES)?;
            Ok(ReadCommand::TopNodes {
                name: optional_name(&arguments, EXAMPLE)?,
                sort_by: usage_column(&arguments)?,
                no_headers: arguments.is_on("no-headers")?,
            })
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

fn events(arguments: &Arguments) -> Result<ReadCommand, OpsError> {
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
    Ok(ReadCommand::Events {
        scope: scope(arguments)?,
        about,
        types,
    })
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

fn scale(arguments: &Arguments) -> Result<WriteCommand, OpsError> {
    const EXAMPLE: &str = "kubectl scale deployment/web --replicas=3";
    let Some(count) = arguments.value("replicas") else {
        return Err(invalid("--replicas is missing: to how many?", EXAMPLE));
    };
    let replicas = replicas(count)?;
    let (resource, name) = workload(arguments, EXAMPLE)?;
    Ok(WriteCommand::Scale {
        resource,
        name,
        scope: scope(arguments)?,
        replicas,
    })
}

fn rollout(mut reader: Reader) -> Result<KubectlCommand, OpsError> {
    const EXAMPLE: &str = "kubectl rollout status deployment/web";
    let Some(what) = reader.next_word()? else {
        return Err(invalid(
            "“kubectl rollout” needs status, history or restart",
            EXAMPLE,
        ));
    };
    match what.as_str() {
        "status" => {
            let table = [ROLLOUT, &[ROLLOUT_STATUS_WATCH]].concat();
            let arguments = reader.finish("rollout status", &table)?;
            let (resource, name) = workload(&arguments, EXAMPLE)?;
            let scope = scope(&arguments)?;
            Ok(KubectlCommand::Read(ReadCommand::RolloutStatus {
                resource,
                name,
                scope,
            }))
        }
        "history" => {
            let arguments = reader.finish("rollout history", ROLLOUT)?;
            let (resource, name) = workload(&arguments, "kubectl rollout history deployment/web")?;
            let scope = scope(&arguments)?;
            Ok(KubectlCommand::Read(ReadCommand::RolloutHistory {
                resource,
                name,
                scope,
            }))
        }
        "restart" => {
            let arguments = reader.finish("rollout restart", ROLLOUT)?;
            let (resource, name) = workload(&arguments, "kubectl rollout restart deployment/web")?;
            let scope = scope(&arguments)?;
            Ok(KubectlCommand::Write(WriteCommand::RolloutRestart {
                resource,
                name,
                scope,
            }))
        }
        "undo" | "pause" | "resume" => Err(unsupported(
            format!("“kubectl rollout {what}” is not done here"),
            "Look at the revisions with kubectl rollout history deployment/web; a change made here is undone by the plan's own undo.",
        )),
        other => Err(invalid(
            format!("“kubectl rollout {}” does not exist", other.escape_debug()),
            EXAMPLE,
        )),
    }
}

/// The one workload of a command; its kind is checked against the cluster when it is resolved.
fn workload(arguments: &Arguments, example: &str) -> Result<(ResourceWord, ObjectName), OpsError> {
    one_object(&arguments.words, example)
}
