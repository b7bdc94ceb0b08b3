//! Faults on purpose, for tests of clients: latency, refusals, watches that break off, stale metrics.
//!
//! Off unless asked for. What befalls which request follows from a seed and the number of requests before,
//! so that a run with one client can be repeated.

use std::{
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use demo_cluster::status::Status;
use domain::time::Seconds;

use crate::respond::Failure;

/// What goes wrong. As text, comma-separated: `latency=250ms@0.5`, `refuse=429@0.1` (also 500 and 503),
/// `retry-after=2s`, `drop-watches=30s`, `stale-metrics=2m`, `seed=7`; a share of 1 may be left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Faults {
    /// What chance follows from.
    pub seed: u64,
    /// Requests that are answered late.
    pub latency: Option<Latency>,
    /// Requests that are refused.
    pub refusals: Vec<Refusal>,
    /// What `Retry-After` of a refusal says; absent says nothing, but 429 always says at least a second.
    pub retry_after: Option<Seconds>,
    /// Watches break off after this long, in the middle of the stream.
    pub drop_watches_after: Option<Duration>,
    /// `metrics.k8s.io` is this far behind.
    pub stale_metrics: Option<Seconds>,
}

/// Late answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latency {
    /// How late.
    pub delay: Duration,
    /// How many of all requests.
    pub share: Share,
}

/// Refused requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Refusal {
    /// With what.
    pub kind: RefusalKind,
    /// How many of all requests.
    pub share: Share,
}

/// How a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// 429: priority and fairness has no room.
    TooManyRequests,
    /// 500.
    InternalError,
    /// 503.
    Unavailable,
}

/// A share of requests. Invariant: from 0 to 1, checked by [`Share::new`].
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Share(f64);

impl Share {
    /// Every request.
    pub const ALL: Self = Self(1.0);

    /// The share; `None` below 0, above 1 and for what is no number.
    #[must_use]
    pub fn new(share: f64) -> Option<Self> {
        (0.0..=1.0).contains(&share).then_some(Self(share))
    }
}

/// A fault that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no fault {0:?}; write latency=250ms@0.5, refuse=429@0.1, retry-after=2s, drop-watches=30s, stale-metrics=2m or seed=7"
)]
pub struct UnknownFault(String);

impl FromStr for Faults {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut faults = Self::default();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            faults
                .add(part)
                .ok_or_else(|| UnknownFault(part.to_owned()))?;
        }
        Ok(faults)
    }
}

impl Faults {
    fn add(&mut self, part: &str) -> Option<()> {
        let (name, given) = part.split_once('=')?;
        let (amount, share) = match given.split_once('@') {
            Some((amount, share)) => (amount, Share::new(share.parse().ok()?)?),
            None => (given, Share::ALL),
        };
        match name {
            "seed" => self.seed = given.parse().ok()?,
            "latency" => {
                let delay = duration(amount)?;
                self.latency = Some(Latency { delay, share });
            }
            "refuse" => {
                let kind = RefusalKind::of_code(amount)?;
                self.refusals.push(Refusal { kind, share });
            }
            "retry-after" => self.retry_after = Some(seconds(given)?),
            "drop-watches" => self.drop_watches_after = Some(duration(given)?),
            "stale-metrics" => self.stale_metrics = Some(seconds(given)?),
            _ => return None,
        }
        Some(())
    }
}

impl RefusalKind {
    fn of_code(code: &str) -> Option<Self> {
        match code {
            "429" => Some(Self::TooManyRequests),
            "500" => Some(Self::InternalError),
            "503" => Some(Self::Unavailable),
            _ => None,
        }
    }

    fn status(self, retry_after: Option<Seconds>) -> Status {
        let seconds = retry_after.map_or(1, |seconds| u32::try_from(seconds.0).unwrap_or(u32::MAX));
        match self {
            Self::TooManyRequests => Status::too_many_requests(
                "the server has received too many requests and has asked us to try again later",
                seconds,
            ),
            Self::InternalError => Status::internal("this request was chosen to fail"),
            Self::Unavailable => {
                Status::unavailable("the server is currently unable to handle the request")
            }
        }
    }
}

/// `250ms`, `30s`, `2m`.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = text[..digits].parse().ok()?;
    match &text[digits..] {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_secs(number.checked_mul(60)?)),
        _ => None,
    }
}

fn seconds(text: &str) -> Option<Seconds> {
    Some(Seconds(i64::try_from(duration(text)?.as_secs()).ok()?))
}

/// Faults at work.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    faults: Arc<Faults>,
    requests: Arc<AtomicU64>,
}

/// What a request meets.
#[derive(Debug, PartialEq)]
struct Fate {
    delay: Option<Duration>,
    refusal: Option<RefusalKind>,
}

impl Trouble {
    pub(crate) fn new(faults: Faults) -> Self {
        Self {
            faults: Arc::new(faults),
            requests: Arc::new(AtomicU64::new(0)),
        }
    }

    /// What befalls the `number`-th request. The first refusal that hits counts.
    fn fate(&self, number: u64) -> Fate {
        let faults = &self.faults;
        let hits = |salt: u64, share: Share| chance(faults.seed, number, salt) < share.0;
        let delayed = faults.latency.filter(|latency| hits(0, latency.share));
        let refused = (1..)
            .zip(&faults.refusals)
            .find(|(salt, refusal)| hits(*salt, refusal.share));
        Fate {
            delay: delayed.map(|latency| latency.delay),
            refusal: refused.map(|(_, refusal)| refusal.kind),
        }
    }
}

/// Lets a request through, late or not at all. Health checks are left alone: they say whether the server
/// runs, and it does.
pub(crate) async fn meddle(
    State(trouble): State<Trouble>,
    request: Request,
    next: Next,
) -> Response {
    if ["/healthz", "/livez", "/readyz"].contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let number = trouble.requests.fetch_add(1, Ordering::Relaxed);
    let fate = trouble.fate(number);
    if let Some(delay) = fate.delay {
        tokio::time::sleep(delay).await;
    }
    match fate.refusal {
        Some(kind) => Failure::from(kind.status(trouble.faults.retry_after)).into_response(),
        None => next.run(request).await,
    }
}

/// A number in `[0, 1)` that follows from its arguments (the finaliser of splitmix64).
fn chance(seed: u64, number: u64, salt: u64) -> f64 {
    let mix = |value: u64| {
        let z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    (mix(seed ^ mix(number ^ mix(salt))) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_faults_as_they_are_written() {
        let faults: Faults =
            "latency=250ms@0.5, refuse=429@0.1,refuse=503,retry-after=2s,drop-watches=1m,stale-metrics=2m,seed=7"
                .parse()
                .unwrap();
        let half = Share::new(0.5).unwrap();
        assert_eq!(
            faults,
            Faults {
                seed: 7,
                latency: Some(Latency {
                    delay: Duration::from_millis(250),
                    share: half
                }),
                refusals: vec![
                    Refusal {
                        kind: RefusalKind::TooManyRequests,
                        share: Share::new(0.1).unwrap()
                    },
                    Refusal {
                        kind: RefusalKind::Unavailable,
                        share: Share::ALL
                    },
                ],
                retry_after: Some(Seconds(2)),
                drop_watches_after: Some(Duration::from_secs(60)),
                stale_metrics: Some(Seconds(120)),
            }
        );
        assert_eq!("".parse(), Ok(Faults::default()));
    }

    #[test]
    fn refuses_faults_it_does_not_know() {
        for text in [
            "rain=1s",
            "latency=5",
            "latency=5s@2",
            "refuse=404",
            "latency",
        ] {
            let refused = text.parse::<Faults>().unwrap_err();
            assert_eq!(refused, UnknownFault(text.to_owned()));
        }
    }

    #[test]
    fn about_the_share_asked_for_is_hit_and_the_same_ones_every_time() {
        let refused = |seed: u64| -> Vec<u64> {
            let faults: Faults = format!("refuse=500@0.2,seed={seed}").parse().unwrap();
            let trouble = Trouble::new(faults);
            (0..1000)
                .filter(|number| trouble.fate(*number).refusal.is_some())
                .collect()
        };
        assert!((150..250).contains(&refused(1).len()));
        assert_eq!(refused(1), refused(1));
        assert_ne!(refused(1), refused(2));
    }

    #[test]
    fn nothing_goes_wrong_by_default() {
        let trouble = Trouble::new(Faults::default());
        let nothing = Fate {
            delay: None,
            refusal: None,
        };
        assert!((0..100).all(|number| trouble.fate(number) == nothing));
    }
}
