//! The emails about withdrawals, like those of `templates`.

use askama::Template;

use super::one_line;
use super::templates::{MailTemplate, Rendered, Sender, files};
use crate::withdrawals::{Part, Statement};

/// What a shopper has stated, and when.
#[derive(Debug)]
pub(crate) struct WithdrawalFacts {
    pub(crate) name: String,
    pub(crate) email: String,
    /// The order number, or what was bought.
    pub(crate) contract: String,
    /// The part that is withdrawn from, one line each; `None` if it is the whole order.
    pub(crate) items: Option<Vec<String>>,
    /// To the second, with the time zone: `28 November 2026 at 14:05:07 CET`.
    pub(crate) received_at: String,
}

impl WithdrawalFacts {
    /// The facts of a statement.
    pub(crate) fn of(statement: &Statement, received_at: String) -> Self {
        Self {
            name: statement.name.clone(),
            email: statement.email.clone(),
            contract: statement.contract.clone(),
            items: match &statement.part {
                Part::Whole => None,
                Part::Described(items) => Some(vec![items.clone()]),
                Part::Lines(lines) => {
                    let lines = lines.iter();
                    let line = lines.map(|line| format!("{} × {}", line.quantity, line.name));
                    Some(line.map(|line| one_line(&line)).collect())
                }
            },
            received_at,
        }
    }
}

/// To the shopper: the receipt of a withdrawal is acknowledged.
#[derive(Debug)]
pub(crate) struct WithdrawalReceived {
    pub(crate) facts: WithdrawalFacts,
    pub(crate) shop_url: String,
}

files!(
    WithdrawalReceived,
    "mail/shopper/withdrawal_received.subject.txt",
    "mail/shopper/withdrawal_received.txt",
    "mail/shopper/withdrawal_received.html"
);

/// To the owner: a shopper has withdrawn from a contract.
#[derive(Debug)]
pub(crate) struct NewWithdrawal {
    /// The id by which the command line names it.
    pub(crate) id: i64,
    /// The number of the order; `None` if none was found.
    pub(crate) order: Option<String>,
    pub(crate) facts: WithdrawalFacts,
    pub(crate) shop_url: String,
}

files!(
    NewWithdrawal,
    "mail/owner/new_withdrawal.subject.txt",
    "mail/owner/new_withdrawal.txt",
    "mail/owner/new_withdrawal.html"
);
