//! Kubernetes objects reduced to the domain's own.

mod autoscaler;
mod counters;
mod event;
mod node;
mod pod;
mod status;
mod usage;
mod workload;

pub(crate) use autoscaler::autoscaler;
pub(crate) use counters::{Summary, counters};
pub(crate) use event::{event, events, newest_first};
pub(crate) use node::node;
pub(crate) use pod::pod;
pub(crate) use usage::{Measurement, node_usage, pod_usage};
pub(crate) use workload::{Replicated, workload};

use std::collections::BTreeMap;

use domain::{
    time::Timestamp,
    units::{Bytes, MilliCores},
};
use k8s_openapi::{
    api::core::v1::Container,
    apimachinery::pkg::{
        api::resource::Quantity,
        apis::meta::v1::{ObjectMeta, Time},
    },
};

use crate::quantity;

fn timestamp(time: &Time) -> Timestamp {
    Timestamp(time.0.as_millisecond())
}

/// When an object was created; the epoch for an object that does not say, which no API server sends.
fn created(meta: &ObjectMeta) -> Timestamp {
    meta.creation_timestamp
        .as_ref()
        .map_or_else(Timestamp::default, timestamp)
}

fn count(number: Option<i32>) -> u32 {
    number.map_or(0, |number| u32::try_from(number).unwrap_or(0))
}

/// What the containers of one pod ask for together; each is `None` when a container asks for nothing.
struct Asked {
    cpu_request: Option<MilliCores>,
    memory_request: Option<Bytes>,
    memory_limit: Option<Bytes>,
}

fn asked(containers: &[Container]) -> Asked {
    type Quantities = BTreeMap<String, Quantity>;
    let requests = |container: &Container| container.resources.as_ref()?.requests.clone();
    let limits = |container: &Container| container.resources.as_ref()?.limits.clone();
    let sum = |of: &dyn Fn(&Container) -> Option<Quantities>,
               name: &str,
               read: &dyn Fn(&Quantity) -> Option<u64>| {
        containers
            .iter()
            .map(|container| read(of(container)?.get(name)?))
            .try_fold(0_u64, |sum, amount| sum.checked_add(amount?))
            .filter(|_| !containers.is_empty())
    };
    let milli = |quantity: &Quantity| quantity::millicores(quantity).map(|cpu| cpu.0);
    let bytes = |quantity: &Quantity| quantity::bytes(quantity).map(|bytes| bytes.0);
    Asked {
        cpu_request: sum(&requests, "cpu", &milli).map(MilliCores),
        memory_request: sum(&requests, "memory", &bytes).map(Bytes),
        memory_limit: sum(&limits, "memory", &bytes).map(Bytes),
    }
}
