//! Why a request did not leave, or its answer was not taken: each cause by its own code, in words, with the next step.
//!
//! What a person may connect to at all is [`crate::guard`]'s business; of what is permitted, the cause is named.

use std::{io, time::Duration};

use domain::{ErrorCode, OpsError};

use crate::{breaker::Rest, text::server_text};

const REPLACE: &str = "The token or certificate may have expired. Replace the cluster’s credentials with a fresh kubeconfig.";

/// Names of a certificate that are shown at most.
const NAMES_SHOWN: usize = 5;

/// Made by the layers below [`kube::Client`] and found again in [`crate::error::ops_error`] through the error's
/// sources. `server` is host and port as the kubeconfig has them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The policy of this connection does not let the request out.
    #[error("refused before it left: {0}")]
    Refused(OpsError),
    /// The cluster has failed too often in a row and is not asked for a while.
    #[error("{0}")]
    Resting(Rest),
    /// Every address of the host is of a kind that is never connected to.
    #[error("no permitted address for the API server: {0}")]
    Address(&'static str),
    /// The host has no address.
    #[error("{host} does not resolve")]
    Resolve {
        /// The name looked up.
        host: String,
        source: io::Error,
    },
    /// No TCP connection.
    #[error("cannot connect to {server}")]
    Connect { server: String, source: io::Error },
    /// Neither a connection nor a refusal in time, or no TLS handshake.
    #[error("no connection to {server} within {after:?}")]
    NoConnection { server: String, after: Duration },
    /// A connection, and no TLS on it that can be trusted.
    #[error("TLS to {server} failed")]
    Tls { server: String, source: io::Error },
    /// The connection broke while a request was under way.
    #[error("the connection to the API server broke")]
    Broken(#[source] io::Error),
    /// No answer in time.
    #[error("no answer from the API server within {0:?}")]
    Timeout(Duration),
    /// More bytes than are taken.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// Something else than JSON where nothing else can be taken.
    #[error("the answer is not JSON")]
    NotJson,
    /// A redirect, which is never followed.
    #[error("the API server answered with a redirect (HTTP {0})")]
    Redirect(u16),
}

impl Fault {
    /// The same fault once more: what a shared connection attempt said to one of its callers.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Refused(error) => Self::Refused(error.clone()),
            Self::Resting(rest) => Self::Resting(rest.again()),
            Self::Address(kind) => Self::Address(kind),
            Self::Resolve { host, source } => Self::Resolve {
                host: host.clone(),
                source: io_again(source),
            },
            Self::Connect { server, source } => Self::Connect {
                server: server.clone(),
                source: io_again(source),
            },
            Self::NoConnection { server, after } => Self::NoConnection {
                server: server.clone(),
                after: *after,
            },
            Self::Tls { server, source } => Self::Tls {
                server: server.clone(),
                source: io_again(source),
            },
            Self::Broken(source) => Self::Broken(io_again(source)),
            Self::Timeout(after) => Self::Timeout(*after),
            Self::TooLarge(limit) => Self::TooLarge(*limit),
            Self::NotJson => Self::NotJson,
            Self::Redirect(status) => Self::Redirect(*status),
        }
    }

    /// The fault for people. `doing` is an infinitive: `list pods in shop`.
    pub(crate) fn ops_error(&self, doing: &str) -> OpsError {
        let Cause { code, why, next } = match self {
            Self::Refused(error) => return error.clone(),
            Self::Resting(rest) => return rest.ops_error(doing),
            Self::Address(kind) => Cause::new(
                ErrorCode::ClusterUnreachable,
                format!(
                    "the API server’s address is {kind}, and this server does not connect there"
                ),
                "Use the address the cluster is reached at from this server, or ask whoever runs it to allow this one.",
            ),
            Self::Resolve { host, .. } => Cause::new(
                ErrorCode::NameNotFound,
                format!("the name {} has no address", server_text(host)),
                "Check the server’s name in the kubeconfig for typing errors, and that this server’s DNS knows it.",
            ),
            Self::Connect { server, source } => not_connected(server, source),
            Self::NoConnection { server, after } => Cause::new(
                ErrorCode::ClusterTimeout,
                format!(
                    "{server} did not take a connection within {}",
                    duration(*after)
                ),
                "Check that the cluster is running, and that no firewall stands between it and this server.",
            ),
            Self::Tls { server, source } => tls(server, source),
            Self::Broken(_) => Cause::new(
                ErrorCode::ClusterUnreachable,
                "the connection to the API server broke".to_owned(),
                "Try again; if it happens again, look at the API server and at proxies before it.",
            ),
            Self::Timeout(after) => Cause::new(
                ErrorCode::ClusterTimeout,
                format!("no answer within {}", duration(*after)),
                "Check that the API server is running and not overloaded.",
            ),
            Self::TooLarge(limit) => Cause::new(
                ErrorCode::TooLarge,
                format!("the answer is larger than {} MiB", limit >> 20),
                "Ask for one namespace or use a label selector.",
            ),
            Self::NotJson => Cause::new(
                ErrorCode::ClusterAnswer,
                "the answer is not JSON, so that nothing in it can be masked".to_owned(),
                "Look at proxies before the API server: JSON was asked for.",
            ),
            Self::Redirect(_) => Cause::new(
                ErrorCode::NotKubernetes,
                "the server redirects elsewhere, which an API server does not do".to_owned(),
                "Use the API server’s own address.",
            ),
        };
        // Without a connection it does not matter what was to be done with it.
        let message = if self.is_no_connection() {
            format!("the cluster cannot be reached: {why}")
        } else {
            format!("could not {doing}: {why}")
        };
        OpsError::new(code, message).hint(next)
    }

    const fn is_no_connection(&self) -> bool {
        match self {
            Self::Address(_)
            | Self::Resolve { .. }
            | Self::Connect { .. }
            | Self::NoConnection { .. }
            | Self::Tls { .. } => true,
            Self::Refused(_)
            | Self::Resting(_)
            | Self::Broken(_)
            | Self::Timeout(_)
            | Self::TooLarge(_)
            | Self::NotJson
            | Self::Redirect(_) => false,
        }
    }
}

/// An answer that no API server gives.
pub(crate) fn not_kubernetes(doing: &str) -> OpsError {
    let Cause { code, why, next } = Cause::not_kubernetes();
    OpsError::new(code, format!("could not {doing}: {why}")).hint(next)
}

struct Cause {
    code: ErrorCode,
    why: String,
    next: &'static str,
}

impl Cause {
    const fn new(code: ErrorCode, why: String, next: &'static str) -> Self {
        Self { code, why, next }
    }

    fn not_kubernetes() -> Self {
        Self::new(
            ErrorCode::NotKubernetes,
            "the answer is not one of a Kubernetes API".to_owned(),
            "Check that the server’s address is the API server’s and not a login page’s or a proxy’s.",
        )
    }
}

fn not_connected(server: &str, error: &io::Error) -> Cause {
    if error.kind() == io::ErrorKind::ConnectionRefused {
        Cause::new(
            ErrorCode::ConnectionRefused,
            format!("nothing listens at {server}"),
            "Check the port in the kubeconfig, and that the cluster is running.",
        )
    } else if error.kind() == io::ErrorKind::TimedOut {
        Cause::new(
            ErrorCode::ClusterTimeout,
            format!("{server} did not take a connection"),
            "Check that the cluster is running, and that no firewall stands between it and this server.",
        )
    } else {
        Cause::new(
            ErrorCode::ClusterUnreachable,
            format!("no connection to {server} can be made"),
            "Check that the cluster is running, and that its address and port can be reached from this server.",
        )
    }
}

/// What became of a TLS handshake. Nothing of a request is sent before it has succeeded.
fn tls(server: &str, error: &io::Error) -> Cause {
    let found = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match found {
        Some(rustls::Error::InvalidCertificate(why)) => certificate(server, why),
        Some(rustls::Error::InvalidMessage(_)) => Cause::new(
            ErrorCode::NotTls,
            format!(
                "{server} does not speak TLS: it looks like plain HTTP behind an https address"
            ),
            "Check the port: an API server’s own is usually 6443 or 443. Nothing was sent.",
        ),
        Some(rustls::Error::AlertReceived(alert)) if is_about_our_certificate(*alert) => {
            Cause::new(
                ErrorCode::CredentialsRejected,
                "the cluster did not accept the client certificate".to_owned(),
                REPLACE,
            )
        }
        Some(_) => Cause::new(
            ErrorCode::TlsUnverified,
            format!("{server} and this server could not agree on TLS"),
            "The API server must speak TLS 1.2 or 1.3. Nothing was sent.",
        ),
        None => Cause::new(
            ErrorCode::ClusterUnreachable,
            format!("{server} closed the connection before TLS was set up"),
            "Check that the port is the API server’s, and look at proxies before it.",
        ),
    }
}

fn certificate(server: &str, why: &rustls::CertificateError) -> Cause {
    use rustls::CertificateError as Problem;
    if matches!(why, Problem::UnknownIssuer | Problem::BadSignature) {
        Cause::new(
            ErrorCode::CertificateNotTrusted,
            format!(
                "the certificate of {server} is not signed by the certificate authority given for it"
            ),
            "Check certificate-authority-data: the cluster may have been made anew. Nothing was sent.",
        )
    } else if matches!(
        why,
        Problem::NotValidForName | Problem::NotValidForNameContext { .. }
    ) {
        Cause::new(
            ErrorCode::CertificateNameMismatch,
            format!(
                "the certificate of {server} is for another host name{}",
                names(why)
            ),
            "Use a name the certificate is for as the server’s, or as tls-server-name. Nothing was sent.",
        )
    } else if matches!(why, Problem::Expired | Problem::ExpiredContext { .. }) {
        Cause::new(
            ErrorCode::CertificateExpired,
            format!("the certificate of {server} has expired"),
            "Renew the API server’s certificate (kubeadm certs renew), and check this machine’s clock. Nothing was sent.",
        )
    } else if matches!(
        why,
        Problem::NotValidYet | Problem::NotValidYetContext { .. }
    ) {
        Cause::new(
            ErrorCode::CertificateExpired,
            format!("the certificate of {server} is not valid yet"),
            "Check the clocks of this machine and of the API server. Nothing was sent.",
        )
    } else {
        Cause::new(
            ErrorCode::TlsUnverified,
            format!("the certificate of {server} is not acceptable"),
            "Look at it with “openssl s_client -showcerts”. Nothing was sent.",
        )
    }
}

/// The names a certificate is for, as far as it says: ` (localhost, 10.0.0.1)`.
fn names(why: &rustls::CertificateError) -> String {
    let rustls::CertificateError::NotValidForNameContext { presented, .. } = why else {
        return String::new();
    };
    let shown: Vec<String> = presented
        .iter()
        .take(NAMES_SHOWN)
        .map(|name| server_text(name))
        .collect();
    if shown.is_empty() {
        return String::new();
    }
    format!(" ({})", shown.join(", "))
}

/// Alerts by which a server turns a client's certificate down (RFC 8446, section 6.2).
fn is_about_our_certificate(alert: rustls::AlertDescription) -> bool {
    use rustls::AlertDescription as Alert;
    [
        Alert::BadCertificate,
        Alert::UnsupportedCertificate,
        Alert::CertificateRevoked,
        Alert::CertificateExpired,
        Alert::CertificateUnknown,
        Alert::CertificateRequired,
        Alert::UnknownCA,
        Alert::AccessDenied,
    ]
    .contains(&alert)
}

fn io_again(error: &io::Error) -> io::Error {
    let tls = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(tls) => io::Error::other(tls.clone()),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

/// `5 s`, or `300 ms` below a second.
fn duration(after: Duration) -> String {
    if after < Duration::from_secs(1) {
        format!("{} ms", after.as_millis())
    } else {
        format!("{} s", after.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(error: rustls::Error) -> ErrorCode {
        let fault = Fault::Tls {
            server: "api.example:6443".to_owned(),
            source: io::Error::other(error),
        };
        fault.again().ops_error("connect").code
    }

    #[test]
    fn each_problem_of_a_certificate_has_its_code() {
        use rustls::CertificateError as Problem;
        for (problem, expected) in [
            (Problem::UnknownIssuer, ErrorCode::CertificateNotTrusted),
            (Problem::BadSignature, ErrorCode::CertificateNotTrusted),
            (Problem::NotValidForName, ErrorCode::CertificateNameMismatch),
            (Problem::Expired, ErrorCode::CertificateExpired),
            (Problem::NotValidYet, ErrorCode::CertificateExpired),
            (Problem::Revoked, ErrorCode::TlsUnverified),
        ] {
            assert_eq!(code(rustls::Error::InvalidCertificate(problem)), expected);
        }
    }

    #[test]
    fn a_server_that_turns_our_certificate_down_rejects_the_credentials() {
        let alert = rustls::AlertDescription::CertificateExpired;
        assert_eq!(
            code(rustls::Error::AlertReceived(alert)),
            ErrorCode::CredentialsRejected
        );
        let other = rustls::AlertDescription::ProtocolVersion;
        assert_eq!(
            code(rustls::Error::AlertReceived(other)),
            ErrorCode::TlsUnverified
        );
    }

    #[test]
    fn every_fault_says_what_to_do_next() {
        let server = || "api.example:6443".to_owned();
        let io = || io::Error::from(io::ErrorKind::NetworkUnreachable);
        for fault in [
            Fault::Address("loopback"),
            Fault::Resolve {
                host: server(),
                source: io(),
            },
            Fault::Connect {
                server: server(),
                source: io(),
            },
            Fault::NoConnection {
                server: server(),
                after: Duration::from_secs(5),
            },
            Fault::Tls {
                server: server(),
                source: io(),
            },
            Fault::Broken(io()),
            Fault::Timeout(Duration::from_millis(300)),
            Fault::TooLarge(1 << 20),
            Fault::NotJson,
            Fault::Redirect(302),
        ] {
            let error = fault.again().ops_error("list pods");
            let begins = if fault.is_no_connection() {
                "the cluster cannot be reached: "
            } else {
                "could not list pods: "
            };
            assert!(error.message.starts_with(begins), "{error}");
            assert!(!error.hint.is_empty(), "{error}");
        }
    }
}
