//! The shop's policies: imprint, terms, privacy and others, as Markdown in the database, by
//! language. Their title is the first heading.

use locale::Language;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::catalog_change;
use crate::clock;
use crate::database::{AdvisoryLock, Database, WriteTransaction};
use crate::entity::page;
pub use crate::entity::page::PolicySlug;
use crate::markdown;

/// The longest page, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// What texts of the demo shop contain, and no policy of a real one.
pub const PLACEHOLDERS: [&str; 5] = [
    "> **Example.**",
    "> **Beispiel.**",
    "hello@shop.example",
    "12345 Example Town",
    "12345 Beispielstadt",
];

/// What lists and footers show of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicySummary {
    /// Which policy.
    pub slug: PolicySlug,
    /// The code of its language.
    pub language: String,
    /// Its title.
    pub title: String,
    /// When it was written.
    pub updated_at: OffsetDateTime,
}

/// A policy in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Which policy.
    pub slug: PolicySlug,
    /// The language that it is written in.
    pub language: Language,
    /// Its title.
    pub title: String,
    /// Its text without the title, see [`crate::markdown`].
    pub markdown: String,
}

/// Why a text is no policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPolicy {
    /// There is no title.
    #[error("the first line must be the title, such as: # Terms and conditions")]
    NoTitle,
    /// There is nothing below the title.
    #[error("there is no text below the title")]
    NoText,
    /// It is too long.
    #[error("a page may have at most {MAX_BYTES} bytes")]
    TooLong,
    /// It has an invisible character that overrides the direction of text, so that it reads
    /// differently than it is.
    #[error(
        "the text has an invisible character that changes its direction (U+{:04X}): delete it",
        u32::from(*.0)
    )]
    ChangesDirection(char),
}

impl Policy {
    /// Parses Markdown whose first line is a heading, the title.
    ///
    /// # Errors
    /// [`InvalidPolicy`]
    pub fn parse(slug: PolicySlug, language: Language, text: &str) -> Result<Self, InvalidPolicy> {
        if text.len() > MAX_BYTES {
            return Err(InvalidPolicy::TooLong);
        }
        if let Some(character) = text.chars().find(|character| changes_direction(*character)) {
            return Err(InvalidPolicy::ChangesDirection(character));
        }
        let text = text.trim_start_matches('\u{feff}').trim();
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let title = first.strip_prefix("# ").ok_or(InvalidPolicy::NoTitle)?;
        let title = title.trim().trim_end_matches('#').trim_end();
        if title.is_empty() || title.contains(char::is_control) {
            return Err(InvalidPolicy::NoTitle);
        }
        let rest = rest.trim();
        if rest.is_empty() {
            return Err(InvalidPolicy::NoText);
        }
        Ok(Self {
            slug,
            language,
            title: title.to_owned(),
            markdown: rest.replace("\r\n", "\n"),
        })
    }

    /// The Markdown with the title, as [`Policy::parse`] reads it.
    #[must_use]
    pub fn text(&self) -> String {
        format!("# {}\n\n{}\n", self.title, self.markdown)
    }

    /// The text below the title as its page shows it.
    #[must_use]
    pub fn html(&self) -> String {
        markdown::to_html(&self.markdown)
    }

    /// Tells whether two texts are the same, without the text.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex::encode(Sha256::digest(self.text()))
    }
}

/// Whether a character embeds, overrides or isolates the direction of text, as product texts must
/// not have it either (<https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>).
fn changes_direction(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What became of a text that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplaceOutcome {
    /// It is saved.
    Saved,
    /// It is what was there already.
    Unchanged,
    /// Somebody has changed it since it was read; this is what is there now. Nothing was saved.
    ChangedMeanwhile(Option<Policy>),
}

/// Lists all policies by slug and language.
///
/// # Errors
/// If the database fails.
pub async fn list(connection: &impl ConnectionTrait) -> Result<Vec<PolicySummary>, DbErr> {
    let rows: Vec<(PolicySlug, String, String, OffsetDateTime)> = page::Entity::find()
        .select_only()
        .columns([
            page::Column::Slug,
            page::Column::Language,
            page::Column::Title,
            page::Column::UpdatedAt,
        ])
        .order_by_asc(page::Column::Slug)
        .order_by_asc(page::Column::Language)
        .into_tuple()
        .all(connection)
        .await?;
    let mut policies: Vec<_> = rows
        .into_iter()
        .map(|(slug, language, title, updated_at)| PolicySummary {
            slug,
            language,
            title,
            updated_at,
        })
        .collect();
    // In the order in which footers link to them.
    policies.sort_by_key(|policy| policy.slug);
    Ok(policies)
}

/// The policies that still have text of the demo shop, with the codes of their languages.
///
/// # Errors
/// If the database fails.
pub async fn with_placeholders(
    connection: &impl ConnectionTrait,
) -> Result<Vec<(PolicySlug, String)>, DbErr> {
    let placeholders = PLACEHOLDERS.into_iter();
    let has_any = placeholders.fold(Condition::any(), |any, placeholder| {
        any.add(page::Column::Markdown.contains(placeholder))
    });
    page::Entity::find()
        .select_only()
        .columns([page::Column::Slug, page::Column::Language])
        .filter(has_any)
        .order_by_asc(page::Column::Language)
        .order_by_asc(page::Column::Slug)
        .into_tuple()
        .all(connection)
        .await
}

/// Finds a policy in the first of these languages that it is written in.
///
/// # Errors
/// If the database fails.
pub async fn find(
    database: &Database,
    slug: PolicySlug,
    languages: &[Language],
) -> Result<Option<Policy>, DbErr> {
    let codes = languages.iter().map(|language| language.code());
    let rows = page::Entity::find()
        .filter(page::Column::Slug.eq(slug))
        .filter(page::Column::Language.is_in(codes))
        .all(database.reader())
        .await?;
    Ok(languages.iter().find_map(|language| {
        let row = rows.iter().find(|row| row.language == language.code())?;
        Some(Policy {
            slug,
            language: *language,
            title: row.title.clone(),
            markdown: row.markdown.clone(),
        })
    }))
}

/// Writes these policies, all or none. Those in the database with the same slug and language are
/// replaced. Each one that really changes is written to the audit log.
///
/// # Errors
/// If the database fails.
pub async fn save(database: &Database, actor: &Actor, policies: &[Policy]) -> Result<(), DbErr> {
    let transaction = database.begin_with_lock(AdvisoryLock::Settings).await?;
    for policy in policies {
        let before = read(&transaction, policy.slug, policy.language).await?;
        if before.as_ref() != Some(policy) {
            write(&transaction, actor, before.as_ref(), policy).await?;
        }
    }
    catalog_change::note(&transaction).await?;
    transaction.commit().await
}

/// Writes one policy, unless somebody has changed it since it was read. `seen` is the fingerprint
/// of what was read; `None`: there was none.
///
/// # Errors
/// If the database fails. Nothing has changed then.
pub async fn replace(
    database: &Database,
    actor: &Actor,
    policy: &Policy,
    seen: Option<&str>,
) -> Result<ReplaceOutcome, DbErr> {
    let transaction = database.begin_with_lock(AdvisoryLock::Settings).await?;
    let before = read(&transaction, policy.slug, policy.language).await?;
    if before.as_ref() == Some(policy) {
        transaction.rollback().await?;
        return Ok(ReplaceOutcome::Unchanged);
    }
    if before.as_ref().map(Policy::fingerprint).as_deref() != seen {
        transaction.rollback().await?;
        return Ok(ReplaceOutcome::ChangedMeanwhile(before));
    }
    write(&transaction, actor, before.as_ref(), policy).await?;
    catalog_change::note(&transaction).await?;
    transaction.commit().await?;
    Ok(ReplaceOutcome::Saved)
}

async fn read(
    transaction: &WriteTransaction,
    slug: PolicySlug,
    language: Language,
) -> Result<Option<Policy>, DbErr> {
    let row = page::Entity::find_by_id((slug, language.code().to_owned()))
        .one(transaction)
        .await?;
    Ok(row.map(|row| Policy {
        slug,
        language,
        title: row.title,
        markdown: row.markdown,
    }))
}

async fn write(
    transaction: &WriteTransaction,
    actor: &Actor,
    before: Option<&Policy>,
    policy: &Policy,
) -> Result<(), DbErr> {
    let row = page::Model {
        slug: policy.slug,
        language: policy.language.code().to_owned(),
        title: policy.title.clone(),
        markdown: policy.markdown.clone(),
        updated_at: clock::now(),
    };
    let latest = OnConflict::columns([page::Column::Slug, page::Column::Language])
        .update_columns([
            page::Column::Title,
            page::Column::Markdown,
            page::Column::UpdatedAt,
        ])
        .to_owned();
    page::Entity::insert(row.into_active_model().reset_all())
        .on_conflict(latest)
        .exec_without_returning(transaction)
        .await?;
    let entry = Entry {
        action: Action::SavePolicy,
        kind: SubjectKind::Policy,
        subject: format!("{} ({})", policy.slug, policy.language),
        before: before.map(|before| before.text().into()),
        after: Some(policy.text().into()),
    };
    audit::write(transaction, actor, entry).await
}

/// Whether there are no policies yet.
///
/// # Errors
/// If the database fails.
pub async fn is_empty(database: &Database) -> Result<bool, DbErr> {
    Ok(page::Entity::find().count(database.reader()).await? == 0)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn the_first_heading_is_the_title() {
        let parse = |text: &str| Policy::parse(PolicySlug::Terms, Language::default(), text);
        let policy = parse("\u{feff}# Terms of sale #\r\n\r\nOne.\r\n## Two\r\n").unwrap();
        assert_eq!(policy.title, "Terms of sale");
        assert_eq!(policy.markdown, "One.\n## Two");
        assert_eq!(parse(&policy.text()), Ok(policy));
        for text in ["", "Terms\n\nOne.", "## Terms\n\nOne.", "# \nOne."] {
            assert_eq!(parse(text), Err(InvalidPolicy::NoTitle), "{text:?}");
        }
        assert_eq!(parse("# Terms\n\n"), Err(InvalidPolicy::NoText));
        let long = format!("# Terms\n\n{}", "x".repeat(MAX_BYTES));
        assert_eq!(parse(&long), Err(InvalidPolicy::TooLong));
    }

    #[test]
    fn a_text_does_not_read_differently_than_it_is() {
        let parse = |text: &str| Policy::parse(PolicySlug::Terms, Language::default(), text);
        for character in
            "\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}".chars()
        {
            let refused = Err(InvalidPolicy::ChangesDirection(character));
            assert_eq!(parse(&format!("# Terms\n\nOne{character}two.")), refused);
            assert_eq!(parse(&format!("# Ter{character}ms\n\nOne.")), refused);
        }
        let said = InvalidPolicy::ChangesDirection('\u{202e}').to_string();
        assert!(said.contains("(U+202E)"), "{said}");
        // Marks that Hebrew, Arabic and emoji need.
        assert!(parse("# Terms\n\nשלום\u{200f}! 👩\u{200d}🔧").is_ok());
    }
}
