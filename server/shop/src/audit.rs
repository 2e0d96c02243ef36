//! The audit log: who changed what, when and from where.
//!
//! A change and its entry are written in one transaction, so neither is there without the other.
//! Entries never contain secrets. Nothing updates or deletes them but `prune`, when they are
//! older than `KEEP_AUDIT_DAYS`.

use std::collections::HashMap;
use std::fmt;
use std::io::Write;
use std::str::FromStr;

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
};
use serde::Serialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::clock;
use crate::database::{Database, WriteTransaction};
pub use crate::entity::audit_log::{Action, SubjectKind};
use crate::entity::{admin_user, audit_log, product, variant};
use crate::orders::export::{ExportError, Period};
use crate::spreadsheet::{BYTE_ORDER_MARK, line, lines};
use crate::time_zone::TimeZone;

/// The columns of an export. Times are in the shop's time zone.
pub const COLUMNS: [&str; 8] = [
    "time", "who", "address", "action", "kind", "subject", "before", "after",
];
/// The most entries of a page.
pub const MAX_PAGE: u64 = 200;
/// How many entries an export reads at once.
const BATCH: u64 = 500;

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

    /// How the log names them, which has no email addresses.
    #[must_use]
    pub fn in_log(&self) -> String {
        match self.user {
            Some(user) => format!("user {user}"),
            None => self.name.clone(),
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

/// Which entries are listed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those of this person.
    pub actor: Option<String>,
    /// Only what was done like this.
    pub action: Option<Action>,
    /// Only changes of this kind of thing.
    pub kind: Option<SubjectKind>,
    /// Only changes of the thing with this name.
    pub subject: Option<String>,
    /// Only those of this period.
    pub period: Period,
}

/// An entry as the owner sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditRow {
    /// Its number.
    pub id: i64,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Who: the email address of a user, or the name of the operating system's user.
    pub actor: String,
    /// From where; `None` on the command line.
    pub address: Option<String>,
    /// What was done.
    pub action: Action,
    /// What kind of thing was changed.
    pub kind: SubjectKind,
    /// Which one.
    pub subject: String,
    /// What was there before.
    pub before: Option<Value>,
    /// What was there afterwards.
    pub after: Option<Value>,
}

/// Where a page of the list ends. As text it is `1764460800-17`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    at: OffsetDateTime,
    id: i64,
}

/// The text is not a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a place in the audit log")]
pub struct InvalidPosition;

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at.unix_timestamp(), self.id)
    }
}

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let (at, id) = text.split_once('-').ok_or(InvalidPosition)?;
        let at = at.parse().map_err(|_| InvalidPosition)?;
        Ok(Self {
            at: OffsetDateTime::from_unix_timestamp(at).map_err(|_| InvalidPosition)?,
            id: id.parse().map_err(|_| InvalidPosition)?,
        })
    }
}

/// A page of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditPage {
    /// Its entries, the latest first.
    pub rows: Vec<AuditRow>,
    /// Where the next page begins; `None` if this is the last one.
    pub next: Option<Position>,
}

impl AuditRow {
    fn of(row: audit_log::Model) -> Self {
        // What cannot be read as JSON is shown as it is.
        let value = |text: Option<String>| {
            text.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text)))
        };
        Self {
            id: row.id,
            at: row.at,
            actor: row.actor,
            address: row.address,
            action: row.action,
            kind: row.subject_kind,
            subject: row.subject,
            before: value(row.before),
            after: value(row.after),
        }
    }

    /// The cells of an export.
    fn cells(&self, zone: &TimeZone) -> [String; 8] {
        let words = |value: Option<&Value>| value.map(|value| lines(&in_words(value)));
        [
            zone.format_spreadsheet(self.at),
            line(&self.actor),
            line(self.address.as_deref().unwrap_or_default()),
            self.action.to_string(),
            self.kind.to_string(),
            line(&self.subject),
            words(self.before.as_ref()).unwrap_or_default(),
            words(self.after.as_ref()).unwrap_or_default(),
        ]
    }
}

/// A value of an entry for people: a text without quotes, and anything else as JSON.
#[must_use]
pub fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn filtered(filter: &Filter) -> Select<audit_log::Entity> {
    audit_log::Entity::find()
        .apply_if(filter.actor.as_ref(), |rows, actor| {
            rows.filter(audit_log::Column::Actor.eq(actor))
        })
        .apply_if(filter.action, |rows, action| {
            rows.filter(audit_log::Column::Action.eq(action))
        })
        .apply_if(filter.kind, |rows, kind| {
            rows.filter(audit_log::Column::SubjectKind.eq(kind))
        })
        .apply_if(filter.subject.as_ref(), |rows, subject| {
            rows.filter(audit_log::Column::Subject.eq(subject))
        })
        .apply_if(filter.period.from, |rows, from| {
            rows.filter(audit_log::Column::At.gte(from))
        })
        .apply_if(filter.period.until, |rows, until| {
            rows.filter(audit_log::Column::At.lt(until))
        })
}

/// Returns a page of entries, the latest first: at most `limit`, and never more than [`MAX_PAGE`].
///
/// # Errors
/// If the database fails.
pub async fn list(
    database: &Database,
    filter: &Filter,
    after: Option<Position>,
    limit: u64,
) -> Result<AuditPage, DbErr> {
    let limit = limit.clamp(1, MAX_PAGE);
    let (at, id) = (audit_log::Column::At, audit_log::Column::Id);
    let mut rows = filtered(filter)
        .apply_if(after, |rows, Position { at: last, id: of }| {
            let same = Condition::all().add(at.eq(last)).add(id.lt(of));
            rows.filter(at.lte(last))
                .filter(Condition::any().add(at.lt(last)).add(same))
        })
        .order_by_desc(at)
        .order_by_desc(id)
        .limit(limit + 1)
        .all(database.reader())
        .await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| has_more);
    Ok(AuditPage {
        next: last.map(|row| Position {
            at: row.at,
            id: row.id,
        }),
        rows: rows.into_iter().map(AuditRow::of).collect(),
    })
}

/// The ids of what entries name, for links to it. What has another name by now or is gone is not
/// there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectIds {
    /// Products by slug.
    pub products: HashMap<String, i64>,
    /// The products of variants by SKU.
    pub variants: HashMap<String, i64>,
    /// Users by email address.
    pub users: HashMap<String, i64>,
}

/// Finds the ids of what these entries name.
///
/// # Errors
/// If the database fails.
pub async fn subject_ids(database: &Database, rows: &[AuditRow]) -> Result<SubjectIds, DbErr> {
    let named = |kind: SubjectKind| -> Vec<&str> {
        let rows = rows.iter().filter(|row| row.kind == kind);
        rows.map(|row| row.subject.as_str()).collect()
    };
    let reader = database.reader();
    let products: Vec<(String, i64)> = product::Entity::find()
        .select_only()
        .columns([product::Column::Slug, product::Column::Id])
        .filter(product::Column::Slug.is_in(named(SubjectKind::Product)))
        .into_tuple()
        .all(reader)
        .await?;
    let variants: Vec<(String, i64)> = variant::Entity::find()
        .select_only()
        .columns([variant::Column::Sku, variant::Column::ProductId])
        .filter(variant::Column::Sku.is_in(named(SubjectKind::Variant)))
        .into_tuple()
        .all(reader)
        .await?;
    let users: Vec<(String, i64)> = admin_user::Entity::find()
        .select_only()
        .columns([admin_user::Column::Mail, admin_user::Column::Id])
        .filter(admin_user::Column::Mail.is_in(named(SubjectKind::User)))
        .into_tuple()
        .all(reader)
        .await?;
    Ok(SubjectIds {
        products: products.into_iter().collect(),
        variants: variants.into_iter().collect(),
        users: users.into_iter().collect(),
    })
}

/// The names of everybody who is in the log, in alphabetical order.
///
/// # Errors
/// If the database fails.
pub async fn actors(database: &Database) -> Result<Vec<String>, DbErr> {
    audit_log::Entity::find()
        .select_only()
        .column(audit_log::Column::Actor)
        .distinct()
        .order_by_asc(audit_log::Column::Actor)
        .into_tuple()
        .all(database.reader())
        .await
}

/// Writes the entries as a table, the oldest first.
///
/// # Errors
/// [`ExportError`]
pub async fn export(
    database: &Database,
    filter: &Filter,
    zone: &TimeZone,
    mut out: impl Write,
) -> Result<(), ExportError> {
    out.write_all(BYTE_ORDER_MARK)?;
    let mut table = csv::Writer::from_writer(out);
    table.write_record(COLUMNS)?;
    let (at, id) = (audit_log::Column::At, audit_log::Column::Id);
    let mut last: Option<Position> = None;
    loop {
        let rows = filtered(filter)
            .apply_if(last, |rows, Position { at: last, id: of }| {
                let same = Condition::all().add(at.eq(last)).add(id.gt(of));
                rows.filter(at.gte(last))
                    .filter(Condition::any().add(at.gt(last)).add(same))
            })
            .order_by_asc(at)
            .order_by_asc(id)
            .limit(BATCH)
            .all(database.reader())
            .await?;
        let Some(newest) = rows.last() else {
            break;
        };
        last = Some(Position {
            at: newest.at,
            id: newest.id,
        });
        for row in rows {
            table.write_record(AuditRow::of(row).cells(zone))?;
        }
    }
    table.flush()?;
    Ok(())
}

/// Counts the entries from before this time.
pub(crate) async fn count_before(
    connection: &impl ConnectionTrait,
    before: OffsetDateTime,
) -> Result<u64, DbErr> {
    use sea_orm::PaginatorTrait;
    audit_log::Entity::find()
        .filter(audit_log::Column::At.lt(before))
        .count(connection)
        .await
}

/// Deletes the oldest entries from before this time, at most `limit`. Returns how many. Only the
/// job that prunes calls this: nothing else deletes entries.
pub(crate) async fn prune(
    transaction: &WriteTransaction,
    before: OffsetDateTime,
    limit: u64,
) -> Result<u64, DbErr> {
    let oldest: Vec<i64> = audit_log::Entity::find()
        .select_only()
        .column(audit_log::Column::Id)
        .filter(audit_log::Column::At.lt(before))
        .order_by_asc(audit_log::Column::At)
        .order_by_asc(audit_log::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(transaction)
        .await?;
    if oldest.is_empty() {
        return Ok(0);
    }
    let deleted = audit_log::Entity::delete_many()
        .filter(audit_log::Column::Id.is_in(oldest))
        .exec(transaction)
        .await?;
    Ok(deleted.rows_affected)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use std::path::Path;

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

    #[test]
    fn logs_name_a_user_by_number_and_not_by_address() {
        let user = Actor {
            user: Some(7),
            name: "ada@shop.example".to_owned(),
            address: Some("192.0.2.1".to_owned()),
        };
        assert_eq!(user.in_log(), "user 7");
        assert_eq!(Actor::on_command_line("ada").in_log(), "ada");
    }

    #[test]
    fn a_place_in_the_list_is_a_text() {
        let position = Position {
            at: OffsetDateTime::from_unix_timestamp(1_764_460_800).unwrap(),
            id: 17,
        };
        assert_eq!(position.to_string(), "1764460800-17");
        assert_eq!("1764460800-17".parse(), Ok(position));
        for bad in ["", "1", "-", "a-1", "1-a", "99999999999999999-1", "1-1-1"] {
            assert_eq!(bad.parse::<Position>(), Err(InvalidPosition), "{bad}");
        }
    }

    #[test]
    fn an_export_computes_nothing() {
        let row = AuditRow {
            id: 1,
            at: OffsetDateTime::UNIX_EPOCH,
            actor: "=1+1".to_owned(),
            address: None,
            action: Action::SetSetting,
            kind: SubjectKind::Setting,
            subject: "SHOP_NAME".to_owned(),
            before: None,
            after: Some("=SUM(A1)".into()),
        };
        let [_, who, _, action, kind, _, before, after] = row.cells(&TimeZone::default());
        assert_eq!([&*who, &*after, &*before], ["'=1+1", "'=SUM(A1)", ""]);
        assert_eq!([&*action, &*kind], ["set_setting", "setting"]);
    }

    /// The Rust files below a folder.
    fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.display().to_string(), text));
            }
        }
    }

    #[test]
    fn nothing_changes_or_deletes_entries_but_retention() {
        let shop = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = Vec::new();
        for folder in ["src", "../src", "../../app", "../core/src"] {
            sources(&shop.join(folder), &mut found);
        }
        assert!(found.len() > 200, "{}", found.len());
        let this = Path::new("src").join("audit.rs");
        for (path, text) in found {
            let is_this = path.ends_with(&this.display().to_string());
            // Everything that is written goes through the entity, except in SQL.
            for words in ["audit_log::ActiveModel", "audit_log::Entity::insert"] {
                assert!(is_this || !text.contains(words), "{path}: {words}");
            }
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let code: String = code.split_whitespace().collect();
            for words in [
                "audit_log::Entity::update",
                "UPDATEaudit_log",
                "DELETEFROMaudit_log",
            ] {
                assert!(!code.contains(words), "{path}: {words}");
            }
            let deletes = code.matches("audit_log::Entity::delete").count();
            assert_eq!(deletes, usize::from(is_this), "{path}");
        }
        let prune = std::fs::read_to_string(shop.join("src/prune.rs")).unwrap();
        assert_eq!(prune.matches("audit::prune(").count(), 1);
    }
}
