//! The one way into the product for server functions: who asks, whether they may, what it came to.
//!
//! Every function has a row in [`PERMISSIONS`]; one without is refused. Failures are logged here, once,
//! and turned into a status for scripts, a redirect with a flash for plain forms, and a redirect to the
//! login page for pages.

use std::{future::Future, sync::Arc};

use domain::{
    ErrorCode, OpsError,
    account::{Scope, User},
    ports::{Ports, SessionPort},
};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::Serialize;

use super::{
    account::{
        ChangePassword, CreateToken, ListSessions, ListTokens, RevokeSession, RevokeToken, SetTheme,
    },
    auth::{Login, Logout, Register, WhoAmI},
    autoscaling::{DisablePredictive, EnablePredictive, GetOutlook, ListFleet},
    chat::{AskQuestion, GetConversation, ListConversations, StopAnswer},
    clusters::{
        AddCluster, DeleteCluster, GetFrame, ListClusters, RenameCluster, ReplaceCredentials,
        SetClusterMode, TestCluster,
    },
    jobs::{CancelJob, GetJob, JobEvents, ListJobs},
    overview::GetOverview,
    plans::{ApprovePlan, GetPlan, ListPlans, ProposeUndo, RejectPlan},
    request::{Caller, Request, answer_with, encoded, redirect, redirect_page, set_cookie},
};
use crate::{
    error::AppError,
    flash::{Flash, Flashes},
};

/// What somebody needs to call a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Nothing: the function is there to sign in, or concerns only the browser.
    Public,
    /// To be signed in.
    SignedIn,
    /// A scope.
    Scope(Scope),
}

/// Every server function with what it needs.
pub const PERMISSIONS: &[(&str, Permission)] = &[
    (Login::PATH, Permission::Public),
    (Register::PATH, Permission::Public),
    (WhoAmI::PATH, Permission::Public),
    (SetTheme::PATH, Permission::Public),
    (Logout::PATH, Permission::SignedIn),
    (ChangePassword::PATH, Permission::SignedIn),
    (ListSessions::PATH, Permission::SignedIn),
    (RevokeSession::PATH, Permission::SignedIn),
    (ListTokens::PATH, Permission::SignedIn),
    (CreateToken::PATH, Permission::SignedIn),
    (RevokeToken::PATH, Permission::SignedIn),
    (ListClusters::PATH, Permission::Scope(Scope::Read)),
    (GetFrame::PATH, Permission::Scope(Scope::Read)),
    (GetOverview::PATH, Permission::Scope(Scope::Read)),
    (TestCluster::PATH, Permission::Scope(Scope::Read)),
    (AddCluster::PATH, Permission::Scope(Scope::Plan)),
    (ReplaceCredentials::PATH, Permission::Scope(Scope::Plan)),
    (RenameCluster::PATH, Permission::Scope(Scope::Plan)),
    (SetClusterMode::PATH, Permission::Scope(Scope::Approve)),
    (DeleteCluster::PATH, Permission::Scope(Scope::Approve)),
    (ListConversations::PATH, Permission::Scope(Scope::Read)),
    (GetConversation::PATH, Permission::Scope(Scope::Read)),
    (AskQuestion::PATH, Permission::Scope(Scope::Plan)),
    (StopAnswer::PATH, Permission::Scope(Scope::Plan)),
    (ListPlans::PATH, Permission::Scope(Scope::Read)),
    (GetPlan::PATH, Permission::Scope(Scope::Read)),
    (ProposeUndo::PATH, Permission::Scope(Scope::Plan)),
    (ApprovePlan::PATH, Permission::Scope(Scope::Approve)),
    (RejectPlan::PATH, Permission::Scope(Scope::Plan)),
    (ListFleet::PATH, Permission::Scope(Scope::Read)),
    (GetOutlook::PATH, Permission::Scope(Scope::Read)),
    (EnablePredictive::PATH, Permission::Scope(Scope::Approve)),
    (DisablePredictive::PATH, Permission::Scope(Scope::Approve)),
    (ListJobs::PATH, Permission::Scope(Scope::Read)),
    (GetJob::PATH, Permission::Scope(Scope::Read)),
    (JobEvents::PATH, Permission::Scope(Scope::Read)),
    (CancelJob::PATH, Permission::Scope(Scope::Plan)),
];

/// Functions whose answer the page shows after a plain form was sent.
const SHOWN_AFTERWARDS: &[&str] = &[TestCluster::PATH, CreateToken::PATH, ApprovePlan::PATH];

/// Runs `work` for whoever is signed in and may call `S`.
pub(crate) async fn as_user<S, T, Fut>(
    work: impl FnOnce(Ports, User) -> Fut + Send,
) -> Result<T, AppError>
where
    S: ServerFn,
    T: Serialize,
    Fut: Future<Output = Result<T, OpsError>> + Send,
{
    let visit = Visit::begin::<S>();
    let ports = use_context::<Ports>();
    let answer = match (visit.user().await, ports) {
        (Ok(user), Some(ports)) => work(ports, user).await,
        (Ok(_), None) => Err(OpsError::internal()),
        (Err(error), _) => Err(error),
    };
    visit.end(answer)
}

/// Runs `work` on the browser's session; it needs somebody signed in unless `S` is public.
pub(crate) async fn on_session<S, T, Fut>(
    work: impl FnOnce(Arc<dyn SessionPort>) -> Fut + Send,
) -> Result<T, AppError>
where
    S: ServerFn,
    T: Serialize,
    Fut: Future<Output = Result<T, OpsError>> + Send,
{
    let visit = Visit::begin::<S>();
    let answer = match (visit.admitted().await, visit.session.clone()) {
        (Ok(()), Some(session)) => work(session).await,
        (Ok(()), None) => Err(OpsError::internal()),
        (Err(error), _) => Err(error),
    };
    visit.end(answer)
}

/// One call of one function.
struct Visit {
    function: &'static str,
    permission: Option<Permission>,
    request: Request,
    session: Option<Arc<dyn SessionPort>>,
}

impl Visit {
    /// Reads who calls. A plain form goes back to its page unless the work sends it elsewhere.
    fn begin<S: ServerFn>() -> Self {
        let request = Request::current();
        if request.caller == Caller::Form {
            redirect(&request.referer);
        }
        Self {
            function: S::PATH,
            permission: permission_of(S::PATH),
            request,
            session: use_context(),
        }
    }

    async fn admitted(&self) -> Result<(), OpsError> {
        match self.permission {
            Some(Permission::Public) => Ok(()),
            Some(Permission::SignedIn | Permission::Scope(_)) => self.user().await.map(|_| ()),
            None => Err(OpsError::new(
                ErrorCode::Forbidden,
                "this function is not open to anyone",
            )),
        }
    }

    async fn user(&self) -> Result<User, OpsError> {
        let user = match &self.session {
            Some(session) => session.user().await,
            None => None,
        };
        admit(self.permission, user)
    }

    /// Logs a failure and answers in the way the caller understands.
    fn end<T: Serialize>(&self, answer: Result<T, OpsError>) -> Result<T, AppError> {
        if let Ok(value) = &answer {
            self.keep_outcome(value);
        }
        answer.map_err(|error| {
            self.log(&error);
            let error = AppError {
                error,
                reference: self.request.reference.clone(),
            };
            match self.request.caller {
                Caller::Page => self.refuse_page(&error),
                Caller::Form => self.refuse_form(&error),
                Caller::Script => answer_with(&error.error),
            }
            error
        })
    }

    fn log(&self, error: &OpsError) {
        let (function, reference) = (self.function, self.request.reference.as_deref());
        if error.code == ErrorCode::Internal {
            tracing::error!(function, reference, %error, "server function failed");
        } else {
            tracing::debug!(function, reference, code = ?error.code, %error, "server function refused");
        }
    }

    /// Pages keep 200 for a cluster that does not answer, a state they are designed for: proxies replace
    /// what carries a 5xx.
    fn refuse_page(&self, error: &AppError) {
        if error.is_signed_out() {
            redirect_page(&format!("/login?next={}", encoded(&self.request.location)));
        } else if matches!(error.error.http_status(), 403 | 404 | 410 | 429) {
            answer_with(&error.error);
        }
    }

    fn refuse_form(&self, error: &AppError) {
        self.keep(self.flash(Some(error.clone()), None));
        if error.is_signed_out() && self.permission != Some(Permission::Public) {
            redirect(&format!("/login?next={}", encoded(&self.request.referer)));
        }
    }

    fn keep_outcome<T: Serialize>(&self, value: &T) {
        if self.request.caller != Caller::Form || !SHOWN_AFTERWARDS.contains(&self.function) {
            return;
        }
        match serde_json::to_value(value) {
            Ok(serde_json::Value::Null) | Err(_) => {}
            Ok(outcome) => self.keep(self.flash(None, Some(outcome))),
        }
    }

    fn flash(&self, error: Option<AppError>, outcome: Option<serde_json::Value>) -> Flash {
        let typed = match (&self.request.typed, &error) {
            (Some(typed), Some(_)) => typed.fields(),
            (_, None) | (None, _) => Default::default(),
        };
        Flash {
            page: self.request.referer_path().to_owned(),
            endpoint: self.function.to_owned(),
            typed,
            error,
            outcome,
        }
    }

    fn keep(&self, flash: Flash) {
        if let Some(flashes) = use_context::<Flashes>() {
            set_cookie(&flashes.keep(self.request.flash_key.as_deref(), flash));
        }
    }
}

fn permission_of(path: &str) -> Option<Permission> {
    PERMISSIONS
        .iter()
        .find(|(row, _)| *row == path)
        .map(|(_, permission)| *permission)
}

fn admit(permission: Option<Permission>, user: Option<User>) -> Result<User, OpsError> {
    let Some(permission) = permission else {
        return Err(OpsError::new(
            ErrorCode::Forbidden,
            "this function is not open to anyone",
        ));
    };
    let user = user.ok_or_else(|| {
        OpsError::new(
            ErrorCode::Unauthenticated,
            "you are not signed in, or your session has ended",
        )
        .hint("Sign in and send it again; what you typed is kept.")
    })?;
    match permission {
        Permission::Scope(scope) if !user.scopes.contains(&scope) => Err(OpsError::new(
            ErrorCode::Forbidden,
            format!("this needs the scope “{}”", scope.as_str()),
        )),
        Permission::Scope(_) | Permission::SignedIn | Permission::Public => Ok(user),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::ids::UserId;

    use super::*;

    fn user(scopes: impl IntoIterator<Item = Scope>) -> User {
        User {
            id: "00000000-0000-0000-0000-000000000001"
                .parse::<UserId>()
                .unwrap(),
            name: "ada".to_owned(),
            is_admin: false,
            scopes: scopes.into_iter().collect(),
        }
    }

    #[test]
    fn every_server_function_has_exactly_one_row() {
        let functions: BTreeSet<_> = server_fn::axum::server_fn_paths()
            .map(|(path, _)| path)
            .collect();
        let rows: Vec<_> = PERMISSIONS.iter().map(|(path, _)| *path).collect();
        assert_eq!(rows.iter().copied().collect::<BTreeSet<_>>(), functions);
        assert_eq!(rows.len(), functions.len(), "a row stands twice");
    }

    #[test]
    fn every_server_function_is_under_the_prefix_and_takes_only_posts() {
        for (path, method) in server_fn::axum::server_fn_paths() {
            assert!(path.starts_with(super::super::request::PREFIX), "{path}");
            assert_eq!(method, http::Method::POST, "{path}");
        }
    }

    #[test]
    fn at_most_six_functions_are_public() {
        let public = |row: &&(&str, Permission)| row.1 == Permission::Public;
        assert!(PERMISSIONS.iter().filter(public).count() <= 6);
    }

    #[test]
    fn refuses_a_function_without_a_row() {
        assert_eq!(permission_of("/api/fn/unknown"), None);
        let refused = admit(None, Some(user(Scope::ALL))).unwrap_err();
        assert_eq!(refused.code, ErrorCode::Forbidden);
    }

    #[test]
    fn refuses_who_is_not_signed_in_and_who_lacks_the_scope() {
        let approve = Some(Permission::Scope(Scope::Approve));
        let nobody = admit(approve, None).unwrap_err();
        assert_eq!(nobody.code, ErrorCode::Unauthenticated);
        let reader = admit(approve, Some(user([Scope::Read]))).unwrap_err();
        assert_eq!(reader.code, ErrorCode::Forbidden);
        assert!(admit(approve, Some(user(Scope::ALL))).is_ok());
    }
}
