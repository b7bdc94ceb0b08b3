//! Reads bodies and paths, and says in our own words what cannot be read.

use axum::{
    Json,
    extract::{FromRequest, Request, rejection::JsonRejection},
    response::Response,
};
use domain::{ErrorCode, OpsError};
use http::StatusCode;
use serde::de::DeserializeOwned;

use super::super::error::respond;

/// A JSON body.
pub(super) struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(respond(&refused(&rejection), rejection.status())),
        }
    }
}

/// What the parser says of a field, without where it stands and what it is read into.
fn in_short(text: &str) -> String {
    let why = text
        .split_once("target type: ")
        .map_or(text, |(_, why)| why);
    why.split(" at line ").next().unwrap_or(why).to_owned()
}

/// The parser's own words name fields and types of the request only, so they may be shown.
fn refused(rejection: &JsonRejection) -> OpsError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return OpsError::new(ErrorCode::TooLarge, "the request body is too large");
    }
    let why = match rejection {
        JsonRejection::JsonDataError(error) => in_short(&error.body_text()),
        JsonRejection::JsonSyntaxError(_) => "the request body is not JSON".to_owned(),
        JsonRejection::MissingJsonContentType(_) => {
            "the request needs “Content-Type: application/json”".to_owned()
        }
        // The enum may grow; whatever is added was about reading the body.
        JsonRejection::BytesRejection(_) | _ => "the request body could not be read".to_owned(),
    };
    let why: String = why.chars().filter(|c| !c.is_control()).take(300).collect();
    OpsError::new(ErrorCode::Invalid, why)
        .hint("The fields and an example are in /api/openapi.json.")
}
