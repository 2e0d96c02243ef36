//! The audit log: who changed what, when and from where.
//!
//! A change and its entry are written in one transaction, so neither is there without the other.
//! Entries never contain secrets.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, DbErr, EntityTrait,
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock;
use crate::entity::audit_log;
pub use crate::entity::audit_log::{Action, SubjectKind};

/// Who makes a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The user of the admin; `None` on the command line.
    pub user: Option<i64>,
    /// The user's email address, or the operating system's user name.
    pub name: String,
    /// The client's address; `None` on the command line.
    pub address: Option<String>,
}

impl Actor {
    /// Someone on the command line, by the operating system's user name.
    #[must_use]
    pub fn on_command_line(name: impl Into<String>) -> Self {
        Self {
            user: None,
            name: name.into(),
            address: None,
        }
    }
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What was done.
    pub action: Action,
    /// What kind of thing was changed.
    pub kind: SubjectKind,
    /// Which one, as people name it: an order's number, a setting's variable.
    pub subject: String,
    /// What was there before.
    pub before: Option<Value>,
    /// What is there now.
    pub after: Option<Value>,
}

/// Writes an entry, in the transaction of the change.
///
/// # Errors
/// If the database fails.
pub async fn write(
    transaction: &impl ConnectionTrait,
    actor: &Actor,
    entry: Entry,
) -> Result<(), DbErr> {
    let row = audit_log::ActiveModel {
        id: NotSet,
        at: Set(clock::now()),
        user_id: Set(actor.user),
        actor: Set(actor.name.clone()),
        address: Set(actor.address.clone()),
        action: Set(entry.action),
        subject_kind: Set(entry.kind),
        subject: Set(entry.subject),
        before: Set(entry.before.map(|value| value.to_string())),
        after: Set(entry.after.map(|value| value.to_string())),
    };
    audit_log::Entity::insert(row)
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

/// What an entry says of a value. `None` if it cannot be written as JSON.
#[must_use]
pub fn value(of: &impl Serialize) -> Option<Value> {
    serde_json::to_value(of).ok()
}

/// The parts of two values that differ: fields of objects, also of nested ones, and otherwise the
/// whole value.
#[must_use]
pub fn differences(before: Option<Value>, after: Option<Value>) -> (Option<Value>, Option<Value>) {
    let (Some(Value::Object(before)), Some(Value::Object(mut after))) = (&before, after.clone())
    else {
        return (before, after);
    };
    let (mut was, mut is) = (Map::new(), Map::new());
    for (field, before) in before {
        let after = after.remove(field);
        if after.as_ref() == Some(before) {
            continue;
        }
        let (before, after) = differences(Some(before.clone()), after);
        was.extend(before.map(|before| (field.clone(), before)));
        is.extend(after.map(|after| (field.clone(), after)));
    }
    is.extend(after);
    (Some(Value::Object(was)), Some(Value::Object(is)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_kept() {
        let before = json!({ "a": 1, "b": { "c": 2, "d": 3 }, "gone": [1] });
        let after = json!({ "a": 1, "b": { "c": 4, "d": 3 }, "new": true });
        let (was, is) = differences(Some(before), Some(after));
        assert_eq!(was, Some(json!({ "b": { "c": 2 }, "gone": [1] })));
        assert_eq!(is, Some(json!({ "b": { "c": 4 }, "new": true })));
        assert_eq!(differences(None, Some(json!(1))), (None, Some(json!(1))));
    }
}
