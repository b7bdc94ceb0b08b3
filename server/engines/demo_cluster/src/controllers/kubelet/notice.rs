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
}

impl Notice {
    /// Type, reason and message of the event.
    pub(crate) fn words(
        &self,
        pod: &Value,
        container: &str,
    ) -> (&'static str, &'static str, String) {
        match self {
            Self::Pulling { image } => ("Normal", "Pulling", format!("Pulling image \"{image}\"")),
            Self::Pulled {
                image,
                present: true,
                ..
            } => (
                "Normal",
                "Pulled",
                format!("Container image \"{image}\" already present on machine"),
            ),
            Self::Pulled {
                image,
                seconds,
                present: false,
            } => (
                "Normal",
                "Pulled",
                format!(
                    "Successfully pulled image \"{image}\" in {seconds:.3}s ({seconds:.3}s including waiting). \
                     Image size: {} bytes.",
                    images::size(image)
                ),
            ),
            Self::PullFailed { image, why } => (
                "Warning",
                "Failed",
                format!("Failed to pull image \"{image}\": {why}"),
            ),
            Self::PullError { reason } => ("Warning", "Failed", format!("Error: {reason}")),
            Self::PullBackOff { image } => (
                "Normal",
                "BackOff",
                format!("Back-off pulling image \"{image}\""),
            ),
            Self::Created => (
                "Normal",
                "Created",
                format!("Created container: {container}"),
            ),
            Self::Started => (
                "Normal",
                "Started",
                format!("Started container {container}"),
            ),
            Self::BackOff => (
                "Warning",
                "BackOff",
                format!(
                    "Back-off restarting failed container {container} in pod {}_{}({})",
                    value::name(pod),
                    value::namespace(pod),
                    value::uid(pod)
                ),
            ),
        }
    }
}
