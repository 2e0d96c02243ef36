//! The shop's policies, and the notice on the legal guarantee.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use locale::Texts;
use shop::guarantee::{GuaranteeNotice, NoticeFormat};
use shop::policy::{self, Policy, PolicySlug};

use super::error::ErrorPage;
use super::layout::Layout;
use super::not_found::NotFoundPage;
use super::policy_links::{languages, other_language};
use crate::head::Preview;
use crate::headers::{self, CachePolicy};
use crate::language::texts;
use ui::rendered::Rendered;
use ui::when_read::when_read;

/// The name of the notice's page among the policies.
const GUARANTEE: &str = "guarantee";

/// `/pages/{slug}`: a policy, or the notice on the legal guarantee.
#[component]
pub fn PolicyPage() -> impl IntoView {
    let slug = use_params_map()
        .get_untracked()
        .get("slug")
        .unwrap_or_default();
    if slug == GUARANTEE {
        return view! { <GuaranteePage /> }.rendered();
    }
    let Ok(slug) = slug.parse::<PolicySlug>() else {
        return view! { <NotFoundPage /> }.rendered();
    };
    when_read(move || async move {
        headers::cache_control(CachePolicy::Revalidate);
        let shop = expect_context::<shop::Shop>();
        match policy::find(&shop.database, slug, &languages(&shop)).await {
            Ok(Some(policy)) => view! { <PolicyText policy /> }.rendered(),
            Ok(None) => view! { <NotFoundPage /> }.rendered(),
            Err(error) => {
                tracing::error!(
                    error = shop::error_chain::with_causes(&error),
                    "could not read the policy {slug}"
                );
                view! { <ErrorPage /> }.rendered()
            }
        }
    })
}

#[component]
fn PolicyText(policy: Policy) -> impl IntoView {
    let shop = expect_context::<shop::Shop>();
    let lang = other_language(policy.language.code());
    let html = shop::markdown::to_html(&policy.markdown);
    let description = shop::markdown::to_mail_text(&policy.markdown, &shop.settings.public_url);
    let written = shop.live.current().languages_of(policy.slug);
    view! {
        <Layout title=policy.title.clone() narrow=true>
            <Preview
                title=policy.title.clone()
                description
                path=format!("/pages/{}", policy.slug)
                written
                picture=None
                kind="article"
            />
            <article class="policy" lang=lang dir="auto">
                <h1>{policy.title}</h1>
                <div inner_html=html></div>
            </article>
        </Layout>
    }
}

/// `/pages/guarantee`
#[component]
fn GuaranteePage() -> impl IntoView {
    let shop = expect_context::<shop::Shop>();
    let notice = shop.live.current().guarantee.in_language(&languages(&shop));
    let Some(notice) = notice else {
        return view! { <NotFoundPage /> }.rendered();
    };
    headers::cache_control(CachePolicy::Revalidate);
    let texts = texts();
    let written = shop.live.current().languages_of_guarantee();
    view! {
        <Layout title=texts.guarantee_title() narrow=true>
            <Preview
                title=texts.guarantee_title().into_owned()
                description=texts.guarantee_alt().into_owned()
                path=format!("/pages/{GUARANTEE}")
                written
                picture=None
                kind="article"
            />
            <h1>{texts.guarantee_title()}</h1>
            <Notice notice texts />
        </Layout>
    }
    .rendered()
}

#[component]
fn Notice(notice: GuaranteeNotice, texts: Texts) -> impl IntoView {
    let lang = other_language(notice.language.code());
    let address = format!("/notices/{}", notice.file_name());
    let picture = (notice.format != NoticeFormat::Pdf).then(|| {
        view! {
            <p>
                <img
                    class="notice"
                    src=address.clone()
                    alt=texts.guarantee_alt()
                    lang=lang.clone()
                />
            </p>
        }
    });
    view! {
        {picture}
        <p><a href=address hreflang=lang>{texts.guarantee_open()}</a></p>
    }
}
