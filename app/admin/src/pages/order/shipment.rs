//! `/admin/orders/{number}/shipments/{id}`

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;
use shop::orders::overview::OrderDetails;
use till_core::admin::Right;
use till_core::carrier::Carrier;
use ui::language::texts;

use super::order_page;
use super::timeline::parcel_text;
use crate::api::orders::{CorrectShipment, SEEN, UndoShipment, page_of};
use crate::form::{Field, Form, Select};
use crate::layout::Layout;
use crate::pages::not_found::NotFoundPage;
use crate::pages::orders::{Notify, carriers};
use crate::sent::first_shown;
use ui::rendered::Rendered;

/// Forms that correct and undo a parcel.
#[component]
pub fn ShipmentPage() -> impl IntoView {
    let id = use_params_map().get_untracked().get("shipment");
    order_page(Right::Ship, move |_, order, _| {
        let id = id.as_deref().and_then(|id| id.parse::<i64>().ok());
        view! { <Shipment order id=id.unwrap_or_default() /> }
    })
}

#[component]
fn Shipment(order: OrderDetails, id: i64) -> impl IntoView {
    let texts = texts();
    let number = order.summary.number.clone();
    let found = order.shipments.into_iter();
    let Some(shipment) = found.into_iter().find(|shipment| shipment.id == id) else {
        return view! { <NotFoundPage /> }.rendered();
    };
    let carrier = shipment.carrier.map(|carrier| carrier.to_string());
    let is_other = shipment.carrier == Some(Carrier::Other);
    let name = shipment.carrier_name.clone().filter(|_| is_other);
    let parcel = parcel_text(&shipment);
    let tracking = shipment.tracking_number.clone().unwrap_or_default();
    let hidden = move |action: &str| {
        let seen = first_shown(action, SEEN, shipment.version);
        view! {
            <input type="hidden" name="number" value=number.clone() />
            <input type="hidden" name="shipment" value=id />
            <input type="hidden" name=SEEN value=seen />
        }
    };
    let of_correction = hidden(CorrectShipment::PATH);
    let of_undoing = hidden(UndoShipment::PATH);
    let back = page_of(&order.summary.number);
    let forms = match shipment.undone_at {
        Some(_) => view! { <p>{texts.admin_shipment_undone()}</p> }.rendered(),
        None => view! {
            <Form action=CorrectShipment::PATH>
                {of_correction}
                <Select name="carrier" label=texts.admin_ship_carrier() options=carriers(texts)
                    value=carrier.unwrap_or_default() />
                <Field name="carrier_name" label=texts.admin_ship_carrier_name()
                    value=name.unwrap_or_default() />
                <Field name="tracking" label=texts.admin_ship_tracking() value=tracking />
                <Notify />
                <button type="submit" class="btn btn-primary">{texts.admin_shipment_save()}</button>
            </Form>
            <h2>{texts.admin_shipment_undo()}</h2>
            <p>{texts.admin_shipment_undo_explanation()}</p>
            <Form action=UndoShipment::PATH>
                {of_undoing}
                <button type="submit" class="btn btn-outline">{texts.admin_shipment_undo()}</button>
            </Form>
        }
        .rendered(),
    };
    view! {
        <Layout title=texts.admin_order_title(&order.summary.number)>
            <h2>{texts.admin_shipment_correct()}</h2>
            <p><bdi>{parcel}</bdi></p>
            <p><a href=back>{texts.admin_order_back()}</a></p>
            {forms}
        </Layout>
    }
    .rendered()
}
