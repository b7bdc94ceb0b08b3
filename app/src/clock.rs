//! The time as pages see it: the server's at first, so that both sides write the same ages, then the
//! browser's, moved on every few seconds.

use std::time::Duration;

use domain::time::Timestamp;
use leptos::prelude::*;

/// How often ages on a page move on.
const TICK: Duration = Duration::from_secs(5);

/// The time now, as a signal.
#[derive(Clone, Copy)]
struct Now(RwSignal<Timestamp>);

/// Provides the clock to every page.
pub fn provide_clock() {
    let now = RwSignal::new(SharedValue::new(read).into_inner());
    provide_context(Now(now));
    Effect::new(move |_| {
        if let Ok(ticking) = set_interval_with_handle(move || now.set(read()), TICK) {
            on_cleanup(move || ticking.clear());
        }
    });
}

/// The time now; reading it inside a view keeps that view current.
///
/// # Panics
/// Outside of the app, where no clock is provided.
#[must_use]
pub fn now() -> Timestamp {
    expect_context::<Now>().0.get()
}

/// The time now, read once.
///
/// # Panics
/// Outside of the app, where no clock is provided.
#[must_use]
pub fn now_untracked() -> Timestamp {
    expect_context::<Now>().0.get_untracked()
}

#[cfg(not(feature = "hydrate"))]
fn read() -> Timestamp {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(feature = "hydrate")]
fn read() -> Timestamp {
    Timestamp(js_sys::Date::now() as i64)
}
