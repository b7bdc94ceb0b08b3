//! Changes: tried as a server-side dry run, shown, and carried out once by compare-and-swap.

mod diff;
mod execute;
mod headroom;
mod prepare;
mod settle;
mod target;
mod warnings;

pub(crate) use execute::{Grant, execute};
pub(crate) use prepare::prepare;
pub(crate) use settle::settle;
