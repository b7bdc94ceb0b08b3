//! Who is asking: browser sessions by axum-login, scripts by personal access tokens.

mod backend;
mod identity;
mod session;

pub use self::{
    backend::{AuthSession, Backend, SignedIn},
    identity::{Identity, identify},
    session::{BrowserSession, Client},
};
