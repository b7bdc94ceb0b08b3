//! Who the demo cluster is: its certificate authority and its bearer token.
//!
//! Both are made once and kept in the data directory, so that a kubeconfig handed out yesterday still
//! works today. The server's own certificate is issued anew at every start, for the address in use.

use std::{fmt, net::IpAddr, path::Path};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::{error::DemoError, files};

/// Name of the identity's file in the data directory.
const FILE: &str = "demo-identity.json";

/// Kubernetes gives its own certificate authorities ten years
/// (`kubeadm` documentation, "Certificate Management").
const AUTHORITY_DAYS: i64 = 3650;

/// Clients refuse server certificates that are valid for longer than this many days.
const SERVER_DAYS: i64 = 397;

/// The authority's certificate and key, and the token that opens the API.
pub(crate) struct Identity {
    authority_pem: String,
    authority_key: KeyPair,
    token: SecretString,
}

/// The identity as it is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    authority_certificate: String,
    authority_key: String,
    token: String,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

impl Identity {
    /// The identity kept in `directory`, made and stored there at the first call; one for this process
    /// only when there is no directory.
    pub(crate) fn load_or_create(directory: Option<&Path>) -> Result<Self, DemoError> {
        let Some(directory) = directory else {
            return Self::create();
        };
        let path = directory.join(FILE);
        if let Some(contents) = files::read_optional(&path)? {
            let stored = serde_json::from_slice(&contents)
                .map_err(|source| DemoError::ParseIdentity { path, source })?;
            return Self::from_stored(stored);
        }
        let identity = Self::create()?;
        let contents =
            serde_json::to_vec_pretty(&identity.to_stored()).map_err(DemoError::Encode)?;
        files::write_private(&path, &contents)?;
        Ok(identity)
    }

    /// The certificate a client must trust, PEM.
    pub(crate) fn authority_pem(&self) -> &str {
        &self.authority_pem
    }

    /// The bearer token of the demo cluster's one user.
    pub(crate) fn token(&self) -> &SecretString {
        &self.token
    }

    /// TLS settings with a certificate for `address` and for this machine's own names.
    pub(crate) fn tls(&self, address: IpAddr) -> Result<rustls::ServerConfig, DemoError> {
        let key = KeyPair::generate().map_err(DemoError::IssueCertificate)?;
        let certificate = self
            .issue(&key, address)
            .map_err(DemoError::IssueCertificate)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = rustls::crypto::ring::default_provider();
        let mut tls = rustls::ServerConfig::builder_with_provider(provider.into())
            .with_safe_default_protocol_versions()
            .and_then(|it| {
                it.with_no_client_auth()
                    .with_single_cert(vec![certificate], key)
            })
            .map_err(DemoError::SetUpTls)?;
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(tls)
    }

    fn create() -> Result<Self, DemoError> {
        let authority_key = KeyPair::generate().map_err(DemoError::IssueCertificate)?;
        let certificate = authority_parameters()
            .self_signed(&authority_key)
            .map_err(DemoError::IssueCertificate)?;
        Ok(Self {
            authority_pem: certificate.pem(),
            authority_key,
            token: random_token()?,
        })
    }

    fn from_stored(stored: Stored) -> Result<Self, DemoError> {
        let authority_key =
            KeyPair::from_pem(&stored.authority_key).map_err(DemoError::IssueCertificate)?;
        Ok(Self {
            authority_pem: stored.authority_certificate,
            authority_key,
            token: stored.token.into(),
        })
    }

    fn to_stored(&self) -> Stored {
        Stored {
            authority_certificate: self.authority_pem.clone(),
            authority_key: self.authority_key.serialize_pem(),
            token: self.token.expose_secret().to_owned(),
        }
    }

    fn issue(
        &self,
        key: &KeyPair,
        address: IpAddr,
    ) -> Result<CertificateDer<'static>, rcgen::Error> {
        let mut names = [
            "127.0.0.1",
            "::1",
            "localhost",
            "kubernetes",
            "kubernetes.default.svc",
        ]
        .map(str::to_owned)
        .to_vec();
        if !address.is_loopback() && !address.is_unspecified() {
            names.push(address.to_string());
        }
        let mut parameters = CertificateParams::new(names)?;
        parameters.distinguished_name = named("ai4k8s-demo-apiserver");
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        valid_for_days(&mut parameters, SERVER_DAYS);
        let issuer = Issuer::new(authority_parameters(), &self.authority_key);
        Ok(parameters.signed_by(key, &issuer)?.der().clone())
    }
}

/// The same at every start: an issuer is recognised by its name and the key's identifier.
fn authority_parameters() -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = named("ai4k8s-demo-ca");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    valid_for_days(&mut parameters, AUTHORITY_DAYS);
    parameters
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// Starts a day early, for clients whose clock is behind.
fn valid_for_days(parameters: &mut CertificateParams, days: i64) {
    let now = OffsetDateTime::now_utc();
    parameters.not_before = now - Duration::DAY;
    parameters.not_after = now + Duration::days(days);
}

/// 256 random bits, hexadecimal.
fn random_token() -> Result<SecretString, DemoError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(DemoError::Random)?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_the_same_across_restarts() {
        let directory = tempfile::tempdir().unwrap();
        let first = Identity::load_or_create(Some(directory.path())).unwrap();
        let second = Identity::load_or_create(Some(directory.path())).unwrap();
        assert_eq!(first.authority_pem(), second.authority_pem());
        assert_eq!(
            first.token().expose_secret(),
            second.token().expose_secret()
        );
    }

    #[test]
    fn differs_between_directories() {
        let first = Identity::load_or_create(None).unwrap();
        let second = Identity::load_or_create(None).unwrap();
        assert_ne!(
            first.token().expose_secret(),
            second.token().expose_secret()
        );
    }

    #[test]
    fn names_the_damaged_file() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(FILE), "{}").unwrap();
        let error = Identity::load_or_create(Some(directory.path())).unwrap_err();
        assert!(error.to_string().contains(FILE), "{error}");
    }

    #[test]
    fn shows_nothing_of_itself_in_debug_output() {
        let identity = Identity::load_or_create(None).unwrap();
        assert_eq!(format!("{identity:?}"), "Identity { .. }");
    }
}
