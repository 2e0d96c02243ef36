//! Texts of the owner that each language may have its own of.

use leptos::prelude::*;
use locale::Language;
use shop::local_text::LocalText;

use super::policy_links::other_language;
use crate::language::language;
use ui::rendered::Rendered;

/// A text of the owner, with the value of its `lang` if it is not in the page's language.
#[derive(Clone, Debug)]
pub(super) struct OwnText {
    pub(super) text: String,
    pub(super) lang: Option<String>,
}

/// The text in the page's language, or else in the default one.
pub(super) fn own_text(text: &LocalText) -> Option<OwnText> {
    let default = use_context::<shop::Shop>().map_or_else(Language::default, |shop| {
        shop.settings.languages.default_language()
    });
    let (text, written) = text.get(language(), default)?;
    Some(OwnText {
        text: text.to_owned(),
        lang: other_language(written.code()),
    })
}

/// A paragraph with the text; nothing if there is none.
pub(super) fn own_paragraph(text: &LocalText, class: &'static str) -> Option<AnyView> {
    let OwnText { text, lang } = own_text(text)?;
    Some(view! { <p class=class dir="auto" lang=lang>{text}</p> }.rendered())
}
