//! Checks the shipping rates against the products' currencies: a rate is a number without a
//! currency and is charged in that of the products.

use till_core::money::Currency;

use super::Options;
use crate::catalog::{self, CatalogError};
use crate::database::Database;

/// A shipping rate that is not a valid amount in a currency that products are sold in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "SHIPPING_RATES: {rate} is not an amount in {currency}, in which products are sold. Use a \
     multiple of {step}."
)]
pub struct UnchargeableRate {
    /// As configured, in minor units.
    pub rate: i64,
    /// The currency of a product on sale.
    pub currency: Currency,
    /// The smallest amount that can be charged, in minor units.
    pub step: i64,
}

/// What the check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RatesOutcome {
    /// Every rate can be charged in every currency.
    Chargeable {
        /// Whether products are sold in several currencies, so that the same number is charged in
        /// each of them.
        several_currencies: bool,
    },
    /// One cannot.
    Unchargeable(UnchargeableRate),
}

/// Checks the rates of these options.
///
/// # Errors
/// If the database is unreachable.
pub async fn check_rates(
    database: &Database,
    options: &Options,
) -> Result<RatesOutcome, CatalogError> {
    if options.rates().is_empty() {
        return Ok(RatesOutcome::Chargeable {
            several_currencies: false,
        });
    }
    let currencies = catalog::currencies(database).await?;
    for rate in options.rates().iter().map(|rate| rate.amount.0) {
        if let Some(currency) = currencies.iter().find(|known| rate % known.step() != 0) {
            return Ok(RatesOutcome::Unchargeable(UnchargeableRate {
                rate,
                currency: *currency,
                step: currency.step(),
            }));
        }
    }
    Ok(RatesOutcome::Chargeable {
        several_currencies: currencies.len() > 1,
    })
}
