//! `/admin/withdrawals`: what shoppers withdrew from, also what matches no order.

use http::StatusCode;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;
use shop::Shop;
use shop::withdrawals::{self, WithdrawalDetails, WithdrawalState};
use till_core::admin::Right;
use ui::headers;
use ui::language::texts;
use ui::rendered::Rendered;
use ui::when_read::when_read;

use crate::api::orders::{DecideWithdrawal, page_of};
use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::not_found::NotFoundPage;
use crate::pages::order::Decide;
use crate::pages::order::timeline::withdrawal_text;
use crate::pages::unavailable::unavailable;
use crate::problems::Problems;
use crate::times::Time;

/// The most withdrawals of a page.
const MAX_WITHDRAWALS: u64 = 200;

/// `/admin/withdrawals`
#[component]
pub fn WithdrawalsPage() -> impl IntoView {
    page(Right::Resolve, |_| {
        let shop = expect_context::<Shop>();
        when_read(move || {
            let shop = shop.clone();
            async move {
                match withdrawals::list(&shop.database, false, MAX_WITHDRAWALS).await {
                    Ok(all) => view! { <Withdrawals all /> }.rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

/// `/admin/withdrawals/{id}`
#[component]
pub fn WithdrawalPage() -> impl IntoView {
    page(Right::Resolve, |_| {
        let shop = expect_context::<Shop>();
        let id = use_params_map().read_untracked().get("id");
        // What is no number is the id of no withdrawal.
        let id = id.and_then(|id| id.parse::<i64>().ok()).unwrap_or(0);
        when_read(move || {
            let shop = shop.clone();
            async move {
                match withdrawals::show(&shop.database, id).await {
                    Ok(Some(withdrawal)) => view! { <Withdrawal withdrawal /> }.rendered(),
                    Ok(None) => {
                        headers::status(StatusCode::NOT_FOUND);
                        view! { <NotFoundPage /> }.rendered()
                    }
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

#[component]
fn Withdrawals(all: Vec<WithdrawalDetails>) -> impl IntoView {
    let texts = texts();
    let none = all
        .is_empty()
        .then(|| view! { <p>{texts.admin_withdrawals_none()}</p> });
    let rows = all.into_iter().map(|one| {
        let address = format!("/admin/withdrawals/{}", one.id);
        let order = match one.order {
            Some(number) => view! { <a href=page_of(&number)>{number.clone()}</a> }.rendered(),
            None => view! { {texts.admin_withdrawal_no_order()} }.rendered(),
        };
        view! {
            <tr>
                <td data-label=texts.admin_withdrawal_number() class="fixed">
                    <a href=address>{one.id}</a>
                </td>
                <td data-label=texts.admin_withdrawal_at() class="fixed">
                    <Time at=one.received_at />
                </td>
                <td data-label=texts.admin_order_customer() dir="auto">{one.name}</td>
                <td data-label=texts.admin_order_number()>{order}</td>
                <td data-label=texts.admin_order_status()>
                    <span class="badge">{withdrawal_text(texts, one.state)}</span>
                </td>
            </tr>
        }
    });
    let rows: Vec<_> = rows.collect();
    let table = (!rows.is_empty()).then(|| {
        view! {
            <table class="rows">
                <thead><tr>
                    <th scope="col">{texts.admin_withdrawal_number()}</th>
                    <th scope="col">{texts.admin_withdrawal_at()}</th>
                    <th scope="col">{texts.admin_order_customer()}</th>
                    <th scope="col">{texts.admin_order_number()}</th>
                    <th scope="col">{texts.admin_order_status()}</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
    });
    view! { <Layout title=texts.admin_withdrawals()>{none}{table}</Layout> }
}

#[component]
fn Withdrawal(withdrawal: WithdrawalDetails) -> impl IntoView {
    let texts = texts();
    let title = texts.admin_withdrawal_title(withdrawal.id.unsigned_abs());
    let part = withdrawal.part();
    let order = withdrawal.order.clone();
    let of_order = match &order {
        Some(number) => view! { <a href=page_of(number)>{number.clone()}</a> }.rendered(),
        None => view! { {texts.admin_withdrawal_no_order()} }.rendered(),
    };
    let reason = withdrawal.reason.map(|reason| {
        view! { <dt>{texts.admin_withdrawal_reason()}</dt><dd dir="auto">{reason}</dd> }
    });
    let seen = withdrawal.state.to_string();
    let number = order.unwrap_or_default();
    let decide = (withdrawal.state == WithdrawalState::Received).then(|| {
        view! {
            <p class="hint">{texts.admin_withdrawal_explanation()}</p>
            <Decide number withdrawal=withdrawal.id seen />
        }
    });
    view! {
        <Layout title>
            <p><a href="/admin/withdrawals">{texts.admin_withdrawals()}</a></p>
            <Problems of=vec![DecideWithdrawal::PATH] />
            <p><span class="badge">{withdrawal_text(texts, withdrawal.state)}</span></p>
            <dl class="facts">
                <dt>{texts.admin_withdrawal_at()}</dt><dd><Time at=withdrawal.received_at /></dd>
                <dt>{texts.admin_order_customer()}</dt><dd dir="auto">{withdrawal.name}</dd>
                <dt>{texts.admin_email()}</dt><dd dir="auto">{withdrawal.email}</dd>
                <dt>{texts.admin_order_number()}</dt><dd>{of_order}</dd>
                <dt>{texts.admin_withdrawal_contract()}</dt>
                <dd dir="auto">{withdrawal.contract}</dd>
                <dt>{texts.admin_withdrawal_part()}</dt><dd dir="auto">{part}</dd>
                {reason}
            </dl>
            {decide}
        </Layout>
    }
}
