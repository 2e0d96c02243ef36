//! A setting with its value: a field, or why it cannot be changed here.

use std::borrow::Cow;

use leptos::prelude::*;
use locale::Texts;
use shop::Shop;
use shop::settings_list::{SettingRow, Source};
use ui::language::{language, texts};

use super::words::words_of;
use crate::api::settings::{field_name, shown_name};
use crate::form::{Field, Select};
use ui::rendered::Rendered;

type Text = Cow<'static, str>;

/// What a setting is called, and what it does. Settings of the server have only the words of the
/// documentation, which are in English.
fn label(row: &SettingRow, texts: Texts) -> (Text, Text) {
    let base = match row.language {
        Some(_) => row
            .name
            .rsplit_once('_')
            .map_or(&*row.name, |(base, _)| base),
        None => &row.name,
    };
    let (label, hint) = match words_of(base, texts) {
        Some(words) => words,
        None => (row.name.clone().into(), row.meaning.replace('`', "").into()),
    };
    match row.language {
        Some(of) => (format!("{label} ({of})").into(), hint),
        None => (label, hint),
    }
}

/// The field of a setting that can be changed here.
pub(super) fn changeable(row: SettingRow, texts: Texts) -> AnyView {
    let (label, what) = label(&row, texts);
    let default = texts.admin_setting_default(&row.default);
    let hint = match row.language {
        // Without it, the text for all languages counts.
        Some(_) => what,
        None => format!("{what} {default}").into(),
    };
    let name = field_name(&row.name);
    let value = row.value.unwrap_or_default();
    let shown = view! {
        <input type="hidden" name=shown_name(&row.name) value=value.clone() />
    };
    if row.choices.is_empty() {
        return view! { {shown} <Field name label value hint=hint /> }.rendered();
    }
    let unset = (String::new(), Text::from(default));
    let choices = row.choices.into_iter();
    let options = std::iter::once(unset)
        .chain(choices.map(|word| (word.to_owned(), Text::from(word))))
        .collect();
    view! { {shown} <Select name label options value hint=hint /> }.rendered()
}

/// A setting that cannot be changed here, and where it can.
pub(super) fn fixed(row: SettingRow, texts: Texts) -> AnyView {
    let (label, what) = label(&row, texts);
    let source = match row.source {
        Source::Environment => texts.admin_setting_from_variable(&row.name),
        Source::Database => texts.admin_setting_from_database().into_owned(),
        Source::Default if row.can_be_in_database => String::new(),
        Source::Default => texts.admin_setting_by_variable(&row.name),
    };
    let value = match (row.value, row.source, row.is_secret) {
        (Some(value), _, false) => value,
        (_, Source::Environment, true) => texts.admin_setting_secret().into_owned(),
        _ => texts.admin_setting_default(&row.default),
    };
    view! {
        <dt>{label}</dt>
        <dd>
            <bdi>{value}</bdi>
            <p class="hint">{what} " " {source}</p>
        </dd>
    }
    .rendered()
}

/// What shoppers see of the shop's face: name or logo, tagline, and the accent's colours.
#[component]
pub(super) fn FacePreview(shop: Shop) -> impl IntoView {
    let profile = shop.profile();
    let texts = texts();
    let (name, face) = (profile.name.clone(), &profile.face);
    let logo = face.logo.as_ref().map(|logo| {
        view! { <img src=logo.path() alt=name.clone() width=logo.width height=logo.height /> }
    });
    let default = shop.settings.languages.default_language();
    let tagline = face.tagline.get(language(), default);
    let tagline =
        tagline.map(|(text, of)| view! { <p lang=of.code() dir="auto">{text.to_owned()}</p> });
    let colors = face.accent.map(|accent| {
        let swatch = |color: String| {
            view! {
                <li>
                    <svg class="swatch" viewBox="0 0 2 1" aria-hidden="true">
                        <rect width="2" height="1" fill=color.clone()></rect>
                    </svg>
                    " " <code>{color}</code>
                </li>
            }
        };
        let notes = accent.adjustments().into_iter();
        view! {
            <ul class="swatches">{swatch(accent.light())}{swatch(accent.dark())}</ul>
            {notes.map(|note| view! { <p class="hint" lang="en">{note}</p> }).collect_view()}
        }
    });
    let is_named = logo.is_none();
    view! {
        <section class="admin-card" aria-label=texts.admin_settings_preview()>
            <h2>{texts.admin_settings_preview()}</h2>
            {logo}
            {is_named.then(|| view! { <p class="admin-name" dir="auto">{name}</p> })}
            {tagline}
            {colors}
        </section>
    }
    .rendered()
}
