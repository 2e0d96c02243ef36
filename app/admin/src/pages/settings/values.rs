//! A setting with its value: a field, or what is set elsewhere.

use std::borrow::Cow;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use locale::Texts;
use shop::Shop;
use shop::logo::Logo;
use shop::settings_list::{SettingRow, Source};
use ui::language::{country_name, language, texts};
use ui::rendered::Rendered;

use super::rates::{Currencies, RateTable, rates_as_shown, rates_in_words};
use super::words::{
    box_text, choice_text, default_text, language_names, limit_text, setting_words,
};
use crate::api::settings::{SaveSettings, box_name, field_name, shown_name};
use crate::form::{Afresh, Checkbox, Field, LongField, Select};
use crate::sent::{SentForm, first_shown, sent_to};
use crate::setting_values::{
    Shape, country_names, is_untouched, shape_of, shown, stored, word_of_box,
};

type Text = Cow<'static, str>;

/// The accent colour of a shop that has chosen none, in the light scheme (`style/main.scss`).
const DEFAULT_ACCENT: &str = "#1f5c46";

/// The field of a setting that can be changed here. If its form is shown again, it has what was
/// typed, and says what it was shown with first; what was not touched shows what is stored now.
pub(super) fn changeable(
    row: SettingRow,
    is_one_of_several: bool,
    currencies: &Currencies,
    texts: Texts,
) -> AnyView {
    let is_untouched = sent_to(SaveSettings::PATH).is_some_and(|sent| is_as_shown(&row, &sent));
    let currencies = currencies.clone();
    let field = move || field_of(row, is_one_of_several, &currencies, texts);
    match is_untouched {
        true => view! { <Afresh>{field()}</Afresh> }.rendered(),
        false => field(),
    }
}

/// Whether the form that was sent says of a setting what it was shown with.
fn is_as_shown(row: &SettingRow, sent: &SentForm) -> bool {
    let Some(was) = sent.typed(&shown_name(&row.name)) else {
        return false;
    };
    if shape_of(row) == Shape::Rates {
        return rates_as_shown(was, sent);
    }
    let typed = sent.typed(&field_name(&row.name)).unwrap_or_default();
    let word = word_of_box(&row.name);
    let is_ticked = word.is_some_and(|word| sent.has(&box_name(&row.name), word));
    let now = stored(&row.name, typed, is_ticked, language());
    is_untouched(&row.name, was, &now, language())
}

fn field_of(
    row: SettingRow,
    is_one_of_several: bool,
    currencies: &Currencies,
    texts: Texts,
) -> AnyView {
    let words = setting_words(&row, is_one_of_several, texts);
    let (label, what) = (words.label, words.what.unwrap_or_default());
    let name = field_name(&row.name);
    let stored = row.value.clone().unwrap_or_default();
    let value = shown(&row.name, &stored);
    let shown_first = first_shown(SaveSettings::PATH, &shown_name(&row.name), &stored);
    let was_told = sent_to(SaveSettings::PATH)
        .is_some_and(|sent| sent.problem(&shown_name(&row.name)).is_some());
    let stored_now = was_told.then(|| {
        let now = match shape_of(&row) {
            Shape::Rates => rates_in_words(&stored, currencies, texts).join("; "),
            _ => value.clone(),
        };
        let text = match now.is_empty() {
            true => texts.admin_setting_stored_nothing().into_owned(),
            false => texts.admin_setting_stored_now(&now),
        };
        view! { <p class="setting-names" dir="auto">{text}</p> }
    });
    let with_default: Text = match default_text(&row, texts) {
        Some(default) if row.language.is_none() => {
            format!("{what} {}", texts.admin_setting_default(&default)).into()
        }
        _ => what.clone(),
    };
    let field = match shape_of(&row) {
        Shape::Choice => {
            let options = choices(&row, &stored, texts);
            view! { <Select name label options value hint=what /> }.rendered()
        }
        Shape::Country => {
            let options = countries(&stored, texts);
            view! { <Select name label options value hint=what /> }.rendered()
        }
        Shape::Lines => {
            view! { <LongField name label value rows=4 hint=with_default /> }.rendered()
        }
        Shape::Color => {
            let picker = color_picker(&name, texts);
            view! { <Field name label value hint=with_default beside=picker /> }.rendered()
        }
        Shape::Rates => {
            let currencies = currencies.clone();
            view! { <RateTable stored=stored.clone() label what currencies /> }.rendered()
        }
        Shape::Logo => return ().rendered(),
        Shape::Line => {
            let kind = kind_of(&row.name);
            let max_length = row.max_characters.and_then(|max| u32::try_from(max).ok());
            view! { <Field name label value kind max_length hint=with_default /> }.rendered()
        }
    };
    let names = country_list(&row.name, &stored);
    let tick = word_of_box(&row.name).map(|word| {
        let (name, label) = (box_name(&row.name), box_text(&row.name, texts));
        view! { <Checkbox name label value=word checked=stored == word /> }
    });
    view! {
        <div class="setting">
            <input type="hidden" name=shown_name(&row.name) value=shown_first />
            {field}
            {stored_now}
            {names.map(|names| view! { <p class="setting-names">{names}</p> })}
            {tick}
        </div>
    }
    .rendered()
}

/// The names of the countries that the shop ships to.
fn country_list(name: &str, stored: &str) -> Option<String> {
    word_of_box(name)?;
    let names = country_names(stored, language());
    (!names.is_empty()).then(|| names.join(", "))
}

/// `type` of the `<input>`, by which a phone shows the keyboard that fits.
fn kind_of(name: &str) -> &'static str {
    match name {
        "SHOP_EMAIL" => "email",
        "SHOP_PHONE" => "tel",
        _ => "text",
    }
}

/// The words that a setting may be. The default is there once, unless it was chosen.
fn choices(row: &SettingRow, stored: &str, texts: Texts) -> Vec<(String, Text)> {
    let default = default_text(row, texts).unwrap_or_default();
    let unset = texts.admin_setting_choice_default(&default);
    let others = row.choices.iter();
    let others = others.filter(|word| **word != row.default || **word == stored);
    let others = others
        .map(|word| ((*word).to_owned(), choice_text(&row.name, word, texts)))
        .collect();
    with_stored(unset.into(), others, stored)
}

/// All countries, in the language of the page.
fn countries(stored: &str, texts: Texts) -> Vec<(String, Text)> {
    let all = shop::country::Country::sorted_by(country_name).into_iter();
    let all = all.map(|(country, name)| (country.code().to_owned(), Text::from(name)));
    with_stored(texts.admin_setting_not_set(), all.collect(), stored)
}

/// The options of a field: none, the others, and what is stored if it is not among them.
fn with_stored(unset: Text, mut others: Vec<(String, Text)>, stored: &str) -> Vec<(String, Text)> {
    others.insert(0, (String::new(), unset));
    if others.iter().all(|(value, _)| value != stored) {
        others.push((stored.to_owned(), stored.to_owned().into()));
    }
    others
}

/// Sets the text of a field; only with the script, which shows it with the field's colour.
fn color_picker(field: &str, texts: Texts) -> AnyView {
    view! {
        <input type="color" class="form-control" hidden data-color-of=field.to_owned()
            value=DEFAULT_ACCENT aria-label=texts.admin_accent_choose() />
    }
    .rendered()
}

/// A setting that cannot be changed here. `by_server`: because the server sets it.
pub(super) fn fixed(
    row: SettingRow,
    by_server: bool,
    is_one_of_several: bool,
    currencies: &Currencies,
    texts: Texts,
) -> AnyView {
    let words = setting_words(&row, is_one_of_several, texts);
    let value = fixed_value(&row, currencies, texts);
    let variable = by_server.then(|| view! { " " <code>{row.name.clone()}</code> });
    let is_locked = by_server && row.can_be_in_database;
    let locked = is_locked.then(|| view! { " " {texts.admin_setting_from_server()} });
    // How to fill a field helps nobody who cannot.
    let what = words.what.filter(|_| by_server);
    let hint = (what.is_some() || is_locked).then(|| view! { <p class="hint">{what}{locked}</p> });
    view! {
        <dt>{words.label}{variable}</dt>
        <dd>{value}{hint}</dd>
    }
    .rendered()
}

/// The value of a setting in words.
fn fixed_value(row: &SettingRow, currencies: &Currencies, texts: Texts) -> AnyView {
    let Some(value) = row.value.as_deref().filter(|_| !row.is_secret) else {
        let text = match (row.source, default_text(row, texts)) {
            (Source::Environment | Source::Database, _) => texts.admin_setting_secret(),
            (Source::Default, Some(default)) => texts.admin_setting_default(&default).into(),
            (Source::Default, None) => texts.admin_setting_not_set(),
        };
        return view! { <span class="hint">{text}</span> }.rendered();
    };
    let lines: Vec<String> = match (shape_of(row), word_of_box(&row.name)) {
        (_, Some(word)) if word == value => vec![box_text(&row.name, texts).into_owned()],
        (_, Some("none")) => vec![country_names(value, language()).join(", ")],
        (Shape::Choice, _) => vec![choice_text(&row.name, value, texts).into_owned()],
        (Shape::Country, _) => {
            let country = value.parse().map(country_name);
            vec![country.unwrap_or(value).to_owned()]
        }
        (Shape::Rates, _) => rates_in_words(value, currencies, texts),
        (Shape::Logo, _) => match value.parse::<Logo>() {
            Ok(logo) => return view! { <LogoPicture logo /> }.rendered(),
            Err(_) => vec![value.to_owned()],
        },
        (Shape::Lines, _) => shown(&row.name, value).lines().map(str::to_owned).collect(),
        _ if row.name == "SHOP_LANGUAGES" => vec![language_names(value)],
        _ => {
            let limit = limit_text(&row.name, value, texts).map(Text::into_owned);
            vec![limit.unwrap_or_else(|| value.to_owned())]
        }
    };
    let lines = lines
        .into_iter()
        .map(|line| view! { <div dir="auto">{line}</div> });
    lines.collect_view().rendered()
}

/// The logo as pages show it.
#[component]
pub(super) fn LogoPicture(logo: Logo) -> impl IntoView {
    let name = expect_context::<Shop>().profile().name.clone();
    view! {
        <img class="admin-logo" src=logo.path() alt=name width=logo.width height=logo.height />
    }
    .rendered()
}

/// What shoppers see of the shop's face: name or logo, tagline, and the accent's colours.
#[component]
pub(super) fn FacePreview(shop: Shop) -> impl IntoView {
    let profile = shop.profile();
    let texts = texts();
    let (name, face) = (profile.name.clone(), &profile.face);
    let logo = face.logo.clone();
    let is_named = logo.is_none();
    let logo = logo.map(|logo| view! { <LogoPicture logo /> });
    let default = shop.settings.languages.default_language();
    let tagline = face.tagline.get(language(), default);
    let tagline =
        tagline.map(|(text, of)| view! { <p lang=of.code() dir="auto">{text.to_owned()}</p> });
    let colors = face.accent.map(|accent| {
        let swatch = |scheme: Text, color: String| {
            view! {
                <li>
                    {scheme} " "
                    <svg class="swatch" viewBox="0 0 2 1" aria-hidden="true">
                        <rect width="2" height="1" fill=color.clone()></rect>
                    </svg>
                    " " <code>{color}</code>
                </li>
            }
        };
        let is_adjusted = !accent.adjustments().is_empty();
        view! {
            <ul class="swatches">
                {swatch(texts.admin_accent_light(), accent.light())}
                {swatch(texts.admin_accent_dark(), accent.dark())}
            </ul>
            {is_adjusted.then(|| view! { <p class="hint">{texts.admin_accent_adjusted()}</p> })}
        }
    });
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
