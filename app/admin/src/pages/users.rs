//! `/admin/users`: who may use the admin.

use std::borrow::Cow;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use locale::Texts;
use sea_orm::DbErr;
use shop::Shop;
use shop::admin::{UserRow, UserState, list_users};
use strum::IntoEnumIterator;
use till_core::admin::{Right, Role};
use ui::language::{language, texts};
use ui::when_read::when_read;

use crate::api::users::Invite;
use crate::form::{Field, Form, Select};
use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::account::language_options;
use crate::pages::unavailable::unavailable;
use ui::rendered::Rendered;

pub mod user;

/// The users, and the form for another one.
#[component]
pub fn UsersPage() -> impl IntoView {
    page(Right::Users, |_| {
        let shop = use_context::<Shop>();
        when_read(move || {
            let shop = shop.clone();
            async move {
                let users = match &shop {
                    Some(shop) => list_users(&shop.database).await,
                    None => Err(DbErr::Custom("there is no shop".to_owned())),
                };
                match users {
                    Ok(users) => view! { <Users users /> }.rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

#[component]
fn Users(users: Vec<UserRow>) -> impl IntoView {
    let texts = texts();
    let rows = users.into_iter().map(|user| view! { <Row user /> });
    view! {
        <Layout title=texts.admin_users()>
            <table class="rows">
                <thead>
                    <tr>
                        <th scope="col">{texts.admin_email()}</th>
                        <th scope="col">{texts.admin_role()}</th>
                        <th scope="col">{texts.admin_user_state()}</th>
                        <th scope="col">{texts.admin_second_factor()}</th>
                        <th scope="col">{texts.admin_last_sign_in()}</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
            <section class="admin-card">
                <h2>{texts.admin_invite_user()}</h2>
                <InviteExplanation mail=None />
                <InviteForm />
            </section>
        </Layout>
    }
}

#[component]
fn Row(user: UserRow) -> impl IntoView {
    let texts = texts();
    let zone = use_context::<Shop>().map(|shop| shop.profile().time_zone.clone());
    let signed_in = zone.zip(user.signed_in_at);
    let signed_in = signed_in.map(|(zone, at)| zone.format_minutes(at, language()));
    view! {
        <tr>
            <td data-label=texts.admin_email()>
                <a href=format!("/admin/users/{}", user.id)><bdi>{user.mail}</bdi></a>
            </td>
            <td data-label=texts.admin_role()>{role_name(texts, user.role)}</td>
            <td data-label=texts.admin_user_state()>{state_name(texts, user.state)}</td>
            <td data-label=texts.admin_second_factor()>
                {match user.has_second_factor {
                    true => texts.admin_on(),
                    false => texts.admin_off(),
                }}
            </td>
            <td data-label=texts.admin_last_sign_in()>
                {signed_in.map_or_else(|| texts.admin_never(), Into::into)}
            </td>
        </tr>
    }
}

/// How an invited user gets the link: by email, or with a command if there is no mail server.
#[component]
fn InviteExplanation(
    /// The user's email address, if it is known already.
    mail: Option<String>,
) -> impl IntoView {
    let texts = texts();
    let writes_files = use_context::<Shop>().is_some_and(|shop| shop.mailer.writes_files());
    if !writes_files {
        return view! { <p>{texts.admin_invite_explanation()}</p> }.rendered();
    }
    let mail = mail.unwrap_or_else(|| "name@example.com".to_owned());
    view! {
        <p>{texts.admin_no_mail_server_invite()}</p>
        <pre class="command"><code>{format!("till admin link {}", quoted(&mail))}</code></pre>
    }
    .rendered()
}

/// A word of a command: an email address may have characters that a shell reads otherwise.
fn quoted(word: &str) -> String {
    let is_plain = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '@' | '.' | '-' | '_' | '+')
    };
    match word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[component]
fn InviteForm() -> impl IntoView {
    let texts = texts();
    view! {
        <Form action=Invite::PATH>
            <Field name="email" kind="email" label=texts.admin_email() autocomplete="off"
                required=true />
            <Select name="role" label=texts.admin_role() options=role_options()
                value=Role::Staff.as_ref() hint=texts.admin_roles_explanation() />
            <Select name="user_language" label=texts.admin_language() options=language_options()
                value=language().code() />
            <button type="submit" class="btn btn-primary">{texts.admin_invite_user()}</button>
        </Form>
    }
}

/// The roles, from the one that may do least.
pub(crate) fn role_options() -> Vec<(String, Cow<'static, str>)> {
    let texts = texts();
    let mut roles: Vec<Role> = Role::iter().collect();
    roles.reverse();
    let option = |role: Role| (role.as_ref().to_owned(), role_name(texts, role));
    roles.into_iter().map(option).collect()
}

pub(crate) fn role_name(texts: Texts, role: Role) -> Cow<'static, str> {
    match role {
        Role::Owner => texts.admin_role_owner(),
        Role::Manager => texts.admin_role_manager(),
        Role::Staff => texts.admin_role_staff(),
    }
}

fn state_name(texts: Texts, state: UserState) -> Cow<'static, str> {
    match state {
        UserState::Invited => texts.admin_user_invited(),
        UserState::Active => texts.admin_user_active(),
        UserState::Deactivated => texts.admin_user_deactivated(),
    }
}
