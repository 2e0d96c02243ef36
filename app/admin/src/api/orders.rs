//! What the owner does with orders.
#![expect(
    clippy::too_many_arguments,
    reason = "the arguments are the fields of the form"
)]

use std::borrow::Cow;
use std::collections::HashMap;

use leptos::prelude::*;
use locale::Texts;
use shop::Shop;
use shop::entity::order;
use shop::orders;
use shop::orders::fulfilment::Units;
use shop::orders::notes::{self, MAX_NOTE, NoteOutcome};
use shop::orders::packing::MAX_ORDERS;
use shop::orders::refund::{
    AmountProblem, MAX_REASON, RefundOutcome, RefundPart, RefundRequest, check_refund,
    parse_amount, request_refund,
};
use shop::orders::resend::ResendOutcome;
use shop::orders::resolve::ResolveOutcome;
use shop::orders::shipments::{
    self, Correction, MAX_CARRIER_NAME, MAX_TRACKING_NUMBER, NewShipment, Parcel, ParcelProblem,
    ShipOutcome, ShipmentOutcome,
};
use shop::withdrawals::{self, DecisionOutcome, WithdrawalState};
use till_core::admin::Right;
use till_core::money::CurrencyCode;
use ui::language::texts;

use crate::access::require;
use crate::amounts::exchanged;
use crate::decision::{Decision, Problem, UnreadableForm, decide};
use crate::notice::Notice;

type Text = Cow<'static, str>;

fn shop() -> Result<Shop, Decision> {
    use_context::<Shop>().ok_or(Decision::Unavailable)
}

/// The order with this number.
async fn find(shop: &Shop, number: &str) -> Result<order::Model, Decision> {
    let settings = shop.owner_settings();
    let numbers = &settings.orders.numbers;
    let found = orders::find(&shop.database, number, numbers).await?;
    let found = found.into_iter().find(|order| order.number == number);
    found.ok_or_else(|| Decision::again(texts().admin_order_unknown()))
}

/// The field with what a form showed of what others may change.
pub(crate) const SEEN: &str = "seen";

/// The path of an order's page.
pub(crate) fn page_of(number: &str) -> String {
    format!("/admin/orders/{number}")
}

/// The units that were typed, by variant; empty fields are none.
pub(crate) fn units(typed: &HashMap<String, String>) -> Option<Vec<Units>> {
    let mut units = Vec::new();
    for (variant, quantity) in typed {
        let quantity = quantity.trim();
        if quantity.is_empty() {
            continue;
        }
        units.push(Units {
            variant: variant.parse().ok()?,
            quantity: quantity.parse().ok().filter(|quantity| *quantity >= 0)?,
        });
    }
    units.sort_by_key(|units| units.variant);
    Some(units)
}

fn parcel(carrier: &str, name: &str, tracking: &str) -> Result<Parcel, Decision> {
    let texts = texts();
    Parcel::parse(carrier, name, tracking).map_err(|problem| match problem {
        ParcelProblem::UnknownCarrier => {
            Decision::wrong_field("carrier", texts.admin_ship_carrier_unknown())
        }
        ParcelProblem::CarrierNameTooLong => {
            let text = texts.admin_ship_too_long(MAX_CARRIER_NAME as u64);
            Decision::wrong_field("carrier_name", text)
        }
        ParcelProblem::TrackingNumberTooLong => {
            let text = texts.admin_ship_too_long(MAX_TRACKING_NUMBER as u64);
            Decision::wrong_field("tracking", text)
        }
    })
}

/// Why units were not recorded as sent.
fn not_shipped(texts: Texts, outcome: &ShipOutcome) -> Option<Text> {
    Some(match outcome {
        ShipOutcome::Shipped { .. } => return None,
        ShipOutcome::AlreadyShipped => texts.admin_ship_already(),
        ShipOutcome::NothingLeft => texts.admin_ship_nothing_left(),
        ShipOutcome::NoUnits => texts.admin_ship_no_units(),
        ShipOutcome::MoreThanLeft { sku, left } => {
            texts.admin_ship_too_many(sku, left.unsigned_abs()).into()
        }
        ShipOutcome::UnknownLine => texts.admin_ship_unknown_line(),
        ShipOutcome::Changed => texts.admin_ship_changed(),
        ShipOutcome::UnknownOrder => texts.admin_order_unknown(),
    })
}

/// Records a parcel. `seen` is the revision of the order's parcels when the form was shown.
#[server(prefix = "/admin/api", endpoint = "orders/ship")]
pub async fn ship_order(
    #[server(default)] number: String,
    #[server(default)] units: HashMap<String, String>,
    #[server(default)] carrier: String,
    #[server(default)] carrier_name: String,
    #[server(default)] tracking: String,
    #[server(default)] notify: Option<String>,
    #[server(default)] seen: Option<i64>,
    #[server(default)] attempt: String,
) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Ship)?;
        let shop = shop()?;
        let order = find(&shop, &number).await?;
        let lines = self::units(&units);
        let lines = lines.ok_or_else(|| Decision::again(texts().admin_ship_units_unreadable()))?;
        let shipment = NewShipment {
            order: order.id,
            lines: Some(lines),
            parcel: parcel(&carrier, &carrier_name, &tracking)?,
            notify: notify.is_some(),
            seen,
            form: attempt.parse().ok(),
        };
        let outcome = shipments::ship(&shop.database, &shipment, &admin.actor).await?;
        Ok(match not_shipped(texts(), &outcome) {
            // Sent twice by a double click: what it wanted is done.
            _ if outcome == ShipOutcome::AlreadyShipped => {
                Decision::done(&page_of(&number), Notice::Shipped)
            }
            Some(problem) if outcome == ShipOutcome::Changed => Decision::changed(SEEN, problem),
            Some(problem) => Decision::again(problem),
            None => Decision::done(&page_of(&number), Notice::Shipped),
        })
    })
    .await
}

/// Marks several orders as shipped, each on its own.
#[server(prefix = "/admin/api", endpoint = "orders/ship-all")]
pub async fn ship_orders(
    #[server(default)] order: HashMap<String, String>,
    #[server(default)] carrier: String,
    #[server(default)] notify: Option<String>,
) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Ship)?;
        let shop = shop()?;
        let texts = texts();
        let mut chosen: Vec<i64> = order.keys().filter_map(|id| id.parse().ok()).collect();
        chosen.sort_unstable();
        if chosen.is_empty() {
            return Err(Decision::again(texts.admin_orders_none_chosen()));
        }
        if chosen.len() > MAX_ORDERS {
            return Err(Decision::again(
                texts.admin_orders_too_many(MAX_ORDERS as u64),
            ));
        }
        let parcel = parcel(&carrier, "", "")?;
        let (database, notify) = (&shop.database, notify.is_some());
        let outcomes = shipments::ship_all(database, &chosen, &parcel, notify, &admin.actor);
        let outcomes = outcomes.await?;
        let numbers = orders::numbers_of(database, &chosen).await?;
        let failed = outcomes.iter().filter_map(|(id, outcome)| {
            let reason = not_shipped(texts, outcome)?;
            let number = numbers.get(id).cloned().unwrap_or_else(|| id.to_string());
            Some(texts.admin_orders_not_shipped(&number, &reason))
        });
        let failed: Vec<String> = failed.collect();
        if failed.is_empty() {
            let to = "/admin/orders?state=to_ship";
            return Ok(Decision::done(to, Notice::OrdersShipped));
        }
        let shipped = outcomes.len().saturating_sub(failed.len()) as u64;
        let first = texts.admin_orders_some_shipped(shipped);
        let problem = |text: String| Problem {
            field: None,
            text: text.into(),
        };
        Err(Decision::Again {
            problems: std::iter::once(first).chain(failed).map(problem).collect(),
            retry_after: None,
        })
    })
    .await
}

fn after_shipment(outcome: ShipmentOutcome, number: &str, done: Notice) -> Decision {
    let texts = texts();
    match outcome {
        ShipmentOutcome::Done => Decision::done(&page_of(number), done),
        ShipmentOutcome::Unchanged => Decision::again(texts.admin_shipment_unchanged()),
        ShipmentOutcome::Changed => Decision::changed(SEEN, texts.admin_shipment_changed()),
        ShipmentOutcome::UnknownShipment => Decision::again(texts.admin_shipment_unknown()),
    }
}

/// Corrects a parcel. `seen` is its version when the form was shown.
#[server(prefix = "/admin/api", endpoint = "orders/correct-shipment")]
pub async fn correct_shipment(
    #[server(default)] number: String,
    #[server(default)] shipment: i64,
    #[server(default)] carrier: String,
    #[server(default)] carrier_name: String,
    #[server(default)] tracking: String,
    #[server(default)] notify: Option<String>,
    #[server(default)] seen: Option<i64>,
) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Ship)?;
        let shop = shop()?;
        let order = find(&shop, &number).await?;
        let correction = Correction {
            order: order.id,
            shipment,
            parcel: parcel(&carrier, &carrier_name, &tracking)?,
            notify: notify.is_some(),
            seen,
        };
        let outcome = shipments::correct(&shop.database, &correction, &admin.actor).await?;
        Ok(after_shipment(outcome, &number, Notice::ShipmentCorrected))
    })
    .await
}

/// Undoes a parcel. `seen` is its version when the form was shown.
#[server(prefix = "/admin/api", endpoint = "orders/undo-shipment")]
pub async fn undo_shipment(
    #[server(default)] number: String,
    #[server(default)] shipment: i64,
    #[server(default)] seen: Option<i64>,
) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Ship)?;
        let shop = shop()?;
        let order = find(&shop, &number).await?;
        let undone = shipments::undo(&shop.database, order.id, shipment, seen, &admin.actor);
        Ok(after_shipment(
            undone.await?,
            &number,
            Notice::ShipmentUndone,
        ))
    })
    .await
}

/// What a form wants to have refunded.
pub(crate) fn refund_part(
    part: &str,
    amount: &str,
    typed: &HashMap<String, String>,
    currency: &CurrencyCode,
) -> Result<RefundPart, Problem> {
    let texts = texts();
    let problem = |field: Option<&str>, text: Text| Problem {
        field: field.map(str::to_owned),
        text,
    };
    let mut fields_with_units = typed.iter().filter_map(|(variant, typed)| {
        let is_empty = matches!(typed.trim(), "" | "0");
        (!is_empty).then(|| format!("units[{variant}]"))
    });
    match part {
        // What is typed beside another choice would not count: it is asked rather than ignored.
        "rest" | "lines" if !amount.trim().is_empty() => {
            Err(problem(Some("amount"), texts.admin_refund_amount_beside()))
        }
        "rest" | "amount" if let Some(field) = fields_with_units.next() => {
            Err(problem(Some(&field), texts.admin_refund_units_beside()))
        }
        "amount" => {
            let language = texts.language();
            let amount = exchanged(amount, language);
            let amount = parse_amount(&amount, currency).map_err(|wrong| match wrong {
                AmountProblem::UnknownCurrency => {
                    problem(None, texts.admin_refund_currency_unknown())
                }
                AmountProblem::NotAnAmount { example: such }
                | AmountProblem::NotAStep { step: such } => {
                    let such = exchanged(&such, language);
                    let text = texts.admin_refund_amount_unreadable(&such);
                    problem(Some("amount"), text.into())
                }
            })?;
            Ok(RefundPart::Amount(amount))
        }
        "lines" => match units(typed) {
            Some(units) => Ok(RefundPart::Lines(units)),
            None => Err(problem(None, texts.admin_ship_units_unreadable())),
        },
        "rest" => Ok(RefundPart::Rest),
        _ => Err(problem(Some("part"), texts.admin_refund_choose_first())),
    }
}

/// The field with the amount that a person confirms, in minor units.
pub(crate) const CONFIRMED: &str = "confirmed";
/// The field with the number of units that would be back in stock.
pub(crate) const RETURNED: &str = "returned";

/// Requests a refund, once the person has confirmed its amount. `seen` is what was left when the
/// form was shown, and `confirmed` what was asked, in minor units; `change` goes back to the form.
#[server(prefix = "/admin/api", endpoint = "orders/refund")]
pub async fn refund_order(
    #[server(default)] number: String,
    #[server(default)] part: String,
    #[server(default)] amount: String,
    #[server(default)] units: HashMap<String, String>,
    #[server(default)] restock: Option<String>,
    #[server(default)] reason: String,
    #[server(default)] notify: Option<String>,
    #[server(default)] seen: Option<i64>,
    #[server(default)] attempt: String,
    #[server(default)] confirmed: Option<i64>,
    #[server(default)] change: Option<String>,
) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Refund)?;
        let shop = shop()?;
        if change.is_some() {
            return Ok(Decision::Ask { fields: Vec::new() });
        }
        let order = find(&shop, &number).await?;
        let reason = reason.replace(char::is_control, " ").trim().to_owned();
        if reason.chars().count() > MAX_REASON {
            let text = texts().admin_reason_too_long();
            return Err(Decision::wrong_field("reason", text));
        }
        let part = refund_part(&part, &amount, &units, &order.currency);
        let part = part.map_err(|problem| Decision::Again {
            problems: vec![problem],
            retry_after: None,
        })?;
        let restock = restock.is_some();
        // Which items they are is not said.
        if restock && matches!(part, RefundPart::Amount(_)) {
            return Err(Decision::again(texts().admin_refund_amount_restocks()));
        }
        let request = RefundRequest {
            order: order.id,
            part,
            restock,
            reason: Some(reason).filter(|reason| !reason.is_empty()),
            notify: notify.is_some(),
            seen,
            confirmed,
            form: attempt.parse().ok(),
        };
        let (database, actor) = (&shop.database, &admin.actor);
        let outcome = match confirmed {
            Some(_) => request_refund(database, &request, actor).await?,
            None => check_refund(database, &request, actor).await?,
        };
        let page = page_of(&number);
        Ok(match outcome {
            RefundOutcome::Requested { amount, units } if confirmed.is_none() => {
                confirm(amount, units)
            }
            RefundOutcome::OnlyRestocked { units } if confirmed.is_none() => confirm(0, units),
            RefundOutcome::Requested { .. } | RefundOutcome::AlreadyRequested { .. } => {
                Decision::done(&page, Notice::RefundRequested)
            }
            RefundOutcome::OnlyRestocked { .. } => Decision::done(&page, Notice::Restocked),
            refused @ RefundOutcome::Changed { .. } => {
                Decision::changed(SEEN, not_refunded(&refused, &order.currency))
            }
            refused => Decision::again(not_refunded(&refused, &order.currency)),
        })
    })
    .await
}

/// Asks for a refund of this amount, in minor units, with so many units back in stock.
fn confirm(amount: i64, units: i64) -> Decision {
    Decision::Ask {
        fields: vec![
            (CONFIRMED.to_owned(), amount.to_string()),
            (RETURNED.to_owned(), units.to_string()),
        ],
    }
}

/// Why nothing is refunded.
fn not_refunded(outcome: &RefundOutcome, currency: &CurrencyCode) -> Text {
    let texts = texts();
    let money = |amount: i64| texts.amount(amount, currency);
    match outcome {
        RefundOutcome::MoreThanLeft { left } => {
            texts.admin_refund_more_than_left(&money(*left)).into()
        }
        RefundOutcome::Changed { left } => texts.admin_refund_changed(&money(*left)).into(),
        RefundOutcome::MoreUnitsThanLeft { sku, left } => texts
            .admin_refund_too_many_units(sku, left.unsigned_abs())
            .into(),
        RefundOutcome::Requested { .. }
        | RefundOutcome::AlreadyRequested { .. }
        | RefundOutcome::OnlyRestocked { .. } => texts.admin_refund_already(),
        RefundOutcome::NothingLeft { .. } => texts.admin_refund_nothing_left(),
        RefundOutcome::NoUnits => texts.admin_refund_no_units(),
        RefundOutcome::UnknownLine => texts.admin_refund_unknown_line(),
        RefundOutcome::AmountsUnknown => texts.admin_refund_amounts_unknown(),
        RefundOutcome::WorthNothing => texts.admin_refund_worth_nothing(),
        RefundOutcome::NothingToRestock => texts.admin_refund_no_stock(),
        RefundOutcome::Disputed => texts.admin_refund_disputed(),
        RefundOutcome::DisputeLost => texts.admin_refund_dispute_lost(),
        RefundOutcome::NothingPaid => texts.admin_refund_nothing_paid(),
        RefundOutcome::UnknownOrder => texts.admin_order_unknown(),
    }
}

/// Writes a note.
#[server(prefix = "/admin/api", endpoint = "orders/note")]
pub async fn write_note(
    #[server(default)] number: String,
    #[server(default)] note: String,
    #[server(default)] attempt: String,
) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Orders)?;
        let shop = shop()?;
        let order = find(&shop, &number).await?;
        let form = attempt.parse().ok();
        let written = notes::write(&shop.database, order.id, &note, form.as_ref(), &admin.actor);
        let texts = texts();
        Ok(match written.await? {
            NoteOutcome::Written | NoteOutcome::AlreadyWritten => {
                Decision::done(&page_of(&number), Notice::NoteWritten)
            }
            NoteOutcome::Empty => Decision::wrong_field("note", texts.admin_note_empty()),
            NoteOutcome::TooLong { characters } => {
                let text = texts.admin_note_too_long(characters as u64, MAX_NOTE as u64);
                Decision::wrong_field("note", text)
            }
            NoteOutcome::UnknownOrder => Decision::again(texts.admin_order_unknown()),
        })
    })
    .await
}

/// Sends an email again. `seen` is the number of the order's tasks when the form was shown.
#[server(prefix = "/admin/api", endpoint = "orders/resend")]
pub async fn resend_mail(
    #[server(default)] number: String,
    #[server(default)] task: i64,
    #[server(default)] seen: Option<usize>,
) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Orders)?;
        let shop = shop()?;
        let order = find(&shop, &number).await?;
        let resent = orders::resend::resend(&shop.database, order.id, task, seen, &admin.actor);
        let texts = texts();
        let notice = match shop.mailer.writes_files() {
            true => Notice::MailInFile,
            false => Notice::MailResent,
        };
        Ok(match resent.await? {
            ResendOutcome::Enqueued => Decision::done(&page_of(&number), notice),
            ResendOutcome::Changed => Decision::changed(SEEN, texts.admin_mail_changed()),
            ResendOutcome::Waiting => Decision::again(texts.admin_mail_waiting()),
            ResendOutcome::UnknownMail => Decision::again(texts.admin_mail_unknown()),
        })
    })
    .await
}

/// Resolves what needs attention. `seen` are the reasons that the form showed.
#[server(prefix = "/admin/api", endpoint = "orders/resolve")]
pub async fn resolve_order(
    #[server(default)] number: String,
    #[server(default)] resolution: String,
    #[server(default)] seen: HashMap<usize, String>,
) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Resolve)?;
        let shop = shop()?;
        let order = find(&shop, &number).await?;
        let texts = texts();
        let note = resolution.replace(char::is_control, " ").trim().to_owned();
        if note.is_empty() {
            return Err(Decision::wrong_field(
                "resolution",
                texts.admin_resolve_empty(),
            ));
        }
        if note.chars().count() > MAX_REASON {
            return Err(Decision::wrong_field(
                "resolution",
                texts.admin_reason_too_long(),
            ));
        }
        let mut seen: Vec<_> = seen.into_iter().collect();
        seen.sort_by_key(|(place, _)| *place);
        let seen: Vec<String> = seen.into_iter().map(|(_, reason)| reason).collect();
        let actor = &admin.actor;
        let resolved =
            orders::resolve::resolve(&shop.database, order.id, &note, Some(&seen), actor);
        Ok(match resolved.await? {
            ResolveOutcome::Resolved(_) => Decision::done(&page_of(&number), Notice::Resolved),
            ResolveOutcome::Changed(_) => Decision::changed(SEEN, texts.admin_resolve_changed()),
            ResolveOutcome::AlreadyResolved | ResolveOutcome::NothingToResolve => {
                Decision::again(texts.admin_resolve_nothing())
            }
        })
    })
    .await
}

/// Accepts or refuses a withdrawal. `seen` is its state when the form was shown.
#[server(prefix = "/admin/api", endpoint = "orders/decide-withdrawal")]
pub async fn decide_withdrawal(
    #[server(default)] number: String,
    #[server(default)] withdrawal: i64,
    #[server(default)] decision: String,
    #[server(default)] reason: String,
    #[server(default)] seen: Option<String>,
) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Resolve)?;
        let shop = shop()?;
        let texts = texts();
        let reason = reason.replace(char::is_control, " ").trim().to_owned();
        if reason.chars().count() > MAX_REASON {
            return Err(Decision::again(texts.admin_reason_too_long()));
        }
        // That of another order is not decided on this order's page.
        let found = withdrawals::show(&shop.database, withdrawal).await?;
        let found = found.filter(|found| found.order.as_deref().unwrap_or_default() == number);
        if found.is_none() {
            return Err(Decision::again(texts.admin_withdrawal_unknown()));
        }
        let decision = match decision.as_str() {
            "accept" => withdrawals::Decision::Accept,
            "refuse" => withdrawals::Decision::Refuse {
                reason: Some(reason).filter(|reason| !reason.is_empty()),
            },
            _ => return Err(Decision::again(texts.admin_form_unreadable())),
        };
        let page = match number.is_empty() {
            true => format!("/admin/withdrawals/{withdrawal}"),
            false => page_of(&number),
        };
        let all = [
            WithdrawalState::Received,
            WithdrawalState::Accepted,
            WithdrawalState::Refused,
        ];
        let seen = seen.and_then(|seen| all.into_iter().find(|state| state.as_ref() == seen));
        let decided =
            withdrawals::decide(&shop.database, withdrawal, &decision, seen, &admin.actor);
        Ok(match decided.await? {
            DecisionOutcome::Decided => Decision::done(&page, Notice::WithdrawalDecided),
            DecisionOutcome::AlreadyDecided => Decision::again(texts.admin_withdrawal_already()),
            DecisionOutcome::Changed => Decision::changed(SEEN, texts.admin_withdrawal_changed()),
            DecisionOutcome::Unknown => Decision::again(texts.admin_withdrawal_unknown()),
        })
    })
    .await
}
