//! CPU and memory of running containers.

use super::*;

fn resize(resources: Value) -> Request {
    let body = json!({"spec": {"containers": [{"name": "a", "resources": resources}]}});
    let mut resize = request(
        Verb::Patch(PatchType::Strategic),
        POD,
        Some("web"),
        Some(body),
    );
    resize.subresource = Some(Subresource::Resize);
    resize
}

fn running() -> Fixture {
    let mut fixture = Fixture::new();
    let mut pod = pod("web", "n1");
    pod["spec"]["containers"][0]["resources"] =
        json!({"requests": {"cpu": "100m"}, "limits": {"memory": "1Gi"}});
    fixture.create(POD, pod);
    fixture
}

#[test]
fn changes_what_containers_request() {
    let mut fixture = running();
    let resized = fixture
        .call(&resize(json!({"requests": {"cpu": "200m"}})))
        .unwrap();
    assert_eq!(
        resized["spec"]["containers"][0]["resources"]["requests"]["cpu"],
        "200m"
    );
    assert_eq!(resized["metadata"]["generation"], 2);
}

#[test]
fn changes_nothing_else_of_a_pod() {
    let mut fixture = running();
    let mut patch = resize(json!({"requests": {"cpu": "200m"}}));
    if let Some(body) = &mut patch.body {
        body["spec"]["containers"][0]["image"] = json!("other:1");
    }
    let resized = fixture.call(&patch).unwrap();
    assert_eq!(resized["spec"]["containers"][0]["image"], "x:1");
}

#[test]
fn refuses_less_memory_without_a_restart_and_another_quality_of_service() {
    let mut fixture = running();
    fixture.fails(
        &resize(json!({"requests": {"memory": "512Mi"}, "limits": {"memory": "512Mi"}})),
        422,
        r#"Pod "web" is invalid: spec.containers[0].resources.limits[memory]: Forbidden: memory limits cannot be decreased unless resizePolicy is RestartContainer"#,
    );
    fixture.fails(
        &resize(json!({"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1"}})),
        422,
        r#"Pod "web" is invalid: spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing"#,
    );
}
