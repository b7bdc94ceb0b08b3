//! Payments.

use super::{BASE, DAY, HOUR, OFFICE, SHOPPING, resources};
use crate::{
    company::{Blueprint, Fate},
    load::{Bursts, Demand},
    usage::Profile,
};

/// Bursts: settlement files and flash sales arrive at odd hours.
pub(super) const GATEWAY: Blueprint = Blueprint {
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

pub(super) const LEDGER: Blueprint = Blueprint {
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
pub(super) const FRAUD_SCORING: Blueprint = Blueprint {
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
