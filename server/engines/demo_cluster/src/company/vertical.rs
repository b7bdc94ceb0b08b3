//! The definition of `VerticalPodAutoscaler`s, which many clusters carry, and the company's one of them.
//!
//! Nothing recommends here: the object waits for a recommender, as on a cluster that has only the definition.
//! Fields follow `vertical-pod-autoscaler/deploy/vpa-v1-crd-gen.yaml` of kubernetes/autoscaler.

use domain::time::Timestamp;
use serde_json::{Value, json};

use crate::{
    api, custom,
    registry::{self, KindId},
};

/// The definition, and an autoscaler of the catalogue's pods that only recommends.
pub(super) fn objects(created_at: Timestamp) -> Vec<(KindId, Value)> {
    let definition = definition();
    let mut established = definition.clone();
    api::complete(registry::CUSTOM_RESOURCE_DEFINITION, &mut established);
    custom::establish(&mut established, created_at);
    let autoscalers = custom::kind_of(&established).map(|kind| (kind, autoscaler()));
    [(registry::CUSTOM_RESOURCE_DEFINITION, definition)]
        .into_iter()
        .chain(autoscalers)
        .collect()
}

fn autoscaler() -> Value {
    json!({
        "metadata": {"name": "catalog", "namespace": "shop"},
        "spec": {
            "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "catalog"},
            "updatePolicy": {"updateMode": "Off"},
        },
    })
}

fn definition() -> Value {
    let column = |name: &str, path: &str| json!({"name": name, "type": "string", "jsonPath": path});
    let target = ".status.recommendation.containerRecommendations[0].target";
    json!({
        "metadata": {
            "name": "verticalpodautoscalers.autoscaling.k8s.io",
            "annotations": {"api-approved.kubernetes.io": "https://github.com/kubernetes/kubernetes/pull/63797"},
        },
        "spec": {
            "group": "autoscaling.k8s.io",
            "scope": "Namespaced",
            "names": {
                "kind": "VerticalPodAutoscaler",
                "plural": "verticalpodautoscalers",
                "singular": "verticalpodautoscaler",
                "shortNames": ["vpa"],
            },
            "versions": [{
                "name": "v1",
                "served": true,
                "storage": true,
                "subresources": {"status": {}},
                "additionalPrinterColumns": [
                    column("Mode", ".spec.updatePolicy.updateMode"),
                    column("CPU", &format!("{target}.cpu")),
                    column("Mem", &format!("{target}.memory")),
                    column("Provided", ".status.conditions[?(@.type=='RecommendationProvided')].status"),
                    json!({"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}),
                ],
                "schema": {"openAPIV3Schema": schema()},
            }],
        },
    })
}

fn schema() -> Value {
    json!({
        "type": "object",
        "description": "VerticalPodAutoscaler is the configuration for a vertical pod autoscaler, which automatically manages pod resources based on historical and real time resource utilization.",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": spec(),
            "status": status(),
        },
    })
}

/// An amount for each resource.
fn amounts(description: &str) -> Value {
    json!({
        "type": "object", "description": description,
        "additionalProperties": {"x-kubernetes-int-or-string": true},
    })
}

fn spec() -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    let one_of = |words: &[&str], description: &str| json!({"type": "string", "enum": words, "description": description});
    json!({
        "type": "object",
        "description": "Specification of the behavior of the autoscaler.",
        "required": ["targetRef"],
        "properties": {
            "targetRef": {
                "type": "object",
                "description": "TargetRef points to the controller managing the set of pods for the autoscaler to control.",
                "required": ["kind", "name"],
                "properties": {
                    "apiVersion": text("apiVersion is the API version of the referent"),
                    "kind": text("kind is the kind of the referent"),
                    "name": text("name is the name of the referent"),
                },
            },
            "updatePolicy": {
                "type": "object",
                "description": "Describes the rules on how changes are applied to the pods.",
                "properties": {
                    "updateMode": one_of(&["Off", "Initial", "Recreate", "Auto"], "Controls when autoscaler applies changes to the pod resources."),
                    "minReplicas": {"type": "integer", "minimum": 0, "description": "Minimal number of replicas which need to be alive for updater to attempt pod eviction."},
                },
            },
            "resourcePolicy": {
                "type": "object",
                "description": "Controls how the autoscaler computes recommended resources.",
                "properties": {"containerPolicies": {
                    "type": "array",
                    "description": "Per-container resource policies.",
                    "items": {"type": "object", "properties": {
                        "containerName": text("Name of the container or DefaultContainerResourcePolicy."),
                        "mode": one_of(&["Auto", "Off"], "Whether autoscaler is enabled for the container."),
                        "minAllowed": amounts("Specifies the minimal amount of resources that will be recommended for the container."),
                        "maxAllowed": amounts("Specifies the maximum amount of resources that will be recommended for the container."),
                        "controlledResources": {"type": "array", "items": {"type": "string"}, "description": "Specifies the type of recommendations that will be computed."},
                        "controlledValues": one_of(&["RequestsAndLimits", "RequestsOnly"], "Specifies which resource values should be controlled."),
                    }},
                }},
            },
            "recommenders": {
                "type": "array",
                "description": "Recommender responsible for generating recommendation for this object.",
                "items": {"type": "object", "required": ["name"], "properties": {"name": text("Name of the recommender.")}},
            },
        },
    })
}

fn status() -> Value {
    json!({
        "type": "object",
        "description": "Current information about the autoscaler.",
        "properties": {
            "conditions": {
                "type": "array",
                "description": "Conditions is the set of conditions required for this autoscaler to scale its target.",
                "items": {"type": "object", "required": ["status", "type"], "properties": {
                    "type": {"type": "string"}, "status": {"type": "string"}, "reason": {"type": "string"},
                    "message": {"type": "string"}, "lastTransitionTime": {"type": "string", "format": "date-time"},
                }},
            },
            "recommendation": {
                "type": "object",
                "description": "The most recently computed amount of resources recommended by the autoscaler for the controlled pods.",
                "properties": {"containerRecommendations": {
                    "type": "array",
                    "description": "Resources recommended by the autoscaler for each container.",
                    "items": {"type": "object", "required": ["target"], "properties": {
                        "containerName": {"type": "string"},
                        "target": amounts("Recommended amount of resources."),
                        "lowerBound": amounts("Minimum recommended amount of resources."),
                        "upperBound": amounts("Maximum recommended amount of resources."),
                        "uncappedTarget": amounts("The most recent recommended resources target computed by the autoscaler."),
                    }},
                }},
            },
        },
    })
}
