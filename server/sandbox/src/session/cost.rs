//! What a session costs, and the shopper's choices on the payment page that change it.

use crate::coupon::{self, Basket};
use crate::error::ApiError;
use crate::money::MAX_AMOUNT;
use crate::objects::coupon::Discount;
use crate::objects::session::{CheckoutSession, Choices, LineItem};
use crate::objects::session_options::{ShippingOption, TaxBehavior};
use crate::store::Store;
use crate::tax;
use crate::totals::{LineTotals, Tax, TaxablePrice, Totals, TotalsInput};

/// Stripe's product tax code for nontaxable products.
const NONTAXABLE: &str = "txcd_00000000";

impl CheckoutSession {
    /// The discount that applies.
    pub(crate) fn discount(&self) -> Option<&Discount> {
        let chosen = self
            .choices
            .as_ref()
            .and_then(|choices| choices.discount.as_ref());
        chosen.or(self.options().discount.as_ref())
    }

    /// The shipping option that applies: the first one until the shopper chooses another.
    pub(crate) fn shipping_option(&self) -> Option<&ShippingOption> {
        let chosen = self
            .choices
            .as_ref()
            .map_or(0, |choices| choices.shipping_option);
        self.options().shipping_options.get(chosen)
    }

    /// The country whose tax rate applies, once the address is known.
    pub(crate) fn tax_country(&self) -> Option<&str> {
        self.choices.as_ref()?.country.as_deref()
    }

    /// The current totals.
    pub(crate) fn totals(&self) -> Totals {
        self.totals_input().totals()
    }

    /// What the totals are calculated from.
    pub(super) fn totals_input(&self) -> TotalsInput {
        let rate = self
            .tax_country()
            .filter(|_| self.options().automatic_tax)
            .map(tax::rate);
        let tax = |behavior, code: Option<&str>| {
            let rate = rate.filter(|_| code != Some(NONTAXABLE))?;
            let inclusive = behavior == TaxBehavior::Inclusive;
            Some(Tax { rate, inclusive })
        };
        let line = |line: &LineItem| TaxablePrice {
            amount: line.subtotal(),
            tax: tax(line.tax_behavior, line.tax_code.as_deref()),
        };
        let shipping = |option: &ShippingOption| TaxablePrice {
            amount: option.amount,
            tax: tax(option.tax_behavior, option.tax_code.as_deref()),
        };
        TotalsInput {
            lines: self.lines.iter().map(line).collect(),
            reduction: self.discount().map(|discount| discount.off.reduction()),
            shipping: self.shipping_option().map(shipping),
            step: self.currency.granularity(),
        }
    }

    /// The total in minor units.
    pub(crate) fn total(&self) -> i64 {
        self.totals().total
    }

    /// The line items, each with its totals.
    pub(crate) fn priced_lines(&self) -> Vec<(&LineItem, LineTotals)> {
        self.lines.iter().zip(self.totals().lines).collect()
    }

    /// Refuses a total that Stripe would not charge.
    ///
    /// # Errors
    /// 400 `amount_too_small` or `amount_too_large`.
    pub(crate) fn check_total(&self) -> Result<(), ApiError> {
        let (total, minimum) = (self.total(), self.currency.minimum_total());
        if total > MAX_AMOUNT {
            return Err(ApiError::invalid(format!(
                "The total can be at most {}.",
                self.currency.display(MAX_AMOUNT)
            ))
            .code("amount_too_large"));
        }
        if total > 0 && total < minimum {
            return Err(ApiError::invalid(format!(
                "The Checkout Session's total amount due must add up to at least {}.",
                self.currency.display(minimum)
            ))
            .code("amount_too_small"));
        }
        Ok(())
    }

    /// Refuses a promotion code that became inactive after it was applied.
    ///
    /// # Errors
    /// 400 with `param` `promotion_code`.
    pub(crate) fn check_redeemable(&self, store: &Store, now: i64) -> Result<(), ApiError> {
        let applied = self.choices.as_ref().and_then(|choices| {
            let discount = choices.discount.as_ref()?;
            discount.promotion_code.as_ref()
        });
        let Some(applied) = applied else {
            return Ok(());
        };
        let code = store.promotion_codes.get(&applied.id);
        match code.is_some_and(|code| code.is_active(store, now)) {
            true => Ok(()),
            false => Err(
                ApiError::invalid("This promotion code is no longer active.")
                    .param("promotion_code"),
            ),
        }
    }
}

/// A shopper's change on the payment page before paying. `None` leaves a choice unchanged.
#[derive(Debug, Clone, Default)]
pub(crate) struct Change {
    /// As typed, or a promotion code's id.
    pub(crate) promotion_code: Option<String>,
    pub(crate) remove_promotion_code: bool,
    /// A shipping option's id.
    pub(crate) shipping_rate: Option<String>,
    pub(crate) country: Option<String>,
}

/// Returns the open session with this change; writes nothing.
///
/// # Errors
/// 400 for a promotion code that cannot be redeemed, a shipping rate that is not offered, or a
/// total that Stripe would not charge.
pub(crate) fn with_change(
    store: &Store,
    session: &CheckoutSession,
    change: Change,
    now: i64,
) -> Result<CheckoutSession, ApiError> {
    let options = session.options();
    let mut choices = session.choices.as_deref().cloned().unwrap_or_default();
    if change.remove_promotion_code {
        choices.discount = None;
    }
    if let Some(typed) = change.promotion_code {
        choices.discount = Some(discount_by_code(store, session, &typed, now)?);
    }
    if let Some(rate) = change.shipping_rate {
        let mut offered = options.shipping_options.iter();
        choices.shipping_option =
            offered
                .position(|option| option.id == rate)
                .ok_or_else(|| {
                    ApiError::invalid("This Checkout Session does not offer that shipping rate.")
                        .param("shipping[rate]")
                })?;
    }
    choices.country = change.country.or(choices.country);
    let chosen = Some(choices).filter(|choices| *choices != Choices::default());
    let chosen = CheckoutSession {
        choices: chosen.map(Box::new),
        ..session.clone()
    };
    let by_code = change.remove_promotion_code || chosen.discount() != session.discount();
    chosen.check_total().map_err(|error| match by_code {
        true => error.param("promotion_code"),
        false => error,
    })?;
    Ok(chosen)
}

fn discount_by_code(
    store: &Store,
    session: &CheckoutSession,
    code: &str,
    now: i64,
) -> Result<Discount, ApiError> {
    let param = "promotion_code";
    if session.options().allow_promotion_codes != Some(true) {
        return Err(
            ApiError::invalid("This Checkout Session does not take promotion codes.").param(param),
        );
    }
    let basket = Basket {
        currency: session.currency,
        subtotal: session.totals().subtotal,
        now,
    };
    match store.promotion_codes.get(code) {
        Some(code) => coupon::discount_by_promotion_code(store, &code.id, basket, param),
        None => coupon::discount_by_typed_code(store, code, basket, param),
    }
}
