//! The one way out: name resolution, the check of the address, a TCP connection, TLS.
//!
//! No proxy is ever used, whatever the environment says, and nothing is sent before the certificate has been
//! verified against the cluster's own CA. Clusters without `certificate-authority-data` are verified against
//! the operating system's roots (`rustls-native-certs`): a CA bundle in the binary would grow old with it.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Once},
    task::{Context, Poll},
    time::Duration,
};

use domain::{ErrorCode, OpsError};
use http::Uri;
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::TokioIo,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_pki_types::ServerName;
use secrecy::ExposeSecret as _;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tower::Service;

use crate::{
    fault::Fault,
    guard::AddressPolicy,
    kubeconfig::{Credentials, material},
};

/// Installs rustls' ring provider as this process's default. Any number of calls, from anywhere.
pub fn ensure_crypto() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        // An error says that a provider is installed already, which is what is wanted.
        let _already = ring::default_provider().install_default();
    });
}

/// Connects to the API server of one cluster and to nothing else.
#[derive(Clone)]
pub(crate) struct Connector {
    target: Arc<Target>,
}

struct Target {
    host: String,
    port: u16,
    name: ServerName<'static>,
    tls: TlsConnector,
    policy: AddressPolicy,
    timeout: Duration,
}

impl Connector {
    /// A connector for the server of `credentials`. No I/O but reading the system's roots where no CA is given.
    pub(crate) fn new(
        credentials: &Credentials,
        server: &Uri,
        policy: AddressPolicy,
        timeout: Duration,
    ) -> Result<Self, OpsError> {
        let host = server
            .host()
            .ok_or_else(OpsError::internal)?
            .trim_matches(['[', ']'])
            .to_owned();
        let name = credentials.tls_server_name.clone().unwrap_or(host.clone());
        let name = ServerName::try_from(name).map_err(|_| {
            OpsError::new(
                ErrorCode::KubeconfigRejected,
                "the server’s name cannot be verified by TLS: it is neither a DNS name nor an address",
            )
        })?;
        Ok(Self {
            target: Arc::new(Target {
                host,
                port: server.port_u16().unwrap_or(443),
                name,
                tls: TlsConnector::from(Arc::new(tls_config(credentials)?)),
                policy,
                timeout,
            }),
        })
    }
}

fn tls_config(credentials: &Credentials) -> Result<ClientConfig, OpsError> {
    let roots = match &credentials.certificate_authority {
        Some(pem) => material::authority_roots(pem).map_err(unusable)?,
        None => system_roots()?,
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring supports TLS 1.2 and 1.3")
        .with_root_certificates(roots);
    let identity = &credentials.identity;
    match (&identity.client_certificate, &identity.client_key) {
        (Some(chain), Some(key)) => {
            let chain = material::client_chain(chain).map_err(unusable)?;
            let key = material::private_key(key.expose_secret()).map_err(unusable)?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|_| unusable("its key does not belong to its certificate"))
        }
        _ => Ok(builder.with_no_client_auth()),
    }
}

fn unusable(why: &'static str) -> OpsError {
    OpsError::new(
        ErrorCode::KubeconfigRejected,
        format!("the cluster’s credentials cannot be used: {why}"),
    )
}

fn system_roots() -> Result<RootCertStore, OpsError> {
    let mut roots = RootCertStore::empty();
    let (added, _unusable) =
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if added == 0 {
        return Err(OpsError::new(
            ErrorCode::TlsUnverified,
            "the kubeconfig has no certificate-authority-data, and this server’s system has no root certificates",
        )
        .hint("Add the cluster’s CA to the kubeconfig as certificate-authority-data."));
    }
    Ok(roots)
}

impl Target {
    async fn connect(self: Arc<Self>) -> Result<Tls, Fault> {
        tokio::time::timeout(self.timeout, self.connect_within())
            .await
            .unwrap_or_else(|_| {
                Err(Fault::NoConnection {
                    server: self.server(),
                    after: self.timeout,
                })
            })
    }

    async fn connect_within(&self) -> Result<Tls, Fault> {
        let tcp = self.dial(&self.addresses().await?).await?;
        let stream = self
            .tls
            .connect(self.name.clone(), tcp)
            .await
            .map_err(|source| Fault::Tls {
                server: self.server(),
                source,
            })?;
        Ok(Tls(TokioIo::new(stream)))
    }

    /// The addresses of the host that are permitted; the others are dropped.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, Fault> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port))
            .await
            .map_err(|source| self.unresolved(source))?;
        let mut refused = None;
        let permitted: Vec<SocketAddr> = found
            .filter(|address| match self.policy.permit(address.ip()) {
                Ok(()) => true,
                Err(kind) => {
                    refused = Some(kind);
                    false
                }
            })
            .collect();
        match (permitted.is_empty(), refused) {
            (false, _) => Ok(permitted),
            (true, Some(kind)) => Err(Fault::Address(kind)),
            (true, None) => Err(self.unresolved(io::ErrorKind::NotFound.into())),
        }
    }

    /// The first address that answers. The peer is checked once more: it is what counts.
    async fn dial(&self, addresses: &[SocketAddr]) -> Result<TcpStream, Fault> {
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    let peer = stream
                        .peer_addr()
                        .map_err(|source| self.unconnected(source))?;
                    self.policy.permit(peer.ip()).map_err(Fault::Address)?;
                    stream
                        .set_nodelay(true)
                        .map_err(|source| self.unconnected(source))?;
                    return Ok(stream);
                }
                Err(error) => last = error,
            }
        }
        Err(self.unconnected(last))
    }

    fn unresolved(&self, source: io::Error) -> Fault {
        Fault::Resolve {
            host: self.host.clone(),
            source,
        }
    }

    fn unconnected(&self, source: io::Error) -> Fault {
        Fault::Connect {
            server: self.server(),
            source,
        }
    }

    /// Host and port as the kubeconfig has them.
    fn server(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

impl Service<Uri> for Connector {
    type Response = Tls;
    type Error = Fault;
    type Future = Pin<Box<dyn Future<Output = Result<Tls, Fault>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    /// The address asked for is not looked at: there is one server this connector goes to.
    fn call(&mut self, _: Uri) -> Self::Future {
        Box::pin(Arc::clone(&self.target).connect())
    }
}

/// A verified connection.
pub(crate) struct Tls(TokioIo<TlsStream<TcpStream>>);

impl Connection for Tls {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl hyper::rt::Read for Tls {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl hyper::rt::Write for Tls {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
