//! The metadata that a shop attaches to objects.

use serde_json::{Map, Value, json};

/// Names and values, in the order of the JSON.
pub(crate) type Metadata = Vec<(String, String)>;

/// Metadata as a JSON object.
pub(crate) fn metadata_json(metadata: &Metadata) -> Value {
    metadata
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect::<Map<String, Value>>()
        .into()
}
