//! `/settings`: password, sessions, tokens, appearance.

use domain::account::{NewToken, Scope, SessionEntry, TokenEntry};
use leptos::prelude::*;

use crate::{
    api::account::{
        ChangePassword, CreateToken, RevokeSession, RevokeToken, list_sessions, list_tokens,
    },
    components::{
        browser::browser_name,
        copy::CopyButton,
        form::{Field, Form, FormState},
        frame::{AccountFrame, PageHead},
        load::{Done, Loaded, load},
        state::Empty,
        table::Table,
        theme::chosen,
        time::{Ago, At},
    },
    islands::theme::ThemeSwitch,
};

/// `/settings`.
#[component]
pub fn SettingsPage() -> impl IntoView {
    view! {
        <AccountFrame>
            <PageHead title="Account settings" />
            <Done />
            <div class="halves">
                <Password />
                <section class="card" aria-label="Appearance">
                    <h2>"Appearance"</h2>
                    <p class="sub">"Kept in this browser."</p>
                    <ThemeSwitch label="Appearance".to_owned() chosen=chosen() />
                </section>
            </div>
            <Sessions />
            <Tokens />
        </AccountFrame>
    }
    .into_any()
}

#[component]
fn Password() -> impl IntoView {
    let state = FormState::<ChangePassword>::new();
    view! {
        <section class="card" aria-label="Password">
            <h2>"Password"</h2>
            <Form state label="Change the password">
                <Field id="current-password" label="Current password">
                    <input
                        id="current-password"
                        name="current_password"
                        type="password"
                        autocomplete="current-password"
                        required
                    />
                </Field>
                <Field
                    id="new-password"
                    label="New password"
                    hint="At least 8 characters; 12 or more are advised. Every other session will end."
                >
                    <input
                        id="new-password"
                        name="new_password"
                        type="password"
                        aria-describedby="new-password-hint"
                        autocomplete="new-password"
                        minlength="8"
                        required
                    />
                </Field>
                <button class="btn">"Change the password"</button>
            </Form>
        </section>
    }
    .into_any()
}

#[component]
fn Sessions() -> impl IntoView {
    let sessions = load(list_sessions());
    view! {
        <section class="card" aria-label="Sessions">
            <h2>"Sessions"</h2>
            <Loaded load=sessions children={|list: Vec<SessionEntry>| session_table(list)} />
        </section>
    }
    .into_any()
}

fn session_table(sessions: Vec<SessionEntry>) -> AnyView {
    let rows = sessions
        .into_iter()
        .map(|session| {
            let end = if session.is_current {
                view! { <span class="sub">"this one"</span> }.into_any()
            } else {
                let revoke = FormState::<RevokeSession>::about("session", &session.id.to_string());
                view! {
                    <Form state=revoke class="inline">
                        <input type="hidden" name="session" value=session.id.to_string() />
                        <button class="btn">"End"</button>
                    </Form>
                }
                .into_any()
            };
            view! {
                <tr>
                    <td title=session.user_agent.clone()>{browser_name(&session.user_agent)}</td>
                    <td>
                        <At at=session.created_at />
                    </td>
                    <td>
                        <Ago at=session.last_seen_at />
                    </td>
                    <td class="r">{end}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Table label="Sessions" columns=&["Browser", "Signed in", "Last used", ""]>
            {rows}
        </Table>
    }
    .into_any()
}

#[component]
fn Tokens() -> impl IntoView {
    let create = FormState::<CreateToken>::new();
    let tokens = load(list_tokens());
    view! {
        <section class="card" aria-label="Tokens">
            <h2>"Access tokens"</h2>
            <p class="sub">
                "For the HTTP API and for programs: " <code>"Authorization: Bearer …"</code>
                ". Described at " <a href="/api/openapi.json">"/api/openapi.json"</a> "."
            </p>
            <div role="status" aria-label="New token">
                {create.outcome().map(secret)}
            </div>
            <CreateForm state=create />
            <Loaded load=tokens children={|list: Vec<TokenEntry>| token_table(list)} />
        </section>
    }
    .into_any()
}

/// The only time a token's secret is seen.
fn secret(token: NewToken) -> AnyView {
    view! {
        <div class="notice">
            <p>
                <b>{format!("Token “{}” was made.", token.entry.name)}</b>
                " Copy it now: it is not shown again."
            </p>
            <p>
                <code class="secret" id="token-secret">{token.secret}</code>
            </p>
            <CopyButton of="token-secret" label="Copy the token" />
        </div>
    }
    .into_any()
}

#[component]
fn CreateForm(state: FormState<CreateToken>) -> impl IntoView {
    let scopes = [
        (Scope::Read, "look"),
        (Scope::Plan, "ask, make plans, add clusters, stop jobs"),
        (
            Scope::Approve,
            "approve plans, switch autoscaling, delete clusters: it may change clusters",
        ),
    ];
    let boxes = scopes
        .into_iter()
        .map(|(scope, what)| {
            view! {
                <label class="choice">
                    <input
                        type="checkbox"
                        name=scope.as_str()
                        value="yes"
                        checked=scope == Scope::Read
                    />
                    <span>
                        <b>{scope.as_str()}</b>
                        <span class="sub block">{what}</span>
                    </span>
                </label>
            }
        })
        .collect_view();
    view! {
        <Form state label="Make a token">
            <Field id="token-name" label="Name of the token">
                <input
                    id="token-name"
                    name="name"
                    maxlength="64"
                    autocomplete="off"
                    required
                    value=state.typed("name")
                />
            </Field>
            <fieldset>
                <legend>"What it may do"</legend>
                {boxes}
            </fieldset>
            <button class="btn">"Make a token"</button>
        </Form>
    }
    .into_any()
}

fn token_table(tokens: Vec<TokenEntry>) -> AnyView {
    if tokens.is_empty() {
        return view! {
            <Empty title="No tokens">
                <p>"Make one to use the HTTP API."</p>
            </Empty>
        }
        .into_any();
    }
    let rows = tokens.into_iter().map(token_row).collect_view();
    view! {
        <Table label="Tokens" columns=&["Name", "Scopes", "Made", "Last used", ""]>
            {rows}
        </Table>
    }
    .into_any()
}

fn token_row(token: TokenEntry) -> AnyView {
    let revoke = FormState::<RevokeToken>::about("token", &token.id.to_string());
    let scopes: Vec<_> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    let used = match token.last_used_at {
        Some(at) => view! { <Ago at /> }.into_any(),
        None => view! { <span class="sub">"never"</span> }.into_any(),
    };
    view! {
        <tr>
            <td>{token.name}</td>
            <td>{scopes.join(", ")}</td>
            <td>
                <At at=token.created_at />
            </td>
            <td>{used}</td>
            <td class="r">
                <Form state=revoke class="inline">
                    <input type="hidden" name="token" value=token.id.to_string() />
                    <button class="btn">"Revoke"</button>
                </Form>
            </td>
        </tr>
    }
    .into_any()
}
