//! What happens in each scenario, and when.

use serde_json::{Value, json};

use super::{Act, Happening};
use crate::{
    disturbance::Effect,
    registry::{DEPLOYMENT, RESOURCE_QUOTA},
};

/// Seconds of calm before anything happens: enough to see the cluster as it usually is.
const CALM: i64 = 60;
const MINUTE: i64 = 60;

const fn busy(name: &'static str, factor: f64) -> Act {
    Act {
        after: CALM,
        happening: Happening::Disturb {
            namespace: "shop",
            name,
            effect: Effect::Demand(factor),
            seconds: Some(30 * MINUTE),
        },
    }
}

/// The shop is mentioned on television: `checkout` is scaled by its autoscaler, `storefront` runs into its
/// CPU limit because nothing scales it.
pub(super) const TRAFFIC_SPIKE: &[Act] = &[
    busy("storefront", 3.0),
    busy("catalog", 2.5),
    busy("checkout", 3.0),
];

/// `node-2` goes dark: unknown after 50 seconds, its pods deleted five minutes later and made elsewhere.
pub(super) const NODE_LOSS: &[Act] = &[
    Act {
        after: CALM,
        happening: Happening::Lose("node-2"),
    },
    Act {
        after: CALM + 15 * MINUTE,
        happening: Happening::Regain("node-2"),
    },
];

/// A release that answers its readiness probe with errors: the rollout stops, `maxUnavailable` keeps the
/// old pods, and after ten minutes its deadline passes. `kubectl rollout undo` ends it.
pub(super) const BAD_ROLLOUT: &[Act] = &[Act {
    after: CALM,
    happening: Happening::Release {
        namespace: "shop",
        name: "checkout",
        image: "registry.example.com/shop/checkout:5.3.0-broken",
    },
}];

/// `catalog` keeps what it allocates: 192 MiB below its limit are gone within ten minutes.
pub(super) const MEMORY_LEAK: &[Act] = &[Act {
    after: CALM,
    happening: Happening::Disturb {
        namespace: "shop",
        name: "catalog",
        effect: Effect::Leak(1400.0),
        seconds: None,
    },
}];

/// The team gets a quota that its next scale-out does not fit into.
pub(super) const QUOTA_HIT: &[Act] = &[
    Act {
        after: CALM,
        happening: Happening::Create(RESOURCE_QUOTA, quota),
    },
    Act {
        after: 2 * CALM,
        happening: Happening::Scale {
            namespace: "shop",
            name: "storefront",
            replicas: 9,
        },
    },
];

/// Somebody tries out a video encoder without saying what it needs, on the node the database runs on.
pub(super) const NOISY_NEIGHBOUR: &[Act] = &[
    Act {
        after: CALM,
        happening: Happening::Create(DEPLOYMENT, encoder),
    },
    Act {
        after: CALM,
        happening: Happening::Disturb {
            namespace: "data",
            name: "video-encoder",
            effect: Effect::Burn(2_600.0),
            seconds: None,
        },
    },
];

fn quota() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "team-shop", "namespace": "shop"},
        "spec": {"hard": {"pods": "16", "requests.cpu": "4", "requests.memory": "6Gi"}},
    })
}

fn encoder() -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "video-encoder", "namespace": "data"},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "video-encoder"}},
            "template": {
                "metadata": {"labels": {"app": "video-encoder"}},
                "spec": {
                    "nodeSelector": {"kubernetes.io/hostname": "node-2"},
                    "containers": [{
                        "name": "video-encoder",
                        "image": "registry.example.com/data/video-encoder:0.1.0",
                    }],
                },
            },
        },
    })
}
