//! Changing settings, and trying the mail server.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use leptos::prelude::*;
use shop::Shop;
use shop::mail::{SentTo, TestMailError, send_test};
use shop::settings_list::SettingGroup;
use shop::stored_settings::{self, ChangeError, SettingChange, StoreError};
use till_core::admin::Right;
use ui::language::texts;

use crate::access::require;
use crate::decision::{Decision, Problem, UnreadableForm, decide};
use crate::notice::Notice;
use crate::pages::settings::path_of;

/// The name of a setting's field.
pub(crate) fn field_name(setting: &str) -> String {
    format!("setting[{setting}]")
}

/// The name of the field with the value that was shown.
pub(crate) fn shown_name(setting: &str) -> String {
    format!("shown[{setting}]")
}

/// Changes the settings of a group, all or none. An empty field is the default. A field that is as
/// it was shown is not touched, so that two people who change different ones undo nothing.
#[server(prefix = "/admin/api", endpoint = "save-settings")]
pub async fn save_settings(
    #[server(default)] group: String,
    #[server(default)] setting: HashMap<String, String>,
    #[server(default)] shown: HashMap<String, String>,
) -> Result<(), UnreadableForm> {
    decide(async {
        require(Right::Settings)?;
        let texts = texts();
        let Ok(group) = group.parse::<SettingGroup>() else {
            return Err(Decision::again(texts.admin_form_unreadable()));
        };
        let admin = require(group.right())?;
        let shop = use_context::<Shop>().ok_or(Decision::Unavailable)?;
        // A field of another group would be changed without its right.
        let of_group = |name: &String| {
            let row = shop.settings.all.find(name, &BTreeMap::new());
            row.is_some_and(|row| row.group == group)
        };
        if !setting.keys().all(of_group) {
            return Err(Decision::again(texts.admin_form_unreadable()));
        }
        let mut changes: Vec<_> = setting
            .into_iter()
            .filter(|(name, typed)| shown.get(name).is_none_or(|shown| shown != typed))
            .map(|(name, typed)| SettingChange {
                shown: shown.get(&name).cloned(),
                name,
                value: Some(typed).filter(|typed| !typed.trim().is_empty()),
            })
            .collect();
        changes.sort_by(|one, other| one.name.cmp(&other.name));
        let (database, base) = (&shop.database, shop.live.base());
        match stored_settings::change(database, base, &admin.actor, &changes).await {
            Ok(_) => {
                // So that this server's next page shows it.
                shop.live.read(database).await?;
                Ok(Decision::done(&path_of(group), Notice::Saved))
            }
            Err(error) => Err(refusal(error)),
        }
    })
    .await
}

fn refusal(error: ChangeError) -> Decision {
    match error {
        ChangeError::Refused(refused) => Decision::Again {
            problems: refused
                .into_iter()
                .map(|refused| Problem {
                    field: Some(field_name(&refused.name)),
                    text: match refused.reason {
                        StoreError::ChangedMeanwhile => texts().admin_setting_meanwhile(),
                        reason => reason.to_string().into(),
                    },
                })
                .collect(),
            retry_after: None,
        },
        ChangeError::Catalog(error) => error.0.into(),
        ChangeError::Database(error) => error.into(),
    }
}

/// Sends a test email now.
#[server(prefix = "/admin/api", endpoint = "send-test-mail")]
pub async fn send_test_mail(#[server(default)] address: String) -> Result<(), UnreadableForm> {
    decide(async {
        require(Right::Settings)?;
        let shop = use_context::<Shop>().ok_or(Decision::Unavailable)?;
        let (settings, fixed) = (shop.owner_settings(), &shop.settings);
        let (mailer, url) = (&shop.mailer, &fixed.public_url);
        let address = address.trim();
        let sent = send_test(mailer, &settings, url, fixed.livemode, address).await;
        let page = path_of(SettingGroup::Mail);
        match sent {
            Ok(SentTo::Server(_)) => Ok(Decision::done(&page, Notice::TestMailSent)),
            Ok(SentTo::File(_)) => Ok(Decision::done(&page, Notice::TestMailWritten)),
            Err(error) => Err(not_sent(&error)),
        }
    })
    .await
}

fn not_sent(error: &TestMailError) -> Decision {
    let texts = texts();
    let reason: Cow<'static, str> = match error {
        TestMailError::Address(_) => {
            return Decision::wrong_field("address", texts.admin_test_mail_address());
        }
        TestMailError::Sender(reason) => reason.to_string().into(),
        TestMailError::Template(_) => error.to_string().into(),
        // No address is in it.
        TestMailError::Send(reason) => reason.to_string().into(),
    };
    tracing::warn!(%reason, "a test email was not sent");
    Decision::again(texts.admin_test_mail_failed(&reason))
}
