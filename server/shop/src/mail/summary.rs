//! What an order's table shows, in the language of the email.

use std::borrow::Cow;

use locale::Texts;
use till_core::money::Money;
use till_core::view::{BuyerView, TaxView};

use super::templates::Sender;

/// What was ordered, and the link to it.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    /// The order number; `None` before it is paid.
    pub(crate) number: Option<String>,
    /// When it was paid, such as `28 November 2026 at 14:05 CET`.
    pub(crate) paid_at: Option<String>,
    pub(crate) lines: Vec<Line>,
    pub(crate) subtotal: Money,
    /// Negative; `None` if there was none.
    pub(crate) discount: Option<Money>,
    /// The name of the chosen shipping rate.
    pub(crate) shipping_method: Option<String>,
    /// `None` if nothing is shipped. With a shipping method it may be zero.
    pub(crate) shipping: Option<Money>,
    /// `None` if there was none.
    pub(crate) tax: Option<Money>,
    /// The same by rate; empty if that is not known.
    pub(crate) taxes: Vec<TaxView>,
    /// Whether the other amounts include the tax.
    pub(crate) tax_included: bool,
    /// `None` before the payment if shipping, tax or a promotion code may change it.
    pub(crate) total: Option<Money>,
    /// Where it is shipped to, line by line; empty if no address was asked for.
    pub(crate) ships_to: Vec<String>,
    /// Billing address, company, tax ids, note and invoice.
    pub(crate) buyer: BuyerView,
    /// The page of the order.
    pub(crate) url: String,
}

/// One product of an order.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) quantity: u32,
    pub(crate) name: String,
    /// The article number; only in an email to the owner.
    pub(crate) sku: Option<String>,
    /// The price of one unit.
    pub(crate) price: Money,
    /// Price times quantity.
    pub(crate) total: Money,
}

/// The table of an order, in words.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) caption: String,
    pub(crate) lines: Vec<TableLine>,
    /// What is added to the lines or taken off, and the total.
    pub(crate) sums: Vec<TableSum>,
}

/// One product in the table.
#[derive(Debug)]
pub(crate) struct TableLine {
    /// Quantity, name and article number.
    pub(crate) label: String,
    pub(crate) amount: String,
    /// The price of one unit, if the amount is that of several.
    pub(crate) each: Option<String>,
}

/// One sum below the products.
#[derive(Debug)]
pub(crate) struct TableSum {
    pub(crate) label: String,
    pub(crate) amount: String,
    pub(crate) is_total: bool,
}

/// Lines below a heading, such as an address.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) heading: String,
    pub(crate) lines: Vec<String>,
}

impl Summary {
    /// The table in the language of the email.
    pub(crate) fn table(&self, sender: &Sender) -> Table {
        let texts = sender.texts;
        let caption = match (&self.number, &self.paid_at) {
            (Some(number), Some(paid_at)) => texts.mail_order_paid(number, paid_at),
            _ => texts.caption_your_order().into_owned(),
        };
        Table {
            caption,
            lines: self.lines.iter().map(|line| line.shown(texts)).collect(),
            sums: self.sums(texts),
        }
    }

    fn sums(&self, texts: Texts) -> Vec<TableSum> {
        let sum = |label: String, amount: Money, is_total| TableSum {
            label,
            amount: texts.language().money(amount),
            is_total,
        };
        let mut sums = Vec::new();
        if self.discount.is_some() || self.shipping.is_some() || self.tax.is_some() {
            sums.push(sum(texts.line_subtotal().into(), self.subtotal, false));
        }
        if let Some(discount) = self.discount {
            sums.push(sum(texts.line_discount().into(), discount, false));
        }
        if let Some(shipping) = self.shipping {
            let label = match &self.shipping_method {
                Some(method) => texts.line_shipping_by(method),
                None => texts.line_shipping().into(),
            };
            sums.push(sum(label, shipping, false));
        }
        for tax in &self.taxes {
            sums.push(sum(tax_label(texts, tax), tax.amount, false));
        }
        if let Some(tax) = self.tax.filter(|_| self.taxes.is_empty()) {
            let label = match self.tax_included {
                true => texts.line_tax_included(),
                false => texts.line_tax(),
            };
            sums.push(sum(label.into(), tax, false));
        }
        if let Some(total) = self.total {
            sums.push(sum(texts.line_total().into(), total, true));
        }
        sums
    }

    /// The addresses.
    pub(crate) fn addresses(&self, sender: &Sender) -> Vec<Block> {
        let texts = sender.texts;
        let billing = self.buyer.billing_address.as_ref();
        let billing = billing.map(|address| address.lines.clone());
        let addresses = [
            (texts.shipping_address(), self.ships_to.clone()),
            (texts.receipt_billing_address(), billing.unwrap_or_default()),
        ];
        blocks(addresses)
    }

    /// What the buyer entered beside name and address.
    pub(crate) fn buyer_details(&self, sender: &Sender) -> Vec<Block> {
        let texts = sender.texts;
        let line = |text: &Option<String>| text.iter().cloned().collect();
        blocks([
            (texts.receipt_company(), line(&self.buyer.business_name)),
            (texts.receipt_tax_id(), self.buyer.tax_ids.clone()),
            (texts.order_note_label(), line(&self.buyer.note)),
        ])
    }
}

/// Leaves out those without lines.
fn blocks<const N: usize>(all: [(Cow<'static, str>, Vec<String>); N]) -> Vec<Block> {
    let filled = all.into_iter().filter(|(_, lines)| !lines.is_empty());
    let block = |(heading, lines): (Cow<'static, str>, _)| Block {
        heading: heading.into_owned(),
        lines,
    };
    filled.map(block).collect()
}

impl Line {
    fn shown(&self, texts: Texts) -> TableLine {
        let mut label = texts.withdraw_line(self.quantity.into(), &self.name);
        if let Some(sku) = &self.sku {
            label = format!("{label} ({sku})");
        }
        TableLine {
            label,
            amount: texts.language().money(self.total),
            each: (self.quantity > 1).then(|| texts.mail_each(self.price)),
        }
    }
}

fn tax_label(texts: Texts, tax: &TaxView) -> String {
    let rate = tax.percentage.as_deref();
    let rate = rate.map(|rate| texts.language().decimal(rate));
    match (rate, tax.included) {
        (Some(rate), true) => texts.line_tax_at_rate_included(&tax.name, &rate),
        (Some(rate), false) => texts.line_tax_at_rate(&tax.name, &rate),
        (None, true) => texts.line_named_tax_included(&tax.name),
        (None, false) => tax.name.clone(),
    }
}
