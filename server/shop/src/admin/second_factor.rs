//! The second factor: codes of an app by RFC 6238 (TOTP), and recovery codes for whoever has lost
//! it.

use fast_qr::ECL;
use fast_qr::qr::QRBuilder;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter,
};
use secrecy::SecretString;
use totp_rs::{Builder, Secret, Totp};

use super::account::{Repetition, repeat_password};
use super::session::{self, NewSession};
use super::token::digest;
use super::{AdminError, SignedIn, Visit};
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::clock;
use crate::database::{Database, WriteTransaction, locked};
use crate::entity::admin_user::StoredSecret;
use crate::entity::{admin_recovery_code, admin_user};

/// How many recovery codes there are at first.
pub const RECOVERY_CODES: usize = 10;

/// The bytes of a secret, as RFC 4226 recommends (section 4).
const SECRET_BYTES: usize = 20;
/// The random bytes of a recovery code: 80 bits, 16 characters.
const RECOVERY_BYTES: usize = 10;
/// The characters of recovery codes, by Crockford: none looks like another one.
const RECOVERY_CHARS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// The white border of a QR code, in modules.
const QR_BORDER: usize = 4;

/// A second factor that is being set up.
#[derive(Clone)]
pub struct NewSecondFactor {
    /// The secret in base 32, in groups of four characters, to type.
    pub secret: String,
    /// The address that the QR code has.
    pub url: String,
    /// The QR code, an SVG element.
    pub qr_code: String,
}

/// It prints no secret.
impl std::fmt::Debug for NewSecondFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewSecondFactor(…)")
    }
}

/// The result of turning a second factor on.
#[derive(Clone)]
pub enum ConfirmOutcome {
    /// It is on.
    TurnedOn {
        /// The recovery codes, which are shown only now.
        recovery_codes: Vec<String>,
        /// The session with its new token.
        session: NewSession,
    },
    /// The code is wrong. Nothing was changed.
    Wrong,
    /// It is on already, or its set-up has not begun. Nothing was changed.
    NotBegun,
}

/// The result of a change of the second factor that needs the password and a recent proof.
#[derive(Clone)]
pub enum TurnOffOutcome<T> {
    /// It was made.
    Done(T),
    /// The password is wrong. Nothing was changed.
    WrongPassword,
    /// There were too many wrong passwords. Nothing was changed.
    Limited {
        /// After how many seconds the next attempt is possible.
        retry_after: u32,
    },
    /// The second factor must be proved first. Nothing was changed.
    NeedsProof,
    /// There is no second factor. Nothing was changed.
    NotOn,
}

/// What a typed code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CheckOutcome {
    /// A code of the app.
    Code,
    /// A recovery code, which is used up.
    RecoveryCode,
    /// Wrong, or used before.
    Wrong,
}

// ---- Setting up ----

/// Begins to set up a second factor with a new secret. `shop` is the name that the app shows.
/// `None` if there is one already.
///
/// # Errors
/// [`AdminError`]
pub async fn begin_second_factor(
    database: &Database,
    user: &SignedIn,
    shop: &str,
) -> Result<Option<NewSecondFactor>, AdminError> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes)?;
    let secret = Secret::from(bytes).to_base32();
    let transaction = database.begin_write("begin-second-factor").await?;
    let updated = admin_user::Entity::update_many()
        .col_expr(
            admin_user::Column::NewTotpSecret,
            Expr::value(Some(StoredSecret(secret.clone()))),
        )
        .filter(admin_user::Column::Id.eq(user.user))
        .filter(admin_user::Column::TotpSecret.is_null())
        .exec(&transaction)
        .await?;
    transaction.commit().await?;
    if updated.rows_affected == 0 {
        return Ok(None);
    }
    new_second_factor(&secret, &user.mail, shop).map(Some)
}

/// The second factor whose set-up the user has begun, to be shown again.
///
/// # Errors
/// [`AdminError`]
pub async fn second_factor_being_set_up(
    database: &Database,
    user: &SignedIn,
    shop: &str,
) -> Result<Option<NewSecondFactor>, AdminError> {
    let row = admin_user::Entity::find_by_id(user.user)
        .one(database.reader())
        .await?;
    let secret = row.filter(|row| row.totp_secret.is_none());
    let Some(secret) = secret.and_then(|row| row.new_totp_secret) else {
        return Ok(None);
    };
    new_second_factor(&secret.0, &user.mail, shop).map(Some)
}

fn new_second_factor(secret: &str, mail: &str, shop: &str) -> Result<NewSecondFactor, AdminError> {
    // A colon separates the two in the address.
    let plain = |text: &str| text.replace(':', " ");
    let totp = Builder::new()
        .with_secret(parsed(secret)?)
        .with_account_name(plain(mail))
        .with_issuer(Some(plain(shop)).filter(|shop| !shop.trim().is_empty()))
        .build()
        .map_err(|error| AdminError::Computation(error.to_string()))?;
    let url = totp.to_url();
    let url = url.map_err(|error| AdminError::Computation(error.to_string()))?;
    let groups = secret.as_bytes().chunks(4).map(String::from_utf8_lossy);
    Ok(NewSecondFactor {
        secret: groups.collect::<Vec<_>>().join(" "),
        qr_code: qr_code(&url)?,
        url,
    })
}

fn parsed(secret: &str) -> Result<Secret, AdminError> {
    Secret::try_from_base32(secret)
        .map_err(|_| AdminError::Computation("a stored secret is damaged".to_owned()))
}

fn totp(secret: &str) -> Result<Totp, AdminError> {
    Builder::new()
        .with_secret(parsed(secret)?)
        .build()
        .map_err(|error| AdminError::Computation(error.to_string()))
}

/// The QR code of a text as an SVG element, black on white in the dark scheme, too.
fn qr_code(text: &str) -> Result<String, AdminError> {
    let code = QRBuilder::new(text).ecl(ECL::M).build();
    let code = code.map_err(|_| AdminError::Computation("the QR code is too long".to_owned()))?;
    let mut path = String::new();
    for y in 0..code.size {
        let dark = code[y]
            .iter()
            .enumerate()
            .filter(|(_, module)| module.value());
        for (x, _) in dark {
            path.push_str(&format!("M{} {}h1v1h-1z", x + QR_BORDER, y + QR_BORDER));
        }
    }
    let size = code.size + 2 * QR_BORDER;
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" width=\"240\" \
         height=\"240\" shape-rendering=\"crispEdges\" aria-hidden=\"true\">\
         <path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

/// Turns the second factor on that is being set up, if the code is of its app.
///
/// # Errors
/// [`AdminError`]
pub async fn confirm_second_factor(
    database: &Database,
    user: &SignedIn,
    code: &str,
    visit: &Visit,
) -> Result<ConfirmOutcome, AdminError> {
    let transaction = database.begin_write("turn-on-second-factor").await?;
    let row = locked(admin_user::Entity::find_by_id(user.user))
        .one(&transaction)
        .await?;
    let row = row.filter(|row| row.totp_secret.is_none());
    let Some((mut row, secret)) = row.and_then(|row| {
        let secret = row.new_totp_secret.clone()?;
        Some((row, secret))
    }) else {
        transaction.rollback().await?;
        return Ok(ConfirmOutcome::NotBegun);
    };
    let Some(step) = step_of(&secret.0, code)? else {
        transaction.rollback().await?;
        return Ok(ConfirmOutcome::Wrong);
    };
    admin_user::Entity::update_many()
        .col_expr(
            admin_user::Column::TotpSecret,
            Expr::value(Some(secret.clone())),
        )
        .col_expr(admin_user::Column::TotpStep, Expr::value(Some(step)))
        .col_expr(
            admin_user::Column::NewTotpSecret,
            Expr::value(None::<StoredSecret>),
        )
        .filter(admin_user::Column::Id.eq(row.id))
        .exec(&transaction)
        .await?;
    row.totp_secret = Some(secret);
    let recovery_codes = write_codes(&transaction, row.id).await?;
    // The others have proved a password only.
    session::end_others(&transaction, user).await?;
    let session = session::complete(&transaction, user.session, &row, visit).await?;
    let Some(session) = session else {
        transaction.rollback().await?;
        return Ok(ConfirmOutcome::NotBegun);
    };
    let entry = entry(Action::TurnOnSecondFactor, &user.mail);
    audit::write(&transaction, &user.actor(visit), entry).await?;
    transaction.commit().await?;
    Ok(ConfirmOutcome::TurnedOn {
        recovery_codes,
        session,
    })
}

// ---- Codes ----

/// Checks a code in the transaction of what it allows, and uses it up.
pub(super) async fn check(
    transaction: &WriteTransaction,
    user: &admin_user::Model,
    typed: &str,
) -> Result<CheckOutcome, AdminError> {
    let Some(secret) = &user.totp_secret else {
        return Ok(CheckOutcome::Wrong);
    };
    if let Some(step) = step_of(&secret.0, typed)? {
        let is_new = Condition::any()
            .add(admin_user::Column::TotpStep.is_null())
            .add(admin_user::Column::TotpStep.lt(step));
        let updated = admin_user::Entity::update_many()
            .col_expr(admin_user::Column::TotpStep, Expr::value(Some(step)))
            .filter(admin_user::Column::Id.eq(user.id))
            .filter(admin_user::Column::TotpSecret.eq(secret.clone()))
            .filter(is_new)
            .exec(transaction)
            .await?;
        return Ok(match updated.rows_affected {
            0 => CheckOutcome::Wrong,
            _ => CheckOutcome::Code,
        });
    }
    let deleted = admin_recovery_code::Entity::delete_by_id((user.id, code_digest(user.id, typed)))
        .exec(transaction)
        .await?;
    Ok(match deleted.rows_affected {
        0 => CheckOutcome::Wrong,
        _ => CheckOutcome::RecoveryCode,
    })
}

/// The step whose code was typed: the current one, or the one before or after it.
fn step_of(secret: &str, typed: &str) -> Result<Option<i64>, AdminError> {
    let typed: String = typed.chars().filter(|one| !one.is_whitespace()).collect();
    let now = u64::try_from(clock::now().unix_timestamp()).unwrap_or_default();
    let step = totp(secret)?.check(&typed, now);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// How many recovery codes are left.
///
/// # Errors
/// If the database fails.
pub async fn recovery_codes_left(database: &Database, user: &SignedIn) -> Result<u64, DbErr> {
    count_codes(database.reader(), user.user).await
}

pub(super) async fn count_codes(
    connection: &impl ConnectionTrait,
    user: i64,
) -> Result<u64, DbErr> {
    admin_recovery_code::Entity::find()
        .filter(admin_recovery_code::Column::UserId.eq(user))
        .count(connection)
        .await
}

/// Replaces the recovery codes of a user.
async fn write_codes(transaction: &WriteTransaction, user: i64) -> Result<Vec<String>, AdminError> {
    delete_codes(transaction, user).await?;
    let mut codes = Vec::new();
    for _ in 0..RECOVERY_CODES {
        codes.push(recovery_code()?);
    }
    let rows = codes.iter().map(|code| admin_recovery_code::ActiveModel {
        user_id: Set(user),
        code_digest: Set(code_digest(user, code)),
    });
    admin_recovery_code::Entity::insert_many(rows)
        .exec_without_returning(transaction)
        .await?;
    Ok(codes)
}

pub(super) async fn delete_codes(transaction: &WriteTransaction, user: i64) -> Result<(), DbErr> {
    admin_recovery_code::Entity::delete_many()
        .filter(admin_recovery_code::Column::UserId.eq(user))
        .exec(transaction)
        .await?;
    Ok(())
}

/// A random code in groups of four characters: `3f7k-92xq-m0ab-c5vd`.
fn recovery_code() -> Result<String, getrandom::Error> {
    let mut bytes = [0; RECOVERY_BYTES];
    getrandom::fill(&mut bytes)?;
    let mut code = String::new();
    // Five bytes are eight characters of five bits.
    for chunk in bytes.chunks(5) {
        let bits = chunk
            .iter()
            .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for index in (0..8).rev() {
            if !code.is_empty() && index % 4 == 3 {
                code.push('-');
            }
            let character = usize::try_from(bits >> (5 * index) & 31).unwrap_or_default();
            code.push(char::from(RECOVERY_CHARS[character]));
        }
    }
    Ok(code)
}

/// What the database has of a recovery code. Capitals, spaces and hyphens do not matter, and
/// neither does what looks alike.
fn code_digest(user: i64, typed: &str) -> String {
    let plain = typed
        .chars()
        .filter_map(|typed| match typed.to_ascii_lowercase() {
            'o' => Some('0'),
            'i' | 'l' => Some('1'),
            one if one.is_ascii_alphanumeric() => Some(one),
            _ => None,
        });
    digest(&format!("{user} {}", plain.collect::<String>()))
}

// ---- Changes ----

/// Turns the second factor off.
///
/// # Errors
/// [`AdminError`]
pub async fn turn_off_second_factor(
    database: &Database,
    user: &SignedIn,
    password: &SecretString,
    visit: &Visit,
) -> Result<TurnOffOutcome<()>, AdminError> {
    if let Err(refused) = allowed(database, user, password, visit).await? {
        return Ok(refused);
    }
    let transaction = database.begin_write("turn-off-second-factor").await?;
    turn_off(&transaction, user.user).await?;
    let entry = entry(Action::TurnOffSecondFactor, &user.mail);
    audit::write(&transaction, &user.actor(visit), entry).await?;
    transaction.commit().await?;
    Ok(TurnOffOutcome::Done(()))
}

/// Replaces the recovery codes, which are shown only now.
///
/// # Errors
/// [`AdminError`]
pub async fn replace_recovery_codes(
    database: &Database,
    user: &SignedIn,
    password: &SecretString,
    visit: &Visit,
) -> Result<TurnOffOutcome<Vec<String>>, AdminError> {
    if let Err(refused) = allowed(database, user, password, visit).await? {
        return Ok(refused);
    }
    let transaction = database.begin_write("recovery-codes").await?;
    let codes = write_codes(&transaction, user.user).await?;
    let entry = entry(Action::ReplaceRecoveryCodes, &user.mail);
    audit::write(&transaction, &user.actor(visit), entry).await?;
    transaction.commit().await?;
    Ok(TurnOffOutcome::Done(codes))
}

/// Whether a change of the second factor is allowed; the refusal if not.
async fn allowed<T>(
    database: &Database,
    user: &SignedIn,
    password: &SecretString,
    visit: &Visit,
) -> Result<Result<(), TurnOffOutcome<T>>, AdminError> {
    if !user.has_second_factor {
        return Ok(Err(TurnOffOutcome::NotOn));
    }
    if !user.has_recent_proof() {
        return Ok(Err(TurnOffOutcome::NeedsProof));
    }
    Ok(
        match repeat_password(database, user, password, visit).await? {
            Repetition::Right(_) => Ok(()),
            Repetition::Wrong => Err(TurnOffOutcome::WrongPassword),
            Repetition::Limited { retry_after } => Err(TurnOffOutcome::Limited { retry_after }),
        },
    )
}

/// Turns off the second factor of a user who has lost it and the recovery codes, and ends the
/// user's sessions. Returns `false` if there is none.
///
/// # Errors
/// If the database fails.
pub async fn reset_second_factor(
    database: &Database,
    user: i64,
    actor: &Actor,
) -> Result<bool, DbErr> {
    let transaction = database.begin_write("reset-second-factor").await?;
    let row = locked(admin_user::Entity::find_by_id(user))
        .one(&transaction)
        .await?;
    let Some(row) = row.filter(|row| row.totp_secret.is_some()) else {
        transaction.rollback().await?;
        return Ok(false);
    };
    turn_off(&transaction, user).await?;
    session::end_all(&transaction, user).await?;
    let entry = entry(Action::TurnOffSecondFactor, &row.mail);
    audit::write(&transaction, actor, entry).await?;
    transaction.commit().await?;
    Ok(true)
}

async fn turn_off(transaction: &WriteTransaction, user: i64) -> Result<(), DbErr> {
    admin_user::Entity::update_many()
        .col_expr(
            admin_user::Column::TotpSecret,
            Expr::value(None::<StoredSecret>),
        )
        .col_expr(admin_user::Column::TotpStep, Expr::value(None::<i64>))
        .filter(admin_user::Column::Id.eq(user))
        .exec(transaction)
        .await?;
    delete_codes(transaction, user).await
}

fn entry(action: Action, mail: &str) -> Entry {
    Entry {
        action,
        kind: SubjectKind::User,
        subject: mail.to_owned(),
        before: None,
        after: None,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    /// The secret of RFC 6238's test vectors (appendix B): 12345678901234567890.
    const RFC_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn codes_are_those_of_rfc_6238() {
        let totp = totp(RFC_SECRET).unwrap();
        // The last six of the eight digits there.
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(totp.generate(time).to_string(), code);
            assert_eq!(
                totp.check(code, time + 30),
                Some(time / 30),
                "one step late"
            );
            assert_eq!(
                totp.check(code, time - 30),
                Some(time / 30),
                "one step early"
            );
            assert_eq!(totp.check(code, time + 61), None);
        }
    }

    #[test]
    fn a_recovery_code_is_typed_in_many_ways() {
        let code = recovery_code().unwrap();
        assert_eq!(code.len(), 19, "{code}");
        assert!(code.split('-').all(|group| group.len() == 4), "{code}");
        assert_ne!(code, recovery_code().unwrap());
        let stored = code_digest(7, &code);
        assert_eq!(
            stored,
            code_digest(7, &code.to_uppercase().replace('-', " "))
        );
        assert_eq!(code_digest(7, "O1il"), code_digest(7, "0111"));
        assert_ne!(stored, code_digest(8, &code));
        assert_ne!(stored, code_digest(7, &stored));
    }

    #[test]
    fn the_qr_code_is_an_image_of_the_address() {
        let new = new_second_factor(RFC_SECRET, "ada@shop.example", "Pens: & Paper").unwrap();
        assert!(new.secret.starts_with("GEZD GNBV GY3T"), "{}", new.secret);
        assert!(new.url.starts_with("otpauth://totp/"), "{}", new.url);
        assert!(
            new.url.contains(&format!("secret={RFC_SECRET}")),
            "{}",
            new.url
        );
        assert!(new.qr_code.starts_with("<svg "), "{}", new.qr_code);
        assert!(!new.qr_code.contains(RFC_SECRET) && !new.qr_code.contains("style="));
        assert_eq!(format!("{new:?}"), "NewSecondFactor(…)");
        assert!(new_second_factor(RFC_SECRET, "ada@shop.example", "").is_ok());
    }
}
