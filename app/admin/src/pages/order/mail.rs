//! `/admin/orders/{number}/mail`: an email before it is sent, or one that can be sent again.

use std::collections::HashMap;

use http::request::Parts;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use shop::Shop;
use shop::mail::preview::{MailPreview, PreviewOutcome, PreviewedMail, preview};
use shop::orders::overview::{OrderDetails, OutboxRow};
use shop::orders::refund::RefundPart;
use shop::orders::shipments::Parcel;
use shop::outbox::TaskKind;
use till_core::admin::Right;
use ui::language::texts;
use url::form_urlencoded;

use super::order_page_with;
use crate::api::orders::{ResendMail, SEEN, page_of, refund_part, units};
use crate::form::Form;
use crate::layout::Layout;
use crate::sent::first_shown;
use crate::state_words::{mail_name, mail_state};
use ui::rendered::Rendered;

type Text = std::borrow::Cow<'static, str>;

/// The fields of a form, as typed.
struct Typed(Vec<(String, String)>);

impl Typed {
    fn of_address() -> Self {
        let parts = use_context::<Parts>();
        let query = parts.as_ref().and_then(|parts| parts.uri.query());
        let fields = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        Self(fields.into_owned().collect())
    }

    fn get(&self, name: &str) -> &str {
        let field = self.0.iter().find(|(field, _)| field == name);
        field.map_or("", |(_, value)| value)
    }

    /// The units by variant: `units[7]=2`.
    fn units(&self) -> HashMap<String, String> {
        let fields = self.0.iter().filter_map(|(name, value)| {
            let variant = name.strip_prefix("units[")?.strip_suffix(']')?;
            Some((variant.to_owned(), value.clone()))
        });
        fields.collect()
    }
}

/// `/admin/orders/{number}/mail`
#[component]
pub fn MailPage() -> impl IntoView {
    order_page_with(Right::Orders, |shop, order, _| async move {
        let typed = Typed::of_address();
        let task = typed.get("task").parse::<i64>().ok();
        let body = body(&shop, &order, &typed, task).await;
        view! { <Shown order body task /> }
    })
}

/// The email, or why there is none.
async fn body(shop: &Shop, order: &OrderDetails, typed: &Typed, task: Option<i64>) -> AnyView {
    let texts = texts();
    let problem =
        |text: Text| view! { <p class="alert alert-danger" role="alert">{text}</p> }.rendered();
    let mail = match previewed(typed, task, order) {
        Ok(mail) => mail,
        Err(text) => return problem(text),
    };
    match preview(shop, order.id, &mail).await {
        Ok(PreviewOutcome::Email(email)) => view! { <Email email /> }.rendered(),
        Ok(PreviewOutcome::NotSent(_)) => view! { <p>{texts.admin_mail_none()}</p> }.rendered(),
        Err(error) => {
            tracing::error!(
                error = shop::error_chain::with_causes(&error),
                "an email could not be shown"
            );
            problem(texts.admin_unavailable())
        }
    }
}

#[component]
fn Shown(order: OrderDetails, body: AnyView, task: Option<i64>) -> impl IntoView {
    let texts = texts();
    let number = order.summary.number;
    let tasks = first_shown(ResendMail::PATH, SEEN, order.outbox.len());
    let sent = number.clone();
    let again = task.map(|task| {
        view! {
            <Form action=ResendMail::PATH>
                <input type="hidden" name="number" value=sent />
                <input type="hidden" name="task" value=task />
                <input type="hidden" name=SEEN value=tasks />
                <button type="submit" class="btn btn-primary">
                    {texts.admin_mail_send_again()}
                </button>
            </Form>
        }
    });
    view! {
        <Layout title=texts.admin_order_title(&number)>
            <h2>{texts.admin_mail_title()}</h2>
            <p><a href=page_of(&number)>{texts.admin_order_back()}</a></p>
            {body}
            {again}
        </Layout>
    }
}

/// The email that the address asks for, or what is wrong with what was typed.
fn previewed(
    typed: &Typed,
    task: Option<i64>,
    order: &OrderDetails,
) -> Result<PreviewedMail, Text> {
    let texts = texts();
    if let Some(task) = task {
        return Ok(PreviewedMail::Again { task });
    }
    if typed.get("mail") == "refunded" {
        let currency = &order.summary.currency;
        let part = refund_part(
            typed.get("part"),
            typed.get("amount"),
            &typed.units(),
            currency,
        );
        let amount = match part.map_err(|problem| problem.text)? {
            RefundPart::Rest => Some(order.refundable),
            RefundPart::Amount(amount) => Some(amount),
            RefundPart::Lines(units) => order.units_amount(&units),
        };
        let amount = amount.ok_or_else(|| texts.admin_refund_amounts_unknown())?;
        return Ok(PreviewedMail::Refunded { amount });
    }
    let parcel = Parcel::parse(
        typed.get("carrier"),
        typed.get("carrier_name"),
        typed.get("tracking"),
    );
    Ok(PreviewedMail::Shipped {
        parcel: parcel.map_err(|_| texts.admin_ship_carrier_unknown())?,
        lines: Some(units(&typed.units()).ok_or_else(|| texts.admin_ship_units_unreadable())?),
    })
}

#[component]
fn Email(email: MailPreview) -> impl IntoView {
    let texts = texts();
    let to = match email.to {
        Some(to) => to,
        None => texts.admin_mail_to_owner().into_owned(),
    };
    view! {
        <dl class="facts">
            <dt>{texts.admin_mail_to()}</dt><dd dir="auto">{to}</dd>
            <dt>{texts.admin_mail_subject()}</dt><dd dir="auto">{email.subject}</dd>
        </dl>
        <pre class="mail-text" lang=email.language dir="auto">{email.text}</pre>
    }
}

/// The order's emails, each with the way to send it again.
#[component]
pub(super) fn Mails(shop: Shop, order: OrderDetails) -> impl IntoView {
    let texts = texts();
    let no_server = shop.mailer.writes_files().then(|| {
        view! { <p class="alert alert-info">{texts.admin_no_mail_server()}</p> }
    });
    let page = page_of(&order.summary.number);
    let is_mail = |task: &OutboxRow| task.kind == TaskKind::Mail;
    let items = order.outbox.into_iter().filter(is_mail).map(|task| {
        let address = format!("{page}/mail?task={}", task.id);
        let state = mail_state(texts, task.state, task.error.as_deref());
        let name = mail_name(texts, &task.mail.unwrap_or_default());
        view! {
            <li>
                {name} " (" {state} ") "
                <a href=address>{texts.admin_mail_again()}</a>
            </li>
        }
    });
    view! {
        <section class="admin-card" aria-labelledby="mails">
            <h2 id="mails">{texts.admin_mails()}</h2>
            {no_server}
            <ul>{items.collect_view()}</ul>
        </section>
    }
}
