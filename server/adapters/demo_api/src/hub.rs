//! The one running cluster: shared by all connections, moved on by a clock, kept in a file.
//!
//! Every access runs on the blocking pool, because a catch-up after a pause may take long and a request
//! must never hold up the runtime.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use demo_cluster::{Cluster, status::Status};
use domain::time::Timestamp;
use serde_json::Value;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

use crate::{error::DemoError, files};

/// Name of the snapshot in the data directory.
const SNAPSHOT: &str = "demo-cluster.json";

/// Distance between two steps of the cluster.
const TICK: Duration = Duration::from_millis(500);

/// Distance between two snapshots: what a crash may cost.
const SNAPSHOT_EVERY: Duration = Duration::from_secs(30);

/// How far the cluster has come, for those who wait for it to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Which life of the cluster this is: counts resets.
    pub life: u64,
    /// The store's revision.
    pub revision: u64,
    /// The revision this life began with; older ones are from another life or from before anybody could
    /// have asked.
    pub beginning: u64,
}

/// The cluster and what keeps it going.
pub(crate) struct Hub {
    cluster: Mutex<Cluster>,
    progress: watch::Sender<Progress>,
    stop: watch::Sender<bool>,
    clock: Clock,
    seed: u64,
    snapshot_path: Option<PathBuf>,
}

/// Simulated time: the wall clock's, or faster than it from the start on. It follows the wall clock and not
/// a stopwatch, because a stopwatch stands still while a laptop sleeps.
#[derive(Debug, Clone, Copy)]
struct Clock {
    started: Timestamp,
    origin: Timestamp,
    speed: f64,
}

impl Clock {
    fn now(self) -> Timestamp {
        let elapsed_ms = (wall_clock().0 - self.started.0) as f64;
        Timestamp(self.origin.0 + (elapsed_ms * self.speed) as i64)
    }
}

impl Hub {
    /// The cluster of the snapshot in `data_dir`, or the company of `seed` as it stands today.
    pub(crate) fn open(
        data_dir: Option<PathBuf>,
        seed: u64,
        speed: f64,
    ) -> Result<Arc<Self>, DemoError> {
        let snapshot_path = data_dir.map(|directory| directory.join(SNAPSHOT));
        let now = wall_clock();
        let cluster =
            restore(snapshot_path.as_ref(), seed, now)?.unwrap_or_else(|| Cluster::new(seed, now));
        let clock = Clock {
            started: now,
            origin: now.max(cluster.now()),
            speed,
        };
        let progress = Progress {
            life: 0,
            revision: cluster.store().revision(),
            beginning: cluster.store().revision(),
        };
        Ok(Arc::new(Self {
            cluster: Mutex::new(cluster),
            progress: watch::Sender::new(progress),
            stop: watch::Sender::new(false),
            clock,
            seed,
            snapshot_path,
        }))
    }

    /// Runs `work` on the cluster; whoever waits for a change is told afterwards.
    ///
    /// # Errors
    /// 500 when the simulation fails; the other requests go on.
    pub(crate) async fn with<R: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Cluster) -> R + Send + 'static,
    ) -> Result<R, Status> {
        let hub = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || hub.with_blocking(work));
        done.await.map_err(|error| {
            tracing::error!(%error, "the simulation failed on a request");
            Status::internal("the simulation failed on this request")
        })
    }

    fn with_blocking<R>(&self, work: impl FnOnce(&mut Cluster) -> R) -> R {
        let mut cluster = self.cluster.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work(&mut cluster);
        let revision = cluster.store().revision();
        self.progress.send_if_modified(|progress| {
            let moved = progress.revision != revision;
            progress.revision = revision;
            moved
        });
        result
    }

    /// Follows the cluster's progress.
    pub(crate) fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Becomes true when the server is about to end.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Asks everything that runs on this cluster to end.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Back to the first day; watches are told to list again.
    pub(crate) async fn reset(self: &Arc<Self>) {
        let (seed, now) = (self.seed, self.clock.now());
        let hub = Arc::clone(self);
        let done = self.with(move |cluster| {
            let last = cluster.store().revision();
            *cluster = Cluster::new(seed, now);
            cluster.store_mut().continue_after(last + 1);
            let beginning = cluster.store().revision();
            hub.progress.send_modify(|progress| {
                progress.life += 1;
                progress.beginning = beginning;
            });
        });
        if done.await.is_ok() {
            self.save().await;
        }
    }

    /// Moves the cluster on and saves it, until stopped.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut stopping = self.stopping();
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut snapshot = interval(SNAPSHOT_EVERY);
        snapshot.reset();
        loop {
            tokio::select! {
                _ = tick.tick() => self.advance().await,
                _ = snapshot.tick() => self.save().await,
                () = stopped(&mut stopping) => break,
            }
        }
        self.save().await;
    }

    async fn advance(self: &Arc<Self>) {
        let clock = self.clock;
        // A failure is logged by `with`, and the next tick tries again.
        let _ = self.with(move |cluster| cluster.advance(clock.now())).await;
    }

    async fn save(self: &Arc<Self>) {
        let Some(path) = self.snapshot_path.clone() else {
            return;
        };
        let Ok(snapshot) = self.with(|cluster| cluster.snapshot()).await else {
            return;
        };
        let written = tokio::task::spawn_blocking(move || {
            let contents = serde_json::to_vec(&snapshot).map_err(DemoError::Encode)?;
            files::write_private(&path, &contents)
        });
        if let Ok(Err(error)) = written.await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "cannot save the demo cluster"
            );
        }
    }
}

/// Waits until a stop is asked for.
pub(crate) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the hub is gone, which is a stop as well.
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// The cluster a snapshot holds. One that cannot be read is left aside: the demo cluster is worth less
/// than a server that starts.
fn restore(
    path: Option<&PathBuf>,
    seed: u64,
    now: Timestamp,
) -> Result<Option<Cluster>, DemoError> {
    let Some(path) = path else {
        return Ok(None);
    };
    let Some(contents) = files::read_optional(path)? else {
        return Ok(None);
    };
    let restored = serde_json::from_slice::<Value>(&contents)
        .map_err(|error| error.to_string())
        .and_then(|snapshot| {
            Cluster::restore(snapshot, seed, now).map_err(|error| error.to_string())
        });
    match restored {
        Ok(cluster) => Ok(Some(cluster)),
        Err(reason) => {
            tracing::warn!(path = %path.display(), reason, "the demo cluster's snapshot cannot be read; starting anew");
            Ok(None)
        }
    }
}

fn wall_clock() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
