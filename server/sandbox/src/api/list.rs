//! Pages of lists, and what may be expanded.

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::form::Fields;

/// How one page of a list is asked for.
#[derive(Debug)]
pub(crate) struct Page {
    limit: usize,
    starting_after: Option<String>,
    ending_before: Option<String>,
}

impl Page {
    /// Takes `limit`, `starting_after` and `ending_before`.
    pub(crate) fn of(fields: &mut Fields) -> Result<Page, ApiError> {
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

    /// The same page of a list whose ids are kept without their prefix.
    pub(crate) fn without_prefix(self, prefix: &str) -> Page {
        let cut = |cursor: Option<String>| {
            cursor.map(|id| id.strip_prefix(prefix).unwrap_or(&id).to_owned())
        };
        Page {
            starting_after: cut(self.starting_after),
            ending_before: cut(self.ending_before),
            ..self
        }
    }

    /// Cuts the page out of `items`, which come in the list's order. A cursor may name an item that does not match.
    pub(crate) fn cut<'a, T: 'a>(
        &self,
        items: impl DoubleEndedIterator<Item = &'a T>,
        id_of: impl Fn(&T) -> &str,
        matches: impl Fn(&T) -> bool,
        object: &str,
    ) -> Result<(Vec<&'a T>, bool), ApiError> {
        let mut items: Box<dyn Iterator<Item = &'a T>> = match &self.ending_before {
            Some(_) => Box::new(items.rev()),
            None => Box::new(items),
        };
        let cursor = [
            ("starting_after", &self.starting_after),
            ("ending_before", &self.ending_before),
        ];
        for (param, cursor) in cursor {
            if let Some(cursor) = cursor
                && !items.by_ref().any(|item| id_of(item) == cursor)
            {
                let error = ApiError::no_such(object, cursor, param);
                return Err(ApiError {
                    status: axum::http::StatusCode::BAD_REQUEST,
                    ..error
                });
            }
        }
        let mut page: Vec<&T> = items
            .filter(|item| matches(item))
            .take(self.limit + 1)
            .collect();
        let has_more = page.len() > self.limit;
        page.truncate(self.limit);
        if self.ending_before.is_some() {
            page.reverse();
        }
        Ok((page, has_more))
    }
}

/// A list object.
pub(crate) fn list_json(url: &str, data: Vec<Value>, has_more: bool) -> Value {
    let mut list = json!({ "object": "list", "has_more": has_more, "url": url });
    list["data"] = Value::Array(data);
    list
}

/// Takes `expand[]`, and refuses what cannot be expanded here.
pub(crate) fn expansions(fields: &mut Fields, allowed: &[&str]) -> Result<Vec<String>, ApiError> {
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

/// What `data.x` expands in each object of a list.
pub(crate) fn in_each(expand: &[String]) -> Vec<String> {
    expand
        .iter()
        .filter_map(|path| path.strip_prefix("data."))
        .map(str::to_owned)
        .collect()
}

/// Bounds on `created`: an exact second, or `created[gt|gte|lt|lte]`.
#[derive(Debug)]
pub(crate) struct Created {
    from: i64,
    to: i64,
}

impl Created {
    /// Takes `created`.
    pub(crate) fn of(fields: &mut Fields) -> Result<Created, ApiError> {
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
