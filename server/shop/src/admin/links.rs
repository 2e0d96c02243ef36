//! One-time links with which passwords are set. The database has only digests of them.
//!
//! A link that is sent by email is made when the email is composed, so that no task of the outbox
//! contains it. Whether an address belongs to a user is looked up only then, too: a request does
//! the same work for every address, and has the same answer.

use locale::Language;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DbErr, EntityTrait, QueryFilter,
};
use secrecy::SecretString;
use serde_json::json;
use till_core::admin::Role;
use till_core::limits::LimitedAction;
use till_core::refusal::Refusal;
use time::{Duration, OffsetDateTime};

use super::owners::owner_exists;
use super::password::{self, PasswordProblem};
use super::token::{LinkToken, digest};
use super::{AdminError, LinkPurpose, Visit, language, normalized, session};
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::database::{AdvisoryLock, Database, WriteTransaction, locked};
use crate::entity::admin_user::StoredSecret;
use crate::entity::{admin_link, admin_user};
use crate::outbox::{self, Mail, Task};
use crate::{Shop, clock};

/// How long a link for somebody who has forgotten the password can be used.
pub(crate) const RESET_TTL: Duration = Duration::minutes(30);
/// How long the link of a new user can be used.
pub(crate) const INVITATION_TTL: Duration = Duration::hours(72);
/// How many digits of its digest an account is named by in the outbox.
const ACCOUNT_DIGITS: usize = 32;
/// Who makes the links of emails that nobody in the admin has asked for.
const BY_EMAIL: &str = "forgotten password";

/// A link that was just made. Its token is shown only now.
#[derive(Clone, Debug)]
pub struct MadeLink {
    /// The token in its address.
    pub token: LinkToken,
    /// What it is for.
    pub purpose: LinkPurpose,
    /// Until when it can be used.
    pub expires_at: OffsetDateTime,
}

impl MadeLink {
    /// Its address in the shop at this origin.
    #[must_use]
    pub fn url(&self, public_url: &str) -> String {
        format!("{public_url}/admin/link/{}", self.token.as_str())
    }
}

/// A link that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkDetails {
    /// What it is for.
    pub purpose: LinkPurpose,
    /// The email address of its user.
    pub mail: String,
    /// The language of its user.
    pub language: Language,
    /// The role of its user.
    pub role: Role,
}

/// The result of setting a password with a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkOutcome {
    /// It is set; all sessions of the user have ended, and so have other links.
    PasswordSet {
        /// The email address to sign in with.
        mail: String,
    },
    /// The password is not allowed. The link can be used again.
    Refused(PasswordProblem),
    /// The link has been used, has expired, or never existed. Nothing was changed.
    Gone,
    /// It was made for the first owner, and there is one already. Nothing was changed.
    OwnerExists,
}

/// The result of asking for a link by email.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestOutcome {
    /// If there is such a user, the link is sent. It is the same for every address.
    Accepted,
    /// There were too many requests.
    Limited {
        /// After how many seconds the next one is possible.
        retry_after: u32,
    },
}

/// What an email with a link says.
#[derive(Debug)]
pub(crate) enum LinkMail {
    /// The link, and whom to send it to.
    To {
        /// Of the user.
        mail: String,
        /// Of the user.
        language: Language,
        /// Of the user.
        role: Role,
        /// The link.
        link: MadeLink,
    },
    /// It is not sent, for this reason.
    Skip(&'static str),
}

// ---- Making links ----

/// Makes a link for a user, who may be locked out: an invitation if there is no password yet.
///
/// # Errors
/// [`AdminError`]
pub async fn make_link(
    database: &Database,
    user: i64,
    actor: &Actor,
) -> Result<Option<MadeLink>, AdminError> {
    let transaction = database.begin_write("make-link").await?;
    let row = admin_user::Entity::find_by_id(user)
        .filter(admin_user::Column::DeactivatedAt.is_null())
        .one(&transaction)
        .await?;
    let Some(row) = row else {
        transaction.rollback().await?;
        return Ok(None);
    };
    let purpose = purpose(&transaction, &row).await?;
    let link = insert(&transaction, &row, purpose, actor).await?;
    transaction.commit().await?;
    Ok(Some(link))
}

/// What a link for a user is for.
pub(super) async fn purpose(
    transaction: &WriteTransaction,
    user: &admin_user::Model,
) -> Result<LinkPurpose, DbErr> {
    if user.password_hash.is_some() {
        return Ok(LinkPurpose::Reset);
    }
    let is_first = user.role == Role::Owner && !owner_exists(transaction, None).await?;
    Ok(match is_first {
        true => LinkPurpose::FirstOwner,
        false => LinkPurpose::Invitation,
    })
}

pub(super) async fn insert(
    transaction: &WriteTransaction,
    user: &admin_user::Model,
    purpose: LinkPurpose,
    actor: &Actor,
) -> Result<MadeLink, AdminError> {
    let now = clock::now();
    let token = LinkToken::random()?;
    let ttl = match purpose {
        LinkPurpose::Reset => RESET_TTL,
        LinkPurpose::FirstOwner | LinkPurpose::Invitation => INVITATION_TTL,
    };
    let row = admin_link::ActiveModel {
        id: NotSet,
        token_digest: Set(token.digest()),
        user_id: Set(user.id),
        purpose: Set(purpose),
        created_at: Set(now),
        expires_at: Set(now + ttl),
    };
    admin_link::Entity::insert(row)
        .exec_without_returning(transaction)
        .await?;
    let entry = Entry {
        action: Action::MakeLink,
        kind: SubjectKind::User,
        subject: user.mail.clone(),
        before: None,
        after: Some(json!({ "purpose": purpose })),
    };
    audit::write(transaction, actor, entry).await?;
    Ok(MadeLink {
        token,
        purpose,
        expires_at: now + ttl,
    })
}

// ---- By email ----

/// Asks for a link to be sent to whoever has forgotten the password.
///
/// # Errors
/// [`AdminError`]
pub async fn request_reset(
    shop: &Shop,
    mail: &str,
    visit: &Visit,
) -> Result<RequestOutcome, AdminError> {
    const COUNTED: [LimitedAction; 1] = [LimitedAction::ResetPassword];
    let limited = |refusal: Refusal| RequestOutcome::Limited {
        retry_after: match refusal {
            Refusal::Limited { retry_after, .. } => retry_after,
            _ => 1,
        },
    };
    let client = visit.client();
    if let Err(exceeded) = shop.limiter.check(Some(&client), &COUNTED) {
        return Ok(limited(exceeded.into()));
    }
    let mail = normalized(mail);
    let transaction = shop.database.begin_write("request-reset").await?;
    let counts = shop
        .limiter
        .write(&transaction, Some(&client), &COUNTED)
        .await?;
    let counts = match counts {
        Ok(counts) => counts,
        Err(exceeded) => {
            transaction.rollback().await?;
            return Ok(limited(exceeded.into()));
        }
    };
    let action = LimitedAction::ResetPasswordMail;
    if shop
        .limiter
        .write_for_address(&transaction, action, &mail)
        .await?
    {
        let mail = Mail::PasswordReset {
            account: account(&mail),
            at: clock::now().unix_timestamp(),
        };
        outbox::enqueue(&transaction, "", &Task::Mail { mail }).await?;
    }
    transaction.commit().await?;
    shop.limiter.remember(counts);
    Ok(RequestOutcome::Accepted)
}

/// How the outbox names the account of an email address.
fn account(mail: &str) -> String {
    let mut account = digest(mail);
    account.truncate(ACCOUNT_DIGITS);
    account
}

/// Makes the link of an email that is composed now.
pub(crate) async fn make_link_for_mail(shop: &Shop, mail: &Mail) -> Result<LinkMail, AdminError> {
    let found = match mail {
        Mail::PasswordReset { account, at } => find_for_reset(&shop.database, account, *at).await?,
        Mail::Invitation { user, .. } => find_for_invitation(&shop.database, *user).await?,
        _ => Err("it has no link"),
    };
    let (user, purpose) = match found {
        Ok(found) => found,
        Err(reason) => return Ok(LinkMail::Skip(reason)),
    };
    let actor = Actor {
        user: None,
        name: match purpose {
            LinkPurpose::Reset => BY_EMAIL.to_owned(),
            LinkPurpose::FirstOwner | LinkPurpose::Invitation => "invitation".to_owned(),
        },
        address: None,
    };
    let transaction = shop.database.begin_write("mail-link").await?;
    let link = insert(&transaction, &user, purpose, &actor).await?;
    transaction.commit().await?;
    Ok(LinkMail::To {
        language: language(&user.language),
        mail: user.mail,
        role: user.role,
        link,
    })
}

type Found = Result<(admin_user::Model, LinkPurpose), &'static str>;

async fn find_for_reset(database: &Database, named: &str, at: i64) -> Result<Found, DbErr> {
    if clock::now().unix_timestamp() - at > RESET_TTL.whole_seconds() {
        return Ok(Err("it was requested too long ago"));
    }
    let users = admin_user::Entity::find()
        .filter(admin_user::Column::DeactivatedAt.is_null())
        .filter(admin_user::Column::PasswordHash.is_not_null())
        .all(database.reader())
        .await?;
    let mut users = users.into_iter();
    let user = users.find(|user| account(&user.mail) == named);
    Ok(user
        .map(|user| (user, LinkPurpose::Reset))
        .ok_or("there is no such user"))
}

async fn find_for_invitation(database: &Database, user: i64) -> Result<Found, DbErr> {
    let user = admin_user::Entity::find_by_id(user)
        .filter(admin_user::Column::DeactivatedAt.is_null())
        .filter(admin_user::Column::PasswordHash.is_null())
        .one(database.reader())
        .await?;
    Ok(user
        .map(|user| (user, LinkPurpose::Invitation))
        .ok_or("the user was removed, or has a password"))
}

// ---- Using links ----

/// The link with this token, if it can be used.
///
/// # Errors
/// If the database fails.
pub async fn find_link(
    database: &Database,
    token: &LinkToken,
) -> Result<Option<LinkDetails>, DbErr> {
    let link = admin_link::Entity::find()
        .filter(admin_link::Column::TokenDigest.eq(token.digest()))
        .filter(admin_link::Column::ExpiresAt.gt(clock::now()))
        .one(database.reader())
        .await?;
    let Some(link) = link else {
        return Ok(None);
    };
    let user = admin_user::Entity::find_by_id(link.user_id)
        .filter(admin_user::Column::DeactivatedAt.is_null())
        .one(database.reader())
        .await?;
    Ok(user.map(|user| LinkDetails {
        purpose: link.purpose,
        language: language(&user.language),
        mail: user.mail,
        role: user.role,
    }))
}

/// Sets the password of a link's user. It ends all sessions and keeps the second factor.
///
/// # Errors
/// [`AdminError`]
pub async fn set_password(
    database: &Database,
    token: &LinkToken,
    password: &SecretString,
    visit: &Visit,
) -> Result<LinkOutcome, AdminError> {
    let Some(details) = find_link(database, token).await? else {
        return Ok(LinkOutcome::Gone);
    };
    if let Err(problem) = password::check(password, &details.mail) {
        return Ok(LinkOutcome::Refused(problem));
    }
    let hash = password::hash(password).await?;
    let is_first = details.purpose == LinkPurpose::FirstOwner;
    let transaction = match is_first {
        true => database.begin_with_lock(AdvisoryLock::Owners).await?,
        false => database.begin_write("use-link").await?,
    };
    let Some(user) = take_link(&transaction, token).await? else {
        transaction.rollback().await?;
        return Ok(LinkOutcome::Gone);
    };
    if is_first && owner_exists(&transaction, None).await? {
        transaction.rollback().await?;
        return Ok(LinkOutcome::OwnerExists);
    }
    admin_user::Entity::update_many()
        .col_expr(
            admin_user::Column::PasswordHash,
            Expr::value(Some(StoredSecret(hash))),
        )
        .filter(admin_user::Column::Id.eq(user.id))
        .exec(&transaction)
        .await?;
    delete_links(&transaction, user.id).await?;
    session::end_all(&transaction, user.id).await?;
    let actor = Actor {
        user: Some(user.id),
        name: user.mail.clone(),
        address: Some(visit.address()),
    };
    let entry = Entry {
        action: Action::SetPassword,
        kind: SubjectKind::User,
        subject: user.mail.clone(),
        before: None,
        after: Some(json!({ "link": details.purpose })),
    };
    audit::write(&transaction, &actor, entry).await?;
    transaction.commit().await?;
    Ok(LinkOutcome::PasswordSet { mail: user.mail })
}

/// Uses a link up. Returns its user, locked, if it could be used.
async fn take_link(
    transaction: &WriteTransaction,
    token: &LinkToken,
) -> Result<Option<admin_user::Model>, DbErr> {
    let link = admin_link::Entity::find()
        .filter(admin_link::Column::TokenDigest.eq(token.digest()))
        .filter(admin_link::Column::ExpiresAt.gt(clock::now()));
    let Some(link) = locked(link).one(transaction).await? else {
        return Ok(None);
    };
    let deleted = admin_link::Entity::delete_by_id(link.id)
        .exec(transaction)
        .await?;
    if deleted.rows_affected == 0 {
        return Ok(None);
    }
    let user = admin_user::Entity::find_by_id(link.user_id)
        .filter(admin_user::Column::DeactivatedAt.is_null());
    locked(user).one(transaction).await
}

pub(super) async fn delete_links(transaction: &WriteTransaction, user: i64) -> Result<(), DbErr> {
    admin_link::Entity::delete_many()
        .filter(admin_link::Column::UserId.eq(user))
        .exec(transaction)
        .await?;
    Ok(())
}
