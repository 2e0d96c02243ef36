//! Sessions: who is signed in, on which devices.

use std::time::Duration as StdDuration;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, JoinType, QueryFilter, QueryOrder,
    QuerySelect, RelationDef,
};
use time::{Duration, OffsetDateTime};

use super::token::{DeviceToken, SessionToken};
use super::{AdminError, SessionState, SignedIn, Visit, language};
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::clock;
use crate::database::{Database, WriteTransaction};
use crate::entity::{admin_known_device, admin_session, admin_user};
use locale::Language;

/// How long a session lasts if it is used all the time.
pub const SESSION_TTL: StdDuration = StdDuration::from_secs(14 * 24 * 60 * 60);
/// How long a session lasts that nobody uses.
pub(super) const IDLE_TTL: Duration = Duration::hours(12);
/// How long the second factor can be proved after the password.
const HALF_TTL: Duration = Duration::minutes(10);
/// How long a device is known that nobody signs in on.
pub const DEVICE_TTL: StdDuration = StdDuration::from_secs(400 * 24 * 60 * 60);
/// How often it is written that a session is used.
const SEEN_INTERVAL: Duration = Duration::minutes(1);
/// How much is stored of how a browser names itself.
const MAX_USER_AGENT_CHARS: usize = 256;

/// The name of the session's cookie. `secure`: the shop is reached by https.
#[must_use]
pub fn session_cookie(secure: bool) -> &'static str {
    match secure {
        true => "__Host-till-session",
        false => "till-session",
    }
}

/// The name of the cookie by which a device is known. `secure`: the shop is reached by https.
#[must_use]
pub fn device_cookie(secure: bool) -> &'static str {
    match secure {
        true => "__Host-till-device",
        false => "till-device",
    }
}

/// A session that has begun, or that has a new token.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The value of the session's cookie.
    pub token: SessionToken,
    /// Whether the second factor is still to be proved.
    pub state: SessionState,
    /// The value of the device's cookie, if it is to be set.
    pub device: Option<DeviceToken>,
    /// The user's language.
    pub language: Language,
}

/// A session as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The id of the session.
    pub session: i64,
    /// Whether it is the one that asks.
    pub is_this: bool,
    /// The address at the sign-in.
    pub address: String,
    /// The browser, as it names itself.
    pub user_agent: Option<String>,
    /// When the session began.
    pub created_at: OffsetDateTime,
    /// When it was last used, to about a minute.
    pub last_seen_at: OffsetDateTime,
}

/// Which sessions a user ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionsToEnd {
    /// The one with this id.
    One(i64),
    /// All but the one that asks.
    Others,
    /// All.
    All,
}

/// What one statement reads of a session and its user.
type Row = (
    i64,
    SessionState,
    Option<OffsetDateTime>,
    OffsetDateTime,
    i64,
    String,
    String,
    till_core::admin::Role,
    Option<admin_user::StoredSecret>,
);

/// The user whose session has this token, by one statement. `None`: it has expired or was ended, or
/// there was none.
///
/// # Errors
/// If the database fails.
pub async fn signed_in(
    database: &Database,
    token: &SessionToken,
) -> Result<Option<SignedIn>, DbErr> {
    let now = clock::now();
    let row: Option<Row> = admin_session::Entity::find()
        .select_only()
        .column(admin_session::Column::Id)
        .column(admin_session::Column::State)
        .column(admin_session::Column::ProvedAt)
        .column(admin_session::Column::LastSeenAt)
        .column(admin_user::Column::Id)
        .column(admin_user::Column::Mail)
        .column(admin_user::Column::Language)
        .column(admin_user::Column::Role)
        .column(admin_user::Column::TotpSecret)
        .join(JoinType::InnerJoin, to_user())
        .filter(admin_session::Column::TokenDigest.eq(token.digest()))
        .filter(is_alive(now))
        .filter(admin_user::Column::DeactivatedAt.is_null())
        .into_tuple()
        .one(database.reader())
        .await?;
    let Some((session, state, proved_at, last_seen_at, user, mail, code, role, secret)) = row
    else {
        return Ok(None);
    };
    if now - last_seen_at >= SEEN_INTERVAL {
        record_use(database, session, now);
    }
    Ok(Some(SignedIn {
        user,
        mail,
        language: language(&code),
        role,
        session,
        state,
        proved_at,
        has_second_factor: secret.is_some(),
    }))
}

fn to_user() -> RelationDef {
    admin_session::Entity::belongs_to(admin_user::Entity)
        .from(admin_session::Column::UserId)
        .to(admin_user::Column::Id)
        .into()
}

/// Of sessions that have not expired.
fn is_alive(now: OffsetDateTime) -> Condition {
    Condition::all()
        .add(admin_session::Column::ExpiresAt.gt(now))
        .add(admin_session::Column::LastSeenAt.gt(now - IDLE_TTL))
}

/// Writes that a session is used, without keeping its request waiting for a writer. If it fails,
/// the next request does it.
fn record_use(database: &Database, session: i64, now: OffsetDateTime) {
    let database = database.clone();
    tokio::spawn(async move {
        if let Err(error) = write_use(&database, session, now).await {
            tracing::debug!(%error, session, "could not write that session {session} is used");
        }
    });
}

async fn write_use(database: &Database, session: i64, now: OffsetDateTime) -> Result<(), DbErr> {
    let transaction = database.begin_write("session-used").await?;
    admin_session::Entity::update_many()
        .col_expr(admin_session::Column::LastSeenAt, Expr::value(now))
        .filter(admin_session::Column::Id.eq(session))
        .filter(admin_session::Column::LastSeenAt.lte(now - SEEN_INTERVAL))
        .exec(&transaction)
        .await?;
    transaction.commit().await
}

/// Begins a session, in the transaction of a sign-in. A session that awaits the second factor is
/// short.
pub(super) async fn begin(
    transaction: &WriteTransaction,
    user: &admin_user::Model,
    visit: &Visit,
    proved_at: Option<OffsetDateTime>,
) -> Result<NewSession, AdminError> {
    let now = clock::now();
    let token = SessionToken::random()?;
    let (state, ttl) = match (&user.totp_secret, proved_at) {
        (Some(_), None) => (SessionState::AwaitsSecondFactor, HALF_TTL),
        _ => (SessionState::Complete, whole_ttl()),
    };
    let row = admin_session::ActiveModel {
        id: NotSet,
        token_digest: Set(token.digest()),
        user_id: Set(user.id),
        state: Set(state),
        proved_at: Set(proved_at),
        address: Set(visit.address()),
        user_agent: Set(visit.user_agent.as_deref().map(shortened)),
        created_at: Set(now),
        last_seen_at: Set(now),
        expires_at: Set(now + ttl),
    };
    admin_session::Entity::insert(row)
        .exec_without_returning(transaction)
        .await?;
    let device = match state {
        SessionState::Complete => know_device(transaction, user.id, visit).await?,
        SessionState::AwaitsSecondFactor => None,
    };
    Ok(NewSession {
        token,
        state,
        device,
        language: language(&user.language),
    })
}

/// Gives a session more rights: the second factor was proved. It has a new token from now on.
pub(super) async fn complete(
    transaction: &WriteTransaction,
    session: i64,
    user: &admin_user::Model,
    visit: &Visit,
) -> Result<Option<NewSession>, AdminError> {
    let now = clock::now();
    let token = SessionToken::random()?;
    let Some(row) = admin_session::Entity::find_by_id(session)
        .filter(is_alive(now))
        .one(transaction)
        .await?
    else {
        return Ok(None);
    };
    let expires_at = match row.state {
        SessionState::AwaitsSecondFactor => now + whole_ttl(),
        SessionState::Complete => row.expires_at,
    };
    let updated = admin_session::Entity::update_many()
        .col_expr(
            admin_session::Column::TokenDigest,
            Expr::value(token.digest()),
        )
        .col_expr(admin_session::Column::State, SessionState::Complete.into())
        .col_expr(admin_session::Column::ProvedAt, Expr::value(Some(now)))
        .col_expr(admin_session::Column::LastSeenAt, Expr::value(now))
        .col_expr(admin_session::Column::ExpiresAt, Expr::value(expires_at))
        .filter(admin_session::Column::Id.eq(session))
        // Another request may have done it: its token counts.
        .filter(admin_session::Column::TokenDigest.eq(row.token_digest))
        .exec(transaction)
        .await?;
    if updated.rows_affected == 0 {
        return Ok(None);
    }
    Ok(Some(NewSession {
        token,
        state: SessionState::Complete,
        device: know_device(transaction, user.id, visit).await?,
        language: language(&user.language),
    }))
}

fn whole_ttl() -> Duration {
    Duration::seconds(i64::try_from(SESSION_TTL.as_secs()).unwrap_or(i64::MAX))
}

fn shortened(user_agent: &str) -> String {
    let plain = user_agent.chars().filter(|one| !one.is_control());
    plain.take(MAX_USER_AGENT_CHARS).collect()
}

// ---- Known devices ----

/// Whether a user has signed in on this device before: the digest of its token, if so.
pub(super) async fn known_device(
    connection: &impl ConnectionTrait,
    user: Option<i64>,
    visit: &Visit,
) -> Result<Option<String>, DbErr> {
    let Some(device) = &visit.device else {
        return Ok(None);
    };
    // Also for nobody, so that the time does not tell whether there is such a user.
    let id = (device.digest(), user.unwrap_or_default());
    let row = admin_known_device::Entity::find_by_id(id)
        .one(connection)
        .await?;
    let row = row.filter(|row| row.expires_at > clock::now());
    Ok(row.map(|row| row.token_digest))
}

/// Knows a device from now on. Returns its token if the device does not have one that this shop has
/// made.
async fn know_device(
    transaction: &WriteTransaction,
    user: i64,
    visit: &Visit,
) -> Result<Option<DeviceToken>, AdminError> {
    let ttl = Duration::seconds(i64::try_from(DEVICE_TTL.as_secs()).unwrap_or(i64::MAX));
    let known = match &visit.device {
        Some(device) => {
            // Another user may have signed in here: the device keeps its token.
            let known = admin_known_device::Entity::find()
                .filter(admin_known_device::Column::TokenDigest.eq(device.digest()))
                .one(transaction)
                .await?;
            known.and(Some(device))
        }
        None => None,
    };
    let (token, made) = match known {
        Some(device) => (device.clone(), false),
        None => (DeviceToken::random()?, true),
    };
    let row = admin_known_device::ActiveModel {
        token_digest: Set(token.digest()),
        user_id: Set(user),
        expires_at: Set(clock::now() + ttl),
    };
    let again = sea_orm::sea_query::OnConflict::columns([
        admin_known_device::Column::TokenDigest,
        admin_known_device::Column::UserId,
    ])
    .update_column(admin_known_device::Column::ExpiresAt)
    .to_owned();
    admin_known_device::Entity::insert(row)
        .on_conflict(again)
        .exec_without_returning(transaction)
        .await?;
    Ok(made.then_some(token))
}

// ---- The end of sessions ----

/// The sessions of a user, the last used first.
///
/// # Errors
/// If the database fails.
pub async fn devices(database: &Database, user: &SignedIn) -> Result<Vec<Device>, DbErr> {
    let rows = admin_session::Entity::find()
        .filter(admin_session::Column::UserId.eq(user.user))
        .filter(admin_session::Column::State.eq(SessionState::Complete))
        .filter(is_alive(clock::now()))
        .order_by_desc(admin_session::Column::LastSeenAt)
        .order_by_desc(admin_session::Column::Id)
        .all(database.reader())
        .await?;
    let device = |row: admin_session::Model| Device {
        session: row.id,
        is_this: row.id == user.session,
        address: row.address,
        user_agent: row.user_agent,
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
    };
    Ok(rows.into_iter().map(device).collect())
}

/// Ends sessions of the signed-in user. Returns how many there were. Whoever ends more than one
/// also makes the other devices unknown.
///
/// # Errors
/// If the database fails.
pub async fn end_sessions(
    database: &Database,
    user: &SignedIn,
    visit: &Visit,
    which: SessionsToEnd,
) -> Result<u64, DbErr> {
    let transaction = database.begin_write("end-sessions").await?;
    let of_user =
        admin_session::Entity::delete_many().filter(admin_session::Column::UserId.eq(user.user));
    let ended = match which {
        SessionsToEnd::One(id) => of_user.filter(admin_session::Column::Id.eq(id)),
        SessionsToEnd::Others => of_user.filter(admin_session::Column::Id.ne(user.session)),
        SessionsToEnd::All => of_user,
    };
    let ended = ended.exec(&transaction).await?.rows_affected;
    if !matches!(which, SessionsToEnd::One(_)) {
        let mut devices = admin_known_device::Entity::delete_many()
            .filter(admin_known_device::Column::UserId.eq(user.user));
        if let Some(device) = &visit.device {
            let this = device.digest();
            devices = devices.filter(admin_known_device::Column::TokenDigest.ne(this));
        }
        devices.exec(&transaction).await?;
    }
    if ended > 0 {
        let actor = user.actor(visit);
        write_end(&transaction, &actor, &user.mail, ended).await?;
    }
    transaction.commit().await?;
    Ok(ended)
}

/// Ends all sessions of a user, in the transaction of a change after which nobody may go on.
pub(super) async fn end_all(transaction: &WriteTransaction, user: i64) -> Result<u64, DbErr> {
    let ended = admin_session::Entity::delete_many()
        .filter(admin_session::Column::UserId.eq(user))
        .exec(transaction)
        .await?;
    Ok(ended.rows_affected)
}

/// Ends all sessions of a user but this one, in the transaction of a change after which the others
/// have to sign in again.
pub(super) async fn end_others(
    transaction: &WriteTransaction,
    user: &SignedIn,
) -> Result<(), DbErr> {
    admin_session::Entity::delete_many()
        .filter(admin_session::Column::UserId.eq(user.user))
        .filter(admin_session::Column::Id.ne(user.session))
        .exec(transaction)
        .await
        .map(|_| ())
}

async fn write_end(
    transaction: &WriteTransaction,
    actor: &Actor,
    mail: &str,
    ended: u64,
) -> Result<(), DbErr> {
    let entry = Entry {
        action: Action::EndSessions,
        kind: SubjectKind::User,
        subject: mail.to_owned(),
        before: Some(serde_json::json!({ "sessions": ended })),
        after: None,
    };
    audit::write(transaction, actor, entry).await
}
