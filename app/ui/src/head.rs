//! What browsers, search engines and shared links read in the head of a page.
//!
//! Leptos 0.8 does not escape the title, nor what is inside of `<script>`, `<style>`, `<noscript>`
//! and `<textarea>`. What an owner or a shopper typed gets there only through this file.

use leptos::prelude::*;
use leptos_meta::{Link, Meta, Title};
use locale::Language;
use serde_json::Value;

use crate::language;
use crate::rendered::Rendered;

/// The largest number of characters of a description: search engines show no more.
const MAX_DESCRIPTION_CHARACTERS: usize = 160;

/// The page's title.
#[component]
pub fn PageTitle(text: String) -> impl IntoView {
    let escaped = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    view! { <Title text=escaped /> }
}

/// What search engines and shared links show of a page.
#[component]
pub fn Preview(
    /// The page's title without the shop's name.
    title: String,
    /// Of several lines; empty if there is none.
    description: String,
    /// The page's path without a language's prefix.
    path: String,
    /// The shop's languages that the page is written in, the most important one first, which
    /// stands in for others. If empty: all of them.
    #[prop(optional)]
    written: Vec<Language>,
    /// Path or address of a picture.
    picture: Option<String>,
    /// The kind of page by Open Graph (<https://ogp.me>).
    kind: &'static str,
) -> impl IntoView {
    let Some(shop) = use_context::<shop::Shop>() else {
        return ().rendered();
    };
    let name = shop.profile().name.clone();
    let origin = shop.settings.public_url.clone();
    let written = match written.is_empty() {
        true => shop.settings.languages.iter().collect(),
        false => written,
    };
    let own = written.contains(&language::language());
    let canonical = match written.first() {
        Some(first) if !own => language::localized_in(&path, *first),
        _ => language::localized(&path),
    };
    let address = format!("{origin}{canonical}");
    let alternates = language::alternates(&path, &written)
        .into_iter()
        .map(|(code, path)| {
            let address = format!("{origin}{path}");
            view! { <Link rel="alternate" hreflang=code href=address /> }
        })
        .collect_view();
    let description = summary(&description);
    let description = (!description.is_empty()).then(|| {
        view! {
            <Meta name="description" content=description.clone() />
            <Meta property="og:description" content=description />
        }
    });
    let picture = picture.map(|picture| {
        view! { <Meta property="og:image" content=absolute(&origin, &picture) /> }
    });
    view! {
        <Link rel="canonical" href=address.clone() />
        {alternates}
        {description}
        <Meta property="og:type" content=kind />
        <Meta property="og:title" content=title />
        <Meta property="og:url" content=address />
        <Meta property="og:site_name" content=name />
        {picture}
    }
    .rendered()
}

/// Data for search engines (<https://schema.org>).
#[component]
pub fn JsonLd(data: Value) -> impl IntoView {
    view! { <script type="application/ld+json" inner_html=in_script(&data)></script> }
}

/// JSON that ends no script: it has no `<`.
fn in_script(data: &Value) -> String {
    data.to_string().replace('<', "\\u003c")
}

/// The absolute address of a picture that may be a path of the shop.
pub fn absolute(origin: &str, address: &str) -> String {
    match address.starts_with('/') {
        true => format!("{origin}{address}"),
        false => address.to_owned(),
    }
}

/// The beginning of a text in one line, up to the last word that fits.
pub fn summary(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if line.chars().count() + word.chars().count() >= MAX_DESCRIPTION_CHARACTERS {
            line.push('…');
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_cannot_end_its_script() {
        let data = json!({ "name": "</script><img src=x>" });
        let written = in_script(&data);
        assert!(!written.contains('<'), "{written}");
        assert_eq!(serde_json::from_str::<Value>(&written).ok(), Some(data));
    }

    #[test]
    fn a_description_is_one_line_that_ends_with_a_word() {
        assert_eq!(summary(" One\n\ntwo "), "One two");
        let long = summary(&"word ".repeat(100));
        assert!(
            long.ends_with("word…") && long.chars().count() <= 160,
            "{long}"
        );
        assert_eq!(summary(""), "");
    }
}
