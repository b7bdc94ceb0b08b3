//! The group `discovery.k8s.io`.

use serde_json::{Value, json};

use super::{BASE, NO_RULES};
use crate::{
    registry::{KindSpec, Rules},
    status::Cause,
    table,
    value::{set_default, text},
};

pub(crate) const ENDPOINT_SLICE: KindSpec = KindSpec {
    group: "discovery.k8s.io",
    kind: "EndpointSlice",
    plural: "endpointslices",
    singular: "endpointslice",
    has_generation: true,
    definition: "EndpointSlice",
    rules: Rules {
        defaults,
        validate: address_type_is_known,
        validate_update: address_type_is_immutable,
        ..NO_RULES
    },
    printer: table::ENDPOINT_SLICE,
    ..BASE
};

fn defaults(slice: &mut Value) {
    let ports = slice.get_mut("ports").and_then(Value::as_array_mut);
    for port in ports.into_iter().flatten() {
        set_default(port, &["name"], "");
        set_default(port, &["protocol"], "TCP");
    }
}

fn address_type_is_known(slice: &Value) -> Vec<Cause> {
    const KNOWN: &[&str] = &["FQDN", "IPv4", "IPv6"];
    match text(slice, "/addressType") {
        "" => vec![Cause::required("addressType", "")],
        known if KNOWN.contains(&known) => Vec::new(),
        other => vec![Cause::not_supported("addressType", other, KNOWN)],
    }
}

fn address_type_is_immutable(new: &Value, old: &Value) -> Vec<Cause> {
    let (now, before) = (text(new, "/addressType"), text(old, "/addressType"));
    if now == before {
        return Vec::new();
    }
    vec![Cause::invalid(
        "addressType",
        &json!(now),
        "field is immutable",
    )]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_in_what_ports_leave_out() {
        let mut slice = json!({"addressType": "IPv4", "ports": [{"port": 80}]});
        defaults(&mut slice);
        assert_eq!(
            slice["ports"],
            json!([{"name": "", "port": 80, "protocol": "TCP"}])
        );
    }

    #[test]
    fn keeps_the_address_type() {
        let (four, six) = (
            json!({"addressType": "IPv4"}),
            json!({"addressType": "IPv6"}),
        );
        assert_eq!(address_type_is_known(&four), []);
        assert_eq!(
            address_type_is_known(&json!({"addressType": "IPX"})).len(),
            1
        );
        assert_eq!(address_type_is_immutable(&four, &four), []);
        assert_eq!(address_type_is_immutable(&six, &four).len(), 1);
    }
}
