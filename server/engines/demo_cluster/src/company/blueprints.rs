//! The company's workloads: what each runs, asks for, and how its load behaves.
//!
//! One row per workload. The numbers are chosen so that each row shows one thing an operator meets: see the
//! comment above each.

mod data;
mod payments;
mod platform;
mod shop;

use super::{Blueprint, Fate, Kind, Resources};
use crate::{load::Rhythm, usage::Profile};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// When people shop.
const SHOPPING: Rhythm = Rhythm {
    peak_hour: 18.5,
    night: 0.3,
    weekend: 0.85,
};

/// When people are at their desks.
const OFFICE: Rhythm = Rhythm {
    peak_hour: 13.0,
    night: 0.25,
    weekend: 0.45,
};

const BASE: Blueprint = Blueprint {
    kind: Kind::Deployment,
    namespace: "default",
    name: "",
    replicas: 1,
    image: "",
    earlier_image: None,
    port: 8080,
    resources: Resources {
        cpu_request: 50,
        cpu_limit: None,
        memory_request: 64,
        memory_limit: None,
    },
    age: 40 * DAY,
    updated: 40 * DAY,
    ready_after: 4,
    fate: Fate::Healthy,
    volume: None,
    settings: &[],
    profile: Profile::idle(5.0, 24.0),
};

const fn resources(cpu: (u64, Option<u64>), memory: (u64, Option<u64>)) -> Resources {
    Resources {
        cpu_request: cpu.0,
        cpu_limit: cpu.1,
        memory_request: memory.0,
        memory_limit: memory.1,
    }
}

/// Every workload, in no particular order.
pub(super) static BLUEPRINTS: &[Blueprint] = &[
    platform::COREDNS,
    platform::METRICS_SERVER,
    platform::KUBE_PROXY,
    shop::STOREFRONT,
    shop::CHECKOUT,
    shop::CATALOG,
    shop::RECOMMENDATIONS,
    shop::SESSION_CACHE,
    payments::GATEWAY,
    payments::LEDGER,
    payments::FRAUD_SCORING,
    data::POSTGRES,
    data::INGEST,
    data::SPARK_DRIVER,
    data::REPORT_WORKER,
    data::INVOICE_RENDERER,
    platform::PROMETHEUS,
    platform::GRAFANA,
    platform::LANDING_PAGE,
];
