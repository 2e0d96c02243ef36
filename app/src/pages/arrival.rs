//! Why a shopper who submitted a form arrives at an order's page, encoded in the URL's query.
//!
//! The query only selects which notice and offer the page shows. Anyone with the order link may see
//! the whole order, so a forged query reveals nothing.

use std::collections::BTreeMap;

use leptos_router::params::ParamsMap;
use shop::checkout::MAX_LINES;
use till_core::quantity::Quantity;
use till_core::token::OrderToken;

/// Query parameter: the form's checkout was already paid.
const ALREADY_PAID: &str = "already";
/// Query parameter: the selection for which no checkout was begun. `7:2,9:1` is two units of
/// variant 7 and one of variant 9.
const SELECTION: &str = "choice";

/// Why a shopper arrives at an order's page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Arrival {
    /// By the order link, or from Stripe.
    #[default]
    Usual,
    /// The shopper sent the form of this order again after paying.
    AlreadyPaid,
    /// The shopper sent another selection, but the order was already paid. Quantities by variant.
    OtherSelection(BTreeMap<i64, u32>),
}

impl Arrival {
    /// Returns the URL of the order's page.
    pub fn url(&self, token: &OrderToken) -> String {
        let page = format!("/orders/{}", token.as_str());
        match self {
            Self::Usual => page,
            Self::AlreadyPaid => format!("{page}?{ALREADY_PAID}"),
            Self::OtherSelection(selection) => {
                let selection: Vec<String> = selection
                    .iter()
                    .map(|(variant, quantity)| format!("{variant}:{quantity}"))
                    .collect();
                format!("{page}?{SELECTION}={}", selection.join(","))
            }
        }
    }

    /// Parses a URL's query. What cannot be parsed is ignored.
    pub fn from_query(query: &ParamsMap) -> Self {
        if let Some(selection) = query.get(SELECTION) {
            return parse_selection(&selection).map_or(Self::Usual, Self::OtherSelection);
        }
        match query.get(ALREADY_PAID) {
            Some(_) => Self::AlreadyPaid,
            None => Self::Usual,
        }
    }
}

fn parse_selection(text: &str) -> Option<BTreeMap<i64, u32>> {
    let mut selection = BTreeMap::new();
    for line in text.split(',').take(MAX_LINES) {
        let (variant, quantity) = line.split_once(':')?;
        let quantity = Quantity::parse(quantity).ok()??;
        selection.insert(variant.parse().ok()?, quantity.get());
    }
    Some(selection)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &[(&str, &str)]) -> Arrival {
        let mut map = ParamsMap::new();
        for (name, value) in query {
            map.insert((*name).to_owned(), (*value).to_owned());
        }
        Arrival::from_query(&map)
    }

    #[test]
    fn a_selection_survives_the_url() {
        let selection = BTreeMap::from([(7, 2), (9, 1)]);
        assert_eq!(
            read(&[("choice", "7:2,9:1")]),
            Arrival::OtherSelection(selection.clone())
        );
        let url = Arrival::OtherSelection(selection).url(&OrderToken::nil());
        assert!(url.ends_with("?choice=7:2,9:1"), "{url}");
    }

    #[test]
    fn a_malformed_query_is_ignored() {
        for malformed in ["", "7", "7:", "7:0", "7:-1", "x:1", "7:1;9:1", "7:1,"] {
            assert_eq!(
                read(&[("choice", malformed)]),
                Arrival::Usual,
                "{malformed}"
            );
        }
        assert_eq!(read(&[]), Arrival::Usual);
        assert_eq!(read(&[("already", "")]), Arrival::AlreadyPaid);
    }
}
