//! Creating, and the failures every request can meet.

use super::*;

#[test]
fn creates_with_defaults_identity_and_managers() {
    let mut fixture = Fixture::new();
    let created = fixture.create(DEPLOYMENT, deployment());
    assert_eq!(created["metadata"]["namespace"], "shop");
    assert_eq!(created["metadata"]["generation"], 1);
    assert_eq!(
        created["spec"]["strategy"]["rollingUpdate"]["maxSurge"],
        "25%"
    );
    assert_eq!(
        created["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"],
        "IfNotPresent"
    );
    let manager = &created["metadata"]["managedFields"][0];
    assert_eq!(
        (&manager["manager"], &manager["operation"]),
        (&json!("kubectl"), &json!("Update"))
    );
}

#[test]
fn answers_the_ordinary_failures() {
    let mut fixture = Fixture::new();
    fixture.create(DEPLOYMENT, deployment());
    let create = |body| request(Verb::Create, DEPLOYMENT, None, Some(body));
    fixture.fails(
        &create(deployment()),
        409,
        r#"deployments.apps "web" already exists"#,
    );
    fixture.fails(
        &request(Verb::Get, POD, Some("x"), None),
        404,
        r#"pods "x" not found"#,
    );
    fixture.fails(
        &request(Verb::Delete, POD, Some("x"), None),
        404,
        r#"pods "x" not found"#,
    );
    fixture.fails(
        &request(
            Verb::Update,
            DEPLOYMENT,
            Some("x"),
            Some(json!({"metadata": {"name": "x"}})),
        ),
        404,
        r#"deployments.apps "x" not found"#,
    );
}

#[test]
fn refuses_bodies_that_are_not_for_the_request() {
    let mut fixture = Fixture::new();
    fixture.create(DEPLOYMENT, deployment());
    let create = |body| request(Verb::Create, DEPLOYMENT, None, Some(body));
    let mut elsewhere = create(deployment());
    elsewhere.namespace = Some("moon".to_owned());
    fixture.fails(&elsewhere, 404, r#"namespaces "moon" not found"#);
    fixture.fails(
        &create(json!({"metadata": {"name": "y", "namespace": "other"}})),
        400,
        "the namespace of the provided object does not match the namespace sent on the request",
    );
    fixture.fails(
        &request(
            Verb::Update,
            DEPLOYMENT,
            Some("web"),
            Some(json!({"metadata": {"name": "z"}})),
        ),
        400,
        "the name of the object (z) does not match the name on the URL (web)",
    );
    fixture.fails(
        &create(json!({"apiVersion": "v1", "metadata": {"name": "y"}})),
        400,
        "the API version in the data (v1) does not match the expected API version (apps/v1)",
    );
    fixture.fails(
        &create(json!({"metadata": {"name": "y", "resourceVersion": "1"}})),
        400,
        "resourceVersion should not be set on objects to be created",
    );
    fixture.fails(
        &request(Verb::Delete, POD_METRICS, Some("x"), None),
        405,
        "the server does not allow this method on the requested resource",
    );
}

#[test]
fn refuses_names_that_are_none() {
    let mut fixture = Fixture::new();
    let status = fixture
        .call(&request(
            Verb::Create,
            CONFIG_MAP,
            None,
            Some(config_map("Not_Valid")),
        ))
        .unwrap_err();
    assert_eq!(status.code(), 422);
    assert!(status.message().starts_with(
        r#"ConfigMap "Not_Valid" is invalid: metadata.name: Invalid value: "Not_Valid": a lowercase RFC 1123 subdomain must consist of"#
    ));
    let nameless = fixture
        .call(&request(
            Verb::Create,
            CONFIG_MAP,
            None,
            Some(json!({"metadata": {}})),
        ))
        .unwrap_err();
    assert_eq!(
        nameless.message(),
        r#"ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required"#
    );
}

#[test]
fn generates_names() {
    let mut fixture = Fixture::new();
    let created = fixture.create(CONFIG_MAP, json!({"metadata": {"generateName": "job-"}}));
    let name = value::name(&created);
    assert!(name.starts_with("job-") && name.len() == 9, "{name}");
}

#[test]
fn reports_unknown_fields_as_asked() {
    let mut fixture = Fixture::new();
    let mut misspelt = deployment();
    misspelt["spec"]["replica"] = json!(3);
    let mut create = request(Verb::Create, DEPLOYMENT, None, Some(misspelt));
    create.options.field_validation = FieldValidation::Strict;
    fixture.fails(
        &create,
        400,
        r#"Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replica""#,
    );
    create.options.field_validation = FieldValidation::Warn;
    let response = respond(&mut fixture.0, &create, NOW).unwrap();
    assert_eq!(response.warnings, [r#"unknown field "spec.replica""#]);
    assert!(response.created && response.body["spec"].get("replica").is_none());
}

#[test]
fn writes_nothing_on_a_dry_run() {
    let mut fixture = Fixture::new();
    let revision = fixture.0.revision();
    let mut create = request(Verb::Create, CONFIG_MAP, None, Some(config_map("a")));
    create.options.dry_run = true;
    let answer = fixture.call(&create).unwrap();
    assert_eq!(value::uid(&answer).len(), 36);
    assert!(answer["metadata"].get("resourceVersion").is_none());
    assert_eq!(
        (fixture.0.revision(), fixture.names(CONFIG_MAP).len()),
        (revision, 0)
    );
    create.options.dry_run = false;
    fixture.call(&create).unwrap();
    let mut delete = request(Verb::Delete, CONFIG_MAP, Some("a"), None);
    delete.options.dry_run = true;
    fixture.call(&delete).unwrap();
    assert_eq!(fixture.names(CONFIG_MAP), ["a"]);
}

#[test]
fn gives_services_addresses_and_ports() {
    let mut fixture = Fixture::new();
    let service = |name: &str, kind: &str| json!({"metadata": {"name": name}, "spec": {"type": kind, "ports": [{"port": 80}]}});
    let first = fixture.create(SERVICE, service("a", "ClusterIP"));
    let second = fixture.create(SERVICE, service("b", "NodePort"));
    assert_eq!(first["spec"]["clusterIP"], "10.96.1.1");
    assert_eq!(first["spec"]["ports"][0]["targetPort"], 80);
    assert_eq!(
        (
            &second["spec"]["clusterIP"],
            &second["spec"]["ports"][0]["nodePort"]
        ),
        (&json!("10.96.1.2"), &json!(30_000))
    );
    let mut taken = service("c", "ClusterIP");
    taken["spec"]["clusterIP"] = json!("10.96.1.1");
    assert_eq!(
        fixture
            .call(&request(Verb::Create, SERVICE, None, Some(taken)))
            .unwrap_err()
            .code(),
        422
    );
    let updated = fixture
        .call(&request(
            Verb::Update,
            SERVICE,
            Some("b"),
            Some(service("b", "NodePort")),
        ))
        .unwrap();
    assert_eq!(updated["spec"], second["spec"]);
    let moved = json!({"spec": {"clusterIP": "10.96.9.9", "clusterIPs": ["10.96.9.9"]}});
    let refused = fixture
        .call(&request(
            Verb::Patch(PatchType::Merge),
            SERVICE,
            Some("b"),
            Some(moved),
        ))
        .unwrap_err();
    let shown = r#"Invalid value: []string{"10.96.9.9"}: may not change once set"#;
    assert!(refused.message().contains(shown), "{}", refused.message());
}

#[test]
fn encodes_plain_secrets() {
    let mut fixture = Fixture::new();
    let secret = fixture.create(
        SECRET,
        json!({"metadata": {"name": "s"}, "stringData": {"password": "hunter2"}}),
    );
    assert_eq!(secret["data"]["password"], "aHVudGVyMg==");
    assert_eq!(
        (secret.get("stringData"), &secret["type"]),
        (None, &json!("Opaque"))
    );
}

#[test]
fn fills_in_autoscalers() {
    let mut fixture = Fixture::new();
    let body = json!({"metadata": {"name": "web"}, "spec": {"maxReplicas": 4, "scaleTargetRef": {"kind": "Deployment", "name": "web"}}});
    let created = fixture.create(HORIZONTAL_POD_AUTOSCALER, body);
    assert_eq!(created["spec"]["minReplicas"], 1);
}

#[test]
fn reports_what_a_body_gives_twice_as_the_validation_asks() {
    let mut fixture = Fixture::new();
    let mut create = request(Verb::Create, CONFIG_MAP, None, Some(config_map("a")));
    create.options.duplicates = vec!["data.key".to_owned()];
    create.options.field_validation = FieldValidation::Strict;
    fixture.fails(
        &create,
        400,
        r#"ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data.key""#,
    );
    create.options.field_validation = FieldValidation::Warn;
    let made = respond(&mut fixture.0, &create, NOW).unwrap();
    assert_eq!(made.warnings, [r#"duplicate field "data.key""#]);
}

#[test]
fn leaves_what_admission_adds_to_nobody() {
    let mut fixture = Fixture::new();
    let made = fixture.create(POD, pod("a", ""));
    assert_eq!(made["spec"]["serviceAccountName"], "default");
    let owned = &made["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"];
    for field in [
        "f:serviceAccountName",
        "f:tolerations",
        "f:volumes",
        "f:priority",
    ] {
        assert!(owned.get(field).is_none(), "{field}");
    }
    assert!(owned.get("f:restartPolicy").is_some());
}
