//! Requests end to end, on a store.

use serde_json::json;

use super::*;
use crate::{
    registry::{
        CONFIG_MAP, DEPLOYMENT, HORIZONTAL_POD_AUTOSCALER, NAMESPACE, NODE, POD, POD_METRICS,
        REPLICA_SET, SECRET, SELF_SUBJECT_ACCESS_REVIEW, SERVICE,
    },
    value,
};

const NOW: Timestamp = Timestamp(1_763_930_096_000);

/// A store with the namespace `shop`.
struct Fixture(Store);

impl Fixture {
    fn new() -> Self {
        let mut fixture = Self(Store::with_seed(1));
        fixture.create(NAMESPACE, json!({"metadata": {"name": "shop"}}));
        fixture
    }

    fn call(&mut self, request: &Request) -> Result<Value, Status> {
        call(&mut self.0, request, NOW)
    }

    #[track_caller]
    fn create(&mut self, kind: KindId, body: Value) -> Value {
        self.call(&request(Verb::Create, kind, None, Some(body)))
            .unwrap()
    }

    #[track_caller]
    fn fails(&mut self, request: &Request, code: u16, message: &str) {
        let status = self.call(request).unwrap_err();
        assert_eq!((status.code(), status.message()), (code, message));
    }

    fn names(&self, kind: KindId) -> Vec<&str> {
        self.0
            .list(kind, None)
            .map(|object| value::name(object))
            .collect()
    }
}

fn request(verb: Verb, kind: KindId, name: Option<&str>, body: Option<Value>) -> Request {
    Request {
        verb,
        kind,
        namespace: kind.spec().namespaced.then(|| "shop".to_owned()),
        name: name.map(str::to_owned),
        subresource: None,
        body,
        options: Options {
            user_agent: "kubectl/v1.33.1 (linux/amd64)".to_owned(),
            ..Options::default()
        },
    }
}

fn deployment() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "nginx:1.27"}]}}}})
}

fn pod(name: &str, node: &str) -> Value {
    let mut pod = json!({"metadata": {"name": name, "labels": {"app": name}}, "spec": {"containers": [{"name": "a", "image": "x:1"}]}});
    if !node.is_empty() {
        pod["spec"]["nodeName"] = json!(node);
    }
    pod
}

fn config_map(name: &str) -> Value {
    json!({"metadata": {"name": name}, "data": {"key": "1"}})
}

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
        r#"delete is not supported on resources of kind "pods.metrics.k8s.io""#,
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
        (&main["spec"]["replicas"], main.get("status")),
        (&json!(4), None)
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
fn applies_creates_conflicts_and_forces() {
    let mut fixture = Fixture::new();
    let mut apply = request(
        Verb::Patch(PatchType::Apply),
        DEPLOYMENT,
        Some("web"),
        Some(deployment()),
    );
    assert_eq!(fixture.call(&apply).unwrap_err().code(), 400);
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
fn lists_in_pages_that_agree_with_each_other() {
    let mut fixture = Fixture::new();
    for name in ["a", "b", "c"] {
        fixture.create(CONFIG_MAP, config_map(name));
    }
    let mut list = request(Verb::List, CONFIG_MAP, None, None);
    list.options.limit = Some(2);
    let first = fixture.call(&list).unwrap();
    assert_eq!(first["kind"], "ConfigMapList");
    assert_eq!(first["metadata"]["remainingItemCount"], 1);
    assert!(first["items"][0].get("kind").is_none());
    fixture
        .call(&request(Verb::Delete, CONFIG_MAP, Some("c"), None))
        .unwrap();
    fixture.create(CONFIG_MAP, config_map("d"));
    list.options.continue_token = first["metadata"]["continue"].as_str().map(str::to_owned);
    let second = fixture.call(&list).unwrap();
    assert_eq!(second["items"].as_array().unwrap().len(), 1);
    assert_eq!(second["items"][0]["metadata"]["name"], "c");
    assert_eq!(
        second["metadata"]["resourceVersion"],
        first["metadata"]["resourceVersion"]
    );
    assert!(second["metadata"].get("continue").is_none());
    list.options.continue_token = Some("nonsense".to_owned());
    assert_eq!(fixture.call(&list).unwrap_err().code(), 400);
}

#[test]
fn lists_by_selector_and_version() {
    let mut fixture = Fixture::new();
    fixture.create(POD, pod("a", "n1"));
    let then = fixture.0.revision();
    fixture.create(POD, pod("b", "n2"));
    let mut list = request(Verb::List, POD, None, None);
    list.namespace = None;
    let mut count = |change: &dyn Fn(&mut Options)| {
        list.options = Options::default();
        change(&mut list.options);
        fixture
            .call(&list)
            .map(|list| list["items"].as_array().unwrap().len())
    };
    assert_eq!(count(&|_| ()), Ok(2));
    assert_eq!(
        count(&|options| options.label_selector = "app in (a)".to_owned()),
        Ok(1)
    );
    assert_eq!(
        count(&|options| options.field_selector = "spec.nodeName=n2".to_owned()),
        Ok(1)
    );
    assert_eq!(
        count(&|options| {
            options.resource_version = Some(then);
            options.version_match = VersionMatch::Exact;
        }),
        Ok(1)
    );
    assert_eq!(
        count(&|options| options.resource_version = Some(9999))
            .unwrap_err()
            .code(),
        504
    );
    assert_eq!(
        count(&|options| options.label_selector = "(".to_owned())
            .unwrap_err()
            .code(),
        400
    );
}

#[test]
fn shows_watches_what_enters_and_leaves_a_selection() {
    let mut fixture = Fixture::new();
    fixture.create(POD, pod("a", "n1"));
    let start = fixture.0.revision();
    let mut watch = request(Verb::List, POD, None, None);
    watch.options.label_selector = "app=a".to_owned();
    let selection = Selection::of(&watch).unwrap();
    for label in ["b", "a"] {
        let body = json!({"metadata": {"labels": {"app": label}}});
        fixture
            .call(&request(
                Verb::Patch(PatchType::Merge),
                POD,
                Some("a"),
                Some(body),
            ))
            .unwrap();
    }
    fixture.create(POD, pod("other", ""));
    let events: Vec<_> = fixture
        .0
        .changes_after(start)
        .unwrap()
        .filter_map(|change| selection.event(change))
        .map(|(event, _)| event)
        .collect();
    assert_eq!(
        events,
        [
            crate::store::ChangeKind::Deleted,
            crate::store::ChangeKind::Added
        ]
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
fn gives_running_pods_time_to_end() {
    let mut fixture = Fixture::new();
    fixture.create(POD, pod("pending", ""));
    fixture.create(POD, pod("running", "n1"));
    let delete = |name| request(Verb::Delete, POD, Some(name), None);
    fixture.call(&delete("pending")).unwrap();
    let answer = fixture.call(&delete("running")).unwrap();
    assert_eq!(
        answer["metadata"]["deletionTimestamp"],
        "2025-11-23T20:35:26Z"
    );
    assert_eq!(answer["metadata"]["deletionGracePeriodSeconds"], 30);
    assert_eq!(fixture.names(POD), ["running"]);
    finish_deletion(&mut fixture.0, POD, "shop", "running", NOW);
    assert!(fixture.names(POD).is_empty());
    fixture.create(POD, pod("now", "n1"));
    let mut at_once = delete("now");
    at_once.options.grace_period_seconds = Some(0);
    fixture.call(&at_once).unwrap();
    assert!(fixture.names(POD).is_empty());
}

/// A Deployment with a ReplicaSet with a pod.
fn family(fixture: &mut Fixture) {
    let owner = |object: &Value| {
        json!([{"apiVersion": object["apiVersion"], "kind": object["kind"], "name": value::name(object), "uid": value::uid(object),
            "controller": true, "blockOwnerDeletion": true}])
    };
    let parent = fixture.create(DEPLOYMENT, deployment());
    let mut replica_set = deployment();
    replica_set["kind"] = json!("ReplicaSet");
    replica_set["metadata"] = json!({"name": "web-1", "ownerReferences": owner(&parent)});
    let replica_set = fixture.create(REPLICA_SET, replica_set);
    let mut child = pod("web-1-x", "");
    child["metadata"]["ownerReferences"] = owner(&replica_set);
    fixture.create(POD, child);
}

#[test]
fn deletes_dependents_in_the_background() {
    let mut fixture = Fixture::new();
    family(&mut fixture);
    let answer = fixture
        .call(&request(Verb::Delete, DEPLOYMENT, Some("web"), None))
        .unwrap();
    assert_eq!(
        (&answer["status"], &answer["details"]["kind"]),
        (&json!("Success"), &json!("deployments"))
    );
    assert!(fixture.names(REPLICA_SET).is_empty() && fixture.names(POD).is_empty());
}

#[test]
fn orphans_dependents_when_asked() {
    let mut fixture = Fixture::new();
    family(&mut fixture);
    let mut delete = request(Verb::Delete, DEPLOYMENT, Some("web"), None);
    delete.options.propagation = Some(Propagation::Orphan);
    fixture.call(&delete).unwrap();
    assert!(fixture.names(DEPLOYMENT).is_empty());
    let replica_set = fixture.0.get(REPLICA_SET, "shop", "web-1").unwrap();
    assert!(replica_set["metadata"].get("ownerReferences").is_none());
    assert_eq!(fixture.names(POD), ["web-1-x"]);
}

#[test]
fn deletes_dependents_first_when_asked() {
    let mut fixture = Fixture::new();
    family(&mut fixture);
    let hold = json!({"metadata": {"finalizers": ["example.com/hold"]}});
    fixture
        .call(&request(
            Verb::Patch(PatchType::Merge),
            REPLICA_SET,
            Some("web-1"),
            Some(hold),
        ))
        .unwrap();
    let mut delete = request(Verb::Delete, DEPLOYMENT, Some("web"), None);
    delete.options.propagation = Some(Propagation::Foreground);
    let answer = fixture.call(&delete).unwrap();
    assert_eq!(
        answer["metadata"]["finalizers"],
        json!(["foregroundDeletion"])
    );
    let release = json!({"metadata": {"finalizers": null}});
    fixture
        .call(&request(
            Verb::Patch(PatchType::Merge),
            REPLICA_SET,
            Some("web-1"),
            Some(release),
        ))
        .unwrap();
    assert!(fixture.names(REPLICA_SET).is_empty() && fixture.names(DEPLOYMENT).is_empty());
}

#[test]
fn checks_what_must_hold_before_a_delete() {
    let mut fixture = Fixture::new();
    fixture.create(CONFIG_MAP, config_map("a"));
    let mut delete = request(Verb::Delete, CONFIG_MAP, Some("a"), None);
    delete.options.preconditions.uid = Some("other".to_owned());
    let refused = fixture.call(&delete).unwrap_err();
    assert_eq!(refused.code(), 409);
    assert!(
        refused
            .message()
            .contains("Precondition failed: UID in precondition: other")
    );
    delete.options.preconditions = Preconditions {
        resource_version: Some("1".to_owned()),
        uid: None,
    };
    assert_eq!(fixture.call(&delete).unwrap_err().code(), 409);
}

#[test]
fn deletes_collections_by_selector() {
    let mut fixture = Fixture::new();
    for name in ["a", "b"] {
        fixture.create(POD, pod(name, ""));
    }
    let mut delete = request(Verb::DeleteCollection, POD, None, None);
    delete.options.label_selector = "app=a".to_owned();
    let answer = fixture.call(&delete).unwrap();
    assert_eq!(answer["items"].as_array().unwrap().len(), 1);
    assert_eq!(fixture.names(POD), ["b"]);
}

#[test]
fn empties_namespaces_before_they_go() {
    let mut fixture = Fixture::new();
    fixture.create(CONFIG_MAP, config_map("a"));
    fixture.create(POD, pod("running", "n1"));
    let answer = fixture
        .call(&request(Verb::Delete, NAMESPACE, Some("shop"), None))
        .unwrap();
    assert_eq!(answer["status"]["phase"], "Terminating");
    assert!(fixture.names(CONFIG_MAP).is_empty());
    fixture.fails(
        &request(Verb::Create, CONFIG_MAP, None, Some(config_map("b"))),
        403,
        r#"configmaps "b" is forbidden: unable to create new content in namespace shop because it is being terminated"#,
    );
    finish_deletion(&mut fixture.0, POD, "shop", "running", NOW);
    collect_garbage(&mut fixture.0, NOW);
    assert!(fixture.names(NAMESPACE).is_empty());
}

#[test]
fn evicts_pods() {
    let mut fixture = Fixture::new();
    fixture.create(POD, pod("a", "n1"));
    let mut evict = request(
        Verb::Create,
        POD,
        Some("a"),
        Some(json!({"kind": "Eviction", "apiVersion": "policy/v1"})),
    );
    evict.subresource = Some(Subresource::Eviction);
    fixture.call(&evict).unwrap();
    assert!(value::is_terminating(
        fixture.0.get(POD, "shop", "a").unwrap()
    ));
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
    assert!(refused.message().contains("may not change once set"));
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
fn answers_access_reviews() {
    let mut fixture = Fixture::new();
    let body = json!({"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}});
    let answer = fixture.create(SELF_SUBJECT_ACCESS_REVIEW, body);
    assert_eq!(answer["status"]["allowed"], true);
}
