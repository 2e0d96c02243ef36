//! `/admin/account/second-factor`: turning it on and off, and new recovery codes.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use shop::Shop;
use shop::admin::{
    AdminError, NewSecondFactor, SignedIn, recovery_codes_left, second_factor_being_set_up,
};
use till_core::admin::Right;
use ui::language::texts;
use ui::when_read::when_read;

use crate::api::account::{Begin, Confirm, ReplaceCodes, TurnOff};
use crate::form::{Field, Form};
use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::unavailable::unavailable;
use ui::rendered::Rendered;

/// What is known of the user's second factor.
enum State {
    /// It is on, with so many recovery codes.
    On(u64),
    /// It is being set up.
    New(NewSecondFactor),
    Off,
}

/// What can be done depends on whether it is on.
#[component]
pub fn SecondFactorSettingsPage() -> impl IntoView {
    page(Right::Account, |admin| {
        let (shop, user) = (use_context::<Shop>(), admin.signed_in);
        when_read(move || {
            let (shop, user) = (shop.clone(), user.clone());
            async move {
                let state = match &shop {
                    Some(shop) => read(shop, &user).await,
                    None => Ok(State::Off),
                };
                let content = match state {
                    Ok(State::On(left)) => view! { <On left /> }.rendered(),
                    Ok(State::New(new)) => view! { <SetUp new /> }.rendered(),
                    Ok(State::Off) => view! { <Off /> }.rendered(),
                    Err(AdminError::Database(error)) => return unavailable(&error),
                    Err(error) => {
                        let error = sea_orm::DbErr::Custom(error.to_string());
                        return unavailable(&error);
                    }
                };
                let title = texts().admin_second_factor();
                view! { <Layout title=title>{content}</Layout> }.rendered()
            }
        })
    })
}

async fn read(shop: &Shop, user: &SignedIn) -> Result<State, AdminError> {
    let database = &shop.database;
    if user.has_second_factor {
        return Ok(State::On(recovery_codes_left(database, user).await?));
    }
    let name = shop.profile().name.clone();
    let new = second_factor_being_set_up(database, user, &name).await?;
    Ok(new.map_or(State::Off, State::New))
}

#[component]
fn Off() -> impl IntoView {
    let texts = texts();
    view! {
        <p>{texts.admin_second_factor_explanation()}</p>
        <form method="post" action=Begin::PATH>
            <button type="submit" class="btn btn-primary">
                {texts.admin_second_factor_begin()}
            </button>
        </form>
    }
}

#[component]
fn SetUp(new: NewSecondFactor) -> impl IntoView {
    let texts = texts();
    view! {
        <p>{texts.admin_second_factor_scan()}</p>
        // Made by us from the secret: a picture without text.
        <div class="qr-code" inner_html=new.qr_code></div>
        <p>{texts.admin_second_factor_type()}</p>
        <p><code class="secret">{new.secret}</code></p>
        <Form action=Confirm::PATH>
            <Field name="code" label=texts.admin_code() autocomplete="one-time-code"
                required=true hint=texts.admin_new_code_hint() />
            <button type="submit" class="btn btn-primary">{texts.admin_turn_on()}</button>
        </Form>
        <form method="post" action=Begin::PATH>
            <button type="submit" class="btn btn-outline">
                {texts.admin_second_factor_again()}
            </button>
        </form>
    }
}

#[component]
fn On(left: u64) -> impl IntoView {
    let texts = texts();
    view! {
        <p>{texts.admin_second_factor_is_on()}</p>
        <section class="admin-card">
            <h2>{texts.admin_recovery_codes()}</h2>
            <p>{texts.admin_recovery_codes_left(left)}</p>
            <p>{texts.admin_recovery_codes_replace_explanation()}</p>
            <Form action=ReplaceCodes::PATH>
                <PasswordField id="password" />
                <button type="submit" class="btn btn-outline">
                    {texts.admin_recovery_codes_replace()}
                </button>
            </Form>
        </section>
        <section class="admin-card">
            <h2>{texts.admin_turn_off()}</h2>
            <p>{texts.admin_turn_off_explanation()}</p>
            <Form action=TurnOff::PATH>
                <PasswordField id="off-password" />
                <button type="submit" class="btn btn-outline">{texts.admin_turn_off()}</button>
            </Form>
        </section>
    }
}

/// The password again; its id differs from that of the other form.
#[component]
fn PasswordField(id: &'static str) -> impl IntoView {
    let label = texts().admin_current_password();
    view! {
        <Field name="password" id=id kind="password" label=label
            autocomplete="current-password" required=true />
    }
}
