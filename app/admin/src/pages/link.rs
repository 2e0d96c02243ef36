//! `/admin/link/{token}`: a one-time link with which a password is set.

use http::StatusCode;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;
use shop::Shop;
use shop::admin::{LinkDetails, LinkPurpose, LinkToken, find_link};
use ui::headers;
use ui::language::texts;
use ui::when_read::when_read;

use crate::api::link::SetPassword;
use crate::form::Form;
use crate::layout::NarrowLayout;
use crate::new_password::NewPasswordFields;
use ui::rendered::Rendered;

/// Asks for the new password, if the link can be used.
#[component]
pub fn LinkPage() -> impl IntoView {
    let shop = use_context::<Shop>();
    let token = use_params_map()
        .read_untracked()
        .get("token")
        .unwrap_or_default();
    when_read(move || {
        let (shop, token) = (shop.clone(), token.clone());
        async move {
            let parsed = token.parse::<LinkToken>();
            let found = match (shop, parsed) {
                (Some(shop), Ok(token)) => find_link(&shop.database, &token).await,
                _ => Ok(None),
            };
            match found {
                Ok(Some(link)) => view! { <PasswordForm link token /> }.rendered(),
                Ok(None) => {
                    headers::status(StatusCode::NOT_FOUND);
                    view! { <Gone /> }.rendered()
                }
                Err(error) => {
                    tracing::error!(
                        error = shop::error_chain::with_causes(&error),
                        "could not read a link of the admin"
                    );
                    headers::status(StatusCode::SERVICE_UNAVAILABLE);
                    view! { <Unavailable /> }.rendered()
                }
            }
        }
    })
}

#[component]
fn PasswordForm(link: LinkDetails, token: String) -> impl IntoView {
    let texts = texts();
    let explanation = match link.purpose {
        LinkPurpose::FirstOwner => texts.admin_link_first_owner(),
        LinkPurpose::Invitation => texts.admin_link_invitation(),
        LinkPurpose::Reset => texts.admin_link_reset(),
    };
    view! {
        <NarrowLayout title=texts.admin_set_password()>
            <p>{explanation}</p>
            <Form action=SetPassword::PATH>
                <input type="hidden" name="token" value=token />
                <div class="field">
                    <label for="user">{texts.admin_email()}</label>
                    // Password managers store it beside the password.
                    <input class="form-control" type="email" id="user" value=link.mail
                        autocomplete="username" readonly />
                </div>
                <NewPasswordFields />
                <button type="submit" class="btn btn-primary">{texts.admin_set_password()}</button>
            </Form>
        </NarrowLayout>
    }
}

#[component]
fn Gone() -> impl IntoView {
    let texts = texts();
    view! {
        <NarrowLayout title=texts.admin_link_gone_title()>
            <p>{texts.admin_link_gone()}</p>
            <p><a href="/admin/forgotten">{texts.admin_forgotten()}</a></p>
            <p><a href="/admin/sign-in">{texts.admin_back_to_sign_in()}</a></p>
        </NarrowLayout>
    }
}

#[component]
fn Unavailable() -> impl IntoView {
    let texts = texts();
    view! {
        <NarrowLayout title=texts.admin_set_password()>
            <p class="alert alert-danger" role="alert">{texts.admin_unavailable()}</p>
        </NarrowLayout>
    }
}
