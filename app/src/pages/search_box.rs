//! The search's form in the header of every page.

use leptos::prelude::*;
use shop::catalog::search_query::{MAX_QUERY_CHARS, SearchQuery};

use crate::files::script;
use crate::language::{localized, texts};
use crate::listing_address::{ListingAddress, request_address};

/// The path of the search's page.
pub(super) const PATH: &str = "/search";

/// The form in the header, with what was searched for on the search's page. It is separate from the
/// form with quantities. With JavaScript, results follow the typing (`finding.js`).
#[component]
pub fn SearchBox() -> impl IntoView {
    let texts = texts();
    let (path, query) = request_address();
    let typed = match path == PATH {
        true => ListingAddress::read_search(PATH, &query)
            .search
            .unwrap_or_default(),
        false => SearchQuery::default(),
    };
    view! {
        <form class="search-box" role="search" method="get" action=localized(PATH)>
            <label class="visually-hidden" for="search">{texts.search_products()}</label>
            <input class="form-control" type="search" id="search" name="q"
                maxlength=MAX_QUERY_CHARS.to_string() autocomplete="off" spellcheck="false"
                enterkeyhint="search" placeholder=texts.search_products()
                value=typed.typed().to_owned() />
            <button type="submit" class="btn btn-outline">{texts.search()}</button>
            <span class="visually-hidden" role="status" data-found></span>
        </form>
        <script type="module" src=script("/finding.js")></script>
    }
}
