//! The number by which shopper and owner speak of an order: `K7QM-3XPA`, with a shop's prefix
//! `TEA-K7QM-3XPA`.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use time::OffsetDateTime;

use crate::database::Database;
use crate::entity::order;

/// Digits and capitals without those that are taken for one another in print or in handwriting: 0
/// and O; 1, I and L; U and V.
const ALPHABET: &[u8] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters that tell when the order came to be.
const TIME_CHARACTERS: usize = 3;
/// Characters in all, without the prefix; in two groups, as people say them.
const CHARACTERS: usize = 8;
const GROUP: usize = CHARACTERS / 2;
/// Numbers whose order came to be within this time begin alike, in seconds.
const TIME_STEP: i64 = 600;
/// So many numbers are tried that begin with the time; those after them are all random.
const TIMED_TRIES: u32 = 3;
/// So many numbers are tried for one order. In a shop with a million orders more than two are
/// hardly ever needed.
pub(super) const MAX_TRIES: u32 = 20;
/// A prefix has at most so many letters.
pub const MAX_PREFIX: usize = 4;
/// As many orders as can be told apart on a screen, where the number that was typed fits more than
/// one.
const MAX_FOUND: u64 = 10;

/// The text is no prefix: up to four letters from A to Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not up to four letters from A to Z")]
pub struct BadPrefix;

/// How a shop numbers its orders.
///
/// A number does not count up, so nobody can read the shop's sales from two of them: three
/// characters tell in which ten minutes the order came to be (they begin anew after half a year),
/// which its buyer knows anyway, and the other five are random. Numbers of one time lie together in
/// the index, so that an order does not have to write a page of its own there.
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
    /// Numbers that begin with this prefix; without one where it is empty.
    ///
    /// # Errors
    /// [`BadPrefix`]
    pub fn with_prefix(prefix: &str) -> Result<Self, BadPrefix> {
        let letters = prefix.bytes().all(|byte| byte.is_ascii_alphabetic());
        if !letters || prefix.len() > MAX_PREFIX {
            return Err(BadPrefix);
        }
        Ok(Self {
            prefix: prefix.to_ascii_uppercase(),
            ..Self::default()
        })
    }

    /// Numbers of these characters only, at least one, for tests that want two orders to draw the
    /// same number.
    #[must_use]
    pub fn of_characters(alphabet: &'static [u8]) -> Self {
        Self {
            alphabet,
            ..Self::default()
        }
    }

    /// A number for an order of this time, after so many that were taken.
    pub(super) fn draw(
        &self,
        time: OffsetDateTime,
        tried: u32,
    ) -> Result<String, getrandom::Error> {
        let mut code = Vec::with_capacity(CHARACTERS);
        if tried < TIMED_TRIES {
            code.extend(self.time_characters(time));
        }
        while code.len() < CHARACTERS {
            code.extend(self.random_characters(CHARACTERS - code.len())?);
        }
        // One of digits alone could be an order's from before there were numbers.
        if code.iter().all(u8::is_ascii_digit) {
            code[CHARACTERS - 1] = b'X';
        }
        Ok(self.written(&String::from_utf8_lossy(&code)))
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

    /// At most so many random characters, each as likely as any other; fewer where a byte would
    /// have favoured some.
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

    fn written(&self, code: &str) -> String {
        let code = grouped(code);
        match self.prefix.as_str() {
            "" => code,
            prefix => format!("{prefix}-{code}"),
        }
    }

    /// The numbers that somebody may mean who has typed this.
    fn meant(&self, plain: &str) -> Vec<String> {
        let mut meant = vec![plain.to_owned()];
        if let Some((prefix, code)) = split(plain) {
            let code = grouped(code);
            if prefix.is_empty() {
                meant.push(self.written(&code.replace('-', "")));
                meant.push(code);
            } else {
                meant.push(format!("{prefix}-{code}"));
            }
        }
        meant
    }
}

/// `K7QM3XPA` in groups.
fn grouped(code: &str) -> String {
    let (first, second) = code.split_at_checked(GROUP).unwrap_or((code, ""));
    format!("{first}-{second}")
}

/// Prefix and code of a number without dashes. `None` where it is too short or too long for one.
fn split(plain: &str) -> Option<(&str, &str)> {
    let (prefix, code) = plain.split_at_checked(plain.len().checked_sub(CHARACTERS)?)?;
    (prefix.len() <= MAX_PREFIX).then_some((prefix, code))
}

/// The orders of exactly this number, in capitals or not, with dashes or without, and without its
/// prefix as long as the shop still has that. Reads by the index: strangers ask.
pub(super) async fn find_exactly(
    database: &Database,
    typed: &str,
    numbers: &OrderNumbers,
) -> Result<Vec<order::Model>, DbErr> {
    order::Entity::find()
        .filter(order::Column::Number.is_in(numbers.meant(&plain(typed))))
        .order_by_asc(order::Column::Id)
        .limit(MAX_FOUND)
        .all(database.reader())
        .await
}

/// What counts of a number that somebody has typed.
fn plain(typed: &str) -> String {
    let alphanumeric = typed.chars().filter(char::is_ascii_alphanumeric);
    alphanumeric
        .map(|character| character.to_ascii_uppercase())
        .collect()
}

/// The orders of this number, in capitals or not, with dashes and prefix or without. More than one
/// only where the prefix is missing and two of the shop's prefixes came to the same number.
///
/// # Errors
/// Where the database does not answer.
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
    let found = with(order::Column::Number.is_in(numbers.meant(&plain))).await?;
    if !found.is_empty() {
        return Ok(found);
    }
    // The shop may have had another prefix then, or none. This reads the whole index, and is asked
    // by its owner only.
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
        for tried in 0..MAX_TRIES {
            let number = numbers.draw(NOW, tried).unwrap();
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
        for tried in 0..MAX_TRIES {
            let number = digits.draw(NOW, tried).unwrap();
            assert!(number.ends_with('X'), "{number}");
        }
    }

    /// Whoever orders twice learns how much time has passed, and nothing of what others have
    /// bought.
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
            assert_eq!(OrderNumbers::with_prefix(bad), Err(BadPrefix), "{bad}");
        }
    }
}
