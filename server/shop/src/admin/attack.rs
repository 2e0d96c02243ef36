//! What happens after an attempt to sign in has failed: the blocks are in the audit log, and a user
//! whose account is attacked is told by email.

use sea_orm::DbErr;

use super::guessing::{Admitted, may_tell};
use super::{Visit, guessing};
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::clock;
use crate::database::Database;
use crate::entity::admin_user;
use crate::outbox::{self, Mail, Task};

/// The subject of an entry about somebody who is no user. What was typed is not stored: it may be a
/// password.
const NO_USER: &str = "unknown";

/// Notes a failed attempt about this user; `None` if there is no such user. A failure that begins
/// no block is only counted.
pub(super) async fn note_failure(
    database: &Database,
    admitted: &Admitted,
    user: Option<&admin_user::Model>,
    visit: &Visit,
) -> Result<(), DbErr> {
    let (is_worth_noting, to_tell) = (admitted.is_worth_noting(), admitted.to_tell());
    if !is_worth_noting && (to_tell.is_none() || user.is_none()) {
        return Ok(());
    }
    let transaction = database.begin_write("sign-in-failed").await?;
    if is_worth_noting {
        let actor = Actor {
            user: None,
            name: NO_USER.to_owned(),
            address: Some(visit.address()),
        };
        let subject = user.map_or(NO_USER, |user| &user.mail).to_owned();
        let entry = Entry {
            action: Action::BlockSignIn,
            kind: SubjectKind::User,
            subject,
            before: None,
            after: None,
        };
        audit::write(&transaction, &actor, entry).await?;
    }
    if let (Some(count), Some(user)) = (to_tell, user) {
        let now = clock::now();
        if may_tell(&transaction, count, now).await? {
            let mail = Mail::SignInAttack {
                user: user.id,
                codes: count.scope() == guessing::Scope::SecondFactor,
                at: now.unix_timestamp(),
            };
            outbox::enqueue(&transaction, "", &Task::Mail { mail }).await?;
        }
    }
    transaction.commit().await
}
