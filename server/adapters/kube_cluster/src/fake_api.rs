//! For tests: an API server on loopback that answers what it is told and keeps a ledger of what it was asked.
//!
//! Wiremock behind a TLS front with a CA of its own, so that every test goes the whole way from a kubeconfig
//! through the real connector.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::cluster::ClusterMode;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::{ServerConfig, crypto::ring};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject as _};
use serde_json::Value;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

use crate::{
    KubeCluster, Terminal,
    guard::AddressPolicy,
    kubeconfig::{Credentials, sanitise},
    transport::Limits,
};

/// What tests on loopback need.
pub(crate) const LOOPBACK: AddressPolicy = AddressPolicy {
    allow_loopback: true,
    deny_private: false,
};

/// The bounds of a connection in tests: the real ones, with pauses too short to be felt.
pub(crate) const QUICK: Limits = Limits {
    backoff: Duration::from_millis(1),
    ..Limits::DEFAULT
};

/// A certificate authority with one server certificate for `localhost` and 127.0.0.1.
pub(crate) struct Authority {
    pub(crate) ca_pem: String,
    pub(crate) certificate_pem: String,
    pub(crate) key_pem: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        Self::certifying(CertificateParams::new(names()).unwrap())
    }

    /// With a certificate that was valid in 2001 and no longer is.
    pub(crate) fn expired() -> Self {
        let mut certificate = CertificateParams::new(names()).unwrap();
        certificate.not_before = date_time_ymd(2001, 1, 1);
        certificate.not_after = date_time_ymd(2001, 12, 31);
        Self::certifying(certificate)
    }

    fn certifying(certificate: CertificateParams) -> Self {
        let ca_key = KeyPair::generate().unwrap();
        let mut ca = CertificateParams::new(Vec::new()).unwrap();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca_certificate = ca.self_signed(&ca_key).unwrap();
        let issuer = Issuer::new(ca, ca_key);
        let key = KeyPair::generate().unwrap();
        let certificate = certificate.signed_by(&key, &issuer).unwrap();
        Self {
            ca_pem: ca_certificate.pem(),
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
        }
    }

    fn acceptor(&self) -> TlsAcceptor {
        let chain = crate::kubeconfig::material::client_chain(&self.certificate_pem).unwrap();
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

fn names() -> Vec<String> {
    vec!["localhost".to_owned(), "127.0.0.1".to_owned()]
}

/// The server.
pub(crate) struct FakeApi {
    pub(crate) mock: MockServer,
    pub(crate) authority: Authority,
    address: SocketAddr,
    front: JoinHandle<()>,
}

impl FakeApi {
    pub(crate) async fn start() -> Self {
        Self::with(Authority::new()).await
    }

    /// With a certificate of its own.
    pub(crate) async fn with(authority: Authority) -> Self {
        let mock = MockServer::start().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let front = tokio::spawn(serve(listener, authority.acceptor(), *mock.address()));
        Self {
            mock,
            authority,
            address,
            front,
        }
    }

    /// A front before a server that is not HTTP's friend: each connection gets `bytes` and then silence.
    pub(crate) async fn stalling_after(bytes: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::before(listener, move |listener| stall(listener, bytes)).await
    }

    /// A front before a server of the test's own, which speaks HTTP without TLS at `listener`.
    pub(crate) async fn before<S>(
        listener: TcpListener,
        server: impl FnOnce(TcpListener) -> S,
    ) -> Self
    where
        S: Future<Output = ()> + Send + 'static,
    {
        let behind = listener.local_addr().unwrap();
        let mut api = Self::start().await;
        let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
        api.address = front.local_addr().unwrap();
        api.front.abort();
        let serving = serve(front, api.authority.acceptor(), behind);
        let server = server(listener);
        api.front = tokio::spawn(async move {
            tokio::join!(serving, server);
        });
        api
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn credentials(&self) -> Credentials {
        sanitise(&self.kubeconfig()).unwrap()
    }

    pub(crate) fn kubeconfig(&self) -> String {
        kubeconfig(&format!("https://{}", self.address), &self.authority.ca_pem)
    }

    pub(crate) fn cluster(&self, mode: ClusterMode) -> KubeCluster {
        self.cluster_within(mode, QUICK)
    }

    pub(crate) fn cluster_within(&self, mode: ClusterMode, limits: Limits) -> KubeCluster {
        KubeCluster::connect_within(&self.credentials(), mode, LOOPBACK, limits).unwrap()
    }

    /// The kubeconfig's owner at a terminal.
    pub(crate) fn terminal(&self) -> Terminal {
        Terminal::connect(&self.credentials(), LOOPBACK).unwrap()
    }

    /// Answers a request with JSON from now on.
    pub(crate) async fn on(&self, verb: &str, at: &str, status: u16, body: Value) {
        Mock::given(method(verb))
            .and(path(at))
            .respond_with(ResponseTemplate::new(status).set_body_json(body))
            .mount(&self.mock)
            .await;
    }

    /// Answers the first request only; later ones go to what is mounted after.
    pub(crate) async fn once(&self, verb: &str, at: &str, status: u16, body: Value) {
        Mock::given(method(verb))
            .and(path(at))
            .respond_with(ResponseTemplate::new(status).set_body_json(body))
            .up_to_n_times(1)
            .mount(&self.mock)
            .await;
    }

    /// Every request that arrived: `GET /api/v1/pods?limit=500`.
    pub(crate) async fn ledger(&self) -> Vec<String> {
        self.mock
            .received_requests()
            .await
            .unwrap()
            .iter()
            .map(|request| {
                let query = request.url.query().map(|query| format!("?{query}"));
                format!(
                    "{} {}{}",
                    request.method,
                    request.url.path(),
                    query.unwrap_or_default()
                )
            })
            .collect()
    }

    /// Requests that would have changed something.
    pub(crate) async fn writes(&self) -> Vec<String> {
        let mut writes = self.ledger().await;
        writes.retain(|line| {
            !line.starts_with("GET ")
                && !line.contains("selfsubject")
                && !line.contains("dryRun=All")
        });
        writes
    }
}

impl Drop for FakeApi {
    fn drop(&mut self) {
        self.front.abort();
    }
}

/// A kubeconfig with a token for a server with a CA.
pub(crate) fn kubeconfig(server: &str, ca_pem: &str) -> String {
    let ca = STANDARD.encode(ca_pem);
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: test\n\
         clusters:\n- name: test\n  cluster:\n    server: {server}\n    certificate-authority-data: {ca}\n\
         users:\n- name: test\n  user:\n    token: canary-token\n\
         contexts:\n- name: test\n  context:\n    cluster: test\n    user: test\n    namespace: shop\n"
    )
}

async fn stall(listener: TcpListener, bytes: &'static [u8]) {
    let mut open = Vec::new();
    while let Ok((mut stream, _)) = listener.accept().await {
        stream.write_all(bytes).await.unwrap();
        open.push(stream);
    }
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, behind: SocketAddr) {
    while let Ok((tcp, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let Ok(mut tls) = acceptor.accept(tcp).await else {
                return;
            };
            let Ok(mut plain) = TcpStream::connect(behind).await else {
                return;
            };
            let _closed = tokio::io::copy_bidirectional(&mut tls, &mut plain).await;
        });
    }
}
