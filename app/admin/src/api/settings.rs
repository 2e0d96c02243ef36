//! Changing settings, and trying the mail server.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use leptos::prelude::*;
use shop::Shop;
use shop::mail::{SentTo, TestMailError, send_test};
use shop::settings_list::{SettingGroup, SettingRow};
use shop::stored_settings::{self, ChangeError, Refused, SettingChange, StoreError};
use shop::stripe::checkout_options::{RateRow, SHIPPING_RATES, rate_rows, rates_value};
use till_core::admin::Right;
use till_core::money::Currency;
use ui::language::{language, texts};

use crate::access::require;
use crate::amounts::exchanged_in_rate;
use crate::decision::{Decision, Problem, UnreadableForm, decide};
use crate::notice::Notice;
use crate::pages::settings::path_of;
use crate::setting_problems::{missing_text, rate_problem, reason_text};
use crate::setting_values::{is_untouched, stored};

/// The name of a setting's field.
pub(crate) fn field_name(setting: &str) -> String {
    format!("setting[{setting}]")
}

/// The name of the field with the value that was shown.
pub(crate) fn shown_name(setting: &str) -> String {
    format!("shown[{setting}]")
}

/// The name of the box that stands for a word.
pub(crate) fn box_name(setting: &str) -> String {
    format!("word[{setting}]")
}

/// What a form of settings says.
struct Sent {
    setting: HashMap<String, String>,
    word: HashMap<String, String>,
    rates: Vec<RateRow>,
    currency: String,
    shown: HashMap<String, String>,
}

/// Changes the settings of a group, all or none. An empty field is the default, and so is a table
/// of shipping rates without rows, whose amounts are in `currency`. What is as it was shown is not
/// touched, so that two people who change different ones undo nothing. `word` has the boxes that
/// are ticked.
#[server(prefix = "/admin/api", endpoint = "save-settings")]
pub async fn save_settings(
    #[server(default)] group: String,
    #[server(default)] setting: HashMap<String, String>,
    #[server(default)] word: HashMap<String, String>,
    #[server(default)] rates: Vec<RateRow>,
    #[server(default)] currency: String,
    #[server(default)] shown: HashMap<String, String>,
) -> Result<(), UnreadableForm> {
    decide(async {
        require(Right::Settings)?;
        let Ok(group) = group.parse::<SettingGroup>() else {
            return Err(Decision::again(texts().admin_form_unreadable()));
        };
        let admin = require(group.right())?;
        let shop = use_context::<Shop>().ok_or(Decision::Unavailable)?;
        let sent = Sent {
            setting,
            word,
            rates,
            currency,
            shown,
        };
        let changes = sent.changes(&shop, group)?;
        let (database, base) = (&shop.database, shop.live.base());
        match stored_settings::change(database, base, &admin.actor, &changes).await {
            Ok(_) => {
                // So that this server's next page shows it.
                shop.live.read(database).await?;
                Ok(Decision::done(&path_of(group), Notice::Saved))
            }
            Err(ChangeError::Refused(refused)) => {
                let problems = refused.iter().map(|one| problem_of(&shop, &changes, one));
                // As in `Decision::changed`.
                let changed = refused.iter();
                let changed =
                    changed.filter(|one| matches!(one.reason, StoreError::ChangedMeanwhile));
                let told = changed.map(|one| Problem {
                    field: Some(shown_name(&one.name)),
                    text: Cow::default(),
                });
                Err(not_saved(problems.chain(told).collect()))
            }
            Err(ChangeError::Catalog(error)) => Err(error.0.into()),
            Err(ChangeError::Database(error)) => Err(error.into()),
        }
    })
    .await
}

impl Sent {
    /// What is to be changed. Nothing of another group: it would be changed without its right.
    fn changes(self, shop: &Shop, group: SettingGroup) -> Result<Vec<SettingChange>, Decision> {
        let of_group = |name: &String| row(shop, name).is_some_and(|row| row.group == group);
        let has_rates = !self.rates.is_empty();
        let mut names = self.setting.keys().chain(self.word.keys());
        if !names.all(of_group) || (has_rates && !of_group(&SHIPPING_RATES.to_owned())) {
            return Err(Decision::again(texts().admin_form_unreadable()));
        }
        let language = language();
        let mut values: BTreeMap<String, String> = BTreeMap::new();
        for (name, typed) in &self.setting {
            let is_ticked = self.word.contains_key(name);
            values.insert(name.clone(), stored(name, typed, is_ticked, language));
        }
        let was = |name: &str| self.shown.get(name);
        values.retain(|name, now| {
            was(name).is_none_or(|was| !is_untouched(name, was, now, language))
        });
        if has_rates {
            let Ok(currency) = self.currency.parse::<Currency>() else {
                return Err(Decision::again(texts().admin_form_unreadable()));
            };
            let rates = self.rates.into_iter();
            let rates: Vec<_> = rates.map(|row| exchanged_in_rate(row, language)).collect();
            let now = rates_value(&rates, currency).map_err(|problems| {
                let problems = problems.into_iter();
                not_saved(problems.map(|one| rate_problem(one, texts())).collect())
            })?;
            let shown = was(SHIPPING_RATES).map(|was| rate_rows(was, currency));
            let shown = shown.and_then(|rows| rates_value(&rows, currency).ok());
            if shown.as_ref() != Some(&now) {
                values.insert(SHIPPING_RATES.to_owned(), now);
            }
        }
        let changes = values.into_iter().map(|(name, value)| SettingChange {
            // A browser sends line breaks as CRLF.
            shown: self
                .shown
                .get(&name)
                .map(|shown| shown.replace("\r\n", "\n")),
            name,
            value: Some(value).filter(|value| !value.is_empty()),
        });
        Ok(changes.collect())
    }
}

/// What is known of a setting without the database.
fn row(shop: &Shop, name: &str) -> Option<SettingRow> {
    shop.settings.all.find(name, &BTreeMap::new())
}

/// Why a change is refused, at its field if the page has it.
fn problem_of(shop: &Shop, changes: &[SettingChange], refused: &Refused) -> Problem {
    let row = row(shop, &refused.name);
    let mut changed = changes.iter().filter(|one| one.name == refused.name);
    let typed = changed.next().and_then(|change| change.value.as_deref());
    let has_field = row.as_ref().is_some_and(SettingRow::can_be_changed);
    Problem {
        field: has_field.then(|| field_name(&refused.name)),
        text: reason_text(
            &refused.reason,
            row.as_ref(),
            typed.unwrap_or_default(),
            texts(),
        ),
    }
}

/// Shows the form again with what is wrong.
fn not_saved(problems: Vec<Problem>) -> Decision {
    let whole = Problem {
        field: None,
        text: texts().admin_settings_not_saved(),
    };
    Decision::Again {
        problems: std::iter::once(whole).chain(problems).collect(),
        retry_after: None,
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
        TestMailError::Sender(reason) => match reason.missing() {
            Some(name) => missing_text(name, texts),
            None => reason.to_string().into(),
        },
        TestMailError::Template(_) => error.to_string().into(),
        // No address is in it.
        TestMailError::Send(reason) => reason.to_string().into(),
    };
    tracing::warn!(
        error = shop::error_chain::with_causes(error),
        "a test email was not sent"
    );
    Decision::again(texts.admin_test_mail_failed(&reason))
}
