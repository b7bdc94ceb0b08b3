//! Which images can be pulled, how long it takes, and what the runtime says when it fails.

use crate::chance::{between, hash, unit};

/// Hosts whose names end like this do not resolve (RFC 2606 and RFC 6762 reserve them).
const UNRESOLVABLE: [&str; 5] = [".invalid", ".test", ".local", ".localhost", ".nowhere"];
/// Words in a repository or tag that say it was never pushed.
const NEVER_PUSHED: [&str; 4] = ["does-not-exist", "doesnotexist", "nonexistent", "no-such"];

/// Why an image cannot be pulled, in containerd's words; `None` when it can.
pub(crate) fn failure(image: &str) -> Option<String> {
    let (host, path) = parts(image);
    let reference = format!("{host}/{path}");
    if UNRESOLVABLE.iter().any(|end| host.ends_with(end)) {
        let (repository, tag) = path.split_once(':').unwrap_or((&path, "latest"));
        return Some(format!(
            "failed to pull and unpack image \"{reference}\": failed to resolve reference \"{reference}\": \
             failed to do request: Head \"https://{host}/v2/{repository}/manifests/{tag}\": dial tcp: lookup \
             {host} on 10.0.0.2:53: no such host"
        ));
    }
    NEVER_PUSHED.iter().any(|word| path.contains(word)).then(|| {
        format!(
            "rpc error: code = NotFound desc = failed to pull and unpack image \"{reference}\": failed to \
             resolve reference \"{reference}\": {reference}: not found"
        )
    })
}

/// Registry host and the rest, with Docker Hub's defaults filled in.
fn parts(image: &str) -> (String, String) {
    let (host, path) = match image.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path),
        Some(_) => ("docker.io", image),
        None => return ("docker.io".to_owned(), format!("library/{}", tagged(image))),
    };
    (host.to_owned(), tagged(path))
}

fn tagged(path: &str) -> String {
    let last = path.rsplit('/').next().unwrap_or(path);
    if last.contains(':') || last.contains('@') {
        path.to_owned()
    } else {
        format!("{path}:latest")
    }
}

/// The reference as the runtime reports it: host, path and tag complete.
pub(crate) fn complete(image: &str) -> String {
    let (host, path) = parts(image);
    format!("{host}/{path}")
}

/// Seconds a pull takes.
pub(crate) fn pull_seconds(seed: u64, image: &str) -> i64 {
    between(hash(seed, &["pull", image]), 2, 5)
}

/// Size of an image in bytes.
pub(crate) fn size(image: &str) -> u64 {
    let chance = unit(hash(0, &["size", image]));
    (18e6 + 210e6 * chance * chance) as u64
}

/// The digest an image resolves to.
pub(crate) fn digest(image: &str) -> String {
    let reference = complete(image);
    let repository = reference
        .rsplit_once(':')
        .map_or(reference.as_str(), |(repository, _)| repository);
    let digits = crate::chance::hex(hash(0, &["digest", image]), 64);
    format!("{repository}@sha256:{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fails_for_tags_never_pushed_and_hosts_that_do_not_resolve() {
        assert_eq!(failure("nginx:1.27"), None);
        assert_eq!(failure("registry.example.com/shop/storefront:2.14.1"), None);
        let missing = failure("nginx:does-not-exist").unwrap();
        assert!(missing.contains("docker.io/library/nginx:does-not-exist: not found"));
        let lookup = failure("registry.invalid/app:1").unwrap();
        assert!(lookup.contains("lookup registry.invalid") && lookup.contains("no such host"));
    }

    #[test]
    fn completes_references_as_the_runtime_does() {
        assert_eq!(complete("nginx"), "docker.io/library/nginx:latest");
        assert_eq!(
            complete("grafana/grafana:11"),
            "docker.io/grafana/grafana:11"
        );
        assert_eq!(complete("quay.io/a/b"), "quay.io/a/b:latest");
    }
}
