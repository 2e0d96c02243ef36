//! The page of one order, for anyone with its link.

use std::borrow::Cow;
use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::{use_params_map, use_query_map};
use locale::Texts;
use shop::Shop;
use shop::catalog::{CatalogError, with_variants};
use shop::checkout::{CheckoutError, attempt_for_selection};
use till_core::money::Money;
use till_core::token::OrderToken;
use till_core::view::{Destination, LineView, OrderStatus, OrderView, full_name};

use super::arrival::Arrival;
use super::buy_form::{HiddenFields, PayLabel};
use super::error::ErrorPage;
use super::form_state::{FormState, new_attempt_token};
use super::icons::OrderStatusIcon;
use super::island_script::IslandScript;
use super::layout::Layout;
use super::not_found::OrderNotFoundPage;
use super::withdraw::OrderWithdrawal;
use crate::api::BeginCheckout;
use crate::files::script;
use crate::head::absolute;
use crate::headers::{self, CachePolicy};
use crate::islands::live_form::LiveForm;
use crate::islands::order_watch::OrderWatch;
use crate::language::{language, localized, texts};
use ui::when_read::when_read;

mod receipt;
mod shipments;
mod status;
mod texts;

use status::ShownStatus;
use texts as order_texts;
use ui::rendered::Rendered;

/// `/orders/{token}`. It only reads: orders are created from Stripe's events.
#[component]
pub fn OrderPage() -> impl IntoView {
    let token = use_params_map()
        .get_untracked()
        .get("token")
        .unwrap_or_default();
    let arrival = Arrival::from_query(&use_query_map().get_untracked());
    when_read(move || {
        let (token, arrival) = (token.clone(), arrival.clone());
        async move {
            match order(&token, &arrival).await {
                Ok(Some((token, order, notice))) => {
                    view! { <Order token order notice /> }.rendered()
                }
                Ok(None) => view! { <OrderNotFoundPage /> }.rendered(),
                Err(Unreadable) => view! { <ErrorPage /> }.rendered(),
            }
        }
    })
}

/// The order could not be read; the cause has been logged.
struct Unreadable;

async fn order(
    token: &str,
    arrival: &Arrival,
) -> Result<Option<(OrderToken, OrderView, Option<Notice>)>, Unreadable> {
    headers::cache_control(CachePolicy::NoStore);
    headers::noindex();
    let shop = expect_context::<shop::Shop>();
    // A malformed token is looked up as well, so that it takes as long as an unknown one.
    let token = token.parse().unwrap_or_else(|_| OrderToken::nil());
    let read = async {
        let Some(order) = shop::orders::by_token(&shop, &token, language()).await? else {
            return Ok(None);
        };
        let notice = notice(&shop, &token, &order, arrival).await?;
        Ok(Some((token, order, notice)))
    };
    read.await.map_err(|error: CheckoutError| {
        tracing::error!(
            error = shop::error_chain::with_causes(&error),
            "could not read an order"
        );
        Unreadable
    })
}

/// A notice for a shopper who submitted a form and was redirected here instead of to Stripe.
struct Notice {
    text: Cow<'static, str>,
    offer: Option<Offer>,
}

/// A selection that can be bought from the notice with one click.
struct Offer {
    heading: Cow<'static, str>,
    attempt: String,
    /// At current prices.
    lines: Vec<OfferLine>,
    /// Some of the selection is not available.
    incomplete: bool,
}

/// A variant that is offered again.
struct OfferLine {
    /// The variant's id in forms.
    variant: i64,
    name: String,
    /// The price of one unit.
    price: Money,
    quantity: u32,
}

async fn notice(
    shop: &Shop,
    token: &OrderToken,
    order: &OrderView,
    arrival: &Arrival,
) -> Result<Option<Notice>, CheckoutError> {
    if !matches!(
        order.status,
        OrderStatus::Confirming | OrderStatus::Processing | OrderStatus::Paid
    ) {
        return Ok(None);
    }
    let texts = texts();
    let (text, heading, selection, attempt) = match arrival {
        Arrival::Usual => return Ok(None),
        Arrival::AlreadyPaid => {
            let lines = order.lines.iter();
            let same = lines.map(|line| (line.variant, line.quantity)).collect();
            (
                order_texts::already_paid(texts, order.status),
                texts.offer_again(),
                same,
                new_attempt_token(),
            )
        }
        Arrival::OtherSelection(selection) => {
            // The same attempt token, so that sending the original form again leads to the same
            // checkout.
            let attempt = attempt_for_selection(shop, token, selection).await?;
            (
                texts.paid_before_change(),
                texts.offer_new_selection(),
                selection.clone(),
                attempt.map_or_else(new_attempt_token, String::from),
            )
        }
    };
    // While the payment is being confirmed, the same order is not offered again.
    let confirming = order.status == OrderStatus::Confirming;
    let offer = match arrival {
        Arrival::AlreadyPaid if confirming => None,
        _ => offer(shop, selection).await?,
    };
    Ok(Some(Notice {
        text,
        offer: offer.map(|(lines, incomplete)| Offer {
            heading,
            attempt,
            lines,
            incomplete,
        }),
    }))
}

/// Returns the available lines of a selection, and whether some are missing. `None` if none is
/// available.
async fn offer(
    shop: &Shop,
    selection: BTreeMap<i64, u32>,
) -> Result<Option<(Vec<OfferLine>, bool)>, CheckoutError> {
    let products = with_variants(
        shop.database.reader(),
        selection.keys().copied(),
        language(),
    )
    .await
    .map_err(|CatalogError(error)| error)?;
    let mut lines = Vec::new();
    for product in products {
        for variant in product.variants {
            if let Some(&quantity) = selection.get(&variant.id)
                && !variant.available.sold_out()
            {
                lines.push(OfferLine {
                    variant: variant.id,
                    name: full_name(&product.name, &variant.name),
                    price: variant.price,
                    quantity,
                });
            }
        }
    }
    let incomplete = lines.len() < selection.len();
    Ok((!lines.is_empty()).then_some((lines, incomplete)))
}

/// How a status looks.
struct Look {
    class: &'static str,
    /// SVG path data.
    icon: &'static str,
    circle: bool,
}

fn look(status: ShownStatus) -> Look {
    const REFUND_ICON: &str = "M14 12H25a8 8 0 0 1 0 16H12M14 12l5-5M14 12l5 5";
    const PROBLEM_ICON: &str = "M20 10v12M20 29v1";
    let (class, icon) = match status {
        ShownStatus::Confirming => ("order-status-confirming", "M20 3a17 17 0 1 1-17 17"),
        ShownStatus::Processing => ("order-status-processing", "M20 10v11l7 4"),
        ShownStatus::Failed => ("order-status-failed", "M14 14l12 12M26 14L14 26"),
        ShownStatus::Expired => (
            "order-status-expired",
            "M12 4h16M12 36h16M14 4c0 9 6 10 6 16s-6 7-6 16M26 4c0 9-6 10-6 16s6 7 6 16",
        ),
        ShownStatus::Paid | ShownStatus::Free => ("order-status-paid", "M12 21l6 6 11-13"),
        ShownStatus::LateRefunded | ShownStatus::LateRefunding => {
            ("order-status-late", REFUND_ICON)
        }
        ShownStatus::LateAccepted | ShownStatus::Disputed => ("order-status-late", PROBLEM_ICON),
        ShownStatus::Refunded | ShownStatus::Refunding | ShownStatus::DisputeLost => {
            ("order-status-refunded", REFUND_ICON)
        }
    };
    Look {
        class,
        icon,
        circle: !matches!(status, ShownStatus::Confirming | ShownStatus::Expired),
    }
}

#[component]
fn Order(token: OrderToken, order: OrderView, notice: Option<Notice>) -> impl IntoView {
    let texts = texts();
    let address = localized(&format!("/orders/{}", token.as_str()));
    let status = order.status;
    let shown_status = ShownStatus::of(&order);
    let heading = order_texts::heading(texts, shown_status);
    let Look {
        class,
        icon,
        circle,
    } = look(shown_status);
    let refresh = status.is_pending().then(|| {
        let shown = as_json(status);
        // Seconds between reloads: without scripts, and with scripts but without WebAssembly.
        let (interval, delays) = match status {
            OrderStatus::Confirming => ("3", "3,5,10"),
            _ => ("60", "60"),
        };
        view! {
            <noscript><meta http-equiv="refresh" content=interval /></noscript>
            <div data-token=String::from(token.clone()) data-shown=shown data-delays=delays>
                <OrderWatch />
            </div>
            <IslandScript />
            <script src=script("/order-refresh.js")></script>
        }
    });
    let withdrawal = order.number.is_some().then(|| {
        let received_on = order.withdrawn_on.clone();
        view! { <OrderWithdrawal token=token.clone() received_on /> }
    });
    let can_choose_again = matches!(status, OrderStatus::Failed | OrderStatus::Expired);
    let (action, action_class) = if can_choose_again {
        (texts.choose_again(), "btn btn-primary")
    } else {
        (texts.back_to_shop(), "btn btn-outline")
    };
    // The page of an ended checkout has a form with what was chosen.
    let action_address = match can_choose_again {
        true => localized(&format!("/checkout/{}/cancelled", token.as_str())),
        false => localized("/"),
    };
    let is_bought = matches!(status, OrderStatus::Paid | OrderStatus::Processing);
    let finished = order.attempt.clone().filter(|_| is_bought).map(|attempt| {
        view! { <script src=script("/choice-paid.js") data-attempt=String::from(attempt)></script> }
    });
    let mails = expect_context::<Shop>()
        .owner_settings()
        .mail
        .reaches_shoppers();
    let shipping = order_texts::NextShipping::of(&order);
    let next_steps = order_texts::next_steps(texts, shown_status, mails, shipping);
    let next_steps = (!next_steps.is_empty()).then(|| {
        let steps = next_steps.into_iter().map(|step| view! { <li>{step}</li> });
        view! {
            <section aria-labelledby="next">
                <h2 id="next">{texts.what_happens_next()}</h2>
                <ul class="next-steps">{steps.collect_view()}</ul>
            </section>
        }
    });
    view! {
        <Layout title=heading.clone() narrow=true>
            <section class=format!("order-status {class}") aria-live="polite">
                <OrderStatusIcon path=icon circle />
                <h1>{heading}</h1>
                <p>{order_texts::explanation(texts, shown_status)}</p>
            </section>
            {refresh}
            {notice.map(|notice| view! { <NoticeBox notice address=address.clone() /> })}
            <OrderFacts order=order.clone() address />
            <OrderLines order=order.clone() caption=order_texts::caption(texts, shown_status) />
            <shipments::Shipments shipments=order.shipments />
            {order.destination.map(|destination| view! { <ShippingAddress destination /> })}
            <receipt::Buyer buyer=order.buyer />
            {next_steps}
            <Questions numbered=order.number.is_some() />
            {withdrawal}
            <p class="actions"><a class=action_class href=action_address>{action}</a></p>
            {finished}
        </Layout>
    }
}

/// Says why the shopper is here, and offers the selection that was not bought.
#[component]
fn NoticeBox(
    notice: Notice,
    /// Path of the order's page, without a query.
    address: String,
) -> impl IntoView {
    view! {
        <section class="alert alert-info" aria-label=texts().notice_label()>
            <p role="status">{notice.text}</p>
            {notice.offer.map(|offer| view! { <OfferForm offer /> })}
        </section>
        // Replaces the URL, so that the notice is gone when the page is reloaded or shared.
        <script src=script("/page-address.js") data-address=address></script>
    }
    .rendered()
}

#[component]
fn OfferForm(offer: Offer) -> impl IntoView {
    let texts = texts();
    let settings = use_context::<Shop>().map(|shop| shop.owner_settings());
    let total_can_change =
        settings.is_some_and(|settings| settings.checkout.options.can_change_total());
    let totals = offer.lines.iter().map(|line| {
        let total = line.price.amount.checked_mul(line.quantity)?;
        Some(total.of(line.price.currency))
    });
    let totals: Option<Vec<Money>> = totals.collect();
    let sum = totals.as_deref().and_then(sum);
    let button = match sum {
        Some(sum) if !total_can_change => texts.pay_total(sum),
        _ => texts.continue_to_payment().into_owned(),
    };
    let lines = offer
        .lines
        .iter()
        .map(|line| {
            let text = texts.offer_line(line.quantity.into(), &line.name, line.price);
            view! { <li>{text}</li> }
        })
        .collect_view();
    let state = FormState {
        page: "/".to_owned(),
        attempt: offer.attempt,
        ..FormState::default()
    };
    let fields = offer
        .lines
        .into_iter()
        .map(|line| {
            let (id, price) = (line.variant, line.price.as_field());
            view! {
                <input type="hidden" name=format!("quantity[{id}]") value=line.quantity />
                <input type="hidden" name=format!("shown[{id}]") value=price />
            }
        })
        .collect_view();
    let incomplete = offer
        .incomplete
        .then(|| view! { <p>{texts.offer_incomplete()}</p> });
    view! {
        <h2 class="offer-heading">{offer.heading}</h2>
        <ul>{lines}</ul>
        {incomplete}
        <form method="post" action=BeginCheckout::url()>
            <LiveForm />
            <IslandScript />
            <HiddenFields state />
            {fields}
            <button type="submit" class="btn btn-primary"><PayLabel>{button}</PayLabel></button>
        </form>
    }
    .rendered()
}

/// Adds amounts. `None` if their currencies differ.
fn sum(amounts: &[Money]) -> Option<Money> {
    let (first, others) = amounts.split_first()?;
    others.iter().try_fold(*first, |sum, amount| {
        let same = (amount.currency == sum.currency).then_some(amount.amount)?;
        Some(sum.amount.checked_add(same)?.of(sum.currency))
    })
}

/// How to contact the owner about the order, if email or phone is set.
#[component]
fn Questions(
    /// Whether the order has a number to quote.
    numbered: bool,
) -> impl IntoView {
    let contact = use_context::<Shop>().map(|shop| shop.profile().contact.clone());
    let contact = contact.unwrap_or_default();
    let questions = order_texts::questions(texts(), contact.email, contact.phone, numbered);
    questions.map(|questions| view! { <p>{questions}</p> })
}

/// Serializes a status as the server function does, for the island to compare.
fn as_json(status: OrderStatus) -> String {
    serde_json::to_string(&Some(status)).unwrap_or_default()
}

/// Number and date of a paid order.
#[component]
fn OrderFacts(
    order: OrderView,
    /// Path of the order's page, without a query.
    address: String,
) -> impl IntoView {
    let Some(number) = order.number else {
        return ().rendered();
    };
    let texts = texts();
    let day = order.paid_on.map(|day| {
        view! {
            <div>
                <dt>{texts.order_date()}</dt>
                <dd><time datetime=day.iso>{day.text}</time></dd>
            </div>
        }
    });
    let address = absolute(&expect_context::<Shop>().settings.public_url, &address);
    view! {
        <dl class="order-facts">
            <div><dt>{texts.order_number()}</dt><dd>{number}</dd></div>
            {day}
            <div class="printed"><dt>{texts.order_address()}</dt><dd>{address}</dd></div>
        </dl>
    }
    .rendered()
}

#[component]
fn OrderLines(order: OrderView, caption: Cow<'static, str>) -> impl IntoView {
    let texts = texts();
    let language = texts.language();
    let paid = order.status == OrderStatus::Paid;
    let rows = order.lines.clone().into_iter().map(
        |LineView {
             variant: _,
             sku: _,
             name,
             price,
             quantity,
             total,
         }| {
            view! {
                <tr>
                    <th scope="row" dir="auto">{name}</th>
                    <td class="unit-price">{language.money(price)}</td>
                    <td>{quantity}</td>
                    <td>{language.money(total)}</td>
                </tr>
            }
        },
    );
    let totals = total_lines(texts, &order, paid)
        .into_iter()
        .map(|line| view! { <TotalRow line /> })
        .collect_view();
    view! {
        <table class="order-lines">
            <caption>{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">{texts.column_product()}</th>
                    <th scope="col" class="unit-price">{texts.column_price()}</th>
                    <th scope="col">{texts.column_quantity()}</th>
                    <th scope="col">{texts.column_amount()}</th>
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
            <tfoot>{totals}</tfoot>
        </table>
    }
}

/// One row below the products: a part of the total, the total, or a refund.
struct TotalLine {
    name: Cow<'static, str>,
    amount: String,
    class: &'static str,
}

/// The cost of shipping, with the name of the shipping rate.
fn shipping_line(texts: Texts, order: &OrderView) -> Option<TotalLine> {
    let amount = order.shipping;
    let name = match &order.shipping_method {
        Some(method) => texts.line_shipping_by(method).into(),
        None if amount.amount.0 == 0 => return None,
        None => texts.line_shipping(),
    };
    Some(TotalLine {
        name,
        amount: texts.language().money(amount),
        class: "",
    })
}

/// The parts of the total, the total, and refunds.
fn total_lines(texts: Texts, order: &OrderView, paid: bool) -> Vec<TotalLine> {
    let money = |amount: Money| texts.language().money(amount);
    let line = |name: Cow<'static, str>, amount: String| TotalLine {
        name,
        amount,
        class: "",
    };
    let is_nonzero = |amount: &Money| amount.amount.0 != 0;
    let subtracted = |name, amount: &Money| {
        is_nonzero(amount).then(|| line(name, format!("−{}", money(*amount))))
    };
    let mut parts: Vec<TotalLine> = [
        subtracted(texts.line_discount(), &order.discount),
        shipping_line(texts, order),
    ]
    .into_iter()
    .flatten()
    .collect();
    parts.extend(receipt::tax_lines(texts, order, false));

    let mut lines = Vec::new();
    if !parts.is_empty() {
        lines.push(line(texts.line_subtotal(), money(order.subtotal)));
    }
    lines.extend(parts);
    lines.push(match order.total {
        Some(total) => TotalLine {
            name: if paid && is_nonzero(&total) {
                texts.line_total_paid()
            } else {
                texts.line_total()
            },
            amount: money(total),
            class: "order-total",
        },
        // The total is known once the session is complete.
        None => TotalLine {
            name: texts.line_subtotal(),
            amount: money(order.subtotal),
            class: "order-total",
        },
    });
    lines.extend(receipt::tax_lines(texts, order, true));
    lines.extend(subtracted(texts.line_refunded(), &order.refunded));
    lines.extend(subtracted(texts.line_refunding(), &order.refunding));
    let others = order.refunds_in_other_currencies.iter();
    lines.extend(others.map(|amount| line(texts.line_refunded(), format!("−{amount}"))));
    lines
}

#[component]
fn TotalRow(line: TotalLine) -> impl IntoView {
    let class = (!line.class.is_empty()).then_some(line.class);
    view! {
        <tr class=class>
            <th scope="row">{line.name}</th>
            <td class="unit-price"></td>
            <td></td>
            <td>{line.amount}</td>
        </tr>
    }
}

/// The address that the order is shipped to.
#[component]
fn ShippingAddress(destination: Destination) -> impl IntoView {
    let lines = destination
        .lines
        .into_iter()
        .map(|line| view! { <span dir="auto">{line}</span> })
        .collect_view();
    view! {
        <section class="ships-to" aria-labelledby="ships-to">
            <h2 id="ships-to">{texts().shipping_address()}</h2>
            <address>{lines}</address>
        </section>
    }
}
