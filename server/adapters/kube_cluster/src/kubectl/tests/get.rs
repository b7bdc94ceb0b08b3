//! `kubectl get`.

use domain::{
    command::{GetCommand, ObjectWords, OutputFormat, ReadCommand},
    ids::NamespaceScope,
};
use serde_json::{Value, json};

use super::{check, check_remark, everywhere, name, run, word};
use crate::kubectl::fixtures::{Api, table};

/// `kubectl get` with everything else left out.
struct Get {
    types: Vec<&'static str>,
    names: Vec<&'static str>,
    scope: Option<NamespaceScope>,
    output: OutputFormat,
    labels: Option<&'static str>,
    sort_by: Option<&'static str>,
    label_columns: Vec<&'static str>,
    show_labels: bool,
    no_headers: bool,
}

fn get(types: &[&'static str]) -> Get {
    Get {
        types: types.to_vec(),
        names: Vec::new(),
        scope: None,
        output: OutputFormat::Table,
        labels: None,
        sort_by: None,
        label_columns: Vec::new(),
        show_labels: false,
        no_headers: false,
    }
}

impl From<Get> for ReadCommand {
    fn from(get: Get) -> Self {
        Self::Get(Box::new(GetCommand {
            objects: ObjectWords {
                resources: get.types.into_iter().map(word).collect(),
                names: get.names.into_iter().map(name).collect(),
                pairs: Vec::new(),
            },
            scope: get.scope,
            label_selector: get.labels.map(str::to_owned),
            output: get.output,
            sort_by: get.sort_by.map(str::to_owned),
            label_columns: get.label_columns.into_iter().map(str::to_owned).collect(),
            show_labels: get.show_labels,
            no_headers: get.no_headers,
            ..GetCommand::default()
        }))
    }
}

fn pod_table(rows: &[(&str, &str, &[Value])]) -> Value {
    table(
        &[
            ("Ready", 0),
            ("Status", 0),
            ("Restarts", 0),
            ("Age", 0),
            ("IP", 1),
        ],
        rows,
    )
}

fn pods() -> Value {
    pod_table(&[
        (
            "shop",
            "web-1",
            &[
                json!("1/1"),
                json!("Running"),
                json!(0),
                json!("5d"),
                json!("10.0.0.7"),
            ],
        ),
        (
            "shop",
            "worker-abcde",
            &[
                json!("0/1"),
                json!("CrashLoopBackOff"),
                json!("7 (2m ago)"),
                json!("3h"),
                json!("<none>"),
            ],
        ),
    ])
}

fn shop_pods() -> Api {
    Api::new().with("/api/v1/namespaces/shop/pods", pods())
}

#[test]
fn prints_the_servers_columns() {
    check(
        shop_pods(),
        &get(&["po"]).into(),
        "\
NAME           READY   STATUS             RESTARTS     AGE
web-1          1/1     Running            0            5d
worker-abcde   0/1     CrashLoopBackOff   7 (2m ago)   3h
",
    );
}

#[test]
fn wide_prints_every_column() {
    let command = Get {
        output: OutputFormat::Wide,
        ..get(&["pods"])
    };
    check(
        shop_pods(),
        &command.into(),
        "\
NAME           READY   STATUS             RESTARTS     AGE   IP
web-1          1/1     Running            0            5d    10.0.0.7
worker-abcde   0/1     CrashLoopBackOff   7 (2m ago)   3h    <none>
",
    );
}

#[test]
fn all_namespaces_have_a_column() {
    let command = Get {
        scope: everywhere(),
        no_headers: true,
        show_labels: true,
        ..get(&["pods"])
    };
    check(
        Api::new().with("/api/v1/pods", pods()),
        &command.into(),
        "\
shop   web-1          1/1   Running            0            5d    app=web-1
shop   worker-abcde   0/1   CrashLoopBackOff   7 (2m ago)   3h    app=worker-abcde
",
    );
}

#[test]
fn several_types_are_separated_and_prefixed() {
    let services = table(
        &[("Type", 0), ("Age", 0)],
        &[("shop", "web", &[json!("ClusterIP"), json!("9d")])],
    );
    let deployments = table(
        &[("Ready", 0), ("Age", 0)],
        &[("shop", "web", &[json!("2/2"), json!("9d")])],
    );
    check(
        Api::new()
            .with("/api/v1/namespaces/shop/services", services)
            .with("/apis/apps/v1/namespaces/shop/deployments", deployments),
        &get(&["svc", "deploy"]).into(),
        "\
NAME          TYPE        AGE
service/web   ClusterIP   9d

NAME                  READY   AGE
deployment.apps/web   2/2     9d
",
    );
}

#[test]
fn a_missing_name_is_said_and_the_others_are_printed() {
    let one = pod_table(&[(
        "shop",
        "web-1",
        &[
            json!("1/1"),
            json!("Running"),
            json!(0),
            json!("5d"),
            json!(""),
        ],
    )]);
    let command = Get {
        names: vec!["web-1", "nope"],
        ..get(&["pods"])
    };
    let output = run(
        Api::new().with("/api/v1/namespaces/shop/pods/web-1", one),
        &command.into(),
    );
    assert_eq!(output.stdout.lines().count(), 2, "{}", output.stdout);
    assert_eq!(
        output.stderr,
        "Error from server (NotFound): pods \"nope\" not found\n"
    );
    assert_eq!(output.exit_code, 1);
}

#[test]
fn nothing_found_is_a_remark() {
    let empty = pod_table(&[]);
    check_remark(
        Api::new().with("/api/v1/namespaces/shop/pods", empty.clone()),
        &get(&["pods"]).into(),
        "No resources found in shop namespace.\n",
        0,
    );
    let command = Get {
        scope: everywhere(),
        ..get(&["pods"])
    };
    check_remark(
        Api::new().with("/api/v1/pods", empty.clone()),
        &command.into(),
        "No resources found\n",
        0,
    );
    check_remark(
        Api::new().with("/api/v1/nodes", empty),
        &get(&["nodes"]).into(),
        "No resources found\n",
        0,
    );
}

#[test]
fn an_unknown_type_is_kubectls_error() {
    check_remark(
        Api::new(),
        &get(&["foo"]).into(),
        "error: the server doesn't have a resource type \"foo\"\n",
        1,
    );
}

#[test]
fn what_is_forbidden_is_in_the_servers_words() {
    let message = "secrets is forbidden: User \"viewer\" cannot list resource \"secrets\" in API group \"\" in the namespace \"shop\"";
    check_remark(
        Api::new().with_status("/api/v1/namespaces/shop/secrets", 403, "Forbidden", message),
        &get(&["secrets"]).into(),
        &format!("Error from server (Forbidden): {message}\n"),
        1,
    );
}

#[test]
fn follows_pages_and_passes_selectors_on() {
    let mut first = pod_table(&[(
        "shop",
        "a",
        &[
            json!("1/1"),
            json!("Running"),
            json!(0),
            json!("5d"),
            json!(""),
        ],
    )]);
    first["metadata"]["continue"] = json!("next&page");
    let second = pod_table(&[(
        "shop",
        "b",
        &[
            json!("1/1"),
            json!("Running"),
            json!(0),
            json!("5d"),
            json!(""),
        ],
    )]);
    let path = "/api/v1/namespaces/shop/pods?labelSelector=app in (a,b)";
    let command = Get {
        labels: Some("app in (a,b)"),
        no_headers: true,
        ..get(&["pods"])
    };
    check(
        Api::new()
            .with(path, first)
            .with(&format!("{path}&continue=next&page"), second),
        &command.into(),
        "a     1/1   Running   0     5d\nb     1/1   Running   0     5d\n",
    );
}

#[test]
fn sorts_rows_by_a_field_of_their_objects() {
    let mut pods = pods();
    pods["rows"][0]["object"]["status"] = json!({"restarts": 9});
    pods["rows"][1]["object"]["status"] = json!({"restarts": 7});
    let command = Get {
        sort_by: Some(".status.restarts"),
        no_headers: true,
        ..get(&["pods"])
    };
    check(
        Api::new().with("/api/v1/namespaces/shop/pods?includeObject=Object", pods),
        &command.into(),
        "worker-abcde   0/1   CrashLoopBackOff   7 (2m ago)   3h\nweb-1          1/1   Running            0            5d\n",
    );
}

#[test]
fn a_list_that_is_refused_names_what_was_asked_for() {
    let command = Get {
        labels: Some("a=b=c"),
        ..get(&["pods"])
    };
    check_remark(
        Api::new().with_status(
            "/api/v1/namespaces/shop/pods",
            400,
            "BadRequest",
            "found '='",
        ),
        &command.into(),
        "Error from server (BadRequest): Unable to find \"/v1, Resource=pods\" that match label \
         selector \"a=b=c\", field selector \"\": found '='\n",
        1,
    );
}

#[test]
fn secrets_are_sorted_without_reading_them_whole() {
    let table = table(
        &[("Type", 0)],
        &[
            ("shop", "b", &[json!("Opaque")]),
            ("shop", "a", &[json!("Opaque")]),
        ],
    );
    let command = Get {
        sort_by: Some(".metadata.name"),
        no_headers: true,
        ..get(&["secrets"])
    };
    check(
        Api::new().with("/api/v1/namespaces/shop/secrets?", table),
        &command.into(),
        "a     Opaque\nb     Opaque\n",
    );
}

#[test]
fn a_server_without_tables_gets_name_and_age() {
    let widgets = json!({"kind": "WidgetList", "items": [{"metadata":
        {"name": "w", "creationTimestamp": "2026-11-24T10:00:00Z"}}]});
    check(
        Api::new().with("/apis/example.com/v1/namespaces/shop/widgets", widgets),
        &get(&["widgets"]).into(),
        "NAME   AGE\nw      120m\n",
    );
}

#[test]
fn cells_end_at_a_line_break_and_lose_escape_sequences() {
    let table = table(
        &[("Note", 0)],
        &[("shop", "w", &[json!("\u{1b}[31mred\u{1b}[0m\nmore")])],
    );
    check(
        Api::new().with("/apis/example.com/v1/namespaces/shop/widgets", table),
        &get(&["widgets"]).into(),
        "NAME   NOTE\nw      red...\n",
    );
}

fn secret() -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": "db", "managedFields": []}, "data": {"password": "aHVudGVyMg=="}})
}

#[test]
fn secrets_are_masked_alone_and_in_lists() {
    let command = Get {
        names: vec!["db"],
        output: OutputFormat::Yaml,
        ..get(&["secrets"])
    };
    check(
        Api::new().with("/api/v1/namespaces/shop/secrets/db", secret()),
        &command.into(),
        "\
apiVersion: v1
data:
  password: '*** (7 bytes)'
kind: Secret
metadata:
  name: db
type: Opaque
",
    );
    let mut untyped = secret();
    untyped.as_object_mut().unwrap().remove("kind");
    let command = Get {
        output: OutputFormat::Json,
        ..get(&["secrets"])
    };
    let list = json!({"kind": "SecretList", "items": [untyped]});
    let output = run(
        Api::new().with("/api/v1/namespaces/shop/secrets", list),
        &command.into(),
    );
    assert!(output.stdout.contains("*** (7 bytes)") && !output.stdout.contains("aHVudGVyMg"));
}

#[test]
fn names_and_lists_carry_the_kind_that_typed_lists_leave_out() {
    let list = json!({"kind": "DeploymentList", "items": [{"metadata": {"name": "web"}}]});
    let api = Api::new().with("/apis/apps/v1/namespaces/shop/deployments", list);
    let command = Get {
        output: OutputFormat::Name,
        ..get(&["deploy"])
    };
    check(api.clone(), &command.into(), "deployment.apps/web\n");
    let command = Get {
        output: OutputFormat::Yaml,
        ..get(&["deploy"])
    };
    check(
        api,
        &command.into(),
        "\
apiVersion: v1
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: web
kind: List
metadata:
  resourceVersion: \"\"
",
    );
}

#[test]
fn labels_can_have_columns_of_their_own() {
    let command = Get {
        label_columns: vec!["app", "example.com/tier"],
        ..get(&["po"])
    };
    check(
        shop_pods(),
        &command.into(),
        "\
NAME           READY   STATUS             RESTARTS     AGE   APP            TIER
web-1          1/1     Running            0            5d    web-1          <none>
worker-abcde   0/1     CrashLoopBackOff   7 (2m ago)   3h    worker-abcde   <none>
",
    );
}

/// Whatever the template asks for, what comes out is what was masked on the way in.
#[test]
fn templates_see_secrets_masked() {
    let formats = [
        OutputFormat::JsonPath("{.data.password}".to_owned()),
        OutputFormat::JsonPathAsJson("{.data}".to_owned()),
        OutputFormat::CustomColumns("P:.data.password".to_owned()),
    ];
    for output in formats {
        let command = Get {
            names: vec!["db"],
            output,
            ..get(&["secrets"])
        };
        let api = Api::new().with("/api/v1/namespaces/shop/secrets/db", secret());
        let printed = run(api, &command.into()).stdout;
        assert!(printed.contains("*** (7 bytes)"), "{printed}");
        assert!(!printed.contains("aHVudGVyMg"), "{printed}");
    }
}

#[test]
fn a_template_that_is_none_is_an_error_of_kubectls() {
    let command = Get {
        output: OutputFormat::JsonPath("{.items".to_owned()),
        ..get(&["pods"])
    };
    let api = Api::new().with("/api/v1/namespaces/shop/pods", json!({"items": []}));
    check_remark(
        api,
        &command.into(),
        "error: error parsing jsonpath {.items, unclosed action\n",
        1,
    );
}
