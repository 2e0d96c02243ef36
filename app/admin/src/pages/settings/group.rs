//! `/admin/settings/{group}`: the settings of a group, and what they do.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;
use shop::Shop;
use shop::settings_list::{SettingGroup, SettingRow, Source};
use shop::stored_settings;
use till_core::admin::Right;
use ui::language::texts;
use ui::when_read::when_read;

use super::values::{FacePreview, changeable, fixed};
use super::words::{about_group, name_of_group};
use crate::access::Admin;
use crate::api::settings::{SaveSettings, SendTestMail};
use crate::form::{Field, Form};
use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::not_found::NotFoundPage;
use crate::pages::unavailable::unavailable;
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
                match stored_settings::load(shop.database.reader()).await {
                    Ok(stored) => view! { <Group group shop stored admin /> }.rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

#[component]
fn Group(
    group: SettingGroup,
    shop: Shop,
    stored: BTreeMap<String, String>,
    admin: Admin,
) -> impl IntoView {
    let texts = texts();
    let may_change = admin.signed_in.role.may(group.right());
    let languages = &shop.settings.languages;
    let is_shown = |row: &SettingRow| {
        let of_shop = row
            .language
            .is_none_or(|one| languages.iter().any(|own| own == one));
        row.group == group && (of_shop || row.source != Source::Default)
    };
    let rows = shop.settings.all.rows(&stored).into_iter();
    let (open, closed): (Vec<_>, Vec<_>) = rows
        .filter(is_shown)
        .partition(|row| row.can_be_changed() && may_change);
    let open = (!open.is_empty()).then(|| {
        view! {
            <Form action=SaveSettings::PATH>
                <input type="hidden" name="group" value=group.to_string() />
                {open.into_iter().map(|row| changeable(row, texts)).collect_view()}
                <button type="submit" class="btn btn-primary">{texts.admin_settings_save()}</button>
            </Form>
        }
    });
    let closed = (!closed.is_empty()).then(|| {
        let rows = closed.into_iter().map(|row| fixed(row, texts));
        view! {
            <section class="admin-card">
                <h2>{texts.admin_settings_fixed()}</h2>
                <p>{texts.admin_settings_fixed_explanation()}</p>
                <dl class="admin-fixed">{rows.collect_view()}</dl>
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
            {open}
            {closed}
            {(group == SettingGroup::Mail).then(|| view! {
                <TestMail address=admin.signed_in.mail />
            })}
        </Layout>
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
