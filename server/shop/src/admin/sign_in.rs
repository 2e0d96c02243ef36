//! Signing in with a password and a second factor, and signing out.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use secrecy::SecretString;

use super::attack::note_failure;
use super::guessing::{self, Admitted, Blocked, Count, Scope};
use super::password::{self, Asker};
use super::second_factor::{self, CheckOutcome};
use super::session::{self, NewSession, known_device};
use super::token::SessionToken;
use super::{AdminError, SessionState, Visit, normalized, signed_in};
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::database::{Database, WriteTransaction};
use crate::entity::{admin_session, admin_user};
use crate::{Shop, clock};

/// The result of a sign-in with a password.
#[derive(Clone, Debug)]
pub enum SignInOutcome {
    /// The password is right. The session may still await the second factor.
    SignedIn(NewSession),
    /// There is no such user, the password is wrong, or the user may not sign in. People read the
    /// same sentence in each case.
    Refused,
    /// There were too many failures.
    Limited {
        /// After how many seconds the next attempt is possible.
        retry_after: u32,
    },
}

/// The result of proving the second factor.
#[derive(Clone, Debug)]
pub enum ProofOutcome {
    /// The code is right.
    Proved {
        /// The session with its new token.
        session: NewSession,
        /// Whether it was a recovery code, which cannot be used again.
        by_recovery_code: bool,
        /// How many recovery codes are left.
        recovery_codes_left: u64,
    },
    /// The code is wrong, or was used before.
    Refused,
    /// There were too many wrong codes.
    Limited {
        /// After how many seconds the next attempt is possible.
        retry_after: u32,
    },
    /// The session has ended, or its user has no second factor.
    NotSignedIn,
}

/// Signs in with a password. `replaced` is the session that the browser has, which ends.
///
/// # Errors
/// [`AdminError`]
pub async fn sign_in(
    shop: &Shop,
    mail: &str,
    password: &SecretString,
    visit: &Visit,
    replaced: Option<&SessionToken>,
) -> Result<SignInOutcome, AdminError> {
    let mail = normalized(mail);
    let database = &shop.database;
    let user = admin_user::Entity::find()
        .filter(admin_user::Column::Mail.eq(&mail))
        .filter(admin_user::Column::DeactivatedAt.is_null())
        .one(database.reader())
        .await?;
    let id = user.as_ref().map(|user| user.id);
    let device = known_device(database.reader(), id, visit).await?;
    let (counts, asker) = match (id, &device) {
        (Some(id), Some(device)) => (vec![Count::device(Scope::Device, id, device)], Asker::Known),
        _ => {
            let client = visit.client();
            let counts = vec![
                Count::address(&client),
                Count::account_address(&mail, &client),
                Count::account(&mail),
            ];
            (counts, Asker::Stranger)
        }
    };
    let admitted = match guessing::admit(database, &counts, clock::now()).await? {
        Ok(admitted) => admitted,
        Err(Blocked { retry_after }) => return Ok(SignInOutcome::Limited { retry_after }),
    };
    let hash = user.as_ref().and_then(|user| user.password_hash.as_ref());
    let hash = hash.map(|hash| hash.0.as_str());
    let is_right = password::is_right(password, hash, asker).await?;
    let Some(user) = user.as_ref().filter(|_| is_right) else {
        note_failure(database, &admitted, user.as_ref(), visit).await?;
        return Ok(SignInOutcome::Refused);
    };
    let session = begin_session(database, user, &admitted, visit, replaced).await?;
    Ok(session.map_or(SignInOutcome::Refused, SignInOutcome::SignedIn))
}

/// Begins the session of a user whose password is right. `None`: somebody has changed the user
/// meanwhile.
async fn begin_session(
    database: &Database,
    user: &admin_user::Model,
    admitted: &Admitted,
    visit: &Visit,
    replaced: Option<&SessionToken>,
) -> Result<Option<NewSession>, AdminError> {
    let transaction = database.begin_write("sign-in").await?;
    guessing::forgive(&transaction, admitted).await?;
    // The password may have been changed during the check, which ends all sessions.
    let now = clock::now();
    let unchanged = admin_user::Entity::update_many()
        .col_expr(admin_user::Column::SignedInAt, Expr::value(Some(now)))
        .filter(admin_user::Column::Id.eq(user.id))
        .filter(admin_user::Column::Mail.eq(&user.mail))
        .filter(admin_user::Column::PasswordHash.eq(user.password_hash.clone()))
        .filter(admin_user::Column::DeactivatedAt.is_null())
        .exec(&transaction)
        .await?;
    if unchanged.rows_affected == 0 {
        transaction.rollback().await?;
        return Ok(None);
    }
    if let Some(replaced) = replaced {
        end(&transaction, replaced).await?;
    }
    let session = session::begin(&transaction, user, visit, None).await?;
    if session.state == SessionState::Complete {
        write(&transaction, Action::SignIn, user, visit).await?;
    }
    transaction.commit().await?;
    Ok(Some(session))
}

/// Proves the second factor by a code of the app or a recovery code: to complete a sign-in, or
/// again for what needs a recent proof. The session gets a new token.
///
/// # Errors
/// [`AdminError`]
pub async fn prove_second_factor(
    shop: &Shop,
    token: &SessionToken,
    code: &str,
    visit: &Visit,
) -> Result<ProofOutcome, AdminError> {
    let database = &shop.database;
    let Some(signed_in) = signed_in(database, token).await? else {
        return Ok(ProofOutcome::NotSignedIn);
    };
    let device = known_device(database.reader(), Some(signed_in.user), visit).await?;
    let count = match &device {
        Some(device) => Count::device(Scope::SecondFactorDevice, signed_in.user, device),
        None => Count::user(Scope::SecondFactor, signed_in.user),
    };
    let admitted = match guessing::admit(database, &[count], clock::now()).await? {
        Ok(admitted) => admitted,
        Err(Blocked { retry_after }) => return Ok(ProofOutcome::Limited { retry_after }),
    };
    let transaction = database.begin_write("prove-second-factor").await?;
    let user = admin_user::Entity::find_by_id(signed_in.user)
        .one(&transaction)
        .await?;
    let Some(user) = user.filter(|user| user.totp_secret.is_some()) else {
        transaction.rollback().await?;
        return Ok(ProofOutcome::NotSignedIn);
    };
    let by_recovery_code = match second_factor::check(&transaction, &user, code).await? {
        CheckOutcome::Code => false,
        CheckOutcome::RecoveryCode => true,
        CheckOutcome::Wrong => {
            transaction.rollback().await?;
            note_failure(database, &admitted, Some(&user), visit).await?;
            return Ok(ProofOutcome::Refused);
        }
    };
    let session = session::complete(&transaction, signed_in.session, &user, visit).await?;
    let Some(session) = session else {
        transaction.rollback().await?;
        return Ok(ProofOutcome::NotSignedIn);
    };
    guessing::forgive(&transaction, &admitted).await?;
    if !signed_in.is_complete() {
        write(&transaction, Action::SignIn, &user, visit).await?;
    }
    if by_recovery_code {
        write(&transaction, Action::UseRecoveryCode, &user, visit).await?;
    }
    let recovery_codes_left = second_factor::count_codes(&transaction, user.id).await?;
    transaction.commit().await?;
    Ok(ProofOutcome::Proved {
        session,
        by_recovery_code,
        recovery_codes_left,
    })
}

/// Ends the session with this token, if there is one.
///
/// # Errors
/// If the database fails.
pub async fn sign_out(
    database: &Database,
    token: &SessionToken,
    visit: &Visit,
) -> Result<(), DbErr> {
    let Some(signed_in) = signed_in(database, token).await? else {
        return Ok(());
    };
    let transaction = database.begin_write("sign-out").await?;
    if end(&transaction, token).await? && signed_in.is_complete() {
        let entry = entry(Action::SignOut, &signed_in.mail);
        audit::write(&transaction, &signed_in.actor(visit), entry).await?;
    }
    transaction.commit().await
}

/// Ends a session. Returns whether it was there.
async fn end(transaction: &WriteTransaction, token: &SessionToken) -> Result<bool, DbErr> {
    let ended = admin_session::Entity::delete_many()
        .filter(admin_session::Column::TokenDigest.eq(token.digest()))
        .exec(transaction)
        .await?;
    Ok(ended.rows_affected > 0)
}

async fn write(
    transaction: &WriteTransaction,
    action: Action,
    user: &admin_user::Model,
    visit: &Visit,
) -> Result<(), DbErr> {
    let actor = Actor {
        user: Some(user.id),
        name: user.mail.clone(),
        address: Some(visit.address()),
    };
    audit::write(transaction, &actor, entry(action, &user.mail)).await
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
