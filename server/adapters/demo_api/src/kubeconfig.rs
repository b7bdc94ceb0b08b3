//! The file with which `kubectl` and the product itself reach the demo cluster.

use std::net::SocketAddr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret as _, SecretString};

/// Cluster, user and context all carry this name.
const NAME: &str = "ai4k8s-demo";

/// The address a client on this machine dials: an unspecified bind address becomes loopback.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = address.ip();
    match address {
        SocketAddr::V4(_) if ip.is_unspecified() => ([127, 0, 0, 1], address.port()).into(),
        SocketAddr::V6(_) if ip.is_unspecified() => {
            (std::net::Ipv6Addr::LOCALHOST, address.port()).into()
        }
        SocketAddr::V4(_) | SocketAddr::V6(_) => address,
    }
}

/// A kubeconfig with the certificate authority and the token inside.
pub(crate) fn render(address: SocketAddr, authority_pem: &str, token: &SecretString) -> String {
    format!(
        "apiVersion: v1
kind: Config
current-context: {NAME}
clusters:
- name: {NAME}
  cluster:
    server: https://{address}
    certificate-authority-data: {authority}
users:
- name: {NAME}
  user:
    token: {token}
contexts:
- name: {NAME}
  context:
    cluster: {NAME}
    user: {NAME}
    namespace: default
",
        address = reachable(address),
        authority = STANDARD.encode(authority_pem),
        token = token.expose_secret(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_by_a_real_client() {
        let text = render(([127, 0, 0, 1], 6443).into(), "PEM", &"secret".into());
        let config = kube::config::Kubeconfig::from_yaml(&text).unwrap();
        assert_eq!(config.current_context.as_deref(), Some(NAME));
        let cluster = config.clusters[0].cluster.as_ref().unwrap();
        assert_eq!(cluster.server.as_deref(), Some("https://127.0.0.1:6443"));
    }

    #[test]
    fn dials_loopback_when_bound_everywhere() {
        assert_eq!(
            reachable(([0, 0, 0, 0], 1).into()),
            ([127, 0, 0, 1], 1).into()
        );
        assert_eq!(
            reachable("[::]:1".parse().unwrap()),
            "[::1]:1".parse().unwrap()
        );
    }
}
