//! What leaves, by method and path, and in which class.

use domain::cluster::ClusterMode::{Approve, Automatic};

use super::*;

const MODES: [ClusterMode; 3] = [
    ClusterMode::ReadOnly,
    ClusterMode::Approve,
    ClusterMode::Automatic,
];
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";

fn ask(mode: ClusterMode, method: &str, path: &str, accept: &str) -> Option<Class> {
    let request = Request::builder().method(method).uri(path);
    let request = request.header(ACCEPT, accept).body(()).unwrap();
    judge(Reach::Product(mode), &request).ok()
}

/// The same with leave for one write.
fn ask_with(grant: &Grant, mode: ClusterMode, method: &str, path: &str) -> Option<Class> {
    let request = Request::builder().method(method).uri(path);
    let request = request.extension(grant.clone()).body(()).unwrap();
    judge(Reach::Product(mode), &request).ok()
}

#[track_caller]
fn check(method: &str, path: &str, expected: Option<Class>) {
    for mode in MODES {
        assert_eq!(
            ask(mode, method, path, "application/json"),
            expected,
            "{method} {path} {mode}"
        );
    }
}

#[test]
fn reads_leave_in_every_mode() {
    for path in [
        "/version",
        "/api",
        "/apis",
        "/api/v1",
        "/apis/apps/v1",
        "/openapi/v3/apis/apps/v1",
        "/api/v1/pods?limit=500",
        "/api/v1/namespaces",
        "/api/v1/namespaces/shop",
        "/api/v1/namespaces/shop/pods/web-1/log?tailLines=5",
        "/apis/apps/v1/namespaces/shop/deployments/web/scale",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node",
    ] {
        check("GET", path, Some(Class::Read));
    }
    check("GET", "/api/v1/pods?watch=1", Some(Class::Stream));
    check(
        "GET",
        "/api/v1/namespaces/a/pods/b/log?follow=true",
        Some(Class::Stream),
    );
    check(
        "GET",
        "/apis/metrics.k8s.io/v1beta1/pods",
        Some(Class::ReadOnce),
    );
    check(
        "POST",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        Some(Class::Read),
    );
}

/// With one exception, the subresources that reach into pods and nodes are closed.
#[test]
fn dangerous_subresources_never_leave() {
    for path in [
        "/api/v1/namespaces/a/pods/b/exec?command=sh",
        "/api/v1/namespaces/a/pods/b/attach",
        "/api/v1/namespaces/a/pods/b/portforward",
        "/api/v1/namespaces/a/pods/b/proxy",
        "/api/v1/namespaces/a/pods/b/proxy/metrics",
        "/api/v1/namespaces/a/services/b/proxy/",
        "/api/v1/namespaces/a/pods/b/ephemeralcontainers",
        "/api/v1/namespaces/a/pods/b/eviction",
        "/api/v1/namespaces/a/serviceaccounts/b/token",
        "/api/v1/nodes/n/proxy",
        "/api/v1/nodes/n/proxy/run/x",
        "/api/v1/nodes/n/proxy/stats/summary/x",
        "/api/v1/namespaces/a/nodes/n/proxy/stats/summary",
        "/api/v1/proxy/nodes/n",
        "/api/v1/watch/secrets",
        "/apis/certificates.k8s.io/v1/certificatesigningrequests/x/approval",
    ] {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT"] {
            check(method, path, None);
        }
    }
    check(
        "GET",
        "/api/v1/nodes/n/proxy/stats/summary",
        Some(Class::ReadOnce),
    );
    check("POST", "/api/v1/nodes/n/proxy/stats/summary", None);
}

const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/shop/deployments/web";

/// The changes made from here, each with its path.
fn changes() -> [(Method, String); 4] {
    let of = |resource: &str| format!("/apis/apps/v1/namespaces/shop/{resource}");
    [
        (Method::PUT, of("deployments/web/scale")),
        (Method::PUT, of("statefulsets/db/scale")),
        (Method::PATCH, of("deployments/web")),
        (Method::PATCH, of("daemonsets/log")),
    ]
}

#[test]
fn a_listed_change_leaves_once_for_each_grant_and_never_in_a_read_only_cluster() {
    for (method, path) in changes() {
        let named = format!("{path}?fieldManager=ai4k8s");
        for mode in MODES {
            assert_eq!(ask(mode, method.as_str(), &named, "*/*"), None, "{path}");
        }
        let grant = Grant::of(method.clone(), &path);
        let ask = |mode| ask_with(&grant, mode, method.as_str(), &named);
        assert_eq!(ask(ClusterMode::ReadOnly), None, "{path}");
        assert_eq!(ask(Approve), Some(Class::Write), "{path}");
        assert_eq!(ask(Approve), None, "{path}, a second time");
        assert_eq!(ask(Automatic), None, "{path}, a third time");
    }
}

#[test]
fn a_grant_opens_nothing_but_its_own_change() {
    let all = changes();
    for (granted, at) in &all {
        let grant = Grant::of(granted.clone(), at);
        for (method, path) in all.iter().filter(|(_, path)| path != at) {
            let answer = ask_with(&grant, Approve, method.as_str(), path);
            assert_eq!(answer, None, "{method} {path} with the grant for {at}");
        }
    }
    // Nor what is not on the list.
    for (method, path) in [
        (Method::DELETE, DEPLOYMENT),
        (Method::PUT, DEPLOYMENT),
        (Method::POST, "/api/v1/namespaces/shop/pods/p/eviction"),
        (Method::PATCH, "/api/v1/namespaces/shop/secrets/db"),
    ] {
        let grant = Grant::of(method.clone(), path);
        assert_eq!(ask_with(&grant, Approve, method.as_str(), path), None);
    }
}

#[test]
fn a_dry_run_needs_the_mode_and_no_grant() {
    for (method, path) in changes() {
        let ask = |mode, query: &str| ask(mode, method.as_str(), &format!("{path}?{query}"), "*/*");
        for query in ["dryRun=All", "fieldManager=ai4k8s&dryRun=All"] {
            assert_eq!(ask(ClusterMode::ReadOnly, query), None);
            assert_eq!(ask(Approve, query), Some(Class::Write));
        }
        for query in [
            "dryRun=",
            "dryRun",
            "dryRun=all",
            "dryRun=None",
            "dryrun=All",
            "xdryRun=All",
            "dryRun=All&dryRun=",
            "dryRun=All&dryRun=All",
            "dryRun=All&%64ryRun=",
            "%64ryRun=All",
            "a=dryRun=All",
        ] {
            assert_eq!(ask(Approve, query), None, "{query}");
        }
    }
}

#[test]
fn what_is_not_on_the_list_does_not_leave() {
    let deployment = DEPLOYMENT;
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "HEAD"] {
        check(method, deployment, None);
    }
    check("PATCH", "/apis/apps/v1/namespaces/shop/deployments", None);
    check(
        "PUT",
        "/apis/apps/v1/namespaces/shop/daemonsets/x/scale",
        None,
    );
    check("PATCH", "/api/v1/namespaces/shop/deployments/web", None);
    check(
        "PATCH",
        "/apis/evil.io/v1/namespaces/shop/deployments/web",
        None,
    );
    check("DELETE", "/api/v1/namespaces/shop", None);
}

/// The owner of a kubeconfig is bound by the cluster's own rules only, and nothing but a read is repeated.
#[test]
fn the_owner_reaches_as_far_as_the_credentials() {
    let ask = |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path);
        judge(Reach::Owner, &request.body(()).unwrap()).ok()
    };
    let secrets = "/api/v1/namespaces/shop/secrets";
    assert_eq!(ask("GET", secrets), Some(Class::Read));
    assert_eq!(
        ask("GET", &format!("{secrets}?watch=1")),
        Some(Class::Stream)
    );
    assert_eq!(ask("DELETE", &format!("{secrets}/db")), Some(Class::Write));
    assert_eq!(ask("POST", secrets), Some(Class::Write));
    let review = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    assert_eq!(ask("POST", review), Some(Class::Read));
    assert_eq!(ask("GET", "/api/v1/namespaces/../secrets"), None);
}

/// A Secret's values are masked, or not asked for.
#[test]
fn secrets_are_read_without_their_values() {
    let metadata = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    let path = "/api/v1/namespaces/shop/secrets";
    let read = |path: &str, accept: &str| ask(ClusterMode::Approve, "GET", path, accept);
    assert_eq!(read(path, TABLE), Some(Class::Read));
    assert_eq!(read(path, metadata), Some(Class::Read));
    assert_eq!(
        read(&format!("{path}?includeObject=Metadata"), TABLE),
        Some(Class::Read)
    );
    for accept in [
        "application/json",
        "*/*",
        "application/yaml",
        &format!("{TABLE},application/json"),
    ] {
        assert_eq!(read(path, accept), Some(Class::Masked), "{accept}");
        assert_eq!(
            read(&format!("{path}/db"), accept),
            Some(Class::Masked),
            "{accept}"
        );
    }
    for query in [
        "includeObject=Object",
        "include%4Fbject=Object",
        "watch=1",
        "watch=true&limit=1",
    ] {
        for accept in [TABLE, "application/json"] {
            assert_eq!(
                read(&format!("{path}?{query}"), accept),
                None,
                "{query} {accept}"
            );
        }
    }
}

#[test]
fn kubelets_and_aggregated_apis_are_told_from_the_api_server() {
    let is_own = is_answered_by_the_api_server;
    for path in [
        "/version",
        "/apis",
        "/apis/apps/v1/deployments",
        "/apis/networking.k8s.io/v1/ingresses",
    ] {
        assert!(is_own(path), "{path}");
    }
    for path in [
        "/api/v1/namespaces/shop/pods/web/log",
        "/api/v1/nodes/n/proxy/stats/summary",
        "/apis/metrics.k8s.io/v1beta1/pods",
        "/apis/custom.metrics.k8s.io/v1beta1",
        "/apis/example.org/v1/widgets",
    ] {
        assert!(!is_own(path), "{path}");
    }
}

#[test]
fn credentials_that_are_resources_are_neither_read_nor_changed() {
    for path in [
        "/apis/oauth.openshift.io/v1/oauthaccesstokens",
        "/apis/oauth.openshift.io/v1/oauthclients/console",
        "/apis/management.cattle.io/v3/tokens/t",
        "/apis/management.cattle.io/v3/namespaces/c/clusterregistrationtokens/t",
        "/apis/authentication.k8s.io/v1/tokenreviews",
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            check(method, path, None);
            check(method, &format!("{path}?dryRun=All"), None);
        }
    }
    // Of the same name in a group that is none of these.
    let other = "/apis/example.org/v1/namespaces/c/tokens";
    check("GET", other, Some(Class::Read));
}

#[test]
fn paths_that_could_mean_something_else_do_not_leave() {
    for path in [
        "/api/v1/namespaces/../secrets",
        "/api/v1/namespaces/%2e%2e/pods",
        "/api/v1/namespaces/a%2Fb/pods",
        "/api/v1//secrets",
        "/api/v1/namespaces/a/pods/b%00c",
        "/",
        "/metrics",
        "/debug/pprof",
        "/logs/kube-apiserver.log",
    ] {
        check("GET", path, None);
    }
}
