//! Reusable pieces of pages. What an island is made of is compiled for the browser too; the rest for the server
//! alone.

#[cfg(feature = "ssr")]
pub mod ask;
pub mod ask_button;
pub mod chart;
#[cfg(feature = "ssr")]
pub mod chat;
#[cfg(feature = "ssr")]
pub mod decision;
#[cfg(feature = "ssr")]
pub mod diff;
#[cfg(feature = "ssr")]
pub mod form;
#[cfg(feature = "ssr")]
pub mod frame;
#[cfg(feature = "ssr")]
pub mod icons;
#[cfg(feature = "ssr")]
pub mod kubeconfig;
#[cfg(feature = "ssr")]
pub mod load;
#[cfg(feature = "ssr")]
pub mod outlook;
#[cfg(feature = "ssr")]
pub mod plan_card;
#[cfg(feature = "ssr")]
pub mod problem;
pub mod progress;
pub mod state;
pub mod status;
pub mod table;
pub mod text;
pub mod theme;
pub mod time;
pub mod usage;
pub mod workloads;
