//! The web shop.

use super::{BASE, DAY, HOUR, SHOPPING, resources};
use crate::{
    company::{Blueprint, Fate, Kind},
    load::{Demand, Rhythm},
    usage::Profile,
};

/// Under-provisioned and growing: each pod uses 88 to 160 percent of its request, at any hour. The one the
/// predictive autoscaler should scale up.
pub(super) const STOREFRONT: Blueprint = Blueprint {
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
pub(super) const CHECKOUT: Blueprint = Blueprint {
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
pub(super) const CATALOG: Blueprint = Blueprint {
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
pub(super) const RECOMMENDATIONS: Blueprint = Blueprint {
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

pub(super) const SESSION_CACHE: Blueprint = Blueprint {
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
