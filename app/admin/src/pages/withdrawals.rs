//! `/admin/withdrawals`: what shoppers withdrew from, also what matches no order.

use http::StatusCode;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::{use_params_map, use_query_map};
use sea_orm::DbErr;
use shop::Shop;
use shop::orders::{self, overview};
use shop::withdrawals::{
    self, Position, WithdrawalDetails, WithdrawalPage as Rows, WithdrawalState,
};
use till_core::admin::{Right, Role};
use ui::headers;
use ui::language::texts;
use ui::rendered::Rendered;
use ui::when_read::when_read;

use crate::api::orders::{DecideWithdrawal, page_of};
use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::not_found::NotFoundPage;
use crate::pages::order::timeline::withdrawal_text;
use crate::pages::order::{Decide, RefundOf};
use crate::pages::unavailable::unavailable;
use crate::problems::Problems;
use crate::times::Time;

/// Withdrawals of a page.
const PAGE_SIZE: u64 = 50;

/// `/admin/withdrawals`
#[component]
pub fn WithdrawalsPage() -> impl IntoView {
    let after = use_query_map().read_untracked().get("after");
    // What is no place in the list is its beginning.
    let after = after.and_then(|after| after.parse::<Position>().ok());
    page(Right::Resolve, move |_| {
        let shop = expect_context::<Shop>();
        when_read(move || {
            let shop = shop.clone();
            async move {
                match withdrawals::page(&shop.database, after, PAGE_SIZE).await {
                    Ok(page) => view! { <Withdrawals page after /> }.rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

/// `/admin/withdrawals/{id}`
#[component]
pub fn WithdrawalPage() -> impl IntoView {
    page(Right::Resolve, |admin| {
        let (shop, role) = (expect_context::<Shop>(), admin.signed_in.role);
        let id = use_params_map().read_untracked().get("id");
        // What is no number is the id of no withdrawal.
        let id = id.and_then(|id| id.parse::<i64>().ok()).unwrap_or(0);
        when_read(move || {
            let shop = shop.clone();
            async move {
                match read(&shop, id).await {
                    Ok(Some((withdrawal, can_be_refunded))) => {
                        view! { <Withdrawal withdrawal can_be_refunded role /> }.rendered()
                    }
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

/// A withdrawal, and whether something of its order is left to refund; also if no order was found.
async fn read(shop: &Shop, id: i64) -> Result<Option<(WithdrawalDetails, bool)>, DbErr> {
    let database = &shop.database;
    let Some(withdrawal) = withdrawals::show(database, id).await? else {
        return Ok(None);
    };
    let Some(number) = &withdrawal.order else {
        return Ok(Some((withdrawal, true)));
    };
    let found = orders::find(database, number, &shop.owner_settings().orders.numbers).await?;
    let order = match found.into_iter().find(|order| order.number == *number) {
        Some(order) => overview::show(database, order.id).await?,
        None => None,
    };
    let can_be_refunded = order.is_some_and(|order| order.refundable > 0);
    Ok(Some((withdrawal, can_be_refunded)))
}

#[component]
fn Withdrawals(page: Rows, after: Option<Position>) -> impl IntoView {
    let texts = texts();
    let Rows { rows: all, next } = page;
    let newest = after.map(|_| {
        view! { <a href="/admin/withdrawals">{texts.admin_withdrawals_newest()}</a> " " }
    });
    let older = next.map(|next| {
        let address = format!("/admin/withdrawals?after={next}");
        view! { <a href=address>{texts.admin_withdrawals_older()}</a> }
    });
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
    view! {
        <Layout title=texts.admin_withdrawals()>
            {none}
            {table}
            <p class="actions">{newest}{older}</p>
        </Layout>
    }
}

#[component]
fn Withdrawal(withdrawal: WithdrawalDetails, can_be_refunded: bool, role: Role) -> impl IntoView {
    let texts = texts();
    let title = texts.admin_withdrawal_title(withdrawal.id.unsigned_abs());
    let part = withdrawal.part_or(&texts.admin_withdrawal_whole_order());
    let order = withdrawal.order.clone();
    let refund = can_be_refunded.then(|| {
        let order = order.clone().unwrap_or_default();
        view! { <RefundOf withdrawal=withdrawal.clone() order role /> }
    });
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
            {refund}
            {decide}
        </Layout>
    }
}
