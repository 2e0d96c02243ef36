//! `/admin/orders/{number}`: one order with everything that belongs to it.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;
use locale::Texts;
use shop::Shop;
use shop::new_token::form_attempt;
use shop::orders;
use shop::orders::overview::{self, DisputeRow, Line, OrderDetails, PaymentMethod, Reason};
use shop::withdrawals::{WithdrawalDetails, WithdrawalState};
use till_core::admin::{Right, Role};
use ui::language::texts;
use ui::when_read::when_read;

use super::orders::{Marks, badges, unavailable};
use crate::access::{Admin, here};
use crate::api::orders::{DecideWithdrawal, ResolveOrder, SEEN, WriteNote, page_of};
use crate::form::{Form, LongField};
use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::not_found::NotFoundPage;
use crate::sent::{first_shown, sent_to};
use crate::state_words::{dispute_reason, dispute_status};
use ui::rendered::Rendered;

pub mod mail;
pub mod refund;
pub mod ship;
pub mod shipment;
pub(crate) mod timeline;

type Text = std::borrow::Cow<'static, str>;

/// A page about the order in the address, for users with this right.
pub(crate) fn order_page<V: IntoView + 'static>(
    right: Right,
    content: impl Fn(Shop, OrderDetails, Admin) -> V + Clone + Send + Sync + 'static,
) -> AnyView {
    order_page_with(right, move |shop, order, admin| {
        let view = content(shop, order, admin);
        async move { view }
    })
}

/// The same with a content that reads more.
fn order_page_with<V: IntoView + 'static, F: Future<Output = V> + Send + 'static>(
    right: Right,
    content: impl Fn(Shop, OrderDetails, Admin) -> F + Clone + Send + Sync + 'static,
) -> AnyView {
    page(right, move |admin| {
        let shop = expect_context::<Shop>();
        let number = use_params_map().get_untracked().get("number");
        let number = number.unwrap_or_default();
        when_read(move || {
            let (shop, number, admin) = (shop.clone(), number.clone(), admin.clone());
            let content = content.clone();
            async move {
                let settings = shop.owner_settings();
                let numbers = &settings.orders.numbers;
                let read = async {
                    let found = orders::find(&shop.database, &number, numbers).await?;
                    match found.into_iter().find(|order| order.number == number) {
                        Some(order) => overview::show(&shop.database, order.id).await,
                        None => Ok(None),
                    }
                };
                match read.await {
                    Ok(Some(order)) => content(shop, order, admin).await.rendered(),
                    Ok(None) => view! { <NotFoundPage /> }.rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

/// `/admin/orders/{number}`
#[component]
pub fn OrderPage() -> impl IntoView {
    order_page(Right::Orders, |shop, order, admin| {
        view! { <Order shop order admin /> }
    })
}

#[component]
fn Order(shop: Shop, order: OrderDetails, admin: Admin) -> impl IntoView {
    let texts = texts();
    let role = admin.signed_in.role;
    let number = order.summary.number.clone();
    let page = page_of(&number);
    let link = |right: Right, path: &str, text: Text, class: &'static str| {
        let address = format!("{page}/{path}");
        role.may(right)
            .then(|| view! { <a class=class href=address>{text}</a> " " })
    };
    // Also what needs no shipping can be sent.
    let can_ship = order.lines.iter().any(|line| line.to_ship > 0);
    let ship_class = match order.fulfilment.is_open() {
        true => "btn btn-primary",
        false => "btn btn-outline",
    };
    let packing = format!("/admin/orders/packing?order%5B{}%5D=on", order.id);
    let actions = view! {
        <p class="actions">
            {can_ship.then(|| link(Right::Ship, "ship", texts.admin_ship(), ship_class))}
            {link(Right::Refund, "refund", texts.admin_refund(), "btn btn-outline")}
            <a class="btn btn-outline" href=packing>{texts.admin_orders_packing_slips()}</a> " "
            <a href=order.page.clone()>{texts.admin_order_customers_page()}</a> " "
            <a href="/admin/orders">{texts.admin_order_to_orders()}</a>
        </p>
    };
    let attention = (!order.summary.attention.is_empty()).then(|| {
        let may = role.may(Right::Resolve);
        view! { <Attention order=order.clone() may /> }
    });
    let withdrawals = (!order.withdrawals.is_empty()).then(|| {
        view! { <Withdrawals order=order.clone() shop=shop.clone() role /> }
    });
    let shipments = (!order.shipments.is_empty())
        .then(|| view! { <Shipments order=order.clone() shop=shop.clone() /> });
    view! {
        <Layout title=texts.admin_order_title(&number)>
            <p>{badges(texts, &Marks::of_details(&order))}</p>
            {actions}
            {attention}
            {withdrawals}
            <Lines order=order.clone() />
            {shipments}
            <Money order=order.clone() />
            <Customer order=order.clone() />
            <AtStripe shop=shop.clone() order=order.clone() />
            <timeline::Timeline shop=shop.clone() order=order.clone() />
            <mail::Mails shop=shop.clone() order=order.clone() />
            <NoteForm number=number.clone() />
        </Layout>
    }
}

/// Why an order needs attention, in the language of the page.
fn reason_text(texts: Texts, reason: &Reason, disputes: &[DisputeRow]) -> String {
    let text = match reason.reason.as_str() {
        "currency_differs" => texts.admin_attention_currency_differs(),
        "subtotal_differs" => texts.admin_attention_subtotal_differs(),
        "total_differs" => texts.admin_attention_total_differs(),
        "oversold" => texts.admin_attention_oversold(),
        "adopted" => texts.admin_attention_adopted(),
        "disputed" => {
            let text = texts.admin_attention_disputed();
            let mut disputes = disputes.iter();
            return match disputes.find(|dispute| reason.words.contains(&dispute.id)) {
                Some(dispute) => format!("{text} {}", dispute_text(texts, dispute)),
                None => text.into_owned(),
            };
        }
        "refund_failed" => texts.admin_attention_refund_failed(),
        _ => return reason.words.clone(),
    };
    text.into_owned()
}

/// The status of a dispute and the bank's reason, in sentences.
fn dispute_text(texts: Texts, dispute: &DisputeRow) -> String {
    let status = dispute_status(&dispute.status, texts);
    let status = texts.admin_attention_dispute_status(&status);
    match &dispute.reason {
        Some(reason) => {
            let reason = dispute_reason(reason, texts);
            format!("{status} {}", texts.admin_attention_dispute_reason(&reason))
        }
        None => status,
    }
}

#[component]
fn Attention(order: OrderDetails, may: bool) -> impl IntoView {
    let texts = texts();
    let number = order.summary.number;
    let reasons = order.summary.attention;
    let items = reasons
        .iter()
        .map(|reason| view! { <li>{reason_text(texts, reason, &order.disputes)}</li> })
        .collect_view();
    let sent = sent_to(ResolveOrder::PATH).filter(|sent| sent.problem(SEEN).is_none());
    let seen: Vec<(String, String)> = match sent {
        // As in `first_shown`.
        Some(sent) => {
            let fields = sent.fields.iter();
            fields
                .filter(|(name, _)| name.starts_with("seen["))
                .cloned()
                .collect()
        }
        None => {
            let reasons = reasons.into_iter().enumerate();
            reasons
                .map(|(place, reason)| (format!("seen[{place}]"), reason.words))
                .collect()
        }
    };
    let seen = seen.into_iter();
    let seen = seen.map(|(name, value)| view! { <input type="hidden" name=name value=value /> });
    let seen = seen.collect_view();
    let form = may.then(|| {
        view! {
            <Form action=ResolveOrder::PATH>
                <input type="hidden" name="number" value=number />
                {seen}
                <LongField name="resolution" label=texts.admin_resolve_reason() rows=2
                    hint=texts.admin_resolve_explanation() />
                <button type="submit" class="btn btn-primary">{texts.admin_resolve()}</button>
            </Form>
        }
    });
    view! {
        <section class="admin-card" aria-labelledby="attention">
            <h2 id="attention">{texts.admin_state_attention()}</h2>
            <ul>{items}</ul>
            {form}
        </section>
    }
}

#[component]
fn Withdrawals(order: OrderDetails, shop: Shop, role: Role) -> impl IntoView {
    let texts = texts();
    let may = role.may(Right::Resolve);
    let zone = shop.profile().time_zone.clone();
    let number = order.summary.number.clone();
    let refundable = order.refundable;
    let rows = order.withdrawals.into_iter().map(|withdrawal| {
        let state = timeline::withdrawal_text(texts, withdrawal.state);
        let seen = withdrawal.state.to_string();
        let id = withdrawal.id;
        let part = withdrawal.part_or(&texts.admin_withdrawal_whole_order());
        let refund = (refundable > 0).then(|| {
            view! { <RefundOf withdrawal=withdrawal.clone() order=number.clone() role /> }
        });
        let number = number.clone();
        let form = may.then(|| match withdrawal.state {
            WithdrawalState::Received => view! { <Decide number withdrawal=id seen /> }.rendered(),
            WithdrawalState::Accepted | WithdrawalState::Refused => view! {
                <details>
                    <summary>{texts.admin_withdrawal_decide_again()}</summary>
                    <Decide number withdrawal=id seen />
                </details>
            }
            .rendered(),
        });
        view! {
            <p>
                {zone.format_short(withdrawal.received_at)} " " <bdi>{withdrawal.name.clone()}</bdi>
                ": " <bdi>{part}</bdi> " "
                <span class="badge">{state}</span>
            </p>
            {refund}
            {form}
        }
    });
    view! {
        <section class="admin-card" aria-labelledby="withdrawals">
            <h2 id="withdrawals">{texts.admin_withdrawals()}</h2>
            <p class="hint">{texts.admin_withdrawal_explanation()}</p>
            {rows.collect_view()}
        </section>
    }
}

/// Until when the law wants the refund, where the rules of the European Union apply, and the way to
/// it once the withdrawal is accepted. Nothing if it is refused.
#[component]
pub(crate) fn RefundOf(
    withdrawal: WithdrawalDetails,
    /// The number of its order; empty if none was found.
    order: String,
    role: Role,
) -> impl IntoView {
    let texts = texts();
    let profile = expect_context::<Shop>().profile();
    let is_refused = withdrawal.state == WithdrawalState::Refused;
    let until = (profile.law.eu_rules_apply() && !is_refused).then(|| {
        let day = withdrawal.refund_until(&profile.time_zone);
        let day = texts.language().date_long(day);
        view! { <p class="hint">{texts.admin_withdrawal_refund_until(&day)}</p> }
    });
    let is_accepted = withdrawal.state == WithdrawalState::Accepted;
    let can_refund = is_accepted && !order.is_empty() && role.may(Right::Refund);
    let link = can_refund.then(|| {
        let address = format!("{}/refund", page_of(&order));
        view! {
            <p class="actions">
                <a class="btn btn-primary" href=address>{texts.admin_withdrawal_refund_now()}</a>
            </p>
        }
    });
    view! { {until}{link} }.rendered()
}

/// The forms that accept and refuse a withdrawal. Two, so that Enter in the reason for a refusal
/// refuses.
#[component]
pub(crate) fn Decide(
    /// The order's number; empty for a withdrawal without an order.
    number: String,
    withdrawal: i64,
    seen: String,
) -> impl IntoView {
    let texts = texts();
    // Of several withdrawals on the page, the form of one was sent.
    let is_sent = sent_to(DecideWithdrawal::PATH)
        .is_some_and(|sent| sent.typed("withdrawal") == Some(&withdrawal.to_string()));
    let seen = match is_sent {
        true => first_shown(DecideWithdrawal::PATH, SEEN, seen),
        false => seen,
    };
    let fields = |decision: &'static str| {
        view! {
            <input type="hidden" name="number" value=number.clone() />
            <input type="hidden" name="withdrawal" value=withdrawal />
            <input type="hidden" name=SEEN value=seen.clone() />
            <input type="hidden" name="decision" value=decision />
        }
    };
    let (accept, refuse) = (fields("accept"), fields("refuse"));
    let id = format!("reason-{withdrawal}");
    view! {
        <Form action=DecideWithdrawal::PATH>
            {accept}
            <button type="submit" class="btn btn-primary">{texts.admin_withdrawal_accept()}</button>
        </Form>
        <form class="admin-form" method="post" action=DecideWithdrawal::PATH>
            <input type="hidden" name="from" value=here() />
            {refuse}
            <div class="field">
                <label for=id.clone()>{texts.admin_withdrawal_reason()}</label>
                <input class="form-control" id=id name="reason" dir="auto" />
            </div>
            <button type="submit" class="btn btn-outline">{texts.admin_withdrawal_refuse()}</button>
        </form>
    }
    .rendered()
}

#[component]
fn Lines(order: OrderDetails) -> impl IntoView {
    let texts = texts();
    let money = |amount: i64| texts.amount(amount, &order.summary.currency);
    let row = |line: Line| {
        let paid = line.paid.map(money);
        view! {
            <tr>
                <td data-label=texts.admin_order_sku()>{line.sku}</td>
                <td data-label=texts.admin_order_name() dir="auto">{line.name}</td>
                <td data-label=texts.admin_order_price() class="number">
                    {money(line.unit_amount)}
                </td>
                <td data-label=texts.admin_order_units() class="number">{line.quantity}</td>
                <td data-label=texts.admin_order_units_shipped() class="number">{line.shipped}</td>
                <td data-label=texts.admin_order_units_left() class="number">{line.to_ship}</td>
                <td data-label=texts.admin_order_units_refunded() class="number">
                    {line.refunded}
                </td>
                <td data-label=texts.admin_order_line_total() class="number">{paid}</td>
            </tr>
        }
    };
    let rows = order.lines.clone().into_iter().map(row).collect_view();
    view! {
        <section class="admin-card" aria-labelledby="lines">
            <h2 id="lines">{texts.admin_order_what()}</h2>
            <table class="rows">
                <thead>
                    <tr>
                        <th scope="col">{texts.admin_order_sku()}</th>
                        <th scope="col">{texts.admin_order_name()}</th>
                        <th scope="col" class="number">{texts.admin_order_price()}</th>
                        <th scope="col" class="number">{texts.admin_order_units()}</th>
                        <th scope="col" class="number">{texts.admin_order_units_shipped()}</th>
                        <th scope="col" class="number">{texts.admin_order_units_left()}</th>
                        <th scope="col" class="number">{texts.admin_order_units_refunded()}</th>
                        <th scope="col" class="number">{texts.admin_order_line_total()}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}

#[component]
fn Shipments(order: OrderDetails, shop: Shop) -> impl IntoView {
    let texts = texts();
    let zone = shop.profile().time_zone.clone();
    let page = page_of(&order.summary.number);
    let items = order.shipments.into_iter().map(|shipment| {
        let lines = shipment.lines.iter();
        let lines: Vec<_> = lines
            .map(|line| texts.withdraw_line(line.quantity.unsigned_abs(), &line.name))
            .collect();
        let parcel = timeline::parcel_text(&shipment);
        let track = shipment.tracking_address.map(|address| {
            view! { " " <a href=address rel="noreferrer">{texts.track_parcel()}</a> }
        });
        let edit = match shipment.undone_at {
            Some(_) => {
                view! { " " <span class="badge">{texts.admin_shipment_undone()}</span> }.rendered()
            }
            None => {
                let address = format!("{page}/shipments/{}", shipment.id);
                view! { " " <a href=address>{texts.admin_shipment_edit()}</a> }.rendered()
            }
        };
        view! {
            <li>
                {zone.format_short(shipment.at)} " " <bdi>{parcel}</bdi> ": "
                <bdi>{lines.join(", ")}</bdi>
                {track}
                {edit}
            </li>
        }
    });
    view! {
        <section class="admin-card" aria-labelledby="shipments">
            <h2 id="shipments">{texts.admin_shipments()}</h2>
            <ul>{items.collect_view()}</ul>
        </section>
    }
}

#[component]
fn Money(order: OrderDetails) -> impl IntoView {
    let texts = texts();
    let summary = order.summary.clone();
    let money = |amount: i64| texts.amount(amount, &summary.currency);
    let mut facts: Vec<(Text, String)> = vec![
        (texts.line_subtotal(), money(order.amount_subtotal)),
        (texts.line_discount(), money(order.amount_discount)),
        (texts.line_shipping(), money(order.amount_shipping)),
        (texts.line_tax(), money(order.amount_tax)),
    ];
    for tax in &order.taxes {
        let rate = tax.percentage.as_deref().unwrap_or_default();
        facts.push((format!("{} {rate} %", tax.name).into(), money(tax.amount)));
    }
    facts.extend([
        (texts.line_total(), money(summary.amount_total)),
        (texts.line_refunded(), money(summary.amount_refunded)),
        (texts.admin_order_left(), money(order.refundable)),
    ]);
    if order.refund_under_way > 0 {
        facts.push((texts.admin_order_under_way(), money(order.refund_under_way)));
    }
    if let Some(method) = &order.payment_method {
        facts.push((texts.admin_order_method(), method_text(texts, method)));
    }
    if let (Some(fee), Some(net), Some(currency)) = (
        order.stripe_fee,
        order.stripe_net,
        &order.stripe_fee_currency,
    ) {
        facts.push((texts.admin_order_fee(), texts.amount(fee, currency)));
        facts.push((texts.admin_order_net(), texts.amount(net, currency)));
    }
    let invoice = order.invoice_url.map(|address| {
        view! { <p><a href=address rel="noreferrer">{texts.receipt_invoice()}</a></p> }
    });
    view! {
        <section class="admin-card" aria-labelledby="money">
            <h2 id="money">{texts.admin_order_money()}</h2>
            {facts_view(facts)}
            {invoice}
        </section>
    }
}

/// How it was paid, such as "Visa ending in 4242".
fn method_text(texts: Texts, method: &PaymentMethod) -> String {
    let name = match (method.kind.as_str(), method.brand.as_deref()) {
        ("card", Some("amex")) => "American Express".to_owned(),
        ("card", Some("jcb")) => "JCB".to_owned(),
        ("card", Some("unionpay")) => "UnionPay".to_owned(),
        ("card", Some("mastercard")) => "Mastercard".to_owned(),
        ("card", Some(brand)) => capitalized(brand),
        ("card", None) => texts.admin_order_card().into_owned(),
        ("sepa_debit", _) => texts.admin_order_sepa_debit().into_owned(),
        ("paypal", _) => "PayPal".to_owned(),
        ("ideal", _) => "iDEAL".to_owned(),
        ("eps", _) => "EPS".to_owned(),
        (kind, _) => capitalized(kind),
    };
    match &method.last4 {
        Some(last4) => texts.admin_order_ending_in(&name, last4),
        None => name,
    }
}

/// A word of Stripe's as a name: `us_bank_account` is "Us bank account".
fn capitalized(word: &str) -> String {
    let spaced = word.replace('_', " ");
    let mut characters = spaced.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => spaced,
    }
}

/// Names and values.
fn facts_view(facts: Vec<(Text, String)>) -> impl IntoView {
    let facts = facts
        .into_iter()
        .map(|(name, value)| view! { <dt>{name}</dt><dd dir="auto">{value}</dd> });
    view! { <dl class="facts">{facts.collect_view()}</dl> }
}

fn address(name: Option<&String>, address: Option<String>) -> String {
    let address = address.unwrap_or_default();
    let lines = orders::address_lines(name, &address, texts().language());
    lines.join(", ")
}

#[component]
fn Customer(order: OrderDetails) -> impl IntoView {
    let texts = texts();
    let customer = order.customer;
    let known = |name: Text, value: Option<String>| value.map(|value| (name, value));
    let shipping = customer.shipping_address.as_ref().map(ToString::to_string);
    let billing = customer.billing_address.as_ref().map(ToString::to_string);
    let ship_to = address(customer.shipping_name.as_ref(), shipping);
    let bill_to = address(customer.name.as_ref(), billing);
    let filled = |text: String| Some(text).filter(|text| !text.is_empty());
    let no_address = texts.admin_order_no_address().into_owned();
    let tax_ids = customer.tax_ids.join(", ");
    let facts = [
        known(texts.admin_order_customer(), customer.name),
        known(texts.admin_email(), customer.email),
        known(texts.admin_order_phone(), customer.phone),
        Some((
            texts.shipping_address(),
            filled(ship_to).unwrap_or(no_address),
        )),
        known(texts.line_shipping(), order.shipping_method),
        known(texts.receipt_billing_address(), filled(bill_to)),
        known(texts.receipt_company(), customer.business_name),
        known(texts.receipt_tax_id(), filled(tax_ids)),
        known(texts.order_note_label(), customer.note),
    ];
    view! {
        <section class="admin-card" aria-labelledby="customer">
            <h2 id="customer">{texts.admin_order_contact()}</h2>
            {facts_view(facts.into_iter().flatten().collect())}
        </section>
    }
}

#[component]
fn AtStripe(shop: Shop, order: OrderDetails) -> impl IntoView {
    let texts = texts();
    let payment = order.stripe_payment_intent.clone();
    let link = payment
        .as_deref()
        .and_then(|payment| shop.dashboard_address(payment));
    let link = link.map(|address| {
        view! { <p><a href=address rel="noreferrer">{texts.admin_order_at_stripe()}</a></p> }
    });
    let facts = [
        Some((texts.admin_order_session(), order.stripe_session)),
        payment.map(|payment| (texts.admin_order_payment(), payment)),
    ];
    view! {
        <section class="admin-card" aria-labelledby="stripe">
            <h2 id="stripe">"Stripe"</h2>
            {facts_view(facts.into_iter().flatten().collect())}
            {link}
        </section>
    }
}

#[component]
fn NoteForm(number: String) -> impl IntoView {
    let texts = texts();
    view! {
        <section class="admin-card" aria-labelledby="note-heading">
            <h2 id="note-heading">{texts.admin_note()}</h2>
            <Form action=WriteNote::PATH>
                <input type="hidden" name="number" value=number />
                <input type="hidden" name="attempt" value=form_attempt() />
                <LongField name="note" label=texts.admin_note_text() rows=3 />
                <button type="submit" class="btn btn-primary">{texts.admin_note_save()}</button>
            </Form>
        </section>
    }
}
