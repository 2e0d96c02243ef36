//! Pagination of lists, and `expand`.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::form::Fields;
use crate::store::Table;

/// The pagination parameters of a list request.
#[derive(Debug)]
pub(crate) struct Page {
    limit: usize,
    starting_after: Option<String>,
    ending_before: Option<String>,
}

impl Page {
    /// Reads `limit`, `starting_after` and `ending_before`.
    pub(crate) fn read(fields: &mut Fields) -> Result<Page, ApiError> {
        let limit = fields.integer("limit")?.unwrap_or(10);
        let starting_after = fields.text("starting_after")?;
        let ending_before = fields.text("ending_before")?;
        if !(1..=100).contains(&limit) {
            return Err(
                ApiError::invalid("Invalid limit: must be between 1 and 100.")
                    .code("parameter_invalid_integer")
                    .param("limit"),
            );
        }
        if starting_after.is_some() && ending_before.is_some() {
            return Err(ApiError::invalid(
                "You may only specify one of starting_after and ending_before.",
            )
            .code("parameters_exclusive"));
        }
        Ok(Page {
            limit: usize::try_from(limit).unwrap_or(10),
            starting_after,
            ending_before,
        })
    }

    /// The same page of a list whose ids are stored without their prefix.
    pub(crate) fn without_prefix(self, prefix: &str) -> Page {
        let strip = |cursor: Option<String>| {
            cursor.map(|id| id.strip_prefix(prefix).unwrap_or(&id).to_owned())
        };
        Page {
            starting_after: strip(self.starting_after),
            ending_before: strip(self.ending_before),
            ..self
        }
    }

    /// Selects this page from a table, newest first; also returns whether there are more. A cursor
    /// may name an object that does not match.
    pub(crate) fn query<'a, T>(
        &self,
        table: &'a Table<T>,
        matches: impl Fn(&T) -> bool,
        object: &str,
    ) -> Result<(Vec<&'a T>, bool), ApiError> {
        if let Some(before) = &self.ending_before {
            let newer = table.newer_than(before);
            let newer = newer.ok_or_else(|| unknown_cursor(object, before, "ending_before"))?;
            return Ok(self.collect(newer, matches));
        }
        let after = self.starting_after.as_deref();
        let older = table
            .older_than(after)
            .ok_or_else(|| unknown_cursor(object, after.unwrap_or_default(), "starting_after"))?;
        Ok(self.collect(older, matches))
    }

    /// Selects this page from a slice that is in the list's order; also returns whether there are
    /// more.
    pub(crate) fn query_slice<'a, T>(
        &self,
        items: &'a [T],
        id_of: impl Fn(&T) -> &str,
        object: &str,
    ) -> Result<(Vec<&'a T>, bool), ApiError> {
        let find = |id: &str, param| {
            let found = items.iter().position(|item| id_of(item) == id);
            found.ok_or_else(|| unknown_cursor(object, id, param))
        };
        if let Some(before) = &self.ending_before {
            let end = find(before, "ending_before")?;
            return Ok(self.collect(items[..end].iter().rev(), |_| true));
        }
        let start = match &self.starting_after {
            Some(after) => find(after, "starting_after")? + 1,
            None => 0,
        };
        Ok(self.collect(items[start..].iter(), |_| true))
    }

    /// Collects the first matching items, and whether there are more. With `ending_before`, `items`
    /// go backwards from the cursor.
    fn collect<'a, T: 'a>(
        &self,
        items: impl Iterator<Item = &'a T>,
        matches: impl Fn(&T) -> bool,
    ) -> (Vec<&'a T>, bool) {
        let mut page: Vec<&T> = items
            .filter(|item| matches(item))
            .take(self.limit + 1)
            .collect();
        let has_more = page.len() > self.limit;
        page.truncate(self.limit);
        if self.ending_before.is_some() {
            page.reverse();
        }
        (page, has_more)
    }
}

fn unknown_cursor(object: &str, id: &str, param: &str) -> ApiError {
    ApiError {
        status: StatusCode::BAD_REQUEST,
        ..ApiError::no_such(object, id, param)
    }
}

/// A list object.
pub(crate) fn list_json(url: &str, data: Vec<Value>, has_more: bool) -> Value {
    let mut list = json!({ "object": "list", "has_more": has_more, "url": url });
    list["data"] = Value::Array(data);
    list
}

/// Reads `expand[]`, and refuses properties that are not in `allowed`.
pub(crate) fn read_expand(fields: &mut Fields, allowed: &[&str]) -> Result<Vec<String>, ApiError> {
    let expand = fields.texts("expand")?;
    match expand.iter().find(|path| !allowed.contains(&path.as_str())) {
        Some(path) => {
            let shown: String = path.chars().take(100).collect();
            Err(
                ApiError::invalid(format!("This property cannot be expanded ({shown})."))
                    .param("expand"),
            )
        }
        None => Ok(expand),
    }
}

/// Turns the `data.x` of a list into the `x` of each of its objects.
pub(crate) fn strip_data_prefix(expand: &[String]) -> Vec<String> {
    expand
        .iter()
        .filter_map(|path| path.strip_prefix("data."))
        .map(str::to_owned)
        .collect()
}

/// Bounds on `created`, in seconds since 1970, inclusive: from an exact second, or from
/// `created[gt|gte|lt|lte]`.
#[derive(Debug)]
pub(crate) struct Created {
    from: i64,
    to: i64,
}

impl Created {
    /// Reads `created`.
    pub(crate) fn read(fields: &mut Fields) -> Result<Created, ApiError> {
        if fields.is_text("created") {
            let exact = fields.integer("created")?;
            return Ok(Created {
                from: exact.unwrap_or(i64::MIN),
                to: exact.unwrap_or(i64::MAX),
            });
        }
        if let Some(mut bounds) = fields.fields("created")? {
            let (gt, gte) = (bounds.integer("gt")?, bounds.integer("gte")?);
            let (lt, lte) = (bounds.integer("lt")?, bounds.integer("lte")?);
            bounds.finish()?;
            let from = gte
                .unwrap_or(i64::MIN)
                .max(gt.map_or(i64::MIN, |second| second.saturating_add(1)));
            let to = lte
                .unwrap_or(i64::MAX)
                .min(lt.map_or(i64::MAX, |second| second.saturating_sub(1)));
            return Ok(Created { from, to });
        }
        Ok(Created {
            from: i64::MIN,
            to: i64::MAX,
        })
    }

    pub(crate) fn contains(&self, created: i64) -> bool {
        (self.from..=self.to).contains(&created)
    }
}
