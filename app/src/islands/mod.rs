//! The parts of a page that live: what the browser's half is made of, and all it is made of.
//!
//! Everything around an island is HTML that the server wrote and that nothing touches again. An island gets
//! what it needs by its properties, which travel in the page, never by context, and shows on the server what
//! it shows in the browser before anything has happened.

pub mod answering;
pub mod chart;
pub mod job;
pub mod keyboard;
pub mod kubeconfig;
mod live;
pub mod overview;
pub mod page;
pub mod palette;
pub mod theme;
