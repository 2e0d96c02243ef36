//! What the page `/withdraw` shows after its form was sent. Provided as context by the code that
//! renders the page again.

use shop::withdrawals::{KnownOrder, Problems, Receipt, Statement, WithdrawalForm};
use till_core::refusal::Refusal;

/// A sent form, and what the page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentWithdrawal {
    /// As it was typed.
    pub form: WithdrawalForm,
    /// The order from whose page the shopper comes.
    pub order: Option<KnownOrder>,
    /// What the page shows.
    pub step: WithdrawalStep,
}

/// What the page shows. It does not reveal whether an order exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WithdrawalStep {
    /// The form, with what is wrong.
    Form(Problems),
    /// The statement, to be confirmed. With why it could not be stored, if it was confirmed.
    Review(Statement, Option<Refusal>),
    /// The statement was stored.
    Received(Receipt),
}
