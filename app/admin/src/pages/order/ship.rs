//! `/admin/orders/{number}/ship`

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use shop::new_token::form_attempt;
use shop::orders::overview::{Line, OrderDetails};
use till_core::admin::Right;
use ui::language::texts;

use super::order_page;
use crate::api::orders::{SEEN, ShipOrder, page_of};
use crate::form::{Field, Form, Select};
use crate::layout::Layout;
use crate::pages::orders::{Notify, carriers};
use crate::sent::first_shown;

/// A form for what is left to ship.
#[component]
pub fn ShipPage() -> impl IntoView {
    order_page(Right::Ship, |_, order, _| view! { <Ship order /> })
}

#[component]
fn Ship(order: OrderDetails) -> impl IntoView {
    let texts = texts();
    let number = order.summary.number.clone();
    let preview = format!("{}/mail", page_of(&number));
    let left = order.lines.iter().filter(|line| line.to_ship > 0);
    let left: Vec<_> = left.cloned().collect();
    // Called inside of the form, so that they show what was typed.
    let field = move |line: &Line| {
        let label = texts.admin_ship_units(&line.name, line.to_ship.unsigned_abs());
        view! {
            <Field name=format!("units[{}]", line.variant) label=label kind="number"
                value=line.to_ship.to_string() />
        }
    };
    let seen = first_shown(ShipOrder::PATH, SEEN, order.shipments_revision);
    let nothing = left
        .is_empty()
        .then(|| view! { <p>{texts.admin_ship_nothing_left()}</p> });
    view! {
        <Layout title=texts.admin_order_title(&number)>
            <h2>{texts.admin_ship_title()}</h2>
            <p><a href=page_of(&number)>{texts.admin_order_back()}</a></p>
            {nothing}
            <Form action=ShipOrder::PATH>
                <input type="hidden" name="number" value=number />
                <input type="hidden" name=SEEN value=seen />
                <input type="hidden" name="attempt" value=form_attempt() />
                <input type="hidden" name="mail" value="shipped" />
                {left.iter().map(field).collect_view()}
                <Select name="carrier" label=texts.admin_ship_carrier() options=carriers(texts) />
                <Field name="carrier_name" label=texts.admin_ship_carrier_name() />
                <Field name="tracking" label=texts.admin_ship_tracking() />
                <Notify />
                <p class="actions">
                    <button type="submit" class="btn btn-primary">{texts.admin_ship_now()}</button>
                    " "
                    <button type="submit" class="btn btn-outline" formmethod="get"
                        formaction=preview formtarget="_blank">{texts.admin_preview()}</button>
                </p>
            </Form>
        </Layout>
    }
}
