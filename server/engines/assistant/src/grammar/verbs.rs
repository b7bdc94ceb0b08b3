//! The supported verbs and the rules of each; their flags are in [`tables`](super::tables).

use domain::{
    OpsError,
    command::{KubectlCommand, ReadCommand, ResourceWord, WriteCommand},
    ids::ObjectName,
};

use super::{
    flags::{Arguments, Place, Reader},
    invalid,
    logs::logs,
    reads::{api_resources, auth, describe, explain, get},
    refused,
    tables::{
        API_RESOURCES, DESCRIBE, EVENTS, EXPLAIN, GET, LOGS, ROLLOUT, ROLLOUT_HISTORY_REVISION,
        ROLLOUT_STATUS_WATCH, SCALE, VERSION,
    },
    top::{events, top},
    unsupported,
    values::{one_object, replicas, scope},
};

/// Whether `word` is a supported verb.
pub(super) fn is_verb(word: &str) -> bool {
    const VERBS: [&str; 13] = [
        "get",
        "describe",
        "logs",
        "top",
        "events",
        "scale",
        "rollout",
        "version",
        "api-resources",
        "api-versions",
        "cluster-info",
        "explain",
        "auth",
    ];
    VERBS.contains(&word)
}

/// The command made of the words after `kubectl`.
pub(super) fn parse(tokens: Vec<String>) -> Result<KubectlCommand, OpsError> {
    let mut reader = Reader::new(tokens, Place::Product);
    let verb = reader.next_word()?.ok_or_else(refused::no_verb)?;
    match verb.as_str() {
        "scale" => scale(&reader.finish("scale", SCALE)?).map(KubectlCommand::Write),
        "rollout" => rollout(reader),
        _ => read(&verb, reader).map(KubectlCommand::Read),
    }
}

/// A command that changes nothing; `rollout` is not among them, because some of its verbs do.
pub(super) fn read(verb: &str, reader: Reader) -> Result<ReadCommand, OpsError> {
    match verb {
        "get" => get(&reader.finish("get", GET)?),
        "describe" => describe(&reader.finish("describe", DESCRIBE)?),
        "logs" => logs(&reader.finish("logs", LOGS)?),
        "top" => top(reader),
        "events" => events(&reader.finish("events", EVENTS)?),
        "explain" => explain(&reader.finish("explain", EXPLAIN)?),
        "auth" => auth(reader),
        "api-resources" => {
            let arguments = reader.finish("api-resources", API_RESOURCES)?;
            alone("api-resources", &arguments, api_resources(&arguments)?)
        }
        "version" => {
            let arguments = reader.finish("version", VERSION)?;
            alone("version", &arguments, ReadCommand::Version)
        }
        "api-versions" => {
            let arguments = reader.finish("api-versions", &[])?;
            alone("api-versions", &arguments, ReadCommand::ApiVersions)
        }
        "cluster-info" => {
            let arguments = reader.finish("cluster-info", &[])?;
            alone("cluster-info", &arguments, ReadCommand::ClusterInfo)
        }
        other => Err(refused::refusal(other)),
    }
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
        "status" => status(reader).map(KubectlCommand::Read),
        "history" => history(reader).map(KubectlCommand::Read),
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

/// `kubectl rollout status`.
pub(super) fn status(reader: Reader) -> Result<ReadCommand, OpsError> {
    let table = [ROLLOUT, &[ROLLOUT_STATUS_WATCH]].concat();
    let arguments = reader.finish("rollout status", &table)?;
    let (resource, name) = workload(&arguments, "kubectl rollout status deployment/web")?;
    Ok(ReadCommand::RolloutStatus {
        resource,
        name,
        scope: scope(&arguments)?,
    })
}

/// `kubectl rollout history`.
pub(super) fn history(reader: Reader) -> Result<ReadCommand, OpsError> {
    const EXAMPLE: &str = "kubectl rollout history deployment/web --revision=2";
    let table = [ROLLOUT, &[ROLLOUT_HISTORY_REVISION]].concat();
    let arguments = reader.finish("rollout history", &table)?;
    let (resource, name) = workload(&arguments, EXAMPLE)?;
    let revision = match arguments.value("revision") {
        None | Some("0") => None,
        Some(text) => Some(text.parse().ok().filter(|&it| it > 0).ok_or_else(|| {
            invalid(
                format!("“{}” is not a revision", text.escape_debug()),
                EXAMPLE,
            )
        })?),
    };
    Ok(ReadCommand::RolloutHistory {
        resource,
        name,
        scope: scope(&arguments)?,
        revision,
    })
}

/// The one workload of a command; its kind is checked against the cluster when it is resolved.
fn workload(arguments: &Arguments, example: &str) -> Result<(ResourceWord, ObjectName), OpsError> {
    one_object(&arguments.words, example)
}
