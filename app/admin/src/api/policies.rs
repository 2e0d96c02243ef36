//! Writing the shop's policies.

use leptos::prelude::*;
use locale::Language;
use shop::Shop;
use shop::policy::{InvalidPolicy, Policy, PolicySlug, ReplaceOutcome, replace};
use till_core::admin::Right;
use ui::language::texts;

use crate::access::require;
use crate::decision::{Decision, UnreadableForm, decide};
use crate::notice::Notice;

/// The path of the page on which a policy is written.
pub(crate) fn path_of(slug: PolicySlug, language: Language) -> String {
    format!("/admin/settings/policies/{slug}/{language}")
}

/// The button that shows the text as its page would.
pub(crate) const PREVIEW: &str = "preview";

/// Saves a policy, or shows its preview.
#[server(prefix = "/admin/api", endpoint = "save-policy")]
pub async fn save_policy(
    #[server(default)] policy: String,
    #[server(default)] language: String,
    #[server(default)] text: String,
    #[server(default)] seen: String,
    #[server(default)] step: String,
) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Settings)?;
        let shop = use_context::<Shop>().ok_or(Decision::Unavailable)?;
        let texts = texts();
        let mut languages = shop.settings.languages.iter();
        let language = languages.find(|one| one.code() == language);
        let (Ok(slug), Some(language)) = (policy.parse(), language) else {
            return Err(Decision::again(texts.admin_form_unreadable()));
        };
        let policy = parse(slug, language, &text)?;
        if step == PREVIEW {
            return Ok(Decision::Again {
                problems: Vec::new(),
                retry_after: None,
            });
        }
        let seen = Some(seen.as_str()).filter(|seen| !seen.is_empty());
        let outcome = replace(&shop.database, &admin.actor, &policy, seen).await?;
        Ok(match outcome {
            ReplaceOutcome::Saved | ReplaceOutcome::Unchanged => {
                Decision::done(&path_of(slug, language), Notice::Saved)
            }
            ReplaceOutcome::ChangedMeanwhile(_) => {
                Decision::again(texts.admin_policy_changed_meanwhile())
            }
        })
    })
    .await
}

fn parse(slug: PolicySlug, language: Language, text: &str) -> Result<Policy, Decision> {
    // Browsers send a line break as two characters.
    let text = text.replace("\r\n", "\n");
    Policy::parse(slug, language, &text).map_err(|invalid| {
        let texts = texts();
        let problem = match invalid {
            InvalidPolicy::NoTitle => texts.admin_policy_no_title(),
            InvalidPolicy::NoText => texts.admin_policy_no_text(),
            InvalidPolicy::TooLong => texts.admin_policy_too_long(),
            InvalidPolicy::ChangesDirection(_) => texts.admin_policy_changes_direction(),
        };
        Decision::wrong_field("text", problem)
    })
}
