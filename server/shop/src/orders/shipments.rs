//! Parcels: units of an order that were sent, with carrier and tracking number.
//!
//! Everything is counted under the order's lock, so two people cannot send the same unit. A parcel
//! that was not sent after all is undone: its row stays, and its units count as not sent.

use std::collections::HashMap;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use serde::Serialize;
use serde_json::{Value, json};
pub use till_core::carrier::{Carrier, MAX_CARRIER_NAME, MAX_TRACKING_NUMBER};
use till_core::token::AttemptToken;
use till_core::view::full_name;
use time::OffsetDateTime;

use super::fulfilment::{OrderUnits, Units, refresh, submission};
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::clock;
use crate::database::{Database, WriteTransaction, locked};
use crate::entity::{order, order_line, shipment, shipment_line};
use crate::outbox::{Mail, Task, enqueue};

/// How a parcel travels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parcel {
    /// Who carries it; `None` if that is not said.
    pub carrier: Option<Carrier>,
    /// The name of another carrier; only with [`Carrier::Other`].
    pub carrier_name: Option<String>,
    /// The number by which the carrier finds it.
    pub tracking_number: Option<String>,
}

/// Why what was typed about a parcel is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParcelProblem {
    /// There is no such carrier.
    #[error("there is no such carrier")]
    UnknownCarrier,
    /// The name of another carrier is longer than [`MAX_CARRIER_NAME`].
    #[error("the carrier's name has more than {MAX_CARRIER_NAME} characters")]
    CarrierNameTooLong,
    /// The number is longer than [`MAX_TRACKING_NUMBER`].
    #[error("the tracking number has more than {MAX_TRACKING_NUMBER} characters")]
    TrackingNumberTooLong,
}

impl Parcel {
    /// Reads what was typed; empty text is nothing. A carrier is named by its word, such as `dhl`;
    /// with `other`, or without a word, `name` names it.
    ///
    /// # Errors
    /// [`ParcelProblem`]
    pub fn parse(carrier: &str, name: &str, number: &str) -> Result<Self, ParcelProblem> {
        let typed = |text: &str| {
            let text = text.replace(char::is_control, " ").trim().to_owned();
            Some(text).filter(|text| !text.is_empty())
        };
        let name = typed(name);
        let carrier = match carrier.trim() {
            "" => name.is_some().then_some(Carrier::Other),
            word => Some(word.parse().map_err(|_| ParcelProblem::UnknownCarrier)?),
        };
        // Without a name, another carrier is one that is not said.
        let carrier = carrier.filter(|carrier| *carrier != Carrier::Other || name.is_some());
        let carrier_name = name.filter(|_| carrier == Some(Carrier::Other));
        let is_longer = |text: &Option<String>, max| {
            text.as_ref().is_some_and(|text| text.chars().count() > max)
        };
        if is_longer(&carrier_name, MAX_CARRIER_NAME) {
            return Err(ParcelProblem::CarrierNameTooLong);
        }
        let tracking_number = typed(number);
        if is_longer(&tracking_number, MAX_TRACKING_NUMBER) {
            return Err(ParcelProblem::TrackingNumberTooLong);
        }
        Ok(Self {
            carrier,
            carrier_name,
            tracking_number,
        })
    }

    /// The carrier's name.
    #[must_use]
    pub fn carrier_name(&self) -> Option<String> {
        self.carrier.map(|carrier| match carrier {
            Carrier::Other => self.carrier_name.clone().unwrap_or_default(),
            known => known.name().to_owned(),
        })
    }

    /// The carrier's page about the parcel.
    #[must_use]
    pub fn tracking_address(&self) -> Option<String> {
        let number = self.tracking_number.as_deref()?;
        self.carrier?.tracking_address(number)
    }

    pub(crate) fn of(row: &shipment::Model) -> Self {
        Self {
            carrier: row.carrier,
            carrier_name: row.carrier_name.clone(),
            tracking_number: row.tracking_number.clone(),
        }
    }

    fn as_json(&self) -> Value {
        json!({ "carrier": self.carrier_name(), "tracking_number": self.tracking_number })
    }
}

/// Units that were sent.
#[derive(Clone, Debug)]
pub struct NewShipment {
    /// The order's id.
    pub order: i64,
    /// What is in the parcel. `None`: everything that is left to ship.
    pub lines: Option<Vec<Units>>,
    /// How it travels.
    pub parcel: Parcel,
    /// Whether to tell the buyer.
    pub notify: bool,
    /// The order's [`revision`] when the form was shown; nothing is done if it has changed.
    pub seen: Option<i64>,
    /// The form's token: sent again, the form changes nothing.
    pub form: Option<AttemptToken>,
}

/// The outcome of [`ship`]. Only [`Self::Shipped`] changes anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShipOutcome {
    /// It is recorded.
    Shipped {
        /// The parcel's id.
        shipment: i64,
        /// The number of units in it.
        units: i64,
    },
    /// The same form was sent before.
    AlreadyShipped,
    /// Nothing is left to ship.
    NothingLeft,
    /// No unit was chosen.
    NoUnits,
    /// More units of a line than are left to ship.
    MoreThanLeft {
        /// Its SKU.
        sku: String,
        /// The units that are left.
        left: i64,
    },
    /// The order has no such line.
    UnknownLine,
    /// Somebody has shipped, corrected or undone something since the form was shown.
    Changed,
    /// There is no such order.
    UnknownOrder,
}

/// A correction of a parcel's carrier and number.
#[derive(Clone, Debug)]
pub struct Correction {
    /// The order's id.
    pub order: i64,
    /// The parcel's id.
    pub shipment: i64,
    /// How it travels.
    pub parcel: Parcel,
    /// Whether to tell the buyer.
    pub notify: bool,
    /// The parcel's version when the form was shown; nothing is done if it has changed.
    pub seen: Option<i64>,
}

/// The outcome of correcting or undoing a parcel. Only [`Self::Done`] changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShipmentOutcome {
    /// It is done.
    Done,
    /// It was so before.
    Unchanged,
    /// Somebody has corrected or undone it since the form was shown.
    Changed,
    /// The order has no such parcel.
    UnknownShipment,
}

/// A parcel as the owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShipmentRow {
    /// Its id.
    pub id: i64,
    /// The carrier; `None` if that is not said.
    pub carrier: Option<Carrier>,
    /// The carrier's name.
    pub carrier_name: Option<String>,
    /// The number by which the carrier finds it.
    pub tracking_number: Option<String>,
    /// The carrier's page about it.
    pub tracking_address: Option<String>,
    /// Whether the buyer was told.
    pub notify: bool,
    /// Who sent it.
    pub by: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Counts its changes.
    pub version: i64,
    /// When it was undone.
    #[serde(with = "time::serde::rfc3339::option")]
    pub undone_at: Option<OffsetDateTime>,
    /// Who undid it.
    pub undone_by: Option<String>,
    /// What is in it.
    pub lines: Vec<ShipmentRowLine>,
}

/// Units in a parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShipmentRowLine {
    /// The variant's id.
    pub variant: i64,
    /// The variant's SKU when it was ordered.
    pub sku: String,
    /// The names of product and variant when it was ordered.
    pub name: String,
    /// The number of units.
    pub quantity: i64,
}

/// Counts the changes of an order's parcels.
#[must_use]
pub fn revision(shipments: &[ShipmentRow]) -> i64 {
    let versions = shipments.iter().map(|shipment| shipment.version);
    versions.fold(0, i64::saturating_add)
}

/// Records that units were sent.
///
/// # Errors
/// If the database does not answer. Nothing has changed then.
pub async fn ship(
    database: &Database,
    shipment: &NewShipment,
    actor: &Actor,
) -> Result<ShipOutcome, DbErr> {
    let transaction = database.begin_write("ship").await?;
    let Some(order) = lock_order(&transaction, shipment.order).await? else {
        transaction.rollback().await?;
        return Ok(ShipOutcome::UnknownOrder);
    };
    let outcome = write_shipment(&transaction, &order, shipment, actor).await?;
    if let ShipOutcome::Shipped { units, .. } = outcome {
        transaction.commit().await?;
        let (number, by) = (&order.number, actor.in_log());
        tracing::info!(
            order = number,
            by,
            units,
            "order {number}: {units} units are shipped"
        );
    } else {
        transaction.rollback().await?;
    }
    Ok(outcome)
}

/// Records that everything left of each of these orders was sent, each order in a transaction of
/// its own. Returns the outcome of each.
///
/// # Errors
/// If the database does not answer. What was recorded before stays so.
pub async fn ship_all(
    database: &Database,
    orders: &[i64],
    parcel: &Parcel,
    notify: bool,
    actor: &Actor,
) -> Result<Vec<(i64, ShipOutcome)>, DbErr> {
    let mut outcomes = Vec::with_capacity(orders.len());
    for order in orders {
        let shipment = NewShipment {
            order: *order,
            lines: None,
            parcel: parcel.clone(),
            notify,
            seen: None,
            form: None,
        };
        outcomes.push((*order, ship(database, &shipment, actor).await?));
    }
    Ok(outcomes)
}

async fn lock_order(
    transaction: &WriteTransaction,
    order: i64,
) -> Result<Option<order::Model>, DbErr> {
    locked(order::Entity::find_by_id(order))
        .one(transaction)
        .await
}

/// What is sent, or why it cannot be.
fn checked(
    units: &OrderUnits,
    order: &order::Model,
    asked: &NewShipment,
) -> Result<Vec<Units>, ShipOutcome> {
    let Some(lines) = &asked.lines else {
        let left = units.left();
        // Everything that is left of a refunded order is nothing.
        return match left.is_empty() || !order.fulfilment.is_open() {
            true => Err(ShipOutcome::NothingLeft),
            false => Ok(left),
        };
    };
    let mut sent: Vec<Units> = Vec::new();
    for line in lines.iter().filter(|line| line.quantity != 0) {
        let Some((row, of_line)) = units.of(line.variant) else {
            return Err(ShipOutcome::UnknownLine);
        };
        let is_repeated = sent.iter().any(|other| other.variant == line.variant);
        if line.quantity < 0 || line.quantity > of_line.left() || is_repeated {
            return Err(ShipOutcome::MoreThanLeft {
                sku: row.sku.clone(),
                left: of_line.left(),
            });
        }
        sent.push(*line);
    }
    match (sent.is_empty(), units.left().is_empty()) {
        (true, true) => Err(ShipOutcome::NothingLeft),
        (true, false) => Err(ShipOutcome::NoUnits),
        (false, _) => Ok(sent),
    }
}

async fn write_shipment(
    transaction: &WriteTransaction,
    order: &order::Model,
    asked: &NewShipment,
    actor: &Actor,
) -> Result<ShipOutcome, DbErr> {
    let submission = submission(
        asked.form.as_ref(),
        order.id,
        &format!("{:?}\0{:?}\0{}", asked.lines, asked.parcel, asked.notify),
    );
    let before = of_order(transaction, order.id).await?;
    if let Some(submission) = &submission {
        let same = shipment::Entity::find()
            .filter(shipment::Column::Submission.eq(submission))
            .one(transaction)
            .await?;
        if same.is_some() {
            return Ok(ShipOutcome::AlreadyShipped);
        }
    }
    if asked.seen.is_some_and(|seen| seen != revision(&before)) {
        return Ok(ShipOutcome::Changed);
    }
    let units = OrderUnits::load(transaction, order.id).await?;
    let sent = match checked(&units, order, asked) {
        Ok(sent) => sent,
        Err(outcome) => return Ok(outcome),
    };
    let shipped_at = clock::now();
    let row = shipment::ActiveModel {
        id: NotSet,
        order_id: Set(order.id),
        carrier: Set(asked.parcel.carrier),
        carrier_name: Set(asked.parcel.carrier_name.clone()),
        tracking_number: Set(asked.parcel.tracking_number.clone()),
        notify: Set(asked.notify),
        shipped_by: Set(actor.name.clone()),
        shipped_at: Set(shipped_at),
        version: Set(1),
        undone_at: Set(None),
        undone_by: Set(None),
        submission: Set(submission),
    };
    let id = shipment::Entity::insert(row)
        .exec(transaction)
        .await?
        .last_insert_id;
    let lines = sent.iter().map(|line| {
        shipment_line::Model {
            shipment_id: id,
            variant_id: line.variant,
            quantity: line.quantity,
        }
        .into_active_model()
        .reset_all()
    });
    shipment_line::Entity::insert_many(lines)
        .exec_without_returning(transaction)
        .await?;
    if asked.notify {
        let mail = Mail::Shipped {
            shipment: id,
            at: shipped_at.unix_timestamp(),
        };
        enqueue(transaction, &order.checkout_id, &Task::Mail { mail }).await?;
    }
    let skus = sent.iter().filter_map(|line| {
        let (row, _) = units.of(line.variant)?;
        Some((row.sku.clone(), line.quantity))
    });
    let skus: HashMap<String, i64> = skus.collect();
    let after = json!({
        "shipment": id,
        "parcel": asked.parcel.as_json(),
        "units": skus,
        "notify": asked.notify,
    });
    write_audit(
        transaction,
        actor,
        Action::ShipOrder,
        order,
        None,
        Some(after),
    )
    .await?;
    refresh(transaction, order).await?;
    Ok(ShipOutcome::Shipped {
        shipment: id,
        units: sent.iter().map(|line| line.quantity).sum(),
    })
}

async fn write_audit(
    transaction: &WriteTransaction,
    actor: &Actor,
    action: Action,
    order: &order::Model,
    before: Option<Value>,
    after: Option<Value>,
) -> Result<(), DbErr> {
    let entry = Entry {
        action,
        kind: SubjectKind::Order,
        subject: order.number.clone(),
        before,
        after,
    };
    audit::write(transaction, actor, entry).await
}

/// A parcel and its order, which is locked. `None` if the order has no such parcel.
async fn lock_shipment(
    transaction: &WriteTransaction,
    order: i64,
    id: i64,
) -> Result<Option<(order::Model, shipment::Model)>, DbErr> {
    let Some(order) = lock_order(transaction, order).await? else {
        return Ok(None);
    };
    let row = shipment::Entity::find_by_id(id)
        .filter(shipment::Column::OrderId.eq(order.id))
        .one(transaction)
        .await?;
    Ok(row.map(|row| (order, row)))
}

/// Corrects carrier and tracking number of a parcel.
///
/// # Errors
/// If the database does not answer. Nothing has changed then.
pub async fn correct(
    database: &Database,
    correction: &Correction,
    actor: &Actor,
) -> Result<ShipmentOutcome, DbErr> {
    let transaction = database.begin_write("correct-shipment").await?;
    let found = lock_shipment(&transaction, correction.order, correction.shipment).await?;
    let Some((order, row)) = found else {
        transaction.rollback().await?;
        return Ok(ShipmentOutcome::UnknownShipment);
    };
    let before = Parcel::of(&row);
    let has_changed = correction.seen.is_some_and(|seen| seen != row.version);
    let outcome = if row.undone_at.is_some() {
        ShipmentOutcome::Changed
    } else if before == correction.parcel {
        ShipmentOutcome::Unchanged
    } else if has_changed {
        ShipmentOutcome::Changed
    } else {
        ShipmentOutcome::Done
    };
    if outcome != ShipmentOutcome::Done {
        transaction.rollback().await?;
        return Ok(outcome);
    }
    let parcel = &correction.parcel;
    let version = row.version.saturating_add(1);
    shipment::Entity::update_many()
        .col_expr(shipment::Column::Carrier, Expr::value(parcel.carrier))
        .col_expr(
            shipment::Column::CarrierName,
            Expr::value(parcel.carrier_name.clone()),
        )
        .col_expr(
            shipment::Column::TrackingNumber,
            Expr::value(parcel.tracking_number.clone()),
        )
        .col_expr(shipment::Column::Version, Expr::value(version))
        .filter(shipment::Column::Id.eq(row.id))
        .exec(&transaction)
        .await?;
    if correction.notify {
        let mail = Mail::Shipped {
            shipment: row.id,
            at: row.shipped_at.unix_timestamp(),
        };
        let task = Task::MailAgain {
            mail,
            again: format!("version-{version}"),
        };
        enqueue(&transaction, &order.checkout_id, &task).await?;
    }
    let with_id = |parcel: &Parcel| json!({ "shipment": row.id, "parcel": parcel.as_json() });
    let (before, after) = (with_id(&before), with_id(parcel));
    let action = Action::CorrectShipment;
    write_audit(
        &transaction,
        actor,
        action,
        &order,
        Some(before),
        Some(after),
    )
    .await?;
    transaction.commit().await?;
    Ok(ShipmentOutcome::Done)
}

/// Records that a parcel was not sent after all. The buyer is not told; an email that is still
/// waiting is not sent. `seen` is as in [`Correction`].
///
/// # Errors
/// If the database does not answer. Nothing has changed then.
pub async fn undo(
    database: &Database,
    order: i64,
    shipment: i64,
    seen: Option<i64>,
    actor: &Actor,
) -> Result<ShipmentOutcome, DbErr> {
    let transaction = database.begin_write("undo-shipment").await?;
    let Some((order, row)) = lock_shipment(&transaction, order, shipment).await? else {
        transaction.rollback().await?;
        return Ok(ShipmentOutcome::UnknownShipment);
    };
    let outcome = if row.undone_at.is_some() {
        ShipmentOutcome::Unchanged
    } else if seen.is_some_and(|seen| seen != row.version) {
        ShipmentOutcome::Changed
    } else {
        ShipmentOutcome::Done
    };
    if outcome != ShipmentOutcome::Done {
        transaction.rollback().await?;
        return Ok(outcome);
    }
    let before = json!({ "shipment": row.id, "parcel": Parcel::of(&row).as_json() });
    let version = row.version.saturating_add(1);
    let mut update = row.into_active_model();
    update.version = Set(version);
    update.undone_at = Set(Some(clock::now()));
    update.undone_by = Set(Some(actor.name.clone()));
    update.update(&transaction).await?;
    let action = Action::UndoShipment;
    write_audit(&transaction, actor, action, &order, Some(before), None).await?;
    refresh(&transaction, &order).await?;
    transaction.commit().await?;
    let (number, by) = (&order.number, &actor.name);
    tracing::info!(order = number, by, "order {number}: a shipment was undone");
    Ok(ShipmentOutcome::Done)
}

/// Returns the parcels of an order, the first one first, also those that were undone.
///
/// # Errors
/// If the database does not answer.
pub async fn of_order(
    connection: &impl ConnectionTrait,
    order: i64,
) -> Result<Vec<ShipmentRow>, DbErr> {
    let rows = shipment::Entity::find()
        .filter(shipment::Column::OrderId.eq(order))
        .order_by_asc(shipment::Column::Id)
        .all(connection)
        .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let lines = shipment_line::Entity::find()
        .filter(shipment_line::Column::ShipmentId.is_in(rows.iter().map(|row| row.id)))
        .order_by_asc(shipment_line::Column::VariantId)
        .all(connection)
        .await?;
    let ordered = order_line::Entity::find()
        .filter(order_line::Column::OrderId.eq(order))
        .all(connection)
        .await?;
    let ordered: HashMap<i64, &order_line::Model> =
        ordered.iter().map(|line| (line.variant_id, line)).collect();
    let line = |line: &shipment_line::Model| {
        let ordered = ordered.get(&line.variant_id)?;
        Some(ShipmentRowLine {
            variant: line.variant_id,
            sku: ordered.sku.clone(),
            name: full_name(&ordered.product_name, &ordered.variant_name),
            quantity: line.quantity,
        })
    };
    let row = |row: shipment::Model| {
        let parcel = Parcel::of(&row);
        let of_row = lines.iter().filter(|line| line.shipment_id == row.id);
        ShipmentRow {
            id: row.id,
            carrier: row.carrier,
            carrier_name: parcel.carrier_name(),
            tracking_address: parcel.tracking_address(),
            tracking_number: row.tracking_number,
            notify: row.notify,
            by: row.shipped_by,
            at: row.shipped_at,
            version: row.version,
            undone_at: row.undone_at,
            undone_by: row.undone_by,
            lines: of_row.filter_map(line).collect(),
        }
    };
    Ok(rows.into_iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel(carrier: Option<Carrier>, name: Option<&str>, number: Option<&str>) -> Parcel {
        Parcel {
            carrier,
            carrier_name: name.map(str::to_owned),
            tracking_number: number.map(str::to_owned),
        }
    }

    #[test]
    fn what_was_typed_about_a_parcel_is_read() {
        for (typed, read) in [
            (["", "", ""], parcel(None, None, None)),
            (
                ["dhl", "", " 0034 "],
                parcel(Some(Carrier::Dhl), None, Some("0034")),
            ),
            (
                ["post_at", "ignored", ""],
                parcel(Some(Carrier::PostAt), None, None),
            ),
            (
                ["other", " Bike\ncourier ", "7"],
                parcel(Some(Carrier::Other), Some("Bike courier"), Some("7")),
            ),
            (
                ["", "Bike", ""],
                parcel(Some(Carrier::Other), Some("Bike"), None),
            ),
            (["other", "", "7"], parcel(None, None, Some("7"))),
        ] {
            let [carrier, name, number] = typed;
            assert_eq!(Parcel::parse(carrier, name, number), Ok(read), "{typed:?}");
        }
    }

    #[test]
    fn what_is_too_long_or_unknown_is_refused() {
        let long = "x".repeat(101);
        for (typed, problem) in [
            (["pigeon", "", ""], ParcelProblem::UnknownCarrier),
            (["other", &long, ""], ParcelProblem::CarrierNameTooLong),
            (["dhl", "", &long], ParcelProblem::TrackingNumberTooLong),
        ] {
            let [carrier, name, number] = typed;
            assert_eq!(Parcel::parse(carrier, name, number), Err(problem));
        }
    }
}
