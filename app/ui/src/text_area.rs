//! A field of several lines.

use leptos::prelude::*;

/// A `<textarea>`. Leptos 0.8 does not escape its content, so this component does; nothing else
/// uses the element.
#[component]
pub fn TextArea(
    /// The field's name, which is also its id unless `id` is given.
    #[prop(into)]
    name: String,
    /// Its id.
    #[prop(optional, into)]
    id: Option<String>,
    /// What is in it.
    value: String,
    /// How many lines are visible.
    #[prop(default = 6)]
    rows: u32,
    /// The maximum number of characters.
    #[prop(optional_no_strip)]
    max_length: Option<u32>,
    /// The ids of what describes the field.
    #[prop(optional_no_strip)]
    described_by: Option<String>,
    /// Whether something is wrong with what was typed.
    #[prop(optional)]
    invalid: bool,
) -> impl IntoView {
    let class = match invalid {
        true => "form-control is-invalid",
        false => "form-control",
    };
    let id = id.unwrap_or_else(|| name.clone());
    view! {
        <textarea
            class=class
            id=id
            name=name
            rows=rows
            dir="auto"
            maxlength=max_length
            aria-describedby=described_by
            aria-invalid=invalid.then_some("true")
            inner_html=escaped(&value)
        ></textarea>
    }
}

/// The text as the content of a `<textarea>`. Browsers drop one line break at its beginning.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    match text.starts_with(['\n', '\r']) {
        true => format!("\n{text}"),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_end_its_field() {
        assert_eq!(
            escaped("</textarea><img src=x onerror=alert(1)> &amp;"),
            "&lt;/textarea>&lt;img src=x onerror=alert(1)> &amp;amp;"
        );
        assert_eq!(escaped("\nsecond line"), "\n\nsecond line");
    }
}
