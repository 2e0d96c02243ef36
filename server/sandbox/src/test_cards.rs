//! The test cards and test bank accounts, and the outcome of each.
//!
//! Numbers outside these lists are refused. Only the brand and the last four digits of a card are
//! stored.

use crate::error::ApiError;

/// A card that passed the checks, without its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TestCard {
    pub(crate) brand: &'static str,
    pub(crate) last4: &'static str,
    pub(crate) exp_month: i64,
    pub(crate) exp_year: i64,
    pub(crate) outcome: CardOutcome,
}

/// What happens when the card is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CardOutcome {
    Succeeds,
    Declined(Decline),
    /// Requires the shopper's approval by 3-D Secure.
    RequiresAuthentication {
        /// Whether the bank declines it even if approved.
        declined: bool,
    },
}

/// The bank's decline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decline {
    pub(crate) code: &'static str,
    pub(crate) decline_code: &'static str,
    pub(crate) message: &'static str,
}

const fn decline(
    code: &'static str,
    decline_code: &'static str,
    message: &'static str,
) -> CardOutcome {
    CardOutcome::Declined(Decline {
        code,
        decline_code,
        message,
    })
}

const DECLINED: &str = "Your card was declined.";
/// A decline without a specific reason.
pub(crate) const GENERIC_DECLINE: Decline = Decline {
    code: "card_declined",
    decline_code: "generic_decline",
    message: DECLINED,
};

/// A test card number and its outcome.
pub(crate) struct ListedCard {
    pub(crate) number: &'static str,
    brand: &'static str,
    outcome: CardOutcome,
    /// The text on the payment page; `None` hides the card there.
    pub(crate) description: Option<&'static str>,
}

const fn listed(
    number: &'static str,
    brand: &'static str,
    outcome: CardOutcome,
    description: Option<&'static str>,
) -> ListedCard {
    ListedCard {
        number,
        brand,
        outcome,
        description,
    }
}

/// All test cards.
pub(crate) const TEST_CARDS: [ListedCard; 15] = [
    listed(
        "4242424242424242",
        "visa",
        CardOutcome::Succeeds,
        Some("succeeds"),
    ),
    listed(
        "5555555555554444",
        "mastercard",
        CardOutcome::Succeeds,
        Some("succeeds"),
    ),
    listed(
        "378282246310005",
        "amex",
        CardOutcome::Succeeds,
        Some("succeeds (CVC of four digits)"),
    ),
    listed(
        "4000000000000002",
        "visa",
        CardOutcome::Declined(GENERIC_DECLINE),
        Some("is declined"),
    ),
    listed(
        "4000000000009995",
        "visa",
        decline(
            "card_declined",
            "insufficient_funds",
            "Your card has insufficient funds.",
        ),
        Some("is declined: insufficient funds"),
    ),
    listed(
        "4000000000009987",
        "visa",
        decline("card_declined", "lost_card", DECLINED),
        Some("is declined: lost card"),
    ),
    listed(
        "4000000000000069",
        "visa",
        decline("expired_card", "expired_card", "Your card has expired."),
        Some("is declined: expired card"),
    ),
    listed(
        "4000000000000127",
        "visa",
        decline(
            "incorrect_cvc",
            "incorrect_cvc",
            "Your card's security code is incorrect.",
        ),
        Some("is declined: incorrect CVC"),
    ),
    listed(
        "4000000000000119",
        "visa",
        decline(
            "processing_error",
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
        ),
        Some("is declined: processing error"),
    ),
    listed(
        "4000002760003184",
        "visa",
        CardOutcome::RequiresAuthentication { declined: false },
        Some("requires 3-D Secure, then succeeds"),
    ),
    listed(
        "4000008400001629",
        "visa",
        CardOutcome::RequiresAuthentication { declined: true },
        Some("requires 3-D Secure, then is declined"),
    ),
    // The payment succeeds; a dispute or a refund failure follows.
    listed(
        "4000000000000259",
        "visa",
        CardOutcome::Succeeds,
        Some("is disputed later as fraudulent"),
    ),
    listed(
        "4000000000002685",
        "visa",
        CardOutcome::Succeeds,
        Some("is disputed later as not received"),
    ),
    listed(
        "4000000000007726",
        "visa",
        CardOutcome::Succeeds,
        Some("succeeds; a refund is pending at first"),
    ),
    listed(
        "4000000000005126",
        "visa",
        CardOutcome::Succeeds,
        Some("succeeds; a refund fails later"),
    ),
];

/// Checks the card fields. `today` is the current year and month.
///
/// # Errors
/// 402 with the code of the first problem, and the field's name as `param`.
pub(crate) fn check_card(
    number: &str,
    exp_month: &str,
    exp_year: &str,
    cvc: &str,
    today: (i64, i64),
) -> Result<TestCard, ApiError> {
    let number: String = number
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '\u{a0}'))
        .collect();
    if number.is_empty() || number.len() > 19 || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ApiError::card(
            "invalid_number",
            "The card number is not a valid credit card number.",
        )
        .param("number"));
    }
    if number.len() < 12 || !passes_luhn(&number) {
        return Err(
            ApiError::card("incorrect_number", "Your card number is incorrect.").param("number"),
        );
    }
    let month = exp_month
        .trim()
        .parse::<i64>()
        .ok()
        .filter(|month| (1..=12).contains(month));
    let Some(month) = month else {
        return Err(ApiError::card(
            "invalid_expiry_month",
            "Your card's expiration month is invalid.",
        )
        .param("exp_month"));
    };
    let year = exp_year.trim().parse::<i64>().ok().map(|year| {
        if (0..100).contains(&year) {
            2000 + year
        } else {
            year
        }
    });
    let (this_year, this_month) = today;
    let unexpired =
        |year: &i64| (*year, month) >= (this_year, this_month) && *year <= this_year + 50;
    let Some(year) = year.filter(unexpired) else {
        return Err(ApiError::card(
            "invalid_expiry_year",
            "Your card's expiration year is invalid.",
        )
        .param("exp_year"));
    };
    let Some(card) = TEST_CARDS.iter().find(|card| card.number == number) else {
        let message =
            "Your card was declined. The sandbox takes test numbers only: use a test card.";
        let mut error = ApiError::card("card_declined", message).param("number");
        error.decline_code = Some("test_mode_live_card");
        return Err(error);
    };
    let cvc = cvc.trim();
    let cvc_length = if card.brand == "amex" { 3..=4 } else { 3..=3 };
    if !cvc_length.contains(&cvc.len()) || !cvc.bytes().all(|b| b.is_ascii_digit()) {
        return Err(
            ApiError::card("invalid_cvc", "Your card's security code is invalid.").param("cvc"),
        );
    }
    Ok(TestCard {
        brand: card.brand,
        last4: &card.number[card.number.len() - 4..],
        exp_month: month,
        exp_year: year,
        outcome: card.outcome,
    })
}

fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(position, byte)| {
            let digit = u32::from(byte - b'0');
            match (position % 2, digit) {
                (0, digit) | (1, digit @ 9) => digit,
                (_, digit) => digit * 2 % 9,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// A test bank account for SEPA Direct Debit, the delayed method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TestIban {
    pub(crate) iban: &'static str,
    pub(crate) country: &'static str,
    pub(crate) last4: &'static str,
    /// Whether the delayed payment succeeds.
    pub(crate) succeeds: bool,
}

/// All test bank accounts.
pub(crate) const TEST_IBANS: [TestIban; 2] = [
    TestIban {
        iban: "AT611904300234573201",
        country: "AT",
        last4: "3201",
        succeeds: true,
    },
    TestIban {
        iban: "IT60X0542811101000000123456",
        country: "IT",
        last4: "3456",
        succeeds: false,
    },
];

/// Checks an IBAN as typed.
///
/// # Errors
/// 402 if it is not an IBAN, or not one of the test accounts.
pub(crate) fn check_iban(iban: &str) -> Result<TestIban, ApiError> {
    let iban: String = iban
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_ascii_uppercase())
        .collect();
    if let Some(known) = TEST_IBANS.iter().find(|known| known.iban == iban) {
        return Ok(*known);
    }
    let message = if is_iban(&iban) {
        "The sandbox takes test bank accounts only: use a test IBAN."
    } else {
        "The IBAN you entered is invalid."
    };
    Err(ApiError::card("invalid_bank_account_iban", message).param("iban"))
}

/// Checks the length and, by ISO 13616, that the rearranged number modulo 97 is 1.
fn is_iban(iban: &str) -> bool {
    if !(15..=34).contains(&iban.len()) || !iban.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return false;
    }
    let (head, tail) = iban.split_at(4);
    let remainder = tail
        .chars()
        .chain(head.chars())
        .filter_map(|c| c.to_digit(36))
        .fold(0_u32, |rest, value| {
            let shift = if value < 10 { 10 } else { 100 };
            (rest * shift + value) % 97
        });
    remainder == 1
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;

    const TODAY: (i64, i64) = (2026, 11);

    fn error_code(number: &str, month: &str, year: &str, cvc: &str) -> Option<&'static str> {
        check_card(number, month, year, cvc, TODAY)
            .unwrap_err()
            .code
    }

    #[test]
    fn every_listed_number_passes_the_check_digit() {
        for card in &TEST_CARDS {
            assert!(passes_luhn(card.number), "{}", card.number);
        }
        for account in TEST_IBANS {
            assert!(is_iban(account.iban), "{}", account.iban);
        }
    }

    #[test]
    fn a_listed_card_is_known_by_its_brand_and_last_digits() {
        let card = check_card("5555 5555 5555 4444", "12", "30", "123", TODAY).unwrap();
        assert_eq!(
            (card.brand, card.last4, card.outcome),
            ("mastercard", "4444", CardOutcome::Succeeds)
        );
    }

    #[test]
    fn a_wrong_check_digit_is_an_incorrect_number() {
        assert_eq!(
            error_code("4242424242424241", "12", "30", "123"),
            Some("incorrect_number")
        );
    }

    #[test]
    fn text_that_is_not_a_number_is_invalid() {
        assert_eq!(error_code("", "12", "30", "123"), Some("invalid_number"));
        assert_eq!(
            error_code("4242x", "12", "30", "123"),
            Some("invalid_number")
        );
        assert_eq!(
            error_code("４２４２４２４２４２４２４２４２", "12", "30", "123"),
            Some("invalid_number")
        );
        assert_eq!(error_code("0", "12", "30", "123"), Some("incorrect_number"));
    }

    #[test]
    fn a_number_outside_the_list_is_declined_with_advice() {
        let error = check_card("4111111111111111", "12", "30", "123", TODAY).unwrap_err();
        assert_eq!(error.code, Some("card_declined"));
        assert!(error.message.contains("use a test card"));
    }

    #[test]
    fn expiry_and_cvc_are_checked() {
        assert_eq!(
            error_code("4242424242424242", "13", "30", "123"),
            Some("invalid_expiry_month")
        );
        assert_eq!(
            error_code("4242424242424242", "10", "26", "123"),
            Some("invalid_expiry_year")
        );
        assert_eq!(
            error_code("4242424242424242", "11", "-9223372036854775808", "123"),
            Some("invalid_expiry_year")
        );
        assert_eq!(
            error_code("4242424242424242", "12", "30", "12"),
            Some("invalid_cvc")
        );
        assert_eq!(
            error_code("4242424242424242", "12", "30", "1234"),
            Some("invalid_cvc")
        );
        assert!(check_card("4242424242424242", "11", "26", "123", TODAY).is_ok());
        assert!(check_card("378282246310005", "12", "2030", "1234", TODAY).is_ok());
    }

    #[test]
    fn bank_accounts_outside_the_list_are_refused() {
        assert!(check_iban("at61 1904 3002 3457 3201").unwrap().succeeds);
        assert!(!check_iban("IT60X0542811101000000123456").unwrap().succeeds);
        assert!(
            check_iban("DE89370400440532013000")
                .unwrap_err()
                .message
                .contains("test IBAN")
        );
        assert!(
            check_iban("DE00370400440532013000")
                .unwrap_err()
                .message
                .contains("invalid")
        );
        assert!(check_iban("").is_err());
    }
}
