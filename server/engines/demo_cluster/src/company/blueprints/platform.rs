//! What every cluster runs, and what watches it.

use super::{BASE, DAY, OFFICE, SHOPPING, resources};
use crate::{
    company::{Blueprint, Kind},
    load::Demand,
    usage::Profile,
};

pub(super) const COREDNS: Blueprint = Blueprint {
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

pub(super) const METRICS_SERVER: Blueprint = Blueprint {
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

pub(super) const KUBE_PROXY: Blueprint = Blueprint {
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

pub(super) const PROMETHEUS: Blueprint = Blueprint {
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

pub(super) const GRAFANA: Blueprint = Blueprint {
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

pub(super) const LANDING_PAGE: Blueprint = Blueprint {
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
