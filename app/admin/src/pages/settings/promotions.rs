//! `/admin/settings/promotions`: the promotion codes of the Stripe account.

use leptos::prelude::*;
use locale::Texts;
use shop::Shop;
use shop::stripe::CallError;
use shop::stripe::promotion_codes::{PromotionCode, PromotionCodes, Reduction};
use till_core::admin::Right;
use till_core::money::{CurrencyCode, MinorUnit};
use ui::language::texts;
use ui::when_read::when_read;

use crate::guarded::page;
use crate::layout::Layout;
use crate::times::Time;
use ui::rendered::Rendered;

/// `/admin/settings/promotions`
#[component]
pub fn PromotionsPage() -> impl IntoView {
    page(Right::Settings, |_| {
        let shop = expect_context::<Shop>();
        when_read(move || {
            let shop = shop.clone();
            async move {
                let listed = shop.stripe.promotion_codes().await;
                view! { <Promotions shop listed /> }
            }
        })
    })
}

#[component]
fn Promotions(shop: Shop, listed: Result<PromotionCodes, CallError>) -> impl IntoView {
    let texts = texts();
    let dashboard = match shop.settings.livemode {
        true => "https://dashboard.stripe.com/coupons",
        false => "https://dashboard.stripe.com/test/coupons",
    };
    let is_off = !shop.owner_settings().checkout.options.promotion_codes;
    let list = match listed {
        Ok(PromotionCodes { codes, .. }) if codes.is_empty() => {
            view! { <p>{texts.admin_promotions_none()}</p> }.rendered()
        }
        Ok(codes) => view! { <Codes codes /> }.rendered(),
        Err(error) => {
            tracing::warn!(%error, "could not list the promotion codes");
            view! {
                <p class="alert alert-danger" role="alert">
                    {texts.admin_promotions_failed()} " " <span lang="en">{error.explain()}</span>
                </p>
            }
            .rendered()
        }
    };
    view! {
        <Layout title=texts.admin_promotions()>
            <p><a href="/admin/settings">{texts.admin_settings()}</a></p>
            <p>
                {texts.admin_promotions_explanation()} " "
                <a href=dashboard rel="noreferrer">{texts.admin_promotions_dashboard()}</a>
            </p>
            {is_off.then(|| view! {
                <p class="alert alert-info">
                    {texts.admin_promotions_off()} " "
                    <a href="/admin/settings/checkout">{texts.admin_settings_checkout()}</a>
                </p>
            })}
            {list}
        </Layout>
    }
}

#[component]
fn Codes(codes: PromotionCodes) -> impl IntoView {
    let texts = texts();
    let rows = codes.codes.into_iter().map(|code| row(code, texts));
    view! {
        <table class="rows">
            <thead>
                <tr>
                    <th scope="col">{texts.admin_promotion_code()}</th>
                    <th scope="col">{texts.admin_promotion_reduction()}</th>
                    <th scope="col">{texts.admin_promotion_used()}</th>
                    <th scope="col">{texts.admin_promotion_until()}</th>
                    <th scope="col">{texts.admin_promotion_state()}</th>
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
        {codes.has_more.then(|| view! { <p>{texts.admin_promotions_more()}</p> })}
    }
}

fn row(code: PromotionCode, texts: Texts) -> impl IntoView {
    let reduction = match &code.reduction {
        Reduction::Percent(percent) => texts.admin_promotion_percent(percent),
        Reduction::Amount(amount, currency) => money(*amount, currency, texts),
        Reduction::Unknown => "–".to_owned(),
    };
    let minimum = code.minimum.as_ref();
    let minimum = minimum
        .map(|(amount, currency)| texts.admin_promotion_minimum(&money(*amount, currency, texts)));
    let used = match code.max_redemptions {
        Some(most) => format!("{} / {most}", code.times_redeemed),
        None => code.times_redeemed.to_string(),
    };
    let state = match code.active {
        true => texts.admin_promotion_active(),
        false => texts.admin_promotion_inactive(),
    };
    view! {
        <tr>
            <td data-label=texts.admin_promotion_code()>
                <code>{code.code}</code>
                {code.coupon.map(|coupon| view! { <p class="hint" dir="auto">{coupon}</p> })}
            </td>
            <td data-label=texts.admin_promotion_reduction()>
                {reduction}
                {minimum.map(|minimum| view! { <p class="hint">{minimum}</p> })}
            </td>
            <td data-label=texts.admin_promotion_used()>{used}</td>
            <td data-label=texts.admin_promotion_until()>
                {code.expires_at.map(|at| view! { <Time at /> })}
            </td>
            <td data-label=texts.admin_promotion_state()>{state}</td>
        </tr>
    }
}

fn money(amount: MinorUnit, currency: &CurrencyCode, texts: Texts) -> String {
    texts.amount(amount.0, currency)
}
