//! Accepts connections: TLS, HTTP/1.1 and HTTP/2, within limits, until told to stop.

use std::{io, sync::Arc, time::Duration};

use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use crate::hub::stopped;

/// Connections served at once; further ones wait in the operating system's queue.
const CONNECTIONS: usize = 512;

/// A client that does not finish its handshake or its header within this time is dropped.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long requests under way may still run after a stop.
const FAREWELL: Duration = Duration::from_secs(5);

/// HTTP/2 pings at this distance find clients that vanished during a long watch.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Parallel requests on one HTTP/2 connection; Go's own server has the same default.
const STREAMS: u32 = 250;

/// What every connection needs.
#[derive(Clone)]
struct Front {
    acceptor: TlsAcceptor,
    router: Router,
}

/// Serves `router` until `stop` becomes true, then lets requests under way finish for a moment.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: rustls::ServerConfig,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let front = Front {
        acceptor: TlsAcceptor::from(Arc::new(tls)),
        router,
    };
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = accept(&listener, &places) => match accepted {
                Ok((stream, place)) => {
                    connections.spawn(connection(front.clone(), stream, graceful.watcher(), place));
                }
                Err(error) => pause_after(&error).await,
            },
            Some(_) = connections.join_next() => {}
            () = stopped(&mut stop) => break,
        }
    }
    drop(listener);
    if timeout(FAREWELL, graceful.shutdown()).await.is_err() {
        tracing::debug!(
            connections = connections.len(),
            "closing connections that did not end"
        );
    }
    connections.shutdown().await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places)
        .acquire_owned()
        .await
        .expect("the semaphore is never closed");
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, place))
}

/// Out of file descriptors: without a pause the loop would spin.
async fn pause_after(error: &io::Error) {
    tracing::warn!(%error, "cannot accept a connection");
    tokio::time::sleep(Duration::from_millis(100)).await;
}

async fn connection(
    front: Front,
    stream: TcpStream,
    watcher: Watcher,
    place: OwnedSemaphorePermit,
) {
    let Ok(Ok(stream)) = timeout(PATIENCE, front.acceptor.accept(stream)).await else {
        return;
    };
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(PATIENCE);
    let service = TowerToHyperService::new(front.router);
    let serving = builder
        .serve_connection(TokioIo::new(stream), service)
        .into_owned();
    if let Err(error) = watcher.watch(serving).await {
        tracing::debug!(%error, "a connection ended early");
    }
    drop(place);
}
