//! What is kept of a kubeconfig: enough to connect, secret parts wrapped, and never printed.

use std::fmt;

use domain::OpsError;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A cluster's address and one user's way in. Made by [`super::sanitise`] only.
#[derive(Clone)]
pub struct Credentials {
    pub(crate) server: String,
    pub(crate) tls_server_name: Option<String>,
    /// PEM; `None` for the system's roots.
    pub(crate) certificate_authority: Option<String>,
    pub(crate) identity: Identity,
    pub(crate) context: String,
    pub(crate) namespace: String,
}

/// How the user signs in: a token, a certificate, or both.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) token: Option<SecretString>,
    /// PEM.
    pub(crate) client_certificate: Option<String>,
    /// PEM.
    pub(crate) client_key: Option<SecretString>,
}

/// The form that is sealed: field names are part of stored data.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealable {
    server: String,
    tls_server_name: Option<String>,
    certificate_authority: Option<String>,
    token: Option<String>,
    client_certificate: Option<String>,
    client_key: Option<String>,
    context: String,
    namespace: String,
}

impl Credentials {
    /// The API server's address, normalised: `https://host:6443`.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The namespace a bare name means; `default` when the context has none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The context's name, a first guess for the cluster's: up to 253 characters of any script.
    #[must_use]
    pub fn context(&self) -> &str {
        &self.context
    }

    /// The first 8 hexadecimal digits of the SHA-256 of the credentials: enough to tell two apart, and
    /// nothing to sign in with.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::digest(self.to_sealable().expose_secret().as_bytes());
        digest[..4]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// The credentials as JSON, to be encrypted before they are stored.
    #[must_use]
    pub fn to_sealable(&self) -> SecretString {
        let expose = |secret: &SecretString| secret.expose_secret().to_owned();
        let plain = Sealable {
            server: self.server.clone(),
            tls_server_name: self.tls_server_name.clone(),
            certificate_authority: self.certificate_authority.clone(),
            token: self.identity.token.as_ref().map(expose),
            client_certificate: self.identity.client_certificate.clone(),
            client_key: self.identity.client_key.as_ref().map(expose),
            context: self.context.clone(),
            namespace: self.namespace.clone(),
        };
        SecretString::from(serde_json::to_string(&plain).expect("strings always have a JSON form"))
    }

    /// Credentials from what [`Self::to_sealable`] made.
    ///
    /// # Errors
    /// `Internal` when the text is something else; the cause is logged without the text.
    pub fn from_sealed(json: &SecretString) -> Result<Self, OpsError> {
        let plain: Sealable = serde_json::from_str(json.expose_secret()).map_err(|error| {
            tracing::error!(
                line = error.line(),
                column = error.column(),
                "stored credentials cannot be read"
            );
            OpsError::internal()
        })?;
        Ok(Self {
            server: plain.server,
            tls_server_name: plain.tls_server_name,
            certificate_authority: plain.certificate_authority,
            identity: Identity {
                token: plain.token.map(SecretString::from),
                client_certificate: plain.client_certificate,
                client_key: plain.client_key.map(SecretString::from),
            },
            context: plain.context,
            namespace: plain.namespace,
        })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("server", &self.server)
            .field("fingerprint", &self.fingerprint())
            .finish_non_exhaustive()
    }
}
