//! The parameters of a request: `a=1&b[c]=2&d[0][e]=3&f[]=4`, raw or percent-encoded, space as `+`.
//!
//! [`parse`] builds a tree of them. [`Fields`] reads known parameters out of the tree; the rest is
//! unknown and refused, as Stripe does. An empty value counts as unset.

use std::collections::BTreeMap;

use percent_encoding::percent_decode;
use sha2::{Digest, Sha256};

use crate::error::ApiError;

/// Of brackets; more than any of Stripe's parameters has.
const MAX_DEPTH: usize = 8;
/// More than 100 line items with all their fields have.
const MAX_PAIRS: usize = 10_000;
/// Keys in the metadata of an object.
pub(crate) const MAX_METADATA: usize = 50;

/// A value: a text, or a map of values. Lists are maps whose keys are numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Param {
    Text(String),
    Map(Params),
}

/// Parsed parameters. Their order in the request does not matter.
pub(crate) type Params = BTreeMap<Key, Param>;

/// A name or an index. Indexes come first and in numeric order, so that `a[10]` follows `a[2]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Index(u32),
    Name(String),
}

impl Key {
    fn new(text: String) -> Key {
        let canonical =
            text == "0" || (!text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit()));
        match text.parse() {
            Ok(index) if canonical => Key::Index(index),
            _ => Key::Name(text),
        }
    }

    /// As it was sent.
    pub(crate) fn text(&self) -> String {
        match self {
            Key::Index(index) => index.to_string(),
            Key::Name(name) => name.clone(),
        }
    }
}

/// Parses a query string or a form body.
///
/// # Errors
/// 400 for text that is not UTF-8, brackets that do not match, a name that is both a value and a
/// map, and more pairs or levels than the limits.
pub(crate) fn parse(encoded: &[u8]) -> Result<Params, ApiError> {
    let mut params = Params::new();
    for (count, pair) in encoded
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .enumerate()
    {
        if count >= MAX_PAIRS {
            return Err(ApiError::invalid("Too many parameters."));
        }
        let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        };
        let path = name_segments(&decode(name)?)?;
        insert(&mut params, path, decode(value)?)?;
    }
    Ok(params)
}

/// A digest that is equal for equal parameters, whatever their order and encoding in the request.
pub(crate) fn fingerprint(method: &str, path: &str, params: &Params) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest_text(&mut digest, b'p', method);
    digest_text(&mut digest, b'p', path);
    digest_params(&mut digest, params);
    digest.finalize().into()
}

fn digest_params(digest: &mut Sha256, params: &Params) {
    digest.update([b'{']);
    for (key, param) in params {
        digest_text(digest, b'k', &key.text());
        match param {
            Param::Text(text) => digest_text(digest, b't', text),
            Param::Map(inner) => digest_params(digest, inner),
        }
    }
    digest.update([b'}']);
}

fn digest_text(digest: &mut Sha256, tag: u8, text: &str) {
    digest.update([tag]);
    digest.update(text.len().to_le_bytes());
    digest.update(text.as_bytes());
}

/// Decodes `%xx` and `+`. A percent sign that begins no escape is kept.
fn decode(encoded: &[u8]) -> Result<String, ApiError> {
    let spaced: Vec<u8> = encoded
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    match percent_decode(&spaced).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(ApiError::invalid("Invalid UTF-8 in the parameters.")),
    }
}

/// Splits `a[b][]` into its segments; an empty one appends to a list.
fn name_segments(name: &str) -> Result<Vec<String>, ApiError> {
    let malformed = || ApiError::invalid(format!("Invalid parameter name: {name}"));
    let (first, mut rest) = match name.find('[') {
        Some(at) => name.split_at(at),
        None => (name, ""),
    };
    if first.is_empty() || first.contains(']') {
        return Err(malformed());
    }
    let mut segments = vec![first.to_owned()];
    while !rest.is_empty() {
        let (segment, tail) = rest
            .strip_prefix('[')
            .and_then(|inner| inner.split_once(']'))
            .ok_or_else(malformed)?;
        if segment.contains('[') || segments.len() == MAX_DEPTH {
            return Err(malformed());
        }
        segments.push(segment.to_owned());
        rest = tail;
    }
    Ok(segments)
}

fn insert(params: &mut Params, path: Vec<String>, value: String) -> Result<(), ApiError> {
    let clash =
        || ApiError::invalid("A parameter was given both as a value and as a hash or list.");
    let mut level = params;
    let mut segments = path.into_iter().peekable();
    while let Some(segment) = segments.next() {
        let key = if segment.is_empty() {
            next_index(level)
        } else {
            Key::new(segment)
        };
        if segments.peek().is_none() {
            match level.insert(key, Param::Text(value)) {
                Some(Param::Map(_)) => return Err(clash()),
                _ => return Ok(()),
            }
        }
        match level
            .entry(key)
            .or_insert_with(|| Param::Map(Params::new()))
        {
            Param::Map(inner) => level = inner,
            Param::Text(_) => return Err(clash()),
        }
    }
    Ok(())
}

fn next_index(level: &Params) -> Key {
    // Indexes come before names, so the last one is found without iterating over all keys.
    match level.range(..=Key::Index(u32::MAX)).next_back() {
        Some((Key::Index(last), _)) => Key::Index(last.saturating_add(1)),
        _ => Key::Index(0),
    }
}

/// The error for metadata with more keys than Stripe allows.
pub(crate) fn too_many_keys(param: &str) -> ApiError {
    ApiError::invalid(format!("Metadata can have at most {MAX_METADATA} keys.")).param(param)
}

/// Reads known parameters one by one; [`Fields::finish`] refuses the rest.
#[derive(Debug)]
pub(crate) struct Fields {
    prefix: String,
    params: Params,
}

impl Fields {
    /// The parameters of a whole request.
    pub(crate) fn of_request(params: Params) -> Fields {
        Fields {
            prefix: String::new(),
            params,
        }
    }

    /// The full name of a parameter at this level, such as `line_items[0][quantity]`.
    pub(crate) fn name_of(&self, key: &str) -> String {
        if self.prefix.is_empty() {
            key.to_owned()
        } else {
            format!("{}[{key}]", self.prefix)
        }
    }

    fn take(&mut self, key: &str) -> Option<Param> {
        self.params.remove(&Key::new(key.to_owned()))
    }

    /// Whether a parameter was given as a text, not as a hash or list.
    pub(crate) fn is_text(&self, key: &str) -> bool {
        matches!(
            self.params.get(&Key::new(key.to_owned())),
            Some(Param::Text(_))
        )
    }

    /// Reads a text; an empty one is `None`.
    pub(crate) fn text(&mut self, key: &str) -> Result<Option<String>, ApiError> {
        match self.take(key) {
            None => Ok(None),
            Some(Param::Text(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
            Some(Param::Map(_)) => {
                Err(ApiError::invalid("Invalid string").param(self.name_of(key)))
            }
        }
    }

    /// Reads a text of at most `limit` characters.
    pub(crate) fn short_text(
        &mut self,
        key: &str,
        limit: usize,
    ) -> Result<Option<String>, ApiError> {
        let text = self.text(key)?;
        match &text {
            Some(long) if long.chars().count() > limit => Err(ApiError::invalid(format!(
                "Invalid string: must be at most {limit} characters"
            ))
            .param(self.name_of(key))),
            _ => Ok(text),
        }
    }

    /// Reads an integer.
    pub(crate) fn integer(&mut self, key: &str) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        let plain = text
            .strip_prefix('-')
            .unwrap_or(&text)
            .bytes()
            .all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if plain => Ok(Some(number)),
            _ => {
                let shown: String = text.chars().take(40).collect();
                Err(ApiError::invalid(format!("Invalid integer: {shown}"))
                    .code("parameter_invalid_integer")
                    .param(self.name_of(key)))
            }
        }
    }

    /// Reads `true` or `false`.
    pub(crate) fn boolean(&mut self, key: &str) -> Result<Option<bool>, ApiError> {
        match self.text(key)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(ApiError::invalid("Invalid boolean: must be true or false")
                .param(self.name_of(key))),
        }
    }

    /// Reads one of the `allowed` values.
    pub(crate) fn one_of(
        &mut self,
        key: &str,
        allowed: &[&'static str],
    ) -> Result<Option<&'static str>, ApiError> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        match allowed.iter().find(|word| **word == text) {
            Some(word) => Ok(Some(word)),
            None => Err(ApiError::invalid(format!(
                "Invalid {key}: must be one of {}",
                allowed.join(", ")
            ))
            .param(self.name_of(key))),
        }
    }

    /// Reads a hash: the parameters below `key`.
    pub(crate) fn fields(&mut self, key: &str) -> Result<Option<Fields>, ApiError> {
        match self.take(key) {
            None => Ok(None),
            Some(Param::Text(text)) if text.is_empty() => Ok(None),
            Some(Param::Map(params)) => Ok(Some(Fields {
                prefix: self.name_of(key),
                params,
            })),
            Some(Param::Text(_)) => Err(ApiError::invalid("Invalid hash").param(self.name_of(key))),
        }
    }

    /// Reads a list of hashes: `key[0][…]`, `key[1][…]`.
    pub(crate) fn hashes(&mut self, key: &str) -> Result<Option<Vec<Fields>>, ApiError> {
        let Some(mut list) = self.list(key)? else {
            return Ok(None);
        };
        let keys: Vec<String> = list.params.keys().map(Key::text).collect();
        let mut hashes = Vec::with_capacity(keys.len());
        for index in keys {
            hashes.extend(list.fields(&index)?);
        }
        Ok(Some(hashes))
    }

    /// Reads a list of texts: `key[]=a&key[]=b`, or with indexes.
    pub(crate) fn texts(&mut self, key: &str) -> Result<Vec<String>, ApiError> {
        let Some(mut list) = self.list(key)? else {
            return Ok(Vec::new());
        };
        let keys: Vec<String> = list.params.keys().map(Key::text).collect();
        let mut texts = Vec::with_capacity(keys.len());
        for index in keys {
            texts.extend(list.text(&index)?);
        }
        Ok(texts)
    }

    fn list(&mut self, key: &str) -> Result<Option<Fields>, ApiError> {
        let invalid = ApiError::invalid("Invalid array").param(self.name_of(key));
        match self.take(key) {
            None => Ok(None),
            Some(Param::Text(text)) if text.is_empty() => Ok(None),
            Some(Param::Map(params)) if params.keys().all(|key| matches!(key, Key::Index(_))) => {
                Ok(Some(Fields {
                    prefix: self.name_of(key),
                    params,
                }))
            }
            Some(_) => Err(invalid),
        }
    }

    /// Reads metadata: up to 50 keys of up to 40 characters, values of up to 500 characters.
    pub(crate) fn metadata(&mut self, key: &str) -> Result<Vec<(String, String)>, ApiError> {
        let changes = self.metadata_changes(key)?;
        let given = |(name, value): (String, Option<String>)| value.map(|value| (name, value));
        Ok(changes.into_iter().filter_map(given).collect())
    }

    /// Reads changes of metadata: an empty value, here `None`, unsets its key.
    pub(crate) fn metadata_changes(
        &mut self,
        key: &str,
    ) -> Result<Vec<(String, Option<String>)>, ApiError> {
        let Some(mut fields) = self.fields(key)? else {
            return Ok(Vec::new());
        };
        let keys: Vec<String> = fields.params.keys().map(Key::text).collect();
        if keys.len() > MAX_METADATA {
            return Err(too_many_keys(&self.name_of(key)));
        }
        let mut changes = Vec::with_capacity(keys.len());
        for name in keys {
            if name.chars().count() > 40 {
                return Err(
                    ApiError::invalid("Metadata keys can be at most 40 characters long.")
                        .param(self.name_of(key)),
                );
            }
            let value = fields.short_text(&name, 500)?;
            changes.push((name, value));
        }
        Ok(changes)
    }

    /// Refuses the parameters that were not read.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        let unknown: Vec<String> = self
            .params
            .keys()
            .map(|key| self.name_of(&key.text()))
            .collect();
        if unknown.is_empty() {
            Ok(())
        } else {
            Err(ApiError::parameters_unknown(&unknown))
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(encoded: &str) -> Fields {
        Fields::of_request(parse(encoded.as_bytes()).unwrap())
    }

    #[test]
    fn nested_names_are_read_with_raw_and_with_encoded_brackets() {
        let raw = parse(b"line_items[0][price_data][currency]=eur&x=a+b%20c").unwrap();
        let encoded =
            parse(b"x=a%20b+c&line_items%5B0%5D%5Bprice_data%5D%5Bcurrency%5D=eur").unwrap();
        assert_eq!(raw, encoded);
    }

    #[test]
    fn a_list_may_be_numbered_or_not() {
        assert_eq!(
            parse(b"a[]=x&a[]=y").unwrap(),
            parse(b"a[1]=y&a[0]=x").unwrap()
        );
        assert_eq!(
            fields("a[10]=c&a[2]=b&a[0]=a").texts("a").unwrap(),
            ["a", "b", "c"]
        );
    }

    #[test]
    fn an_unnumbered_value_follows_the_greatest_number_whatever_names_are_beside_it() {
        assert_eq!(
            parse(b"a[b]=x&a[7]=y&a[2]=z&a[]=last").unwrap(),
            parse(b"a[b]=x&a[7]=y&a[2]=z&a[8]=last").unwrap()
        );
        assert_eq!(
            parse(b"a[b]=x&a[]=y").unwrap(),
            parse(b"a[b]=x&a[0]=y").unwrap()
        );
        let many = "a[]=1&".repeat(MAX_PAIRS);
        assert_eq!(fields(&many).texts("a").unwrap().len(), MAX_PAIRS);
    }

    #[test]
    fn unknown_parameters_are_named_in_full() {
        let mut fields = fields("a[0][b]=1&a[0][c]=2");
        let mut hash = fields.hashes("a").unwrap().unwrap().remove(0);
        hash.text("b").unwrap();
        let error = hash.finish().unwrap_err();
        assert_eq!(error.message, "Received unknown parameter: a[0][c]");
        assert_eq!(error.param.as_deref(), Some("a[0][c]"));
    }

    #[test]
    fn an_empty_value_is_not_given() {
        let mut fields = fields("a=&b[]=&c");
        assert_eq!(fields.text("a").unwrap(), None);
        assert!(fields.texts("b").unwrap().is_empty());
        assert_eq!(fields.text("c").unwrap(), None);
        fields.finish().unwrap();
    }

    #[test]
    fn odd_names_are_refused() {
        for odd in [
            "[a]=1",
            "a[=1",
            "a]=1",
            "a[b=1",
            "a[b]c=1",
            "a[b[c]]=1",
            "=1",
            "a=1&a[b]=2",
            "a[b]=2&a=1",
            "a=%ff",
        ] {
            assert!(parse(odd.as_bytes()).is_err(), "{odd}");
        }
        let deep = format!("a{}=1", "[b]".repeat(MAX_DEPTH));
        assert!(parse(deep.as_bytes()).is_err());
    }

    #[test]
    fn a_stray_percent_sign_is_kept() {
        assert_eq!(
            fields("a=100%25&b=5%&c=%zz").text("b").unwrap().as_deref(),
            Some("5%")
        );
    }

    #[test]
    fn integers_are_whole_and_fit() {
        for bad in [
            "1.5",
            "abc",
            "1e3",
            "+1",
            " 1",
            "99999999999999999999",
            "-",
            "٣",
        ] {
            let mut fields = Fields::of_request(Params::from([(
                Key::new("n".into()),
                Param::Text(bad.into()),
            )]));
            assert_eq!(
                fields.integer("n").unwrap_err().code,
                Some("parameter_invalid_integer"),
                "{bad}"
            );
        }
        assert_eq!(fields("n=-12").integer("n").unwrap(), Some(-12));
    }

    #[test]
    fn metadata_has_limits() {
        let many: String = (0..51).map(|n| format!("metadata[k{n}]=v&")).collect();
        assert!(fields(&many).metadata("metadata").is_err());
        assert!(
            fields(&format!("metadata[{}]=v", "k".repeat(41)))
                .metadata("metadata")
                .is_err()
        );
        assert!(
            fields(&format!("metadata[k]={}", "v".repeat(501)))
                .metadata("metadata")
                .is_err()
        );
        assert_eq!(
            fields("metadata[k]=v").metadata("metadata").unwrap(),
            [("k".to_owned(), "v".to_owned())]
        );
    }

    /// Encodes `a/b` as `a[b]=value`; `draw` decides for each byte whether it is escaped.
    fn written(path: &str, value: &str, mut draw: impl FnMut() -> bool) -> String {
        let mut name = String::new();
        for (depth, segment) in path.split('/').enumerate() {
            name += &if depth == 0 {
                segment.to_owned()
            } else {
                format!("[{segment}]")
            };
        }
        let mut encode = |text: &str| -> String {
            let byte = |byte: u8| match byte {
                b' ' if draw() => "+".to_owned(),
                b'&' | b'=' | b'%' | b'+' => format!("%{byte:02X}"),
                byte if byte.is_ascii_graphic() && draw() => char::from(byte).to_string(),
                byte if draw() => format!("%{byte:02x}"),
                byte => format!("%{byte:02X}"),
            };
            text.bytes().map(byte).collect()
        };
        let name = encode(&name);
        format!("{name}={}", encode(value))
    }

    proptest! {
        #[test]
        fn no_input_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn bracket_soup_does_not_make_it_panic(text in "[a\\[\\]=&%+0-9]{0,60}") {
            if let Ok(params) = parse(text.as_bytes()) {
                let _ = Fields::of_request(params).finish();
            }
        }

        #[test]
        fn the_same_parameters_are_the_same_request_however_they_are_written(
            params in proptest::collection::btree_map(
                proptest::collection::vec("[a-zé_]{1,5}", 1..4).prop_map(|path| path.join("/")),
                "[ -~é€\\n]{0,8}",
                1..8,
            ),
            seed in any::<u64>(),
        ) {
            // A name that is a prefix of another one would be both a value and a map.
            let is_parent = |path: &str| {
                let prefix = format!("{path}/");
                params.keys().any(|other| other.starts_with(&prefix))
            };
            let leaves: Vec<(&String, &String)> =
                params.iter().filter(|(path, _)| !is_parent(path)).collect();
            let mut draws = seed;
            let plain: Vec<String> = leaves
                .iter()
                .map(|(path, value)| written(path, value, || false))
                .collect();
            let mut other: Vec<String> = leaves
                .iter()
                .map(|(path, value)| {
                    written(path, value, || {
                        draws = draws.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        draws >> 63 == 0
                    })
                })
                .collect();
            other.reverse();
            let one = parse(plain.join("&").as_bytes()).unwrap();
            let other = parse(other.join("&").as_bytes()).unwrap();
            prop_assert_eq!(&one, &other);
            prop_assert_eq!(
                fingerprint("POST", "/v1/x", &one),
                fingerprint("POST", "/v1/x", &other)
            );
            prop_assert_ne!(
                fingerprint("POST", "/v1/x", &one),
                fingerprint("POST", "/v1/y", &one)
            );
            // Every value arrived.
            for (path, value) in leaves {
                let mut level = &one;
                let mut segments = path.split('/').peekable();
                while let Some(segment) = segments.next() {
                    match (&level[&Key::new(segment.to_owned())], segments.peek()) {
                        (Param::Map(inner), Some(_)) => level = inner,
                        (Param::Text(text), None) => prop_assert_eq!(text, value),
                        (param, _) => prop_assert!(false, "{path}: {param:?}"),
                    }
                }
            }
        }

        #[test]
        fn the_fingerprint_ignores_the_order(
            mut pairs in proptest::collection::btree_map("[a-z]{1,6}", "[a-z0-9]{0,6}", 1..8),
        ) {
            let forward: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let backward: Vec<String> = forward.iter().rev().cloned().collect();
            let one = parse(forward.join("&").as_bytes()).unwrap();
            let other = parse(backward.join("&").as_bytes()).unwrap();
            prop_assert_eq!(
                fingerprint("POST", "/v1/x", &one),
                fingerprint("POST", "/v1/x", &other)
            );
            pairs.insert("added".into(), "1".into());
            let more: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let more = parse(more.join("&").as_bytes()).unwrap();
            prop_assert_ne!(
                fingerprint("POST", "/v1/x", &one),
                fingerprint("POST", "/v1/x", &more)
            );
        }
    }
}
