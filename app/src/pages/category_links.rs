//! Links to the pages of categories.

use leptos::prelude::*;
use shop::catalog::listing::CategoryView;

use crate::language::{localized, texts};

/// Links to the pages of categories; nothing if there are none.
#[component]
pub(super) fn CategoryLinks(categories: Vec<CategoryView>) -> impl IntoView {
    (!categories.is_empty()).then(|| {
        let links = categories.into_iter().map(|category| {
            let address = localized(&category_path(&category.slug));
            view! { <li><a dir="auto" href=address>{category.name}</a></li> }
        });
        view! {
            <nav aria-label=texts().categories()>
                <ul class="category-links">{links.collect_view()}</ul>
            </nav>
        }
    })
}

/// The path of a category's page.
pub(super) fn category_path(slug: &str) -> String {
    format!("/categories/{slug}")
}
