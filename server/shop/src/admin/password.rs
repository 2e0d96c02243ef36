//! Which passwords are allowed, and how they are hashed.

use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Semaphore, SemaphorePermit};
use unicode_normalization::UnicodeNormalization;

use super::AdminError;

/// The fewest characters of a password.
pub const MIN_PASSWORD_CHARS: usize = 12;
/// The most characters of a password.
pub const MAX_PASSWORD_CHARS: usize = 256;

/// Memory of one hash, in KiB: 64 MiB.
const MEMORY: u32 = 64 * 1024;
/// Passes over it. With 64 MiB the second recommendation of RFC 9106 (section 4), but for the
/// lanes: they would only help somebody with more cores than this server.
const PASSES: u32 = 3;
const LANES: u32 = 1;

/// How many hashes run at once: they take 128 MiB and two cores together.
static HASHES: Semaphore = Semaphore::const_new(2);
/// How many of them run for those who are not known here. The other one is for everybody else, so
/// that guessing does not keep users waiting.
static STRANGERS: Semaphore = Semaphore::const_new(1);
/// How long to wait for a turn.
const WAIT_TIMEOUT: Duration = Duration::from_secs(20);

/// Verified instead of a user's hash if there is no such user: no password has it.
const NO_HASH: &str = "$argon2id$v=19$m=65536,t=3,p=1$\
    dGlsbCBoYXMgbm8gdXNlcg$uwAtuD4Xb0JXyB1PpQWHd4JDWYdPJ0hTaoeqXv9lt7A";

/// Passwords of at least [`MIN_PASSWORD_CHARS`] characters that are among the first that somebody
/// tries, one a line.
const COMMON: &str = include_str!("common_passwords.txt");

/// Why a password is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    /// It is too short.
    #[error("the password must have at least {MIN_PASSWORD_CHARS} characters")]
    TooShort,
    /// It is too long.
    #[error("the password must have at most {MAX_PASSWORD_CHARS} characters")]
    TooLong,
    /// It is one of the first that somebody tries.
    #[error("the password is too easy to guess")]
    TooCommon,
    /// Most of it is the email address, or its first part.
    #[error("the password must not mostly be the email address")]
    IsMail,
}

/// Who waits for a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    /// Somebody who is signed in, was sent a link, or comes from a known device.
    Known,
    /// Anybody.
    Stranger,
}

/// Checks a new password of the user with this email address.
pub(super) fn check(password: &SecretString, mail: &str) -> Result<(), PasswordProblem> {
    let password = password.expose_secret();
    let chars = password.chars().count();
    if chars < MIN_PASSWORD_CHARS {
        return Err(PasswordProblem::TooShort);
    }
    if chars > MAX_PASSWORD_CHARS {
        return Err(PasswordProblem::TooLong);
    }
    let typed = password.trim().to_lowercase();
    let mail = super::normalized(mail);
    let user = mail.split('@').next().unwrap_or_default();
    if is_mostly(&typed, &mail) || is_mostly(&typed, user) {
        return Err(PasswordProblem::IsMail);
    }
    if COMMON.lines().any(|common| common == typed) || is_simple(&typed) {
        return Err(PasswordProblem::TooCommon);
    }
    Ok(())
}

/// Whether more than half of a text is this part, once or repeated.
fn is_mostly(text: &str, part: &str) -> bool {
    if part.is_empty() {
        return false;
    }
    let rest = text.replace(part, "").chars().count();
    rest * 2 < text.chars().count()
}

/// Whether a text repeats few characters, or counts up or down.
fn is_simple(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let repeats = |length: usize| {
        let (first, rest) = chars.split_at(length.min(chars.len()));
        rest.chunks(length).all(|chunk| first.starts_with(chunk))
    };
    let counts = |step: i64| {
        let number = |one: char| i64::from(u32::from(one));
        let is_next = |two: &[char]| match two {
            ['9', '0'] => step == 1,
            ['0', '9'] => step == -1,
            [one, next] => number(*next) - number(*one) == step,
            _ => true,
        };
        chars.windows(2).all(is_next)
    };
    (1..=4).any(repeats) || counts(1) || counts(-1)
}

/// Hashes a password that was checked.
pub(super) async fn hash(password: &SecretString) -> Result<String, AdminError> {
    let password = normalized(password);
    let mut salt = [0; 16];
    getrandom::fill(&mut salt)?;
    computed(Asker::Known, move || {
        let hash = hasher()?.hash_password_with_salt(password.expose_secret().as_bytes(), &salt)?;
        Ok(hash.to_string())
    })
    .await
}

/// Whether a password has this hash. Without a hash it takes as long, and is wrong.
pub(super) async fn is_right(
    password: &SecretString,
    hash: Option<&str>,
    asker: Asker,
) -> Result<bool, AdminError> {
    let is_known = hash.is_some();
    let hash = hash.unwrap_or(NO_HASH).to_owned();
    let password = normalized(password);
    computed(asker, move || {
        let hash = PasswordHash::new(&hash)?;
        match hasher()?.verify_password(password.expose_secret().as_bytes(), &hash) {
            Ok(()) => Ok(is_known),
            Err(password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(error),
        }
    })
    .await
}

/// Waits for a turn, and computes in a thread that may block.
async fn computed<T: Send + 'static>(
    asker: Asker,
    compute: impl FnOnce() -> Result<T, password_hash::Error> + Send + 'static,
) -> Result<T, AdminError> {
    let _turns = tokio::time::timeout(WAIT_TIMEOUT, turns(asker))
        .await
        .map_err(|_| AdminError::Computation("too many passwords to check".to_owned()))?;
    // By this a test counts that every sign-in does the same work.
    tracing::trace!("computing a password hash");
    let computed = tokio::task::spawn_blocking(compute).await;
    let computed = computed.map_err(|error| AdminError::Computation(error.to_string()))?;
    computed.map_err(|error| AdminError::Computation(error.to_string()))
}

/// Waits for permission to compute one hash. Neither semaphore is ever closed.
async fn turns(asker: Asker) -> [Option<SemaphorePermit<'static>>; 2] {
    let stranger = match asker {
        Asker::Stranger => STRANGERS.acquire().await.ok(),
        Asker::Known => None,
    };
    [stranger, HASHES.acquire().await.ok()]
}

fn hasher() -> Result<Argon2<'static>, password_hash::Error> {
    let params = Params::new(MEMORY, PASSES, LANES, None)
        .map_err(|_| password_hash::Error::ParamsInvalid)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The same password from another keyboard may have its accents composed in another way.
fn normalized(password: &SecretString) -> SecretString {
    password.expose_secret().nfkc().collect::<String>().into()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn checked(password: &str) -> Result<(), PasswordProblem> {
        check(&password.into(), "Ada.Lovelace@shop.example")
    }

    #[test]
    fn a_password_is_long_and_not_easy_to_guess() {
        for good in [
            "a dozen char",
            "correct horse battery",
            "ünïcödé wörd",
            "1234567890ab",
        ] {
            assert_eq!(checked(good), Ok(()), "{good}");
        }
        assert_eq!(
            checked(&"ab3d".repeat(3)[..11]),
            Err(PasswordProblem::TooShort)
        );
        assert_eq!(checked("äöüäöüäöüäö"), Err(PasswordProblem::TooShort));
        assert_eq!(checked(&"x ".repeat(129)), Err(PasswordProblem::TooLong));
        for common in [
            "password1234",
            "Password1234",
            "qwertyuiop123",
            "123456789012",
            "098765432109",
            "abcdefghijklm",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "1212121212121",
            "testtesttest",
        ] {
            assert_eq!(checked(common), Err(PasswordProblem::TooCommon), "{common}");
        }
        for mail in [
            "ada.lovelace@shop.example",
            "Ada.Lovelace ",
            "ADA.LOVELACE",
            "ada.lovelace12",
            "1!ada.lovelace@shop.example",
            "2026-Ada.Lovelace",
            "ada.lovelace+ada.lovelace",
        ] {
            assert_eq!(checked(mail), Err(PasswordProblem::IsMail), "{mail}");
        }
        for good in ["ada.lovelace wrote programs", "lovelace counts"] {
            assert_eq!(checked(good), Ok(()), "{good}");
        }
        // One letter is no reason.
        let short = SecretString::from("a dozen char");
        assert_eq!(check(&short, "a@shop.example"), Ok(()));
    }

    #[test]
    fn the_list_of_common_passwords_has_no_line_in_vain() {
        let lines: Vec<&str> = COMMON.lines().collect();
        assert!(lines.len() >= 100, "{}", lines.len());
        for line in &lines {
            assert!(line.chars().count() >= MIN_PASSWORD_CHARS, "{line}");
            assert_eq!(line.to_lowercase(), *line);
        }
        let mut sorted = lines.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted, lines, "sorted, without duplicates");
    }

    #[tokio::test]
    async fn a_password_has_its_hash_and_no_other() {
        let password = SecretString::from("correct horse battery");
        let hash = hash(&password).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"),
            "{hash}"
        );
        let right = |password: &'static str, hash: Option<String>, asker| async move {
            is_right(&password.into(), hash.as_deref(), asker)
                .await
                .unwrap()
        };
        assert!(right("correct horse battery", Some(hash.clone()), Asker::Known).await);
        assert!(!right("correct horse batterY", Some(hash.clone()), Asker::Stranger).await);
        assert!(!right("correct horse battery", None, Asker::Stranger).await);
        // "é" as one character, and as "e" with an accent.
        let accented = super::hash(&"caf\u{e9} caf\u{e9} caf\u{e9}".into())
            .await
            .unwrap();
        assert!(
            right(
                "cafe\u{301} cafe\u{301} cafe\u{301}",
                Some(accented),
                Asker::Known
            )
            .await
        );
    }

    #[test]
    fn a_user_that_does_not_exist_costs_the_same_hash() {
        let hash = PasswordHash::new(NO_HASH).unwrap();
        let params = Params::try_from(&hash).unwrap();
        let hasher = hasher().unwrap();
        let ours = hasher.params();
        assert_eq!(
            (params.m_cost(), params.t_cost(), params.p_cost()),
            (ours.m_cost(), ours.t_cost(), ours.p_cost())
        );
        assert_eq!(hash.algorithm, Algorithm::Argon2id.ident());
        assert_eq!(hash.hash.unwrap().len(), Params::DEFAULT_OUTPUT_LEN);
    }

    #[tokio::test]
    async fn strangers_never_take_all_turns() {
        let stranger = turns(Asker::Stranger).await;
        let waiting = tokio::spawn(turns(Asker::Stranger));
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        let known = turns(Asker::Known).await;
        drop((stranger, known));
        waiting.await.unwrap();
    }
}
