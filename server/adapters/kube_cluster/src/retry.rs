//! What a failed answer means: how long to wait before a read is sent again, and how the cluster is doing.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use http::{HeaderMap, Response, header::RETRY_AFTER};

use crate::{breaker::Health, fault::Fault};

/// How often a read is repeated.
pub(crate) const REPETITIONS: u32 = 3;
/// The longest pause a server can ask for by `Retry-After`.
const RETRY_AFTER_LIMIT: Duration = Duration::from_secs(30);

/// How long to wait before a repetition; `None` when the answer stands. `backoff` is doubled with each attempt.
pub(crate) fn pause<B>(
    answer: &Result<Response<B>, Fault>,
    attempt: u32,
    backoff: Duration,
) -> Option<Duration> {
    let own = jittered(backoff * 2_u32.pow(attempt));
    match answer {
        Ok(answer) => matches!(answer.status().as_u16(), 429 | 500 | 502 | 503 | 504)
            .then(|| retry_after(answer.headers()).map_or(own, |asked| asked.max(own))),
        Err(Fault::Connect { .. } | Fault::Broken(_)) => Some(own),
        Err(
            Fault::Refused(_)
            | Fault::Resting(_)
            | Fault::Address(_)
            | Fault::Resolve { .. }
            | Fault::NoConnection { .. }
            | Fault::Tls { .. }
            | Fault::Timeout(_)
            | Fault::TooLarge(_)
            | Fault::NotJson
            | Fault::Redirect(_),
        ) => None,
    }
}

/// What an answer says about the API server: no connection, no answer in time, too many requests, or a gateway before it
/// without a server behind it count against it; what it says about one request (not found, forbidden, a failing
/// webhook) is an answer.
///
/// `left` is how long the request could still have waited. `is_own` says that the API server itself answers such
/// requests: behind others stand kubelets and aggregated APIs.
pub(crate) fn health<B>(
    answer: &Result<Response<B>, Fault>,
    left: Duration,
    is_own: bool,
) -> Health {
    match answer {
        Ok(answer) => match answer.status().as_u16() {
            429 | 502..=504 if !is_own => Health::Unknown,
            429 => match retry_after(answer.headers()) {
                Some(asked) if asked >= left => Health::AskedFor(asked),
                Some(_) | None => Health::Failed,
            },
            502..=504 => Health::Failed,
            _ => Health::Answered,
        },
        Err(Fault::Broken(_) | Fault::Timeout(_)) if !is_own => Health::Unknown,
        Err(_) => Health::Failed,
    }
}

/// What a server asks for in seconds, capped. Dates and nonsense are not followed.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds = text.parse().unwrap_or(u64::MAX);
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_LIMIT))
}

/// Between half of `pause` and the whole, so that many do not come back at once.
fn jittered(pause: Duration) -> Duration {
    let share = RandomState::new().hash_one(0_u8) as f64 / u64::MAX as f64;
    pause.mul_f64(0.5 + share / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn answered(status: u16, asked: &str) -> Result<Response<()>, Fault> {
        let answer = Response::builder().status(status);
        Ok(answer.header(RETRY_AFTER, asked).body(()).unwrap())
    }

    #[test]
    fn a_server_that_asks_for_a_pause_gets_it_up_to_half_a_minute() {
        let paused = |asked| pause(&answered(429, asked), 0, Duration::from_millis(1)).unwrap();
        for (asked, seconds) in [
            ("1", 1),
            ("7", 7),
            ("30", 30),
            ("1000000000", 30),
            ("4294967295", 30),
            ("99999999999999999999", 30),
        ] {
            assert_eq!(paused(asked), Duration::from_secs(seconds), "{asked}");
        }
        for nonsense in ["-1", "", "soon", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert!(paused(nonsense) <= Duration::from_millis(1), "{nonsense}");
        }
    }

    #[test]
    fn only_what_may_pass_is_worth_a_repetition() {
        for (status, is_repeated) in [
            (200, false),
            (401, false),
            (403, false),
            (404, false),
            (409, false),
            (410, false),
            (422, false),
            (429, true),
            (500, true),
            (501, false),
            (502, true),
            (503, true),
            (504, true),
        ] {
            let answer = pause(&answered(status, "1"), 0, SECOND);
            assert_eq!(answer.is_some(), is_repeated, "{status}");
        }
    }

    #[test]
    fn a_pause_longer_than_the_request_can_wait_is_the_clusters_own() {
        let of = |asked, left| health(&answered(429, asked), left, true);
        assert_eq!(of("1", 15 * SECOND), Health::Failed);
        assert_eq!(of("30", 15 * SECOND), Health::AskedFor(30 * SECOND));
        assert_eq!(of("1000000000", 15 * SECOND), Health::AskedFor(30 * SECOND));
        assert_eq!(of("garbage", Duration::ZERO), Health::Failed);
    }

    #[test]
    fn an_aggregated_api_that_is_down_says_nothing_about_the_api_server() {
        let of = |status, is_own| health(&answered(status, ""), SECOND, is_own);
        for status in [429, 502, 503, 504] {
            assert_eq!(of(status, true), Health::Failed, "{status}");
            assert_eq!(of(status, false), Health::Unknown, "{status}");
        }
        for status in [200, 401, 403, 404, 409, 500] {
            assert_eq!(of(status, true), Health::Answered, "{status}");
        }
        let silent = Err::<Response<()>, _>(Fault::Timeout(SECOND));
        assert_eq!(health(&silent, SECOND, true), Health::Failed);
        assert_eq!(health(&silent, SECOND, false), Health::Unknown);
    }

    #[test]
    fn pauses_differ_and_stay_within_half_and_whole() {
        let pauses: Vec<Duration> = (0..50).map(|_| jittered(SECOND)).collect();
        assert!(
            pauses
                .iter()
                .all(|pause| (SECOND / 2..=SECOND).contains(pause))
        );
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
    }
}
