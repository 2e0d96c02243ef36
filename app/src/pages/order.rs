//! One order, for whoever has its link.

use std::borrow::Cow;
use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::{use_params_map, use_query_map};
use shop::Shop;
use shop::catalog::{CatalogError, with_ids};
use shop::checkout::{CheckoutError, attempt_of_choice};
use shop::money::Money;
use shop::token::OrderToken;
use shop::view::{Destination, DisputeView, Late, LineView, OrderStatus, OrderView, ProductView};

use super::arrival::Arrival;
use super::buy_form::{FormState, HiddenFields, PayLabel, new_attempt};
use super::icons::OrderSign;
use super::layout::Layout;
use super::not_found::OrderNotFoundPage;
use super::trouble::TroublePage;
use crate::api::BeginCheckout;
use crate::headers::{self, Keep};
use crate::islands::live_form::LiveForm;
use crate::islands::order_watch::OrderWatch;

/// `/orders/{token}`. It reads; only events make orders.
#[component]
pub fn OrderPage() -> impl IntoView {
    let token = use_params_map()
        .get_untracked()
        .get("token")
        .unwrap_or_default();
    let arrival = Arrival::read(&use_query_map().get_untracked());
    let page = move || {
        let (token, arrival) = (token.clone(), arrival.clone());
        Suspend::new(async move {
            match order(&token, &arrival).await {
                Ok(Some((token, order, notice))) => {
                    view! { <Order token order notice /> }.into_any()
                }
                Ok(None) => view! { <OrderNotFoundPage /> }.into_any(),
                Err(Unreadable) => view! { <TroublePage /> }.into_any(),
            }
        })
    };
    view! { <Suspense>{page}</Suspense> }
}

/// The order could not be read; the cause has been logged.
struct Unreadable;

async fn order(
    token: &str,
    arrival: &Arrival,
) -> Result<Option<(OrderToken, OrderView, Option<Notice>)>, Unreadable> {
    headers::keep(Keep::Never);
    headers::unlisted();
    let shop = expect_context::<shop::Shop>();
    // A malformed token is looked up like any other and finds nothing, so that both take the same time.
    let token = token.parse().unwrap_or_else(|_| OrderToken::nobodys());
    let read = async {
        let Some(order) = shop::orders::by_token(&shop, &token).await? else {
            return Ok(None);
        };
        let notice = notice(&shop, &token, &order, arrival).await?;
        Ok(Some((token, order, notice)))
    };
    read.await.map_err(|error: CheckoutError| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "an order could not be shown"
        );
        Unreadable
    })
}

/// What is said to somebody who has sent a form and is led here instead of to Stripe.
struct Notice {
    text: &'static str,
    offer: Option<Offer>,
}

/// What can be bought from here by one click.
struct Offer {
    heading: &'static str,
    attempt: String,
    /// With quantities, at today's prices.
    lines: Vec<(ProductView, u32)>,
    /// Some of it is no longer on sale.
    incomplete: bool,
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
    let (text, heading, choice, attempt) = match arrival {
        Arrival::Usual => return Ok(None),
        Arrival::AlreadyPaid => {
            let lines = order.lines.iter();
            let same = lines.map(|line| (line.product, line.quantity)).collect();
            (
                "You have already paid for this order, so no new payment was started.",
                "Would you like to order the same again?",
                same,
                new_attempt(),
            )
        }
        Arrival::OtherChoice(choice) => {
            // The form itself, sent again, leads to the same checkout.
            let attempt = attempt_of_choice(shop, token, choice).await?;
            (
                "This order was already paid when you changed your selection, so no new payment was started.",
                "Would you like to buy your new selection as well?",
                choice.clone(),
                attempt.map_or_else(new_attempt, String::from),
            )
        }
    };
    // While it is being confirmed, nobody is asked to pay for the same again.
    let confirming = order.status == OrderStatus::Confirming;
    let offer = match arrival {
        Arrival::AlreadyPaid if confirming => None,
        _ => offer(shop, choice).await?,
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

/// What of a choice is on sale, and whether that is not all of it. `None` where nothing is.
async fn offer(
    shop: &Shop,
    choice: BTreeMap<i64, u32>,
) -> Result<Option<(Vec<(ProductView, u32)>, bool)>, CheckoutError> {
    let products = with_ids(&shop.database, choice.keys().copied())
        .await
        .map_err(|CatalogError(error)| error)?;
    let lines: Vec<_> = products
        .into_iter()
        .filter(|product| !product.available.sold_out())
        .filter_map(|product| {
            let quantity = *choice.get(&product.id)?;
            Some((product, quantity))
        })
        .collect();
    let incomplete = lines.len() < choice.len();
    Ok((!lines.is_empty()).then_some((lines, incomplete)))
}

/// What the page says in each state.
struct Words {
    class: &'static str,
    sign: &'static str,
    circle: bool,
    heading: &'static str,
    text: &'static str,
    caption: &'static str,
    next: &'static [&'static str],
}

fn words(order: &OrderView) -> Words {
    match order.status {
        OrderStatus::Paid => words_of_paid(order),
        OrderStatus::Confirming => Words {
            class: "order-status order-status-confirming",
            sign: "M20 3a17 17 0 1 1-17 17",
            circle: false,
            heading: "Confirming your payment",
            text: "If you have just paid, Stripe is telling us about it now, which usually takes a few seconds. This page changes by itself. Please do not pay again.",
            caption: "Your order",
            next: &[],
        },
        OrderStatus::Processing => Words {
            class: "order-status order-status-processing",
            sign: "M20 10v11l7 4",
            circle: true,
            heading: "Your bank is processing the payment",
            text: "You have done your part. With this way to pay the bank’s answer can take some working days, and we keep your products for you until then.",
            caption: "Your order",
            next: &["Your bank confirms the payment. This page then shows your order as paid."],
        },
        OrderStatus::Failed => Words {
            class: "order-status order-status-failed",
            sign: "M14 14l12 12M26 14L14 26",
            circle: true,
            heading: "The payment did not go through",
            text: "Your bank did not make the payment, so there is no order and nothing was charged. You can try again with another card or another way to pay.",
            caption: "What you had chosen",
            next: &[],
        },
        OrderStatus::Expired => Words {
            class: "order-status order-status-expired",
            sign: "M12 4h16M12 36h16M14 4c0 9 6 10 6 16s-6 7-6 16M26 4c0 9-6 10-6 16s6 7 6 16",
            circle: false,
            heading: "This checkout has ended",
            text: "No payment reached us before it ended. Nothing was charged. If you still want these products, please choose them again.",
            caption: "What you had chosen",
            next: &[],
        },
    }
}

/// How the money of a paid order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Books {
    /// All of it, or most of it, stays with the shop.
    Kept,
    /// There was nothing to pay.
    Free,
    /// All of it is back with the shopper.
    Returned,
    /// All of it goes back, but some is still on its way.
    Returning,
}

impl Books {
    fn of(order: &OrderView) -> Self {
        let total = order.total.map_or(0, |total| total.amount.0);
        let (refunded, refunding) = (order.refunded.amount.0, order.refunding.amount.0);
        match total {
            0 => Self::Free,
            total if refunded >= total => Self::Returned,
            total if refunded.saturating_add(refunding) >= total => Self::Returning,
            _ => Self::Kept,
        }
    }
}

fn words_of_paid(order: &OrderView) -> Words {
    const BACK: &str = "M14 12H25a8 8 0 0 1 0 16H12M14 12l5-5M14 12l5 5";
    const DAYS: &str = "Your bank shows the money after a few working days, on the account or card that you paid with.";
    let books = Books::of(order);
    match (order.late, books) {
        (Some(Late::GoesBack), _) => Words {
            class: "order-status order-status-late",
            sign: BACK,
            circle: true,
            heading: "Your payment came too late",
            text: if books == Books::Returned {
                "When it reached us, what you had chosen had been sold to somebody else. We have sent the whole amount back to you. We are sorry."
            } else {
                "When it reached us, what you had chosen had been sold to somebody else. We are sending the whole amount back to you; there is nothing that you need to do. We are sorry."
            },
            caption: "What you had chosen",
            next: &[DAYS],
        },
        (None, Books::Returned) => Words {
            class: "order-status order-status-refunded",
            sign: BACK,
            circle: true,
            heading: "Your order has been refunded",
            text: "We have sent the whole amount back to you.",
            caption: "What you had ordered",
            next: &[DAYS],
        },
        (None, Books::Returning) => Words {
            class: "order-status order-status-refunded",
            sign: BACK,
            circle: true,
            heading: "Your refund is on its way",
            text: "We are sending the whole amount back to you.",
            caption: "What you had ordered",
            next: &[DAYS],
        },
        (Some(Late::Stands), _) => Words {
            class: "order-status order-status-late",
            sign: "M20 10v12M20 29v1",
            circle: true,
            heading: "Your order is paid, but something is missing",
            text: "We have your payment. It came after its time had run out, and not everything is in stock any more. We will write to you about what we can do.",
            caption: "What you ordered",
            next: &[],
        },
        (None, Books::Free) => Words {
            heading: "Thank you, we have your order",
            text: "There was nothing to pay, and there is nothing left for you to do.",
            ..thanks(order.ships)
        },
        (None, Books::Kept) => match order.dispute {
            Some(DisputeView::Open) => Words {
                class: "order-status order-status-late",
                sign: "M20 10v12M20 29v1",
                circle: true,
                heading: "Your bank has questioned this payment",
                text: "We have your order, but your bank is looking into the payment. If you did not ask it to, please contact us. There is no need to pay again.",
                caption: "What you ordered",
                next: &[],
            },
            Some(DisputeView::Lost) => Words {
                class: "order-status order-status-refunded",
                sign: BACK,
                circle: true,
                heading: "Your bank has taken this payment back",
                text: "Your bank has decided to return this payment to you, and can tell you when the money arrives. If you would like to keep your order, please contact us.",
                caption: "What you ordered",
                next: &[],
            },
            None => thanks(order.ships),
        },
    }
}

fn thanks(ships: bool) -> Words {
    const KEEP: &str = "Save this page’s address: here you can always see your order, your payment and any refund.";
    Words {
        class: "order-status order-status-paid",
        sign: "M12 21l6 6 11-13",
        circle: true,
        heading: "Thank you, your order is paid",
        text: "We have your payment and your order. There is nothing left for you to do.",
        caption: "What you ordered",
        next: match ships {
            true => &[
                "We will send your order to the address that you gave.",
                KEEP,
            ],
            false => &[KEEP],
        },
    }
}

#[component]
fn Order(token: OrderToken, order: OrderView, notice: Option<Notice>) -> impl IntoView {
    let address = format!("/orders/{}", token.as_str());
    let status = order.status;
    let words = words(&order);
    let waiting = status.is_waiting().then(|| {
        let shown = as_answer(status);
        // Seconds between two looks: without scripts, and with scripts but without WebAssembly.
        let (pause, delays) = match status {
            OrderStatus::Confirming => ("3", "3,5,10"),
            _ => ("60", "60"),
        };
        view! {
            <noscript><meta http-equiv="refresh" content=pause /></noscript>
            <div data-token=String::from(token) data-shown=shown data-delays=delays><OrderWatch /></div>
            <script src="/order-refresh.js"></script>
        }
    });
    let again = matches!(status, OrderStatus::Failed | OrderStatus::Expired);
    let (action, action_class) = if again {
        ("Choose again", "btn btn-primary")
    } else {
        ("Back to the shop", "btn btn-outline")
    };
    let next = (!words.next.is_empty()).then(|| view! {
        <section aria-labelledby="next">
            <h2 id="next">"What happens next"</h2>
            <ul class="next-steps">{words.next.iter().map(|step| view! { <li>{*step}</li> }).collect_view()}</ul>
        </section>
    });
    view! {
        <Layout title=words.heading narrow=true>
            <section class=words.class aria-live="polite">
                <OrderSign path=words.sign circle=words.circle />
                <h1>{words.heading}</h1>
                <p>{words.text}</p>
            </section>
            {waiting}
            {notice.map(|notice| view! { <Noticed notice address /> })}
            <Facts order=order.clone() />
            <Lines order=order.clone() caption=words.caption />
            {order.destination.map(|destination| view! { <ShipsTo destination /> })}
            {next}
            <Questions numbered=order.number.is_some() />
            <p class="actions"><a class=action_class href="/">{action}</a></p>
        </Layout>
    }
}

/// Says why the shopper is here, and offers what was not bought.
#[component]
fn Noticed(
    notice: Notice,
    /// Of the order's page, as everybody may keep it.
    address: String,
) -> impl IntoView {
    view! {
        <section class="alert alert-info" aria-label="Why you see this page">
            <p role="status">{notice.text}</p>
            {notice.offer.map(|offer| view! { <Offered offer /> })}
        </section>
        // Reloaded or shared, the page is the order's and nothing else.
        <script src="/page-address.js" data-address=address></script>
    }
    .into_any()
}

#[component]
fn Offered(offer: Offer) -> impl IntoView {
    let options = use_context::<Shop>().map(|shop| shop.settings.options);
    let more_is_added = options.unwrap_or_default().change_the_total();
    let totals = offer.lines.iter().map(|(product, quantity)| {
        let price = product.price;
        let total = price.amount.checked_times(*quantity)?;
        Some(total.of(price.currency))
    });
    let totals: Option<Vec<Money>> = totals.collect();
    let sum = totals.as_deref().and_then(sum);
    let button = match sum {
        Some(sum) if !more_is_added => format!("Pay {sum}"),
        _ => "Continue to payment".to_owned(),
    };
    let lines = offer
        .lines
        .iter()
        .map(|(product, quantity)| {
            let name = product.name.clone();
            view! { <li>{*quantity}" × "<bdi>{name}</bdi>", "{product.price.to_string()}" each"</li> }
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
        .map(|(product, quantity)| {
            view! {
                <input type="hidden" name=format!("quantity[{}]", product.id) value=quantity />
                <input type="hidden" name=format!("shown[{}]", product.id) value=product.price.as_field() />
            }
        })
        .collect_view();
    let incomplete = offer
        .incomplete
        .then(|| view! { <p>"The rest of your selection is not available right now."</p> });
    view! {
        <h2 class="offer-heading">{offer.heading}</h2>
        <ul>{lines}</ul>
        {incomplete}
        <form method="post" action=BeginCheckout::url()>
            <LiveForm />
            <HiddenFields state />
            {fields}
            <button type="submit" class="btn btn-primary"><PayLabel>{button}</PayLabel></button>
        </form>
    }
    .into_any()
}

/// Of amounts in one currency. `None` where there are several.
fn sum(amounts: &[Money]) -> Option<Money> {
    let (first, others) = amounts.split_first()?;
    others.iter().try_fold(*first, |sum, amount| {
        let same = (amount.currency == sum.currency).then_some(amount.amount)?;
        Some(sum.amount.checked_add(same)?.of(sum.currency))
    })
}

/// Where to ask about the order, if the owner has said so.
#[component]
fn Questions(
    /// Whether the order has a number that can be named.
    numbered: bool,
) -> impl IntoView {
    let contact = use_context::<Shop>().map(|shop| shop.settings.contact);
    let contact = contact.unwrap_or_default();
    let ways: Vec<String> = [
        contact.email.map(|email| format!("write to {email}")),
        contact.phone.map(|phone| format!("call {phone}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!ways.is_empty()).then(|| {
        let ways = ways.join(" or ");
        let number = if numbered {
            " Please quote your order number."
        } else {
            ""
        };
        view! { <p>{format!("Questions about your order? Please {ways}.{number}")}</p> }
    })
}

/// A status as the server function answers it, for the island to compare with.
fn as_answer(status: OrderStatus) -> String {
    serde_json::to_string(&Some(status)).unwrap_or_default()
}

/// Number and day of a paid order.
#[component]
fn Facts(order: OrderView) -> impl IntoView {
    let Some(number) = order.number else {
        return ().into_any();
    };
    let day = order.paid_on.map(|day| {
        view! {
            <div><dt>"Date"</dt><dd><time datetime=day.machine>{day.person}</time></dd></div>
        }
    });
    view! {
        <dl class="order-facts">
            <div><dt>"Order number"</dt><dd>{number}</dd></div>
            {day}
        </dl>
    }
    .into_any()
}

#[component]
fn Lines(order: OrderView, caption: &'static str) -> impl IntoView {
    let paid = order.status == OrderStatus::Paid;
    let rows = order.lines.clone().into_iter().map(
        |LineView {
             product: _,
             name,
             price,
             quantity,
             total,
         }| {
            view! {
                <tr>
                    <th scope="row" dir="auto">{name}</th>
                    <td class="unit-price">{price.to_string()}</td>
                    <td>{quantity}</td>
                    <td>{total.to_string()}</td>
                </tr>
            }
        },
    );
    let sums = sums(&order, paid)
        .into_iter()
        .map(|sum| view! { <SumRow sum /> })
        .collect_view();
    view! {
        <table class="order-lines">
            <caption>{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">"Product"</th>
                    <th scope="col" class="unit-price">"Each"</th>
                    <th scope="col">"Quantity"</th>
                    <th scope="col">"Amount"</th>
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
            <tfoot>{sums}</tfoot>
        </table>
    }
}

/// One row under the lines.
struct Sum {
    name: Cow<'static, str>,
    amount: String,
    class: &'static str,
}

/// What shipping costs, with the name of the way that was chosen.
fn shipping(order: &OrderView) -> Option<Sum> {
    let amount = order.shipping;
    let name = match &order.shipping_method {
        Some(method) => format!("Shipping ({method})").into(),
        None if amount.amount.0 == 0 => return None,
        None => "Shipping".into(),
    };
    Some(Sum {
        name,
        amount: amount.to_string(),
        class: "",
    })
}

/// What the lines add up to, part by part, and what came back of it.
fn sums(order: &OrderView, paid: bool) -> Vec<Sum> {
    let plain = |name: &'static str, amount: String| Sum {
        name: name.into(),
        amount,
        class: "",
    };
    let some = |amount: &Money| amount.amount.0 != 0;
    let less = |name, amount: &Money| some(amount).then(|| plain(name, format!("−{amount}")));
    let more = |name, amount: &Money| some(amount).then(|| plain(name, amount.to_string()));
    let added_tax = (!order.tax_included).then_some(&order.tax);
    let parts: Vec<Sum> = [
        less("Discount", &order.discount),
        shipping(order),
        added_tax.and_then(|tax| more("Tax", tax)),
    ]
    .into_iter()
    .flatten()
    .collect();

    let mut sums = Vec::new();
    if !parts.is_empty() {
        sums.push(plain("Subtotal", order.subtotal.to_string()));
    }
    sums.extend(parts);
    sums.push(match order.total {
        Some(total) => Sum {
            name: if paid && some(&total) {
                "Total paid".into()
            } else {
                "Total".into()
            },
            amount: total.to_string(),
            class: "order-total",
        },
        // What comes to it is decided on the payment page.
        None => Sum {
            name: "Subtotal".into(),
            amount: order.subtotal.to_string(),
            class: "order-total",
        },
    });
    let contained_tax = order.tax_included.then_some(&order.tax);
    sums.extend(contained_tax.and_then(|tax| more("Tax, included", tax)));
    sums.extend(less("Refunded", &order.refunded));
    sums.extend(less("Refund on its way", &order.refunding));
    let others = order.refunds_in_other_currencies.iter();
    sums.extend(others.map(|amount| plain("Refunded", format!("−{amount}"))));
    sums
}

#[component]
fn SumRow(sum: Sum) -> impl IntoView {
    let class = (!sum.class.is_empty()).then_some(sum.class);
    view! {
        <tr class=class>
            <th scope="row">{sum.name}</th>
            <td class="unit-price"></td>
            <td></td>
            <td>{sum.amount}</td>
        </tr>
    }
}

/// Where the goods go.
#[component]
fn ShipsTo(destination: Destination) -> impl IntoView {
    let lines = destination
        .lines
        .into_iter()
        .map(|line| view! { <span dir="auto">{line}</span> })
        .collect_view();
    view! {
        <section class="ships-to" aria-labelledby="ships-to">
            <h2 id="ships-to">"Shipping address"</h2>
            <address>{lines}</address>
        </section>
    }
}
