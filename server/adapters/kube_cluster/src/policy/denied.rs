//! Resources that are credentials themselves: never read, never written, whatever the cluster's mode.
//!
//! Secrets are not among them: their keys and sizes are shown, their values never leave the transport.

/// Group and resource. Whoever can read one of these can sign in with it.
///
/// Sources: `OpenShift` API reference, “OAuth APIs”; Rancher documentation, “Tokens” and
/// “Registering existing clusters” (a registration token's status holds the command with the token in it).
const DENIED: [(&str, &str); 9] = [
    ("oauth.openshift.io", "oauthaccesstokens"),
    ("oauth.openshift.io", "oauthauthorizetokens"),
    ("oauth.openshift.io", "oauthclients"),
    ("oauth.openshift.io", "useroauthaccesstokens"),
    ("management.cattle.io", "tokens"),
    ("management.cattle.io", "clusterregistrationtokens"),
    ("ext.cattle.io", "tokens"),
    ("ext.cattle.io", "kubeconfigs"),
    ("authentication.k8s.io", "tokenreviews"),
];

/// Whether a resource is one of those.
pub(super) fn is_denied(group: &str, resource: &str) -> bool {
    DENIED.contains(&(group, resource))
}
