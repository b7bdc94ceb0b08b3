//! Signing in and out.

use domain::account::User;
use leptos::prelude::*;

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{
    api::{
        gate,
        request::{Request, redirect},
    },
    flash::Flashes,
};

/// Signs in and goes on to `next`.
#[server(prefix = "/api/fn", endpoint = "login")]
pub async fn login(
    name: String,
    password: String,
    #[server(default)] next: String,
) -> Result<User, AppError> {
    gate::on_session::<Login, _, _>(|session| async move {
        let user = session.login(name.trim(), &password).await?;
        redirect(&next);
        Ok(user)
    })
    .await
}

/// Makes an account, signs in and goes on to `next`.
#[server(prefix = "/api/fn", endpoint = "register")]
pub async fn register(
    name: String,
    password: String,
    #[server(default)] next: String,
) -> Result<User, AppError> {
    gate::on_session::<Register, _, _>(|session| async move {
        let user = session.register(name.trim(), &password).await?;
        redirect(&next);
        Ok(user)
    })
    .await
}

/// Signs out and forgets what this browser had typed.
#[server(prefix = "/api/fn", endpoint = "logout")]
pub async fn logout() -> Result<(), AppError> {
    gate::on_session::<Logout, _, _>(|session| async move {
        session.logout().await?;
        if let (Some(flashes), Some(key)) = (use_context::<Flashes>(), Request::current().flash_key)
        {
            flashes.forget(&key);
        }
        redirect("/login");
        Ok(())
    })
    .await
}

/// Who is signed in, if anyone.
#[server(prefix = "/api/fn", endpoint = "who_am_i")]
pub async fn who_am_i() -> Result<Option<User>, AppError> {
    gate::on_session::<WhoAmI, _, _>(|session| async move { Ok(session.user().await) }).await
}
