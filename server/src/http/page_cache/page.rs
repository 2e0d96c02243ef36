//! A page as bytes, cut where the attempt token is.
//!
//! Compressed bytes can be cut as well, without compressing them anew for each answer: what comes
//! before the token ends at a byte (deflate's flush), the token is a block that is stored as it is,
//! and what comes after it was compressed with an empty window. The checksum of the whole is
//! combined from those of the parts. RFC 1951 and RFC 1952.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use crc32fast::Hasher;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use http_body::{Frame, SizeHint};

/// The header of a gzip file without a name or a time, compressed as well as possible.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];
/// What a compressed page weighs, as a share of the page: at most a third in practice.
const COMPRESSED_SHARE: usize = 3;

/// A rendered page.
#[derive(Debug)]
pub(super) struct Page {
    /// The response's headers without those that depend on the encoding.
    headers: HeaderMap,
    text: Text,
    /// Compressed when it is first asked for. `None` if that failed.
    gzip: OnceLock<Option<Text>>,
    checksums: OnceLock<[Hasher; 2]>,
    /// A tag by content; only of a page without a token, whose answers are all equal.
    tag: Option<String>,
}

/// Bytes that may have a gap for the token.
#[derive(Clone, Debug)]
struct Text {
    before: Bytes,
    /// What follows the token; `None` if there is none.
    after: Option<Bytes>,
}

impl Text {
    fn len(&self) -> usize {
        self.before.len() + self.after.as_ref().map_or(0, Bytes::len)
    }
}

impl Page {
    /// Cuts a page at its token. `None` if the token is in it more than once.
    pub(super) fn new(mut headers: HeaderMap, page: Bytes, token: &str) -> Option<Self> {
        // Without the room for growth that a rendered string has.
        let page = Bytes::copy_from_slice(&page);
        let mut found = memchr::memmem::find_iter(&page, token);
        let text = match (found.next(), found.next()) {
            (None, _) => Text {
                before: page.clone(),
                after: None,
            },
            (Some(at), None) => Text {
                before: page.slice(..at),
                after: Some(page.slice(at + token.len()..)),
            },
            (Some(_), Some(_)) => return None,
        };
        let tag = text.after.is_none().then(|| {
            let mut hasher = Hasher::new();
            hasher.update(&page);
            // Weak, because the bytes differ by encoding. A length beside the checksum.
            format!("W/\"{:x}-{:08x}\"", page.len(), hasher.finalize())
        });
        headers.remove(header::CONTENT_LENGTH);
        let vary = HeaderValue::from_static("accept-encoding");
        headers.insert(header::VARY, vary);
        if let Some(tag) = &tag {
            headers.insert(header::ETAG, HeaderValue::try_from(tag.clone()).ok()?);
        }
        Some(Self {
            headers,
            text,
            gzip: OnceLock::new(),
            checksums: OnceLock::new(),
            tag,
        })
    }

    /// The bytes that it takes, also when it is compressed later.
    pub(super) fn weight(&self) -> usize {
        self.text.len() + self.text.len() / COMPRESSED_SHARE
    }

    /// Answers a request for it, with an attempt token of its own.
    pub(super) fn answer(&self, method: &Method, asked: &HeaderMap) -> Response {
        let mut response = Response::new(Body::empty());
        response.headers_mut().clone_from(&self.headers);
        if self.tag.as_ref().is_some_and(|tag| has_tag(asked, tag)) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        let token = match &self.text.after {
            Some(_) => shop::new_token::form_attempt(),
            None => String::new(),
        };
        let compressed = accepts_gzip(asked)
            .then(|| self.compressed(&token))
            .flatten();
        let chunks = match compressed {
            Some(chunks) => {
                let gzip = HeaderValue::from_static("gzip");
                response
                    .headers_mut()
                    .insert(header::CONTENT_ENCODING, gzip);
                chunks
            }
            None => self.plain(token),
        };
        let body = Chunks::new(chunks);
        // Timeouts wrap the body, which hides its length.
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LENGTH, body.left.into());
        if *method != Method::HEAD {
            *response.body_mut() = Body::new(body);
        }
        response
    }

    fn plain(&self, token: String) -> VecDeque<Bytes> {
        let before = self.text.before.clone();
        match &self.text.after {
            Some(after) => [before, token.into(), after.clone()].into(),
            None => [before].into(),
        }
    }

    /// The page as a gzip file.
    fn compressed(&self, token: &str) -> Option<VecDeque<Bytes>> {
        let gzip = self.gzip.get_or_init(|| {
            compress(&self.text)
                .inspect_err(|error| tracing::error!(%error, "could not compress a page"))
                .ok()
        });
        let gzip = gzip.as_ref()?;
        let [before, after] = self.checksums.get_or_init(|| {
            let after = self.text.after.as_deref().unwrap_or_default();
            [checksum(&self.text.before), checksum(after)]
        });
        let mut whole = before.clone();
        whole.update(token.as_bytes());
        whole.combine(after);
        let length = self.text.len() + token.len();
        let mut end = Vec::with_capacity(8);
        end.extend(whole.finalize().to_le_bytes());
        // Modulo 2^32, by the format.
        #[expect(clippy::cast_possible_truncation, reason = "the format's definition")]
        end.extend((length as u32).to_le_bytes());
        let mut chunks = VecDeque::from([gzip.before.clone()]);
        if let Some(after) = &gzip.after {
            chunks.push_back(stored_block(token)?.into());
            chunks.push_back(after.clone());
        }
        chunks.push_back(end.into());
        Some(chunks)
    }
}

fn checksum(bytes: &[u8]) -> Hasher {
    let mut hasher = Hasher::new();
    hasher.update(bytes);
    hasher
}

/// Compresses both parts on their own, so that something can come between.
fn compress(text: &Text) -> io::Result<Text> {
    let mut before = GZIP_HEADER.to_vec();
    let mut encoder = DeflateEncoder::new(&mut before, Compression::best());
    encoder.write_all(&text.before)?;
    let Some(after) = &text.after else {
        encoder.finish()?;
        return Ok(Text {
            before: before.into_boxed_slice().into(),
            after: None,
        });
    };
    // Ends at a byte, and is not the end of the stream.
    encoder.flush()?;
    let flushed = encoder.get_ref().len();
    drop(encoder);
    before.truncate(flushed);
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(after)?;
    Ok(Text {
        before: before.into_boxed_slice().into(),
        after: Some(encoder.finish()?.into_boxed_slice().into()),
    })
}

/// A block of deflate that is stored and not the last one. `None` if it is too long for one.
fn stored_block(bytes: &str) -> Option<Vec<u8>> {
    let length = u16::try_from(bytes.len()).ok()?;
    let mut block = Vec::with_capacity(5 + bytes.len());
    block.push(0);
    block.extend(length.to_le_bytes());
    block.extend((!length).to_le_bytes());
    block.extend(bytes.as_bytes());
    Some(block)
}

/// The items of a header that is a list.
fn items(asked: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lists = asked.get_all(name).iter();
    lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(str::trim)
}

/// Whether the client has the page with this tag. Compared weakly (RFC 9110, 13.1.2).
fn has_tag(asked: &HeaderMap, tag: &str) -> bool {
    let opaque = |tag: &'_ str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    let tag = opaque(tag);
    items(asked, header::IF_NONE_MATCH).any(|known| known == "*" || opaque(known) == tag)
}

/// Whether the client takes gzip, and not rather nothing (RFC 9110, 12.5.3).
fn accepts_gzip(asked: &HeaderMap) -> bool {
    let weight_of = |wanted: &[&str]| {
        items(asked, header::ACCEPT_ENCODING)
            .filter_map(|item| {
                let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
                let is_wanted = |known: &&str| name.trim().eq_ignore_ascii_case(known);
                wanted.iter().any(is_wanted).then(|| weight(parameters))?
            })
            .max()
    };
    let gzip = weight_of(&["gzip", "x-gzip"]).or_else(|| weight_of(&["*"]));
    let identity = weight_of(&["identity"]).unwrap_or(0);
    gzip.is_some_and(|gzip| gzip > 0 && gzip >= identity)
}

/// The weight in thousandths: 1,000 if there is none. `None` if it cannot be read.
fn weight(parameters: &str) -> Option<u16> {
    let mut weight = parameters.split(';').filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    let Some(weight) = weight.next() else {
        return Some(1_000);
    };
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    let is_number = decimals.len() <= 3 && decimals.bytes().all(|digit| digit.is_ascii_digit());
    let decimals: u16 = format!("{decimals:0<3}").parse().ok()?;
    match (whole, is_number) {
        ("0", true) => Some(decimals),
        ("1", true) if decimals == 0 => Some(1_000),
        _ => None,
    }
}

/// A body of which the length is known.
#[derive(Debug)]
struct Chunks {
    chunks: VecDeque<Bytes>,
    /// The length of what is left, in bytes.
    left: u64,
}

impl Chunks {
    fn new(chunks: VecDeque<Bytes>) -> Self {
        let left = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        Self { chunks, left }
    }
}

impl HttpBody for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(chunk) = self.chunks.pop_front() else {
            return Poll::Ready(None);
        };
        self.left -= chunk.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.chunks.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use http_body_util::BodyExt;

    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn page(before: &str, after: &str) -> Page {
        let text = format!("{before}{TOKEN}{after}");
        Page::new(HeaderMap::new(), text.into(), TOKEN).unwrap()
    }

    async fn body(page: &Page, asked: &HeaderMap) -> (HeaderMap, Vec<u8>) {
        let (head, body) = page.answer(&Method::GET, asked).into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        (head.headers, body)
    }

    fn asking_for(encodings: &'static str) -> HeaderMap {
        let encodings = HeaderValue::from_static(encodings);
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, encodings)])
    }

    fn inflated(bytes: &[u8]) -> String {
        let mut text = String::new();
        GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
        text
    }

    #[tokio::test]
    async fn each_answer_has_a_token_of_its_own_once_plain_and_compressed() {
        // Repetitions across the gap, which a compressor would refer to.
        let (before, after) = ("<p>mug</p>".repeat(900), "<p>mug</p>".repeat(700));
        let page = page(&before, &after);
        let mut tokens = Vec::new();
        for encodings in [
            "identity",
            "gzip",
            "gzip, deflate, br",
            "br;q=1, GZIP;q=0.5",
        ] {
            let (headers, sent) = body(&page, &asking_for(encodings)).await;
            let text = match headers.get(header::CONTENT_ENCODING) {
                Some(_) => {
                    assert!(sent.len() < 500, "{} bytes", sent.len());
                    inflated(&sent)
                }
                None => String::from_utf8(sent).unwrap(),
            };
            assert_eq!(
                headers.contains_key(header::CONTENT_ENCODING),
                encodings != "identity"
            );
            let token = text.strip_prefix(&*before).unwrap();
            let token = token.strip_suffix(&*after).unwrap();
            assert_eq!(token.len(), TOKEN.len());
            tokens.push(token.to_owned());
        }
        assert!(
            !tokens.contains(&TOKEN.to_owned()),
            "the first one is used up"
        );
        tokens.sort();
        tokens.dedup();
        assert_eq!(tokens.len(), 4);
    }

    #[tokio::test]
    async fn a_page_without_a_token_has_a_tag() {
        let page = Page::new(HeaderMap::new(), "terms".repeat(100).into(), TOKEN).unwrap();
        let (headers, sent) = body(&page, &asking_for("gzip")).await;
        assert_eq!(inflated(&sent), "terms".repeat(100));
        let tag = headers.get(header::ETAG).unwrap().clone();
        let strong = HeaderValue::from_str(tag.to_str().unwrap().trim_start_matches("W/")).unwrap();
        let known = HeaderMap::from_iter([(header::IF_NONE_MATCH, strong)]);
        let response = page.answer(&Method::GET, &known);
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        let known = HeaderMap::from_iter([(header::IF_NONE_MATCH, tag.clone())]);
        let response = page.answer(&Method::GET, &known);
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(response.headers().get(header::ETAG), Some(&tag));

        let other = Page::new(HeaderMap::new(), "other".into(), TOKEN).unwrap();
        assert_eq!(other.answer(&Method::GET, &known).status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn the_answer_to_head_has_the_length_and_no_body() {
        let page = page("before", "after");
        let response = page.answer(&Method::HEAD, &HeaderMap::new());
        let length = response.headers().get(header::CONTENT_LENGTH).unwrap();
        assert_eq!(length, &HeaderValue::from(6 + 32 + 5));
        let sent = response.into_body().collect().await.unwrap().to_bytes();
        assert!(sent.is_empty());
    }

    #[test]
    fn a_page_with_its_token_twice_is_not_kept() {
        let text = format!("{TOKEN} {TOKEN}");
        assert!(Page::new(HeaderMap::new(), text.into(), TOKEN).is_none());
    }

    #[test]
    fn gzip_is_sent_only_to_those_who_take_it() {
        for (encodings, accepted) in [
            ("gzip", true),
            ("br, gzip;q=0.1", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0, br", false),
            ("br", false),
            ("x-gzip", true),
            ("*", true),
            ("*;q=0", false),
            ("gzip;Q=0", false),
            ("gzip; foo=1; q=0", false),
            ("identity, gzip;q=0.1", false),
            ("gzip;q=0.5, identity;q=0.4", true),
            ("gzip;q=2", false),
            ("gzip;q=x, *", true),
            ("gzip;q=0.0001", false),
            ("gzip;q=1.000", true),
            ("identity;q=0", false),
        ] {
            assert_eq!(
                accepts_gzip(&asking_for(encodings)),
                accepted,
                "{encodings}"
            );
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
