//! What happens without anybody asking: measuring, looking again at autoscaled workloads, tidying up.

pub mod collect;
pub mod evaluate;
pub mod housekeeping;

use std::{future::Future, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::services::SharedCore;

/// Old rows are tidied away this often.
const HOUSEKEEPING: Duration = Duration::from_secs(60);

/// Starts the loops; they end when `stop` is cancelled.
pub fn start(core: &SharedCore, tasks: &TaskTracker, stop: &CancellationToken) {
    let monitoring = &core.config.monitoring;
    let every = |period, name, work: fn(SharedCore) -> _| {
        tasks.spawn(repeat(
            SharedCore::clone(core),
            period,
            name,
            work,
            stop.clone(),
        ));
    };
    every(monitoring.collect_every(), "collect", |core| {
        Box::pin(collect::all(core)) as Work
    });
    every(monitoring.evaluate_every(), "evaluate", |core| {
        Box::pin(evaluate::all(core)) as Work
    });
    every(HOUSEKEEPING, "housekeeping", |core| {
        Box::pin(housekeeping::all(core)) as Work
    });
}

type Work = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs `work` every `period`, one round at a time; a round that takes longer makes the next one late, never double.
async fn repeat(
    core: SharedCore,
    period: Duration,
    name: &'static str,
    work: fn(SharedCore) -> Work,
    stop: CancellationToken,
) {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let mut round = tokio::spawn(work(SharedCore::clone(&core)));
        tokio::select! {
            () = stop.cancelled() => {
                // Cut off before the store closes; a write under way has its intent on disk.
                round.abort();
                return;
            }
            ended = &mut round => if ended.is_err() {
                tracing::error!(name, "a background round panicked; the next one runs as planned");
            }
        }
    }
}
