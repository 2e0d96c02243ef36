//! The parcels of an order.

use leptos::prelude::*;
use till_core::view::ShipmentView;

use crate::language::texts;
use ui::rendered::Rendered;

/// The parcels that were sent; nothing if there is none.
#[component]
pub(super) fn Shipments(shipments: Vec<ShipmentView>) -> impl IntoView {
    if shipments.is_empty() {
        return ().rendered();
    }
    let parcels = shipments
        .into_iter()
        .map(|shipment| view! { <li><Parcel shipment /></li> })
        .collect_view();
    view! {
        <section aria-labelledby="parcels">
            <h2 id="parcels">{texts().shipments_heading()}</h2>
            <ul class="next-steps">{parcels}</ul>
        </section>
    }
    .rendered()
}

#[component]
fn Parcel(shipment: ShipmentView) -> impl IntoView {
    let texts = texts();
    let ShipmentView {
        sent_on,
        carrier,
        tracking_number,
        tracking_address,
        lines,
    } = shipment;
    let sent = sent_on.map(|day| texts.shipment_sent(&day.text));
    let carrier = carrier.map(|carrier| texts.shipment_carrier(&carrier));
    let sent: Vec<String> = sent.into_iter().chain(carrier).collect();
    let number = tracking_number.map(|number| {
        view! { <p>{texts.shipment_tracking_number()} " " <bdi>{number}</bdi></p> }
    });
    let link = tracking_address.map(|address| {
        view! { <p><a href=address rel="noreferrer">{texts.track_parcel()}</a></p> }
    });
    let lines = lines
        .into_iter()
        .map(|(units, name)| {
            let line = texts.withdraw_line(units.into(), &name);
            view! { <li dir="auto">{line}</li> }
        })
        .collect_view();
    view! {
        <p>{sent.join(" ")}</p>
        {number}
        {link}
        <ul aria-label=texts.shipment_contents()>{lines}</ul>
    }
}
