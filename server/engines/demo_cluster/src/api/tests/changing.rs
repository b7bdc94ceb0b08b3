//! Updates, patches, apply and scale.

use super::*;

#[test]
fn refuses_stale_writes() {
    let mut fixture = Fixture::new();
    let first = fixture.create(CONFIG_MAP, config_map("a"));
    let mut second = first.clone();
    second["data"]["key"] = json!("2");
    let update = |body: &Value| request(Verb::Update, CONFIG_MAP, Some("a"), Some(body.clone()));
    let written = fixture.call(&update(&second)).unwrap();
    assert_ne!(
        written["metadata"]["resourceVersion"],
        first["metadata"]["resourceVersion"]
    );
    fixture.fails(
        &update(&second),
        409,
        r#"Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again"#,
    );
    second["metadata"]["resourceVersion"] = json!("");
    second["metadata"]["uid"] = json!("someone-else");
    assert_eq!(fixture.call(&update(&second)).unwrap_err().code(), 409);
}

#[test]
fn keeps_what_only_the_server_sets() {
    let mut fixture = Fixture::new();
    let created = fixture.create(CONFIG_MAP, config_map("a"));
    let body = json!({"metadata": {"name": "a", "creationTimestamp": "2001-01-01T00:00:00Z", "generation": 9}, "data": {}});
    let updated = fixture
        .call(&request(Verb::Update, CONFIG_MAP, Some("a"), Some(body)))
        .unwrap();
    assert_eq!(
        updated["metadata"]["creationTimestamp"],
        created["metadata"]["creationTimestamp"]
    );
    assert_eq!(updated["metadata"]["uid"], created["metadata"]["uid"]);
    assert!(updated["metadata"].get("generation").is_none());
}

#[test]
fn separates_spec_and_status() {
    let mut fixture = Fixture::new();
    fixture.create(DEPLOYMENT, deployment());
    let body = json!({"spec": {"replicas": 4}, "status": {"replicas": 2}});
    let mut patch = request(
        Verb::Patch(PatchType::Merge),
        DEPLOYMENT,
        Some("web"),
        Some(body),
    );
    let main = fixture.call(&patch).unwrap();
    assert_eq!(
        (&main["spec"]["replicas"], &main["status"]),
        (&json!(4), &json!({}))
    );
    assert_eq!(main["metadata"]["generation"], 2);
    patch.subresource = Some(Subresource::Status);
    patch.body = Some(json!({"spec": {"replicas": 9}, "status": {"replicas": 2}}));
    let status = fixture.call(&patch).unwrap();
    assert_eq!(
        (&status["spec"]["replicas"], &status["status"]["replicas"]),
        (&json!(4), &json!(2))
    );
    assert_eq!(status["metadata"]["generation"], 2);
}

#[test]
fn patches_in_every_format() {
    let mut fixture = Fixture::new();
    fixture.create(DEPLOYMENT, deployment());
    let mut patched = |how, body| {
        fixture
            .call(&request(
                Verb::Patch(how),
                DEPLOYMENT,
                Some("web"),
                Some(body),
            ))
            .unwrap()
    };
    let json_patch = json!([{"op": "replace", "path": "/spec/replicas", "value": 2}]);
    assert_eq!(patched(PatchType::Json, json_patch)["spec"]["replicas"], 2);
    let merge = json!({"metadata": {"annotations": {"a": "b"}}});
    assert_eq!(
        patched(PatchType::Merge, merge)["metadata"]["annotations"]["a"],
        "b"
    );
    let image = json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "nginx:1.28"}]}}}});
    let strategic = patched(PatchType::Strategic, image);
    let container = &strategic["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], "nginx:1.28");
    assert_eq!(container["terminationMessagePath"], "/dev/termination-log");
}

#[test]
fn refuses_to_change_selectors() {
    let mut fixture = Fixture::new();
    fixture.create(DEPLOYMENT, deployment());
    let labels = json!({"app": "new"});
    let body = json!({"spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}}});
    fixture.fails(
        &request(Verb::Patch(PatchType::Merge), DEPLOYMENT, Some("web"), Some(body)),
        422,
        "Deployment.apps \"web\" is invalid: spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{\"app\":\"new\"}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: field is immutable",
    );
}

#[test]
fn lets_images_of_pods_change_and_little_else() {
    let mut fixture = Fixture::new();
    // Written by a controller, without the defaults a request gets.
    let mut bare = pod("a", "n1");
    bare["metadata"]["namespace"] = json!("shop");
    fixture.0.insert(POD, bare, NOW).unwrap();
    let patch = |body| {
        request(
            Verb::Patch(PatchType::Strategic),
            POD,
            Some("a"),
            Some(body),
        )
    };
    let image = json!({"spec": {"containers": [{"name": "a", "image": "x:2"}]}, "metadata": {"labels": {"new": "1"}}});
    assert_eq!(
        fixture.call(&patch(image)).unwrap()["spec"]["containers"][0]["image"],
        "x:2"
    );
    let refused = fixture
        .call(&patch(json!({"spec": {"nodeName": "n2"}})))
        .unwrap_err();
    assert!(
        refused
            .message()
            .contains("spec: Forbidden: pod updates may not change fields other than")
    );
}

#[test]
fn applies_creates_conflicts_and_forces() {
    let mut fixture = Fixture::new();
    let mut apply = request(
        Verb::Patch(PatchType::Apply),
        DEPLOYMENT,
        Some("web"),
        Some(deployment()),
    );
    assert_eq!(fixture.call(&apply).unwrap_err().code(), 422);
    apply.options.field_manager = "ci".to_owned();
    let response = respond(&mut fixture.0, &apply, NOW).unwrap();
    assert!(response.created);
    assert_eq!(response.body["spec"]["replicas"], 1);
    let again = respond(&mut fixture.0, &apply, NOW).unwrap();
    assert_eq!(
        again.body["metadata"]["resourceVersion"],
        response.body["metadata"]["resourceVersion"]
    );
    apply.options.field_manager = "human".to_owned();
    apply.body.as_mut().unwrap()["spec"]["template"]["spec"]["containers"][0]["image"] =
        json!("nginx:2");
    fixture.fails(
        &apply,
        409,
        r#"Apply failed with 1 conflict: conflict with "ci": .spec.template.spec.containers[name="web"].image"#,
    );
    apply.options.force = true;
    let forced = fixture.call(&apply).unwrap();
    assert_eq!(
        forced["spec"]["template"]["spec"]["containers"][0]["image"],
        "nginx:2"
    );
    apply.body.as_mut().unwrap()["spec"]["colour"] = json!("red");
    fixture.fails(
        &apply,
        500,
        "failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.colour: field not declared in schema",
    );
}

#[test]
fn scales_by_compare_and_swap() {
    let mut fixture = Fixture::new();
    fixture.create(DEPLOYMENT, deployment());
    let mut scale = request(Verb::Get, DEPLOYMENT, Some("web"), None);
    scale.subresource = Some(Subresource::Scale);
    let mut body = fixture.call(&scale).unwrap();
    assert_eq!(body["status"]["selector"], "app=web");
    body["spec"]["replicas"] = json!(5);
    scale.verb = Verb::Update;
    scale.body = Some(body.clone());
    assert_eq!(fixture.call(&scale).unwrap()["spec"]["replicas"], 5);
    fixture.fails(
        &scale,
        409,
        r#"Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your changes to the latest version and try again"#,
    );
    scale.verb = Verb::Patch(PatchType::Merge);
    scale.body = Some(json!({"spec": {"replicas": 2}}));
    assert_eq!(fixture.call(&scale).unwrap()["spec"]["replicas"], 2);
    scale.body = Some(json!({"spec": {"replicas": -2}}));
    fixture.fails(
        &scale,
        422,
        r#"Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -2: must be greater than or equal to 0"#,
    );
    let stored = fixture.0.get(DEPLOYMENT, "shop", "web").unwrap();
    assert!(
        stored["metadata"]["managedFields"]
            .to_string()
            .contains(r#""subresource":"scale""#)
    );
    scale.kind = NODE;
    assert_eq!(fixture.call(&scale).unwrap_err().code(), 404);
}

#[test]
fn a_secret_of_another_type_lacks_also_what_that_type_needs() {
    let mut fixture = Fixture::new();
    fixture.create(SECRET, json!({"metadata": {"name": "a"}}));
    let patch = json!({"type": "kubernetes.io/tls"});
    let verb = Verb::Patch(PatchType::Merge);
    let refused = fixture
        .call(&request(verb, SECRET, Some("a"), Some(patch)))
        .unwrap_err();
    let fields: Vec<&str> = refused
        .causes()
        .iter()
        .map(|it| it.field.as_str())
        .collect();
    assert_eq!(fields, ["type", "data[tls.crt]", "data[tls.key]"]);
}
