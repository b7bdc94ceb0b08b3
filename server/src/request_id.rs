//! The id of the request being answered: in the log, in the audit, and in what a person is shown when
//! something went wrong.

use std::future::Future;

tokio::task_local! {
    static CURRENT: String;
}

/// Runs `work` as part of the request `id`.
pub async fn scope<T>(id: String, work: impl Future<Output = T>) -> T {
    CURRENT.scope(id, work).await
}

/// The id of the request being answered; empty outside any.
#[must_use]
pub fn current() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}
