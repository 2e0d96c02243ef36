//! The users of the admin.
//!
//! The last owner who can sign in can be neither removed nor deactivated, nor get another role. All
//! changes of who is an owner hold [`AdvisoryLock::Owners`], so that two at once cannot take the
//! last two owners away, and two first owners cannot both become one.

use locale::Language;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, TryInsertResult,
};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;
use till_core::admin::Role;
use time::OffsetDateTime;

use super::links::{self, MadeLink};
use super::owners::owner_exists;
use super::password::{self, PasswordProblem};
use super::{AdminError, language, normalized, second_factor, session};
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::clock;
use crate::database::{AdvisoryLock, Database, WriteTransaction, locked};
use crate::entity::admin_user::StoredSecret;
use crate::entity::{admin_known_device, admin_user};
use crate::mail::is_address;
use crate::outbox::{self, Mail, Task};

/// The longest email address.
const MAX_MAIL_CHARS: usize = 254;

/// Whether the admin can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupState {
    /// There is no owner who can sign in: `till admin create MAIL` creates one.
    NoOwner,
    /// There is an owner.
    Ready,
}

/// Whether a user can sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum UserState {
    /// Not before a password is set with a link.
    Invited,
    /// Yes.
    Active,
    /// Not any more.
    Deactivated,
}

/// A user in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserRow {
    /// The id.
    pub id: i64,
    /// The email address.
    pub mail: String,
    /// The role.
    pub role: Role,
    /// Whether the user can sign in.
    pub state: UserState,
    /// Whether there is a second factor.
    pub has_second_factor: bool,
    /// The language of pages and emails.
    pub language: Language,
    /// When the user was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When the user last gave the right password.
    #[serde(with = "time::serde::rfc3339::option")]
    pub signed_in_at: Option<OffsetDateTime>,
}

/// A user to be created.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The email address, as typed.
    pub mail: String,
    /// The role.
    pub role: Role,
    /// The language of pages and emails.
    pub language: Language,
    /// Whether it is to be the first owner: it is refused if there is one.
    pub is_first: bool,
}

/// How a new user gets a password.
#[derive(Clone, Debug)]
pub enum Entrance {
    /// It is this one.
    Password(SecretString),
    /// With a link, which is shown to whoever creates the user.
    Link,
    /// With a link that is sent by email.
    Mail,
}

/// The result of creating a user.
#[derive(Clone, Debug)]
pub enum CreateOutcome {
    /// The user was created.
    Created {
        /// The id.
        user: i64,
        /// The link, with [`Entrance::Link`].
        link: Option<MadeLink>,
    },
    /// The text is not an email address. Nothing was changed.
    InvalidMail,
    /// There is a user with this email address. Nothing was changed.
    MailTaken,
    /// The password is not allowed. Nothing was changed.
    Refused(PasswordProblem),
    /// There is an owner already. Nothing was changed.
    OwnerExists,
}

/// The result of changing a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeOutcome {
    /// It was changed; the user's sessions have ended.
    Changed,
    /// It was like this before.
    Unchanged,
    /// There is no such user. Nothing was changed.
    NotFound,
    /// The user is the last owner who can sign in. Nothing was changed.
    LastOwner,
    /// The text is not an email address. Nothing was changed.
    InvalidMail,
    /// There is a user with this email address. Nothing was changed.
    MailTaken,
}

// ---- Reading ----

/// Whether there is an owner who can sign in.
///
/// # Errors
/// If the database fails.
pub async fn setup_state(database: &Database) -> Result<SetupState, DbErr> {
    Ok(match owner_exists(database.reader(), None).await? {
        true => SetupState::Ready,
        false => SetupState::NoOwner,
    })
}

/// All users, by email address.
///
/// # Errors
/// If the database fails.
pub async fn list_users(database: &Database) -> Result<Vec<UserRow>, DbErr> {
    let rows = admin_user::Entity::find()
        .order_by_asc(admin_user::Column::Mail)
        .all(database.reader())
        .await?;
    Ok(rows.into_iter().map(UserRow::of).collect())
}

/// The user with this email address.
///
/// # Errors
/// If the database fails.
pub async fn find_user(database: &Database, mail: &str) -> Result<Option<UserRow>, DbErr> {
    let row = admin_user::Entity::find()
        .filter(admin_user::Column::Mail.eq(normalized(mail)))
        .one(database.reader())
        .await?;
    Ok(row.map(UserRow::of))
}

impl UserRow {
    fn of(row: admin_user::Model) -> Self {
        Self {
            id: row.id,
            role: row.role,
            state: match (&row.deactivated_at, &row.password_hash) {
                (Some(_), _) => UserState::Deactivated,
                (None, None) => UserState::Invited,
                (None, Some(_)) => UserState::Active,
            },
            has_second_factor: row.totp_secret.is_some(),
            language: language(&row.language),
            created_at: row.created_at,
            signed_in_at: row.signed_in_at,
            mail: row.mail,
        }
    }
}

// ---- Creating ----

/// Creates a user.
///
/// # Errors
/// [`AdminError`]
pub async fn create(
    database: &Database,
    new: &NewUser,
    entrance: Entrance,
    actor: &Actor,
) -> Result<CreateOutcome, AdminError> {
    let mail = normalized(&new.mail);
    if mail.chars().count() > MAX_MAIL_CHARS || !is_address(&mail) {
        return Ok(CreateOutcome::InvalidMail);
    }
    let hash = match &entrance {
        Entrance::Password(password) => {
            if let Err(problem) = password::check(password, &mail) {
                return Ok(CreateOutcome::Refused(problem));
            }
            Some(StoredSecret(password::hash(password).await?))
        }
        Entrance::Link | Entrance::Mail => None,
    };
    let transaction = database.begin_with_lock(AdvisoryLock::Owners).await?;
    if new.is_first && owner_exists(&transaction, None).await? {
        transaction.rollback().await?;
        return Ok(CreateOutcome::OwnerExists);
    }
    let Some(user) = insert(&transaction, new, mail, hash).await? else {
        transaction.rollback().await?;
        return Ok(CreateOutcome::MailTaken);
    };
    let entry = entry(
        Action::CreateUser,
        &user.mail,
        None,
        Some(json!({ "role": user.role })),
    );
    audit::write(&transaction, actor, entry).await?;
    let link = match entrance {
        Entrance::Password(_) => None,
        Entrance::Link => {
            let purpose = links::purpose(&transaction, &user).await?;
            Some(links::insert(&transaction, &user, purpose, actor).await?)
        }
        Entrance::Mail => {
            send_invitation(&transaction, user.id).await?;
            None
        }
    };
    transaction.commit().await?;
    Ok(CreateOutcome::Created {
        user: user.id,
        link,
    })
}

/// Inserts a user, unless the email address is taken.
async fn insert(
    transaction: &WriteTransaction,
    new: &NewUser,
    mail: String,
    hash: Option<StoredSecret>,
) -> Result<Option<admin_user::Model>, DbErr> {
    let row = admin_user::ActiveModel {
        id: NotSet,
        mail: Set(mail),
        password_hash: Set(hash),
        role: Set(new.role),
        language: Set(language(new.language.code()).code().to_owned()),
        totp_secret: Set(None),
        totp_step: Set(None),
        new_totp_secret: Set(None),
        created_at: Set(clock::now()),
        signed_in_at: Set(None),
        deactivated_at: Set(None),
    };
    let inserted = admin_user::Entity::insert(row)
        .on_conflict_do_nothing_on([admin_user::Column::Mail])
        .exec(transaction)
        .await?;
    let TryInsertResult::Inserted(inserted) = inserted else {
        return Ok(None);
    };
    admin_user::Entity::find_by_id(inserted.last_insert_id)
        .one(transaction)
        .await
}

async fn send_invitation(transaction: &WriteTransaction, user: i64) -> Result<(), DbErr> {
    let mail = Mail::Invitation {
        user,
        at: clock::now().unix_timestamp(),
    };
    outbox::enqueue(transaction, "", &Task::Mail { mail }).await
}

/// Sends a new link to a user who has no password yet.
///
/// # Errors
/// If the database fails.
pub async fn invite_again(
    database: &Database,
    user: i64,
    actor: &Actor,
) -> Result<ChangeOutcome, DbErr> {
    let transaction = database.begin_write("invite-again").await?;
    let Some(row) = find(&transaction, user).await? else {
        transaction.rollback().await?;
        return Ok(ChangeOutcome::NotFound);
    };
    if row.password_hash.is_some() || row.deactivated_at.is_some() {
        transaction.rollback().await?;
        return Ok(ChangeOutcome::Unchanged);
    }
    send_invitation(&transaction, user).await?;
    let after = Some(json!({ "purpose": "invitation" }));
    let entry = entry(Action::MakeLink, &row.mail, None, after);
    audit::write(&transaction, actor, entry).await?;
    transaction.commit().await?;
    Ok(ChangeOutcome::Changed)
}

// ---- Changing ----

async fn find(
    transaction: &WriteTransaction,
    user: i64,
) -> Result<Option<admin_user::Model>, DbErr> {
    locked(admin_user::Entity::find_by_id(user))
        .one(transaction)
        .await
}

/// Whether nobody could manage users if this one could not.
async fn is_last_owner(
    transaction: &WriteTransaction,
    user: &admin_user::Model,
) -> Result<bool, DbErr> {
    let can_sign_in = user.password_hash.is_some() && user.deactivated_at.is_none();
    if user.role != Role::Owner || !can_sign_in {
        return Ok(false);
    }
    Ok(!owner_exists(transaction, Some(user.id)).await?)
}

/// Gives a user another role.
///
/// # Errors
/// If the database fails.
pub async fn change_role(
    database: &Database,
    user: i64,
    role: Role,
    actor: &Actor,
) -> Result<ChangeOutcome, DbErr> {
    let transaction = database.begin_with_lock(AdvisoryLock::Owners).await?;
    let Some(row) = find(&transaction, user).await? else {
        transaction.rollback().await?;
        return Ok(ChangeOutcome::NotFound);
    };
    if row.role == role {
        transaction.rollback().await?;
        return Ok(ChangeOutcome::Unchanged);
    }
    if is_last_owner(&transaction, &row).await? {
        transaction.rollback().await?;
        return Ok(ChangeOutcome::LastOwner);
    }
    admin_user::Entity::update_many()
        .col_expr(admin_user::Column::Role, role.into())
        .filter(admin_user::Column::Id.eq(user))
        .exec(&transaction)
        .await?;
    session::end_all(&transaction, user).await?;
    let entry = entry(
        Action::ChangeRole,
        &row.mail,
        Some(json!({ "role": row.role })),
        Some(json!({ "role": role })),
    );
    audit::write(&transaction, actor, entry).await?;
    transaction.commit().await?;
    Ok(ChangeOutcome::Changed)
}

/// Gives a user another email address. Links that were sent to the old one end.
///
/// # Errors
/// If the database fails.
pub async fn change_mail(
    database: &Database,
    user: i64,
    mail: &str,
    actor: &Actor,
) -> Result<ChangeOutcome, DbErr> {
    let mail = normalized(mail);
    if mail.chars().count() > MAX_MAIL_CHARS || !is_address(&mail) {
        return Ok(ChangeOutcome::InvalidMail);
    }
    // The lock also keeps two users from getting the same address at once.
    let transaction = database.begin_with_lock(AdvisoryLock::Owners).await?;
    let Some(row) = find(&transaction, user).await? else {
        transaction.rollback().await?;
        return Ok(ChangeOutcome::NotFound);
    };
    let taken = admin_user::Entity::find()
        .filter(admin_user::Column::Mail.eq(&mail))
        .one(&transaction)
        .await?;
    if let Some(taken) = taken {
        transaction.rollback().await?;
        return Ok(match taken.id == user {
            true => ChangeOutcome::Unchanged,
            false => ChangeOutcome::MailTaken,
        });
    }
    admin_user::Entity::update_many()
        .col_expr(admin_user::Column::Mail, Expr::value(&mail))
        .filter(admin_user::Column::Id.eq(user))
        .exec(&transaction)
        .await?;
    session::end_all(&transaction, user).await?;
    links::delete_links(&transaction, user).await?;
    let entry = entry(
        Action::ChangeMail,
        &row.mail,
        Some(json!({ "mail": row.mail })),
        Some(json!({ "mail": mail })),
    );
    audit::write(&transaction, actor, entry).await?;
    transaction.commit().await?;
    Ok(ChangeOutcome::Changed)
}

/// Deactivates a user, or lets a deactivated one sign in again.
///
/// # Errors
/// If the database fails.
pub async fn set_active(
    database: &Database,
    user: i64,
    active: bool,
    actor: &Actor,
) -> Result<ChangeOutcome, DbErr> {
    let transaction = database.begin_with_lock(AdvisoryLock::Owners).await?;
    let Some(row) = find(&transaction, user).await? else {
        transaction.rollback().await?;
        return Ok(ChangeOutcome::NotFound);
    };
    if row.deactivated_at.is_none() == active {
        transaction.rollback().await?;
        return Ok(ChangeOutcome::Unchanged);
    }
    if !active && is_last_owner(&transaction, &row).await? {
        transaction.rollback().await?;
        return Ok(ChangeOutcome::LastOwner);
    }
    let deactivated_at = (!active).then(clock::now);
    admin_user::Entity::update_many()
        .col_expr(
            admin_user::Column::DeactivatedAt,
            Expr::value(deactivated_at),
        )
        .filter(admin_user::Column::Id.eq(user))
        .exec(&transaction)
        .await?;
    session::end_all(&transaction, user).await?;
    links::delete_links(&transaction, user).await?;
    let action = match active {
        true => Action::ActivateUser,
        false => Action::DeactivateUser,
    };
    audit::write(&transaction, actor, entry(action, &row.mail, None, None)).await?;
    transaction.commit().await?;
    Ok(ChangeOutcome::Changed)
}

/// Removes a user with everything that belongs to the account. What the user has done stays in the
/// audit log.
///
/// # Errors
/// If the database fails.
pub async fn remove(database: &Database, user: i64, actor: &Actor) -> Result<ChangeOutcome, DbErr> {
    let transaction = database.begin_with_lock(AdvisoryLock::Owners).await?;
    let Some(row) = find(&transaction, user).await? else {
        transaction.rollback().await?;
        return Ok(ChangeOutcome::NotFound);
    };
    if is_last_owner(&transaction, &row).await? {
        transaction.rollback().await?;
        return Ok(ChangeOutcome::LastOwner);
    }
    session::end_all(&transaction, user).await?;
    links::delete_links(&transaction, user).await?;
    second_factor::delete_codes(&transaction, user).await?;
    admin_known_device::Entity::delete_many()
        .filter(admin_known_device::Column::UserId.eq(user))
        .exec(&transaction)
        .await?;
    admin_user::Entity::delete_by_id(user)
        .exec(&transaction)
        .await?;
    let before = Some(json!({ "role": row.role }));
    let entry = entry(Action::RemoveUser, &row.mail, before, None);
    audit::write(&transaction, actor, entry).await?;
    transaction.commit().await?;
    Ok(ChangeOutcome::Changed)
}

fn entry(
    action: Action,
    mail: &str,
    before: Option<serde_json::Value>,
    after: Option<serde_json::Value>,
) -> Entry {
    Entry {
        action,
        kind: SubjectKind::User,
        subject: mail.to_owned(),
        before,
        after,
    }
}
