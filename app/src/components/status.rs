//! Status words. Colour never stands alone: each has a shape and a word.

use domain::{
    cluster::{Cluster, ClusterMode, ConnectionState, Severity},
    job::JobStatus,
    plan::PlanState,
};
use leptos::prelude::*;

/// How something is, in the tones of the palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Fine.
    Ok,
    /// Worth knowing.
    Info,
    /// Look soon.
    Warn,
    /// Look now.
    Bad,
    /// Neither good nor bad.
    Quiet,
}

impl Tone {
    /// The class that gives the colour.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Quiet => "quiet",
        }
    }

    /// The shape that tells tones apart without colour.
    const fn shape(self) -> &'static str {
        match self {
            Self::Ok => "●",
            Self::Info => "◆",
            Self::Warn => "▲",
            Self::Bad => "■",
            Self::Quiet => "○",
        }
    }
}

impl From<Severity> for Tone {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Info,
            Severity::Ok => Self::Ok,
            Severity::Warning => Self::Warn,
            Severity::Critical => Self::Bad,
        }
    }
}

/// The severity in a word.
#[must_use]
pub const fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Ok => "fine",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

/// A word with its shape and colour.
#[component]
pub fn Status(tone: Tone, #[prop(into)] word: String) -> impl IntoView {
    view! {
        <span class=format!("status {}", tone.class())>
            <span class="shape" aria-hidden="true">{tone.shape()}</span>
            {word}
        </span>
    }
}

/// The mark before a finding: shape for the eye, word for the ear.
#[component]
pub fn SeverityMark(severity: Severity) -> impl IntoView {
    let tone = Tone::from(severity);
    view! {
        <span class=format!("severity {}", tone.class())>
            <span class="shape" aria-hidden="true">{tone.shape()}</span>
            <span class="hidden">{severity_word(severity)}": "</span>
        </span>
    }
}

/// How a cluster's last contact went.
#[component]
pub fn ConnectionStatus(cluster: Cluster) -> impl IntoView {
    let (tone, word) = match &cluster.connection {
        ConnectionState::Connected { version } => (Tone::Ok, format!("connected, {version}")),
        ConnectionState::Unverified => (Tone::Quiet, "not tried yet".to_owned()),
        ConnectionState::Failed { .. } => (Tone::Bad, "not reachable".to_owned()),
    };
    view! { <Status tone word /> }
}

/// What may be changed in a cluster, in a word.
#[component]
pub fn ModePill(mode: ClusterMode) -> impl IntoView {
    let tone = match mode {
        ClusterMode::ReadOnly => Tone::Quiet,
        ClusterMode::Approve => Tone::Info,
        ClusterMode::Automatic => Tone::Ok,
    };
    view! { <span class=format!("pill {}", tone.class())>{mode.as_str()}</span> }
}

/// Where a job stands.
#[must_use]
pub const fn job_status(status: JobStatus) -> (Tone, &'static str) {
    match status {
        JobStatus::Processing => (Tone::Info, "running"),
        JobStatus::Completed => (Tone::Ok, "completed"),
        JobStatus::Failed => (Tone::Bad, "failed"),
        JobStatus::Cancelled => (Tone::Quiet, "cancelled"),
    }
}

/// Where a plan stands.
#[must_use]
pub const fn plan_status(state: &PlanState) -> (Tone, &'static str) {
    match state {
        PlanState::Proposed => (Tone::Warn, "waits for approval"),
        PlanState::Executing => (Tone::Info, "being carried out"),
        PlanState::Executed { .. } => (Tone::Ok, "done"),
        PlanState::Failed { .. } => (Tone::Bad, "failed"),
        PlanState::Rejected => (Tone::Quiet, "rejected"),
        PlanState::Expired => (Tone::Quiet, "expired"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tones_differ_in_shape_as_well_as_in_colour() {
        let tones = [Tone::Ok, Tone::Info, Tone::Warn, Tone::Bad, Tone::Quiet];
        let shapes: std::collections::BTreeSet<_> = tones.map(Tone::shape).into();
        assert_eq!(shapes.len(), tones.len());
    }
}
