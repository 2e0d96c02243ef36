//! The sandbox's own tax table. It is neither tax advice nor a copy of Stripe Tax: one rate for
//! each country, whatever is sold and from where. It serves to check that a shop handles the tax
//! that Stripe reports.
//!
//! `tax_behavior=inclusive` means that the price includes the tax, `exclusive` that it is added.
//! `unspecified` or unset counts as `exclusive` in every currency. (Stripe uses the account's
//! setting.)

/// Millionths of the price, as 8.1 % is no whole number of percent.
const RATES: [(&str, u32); 34] = [
    ("AT", 200_000),
    ("AU", 100_000),
    ("BE", 210_000),
    ("BG", 200_000),
    ("CA", 50_000),
    ("CH", 81_000),
    ("CY", 190_000),
    ("CZ", 210_000),
    ("DE", 190_000),
    ("DK", 250_000),
    ("EE", 240_000),
    ("ES", 210_000),
    ("FI", 255_000),
    ("FR", 200_000),
    ("GB", 200_000),
    ("GR", 240_000),
    ("HR", 250_000),
    ("HU", 270_000),
    ("IE", 230_000),
    ("IT", 220_000),
    ("JP", 100_000),
    ("LT", 210_000),
    ("LU", 170_000),
    ("LV", 210_000),
    ("MT", 180_000),
    ("NL", 210_000),
    ("NO", 250_000),
    ("NZ", 150_000),
    ("PL", 230_000),
    ("PT", 230_000),
    ("SE", 250_000),
    ("SI", 220_000),
    ("SK", 230_000),
    // A stand-in for the sales taxes of the states.
    ("US", 80_000),
];

/// A country's rate in millionths; 0 for countries not in the table.
pub(crate) fn rate(country: &str) -> u32 {
    RATES
        .iter()
        .find(|(code, _)| *code == country)
        .map_or(0, |(_, rate)| *rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_have_one_rate_and_others_none() {
        assert_eq!((rate("DE"), rate("CH"), rate("BR")), (190_000, 81_000, 0));
        assert!(RATES.iter().is_sorted_by(|one, next| one.0 < next.0));
        assert!(
            RATES
                .iter()
                .all(|(code, _)| crate::countries::name(code).is_some())
        );
    }
}
