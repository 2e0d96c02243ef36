//! `/admin/settings`: what can be set, by groups.

use leptos::prelude::*;
use shop::settings_list::SettingGroup;
use strum::IntoEnumIterator;
use till_core::admin::Right;
use ui::language::texts;

use crate::guarded::page;
use crate::layout::Layout;

pub mod group;
mod logo;
pub mod policies;
pub mod promotions;
mod rates;
mod values;
pub(crate) mod words;

use words::{about_group, name_of_group};

/// The path of a group's page.
pub(crate) fn path_of(group: SettingGroup) -> String {
    format!("/admin/settings/{group}")
}

/// `/admin/settings`
#[component]
pub fn SettingsPage() -> impl IntoView {
    page(Right::Settings, |_| {
        let texts = texts();
        let groups = SettingGroup::iter().map(move |group| {
            view! {
                <li class="admin-card">
                    <h2><a href=path_of(group)>{name_of_group(group, texts)}</a></h2>
                    <p>{about_group(group, texts)}</p>
                </li>
            }
        });
        view! {
            <Layout title=texts.admin_settings()>
                <p>{texts.admin_settings_explanation()}</p>
                <ul class="admin-groups">
                    <li class="admin-card">
                        <h2><a href="/admin/settings/policies">{texts.admin_policies()}</a></h2>
                        <p>{texts.admin_policies_explanation()}</p>
                    </li>
                    <li class="admin-card">
                        <h2><a href="/admin/settings/promotions">{texts.admin_promotions()}</a></h2>
                        <p>{texts.admin_promotions_explanation()}</p>
                    </li>
                    {groups.collect_view()}
                </ul>
            </Layout>
        }
    })
}
