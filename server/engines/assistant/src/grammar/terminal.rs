//! Command lines of the owner's own terminal: reads as everywhere, and everything else kubectl does.
//!
//! Flags are looked up in kubectl's own tables ([`owner`]); what they mean is decided where the
//! command is carried out, in `kube_cluster`.

use domain::{
    OpsError,
    invocation::{Invocation, OwnVerb, TerminalCommand},
};

use super::{
    flags::{Flag, Place, Reader},
    invalid, owner, refused, verbs,
};

/// The command made of the words after `kubectl`.
pub(super) fn parse(words: Vec<String>) -> Result<TerminalCommand, OpsError> {
    let mut reader = Reader::new(words, Place::Terminal);
    let verb = reader.next_word()?.ok_or_else(refused::no_verb)?;
    match verb.as_str() {
        "get" => get(reader),
        "rollout" => rollout(reader),
        "create" => create(reader),
        "set" => set(reader),
        other => match owner::simple(other) {
            Some((verb, table)) => own(verb, reader, other, table),
            None => verbs::read(other, reader).map(TerminalCommand::Read),
        },
    }
}

fn own(
    verb: OwnVerb,
    reader: Reader,
    shown: &str,
    table: &[&[Flag]],
) -> Result<TerminalCommand, OpsError> {
    let arguments = reader.finish(shown, &table.concat())?;
    let (words, program, flags) = arguments.into_values();
    Ok(TerminalCommand::Own(Invocation {
        verb,
        words,
        program,
        flags,
    }))
}

/// `get` of a path or of the objects of a manifest is the owner's; every other `get` is a read as everywhere.
fn get(reader: Reader) -> Result<TerminalCommand, OpsError> {
    if reader.has_flag(&["--raw"]) {
        return own(OwnVerb::GetRaw, reader, "get", owner::GET_RAW);
    }
    if reader.has_flag(&["-f", "--filename"]) {
        return own(OwnVerb::GetManifest, reader, "get", owner::GET_MANIFEST);
    }
    verbs::read("get", reader).map(TerminalCommand::Read)
}

fn rollout(mut reader: Reader) -> Result<TerminalCommand, OpsError> {
    let what = reader.next_word()?.unwrap_or_default();
    let (verb, table) = match what.as_str() {
        "history" => return verbs::history(reader).map(TerminalCommand::Read),
        "status" => (OwnVerb::RolloutWatch, owner::ROLLOUT_STATUS),
        "restart" => (OwnVerb::RolloutRestart, owner::ROLLOUT),
        "undo" => (OwnVerb::RolloutUndo, owner::ROLLOUT_UNDO),
        "pause" => (OwnVerb::RolloutPause, owner::ROLLOUT),
        "resume" => (OwnVerb::RolloutResume, owner::ROLLOUT),
        other => return Err(unknown_command("rollout", other)),
    };
    own(verb, reader, &format!("rollout {what}"), table)
}

fn set(mut reader: Reader) -> Result<TerminalCommand, OpsError> {
    let what = reader.next_word()?.unwrap_or_default();
    let (verb, table) = match what.as_str() {
        "image" => (OwnVerb::SetImage, owner::SET),
        "resources" => (OwnVerb::SetResources, owner::SET_RESOURCES),
        "env" => (OwnVerb::SetEnv, owner::SET_ENV),
        "selector" => (OwnVerb::SetSelector, owner::SET),
        "serviceaccount" | "sa" => (OwnVerb::SetServiceAccount, owner::SET),
        other => return Err(unknown_command("set", other)),
    };
    own(verb, reader, &format!("set {what}"), table)
}

fn create(mut reader: Reader) -> Result<TerminalCommand, OpsError> {
    // `create -f -` names no kind; every other form does.
    if reader.peek_word().is_none_or(|word| word.starts_with('-')) {
        return own(OwnVerb::Create, reader, "create", owner::CREATE);
    }
    let what = reader.next_word()?.unwrap_or_default();
    let grouped = matches!(what.as_str(), "secret" | "service" | "svc");
    let kind = if grouped {
        reader.next_word()?.unwrap_or_default()
    } else {
        String::new()
    };
    let Some((verb, table)) = owner::created(&what, &kind) else {
        let shown = format!("{what} {kind}");
        return Err(unknown_command("create", shown.trim_end()));
    };
    let shown = format!("create {what} {kind}");
    own(verb, reader, shown.trim_end(), table)
}

fn unknown_command(verb: &str, word: &str) -> OpsError {
    invalid(
        format!(
            "unknown command \"{}\" for \"kubectl {verb}\"",
            word.escape_debug()
        ),
        "kubectl create deployment web --image=nginx",
    )
}
