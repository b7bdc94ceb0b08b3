//! What only the owner of a kubeconfig does: changes made at once, raw paths, manifests, waiting.
//!
//! One file for each command. Words and flags come from kubectl's own grammar (`engines/assistant`); outcomes are
//! printed by [`mod@run`], objects are found by [`targets`] or read from [`manifest`]s.

mod apply;
mod create;
mod delete;
mod diff;
mod drain;
mod expose;
mod label;
mod manifest;
mod merge;
mod patch;
mod raw;
mod replace;
mod rollout;
mod run;
mod run_pod;
mod scale;
mod set;
mod taint;
mod targets;
mod wait;

use domain::{
    command::CommandOutput,
    invocation::{Files, Invocation, OwnVerb},
};

use self::run::Run;
use super::request::{Outcome, Session};

/// Carries out a command.
pub(super) async fn run(
    session: &Session<'_>,
    line: &Invocation,
    files: &Files,
) -> Outcome<CommandOutput> {
    let run = Run::new(session, line, files)?;
    match line.verb {
        OwnVerb::Annotate => label::run(&run, label::Map::Annotations).await,
        OwnVerb::Label => label::run(&run, label::Map::Labels).await,
        OwnVerb::Apply => apply::run(&run).await,
        OwnVerb::Autoscale => scale::autoscale(&run).await,
        OwnVerb::Cordon => drain::cordon(&run, true).await,
        OwnVerb::Uncordon => drain::cordon(&run, false).await,
        OwnVerb::Drain => drain::drain(&run).await,
        OwnVerb::Delete => delete::run(&run).await,
        OwnVerb::Diff => diff::run(&run).await,
        OwnVerb::Expose => expose::run(&run).await,
        OwnVerb::GetManifest => raw::get_manifest(&run).await,
        OwnVerb::GetRaw => raw::get(&run).await,
        OwnVerb::Patch => patch::run(&run).await,
        OwnVerb::Replace => replace::run(&run).await,
        OwnVerb::RolloutPause => rollout::pause(&run, true).await,
        OwnVerb::RolloutResume => rollout::pause(&run, false).await,
        OwnVerb::RolloutRestart => rollout::restart(&run).await,
        OwnVerb::RolloutUndo => rollout::undo(&run).await,
        OwnVerb::RolloutWatch => rollout::watch(&run).await,
        OwnVerb::Run => run_pod::run(&run).await,
        OwnVerb::Scale => scale::run(&run).await,
        OwnVerb::SetEnv => set::env(&run).await,
        OwnVerb::SetImage => set::image(&run).await,
        OwnVerb::SetResources => set::resources(&run).await,
        OwnVerb::SetSelector => set::selector(&run).await,
        OwnVerb::SetServiceAccount => set::service_account(&run).await,
        OwnVerb::Taint => taint::run(&run).await,
        OwnVerb::Wait => wait::run(&run).await,
        OwnVerb::Create => create::from_manifests(&run).await,
        OwnVerb::New(kind) => create::by_flags(&run, kind).await,
    }
}
