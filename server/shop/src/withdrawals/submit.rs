//! Stores a confirmed withdrawal.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DbErr, EntityTrait, QueryFilter, TryInsertResult,
};
use till_core::limits::{Client, LimitedAction};
use till_core::refusal::Refusal;
use till_core::token::AttemptToken;
use time::OffsetDateTime;

use super::{Statement, WithdrawalState};
use crate::checkout::CheckoutError;
use crate::entity::withdrawal;
use crate::new_token::attempt_token;
use crate::orders::fulfilment::refresh_withdrawn;
use crate::outbox::{self, Mail, Task};
use crate::{Shop, clock};

const COUNTED: [LimitedAction; 1] = [LimitedAction::Withdraw];

/// A confirmed statement.
#[derive(Clone, Copy, Debug)]
pub struct Submission<'a> {
    /// What is stated.
    pub statement: &'a Statement,
    /// The form's token. An invalid one is replaced: no statement is lost because of it.
    pub attempt: &'a str,
    /// The id of the order, if it is known.
    pub order: Option<i64>,
    /// The code of the page's language.
    pub language: &'a str,
    /// Who sends it; `None` is not limited.
    pub client: Option<&'a Client>,
}

/// What was received, and when. It is the same whether or not there is such an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// What was stated.
    pub statement: Statement,
    /// When it was received, to the second.
    pub received_at: OffsetDateTime,
}

impl Receipt {
    fn of(row: withdrawal::Model) -> Self {
        Self {
            received_at: row.received_at,
            statement: Statement::of(row),
        }
    }
}

/// Stores a withdrawal, and enqueues the acknowledgement and the owner's email in the same
/// transaction. The same statement from the same form is stored once, and has the same receipt.
///
/// Beyond [`LimitedAction::WithdrawalMail`], which counts emails to one address, it is stored
/// without an acknowledgement by email: the page shows the same.
///
/// # Errors
/// If the database does not answer, or there is no randomness.
pub async fn submit(
    shop: &Shop,
    submission: &Submission<'_>,
) -> Result<Result<Receipt, Refusal>, CheckoutError> {
    let attempt: AttemptToken = match submission.attempt.parse() {
        Ok(attempt) => attempt,
        Err(_) => attempt_token()?,
    };
    let id = submission.statement.submission(&attempt);
    if let Some(row) = find(shop, &id).await? {
        return Ok(Ok(Receipt::of(row)));
    }
    if let Err(exceeded) = shop.limiter.check(submission.client, &COUNTED) {
        return Ok(Err(exceeded.into()));
    }
    let transaction = shop.database.begin_write("withdraw").await?;
    let counts = shop
        .limiter
        .write(&transaction, submission.client, &COUNTED)
        .await?;
    let counts = match counts {
        Ok(counts) => counts,
        Err(exceeded) => {
            transaction.rollback().await?;
            return Ok(Err(exceeded.into()));
        }
    };
    let received_at = clock::now();
    let row = row(submission, &id, received_at)?;
    let inserted = withdrawal::Entity::insert(row)
        .on_conflict_do_nothing_on([withdrawal::Column::Submission])
        .exec(&transaction)
        .await?;
    let TryInsertResult::Inserted(inserted) = inserted else {
        // The same form was sent twice at once.
        transaction.rollback().await?;
        let row = find(shop, &id).await?;
        let row = row.ok_or(CheckoutError::NotFound("there is no such withdrawal"))?;
        return Ok(Ok(Receipt::of(row)));
    };
    let (withdrawal, at) = (inserted.last_insert_id, received_at.unix_timestamp());
    let mut tasks = vec![Task::Mail {
        mail: Mail::NewWithdrawal { withdrawal, at },
    }];
    let address = &submission.statement.email;
    let action = LimitedAction::WithdrawalMail;
    let limiter = &shop.limiter;
    if limiter
        .write_for_address(&transaction, action, address)
        .await?
    {
        let mail = Mail::WithdrawalReceived { withdrawal, at };
        tasks.push(Task::Mail { mail });
    }
    // They belong to no checkout: which one it is, if any, is found later.
    outbox::enqueue_all(&transaction, "", &tasks).await?;
    if let Some(order) = submission.order {
        refresh_withdrawn(&transaction, order).await?;
    }
    transaction.commit().await?;
    limiter.remember(counts);
    Ok(Ok(Receipt {
        statement: submission.statement.clone(),
        received_at,
    }))
}

async fn find(shop: &Shop, id: &AttemptToken) -> Result<Option<withdrawal::Model>, DbErr> {
    withdrawal::Entity::find()
        .filter(withdrawal::Column::Submission.eq(id.as_str()))
        .one(shop.database.reader())
        .await
}

fn row(
    submission: &Submission<'_>,
    id: &AttemptToken,
    received_at: OffsetDateTime,
) -> Result<withdrawal::ActiveModel, CheckoutError> {
    let Statement {
        name,
        email,
        contract,
        part,
    } = submission.statement;
    let columns = part.columns();
    let (items, lines) =
        columns.map_err(|_| CheckoutError::Internal("could not serialize the chosen lines"))?;
    Ok(withdrawal::ActiveModel {
        id: NotSet,
        submission: Set(id.as_str().to_owned()),
        language: Set(submission.language.to_owned()),
        name: Set(name.clone()),
        email: Set(email.clone()),
        contract: Set(contract.clone()),
        items: Set(items),
        lines: Set(lines),
        order_id: Set(submission.order),
        matched_at: Set(submission.order.map(|_| received_at)),
        state: Set(WithdrawalState::Received),
        received_at: Set(received_at),
        decided_at: Set(None),
        decided_by: Set(None),
        reason: Set(None),
    })
}
