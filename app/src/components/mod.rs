//! Reusable pieces of pages.

pub mod ask;
pub mod chart;
pub mod chat;
pub mod decision;
pub mod diff;
pub mod form;
pub mod frame;
pub mod icons;
pub mod kubeconfig;
pub mod live;
pub mod outlook;
pub mod palette;
pub mod plan_card;
pub mod progress;
pub mod shortcuts;
pub mod state;
pub mod status;
pub mod theme;
pub mod time;
pub mod usage;
pub mod workloads;
