//! `autoscaling/v2` `HorizontalPodAutoscaler` objects.

use domain::{resources::Autoscaler, units::Replicas};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;

use super::count;

/// The bounds and the target of an autoscaler; `None` for one without a spec.
pub(crate) fn autoscaler(object: HorizontalPodAutoscaler) -> Option<Autoscaler> {
    let spec = object.spec?;
    Some(Autoscaler {
        namespace: object.metadata.namespace.unwrap_or_default(),
        name: object.metadata.name?,
        target_kind: spec.scale_target_ref.kind,
        target_name: spec.scale_target_ref.name,
        // The API's own default is 1.
        min: Replicas(spec.min_replicas.map_or(1, |min| count(Some(min)))),
        max: Replicas(count(Some(spec.max_replicas))),
    })
}
