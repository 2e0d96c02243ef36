//! What emails say about a withdrawal, and the one to the owner.

use std::borrow::Cow;

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

/// One row of the table of a withdrawal.
#[derive(Debug)]
pub(crate) struct FactRow {
    pub(crate) label: String,
    /// At least one.
    pub(crate) lines: Vec<String>,
    /// Whether each line is a product, or what describes it.
    pub(crate) is_list: bool,
}

impl WithdrawalFacts {
    /// The rows of the table that shows them.
    pub(crate) fn rows(&self, sender: &Sender) -> Vec<FactRow> {
        let texts = sender.texts;
        let row = |label: Cow<'static, str>, value: &str| FactRow {
            label: label.into_owned(),
            lines: vec![value.to_owned()],
            is_list: false,
        };
        let whole = || vec![texts.mail_withdrawal_whole().into_owned()];
        vec![
            row(texts.withdraw_statement_time(), &self.received_at),
            row(texts.withdraw_statement_name(), &self.name),
            row(texts.withdraw_statement_email(), &self.email),
            row(texts.withdraw_statement_contract(), &self.contract),
            FactRow {
                label: texts.withdraw_statement_part().into_owned(),
                lines: self.items.clone().unwrap_or_else(whole),
                is_list: self.items.is_some(),
            },
        ]
    }

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

/// To the owner: a shopper has withdrawn from a contract.
#[derive(Debug)]
pub(crate) struct NewWithdrawal {
    /// The number of the order; `None` if none was found.
    pub(crate) order: Option<String>,
    pub(crate) facts: WithdrawalFacts,
    /// Its page in the admin.
    pub(crate) url: String,
}

files!(
    NewWithdrawal,
    "mail/owner/new_withdrawal.subject.txt",
    "mail/owner/new_withdrawal.txt",
    "mail/owner/new_withdrawal.html"
);
