//! The time as pages see it.

use domain::time::Timestamp;

/// The time now.
#[cfg(not(feature = "hydrate"))]
#[must_use]
pub fn now() -> Timestamp {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The time now.
#[cfg(feature = "hydrate")]
#[must_use]
pub fn now() -> Timestamp {
    Timestamp(js_sys::Date::now() as i64)
}
