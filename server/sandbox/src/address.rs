//! Postal addresses: a shopper's billing and shipping address.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::countries;
use crate::error::ApiError;
use crate::form::Fields;

/// In characters.
const MAX_PART_LENGTH: usize = 200;

/// An address. Parts that are not given are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Address {
    pub(crate) line1: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) line2: String,
    pub(crate) city: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) postal_code: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) state: String,
    /// ISO 3166, upper case.
    pub(crate) country: String,
}

impl Address {
    /// Reads an address from a request; does not check whether it is complete.
    ///
    /// # Errors
    /// 400 for a part that is not a text, or is too long.
    pub(crate) fn read(mut fields: Fields) -> Result<Address, ApiError> {
        let mut part = |key| {
            fields
                .short_text(key, MAX_PART_LENGTH)
                .map(|text| text.unwrap_or_default().trim().to_owned())
        };
        let address = Address {
            line1: part("line1")?,
            line2: part("line2")?,
            city: part("city")?,
            postal_code: part("postal_code")?,
            state: part("state")?,
            country: part("country")?.to_ascii_uppercase(),
        };
        fields.finish()?;
        Ok(address)
    }

    /// Refuses an incomplete address, and a country that is not in `allowed`. If `allowed` is
    /// empty, all countries are allowed.
    ///
    /// # Errors
    /// 400; `param` is `prefix` with the part, such as `shipping[address][city]`.
    pub(crate) fn require(&self, prefix: &str, allowed: &[String]) -> Result<(), ApiError> {
        let name = |part: &str| format!("{prefix}[{part}]");
        let needs_code = countries::has_postal_codes(&self.country);
        let required = [
            ("country", &self.country, true),
            ("line1", &self.line1, true),
            ("postal_code", &self.postal_code, needs_code),
            ("city", &self.city, true),
        ];
        for (part, text, needed) in required {
            if needed && text.is_empty() {
                return Err(ApiError::parameter_missing(&name(part)));
            }
        }
        if countries::name(&self.country).is_none() {
            return Err(
                ApiError::invalid("Enter a two-letter country code.").param(name("country"))
            );
        }
        if !allowed.is_empty() && !allowed.contains(&self.country) {
            return Err(
                ApiError::invalid("This shop does not ship to that country.")
                    .param(name("country")),
            );
        }
        Ok(())
    }

    /// As the API returns it: empty parts are null.
    pub(crate) fn json(&self) -> Value {
        let part = |text: &String| Some(text).filter(|text| !text.is_empty()).cloned();
        json!({
            "city": part(&self.city), "country": part(&self.country), "line1": part(&self.line1),
            "line2": part(&self.line2), "postal_code": part(&self.postal_code),
            "state": part(&self.state),
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;
    use crate::form;

    fn address(encoded: &str) -> Address {
        Address::read(Fields::of_request(form::parse(encoded.as_bytes()).unwrap())).unwrap()
    }

    fn missing(encoded: &str) -> Option<String> {
        address(encoded)
            .require("billing[address]", &[])
            .err()
            .and_then(|error| error.param)
    }

    #[test]
    fn the_first_part_that_is_missing_is_named() {
        assert_eq!(missing("").as_deref(), Some("billing[address][country]"));
        assert_eq!(
            missing("country=de&line1=Weg+1&city=Ulm").as_deref(),
            Some("billing[address][postal_code]")
        );
        assert_eq!(
            missing("country=de&line1=Weg+1&city=Ulm&postal_code=89073"),
            None
        );
        assert_eq!(
            missing("country=HK&line1=1+Queen%27s+Road&city=Central"),
            None
        );
        assert_eq!(
            missing("country=Germany&line1=Weg+1&city=Ulm&postal_code=1").as_deref(),
            Some("billing[address][country]")
        );
    }

    #[test]
    fn a_country_must_be_among_the_allowed_ones() {
        let ulm = address("country=DE&line1=Weg+1&city=Ulm&postal_code=89073");
        assert!(ulm.require("x", &["AT".to_owned()]).is_err());
        assert!(
            ulm.require("x", &["AT".to_owned(), "DE".to_owned()])
                .is_ok()
        );
    }
}
