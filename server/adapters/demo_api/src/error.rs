//! Why the demo cluster could not be served.

use std::{io, net::SocketAddr, path::PathBuf};

/// Failures of starting, saving and stopping; requests answer with a Kubernetes `Status` instead.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A file of the data directory exists and cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of the data directory cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The stored certificates and token are not what this program wrote.
    #[error("{path} is not an identity of the demo cluster; remove it to have a new one made")]
    ParseIdentity {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The state of the cluster cannot be expressed as JSON.
    #[error("cannot encode the state of the demo cluster")]
    Encode(#[source] serde_json::Error),
    /// The simulation cannot be started; the log has the details.
    #[error("the simulation of the demo cluster failed")]
    Simulation,
    /// The operating system gave no random bytes.
    #[error("cannot draw random bytes")]
    Random(#[source] getrandom::Error),
    /// A certificate cannot be issued or a stored key cannot be used.
    #[error("cannot issue the demo cluster's certificate")]
    IssueCertificate(#[source] rcgen::Error),
    /// The TLS library refuses the key or the certificate.
    #[error("cannot set up TLS")]
    SetUpTls(#[source] rustls::Error),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
}
