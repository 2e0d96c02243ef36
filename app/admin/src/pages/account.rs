//! `/admin/account`: what users see and change about themselves.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use sea_orm::DbErr;
use shop::Shop;
use shop::admin::{Device, SignedIn};
use till_core::admin::Right;
use ui::language::{language, texts};
use ui::when_read::when_read;

use crate::api::account::{ChangePassword, EndOtherSessions, EndSession, SetLanguage};
use crate::form::{Field, Form, Select};
use crate::guarded::page;
use crate::languages::languages;
use crate::layout::Layout;
use crate::new_password::NewPasswordFields;
use crate::pages::unavailable::unavailable;
use device_name::device_name;
use ui::rendered::Rendered;

mod device_name;
pub mod recovery_codes;
pub mod second_factor;

/// Password, second factor, language and devices.
#[component]
pub fn AccountPage() -> impl IntoView {
    page(Right::Account, |admin| {
        let (shop, user) = (use_context::<Shop>(), admin.signed_in);
        when_read(move || {
            let (shop, user) = (shop.clone(), user.clone());
            async move {
                let devices = match &shop {
                    Some(shop) => shop::admin::devices(&shop.database, &user).await,
                    None => Err(DbErr::Custom("there is no shop".to_owned())),
                };
                match devices {
                    Ok(devices) => view! { <Account user devices /> }.rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

#[component]
fn Account(user: SignedIn, devices: Vec<Device>) -> impl IntoView {
    let texts = texts();
    let state = match user.has_second_factor {
        true => texts.admin_second_factor_is_on(),
        false => texts.admin_second_factor_is_off(),
    };
    view! {
        <Layout title=texts.admin_account()>
            <section class="admin-card">
                <h2>{texts.admin_second_factor()}</h2>
                <p>{state}</p>
                <p>
                    <a href="/admin/account/second-factor">{texts.admin_second_factor_change()}</a>
                </p>
            </section>
            <section class="admin-card">
                <h2>{texts.admin_change_password()}</h2>
                <p>{texts.admin_change_password_explanation()}</p>
                <PasswordForm mail=user.mail />
            </section>
            <section class="admin-card">
                <h2>{texts.admin_language()}</h2>
                <LanguageForm />
            </section>
            <section class="admin-card">
                <h2>{texts.admin_devices()}</h2>
                <Devices devices />
            </section>
        </Layout>
    }
}

#[component]
fn PasswordForm(mail: String) -> impl IntoView {
    let texts = texts();
    view! {
        <Form action=ChangePassword::PATH>
            // For password managers.
            <input type="hidden" name="username" autocomplete="username" value=mail />
            <Field name="password" kind="password" label=texts.admin_current_password()
                autocomplete="current-password" required=true />
            <NewPasswordFields />
            <button type="submit" class="btn btn-primary">{texts.admin_change_password()}</button>
        </Form>
    }
}

#[component]
fn LanguageForm() -> impl IntoView {
    let texts = texts();
    view! {
        <Form action=SetLanguage::PATH>
            <Select name="language" label=texts.admin_language() options=language_options()
                value=language().code() />
            <button type="submit" class="btn btn-primary">{texts.admin_save()}</button>
        </Form>
    }
}

/// The languages of the admin by their own names.
pub(crate) fn language_options() -> Vec<(String, std::borrow::Cow<'static, str>)> {
    let languages = languages();
    let options = languages.iter().map(|language| {
        let name = locale::Texts::of(language).language_name();
        (language.code().to_owned(), name)
    });
    options.collect()
}

#[component]
fn Devices(devices: Vec<Device>) -> impl IntoView {
    let texts = texts();
    let are_several = devices.len() > 1;
    let rows = devices
        .into_iter()
        .map(|device| view! { <DeviceRow device /> });
    view! {
        <table class="rows">
            <thead>
                <tr>
                    <th scope="col">{texts.admin_device()}</th>
                    <th scope="col">{texts.admin_address()}</th>
                    <th scope="col">{texts.admin_last_used()}</th>
                    <th scope="col">{texts.admin_signed_in_at()}</th>
                    <th scope="col">
                        <span class="visually-hidden">{texts.admin_sign_out()}</span>
                    </th>
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
        {are_several.then(|| view! {
            <form method="post" action=EndOtherSessions::PATH>
                <button type="submit" class="btn btn-outline">
                    {texts.admin_sign_out_others()}
                </button>
            </form>
        })}
    }
}

#[component]
fn DeviceRow(device: Device) -> impl IntoView {
    let texts = texts();
    let zone = use_context::<Shop>().map(|shop| shop.profile().time_zone.clone());
    let time = |at| {
        let zone = zone.as_ref();
        zone.map(|zone| zone.format_minutes(at, language()))
    };
    let name = device.user_agent.as_deref().map(device_name);
    let name = name.map_or_else(|| texts.admin_unknown_device(), Into::into);
    let action = match device.is_this {
        true => view! { <span class="badge">{texts.admin_this_device()}</span> }.rendered(),
        false => view! {
            <form method="post" action=EndSession::PATH>
                <input type="hidden" name="session" value=device.session />
                <button type="submit" class="btn btn-outline">{texts.admin_sign_out()}</button>
            </form>
        }
        .rendered(),
    };
    view! {
        <tr>
            <td data-label=texts.admin_device()><bdi>{name}</bdi></td>
            <td data-label=texts.admin_address()>{device.address}</td>
            <td data-label=texts.admin_last_used()>{time(device.last_seen_at)}</td>
            <td data-label=texts.admin_signed_in_at()>{time(device.created_at)}</td>
            <td>{action}</td>
        </tr>
    }
}
