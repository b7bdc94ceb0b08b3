//! The company's workloads: what each runs, asks for, and how its load behaves.
//!
//! One row per workload. The numbers are chosen so that each row shows one thing an operator meets: see the
//! comment above each.

use super::{Blueprint, Fate, Kind, Resources};
use crate::{
    load::{Batch, Bursts, Demand, Rhythm},
    usage::Profile,
};

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
    COREDNS,
    METRICS_SERVER,
    KUBE_PROXY,
    STOREFRONT,
    CHECKOUT,
    CATALOG,
    RECOMMENDATIONS,
    SESSION_CACHE,
    GATEWAY,
    LEDGER,
    FRAUD_SCORING,
    POSTGRES,
    INGEST,
    SPARK_DRIVER,
    REPORT_WORKER,
    INVOICE_RENDERER,
    PROMETHEUS,
    GRAFANA,
    LANDING_PAGE,
];

const COREDNS: Blueprint = Blueprint {
    namespace: "kube-system",
    name: "coredns",
    replicas: 2,
    image: "registry.k8s.io/coredns/coredns:v1.12.0",
    port: 53,
    resources: resources((100, None), (70, Some(170))),
    age: 63 * DAY,
    updated: 63 * DAY,
    profile: Profile {
        demand: Demand {
            rhythm: Some(SHOPPING),
            ..Demand::steady(180.0, 0.1)
        },
        cpu_per_unit: 0.07,
        received_per_unit: 90.0,
        sent_per_unit: 240.0,
        ..Profile::idle(2.0, 21.0)
    },
    ..BASE
};

const METRICS_SERVER: Blueprint = Blueprint {
    namespace: "kube-system",
    name: "metrics-server",
    image: "registry.k8s.io/metrics-server/metrics-server:v0.7.2",
    port: 10250,
    resources: resources((100, None), (200, None)),
    age: 63 * DAY,
    updated: 63 * DAY,
    ready_after: 20,
    profile: Profile::idle(6.0, 38.0),
    ..BASE
};

const KUBE_PROXY: Blueprint = Blueprint {
    kind: Kind::DaemonSet,
    namespace: "kube-system",
    name: "kube-proxy",
    image: "registry.k8s.io/kube-proxy:v1.33.4",
    port: 10256,
    resources: resources((0, None), (0, None)),
    age: 63 * DAY,
    updated: 63 * DAY,
    profile: Profile::idle(3.0, 22.0),
    ..BASE
};

/// Under-provisioned and growing: each pod uses 88 to 160 percent of its request, at any hour. The one the
/// predictive autoscaler should scale up.
const STOREFRONT: Blueprint = Blueprint {
    namespace: "shop",
    name: "storefront",
    replicas: 3,
    image: "registry.example.com/shop/storefront:2.14.1",
    earlier_image: Some("registry.example.com/shop/storefront:2.13.0"),
    resources: resources((250, Some(500)), (256, Some(512))),
    age: 58 * DAY,
    updated: 4 * DAY + 3 * HOUR,
    ready_after: 6,
    settings: &[
        ("CATALOG_URL", "http://catalog.shop.svc:8080"),
        ("LOG_FORMAT", "json"),
    ],
    profile: Profile {
        demand: Demand {
            rhythm: Some(Rhythm {
                peak_hour: 18.5,
                night: 0.62,
                weekend: 0.96,
            }),
            growth_per_day: 0.012,
            ..Demand::steady(300.0, 0.035)
        },
        cpu_per_unit: 3.75,
        memory_per_unit: 0.35,
        received_per_unit: 1_400.0,
        sent_per_unit: 26_000.0,
        written_per_unit: 420.0,
        ..Profile::idle(14.0, 168.0)
    },
    ..BASE
};

/// Owned by a `HorizontalPodAutoscaler` that follows the daily rhythm.
const CHECKOUT: Blueprint = Blueprint {
    namespace: "shop",
    name: "checkout",
    replicas: 3,
    image: "registry.example.com/shop/checkout:5.2.0",
    earlier_image: Some("registry.example.com/shop/checkout:5.1.3"),
    resources: resources((200, Some(600)), (192, Some(384))),
    age: 51 * DAY,
    updated: 9 * DAY,
    ready_after: 8,
    settings: &[("PAYMENT_GATEWAY", "http://gateway.payments.svc:8080")],
    profile: Profile {
        demand: Demand {
            rhythm: Some(SHOPPING),
            ..Demand::steady(60.0, 0.06)
        },
        cpu_per_unit: 10.0,
        memory_per_unit: 0.6,
        received_per_unit: 2_300.0,
        sent_per_unit: 6_800.0,
        written_per_unit: 900.0,
        ..Profile::idle(10.0, 110.0)
    },
    ..BASE
};

/// Healthy, with the plainest daily and weekly rhythm.
const CATALOG: Blueprint = Blueprint {
    namespace: "shop",
    name: "catalog",
    replicas: 3,
    image: "registry.example.com/shop/catalog:1.40.2",
    resources: resources((150, Some(400)), (192, Some(384))),
    age: 58 * DAY,
    updated: 58 * DAY,
    settings: &[("DATABASE_HOST", "postgres.data.svc")],
    profile: Profile {
        demand: Demand {
            rhythm: Some(SHOPPING),
            ..Demand::steady(190.0, 0.05)
        },
        cpu_per_unit: 1.5,
        memory_per_unit: 0.25,
        received_per_unit: 600.0,
        sent_per_unit: 11_000.0,
        written_per_unit: 250.0,
        ..Profile::idle(9.0, 92.0)
    },
    ..BASE
};

/// Leaks memory until the kernel ends it, about twice a day.
const RECOMMENDATIONS: Blueprint = Blueprint {
    namespace: "shop",
    name: "recommendations",
    replicas: 2,
    image: "registry.example.com/shop/recommendations:0.9.7",
    resources: resources((200, Some(800)), (320, Some(512))),
    age: 6 * DAY + 5 * HOUR,
    updated: 6 * DAY + 5 * HOUR,
    ready_after: 12,
    fate: Fate::Leaks,
    settings: &[("MODEL", "collaborative-v3")],
    profile: Profile {
        demand: Demand {
            rhythm: Some(SHOPPING),
            ..Demand::steady(70.0, 0.08)
        },
        cpu_per_unit: 3.2,
        memory_per_unit: 0.4,
        leak_per_hour: 24.0,
        received_per_unit: 900.0,
        sent_per_unit: 4_200.0,
        written_per_unit: 200.0,
        ..Profile::idle(16.0, 205.0)
    },
    ..BASE
};

const SESSION_CACHE: Blueprint = Blueprint {
    kind: Kind::StatefulSet,
    namespace: "shop",
    name: "session-cache",
    image: "docker.io/library/redis:7.4-alpine",
    port: 6379,
    resources: resources((100, Some(300)), (256, Some(512))),
    age: 58 * DAY,
    updated: 58 * DAY,
    volume: Some(("data", "4Gi")),
    profile: Profile {
        demand: Demand {
            rhythm: Some(SHOPPING),
            ..Demand::steady(900.0, 0.05)
        },
        cpu_per_unit: 0.045,
        memory_per_unit: 0.09,
        received_per_unit: 210.0,
        sent_per_unit: 380.0,
        written_per_unit: 160.0,
        ..Profile::idle(6.0, 118.0)
    },
    ..BASE
};

/// Bursts: settlement files and flash sales arrive at odd hours.
const GATEWAY: Blueprint = Blueprint {
    namespace: "payments",
    name: "gateway",
    replicas: 3,
    image: "registry.example.com/payments/gateway:3.8.4",
    earlier_image: Some("registry.example.com/payments/gateway:3.8.1"),
    resources: resources((200, Some(600)), (384, Some(640))),
    age: 55 * DAY,
    updated: 12 * DAY + 7 * HOUR,
    ready_after: 15,
    settings: &[("LEDGER_URL", "http://ledger.payments.svc:8080")],
    profile: Profile {
        demand: Demand {
            rhythm: Some(SHOPPING),
            bursts: Some(Bursts {
                per_day: 7.0,
                height: 1.3,
                minutes: 14.0,
            }),
            ..Demand::steady(80.0, 0.07)
        },
        cpu_per_unit: 4.0,
        memory_per_unit: 0.5,
        received_per_unit: 2_900.0,
        sent_per_unit: 3_600.0,
        written_per_unit: 1_100.0,
        ..Profile::idle(20.0, 290.0)
    },
    ..BASE
};

const LEDGER: Blueprint = Blueprint {
    namespace: "payments",
    name: "ledger",
    replicas: 2,
    image: "registry.example.com/payments/ledger:1.17.0",
    resources: resources((150, Some(500)), (256, Some(512))),
    age: 55 * DAY,
    updated: 55 * DAY,
    ready_after: 10,
    settings: &[("DATABASE_HOST", "postgres.data.svc")],
    profile: Profile {
        demand: Demand {
            rhythm: Some(OFFICE),
            ..Demand::steady(45.0, 0.06)
        },
        cpu_per_unit: 3.4,
        memory_per_unit: 0.5,
        received_per_unit: 1_900.0,
        sent_per_unit: 1_700.0,
        written_per_unit: 2_600.0,
        ..Profile::idle(8.0, 176.0)
    },
    ..BASE
};

/// Cannot start since its last release: a setting is missing. `CrashLoopBackOff`.
const FRAUD_SCORING: Blueprint = Blueprint {
    namespace: "payments",
    name: "fraud-scoring",
    image: "registry.example.com/payments/fraud-scoring:0.4.0",
    resources: resources((100, Some(500)), (256, Some(512))),
    age: 5 * HOUR + 12 * 60,
    updated: 5 * HOUR + 12 * 60,
    ready_after: 30,
    fate: Fate::Crashes {
        after_seconds: 3,
        exit_code: 1,
    },
    settings: &[("MODEL_PATH", "/models/fraud-v4.onnx")],
    profile: Profile::idle(40.0, 120.0),
    ..BASE
};

/// The stateful database: one primary that writes, two replicas that are read.
const POSTGRES: Blueprint = Blueprint {
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
const INGEST: Blueprint = Blueprint {
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
const SPARK_DRIVER: Blueprint = Blueprint {
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
const REPORT_WORKER: Blueprint = Blueprint {
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
const INVOICE_RENDERER: Blueprint = Blueprint {
    namespace: "batch",
    name: "invoice-renderer",
    image: "registry.example.com/batch/invoice-renderer:2.0.0-does-not-exist",
    resources: resources((100, Some(400)), (128, Some(256))),
    age: 70 * 60,
    updated: 70 * 60,
    profile: Profile::idle(12.0, 64.0),
    ..BASE
};

const PROMETHEUS: Blueprint = Blueprint {
    kind: Kind::StatefulSet,
    namespace: "monitoring",
    name: "prometheus",
    image: "quay.io/prometheus/prometheus:v3.1.0",
    port: 9090,
    resources: resources((300, Some(1000)), (1024, Some(2048))),
    age: 47 * DAY,
    updated: 47 * DAY,
    ready_after: 18,
    volume: Some(("storage", "30Gi")),
    profile: Profile {
        demand: Demand::steady(900.0, 0.12),
        cpu_per_unit: 0.12,
        memory_per_unit: 0.3,
        received_per_unit: 140.0,
        sent_per_unit: 12.0,
        read_per_unit: 60.0,
        written_per_unit: 210.0,
        ..Profile::idle(30.0, 640.0)
    },
    ..BASE
};

const GRAFANA: Blueprint = Blueprint {
    namespace: "monitoring",
    name: "grafana",
    image: "docker.io/grafana/grafana:11.4.0",
    port: 3000,
    resources: resources((100, Some(300)), (192, Some(384))),
    age: 47 * DAY,
    updated: 47 * DAY,
    ready_after: 9,
    profile: Profile {
        demand: Demand {
            rhythm: Some(OFFICE),
            ..Demand::steady(6.0, 0.2)
        },
        cpu_per_unit: 6.0,
        memory_per_unit: 1.5,
        received_per_unit: 800.0,
        sent_per_unit: 22_000.0,
        ..Profile::idle(8.0, 104.0)
    },
    ..BASE
};

const LANDING_PAGE: Blueprint = Blueprint {
    namespace: "default",
    name: "landing-page",
    image: "docker.io/library/nginx:1.27.3",
    port: 80,
    resources: resources((50, Some(200)), (64, Some(128))),
    age: 21 * DAY,
    updated: 21 * DAY,
    ready_after: 2,
    profile: Profile {
        demand: Demand {
            rhythm: Some(OFFICE),
            ..Demand::steady(9.0, 0.15)
        },
        cpu_per_unit: 0.7,
        received_per_unit: 500.0,
        sent_per_unit: 18_000.0,
        written_per_unit: 130.0,
        ..Profile::idle(2.0, 14.0)
    },
    ..BASE
};
