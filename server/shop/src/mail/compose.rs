//! Composes the email of an outbox task from the current rows: an email describes the state when
//! it is composed, not when its task was created, and is skipped if it no longer applies.
//!
//! This reads what the email needs; `templates` says it.

use locale::{Language, Texts, paths};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::account_templates::{AccountMail, AccountReason};
use super::email::{Email, Recipient};
use super::owner_templates::{
    DisputeClosed, Disputed, Inquiry, LatePayment, LateRefundRefused, NewOrder, Oversold,
    PaymentDiffers, PaymentsRefused, RefundCancelled, RefundFailed, RequestedRefundRefused,
    UnusableEvents,
};
use super::shopper_templates::{
    Failed, OrderLink, Paid, PaidLate, Processing, RefundShare, Refunded, SentParcel, Shipped,
    ShippedShare, WithdrawalReceived,
};
use super::summary::{Line, Summary};
use super::templates::{MailTemplate, Sender};
use super::withdrawal_templates::{NewWithdrawal, WithdrawalFacts};
use super::{one_line, policies};
use crate::Shop;
use crate::admin::{self, AdminError, LinkMail, LinkPurpose};
use crate::checkout::{CheckoutError, Quote, find};
use crate::entity::{
    admin_user, checkout, dispute, order, outbox, refund, refund_request, stripe_event, withdrawal,
};
use crate::inbox::payload::{Envelope, SessionPayload};
use crate::notice::{self, Notice};
use crate::orders::fulfilment::{Units, left_to_ship};
use crate::orders::shipments::{Parcel, of_order};
use crate::orders::{self, Flag};
use crate::outbox::{Attention, Mail, Task};
use crate::withdrawals::{Statement, order_of};
use till_core::lifecycle::CheckoutState;
use till_core::money::{self, CurrencyCode, MinorUnit, Money};
use till_core::refunds::{Certainty, DisputeStatus, RefundStatus};
use till_core::view::{BuyerView, Destination, OrderView, TaxView};

/// Whether an email is still to be sent.
#[derive(Debug)]
pub(crate) enum ComposeOutcome {
    /// The email to send.
    Email(Box<Email>),
    /// It is not sent, for this reason.
    Skip(&'static str),
}

/// Why an email could not be composed.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// Its rows could not be read.
    #[error(transparent)]
    Rows(#[from] CheckoutError),
    /// Its template failed, which no email makes it do.
    #[error("the email cannot be rendered")]
    Template(#[from] askama::Error),
    /// Its link could not be made.
    #[error("its link could not be made")]
    Link(#[source] AdminError),
}

impl From<sea_orm::DbErr> for ComposeError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Rows(error.into())
    }
}

/// The rows that an email is about.
struct MailContext<'a> {
    shop: &'a Shop,
    /// Whether the owner receives it, who has links to the admin.
    is_to_owner: bool,
    /// The language of the email.
    language: Language,
    quote: Quote,
    order: Option<order::Model>,
    view: OrderView,
}

/// Composes the email about a checkout, or about the whole shop if it is a notice.
pub(crate) async fn compose(
    shop: &Shop,
    checkout: &str,
    mail: &Mail,
) -> Result<ComposeOutcome, ComposeError> {
    shop.live.refresh(&shop.database).await;
    if let Mail::Notice { notice, .. } = mail {
        return compose_notice(shop, *notice).await;
    }
    if let Mail::WithdrawalReceived { withdrawal, .. } | Mail::NewWithdrawal { withdrawal, .. } =
        mail
    {
        return compose_withdrawal(shop, mail, *withdrawal).await;
    }
    if let Mail::PasswordReset { .. } | Mail::Invitation { .. } = mail {
        return compose_link(shop, mail).await;
    }
    if let Mail::SignInAttack { user, codes, .. } = mail {
        return compose_attack(shop, *user, *codes).await;
    }
    let context = MailContext::load(shop, checkout, mail).await?;
    if let Some(reason) = skip_reason(&context, mail) {
        return Ok(ComposeOutcome::Skip(reason));
    }
    match (mail, &context.order) {
        (Mail::Processing, _) => {
            let summary = context.summary();
            context.to_shopper(&Processing { summary }).await
        }
        (Mail::Failed, _) => {
            let mail = Failed {
                shop_url: page(shop, "/", context.language),
                summary: context.summary(),
            };
            context.to_shopper(&mail).await
        }
        (_, Some(order)) => compose_about_order(&context, order, mail).await,
        (_, None) => Ok(ComposeOutcome::Skip("there is no order")),
    }
}

async fn compose_about_order(
    context: &MailContext<'_>,
    order: &order::Model,
    mail: &Mail,
) -> Result<ComposeOutcome, ComposeError> {
    let (number, summary) = (order.number.clone(), context.summary());
    match mail {
        Mail::Paid => {
            let mail = Paid {
                number,
                is_free: order.amount_total == 0,
                ships: context.view.ships,
                withdrawal_url: context.withdrawal_url(&order.number),
                summary,
                policies: policies::of_order(context.shop, &context.quote.checkout.language)
                    .await?,
            };
            context.to_shopper(&mail).await
        }
        Mail::PaidLate { refunding } => {
            let mail = PaidLate {
                number,
                refunding: refunding.then(|| context.money(order.amount_total)),
                summary,
            };
            context.to_shopper(&mail).await
        }
        Mail::Refunded { refund } => match refunded(context, order, refund).await? {
            Some(mail) => context.to_shopper(&mail).await,
            None => Ok(ComposeOutcome::Skip("the refund failed or was cancelled")),
        },
        Mail::Shipped { shipment, at } => match sent_parcel(context, *shipment, *at).await? {
            Some((parcel, share)) => {
                let mail = shipped(context, order, parcel, share);
                context.to_shopper(&mail).await
            }
            None => Ok(ComposeOutcome::Skip("the shipment was undone")),
        },
        Mail::OrderLink { .. } => context.to_shopper(&OrderLink { number, summary }).await,
        Mail::NewOrder => {
            let mail = new_order(context, order).await?;
            context.to_owner(&mail)
        }
        Mail::Attention { reason } => compose_attention(context, order, reason).await,
        Mail::Processing
        | Mail::Failed
        | Mail::Notice { .. }
        | Mail::WithdrawalReceived { .. }
        | Mail::NewWithdrawal { .. }
        | Mail::PasswordReset { .. }
        | Mail::Invitation { .. }
        | Mail::SignInAttack { .. } => Ok(ComposeOutcome::Skip("it is not about an order")),
    }
}

/// Composes an email to the owner about the shop as a whole.
async fn compose_notice(shop: &Shop, notice: Notice) -> Result<ComposeOutcome, ComposeError> {
    let reader = shop.database.reader();
    let Some(last_seen) = notice::last_seen(reader, notice).await? else {
        return Ok(ComposeOutcome::Skip("there is nothing left to report"));
    };
    let at = shop.profile().time_zone.format_table(last_seen.at);
    let detail = one_line(&last_seen.detail);
    match notice {
        Notice::PaymentsRefused => {
            let mail = PaymentsRefused { at, detail };
            write(shop, Recipient::Owner, Language::default(), &mail)
        }
        Notice::UnusableEvents => {
            let shop_url = shop.settings.public_url.clone();
            let mail = UnusableEvents {
                at,
                detail,
                shop_url,
            };
            write(shop, Recipient::Owner, Language::default(), &mail)
        }
    }
}

/// The absolute address of one of the shop's pages in a language.
fn page(shop: &Shop, path: &str, language: Language) -> String {
    let path = paths::localized(path, language, &shop.settings.languages);
    let path = path.strip_suffix('/').unwrap_or(&path);
    format!("{}{path}", shop.settings.public_url)
}

/// The language with this code, or the shop's default if it is not one of the shop's any more.
fn language_named(shop: &Shop, code: &str) -> Language {
    let languages = &shop.settings.languages;
    let default = languages.default_language();
    languages.named(code).unwrap_or(default)
}

/// Composes an email about a withdrawal: the acknowledgement, or the owner's.
async fn compose_withdrawal(
    shop: &Shop,
    mail: &Mail,
    id: i64,
) -> Result<ComposeOutcome, ComposeError> {
    let row = withdrawal::Entity::find_by_id(id)
        .one(shop.database.reader())
        .await?
        .ok_or(CheckoutError::NotFound("there is no such withdrawal"))?;
    let order = match mail {
        Mail::NewWithdrawal { .. } => order_of(shop, &row).await?.map(|order| order.number),
        _ => None,
    };
    let language = match mail {
        Mail::NewWithdrawal { .. } => Language::default(),
        _ => language_named(shop, &row.language),
    };
    let zone = shop.profile().time_zone.clone();
    let received_at = zone.format_seconds(row.received_at, language);
    let statement = Statement::of(row);
    let facts = WithdrawalFacts::of(&statement, received_at);
    match mail {
        Mail::NewWithdrawal { .. } => {
            let mail = NewWithdrawal {
                order,
                facts,
                url: format!("{}/admin/withdrawals/{id}", shop.settings.public_url),
            };
            write(shop, Recipient::Owner, language, &mail)
        }
        _ => match recipient(Some(statement.email), Some(statement.name)) {
            Some(shopper) => {
                let shop_url = page(shop, "/", language);
                let mail = WithdrawalReceived { facts, shop_url };
                write(shop, shopper, language, &mail)
            }
            None => Ok(ComposeOutcome::Skip("no email address")),
        },
    }
}

/// Composes an email to a user of the admin with a link, which is made now.
async fn compose_link(shop: &Shop, mail: &Mail) -> Result<ComposeOutcome, ComposeError> {
    let made = admin::make_link_for_mail(shop, mail).await;
    let (mail, language, role, link) = match made.map_err(ComposeError::Link)? {
        LinkMail::To {
            mail,
            language,
            role,
            link,
        } => (mail, language, role, link),
        LinkMail::Skip(reason) => return Ok(ComposeOutcome::Skip(reason)),
    };
    let email = AccountMail {
        reason: match link.purpose {
            LinkPurpose::Reset => AccountReason::PasswordReset,
            LinkPurpose::FirstOwner | LinkPurpose::Invitation => AccountReason::Invitation(role),
        },
        url: link.url(&shop.settings.public_url),
    };
    write_to_user(shop, mail, language, &email)
}

/// Composes the email to a user of the admin whose password or codes somebody is guessing.
async fn compose_attack(
    shop: &Shop,
    user: i64,
    codes: bool,
) -> Result<ComposeOutcome, ComposeError> {
    let row = admin_user::Entity::find_by_id(user)
        .one(shop.database.reader())
        .await?;
    let Some(row) = row else {
        return Ok(ComposeOutcome::Skip("the user was removed"));
    };
    let email = AccountMail {
        reason: match codes {
            true => AccountReason::CodesGuessed,
            false => AccountReason::PasswordGuessed,
        },
        url: format!("{}/admin/account", shop.settings.public_url),
    };
    let language = row.language.parse().unwrap_or_default();
    write_to_user(shop, row.mail, language, &email)
}

fn write_to_user(
    shop: &Shop,
    address: String,
    language: Language,
    mail: &AccountMail,
) -> Result<ComposeOutcome, ComposeError> {
    let (settings, profile) = (&shop.settings, shop.profile());
    let mut sender = Sender::new(&profile, &settings.public_url, !settings.livemode);
    sender.texts = Texts::of(language);
    let to = Recipient::Shopper {
        address,
        name: None,
    };
    let email = Email::new(to, &sender, mail)?;
    Ok(ComposeOutcome::Email(Box::new(email)))
}

fn write(
    shop: &Shop,
    to: Recipient,
    language: Language,
    mail: &impl MailTemplate,
) -> Result<ComposeOutcome, ComposeError> {
    let (settings, profile) = (&shop.settings, shop.profile());
    let mut sender = Sender::new(&profile, &settings.public_url, !settings.livemode);
    sender.texts = Texts::of(language);
    if to != Recipient::Owner {
        sender.policies = policies::links(shop, language);
    }
    let email = Email::new(to, &sender, mail)?;
    Ok(ComposeOutcome::Email(Box::new(email)))
}

/// Why an email no longer applies.
fn skip_reason(context: &MailContext<'_>, mail: &Mail) -> Option<&'static str> {
    let fully_refunded = || {
        // Pending refunds do not count: they may fail before the shopper has heard of them.
        let refunded = context.view.refunded.amount.0;
        context
            .order
            .as_ref()
            .is_some_and(|order| refunded >= order.amount_total && refunded > 0)
    };
    match (mail, context.quote.checkout.state) {
        (Mail::Paid | Mail::NewOrder, _) if fully_refunded() => Some("already refunded"),
        (Mail::Processing | Mail::Failed, CheckoutState::Paid) => Some("has since been paid"),
        (Mail::Processing, CheckoutState::Failed) => Some("has since failed"),
        _ => None,
    }
}

fn recipient(address: Option<String>, name: Option<String>) -> Option<Recipient> {
    let address = address.filter(|address| !address.trim().is_empty())?;
    Some(Recipient::Shopper { address, name })
}

/// Returns `None` if the refund failed or was cancelled.
async fn refunded(
    context: &MailContext<'_>,
    order: &order::Model,
    id: &str,
) -> Result<Option<Refunded>, CheckoutError> {
    let (refund, status) = context.refund(id).await?;
    if !status.is_under_way() {
        return Ok(None);
    }
    Ok(Some(refund_mail(
        context,
        order,
        refund.amount,
        refund.currency,
    )))
}

fn refund_mail(
    context: &MailContext<'_>,
    order: &order::Model,
    amount: i64,
    currency: CurrencyCode,
) -> Refunded {
    let share = if order.currency != currency {
        RefundShare::OtherCurrency
    } else if order.amount_total == amount {
        RefundShare::InFull
    } else {
        RefundShare::PartOf(context.money(order.amount_total))
    };
    Refunded {
        number: order.number.clone(),
        amount,
        currency,
        share,
        summary: context.summary(),
    }
}

/// Returns what is in a parcel, and how much of the order that is. `None` if it was undone, or if
/// the database was restored and the shipment is another one.
async fn sent_parcel(
    context: &MailContext<'_>,
    shipment: i64,
    at: i64,
) -> Result<Option<(SentParcel, ShippedShare)>, CheckoutError> {
    let Some(order) = &context.order else {
        return Ok(None);
    };
    let shipments = of_order(context.shop.database.reader(), order.id).await?;
    let row = shipments
        .into_iter()
        .find(|row| row.id == shipment && row.at.unix_timestamp() == at && row.undone_at.is_none());
    let Some(row) = row else {
        return Ok(None);
    };
    let units = row.lines.iter().map(|line| line.quantity).sum();
    let share = context.share_of(units, context.view.ships);
    let lines = row.lines.into_iter();
    let parcel = SentParcel {
        carrier: row.carrier_name.as_deref().map(one_line),
        tracking_number: row.tracking_number.as_deref().map(one_line),
        url: row.tracking_address,
        lines: lines
            .map(|line| (line.quantity.unsigned_abs(), one_line(&line.name)))
            .collect(),
    };
    Ok(Some((parcel, share)))
}

fn shipped(
    context: &MailContext<'_>,
    order: &order::Model,
    parcel: SentParcel,
    share: ShippedShare,
) -> Shipped {
    Shipped {
        number: order.number.clone(),
        parcel,
        share,
        summary: context.summary(),
    }
}

/// Composes the email about a parcel that is about to be sent with these lines.
pub(super) async fn preview_shipped(
    shop: &Shop,
    order: &order::Model,
    parcel: &Parcel,
    lines: Option<&[Units]>,
) -> Result<ComposeOutcome, ComposeError> {
    let mail = Mail::Shipped { shipment: 0, at: 0 };
    let context = MailContext::load(shop, &order.checkout_id, &mail).await?;
    let left = left_to_ship(shop.database.reader(), order.id).await?;
    let sent = lines.unwrap_or(&left);
    let count = |units: &[Units]| units.iter().map(|units| units.quantity).sum::<i64>();
    let share = context.share_of(count(sent), count(sent) < count(&left));
    let name = |variant: i64| {
        let line = context
            .view
            .lines
            .iter()
            .find(|line| line.variant == variant);
        line.map(|line| one_line(&line.name))
    };
    let lines = sent.iter().filter(|units| units.quantity > 0);
    let parcel = SentParcel {
        carrier: parcel.carrier_name(),
        tracking_number: parcel.tracking_number.clone(),
        url: parcel.tracking_address(),
        lines: lines
            .filter_map(|units| Some((units.quantity.unsigned_abs(), name(units.variant)?)))
            .collect(),
    };
    let mail = shipped(&context, order, parcel, share);
    context.to_shopper(&mail).await
}

/// Composes the email about a refund that is about to be requested: in minor units of the order's
/// currency.
pub(super) async fn preview_refunded(
    shop: &Shop,
    order: &order::Model,
    amount: i64,
) -> Result<ComposeOutcome, ComposeError> {
    let mail = Mail::Refunded {
        refund: String::new(),
    };
    let context = MailContext::load(shop, &order.checkout_id, &mail).await?;
    let mail = refund_mail(&context, order, amount, order.currency.clone());
    context.to_shopper(&mail).await
}

/// Reads what the owner needs to pack an order: article numbers, the shipping address and method,
/// and the shopper's contact details.
async fn new_order(
    context: &MailContext<'_>,
    order: &order::Model,
) -> Result<NewOrder, CheckoutError> {
    let mut summary = context.summary();
    for (line, shown) in summary.lines.iter_mut().zip(&context.view.lines) {
        line.sku = Some(one_line(&shown.sku));
    }
    let shopper = [
        &order.customer_name,
        &order.customer_email,
        &order.customer_phone,
    ];
    Ok(NewOrder {
        number: order.number.clone(),
        total: context.money(order.amount_total),
        is_free: order.amount_total == 0,
        flag: order.flag.map(|flag| flag.words().to_owned()),
        ship_to: context.view.destination.as_ref().map(one_lines),
        shipping_method: order.shipping_method.as_deref().map(one_line),
        ordered_by: shopper
            .into_iter()
            .flatten()
            .map(|known| one_line(known))
            .collect(),
        summary,
    })
}

/// Skips the email if its reason no longer applies; another task then reports the current one.
async fn compose_attention(
    context: &MailContext<'_>,
    order: &order::Model,
    reason: &Attention,
) -> Result<ComposeOutcome, ComposeError> {
    let (number, summary) = (order.number.clone(), context.summary());
    match reason {
        Attention::Flagged { flag } => compose_flagged(context, order, *flag).await,
        Attention::RefundFailed { refund } => {
            let (refund, status) = context.refund(refund).await?;
            let amount = money::format_amount(refund.amount, &refund.currency);
            match status {
                RefundStatus::Canceled => context.to_owner(&RefundCancelled {
                    number,
                    amount,
                    summary,
                }),
                _ => context.to_owner(&RefundFailed {
                    number,
                    amount,
                    summary,
                }),
            }
        }
        Attention::RefundRefused { .. } => context.to_owner(&LateRefundRefused {
            number,
            total: context.money(order.amount_total),
            summary,
        }),
        Attention::RequestRefused { request, .. } => context.to_owner(&RequestedRefundRefused {
            number,
            amount: context.requested_amount(*request).await?,
            summary,
        }),
        Attention::Inquiry { dispute } => {
            let dispute = context.dispute(dispute).await?;
            context.to_owner(&Inquiry {
                number,
                amount: dispute.amount,
                reason: dispute.reason,
                summary,
            })
        }
        Attention::Disputed { dispute } => {
            let dispute = context.dispute(dispute).await?;
            let unknown_status = match dispute.status {
                Some(DisputeStatus::Other(word)) => Some(one_line(&word)),
                _ => None,
            };
            context.to_owner(&Disputed {
                number,
                amount: dispute.amount,
                reason: dispute.reason,
                unknown_status,
                summary,
            })
        }
        Attention::DisputeClosed {
            dispute,
            status,
            turned_at,
        } => {
            let dispute = context.dispute(dispute).await?;
            if dispute.status.is_some_and(|current| current != *status) {
                return Ok(ComposeOutcome::Skip("superseded by another decision"));
            }
            context.to_owner(&DisputeClosed {
                number,
                amount: dispute.amount,
                status: status.clone(),
                decided_again: turned_at.is_some(),
                summary,
            })
        }
    }
}

async fn compose_flagged(
    context: &MailContext<'_>,
    order: &order::Model,
    flag: Flag,
) -> Result<ComposeOutcome, ComposeError> {
    let (number, summary) = (order.number.clone(), context.summary());
    let refund = Task::refund().key(&context.quote.checkout.id);
    let is_refunded = outbox::Entity::find()
        .filter(outbox::Column::Key.eq(refund))
        .one(context.shop.database.reader())
        .await?
        .is_some();
    if flag != Flag::Oversold {
        return context.to_owner(&PaymentDiffers {
            number,
            difference: flag.words().to_owned(),
            is_refunded,
            summary,
        });
    }
    let payment = match (order.amount_total, is_refunded) {
        (0, _) => LatePayment::Free,
        (_, true) => LatePayment::Refunded,
        (_, false) => LatePayment::Kept,
    };
    context.to_owner(&Oversold {
        number,
        payment,
        summary,
    })
}

/// The lines of an address, each on one line.
fn one_lines(address: &Destination) -> Vec<String> {
    address.lines.iter().map(|line| one_line(line)).collect()
}

/// The buyer's words on one line each, as those of an email are.
fn one_line_buyer(buyer: &BuyerView) -> BuyerView {
    let line = |text: &Option<String>| text.as_deref().map(one_line);
    BuyerView {
        billing_address: buyer.billing_address.as_ref().map(|address| Destination {
            lines: one_lines(address),
        }),
        business_name: line(&buyer.business_name),
        tax_ids: buyer
            .tax_ids
            .iter()
            .map(|tax_id| one_line(tax_id))
            .collect(),
        note: line(&buyer.note),
        invoice_url: buyer.invoice_url.clone(),
    }
}

fn one_line_tax(tax: &TaxView) -> TaxView {
    TaxView {
        name: one_line(&tax.name),
        ..tax.clone()
    }
}

// ---- Reading ----

/// What an email says about a dispute.
struct DisputeFacts {
    amount: String,
    /// The bank's reason, in words.
    reason: Option<String>,
    /// `None` while it is contested.
    status: Option<DisputeStatus>,
}

impl<'a> MailContext<'a> {
    async fn load(shop: &'a Shop, checkout: &str, mail: &Mail) -> Result<Self, CheckoutError> {
        let reader = shop.database.reader();
        let quote = find(reader, checkout::Column::Id.eq(checkout))
            .await?
            .ok_or(CheckoutError::NotFound("there is no such checkout"))?;
        let language = match mail.is_to_owner() {
            true => Language::default(),
            false => language_named(shop, &quote.checkout.language),
        };
        let view = orders::by_token(shop, &quote.checkout.token, language)
            .await?
            .ok_or(CheckoutError::NotFound("there is no such checkout"))?;
        let order = order::Entity::find()
            .filter(order::Column::CheckoutId.eq(checkout))
            .one(reader)
            .await?;
        Ok(Self {
            shop,
            is_to_owner: mail.is_to_owner(),
            language,
            quote,
            order,
            view,
        })
    }

    async fn to_shopper(&self, mail: &impl MailTemplate) -> Result<ComposeOutcome, ComposeError> {
        match self.find_shopper().await? {
            Some(shopper) => write(self.shop, shopper, self.language, mail),
            None => Ok(ComposeOutcome::Skip("no email address")),
        }
    }

    fn to_owner(&self, mail: &impl MailTemplate) -> Result<ComposeOutcome, ComposeError> {
        write(self.shop, Recipient::Owner, self.language, mail)
    }

    /// The shopper, from the order, or from the session's latest event if there is no order yet.
    async fn find_shopper(&self) -> Result<Option<Recipient>, CheckoutError> {
        if let Some(order) = &self.order {
            let name = order.customer_name.clone();
            return Ok(recipient(order.customer_email.clone(), name));
        }
        let events = stripe_event::Entity::find()
            .filter(stripe_event::Column::CheckoutId.eq(&self.quote.checkout.id))
            .filter(stripe_event::Column::Type.starts_with("checkout.session."))
            .order_by_desc(stripe_event::Column::CreatedAt)
            .order_by_desc(stripe_event::Column::Id)
            .all(self.shop.database.reader())
            .await?;
        Ok(events.iter().find_map(|event| {
            let object = Envelope::read(&event.payload)?.data.object;
            let session: SessionPayload = serde_json::from_value(object).ok()?;
            let customer = session.customer_details?;
            recipient(customer.email, customer.name)
        }))
    }

    /// How much of the order is in a parcel with so many units.
    fn share_of(&self, units: i64, is_more_left: bool) -> ShippedShare {
        let ordered = self.view.lines.iter().map(|line| i64::from(line.quantity));
        match (units >= ordered.sum(), is_more_left) {
            (true, _) => ShippedShare::All,
            (false, true) => ShippedShare::PartOf,
            (false, false) => ShippedShare::Rest,
        }
    }

    /// Where the shopper can withdraw from the contract. The number alone opens nothing.
    fn withdrawal_url(&self, number: &str) -> Option<String> {
        let offered = self.shop.profile().law.offers_withdrawals();
        let path = format!("/withdraw?order={number}");
        offered.then(|| page(self.shop, &path, self.language))
    }

    fn money(&self, amount: i64) -> Money {
        MinorUnit(amount).of(self.view.subtotal.currency)
    }

    /// The amount of a refund that the owner has requested.
    async fn requested_amount(&self, request: i64) -> Result<Money, CheckoutError> {
        let request = refund_request::Entity::find_by_id(request)
            .one(self.shop.database.reader())
            .await?
            .ok_or(CheckoutError::NotFound("there is no such refund request"))?;
        Ok(self.money(request.amount))
    }

    async fn refund(&self, id: &str) -> Result<(refund::Model, RefundStatus), CheckoutError> {
        let refund = refund::Entity::find_by_id(id)
            .one(self.shop.database.reader())
            .await?
            .ok_or(CheckoutError::NotFound("there is no such refund"))?;
        let status = refund.status.clone();
        Ok((refund, status))
    }

    async fn dispute(&self, id: &str) -> Result<DisputeFacts, CheckoutError> {
        let dispute = dispute::Entity::find_by_id(id)
            .one(self.shop.database.reader())
            .await?
            .ok_or(CheckoutError::NotFound("there is no such dispute"))?;
        let in_words = |reason: String| one_line(&reason.replace('_', " "));
        let certain = dispute.certainty != Certainty::Contested;
        Ok(DisputeFacts {
            amount: money::format_amount(dispute.amount, &dispute.currency),
            reason: dispute.reason.map(in_words),
            status: certain.then_some(dispute.status),
        })
    }

    fn summary(&self) -> Summary {
        let view = &self.view;
        let profile = self.shop.profile();
        let order = self.order.as_ref();
        let lines = view.lines.iter().map(|line| Line {
            quantity: line.quantity,
            name: one_line(&line.name),
            sku: None,
            price: line.price,
            total: line.total,
        });
        let nonzero = |amount: Money| (amount.amount != MinorUnit::ZERO).then_some(amount);
        let discount = nonzero(view.discount)
            .map(|discount| MinorUnit(discount.amount.0.saturating_neg()).of(discount.currency));
        // A free shipping method is listed, too.
        let shipping = match view.shipping_method {
            Some(_) => Some(view.shipping),
            None => nonzero(view.shipping),
        };
        Summary {
            number: order.map(|order| order.number.clone()),
            paid_at: order.map(|order| {
                profile
                    .time_zone
                    .format_minutes(order.paid_at, self.language)
            }),
            lines: lines.collect(),
            subtotal: view.subtotal,
            discount,
            shipping_method: view.shipping_method.as_deref().map(one_line),
            shipping,
            tax: nonzero(view.tax),
            taxes: view.taxes.iter().map(one_line_tax).collect(),
            tax_included: view.tax_included,
            total: view.total,
            ships_to: view.destination.as_ref().map(one_lines).unwrap_or_default(),
            buyer: one_line_buyer(&view.buyer),
            url: self.order_url(),
        }
    }

    /// Where the recipient sees the order: its page in the admin, or the shopper's.
    fn order_url(&self) -> String {
        match &self.order {
            Some(order) if self.is_to_owner => {
                format!(
                    "{}/admin/orders/{}",
                    self.shop.settings.public_url, order.number
                )
            }
            _ => {
                let path = format!("/orders/{}", self.quote.checkout.token.as_str());
                page(self.shop, &path, self.language)
            }
        }
    }
}
