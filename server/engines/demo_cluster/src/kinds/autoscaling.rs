//! The group `autoscaling/v2`.

use super::BASE;
use crate::registry::{KindSpec, Subresource::Status};

pub(crate) const HORIZONTAL_POD_AUTOSCALER: KindSpec = KindSpec {
    group: "autoscaling",
    version: "v2",
    kind: "HorizontalPodAutoscaler",
    plural: "horizontalpodautoscalers",
    singular: "horizontalpodautoscaler",
    short_names: &["hpa"],
    categories: &["all"],
    subresources: &[Status],
    definition: "HorizontalPodAutoscaler",
    ..BASE
};
