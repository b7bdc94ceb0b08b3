//! Failures in the words of the API server.

use super::*;
use crate::registry::{DEPLOYMENT, POD};

#[test]
fn words_failures_as_the_api_server_does() {
    for (status, code, message) in [
        (Status::not_found(POD, "x"), 404, r#"pods "x" not found"#),
        (
            Status::already_exists(DEPLOYMENT, "web"),
            409,
            r#"deployments.apps "web" already exists"#,
        ),
        (
            Status::modified(DEPLOYMENT, "web"),
            409,
            r#"Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your changes to the latest version and try again"#,
        ),
    ] {
        assert_eq!((status.code(), status.message()), (code, message));
    }
}

#[test]
fn lists_every_cause_of_an_invalid_object() {
    let causes = vec![
        Cause::required("spec.selector", ""),
        Cause::invalid(
            "spec.replicas",
            &json!(-1),
            "must be greater than or equal to 0",
        ),
    ];
    let status = Status::invalid(DEPLOYMENT, "web", causes);
    assert_eq!(
        status.message(),
        r#"Deployment.apps "web" is invalid: [spec.selector: Required value, spec.replicas: Invalid value: -1: must be greater than or equal to 0]"#
    );
    let body = status.to_value();
    assert_eq!(
        body["details"]["causes"][1],
        json!({"reason": "FieldValueInvalid", "field": "spec.replicas",
               "message": "Invalid value: -1: must be greater than or equal to 0"})
    );
    assert_eq!(body["details"]["kind"], "Deployment");
}

#[test]
fn names_resource_and_group_in_the_details() {
    let body = Status::not_found(DEPLOYMENT, "web").to_value();
    assert_eq!(
        body["details"],
        json!({"name": "web", "group": "apps", "kind": "deployments"})
    );
    assert_eq!(body["status"], "Failure");
}
