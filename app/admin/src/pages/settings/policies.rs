//! `/admin/settings/policies` and `/admin/settings/policies/{policy}/{language}`: the shop's pages
//! of law, in Markdown with a preview.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;
use locale::{Language, Texts};
use shop::Shop;
use shop::policy::{self, Policy, PolicySlug, PolicySummary};
use strum::IntoEnumIterator;
use till_core::admin::Right;
use ui::language::{localized_in, texts};
use ui::when_read::when_read;

use super::words::name_of_policy;
use crate::api::policies::{PREVIEW, SavePolicy, path_of};
use crate::form::{Form, LongField};
use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::not_found::NotFoundPage;
use crate::pages::unavailable::unavailable;
use crate::sent::sent_to;
use crate::times::Time;
use ui::rendered::Rendered;

/// `/admin/settings/policies`
#[component]
pub fn PoliciesPage() -> impl IntoView {
    page(Right::Settings, |_| {
        let shop = expect_context::<Shop>();
        when_read(move || {
            let shop = shop.clone();
            async move {
                match policy::list(shop.database.reader()).await {
                    Ok(written) => view! { <Policies shop written /> }.rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

#[component]
fn Policies(shop: Shop, written: Vec<PolicySummary>) -> impl IntoView {
    let texts = texts();
    let languages: Vec<Language> = shop.settings.languages.iter().collect();
    let all = PolicySlug::iter().flat_map(move |slug| {
        languages
            .clone()
            .into_iter()
            .map(move |language| (slug, language))
    });
    let rows = all.map(move |(slug, language)| {
        let mut found = written.iter();
        let found = found.find(|one| one.slug == slug && one.language == language.code());
        let changed = match found {
            Some(found) => view! { <Time at=found.updated_at /> }.rendered(),
            None => {
                view! { <span class="badge badge-warning">{texts.admin_policy_missing()}</span> }
                    .rendered()
            }
        };
        view! {
            <tr>
                <td data-label=texts.admin_policy()>
                    <a href=path_of(slug, language)>{name_of_policy(slug, texts)}</a>
                </td>
                <td data-label=texts.admin_policy_language()>
                    {Texts::of(language).language_name()}
                </td>
                <td data-label=texts.admin_policy_changed()>{changed}</td>
            </tr>
        }
    });
    view! {
        <Layout title=texts.admin_policies()>
            <p><a href="/admin/settings">{texts.admin_settings()}</a></p>
            <p>{texts.admin_policies_explanation()}</p>
            <table class="rows">
                <thead>
                    <tr>
                        <th scope="col">{texts.admin_policy()}</th>
                        <th scope="col">{texts.admin_policy_language()}</th>
                        <th scope="col">{texts.admin_policy_changed()}</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </Layout>
    }
}

/// `/admin/settings/policies/{policy}/{language}`
#[component]
pub fn PolicyPage() -> impl IntoView {
    let parameters = use_params_map().read_untracked().clone();
    let slug = parameters.get("policy").and_then(|slug| slug.parse().ok());
    let shop = use_context::<Shop>();
    let named = parameters.get("language").and_then(|code| {
        let languages = &shop.as_ref()?.settings.languages;
        languages.iter().find(|language| language.code() == code)
    });
    let slug: Option<PolicySlug> = slug;
    page(Right::Settings, move |_| {
        let (Some(slug), Some(language)) = (slug, named) else {
            return view! { <NotFoundPage /> }.rendered();
        };
        let shop = expect_context::<Shop>();
        when_read(move || {
            let shop = shop.clone();
            async move {
                match policy::find(&shop.database, slug, &[language]).await {
                    Ok(written) => view! { <Edit slug language written /> }.rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

#[component]
fn Edit(slug: PolicySlug, language: Language, written: Option<Policy>) -> impl IntoView {
    let texts = texts();
    let sent = sent_to(SavePolicy::PATH);
    let typed = sent
        .as_ref()
        .and_then(|sent| sent.typed("text"))
        .map(str::to_owned);
    let asked = sent.as_ref().is_some_and(|sent| sent.has("step", PREVIEW));
    let preview = typed.filter(|_| asked);
    let preview = preview.and_then(|text| Policy::parse(slug, language, &text).ok());
    // What was there when this text was begun, also if somebody has changed it since.
    let seen = match &sent {
        Some(sent) => sent.typed("seen").unwrap_or_default().to_owned(),
        None => written
            .as_ref()
            .map(Policy::fingerprint)
            .unwrap_or_default(),
    };
    let text = written
        .as_ref()
        .map_or_else(|| "# \n".to_owned(), Policy::text);
    let theirs = changed_meanwhile(&seen, written.as_ref(), sent.is_some());
    let called = Texts::of(language).language_name();
    let title = format!("{} ({called})", name_of_policy(slug, texts));
    let see = written.as_ref().map(|_| {
        let address = localized_in(&format!("/pages/{slug}"), language);
        view! { <p><a href=address>{texts.admin_policy_see()}</a></p> }
    });
    view! {
        <Layout title>
            <p><a href="/admin/settings/policies">{texts.admin_policies()}</a></p>
            {see}
            {theirs}
            <Form action=SavePolicy::PATH class="admin-form admin-wide">
                <input type="hidden" name="policy" value=slug.to_string() />
                <input type="hidden" name="language" value=language.code() />
                <input type="hidden" name="seen" value=seen />
                <LongField name="text" label=texts.admin_policy_text() value=text rows=24
                    hint=texts.admin_policy_text_hint() />
                <p class="actions">
                    <button type="submit" name="step" value="save" class="btn btn-primary">
                        {texts.admin_settings_save()}
                    </button>
                    " "
                    <button type="submit" name="step" value=PREVIEW class="btn btn-outline">
                        {texts.admin_settings_preview()}
                    </button>
                </p>
            </Form>
            {preview.map(|policy| view! { <Preview policy language /> })}
        </Layout>
    }
}

/// What is there now, if somebody has changed it since this text was begun.
fn changed_meanwhile(seen: &str, now: Option<&Policy>, was_sent: bool) -> Option<AnyView> {
    let fingerprint = now.map(Policy::fingerprint).unwrap_or_default();
    if !was_sent || fingerprint == seen {
        return None;
    }
    let texts = texts();
    let text = now.map(Policy::text).unwrap_or_default();
    let view = view! {
        <section class="admin-card">
            <h2>{texts.admin_policy_theirs()}</h2>
            <pre class="policy-text" dir="auto">{text}</pre>
        </section>
    };
    Some(view.rendered())
}

/// The page as shoppers will see it.
#[component]
fn Preview(policy: Policy, language: Language) -> impl IntoView {
    let texts = texts();
    let policy = Arc::new(policy);
    view! {
        <section class="admin-card policy-preview" aria-label=texts.admin_settings_preview()>
            <p class="hint">{texts.admin_policy_preview_explanation()}</p>
            <article lang=language.code()>
                <h2 dir="auto">{policy.title.clone()}</h2>
                // Safe by construction, see `shop::markdown`.
                <div dir="auto" inner_html=policy.html()></div>
            </article>
        </section>
    }
}
