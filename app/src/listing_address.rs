//! Addresses of pages that list products. What is listed is in them; what was chosen never is.

use std::fmt;

use leptos::prelude::use_context;
use shop::catalog::listing::Sort;
use shop::catalog::search_query::SearchQuery;
use url::form_urlencoded;

/// The address of a list's page, with only what has a meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListingAddress {
    /// Its path.
    pub path: String,
    /// What is searched for, if it is the search's page.
    pub search: Option<SearchQuery>,
    /// The order of the products.
    pub sort: Sort,
    /// Whether it lists only products that can be bought now.
    pub in_stock_only: bool,
    /// The page's number, from 1. 0 if the address has another one, which does not exist.
    pub number: u64,
}

impl ListingAddress {
    /// The address of the catalog's first page.
    #[must_use]
    pub fn catalog(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            search: None,
            sort: Sort::default(),
            in_stock_only: false,
            number: 1,
        }
    }

    /// Reads the address of a category's page. Unknown values mean what missing ones do.
    #[must_use]
    pub fn read_category(path: &str, query: &str) -> Self {
        let value = |name| first_value(query, name);
        Self {
            path: path.to_owned(),
            search: None,
            sort: Sort::from_code(&value("sort").unwrap_or_default()),
            in_stock_only: value("in_stock").as_deref() == Some("1"),
            number: value("page").map_or(1, |number| number.parse().unwrap_or(0)),
        }
    }

    /// Reads the address of the search's page. Unknown values mean what missing ones do.
    #[must_use]
    pub fn read_search(path: &str, query: &str) -> Self {
        let typed = first_value(query, "q").unwrap_or_default();
        Self {
            search: Some(SearchQuery::parse(&typed)),
            ..Self::read_category(path, query)
        }
    }

    /// Whether this is a whole category in the owner's order, and not a search or another view.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.search.is_none() && self.sort == Sort::default() && !self.in_stock_only
    }

    /// The address of another page of the list.
    #[must_use]
    pub fn page(&self, number: u64) -> Self {
        Self {
            number,
            ..self.clone()
        }
    }

    /// The address of the list in another order.
    #[must_use]
    pub fn sorted(&self, sort: Sort) -> Self {
        Self {
            sort,
            ..self.page(1)
        }
    }

    /// The address of the list with or without what cannot be bought now.
    #[must_use]
    pub fn only_in_stock(&self, in_stock_only: bool) -> Self {
        Self {
            in_stock_only,
            ..self.page(1)
        }
    }
}

/// The path of the request without the language's prefix, and its query.
pub(crate) fn request_address() -> (String, String) {
    use_context::<http::request::Parts>().map_or_else(Default::default, |request| {
        let query = request.uri.query().unwrap_or_default();
        (request.uri.path().to_owned(), query.to_owned())
    })
}

/// A query's first value with this name. What is not UTF-8 is replaced.
fn first_value(query: &str, name: &str) -> Option<String> {
    let mut values = form_urlencoded::parse(query.as_bytes());
    let (_, value) = values.find(|(found, _)| found == name)?;
    Some(value.into_owned())
}

/// The path with the query. Values that are the default are left out.
impl fmt::Display for ListingAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(search) = &self.search {
            query.append_pair("q", search.typed());
        }
        if self.sort != Sort::default() {
            query.append_pair("sort", self.sort.code());
        }
        if self.in_stock_only {
            query.append_pair("in_stock", "1");
        }
        if self.number != 1 {
            query.append_pair("page", &self.number.to_string());
        }
        let query = query.finish();
        f.write_str(&self.path)?;
        match query.as_str() {
            "" => Ok(()),
            query => write!(f, "?{query}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_what_has_a_meaning() {
        for (query, kept) in [
            ("", "/search?q="),
            ("q=caf%C3%A9+au+lait", "/search?q=caf%C3%A9+au+lait"),
            (
                "q=a&q=b&sort=price&in_stock=1&page=2",
                "/search?q=a&sort=price&in_stock=1&page=2",
            ),
            ("q=a&sort=relevance&in_stock=0&page=1&x=y", "/search?q=a"),
            ("q=%22%3Cb%3E%26%00%ff", "/search?q=%22%3Cb%3E%26+%EF%BF%BD"),
            ("sort=%27--&page=x", "/search?q=&page=0"),
        ] {
            assert_eq!(
                ListingAddress::read_search("/search", query).to_string(),
                kept,
                "{query}"
            );
        }
        let category = ListingAddress::read_category("/categories/tea", "q=a&sort=name&page=3");
        assert_eq!(category.to_string(), "/categories/tea?sort=name&page=3");
        assert_eq!(category.page(1).to_string(), "/categories/tea?sort=name");
        let sorted = category.sorted(Sort::Price).only_in_stock(true);
        assert_eq!(sorted.to_string(), "/categories/tea?sort=price&in_stock=1");
        assert_eq!(ListingAddress::catalog("/").page(2).to_string(), "/?page=2");
    }
}
