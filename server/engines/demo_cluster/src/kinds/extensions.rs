//! How the API grows: `apiextensions.k8s.io/v1` definitions of custom kinds and `apiregistration.k8s.io/v1`
//! services that serve groups of their own.
//!
//! Rules follow `pkg/apis/apiextensions/validation/validation.go` of k8s.io/apiextensions-apiserver.

use serde_json::{Value, json};

use super::{BASE, NO_RULES};
use crate::{
    registry::{KindSpec, NameRule, Rules, Subresource::Status},
    status::Cause,
    table,
    value::{self, items, set_default, text, truth},
};

pub(crate) const CUSTOM_RESOURCE_DEFINITION: KindSpec = KindSpec {
    group: "apiextensions.k8s.io",
    kind: "CustomResourceDefinition",
    plural: "customresourcedefinitions",
    singular: "customresourcedefinition",
    short_names: &["crd", "crds"],
    categories: &["api-extensions"],
    namespaced: false,
    subresources: &[Status],
    has_generation: true,
    definition: "CustomResourceDefinition",
    rules: Rules {
        defaults: definition_defaults,
        validate: definition_rules,
        validate_update: definition_update_rules,
        ..NO_RULES
    },
    printer: table::NAME_AND_CREATION,
    ..BASE
};

pub(crate) const API_SERVICE: KindSpec = KindSpec {
    group: "apiregistration.k8s.io",
    kind: "APIService",
    plural: "apiservices",
    singular: "apiservice",
    categories: &["api-extensions"],
    namespaced: false,
    subresources: &[Status],
    definition: "APIService",
    rules: Rules {
        // The core group's has a name that ends with a dot: `v1.`.
        name: NameRule::PathSegment,
        begin: |service| set_default(service, &["status"], json!({})),
        ..NO_RULES
    },
    printer: table::API_SERVICE,
    ..BASE
};

fn definition_defaults(definition: &mut Value) {
    let kind = text(definition, "/spec/names/kind").to_owned();
    set_default(
        definition,
        &["spec", "names", "singular"],
        kind.to_lowercase(),
    );
    set_default(
        definition,
        &["spec", "names", "listKind"],
        format!("{kind}List"),
    );
    set_default(definition, &["spec", "conversion", "strategy"], "None");
    let versions = definition
        .pointer_mut("/spec/versions")
        .and_then(Value::as_array_mut);
    for version in versions.into_iter().flatten() {
        let columns = version
            .get_mut("additionalPrinterColumns")
            .and_then(Value::as_array_mut);
        for column in columns.into_iter().flatten() {
            value::drop_nulls(column);
        }
    }
}

fn definition_rules(definition: &Value) -> Vec<Cause> {
    let spec = &definition["spec"];
    let mut causes = Vec::new();
    for (field, pointer) in [
        ("spec.group", "/group"),
        ("spec.names.plural", "/names/plural"),
        ("spec.names.kind", "/names/kind"),
    ] {
        if text(spec, pointer).is_empty() {
            causes.push(Cause::required(field, ""));
        }
    }
    let expected = format!("{}.{}", text(spec, "/names/plural"), text(spec, "/group"));
    let name = value::name(definition);
    if name != expected {
        let detail = "must be spec.names.plural+\".\"+spec.group";
        causes.push(Cause::invalid("metadata.name", &json!(name), detail));
    }
    let scopes = ["Cluster", "Namespaced"];
    let scope = text(spec, "/scope");
    if !scopes.contains(&scope) {
        causes.push(Cause::not_supported("spec.scope", scope, &scopes));
    }
    causes.extend(version_rules(spec));
    causes
}

fn version_rules(spec: &Value) -> Vec<Cause> {
    let versions = items(spec, "/versions");
    let mut causes = Vec::new();
    let storing = versions.iter().filter(|version| truth(version, "/storage"));
    if storing.count() != 1 {
        let detail = "must have exactly one version marked as storage version";
        causes.push(Cause::invalid("spec.versions", &spec["versions"], detail));
    }
    for (index, version) in versions.iter().enumerate() {
        let at = format!("spec.versions[{index}]");
        if version.pointer("/schema/openAPIV3Schema").is_none() {
            let field = format!("{at}.schema.openAPIV3Schema");
            causes.push(Cause::required(field, "schemas are required"));
        } else if text(version, "/schema/openAPIV3Schema/type") != "object" {
            let field = format!("{at}.schema.openAPIV3Schema.type");
            let detail = "must be object at the root";
            let given = text(version, "/schema/openAPIV3Schema/type");
            causes.push(Cause::invalid(field, &json!(given), detail));
        }
    }
    causes
}

fn definition_update_rules(new: &Value, old: &Value) -> Vec<Cause> {
    [
        ("spec.group", "/spec/group"),
        ("spec.scope", "/spec/scope"),
        ("spec.names.kind", "/spec/names/kind"),
        ("spec.names.plural", "/spec/names/plural"),
    ]
    .into_iter()
    .filter(|(_, pointer)| text(new, pointer) != text(old, pointer))
    .map(|(field, pointer)| Cause::invalid(field, &json!(text(new, pointer)), "field is immutable"))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition() -> Value {
        json!({"metadata": {"name": "ships.sea.example"}, "spec": {"group": "sea.example", "scope": "Namespaced",
            "names": {"plural": "ships", "kind": "Ship"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}]}})
    }

    #[test]
    fn completes_the_names_of_a_kind() {
        let mut ships = definition();
        definition_defaults(&mut ships);
        assert_eq!(ships["spec"]["names"]["singular"], "ship");
        assert_eq!(ships["spec"]["names"]["listKind"], "ShipList");
        assert_eq!(definition_rules(&ships), []);
    }

    #[test]
    fn refuses_definitions_that_contradict_themselves() {
        let mut ships = definition();
        ships["metadata"]["name"] = json!("boats.sea.example");
        ships["spec"]["scope"] = json!("Harbour");
        ships["spec"]["versions"][0] = json!({"name": "v1", "served": true, "storage": false});
        let fields: Vec<String> = definition_rules(&ships)
            .into_iter()
            .map(|it| it.field)
            .collect();
        assert_eq!(
            fields,
            [
                "metadata.name",
                "spec.scope",
                "spec.versions",
                "spec.versions[0].schema.openAPIV3Schema"
            ]
        );
        let mut renamed = definition();
        renamed["spec"]["names"]["kind"] = json!("Boat");
        assert_eq!(
            definition_update_rules(&renamed, &definition())[0].field,
            "spec.names.kind"
        );
    }
}
