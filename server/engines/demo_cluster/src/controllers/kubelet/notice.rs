//! What a kubelet reports about a container, in its own words.

use serde_json::Value;

use super::images;
use crate::value;

/// What the kubelet reports.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Notice {
    Pulling {
        image: String,
    },
    Pulled {
        image: String,
        seconds: f64,
        present: bool,
    },
    PullFailed {
        image: String,
        why: String,
    },
    PullError {
        reason: &'static str,
    },
    PullBackOff {
        image: String,
    },
    Created,
    Started,
    BackOff,
    Unhealthy {
        probe: &'static str,
        why: String,
    },
    FailedProbe {
        probe: &'static str,
    },
}

/// Type, reason and message of an event.
type Words = (&'static str, &'static str, String);

impl Notice {
    /// Type, reason and message of the event.
    pub(crate) fn words(&self, pod: &Value, container: &str) -> Words {
        match self {
            Self::Pulling { image } => ("Normal", "Pulling", format!("Pulling image \"{image}\"")),
            Self::Pulled {
                image,
                seconds,
                present,
            } => ("Normal", "Pulled", pulled(image, *seconds, *present)),
            Self::PullFailed { image, why } => {
                let message = format!("Failed to pull image \"{image}\": {why}");
                ("Warning", "Failed", message)
            }
            Self::PullError { reason } => ("Warning", "Failed", format!("Error: {reason}")),
            Self::PullBackOff { image } => {
                let message = format!("Back-off pulling image \"{image}\"");
                ("Normal", "BackOff", message)
            }
            Self::Created => {
                let message = format!("Created container: {container}");
                ("Normal", "Created", message)
            }
            Self::Started => {
                let message = format!("Started container {container}");
                ("Normal", "Started", message)
            }
            Self::BackOff => ("Warning", "BackOff", back_off(pod, container)),
            Self::Unhealthy { probe, why } => {
                let message = format!("{probe} probe failed: {why}");
                ("Warning", "Unhealthy", message)
            }
            Self::FailedProbe { probe } => {
                let message =
                    format!("Container {container} failed {probe} probe, will be restarted");
                ("Normal", "Killing", message)
            }
        }
    }
}

fn pulled(image: &str, seconds: f64, present: bool) -> String {
    if present {
        return format!("Container image \"{image}\" already present on machine");
    }
    format!(
        "Successfully pulled image \"{image}\" in {seconds:.3}s ({seconds:.3}s including waiting). Image size: \
         {} bytes.",
        images::size(image)
    )
}

fn back_off(pod: &Value, container: &str) -> String {
    format!(
        "Back-off restarting failed container {container} in pod {}_{}({})",
        value::name(pod),
        value::namespace(pod),
        value::uid(pod)
    )
}
