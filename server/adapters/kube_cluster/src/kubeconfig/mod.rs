//! Kubeconfigs from people: read by an allow-list, or refused by the name of the field.
//!
//! Nothing of an uploaded file reaches the Kubernetes client library: what is kept is rebuilt here as
//! [`Credentials`]. A kubeconfig can name programs to run, files to read, proxies to use and users to
//! impersonate; each of these is refused wherever it stands in the file, used or not.

mod credentials;
mod fields;
pub(crate) mod material;
mod recipe;
mod scan;
mod server;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use domain::{ErrorCode, OpsError, ports::KubeconfigText, time::Seconds};
use serde_yaml_ng::Value;
use tokio::sync::Semaphore;

pub use credentials::Credentials;
pub use scan::{SIZE_LIMIT, text_from_bytes};

use fields::{Fields, List};

/// How many kubeconfigs are read at the same time in this process.
const PARALLEL: usize = 2;

static PERMITS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(PARALLEL));

/// What a kubeconfig may say about a cluster.
const CLUSTER_FIELDS: [&str; 3] = ["server", "certificate-authority-data", "tls-server-name"];
/// What a kubeconfig may say about a user.
const USER_FIELDS: [&str; 3] = ["token", "client-certificate-data", "client-key-data"];
/// What a kubeconfig may say about a context.
const CONTEXT_FIELDS: [&str; 3] = ["cluster", "user", "namespace"];
/// What a kubeconfig may say at its top.
const TOP_FIELDS: [&str; 7] = [
    "apiVersion",
    "kind",
    "name",
    "clusters",
    "users",
    "contexts",
    "current-context",
];

/// Like [`sanitise`], off the async threads, and for two callers at a time.
///
/// # Errors
/// [`ErrorCode::RateLimited`] when two are being read already, else what [`sanitise`] says.
pub async fn sanitise_off_thread(text: KubeconfigText) -> Result<Credentials, OpsError> {
    let permit = PERMITS.try_acquire().map_err(|_| {
        OpsError::rate_limited(
            "other kubeconfigs are being checked at the moment",
            Seconds(3),
        )
    })?;
    let read = tokio::task::spawn_blocking(move || {
        let _held_until_read = permit;
        sanitise(&text.0)
    })
    .await;
    read.unwrap_or_else(|_| Err(OpsError::internal()))
}

/// The credentials of a kubeconfig's current context.
///
/// # Errors
/// [`ErrorCode::KubeconfigRejected`] naming the field, for anything that is not on the allow-list, in
/// any entry of the file.
pub fn sanitise(text: &str) -> Result<Credentials, OpsError> {
    read(text).map_err(recipe::offered)
}

fn read(text: &str) -> Result<Credentials, OpsError> {
    let text = scan::check(text)?;
    let root: Value = serde_yaml_ng::from_str(text).map_err(|error| not_yaml(&error))?;
    fields::check_strings(&root, "", 0)?;
    let top = Fields::read(&root, "", &TOP_FIELDS)?;
    check_kind(&top)?;
    let clusters = entries(&top, "clusters", "cluster", &CLUSTER_FIELDS)?;
    let users = entries(&top, "users", "user", &USER_FIELDS)?;
    let contexts = entries(&top, "contexts", "context", &CONTEXT_FIELDS)?;
    for cluster in &clusters {
        check_cluster(&cluster.fields)?;
    }
    for user in &users {
        material::check_user(&user.fields)?;
    }
    choose(&top, &clusters, &users, &contexts)
}

/// A named entry of `clusters`, `users` or `contexts`.
struct Entry<'v> {
    name: &'v str,
    fields: Fields<'v>,
}

fn entries<'v>(
    top: &Fields<'v>,
    list: &str,
    inner: &str,
    allowed: &[&str],
) -> Result<Vec<Entry<'v>>, OpsError> {
    let mut found: Vec<Entry<'v>> = Vec::new();
    for (path, value) in List::read(top, list)? {
        let entry = Fields::read(value, &path, &["name", inner])?;
        let name = entry.required_text("name")?;
        if name.chars().count() > fields::NAME_LIMIT {
            return Err(entry.refuse("name", "it is longer than 253 characters"));
        }
        if name.contains(char::is_control) {
            return Err(entry.refuse("name", "it has more than one line"));
        }
        if found.iter().any(|earlier| earlier.name == name) {
            return Err(entry.refuse("name", "an earlier entry has the same name"));
        }
        let fields = entry.child(inner, allowed)?;
        found.push(Entry { name, fields });
    }
    Ok(found)
}

fn check_kind(top: &Fields<'_>) -> Result<(), OpsError> {
    for (field, expected) in [("apiVersion", "v1"), ("kind", "Config")] {
        if top.text(field)?.is_some_and(|found| found != expected) {
            return Err(top.refuse(field, &format!("a kubeconfig says “{expected}” here")));
        }
    }
    Ok(())
}

fn check_cluster(cluster: &Fields<'_>) -> Result<(), OpsError> {
    let address = cluster.required_text("server")?;
    server::normalise(address).map_err(|why| cluster.refuse("server", &why))?;
    if let Some(name) = cluster.text("tls-server-name")?
        && !server::is_dns_name(name)
    {
        return Err(cluster.refuse("tls-server-name", "it is not a DNS name"));
    }
    material::authority(cluster).map(|_| ())
}

/// What the current context means.
fn choose(
    top: &Fields<'_>,
    clusters: &[Entry<'_>],
    users: &[Entry<'_>],
    contexts: &[Entry<'_>],
) -> Result<Credentials, OpsError> {
    let current = top
        .text("current-context")?
        .filter(|name| !name.is_empty())
        .ok_or_else(|| {
            top.refuse("current-context", "it is missing")
                .hint("Choose one with “kubectl config use-context NAME” and send the file again.")
        })?;
    let context = find(contexts, current)
        .ok_or_else(|| top.refuse("current-context", "there is no context of that name"))?;
    let cluster = named(context, "cluster", clusters)?;
    let user = named(context, "user", users)?;
    let namespace = context.fields.text("namespace")?.unwrap_or_default();
    if !namespace.is_empty() && domain::ids::ObjectName::new(namespace).is_err() {
        return Err(context
            .fields
            .refuse("namespace", "it is not a namespace’s name"));
    }
    let server = cluster.fields.required_text("server")?;
    Ok(Credentials {
        server: server::normalise(server).map_err(|why| cluster.fields.refuse("server", &why))?,
        tls_server_name: cluster.fields.text("tls-server-name")?.map(str::to_owned),
        certificate_authority: material::authority(&cluster.fields)?,
        identity: material::identity(&user.fields)?,
        context: current.to_owned(),
        namespace: if namespace.is_empty() {
            "default"
        } else {
            namespace
        }
        .to_owned(),
    })
}

fn find<'e, 'v>(entries: &'e [Entry<'v>], name: &str) -> Option<&'e Entry<'v>> {
    entries.iter().find(|entry| entry.name == name)
}

fn named<'e, 'v>(
    context: &Entry<'v>,
    field: &str,
    entries: &'e [Entry<'v>],
) -> Result<&'e Entry<'v>, OpsError> {
    let name = context.fields.required_text(field)?;
    find(entries, name).ok_or_else(|| {
        context
            .fields
            .refuse(field, &format!("there is no {field} of that name"))
    })
}

/// YAML errors can quote the file, which holds secrets: only the place and the kind of trouble are kept.
fn not_yaml(error: &serde_yaml_ng::Error) -> OpsError {
    let place = error.location().map_or_else(String::new, |at| {
        format!(" (line {}, column {})", at.line(), at.column())
    });
    let text = error.to_string();
    let why = if text.contains("duplicate entry") {
        "a key occurs twice in one place"
    } else if text.contains("recursion limit") {
        "it is nested too deeply"
    } else {
        "it is not valid YAML"
    };
    rejected(&format!("the kubeconfig cannot be read: {why}{place}"))
}

/// A refusal with the way to a kubeconfig that is taken, unless something closer at hand is said instead.
fn rejected(message: &str) -> OpsError {
    OpsError::new(ErrorCode::KubeconfigRejected, message).hint(recipe::RECIPE)
}
