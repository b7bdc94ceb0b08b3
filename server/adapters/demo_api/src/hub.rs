//! The one running cluster: shared by all connections, moved on by a clock, kept in a file.
//!
//! Every access runs on the blocking pool, because a catch-up after a pause may take long and a request
//! must never hold up the runtime. What a user changes is on disk before it is acknowledged; what the
//! controllers make of it is at most [`SNAPSHOT_EVERY`] behind, and they make it again after a crash.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use demo_cluster::{Cluster, Scenario, status::Status};
use domain::time::{Seconds, Timestamp};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

use crate::{DemoOptions, error::DemoError, snapshot::SnapshotFile};

/// Distance between two steps of the cluster.
const TICK: Duration = Duration::from_millis(500);

/// Distance between two snapshots when only controllers are at work: what a crash may cost of theirs.
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
    beginning: Beginning,
    drop_watches_after: Option<Duration>,
    file: Option<SnapshotFile>,
}

/// What a new cluster is made from.
#[derive(Debug, Clone, Copy)]
struct Beginning {
    seed: u64,
    pods: usize,
    scenario: Option<Scenario>,
    stale_metrics: Seconds,
}

impl Beginning {
    fn found(self, now: Timestamp) -> Cluster {
        let mut cluster = Cluster::of_size(self.seed, now, self.pods);
        self.take_part(&mut cluster);
        cluster
    }

    /// Begins the scenario, unless the cluster is in it already, and lets metrics lag.
    fn take_part(self, cluster: &mut Cluster) {
        if let Some(scenario) = self.scenario
            && cluster.playing() != Some(scenario)
        {
            cluster.play(scenario);
        }
        cluster.delay_metrics(self.stale_metrics);
    }
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
    /// The cluster of the snapshot in the data directory, or the company of the seed as it stands today.
    pub(crate) fn open(options: &DemoOptions) -> Result<Arc<Self>, DemoError> {
        let file = options.data_dir.as_deref().map(SnapshotFile::within);
        let beginning = Beginning {
            seed: options.seed,
            pods: options.pods,
            scenario: options.scenario,
            stale_metrics: options.faults.stale_metrics.unwrap_or(Seconds(0)),
        };
        let now = wall_clock();
        let restored = match &file {
            Some(file) => file.read(options.seed, now)?,
            None => None,
        };
        let cluster = match restored {
            Some(mut cluster) => {
                beginning.take_part(&mut cluster);
                cluster
            }
            None => beginning.found(now),
        };
        // Founding a large cluster takes a while that must not count at the cluster's own speed.
        let started = wall_clock();
        let clock = Clock {
            started,
            origin: started.max(cluster.now()),
            speed: options.speed,
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
            beginning,
            drop_watches_after: options.faults.drop_watches_after,
            file,
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

    /// Like [`Self::with`], for work that a user is told to be done: returns once the disk has it. Work that
    /// is refused changed nothing and waits for nothing.
    ///
    /// # Errors
    /// What `work` refuses; 500 when the simulation fails or the disk does not take the snapshot. In that
    /// case the change stands in memory and is written with the next one.
    pub(crate) async fn change<R: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Cluster) -> Result<R, Status> + Send + 'static,
    ) -> Result<R, Status> {
        let (result, revision) = self
            .with(|cluster| (work(cluster), cluster.store().revision()))
            .await?;
        let result = result?;
        self.keep(revision).await?;
        Ok(result)
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

    /// How long watches last before they break off; `None` where they do not.
    pub(crate) fn drop_watches_after(&self) -> Option<Duration> {
        self.drop_watches_after
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
        let (beginning, now) = (self.beginning, self.clock.now());
        let hub = Arc::clone(self);
        let done = self.with(move |cluster| {
            let last = cluster.store().revision();
            *cluster = beginning.found(now);
            cluster.store_mut().continue_after(last + 1);
            let first = cluster.store().revision();
            hub.progress.send_modify(|progress| {
                progress.life += 1;
                progress.beginning = first;
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

    /// Writes what changed since the last snapshot, if anything did.
    async fn save(self: &Arc<Self>) {
        if let Ok(revision) = self.with(|cluster| cluster.store().revision()).await {
            // A failure is logged by `write`, and the next snapshot tries again.
            let _ = self.keep(revision).await;
        }
    }

    /// Returns once a snapshot of `revision` or later is on disk.
    async fn keep(self: &Arc<Self>, revision: u64) -> Result<(), Status> {
        if self.file.is_none() {
            return Ok(());
        }
        let hub = Arc::clone(self);
        // A task of its own, because a client that hangs up must not leave a writer without its lock.
        tokio::spawn(async move { hub.write(revision).await })
            .await
            .unwrap_or_else(|error| {
                tracing::error!(%error, "saving the demo cluster failed");
                Err(unsaved())
            })
    }

    /// Group commit: all who come while one snapshot is being written share the next one.
    async fn write(self: Arc<Self>, revision: u64) -> Result<(), Status> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let mut written = file.written.lock().await;
        if written.is_some_and(|written| written >= revision) {
            return Ok(());
        }
        let hub = Arc::clone(&self);
        let done = tokio::task::spawn_blocking(move || hub.write_blocking()).await;
        let done = done.unwrap_or(Err(DemoError::Simulation));
        let covered = done.map_err(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "cannot save the demo cluster"
            );
            unsaved()
        })?;
        *written = Some(covered);
        Ok(())
    }

    /// Writes the cluster as it is and returns its revision. Others go on with it meanwhile: its objects are
    /// shared, so that the copy made under the lock is small.
    fn write_blocking(&self) -> Result<u64, DemoError> {
        let cluster = self.with_blocking(|cluster| cluster.clone());
        if let Some(file) = &self.file {
            file.write(&cluster)?;
        }
        Ok(cluster.store().revision())
    }
}

/// What a user is told whose change may not outlive the process.
fn unsaved() -> Status {
    Status::internal("the change was made but could not be saved")
}

/// Waits until a stop is asked for.
pub(crate) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the hub is gone, which is a stop as well.
    let _ = stopping.wait_for(|stop| *stop).await;
}

fn wall_clock() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
