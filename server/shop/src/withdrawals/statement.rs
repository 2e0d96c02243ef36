//! What a shopper states: the form as it was typed, and the statement that it makes.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use till_core::characters::is_deceptive;
use till_core::token::AttemptToken;

use crate::entity::withdrawal;
use crate::mail::is_address;

/// The maximum number of characters of a name.
pub const MAX_NAME: usize = 150;
/// The maximum number of characters of an email address.
pub const MAX_EMAIL: usize = 254;
/// The maximum number of characters of an order number, or of what was bought.
pub const MAX_CONTRACT: usize = 200;
/// The maximum number of characters that describe a part of an order.
pub const MAX_ITEMS: usize = 1_000;

/// The form as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WithdrawalForm {
    /// Identifies the form, so that it is stored once.
    pub attempt: String,
    /// The token of an order, if the shopper comes from its page; otherwise empty.
    pub token: String,
    /// The shopper's name.
    pub name: String,
    /// Where the receipt is acknowledged.
    pub email: String,
    /// The order number, or what was bought.
    pub contract: String,
    /// Whether only a part is withdrawn from; only without a known order.
    pub is_part: bool,
    /// The part.
    pub items: String,
    /// The chosen lines of the known order, by variant id.
    pub lines: Vec<i64>,
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldProblem {
    /// It is empty, or nothing is chosen.
    Missing,
    /// It has more characters than this.
    TooLong(usize),
    /// It is not an email address.
    NotAnAddress,
}

/// What is wrong with a form, by field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    /// The name.
    pub name: Option<FieldProblem>,
    /// The email address.
    pub email: Option<FieldProblem>,
    /// The order number, or what was bought.
    pub contract: Option<FieldProblem>,
    /// The part, or the chosen lines.
    pub items: Option<FieldProblem>,
}

/// What a shopper withdraws from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The whole order.
    Whole,
    /// A part in the shopper's words.
    Described(String),
    /// Lines of an order.
    Lines(Vec<StatedLine>),
}

/// A line of an order, as it was when the statement was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedLine {
    /// The variant's id.
    pub variant: i64,
    /// The number of units.
    pub quantity: i64,
    /// The names of product and variant.
    pub name: String,
}

/// An order that a shopper has the link to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownOrder {
    /// Its internal id.
    pub id: i64,
    /// Its number.
    pub number: String,
    /// What was bought.
    pub lines: Vec<StatedLine>,
}

/// A statement: each text in one line, without spaces around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The shopper's name.
    pub name: String,
    /// Where the receipt is acknowledged.
    pub email: String,
    /// The order number, or what was bought.
    pub contract: String,
    /// What the shopper withdraws from.
    pub part: Part,
}

impl Statement {
    /// Reads a form. With a known order, its number and lines are used instead of what was typed.
    ///
    /// # Errors
    /// What is wrong, for all fields at once.
    pub fn read(form: &WithdrawalForm, order: Option<&KnownOrder>) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let name = field(&form.name, MAX_NAME, &mut problems.name);
        let email = field(&form.email, MAX_EMAIL, &mut problems.email);
        if problems.email.is_none() && !is_address(&email) {
            problems.email = Some(FieldProblem::NotAnAddress);
        }
        let (contract, part) = if let Some(order) = order {
            (order.number.clone(), chosen(form, order, &mut problems))
        } else {
            let contract = field(&form.contract, MAX_CONTRACT, &mut problems.contract);
            let part = if form.is_part {
                Part::Described(field(&form.items, MAX_ITEMS, &mut problems.items))
            } else {
                Part::Whole
            };
            (contract, part)
        };
        if problems != Problems::default() {
            return Err(problems);
        }
        Ok(Self {
            name,
            email,
            contract,
            part,
        })
    }

    /// The statement of a stored withdrawal.
    pub(crate) fn of(row: withdrawal::Model) -> Self {
        let lines = row.lines.as_deref().map(|lines| {
            // Only this program writes them.
            serde_json::from_str(lines).unwrap_or_default()
        });
        Self {
            name: row.name,
            email: row.email,
            contract: row.contract,
            part: match (lines, row.items) {
                (Some(lines), _) => Part::Lines(lines),
                (None, Some(items)) => Part::Described(items),
                (None, None) => Part::Whole,
            },
        }
    }

    /// Derives the id of a submission from the form's token and what is stated.
    pub(super) fn submission(&self, attempt: &AttemptToken) -> AttemptToken {
        let (kind, part) = match &self.part {
            Part::Whole => ("whole", String::new()),
            Part::Described(items) => ("items", items.clone()),
            Part::Lines(lines) => {
                let ids = lines.iter().map(|line| line.variant.to_string());
                ("lines", ids.collect::<Vec<_>>().join(","))
            }
        };
        let mut digest = Sha256::new();
        let fields = [&self.name, &self.email, &self.contract, kind, &part];
        for field in std::iter::once(attempt.as_str()).chain(fields.map(|field| field as &str)) {
            // No field contains a line break.
            digest.update(field.as_bytes());
            digest.update(b"\n");
        }
        let digest: [u8; 32] = digest.finalize().into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        AttemptToken::from_bytes(bytes)
    }
}

impl Part {
    /// What was typed, and the chosen lines as JSON, for the table.
    pub(super) fn columns(&self) -> Result<(Option<String>, Option<String>), serde_json::Error> {
        Ok(match self {
            Self::Whole => (None, None),
            Self::Described(items) => (Some(items.clone()), None),
            Self::Lines(lines) => (None, Some(serde_json::to_string(lines)?)),
        })
    }
}

/// Returns a typed text in one line, and notes what is wrong with it.
fn field(typed: &str, max: usize, problem: &mut Option<FieldProblem>) -> String {
    let spaced = typed.replace(is_deceptive, " ");
    let text = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        *problem = Some(FieldProblem::Missing);
    } else if text.chars().count() > max {
        *problem = Some(FieldProblem::TooLong(max));
    }
    text
}

/// Returns the chosen lines of an order. All of them are the whole order.
fn chosen(form: &WithdrawalForm, order: &KnownOrder, problems: &mut Problems) -> Part {
    let lines = order.lines.iter();
    let chosen = lines.filter(|line| form.lines.contains(&line.variant));
    let chosen: Vec<StatedLine> = chosen.cloned().collect();
    if chosen.is_empty() {
        problems.items = Some(FieldProblem::Missing);
    }
    if chosen.len() == order.lines.len() {
        return Part::Whole;
    }
    Part::Lines(chosen)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn form() -> WithdrawalForm {
        WithdrawalForm {
            name: " Ada\r\n Shopper\u{0}".to_owned(),
            email: "ada@shopper.example ".to_owned(),
            contract: "k7qm-3xpa".to_owned(),
            ..WithdrawalForm::default()
        }
    }

    fn order() -> KnownOrder {
        let line = |variant, name: &str| StatedLine {
            variant,
            quantity: 2,
            name: name.to_owned(),
        };
        KnownOrder {
            id: 1,
            number: "K7QM-3XPA".to_owned(),
            lines: vec![line(3, "Mug"), line(4, "Pen")],
        }
    }

    #[test]
    fn a_statement_has_its_texts_in_one_line() {
        let statement = Statement::read(&form(), None).unwrap();
        assert_eq!(statement.name, "Ada Shopper");
        assert_eq!(statement.email, "ada@shopper.example");
        assert_eq!(statement.contract, "k7qm-3xpa");
        assert_eq!(statement.part, Part::Whole);
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let empty = WithdrawalForm {
            is_part: true,
            ..WithdrawalForm::default()
        };
        let missing = Some(FieldProblem::Missing);
        let problems = Problems {
            name: missing,
            email: missing,
            contract: missing,
            items: missing,
        };
        assert_eq!(Statement::read(&empty, None), Err(problems));
        let long = WithdrawalForm {
            name: "ä".repeat(MAX_NAME + 1),
            email: "ada@@shopper.example".to_owned(),
            contract: "x".repeat(MAX_CONTRACT + 1),
            is_part: true,
            items: "x".repeat(MAX_ITEMS + 1),
            ..WithdrawalForm::default()
        };
        let problems = Problems {
            name: Some(FieldProblem::TooLong(MAX_NAME)),
            email: Some(FieldProblem::NotAnAddress),
            contract: Some(FieldProblem::TooLong(MAX_CONTRACT)),
            items: Some(FieldProblem::TooLong(MAX_ITEMS)),
        };
        assert_eq!(Statement::read(&long, None), Err(problems));
        let longest = WithdrawalForm {
            name: "ä".repeat(MAX_NAME),
            contract: "x".repeat(MAX_CONTRACT),
            items: "x".repeat(MAX_ITEMS),
            is_part: true,
            ..form()
        };
        assert!(Statement::read(&longest, None).is_ok());
    }

    #[test]
    fn an_address_that_no_email_can_be_written_to_is_refused() {
        for address in [
            "\"a b\"@shopper.example",
            "\"a<b>\"@shopper.example",
            "a@[127.0.0.1]",
            "Ada <ada@shopper.example>",
        ] {
            let form = WithdrawalForm {
                email: address.to_owned(),
                ..form()
            };
            let problem = Statement::read(&form, None).unwrap_err().email;
            assert_eq!(problem, Some(FieldProblem::NotAnAddress), "{address}");
        }
    }

    #[test]
    fn a_name_that_cannot_be_seen_is_missing_and_none_turns_the_text_around() {
        let named = |name: &str| {
            let name = name.to_owned();
            Statement::read(&WithdrawalForm { name, ..form() }, None)
        };
        let missing = named("\u{200b} \u{feff}").unwrap_err().name;
        assert_eq!(missing, Some(FieldProblem::Missing));
        assert_eq!(named("\u{202e}Ada\u{200b}").unwrap().name, "Ada");
    }

    #[test]
    fn of_a_known_order_lines_are_chosen_and_all_are_the_whole_order() {
        let order = order();
        let read = |lines: &[i64]| {
            let form = WithdrawalForm {
                contract: "typed".to_owned(),
                lines: lines.to_vec(),
                ..form()
            };
            Statement::read(&form, Some(&order))
        };
        let pen = read(&[4, 99]).unwrap();
        assert_eq!(pen.contract, "K7QM-3XPA");
        assert_eq!(pen.part, Part::Lines(vec![order.lines[1].clone()]));
        assert_eq!(read(&[3, 4]).unwrap().part, Part::Whole);
        let none = read(&[]).unwrap_err();
        assert_eq!(none.items, Some(FieldProblem::Missing));
    }

    #[test]
    fn the_same_form_is_one_submission_and_a_changed_one_another() {
        let attempt: AttemptToken = "0123456789abcdef0123456789abcdef".parse().unwrap();
        let statement = Statement::read(&form(), None).unwrap();
        let submission = statement.submission(&attempt);
        assert_eq!(submission, statement.submission(&attempt));
        let described = |items: &str| Statement {
            part: Part::Described(items.to_owned()),
            ..statement.clone()
        };
        let renamed = Statement {
            name: "Eve".to_owned(),
            ..statement.clone()
        };
        let others = [described("Mug"), described("Pen"), renamed];
        for other in others {
            assert_ne!(submission, other.submission(&attempt), "{other:?}");
        }
        let other: AttemptToken = "ffffffffffffffffffffffffffffffff".parse().unwrap();
        assert_ne!(submission, statement.submission(&other));
    }
}
