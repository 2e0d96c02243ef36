//! Withdrawals from contracts: shoppers state them on `/withdraw`, without a reason and without
//! signing in (Directive 2011/83/EU, Article 11a; `docs/LEGAL.md`).
//!
//! - `statement` checks what was typed.
//! - `submit` stores a confirmed statement with its emails.
//! - `matching` finds the order later, in a job, so that neither the answer nor its timing reveals
//!   whether the order exists.
//! - `listing` and `decision` are for the owner.

mod decision;
mod listing;
mod matching;
mod statement;
mod submit;

pub use crate::entity::withdrawal::WithdrawalState;
pub use decision::{Decision, DecisionOutcome, decide};
pub use listing::{
    InvalidPosition, Position, WithdrawalDetails, WithdrawalPage, list, of_order, page, show,
};
pub(crate) use matching::order_of;
pub use matching::{known_order, match_orders};
pub use statement::{
    FieldProblem, KnownOrder, MAX_CONTRACT, MAX_EMAIL, MAX_ITEMS, MAX_NAME, Part, Problems,
    StatedLine, Statement, WithdrawalForm,
};
pub use submit::{Receipt, Submission, submit};
