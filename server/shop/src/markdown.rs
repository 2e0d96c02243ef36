//! The owner's texts in Markdown (<https://commonmark.org>), as HTML for pages and as plain text for
//! emails: paragraphs, headings, lists, tables, quotes, emphasis, links and the shop's own pictures.
//!
//! The HTML is safe by construction: it is written from the parsed text alone, in which raw HTML is
//! shown as it was typed, and links and pictures have only the addresses that are allowed here.

use pulldown_cmark::{
    Alignment, CodeBlockKind, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html,
};

/// Renders a text for a page that has a heading of its own: a heading of the first level becomes
/// one of the second.
#[must_use]
pub fn to_html(markdown: &str) -> String {
    let mut safe = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut safe, events(markdown).into_iter());
    safe
}

/// Renders a text for an email. Links show their address, unless it is their text.
#[must_use]
pub fn to_text(markdown: &str) -> String {
    let mut text = PlainText::default();
    for event in events(markdown) {
        text.write(event);
    }
    let lines: Vec<_> = text.written.lines().map(str::trim_end).collect();
    lines.join("\n").trim().to_owned()
}

/// Whether a link may lead to this address: a path of the shop, a place on the page, a website, an
/// email address or a telephone number.
fn is_link(address: &str) -> bool {
    const SCHEMES: [&str; 4] = ["https://", "http://", "mailto:", "tel:"];
    let known = |scheme: &&str| {
        let begin = address.get(..scheme.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
    };
    is_path(address) || address.starts_with('#') || SCHEMES.iter().any(|scheme| known(&scheme))
}

/// Whether an address is a path of this shop. Browsers read a backslash as a slash and leave out
/// control characters, so `/\` and a tab would lead to another host.
fn is_path(address: &str) -> bool {
    let plain = !address.contains(|letter: char| letter == '\\' || letter.is_control());
    address.starts_with('/') && !address.starts_with("//") && plain
}

/// What remains open of a link or picture: its element, or nothing if its address was refused.
enum Opened {
    Element,
    Nothing,
}

/// The parsed text with nothing in it that a page must not have.
fn events(markdown: &str) -> Vec<Event<'_>> {
    let mut opened = Vec::new();
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    Parser::new_ext(markdown, options)
        .filter_map(|event| allowed(event, &mut opened))
        .collect()
}

fn allowed<'a>(event: Event<'a>, opened: &mut Vec<Opened>) -> Option<Event<'a>> {
    match event {
        Event::Start(tag) => match &tag {
            Tag::Link { dest_url, .. } => open(is_link_or_email(&tag, dest_url), tag, opened),
            Tag::Image { dest_url, .. } => open(is_path(dest_url), tag, opened),
            _ => Some(Event::Start(start(tag))),
        },
        Event::End(TagEnd::Link | TagEnd::Image) => match (opened.pop(), event) {
            (Some(Opened::Element), event) => Some(event),
            _ => None,
        },
        Event::End(end) => Some(Event::End(match end {
            TagEnd::Heading(level) => TagEnd::Heading(below_title(level)),
            TagEnd::HtmlBlock => TagEnd::Paragraph,
            end => end,
        })),
        Event::Html(typed) | Event::InlineHtml(typed) => Some(Event::Text(typed)),
        event => Some(event),
    }
}

/// `<hello@shop.example>` is a link whose `mailto:` is not in its address yet.
fn is_link_or_email(tag: &Tag<'_>, address: &str) -> bool {
    matches!(
        tag,
        Tag::Link {
            link_type: LinkType::Email,
            ..
        }
    ) || is_link(address)
}

fn open<'a>(is_allowed: bool, tag: Tag<'a>, opened: &mut Vec<Opened>) -> Option<Event<'a>> {
    opened.push(if is_allowed {
        Opened::Element
    } else {
        Opened::Nothing
    });
    is_allowed.then_some(Event::Start(tag))
}

/// The element without what would become an inline style or a class.
fn start(tag: Tag<'_>) -> Tag<'_> {
    match tag {
        Tag::Heading { level, .. } => Tag::Heading {
            level: below_title(level),
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        },
        Tag::Table(columns) => Tag::Table(vec![Alignment::None; columns.len()]),
        Tag::CodeBlock(_) => Tag::CodeBlock(CodeBlockKind::Indented),
        Tag::HtmlBlock => Tag::Paragraph,
        tag => tag,
    }
}

/// The title is the page's only heading of the first level.
fn below_title(level: HeadingLevel) -> HeadingLevel {
    level.max(HeadingLevel::H2)
}

/// A text without markup.
#[derive(Default)]
struct PlainText {
    written: String,
    /// The lists around the text, with the number of the next item of ordered ones.
    lists: Vec<Option<u64>>,
    /// The links around the text: where their text begins, and their address.
    links: Vec<(usize, String)>,
}

impl PlainText {
    fn write(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) | Event::Code(text) => self.written.push_str(&text),
            Event::SoftBreak => self.written.push(' '),
            Event::HardBreak => self.break_line(),
            Event::Rule => self.begin_block(),
            Event::Start(tag) => self.start(tag),
            Event::End(end) => self.end(end),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::List(first) => {
                if self.lists.is_empty() {
                    self.begin_block();
                } else {
                    self.begin_line();
                }
                self.lists.push(first);
            }
            Tag::Item => {
                self.begin_line();
                self.written
                    .push_str(&"  ".repeat(self.lists.len().saturating_sub(1)));
                match self.lists.last_mut() {
                    Some(Some(number)) => {
                        self.written.push_str(&format!("{number}. "));
                        *number += 1;
                    }
                    _ => self.written.push_str("- "),
                }
            }
            // The first paragraph of an item is on the line of its mark.
            Tag::Paragraph if !self.lists.is_empty() => {
                if !self.written.ends_with("- ") && !self.written.ends_with(". ") {
                    self.break_line();
                }
            }
            Tag::TableRow | Tag::TableHead => self.begin_line(),
            Tag::Link { dest_url, .. } => {
                self.links
                    .push((self.written.len(), dest_url.into_string()));
            }
            Tag::Paragraph
            | Tag::Heading { .. }
            | Tag::BlockQuote(_)
            | Tag::CodeBlock(_)
            | Tag::Table(_) => self.begin_block(),
            _ => {}
        }
    }

    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::TableCell => self.written.push_str("  "),
            TagEnd::Link => {
                let Some((begin, address)) = self.links.pop() else {
                    return;
                };
                let shown = self.written.get(begin..).unwrap_or_default();
                if !shown.is_empty() && !address.ends_with(shown) {
                    self.written.push_str(&format!(" ({address})"));
                }
            }
            _ => {}
        }
    }

    fn break_line(&mut self) {
        self.written.push('\n');
        self.written.push_str(&"  ".repeat(self.lists.len()));
    }

    fn begin_line(&mut self) {
        if !self.written.is_empty() && !self.written.ends_with('\n') {
            self.written.push('\n');
        }
    }

    fn begin_block(&mut self) {
        self.begin_line();
        if !self.written.is_empty() && !self.written.ends_with("\n\n") {
            self.written.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_paragraphs_lists_tables_and_links() {
        let html = to_html(
            "# Terms\n\nOne *two* **three**.\n\n- a\n- b\n\n[Home](/ \"Shop\") <x@y.example>\n\n\
             | A | B |\n|:-:|--:|\n| 1 | 2 |\n\n![Logo](/favicon.svg)",
        );
        assert_eq!(
            html,
            "<h2>Terms</h2>\n<p>One <em>two</em> <strong>three</strong>.</p>\n<ul>\n<li>a</li>\n\
             <li>b</li>\n</ul>\n<p><a href=\"/\" title=\"Shop\">Home</a> \
             <a href=\"mailto:x@y.example\">x@y.example</a></p>\n\
             <table><thead><tr><th>A</th><th>B</th></tr></thead><tbody>\n\
             <tr><td>1</td><td>2</td></tr>\n</tbody></table>\n\
             <p><img src=\"/favicon.svg\" alt=\"Logo\" /></p>\n"
        );
    }

    #[test]
    fn raw_html_is_shown_as_it_was_typed() {
        for typed in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<div style=\"position:fixed\">\n\nx\n\n</div>",
            "<!-- <b> -->",
            "`<b>`",
            "```html\"><script>\n<b>\n```",
            "[a](/ \"\\\"><script>\")",
            "![\"><script>](/a.svg)",
        ] {
            let html = to_html(typed);
            for element in ["<script", "<img src=x", "<div", "<!--", "<b>", "class="] {
                assert!(!html.contains(element), "{typed}: {html}");
            }
        }
        assert_eq!(to_html("<b>x</b>"), "<p>&lt;b&gt;x&lt;/b&gt;</p>\n");
    }

    #[test]
    fn links_lead_to_websites_and_pages_only() {
        for address in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "&#106;avascript:alert(1)",
            "java&#10;script:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "//evil.example",
            "/\\\\evil.example",
            "/&#9;/evil.example",
            "relative",
        ] {
            let typed = format!("[here](<{address}>)");
            assert_eq!(to_html(&typed), "<p>here</p>\n", "{address}");
        }
        assert_eq!(
            to_html("<javascript:alert(1)>"),
            "<p>javascript:alert(1)</p>\n"
        );
        for address in [
            "/pages/terms",
            "https://a.example/?b=c",
            "#top",
            "mailto:a@b.example",
        ] {
            let html = to_html(&format!("[here]({address})"));
            assert_eq!(html, format!("<p><a href=\"{address}\">here</a></p>\n"));
        }
    }

    #[test]
    fn pictures_are_the_shops_own() {
        for address in [
            "https://evil.example/pixel.gif",
            "//evil.example/pixel.gif",
            "data:image/png;base64,x",
        ] {
            assert_eq!(to_html(&format!("![Words]({address})")), "<p>Words</p>\n");
        }
        let linked = to_html("[![Words](https://evil.example/a.gif)](/)");
        assert_eq!(linked, "<p><a href=\"/\">Words</a></p>\n");
    }

    #[test]
    fn an_email_has_the_text_without_markup() {
        let text = to_text(
            "# Terms\n\nOne *two*,\nthree.  \nFour.\n\n1. a\n2. b [c](https://d.example)\n   - e\n\
             3. <x@y.example>\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\n> Last `words`\n",
        );
        assert_eq!(
            text,
            "Terms\n\nOne two, three.\nFour.\n\n1. a\n2. b c (https://d.example)\n  - e\n\
             3. x@y.example\n\nA  B\n1  2\n\nLast words"
        );
    }
}
