//! Keys, certificates and tokens of a kubeconfig: within limits, and fit for use before they are kept.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::OpsError;
use rustls::{RootCertStore, crypto::ring, sign::CertifiedKey};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use secrecy::SecretString;

use super::{credentials::Identity, fields::Fields};

/// Most certificates in a CA bundle.
const AUTHORITY_CERTIFICATES: usize = 64;
/// Most certificates in a client's chain.
const CHAIN_CERTIFICATES: usize = 16;
/// Longest decoded PEM text, in bytes.
const PEM_LIMIT: usize = 128 * 1024;
/// Longest token, in bytes.
const TOKEN_LIMIT: usize = 16 * 1024;

/// The cluster's CA as PEM text; `None` when the system's roots are meant.
pub(super) fn authority(cluster: &Fields<'_>) -> Result<Option<String>, OpsError> {
    const FIELD: &str = "certificate-authority-data";
    let Some(pem) = pem_text(cluster, FIELD)? else {
        return Ok(None);
    };
    let certificates =
        certificates(&pem, AUTHORITY_CERTIFICATES).map_err(|why| cluster.refuse(FIELD, why))?;
    roots(certificates).map_err(|why| cluster.refuse(FIELD, why))?;
    Ok(Some(pem))
}

/// Whether everything a user entry says is fit for use, whoever uses it.
pub(super) fn check_user(user: &Fields<'_>) -> Result<(), OpsError> {
    parts(user).map(|_| ())
}

/// The way a user signs in.
pub(super) fn identity(user: &Fields<'_>) -> Result<Identity, OpsError> {
    let identity = parts(user)?;
    if identity.token.is_none() && identity.client_key.is_none() {
        return Err(user
            .refuse_all("it has neither a token nor a client certificate")
            .hint(super::recipe::RECIPE));
    }
    Ok(identity)
}

fn parts(user: &Fields<'_>) -> Result<Identity, OpsError> {
    let (certificate, key) = ("client-certificate-data", "client-key-data");
    let token = user.text("token")?.filter(|token| !token.is_empty());
    if let Some(token) = token {
        check_token(token).map_err(|why| user.refuse("token", why))?;
    }
    let chain = pem_text(user, certificate)?;
    let private = pem_text(user, key)?;
    match (&chain, &private) {
        (Some(chain), Some(private)) => {
            certified_key(chain, private).map_err(|(at_key, why)| {
                user.refuse(if at_key { key } else { certificate }, why)
            })?;
        }
        (Some(_), None) => return Err(user.refuse(key, "the certificate's key is missing")),
        (None, Some(_)) => return Err(user.refuse(certificate, "the key's certificate is missing")),
        (None, None) => {}
    }
    Ok(Identity {
        token: token.map(SecretString::from),
        client_certificate: chain,
        client_key: private.map(SecretString::from),
    })
}

/// A token goes into an HTTP header: visible ASCII only.
fn check_token(token: &str) -> Result<(), &'static str> {
    if token.len() > TOKEN_LIMIT {
        return Err("it is longer than 16 KiB");
    }
    if token.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(())
    } else {
        Err("a token has no spaces, line ends or special characters")
    }
}

/// A base64 field decoded to PEM text.
fn pem_text(fields: &Fields<'_>, name: &str) -> Result<Option<String>, OpsError> {
    let Some(encoded) = fields.text(name)?.filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    let compact: String = encoded.split_ascii_whitespace().collect();
    let bytes = STANDARD
        .decode(compact)
        .map_err(|_| fields.refuse(name, "it is not base64"))?;
    if bytes.len() > PEM_LIMIT {
        return Err(fields.refuse(name, "it is longer than 128 KiB"));
    }
    String::from_utf8(bytes)
        .ok()
        .filter(|text| text.contains("-----BEGIN "))
        .map(Some)
        .ok_or_else(|| fields.refuse(name, "it is not PEM text"))
}

/// The certificates of a PEM text: at least one, at most `limit`.
pub(crate) fn certificates(
    pem: &str,
    limit: usize,
) -> Result<Vec<CertificateDer<'static>>, &'static str> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .take(limit + 1)
        .collect::<Result<_, _>>()
        .map_err(|_| "its PEM text is damaged")?;
    if found.is_empty() {
        return Err("there is no certificate in it");
    }
    if found.len() > limit {
        return Err("there are too many certificates in it");
    }
    Ok(found)
}

/// Certificates as roots of trust.
pub(crate) fn roots(
    certificates: impl IntoIterator<Item = CertificateDer<'static>>,
) -> Result<RootCertStore, &'static str> {
    let mut store = RootCertStore::empty();
    for certificate in certificates {
        store
            .add(certificate)
            .map_err(|_| "there is something in it that is not an X.509 certificate")?;
    }
    Ok(store)
}

/// A client's chain and key that belong together; else whether the key is to blame, and why.
fn certified_key(chain: &str, key: &str) -> Result<CertifiedKey, (bool, &'static str)> {
    let chain = certificates(chain, CHAIN_CERTIFICATES).map_err(|why| (false, why))?;
    let key = private_key(key).map_err(|why| (true, why))?;
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| {
        if matches!(error, rustls::Error::InconsistentKeys(_)) {
            (true, "it does not belong to the certificate")
        } else if matches!(error, rustls::Error::InvalidCertificate(_)) {
            (false, "it is not an X.509 certificate")
        } else {
            (true, "it is not a private key that can be used")
        }
    })
}

/// The private key of a PEM text.
pub(crate) fn private_key(pem: &str) -> Result<PrivateKeyDer<'static>, &'static str> {
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| "there is no private key in it")
}

/// The chain and key of credentials that have been through [`check_user`].
pub(crate) fn client_chain(pem: &str) -> Result<Vec<CertificateDer<'static>>, &'static str> {
    certificates(pem, CHAIN_CERTIFICATES)
}

/// The roots of credentials that have been through [`authority`].
pub(crate) fn authority_roots(pem: &str) -> Result<RootCertStore, &'static str> {
    certificates(pem, AUTHORITY_CERTIFICATES).and_then(roots)
}
