//! The first page: what waits for the owner. Each part links to where it can be dealt with.

use std::borrow::Cow;

use leptos::prelude::*;
use locale::Texts;
use shop::Shop;
use shop::doctor::Finding;
use shop::orders::refund::RequestState;
use shop::today::{
    DisputeRow, EventRow, OrderRow, RefundRow, StockRow, TaskRow, Today, Waiting, WithdrawalRow,
    today,
};
use till_core::admin::{Right, Role};
use ui::language::texts;
use ui::when_read::when_read;

use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::unavailable::unavailable;
use crate::times::Time;
use ui::rendered::Rendered;

/// `/admin`
#[component]
pub fn TodayPage() -> impl IntoView {
    page(Right::Orders, |admin| {
        let shop = expect_context::<Shop>();
        let role = admin.signed_in.role;
        when_read(move || {
            let shop = shop.clone();
            async move {
                match today(&shop).await {
                    Ok(today) => view! { <Parts today role /> }.rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

#[component]
fn Parts(today: Today, role: Role) -> impl IntoView {
    let texts = texts();
    let nothing = today
        .is_empty()
        .then(|| view! { <p>{texts.admin_today_nothing()}</p> });
    // Staff may not decide about them.
    let withdrawals = Some("/admin/withdrawals").filter(|_| role.may(Right::Resolve));
    let may = move |right, part: Option<AnyView>| part.filter(|_| role.may(right));
    view! {
        <Layout title=texts.admin_today()>
            <p>{texts.admin_today_explanation()}</p>
            {nothing}
            <div class="today">
                {findings(&today.findings, texts)}
                {part(texts.admin_today_to_ship(), Some("/admin/orders?state=to_ship"),
                    today.to_ship, texts, order)}
                {part(texts.admin_today_flagged(), Some("/admin/orders?state=attention"),
                    today.flagged, texts, order)}
                {part(texts.admin_today_disputes(), Some("/admin/orders?state=dispute_open"),
                    today.disputes, texts, dispute)}
                {part(texts.admin_today_refunds(), None, today.refunds, texts, refund)}
                {part(texts.admin_today_withdrawals(),
                    withdrawals, today.withdrawals, texts,
                    withdrawal)}
                {may(Right::Resolve, part(texts.admin_events(), Some("/admin/events"),
                    today.events, texts, event))}
                {may(Right::Resolve, part(texts.admin_outbox(), Some("/admin/outbox"),
                    today.tasks, texts, task))}
                {may(Right::Products, part(texts.admin_products_none_left(),
                    Some("/admin/products?stock=none"), today.sold_out, texts, stock))}
                {may(Right::Products, part(texts.admin_products_low(),
                    Some("/admin/products?stock=low"), today.low_stock, texts, stock))}
            </div>
        </Layout>
    }
}

/// One part: how many, the first of them, and a link to all, if there is a page of them. Nothing if
/// there are none.
fn part<T>(
    title: Cow<'static, str>,
    address: Option<&'static str>,
    waiting: Waiting<T>,
    texts: Texts,
    row: fn(T, Texts) -> AnyView,
) -> Option<AnyView> {
    if waiting.is_empty() {
        return None;
    }
    let count = match waiting.has_more {
        true => texts.admin_today_more(waiting.count),
        false => waiting.count.to_string(),
    };
    let rows = waiting.first.into_iter();
    let rows = rows.map(|one| view! { <li>{row(one, texts)}</li> });
    let title = match address {
        Some(address) => view! { <a href=address>{title}</a> }.rendered(),
        None => title.rendered(),
    };
    let view = view! {
        <section class="admin-card">
            <h2>{title} " " <span class="badge">{count}</span></h2>
            <ul class="today-rows">{rows.collect_view()}</ul>
        </section>
    };
    Some(view.rendered())
}

fn order(row: OrderRow, _: Texts) -> AnyView {
    view! {
        <a href=format!("/admin/orders/{}", row.number)>{row.number.clone()}</a> " "
        <bdi>{row.customer_name}</bdi> " " <Time at=row.paid_at />
    }
    .rendered()
}

fn withdrawal(row: WithdrawalRow, _: Texts) -> AnyView {
    let name = match row.order {
        Some(order) => {
            view! { <a href=format!("/admin/orders/{order}") dir="auto">{row.name}</a> }.rendered()
        }
        None => {
            let address = format!("/admin/withdrawals/{}", row.id);
            view! { <a href=address dir="auto">{row.name}</a> }.rendered()
        }
    };
    view! { {name} " " <Time at=row.received_at /> }.rendered()
}

fn event(row: EventRow, _: Texts) -> AnyView {
    view! {
        <code>{row.r#type}</code> " " <Time at=row.received_at />
        <p class="hint" dir="auto">{row.error}</p>
    }
    .rendered()
}

fn task(row: TaskRow, _: Texts) -> AnyView {
    view! { <code>{row.key}</code> <p class="hint" dir="auto">{row.error}</p> }.rendered()
}

fn refund(row: RefundRow, texts: Texts) -> AnyView {
    let (state, class) = match row.state {
        RequestState::Refused => (texts.admin_today_refund_refused(), "badge badge-danger"),
        RequestState::Asked | RequestState::Made => (texts.admin_today_refund_asked(), "badge"),
    };
    view! {
        <a href=format!("/admin/orders/{}", row.order)>{row.order.clone()}</a> " "
        {texts.amount(row.amount, &row.currency)} " " <span class=class>{state}</span>
    }
    .rendered()
}

fn dispute(row: DisputeRow, texts: Texts) -> AnyView {
    let zone = use_context::<Shop>().map(|shop| shop.profile().time_zone.clone());
    let zone = zone.unwrap_or_default();
    let due = row
        .due_by
        .map(|at| texts.admin_today_due(&zone.format_short(at)));
    let (what, class) = match (row.needs_response(), due) {
        (true, Some(due)) => (Cow::from(due), "badge badge-warning"),
        (true, None) => (
            row.status.to_string().replace('_', " ").into(),
            "badge badge-warning",
        ),
        (false, _) => (texts.admin_today_reviewing(), "badge"),
    };
    view! {
        <a href=format!("/admin/orders/{}", row.order)>{row.order.clone()}</a> " "
        {texts.amount(row.amount, &row.currency)} " " <span class=class>{what}</span>
    }
    .rendered()
}

fn stock(row: StockRow, texts: Texts) -> AnyView {
    let left: Cow<'static, str> = match (row.stock, row.left()) {
        (0, _) => texts.admin_variant_sold_out(),
        (_, 0) => texts.admin_variant_all_held(),
        (_, left) => texts.admin_today_left(left.unsigned_abs()).into(),
    };
    view! {
        <a href=format!("/admin/products/{}/stock", row.product) dir="auto">{row.name}</a> " "
        <span class="hint">{row.sku} ", " {left}</span>
    }
    .rendered()
}

/// What doctor finds without asking Stripe or the mail server. Its words are in English.
fn findings(findings: &[Finding], texts: Texts) -> Option<AnyView> {
    if findings.is_empty() {
        return None;
    }
    let rows = findings.iter().map(|finding| {
        view! { <li><strong>{finding.check}</strong> ": " {finding.words.clone()}</li> }
    });
    let view = view! {
        <section class="admin-card">
            <h2>{texts.admin_today_findings()}</h2>
            <ul class="today-rows" lang="en">{rows.collect_view()}</ul>
        </section>
    };
    Some(view.rendered())
}
