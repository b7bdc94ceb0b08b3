//! What the user sees and asks: pages, components, server functions.
//!
//! Compiled twice: with `ssr` into the server, which renders whole pages that work without JavaScript, and
//! with `hydrate` into what the browser loads to bring the [`islands`] in them to life. It knows the ports of
//! `domain` and never who answers them.

#![forbid(unsafe_code)]
#![recursion_limit = "256"]

pub mod api;
#[cfg(feature = "ssr")]
pub mod app;
pub mod clock;
pub mod components;
pub mod error;
#[cfg(feature = "ssr")]
pub mod flash;
pub mod islands;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod shell;

#[cfg(feature = "ssr")]
pub use app::App;
#[cfg(feature = "ssr")]
pub use shell::{Assets, routes, shell};

/// Readies the browser's half; the page's own script then starts each island.
#[cfg(feature = "hydrate")]
pub fn start() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
