//! Data and batch.

use super::{BASE, DAY, HOUR, resources};
use crate::{
    company::{Blueprint, Kind},
    load::{Batch, Demand, Rhythm},
    usage::Profile,
};

/// The stateful database: one primary that writes, two replicas that are read.
pub(super) const POSTGRES: Blueprint = Blueprint {
    kind: Kind::StatefulSet,
    namespace: "data",
    name: "postgres",
    replicas: 3,
    image: "docker.io/library/postgres:16.6",
    port: 5432,
    resources: resources((500, Some(1500)), (2048, Some(4096))),
    age: 61 * DAY,
    updated: 61 * DAY,
    ready_after: 9,
    volume: Some(("data", "50Gi")),
    profile: Profile {
        demand: Demand {
            rhythm: Some(Rhythm {
                peak_hour: 17.5,
                night: 0.35,
                weekend: 0.8,
            }),
            ..Demand::steady(820.0, 0.05)
        },
        cpu_per_unit: 1.05,
        memory_per_unit: 0.5,
        received_per_unit: 900.0,
        sent_per_unit: 3_900.0,
        read_per_unit: 2_600.0,
        written_per_unit: 5_200.0,
        first_pod_extra: 1.2,
        ..Profile::idle(24.0, 1_750.0)
    },
    ..BASE
};

/// Steady growth, day and night.
pub(super) const INGEST: Blueprint = Blueprint {
    namespace: "data",
    name: "ingest",
    replicas: 2,
    image: "registry.example.com/data/ingest:2.2.5",
    resources: resources((200, Some(600)), (256, Some(512))),
    age: 33 * DAY,
    updated: 33 * DAY,
    ready_after: 5,
    settings: &[("TOPIC", "orders.v2"), ("BATCH_SIZE", "500")],
    profile: Profile {
        demand: Demand {
            growth_per_day: 0.025,
            ..Demand::steady(400.0, 0.06)
        },
        cpu_per_unit: 0.62,
        memory_per_unit: 0.16,
        received_per_unit: 1_250.0,
        sent_per_unit: 1_100.0,
        written_per_unit: 1_800.0,
        ..Profile::idle(10.0, 120.0)
    },
    ..BASE
};

/// Asks for more than any node has: Pending with `FailedScheduling`.
pub(super) const SPARK_DRIVER: Blueprint = Blueprint {
    namespace: "data",
    name: "spark-driver",
    image: "docker.io/apache/spark:3.5.4",
    port: 7077,
    resources: resources((6000, None), (8192, None)),
    age: 2 * HOUR + 25 * 60,
    updated: 2 * HOUR + 25 * 60,
    profile: Profile::idle(900.0, 3_000.0),
    ..BASE
};

/// Sleeps all day and works hard from 01:30 on.
pub(super) const REPORT_WORKER: Blueprint = Blueprint {
    namespace: "batch",
    name: "report-worker",
    replicas: 2,
    image: "registry.example.com/batch/report-worker:1.6.0",
    resources: resources((300, Some(1000)), (512, Some(1024))),
    age: 44 * DAY,
    updated: 44 * DAY,
    profile: Profile {
        demand: Demand {
            batch: Some(Batch {
                hour: 1.5,
                minutes: 75.0,
                height: 40.0,
            }),
            ..Demand::steady(0.5, 0.1)
        },
        cpu_per_unit: 72.0,
        memory_per_unit: 22.0,
        received_per_unit: 420_000.0,
        sent_per_unit: 60_000.0,
        read_per_unit: 240_000.0,
        written_per_unit: 380_000.0,
        ..Profile::idle(6.0, 140.0)
    },
    ..BASE
};

/// Its tag was never pushed: `ImagePullBackOff`.
pub(super) const INVOICE_RENDERER: Blueprint = Blueprint {
    namespace: "batch",
    name: "invoice-renderer",
    image: "registry.example.com/batch/invoice-renderer:2.0.0-does-not-exist",
    resources: resources((100, Some(400)), (128, Some(256))),
    age: 70 * 60,
    updated: 70 * 60,
    profile: Profile::idle(12.0, 64.0),
    ..BASE
};
