//! What a shopper has chosen in one browser tab, as the tab remembers it.
//!
//! There is no cart: the chosen quantities are the fields of the form that is sent. This is how
//! they come into the form of the next page.

use std::fmt;
use std::str::FromStr;

use crate::quantity::Quantity;
use crate::token::AttemptToken;

/// Maximum number of lines, which is that of line items in a Checkout Session, see
/// <https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-line_items>.
pub const MAX_LINES: usize = 100;

/// The chosen quantities, and the attempt of the form in which the first one was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// All pages of the tab use this attempt, so that paying twice begins one checkout.
    pub attempt: AttemptToken,
    /// Variant ids and quantities, each variant once.
    pub lines: Vec<(i64, Quantity)>,
}

impl Choice {
    /// The quantity of a variant.
    #[must_use]
    pub fn quantity(&self, variant: i64) -> Option<Quantity> {
        let line = self.lines.iter().find(|(id, _)| *id == variant);
        line.map(|(_, quantity)| *quantity)
    }
}

/// The text is not a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a choice")]
pub struct NotAChoice;

/// Parses the attempt and the lines: `00112233445566778899aabbccddeeff 7:2,9:1`.
impl FromStr for Choice {
    type Err = NotAChoice;

    fn from_str(text: &str) -> Result<Self, NotAChoice> {
        let (attempt, rest) = text.split_once(' ').ok_or(NotAChoice)?;
        let attempt = attempt.parse().map_err(|_| NotAChoice)?;
        let mut lines: Vec<(i64, Quantity)> = Vec::new();
        for line in rest.split(',').filter(|line| !line.is_empty()) {
            let (variant, quantity) = line.split_once(':').ok_or(NotAChoice)?;
            let variant = variant.parse().map_err(|_| NotAChoice)?;
            let quantity = Quantity::parse(quantity).ok().flatten().ok_or(NotAChoice)?;
            let twice = lines.iter().any(|(known, _)| *known == variant);
            if twice || lines.len() >= MAX_LINES {
                return Err(NotAChoice);
            }
            lines.push((variant, quantity));
        }
        Ok(Self { attempt, lines })
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.attempt.as_str())?;
        for (index, (variant, quantity)) in self.lines.iter().enumerate() {
            f.write_str(if index == 0 { " " } else { "," })?;
            write!(f, "{variant}:{}", quantity.get())?;
        }
        if self.lines.is_empty() {
            f.write_str(" ")?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ATTEMPT: &str = "00112233445566778899aabbccddeeff";

    #[test]
    fn only_what_the_shop_has_written_is_read() {
        for forged in [
            "".to_owned(),
            ATTEMPT.to_owned(),
            "short 7:2".to_owned(),
            format!("{ATTEMPT} 7"),
            format!("{ATTEMPT} 7:0"),
            format!("{ATTEMPT} 7:-1"),
            format!("{ATTEMPT} 7:1000000"),
            format!("{ATTEMPT} x:1"),
            format!("{ATTEMPT} 7:1,7:2"),
            format!("{ATTEMPT} 7:1;9:1"),
            format!("<script> {ATTEMPT} 7:1"),
        ] {
            assert_eq!(forged.parse::<Choice>(), Err(NotAChoice), "{forged}");
        }
        let lines = |count: usize| {
            let lines: Vec<String> = (0..count).map(|id| format!("{id}:1")).collect();
            format!("{ATTEMPT} {}", lines.join(","))
        };
        assert!(lines(MAX_LINES).parse::<Choice>().is_ok());
        assert!(lines(MAX_LINES + 1).parse::<Choice>().is_err());
    }

    proptest! {
        #[test]
        fn a_choice_is_read_as_it_was_written(
            lines in prop::collection::btree_map(any::<i64>(), 1..=Quantity::MAX, 0..20),
        ) {
            let quantity = |typed: u32| Quantity::parse(&typed.to_string()).unwrap().unwrap();
            let choice = Choice {
                attempt: ATTEMPT.parse().unwrap(),
                lines: lines.into_iter().map(|(id, typed)| (id, quantity(typed))).collect(),
            };
            prop_assert_eq!(choice.to_string().parse(), Ok(choice));
        }
    }
}
