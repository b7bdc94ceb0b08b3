//! Why a field is not taken, and the way to a kubeconfig that is: a service account with a short-lived token.

use domain::OpsError;

use super::fields::refuse;

/// Commands that make a kubeconfig this server takes. Needs Kubernetes 1.24 or newer (`kubectl create token`).
pub(super) const RECIPE: &str = r#"Make a kubeconfig with a service account's token and send that instead. Copy and paste:

kubectl create namespace ai4k8s
kubectl -n ai4k8s create serviceaccount ai4k8s
kubectl create clusterrolebinding ai4k8s-view --clusterrole=view --serviceaccount=ai4k8s:ai4k8s
kubectl create clusterrole ai4k8s-observe --verb=get,list --resource=nodes,nodes.metrics.k8s.io,pods.metrics.k8s.io
kubectl create clusterrolebinding ai4k8s-observe --clusterrole=ai4k8s-observe --serviceaccount=ai4k8s:ai4k8s
# only if it may scale and restart what you approve:
kubectl create clusterrole ai4k8s-scale --verb=get,update,patch --resource=deployments.apps,deployments.apps/scale,statefulsets.apps,statefulsets.apps/scale,daemonsets.apps
kubectl create clusterrolebinding ai4k8s-scale --clusterrole=ai4k8s-scale --serviceaccount=ai4k8s:ai4k8s

cat > ai4k8s.kubeconfig <<END
apiVersion: v1
kind: Config
current-context: ai4k8s
contexts: [{name: ai4k8s, context: {cluster: cluster, user: ai4k8s}}]
clusters:
- name: cluster
  cluster:
    server: $(kubectl config view --minify --raw -o jsonpath='{.clusters[0].cluster.server}')
    certificate-authority-data: $(kubectl config view --minify --raw --flatten -o jsonpath='{.clusters[0].cluster.certificate-authority-data}')
users:
- name: ai4k8s
  user: {token: $(kubectl -n ai4k8s create token ai4k8s --duration=24h)}
END"#;

const FLATTEN: &str = "Put the file's content in its place: “kubectl config view --raw --flatten --minify” prints a kubeconfig with everything in it.";

/// Fields that are refused even where nothing is read: they run, read, redirect or impersonate.
pub(super) const DANGEROUS: [&str; 16] = [
    "exec",
    "auth-provider",
    "tokenFile",
    "username",
    "password",
    "certificate-authority",
    "client-certificate",
    "client-key",
    "insecure-skip-tls-verify",
    "proxy-url",
    "as",
    "as-uid",
    "as-groups",
    "as-user-extra",
    "impersonate",
    "impersonate-groups",
];

/// Whether a field is among [`DANGEROUS`].
pub(super) fn is_dangerous(field: &str) -> bool {
    DANGEROUS.contains(&field)
}

/// What to do instead.
enum Instead {
    Recipe,
    Flatten,
    Leave,
}

/// The refusal with the way to a kubeconfig that is taken, whatever else its hint says.
pub(super) fn offered(refusal: OpsError) -> OpsError {
    if refusal.hint.contains(RECIPE) {
        return refusal;
    }
    let hint = match refusal.hint.as_str() {
        "" => RECIPE.to_owned(),
        hint => format!("{hint}\n\n{RECIPE}"),
    };
    refusal.hint(hint)
}

/// The refusal of a field that is not on the allow-list.
pub(super) fn forbidden(field: &str, path: &str) -> OpsError {
    let (why, instead) = reason(field);
    let refusal = refuse(path, why);
    match instead {
        Instead::Recipe => refusal.hint(RECIPE),
        Instead::Flatten => refusal.hint(FLATTEN),
        Instead::Leave => refusal,
    }
}

fn reason(field: &str) -> (&'static str, Instead) {
    match field {
        "exec" => ("it would run a program on this server", Instead::Recipe),
        "auth-provider" => (
            "it would run a program or contact a login service from this server",
            Instead::Recipe,
        ),
        "tokenFile" => ("it would read a file of this server", Instead::Recipe),
        "username" | "password" => (
            "Kubernetes has had no password sign-in since version 1.19",
            Instead::Recipe,
        ),
        "certificate-authority" | "client-certificate" | "client-key" => {
            ("it would read a file of this server", Instead::Flatten)
        }
        "insecure-skip-tls-verify" => (
            "the API server's certificate is always verified; give certificate-authority-data",
            Instead::Leave,
        ),
        "proxy-url" => (
            "connections are made directly, never by a proxy",
            Instead::Leave,
        ),
        "as" | "as-uid" | "as-groups" | "as-user-extra" | "impersonate" | "impersonate-groups" => (
            "it would act as somebody else; use credentials of their own",
            Instead::Recipe,
        ),
        _ => ("this field is not known here", Instead::Leave),
    }
}
