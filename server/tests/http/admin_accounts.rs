//! Users of the admin below the pages: passwords, sessions, second factor, links, and what slows
//! guessing. Time passes by moving the stored times back.

use std::net::{IpAddr, Ipv4Addr};

use futures::future::join_all;
use locale::Language;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, Statement,
};
use secrecy::SecretString;
use server::config::Config;
use shop::Shop;
use shop::admin::{
    ChangeOutcome, ChangePasswordOutcome, ConfirmOutcome, CreateOutcome, DeviceToken, Entrance,
    LinkOutcome, LinkPurpose, LinkToken, NewSession, NewUser, PasswordProblem, Permission,
    ProofOutcome, RequestOutcome, SessionState, SessionToken, SessionsToEnd, SetupState,
    SignInOutcome, SignedIn, TurnOffOutcome, UserState, Visit, begin_second_factor, change_mail,
    change_password, change_role, confirm_second_factor, create, delete_expired, devices,
    end_sessions, find_link, find_user, invite_again, list_users, make_link, prove_second_factor,
    recovery_codes_left, remove, replace_recovery_codes, request_reset, reset_second_factor,
    set_active, set_password, setup_state, sign_in, sign_out, signed_in, turn_off_second_factor,
};
use shop::audit::{Action, Actor, SubjectKind};
use shop::entity::admin_user::StoredSecret;
use shop::entity::{
    admin_known_device, admin_link, admin_recovery_code, admin_session, admin_user, audit_log,
    outbox, sign_in_failure,
};
use shop::mail::Route;
use shop::outbox::work::work;
use shop::prune::PruneSettings;
use shop::settings::FromVariables;
use tempfile::TempDir;
use till_core::admin::{Right, Role};
use till_core::limits::{LimitedAction, Limits};
use totp_rs::{Builder, Secret};

use crate::mails::{mail, mails};
use crate::test_app::TestApp;

const ADA: &str = "ada@shop.example";
const PASSWORD: &str = "correct horse battery";
const OTHER_PASSWORD: &str = "another horse battery";
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

// ---- What tests do ----

fn actor() -> Actor {
    Actor::on_command_line("tester")
}

fn visit(address: &str) -> Visit {
    Visit {
        address: address.parse().unwrap(),
        user_agent: Some("Firefox on Linux".to_owned()),
        device: None,
    }
}

fn home() -> Visit {
    visit("192.0.2.1")
}

/// One of many addresses.
fn elsewhere(number: u32) -> Visit {
    Visit {
        address: IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + number)),
        user_agent: None,
        device: None,
    }
}

fn on(device: &DeviceToken, address: &str) -> Visit {
    Visit {
        device: Some(device.clone()),
        ..visit(address)
    }
}

fn new_user(mail: &str, role: Role) -> NewUser {
    NewUser {
        mail: mail.to_owned(),
        role,
        language: Language::default(),
        is_first: false,
    }
}

/// A user with [`PASSWORD`].
async fn user(app: &TestApp, mail: &str, role: Role) -> i64 {
    let entrance = Entrance::Password(PASSWORD.into());
    let new = new_user(mail, role);
    match create(&app.shop.database, &new, entrance, &actor())
        .await
        .unwrap()
    {
        CreateOutcome::Created { user, .. } => user,
        other => panic!("{other:?}"),
    }
}

async fn owner(app: &TestApp) -> i64 {
    user(app, ADA, Role::Owner).await
}

async fn try_to_sign_in(shop: &Shop, mail: &str, password: &str, visit: &Visit) -> SignInOutcome {
    let password = SecretString::from(password);
    sign_in(shop, mail, &password, visit, None).await.unwrap()
}

/// Signs in with [`PASSWORD`].
async fn session(app: &TestApp, mail: &str, visit: &Visit) -> NewSession {
    match try_to_sign_in(&app.shop, mail, PASSWORD, visit).await {
        SignInOutcome::SignedIn(session) => session,
        other => panic!("{other:?}"),
    }
}

async fn who(app: &TestApp, token: &SessionToken) -> Option<SignedIn> {
    signed_in(&app.shop.database, token).await.unwrap()
}

async fn known(app: &TestApp, token: &SessionToken) -> SignedIn {
    who(app, token).await.unwrap()
}

/// Seconds until the next attempt, which must be blocked.
fn blocked(outcome: &SignInOutcome) -> u32 {
    match outcome {
        SignInOutcome::Limited { retry_after } => *retry_after,
        other => panic!("{other:?}"),
    }
}

fn is_refused(outcome: &SignInOutcome) -> bool {
    matches!(outcome, SignInOutcome::Refused)
}

/// Lets time pass for everything that is stored about the admin.
async fn pass(app: &TestApp, seconds: i64) {
    let writer = app.shop.database.bare_writer();
    let backend = writer.get_database_backend();
    for (table, columns) in [
        (
            "sign_in_failure",
            &["blocked_until", "told_at", "expires_at"][..],
        ),
        (
            "admin_session",
            &["proved_at", "created_at", "last_seen_at", "expires_at"],
        ),
        ("admin_link", &["created_at", "expires_at"]),
        ("admin_known_device", &["expires_at"]),
        ("rate_limit", &["expires_at"]),
    ] {
        let earlier = |column: &&str| match backend {
            DbBackend::Sqlite => {
                format!("{column} = strftime('%Y-%m-%dT%H:%M:%SZ', {column}, '-{seconds} seconds')")
            }
            _ => format!("{column} = {column} - interval '{seconds} seconds'"),
        };
        let columns: Vec<String> = columns.iter().map(earlier).collect();
        let update = format!("UPDATE {table} SET {}", columns.join(", "));
        writer
            .execute_raw(Statement::from_string(backend, update))
            .await
            .unwrap();
    }
}

/// What was done with users, in order.
async fn actions(app: &TestApp) -> Vec<Action> {
    let rows = audit_log::Entity::find()
        .filter(audit_log::Column::SubjectKind.eq(SubjectKind::User))
        .order_by_asc(audit_log::Column::Id)
        .all(app.shop.database.reader())
        .await
        .unwrap();
    rows.into_iter().map(|row| row.action).collect()
}

/// A shop whose emails are in this folder.
async fn with_mails(folder: &TempDir) -> TestApp {
    let folder = folder.path().to_owned();
    TestApp::start_with(|config: &mut Config| {
        config.mail.route = Route::Folder(folder);
        config.limits = Limits::off();
    })
    .await
}

/// The token of the link in an email.
fn link_in(text: &str) -> LinkToken {
    let (_, rest) = text.split_once("/admin/link/").unwrap();
    rest[..64].parse().unwrap()
}

/// The user's app.
struct Codes(String);

impl Codes {
    /// The code now, or so many steps later.
    fn code(&self, steps: i64) -> String {
        let secret = Secret::try_from_base32(self.0.replace(' ', "")).unwrap();
        let totp = Builder::new().with_secret(secret).build().unwrap();
        let now = time::OffsetDateTime::now_utc().unix_timestamp() + 30 * steps;
        totp.generate(u64::try_from(now).unwrap()).to_string()
    }
}

/// Turns the second factor on. Returns the app, the recovery codes and the session's new token.
async fn second_factor(app: &TestApp, token: &SessionToken) -> (Codes, Vec<String>, SessionToken) {
    let database = &app.shop.database;
    let user = known(app, token).await;
    let new = begin_second_factor(database, &user, "Pens & Paper")
        .await
        .unwrap()
        .unwrap();
    let codes = Codes(new.secret);
    let code = codes.code(-1);
    match confirm_second_factor(database, &user, &code, &home())
        .await
        .unwrap()
    {
        ConfirmOutcome::TurnedOn {
            recovery_codes,
            session,
        } => (codes, recovery_codes, session.token),
        _ => panic!("not turned on"),
    }
}

async fn prove(app: &TestApp, token: &SessionToken, code: &str) -> ProofOutcome {
    prove_second_factor(&app.shop, token, code, &home())
        .await
        .unwrap()
}

// ---- Users ----

#[tokio::test]
async fn the_first_owner_is_created_once_and_there_is_no_default_account() {
    let app = TestApp::start().await;
    let database = &app.shop.database;
    assert_eq!(setup_state(database).await.unwrap(), SetupState::NoOwner);
    assert!(list_users(database).await.unwrap().is_empty());
    let first = NewUser {
        is_first: true,
        ..new_user(" Ada@Shop.Example ", Role::Owner)
    };
    let password = || Entrance::Password(PASSWORD.into());
    let refused = |password: &str| Entrance::Password(password.into());
    let outcome = create(database, &first, refused("too short"), &actor())
        .await
        .unwrap();
    assert!(matches!(
        outcome,
        CreateOutcome::Refused(PasswordProblem::TooShort)
    ));
    let outcome = create(database, &first, refused("password1234"), &actor())
        .await
        .unwrap();
    assert!(matches!(
        outcome,
        CreateOutcome::Refused(PasswordProblem::TooCommon)
    ));
    let outcome = create(database, &first, refused(ADA), &actor())
        .await
        .unwrap();
    assert!(matches!(
        outcome,
        CreateOutcome::Refused(PasswordProblem::IsMail)
    ));
    assert_eq!(setup_state(database).await.unwrap(), SetupState::NoOwner);

    let outcome = create(database, &first, password(), &actor())
        .await
        .unwrap();
    assert!(matches!(outcome, CreateOutcome::Created { link: None, .. }));
    assert_eq!(setup_state(database).await.unwrap(), SetupState::Ready);
    let outcome = create(database, &first, password(), &actor())
        .await
        .unwrap();
    assert!(matches!(outcome, CreateOutcome::OwnerExists), "{outcome:?}");
    let again = new_user("ADA@shop.example", Role::Staff);
    let outcome = create(database, &again, password(), &actor())
        .await
        .unwrap();
    assert!(matches!(outcome, CreateOutcome::MailTaken), "{outcome:?}");
    for bad in [
        "",
        "ada",
        "ada@",
        "a b@shop.example",
        &format!("{}@b.example", "a".repeat(300)),
    ] {
        let bad = new_user(bad, Role::Staff);
        let outcome = create(database, &bad, password(), &actor()).await.unwrap();
        assert!(matches!(outcome, CreateOutcome::InvalidMail), "{bad:?}");
    }
    assert_eq!(actions(&app).await, [Action::CreateUser]);
    let users = list_users(database).await.unwrap();
    assert_eq!(users.len(), 1);
    assert_eq!(
        (users[0].mail.as_str(), users[0].state),
        (ADA, UserState::Active)
    );
}

#[tokio::test]
async fn of_two_first_owners_at_once_one_wins() {
    let app = TestApp::start().await;
    let database = &app.shop.database;
    let first = |mail: &str| NewUser {
        is_first: true,
        ..new_user(mail, Role::Owner)
    };
    let (ada, eve) = (first(ADA), first("eve@shop.example"));
    let password = || Entrance::Password(PASSWORD.into());
    let by = actor();
    let (one, other) = tokio::join!(
        create(database, &ada, password(), &by),
        create(database, &eve, password(), &by)
    );
    let outcomes = [one.unwrap(), other.unwrap()];
    let created = |outcome: &&CreateOutcome| matches!(outcome, CreateOutcome::Created { .. });
    assert_eq!(outcomes.iter().filter(created).count(), 1, "{outcomes:?}");
    let lost = |outcome: &&CreateOutcome| matches!(outcome, CreateOutcome::OwnerExists);
    assert_eq!(outcomes.iter().filter(lost).count(), 1, "{outcomes:?}");
    assert_eq!(list_users(database).await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_two_first_owners_with_links_at_once_one_wins() {
    let app = TestApp::start().await;
    let database = &app.shop.database;
    let mut links = Vec::new();
    for mail in [ADA, "eve@shop.example"] {
        let first = NewUser {
            is_first: true,
            ..new_user(mail, Role::Owner)
        };
        match create(database, &first, Entrance::Link, &actor())
            .await
            .unwrap()
        {
            CreateOutcome::Created {
                link: Some(link), ..
            } => links.push(link),
            other => panic!("{other:?}"),
        }
    }
    assert!(
        links
            .iter()
            .all(|link| link.purpose == LinkPurpose::FirstOwner)
    );
    // Nobody can sign in yet, so this is no owner.
    assert_eq!(setup_state(database).await.unwrap(), SetupState::NoOwner);
    let password = SecretString::from(PASSWORD);
    let here = home();
    let (one, other) = tokio::join!(
        set_password(database, &links[0].token, &password, &here),
        set_password(database, &links[1].token, &password, &here)
    );
    let outcomes = [one.unwrap(), other.unwrap()];
    let set = |outcome: &&LinkOutcome| matches!(outcome, LinkOutcome::PasswordSet { .. });
    assert_eq!(outcomes.iter().filter(set).count(), 1, "{outcomes:?}");
    assert!(outcomes.contains(&LinkOutcome::OwnerExists), "{outcomes:?}");
}

#[tokio::test]
async fn the_last_owner_stays_also_if_two_go_at_once() {
    let app = TestApp::start().await;
    let database = &app.shop.database;
    let ada = owner(&app).await;
    // An owner who was only invited cannot sign in, so it does not count.
    let invited = new_user("invited@shop.example", Role::Owner);
    create(database, &invited, Entrance::Link, &actor())
        .await
        .unwrap();
    let last = ChangeOutcome::LastOwner;
    assert_eq!(
        change_role(database, ada, Role::Staff, &actor())
            .await
            .unwrap(),
        last
    );
    assert_eq!(
        set_active(database, ada, false, &actor()).await.unwrap(),
        last
    );
    assert_eq!(remove(database, ada, &actor()).await.unwrap(), last);
    let eve = user(&app, "eve@shop.example", Role::Owner).await;
    let by = actor();
    let (one, other) = tokio::join!(
        remove(database, ada, &by),
        change_role(database, eve, Role::Manager, &by)
    );
    let mut outcomes = [one.unwrap(), other.unwrap()];
    outcomes.sort_by_key(|outcome| *outcome == last);
    assert_eq!(outcomes, [ChangeOutcome::Changed, last]);
    assert_eq!(setup_state(database).await.unwrap(), SetupState::Ready);
}

#[tokio::test]
async fn a_removed_user_leaves_only_the_audit_log() {
    let app = TestApp::start().await;
    let database = &app.shop.database;
    owner(&app).await;
    let staff = user(&app, "bo@shop.example", Role::Staff).await;
    let token = session(&app, "bo@shop.example", &home()).await.token;
    let (_, _, token) = second_factor(&app, &token).await;
    make_link(database, staff, &actor()).await.unwrap().unwrap();
    assert_eq!(
        remove(database, staff, &actor()).await.unwrap(),
        ChangeOutcome::Changed
    );
    assert_eq!(
        remove(database, staff, &actor()).await.unwrap(),
        ChangeOutcome::NotFound
    );
    assert_eq!(who(&app, &token).await, None);
    let reader = database.reader();
    assert!(
        admin_session::Entity::find()
            .all(reader)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        admin_link::Entity::find()
            .all(reader)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        admin_known_device::Entity::find()
            .all(reader)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        admin_recovery_code::Entity::find()
            .all(reader)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        find_user(database, "bo@shop.example")
            .await
            .unwrap()
            .is_none()
    );
    let log = audit_log::Entity::find().all(reader).await.unwrap();
    assert!(
        log.iter()
            .any(|row| row.action == Action::SignIn && row.actor == "bo@shop.example")
    );
    let removed = log.last().unwrap();
    assert_eq!(removed.action, Action::RemoveUser);
    assert_eq!(removed.before.as_deref(), Some("{\"role\":\"staff\"}"));
}

// ---- Signing in and sessions ----

#[tokio::test]
async fn the_right_password_signs_in_and_everything_else_is_refused_alike() {
    let app = TestApp::start().await;
    let id = owner(&app).await;
    let gone = user(&app, "gone@shop.example", Role::Staff).await;
    set_active(&app.shop.database, gone, false, &actor())
        .await
        .unwrap();
    let invited = new_user("invited@shop.example", Role::Staff);
    create(&app.shop.database, &invited, Entrance::Link, &actor())
        .await
        .unwrap();
    for (mail, password) in [
        (ADA, OTHER_PASSWORD),
        (ADA, ""),
        ("eve@shop.example", PASSWORD),
        ("gone@shop.example", PASSWORD),
        ("invited@shop.example", PASSWORD),
        ("invited@shop.example", ""),
    ] {
        let outcome = try_to_sign_in(&app.shop, mail, password, &home()).await;
        assert!(is_refused(&outcome), "{mail} {outcome:?}");
    }
    let new = session(&app, " ADA@Shop.example", &home()).await;
    assert_eq!(new.state, SessionState::Complete);
    let user = known(&app, &new.token).await;
    assert_eq!(
        (user.user, user.mail.as_str(), user.role),
        (id, ADA, Role::Owner)
    );
    assert_eq!(user.may_now(Right::Users), Permission::Granted);
    assert!(!user.has_second_factor && user.proved_at.is_none());
    let row = &admin_user::Entity::find_by_id(id)
        .all(app.shop.database.reader())
        .await
        .unwrap()[0];
    assert!(row.signed_in_at.is_some());
    let log = actions(&app).await;
    // Failures without a block are only counted.
    assert!(!log.contains(&Action::BlockSignIn));
    assert_eq!(
        log.iter()
            .filter(|action| **action == Action::SignIn)
            .count(),
        1
    );
}

#[tokio::test]
async fn each_sign_in_has_a_new_token_and_replaces_the_browsers_session() {
    let app = TestApp::start().await;
    owner(&app).await;
    let first = session(&app, ADA, &home()).await;
    let second = session(&app, ADA, &home()).await;
    assert_ne!(first.token, second.token);
    assert!(who(&app, &first.token).await.is_some(), "another browser");
    let password = SecretString::from(PASSWORD);
    let third = sign_in(&app.shop, ADA, &password, &home(), Some(&first.token))
        .await
        .unwrap();
    assert!(matches!(third, SignInOutcome::SignedIn(_)));
    assert_eq!(who(&app, &first.token).await, None);
    sign_out(&app.shop.database, &second.token, &home())
        .await
        .unwrap();
    assert_eq!(who(&app, &second.token).await, None);
    // The second time changes nothing.
    sign_out(&app.shop.database, &second.token, &home())
        .await
        .unwrap();
    let outs = actions(&app)
        .await
        .into_iter()
        .filter(|action| *action == Action::SignOut);
    assert_eq!(outs.count(), 1);
}

#[tokio::test]
async fn a_session_ends_if_it_is_not_used_and_after_fourteen_days() {
    let app = TestApp::start().await;
    owner(&app).await;
    let token = session(&app, ADA, &home()).await.token;
    pass(&app, 12 * HOUR - MINUTE).await;
    assert!(who(&app, &token).await.is_some());
    // That use is written in the background: later, it would count from then on.
    let database = &app.shop.database;
    let is_written = async || {
        let row = admin_session::Entity::find()
            .one(database.reader())
            .await
            .unwrap()
            .unwrap();
        let ago = time::OffsetDateTime::now_utc() - row.last_seen_at;
        (ago < time::Duration::MINUTE).then_some(())
    };
    crate::test_app::eventually("the use is written", &is_written).await;
    pass(&app, 12 * HOUR - MINUTE).await;
    assert!(who(&app, &token).await.is_some());
    crate::test_app::eventually("the next use is written", &is_written).await;
    pass(&app, 13 * HOUR).await;
    assert_eq!(who(&app, &token).await, None);

    let token = session(&app, ADA, &home()).await.token;
    for _ in 0..28 {
        assert!(who(&app, &token).await.is_some());
        let now = time::OffsetDateTime::now_utc();
        pass(&app, 12 * HOUR).await;
        admin_session::Entity::update_many()
            .col_expr(admin_session::Column::LastSeenAt, Expr::value(now))
            .exec(database.bare_writer())
            .await
            .unwrap();
    }
    assert_eq!(who(&app, &token).await, None);
}

#[tokio::test]
async fn a_used_session_is_written_at_most_once_a_minute() {
    let app = TestApp::start().await;
    owner(&app).await;
    let token = session(&app, ADA, &home()).await.token;
    let row = async || {
        let row = admin_session::Entity::find()
            .one(app.shop.database.reader())
            .await;
        row.unwrap().unwrap()
    };
    let before = row().await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    for _ in 0..10 {
        assert!(who(&app, &token).await.is_some());
    }
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(row().await, before);
}

#[tokio::test]
async fn all_sessions_end_when_role_mail_or_password_change() {
    let app = TestApp::start().await;
    let database = &app.shop.database;
    owner(&app).await;
    let mail = "bo@shop.example";
    let staff = user(&app, mail, Role::Staff).await;
    let by = actor();

    let tokens = [
        session(&app, mail, &home()).await.token,
        session(&app, mail, &home()).await.token,
    ];
    assert_eq!(
        change_role(database, staff, Role::Staff, &by)
            .await
            .unwrap(),
        ChangeOutcome::Unchanged
    );
    assert!(who(&app, &tokens[0]).await.is_some());
    change_role(database, staff, Role::Manager, &by)
        .await
        .unwrap();
    for token in &tokens {
        assert_eq!(who(&app, token).await, None);
    }

    let token = session(&app, mail, &home()).await.token;
    assert_eq!(known(&app, &token).await.role, Role::Manager);
    let taken = change_mail(database, staff, ADA, &by).await.unwrap();
    assert_eq!(taken, ChangeOutcome::MailTaken);
    change_mail(database, staff, "Bo@Other.example", &by)
        .await
        .unwrap();
    assert_eq!(who(&app, &token).await, None);
    let old = try_to_sign_in(&app.shop, mail, PASSWORD, &home()).await;
    assert!(is_refused(&old));

    let mail = "bo@other.example";
    let other = session(&app, mail, &home()).await.token;
    let this = session(&app, mail, &home()).await.token;
    let user = known(&app, &this).await;
    let (right, new) = (
        SecretString::from(PASSWORD),
        SecretString::from(OTHER_PASSWORD),
    );
    let wrong = change_password(database, &user, &new, &new, &home())
        .await
        .unwrap();
    assert!(matches!(wrong, ChangePasswordOutcome::WrongPassword));
    let short = change_password(database, &user, &right, &"short".into(), &home())
        .await
        .unwrap();
    assert!(matches!(
        short,
        ChangePasswordOutcome::Refused(PasswordProblem::TooShort)
    ));
    assert!(who(&app, &other).await.is_some());
    let changed = change_password(database, &user, &right, &new, &home())
        .await
        .unwrap();
    let ChangePasswordOutcome::Changed(fresh) = changed else {
        panic!("{changed:?}");
    };
    assert_eq!(who(&app, &other).await, None);
    assert_eq!(who(&app, &this).await, None);
    assert!(who(&app, &fresh.token).await.is_some());
    assert!(is_refused(
        &try_to_sign_in(&app.shop, mail, PASSWORD, &home()).await
    ));
    let again = try_to_sign_in(&app.shop, mail, OTHER_PASSWORD, &home()).await;
    assert!(matches!(again, SignInOutcome::SignedIn(_)));

    set_active(database, staff, false, &by).await.unwrap();
    assert_eq!(who(&app, &fresh.token).await, None);
    let log = actions(&app).await;
    for action in [
        Action::ChangeRole,
        Action::ChangeMail,
        Action::ChangePassword,
        Action::DeactivateUser,
    ] {
        assert_eq!(
            log.iter().filter(|one| **one == action).count(),
            1,
            "{action}"
        );
    }
}

#[tokio::test]
async fn devices_are_listed_and_signed_out_one_or_all() {
    let app = TestApp::start().await;
    let database = &app.shop.database;
    owner(&app).await;
    user(&app, "bo@shop.example", Role::Staff).await;
    let foreign = session(&app, "bo@shop.example", &home()).await.token;
    let first = session(&app, ADA, &visit("198.51.100.7")).await;
    let second = session(&app, ADA, &home()).await;
    let third = session(&app, ADA, &home()).await;
    let me = known(&app, &third.token).await;
    let list = devices(database, &me).await.unwrap();
    assert_eq!(list.len(), 3);
    assert_eq!(list.iter().filter(|device| device.is_this).count(), 1);
    let away = list
        .iter()
        .find(|device| device.address == "198.51.100.7")
        .unwrap();
    assert_eq!(away.user_agent.as_deref(), Some("Firefox on Linux"));
    let one = SessionsToEnd::One(away.session);
    assert_eq!(end_sessions(database, &me, &home(), one).await.unwrap(), 1);
    assert_eq!(who(&app, &first.token).await, None);
    // Another user's session is not one of mine.
    let bo = known(&app, &foreign).await;
    let one = SessionsToEnd::One(bo.session);
    assert_eq!(end_sessions(database, &me, &home(), one).await.unwrap(), 0);
    let this = on(third.device.as_ref().unwrap(), "192.0.2.1");
    assert_eq!(
        end_sessions(database, &me, &this, SessionsToEnd::Others)
            .await
            .unwrap(),
        1
    );
    assert_eq!(who(&app, &second.token).await, None);
    assert!(who(&app, &third.token).await.is_some());
    // The other devices are not known any more: two of mine, and the one of the other user stays.
    let known_devices = admin_known_device::Entity::find()
        .all(database.reader())
        .await
        .unwrap();
    assert_eq!(known_devices.len(), 2);
    assert_eq!(
        end_sessions(database, &me, &this, SessionsToEnd::All)
            .await
            .unwrap(),
        1
    );
    assert_eq!(who(&app, &third.token).await, None);
    assert!(who(&app, &foreign).await.is_some());
}

#[tokio::test]
async fn nothing_in_the_database_can_be_used_to_get_in() {
    let app = TestApp::start().await;
    let database = &app.shop.database;
    let id = owner(&app).await;
    let token = session(&app, ADA, &home()).await.token;
    let (_, recovery_codes, token) = second_factor(&app, &token).await;
    let link = make_link(database, id, &actor()).await.unwrap().unwrap();
    let reader = database.reader();

    let stored = admin_session::Entity::find()
        .one(reader)
        .await
        .unwrap()
        .unwrap();
    assert_ne!(stored.token_digest, token.as_str());
    let stolen: SessionToken = stored.token_digest.parse().unwrap();
    assert_eq!(who(&app, &stolen).await, None);

    let stored = admin_link::Entity::find()
        .one(reader)
        .await
        .unwrap()
        .unwrap();
    assert_ne!(stored.token_digest, link.token.as_str());
    let stolen: LinkToken = stored.token_digest.parse().unwrap();
    assert_eq!(find_link(database, &stolen).await.unwrap(), None);
    assert!(find_link(database, &link.token).await.unwrap().is_some());

    let stored = admin_known_device::Entity::find()
        .one(reader)
        .await
        .unwrap()
        .unwrap();
    let stolen: DeviceToken = stored.token_digest.parse().unwrap();
    for _ in 0..7 {
        try_to_sign_in(&app.shop, ADA, OTHER_PASSWORD, &home()).await;
    }
    let device = on(&stolen, "192.0.2.1");
    blocked(&try_to_sign_in(&app.shop, ADA, PASSWORD, &device).await);

    let half = session(&app, ADA, &visit("198.51.100.1")).await.token;
    let codes = admin_recovery_code::Entity::find()
        .all(reader)
        .await
        .unwrap();
    assert_eq!(codes.len(), recovery_codes.len());
    assert!(
        codes
            .iter()
            .all(|row| !recovery_codes.contains(&row.code_digest))
    );
    let outcome = prove(&app, &half, &codes[0].code_digest).await;
    assert!(matches!(outcome, ProofOutcome::Refused), "{outcome:?}");

    let user = admin_user::Entity::find_by_id(id)
        .one(reader)
        .await
        .unwrap()
        .unwrap();
    let StoredSecret(hash) = user.password_hash.clone().unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=65536,"), "{hash}");
    assert!(!format!("{user:?}").contains(&hash));
    let outcome = try_to_sign_in(&app.shop, ADA, &hash, &visit("198.51.100.1")).await;
    assert!(is_refused(&outcome));
}

// ---- The second factor ----

#[tokio::test]
async fn with_a_second_factor_the_password_alone_opens_nothing() {
    let app = TestApp::start().await;
    let database = &app.shop.database;
    owner(&app).await;
    let first = session(&app, ADA, &home()).await.token;
    let user = known(&app, &first).await;
    // A wrong code, or none that was begun, turns nothing on.
    let early = confirm_second_factor(database, &user, "000000", &home())
        .await
        .unwrap();
    assert!(matches!(early, ConfirmOutcome::NotBegun));
    begin_second_factor(database, &user, "Shop")
        .await
        .unwrap()
        .unwrap();
    for wrong in ["", "12345", "abcdef", "1234567", "+12345"] {
        let outcome = confirm_second_factor(database, &user, wrong, &home())
            .await
            .unwrap();
        assert!(matches!(outcome, ConfirmOutcome::Wrong), "{wrong}");
    }
    assert!(!known(&app, &first).await.has_second_factor);

    let elsewhere = session(&app, ADA, &home()).await.token;
    let (codes, recovery, second) = second_factor(&app, &first).await;
    assert_eq!(recovery.len(), 10);
    // Whoever knows the password only is signed out.
    assert_eq!(who(&app, &elsewhere).await, None);
    // More rights, so another token.
    assert_eq!(who(&app, &first).await, None);
    let user = known(&app, &second).await;
    assert!(user.has_second_factor && user.has_recent_proof());
    assert!(
        begin_second_factor(database, &user, "Shop")
            .await
            .unwrap()
            .is_none()
    );

    let half = session(&app, ADA, &home()).await;
    assert_eq!(half.state, SessionState::AwaitsSecondFactor);
    assert!(half.device.is_none(), "not known before the second factor");
    let waiting = known(&app, &half.token).await;
    for right in [Right::Orders, Right::Account, Right::Users] {
        assert_eq!(waiting.may_now(right), Permission::AwaitsSecondFactor);
    }
    let outcome = prove(&app, &half.token, &codes.code(0)).await;
    let ProofOutcome::Proved {
        session,
        by_recovery_code,
        recovery_codes_left,
    } = outcome
    else {
        panic!("{outcome:?}");
    };
    assert!(!by_recovery_code);
    assert_eq!(recovery_codes_left, 10);
    assert!(session.device.is_some());
    assert_eq!(who(&app, &half.token).await, None);
    let whole = known(&app, &session.token).await;
    assert_eq!(whole.may_now(Right::Users), Permission::Granted);

    // After a while what is dangerous asks again, and the session gets another token.
    pass(&app, 16 * MINUTE).await;
    let whole = known(&app, &session.token).await;
    assert_eq!(whole.may_now(Right::Refund), Permission::NeedsProof);
    assert_eq!(whole.may_now(Right::Orders), Permission::Granted);
    let again = prove(&app, &session.token, &recovery[0]).await;
    let ProofOutcome::Proved { session: again, .. } = again else {
        panic!("{again:?}");
    };
    assert_eq!(who(&app, &session.token).await, None);
    assert_eq!(
        known(&app, &again.token).await.may_now(Right::Refund),
        Permission::Granted
    );
    let missing = prove(&app, &session.token, &codes.code(1)).await;
    assert!(matches!(missing, ProofOutcome::NotSignedIn), "{missing:?}");
}

#[tokio::test]
async fn a_code_is_accepted_once_also_by_two_at_once() {
    let app = TestApp::start().await;
    owner(&app).await;
    let token = session(&app, ADA, &home()).await.token;
    let (codes, recovery, _) = second_factor(&app, &token).await;
    // The code that has turned it on.
    let half = session(&app, ADA, &home()).await.token;
    let used = prove(&app, &half, &codes.code(-1)).await;
    assert!(matches!(used, ProofOutcome::Refused), "{used:?}");

    let proved = |outcome: &ProofOutcome| matches!(outcome, ProofOutcome::Proved { .. });
    let other = session(&app, ADA, &visit("198.51.100.1")).await.token;
    let code = codes.code(1);
    let (one, two) = tokio::join!(prove(&app, &half, &code), prove(&app, &other, &code));
    assert!(proved(&one) != proved(&two), "{one:?} {two:?}");
    let half = session(&app, ADA, &home()).await.token;
    assert!(!proved(&prove(&app, &half, &code).await));
    // A step before one that was used is as good as used.
    assert!(!proved(&prove(&app, &half, &codes.code(0)).await));

    let other = session(&app, ADA, &visit("198.51.100.2")).await.token;
    let code = recovery[3].to_uppercase().replace('-', " ");
    let (one, two) = tokio::join!(prove(&app, &half, &code), prove(&app, &other, &code));
    assert!(proved(&one) != proved(&two), "{one:?} {two:?}");
    let half = session(&app, ADA, &home()).await.token;
    assert!(!proved(&prove(&app, &half, &recovery[3]).await));
    let last = prove(&app, &half, &recovery[4]).await;
    let ProofOutcome::Proved {
        by_recovery_code,
        recovery_codes_left,
        ..
    } = last
    else {
        panic!("{last:?}");
    };
    assert_eq!((by_recovery_code, recovery_codes_left), (true, 8));
    let uses = actions(&app)
        .await
        .into_iter()
        .filter(|one| *one == Action::UseRecoveryCode);
    assert_eq!(uses.count(), 2);
}

#[tokio::test]
async fn turning_the_second_factor_off_needs_the_password_and_a_recent_proof() {
    let app = TestApp::start().await;
    let database = &app.shop.database;
    let id = owner(&app).await;
    let token = session(&app, ADA, &home()).await.token;
    let (right, wrong) = (
        SecretString::from(PASSWORD),
        SecretString::from(OTHER_PASSWORD),
    );
    let user = known(&app, &token).await;
    let none = turn_off_second_factor(database, &user, &right, &home())
        .await
        .unwrap();
    assert!(matches!(none, TurnOffOutcome::NotOn));
    let (_, old_codes, token) = second_factor(&app, &token).await;

    pass(&app, 16 * MINUTE).await;
    let user = known(&app, &token).await;
    let late = turn_off_second_factor(database, &user, &right, &home())
        .await
        .unwrap();
    assert!(matches!(late, TurnOffOutcome::NeedsProof));
    let late = replace_recovery_codes(database, &user, &right, &home())
        .await
        .unwrap();
    assert!(matches!(late, TurnOffOutcome::NeedsProof));
    let ProofOutcome::Proved { session, .. } = prove(&app, &token, &old_codes[0]).await else {
        panic!("the code is right");
    };
    let user = known(&app, &session.token).await;
    let refused = turn_off_second_factor(database, &user, &wrong, &home())
        .await
        .unwrap();
    assert!(matches!(refused, TurnOffOutcome::WrongPassword));
    let refused = replace_recovery_codes(database, &user, &wrong, &home())
        .await
        .unwrap();
    assert!(matches!(refused, TurnOffOutcome::WrongPassword));
    assert_eq!(recovery_codes_left(database, &user).await.unwrap(), 9);

    let replaced = replace_recovery_codes(database, &user, &right, &home())
        .await
        .unwrap();
    let TurnOffOutcome::Done(new_codes) = replaced else {
        panic!("not replaced");
    };
    assert_eq!(new_codes.len(), 10);
    let old = prove(&app, &session.token, &old_codes[1]).await;
    assert!(matches!(old, ProofOutcome::Refused), "{old:?}");
    let done = turn_off_second_factor(database, &user, &right, &home())
        .await
        .unwrap();
    assert!(matches!(done, TurnOffOutcome::Done(())));
    assert!(!known(&app, &session.token).await.has_second_factor);
    assert_eq!(recovery_codes_left(database, &user).await.unwrap(), 0);
    let whole = self::session(&app, ADA, &home()).await;
    assert_eq!(whole.state, SessionState::Complete);

    // Somebody who has lost everything is helped from the command line.
    let (_, _, token) = second_factor(&app, &whole.token).await;
    assert!(reset_second_factor(database, id, &actor()).await.unwrap());
    assert!(!reset_second_factor(database, id, &actor()).await.unwrap());
    assert_eq!(who(&app, &token).await, None);
    let log = actions(&app).await;
    let count = |action: Action| log.iter().filter(|one| **one == action).count();
    assert_eq!(count(Action::TurnOnSecondFactor), 2);
    assert_eq!(count(Action::TurnOffSecondFactor), 2);
    assert_eq!(count(Action::ReplaceRecoveryCodes), 1);
}

// ---- Guessing ----

#[tokio::test]
async fn guessing_from_one_address_is_blocked_in_steps() {
    let app = TestApp::start().await;
    owner(&app).await;
    let mut failures = 0;
    for (until, seconds) in [
        (7, MINUTE),
        (10, 10 * MINUTE),
        (15, 15 * MINUTE),
        (20, HOUR),
        (25, DAY),
    ] {
        while failures < until {
            let outcome = try_to_sign_in(&app.shop, ADA, "wrong wrong wrong", &home()).await;
            assert!(is_refused(&outcome), "{failures} {outcome:?}");
            failures += 1;
            if failures >= 7 && failures < until {
                pass(&app, HOUR).await;
            }
        }
        // Not even the right password is looked at, from the same address or its neighbours.
        let wait = blocked(&try_to_sign_in(&app.shop, ADA, PASSWORD, &home()).await);
        assert!(
            i64::from(wait) <= seconds && i64::from(wait) > seconds - 20,
            "{until} {wait}"
        );
        if until < 25 {
            pass(&app, seconds).await;
        }
    }
    // Other accounts neither, because the address itself is blocked.
    blocked(&try_to_sign_in(&app.shop, "eve@shop.example", PASSWORD, &home()).await);
    // Elsewhere one waits for nothing: there was one guesser only.
    let outcome = try_to_sign_in(&app.shop, ADA, PASSWORD, &visit("198.51.100.1")).await;
    assert!(matches!(outcome, SignInOutcome::SignedIn(_)), "{outcome:?}");
    pass(&app, DAY).await;
    let outcome = try_to_sign_in(&app.shop, ADA, PASSWORD, &home()).await;
    assert!(matches!(outcome, SignInOutcome::SignedIn(_)), "{outcome:?}");
    // One entry for each step, not for each failure.
    let blocks = actions(&app)
        .await
        .into_iter()
        .filter(|one| *one == Action::BlockSignIn);
    assert_eq!(blocks.count(), 5);
}

#[tokio::test]
async fn an_ipv6_network_is_one_address_and_a_success_forgives() {
    let app = TestApp::start().await;
    owner(&app).await;
    for host in 1..=6 {
        let visit = visit(&format!("2001:db8:1:2::{host}"));
        assert!(is_refused(
            &try_to_sign_in(&app.shop, ADA, "wrong wrong wrong", &visit).await
        ));
    }
    session(&app, ADA, &visit("2001:db8:1:2::7")).await;
    let rows = sign_in_failure::Entity::find()
        .all(app.shop.database.reader())
        .await
        .unwrap();
    let of_pair = |row: &&sign_in_failure::Model| row.scope.as_ref() == "account_address";
    assert_eq!(rows.iter().filter(of_pair).count(), 0, "{rows:?}");
    // The address keeps its six failures, or one's own account could be used to guess others.
    assert!(is_refused(
        &try_to_sign_in(
            &app.shop,
            ADA,
            "wrong wrong wrong",
            &visit("2001:db8:1:2::8")
        )
        .await
    ));
    blocked(&try_to_sign_in(&app.shop, ADA, PASSWORD, &visit("2001:db8:1:2::9")).await);
    session(&app, ADA, &visit("2001:db8:1:3::1")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_at_the_same_time_are_all_counted() {
    let app = TestApp::start().await;
    owner(&app).await;
    let here = home();
    let guesses = (0..40).map(|_| try_to_sign_in(&app.shop, ADA, "wrong wrong wrong", &here));
    let outcomes = join_all(guesses).await;
    let refused = outcomes
        .iter()
        .filter(|outcome| is_refused(outcome))
        .count();
    assert_eq!(refused, 7, "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_thousand_guesses_from_two_hundred_addresses_the_owner_signs_in() {
    let mail_folder = tempfile::tempdir().unwrap();
    let app = with_mails(&mail_folder).await;
    owner(&app).await;
    let device = session(&app, ADA, &home()).await.device.unwrap();
    for round in 0..5 {
        for first in (0..200).step_by(20) {
            let visits: Vec<Visit> = (first..first + 20).map(elsewhere).collect();
            let guesses = visits
                .iter()
                .map(|visit| try_to_sign_in(&app.shop, ADA, "wrong wrong wrong", visit));
            for outcome in join_all(guesses).await {
                assert!(
                    !matches!(outcome, SignInOutcome::SignedIn(_)),
                    "round {round}"
                );
            }
        }
    }
    // The known device signs in at once.
    let known = try_to_sign_in(&app.shop, ADA, PASSWORD, &on(&device, "203.0.113.9")).await;
    assert!(matches!(known, SignInOutcome::SignedIn(_)), "{known:?}");
    // A new one waits for at most 30 seconds, although the attack goes on.
    let new = visit("203.0.113.10");
    let wait = blocked(&try_to_sign_in(&app.shop, ADA, PASSWORD, &new).await);
    assert!(wait <= 30, "{wait}");
    pass(&app, wait.into()).await;
    for number in 0..20 {
        try_to_sign_in(&app.shop, ADA, "wrong wrong wrong", &elsewhere(number)).await;
    }
    let outcome = try_to_sign_in(&app.shop, ADA, PASSWORD, &new).await;
    assert!(matches!(outcome, SignInOutcome::SignedIn(_)), "{outcome:?}");

    // The owner is told once, and the log has few lines of it.
    let told = mail(&mail_folder, "Somebody is trying to sign in").await;
    assert!(told.to.contains(ADA), "{}", told.to);
    work(&app.shop, || false).await.unwrap();
    let all = mails(mail_folder.path());
    let told = all
        .iter()
        .filter(|mail| mail.subject.contains("Somebody is trying"));
    assert_eq!(told.count(), 1);
    let blocks = actions(&app)
        .await
        .into_iter()
        .filter(|one| *one == Action::BlockSignIn);
    assert!((1..=10).contains(&blocks.count()));

    // An hour later it is worth another email.
    pass(&app, HOUR).await;
    for number in 300..302 {
        blocked(&try_to_sign_in(&app.shop, ADA, "wrong wrong wrong", &elsewhere(number)).await);
    }
    pass(&app, 30).await;
    for number in 300..302 {
        let outcome = try_to_sign_in(&app.shop, ADA, "wrong wrong wrong", &elsewhere(number)).await;
        assert!(is_refused(&outcome), "{outcome:?}");
    }
    let tasks = outbox::Entity::find()
        .all(app.shop.database.reader())
        .await
        .unwrap();
    let told = tasks
        .iter()
        .filter(|task| task.key.starts_with("mail:sign_in_attack:"));
    assert_eq!(told.count(), 2);
}

#[tokio::test]
async fn a_known_device_is_slowed_by_its_own_failures_only() {
    let app = TestApp::start().await;
    owner(&app).await;
    user(&app, "bo@shop.example", Role::Staff).await;
    let device = session(&app, ADA, &home()).await.device.unwrap();
    let here = on(&device, "192.0.2.1");
    assert!(
        session(&app, ADA, &here).await.device.is_none(),
        "it keeps its cookie"
    );
    for _ in 0..7 {
        assert!(is_refused(
            &try_to_sign_in(&app.shop, ADA, "wrong wrong wrong", &here).await
        ));
    }
    blocked(&try_to_sign_in(&app.shop, ADA, PASSWORD, &here).await);
    // Its failures block nobody else, and it is known for its own user only.
    session(&app, ADA, &home()).await;
    let other = try_to_sign_in(&app.shop, "bo@shop.example", PASSWORD, &here).await;
    let SignInOutcome::SignedIn(other) = other else {
        panic!("{other:?}");
    };
    assert!(
        other.device.is_none(),
        "two users share the device's cookie"
    );
    pass(&app, MINUTE).await;
    session(&app, ADA, &here).await;
    // A cookie that this shop has not made is replaced.
    let made_up: DeviceToken = "ab".repeat(32).parse().unwrap();
    let new = session(&app, ADA, &on(&made_up, "192.0.2.1"))
        .await
        .device
        .unwrap();
    assert_ne!(new, made_up);
}

#[tokio::test]
async fn guessing_codes_is_blocked_and_the_user_is_told() {
    let mail_folder = tempfile::tempdir().unwrap();
    let app = with_mails(&mail_folder).await;
    owner(&app).await;
    let first = session(&app, ADA, &home()).await;
    let device = first.device.unwrap();
    let (codes, recovery, _) = second_factor(&app, &first.token).await;
    // Somebody who knows the password guesses from several addresses.
    for number in 0..7 {
        let half = session(&app, ADA, &elsewhere(number)).await.token;
        let outcome = prove_second_factor(&app.shop, &half, "000000", &elsewhere(number)).await;
        assert!(matches!(outcome.unwrap(), ProofOutcome::Refused));
    }
    let half = session(&app, ADA, &elsewhere(8)).await.token;
    for code in ["000000", &codes.code(0), &recovery[0]] {
        let outcome = prove_second_factor(&app.shop, &half, code, &elsewhere(8))
            .await
            .unwrap();
        let ProofOutcome::Limited { retry_after } = outcome else {
            panic!("{outcome:?}");
        };
        assert!((1..=60).contains(&retry_after), "{retry_after}");
    }
    let told = mail(&mail_folder, "Somebody is trying to sign in").await;
    assert!(
        told.text.contains("Somebody has signed in"),
        "{}",
        told.text
    );
    // The known device is not slowed.
    let here = on(&device, "192.0.2.1");
    let half = session(&app, ADA, &here).await.token;
    let outcome = prove_second_factor(&app.shop, &half, &codes.code(0), &here)
        .await
        .unwrap();
    assert!(
        matches!(outcome, ProofOutcome::Proved { .. }),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn repeating_the_password_is_limited_too() {
    let app = TestApp::start().await;
    owner(&app).await;
    let token = session(&app, ADA, &home()).await.token;
    let user = known(&app, &token).await;
    let (wrong, new) = (
        SecretString::from("wrong wrong wrong"),
        SecretString::from(OTHER_PASSWORD),
    );
    for _ in 0..7 {
        let outcome = change_password(&app.shop.database, &user, &wrong, &new, &home()).await;
        assert!(matches!(
            outcome.unwrap(),
            ChangePasswordOutcome::WrongPassword
        ));
    }
    let right = SecretString::from(PASSWORD);
    let outcome = change_password(&app.shop.database, &user, &right, &new, &home())
        .await
        .unwrap();
    assert!(
        matches!(outcome, ChangePasswordOutcome::Limited { .. }),
        "{outcome:?}"
    );
}

// ---- Links ----

#[tokio::test]
async fn a_forgotten_password_is_set_with_a_link_that_is_emailed_and_works_once() {
    let mail_folder = tempfile::tempdir().unwrap();
    let app = with_mails(&mail_folder).await;
    let database = &app.shop.database;
    owner(&app).await;
    let token = session(&app, ADA, &home()).await.token;
    let (_, _, token) = second_factor(&app, &token).await;
    let outcome = request_reset(&app.shop, " ADA@shop.example", &home())
        .await
        .unwrap();
    assert_eq!(outcome, RequestOutcome::Accepted);
    let sent = mail(&mail_folder, "Set a new password").await;
    assert!(sent.to.contains(ADA), "{}", sent.to);
    assert!(
        sent.text
            .contains(&format!("{}/admin/link/", app.shop.settings.public_url))
    );
    let link = link_in(&sent.text);
    // Neither the link nor the address is in the outbox.
    for task in outbox::Entity::find().all(database.reader()).await.unwrap() {
        let row = format!("{task:?}");
        assert!(!row.contains(link.as_str()) && !row.contains(ADA), "{row}");
    }
    let details = find_link(database, &link).await.unwrap().unwrap();
    assert_eq!(
        (details.purpose, details.mail.as_str()),
        (LinkPurpose::Reset, ADA)
    );

    let short = set_password(database, &link, &"short".into(), &home())
        .await
        .unwrap();
    assert_eq!(short, LinkOutcome::Refused(PasswordProblem::TooShort));
    assert!(who(&app, &token).await.is_some());
    let new = SecretString::from(OTHER_PASSWORD);
    let here = home();
    let (one, two) = tokio::join!(
        set_password(database, &link, &new, &here),
        set_password(database, &link, &new, &here)
    );
    let mut outcomes = [one.unwrap(), two.unwrap()];
    outcomes.sort_by_key(|outcome| *outcome == LinkOutcome::Gone);
    let set = LinkOutcome::PasswordSet {
        mail: ADA.to_owned(),
    };
    assert_eq!(outcomes, [set, LinkOutcome::Gone]);
    assert_eq!(find_link(database, &link).await.unwrap(), None);
    // All sessions have ended, and the second factor stays.
    assert_eq!(who(&app, &token).await, None);
    let SignInOutcome::SignedIn(half) = try_to_sign_in(&app.shop, ADA, OTHER_PASSWORD, &here).await
    else {
        panic!("the new password is right");
    };
    assert_eq!(half.state, SessionState::AwaitsSecondFactor);
    let log = audit_log::Entity::find()
        .all(database.reader())
        .await
        .unwrap();
    assert!(
        log.iter()
            .all(|row| !format!("{row:?}").contains(link.as_str()))
    );
    let log = actions(&app).await;
    assert!(log.contains(&Action::MakeLink) && log.contains(&Action::SetPassword));
}

#[tokio::test]
async fn a_link_expires_and_using_one_ends_the_others() {
    let app = TestApp::start().await;
    let database = &app.shop.database;
    let id = owner(&app).await;
    let old = make_link(database, id, &actor()).await.unwrap().unwrap();
    pass(&app, 31 * MINUTE).await;
    assert_eq!(find_link(database, &old.token).await.unwrap(), None);
    let new = SecretString::from(OTHER_PASSWORD);
    let gone = set_password(database, &old.token, &new, &home())
        .await
        .unwrap();
    assert_eq!(gone, LinkOutcome::Gone);
    let one = make_link(database, id, &actor()).await.unwrap().unwrap();
    let other = make_link(database, id, &actor()).await.unwrap().unwrap();
    assert_eq!(one.purpose, LinkPurpose::Reset);
    set_password(database, &one.token, &new, &home())
        .await
        .unwrap();
    assert_eq!(find_link(database, &other.token).await.unwrap(), None);
    assert_eq!(delete_expired(database, true).await.unwrap(), 0);
}

#[tokio::test]
async fn asking_for_a_link_has_one_answer_for_every_address() {
    let mail_folder = tempfile::tempdir().unwrap();
    let app = with_mails(&mail_folder).await;
    let database = &app.shop.database;
    owner(&app).await;
    let gone = user(&app, "gone@shop.example", Role::Staff).await;
    set_active(database, gone, false, &actor()).await.unwrap();
    for mail in [
        "eve@shop.example",
        "gone@shop.example",
        "",
        "<script>",
        &"x".repeat(5_000),
    ] {
        let outcome = request_reset(&app.shop, mail, &home()).await.unwrap();
        assert_eq!(outcome, RequestOutcome::Accepted, "{mail}");
    }
    request_reset(&app.shop, ADA, &home()).await.unwrap();
    mail(&mail_folder, "Set a new password").await;
    work(&app.shop, || false).await.unwrap();
    assert_eq!(mails(mail_folder.path()).len(), 1);
    // The same number of rows for each.
    let tasks = outbox::Entity::find().all(database.reader()).await.unwrap();
    assert_eq!(tasks.len(), 6);
}

#[tokio::test]
async fn links_are_limited_by_client_and_by_address() {
    let app = TestApp::start_with(|config| {
        config.limits = Limits::off();
        let rates = &mut config.limits.rates;
        rates.insert(LimitedAction::ResetPassword, "5/1h".parse().unwrap());
        rates.insert(LimitedAction::ResetPasswordMail, "3/1h".parse().unwrap());
    })
    .await;
    for _ in 0..5 {
        let outcome = request_reset(&app.shop, ADA, &home()).await.unwrap();
        assert_eq!(outcome, RequestOutcome::Accepted);
    }
    let outcome = request_reset(&app.shop, ADA, &home()).await.unwrap();
    assert!(
        matches!(outcome, RequestOutcome::Limited { .. }),
        "{outcome:?}"
    );
    let tasks = outbox::Entity::find()
        .all(app.shop.database.reader())
        .await
        .unwrap();
    // Some may have the same second, and be one task.
    assert!(tasks.len() <= 3, "{}", tasks.len());
}

#[tokio::test]
async fn a_new_user_is_invited_by_email_in_german() {
    let mail_folder = tempfile::tempdir().unwrap();
    let app = with_mails(&mail_folder).await;
    let database = &app.shop.database;
    owner(&app).await;
    let new = NewUser {
        language: "de".parse().unwrap(),
        ..new_user("bo@shop.example", Role::Staff)
    };
    let created = create(database, &new, Entrance::Mail, &actor())
        .await
        .unwrap();
    let CreateOutcome::Created { user, link: None } = created else {
        panic!("{created:?}");
    };
    let row = find_user(database, "bo@shop.example")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.state, UserState::Invited);
    let sent = mail(&mail_folder, "Einladung").await;
    assert!(sent.to.contains("bo@shop.example"));
    let first = link_in(&sent.text);
    // Nobody can forget a password that does not exist yet.
    request_reset(&app.shop, "bo@shop.example", &home())
        .await
        .unwrap();
    work(&app.shop, || false).await.unwrap();
    assert_eq!(mails(mail_folder.path()).len(), 1);

    pass(&app, 73 * HOUR).await;
    assert_eq!(find_link(database, &first).await.unwrap(), None);
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let again = invite_again(database, user, &actor()).await.unwrap();
    assert_eq!(again, ChangeOutcome::Changed);
    crate::test_app::eventually("a second invitation", async || {
        (mails(mail_folder.path()).len() == 2).then_some(())
    })
    .await;
    let links: Vec<LinkToken> = mails(mail_folder.path())
        .iter()
        .map(|mail| link_in(&mail.text))
        .collect();
    let second = links.into_iter().find(|link| *link != first).unwrap();
    let password = SecretString::from(PASSWORD);
    set_password(database, &second, &password, &home())
        .await
        .unwrap();
    session(&app, "bo@shop.example", &home()).await;
    let again = invite_again(database, user, &actor()).await.unwrap();
    assert_eq!(again, ChangeOutcome::Unchanged);
}

// ---- Deleting ----

#[tokio::test]
async fn what_has_expired_is_deleted_and_the_rest_stays() {
    let app = TestApp::start().await;
    let database = &app.shop.database;
    let id = owner(&app).await;
    session(&app, ADA, &home()).await;
    make_link(database, id, &actor()).await.unwrap();
    try_to_sign_in(&app.shop, ADA, "wrong wrong wrong", &home()).await;
    assert_eq!(delete_expired(database, false).await.unwrap(), 0);
    pass(&app, 25 * HOUR).await;
    let token = session(&app, ADA, &visit("198.51.100.1")).await.token;
    // A session, a link, and three counts: of the address, the account, and both.
    assert_eq!(delete_expired(database, true).await.unwrap(), 4);
    let report = shop::prune::prune_now(database, &PruneSettings::read(&|_: &str| None).unwrap())
        .await
        .unwrap();
    assert_eq!(report.admin, 4);
    assert_eq!(delete_expired(database, false).await.unwrap(), 0);
    assert!(who(&app, &token).await.is_some());
    assert_eq!(
        admin_known_device::Entity::find()
            .all(database.reader())
            .await
            .unwrap()
            .len(),
        2
    );
    pass(&app, 401 * DAY).await;
    delete_expired(database, false).await.unwrap();
    let reader = database.reader();
    assert!(
        admin_known_device::Entity::find()
            .all(reader)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        admin_session::Entity::find()
            .all(reader)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        sign_in_failure::Entity::find()
            .all(reader)
            .await
            .unwrap()
            .is_empty()
    );
}
