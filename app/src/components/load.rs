//! What a page loads before it is sent, and how it shows that it could not be had.

use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    components::{frame::PageHead, problem::Problem},
    error::AppError,
};

/// What a page loads: an answer, or why there is none.
pub type Load<T> = OnceResource<Result<T, AppError>>;

/// Begins loading; the page waits for it before it is sent.
pub fn load<T, Fut>(fetch: Fut) -> Load<T>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
    Fut: Future<Output = Result<T, AppError>> + Send + 'static,
{
    OnceResource::new_blocking(fetch)
}

/// Shows `children` once there is something to show, and the error otherwise.
#[component]
pub fn Loaded<T, F>(
    /// What is loaded.
    load: Load<T>,
    /// The page's title, where its head is made of what is loaded: a page that fails has one too.
    #[prop(optional)]
    title: &'static str,
    /// What is made of it.
    children: F,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    F: Fn(T) -> AnyView + Copy + Send + Sync + 'static,
{
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match load.await {
                    Ok(value) => children(value),
                    Err(error) => view! {
                        {(!title.is_empty())
                            .then(|| view! { <PageHead title /> })}
                        <Failed error />
                    }
                    .into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// A part of the page that could not be had.
#[component]
pub fn Failed(error: AppError) -> impl IntoView {
    view! {
        <div class="card">
            <Problem error />
        </div>
    }
    .into_any()
}

/// What was just done, from the `done` word in the page's query; unknown words say nothing.
#[component]
pub fn Done() -> impl IntoView {
    let query = leptos_router::hooks::use_query_map();
    let words = query.read().get_str("done").and_then(done_words);
    view! {
        <div role="status">
            {words
                .map(|words| {
                    view! {
                        <p class="notice" tabindex="-1" autofocus>
                            <span class="shape ok" aria-hidden="true">"● "</span>
                            {words}
                        </p>
                    }
                })}
        </div>
    }
    .into_any()
}

fn done_words(word: &str) -> Option<&'static str> {
    Some(match word {
        "added" => "The cluster was added and its connection tested: the result is below.",
        "credentials" => "The credentials were replaced.",
        "deleted" => "The cluster was deleted, with its history and credentials.",
        "disabled" => "Predictive autoscaling is off. The replica count stays as it is.",
        "mode" => "The mode was changed.",
        "password" => "The password was changed. Every other session has ended.",
        "renamed" => "The cluster was renamed.",
        _ => return None,
    })
}
