//! `/admin/orders`: the list, with its filters and search in the address.

use http::StatusCode;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;
use locale::Texts;
use sea_orm::DbErr;
use shop::Shop;
use shop::orders::export::Period;
use shop::orders::list::{
    DisputedMark, ListQuery, OrderPage as Listed, OrderRow, OrderState, RefundedMark,
    WithdrawnMark, page as read_page,
};
use shop::orders::overview::OrderDetails;
use shop::orders::shipments::Carrier;
use shop::time_zone::TimeZone;
use strum::IntoEnumIterator;
use till_core::admin::Right;
use till_core::fulfilment::Fulfilment;
use time::Date;
use time::macros::format_description;
use ui::headers;
use ui::language::texts;
use ui::when_read::when_read;
use url::form_urlencoded;

use crate::api::orders::{ShipOrders, page_of};
use crate::form::{Checkbox, Form};
use crate::guarded::page;
use crate::layout::Layout;
use ui::rendered::Rendered;

type Text = std::borrow::Cow<'static, str>;

/// The filters of the address, as typed.
#[derive(Clone, Debug, Default)]
struct Filters {
    state: String,
    from: String,
    to: String,
    search: String,
    before: String,
}

impl Filters {
    fn of(query: &ParamsMap) -> Self {
        let value = |name: &str| query.get(name).unwrap_or_default();
        Self {
            state: value("state"),
            from: value("from"),
            to: value("to"),
            search: value("q"),
            before: value("before"),
        }
    }

    /// Whether all orders are listed.
    fn is_empty(&self) -> bool {
        let filters = [
            &self.state,
            &self.from,
            &self.to,
            &self.search,
            &self.before,
        ];
        filters.into_iter().all(String::is_empty)
    }

    /// What cannot be read is left out.
    fn query(&self, zone: &TimeZone) -> ListQuery {
        let day = |text: &str| Date::parse(text, format_description!("[year]-[month]-[day]")).ok();
        let begin = |day: Date| zone.start_of_day(day);
        ListQuery {
            state: self.state.parse().ok(),
            period: Period {
                from: day(&self.from).and_then(begin),
                until: day(&self.to).and_then(Date::next_day).and_then(begin),
            },
            search: self.search.clone(),
            before: self.before.parse().ok(),
        }
    }

    /// The address of the page before this place.
    fn address(&self, before: Option<String>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("state", &self.state),
            ("from", &self.from),
            ("to", &self.to),
            ("q", &self.search),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some(before) = before {
            query.append_pair("before", &before);
        }
        format!("/admin/orders?{}", query.finish())
    }
}

/// `/admin/orders`
#[component]
pub fn OrdersPage() -> impl IntoView {
    page(Right::Orders, |_| {
        let shop = expect_context::<Shop>();
        let filters = Filters::of(&use_query_map().get_untracked());
        when_read(move || {
            let (shop, filters) = (shop.clone(), filters.clone());
            async move {
                let query = filters.query(&shop.profile().time_zone);
                let settings = shop.owner_settings();
                let numbers = &settings.orders.numbers;
                let listed = read_page(&shop.database, &query, numbers).await;
                match listed {
                    Ok(listed) => view! { <Orders shop filters listed /> }.rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

/// The page if the database does not answer.
pub(crate) fn unavailable(error: &DbErr) -> AnyView {
    tracing::error!(
        error = shop::error_chain::with_causes(error),
        "a page of the admin could not be read"
    );
    headers::status(StatusCode::SERVICE_UNAVAILABLE);
    let texts = texts();
    view! {
        <Layout title=texts.admin_orders()>
            <p class="alert alert-danger" role="alert">{texts.admin_unavailable()}</p>
        </Layout>
    }
    .rendered()
}

#[component]
fn Orders(shop: Shop, filters: Filters, listed: Listed) -> impl IntoView {
    let texts = texts();
    let zone = shop.profile().time_zone.clone();
    let is_first = filters.before.is_empty();
    let newest = (!is_first).then(|| filters.address(None));
    let newest = newest.map(|address| {
        view! { <a class="btn btn-outline" href=address>{texts.admin_orders_newest()}</a> }
    });
    let older = listed
        .next
        .map(|next| filters.address(Some(next.to_string())));
    let older = older.map(|address| {
        view! {
            <a class="btn btn-outline" href=address rel="next">{texts.admin_orders_older()}</a>
        }
    });
    let list = match listed.rows.is_empty() {
        true if filters.is_empty() => view! { <p>{texts.admin_orders_none_yet()}</p> }.rendered(),
        true => view! { <p>{texts.admin_orders_none()}</p> }.rendered(),
        false => view! { <Chosen rows=listed.rows zone /> }.rendered(),
    };
    view! {
        <Layout title=texts.admin_orders()>
            <FilterForm filters />
            {list}
            <p class="actions">{newest} " " {older}</p>
        </Layout>
    }
}

#[component]
fn FilterForm(filters: Filters) -> impl IntoView {
    let texts = texts();
    let states = OrderState::iter().map(|state| {
        let selected = filters.state == state.as_ref();
        let text = state_text(texts, state);
        view! { <option value=state.to_string() selected=selected>{text}</option> }
    });
    view! {
        <form class="filters" method="get" action="/admin/orders" role="search">
            <div class="field">
                <label for="q">{texts.admin_orders_search()}</label>
                <input class="form-control" type="search" id="q" name="q" value=filters.search
                    dir="auto" aria-describedby="q-hint" />
            </div>
            <div class="field">
                <label for="state">{texts.admin_orders_state()}</label>
                <select class="form-control" id="state" name="state">
                    <option value="">{texts.admin_state_all()}</option>
                    {states.collect_view()}
                </select>
            </div>
            <div class="field">
                <label for="from">{texts.admin_orders_from()}</label>
                <input class="form-control" type="date" id="from" name="from" value=filters.from />
            </div>
            <div class="field">
                <label for="to">{texts.admin_orders_to()}</label>
                <input class="form-control" type="date" id="to" name="to" value=filters.to />
            </div>
            <button type="submit" class="btn btn-primary">{texts.admin_orders_filter()}</button>
            <p class="hint" id="q-hint">{texts.admin_orders_search_hint()}</p>
        </form>
    }
}

/// Whether the customer is told; without a mail server nobody is.
#[component]
pub(crate) fn Notify() -> impl IntoView {
    let texts = texts();
    let is_told = use_context::<Shop>().is_some_and(|shop| !shop.mailer.writes_files());
    let hint = (!is_told).then(|| view! { <p class="hint">{texts.admin_no_mail_server()}</p> });
    view! {
        <Checkbox name="notify" label=texts.admin_notify() checked=true />
        {hint}
    }
    .rendered()
}

/// The orders, and what can be done with those that are ticked.
#[component]
fn Chosen(rows: Vec<OrderRow>, zone: TimeZone) -> impl IntoView {
    let texts = texts();
    let rows = rows
        .into_iter()
        .map(|row| order_row(texts, &zone, row))
        .collect_view();
    let carriers = carriers(texts)
        .into_iter()
        .filter(|(value, _)| value != "other");
    let carriers = carriers
        .map(|(value, label)| view! { <option value=value>{label}</option> })
        .collect_view();
    view! {
        <Form action=ShipOrders::PATH class="orders-form">
            <table class="rows">
                <thead>
                    <tr>
                        <th scope="col">
                            {texts.admin_orders_choose()} " "
                            <input type="checkbox" hidden data-select-all="order["
                                aria-label=texts.admin_orders_choose_all() />
                        </th>
                        <th scope="col">{texts.admin_order_number()}</th>
                        <th scope="col">{texts.admin_order_paid_at()}</th>
                        <th scope="col">{texts.admin_order_customer()}</th>
                        <th scope="col">{texts.admin_order_items()}</th>
                        <th scope="col" class="number">{texts.admin_order_total()}</th>
                        <th scope="col">{texts.admin_order_status()}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            <fieldset class="admin-card">
                <legend>{texts.admin_orders_chosen()}</legend>
                <p class="actions">
                    <button type="submit" class="btn btn-outline" formmethod="get"
                        formaction="/admin/orders/packing">{texts.admin_orders_packing_slips()}</button>
                    " "
                    <button type="submit" class="btn btn-outline" formmethod="get"
                        formaction="/admin/orders/pick-list">{texts.admin_orders_pick_list()}</button>
                    " "
                    <button type="submit" class="btn btn-outline" formmethod="get"
                        formaction="/admin/orders/export">{texts.admin_orders_export()}</button>
                </p>
                <div class="field">
                    <label for="carrier">{texts.admin_ship_carrier()}</label>
                    <select class="form-control" id="carrier" name="carrier">{carriers}</select>
                </div>
                <Notify />
                <p><button type="submit" class="btn btn-primary"
                    data-confirm=texts.admin_orders_mark_shipped_confirm()>
                    {texts.admin_orders_mark_shipped()}
                </button></p>
            </fieldset>
        </Form>
    }
}

fn order_row(texts: Texts, zone: &TimeZone, row: OrderRow) -> impl IntoView + use<> {
    let badges = badges(texts, &Marks::of_row(&row));
    let OrderRow {
        id,
        summary,
        items,
        country,
        ..
    } = row;
    let number = summary.number;
    let name = summary.customer_name.or(summary.customer_email);
    let others = items.len().saturating_sub(1) as u64;
    let first = items.into_iter().next().unwrap_or_default();
    let items = match others {
        0 => first,
        others => texts.admin_order_items_and_others(&first, others),
    };
    let choose = texts.admin_orders_choose_one(&number);
    view! {
        <tr>
            <td data-label=texts.admin_orders_choose()>
                <input type="checkbox" name=format!("order[{id}]") value="on" aria-label=choose />
            </td>
            <td data-label=texts.admin_order_number() class="fixed">
                <a href=page_of(&number)>{number.clone()}</a>
            </td>
            <td data-label=texts.admin_order_paid_at() class="fixed">
                {zone.format_short(summary.paid_at)}
            </td>
            <td data-label=texts.admin_order_customer()>
                <bdi>{name}</bdi> " " {country}
            </td>
            <td data-label=texts.admin_order_items()><bdi>{items}</bdi></td>
            <td data-label=texts.admin_order_total() class="number">
                {texts.amount(summary.amount_total, &summary.currency)}
            </td>
            <td data-label=texts.admin_order_status()>{badges}</td>
        </tr>
    }
}

/// The state of an order.
pub(crate) struct Marks {
    fulfilment: Fulfilment,
    refunded: Option<RefundedMark>,
    disputed: Option<DisputedMark>,
    withdrawn: Option<WithdrawnMark>,
    needs_attention: bool,
}

impl Marks {
    fn of_row(row: &OrderRow) -> Self {
        Self {
            fulfilment: row.fulfilment,
            refunded: row.refunded,
            disputed: row.disputed,
            withdrawn: row.withdrawn,
            needs_attention: !row.summary.attention.is_empty(),
        }
    }

    pub(crate) fn of_details(order: &OrderDetails) -> Self {
        Self {
            fulfilment: order.fulfilment,
            refunded: order.refunded,
            disputed: order.disputed,
            withdrawn: order.withdrawn,
            needs_attention: !order.summary.attention.is_empty(),
        }
    }
}

/// What list and page say of an order's state.
pub(crate) fn badges(texts: Texts, marks: &Marks) -> impl IntoView + use<> {
    let shipping = match marks.fulfilment {
        Fulfilment::NotNeeded => texts.admin_state_not_needed(),
        Fulfilment::ToShip => texts.admin_state_to_ship(),
        Fulfilment::PartlyShipped => texts.admin_state_partly_shipped(),
        Fulfilment::Shipped => texts.admin_state_shipped(),
    };
    let refunded = marks.refunded.map(|mark| match mark {
        RefundedMark::Part => texts.admin_state_partly_refunded(),
        RefundedMark::Full => texts.admin_state_refunded(),
    });
    let disputed = marks.disputed.map(|mark| match mark {
        DisputedMark::Open => texts.admin_state_dispute_open(),
        DisputedMark::Closed => texts.admin_state_dispute_closed(),
    });
    let withdrawn = marks.withdrawn.map(|mark| match mark {
        WithdrawnMark::Open => texts.admin_state_withdrawal_open(),
        WithdrawnMark::Decided => texts.admin_state_withdrawn(),
    });
    let attention = marks.needs_attention.then(|| texts.admin_state_attention());
    let plain = |text: Text| view! { <span class="badge">{text}</span> " " };
    let urgent = |text: Text| view! { <span class="badge badge-warning">{text}</span> " " };
    view! {
        {attention.map(urgent)}
        {plain(shipping)}
        {refunded.map(plain)}
        {disputed.map(urgent)}
        {withdrawn.map(urgent)}
    }
}

fn state_text(texts: Texts, state: OrderState) -> Text {
    match state {
        OrderState::ToShip => texts.admin_state_to_ship(),
        OrderState::PartlyShipped => texts.admin_state_partly_shipped(),
        OrderState::Shipped => texts.admin_state_shipped(),
        OrderState::NotNeeded => texts.admin_state_not_needed(),
        OrderState::Attention => texts.admin_state_attention(),
        OrderState::Refunded => texts.admin_state_refunded(),
        OrderState::Disputed => texts.admin_state_disputed(),
        OrderState::DisputeOpen => texts.admin_state_dispute_open(),
        OrderState::Withdrawn => texts.admin_state_withdrawn(),
        OrderState::WithdrawalOpen => texts.admin_state_withdrawal_open(),
    }
}

/// Values and names of the carriers, nobody first.
pub(crate) fn carriers(texts: Texts) -> Vec<(String, Text)> {
    let known = Carrier::iter().map(|carrier| {
        let name = match carrier {
            Carrier::Other => texts.admin_ship_other_carrier(),
            known => known.name().into(),
        };
        (carrier.to_string(), name)
    });
    std::iter::once((String::new(), texts.admin_ship_no_carrier()))
        .chain(known)
        .collect()
}

/// The ids of the orders that the address names: `order[17]=on`.
#[must_use]
pub fn chosen(query: &str) -> Vec<i64> {
    let fields = form_urlencoded::parse(query.as_bytes());
    let ids = fields.filter_map(|(name, _)| {
        let id = name.strip_prefix("order[")?.strip_suffix(']')?;
        id.parse().ok()
    });
    let mut ids: Vec<i64> = ids.collect();
    ids.dedup();
    ids
}
