//! Order numbers, by which shoppers and owner identify an order: `K7QM-3XPA`, or `TEA-K7QM-3XPA`
//! with a shop's prefix.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use time::OffsetDateTime;

use crate::database::Database;
use crate::entity::order;

/// Digits and capitals, without those that are easily confused in print or handwriting: 0 and O; 1,
/// I and L; U and V.
const ALPHABET: &[u8] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The number of characters that encode when the order was created.
const TIME_CHARACTERS: usize = 3;
/// The number of characters without the prefix, in two groups that are easy to say.
const CHARACTERS: usize = 8;
const GROUP: usize = CHARACTERS / 2;
/// Orders created within this time have numbers that begin alike. In seconds.
const TIME_STEP: i64 = 600;
/// The maximum number of draws that begin with the time; later ones are entirely random.
const MAX_TIMED_DRAWS: u32 = 3;
/// The maximum number of numbers drawn for one order. Even with a million orders, more than two are
/// hardly ever needed.
pub(super) const MAX_DRAWS: u32 = 20;
/// The maximum number of letters in a prefix.
pub const MAX_PREFIX_LENGTH: usize = 4;
/// The maximum number of orders returned if the number typed matches more than one.
const MAX_FOUND: u64 = 10;

/// The text is not a prefix of up to four letters from A to Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be up to four letters from A to Z")]
pub struct InvalidPrefix;

/// How a shop numbers its orders.
///
/// Numbers are not sequential, so nobody can derive the shop's sales from two of them: three
/// characters encode the ten minutes in which the order was created (they repeat after half a
/// year), which its shopper knows anyway, and the other five are random. Numbers of the same time
/// are adjacent in the index, so a new order does not have to write an index page of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderNumbers {
    prefix: String,
    alphabet: &'static [u8],
}

impl Default for OrderNumbers {
    fn default() -> Self {
        Self {
            prefix: String::new(),
            alphabet: ALPHABET,
        }
    }
}

impl OrderNumbers {
    /// Numbers that begin with this prefix; an empty one means no prefix.
    ///
    /// # Errors
    /// [`InvalidPrefix`]
    pub fn with_prefix(prefix: &str) -> Result<Self, InvalidPrefix> {
        let letters = prefix.bytes().all(|byte| byte.is_ascii_alphabetic());
        if !letters || prefix.len() > MAX_PREFIX_LENGTH {
            return Err(InvalidPrefix);
        }
        Ok(Self {
            prefix: prefix.to_ascii_uppercase(),
            ..Self::default()
        })
    }

    /// Numbers of these characters only (at least one), for tests in which two orders draw the same
    /// number.
    #[must_use]
    pub fn of_characters(alphabet: &'static [u8]) -> Self {
        Self {
            alphabet,
            ..Self::default()
        }
    }

    /// Draws a number for an order created at this time. `draws` counts the numbers that were
    /// taken.
    pub(super) fn draw(
        &self,
        time: OffsetDateTime,
        draws: u32,
    ) -> Result<String, getrandom::Error> {
        let mut code = Vec::with_capacity(CHARACTERS);
        if draws < MAX_TIMED_DRAWS {
            code.extend(self.time_characters(time));
        }
        while code.len() < CHARACTERS {
            code.extend(self.random_characters(CHARACTERS - code.len())?);
        }
        // Digits only could be the number of an order from before this format existed.
        if code.iter().all(u8::is_ascii_digit) {
            code[CHARACTERS - 1] = b'X';
        }
        Ok(self.with_own_prefix(&String::from_utf8_lossy(&code)))
    }

    fn time_characters(&self, time: OffsetDateTime) -> [u8; TIME_CHARACTERS] {
        let base = self.alphabet.len();
        let step = time.unix_timestamp().div_euclid(TIME_STEP);
        let mut rest = usize::try_from(step).unwrap_or(0);
        let mut characters = [0; TIME_CHARACTERS];
        for character in characters.iter_mut().rev() {
            *character = self.alphabet[rest % base];
            rest /= base;
        }
        characters
    }

    /// Returns at most `count` random characters, all equally likely; fewer if bytes had to be
    /// skipped to avoid bias.
    fn random_characters(&self, count: usize) -> Result<Vec<u8>, getrandom::Error> {
        let mut bytes = [0; CHARACTERS];
        getrandom::fill(&mut bytes)?;
        let base = self.alphabet.len();
        let fair = 256 - 256 % base;
        Ok(bytes
            .into_iter()
            .map(usize::from)
            .filter(|byte| *byte < fair)
            .map(|byte| self.alphabet[byte % base])
            .take(count)
            .collect())
    }

    fn with_own_prefix(&self, code: &str) -> String {
        let code = grouped(code);
        match self.prefix.as_str() {
            "" => code,
            prefix => format!("{prefix}-{code}"),
        }
    }

    /// Returns the numbers that this input may mean.
    fn candidates(&self, plain: &str) -> Vec<String> {
        let mut candidates = vec![plain.to_owned()];
        if let Some((prefix, code)) = split(plain) {
            let code = grouped(code);
            if prefix.is_empty() {
                candidates.push(self.with_own_prefix(&code.replace('-', "")));
                candidates.push(code);
            } else {
                candidates.push(format!("{prefix}-{code}"));
            }
        }
        candidates
    }
}

/// Formats `K7QM3XPA` as `K7QM-3XPA`.
fn grouped(code: &str) -> String {
    let (first, second) = code.split_at_checked(GROUP).unwrap_or((code, ""));
    format!("{first}-{second}")
}

/// Splits a number without dashes into prefix and code. `None` if its length does not fit.
fn split(plain: &str) -> Option<(&str, &str)> {
    let (prefix, code) = plain.split_at_checked(plain.len().checked_sub(CHARACTERS)?)?;
    (prefix.len() <= MAX_PREFIX_LENGTH).then_some((prefix, code))
}

/// Finds the orders of exactly this number, with or without capitals, dashes and the shop's current
/// prefix. Reads by the index, because anybody may ask.
pub(crate) async fn find_exact(
    database: &Database,
    typed: &str,
    numbers: &OrderNumbers,
) -> Result<Vec<order::Model>, DbErr> {
    order::Entity::find()
        .filter(order::Column::Number.is_in(numbers.candidates(&plain(typed))))
        .order_by_asc(order::Column::Id)
        .limit(MAX_FOUND)
        .all(database.reader())
        .await
}

/// Returns the significant characters of a typed number, in capitals.
fn plain(typed: &str) -> String {
    let alphanumeric = typed.chars().filter(char::is_ascii_alphanumeric);
    alphanumeric
        .map(|character| character.to_ascii_uppercase())
        .collect()
}

/// Finds the orders of this number, with or without capitals, dashes and prefix. More than one only
/// if the prefix is missing and the shop has used the same number with two prefixes.
///
/// # Errors
/// If the database does not answer.
pub async fn find(
    database: &Database,
    typed: &str,
    numbers: &OrderNumbers,
) -> Result<Vec<order::Model>, DbErr> {
    let plain = plain(typed);
    let with = |condition| {
        order::Entity::find()
            .filter(condition)
            .order_by_asc(order::Column::Id)
            .limit(MAX_FOUND)
            .all(database.reader())
    };
    let found = with(order::Column::Number.is_in(numbers.candidates(&plain))).await?;
    if !found.is_empty() {
        return Ok(found);
    }
    // The shop may have had another prefix before, or none. This reads the whole index, so only the
    // owner may ask.
    match split(&plain) {
        Some((_, code)) => with(order::Column::Number.ends_with(grouped(code))).await,
        None => Ok(Vec::new()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use time::Duration;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-28 14:05 UTC);

    #[test]
    fn a_number_has_two_groups_of_characters_that_cannot_be_confused() {
        let numbers = OrderNumbers::default();
        for draws in 0..MAX_DRAWS {
            let number = numbers.draw(NOW, draws).unwrap();
            assert_eq!(number.len(), CHARACTERS + 1, "{number}");
            assert_eq!(number.find('-'), Some(GROUP), "{number}");
            assert!(number.bytes().any(|byte| byte.is_ascii_alphabetic()));
            let code = number.bytes().filter(|byte| *byte != b'-');
            assert!(
                code.clone().all(|byte| ALPHABET.contains(&byte)),
                "{number}"
            );
            assert!(
                !code.clone().any(|byte| b"01ILOU".contains(&byte)),
                "{number}"
            );
        }
    }

    #[test]
    fn a_number_of_digits_alone_is_never_given() {
        let digits = OrderNumbers::of_characters(b"23");
        for draws in 0..MAX_DRAWS {
            let number = digits.draw(NOW, draws).unwrap();
            assert!(number.ends_with('X'), "{number}");
        }
    }

    /// A shopper who orders twice learns how much time has passed, and nothing about the orders of
    /// others.
    #[test]
    fn numbers_of_one_time_begin_alike_and_do_not_count_up() {
        let numbers = OrderNumbers::default();
        let drawn: Vec<String> = (0..100).map(|_| numbers.draw(NOW, 0).unwrap()).collect();
        let begin = &drawn[0][..TIME_CHARACTERS];
        assert!(drawn.iter().all(|number| number.starts_with(begin)));
        assert!(!drawn.is_sorted());
        let later = numbers.draw(NOW + Duration::minutes(10), 0).unwrap();
        assert!(!later.starts_with(begin), "{later}");
    }

    #[test]
    fn a_prefix_has_up_to_four_letters() {
        let number = OrderNumbers::with_prefix("tea")
            .unwrap()
            .draw(NOW, 0)
            .unwrap();
        assert!(number.starts_with("TEA-"), "{number}");
        assert_eq!(
            OrderNumbers::with_prefix("").unwrap(),
            OrderNumbers::default()
        );
        for bad in ["TEAS!", "TEASE", "T-A", "4U", "Ä", " "] {
            assert_eq!(OrderNumbers::with_prefix(bad), Err(InvalidPrefix), "{bad}");
        }
    }
}
