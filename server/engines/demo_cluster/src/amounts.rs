//! What pods ask for, as numbers: millicores and bytes.

use serde_json::Value;

use crate::{quantity::Quantity, value};

/// CPU in millicores and memory in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Amounts {
    /// Millicores.
    pub cpu: f64,
    /// Bytes.
    pub memory: f64,
}

/// The number a quantity stands for, in its base unit (cores, bytes); `None` when it is none.
pub(crate) fn quantity(amount: &Value) -> Option<f64> {
    match amount {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => {
            let quantity = Quantity::parse(text).ok()?;
            Some(quantity.millis() as f64 / 1000.0)
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// One resource summed over a pod's containers; `None` when a container does not name it.
pub(crate) fn sum(pod: &Value, kind: &str, resource: &str) -> Option<f64> {
    let scale = if resource == "cpu" { 1000.0 } else { 1.0 };
    value::items(pod, "/spec/containers")
        .iter()
        .map(|container| quantity(&container["resources"][kind][resource]))
        .sum::<Option<f64>>()
        .map(|total| total * scale)
}

/// What the scheduler sets aside for a pod: the larger of its containers together and its largest init
/// container.
pub(crate) fn requests(pod: &Value) -> Amounts {
    let of = |container: &Value| {
        let requests = &container["resources"]["requests"];
        Amounts {
            cpu: quantity(&requests["cpu"]).unwrap_or_default() * 1000.0,
            memory: quantity(&requests["memory"]).unwrap_or_default(),
        }
    };
    let mut total = Amounts::default();
    for container in value::items(pod, "/spec/containers") {
        let one = of(container);
        total.cpu += one.cpu;
        total.memory += one.memory;
    }
    for container in value::items(pod, "/spec/initContainers") {
        let one = of(container);
        total.cpu = total.cpu.max(one.cpu);
        total.memory = total.memory.max(one.memory);
    }
    total
}

/// What a node can give.
pub(crate) fn allocatable(node: &Value) -> Amounts {
    let amounts = &node["status"]["allocatable"];
    Amounts {
        cpu: quantity(&amounts["cpu"]).unwrap_or_default() * 1000.0,
        memory: quantity(&amounts["memory"]).unwrap_or_default(),
    }
}

/// `Guaranteed`, `Burstable` or `BestEffort`, by the rule of "Pod Quality of Service Classes".
pub(crate) fn quality_of_service(pod: &Value) -> &'static str {
    let containers = value::items(pod, "/spec/containers");
    let named = |container: &Value, kind: &str, resource: &str| {
        quantity(&container["resources"][kind][resource]).filter(|amount| *amount > 0.0)
    };
    let guaranteed = |container: &Value| {
        ["cpu", "memory"].iter().all(|resource| {
            let limit = named(container, "limits", resource);
            limit.is_some()
                && named(container, "requests", resource).is_none_or(|r| Some(r) == limit)
        })
    };
    let any = containers.iter().any(|container| {
        ["cpu", "memory"].iter().any(|resource| {
            named(container, "requests", resource).is_some()
                || named(container, "limits", resource).is_some()
        })
    });
    if !any {
        "BestEffort"
    } else if containers.iter().all(guaranteed) {
        "Guaranteed"
    } else {
        "Burstable"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_quantities_as_kubernetes_writes_them() {
        for (text, expected) in [
            ("250m", 0.25),
            ("2", 2.0),
            ("1.5", 1.5),
            ("128Mi", 134_217_728.0),
            ("1Gi", 1_073_741_824.0),
            ("129M", 129e6),
            ("1e3", 1000.0),
        ] {
            assert_eq!(quantity(&json!(text)), Some(expected), "{text}");
        }
        assert_eq!(quantity(&json!("many")), None);
    }

    #[test]
    fn classes_follow_requests_and_limits() {
        let pod = |resources: Value| json!({"spec": {"containers": [{"resources": resources}]}});
        let class = |resources| quality_of_service(&pod(resources));
        assert_eq!(class(json!({})), "BestEffort");
        assert_eq!(class(json!({"requests": {"cpu": "1"}})), "Burstable");
        assert_eq!(
            class(json!({"limits": {"cpu": "1", "memory": "1Gi"}})),
            "Guaranteed"
        );
    }
}
