//! Files of a form.

use std::sync::Arc;

use http::request::Parts;
use leptos::prelude::*;

/// The paths of server functions that take files. Their forms are larger than others.
pub const PATHS: [&str; 3] = [
    "/admin/api/add-pictures",
    "/admin/api/save-logo",
    "/admin/api/upload-products",
];

/// A file of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The field's name.
    pub field: String,
    /// The file's name, as the browser gives it.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The files of the form that is handled. The HTTP handler adds them to the request's extensions,
/// because a server function gets only texts.
#[derive(Clone, Debug, Default)]
pub struct Uploads(pub Arc<Vec<Upload>>);

/// The files that were sent in a field. A field in which nothing was chosen has none.
pub(crate) fn uploaded(field: &str) -> Vec<Upload> {
    let parts = use_context::<Parts>();
    let uploads = parts.and_then(|parts| parts.extensions.get::<Uploads>().cloned());
    let uploads = uploads.unwrap_or_default();
    let of_field = uploads.0.iter().filter(|upload| upload.field == field);
    of_field
        .filter(|upload| !upload.bytes.is_empty())
        .cloned()
        .collect()
}
