//! `/admin/users/{id}`: one user.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;
use sea_orm::DbErr;
use shop::Shop;
use shop::admin::{UserRow, UserState, list_users};
use till_core::admin::Right;
use ui::language::texts;
use ui::when_read::when_read;

use super::{InviteExplanation, role_options, state_name};
use crate::api::users::{
    ChangeMail, ChangeRole, InviteAgain, Remove, ResetSecondFactor, SetActive,
};
use crate::form::{Checkbox, Field, Form, Select};
use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::not_found::NotFoundPage;
use crate::pages::unavailable::unavailable;
use ui::rendered::Rendered;

/// What an owner can change about a user.
#[component]
pub fn UserPage() -> impl IntoView {
    page(Right::Users, |admin| {
        let (shop, me) = (use_context::<Shop>(), admin.signed_in.user);
        let id = use_params_map().read_untracked().get("id");
        let id = id.and_then(|id| id.parse::<i64>().ok());
        when_read(move || {
            let shop = shop.clone();
            async move {
                let users = match &shop {
                    Some(shop) => list_users(&shop.database).await,
                    None => Err(DbErr::Custom("there is no shop".to_owned())),
                };
                match users {
                    Ok(users) => match users.into_iter().find(|user| Some(user.id) == id) {
                        Some(user) => view! { <User user me /> }.rendered(),
                        None => view! { <NotFoundPage /> }.rendered(),
                    },
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

#[component]
fn User(user: UserRow, me: i64) -> impl IntoView {
    let texts = texts();
    let has_another_second_factor = user.has_second_factor && user.id != me;
    let mail = user.mail.clone();
    view! {
        <Layout title=user.mail.clone()>
            <p><a href="/admin/users">{texts.admin_all_users()}</a></p>
            <section class="admin-card">
                <h2>{texts.admin_role()}</h2>
                <Form action=ChangeRole::PATH>
                    <input type="hidden" name="user" value=user.id />
                    <Select name="role" label=texts.admin_role() options=role_options()
                        value=user.role.as_ref() hint=texts.admin_roles_explanation() />
                    <button type="submit" class="btn btn-primary">{texts.admin_save()}</button>
                </Form>
            </section>
            <section class="admin-card">
                <h2>{texts.admin_email()}</h2>
                <Form action=ChangeMail::PATH>
                    <input type="hidden" name="user" value=user.id />
                    <Field name="email" kind="email" label=texts.admin_email()
                        value=mail autocomplete="off" required=true
                        hint=texts.admin_change_mail_hint() />
                    <button type="submit" class="btn btn-primary">{texts.admin_save()}</button>
                </Form>
            </section>
            {has_another_second_factor.then(|| view! { <ResetForm user=user.id /> })}
            <StateForm user />
        </Layout>
    }
}

#[component]
fn ResetForm(user: i64) -> impl IntoView {
    let texts = texts();
    view! {
        <section class="admin-card">
            <h2>{texts.admin_second_factor()}</h2>
            <p>{texts.admin_reset_second_factor_explanation()}</p>
            <Form action=ResetSecondFactor::PATH>
                <input type="hidden" name="user" value=user />
                <Checkbox name="confirmed" value="true"
                    label=texts.admin_reset_second_factor_confirmed() />
                <button type="submit" class="btn btn-outline">{texts.admin_turn_off()}</button>
            </Form>
        </section>
    }
}

#[component]
fn StateForm(user: UserRow) -> impl IntoView {
    let texts = texts();
    let is_active = user.state != UserState::Deactivated;
    let (explanation, label) = match is_active {
        true => (
            texts.admin_deactivate_explanation(),
            texts.admin_deactivate(),
        ),
        false => (texts.admin_activate_explanation(), texts.admin_activate()),
    };
    let is_invited = user.state == UserState::Invited;
    let explained = is_invited.then(|| {
        let mail = Some(user.mail.clone());
        view! { <InviteExplanation mail /> }
    });
    let invite = is_invited.then(|| {
        view! {
            <form method="post" action=InviteAgain::PATH>
                <input type="hidden" name="user" value=user.id />
                <button type="submit" class="btn btn-outline">{texts.admin_invite_again()}</button>
            </form>
        }
    });
    view! {
        <section class="admin-card">
            <h2>{texts.admin_user_state()}</h2>
            <p><span class="badge">{state_name(texts, user.state)}</span></p>
            {explained}
            {invite}
            <p>{explanation}</p>
            <Form action=SetActive::PATH>
                <input type="hidden" name="user" value=user.id />
                <input type="hidden" name="active" value=(!is_active).to_string() />
                <button type="submit" class="btn btn-outline">{label}</button>
            </Form>
        </section>
        <section class="admin-card">
            <h2>{texts.admin_remove_user()}</h2>
            <p>{texts.admin_remove_explanation()}</p>
            <Form action=Remove::PATH>
                <input type="hidden" name="user" value=user.id />
                <Checkbox name="confirmed" value="true" label=texts.admin_remove_confirmed() />
                <button type="submit" class="btn btn-outline">{texts.admin_remove_user()}</button>
            </Form>
        </section>
    }
}
