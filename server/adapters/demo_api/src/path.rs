//! What a request path names: a document of the API itself or a resource.
//!
//! Source of the grammar: Kubernetes documentation, "API concepts", "Resource URIs".

use demo_cluster::registry::KindId;

/// The parts of a resource path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResourcePath {
    /// Which kind.
    pub kind: KindId,
    /// The namespace, for one namespace's objects.
    pub namespace: Option<String>,
    /// The object's name; `None` for the collection.
    pub name: Option<String>,
    /// `scale`, `status`, `log`, …
    pub subresource: Option<String>,
    /// The rest after `…/proxy`, for nodes.
    pub rest: String,
    /// The path began with the old `/watch` prefix.
    pub watch: bool,
}

/// Everything this server answers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/version`
    Version,
    /// `/healthz`, `/livez`, `/readyz`: the word in the path.
    Health(String),
    /// `/`
    Root,
    /// `/api`
    CoreVersions,
    /// `/apis`
    Groups,
    /// `/apis/{group}`
    Group(String),
    /// `/api/v1` and `/apis/{group}/{version}`
    Resources {
        /// Empty for the core group.
        group: String,
        /// Version in the group.
        version: String,
    },
    /// `/openapi/v2`
    OpenApiV2,
    /// `/openapi/v3`
    OpenApiV3Index,
    /// `/openapi/v3/api/v1` and `/openapi/v3/apis/{group}/{version}`
    OpenApiV3 {
        /// Empty for the core group.
        group: String,
        /// Version in the group.
        version: String,
    },
    /// Objects of the registry.
    Resource(ResourcePath),
    /// `/prometheus/…`: the rest.
    Prometheus(String),
}

/// Finds the kind served at a group, version and plural.
pub(crate) type Find<'a> = &'a dyn Fn(&str, &str, &str) -> Option<KindId>;

/// The route of `path`; `None` when there is nothing there.
pub(crate) fn parse(path: &str, find: Find<'_>) -> Option<Route> {
    let segments = decode_all(path)?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        [] => Some(Route::Root),
        ["version"] => Some(Route::Version),
        [word @ ("healthz" | "livez" | "readyz"), ..] => Some(Route::Health((*word).to_owned())),
        ["openapi", rest @ ..] => open_api(rest),
        ["prometheus", rest @ ..] => Some(Route::Prometheus(rest.join("/"))),
        ["api"] => Some(Route::CoreVersions),
        ["apis"] => Some(Route::Groups),
        ["apis", group] => Some(Route::Group((*group).to_owned())),
        ["api", version] => Some(resources("", version)),
        ["apis", group, version] => Some(resources(group, version)),
        ["api", version, rest @ ..] => resource("", version, rest, find),
        ["apis", group, version, rest @ ..] => resource(group, version, rest, find),
        _ => None,
    }
}

fn resources(group: &str, version: &str) -> Route {
    Route::Resources {
        group: group.to_owned(),
        version: version.to_owned(),
    }
}

fn open_api(rest: &[&str]) -> Option<Route> {
    let document = |group: &str, version: &str| Route::OpenApiV3 {
        group: group.to_owned(),
        version: version.to_owned(),
    };
    match rest {
        ["v2"] => Some(Route::OpenApiV2),
        ["v3"] => Some(Route::OpenApiV3Index),
        ["v3", "api", version] => Some(document("", version)),
        ["v3", "apis", group, version] => Some(document(group, version)),
        _ => None,
    }
}

fn resource(group: &str, version: &str, rest: &[&str], find: Find<'_>) -> Option<Route> {
    let (watch, rest) = match rest {
        ["watch", rest @ ..] => (true, rest),
        _ => (false, rest),
    };
    let (namespace, rest) = split_namespace(rest);
    let (plural, rest) = rest.split_first()?;
    let kind = find(group, version, plural)?;
    if namespace.is_some() && !kind.spec().namespaced {
        return None;
    }
    let mut rest = rest.iter();
    let name = rest.next().map(|it| (*it).to_owned());
    let subresource = rest.next().map(|it| (*it).to_owned());
    let rest = rest.copied().collect::<Vec<_>>().join("/");
    if !rest.is_empty() && subresource.as_deref() != Some("proxy") {
        return None;
    }
    Some(Route::Resource(ResourcePath {
        kind,
        namespace,
        name,
        subresource,
        rest,
        watch,
    }))
}

/// `namespaces/NS/plural…` names something inside `NS`; `namespaces/NS` and its subresources name `NS`.
fn split_namespace<'a>(rest: &'a [&'a str]) -> (Option<String>, &'a [&'a str]) {
    match rest {
        ["namespaces", _, "status" | "finalize"] => (None, rest),
        ["namespaces", namespace, inner @ ..] if !inner.is_empty() => {
            (Some((*namespace).to_owned()), inner)
        }
        _ => (None, rest),
    }
}

/// The decoded segments; `None` when one is empty, escapes to a slash or is not UTF-8.
fn decode_all(path: &str) -> Option<Vec<String>> {
    let path = path.trim_matches('/');
    if path.is_empty() {
        return Some(Vec::new());
    }
    path.split('/')
        .map(|segment| decode(segment).filter(|it| !it.is_empty() && !it.contains('/')))
        .collect()
}

/// Undoes percent-encoding (RFC 3986, section 2.1).
pub(crate) fn decode(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, tail @ ..] = rest else {
            return None;
        };
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        bytes.push(u8::try_from(digit(high)? * 16 + digit(low)?).ok()?);
        rest = tail;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use demo_cluster::registry::{self, DEPLOYMENT, NAMESPACE, NODE, POD};

    fn named(kind: KindId, namespace: &str, name: &str, subresource: &str) -> Option<Route> {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Some(Route::Resource(ResourcePath {
            kind,
            namespace: given(namespace),
            name: given(name),
            subresource: given(subresource),
            rest: String::new(),
            watch: false,
        }))
    }

    #[track_caller]
    fn check(path: &str, expected: Option<Route>) {
        assert_eq!(parse(path, &registry::find), expected, "{path}");
    }

    #[test]
    fn finds_objects_and_collections() {
        check("/api/v1/pods", named(POD, "", "", ""));
        check("/api/v1/namespaces/shop/pods", named(POD, "shop", "", ""));
        check(
            "/api/v1/namespaces/shop/pods/web/log",
            named(POD, "shop", "web", "log"),
        );
        check(
            "/apis/apps/v1/namespaces/shop/deployments/web/scale",
            named(DEPLOYMENT, "shop", "web", "scale"),
        );
        check("/api/v1/namespaces", named(NAMESPACE, "", "", ""));
        check("/api/v1/namespaces/shop", named(NAMESPACE, "", "shop", ""));
        check(
            "/api/v1/namespaces/shop/status",
            named(NAMESPACE, "", "shop", "status"),
        );
    }

    #[test]
    fn keeps_the_rest_of_a_proxy_path() {
        let Some(Route::Resource(path)) =
            parse("/api/v1/nodes/a/proxy/stats/summary", &registry::find)
        else {
            panic!("not a resource");
        };
        assert_eq!((path.kind, path.rest.as_str()), (NODE, "stats/summary"));
    }

    #[test]
    fn finds_the_documents_of_the_api() {
        check("/", Some(Route::Root));
        check("/apis/apps", Some(Route::Group("apps".to_owned())));
        check("/api/v1", Some(resources("", "v1")));
        check("/openapi/v3/api/v1", open_api(&["v3", "api", "v1"]));
        check("/readyz/ping", Some(Route::Health("readyz".to_owned())));
    }

    #[test]
    fn finds_nothing_where_nothing_is() {
        for path in [
            "/nothing",
            "/api/v1/nothing",
            "/api/v1/namespaces/shop/nodes",
            "/api/v1/namespaces//pods",
            "/api/v1/pods/a/log/b",
            "/api/v1/namespaces/a%2fb/pods",
            "/api/v1/pods/%zz",
        ] {
            check(path, None);
        }
    }

    #[test]
    fn decodes_escapes() {
        assert_eq!(decode("a%3Ab%c3%a9").as_deref(), Some("a:bé"));
        assert_eq!(decode("%f"), None);
        assert_eq!(decode("%ff"), None);
    }
}
