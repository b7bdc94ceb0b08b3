//! `/login` and `/register`: one card, one column, nothing else.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    api::auth::{Login, Register},
    components::{
        form::{Field, Form, FormState},
        icons::Mark,
    },
};

/// Where to go after signing in: what the query says, and `/` otherwise. The server checks it.
fn next() -> String {
    use_query_map()
        .read_untracked()
        .get("next")
        .unwrap_or_else(|| "/".to_owned())
}

/// The way to the other of the two pages, keeping where to go.
fn with_next(path: &str, next: &str) -> String {
    match next {
        "/" => path.to_owned(),
        next => format!(
            "{path}?next={}",
            next.replace('&', "%26").replace('?', "%3F")
        ),
    }
}

/// `/login`.
#[component]
pub fn LoginPage() -> impl IntoView {
    let state = FormState::<Login>::new();
    let next = next();
    let sent_away = (next != "/").then(|| {
        view! {
            <p class="notice" role="status">
                "Sign in to go on where you were. What you had typed is kept for 15 minutes."
            </p>
        }
    });
    let register = with_next("/register", &next);
    view! {
        <SignInCard title="Sign in">
            {sent_away}
            <Form state label="Sign in">
                <input type="hidden" name="next" value=next />
                <Field id="name" label="Name">
                    <input
                        id="name"
                        name="name"
                        autocomplete="username"
                        autocapitalize="none"
                        required
                        value=state.typed("name")
                    />
                </Field>
                <Field id="password" label="Password">
                    <input
                        id="password"
                        name="password"
                        type="password"
                        autocomplete="current-password"
                        required
                    />
                </Field>
                <button class="btn p wide">"Sign in"</button>
            </Form>
            <p class="sub">"No account yet? " <a href=register>"Register"</a></p>
        </SignInCard>
    }
    .into_any()
}

/// `/register`.
#[component]
pub fn RegisterPage() -> impl IntoView {
    let state = FormState::<Register>::new();
    let next = next();
    let login = with_next("/login", &next);
    view! {
        <SignInCard title="Register">
            <Form state label="Register">
                <input type="hidden" name="next" value=next />
                <Field id="name" label="Name" hint="How you sign in.">
                    <input
                        id="name"
                        name="name"
                        aria-describedby="name-hint"
                        autocomplete="username"
                        autocapitalize="none"
                        required
                        value=state.typed("name")
                    />
                </Field>
                <Field
                    id="password"
                    label="Password"
                    hint="At least 8 characters; 12 or more are advised. Any characters, no common passwords."
                >
                    <input
                        id="password"
                        name="password"
                        type="password"
                        aria-describedby="password-hint"
                        autocomplete="new-password"
                        minlength="8"
                        required
                    />
                </Field>
                <button class="btn p wide">"Register"</button>
            </Form>
            <p class="sub">"Have an account? " <a href=login>"Sign in"</a></p>
        </SignInCard>
    }
    .into_any()
}

#[component]
fn SignInCard(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <Title text=title />
        <main id="main" class="gate" tabindex="-1">
            <div class="card">
                <p class="brand">
                    <Mark />
                    "ai4k8s"
                </p>
                <p class="sub">
                    "Ask your Kubernetes clusters in plain English, see what is coming, and let every change be planned, approved and recorded."
                </p>
                <h1>{title}</h1>
                {children()}
            </div>
        </main>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_where_to_go_between_the_two_pages() {
        assert_eq!(with_next("/register", "/"), "/register");
        assert_eq!(
            with_next("/register", "/c/1/ask?q=a&b"),
            "/register?next=/c/1/ask%3Fq=a%26b"
        );
    }
}
