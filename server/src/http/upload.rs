//! `POST /clusters/upload`: adding a cluster by a form with a file in it.

use std::collections::BTreeMap;

use app::{api::clusters::AddCluster, error::AppError, flash::Flash};
use axum::{
    Router,
    extract::{FromRequest as _, Multipart, Request, State, multipart::Field},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use domain::{
    ErrorCode, OpsError,
    cluster::{Cluster, ClusterMode},
    ports::{Answer, KubeconfigText},
};
use http::{HeaderMap, HeaderValue, header};
use leptos::server_fn::ServerFn as _;

use crate::{request_id, state::App};

use super::{error::ApiError, pages::session_of};

/// The page the form is on.
const PAGE: &str = "/clusters/new";
/// Largest field accepted: a kubeconfig may have 256 KiB, and one byte more is for whoever says that it is too much.
const LARGEST_FIELD: usize = 256 * 1024 + 1;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/clusters/upload", post(upload))
}

async fn upload(State(app): State<App>, request: Request) -> Response {
    let flash_key = app::flash::key_of(request.headers());
    let (parts, body) = request.into_parts();
    let session = session_of(&app, &parts);
    let form = match Multipart::from_request(Request::from_parts(parts, body), &app).await {
        Ok(multipart) => read(multipart).await,
        Err(_) => (Form::default(), Some(unreadable())),
    };
    let (form, broken) = form;
    let user = match session {
        Some(session) => session.user().await,
        None => None,
    };
    let added = match (user, broken) {
        (_, Some(error)) => Err(error),
        (Some(user), None) => add(&app, &user, &form).await,
        (None, None) => Err(OpsError::new(
            ErrorCode::Unauthenticated,
            "you are not signed in, or your session has ended",
        )
        .hint("Sign in and send it again; what you typed is kept.")),
    };
    match added {
        Ok(cluster) => {
            Redirect::to(&format!("/c/{}/settings?done=added", cluster.id)).into_response()
        }
        Err(error) => refuse(&app, flash_key.as_deref(), form, error),
    }
}

#[derive(Default)]
struct Form {
    fields: BTreeMap<String, String>,
}

impl Form {
    /// Adds a text field; a file takes the place of the text area it belongs to.
    async fn add(&mut self, field: Field<'_>) -> Answer<()> {
        let name = field.name().unwrap_or("").to_owned();
        let is_file = field.file_name().is_some();
        let bytes = field.bytes().await.map_err(|_| unreadable())?;
        if bytes.len() > LARGEST_FIELD {
            let what = if is_file { "file" } else { "text" };
            return Err(OpsError::new(
                ErrorCode::TooLarge,
                format!("the {what} is larger than 256 KiB"),
            )
            .hint("A kubeconfig for one cluster has a few KiB: “kubectl config view --raw --flatten --minify” prints it."));
        }
        if is_file && bytes.is_empty() {
            return Ok(());
        }
        let text = kube_cluster::kubeconfig::text_from_bytes(&bytes)?;
        let name = if is_file { "kubeconfig" } else { &name };
        if is_file || !self.fields.contains_key(name) {
            self.fields.insert(name.to_owned(), text);
        }
        Ok(())
    }

    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

fn unreadable() -> OpsError {
    OpsError::new(ErrorCode::Invalid, "the form could not be read")
}

/// The fields, as far as they can be read, and the first thing that is wrong with them: what was typed into the
/// others is kept all the same.
async fn read(mut multipart: Multipart) -> (Form, Option<OpsError>) {
    let mut form = Form::default();
    let mut wrong = None;
    loop {
        match multipart.next_field().await {
            Ok(Some(field)) => {
                if let Err(error) = form.add(field).await {
                    wrong = wrong.or(Some(error));
                }
            }
            Ok(None) => return (form, wrong),
            Err(_) => return (form, wrong.or_else(|| Some(unreadable()))),
        }
    }
}

async fn add(app: &App, user: &domain::account::User, form: &Form) -> Answer<Cluster> {
    let mode = ClusterMode::parse(form.field("mode"))?;
    let kubeconfig = KubeconfigText(form.field("kubeconfig").to_owned());
    app.ports
        .clusters
        .add(user, form.field("name"), kubeconfig, mode)
        .await
}

/// Back to the page, with what was typed and why it was refused.
fn refuse(app: &App, key: Option<&str>, form: Form, error: OpsError) -> Response {
    let target = if error.code == ErrorCode::Unauthenticated {
        format!("/login?next={PAGE}")
    } else {
        PAGE.to_owned()
    };
    let flash = Flash {
        page: PAGE.to_owned(),
        endpoint: AddCluster::PATH.to_owned(),
        typed: form.fields,
        error: Some(AppError {
            error,
            reference: Some(request_id::current()),
        }),
        outcome: None,
    };
    let cookie = app.flashes.keep(key, flash);
    let Ok(cookie) = HeaderValue::from_str(&cookie) else {
        return ApiError(OpsError::internal()).into_response();
    };
    let headers = HeaderMap::from_iter([(header::SET_COOKIE, cookie)]);
    (headers, Redirect::to(&target)).into_response()
}
