//! Paths with the prefix of a language: `/de/products/mug`. The default language has no prefix.
//!
//! Paths are as in a request: percent-encoded, and never decoded here.

use crate::language::{Language, Languages};

/// The longest target of a language switch, in bytes.
const MAX_TARGET_BYTES: usize = 2000;

/// What the beginning of a path says about its language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prefix<'a> {
    /// The path is one of the default language, or does not exist.
    None,
    /// A page in this language, which is not the default one. The rest begins with `/`.
    Language(Language, &'a str),
    /// The default language has no prefix: the page is at the rest, to which 308 redirects. The
    /// rest begins with `/` and is on this host.
    DefaultsOwn(&'a str),
}

/// Splits a request's path, without its query, into the prefix of one of the languages and the
/// rest. `/de` and `/de/` are both the first page.
#[must_use]
pub fn split<'a>(path: &'a str, languages: &Languages) -> Prefix<'a> {
    let Some(path) = path.strip_prefix('/') else {
        return Prefix::None;
    };
    let (code, rest) = match path.find('/') {
        Some(end) => path.split_at(end),
        None => (path, "/"),
    };
    match languages.named(code) {
        // As the target of a redirect, `//host` would be another website.
        _ if leads_elsewhere(rest) => Prefix::None,
        None => Prefix::None,
        Some(language) if language == languages.default_language() => Prefix::DefaultsOwn(rest),
        Some(language) => Prefix::Language(language, rest),
    }
}

/// Whether browsers read a path as the address of another host: `//host`, `/\host`.
fn leads_elsewhere(path: &str) -> bool {
    matches!(path.as_bytes(), [b'/', b'/' | b'\\', ..])
}

/// Returns the prefix of a language's pages: `/de`, or nothing for the default language.
#[must_use]
pub fn prefix(language: Language, languages: &Languages) -> String {
    match language == languages.default_language() {
        true => String::new(),
        false => format!("/{language}"),
    }
}

/// Returns the path of a page in a language. The page's path has no prefix yet, and may have a
/// query.
#[must_use]
pub fn localized(path: &str, language: Language, languages: &Languages) -> String {
    if language == languages.default_language() {
        return path.to_owned();
    }
    // The first page is `/de`, not `/de/`.
    let rest = match path.strip_prefix('/') {
        Some(rest) if rest.is_empty() || rest.starts_with(['?', '#']) => rest,
        _ => path,
    };
    format!("/{language}{rest}")
}

/// Returns where the language switch leads: the page at `target` in `language`, or `None` if the
/// target is not surely a page of this shop.
///
/// The target is a path with or without prefix and query, as the switch's link has it. It must be
/// what browsers and proxies cannot read in two ways: no other host, no empty or dotted segment, no
/// backslash, no control character, no fragment, and none of these percent-encoded in the path.
#[must_use]
pub fn switched(target: &str, language: Language, languages: &Languages) -> Option<String> {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let is_own = target.len() <= MAX_TARGET_BYTES
        && is_own_path(path)
        && query.is_none_or(|query| are_plain_characters(query) && are_plain_escapes(query, b""));
    if !is_own {
        return None;
    }
    let page = match split(path, languages) {
        Prefix::None => path,
        Prefix::Language(_, rest) | Prefix::DefaultsOwn(rest) => rest,
    };
    let page = localized(page, language, languages);
    Some(match query {
        Some(query) => format!("{page}?{query}"),
        None => page,
    })
}

/// Whether this is the path of a page, without query, that is read in one way only.
fn is_own_path(path: &str) -> bool {
    let Some(segments) = path.strip_prefix('/') else {
        return false;
    };
    let mut segments = segments.split('/').peekable();
    let mut are_named = true;
    while let Some(segment) = segments.next() {
        // Only the last segment may be empty, after a slash at the end.
        let is_empty = segment.is_empty() && segments.peek().is_some();
        are_named &= !is_empty && segment != "." && segment != "..";
    }
    are_named && are_plain_characters(path) && are_plain_escapes(path, b"%/\\.")
}

/// Whether all characters are such as a URL may have, which is always ASCII. The fragment's `#` is
/// not one of them.
fn are_plain_characters(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&()*+,;=:@/?%".contains(&byte))
}

/// Whether each `%` begins an encoded byte that is neither a control character nor `refused`.
fn are_plain_escapes(text: &str, refused: &[u8]) -> bool {
    text.split('%').skip(1).all(|after| {
        let digits = after.get(..2).unwrap_or_default();
        let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let byte = u8::from_str_radix(digits, 16);
        is_hex && byte.is_ok_and(|byte| !byte.is_ascii_control() && !refused.contains(&byte))
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shop() -> Languages {
        "en,de".parse().unwrap()
    }

    fn language(code: &str) -> Language {
        code.parse().unwrap()
    }

    #[test]
    fn a_prefix_is_exactly_a_language_of_the_shop() {
        let german = |rest| Prefix::Language(language("de"), rest);
        for (path, prefix) in [
            ("/", Prefix::None),
            ("/products/mug", Prefix::None),
            ("/de", german("/")),
            ("/de/", german("/")),
            ("/de/products/mug", german("/products/mug")),
            ("/de/de", german("/de")),
            ("/de/caf%C3%A9", german("/caf%C3%A9")),
            ("/en", Prefix::DefaultsOwn("/")),
            ("/en/products/mug", Prefix::DefaultsOwn("/products/mug")),
            // Not a language of this shop, or not spelled as one.
            ("/fr/products/mug", Prefix::None),
            ("/DE", Prefix::None),
            ("/De/products", Prefix::None),
            ("/design", Prefix::None),
            ("/de-CH/", Prefix::None),
            ("/d%65/", Prefix::None),
            ("/%64e", Prefix::None),
            ("/de%2Fproducts", Prefix::None),
            ("/de;x/", Prefix::None),
            ("/de\\x", Prefix::None),
            ("//de/", Prefix::None),
            ("de/", Prefix::None),
            ("", Prefix::None),
            ("*", Prefix::None),
        ] {
            assert_eq!(split(path, &shop()), prefix, "{path}");
        }
    }

    #[test]
    fn the_redirect_of_the_defaults_prefix_stays_on_this_host() {
        for path in [
            "/en//evil.example",
            "/en/\\evil.example",
            "/en///evil",
            "/de//x",
        ] {
            assert_eq!(split(path, &shop()), Prefix::None, "{path}");
        }
    }

    #[test]
    fn a_page_has_the_prefix_of_its_language_unless_it_is_the_default() {
        let shop = shop();
        for (path, english, german) in [
            ("/", "/", "/de"),
            ("/?page=2", "/?page=2", "/de?page=2"),
            ("/products/mug", "/products/mug", "/de/products/mug"),
            ("/search?q=a%2Fb", "/search?q=a%2Fb", "/de/search?q=a%2Fb"),
        ] {
            assert_eq!(localized(path, language("en"), &shop), english);
            assert_eq!(localized(path, language("de"), &shop), german);
        }
    }

    #[test]
    fn a_switch_leads_to_the_same_page_in_the_other_language() {
        let shop = shop();
        for (target, english, german) in [
            ("/", "/", "/de"),
            ("/de", "/", "/de"),
            ("/de/", "/", "/de"),
            ("/en/products/mug", "/products/mug", "/de/products/mug"),
            ("/de/products/mug", "/products/mug", "/de/products/mug"),
            ("/?page=2", "/?page=2", "/de?page=2"),
            (
                "/de/search?q=a%2Fb%20100%25&sort=name",
                "/search?q=a%2Fb%20100%25&sort=name",
                "/de/search?q=a%2Fb%20100%25&sort=name",
            ),
            (
                "/categories/k%C3%BCche/",
                "/categories/k%C3%BCche/",
                "/de/categories/k%C3%BCche/",
            ),
            (
                "/orders/a-b_c.~1",
                "/orders/a-b_c.~1",
                "/de/orders/a-b_c.~1",
            ),
        ] {
            let switched = |code| switched(target, language(code), &shop);
            assert_eq!(switched("en").as_deref(), Some(english), "{target}");
            assert_eq!(switched("de").as_deref(), Some(german), "{target}");
        }
    }

    #[test]
    fn a_switch_leads_only_to_pages_of_this_shop() {
        let long = format!("/{}", "a".repeat(MAX_TARGET_BYTES));
        for target in [
            "",
            "products/mug",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "\\/evil.example",
            "https://evil.example/",
            "https:evil.example",
            "javascript:alert(1)",
            "/x//evil.example",
            "/de//evil.example",
            "/en//evil.example",
            "/en/\\evil.example",
            "/./evil",
            "/..//evil.example",
            "/x/..",
            "/x/../../evil",
            "/%2e%2e/evil",
            "/%2E/evil",
            "/%2f/evil.example",
            "/%2Fevil.example",
            "/%5Cevil.example",
            "/x%252fevil",
            "/%09/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/x\r\nSet-Cookie: a=b",
            "/x%0d%0aSet-Cookie:a=b",
            "/x?q=%0d%0aSet-Cookie:a=b",
            "/x?q=\r\n",
            "/x%00",
            "/x%7F",
            "/x%",
            "/x%4",
            "/x%zz",
            "/x%+1",
            "/x?q=%",
            "/x y",
            " /x",
            "/x#fragment",
            "/x?q=#fragment",
            "/café",
            "/x?q=é",
            "/<script>",
            "/x?q=\"",
            "/\u{2028}",
            "/\u{ff0f}evil.example",
            long.as_str(),
        ] {
            assert_eq!(
                switched(target, language("de"), &shop()),
                None,
                "{target:?}"
            );
            assert_eq!(
                switched(target, language("en"), &shop()),
                None,
                "{target:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_path_can_be_split(path in ".{0,60}") {
            match split(&path, &shop()) {
                Prefix::None => {}
                Prefix::Language(_, rest) | Prefix::DefaultsOwn(rest) => {
                    prop_assert!(rest.starts_with('/') && !leads_elsewhere(rest));
                }
            }
        }

        #[test]
        fn a_prefixed_page_is_split_into_the_same(
            path in "(/[a-z]{3,5}){1,3}",
            code in "en|de",
        ) {
            let shop = shop();
            let prefixed = localized(&path, language(&code), &shop);
            match split(&prefixed, &shop) {
                Prefix::None => prop_assert_eq!(&code, "en"),
                Prefix::Language(found, rest) => {
                    prop_assert_eq!(found.code(), code);
                    prop_assert_eq!(rest, path);
                }
                Prefix::DefaultsOwn(_) => prop_assert!(false),
            }
        }

        // Parts that are dangerous in combination, more often than chance would have it.
        #[test]
        fn a_switch_never_leaves_the_shop(
            target in r"(/|\\|\.|%|2f|2e|5c|09|0a|:|@|\?|#|de|en|x|evil\.example|https|\PC){0,12}",
        ) {
            let base = url::Url::parse("https://shop.example/").unwrap();
            if let Some(path) = switched(&target, language("de"), &shop()) {
                let read = base.join(&path).unwrap();
                prop_assert_eq!(read.origin(), base.origin());
                // A browser reads it as it is: nothing is normalized away.
                let as_read = match read.query() {
                    Some(query) => format!("{}?{query}", read.path()),
                    None => read.path().to_owned(),
                };
                prop_assert_eq!(&as_read, &path);
                prop_assert!(path.bytes().all(|byte| byte.is_ascii_graphic()));
            }
        }
    }
}
