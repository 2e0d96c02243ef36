//! The table of shipping rates.

use std::borrow::Cow;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use locale::Texts;
use shop::stripe::checkout_options::{
    RateColumn, RateRow, SHIPPING_RATES, ShippingRate, rate_rows,
};
use till_core::money::Currency;
use ui::language::{language, texts};
use ui::rendered::Rendered;

use crate::amounts::exchanged_in_rate;
use crate::api::settings::{SaveSettings, field_name};
use crate::sent::{SentForm, sent_to};
use crate::setting_problems::rate_field;

type Text = Cow<'static, str>;

/// How many rows are there to be filled in.
const BLANK_ROWS: usize = 2;

/// The currencies of the products on sale.
#[derive(Clone, Debug, Default)]
pub(super) struct Currencies(pub(super) Vec<Currency>);

impl Currencies {
    /// The currency that amounts of the table are in: the first one, or one of two decimals.
    fn first(&self) -> Option<Currency> {
        let euros = || "eur".parse().ok();
        self.0.first().copied().or_else(euros)
    }

    /// Their codes as people write them.
    fn codes(&self) -> String {
        let codes = self.0.iter().map(|currency| code(*currency));
        codes.collect::<Vec<_>>().join(", ")
    }
}

fn code(currency: Currency) -> String {
    currency.code().to_ascii_uppercase()
}

/// The rates of a stored value as rows to change, with some more to be filled in.
#[component]
pub(super) fn RateTable(
    stored: String,
    label: Text,
    what: Text,
    currencies: Currencies,
) -> impl IntoView {
    let texts = texts();
    let currency = currencies.first();
    let rows = currency.map_or_else(Vec::new, |currency| rate_rows(&stored, currency));
    let rows = rows.into_iter();
    let mut rows: Vec<_> = rows.map(|row| exchanged_in_rate(row, language())).collect();
    rows.resize_with(rows.len() + BLANK_ROWS, RateRow::default);
    let sent = sent_to(SaveSettings::PATH);
    let name = |index: usize| rate_field(index, RateColumn::Name);
    let typed = sent.as_ref().map_or(0, |sent| {
        let is_there = |index: &usize| sent.typed(&name(*index)).is_some();
        (0..).take_while(is_there).count()
    });
    rows.resize_with(rows.len().max(typed), RateRow::default);
    let (is_known, several) = (!currencies.0.is_empty(), currencies.0.len() > 1);
    let price: Text = match currency.filter(|_| is_known) {
        Some(currency) => texts.admin_rate_price_in(&code(currency)).into(),
        None => texts.admin_rate_price(),
    };
    let columns = Columns { price, texts };
    let problem = sent.and_then(|sent| {
        let problem = sent.problem(&field_name(SHIPPING_RATES))?;
        Some(problem.text.clone())
    });
    let headings = COLUMNS.map(|column| view! { <th scope="col">{columns.heading(column)}</th> });
    let rows = rows.into_iter().enumerate();
    let rows = rows.map(|(index, row)| view! { <Row index row columns=columns.clone() /> });
    let note = several.then(|| {
        view! { <p class="hint">{texts.admin_rates_currencies(&currencies.codes())}</p> }
    });
    view! {
        <fieldset class="rate-table">
            <legend>{label}</legend>
            <p class="hint">{what}</p>
            {note}
            {problem.map(|problem| view! {
                <p class="invalid-feedback d-block">{problem}</p>
            })}
            <input type="hidden" name="currency" value=currency.map(Currency::code) />
            <table class="rows">
                <thead><tr>{headings.into_iter().collect_view()}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </fieldset>
    }
    .rendered()
}

const COLUMNS: [RateColumn; 4] = [
    RateColumn::Name,
    RateColumn::Price,
    RateColumn::UpToGrams,
    RateColumn::FreeFrom,
];

/// What the columns are called.
#[derive(Clone)]
struct Columns {
    price: Text,
    texts: Texts,
}

impl Columns {
    fn heading(&self, column: RateColumn) -> Text {
        match column {
            RateColumn::Name => self.texts.admin_rate_name(),
            RateColumn::Price => self.price.clone(),
            RateColumn::UpToGrams => self.texts.admin_rate_grams(),
            RateColumn::FreeFrom => self.texts.admin_rate_free_from(),
        }
    }
}

#[component]
fn Row(index: usize, row: RateRow, columns: Columns) -> impl IntoView {
    let number = u64::try_from(index).unwrap_or(u64::MAX).saturating_add(1);
    let called = columns.texts.admin_rate(number);
    let cells = COLUMNS.map(|column| {
        let value = match column {
            RateColumn::Name => row.name.clone(),
            RateColumn::Price => row.price.clone(),
            RateColumn::UpToGrams => row.up_to_grams.clone(),
            RateColumn::FreeFrom => row.free_from.clone(),
        };
        let heading = columns.heading(column);
        let label = format!("{called}: {heading}");
        cell(&rate_field(index, column), column, value, heading, label)
    });
    view! { <tr>{cells.into_iter().collect_view()}</tr> }.rendered()
}

fn cell(name: &str, column: RateColumn, value: String, heading: Text, label: String) -> AnyView {
    let sent = sent_to(SaveSettings::PATH);
    let typed = sent.as_ref().and_then(|sent| sent.typed(name));
    let value = typed.map_or(value, ToOwned::to_owned);
    let problem = sent.as_ref().and_then(|sent| sent.problem(name));
    let problem = problem.map(|problem| problem.text.clone());
    let class = match problem {
        Some(_) => "form-control is-invalid",
        None => "form-control",
    };
    let mode = match column {
        RateColumn::Name => None,
        RateColumn::UpToGrams => Some("numeric"),
        RateColumn::Price | RateColumn::FreeFrom => Some("decimal"),
    };
    let id = format!("{name}-problem");
    let described_by = problem.is_some().then(|| id.clone());
    let invalid = problem.is_some().then_some("true");
    let problem = problem.map(|problem| {
        view! { <span class="invalid-feedback d-block" id=id>{problem}</span> }
    });
    view! {
        <td data-label=heading>
            <input class=class type="text" dir="auto" inputmode=mode name=name.to_owned()
                value=value aria-label=label aria-describedby=described_by aria-invalid=invalid />
            {problem}
        </td>
    }
    .rendered()
}

/// Whether the table that was sent says what it was shown with.
pub(super) fn rates_as_shown(was: &str, sent: &SentForm) -> bool {
    let currency = sent.typed("currency").and_then(|typed| typed.parse().ok());
    let Some(currency) = currency else {
        return false;
    };
    let language = texts().language();
    let cells = |row: RateRow| {
        let cells = [row.name, row.price, row.up_to_grams, row.free_from];
        cells.map(|cell| cell.trim().to_owned())
    };
    let shown = rate_rows(was, currency).into_iter();
    let shown = shown.map(|row| cells(exchanged_in_rate(row, language)));
    let typed = |index: usize| {
        let is_there = sent.typed(&rate_field(index, RateColumn::Name)).is_some();
        let cell = |column| sent.typed(&rate_field(index, column)).unwrap_or_default();
        is_there.then(|| COLUMNS.map(|column| cell(column).trim().to_owned()))
    };
    let typed = (0..).map_while(typed);
    let typed = typed.filter(|row| row.iter().any(|cell| !cell.is_empty()));
    shown.eq(typed)
}

/// Each rate of a stored value in words.
pub(super) fn rates_in_words(stored: &str, currencies: &Currencies, texts: Texts) -> Vec<String> {
    let Some(currency) = currencies.first() else {
        return vec![stored.to_owned()];
    };
    let rates = stored
        .split(',')
        .map(|rate| match rate.parse::<ShippingRate>() {
            Ok(rate) => in_words(&rate, currency, texts),
            Err(_) => rate.to_owned(),
        });
    rates.collect()
}

fn in_words(rate: &ShippingRate, currency: Currency, texts: Texts) -> String {
    let row = exchanged_in_rate(RateRow::of(rate, currency), texts.language());
    let limit = rate
        .up_to_grams
        .map(|_| texts.admin_rate_up_to(&row.up_to_grams));
    let free = rate
        .free_from
        .map(|_| texts.admin_rate_free(&row.free_from));
    let parts = [Some(format!("{}: {}", row.name, row.price)), limit, free];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
