//! Converts the options of a checkout to parameters of its session.

use locale::{Language, Texts};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAllowedPaymentMethodTypes as AllowedMethod,
    CreateCheckoutSessionAutomaticTax, CreateCheckoutSessionConsentCollection,
    CreateCheckoutSessionConsentCollectionTermsOfService, CreateCheckoutSessionCustomFields,
    CreateCheckoutSessionCustomFieldsLabel, CreateCheckoutSessionCustomFieldsLabelType,
    CreateCheckoutSessionCustomFieldsText, CreateCheckoutSessionCustomFieldsType,
    CreateCheckoutSessionInvoiceCreation,
    CreateCheckoutSessionLineItemsPriceDataTaxBehavior as PriceTax,
    CreateCheckoutSessionPhoneNumberCollection, CreateCheckoutSessionShippingAddressCollection,
    CreateCheckoutSessionShippingAddressCollectionAllowedCountries as AllowedCountry,
    CreateCheckoutSessionShippingOptions, CreateCheckoutSessionShippingOptionsShippingRateData,
    CreateCheckoutSessionShippingOptionsShippingRateDataFixedAmount,
    CreateCheckoutSessionShippingOptionsShippingRateDataTaxBehavior as RateTax,
    CreateCheckoutSessionShippingOptionsShippingRateDataType, CreateCheckoutSessionTaxIdCollection,
};
use stripe_shared::{CheckoutSessionBillingAddressCollection, CheckoutSessionLocale};
use stripe_types::Currency;

use super::checkout_options::{AutomaticTax, Options, ShippingRate};

/// Stripe's tax code of shipping (<https://docs.stripe.com/tax/tax-codes>).
const SHIPPING_TAX_CODE: &str = "txcd_92010001";

/// The key of the shopper's note among the custom fields of a session.
pub(crate) const ORDER_NOTE: &str = "order_note";
/// The longest note, in characters.
pub(crate) const MAX_ORDER_NOTE: usize = 200;

/// Whether prices include tax. `None` if no tax is calculated.
pub(super) fn price_tax(options: &Options) -> Option<PriceTax> {
    options.automatic_tax.map(|tax| match tax {
        AutomaticTax::Exclusive => PriceTax::Exclusive,
        AutomaticTax::Inclusive => PriceTax::Inclusive,
    })
}

/// The language of Stripe's page; Stripe has all of the shop's.
pub(super) fn locale(language: Language) -> CheckoutSessionLocale {
    parse(language.code())
}

/// Adds the options to the call that creates a session.
pub(super) fn add_options(
    mut call: CreateCheckoutSession,
    options: &Options,
    currency: &Currency,
    language: Language,
) -> CreateCheckoutSession {
    if let Some(shipping) = &options.shipping {
        let countries: Vec<AllowedCountry> = shipping
            .countries
            .iter()
            .map(|country| parse(country.code()))
            .collect();
        call = call.shipping_address_collection(
            CreateCheckoutSessionShippingAddressCollection::new(countries),
        );
        if !shipping.rates.is_empty() {
            let rates: Vec<_> = shipping
                .rates
                .iter()
                .map(|rate| shipping_option(rate, options.automatic_tax, currency))
                .collect();
            call = call.shipping_options(rates);
        }
    }
    if options.automatic_tax.is_some() {
        call = call.automatic_tax(CreateCheckoutSessionAutomaticTax::new(true));
    }
    if options.promotion_codes {
        call = call.allow_promotion_codes(true);
    }
    if options.phone {
        call = call.phone_number_collection(CreateCheckoutSessionPhoneNumberCollection::new(true));
    }
    if options.billing_address {
        call = call.billing_address_collection(CheckoutSessionBillingAddressCollection::Required);
    }
    if options.terms_of_service {
        let mut consent = CreateCheckoutSessionConsentCollection::new();
        consent.terms_of_service =
            Some(CreateCheckoutSessionConsentCollectionTermsOfService::Required);
        call = call.consent_collection(consent);
    }
    if options.invoices {
        call = call.invoice_creation(CreateCheckoutSessionInvoiceCreation::new(true));
    }
    if options.tax_ids {
        call = call.tax_id_collection(CreateCheckoutSessionTaxIdCollection::new(true));
    }
    if options.order_note {
        call = call.custom_fields([note_field(language)]);
    }
    if !options.payment_methods.is_empty() {
        let methods: Vec<AllowedMethod> = options
            .payment_methods
            .iter()
            .map(|method| parse(method.as_str()))
            .collect();
        call = call.allowed_payment_method_types(methods);
    }
    call
}

/// An optional text field for the shopper's note.
fn note_field(language: Language) -> CreateCheckoutSessionCustomFields {
    let label = CreateCheckoutSessionCustomFieldsLabel::new(
        Texts::of(language).order_note_label(),
        CreateCheckoutSessionCustomFieldsLabelType::Custom,
    );
    let mut text = CreateCheckoutSessionCustomFieldsText::new();
    text.maximum_length = i64::try_from(MAX_ORDER_NOTE).ok();
    let mut field = CreateCheckoutSessionCustomFields::new(
        ORDER_NOTE,
        label,
        CreateCheckoutSessionCustomFieldsType::Text,
    );
    field.optional = Some(true);
    field.text = Some(text);
    field
}

fn shipping_option(
    rate: &ShippingRate,
    tax: Option<AutomaticTax>,
    currency: &Currency,
) -> CreateCheckoutSessionShippingOptions {
    let mut data = CreateCheckoutSessionShippingOptionsShippingRateData::new(&rate.name);
    data.type_ = Some(CreateCheckoutSessionShippingOptionsShippingRateDataType::FixedAmount);
    data.fixed_amount = Some(
        CreateCheckoutSessionShippingOptionsShippingRateDataFixedAmount::new(
            rate.amount.0,
            currency.clone(),
        ),
    );
    if let Some(tax) = tax {
        data.tax_behavior = Some(match tax {
            AutomaticTax::Exclusive => RateTax::Exclusive,
            AutomaticTax::Inclusive => RateTax::Inclusive,
        });
        data.tax_code = Some(SHIPPING_TAX_CODE.to_owned());
    }
    let mut option = CreateCheckoutSessionShippingOptions::new();
    option.shipping_rate_data = Some(data);
    option
}

/// Parses one of async-stripe's enums. An unknown name becomes `Unknown`.
fn parse<T: std::str::FromStr<Err = std::convert::Infallible>>(name: &str) -> T {
    match name.parse() {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::country::Country;

    /// `ZZ` is Stripe's code for an unknown country.
    #[test]
    fn the_countries_are_those_that_stripe_ships_to() {
        for first in 'A'..='Z' {
            for second in 'A'..='Z' {
                let code = format!("{first}{second}");
                let stripe = !matches!(parse(&code), AllowedCountry::Unknown(_)) && code != "ZZ";
                assert_eq!(code.parse::<Country>().is_ok(), stripe, "{code}");
            }
        }
    }
}
