//! The emails to shoppers, in the order's language: the words of each around what all of them show.

use askama::Template;
use locale::Texts;
use till_core::money::{CurrencyCode, Money};

use super::summary::{Block, Summary, Table};
use super::templates::{MailTemplate, Rendered, Sender};
use super::withdrawal_templates::{FactRow, WithdrawalFacts};

/// What an email says around the order.
#[derive(Debug)]
struct Words {
    subject: String,
    heading: String,
    /// Below the greeting.
    paragraphs: Vec<String>,
    /// What happens next; may be empty.
    next: Vec<String>,
}

/// What an email is about.
#[derive(Debug)]
enum About<'a> {
    Order(&'a Summary),
    Withdrawal {
        facts: &'a WithdrawalFacts,
        shop_url: &'a str,
    },
}

/// An email to a shopper.
trait ShopperMail {
    fn words(&self, sender: &Sender) -> Words;

    fn about(&self) -> About<'_>;

    /// What only the confirmation has.
    fn confirmation(&self) -> Option<&Paid> {
        None
    }

    /// What is in the parcel that it is about.
    fn parcel(&self) -> Option<&SentParcel> {
        None
    }
}

#[derive(Template)]
#[template(path = "mail/shopper.txt")]
struct Text<'a> {
    content: &'a Content<'a>,
    sender: &'a Sender,
    name: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "mail/shopper.html")]
struct Html<'a> {
    content: &'a Content<'a>,
    subject: &'a str,
    sender: &'a Sender,
    name: Option<&'a str>,
}

/// What both forms show.
struct Content<'a> {
    words: Words,
    /// Label and address of the page that it leads to.
    link: (String, &'a str),
    table: Option<Table>,
    facts: Vec<FactRow>,
    addresses: Vec<Block>,
    details: Vec<Block>,
    parcel: Option<Block>,
    tracking_url: Option<&'a str>,
    invoice_url: Option<&'a str>,
    withdrawal_url: Option<&'a str>,
    policies: &'a [PolicyText],
}

impl<'a> Content<'a> {
    fn of(mail: &'a impl ShopperMail, sender: &Sender) -> Self {
        let texts = sender.texts;
        let paid = mail.confirmation();
        let mut content = Self {
            words: mail.words(sender),
            link: (texts.mail_view_order().into_owned(), ""),
            table: None,
            facts: Vec::new(),
            addresses: Vec::new(),
            details: Vec::new(),
            parcel: mail.parcel().map(|parcel| parcel.block(sender)),
            tracking_url: mail.parcel().and_then(|parcel| parcel.url.as_deref()),
            invoice_url: None,
            withdrawal_url: paid.and_then(|paid| paid.withdrawal_url.as_deref()),
            policies: paid.map(|paid| &*paid.policies).unwrap_or_default(),
        };
        match mail.about() {
            About::Order(summary) => {
                content.link.1 = &summary.url;
                content.table = Some(summary.table(sender));
            }
            About::Withdrawal { facts, shop_url } => {
                content.link = (texts.mail_visit_shop().into_owned(), shop_url);
                content.facts = facts.rows(sender);
            }
        }
        if let Some(paid) = paid {
            content.addresses = paid.summary.addresses(sender);
            content.details = paid.summary.buyer_details(sender);
            content.invoice_url = paid.summary.buyer.invoice_url.as_deref();
        }
        content
    }
}

impl<T: ShopperMail> MailTemplate for T {
    fn render(&self, name: Option<&str>, sender: &Sender) -> Result<Rendered, askama::Error> {
        let content = &Content::of(self, sender);
        let subject = content.words.subject.clone();
        let text = Text {
            content,
            sender,
            name,
        };
        let html = Html {
            content,
            subject: &subject,
            sender,
            name,
        };
        Ok(Rendered {
            text: text.render()?,
            html: html.render()?,
            subject,
        })
    }
}

/// The payment is confirmed.
#[derive(Debug)]
pub(crate) struct Paid {
    pub(crate) number: String,
    /// Whether there was nothing to pay.
    pub(crate) is_free: bool,
    /// Whether the order is shipped.
    pub(crate) ships: bool,
    /// Where the shopper can withdraw from the contract, if the shop offers that.
    pub(crate) withdrawal_url: Option<String>,
    pub(crate) summary: Summary,
    /// The terms and the right of withdrawal.
    pub(crate) policies: Vec<PolicyText>,
}

/// One of the shop's policies.
#[derive(Debug)]
pub(crate) struct PolicyText {
    /// The code of its language.
    pub(crate) language: &'static str,
    pub(crate) title: String,
    pub(crate) text: String,
    /// Safe HTML.
    pub(crate) html: String,
}

impl ShopperMail for Paid {
    fn words(&self, sender: &Sender) -> Words {
        let (texts, number) = (sender.texts, &self.number);
        let confirmed = match self.is_free {
            true => texts.mail_paid_free(number),
            false => texts.mail_paid_confirmed(number),
        };
        let shipping = self.ships.then(|| texts.next_shipping().into_owned());
        let keep = texts.mail_next_keep().into_owned();
        Words {
            subject: texts.mail_paid_subject(number, &sender.shop),
            heading: texts.mail_paid_title().into_owned(),
            paragraphs: vec![confirmed],
            next: shipping.into_iter().chain([keep]).collect(),
        }
    }

    fn about(&self) -> About<'_> {
        About::Order(&self.summary)
    }

    fn confirmation(&self) -> Option<&Paid> {
        Some(self)
    }
}

/// The link to an order, which someone has requested.
#[derive(Debug)]
pub(crate) struct OrderLink {
    pub(crate) number: String,
    pub(crate) summary: Summary,
}

impl ShopperMail for OrderLink {
    fn words(&self, sender: &Sender) -> Words {
        let (texts, number) = (sender.texts, &self.number);
        Words {
            subject: texts.mail_link_subject(number, &sender.shop),
            heading: texts.mail_link_title().into_owned(),
            paragraphs: vec![
                texts.mail_link_requested(number),
                texts.mail_link_ignore().into_owned(),
            ],
            next: Vec::new(),
        }
    }

    fn about(&self) -> About<'_> {
        About::Order(&self.summary)
    }
}

/// The bank is processing the payment.
#[derive(Debug)]
pub(crate) struct Processing {
    pub(crate) summary: Summary,
}

impl ShopperMail for Processing {
    fn words(&self, sender: &Sender) -> Words {
        let texts = sender.texts;
        Words {
            subject: texts.mail_processing_subject(&sender.shop),
            heading: texts.order_processing().into_owned(),
            paragraphs: vec![texts.mail_processing_explanation().into_owned()],
            next: vec![
                texts.mail_next_reserved().into_owned(),
                texts.mail_next_result().into_owned(),
            ],
        }
    }

    fn about(&self) -> About<'_> {
        About::Order(&self.summary)
    }
}

/// The payment failed.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) shop_url: String,
    pub(crate) summary: Summary,
}

impl ShopperMail for Failed {
    fn words(&self, sender: &Sender) -> Words {
        let texts = sender.texts;
        Words {
            subject: texts.mail_failed_subject(&sender.shop),
            heading: texts.order_failed().into_owned(),
            paragraphs: vec![
                texts.mail_failed_explanation().into_owned(),
                texts.mail_failed_again(&self.shop_url),
            ],
            next: Vec::new(),
        }
    }

    fn about(&self) -> About<'_> {
        About::Order(&self.summary)
    }
}

/// Paid too late: the units are sold out.
#[derive(Debug)]
pub(crate) struct PaidLate {
    pub(crate) number: String,
    /// The amount that is refunded automatically; `None` if the payment is kept.
    pub(crate) refunding: Option<Money>,
    pub(crate) summary: Summary,
}

impl ShopperMail for PaidLate {
    fn words(&self, sender: &Sender) -> Words {
        let texts = sender.texts;
        let outcome = match self.refunding {
            Some(amount) => texts.mail_late_refunding(amount),
            None => texts.mail_late_kept().into_owned(),
        };
        Words {
            subject: texts.mail_late_subject(&self.number, &sender.shop),
            heading: texts.order_late().into_owned(),
            paragraphs: vec![texts.mail_late_explanation().into_owned(), outcome],
            next: Vec::new(),
        }
    }

    fn about(&self) -> About<'_> {
        About::Order(&self.summary)
    }
}

/// A refund was made.
#[derive(Debug)]
pub(crate) struct Refunded {
    pub(crate) number: String,
    /// In minor units of `currency`.
    pub(crate) amount: i64,
    pub(crate) currency: CurrencyCode,
    pub(crate) share: RefundShare,
    pub(crate) summary: Summary,
}

/// How much of the payment a refund is.
#[derive(Debug)]
pub(crate) enum RefundShare {
    /// The whole payment.
    InFull,
    /// A part of this payment.
    PartOf(Money),
    /// Unknown, because the refund is in another currency.
    OtherCurrency,
}

impl ShopperMail for Refunded {
    fn words(&self, sender: &Sender) -> Words {
        let (texts, number) = (sender.texts, &self.number);
        let amount = texts.amount(self.amount, &self.currency);
        let refunded = match self.share {
            RefundShare::InFull => texts.mail_refunded_in_full(number, &amount),
            RefundShare::PartOf(paid) => texts.mail_refunded_in_part(&amount, paid, number),
            RefundShare::OtherCurrency => texts.mail_refunded_amount(&amount, number),
        };
        Words {
            subject: texts.mail_refunded_subject(&sender.shop, &amount),
            heading: texts.order_refunding().into_owned(),
            paragraphs: vec![refunded, texts.mail_refunded_arrives().into_owned()],
            next: Vec::new(),
        }
    }

    fn about(&self) -> About<'_> {
        About::Order(&self.summary)
    }
}

/// A parcel was sent.
#[derive(Debug)]
pub(crate) struct Shipped {
    pub(crate) number: String,
    pub(crate) parcel: SentParcel,
    pub(crate) share: ShippedShare,
    pub(crate) summary: Summary,
}

/// How a parcel travels, and what is in it.
#[derive(Debug)]
pub(crate) struct SentParcel {
    pub(crate) carrier: Option<String>,
    pub(crate) tracking_number: Option<String>,
    /// The carrier's page about it.
    pub(crate) url: Option<String>,
    /// Units and names.
    pub(crate) lines: Vec<(u64, String)>,
}

/// How much of an order is in a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShippedShare {
    /// Everything.
    All,
    /// A part, and something is left to ship.
    PartOf,
    /// A part, and nothing is left to ship.
    Rest,
}

impl SentParcel {
    fn block(&self, sender: &Sender) -> Block {
        let texts = sender.texts;
        let line = |(units, name): &(u64, String)| texts.withdraw_line(*units, name);
        Block {
            heading: texts.shipment_contents().into_owned(),
            lines: self.lines.iter().map(line).collect(),
        }
    }

    /// A sentence about carrier and number, as far as they are known.
    fn words(&self, texts: Texts) -> Option<String> {
        match (&self.carrier, &self.tracking_number) {
            (Some(carrier), Some(number)) => {
                Some(texts.mail_shipped_carrier_and_number(carrier, number))
            }
            (Some(carrier), None) => Some(texts.mail_shipped_carrier(carrier)),
            (None, Some(number)) => Some(texts.mail_shipped_number(number)),
            (None, None) => None,
        }
    }
}

impl ShopperMail for Shipped {
    fn words(&self, sender: &Sender) -> Words {
        let (texts, number) = (sender.texts, &self.number);
        let (heading, sent) = match self.share {
            ShippedShare::All => (texts.mail_shipped_title(), texts.mail_shipped_all(number)),
            ShippedShare::PartOf => (
                texts.mail_shipped_part_title(),
                texts.mail_shipped_part(number),
            ),
            ShippedShare::Rest => (texts.mail_shipped_title(), texts.mail_shipped_rest(number)),
        };
        let parcel = self.parcel.words(texts);
        Words {
            subject: texts.mail_shipped_subject(number, &sender.shop),
            heading: heading.into_owned(),
            paragraphs: std::iter::once(sent).chain(parcel).collect(),
            next: Vec::new(),
        }
    }

    fn about(&self) -> About<'_> {
        About::Order(&self.summary)
    }

    fn parcel(&self) -> Option<&SentParcel> {
        Some(&self.parcel)
    }
}

/// The receipt of a withdrawal is acknowledged.
#[derive(Debug)]
pub(crate) struct WithdrawalReceived {
    pub(crate) facts: WithdrawalFacts,
    pub(crate) shop_url: String,
}

impl ShopperMail for WithdrawalReceived {
    fn words(&self, sender: &Sender) -> Words {
        let texts = sender.texts;
        Words {
            subject: texts.mail_withdrawal_subject(&sender.shop),
            heading: texts.withdraw_received().into_owned(),
            paragraphs: vec![
                texts.mail_withdrawal_acknowledged().into_owned(),
                texts.mail_withdrawal_next().into_owned(),
            ],
            next: Vec::new(),
        }
    }

    fn about(&self) -> About<'_> {
        About::Withdrawal {
            facts: &self.facts,
            shop_url: &self.shop_url,
        }
    }
}
