//! Pages and forms over HTTP, as a browser without JavaScript meets them, on ports that answer from memory.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop there"
)]

mod fakes;
mod fixtures;
mod forms;
mod pages;
mod site;
