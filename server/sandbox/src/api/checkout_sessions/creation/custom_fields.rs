//! Reads `custom_fields` and `tax_id_collection`: what a session asks for beside the payment.

use crate::error::ApiError;
use crate::form::Fields;
use crate::objects::session_options::CustomField;

const MAX_FIELDS: usize = 3;
/// Of a key, in characters.
const MAX_KEY_LENGTH: usize = 200;
/// Of a label, in characters.
const MAX_LABEL_LENGTH: usize = 100;
/// Of a value, in characters.
const MAX_VALUE_LENGTH: i64 = 255;

/// Reads `custom_fields`. The sandbox knows text fields only.
pub(super) fn read(fields: &mut Fields) -> Result<Vec<CustomField>, ApiError> {
    let hashes = fields.hashes("custom_fields")?.unwrap_or_default();
    if hashes.len() > MAX_FIELDS {
        return Err(ApiError::invalid(format!(
            "A Checkout Session can have at most {MAX_FIELDS} custom fields."
        ))
        .param("custom_fields"));
    }
    let read: Vec<CustomField> = hashes
        .into_iter()
        .map(read_field)
        .collect::<Result<_, _>>()?;
    for (index, field) in read.iter().enumerate() {
        if read[..index].iter().any(|earlier| earlier.key == field.key) {
            return Err(
                ApiError::invalid("The keys of the custom fields must be unique.")
                    .param("custom_fields"),
            );
        }
    }
    Ok(read)
}

fn read_field(mut field: Fields) -> Result<CustomField, ApiError> {
    let (key_name, label_name) = (field.name_of("key"), field.name_of("label"));
    let type_name = field.name_of("type");
    let key = field.short_text("key", MAX_KEY_LENGTH)?;
    let label = field.fields("label")?;
    let kind = field.one_of("type", &["text", "numeric", "dropdown"])?;
    let optional = field.boolean("optional")?.unwrap_or(false);
    let text = field.fields("text")?;
    field.finish()?;
    let key = key.ok_or_else(|| ApiError::parameter_missing(&key_name))?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !key.bytes().all(plain) {
        return Err(
            ApiError::invalid("The key of a custom field must be alphanumeric.").param(key_name),
        );
    }
    match kind {
        Some("text") => {}
        None => return Err(ApiError::parameter_missing(&type_name)),
        Some(_) => {
            return Err(ApiError::invalid(
                "The sandbox knows custom fields of the type text only.",
            )
            .param(type_name));
        }
    }
    let label = label.ok_or_else(|| ApiError::parameter_missing(&label_name))?;
    let field = CustomField {
        key,
        label: read_label(label)?,
        optional,
        default_value: None,
        minimum_length: None,
        maximum_length: None,
    };
    match text {
        Some(text) => read_text(text, field),
        None => Ok(field),
    }
}

fn read_label(mut label: Fields) -> Result<String, ApiError> {
    let (custom_name, type_name) = (label.name_of("custom"), label.name_of("type"));
    let custom = label.short_text("custom", MAX_LABEL_LENGTH)?;
    let kind = label.one_of("type", &["custom"])?;
    label.finish()?;
    kind.ok_or_else(|| ApiError::parameter_missing(&type_name))?;
    custom.ok_or_else(|| ApiError::parameter_missing(&custom_name))
}

fn read_text(mut text: Fields, field: CustomField) -> Result<CustomField, ApiError> {
    let mut length = |key| {
        let name = text.name_of(key);
        let length = text.integer(key)?;
        match length {
            Some(length) if !(1..=MAX_VALUE_LENGTH).contains(&length) => Err(ApiError::invalid(
                format!("This value must be between 1 and {MAX_VALUE_LENGTH}."),
            )
            .param(name)),
            length => Ok(length),
        }
    };
    let (minimum_length, maximum_length) = (length("minimum_length")?, length("maximum_length")?);
    let default_value = text.short_text("default_value", 255)?;
    text.finish()?;
    Ok(CustomField {
        default_value,
        minimum_length,
        maximum_length,
        ..field
    })
}

/// Reads `tax_id_collection`; `None` if no tax id is collected.
pub(super) fn read_tax_id_collection(fields: &mut Fields) -> Result<Option<String>, ApiError> {
    let Some(mut hash) = fields.fields("tax_id_collection")? else {
        return Ok(None);
    };
    let name = hash.name_of("enabled");
    let enabled = hash.boolean("enabled")?;
    let required = hash.one_of("required", &["never", "if_supported"])?;
    hash.finish()?;
    let enabled = enabled.ok_or_else(|| ApiError::parameter_missing(&name))?;
    Ok(enabled.then(|| required.unwrap_or("never").to_owned()))
}
