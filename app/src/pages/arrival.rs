//! Why a shopper who has sent a form arrives at an order: the address of its page says so.
//!
//! It only chooses what is said and offered there. Whoever has the link to an order may see all of
//! it, so nobody learns anything from an address that somebody has made up.

use std::collections::BTreeMap;

use leptos_router::params::ParamsMap;
use shop::checkout::MAX_LINES;
use shop::quantity::Quantity;
use shop::token::OrderToken;

/// The form was paid already.
const ALREADY: &str = "already";
/// The choice that was not begun: `7:2,9:1` are two of product 7 and one of product 9.
const CHOICE: &str = "choice";

/// Why somebody arrives at the page of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Arrival {
    /// By its link, or back from Stripe.
    #[default]
    Usual,
    /// By sending a form again that has paid for it.
    AlreadyPaid,
    /// By sending another choice, when the order turned out to be paid. Quantities by product.
    OtherChoice(BTreeMap<i64, u32>),
}

impl Arrival {
    /// The address of the order's page.
    pub fn address(&self, token: &OrderToken) -> String {
        let page = format!("/orders/{}", token.as_str());
        match self {
            Self::Usual => page,
            Self::AlreadyPaid => format!("{page}?{ALREADY}"),
            Self::OtherChoice(choice) => {
                let choice: Vec<String> = choice
                    .iter()
                    .map(|(product, quantity)| format!("{product}:{quantity}"))
                    .collect();
                format!("{page}?{CHOICE}={}", choice.join(","))
            }
        }
    }

    /// Reads the query of an address. What cannot be read counts for nothing.
    pub fn read(query: &ParamsMap) -> Self {
        if let Some(choice) = query.get(CHOICE) {
            return parse(&choice).map_or(Self::Usual, Self::OtherChoice);
        }
        match query.get(ALREADY) {
            Some(_) => Self::AlreadyPaid,
            None => Self::Usual,
        }
    }
}

fn parse(text: &str) -> Option<BTreeMap<i64, u32>> {
    let mut choice = BTreeMap::new();
    for line in text.split(',').take(MAX_LINES) {
        let (product, quantity) = line.split_once(':')?;
        let quantity = Quantity::parse(quantity).ok()??;
        choice.insert(product.parse().ok()?, quantity.get());
    }
    Some(choice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &[(&str, &str)]) -> Arrival {
        let mut map = ParamsMap::new();
        for (name, value) in query {
            map.insert((*name).to_owned(), (*value).to_owned());
        }
        Arrival::read(&map)
    }

    #[test]
    fn a_choice_survives_the_address() {
        let choice = BTreeMap::from([(7, 2), (9, 1)]);
        assert_eq!(
            read(&[("choice", "7:2,9:1")]),
            Arrival::OtherChoice(choice.clone())
        );
        let address = Arrival::OtherChoice(choice).address(&OrderToken::nobodys());
        assert!(address.ends_with("?choice=7:2,9:1"), "{address}");
    }

    #[test]
    fn what_somebody_makes_up_counts_for_nothing() {
        for made_up in ["", "7", "7:", "7:0", "7:-1", "x:1", "7:1;9:1", "7:1,"] {
            assert_eq!(read(&[("choice", made_up)]), Arrival::Usual, "{made_up}");
        }
        assert_eq!(read(&[]), Arrival::Usual);
        assert_eq!(read(&[("already", "")]), Arrival::AlreadyPaid);
    }
}
