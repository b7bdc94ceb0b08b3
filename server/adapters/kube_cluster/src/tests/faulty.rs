//! A network that misbehaves: a TCP proxy before an API server, under the TLS of both.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{Duration, sleep},
};

/// What becomes of the bytes that a server sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mishap {
    /// They arrive.
    None,
    /// Nobody listens.
    Refused,
    /// The connection is taken, and nothing else ever happens on it.
    Blackhole,
    /// Each piece comes late.
    Late,
    /// After [`CLEAN`] bytes the connection is reset.
    Reset,
    /// After [`CLEAN`] bytes nothing comes any more, and nothing says so.
    HalfOpen,
    /// After [`CLEAN`] bytes they come at 1 KB/s.
    Trickle,
    /// One bit of the byte after [`CLEAN`] bytes is another.
    Flipped,
}

/// Bytes of a connection that pass before something happens to it: more than a TLS handshake and a small answer, less
/// than any of the large answers asked for.
pub(super) const CLEAN: usize = 16 * 1024;

/// How late each piece is.
const LATE: Duration = Duration::from_millis(20);

/// The proxy, until it is dropped.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Proxy {
    pub(super) async fn before(server: SocketAddr, mishap: Mishap) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepting = tokio::spawn(async move {
            if mishap == Mishap::Refused {
                drop(listener);
                return std::future::pending().await;
            }
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(relay(client, server, mishap));
            }
        });
        Self { address, accepting }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// One connection, until either side ends it.
async fn relay(mut client: TcpStream, server: SocketAddr, mishap: Mishap) {
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    let is_reset = {
        let (mut from_client, mut to_client) = client.split();
        let (mut from_server, mut to_server) = server.split();
        tokio::select! {
            _ended = up(&mut from_client, &mut to_server, mishap) => false,
            is_reset = down(&mut from_server, &mut to_client, mishap) => is_reset,
        }
    };
    if is_reset {
        client.set_zero_linger().unwrap();
    }
}

async fn up(
    client: &mut (impl AsyncRead + Unpin),
    server: &mut (impl AsyncWrite + Unpin),
    mishap: Mishap,
) {
    let _ended = match mishap {
        Mishap::Blackhole => tokio::io::copy(client, &mut tokio::io::sink()).await,
        Mishap::None
        | Mishap::Refused
        | Mishap::Late
        | Mishap::Reset
        | Mishap::HalfOpen
        | Mishap::Trickle
        | Mishap::Flipped => tokio::io::copy(client, server).await,
    };
}

/// Whether the connection is to be reset.
async fn down(
    server: &mut (impl AsyncRead + Unpin),
    client: &mut (impl AsyncWrite + Unpin),
    mishap: Mishap,
) -> bool {
    let mut piece = vec![0; 4 * 1024];
    let mut passed = 0;
    while let Ok(length @ 1..) = server.read(&mut piece).await {
        let bytes = &mut piece[..length];
        let is_hit = passed + length > CLEAN;
        match mishap {
            Mishap::None | Mishap::Refused | Mishap::Blackhole => {}
            Mishap::Late => sleep(LATE).await,
            Mishap::Reset if is_hit => return true,
            Mishap::HalfOpen if is_hit => std::future::pending().await,
            Mishap::Trickle if is_hit => {
                for byte in bytes.chunks(1) {
                    if client.write_all(byte).await.is_err() {
                        return false;
                    }
                    sleep(Duration::from_millis(1)).await;
                }
                continue;
            }
            Mishap::Flipped if is_hit && passed <= CLEAN => bytes[CLEAN - passed] ^= 1,
            Mishap::Reset | Mishap::HalfOpen | Mishap::Trickle | Mishap::Flipped => {}
        }
        passed += length;
        if client.write_all(bytes).await.is_err() {
            return false;
        }
    }
    false
}
