//! `metrics.k8s.io` measurements.
//!
//! Read as text and parsed here: a pod whose numbers cannot be read is left out, never counted as zero.

use std::collections::BTreeMap;

use domain::{
    resources::{NodeUsage, PodUsage},
    time::Timestamp,
    units::{Bytes, MilliCores},
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use serde::Deserialize;

use crate::quantity;

type Amounts = BTreeMap<String, Quantity>;

/// A `PodMetrics` or `NodeMetrics` as it is on the wire.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Measurement {
    metadata: Named,
    timestamp: String,
    #[serde(default)]
    usage: Amounts,
    #[serde(default)]
    containers: Vec<ContainerMeasurement>,
}

#[derive(Debug, Clone, Deserialize)]
struct Named {
    name: String,
    #[serde(default)]
    namespace: String,
}

#[derive(Debug, Clone, Deserialize)]
struct ContainerMeasurement {
    usage: Amounts,
}

/// Use of a node; `None` when its numbers cannot be read.
pub(crate) fn node_usage(object: Measurement) -> Option<NodeUsage> {
    let (cpu, memory) = amounts(&object.usage)?;
    Some(NodeUsage {
        name: object.metadata.name,
        cpu,
        memory,
        measured_at: Timestamp::parse(&object.timestamp)?,
    })
}

/// Use of a pod, its containers together; `None` when a number of one cannot be read.
pub(crate) fn pod_usage(object: Measurement) -> Option<PodUsage> {
    let (first, others) = object.containers.split_first()?;
    let (cpu, memory) =
        others
            .iter()
            .try_fold(amounts(&first.usage)?, |(cpu, memory), container| {
                let (more_cpu, more_memory) = amounts(&container.usage)?;
                Some((
                    MilliCores(cpu.0.checked_add(more_cpu.0)?),
                    Bytes(memory.0.checked_add(more_memory.0)?),
                ))
            })?;
    Some(PodUsage {
        namespace: object.metadata.namespace,
        name: object.metadata.name,
        cpu,
        memory,
        measured_at: Timestamp::parse(&object.timestamp)?,
    })
}

fn amounts(usage: &Amounts) -> Option<(MilliCores, Bytes)> {
    Some((
        quantity::millicores(usage.get("cpu")?)?,
        quantity::bytes(usage.get("memory")?)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(containers: &str) -> Option<PodUsage> {
        pod_usage(
            serde_json::from_str(&format!(
                r#"{{"metadata":{{"name":"web-1","namespace":"shop"}},"timestamp":"2026-11-24T06:00:00Z",
                    "window":"15s","containers":[{containers}]}}"#
            ))
            .unwrap(),
        )
    }

    #[test]
    fn adds_the_containers_up() {
        let usage = measured(
            r#"{"name":"a","usage":{"cpu":"1500000n","memory":"10Mi"}},{"name":"b","usage":{"cpu":"3m","memory":"1Ki"}}"#,
        )
        .unwrap();
        assert_eq!((usage.cpu.0, usage.memory.0), (5, (10 << 20) + 1024));
    }

    #[test]
    fn a_number_that_cannot_be_read_is_not_a_zero() {
        for usage in [
            r#"{"cpu":"NaN","memory":"1"}"#,
            r#"{"cpu":"-1","memory":"1"}"#,
            r#"{"cpu":"1"}"#,
        ] {
            assert_eq!(
                measured(&format!(r#"{{"name":"a","usage":{usage}}}"#)),
                None
            );
        }
        assert_eq!(measured(""), None);
    }
}
