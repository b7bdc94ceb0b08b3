//! The web server's settings.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

/// Where and how to serve.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Host names a request may name besides the one listened on (behind a proxy).
    pub allowed_hosts: Vec<String>,
    /// Whether browsers reach this server over TLS (a proxy terminates it): cookies are then `Secure`
    /// and carry the `__Host-` prefix.
    pub behind_tls: bool,
    /// Who may make an account. `None`: open on loopback, closed elsewhere.
    pub registration: Option<Registration>,
    /// Folder of the built site; the one inside the binary when absent.
    pub site: Option<PathBuf>,
}

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Anyone who reaches the server.
    Open,
    /// Nobody; accounts are made by `ai4k8s user add`.
    Closed,
}

impl HttpConfig {
    /// Whether only this machine can connect.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.listen.ip().is_loopback()
    }

    /// Who may make an account on this bind.
    #[must_use]
    pub fn registration(&self) -> Registration {
        self.registration.unwrap_or(if self.is_loopback() {
            Registration::Open
        } else {
            Registration::Closed
        })
    }
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)),
            allowed_hosts: Vec::new(),
            behind_tls: false,
            registration: None,
            site: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closes_registration_beyond_loopback() {
        let mut config = HttpConfig::default();
        assert_eq!(config.registration(), Registration::Open);
        config.listen = SocketAddr::from(([0, 0, 0, 0], 3000));
        assert_eq!(config.registration(), Registration::Closed);
    }
}
