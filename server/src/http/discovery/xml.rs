//! Writes XML with quick-xml, which escapes.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// An XML document that is being written.
pub struct Document {
    writer: Writer<Vec<u8>>,
}

impl Document {
    /// Begins a document with its root element.
    pub fn new(root: &str, attributes: &[(&str, &str)]) -> io::Result<Self> {
        let mut writer = Writer::new(Vec::new());
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let mut document = Self { writer };
        document.open(root, attributes)?;
        Ok(document)
    }

    /// Opens an element.
    pub fn open(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.writer
            .write_event(Event::Start(start(name, attributes)))
    }

    /// Closes the element that was opened last.
    pub fn close(&mut self, name: &str) -> io::Result<()> {
        self.writer.write_event(Event::End(BytesEnd::new(name)))
    }

    /// Writes an element without content.
    pub fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.writer
            .write_event(Event::Empty(start(name, attributes)))
    }

    /// Writes an element with text. Characters that XML cannot hold are left out.
    pub fn text(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.open(name, &[])?;
        let legal = legal(text);
        self.writer
            .write_event(Event::Text(BytesText::new(&legal)))?;
        self.close(name)
    }

    /// Closes the root element and returns the document.
    pub fn finish(mut self, root: &str) -> io::Result<Vec<u8>> {
        self.close(root)?;
        Ok(self.writer.into_inner())
    }
}

fn start<'a>(name: &'a str, attributes: &[(&str, &str)]) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (name, value) in attributes {
        start.push_attribute((*name, legal(value).as_str()));
    }
    start
}

/// The text without characters that XML 1.0 cannot hold, even escaped
/// (<https://www.w3.org/TR/xml/#charsets>).
fn legal(text: &str) -> String {
    text.chars()
        .filter(|c| {
            matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
                || *c >= '\u{10000}'
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_xml_cannot_hold_are_left_out() {
        assert_eq!(legal("a\u{0}\u{b}\u{1f}b\n\u{ffff}ü😀"), "ab\nü😀");
    }
}
