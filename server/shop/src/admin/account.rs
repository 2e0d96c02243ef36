//! What users change about themselves.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use secrecy::SecretString;
use serde_json::json;

use super::attack::note_failure;
use super::guessing::{self, Blocked, Count, Scope};
use super::password::{self, Asker, PasswordProblem};
use super::session::{self, NewSession};
use super::{AdminError, LANGUAGES, SignedIn, Visit};
use crate::audit::{self, Action, Entry, SubjectKind};
use crate::clock;
use crate::database::Database;
use crate::entity::admin_user;
use crate::entity::admin_user::StoredSecret;
use locale::Language;

/// The result of changing a password.
#[derive(Clone, Debug)]
pub enum ChangePasswordOutcome {
    /// It was changed. All sessions have ended; this device has a new one.
    Changed(NewSession),
    /// The current password is wrong. Nothing was changed.
    WrongPassword,
    /// The new password is not allowed. Nothing was changed.
    Refused(PasswordProblem),
    /// There were too many wrong passwords. Nothing was changed.
    Limited {
        /// After how many seconds the next attempt is possible.
        retry_after: u32,
    },
}

/// The result of repeating the password.
pub(super) enum Repetition {
    /// It is right.
    Right(Box<admin_user::Model>),
    Wrong,
    Limited {
        retry_after: u32,
    },
}

/// Checks the password that a signed-in user repeats.
pub(super) async fn repeat_password(
    database: &Database,
    user: &SignedIn,
    password: &SecretString,
    visit: &Visit,
) -> Result<Repetition, AdminError> {
    let count = Count::user(Scope::Repetition, user.user);
    let admitted = match guessing::admit(database, &[count], clock::now()).await? {
        Ok(admitted) => admitted,
        Err(Blocked { retry_after }) => return Ok(Repetition::Limited { retry_after }),
    };
    let row = admin_user::Entity::find_by_id(user.user)
        .one(database.reader())
        .await?;
    let hash = row.as_ref().and_then(|row| row.password_hash.as_ref());
    let hash = hash.map(|hash| hash.0.as_str());
    let is_right = password::is_right(password, hash, Asker::Known).await?;
    let row = match row {
        Some(row) if is_right => row,
        row => {
            note_failure(database, &admitted, row.as_ref(), visit).await?;
            return Ok(Repetition::Wrong);
        }
    };
    let transaction = database.begin_write("password-repeated").await?;
    guessing::forgive(&transaction, &admitted).await?;
    transaction.commit().await?;
    Ok(Repetition::Right(Box::new(row)))
}

/// Changes the password of the signed-in user. All sessions end; this device gets a new one.
///
/// # Errors
/// [`AdminError`]
pub async fn change_password(
    database: &Database,
    user: &SignedIn,
    current: &SecretString,
    new: &SecretString,
    visit: &Visit,
) -> Result<ChangePasswordOutcome, AdminError> {
    if let Err(problem) = password::check(new, &user.mail) {
        return Ok(ChangePasswordOutcome::Refused(problem));
    }
    let row = match repeat_password(database, user, current, visit).await? {
        Repetition::Right(row) => row,
        Repetition::Wrong => return Ok(ChangePasswordOutcome::WrongPassword),
        Repetition::Limited { retry_after } => {
            return Ok(ChangePasswordOutcome::Limited { retry_after });
        }
    };
    let hash = password::hash(new).await?;
    let transaction = database.begin_write("change-password").await?;
    let updated = admin_user::Entity::update_many()
        .col_expr(
            admin_user::Column::PasswordHash,
            Expr::value(Some(StoredSecret(hash))),
        )
        .filter(admin_user::Column::Id.eq(row.id))
        .filter(admin_user::Column::PasswordHash.eq(row.password_hash.clone()))
        .exec(&transaction)
        .await?;
    if updated.rows_affected == 0 {
        // Somebody has changed it since it was checked.
        transaction.rollback().await?;
        return Ok(ChangePasswordOutcome::WrongPassword);
    }
    session::end_all(&transaction, row.id).await?;
    // Who has proved the second factor in this session need not do so again.
    let session = session::begin(&transaction, &row, visit, user.proved_at).await?;
    let entry = Entry {
        action: Action::ChangePassword,
        kind: SubjectKind::User,
        subject: row.mail.clone(),
        before: None,
        after: None,
    };
    audit::write(&transaction, &user.actor(visit), entry).await?;
    transaction.commit().await?;
    Ok(ChangePasswordOutcome::Changed(session))
}

/// Changes the language of pages and emails for the signed-in user. A language that the admin does
/// not have is ignored.
///
/// # Errors
/// [`AdminError`]
pub async fn set_language(
    database: &Database,
    user: &SignedIn,
    language: Language,
    visit: &Visit,
) -> Result<(), AdminError> {
    if language == user.language || !LANGUAGES.contains(&language.code()) {
        return Ok(());
    }
    let transaction = database.begin_write("set-language").await?;
    admin_user::Entity::update_many()
        .col_expr(admin_user::Column::Language, Expr::value(language.code()))
        .filter(admin_user::Column::Id.eq(user.user))
        .exec(&transaction)
        .await?;
    let entry = Entry {
        action: Action::ChangeLanguage,
        kind: SubjectKind::User,
        subject: user.mail.clone(),
        before: Some(json!({ "language": user.language.code() })),
        after: Some(json!({ "language": language.code() })),
    };
    audit::write(&transaction, &user.actor(visit), entry).await?;
    transaction.commit().await?;
    Ok(())
}
