//! The pictures that cells name.

use crate::problem::quoted;
use crate::text;

/// The kinds of pictures that browsers show, by the end of a file's name.
const KINDS: [&str; 7] = ["jpg", "jpeg", "png", "webp", "gif", "avif", "svg"];
/// The largest length of an address or a file's name, in characters.
const MAX_SOURCE_CHARACTERS: usize = 2_000;
/// The largest length of a picture's text, in characters.
pub const MAX_ALT_CHARACTERS: usize = 500;

/// Checks an address (`https://…`), a path of the shop (`/pictures/…`), or the name of a file.
///
/// # Errors
/// A predicate about the cell.
pub(crate) fn source(cell: &str) -> Result<String, String> {
    let source = text::checked_line(cell)?;
    let shown = quoted(&source);
    let length = source.chars().count();
    if length > MAX_SOURCE_CHARACTERS {
        return Err(format!(
            "has {length} characters, but at most {MAX_SOURCE_CHARACTERS} are allowed"
        ));
    }
    if has_several(&source) {
        return Err(format!(
            "has several addresses: write | between them, not {shown}"
        ));
    }
    if source.contains('\\') {
        return Err(format!("must have / instead of the backslash in {shown}"));
    }
    if source.starts_with("//") {
        return Err(format!(
            "must begin with https:, so write \"https:{source}\""
        ));
    }
    if after_scheme(&source, "http://").is_some() {
        return Err(format!("must begin with https://, not {shown}"));
    }
    let source = match after_scheme(&source, "https://") {
        Some(rest) => format!("https://{rest}"),
        None => source,
    };
    let is_address = source.starts_with("https://");
    if !is_address && source.contains(':') {
        return Err(format!(
            "must be an address that begins with https://, a path of the shop that begins with /, \
             or the name of a file, not {shown}"
        ));
    }
    if (is_address || source.starts_with('/')) && source.contains(char::is_whitespace) {
        return Err(format!(
            "must not have a blank: write %20 instead in {shown}"
        ));
    }
    let path = match is_address {
        true => after_host(&source).ok_or_else(|| format!("must name a server, not {shown}"))?,
        false => source.as_str(),
    };
    if path.split('/').any(|part| part == ".." || part == ".") {
        return Err(format!(
            "must not have .. or . between slashes, as in {shown}"
        ));
    }
    if !is_address && !source.starts_with('/') && source.contains('/') {
        return Err(format!(
            "must be the name of a file without folders, such as cup.jpg, not {shown}"
        ));
    }
    check_kind(path, is_address, &shown)?;
    Ok(source)
}

/// What follows this scheme. Its case means nothing.
pub(crate) fn after_scheme<'a>(source: &'a str, scheme: &str) -> Option<&'a str> {
    let (start, rest) = source.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// Whether there are several addresses or files with another separator between them.
fn has_several(source: &str) -> bool {
    let addresses = source.match_indices("://").count();
    let is_picture = |part: &str| {
        let kind = part
            .trim()
            .rsplit_once('.')
            .map(|(_, kind)| kind.to_ascii_lowercase());
        kind.is_some_and(|kind| KINDS.contains(&kind.as_str()))
    };
    let mut parts = source.split([',', ';']);
    source.contains([',', ';', ' ']) && addresses > 1
        || source.contains([',', ';']) && parts.all(is_picture)
}

/// The path of an address without its query. `None` without a host.
fn after_host(address: &str) -> Option<&str> {
    let rest = &address["https://".len()..];
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let fits = |c: char| c.is_alphanumeric() || ".-:[]".contains(c);
    if host.is_empty() || !host.chars().all(fits) {
        return None;
    }
    path.split(['?', '#']).next()
}

/// An address need not end with a kind, because many servers of pictures leave it out.
fn check_kind(path: &str, is_address: bool, shown: &str) -> Result<(), String> {
    let path = match path.starts_with('/') {
        true => path.split(['?', '#']).next().unwrap_or(path),
        false => path,
    };
    let name = path.rsplit('/').next().unwrap_or_default();
    let kind = name
        .rsplit_once('.')
        .map(|(_, kind)| kind.to_ascii_lowercase());
    match kind {
        Some(kind) if KINDS.contains(&kind.as_str()) => Ok(()),
        None if is_address => Ok(()),
        // Such as "/photo-12.34/" or "/v1.2": no kind of file has such a name.
        Some(kind)
            if is_address && (kind.len() > 5 || kind.starts_with(|c: char| c.is_ascii_digit())) =>
        {
            Ok(())
        }
        _ => Err(format!(
            "must be a picture that browsers show ({}), not {shown}",
            KINDS.join(", ")
        )),
    }
}

/// Checks the text for those who do not see a picture.
///
/// # Errors
/// A predicate about the cell.
pub(crate) fn alt(text: &str) -> Result<String, String> {
    let alt = text::checked_line(text)?;
    let length = alt.chars().count();
    if length > MAX_ALT_CHARACTERS {
        return Err(format!(
            "has {length} characters, but at most {MAX_ALT_CHARACTERS} are allowed"
        ));
    }
    Ok(alt)
}

/// Divides a cell with several values at `|`. `\|` is one within a value, `\\` a backslash.
pub(crate) fn split_list(cell: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut characters = cell.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = characters.next_if(|next| character == '\\' && ['|', '\\'].contains(next));
        match (character, escaped, values.last_mut()) {
            ('|', ..) => values.push(String::new()),
            (_, Some(escaped), Some(value)) => value.push(escaped),
            (other, _, Some(value)) => value.push(other),
            (_, _, None) => {}
        }
    }
    values.iter().map(|value| value.trim().to_owned()).collect()
}

/// The cell that [`split_list`] divides into these values.
pub(crate) fn join_list<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let escaped: Vec<_> = values
        .map(|value| value.replace('\\', "\\\\").replace('|', "\\|"))
        .collect();
    escaped.join("|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_paths_and_files_of_the_kinds_that_browsers_show_are_accepted() {
        for fine in [
            "https://img.example/a.jpg",
            "https://img.example/a.JPEG?v=1653104890",
            "https://img.example/photo-12?w=800",
            "https://img.example/city_925x@2x.jpg",
            "/pictures/cup.svg",
            "cup.webp",
            "wood cup.jpg",
            "Tasse grün.png",
        ] {
            assert_eq!(source(fine), Ok(fine.to_owned()), "{fine}");
        }
        assert_eq!(
            source("HTTPS://img.example/A.jpg"),
            Ok("https://img.example/A.jpg".to_owned())
        );
    }

    #[test]
    fn other_cells_are_refused_with_what_to_write() {
        for (cell, reason) in [
            (
                "https://a.example/a.jpg, https://a.example/b.jpg",
                "has several addresses: write | between them, not \"https://a.example/a.jpg, \
                 https://a.example/b.jpg\"",
            ),
            (
                "a.jpg; b.png",
                "has several addresses: write | between them, not \"a.jpg; b.png\"",
            ),
            (
                "//a.example/a.jpg",
                "must begin with https:, so write \"https://a.example/a.jpg\"",
            ),
            (
                "/p\\wood cup.jpg",
                "must have / instead of the backslash in \"/p\\wood cup.jpg\"",
            ),
            (
                "/p/wood cup.jpg",
                "must not have a blank: write %20 instead in \"/p/wood cup.jpg\"",
            ),
            (
                "http://a.example/a.jpg",
                "must begin with https://, not \"http://a.example/a.jpg\"",
            ),
            (
                "https://a.example/IMG_0001.heic",
                "must be a picture that browsers show (jpg, jpeg, png, webp, gif, avif, svg), not \
                 \"https://a.example/IMG_0001.heic\"",
            ),
            (
                "https:///a.jpg",
                "must name a server, not \"https:///a.jpg\"",
            ),
            (
                "cups/a.jpg",
                "must be the name of a file without folders, such as cup.jpg, not \"cups/a.jpg\"",
            ),
            (
                "HTTP://a.example/a.jpg",
                "must begin with https://, not \"HTTP://a.example/a.jpg\"",
            ),
            (
                "../a.jpg",
                "must not have .. or . between slashes, as in \"../a.jpg\"",
            ),
        ] {
            assert_eq!(source(cell), Err(reason.to_owned()));
        }
        for cell in [
            "C:/a.jpg",
            "data:image/png;base64,AA",
            "cup",
            "cup.pdf",
            "javascript:x.jpg",
        ] {
            assert!(source(cell).is_err(), "{cell}");
        }
    }

    #[test]
    fn lists_come_back() {
        for values in [vec!["a", "b"], vec!["", "a|b", "\\", "\\|"], vec![""]] {
            assert_eq!(split_list(&join_list(values.iter().copied())), values);
        }
        assert_eq!(split_list("a | b\\c"), ["a", "b\\c"]);
    }
}
