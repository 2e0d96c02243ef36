//! `/admin/settings/{group}`: the settings of a group, and what they do.

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;
use sea_orm::DbErr;
use shop::Shop;
use shop::catalog;
use shop::settings_list::{SettingGroup, SettingRow, Source};
use shop::stored_settings;
use till_core::admin::Right;
use ui::language::texts;
use ui::when_read::when_read;

use super::logo::LogoForm;
use super::rates::Currencies;
use super::values::{FacePreview, changeable, fixed};
use super::words::{about_group, base_of, name_of_group, place_of};
use crate::access::Admin;
use crate::api::settings::{SaveSettings, SendTestMail};
use crate::form::{Field, Form};
use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::not_found::NotFoundPage;
use crate::pages::unavailable::unavailable;
use crate::setting_values::{Shape, shape_of};
use ui::rendered::Rendered;

/// `/admin/settings/{group}`
#[component]
pub fn SettingGroupPage() -> impl IntoView {
    let group = use_params_map().read_untracked().get("group");
    let group: Option<SettingGroup> = group.and_then(|group| group.parse().ok());
    page(Right::Settings, move |admin| {
        let Some(group) = group else {
            return view! { <NotFoundPage /> }.rendered();
        };
        let shop = expect_context::<Shop>();
        when_read(move || {
            let (shop, admin) = (shop.clone(), admin.clone());
            async move {
                match read(&shop, group).await {
                    Ok((stored, currencies)) => {
                        view! { <Group group shop stored currencies admin /> }.rendered()
                    }
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

/// What is stored, and the currencies of the products if prices are shown.
async fn read(
    shop: &Shop,
    group: SettingGroup,
) -> Result<(BTreeMap<String, String>, Currencies), DbErr> {
    let stored = stored_settings::load(shop.database.reader()).await?;
    let currencies = match group {
        SettingGroup::Shipping => catalog::currencies(&shop.database).await,
        _ => Ok(Vec::new()),
    };
    Ok((stored, Currencies(currencies.map_err(|error| error.0)?)))
}

/// The settings of a group that the page shows: a text in one language only if there are several,
/// or if it is set.
fn rows_of(group: SettingGroup, shop: &Shop, stored: &BTreeMap<String, String>) -> Vec<SettingRow> {
    let languages = &shop.settings.languages;
    let is_shown = |row: &SettingRow| {
        let of_shop = |one| languages.are_several() && languages.iter().any(|own| own == one);
        let is_wanted = row.language.is_none_or(of_shop) || row.source != Source::Default;
        row.group == group && is_wanted
    };
    let rows = shop.settings.all.rows(stored).into_iter();
    let mut rows: Vec<_> = rows.filter(is_shown).collect();
    rows.sort_by_key(|row| place_of(&row.name));
    rows
}

#[component]
fn Group(
    group: SettingGroup,
    shop: Shop,
    stored: BTreeMap<String, String>,
    currencies: Currencies,
    admin: Admin,
) -> impl IntoView {
    let texts = texts();
    let may_change = admin.signed_in.role.may(group.right());
    let rows = rows_of(group, &shop, &stored);
    let translated = rows.iter().filter(|row| row.language.is_some());
    let translated: BTreeSet<String> = translated.map(|row| base_of(row).to_owned()).collect();
    let is_one_of_several = |row: &SettingRow| translated.contains(base_of(row));
    let (own, by_server): (Vec<_>, Vec<_>) = rows.into_iter().partition(SettingRow::can_be_changed);
    let logo = own.iter().find(|row| shape_of(row) == Shape::Logo);
    let logo = logo.filter(|_| may_change).map(|row| {
        view! { <LogoForm stored=row.value.clone().unwrap_or_default() /> }
    });
    let show = |rows: Vec<SettingRow>, by_server| {
        let row = |row: SettingRow| {
            let several = is_one_of_several(&row);
            fixed(row, by_server, several, &currencies, texts)
        };
        rows.into_iter().map(row).collect_view()
    };
    let own = (!own.is_empty()).then(|| match may_change {
        true => {
            let currencies = currencies.clone();
            let own = own.into_iter().map(|row| (is_one_of_several(&row), row));
            let own: Vec<_> = own.collect();
            view! { <SettingsForm group own currencies /> }.rendered()
        }
        false => view! {
            <section class="admin-card">
                <h2>{texts.admin_settings_current()}</h2>
                <dl class="admin-fixed">{show(own, false)}</dl>
            </section>
        }
        .rendered(),
    });
    let by_server = (!by_server.is_empty()).then(|| {
        view! {
            <section class="admin-card">
                <h2>{texts.admin_settings_fixed()}</h2>
                <p>{texts.admin_settings_fixed_explanation()}</p>
                <dl class="admin-fixed">{show(by_server, true)}</dl>
            </section>
        }
    });
    view! {
        <Layout title=name_of_group(group, texts)>
            <p><a href="/admin/settings">{texts.admin_settings()}</a></p>
            <p>{about_group(group, texts)}</p>
            {(!may_change).then(|| view! {
                <p class="alert alert-info">{texts.admin_settings_for_owners()}</p>
            })}
            {(group == SettingGroup::Face).then(|| view! { <FacePreview shop /> })}
            {logo}
            {own}
            {by_server}
            {(group == SettingGroup::Mail).then(|| view! {
                <TestMail address=admin.signed_in.mail />
            })}
        </Layout>
    }
}

/// The form of those that can be changed, each with whether it is one of several languages.
#[component]
fn SettingsForm(
    group: SettingGroup,
    own: Vec<(bool, SettingRow)>,
    currencies: Currencies,
) -> impl IntoView {
    let texts = texts();
    // A field finds what was typed only inside of its form.
    let fields = move || {
        let fields = own.into_iter();
        let fields = fields.map(|(several, row)| changeable(row, several, &currencies, texts));
        fields.collect_view()
    };
    view! {
        <Form action=SaveSettings::PATH>
            <input type="hidden" name="group" value=group.to_string() />
            {fields()}
            <button type="submit" class="btn btn-primary">{texts.admin_settings_save()}</button>
        </Form>
    }
}

/// Sends an email at once, to see whether it arrives.
#[component]
fn TestMail(address: String) -> impl IntoView {
    let texts = texts();
    view! {
        <section class="admin-card">
            <h2>{texts.admin_test_mail()}</h2>
            <p>{texts.admin_test_mail_explanation()}</p>
            <Form action=SendTestMail::PATH>
                <Field name="address" kind="email" label=texts.admin_test_mail_to()
                    value=address required=true />
                <button type="submit" class="btn btn-outline">
                    {texts.admin_test_mail_send()}
                </button>
            </Form>
        </section>
    }
}
