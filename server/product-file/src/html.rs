//! Plain text of descriptions and names that other programs have written as HTML.
//!
//! Text is HTML if it has a tag of a known element. Otherwise only its entities (`&amp;`) and
//! literal `\n` are replaced, so `<3` and `<Name>` stay as they are.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// Elements by whose tags text is recognised as HTML.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "article",
    "aside",
    "b",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "ins",
    "label",
    "li",
    "link",
    "main",
    "mark",
    "meta",
    "nav",
    "ol",
    "p",
    "picture",
    "pre",
    "q",
    "s",
    "script",
    "section",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "u",
    "ul",
    "video",
    "wbr",
];

/// Elements that begin a paragraph of their own.
const PARAGRAPHS: &[&str] = &[
    "article",
    "aside",
    "blockquote",
    "details",
    "dl",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "ul",
];

/// Elements that begin a line of their own.
const LINES: &[&str] = &[
    "caption",
    "center",
    "dd",
    "div",
    "dt",
    "figcaption",
    "li",
    "summary",
    "tr",
];

/// The text of several lines that a cell means.
pub(crate) fn lines(cell: &str) -> String {
    let text = with_line_breaks(cell);
    if has_tag(&text) {
        text_of_html(&text)
    } else {
        decode_entities(&text).trim().to_owned()
    }
}

/// The text of one line that a cell means.
pub(crate) fn line(cell: &str) -> String {
    if has_tag(cell) {
        text_of_html(cell).replace('\n', " ")
    } else {
        decode_entities(cell).trim().to_owned()
    }
}

/// What is longer is no tag. Without a limit, a long cell could take minutes.
const MAX_TAG_BYTES: usize = 10_000;

/// What is longer is no entity.
const MAX_ENTITY_BYTES: usize = 40;

/// The cell that [`lines`] and [`line()`] read as this text.
pub(crate) fn escape(text: &str) -> String {
    if lines(text) == text && line(text) == text {
        return text.to_owned();
    }
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('\\', "&bsol;")
}

/// Replaces a literal `\n` by a line break, and `\\n` by a literal `\n`. WooCommerce escapes a
/// backslash before `n` with one more or with two.
fn with_line_breaks(cell: &str) -> String {
    const MEANINGS: [(&str, &str); 5] = [
        ("\\\\\\n", "\\n"),
        ("\\\\n", "\\n"),
        ("\\r\\n", "\n"),
        ("\\n", "\n"),
        ("\\", "\\"),
    ];
    let mut text = String::with_capacity(cell.len());
    let mut rest = cell;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        for (written, meaning) in MEANINGS {
            if let Some(after) = rest.strip_prefix(written) {
                text.push_str(meaning);
                rest = after;
                break;
            }
        }
    }
    text.push_str(rest);
    text
}

/// Whether the text has a tag of a known element, or a comment.
fn has_tag(text: &str) -> bool {
    let comments_end = text.rfind("-->");
    text.match_indices('<').any(|(at, _)| {
        let after = &text[at + 1..];
        if after.starts_with("!--") {
            return comments_end.is_some_and(|end| end > at);
        }
        let after = after.strip_prefix('/').unwrap_or(after);
        let end = after.find(|next: char| !next.is_ascii_alphanumeric());
        let Some((name, rest)) = end.map(|end| after.split_at(end)) else {
            return false;
        };
        let name = name.to_ascii_lowercase();
        let Some(end) = rest
            .bytes()
            .take(MAX_TAG_BYTES)
            .position(|byte| byte == b'>')
        else {
            return false;
        };
        let attributes = &rest[..end];
        let attributes = attributes.trim_matches(['/', ' ', '\t', '\n']);
        ELEMENTS.contains(&name.as_str())
            && rest.starts_with(['>', '/', ' ', '\t', '\n'])
            // Unlike "a <b or c> d".
            && (name.len() > 1 || attributes.is_empty() || attributes.contains('='))
    })
}

/// Replaces entities that end with a semicolon, and nothing else.
fn decode_entities(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, entity) = rest.split_at(at);
        decoded.push_str(before);
        let end = entity
            .bytes()
            .take(MAX_ENTITY_BYTES)
            .position(|byte| byte == b';');
        let end = end.filter(|end| {
            let name = entity[1..*end].trim_start_matches('#');
            (1..=31).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        let Some(end) = end else {
            decoded.push('&');
            rest = &entity[1..];
            continue;
        };
        let (entity, after) = entity.split_at(end + 1);
        decoded.push_str(&tokenize(entity, Layout::default()).text);
        rest = after;
    }
    decoded.push_str(rest);
    decoded
}

fn text_of_html(html: &str) -> String {
    // Editors of other shops store paragraphs as empty lines, beside or instead of elements.
    let has_breaks = has_element(html, &["p", "br"]);
    let layout = tokenize(
        html,
        Layout {
            collapse: true,
            keep_line_breaks: !has_breaks,
            ..Layout::default()
        },
    );
    let lines: Vec<_> = layout.text.lines().map(str::trim).collect();
    lines.join("\n").trim().to_owned()
}

fn has_element(html: &str, names: &[&str]) -> bool {
    let html = html.to_ascii_lowercase();
    names.iter().any(|name| {
        html.match_indices(&format!("<{name}"))
            .any(|(at, tag)| html[at + tag.len()..].starts_with(['>', '/', ' ', '\t', '\n']))
    })
}

fn tokenize(html: &str, layout: Layout) -> Layout {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(
        Sink {
            layout: RefCell::new(layout),
        },
        TokenizerOpts::default(),
    );
    // A script is raw text, so the tokenizer never stops for one to run.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.layout.into_inner()
}

struct Sink {
    layout: RefCell<Layout>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut layout = self.layout.borrow_mut();
        match token {
            Token::CharacterTokens(text) => layout.write(&text),
            // Kept, so that it is refused.
            Token::NullCharacterToken => layout.write("\0"),
            Token::TagToken(tag) => return layout.tag(&tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// Text with the line breaks that elements make.
#[derive(Default)]
struct Layout {
    text: String,
    /// Whether runs of blanks are one blank, as in a browser.
    collapse: bool,
    /// Whether a line break in the source stays one.
    keep_line_breaks: bool,
    /// Line breaks to write before the next text.
    breaks: usize,
    /// Whether to write a blank before the next text.
    blank: bool,
    /// How deep the text is within elements whose text is not shown.
    hidden: usize,
    preformatted: usize,
    /// The lists around the text, with the number of the last item of ordered ones.
    lists: Vec<Option<u32>>,
}

impl Layout {
    fn write(&mut self, text: &str) {
        if !self.collapse {
            self.text.push_str(text);
            return;
        }
        if self.hidden > 0 {
            return;
        }
        // Line breaks of the source since the last character.
        let mut source_breaks = 0;
        for character in text.chars() {
            match character {
                '\n' => {
                    source_breaks += 1;
                    self.blank = true;
                    // An empty line is a paragraph in texts of WordPress.
                    let kept = self.keep_line_breaks || self.preformatted > 0;
                    if kept || source_breaks > 1 {
                        let most = if self.lists.is_empty() { 2 } else { 1 };
                        self.need_breaks(source_breaks.min(most));
                    }
                }
                ' ' | '\t' => self.blank = true,
                _ => {
                    source_breaks = 0;
                    self.push(character);
                }
            }
        }
    }

    fn push(&mut self, character: char) {
        if self.breaks > 0 {
            if !self.text.is_empty() {
                self.text.extend(std::iter::repeat_n('\n', self.breaks));
            }
        } else if self.blank && !self.text.is_empty() {
            self.text.push(' ');
        }
        self.breaks = 0;
        self.blank = false;
        self.text.push(character);
    }

    fn need_breaks(&mut self, breaks: usize) {
        self.breaks = self.breaks.max(breaks);
    }

    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        let starts = tag.kind == TagKind::StartTag;
        if !self.collapse {
            return TokenSinkResult::Continue;
        }
        if PARAGRAPHS.contains(&name) {
            let ends_list = !starts && ["ul", "ol"].contains(&name);
            let within_list = self.lists.len() > usize::from(ends_list);
            self.need_breaks(if within_list { 1 } else { 2 });
        } else if LINES.contains(&name) {
            self.need_breaks(1);
        }
        match (name, starts) {
            ("script", true) => {
                self.hidden += 1;
                return TokenSinkResult::RawData(RawKind::ScriptData);
            }
            ("style" | "iframe", true) => {
                self.hidden += 1;
                return TokenSinkResult::RawData(RawKind::Rawtext);
            }
            ("title", true) => self.hidden += 1,
            ("script" | "style" | "iframe" | "title", false) => {
                self.hidden = self.hidden.saturating_sub(1);
            }
            ("br", _) => self.breaks = (self.breaks + 1).min(2),
            ("td" | "th", true) => self.blank = true,
            ("pre", true) => self.preformatted += 1,
            ("pre", false) => self.preformatted = self.preformatted.saturating_sub(1),
            ("ul", true) => self.lists.push(None),
            ("ol", true) => self.lists.push(Some(0)),
            ("ul" | "ol", false) => {
                self.lists.pop();
            }
            ("li", true) => self.begin_item(),
            _ => {}
        }
        TokenSinkResult::Continue
    }

    fn begin_item(&mut self) {
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number = number.saturating_add(1);
                format!("{number}.")
            }
            _ => "•".to_owned(),
        };
        for character in mark.chars() {
            self.push(character);
        }
        self.blank = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_no_tag_comment_or_entity() {
        for part in ["<!--", "<b ", "<p class=", "<", "&", "&#", "&amp"] {
            let text = part.repeat(1_000);
            assert_eq!(lines(&text), text.trim_end());
        }
        assert_eq!(lines("<!-- a --> b"), "b");
        assert_eq!(lines("--> <!-- b"), "--> <!-- b");
        assert_eq!(lines("&;&amp;&amp"), "&;&&amp");
    }

    #[test]
    fn elements_become_lines_paragraphs_and_lists() {
        assert_eq!(
            lines(
                "<p>Holds a <em>quarter</em>  of\na litre.</p>\n<ul>\n<li>Enamelled &amp; \
                 dishwasher safe</li>\n<li>Small\nbatches</li>\n</ul><br data-x=\"1\">"
            ),
            "Holds a quarter of a litre.\n\n• Enamelled & dishwasher safe\n• Small batches"
        );
        assert_eq!(lines("a<br>b<br/><br />c"), "a\nb\n\nc");
        assert_eq!(lines("<ol><li>x<li>y</ol><p>z"), "1. x\n2. y\n\nz");
        assert_eq!(
            lines("<table><tr><td>Size</td><td>M</td></tr><tr><td>Colour</td><td>red</td></table>"),
            "Size M\nColour red"
        );
        assert_eq!(
            lines("<h2>Head</h2>Text <b>bold</b>!"),
            "Head\n\nText bold!"
        );
        assert_eq!(
            lines("<style>p { color: red }</style><p>a</p><script>if (a < b) x()</script>"),
            "a"
        );
        assert_eq!(lines("<p>a</p><!-- <p>b</p> -->"), "a");
        assert_eq!(
            lines("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>d"),
            "• a\n• b\n• c\n\nd"
        );
        assert_eq!(lines("<p></p>"), "");
        assert_eq!(lines("<p>a\0b</p>"), "a\0b");
        assert_eq!(
            lines("See <a href=\"https://x.example\">this</a >."),
            "See this."
        );
        assert_eq!(
            lines("A choker. <ul>\n<li>Gold</li>\n\n<li>Leather</li>\n</ul>"),
            "A choker.\n\n• Gold\n• Leather"
        );
        assert_eq!(lines("<p>a</p><pre>b\n  c</pre>"), "a\n\nb\nc");
    }

    #[test]
    fn line_breaks_stay_where_no_element_makes_them() {
        assert_eq!(
            lines("One.\n\n<strong>Two</strong>.\nThree."),
            "One.\n\nTwo.\nThree."
        );
        assert_eq!(
            lines("<p>One.</p>Two\nis\n\nthree."),
            "One.\n\nTwo is\n\nthree."
        );
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        for text in [
            "a < b and c > d",
            "I <3 cups",
            "<Name> of the cup",
            "AT&T; Q&A",
            "5 &  6",
            "a\n\n\nb",
            "x &copy y",
            "if a <b or c> d",
            "<b",
            "&#;",
            "&unknown;",
        ] {
            assert_eq!(lines(text), text, "{text}");
        }
        assert_eq!(
            lines("Salt &amp; Pepper &#8211; 5&nbsp;g"),
            "Salt & Pepper – 5\u{a0}g"
        );
        assert_eq!(
            line("Salt &amp;amp; <b>Pepper</b><br>x"),
            "Salt &amp; Pepper x"
        );
    }

    #[test]
    fn a_literal_line_break_becomes_one_unless_its_backslash_is_escaped() {
        assert_eq!(
            lines("First.\\nSecond.\\n\\nThird."),
            "First.\nSecond.\n\nThird."
        );
        assert_eq!(
            lines("Long.\\nWith a \\\\n in it."),
            "Long.\nWith a \\n in it."
        );
        assert_eq!(lines("a\\r\\nb\\\\\\n\\c\\"), "a\nb\\n\\c\\");
        assert_eq!(lines("\0\\n\0"), "\0\n\0");
        assert_eq!(line("a\\nb"), "a\\nb");
    }

    #[test]
    fn escaped_text_is_read_as_it_was() {
        for text in [
            "<b>",
            "&amp;",
            "a\\nb",
            "\\\\n\\n",
            "a & b < c",
            "x",
            "<p>&lt;",
            "\\&bsol;n",
        ] {
            assert_eq!(lines(&escape(text)), text, "{text}");
            assert_eq!(line(&escape(text)), text, "{text}");
        }
        assert_eq!(escape("a & b < c"), "a & b < c");
    }
}
