//! `/admin/orders/packing?order[17]=on…` and `/admin/orders/pick-list?…`: for printing.

use http::request::Parts;
use leptos::prelude::*;
use locale::Texts;
use sea_orm::DbErr;
use shop::Shop;
use shop::orders::packing::{PackingSlip, PickLine, pick_list, slips};
use till_core::admin::Right;
use ui::language::texts;
use ui::when_read::when_read;

use super::orders::{chosen, unavailable};
use crate::guarded::page;
use crate::layout::Layout;
use ui::rendered::Rendered;

async fn read(shop: &Shop, query: &str) -> Result<Vec<PackingSlip>, DbErr> {
    slips(&shop.database, &chosen(query)).await
}

fn query() -> String {
    let parts = use_context::<Parts>();
    let query = parts.as_ref().and_then(|parts| parts.uri.query());
    query.unwrap_or_default().to_owned()
}

/// `/admin/orders/packing`
#[component]
pub fn PackingPage() -> impl IntoView {
    page(Right::Orders, |_| {
        let (shop, query) = (expect_context::<Shop>(), query());
        when_read(move || {
            let (shop, query) = (shop.clone(), query.clone());
            async move {
                match read(&shop, &query).await {
                    Ok(slips) => view! { <Slips shop slips /> }.rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

/// `/admin/orders/pick-list`
#[component]
pub fn PickListPage() -> impl IntoView {
    page(Right::Orders, |_| {
        let (shop, query) = (expect_context::<Shop>(), query());
        when_read(move || {
            let (shop, query) = (shop.clone(), query.clone());
            async move {
                match read(&shop, &query).await {
                    Ok(slips) => view! { <PickList lines=pick_list(&slips) /> }.rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

/// The way back, and a button that the script shows.
fn print_actions(texts: Texts) -> impl IntoView {
    view! {
        <p class="actions not-printed">
            <button type="button" class="btn btn-primary" hidden data-print="">
                {texts.admin_packing_print()}
            </button>
            " "
            <a href="/admin/orders?state=to_ship">{texts.admin_order_to_orders()}</a>
        </p>
    }
}

#[component]
fn Slips(shop: Shop, slips: Vec<PackingSlip>) -> impl IntoView {
    let texts = texts();
    let note = match slips.is_empty() {
        true => texts.admin_orders_none_chosen(),
        false => texts.admin_packing_print_hint(),
    };
    let slips = slips
        .into_iter()
        .map(|slip| view! { <Slip shop=shop.clone() slip /> })
        .collect_view();
    view! {
        <Layout title=texts.admin_orders_packing_slips()>
            <p class="hint not-printed">{note}</p>
            {print_actions(texts)}
            {slips}
        </Layout>
    }
}

#[component]
fn Slip(shop: Shop, slip: PackingSlip) -> impl IntoView {
    let texts = texts();
    let profile = shop.profile();
    let logo = profile.face.logo.as_ref().map(shop::logo::Logo::jpeg_path);
    let name = profile.name.clone();
    let head = match logo {
        Some(logo) => view! { <img class="slip-logo" src=logo alt=name /> }.rendered(),
        None => view! { <p class="slip-shop"><bdi>{name}</bdi></p> }.rendered(),
    };
    let sender = profile.contact.address.join(", ");
    let sender = (!sender.is_empty()).then(|| {
        view! { <p class="slip-sender" dir="auto">{texts.admin_packing_from(&sender)}</p> }
    });
    let address = slip
        .ship_to
        .into_iter()
        .map(|line| view! { <span dir="auto">{line}</span> });
    let address = address.collect_view();
    let partly = slip
        .partly_shipped
        .then(|| view! { <p>{texts.admin_packing_partly()}</p> });
    let shipping = slip.shipping_method;
    let shipping = shipping.map(|name| format!(", {}: {name}", texts.line_shipping()));
    let note = slip.note.map(|note| {
        view! {
            <p class="slip-note">
                <strong>{texts.order_note_label()}</strong> ": " <bdi>{note}</bdi>
            </p>
        }
    });
    let nothing = slip
        .lines
        .is_empty()
        .then(|| view! { <p>{texts.admin_packing_nothing()}</p> });
    let lines = slip.lines.into_iter().map(|line| {
        view! {
            <tr>
                <td class="number">{line.quantity}</td>
                <td>{line.sku}</td>
                <td dir="auto">{line.name}</td>
            </tr>
        }
    });
    view! {
        <section class="slip">
            {head}
            {sender}
            <h2>{texts.admin_packing_title(&slip.number)}</h2>
            <p>{profile.time_zone.format_short(slip.paid_at)}{shipping}</p>
            <h3>{texts.admin_packing_ship_to()}</h3>
            <address class="slip-address">{address} <span>{slip.phone}</span></address>
            {note}
            {partly}
            {nothing}
            <table class="slip-lines">
                <thead>
                    <tr>
                        <th scope="col" class="number">{texts.admin_packing_units()}</th>
                        <th scope="col">{texts.admin_order_sku()}</th>
                        <th scope="col">{texts.admin_order_name()}</th>
                    </tr>
                </thead>
                <tbody>{lines.collect_view()}</tbody>
            </table>
        </section>
    }
}

#[component]
fn PickList(lines: Vec<PickLine>) -> impl IntoView {
    let texts = texts();
    let rows = lines.into_iter().map(|line| {
        let orders = line.orders.into_iter();
        let orders: Vec<_> = orders
            .map(|(number, units)| format!("{number} ({units})"))
            .collect();
        view! {
            <tr>
                <td class="number">{line.quantity}</td>
                <td>{line.sku}</td>
                <td dir="auto">{line.name}</td>
                <td>{orders.join(", ")}</td>
            </tr>
        }
    });
    view! {
        <Layout title=texts.admin_orders_pick_list()>
            {print_actions(texts)}
            <table class="slip-lines">
                <thead>
                    <tr>
                        <th scope="col" class="number">{texts.admin_packing_units()}</th>
                        <th scope="col">{texts.admin_order_sku()}</th>
                        <th scope="col">{texts.admin_order_name()}</th>
                        <th scope="col">{texts.admin_packing_orders()}</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </Layout>
    }
}
